//! Chunks of one mebibyte on their way into a file and out of it, packed and not.

use arrstore::DType;
use arrstore_benches::{CODECS, Result, bytes_of, numbers, store};
use arrstore_format::Meta;
use criterion::{Criterion, Throughput};

const SIDE: u64 = 1024;
const CHUNK: u64 = 128;

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let folder = tempfile::tempdir()?;
    let data = bytes_of(&numbers(DType::F64, &[SIDE, SIDE])?)?;
    let meta = Meta::new(DType::F64, &[SIDE, SIDE], &[CHUNK, SIDE]);
    for (name, codec, shuffle) in CODECS {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(data.len() as u64));
        let meta = meta.clone().encoded(codec, shuffle);
        let path = folder.path().join("a.arrs");
        group.bench_function("write", |b| b.iter(|| store(&path, meta.clone(), &data).ok()));
        let array = store(&path, meta, &data)?.snapshot()?.array("/data")?;
        let mut out = vec![0; data.len()];
        array.read(&[0, 0], &[SIDE, SIDE], &mut out)?;
        assert!(out == data, "{name} gives other bytes than it was given");
        group.bench_function("read", |b| b.iter(|| array.read(&[0, 0], &[SIDE, SIDE], &mut out).ok()));
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
