//! The same bits for any number of threads and any budget; sums at least as accurate as in NumPy.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrstore::{Context, DType, Expr, Plan, Target, Value, text::Formula};
use arrstore_tests::arranged::{Arranged, Arrangement};
use arrstore_tests::data::{array, floats};
use arrstore_tests::golden::Array;
use arrstore_tests::layout::Layout;
use arrstore_tests::{compare, exact};

/// Computes several results of one text together.
fn evaluate(
    text: &str,
    names: &BTreeMap<String, Expr>,
    context: &Context,
) -> Result<Vec<Value>, arrstore::Error> {
    let roots = Formula::parse(text).unwrap().lower(names).unwrap();
    let roots: Vec<(Expr, Target)> = roots.into_iter().map(|r| (r, Target::Memory)).collect();
    let values = Plan::new(&roots, context)?.run(context)?;
    Ok(values.into_iter().flatten().collect())
}

/// Evaluates with a budget that is too small at first. The refusal names a sufficient budget, and that must do.
fn squeezed(text: &str, names: &BTreeMap<String, Expr>, threads: usize) -> Vec<Value> {
    match evaluate(text, names, &Context::new(64 << 10, threads)) {
        Ok(values) => values,
        Err(arrstore::Error::Budget { needed, .. }) => {
            evaluate(text, names, &Context::new(needed, threads)).unwrap()
        }
        Err(error) => panic!("{text}: {error}"),
    }
}

fn bits(values: &[Value]) -> Vec<Vec<u8>> {
    values.iter().map(|v| v.bytes().to_vec()).collect()
}

const TEXTS: [&str; 16] = [
    "sum(a), sum(a, axis=0), sum(a, axis=1)",
    "mean(a, axis=0), std(a, axis=1), var(a), min(a), argmax(a)",
    "sum((a - b) ** 2, axis=1)",
    "sum((a - b) ** 2)",
    "a * b + c",
    "sqrt(abs(a)) + exp(b) * sin(c)",
    "(a - mean(a, axis=0)) / std(a, axis=0)",
    "sum(a.T * 2, axis=0), sum(a[::-1, ::3], axis=1)",
    "nanmean(where(a > 0, a, nan), axis=0), count_nonzero(a > b, axis=1)",
    "prod(1 + a * b * 0.01, axis=1), max(a + c, axis=0)",
    "argmin(a + b, axis=1), argmax(a + b), any(a > 0.99, axis=0)",
    "sum(a * row + column)",
    "sum(a - sum(b, axis=0)) + sum(a.T + 1)",
    "std(a + b.T[:1].T, axis=(0, 1), ddof=1)",
    "mean(a[:, None, ::40] * b[None, :50, ::40], axis=(0, 2))",
    "sum(astype(a * 100, int32)), sum(astype(a, float16)), mean(astype(b, float32), axis=0)",
];

fn names(layout: Layout, dtype: DType, folder: &Path) -> BTreeMap<String, Expr> {
    names_of([403, 611], layout, dtype, folder)
}

fn names_of(shape: [u64; 2], layout: Layout, dtype: DType, folder: &Path) -> BTreeMap<String, Expr> {
    let arrays: Vec<Array> = vec![
        array(dtype, &shape, 1),
        array(dtype, &shape, 2),
        array(dtype, &shape, 3),
        array(dtype, &shape[1..], 4),
        array(dtype, &[shape[0], 1], 5),
    ];
    let laid = layout.lay(&arrays.iter().collect::<Vec<_>>(), folder).unwrap();
    ["a", "b", "c", "row", "column"]
        .iter()
        .zip(laid)
        .filter_map(|(n, e)| Some(((*n).to_owned(), e?)))
        .collect()
}

