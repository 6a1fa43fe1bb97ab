//! What an evaluation costs beside its elements: planning, threads, tiles.

use arrstore::DType;
use arrstore_benches::{Result, context, evaluate, expression, numbers};
use criterion::{BenchmarkId, Criterion};

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    for text in ["sum(a)", "a*b + c", "(a - mean(a)) / std(a)", "a @ b"] {
        let mut group = criterion.benchmark_group(text);
        for side in [1, 32] {
            let a = numbers(DType::F64, &[side, side])?;
            let expr = expression(text, &[("a", &a), ("b", &a), ("c", &a)])?;
            for threads in [1, 2] {
                let context = context(threads);
                evaluate(&expr, &context)?;
                let id = BenchmarkId::new(format!("{side} x {side}"), format!("{threads} threads"));
                group.bench_function(id, |b| b.iter(|| evaluate(&expr, &context).ok()));
            }
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
