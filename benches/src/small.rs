//! Small work, where what is done beside computing counts. Each task gives seconds for one.

use std::path::Path;
use std::time::Instant;

use arrstore::text::Formula;
use arrstore::{Expr, evaluate};
use arrstore_format::{CreateOptions, Durability, File, Meta};

use crate::Result;

type Task = fn(&Path) -> Result<f64>;

/// The tasks and their names.
pub(crate) const TASKS: [(&str, Task); 5] = [
    ("slice_16x16", slice),
    ("open_1e6_chunks", open),
    ("evaluate_1KB", |_| evaluation(128)),
    ("evaluate_32KB", |_| evaluation(4096)),
    ("evaluate_1MB", |_| evaluation(131_072)),
];

/// A slice of 16 x 16 out of a stored array of 10000 x 10000 doubles, read into memory.
fn slice(folder: &Path) -> Result<f64> {
    let array = File::open(folder.join("a.arrs"))?.snapshot()?.array("/data")?;
    let mut out = vec![0; 16 * 16 * 8];
    let mut once = || -> Result<f64> {
        let began = Instant::now();
        for k in 0..1000u64 {
            array.read(&[k * 7919 % 9984, k * 104_729 % 9984], &[16, 16], &mut out)?;
        }
        Ok(began.elapsed().as_secs_f64() / 1000.0)
    };
    once()?;
    once()
}

/// Opening an array of a million chunks and reading one element.
fn open(folder: &Path) -> Result<f64> {
    let path = folder.join("million.arrs");
    if !path.exists() {
        let file = File::create(&path, &CreateOptions { overwrite: true, durability: Durability::None })?;
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

/// `a*b+c` over `n` doubles in memory, from the expression on.
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