fn same_bits(layout: Layout, dtype: DType) {
    let folder = tempfile::tempdir().unwrap();
    let names = names(layout, dtype, folder.path());
    for text in TEXTS {
        let want = bits(&evaluate(text, &names, &Context::new(512 << 20, 1)).unwrap());
        for threads in [2, 5] {
            for budget in [512 << 20, 48 << 20] {
                let got = evaluate(text, &names, &Context::new(budget, threads)).unwrap();
                assert!(bits(&got) == want, "{text}: {dtype}, {layout:?}, {threads} threads, {budget} bytes");
            }
        }
        for threads in [1, 2] {
            assert!(bits(&squeezed(text, &names, threads)) == want, "{text}: {dtype}, {layout:?}, squeezed");
        }
    }
}

#[test]
fn threads_and_budgets_change_no_bit_of_float64() {
    same_bits(Layout::C, DType::F64);
    same_bits(Layout::Raw, DType::F64);
}

#[test]
fn threads_and_budgets_change_no_bit_of_float32() {
    same_bits(Layout::Packed, DType::F32);
    same_bits(Layout::Npy, DType::F32);
}

/// With little memory, two kinds of data go through files: results that are folded again, and packed arrays read in two
/// directions.
#[test]
fn spilling_changes_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ([10, 150_000], Layout::Raw, "std(mean(a, axis=0)), sum(mean(a, axis=0) * 1.1), var(max(a, axis=0))"),
        ([10, 150_000], Layout::Npy, "std(a.T - mean(a.T, axis=1)[:, None]), mean(cumsum(mean(a, axis=0)))"),
        ([1100, 1300], Layout::Packed, "sum(a.T - b.T), std(a), mean(a.T * 2 - b.T, axis=0)"),
        ([1100, 1300], Layout::Packed, "var(a.T[::-1] * b.T, axis=1), sum(b.T)"),
    ];
    for (shape, layout, text) in cases {
        let names = names_of(shape, layout, DType::F64, folder.path());
        let want = bits(&evaluate(text, &names, &Context::new(1 << 30, 2)).unwrap());
        for threads in [1, 2] {
            assert!(bits(&squeezed(text, &names, threads)) == want, "{text}: {layout:?}, squeezed");
            for budget in [6 << 20, 12 << 20, 24 << 20] {
                if let Ok(values) = evaluate(text, &names, &Context::new(budget, threads)) {
                    assert!(bits(&values) == want, "{text}: {layout:?}, {threads} threads, {budget} bytes");
                }
            }
        }
    }
}

#[test]
fn how_chunks_are_kept_changes_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let context = Context::new(256 << 20, 2);
    for (kept, otherwise) in [(Layout::Chunks, Layout::Raw), (Layout::Decoded, Layout::Packed)] {
        assert_eq!(kept.grid(), otherwise.grid());
        let (a, b) = (names(kept, DType::F64, folder.path()), names(otherwise, DType::F64, folder.path()));
        for text in TEXTS {
            let want = bits(&evaluate(text, &a, &context).unwrap());
            assert!(bits(&evaluate(text, &b, &context).unwrap()) == want, "{text}: {kept:?}, {otherwise:?}");
        }
    }
}

/// With little memory, inputs and results of reductions go through files; the order of addition stays the same.
#[test]
fn spilled_inputs_change_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let lay = |array: &Array, chunk: &[u64], how: Arrangement| {
        Expr::source(Arc::new(Arranged::new(array, chunk, how).unwrap())).unwrap()
    };
    let (square, cube) = (array(DType::F64, &[1003, 1003], 50), array(DType::F64, &[2, 907, 1003], 51));
    for fortran in [false, true] {
        let packed = Arrangement { encoded: true, fortran, ..Arrangement::default() };
        let plain = Arrangement { fortran, ..Arrangement::default() };
        let names: BTreeMap<String, Expr> = [
            ("a".to_owned(), lay(&square, &[11, 1003], packed)),
            ("b".to_owned(), lay(&square, &[1003, 13], packed)),
            ("c".to_owned(), lay(&cube, &[2, 50, 1003], plain)),
        ]
        .into();
        for text in [
            "sum(a.T - a)",
            "sum(a.T * b, axis=0), std(a - b.T, axis=1)",
            "sum(mean(c, axis=0))",
            "std(mean(c, axis=0), axis=1), max(c, axis=0).sum(axis=0)",
            "sum(mean(c, axis=0) - 1)",
        ] {
            let of = |budget: u64| {
                let mut context = Context::new(budget, 2);
                context.tmp = Some(folder.path().to_owned());
                evaluate(text, &names, &context)
            };
            let want = bits(&of(1 << 30).unwrap());
            for budget in [12 << 20, 20 << 20, 40 << 20] {
                let found = match of(budget) {
                    Err(arrstore::Error::Budget { needed, .. }) => of(needed),
                    other => other,
                };
                assert!(bits(&found.unwrap()) == want, "{text} in {budget} bytes, Fortran order {fortran}");
            }
        }
    }
}

