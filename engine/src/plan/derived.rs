//! Tests of results that are computed where they are read.

use std::sync::Arc;

use super::{Plan, Target};
use crate::op::{Op, Reduction};
use crate::{Context, DType, Expr, ReduceOptions, Value};

fn array(shape: &[u64], first: u64) -> Expr {
    let values: Vec<f64> =
        (0..shape.iter().product::<u64>()).map(|k| ((first + k) % 1009) as f64 * 0.37).collect();
    let value = Value::copied_from(DType::F64, shape, bytemuck::cast_slice(&values)).unwrap();
    Expr::source(Arc::new(value)).unwrap()
}

fn joined(arrays: &[Expr], axis: i64) -> Expr {
    Expr::concatenate(arrays, Some(axis), None).unwrap()
}

fn plan(expr: &Expr, context: &Context) -> Plan {
    Plan::new(&[(expr.clone(), Target::Memory)], context).unwrap()
}

fn values(expr: &Expr, context: &Context) -> Vec<f64> {
    let value = plan(expr, context).run(context).unwrap().remove(0).unwrap();
    bytemuck::pod_collect_to_vec(value.bytes())
}

#[test]
fn a_derived_result_takes_no_stage_and_no_memory() {
    let (a, b) = (array(&[700, 900], 0), array(&[700, 500], 5));
    let both = joined(&[a.clone(), b.clone()], 1);
    let total = both.reduce(Reduction::Sum, &ReduceOptions::default()).unwrap();
    let context = Context::new(8 << 20, 2);
    let explain = plan(&total, &context).explain(context.budget.total());
    assert_eq!(explain.stages.len(), 1, "{explain}");
    assert_eq!(explain.stages[0].reads[0].how, "computed as it is read");
    assert!(explain.peak < 700 * 1400 * 8 / 2, "{explain}");
    let large = Context::new(64 << 20, 2);
    let expected: f64 = [&a, &b].iter().flat_map(|x| values(x, &large)).sum();
    assert!((values(&total, &context)[0] / expected - 1.0).abs() < 1e-12);
}

#[test]
fn deep_nests_become_stages() {
    let context = Context::new(16 << 20, 2);
    let mut row = array(&[3, 1], 0);
    for k in 1..40 {
        row = joined(&[row, array(&[3, 1], k)], 1);
    }
    let stages = plan(&row, &context).explain(context.budget.total()).stages.len();
    assert!((2..=8).contains(&stages), "{stages}");
    let found = values(&row, &context);
    let expected = (0..3).flat_map(|i| (0..40).map(move |k| ((k + i) % 1009) as f64 * 0.37));
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[test]
fn no_thread_and_no_budget_changes_a_bit_of_a_fold_over_a_derived_result() {
    let mean = |x: &Expr, axes: &[i64]| {
        let options = ReduceOptions { axes: Some(axes.to_vec()), ..ReduceOptions::default() };
        x.reduce(Reduction::Mean, &options).unwrap()
    };
    let parts = [array(&[300, 1000], 0), array(&[300, 1], 3), array(&[300, 777], 8)];
    let whole = joined(&parts, 1);
    // of an operator's result, turned, and beside a broadcast row
    let rows = Expr::apply(Op::Subtract, &[whole.clone(), mean(&whole, &[0])]).unwrap();
    let twice = joined(&[rows.transpose(), whole.transpose()], 0);
    for expr in [mean(&whole, &[0, 1]), mean(&rows, &[1]), mean(&twice, &[0]), mean(&twice, &[1])] {
        let expected = values(&expr, &Context::new(256 << 20, 2));
        for (bytes, threads) in [(256 << 20, 1), (48 << 20, 2), (24 << 20, 1), (24 << 20, 3)] {
            assert_eq!(values(&expr, &Context::new(bytes, threads)), expected, "{bytes} {threads}");
        }
    }
}
