//! Compares sums, means, variances and deviations with exact arithmetic, also where the result is tiny beside the
//! numbers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use arrstore::{Context, DType, Expr, Plan, Target, Value, text::Formula};
use arrstore_tests::data::Words;
use arrstore_tests::exact::{Moments, moments};
use arrstore_tests::golden::Array;
use arrstore_tests::layout::Layout;
use half::{bf16, f16};

const FLOATS: [DType; 6] = [DType::F16, DType::BF16, DType::F32, DType::F64, DType::C64, DType::C128];
const LAYOUTS: [Layout; 4] = [Layout::C, Layout::Fortran, Layout::Chunks, Layout::Tiny];
const SHAPE: [u64; 2] = [263, 47];

/// The number of floats in an element of a type, and the bytes of one float.
fn parts(dtype: DType) -> (usize, usize) {
    let count = if matches!(dtype, DType::C64 | DType::C128) { 2 } else { 1 };
    (count, dtype.size() / count)
}

fn read(dtype: DType, bytes: &[u8]) -> Vec<f64> {
    let part = parts(dtype).1;
    let one = |b: &[u8]| match (dtype, part) {
        (DType::F16, _) => f16::from_le_bytes(b.try_into().unwrap()).to_f64(),
        (DType::BF16, _) => bf16::from_le_bytes(b.try_into().unwrap()).to_f64(),
        (_, 4) => f32::from_le_bytes(b.try_into().unwrap()).into(),
        _ => f64::from_le_bytes(b.try_into().unwrap()),
    };
    bytes.chunks_exact(part).map(one).collect()
}

fn write(dtype: DType, values: impl Iterator<Item = f64>) -> Vec<u8> {
    let part = parts(dtype).1;
    let one = |x: f64| match (dtype, part) {
        (DType::F16, _) => f16::from_f32(x as f32).to_le_bytes().to_vec(),
        (DType::BF16, _) => bf16::from_f32(x as f32).to_le_bytes().to_vec(),
        (_, 4) => (x as f32).to_le_bytes().to_vec(),
        _ => x.to_le_bytes().to_vec(),
    };
    values.flat_map(one).collect()
}

/// The distance between neighbouring floats at `x`, in the type of a component.
fn spacing(dtype: DType, x: f64) -> f64 {
    let (digits, least) = match (dtype, parts(dtype).1) {
        (DType::F16, _) => (10, -24),
        (DType::BF16, _) => (7, -133),
        (_, 4) => (23, -149),
        _ => (52, -1074),
    };
    let exponent = if x == 0.0 { least } else { (x.abs().log2().floor() as i32 - digits).max(least) };
    2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
}

/// Numbers in -1..1, each a multiple of 2**-40.
fn noise(seed: u64) -> impl Iterator<Item = f64> {
    Words(seed).map(|word| (word >> 23) as f64 / (1u64 << 40) as f64 - 1.0)
}

fn evaluate(text: &str, a: &Expr, context: &Context) -> Vec<Value> {
    let names: BTreeMap<String, Expr> = [("a".to_owned(), a.clone())].into();
    let roots = Formula::parse(text).unwrap().lower(&names).unwrap();
    let roots: Vec<(Expr, Target)> = roots.into_iter().map(|r| (r, Target::Memory)).collect();
    Plan::new(&roots, context).unwrap().run(context).unwrap().into_iter().flatten().collect()
}

/// The exact moments of each reduced line, for each component: of the whole array, of columns, of rows.
fn lines(values: &[f64], parts: usize) -> [Vec<Vec<Moments>>; 3] {
    let [rows, cols] = SHAPE.map(|n| n as usize);
    let of = |places: &mut dyn Iterator<Item = usize>| -> Vec<Moments> {
        let places: Vec<usize> = places.collect();
        let part = |k: usize| moments(&places.iter().map(|i| values[i * parts + k]).collect::<Vec<_>>());
        (0..parts).map(part).collect()
    };
    [
        vec![of(&mut (0..rows * cols))],
        (0..cols).map(|c| of(&mut (0..rows).map(|r| r * cols + c))).collect(),
        (0..rows).map(|r| of(&mut (0..cols).map(|c| r * cols + c))).collect(),
    ]
}