/// A chunk of one value is stored as that value, and its sum has the same bits as if it were not.
#[test]
fn constant_chunks_change_no_bit() {
    let mut values = array(DType::F64, &[200, 300], 40);
    for row in 0..100 {
        for column in 0..100 {
            values.bytes[8 * (row * 300 + column)..][..8].copy_from_slice(&0.1f64.to_le_bytes());
        }
    }
    let lay = |constants: bool| -> BTreeMap<String, Expr> {
        let how = Arrangement { constants, ..Arrangement::default() };
        let source = Arranged::new(&values, &[100, 100], how).unwrap();
        [("a".to_owned(), Expr::source(Arc::new(source)).unwrap())].into()
    };
    let context = Context::new(256 << 20, 2);
    let text = "sum(a), sum(a, axis=0), var(a, axis=1), std(a), mean(a * a + a), prod(1 + a * 0.001, axis=0)";
    assert!(
        bits(&evaluate(text, &lay(true), &context).unwrap())
            == bits(&evaluate(text, &lay(false), &context).unwrap())
    );
}

#[test]
fn sharing_a_pass_changes_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let context = Context::new(256 << 20, 2);
    let alone = [
        "sum(a)",
        "std(a, axis=0)",
        "sum(a * b, axis=1)",
        "mean(a - b)",
        "max(a)",
        "a * 2 + row",
        "sum(a, axis=1)",
        "var(a * row)",
        "sum(a + column, axis=0)",
        "prod(1 + b * 0.01, axis=0)",
        "std(b)",
        "mean(b, axis=1)",
        "sum(a.T, axis=0)",
        "b + c",
    ];
    let layouts = [Layout::C, Layout::Fortran, Layout::Raw, Layout::Packed, Layout::Npy];
    // also rows longer than a block
    for (layout, shape) in layouts.into_iter().flat_map(|l| [(l, [403, 611]), (l, [7, 40_000])]) {
        let names = names_of(shape, layout, DType::F64, folder.path());
        let together = bits(&evaluate(&alone.join(", "), &names, &context).unwrap());
        for (text, want) in alone.iter().zip(&together) {
            assert!(
                bits(&evaluate(text, &names, &context).unwrap())[0] == *want,
                "{text}: {layout:?}, {shape:?}"
            );
        }
    }
}

#[test]
fn a_product_has_the_same_bits_for_any_number_of_threads() {
    for dtype in [DType::F64, DType::F32, DType::I32] {
        let arrays = [array(dtype, &[301, 257], 6), array(dtype, &[257, 199], 7)];
        for chunk in [[301, 257], [64, 100]] {
            let lay = |a: &Array| {
                let chunk: Vec<u64> = chunk.iter().zip(&a.shape).map(|(&c, &n)| c.min(n)).collect();
                Expr::source(Arc::new(Arranged::new(a, &chunk, Arrangement::default()).unwrap())).unwrap()
            };
            let names = [("a".to_owned(), lay(&arrays[0])), ("b".to_owned(), lay(&arrays[1]))].into();
            for budget in [256 << 20, 32 << 20] {
                let one = bits(&evaluate("a @ b, b.T @ a.T", &names, &Context::new(budget, 1)).unwrap());
                for threads in [2, 5] {
                    let many = evaluate("a @ b, b.T @ a.T", &names, &Context::new(budget, threads)).unwrap();
                    assert!(bits(&many) == one, "{dtype}, {budget} bytes, {threads} threads");
                }
            }
        }
    }
}

