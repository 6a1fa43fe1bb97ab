//! A flipped bit anywhere in a compacted file is found.
//!
//! `ARRSTORE_FLIPS=2000 cargo test -p arrstore-tests --release --test flips` is the long campaign.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::path::Path;
use std::sync::Arc;

use arrstore_format::{Codec, CreateOptions, DType, File, MemoryStorage, Meta, compact};
use arrstore_tests::command::rounds;
use arrstore_tests::data::Words;

const FLIPS: usize = 200;

/// `len` bytes that zstd can pack, but not to almost nothing.
fn bytes(seed: u64, len: usize) -> Vec<u8> {
    Words(seed).flat_map(|w| [w as u8 & 15, 0, (w >> 8) as u8 & 1, 7]).take(len).collect()
}

/// A compacted file of these arrays, after some commits that left gaps.
fn compacted(folder: &Path, arrays: &[(&str, Meta)]) -> Vec<u8> {
    let path = folder.join("a.arrs");
    let file = File::create(&path, &CreateOptions::default()).unwrap();
    for version in 0..3 {
        let transaction = file.begin().unwrap();
        for (seed, (name, meta)) in arrays.iter().enumerate() {
            if version == 1 {
                transaction.delete(file.snapshot().unwrap().array(name).unwrap().id()).unwrap();
            }
            let id = match version {
                2 => file.snapshot().unwrap().array(name).unwrap().id(),
                _ => transaction.create_array(name, meta.clone()).unwrap(),
            };
            // Writes two thirds of the first axis, so that chunks at its end stay missing.
            let mut shape = meta.shape.clone();
            if let Some(first) = shape.first_mut() {
                *first = (*first * 2 / 3).max(1);
            }
            let len = shape.iter().product::<u64>() as usize * meta.dtype.size();
            let mut data = bytes(seed as u64 + 10 * version, len);
            if meta.dtype == DType::Bool {
                data.iter_mut().for_each(|b| *b &= 1);
            }
            transaction.write(id, &vec![0; shape.len()], &shape, &data).unwrap();
        }
        transaction.commit().unwrap();
    }
    drop(file);
    compact(&path, &|_, _| true).unwrap();
    std::fs::read(&path).unwrap()
}

/// Whether opening or verifying finds damage.
fn is_found(bytes: Vec<u8>) -> bool {
    let opened = File::on(Arc::new(MemoryStorage::of(bytes))).and_then(|file| file.snapshot());
    match opened.and_then(|snapshot| snapshot.verify(&|_, _| true)) {
        Ok(report) => !report.is_sound(),
        Err(_) => true,
    }
}

fn flip(arrays: &[(&str, Meta)]) {
    let folder = tempfile::tempdir().unwrap();
    let whole = compacted(folder.path(), arrays);
    assert!(!is_found(whole.clone()), "a compacted file is not sound");
    // Half of the flips are anywhere; the other half are in the first 64 KiB, where metadata is dense.
    let dense = whole.len().min(64 << 10) as u64;
    for (i, word) in Words(whole.len() as u64).take(rounds("ARRSTORE_FLIPS", FLIPS)).enumerate() {
        let among = if i % 2 == 0 { whole.len() as u64 } else { dense };
        let (at, bit) = ((word >> 3) % among, word & 7);
        let mut flipped = whole.clone();
        flipped[at as usize] ^= 1 << bit;
        assert!(is_found(flipped), "bit {bit} of byte {at} of {} was flipped, and not found", whole.len());
    }
}

#[test]
fn in_raw_arrays() {
    let mut large = Meta::new(DType::F64, &[600, 600], &[600, 600]);
    large.order = vec![1, 0];
    large.dims = vec![Some("y".into()), None];
    flip(&[
        ("/large", large),
        ("/ocean/mask", Meta::new(DType::Bool, &[300, 70], &[40, 40])),
        ("/ocean/sst", Meta::new(DType::BF16, &[90, 70], &[16, 16])),
        ("/scalar", Meta::new(DType::C128, &[], &[])),
    ]);
}

#[test]
fn in_packed_arrays() {
    let mut described = Meta::new(DType::I32, &[200, 200], &[64, 64]).encoded(Codec::Zstd { level: 1 }, true);
    described.attributes.insert("units".into(), "K".into());
    flip(&[
        ("/described", described),
        ("/plain", Meta::new(DType::F32, &[100, 100], &[32, 32]).encoded(Codec::Zstd { level: 5 }, false)),
        ("/fast", Meta::new(DType::F64, &[100, 100], &[32, 50]).encoded(Codec::Lz4, true)),
        ("/numbers", Meta::new(DType::F32, &[100, 100], &[50, 32]).encoded(Codec::Pco { level: 8 }, false)),
        ("/shuffled", Meta::new(DType::U16, &[3000], &[256]).encoded(Codec::None, true)),
    ]);
}

#[test]
fn in_many_small_chunks() {
    flip(&[("/x", Meta::new(DType::U8, &[2000, 3], &[5, 3])), ("/y", Meta::new(DType::I64, &[5000], &[3]))]);
}

#[test]
fn in_a_file_without_arrays() {
    flip(&[]);
}
