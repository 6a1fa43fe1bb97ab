//! Expressions: operators, functions, reductions, their errors, and how they print.

use arrstore::prelude::*;
use arrstore::{IntoAxes, Op};
use ndarray::{Array2, Array3, array};

use crate::{Outcome, text};

#[test]
fn operators_take_arrays_and_numbers_on_either_side() -> Outcome {
    let a = Array::from(&array![1, 2, 4]);
    let b = Array::from(&array![0.5, 1.0, 2.0]);
    for (found, wanted) in [
        (&a + &b, "[1.5 3.  6. ]"),
        (&a + b.clone(), "[1.5 3.  6. ]"),
        (a.clone() + &b, "[1.5 3.  6. ]"),
        (2 * &a, "[2 4 8]"),
        (2.0 * &a, "[2. 4. 8.]"),
        (&a / 2, "[0.5 1.  2. ]"),
        (1 - &a, "[ 0 -1 -3]"),
        (-&a, "[-1 -2 -4]"),
        (&a % 3, "[1 2 1]"),
        (-7 % &a, "[0 1 1]"),
        (&a & 6, "[0 2 4]"),
        (1 | &a, "[1 3 5]"),
        (&a ^ 1, "[0 3 5]"),
        (!&a, "[-2 -3 -5]"),
        (&a << 2, "[ 4  8 16]"),
        (64 >> &a, "[32 16  4]"),
        (&a + array![10, 20, 30].view(), "[11 22 34]"),
        (!(a.gt(1) & a.lt(3)), "[ True False  True]"),
        (a.eq(2), "[False  True False]"),
        (a.neq(2), "[ True False  True]"),
        (a.gt_eq(&b), "[ True  True  True]"),
        (a.lt_eq(&b), "[False False False]"),
        (a.gt(1).where_(&a, -1), "[-1  2  4]"),
        (a.clip(2, 3), "[2 2 3]"),
        (a.pow(2), "[ 1  4 16]"),
    ] {
        assert_eq!(text(&found), wanted, "{found:?}");
    }
    assert_eq!(text(&(Array::from(vec![1, 2, 3]) * [1.5, 2.0, 3.0])), "[1.5 4.  9. ]");
    let n = 3usize;
    assert_eq!(text(&(n * &a - n)), "[0 3 9]");
    // a number takes the type of the array that it meets
    let small = Array::from(&array![1u8, 2]);
    assert_eq!((&small + 1).dtype()?, DType::U8);
    assert_eq!((&small * 1.0).dtype()?, DType::F64);
    assert_eq!((Array::from(&array![1.0f32]) * 2.0).dtype()?, DType::F32);
    assert_eq!((&small + 300).compute().unwrap_err().kind(), ErrorKind::DType);
    Ok(())
}

#[test]
fn functions_of_the_tables_are_methods() -> Outcome {
    let x = Array::from(&array![0.25, 0.5]);
    let by_text = |text: &str| Array::formula(text, &[("x", &x)]);
    for (text, array) in [
        ("sqrt(x)", x.sqrt()),
        ("atan2(x, 0.3)", x.atan2(0.3)),
        ("clip(x, 0.3, 0.4)", x.clip(0.3, 0.4)),
        ("logical_xor(x, 0)", x.logical_xor(0)),
        ("nextafter(x, 1)", x.nextafter(1)),
        ("floor_divide(x, 0.2)", x.floor_divide(0.2)),
        ("nanvar(x)", x.nanvar(..)),
        ("argmin(x, axis=0)", x.argmin(0)),
        ("count_nonzero(x)", x.count_nonzero(..)),
    ] {
        let (found, wanted) = (array.compute()?, by_text(text)?.compute()?);
        assert_eq!((found.dtype(), found.bytes()), (wanted.dtype(), wanted.bytes()), "{text}");
    }
    // what the library has for itself is no function of the text, and has no name
    assert!(Op::from_name("map").is_none() && Op::ALL.iter().all(|op| op.name() != "map"));
    Ok(())
}