/// One of the results of `text` over the vector `values`, as a float64.
fn of_vector(text: &str, values: &[f64], chunk: u64) -> f64 {
    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let array = Array { dtype: DType::F64, shape: vec![values.len() as u64], bytes };
    let source = Arranged::new(&array, &[chunk], Arrangement::default()).unwrap();
    let names = [("a".to_owned(), Expr::source(Arc::new(source)).unwrap())].into();
    let got = evaluate(text, &names, &Context::new(256 << 20, 2)).unwrap();
    got[0].view::<f64>().unwrap().sum()
}

#[test]
fn sums_err_no_more_than_pairwise_ones() {
    let n = 200_003;
    let (mut ours, mut numpys) = (0.0, 0.0);
    for (seed, chunk) in
        [(10, n), (11, 4096), (12, 1000), (13, 65536), (14, 777), (15, n), (16, 50_000), (17, 8192)]
    {
        // All values have one sign, so that the partial sums grow, and their errors with them.
        let values: Vec<f64> = floats(seed, n as usize).iter().map(|v| v.abs() + 0.1).collect();
        let right = exact::sum(values.iter().copied());
        let got = of_vector("sum(a)", &values, chunk);
        let error = (got - right).abs();
        let bound = ((n as f64).log2() + 8.0) * f64::EPSILON / 2.0 * right;
        assert!(error <= bound, "sum: {got:?} for {right:?}");
        ours += error;
        numpys += (exact::pairwise(&values) - right).abs();

        let mean = of_vector("mean(a)", &values, chunk);
        assert!((mean - right / n as f64).abs() <= bound / n as f64 + f64::EPSILON * mean);
    }
    assert!(ours <= 1.25 * numpys, "errors of sums: {ours:e}, of pairwise ones: {numpys:e}");
}

#[test]
fn narrow_floats_accumulate_wider() {
    for dtype in [DType::F16, DType::BF16, DType::F32] {
        let values = array(dtype, &[300, 401], 20);
        let item = dtype.size();
        let number = |i: usize| compare::number(dtype, &values.bytes[item * i..]);
        let source = Arranged::new(&values, &[64, 64], Arrangement::default()).unwrap();
        let names = [("a".to_owned(), Expr::source(Arc::new(source)).unwrap())].into();
        let got = evaluate("sum(a, axis=0), sum(a, axis=1)", &names, &Context::new(256 << 20, 2)).unwrap();
        for (axis, value) in got.iter().enumerate() {
            for (k, element) in value.bytes().chunks(item).enumerate() {
                let terms: Vec<f64> = match axis {
                    0 => (0..300).map(|i| number(i * 401 + k)).collect(),
                    _ => (0..401).map(|j| number(k * 401 + j)).collect(),
                };
                let right = exact::sum(terms);
                let found = compare::number(dtype, element);
                // One rounding to the narrow type at the end: half a unit in its last place, and a little more.
                let unit = match dtype {
                    DType::F16 => 2f64.powi(-11),
                    DType::BF16 => 2f64.powi(-8),
                    _ => 2f64.powi(-24),
                };
                assert!(
                    (found - right).abs() <= 1.01 * unit * right.abs() + 1e-7 * unit,
                    "{dtype}, axis {axis}, {k}: {found:?} for {right:?}"
                );
            }
        }
    }
}

#[test]
fn variance_survives_a_large_mean() {
    let values: Vec<f64> = floats(30, 100_000).iter().map(|v| v + 1e9).collect();
    let mean = exact::sum(values.iter().copied()) / values.len() as f64;
    let right = exact::sum(values.iter().map(|v| (v - mean) * (v - mean))) / values.len() as f64;
    for chunk in [100_000, 999] {
        let got = of_vector("var(a)", &values, chunk);
        assert!((got - right).abs() <= 1e-6 * right, "{got:?} for {right:?}");
    }
}