/// Calls `check` with each result of a type: the numbers found and the exact moments of the line.
fn each(
    dtype: DType,
    values: &[f64],
    functions: &[&str],
    check: impl Fn(&str, &[f64], &[Moments], &dyn Fn() -> String),
) {
    let array = Array { dtype, shape: SHAPE.to_vec(), bytes: write(dtype, values.iter().copied()) };
    let values = read(dtype, &array.bytes);
    let exact = lines(&values, parts(dtype).0);
    let axes = ["", ", axis=0", ", axis=1"];
    let calls: Vec<String> =
        functions.iter().flat_map(|f| axes.iter().map(move |axis| format!("{f}(a{axis})"))).collect();
    let text = calls.join(", ");
    let folder = tempfile::tempdir().unwrap();
    for layout in LAYOUTS {
        let laid = layout.lay(&[&array], folder.path()).unwrap().remove(0).unwrap();
        let found = evaluate(&text, &laid, &Context::new(64 << 20, 1));
        let again = evaluate(&text, &laid, &Context::new(2 << 20, 3));
        for (k, (value, again)) in found.iter().zip(&again).enumerate() {
            assert_eq!(value.bytes(), again.bytes(), "{} of {dtype} in {layout:?}", calls[k]);
            let lines = &exact[k % 3];
            let numbers = read(value.dtype(), value.bytes());
            let width = numbers.len() / lines.len();
            for (line, (numbers, exact)) in numbers.chunks_exact(width).zip(lines).enumerate() {
                let place = || format!("{} of {dtype} in {layout:?}, line {line}", calls[k]);
                check(functions[k / 3], numbers, exact, &place);
            }
        }
    }
}

/// Every decade for float64, every third for the other types.
fn decades(dtype: DType) -> impl Iterator<Item = i32> {
    let step = if dtype == DType::F64 { 1 } else { 3 };
    (0..=15).step_by(step)
}

/// A variance is as accurate as its type, for any ratio of mean to deviation.
#[test]
fn variances_are_as_good_as_their_type() {
    for dtype in FLOATS {
        for decade in decades(dtype) {
            let n = (SHAPE[0] * SHAPE[1]) as usize * parts(dtype).0;
            let apart = 10f64.powi(-decade);
            let values: Vec<f64> = noise(decade as u64).take(n).map(|x| 3.0 * (1.0 + x * apart)).collect();
            each(dtype, &values, &["var", "std", "nanvar", "nanstd"], |name, found, exact, place| {
                let variance = exact.iter().map(|m| m.variance).sum::<f64>();
                let wanted = if name.ends_with("std") { variance.sqrt() } else { variance };
                // the squares of a column are added one after another, 128 at a time
                let allowed = 0.501 * spacing(dtype, wanted) + 12.0 * f64::EPSILON * wanted;
                let error = (found[0] - wanted).abs();
                assert!(
                    if wanted == 0.0 { found[0] == 0.0 } else { error <= allowed },
                    "{}, means 1e{decade} deviations: found {:e}, exact {wanted:e}, off by {:e}",
                    place(),
                    found[0],
                    error / wanted,
                );
            });
        }
    }
}

/// A sum errs no more than a pairwise sum may, for any cancellation: the bound depends on the absolute values of the
/// terms.
#[test]
fn sums_and_means_err_as_pairwise_ones_at_most() {
    for dtype in FLOATS {
        for decade in decades(dtype) {
            let n = (SHAPE[0] * SHAPE[1]) as usize * parts(dtype).0;
            let apart = 10f64.powi(-decade);
            let mut last = 0.0;
            let values: Vec<f64> = noise(100 + decade as u64)
                .take(n)
                .enumerate()
                .map(|(k, x)| {
                    last = if k % 2 == 0 { 3.0 + x } else { apart * x - last };
                    last
                })
                .collect();
            // float16 is added in float32, as in NumPy; all other types in float64
            let unit = if dtype == DType::F16 { 2f64.powi(-24) } else { 2f64.powi(-53) };
            each(dtype, &values, &["sum", "mean", "nansum", "nanmean"], |name, found, exact, place| {
                for (found, exact) in found.iter().zip(exact) {
                    let sum = name.ends_with("sum");
                    let wanted = if sum { exact.sum } else { exact.mean };
                    let size = if sum { exact.size } else { exact.size * (exact.mean / exact.sum).abs() };
                    let count = (exact.sum / exact.mean).abs();
                    let bound = unit * (count.log2() + 8.0) * size;
                    let allowed = 0.501 * spacing(dtype, wanted) + bound + 2.0 * f64::EPSILON * wanted.abs();
                    let error = (found - wanted).abs();
                    assert!(
                        error <= allowed,
                        "{}, condition 1e{decade}: found {found:e}, exact {wanted:e}, off by {error:e}",
                        place(),
                    );
                }
            });
        }
    }
}

