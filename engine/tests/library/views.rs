//! Slices and other views.

use arrstore::prelude::*;
use ndarray::{Array2, Array3};

use crate::{Outcome, text};

#[test]
fn slices_are_those_of_ndarray() -> Outcome {
    let whole = Array3::from_shape_fn((5, 6, 7), |(i, j, k)| (i * 100 + j * 10 + k) as i32);
    let a = Array::from(&whole);
    macro_rules! same {
        ($([$($part:tt)*];)*) => { $(
            let found = a.slice(s![$($part)*]).to_ndarray::<i32>()?;
            assert_eq!(found, whole.slice(ndarray::s![$($part)*]).into_dyn(), stringify!($($part)*));
            let seen = a.slice(s![$($part)*]);
            assert_eq!(seen.view::<i32>()?, Some(whole.slice(ndarray::s![$($part)*]).into_dyn()));
        )* };
    }
    same! {
        [.., .., ..];
        [1, .., ..];
        [-1, 2, 3];
        [1..3, ..;2, ..];
        [..;-1, ..;-2, 2..6;-3];
        [.., -4..-1, -1];
        [1..=3, ..=4, 6..];
        [2.., ..;7, ..;-7];
        [.., 1..5;-1, ..3;2];
        [3..3, .., ..];
    }
    assert_eq!(a.slice(s![Ellipsis, 0]).shape()?, [5, 6]);
    assert_eq!(a.slice(s![0, Ellipsis, ..;-1]).shape()?, [6, 7]);
    assert_eq!(a.slice(s![NewAxis, 0, Ellipsis, NewAxis]).shape()?, [1, 6, 7, 1]);
    assert_eq!(a.slice(s![..;-1, NewAxis, 1]).to_ndarray::<i32>()?[[0, 0, 0]], 410);
    assert_eq!(a.slice(s![]).shape()?, [5, 6, 7]);
    // beyond the end a range is cut, as in Python, and an integer is an error
    assert_eq!(a.slice(s![3..100]).shape()?, [2, 6, 7]);
    assert_eq!(a.slice(s![..100;-1]).shape()?, [5, 6, 7]);
    assert_eq!(a.slice(s![..=-1]).shape()?, [5, 6, 7]);
    assert_eq!(a.slice(s![5]).check().unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(a.slice(s![u64::MAX]).check().unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(a.slice(s![..;0]).check().unwrap_err().kind(), ErrorKind::Shape);
    assert!(a.slice(s![.., .., .., ..]).check().is_err());
    let n = 2usize;
    assert_eq!(a.slice(s![n - 1..n + 1]).shape()?, [2, 6, 7]);
    Ok(())
}

#[test]
fn views_say_their_shapes_and_refuse_copies() -> Outcome {
    let a = Array::from(&Array2::from_shape_fn((3, 4), |(i, j)| (i * 4 + j) as f32));
    assert_eq!(a.t().shape()?, [4, 3]);
    assert_eq!(a.permute([1, 0]).to_ndarray::<f32>()?, a.t().to_ndarray::<f32>()?);
    assert_eq!(a.swap_axes(0, -1).shape()?, [4, 3]);
    assert_eq!(a.reshape([2, -1]).shape()?, [2, 6]);
    assert_eq!(a.reshape(-1).shape()?, [12]);
    assert_eq!(a.reshape(a.t().shape()?).shape()?, [4, 3]);
    assert_eq!(a.expand_dims([0, -1]).squeeze(..).shape()?, [3, 4]);
    assert_eq!(a.broadcast_to([2, 3, 4]).shape()?, [2, 3, 4]);
    assert_eq!(text(&a.flip(1).slice(s![0])), "[3. 2. 1. 0.]");
    assert_eq!(text(&a.flip(..).slice(s![0])), "[11. 10.  9.  8.]");
    assert_eq!(a.astype(DType::I64).dtype()?, DType::I64);
    assert_eq!(a.matmul(a.t()).shape()?, [3, 3]);
    assert_eq!(a.dot(2).shape()?, [3, 4]);
    assert_eq!(a.dot(a.slice(s![0])).shape()?, [3]);
    assert_eq!(a.t().reshape(12).check().unwrap_err().kind(), ErrorKind::NeedsCopy);
    assert_eq!(a.broadcast_to(-1).check().unwrap_err().kind(), ErrorKind::Shape);
    Ok(())
}
