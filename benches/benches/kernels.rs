//! Loops over elements, through one expression at a time: a few operations by a few types, arrays in the last cache.

use arrstore::DType;
use arrstore_benches::{Result, context, evaluate, expression, numbers};
use criterion::{BenchmarkId, Criterion, Throughput};

const COUNT: u64 = 1 << 18;

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let context = context(1);
    for text in ["a + a", "a * a", "a < 5", "sqrt(a)", "sum(a)", "max(a)", "std(a)", "astype(a, float32)"] {
        let mut group = criterion.benchmark_group(text);
        for dtype in [DType::F64, DType::F32, DType::I32, DType::F16] {
            let a = numbers(dtype, &[COUNT])?;
            let expr = expression(text, &[("a", &a)])?;
            evaluate(&expr, &context)?;
            group.throughput(Throughput::Bytes(COUNT * dtype.size() as u64));
            group.bench_function(BenchmarkId::from_parameter(dtype), |b| {
                b.iter(|| evaluate(&expr, &context).ok());
            });
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