/// Julian dates (days since noon of 4713 BC) to a tenth of a second, and seconds since 1970.
#[test]
fn dates_keep_their_deviation() {
    for (origin, apart) in [(2_460_000.5, 1e-6), (1.7e9, 1.0), (-1.7e9, 1e-5), (2_460_000.5, 1e-9)] {
        let values: Vec<f64> = noise(7).take(100_000).map(|x| origin + x * apart).collect();
        let exact = moments(&values);
        let a = Expr::from_ndarray(&ndarray_of(&values)).unwrap();
        for text in ["var(a), std(a)", "var(a[:, None], axis=0)[0], std(a[None], axis=1)[0]"] {
            for value in evaluate(text, &a, &Context::new(64 << 20, 2)).chunks(2) {
                let found = |k: usize| read(DType::F64, value[k].bytes())[0];
                for (found, wanted) in [(found(0), exact.variance), (found(1), exact.variance.sqrt())] {
                    let error = ((found - wanted) / wanted).abs();
                    assert!(error < 4.0 * f64::EPSILON, "{text} at {origin}: off by {error:e}");
                }
            }
        }
    }
}

fn ndarray_of(values: &[f64]) -> ndarray::Array1<f64> {
    ndarray::Array1::from_vec(values.to_vec())
}

/// An outlier at the start or the end, and a drift along the line, do no harm.
#[test]
fn a_poor_pivot_spoils_nothing() {
    let mut far: Vec<f64> = noise(9).take(50_000).map(|x| 1e9 + x * 1e-3).collect();
    far[0] = -3e11;
    let mut late = far.clone();
    late.swap(0, 49_999);
    let drift: Vec<f64> = noise(10).take(50_000).enumerate().map(|(k, x)| 1e7 + k as f64 + x).collect();
    let steps: Vec<f64> =
        noise(11).take(50_000).enumerate().map(|(k, x)| f64::from(k > 30_000) * 1e6 + x).collect();
    for values in [far, late, drift, steps] {
        let exact = moments(&values).variance;
        let a = Expr::from_ndarray(&ndarray_of(&values)).unwrap();
        let texts = "var(a), var(a[:, None], axis=0), nanvar(a), nanvar(a[:, None], axis=0), var(a[::-1])";
        for value in evaluate(texts, &a, &Context::new(64 << 20, 2)) {
            let found = read(DType::F64, value.bytes())[0];
            let error = ((found - exact) / exact).abs();
            assert!(error < 16.0 * f64::EPSILON, "found {found:e}, exact {exact:e}, off by {error:e}");
        }
    }
}

/// Finite values that overflow have an infinite variance at any position; only infinities and NaN give NaN.
#[test]
fn overflow_is_infinite_and_not_nan() {
    let at = |places: &[(usize, f64)]| {
        let mut values = vec![1.0; 3000];
        places.iter().for_each(|&(k, x)| values[k] = x);
        values
    };
    let inf = f64::INFINITY;
    let cases: [(Vec<f64>, f64); 11] = [
        (at(&[(7, 1e308)]), inf),
        (at(&[(0, 1e308), (2999, -1e308)]), inf),
        (at(&[(1500, -1.7e308), (1501, 1.7e308), (9, 1.7e308)]), inf),
        (at(&[(0, 1e200)]), inf),
        (vec![1e308; 3000], inf),
        ([1.7e308, -1.7e308].repeat(1500), inf),
        (at(&[(7, 1e308), (2000, inf)]), f64::NAN),
        (at(&[(0, -inf), (2999, inf)]), f64::NAN),
        (at(&[(0, 1e308), (1, -1e308), (2999, f64::NAN)]), f64::NAN),
        (vec![inf; 3000], f64::NAN),
        (vec![1e300; 3000], 0.0),
    ];
    let same = |x: f64, y: f64| x == y || (x.is_nan() && y.is_nan());
    for (k, (values, wanted)) in cases.into_iter().enumerate() {
        let lonely = values.iter().any(|x| x.is_nan());
        let array = |shape: [u64; 2]| Array {
            dtype: DType::F64,
            shape: shape.to_vec(),
            bytes: write(DType::F64, values.iter().copied()),
        };
        for (shape, axis) in [([3000, 1], 0), ([1, 3000], 1), ([50, 60], 2)] {
            for layout in LAYOUTS {
                let folder = tempfile::tempdir().unwrap();
                let a = layout.lay(&[&array(shape)], folder.path()).unwrap().remove(0).unwrap();
                let axis = if axis == 2 { "None".to_owned() } else { axis.to_string() };
                for name in ["var", "std", "nanvar", "nanstd"] {
                    if lonely && name.starts_with("nan") {
                        continue;
                    }
                    for operand in ["a", "a + 0j", "a * 1j"] {
                        // 1j times an infinity has NaN parts
                        if operand == "a * 1j" && !values.iter().all(|x| x.is_finite()) {
                            continue;
                        }
                        let text = format!("{name}({operand}, axis={axis})");
                        let value = evaluate(&text, &a, &Context::new(64 << 20, 2));
                        let found = read(DType::F64, value[0].bytes())[0];
                        assert!(
                            same(found, wanted),
                            "case {k}: {text} in {layout:?} is {found}, not {wanted}"
                        );
                    }
                }
            }
        }
    }
}
