//! Small work, in which the overhead beside computing counts. Each task gives the seconds of one repetition.

use std::path::Path;
use std::time::Instant;

use arrstore::text::Formula;
use arrstore::{Expr, evaluate};
use arrstore_format::{CreateOptions, Durability, File, Meta};

use arrstore_benches::Result;

/// What is small.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Task {
    /// Slices of 16 x 16 out of the array /data of DIR/a.arrs, read into memory
    Slice,
    /// The same elements from the mapped chunks, nothing checked
    View,
    /// A file of a million chunks, opened, and an element of it
    Open,
    /// a*b+c over 1 KB
    #[value(name = "1KB")]
    Kilobyte,
    /// a*b+c over 32 KB
    #[value(name = "32KB")]
    Kilobytes,
    /// a*b+c over 1 MB
    #[value(name = "1MB")]
    Megabyte,
}

/// Prints the seconds of one repetition.
pub(crate) fn main(dir: &Path, task: Task) -> Result<()> {
    let seconds = match task {
        Task::Slice => slice(dir, true)?,
        Task::View => slice(dir, false)?,
        Task::Open => open(dir)?,
        Task::Kilobyte => evaluation(128)?,
        Task::Kilobytes => evaluation(4096)?,
        Task::Megabyte => evaluation(131_072)?,
    };
    crate::report(seconds, 0.0);
    Ok(())
}

/// Reads a slice of 16 x 16 out of a stored array of 10000 x 10000 doubles.
fn slice(folder: &Path, checked: bool) -> Result<f64> {
    let array = File::open(folder.join("a.arrs"))?.snapshot()?.array("/data")?;
    let mut out = vec![0.0; 16 * 16];
    let mut once = || -> Result<f64> {
        let began = Instant::now();
        for k in 0..1000u64 {
            let [i, j] = [k * 7919 % 9984, k * 104_729 % 9984];
            if checked {
                array.read(&[i, j], &[16, 16], bytemuck::cast_slice_mut(&mut out))?;
                continue;
            }
            let chunk = array.chunk_view::<f64>(&[i / 1000, j / 1000])?;
            let [i, j] = [i, j].map(|x| (x % 1000).min(984) as usize);
            for (out, x) in out.iter_mut().zip(chunk.slice(ndarray::s![i..i + 16, j..j + 16])) {
                *out = *x;
            }
        }
        Ok(began.elapsed().as_secs_f64() / 1000.0)
    };
    once()?;
    once()
}

/// Opens an array of a million chunks and reads one element.
fn open(folder: &Path) -> Result<f64> {
    let path = folder.join("million.arrs");
    if !path.exists() {
        let file =
            File::create(&path, &CreateOptions::default().overwrite(true).durability(Durability::None))?;
        let transaction = file.begin()?;
        let id =
            transaction.create_array("/data", Meta::new(arrstore::DType::U8, &[1000, 64_000], &[1, 64]))?;
        let row: Vec<u8> = (0..64_000u32).map(|k| (k % 251) as u8).collect();
        (0..1000).try_for_each(|i| transaction.write(id, &[i, 0], &[1, 64_000], &row))?;
        transaction.commit()?;
    }
    let mut best = f64::INFINITY;
    for k in 0..20 {
        let began = Instant::now();
        let array = File::open(&path)?.snapshot()?.array("/data")?;
        let mut out = [0];
        array.read(&[k * 47, k * 3001], &[1, 1], &mut out)?;
        best = best.min(began.elapsed().as_secs_f64());
        assert_eq!(u64::from(out[0]), k * 3001 % 251, "a wrong element");
    }
    Ok(best)
}

/// Computes `a*b+c` over `n` doubles in memory, including the building of the expression.
fn evaluation(n: usize) -> Result<f64> {
    let array = ndarray::Array1::from_iter((0..n).map(|k| k as f64));
    let bound = ["a", "b", "c"].map(|name| Ok((name.to_owned(), Expr::from_ndarray(&array)?)));
    let bound = bound.into_iter().collect::<Result<_>>()?;
    let formula = Formula::parse("a*b+c")?;
    let mut best = f64::INFINITY;
    for _ in 0..200 {
        let began = Instant::now();
        let value = evaluate(&formula.lower(&bound)?.remove(0))?;
        best = best.min(began.elapsed().as_secs_f64());
        assert_eq!(value.view::<f64>()?[[n - 1]], ((n - 1) * (n - 1) + n - 1) as f64, "a wrong answer");
    }
    Ok(best)
}
