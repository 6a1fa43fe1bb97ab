//! Tests of indices that move past operators: the bits are those of the whole result, and less is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Plan, Target, evaluate_in};
use crate::source::{Source, Value};
use crate::text::{Formula, TextError};
use crate::{Context, DType, Expr};

fn held(shape: &[u64], seed: u64) -> Arc<dyn Source> {
    let value = |k: u64| ((k.wrapping_mul(seed | 1) >> 7) % 1009) as f64 * 0.37 - 100.0;
    let values: Vec<f64> = (0..shape.iter().product::<u64>()).map(value).collect();
    Arc::new(Value::copied_from(DType::F64, shape, bytemuck::cast_slice(&values)).unwrap())
}

/// Arrays that lie in C order, across it, backwards, and broadcast.
fn layouts() -> Vec<BTreeMap<String, Expr>> {
    let a = || Expr::source(held(&[37, 41], 0x9e37_79b9)).unwrap();
    let across = Expr::source(held(&[41, 37], 0x85eb_ca6b)).unwrap().transpose();
    let row = Expr::source(held(&[41], 0xc2b2_ae35)).unwrap().broadcast_to(&[37, 41]).unwrap();
    [a(), across, a().flip(None).unwrap(), row]
        .into_iter()
        .map(|x| {
            let cube = Expr::source(held(&[5, 37, 41], 0x27d4_eb2f)).unwrap();
            BTreeMap::from([("a".to_owned(), x), ("b".to_owned(), a()), ("c".to_owned(), cube)])
        })
        .collect()
}

fn lowered(text: &str, names: &BTreeMap<String, Expr>) -> Result<Expr, TextError> {
    Ok(Formula::parse(text)?.lower(names)?.remove(0))
}

const RESULTS: [&str; 24] = [
    "sum(a, axis=0)",
    "sum(a, axis=1)",
    "mean(a, axis=0)",
    "std(a, axis=1, keepdims=True)",
    "var(a, axis=0)",
    "max(a, axis=1)",
    "argmin(a, axis=0)",
    "nansum(a, axis=0, keepdims=True)",
    "prod(a / 100, axis=1)",
    "sum(a, axis=0) - mean(b, axis=0) * 2",
    "a - mean(a, axis=1, keepdims=True)",
    "sum(concatenate([a, b], axis=1), axis=0)",
    "sum(c, axis=(0, 2))",
    "mean(c, axis=1)",
    "max(c, axis=0)",
    "cumsum(a, axis=0)",
    "cumsum(a, axis=1)",
    "cumprod(a / 100, axis=1)",
    "sort(a, axis=0)",
    "argsort(c, axis=1)",
    "median(a, axis=0)",
    "quantile(a, [0.1, 0.5], axis=1)",
    "cumsum(sort(a, axis=1), axis=0)",
    "sum(cumsum(c, axis=1), axis=2)",
];

const PARTS: [&str; 10] = [
    "r[0]",
    "r[-1]",
    "r[3:7]",
    "r[::-2]",
    "r[..., 1]",
    "r.T[2:4]",
    "r[newaxis, 1:]",
    "sqrt(abs(r))[1] + r[2]",
    "where(r[0:1] > 0, (r * 2)[1:2], r[0])",
    "r[0:0]",
];

#[test]
fn a_part_of_a_result_has_the_bits_of_the_whole() {
    let context = Context::new(64 << 20, 2);
    let mut tried = 0;
    for names in layouts() {
        for text in RESULTS {
            let lazy = lowered(text, &names).unwrap();
            let whole = Expr::source(Arc::new(evaluate_in(&lazy, &context).unwrap())).unwrap();
            let of = |result: &Expr| BTreeMap::from([("r".to_owned(), result.clone())]);
            for part in PARTS {
                let (Ok(found), Ok(wanted)) = (lowered(part, &of(&lazy)), lowered(part, &of(&whole))) else {
                    continue;
                };
                let [found, wanted] = [found, wanted].map(|expr| evaluate_in(&expr, &context).unwrap());
                assert_eq!(found.shape(), wanted.shape());
                assert!(found.bytes() == wanted.bytes(), "{part} of {text}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500);
}

/// Bytes that a computation reads from its sources.
fn bytes_read(expr: Expr) -> u64 {
    let explain = Plan::new(&[(expr, Target::Memory)], &Context::new(64 << 20, 2)).unwrap().explain(1 << 20);
    let reads = explain.stages.iter().flat_map(|stage| &stage.reads);
    reads.filter(|read| read.how != "held").map(|read| read.bytes).sum()
}

#[test]
fn only_what_a_part_needs_is_read() {
    let names = layouts().remove(0);
    let read = |text: &str| bytes_read(lowered(text, &names).unwrap());
    assert_eq!(read("sum(a, axis=0)[3]"), 37 * 8);
    assert_eq!(read("mean(a, axis=1, keepdims=True)[2:4]"), 2 * 41 * 8);
    assert_eq!(read("sum(concatenate([a, b], axis=1), axis=0)[0]"), 37 * 8);
    assert_eq!(read("max(c, axis=0)[4, 5:7]"), 5 * 2 * 8);
    assert_eq!(read("(a @ b.T)[:2]"), (2 + 37) * 41 * 8);
}

#[test]
fn a_result_that_is_also_read_whole_is_computed_once() {
    let sum = lowered("sum(a, axis=0)", &layouts().remove(0)).unwrap();
    let gap = lowered("r - r[3]", &BTreeMap::from([("r".to_owned(), sum)])).unwrap();
    assert_eq!(bytes_read(gap), 37 * 41 * 8);
}
