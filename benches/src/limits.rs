//! The limits of a task on this machine: a plain loop that reads the same bytes, and the same product in memory.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrstore::{Buffer, Context, DType, Expr, Op, Value};
use arrstore_benches::{Result, evaluate};
use arrstore_format::File;
use ndarray::ArrayViewD;
use num_traits::{One, Zero};

use crate::report;

/// Sums a raw array of doubles by plain loops over its mapped chunks, without checks and without a plan.
pub(crate) fn read(path: &Path, runs: usize) -> Result<()> {
    let threads = Context::default().threads;
    let (mut best, mut answer) = (f64::INFINITY, 0.0);
    for _ in 0..runs {
        let array = File::open(path)?.snapshot()?.array("/data")?;
        let counts = array.grid().counts().to_vec();
        let began = Instant::now();
        let part = |from: usize| -> Result<f64> {
            let mut total = 0.0;
            for number in (from as u64..array.grid().len()).step_by(threads) {
                let chunk = array.chunk_view::<f64>(&[number / counts[1], number % counts[1]])?;
                total += chunk.as_slice().map_or(0.0, plain_sum);
            }
            Ok(total)
        };
        answer = std::thread::scope(|scope| {
            let parts: Vec<_> =
                (0..threads).map(|k| scope.spawn(move || part(k).unwrap_or(f64::NAN))).collect();
            parts.into_iter().map(|t| t.join().unwrap_or(f64::NAN)).sum()
        });
        best = best.min(began.elapsed().as_secs_f64());
    }
    report(best, answer);
    Ok(())
}

/// Enough independent sums to keep the memory busy.
fn plain_sum(x: &[f64]) -> f64 {
    let (blocks, rest) = x.as_chunks::<32>();
    let mut sums = [0.0; 32];
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(s, x)| *s += x);
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

/// Times the product of two files in memory by the same backend, without reading and writing: the bound of our product.
pub(crate) fn product(a: &Path, b: &Path, runs: usize) -> Result<()> {
    let [a, b] = [a, b].map(|path| evaluate(&Expr::npy(path)?, &Context::default()));
    let (a, b) = (a?, b?);
    let (best, answer) = match a.dtype() {
        DType::F32 => multiply(&a.view::<f32>()?, &b.view::<f32>()?, runs, f64::from),
        _ => multiply(&a.view::<f64>()?, &b.view::<f64>()?, runs, |x| x),
    };
    report(best, answer);
    Ok(())
}

fn multiply<T: One + Zero + Copy + 'static>(
    a: &ArrayViewD<'_, T>,
    b: &ArrayViewD<'_, T>,
    runs: usize,
    widen: fn(T) -> f64,
) -> (f64, f64) {
    let (m, n, k) = (a.shape()[0], b.shape()[1], a.shape()[1]);
    let mut c = vec![T::zero(); m * n];
    let mut best = f64::INFINITY;
    for _ in 0..runs {
        let began = Instant::now();
        #[expect(unsafe_code, reason = "the gemm crate takes pointers")]
        // SAFETY: all three are in C order and as long as their shapes say.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                c.as_mut_ptr(),
                1,
                n as isize,
                false,
                a.as_ptr(),
                1,
                k as isize,
                b.as_ptr(),
                1,
                n as isize,
                T::one(),
                T::one(),
                false,
                false,
                false,
                gemm::Parallelism::Rayon(0),
            );
        }
        best = best.min(began.elapsed().as_secs_f64());
    }
    (best, c.into_iter().map(widen).sum())
}

/// Times a function of doubles or singles in a core's cache. It takes the elements of an `.npy` file; a function of two
/// arguments also takes the same elements in reverse.
pub(crate) fn function(name: &str, path: &Path, runs: usize) -> Result<()> {
    let op = Op::from_name(name).ok_or_else(|| format!("there is no function {name}"))?;
    let x = evaluate(&Expr::npy(path)?, &Context::default())?;
    let size = x.dtype().size();
    let bytes = x.bytes();
    let mut reversed = Buffer::new(bytes.len())?;
    for (to, from) in reversed.bytes_mut().chunks_exact_mut(size).zip(bytes.chunks_exact(size).rev()) {
        to.copy_from_slice(from);
    }
    let operands = [bytes, reversed.bytes()];
    let mut out = Buffer::new(bytes.len())?;
    let mut best = f64::INFINITY;
    for _ in 0..runs {
        let began = Instant::now();
        op.compute(x.dtype(), operands.get(..op.arity()).ok_or("too many operands")?, out.bytes_mut())?;
        best = best.min(began.elapsed().as_secs_f64());
    }
    let results = Expr::source(Arc::new(Value::copied_from(x.dtype(), &[x.shape()[0]], out.bytes())?))?;
    let sum = arrstore_benches::expression("sum(astype(x, float64))", &[("x", &results)])?;
    report(best, evaluate(&sum, &Context::default())?.view::<f64>()?.sum());
    Ok(())
}
