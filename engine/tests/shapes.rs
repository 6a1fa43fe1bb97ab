//! Each method and constructor of shapes gives the same array as the text that names it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use arrstore::prelude::*;
use arrstore::{Pad, Samples, Stat};

fn equal(method: &Array, text: &str, a: &Array) {
    let found = method.compute().unwrap_or_else(|e| panic!("{text}: {e}"));
    let wanted = Array::formula(text, &[("a", a)]).and_then(|wanted| wanted.compute());
    let wanted = wanted.unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(found.dtype(), wanted.dtype(), "{text}");
    assert_eq!(found.shape(), wanted.shape(), "{text}");
    assert_eq!(found.bytes(), wanted.bytes(), "{text}");
}

#[test]
fn methods_that_move_elements() {
    let a =
        Array::from(&ndarray::Array3::from_shape_fn((3, 4, 2), |(i, j, k)| (i * 100 + j * 10 + k) as i64));
    let b = a.slice(s![.., 0, ..]);
    for (method, text) in [
        (Array::concatenate(&[&a, &a.flip(0)], 1), "concatenate((a, flip(a, 0)), axis=1)"),
        (Array::concatenate(&[&a, &b], ..), "concatenate((a, a[:, 0]), axis=None)"),
        (Array::stack(&[a.clone(), a.clone()], -1), "stack((a, a), axis=-1)"),
        (Array::vstack(&[&a, &a]), "vstack((a, a))"),
        (Array::hstack(&[&a, &a]), "hstack((a, a))"),
        (Array::dstack(&[&b, &b]), "dstack((a[:, 0], a[:, 0]))"),
        (Array::column_stack(&[&b, &b]), "column_stack((a[:, 0], a[:, 0]))"),
        (Array::block(&[[&b, &b], [&b, &b]]), "block([[a[:, 0], a[:, 0]], [a[:, 0], a[:, 0]]])"),
        (a.append(&a, 0), "append(a, a, axis=0)"),
        (a.append(7, ..), "append(a, 7)"),
        (a.insert(1, 5, 0), "insert(a, 1, 5, axis=0)"),
        (a.insert([0, -1], b.slice(s![.., NewAxis, ..]), 1), "insert(a, [0, -1], a[:, 0][:, None], axis=1)"),
        (a.delete(2, 1), "delete(a, 2, axis=1)"),
        (a.delete(vec![true, false, true, false], 1), "delete(a, [True, False, True, False], axis=1)"),
        (a.split(2, 1).unwrap().remove(1), "split(a, 2, axis=1)[1]"),
        (a.array_split([1, 3], 1).unwrap().remove(2), "array_split(a, [1, 3], axis=1)[2]"),
        (a.unstack(2).unwrap().remove(0), "unstack(a, axis=2)[0]"),
        (a.tile([2, 1, 3]), "tile(a, (2, 1, 3))"),
        (a.resize([5, 7]), "resize(a, (5, 7))"),
        (a.repeat(2, ..), "repeat(a, 2)"),
        (a.repeat([1, 0, 2], 0), "a.repeat([1, 0, 2], axis=0)"),
        (a.roll(5, ..), "roll(a, 5)"),
        (a.roll([1, -1], [0, 2]), "roll(a, (1, -1), axis=(0, 2))"),
        (a.rot90(1, [0, 1]), "rot90(a)"),
        (a.pad(&[[1, 2]], &Pad::constant(3)), "pad(a, (1, 2), constant_values=3)"),
        (a.pad(&[[0, 1], [2, 0], [1, 1]], &Pad::Wrap), "pad(a, ((0, 1), (2, 0), (1, 1)), 'wrap')"),
        (
            a.pad(&[[1, 1]], &Pad::Statistic(Stat::Mean, vec![[Some(2), None]])),
            "pad(a, 1, mode='mean', stat_length=(2, None))",
        ),
        (b.diag(1), "diag(a[:, 0], 1)"),
        (a.diagflat(-1), "diagflat(a, -1)"),
        (a.diagonal(0, 1, 2), "a.diagonal(0, 1, 2)"),
        (a.trace(1, 0, 1, DType::F32), "trace(a, 1, dtype=float32)"),
        (a.tril(1), "tril(a, 1)"),
        (a.triu(-1), "triu(a, -1)"),
        (a.t().ravel(), "a.T.ravel()"),
        (a.t().reshape([4, -1]), "reshape(a.T, (4, -1))"),
        (a.reshape_view([12, 2]), "reshape(a, (12, 2), copy=False)"),
        (a.moveaxis(0, 2), "moveaxis(a, 0, 2)"),
        (b.atleast_3d(), "atleast_3d(a[:, 0])"),
        (b.slice(s![0]).atleast_2d(), "atleast_2d(a[0, 0])"),
        (b.slice(s![0, 0]).atleast_1d(), "atleast_1d(a[0, 0, 0])"),
        (a.sliding_window_view([2, 2], [0, 1]), "sliding_window_view(a, (2, 2), axis=(0, 1))"),
        (a.as_strided([3, 2], [16, 8]), "as_strided(a, (3, 2), (16, 8))"),
        (a.unfold(1, 2, 2), "unfold(a, 1, 2, 2)"),
        (
            Array::meshgrid(&[&b.slice(s![0]), &b.slice(s![1])], true).unwrap().remove(1),
            "meshgrid(a[0, 0], a[1, 0])[1]",
        ),
        (
            Array::broadcast_arrays(&[&a, &b.slice(s![0])]).unwrap().remove(1),
            "broadcast_arrays(a, a[0, 0])[1]",
        ),
    ] {
        equal(&method, text, &a);
    }
}

