//! Quick measurements of this machine's memory, disk and cores.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use arrstore::text::Formula;
use arrstore::{Context, DType, Expr, Plan, Target, Value};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

/// The bytes a second at which `threads` threads of the engine read memory: the best of some sums over `bytes` bytes.
pub(crate) fn memory(bytes: u64, threads: usize, time: Duration) -> Result<f64> {
    let n = (bytes / 8).max(1);
    let context = Context::new(4 * bytes + (64 << 20), threads);
    let data = held(compute("x + 1", ones(&[n])?, &context)?)?;
    best(time, || compute("sum(x)", data.clone(), &context).map(drop)).map(|s| bytes as f64 / s)
}

/// The floating-point operations a second of the engine's product of two n x n matrices of `dtype`.
pub(crate) fn product(n: u64, dtype: DType, threads: usize, time: Duration) -> Result<f64> {
    let context = Context::new(1 << 30, threads);
    let matrix = format!("astype(x + 1, {})", dtype.name());
    let matrix = held(compute(&matrix, ones(&[n, n])?, &context)?)?;
    let each = if dtype.kind() == arrstore::Kind::Complex { 8.0 } else { 2.0 };
    best(time, || compute("x @ x", matrix.clone(), &context).map(drop)).map(|s| each * (n as f64).powi(3) / s)
}

/// The speed of a disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk {
    /// Bytes that were written and then read.
    pub(crate) bytes: u64,
    /// Bytes written a second, synced.
    pub(crate) write: f64,
    /// Bytes read a second, from a file that is not cached.
    pub(crate) read: f64,
}

/// Writes and syncs a nameless file in `folder`, of at most `bytes` bytes and for about `time`. Then drops the file
/// from the cache and reads it again.
pub(crate) fn disk(folder: &Path, bytes: u64, time: Duration) -> Result<Disk> {
    let step = bytes / 8;
    let at = || folder.display().to_string();
    let mut file = tempfile::tempfile_in(folder).with_context(at)?;
    let mut block = noise(1 << 20);
    let began = Instant::now();
    let mut written = 0;
    while written < bytes && (written == 0 || began.elapsed() < time) {
        for _ in 0..(step.min(bytes - written) / block.len() as u64).max(1) {
            file.write_all(&block).with_context(at)?;
            written += block.len() as u64;
        }
        file.sync_data().with_context(at)?;
    }
    let write = written as f64 / began.elapsed().as_secs_f64();
    posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).with_context(at)?;
    file.seek(SeekFrom::Start(0))?;
    let read = read(&mut file, &mut block, time).with_context(at)?;
    Ok(Disk { bytes: written, write, read })
}

/// The bytes a second at which a file is read, to its end or until `time` is over.
fn read(file: &mut File, block: &mut [u8], time: Duration) -> Result<f64> {
    let began = Instant::now();
    let mut total = 0;
    while began.elapsed() < time {
        match file.read(block)? {
            0 => break,
            n => total += n,
        }
    }
    Ok(total as f64 / began.elapsed().as_secs_f64())
}

/// Bytes that no file system can pack.
fn noise(len: usize) -> Vec<u8> {
    let mut x = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    (0..len / 8).flat_map(|_| next().to_le_bytes()).collect()
}

/// The free bytes of a folder's disk.
pub(crate) fn free(folder: &Path) -> Result<u64> {
    let stat = nix::sys::statvfs::statvfs(folder)
        .map_err(std::io::Error::from)
        .with_context(|| folder.display().to_string())?;
    Ok(stat.blocks_available().saturating_mul(stat.fragment_size()))
}

/// An array of ones that takes no memory.
fn ones(shape: &[u64]) -> Result<Expr> {
    let one = Value::copied_from(DType::F64, &vec![1; shape.len()], &1f64.to_le_bytes())?;
    Ok(held(one)?.broadcast_to(shape)?)
}

fn held(value: Value) -> Result<Expr> {
    Ok(Expr::source(Arc::new(value))?)
}

fn compute(text: &str, x: Expr, context: &Context) -> Result<Value> {
    let expr = Formula::parse(text)?.lower(&[("x".to_owned(), x)].into())?.remove(0);
    let values = Plan::new(&[(expr, Target::Memory)], context)?.run(context)?;
    values.into_iter().next().flatten().context("the plan gave no value")
}

/// The seconds of the shortest run of `work`, of as many runs as fit in `time`, but at least two.
fn best(time: Duration, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let (began, mut best, mut runs) = (Instant::now(), f64::INFINITY, 0);
    while runs < 2 || began.elapsed() < time {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed().as_secs_f64());
        runs += 1;
    }
    Ok(best.max(1e-9))
}
