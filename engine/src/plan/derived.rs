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

fn axes(axes: &[i64]) -> ReduceOptions {
    ReduceOptions { axes: Some(axes.to_vec()), ..ReduceOptions::default() }
}

#[test]
fn many_arrays_are_joined_one_after_the_other() {
    let context = Context::new(8 << 20, 2);
    let all: Vec<Expr> = (0..800).map(|k| array(&[40, 50], k)).collect();
    let stack = Expr::stack(&all, 0, None).unwrap();
    let sum = stack.reduce(Reduction::Sum, &axes(&[0, 1, 2])).unwrap();
    let expected: f64 = all.iter().flat_map(|x| values(x, &context)).sum();
    assert!((values(&sum, &context)[0] / expected - 1.0).abs() < 1e-12);
}

#[test]
fn sums_go_below_joins_and_short_windows() {
    let context = Context::new(64 << 20, 2);
    let (a, b) = (array(&[60, 90], 0), array(&[60, 50], 5));
    let windows = a.sliding_windows(&[7], Some(&[0])).unwrap();
    for expr in [
        joined(&[a.clone(), b], 1).reduce(Reduction::Sum, &axes(&[0])).unwrap(),
        windows.reduce(Reduction::Mean, &axes(&[-1])).unwrap(),
    ] {
        let explain = plan(&expr, &context).explain(context.budget.total());
        let elements = |read: &super::Read| read.bytes <= 60 * 90 * 8 && read.how != "computed as it is read";
        let inputs = explain.stages.iter().flat_map(|stage| &stage.reads);
        assert!(inputs.filter(|read| read.bytes > 90 * 8 * 2).all(elements), "{explain}");
    }
    // NumPy's mean of each window
    let found = values(&windows.reduce(Reduction::Mean, &axes(&[-1])).unwrap(), &context);
    let of_a = values(&a, &context);
    for (k, mean) in found.iter().enumerate() {
        let expected = (0..7).map(|w| of_a[k + w * 90]).sum::<f64>() / 7.0;
        assert!((mean / expected - 1.0).abs() < 1e-14, "{k}");
    }
}

#[test]
fn chunks_that_a_move_reads_often_are_decoded_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::Store::create(folder.path().join("a.arrs")).unwrap();
    let stored: Vec<f64> = (0..1000 * 1200).map(|k| (k % 1013) as f64).collect();
    let layout = crate::Layout::new().chunk([250, 40]).codec(crate::Codec::Zstd { level: 1 });
    let elements = ndarray::ArrayD::from_shape_vec(vec![1000, 1200], stored.clone()).unwrap();
    store.write_with("/a", &elements, &layout).unwrap();
    let a = store.array("/a").unwrap();
    let flat = a.expr().unwrap().reshape(&[-1]).unwrap();
    let context = Context { tmp: Some(folder.path().to_owned()), ..Context::new(24 << 20, 1) };
    let out = folder.path().join("flat.npy");
    let sink = std::sync::Arc::new(crate::NpySink::create(&out, DType::F64, &[1_200_000], false).unwrap());
    Plan::new(&[(flat.clone(), Target::Sink(sink.clone()))], &context).unwrap().run(&context).unwrap();
    let decoded = context.metrics.chunks_decoded.load(std::sync::atomic::Ordering::Relaxed);
    // each chunk of the array, and each of the moved result
    assert!(decoded <= 120 + 1_200_000 * 8 / (512 << 10) + 1, "{decoded}");
    drop(flat);
    std::sync::Arc::into_inner(sink).unwrap().commit(false).unwrap();
    let found = values(&Expr::npy(&out).unwrap(), &Context::new(64 << 20, 1));
    assert_eq!(found, stored);
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

#[test]
fn many_derived_results_of_a_file_fit_in_little_memory_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let a = array(&[3, 700_000], 7);
    let sink = Arc::new(crate::NpySink::create(&path, DType::F64, &[3, 700_000], false).unwrap());
    let context = Context::new(64 << 20, 2);
    Plan::new(&[(a, Target::Sink(sink.clone()))], &context).unwrap().run(&context).unwrap();
    Arc::into_inner(sink).unwrap().commit(false).unwrap();
    let a = Expr::npy(&path).unwrap();
    let turned = (1..9).map(|k| a.roll(&[k], Some(&[1])).unwrap());
    let all = turned.reduce(|sum, next| Expr::apply(Op::Add, &[sum, next]).unwrap()).unwrap();
    // where the inputs would be mapped, a pass takes 9 MiB beside its result
    for (axis, budget) in [(&[0][..], 18 << 20), (&[1], 6 << 20), (&[0, 1], 6 << 20)] {
        let mean = all.reduce(Reduction::Mean, &axes(axis)).unwrap();
        let expected = values(&mean, &Context::new(512 << 20, 2));
        for threads in [1, 2] {
            assert_eq!(values(&mean, &Context::new(budget, threads)), expected, "{axis:?} {threads}");
        }
    }
}
