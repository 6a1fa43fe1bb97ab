//! Finding one element among a million chunks: the file opened, the index walked.

use arrstore::DType;
use arrstore_benches::{Result, store};
use arrstore_format::{File, Meta};
use criterion::Criterion;

const CHUNKS: u64 = 1_000_000;
const AT: u64 = 654_321;

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("many.arrs");
    let data: Vec<u8> = (0..2 * CHUNKS).map(|k| (k % 251) as u8).collect();
    store(&path, Meta::new(DType::U8, &[2 * CHUNKS], &[2]), &data)?;
    let element = |file: &File| -> Result<u8> {
        let mut out = [0];
        file.snapshot()?.array("/data")?.read(&[2 * AT], &[1], &mut out)?;
        Ok(out[0])
    };
    let file = File::open(&path)?;
    assert_eq!(element(&file)?, (2 * AT % 251) as u8);
    criterion.bench_function("open and read an element", |b| b.iter(|| element(&File::open(&path)?)));
    criterion.bench_function("read an element", |b| b.iter(|| element(&file)));
    criterion.final_summary();
    Ok(())
}
