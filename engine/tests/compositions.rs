//! Functions that are compositions of others, as a program uses them.

use arrstore::prelude::*;
use arrstore::{Op, Overlap, ProductOrder};
use ndarray::{Array1, Array2};

fn square(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, j)| ((i * 7 + j * 13) % 11) as f64 - 5.0)
}

#[test]
fn einsum_in_a_small_budget() -> arrstore::Result<()> {
    // three arrays of 2 MiB and an intermediate result of 2 MiB, in 5 MiB
    let n = 512;
    let (a, b) = (square(n), square(n).reversed_axes());
    let (x, y) = (Array::from(&a), Array::from(&b));
    let sums = Array::einsum("ij,jk,ik->i", &[&x, &y, &x]);
    let product = a.dot(&b) * &a;
    let expected = product.sum_axis(ndarray::Axis(1));
    for order in [ProductOrder::Best, ProductOrder::Given, ProductOrder::Greedy] {
        let sums = Array::einsum_in("ij,jk,ik->i", &[&x, &y, &x], &order);
        assert_eq!(sums.compute()?.to_ndarray::<f64>()?, expected.clone().into_dyn(), "{order:?}");
    }
    let small = arrstore::Context::new(5 << 20, 2);
    let found = sums.compute_in(&small)?.to_ndarray::<f64>()?;
    // whole numbers: the sums are exact in any order
    assert_eq!(found, expected.into_dyn());
    Ok(())
}

#[test]
fn quadratic_forms_of_long_rows() -> arrstore::Result<()> {
    let (m, n) = (3, 4100);
    let x = Array2::from_shape_fn((m, n), |(i, j)| ((i * 5 + j * 3) % 7) as i64 - 3);
    let y = Array2::from_shape_fn((n, n), |(j, k)| ((j * 11 + k * 2) % 13) as i64 - 6);
    let expected = (x.dot(&y) * &x).sum_axis(ndarray::Axis(1)).into_dyn();
    let (a, b) = (Array::from(&x), Array::from(&y));
    let rows = Array::einsum("ij,jk,ik->i", &[&a, &b, &a]);
    assert_eq!(rows.compute()?.to_ndarray::<i64>()?, expected);
    let turned = a.t();
    let rows = Array::einsum("ki,jk,ji->i", &[&turned, &b, &turned]);
    assert_eq!(rows.compute()?.to_ndarray::<i64>()?, expected);
    let all = Array::einsum("jk,ij,ik,i->", &[&b, &a, &a, &Array::from(vec![1i64, 2, -1])]);
    assert_eq!(all.compute()?.to_string(), (expected[[0]] + 2 * expected[[1]] - expected[[2]]).to_string());
    Ok(())
}

#[test]
fn a_path_that_does_not_fit_is_an_error() {
    let a = Array::from(&square(3));
    let path = ProductOrder::Path(vec![vec![0, 5]]);
    let error = Array::einsum_in("ij,jk->ik", &[&a, &a], &path).compute().unwrap_err();
    assert!(error.to_string().contains("a step of the path takes arrays [0, 5], and 2 are left"), "{error}");
}

#[test]
fn sliding_products_cross_chunks_and_pieces() -> arrstore::Result<()> {
    // longer than a chunk of the result, and than a piece of the short vector
    let (n, m) = (200_000, 5000);
    let a = Array1::from_shape_fn(n, |i| (i * 31 % 17) as i64 - 8);
    let v = Array1::from_shape_fn(m, |i| (i * 5 % 7) as i64 - 3);
    let found = Array::from(&a).correlate(&v, Overlap::Same).slice(s![100_000..100_003]).compute()?;
    let at = |k: usize| (0..m).map(|j| a[k + j - m / 2] * v[j]).sum::<i64>();
    assert_eq!(found.to_ndarray::<i64>()?, ndarray::array![at(100_000), at(100_001), at(100_002)].into_dyn());
    Ok(())
}