#[test]
fn reductions_take_axes_and_options() -> Outcome {
    let a = Array::from(&Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (i * 12 + j * 4 + k) as f64));
    fn sum(a: &Array, axes: impl IntoAxes) -> Vec<u64> {
        a.sum(axes).shape().unwrap().to_vec()
    }
    assert_eq!(sum(&a, 0), [3, 4]);
    assert_eq!(sum(&a, -1), [2, 3]);
    assert_eq!(sum(&a, [0, 2]), [3]);
    assert_eq!(sum(&a, &[0usize, 1][..]), [4]);
    assert_eq!(sum(&a, vec![1i64]), [2, 4]);
    assert!(sum(&a, ..).is_empty());
    assert_eq!(a.mean([1, 2]).keepdims().shape()?, [2, 1, 1]);
    assert_eq!(a.sum(..).compute()?.item::<f64>()?, 276.0);
    assert_eq!(a.argmax(..).compute()?.item::<i64>()?, 23);
    assert_eq!(a.var(2).ddof(1).slice(s![0, 0]).compute()?.item::<f64>()?, 5.0 / 3.0);
    assert_eq!(a.std(0).ddof(1).keepdims().shape()?, [1, 3, 4]);
    assert_eq!(a.astype(DType::I8).sum(..).in_dtype(DType::F32).dtype()?, DType::F32);
    let late = (a.mean(0) + 1).keepdims().check().unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Invalid);
    // an option can mend what the reduction alone could not be
    let wrong = a.sum([0, 0]).keepdims().check().unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Shape);
    Ok(())
}

#[test]
fn an_error_says_where_the_program_made_it() {
    let a = Array::from(&array![1.0, 2.0, 3.0]);
    let b = Array::from(&array![1.0, 2.0]);
    let line = line!() + 1;
    let wrong = (&a - &b) / a.std(0);
    let error = (wrong.sqrt() * 2 + &a).sum(..).compute().unwrap_err();
    let place = format!(", at {}:{line}:17", file!());
    assert!(error.to_string().ends_with(&place), "{error}");
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(matches!(&error, Error::At { error, .. } if matches!(**error, Error::Shape(_))));
    assert!(format!("{wrong:?}").contains("at ") && format!("{wrong}").starts_with('<'));
    // a number on the left, a method, an option: each names its own line
    let line = line!() + 1;
    let made: [Array; 5] = [1 + &wrong, a.sum(3), a.slice(s![7]), a.mean(0).slice(s![0]), a.matmul(&b)];
    let lines: Vec<bool> = made
        .iter()
        .map(|a| a.shape().unwrap_err().to_string().contains(&format!("{}:{line}:", file!())))
        .collect();
    assert_eq!(lines, [false, true, true, true, true]);
    for report in [
        wrong.shape().map(|_| ()),
        wrong.dtype().map(|_| ()),
        wrong.to_ndarray::<f64>().map(|_| ()),
        wrong.view::<f64>().map(|_| ()),
        wrong.save("never.npy"),
        wrong.explain(&Context::default()).map(|_| ()),
    ] {
        assert!(report.unwrap_err().to_string().ends_with(&place));
    }
    assert!(!std::path::Path::new("never.npy").exists());
}

#[test]
fn arrays_print_as_numpy_prints() -> Outcome {
    let a = Array::from(&Array2::from_shape_fn((2000, 2000), |(i, j)| (i + j) as f64));
    let wanted = "[[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]";
    assert!(a.to_string().starts_with(wanted), "{a}");
    assert_eq!(a.to_string(), a.compute()?.to_string());
    assert_eq!(format!("{a:?}"), "Array<float64>(2000, 2000)");
    let edges = a.map(|x: f64| x).slice(s![.., 0]);
    assert_eq!(edges.to_string(), "[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]");
    assert_eq!(Array::from(&Array2::<f32>::zeros((0, 3))).to_string(), "[]");
    assert_eq!(format!("{:>6}", Array::from(2.5)), "   2.5");
    let plan = a.sum(0).explain(&Context::default())?;
    assert_eq!(plan.stages[0].reads[0].bytes, 2000 * 2000 * 8);
    Ok(())
}

#[test]
fn text_and_methods_give_the_same() -> Outcome {
    let t = Array::from(&Array2::from_shape_fn((40, 30), |(i, j)| ((i * 7 + j * 3) % 11) as f64));
    let by_text = Array::formula("(t - mean(t, axis=0)) / std(t, axis=0, ddof=1)", &[("t", &t)])?;
    let by_method = (&t - t.mean(0)) / t.std(0).ddof(1);
    assert_eq!(by_text.to_ndarray::<f64>()?, by_method.to_ndarray::<f64>()?);
    let wrong = Array::formula("sum(t, axis=7)", &[("t", &t)]).unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Shape);
    assert_eq!(Array::formula("t + ", &[("t", &t)]).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(Array::formula("t, t", &[("t", &t)]).is_err());
    assert!(Array::formula("map(t, 0)", &[("t", &t)]).is_err());
    Ok(())
}