#[test]
fn constructors() {
    let a = Array::from(&ndarray::array![1.5, 2.0, 4.0]);
    for (made, text) in [
        (Array::zeros([2, 3], DType::F32), "zeros((2, 3), dtype=float32)"),
        (Array::ones(4, DType::I8), "ones(4, dtype=int8)"),
        (Array::empty([0, 2], DType::F64), "empty((0, 2))"),
        (Array::full([2, 3], &a, None), "full((2, 3), a)"),
        (Array::full(2, 7, DType::C64), "full(2, 7, dtype=complex64)"),
        (a.zeros_like(), "zeros_like(a)"),
        (a.ones_like(), "ones_like(a)"),
        (a.empty_like(), "empty_like(a)"),
        (a.full_like(9), "full_like(a, 9)"),
        (Array::arange(0, 10, 3, None), "arange(0, 10, 3)"),
        (Array::arange(0.0, 1.0, 0.1, DType::F32), "arange(0, 1, 0.1, dtype=float32)"),
        (Array::linspace(0, &a, 5), "linspace(0, a, 5)"),
        (
            Array::linspace(0, 9, Samples::new(4).endpoint(false).dtype(DType::I64)),
            "linspace(0, 9, 4, endpoint=False, dtype=int64)",
        ),
        (Array::logspace(0, 2, 10, 5), "logspace(0, 2, 5)"),
        (Array::geomspace(1, &a, Samples::new(3).axis(1)), "geomspace(1, a, 3, axis=1)"),
        (Array::eye(3, 4, 1, DType::F64), "eye(3, 4, 1)"),
        (Array::identity(3, DType::Bool), "identity(3, dtype=bool)"),
        (Array::tri(3, 4, -1, DType::I32), "tri(3, 4, -1, dtype=int32)"),
        (a.vander(4, true), "vander(a, 4, increasing=True)"),
        (Array::indices([2, 3], DType::I64), "indices((2, 3))"),
        (Array::fromfunction([2, 3], |i| (i[0] * 3 + i[1]) as i64), "arange(6).reshape(2, 3)"),
    ] {
        equal(&made, text, &a);
    }
}

#[test]
fn what_cannot_be_built_is_an_error() {
    let a = Array::from(&ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
    let kinds = [
        (Array::concatenate(&[] as &[Array], 0), ErrorKind::Invalid),
        (Array::concatenate(&[&a, &a.slice(s![0])], 0), ErrorKind::Shape),
        (Array::zeros([1_i64 << 40, 1_i64 << 40], DType::F64), ErrorKind::Shape),
        (Array::zeros(-1, DType::F64), ErrorKind::Shape),
        (Array::arange(0, 1, 0, None), ErrorKind::Invalid),
        (Array::linspace(0, 1, -1), ErrorKind::Invalid),
        (a.as_strided([2, 2], [24, 8]), ErrorKind::Invalid),
        (a.as_strided([2, 2], [12, 8]), ErrorKind::Invalid),
        (a.as_strided([2, 2], [-8, 8]), ErrorKind::Invalid),
        (a.as_strided([1_i64 << 40, 1_i64 << 20], [1_i64 << 30, 1_i64 << 60]), ErrorKind::Shape),
        (a.sliding_window_view(3, 0), ErrorKind::Shape),
        (a.repeat([1, 2, 3], 0), ErrorKind::Shape),
        (a.tile([1_i64 << 40, 1_i64 << 40]), ErrorKind::Shape),
        (a.repeat(1_i64 << 62, 0), ErrorKind::Shape),
        (a.pad(&[[1_u64 << 62, 1_u64 << 62]], &Pad::Edge), ErrorKind::Shape),
        (a.roll([1, 2], [0, 1, 0]), ErrorKind::Shape),
        (a.unfold(0, 1, 0), ErrorKind::Invalid),
        (Array::eye(1_u64 << 40, 1_u64 << 40, 0, DType::F64), ErrorKind::Shape),
        (a.diagflat(1_i64 << 40), ErrorKind::Shape),
        (a.diagflat(i64::MIN), ErrorKind::Shape),
    ];
    for (number, (array, kind)) in kinds.into_iter().enumerate() {
        let error = array.check().expect_err("an error");
        assert_eq!(error.kind(), kind, "case {number}: {error}");
    }
}