#[test]
fn options_of_reductions() -> arrstore::Result<()> {
    let a = Array::from(&ndarray::array![[1.0, 2.0], [3.0, f64::NAN]]);
    assert_eq!(a.sum(1).only(a.isfinite()).compute()?.to_string(), "[3. 3.]");
    assert_eq!(a.mean(..).only(a.isfinite()).keepdims().compute()?.to_string(), "[[2.]]");
    assert_eq!(a.nanargmax(1).compute()?.to_string(), "[1 0]");
    assert_eq!(a.slice(s![0]).var(0).about(1).compute()?.to_string(), "0.5");
    let error = a.max(0).only(a.isfinite()).compute().unwrap_err().to_string();
    assert!(error.contains("give 'initial' too"), "{error}");
    let error = (&a * f64::NAN).nanargmin(0).compute().unwrap_err().to_string();
    assert!(error.contains("All-NaN slice"), "{error}");
    let error = a.average(&a * 0.0, 1).compute().unwrap_err().to_string();
    assert!(error.contains("add up to 0"), "{error}");
    Ok(())
}

#[test]
fn two_results_share_one_error() {
    let a = Array::from(vec![1.5, 2.5]);
    let (quotient, rest) = a.divmod(vec![1.0, 2.0, 3.0]);
    for part in [quotient, rest] {
        let error = part.compute().unwrap_err().to_string();
        assert!(error.contains("could not be broadcast") && error.contains("compositions.rs"), "{error}");
    }
}

#[test]
fn arguments_that_are_not_there_say_what_to_write() {
    let a = Array::from(vec![1.5, 2.5]);
    for (text, help) in [
        ("sin(a, where=a > 1)", "where(condition, result, other)"),
        ("add(a, a, dtype=float32)", "x.astype(float32)"),
        ("sum(a, out=a)", "a result goes where"),
        ("add.at(a, [0], 1)", "reduce, accumulate, reduceat and outer"),
        ("sin.reduce(a)", "functions of two arrays"),
        ("equal.reduce(a)", "another type than its operands"),
        ("subtract.reduce(a, where=a > 2)", "give 'initial' too"),
    ] {
        let error = Array::formula(text, &[("a", &a)]).unwrap_err().to_string();
        assert!(error.contains(help), "{text}: {error}");
    }
    assert_eq!(a.outer_by(Op::Subtract, &a).shape().unwrap(), [2, 2]);
}

/// Left folds whose tiles take the last element of the tile before, in any budget, with and without a mask.
#[test]
fn folds_from_the_left_cross_tiles() -> arrstore::Result<()> {
    let a = Array2::from_shape_fn((700, 900), |(i, j)| ((i * 31 + j * 17) % 23) as f64 * 0.1 - 1.0);
    let chosen = a.mapv(|x| x > 0.0);
    let (x, m) = (Array::from(&a), Array::from(&chosen));
    let long = Array1::from_shape_fn(1_500_007, |i| (i as i64 * 7919) % 1_000_003);
    let bits = long.iter().fold(0, |bits, x| bits ^ x);
    for (budget, threads) in [(3 << 20, 1), (9 << 20, 3), (1 << 30, 2)] {
        let context = arrstore::Context::new(budget, threads);
        for axis in [0, 1] {
            let lanes = a.lanes(ndarray::Axis(axis));
            let folded = Array1::from_iter(
                lanes
                    .into_iter()
                    .map(|lane| lane.iter().copied().reduce(|before, x| before - x).unwrap_or_default()),
            );
            let found = x.reduce_by(Op::Subtract, axis as i64).compute_in(&context)?;
            assert_eq!(found.to_ndarray::<f64>()?, folded.into_dyn(), "{axis} {budget}");
            let lanes = a.lanes(ndarray::Axis(axis)).into_iter().zip(chosen.lanes(ndarray::Axis(axis)));
            let folded = Array1::from_iter(lanes.map(|(lane, chosen)| {
                lane.iter().zip(chosen).filter(|(_, chosen)| **chosen).fold(2.0, |before, (x, _)| before - x)
            }));
            let found = x.reduce_by(Op::Subtract, axis as i64).initial(2.0).only(&m);
            assert_eq!(
                found.compute_in(&context)?.to_ndarray::<f64>()?,
                folded.into_dyn(),
                "{axis} {budget}"
            );
            let running = x.accumulate_by(Op::Subtract, axis as i64);
            let last = if axis == 0 {
                running.slice(arrstore::s![-1, ..])
            } else {
                running.slice(arrstore::s![.., -1])
            };
            let plain = x.reduce_by(Op::Subtract, axis as i64);
            assert_eq!(last.array_equal(&plain).compute_in(&context)?.to_string(), "True", "{axis} {budget}");
        }
        let found = Array::from(&long).reduce_by(Op::BitwiseXor, 0).compute_in(&context)?;
        assert_eq!(found.to_string(), bits.to_string(), "{budget}");
    }
    Ok(())
}
