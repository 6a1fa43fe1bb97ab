//! The cost of opening, reading and writing an array of ten million chunks.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrstore_format::{Codec, CreateOptions, DType, File, FileMap, Lock, MemoryStorage, Meta, Storage};

/// A storage in memory that counts reads and writes.
#[derive(Debug, Default)]
struct Counting {
    inner: MemoryStorage,
    reads: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
}

impl Counting {
    /// The number of reads, the bytes read and the bytes written since the last call.
    fn take(&self) -> (u64, u64, u64) {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        (take(&self.reads), take(&self.read), take(&self.written))
    }
}

impl Storage for Counting {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.read.fetch_add(out.len() as u64, Ordering::Relaxed);
        self.inner.read_exact_at(out, offset)
    }
    fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        self.written.fetch_add(data.len() as u64, Ordering::Relaxed);
        self.inner.write_all_at(data, offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.inner.sync_data()
    }
    fn map(&self, len: u64) -> io::Result<Option<FileMap>> {
        self.inner.map(len)
    }
    fn lock_writer(&self) -> io::Result<Lock> {
        self.inner.lock_writer()
    }
    fn unlock_writer(&self) {
        self.inner.unlock_writer();
    }
    fn pin(&self, seq: u64) -> io::Result<Lock> {
        self.inner.pin(seq)
    }
    fn unpin(&self, seq: u64) {
        self.inner.unpin(seq);
    }
    fn is_pinned_below(&self, seq: u64) -> io::Result<bool> {
        self.inner.is_pinned_below(seq)
    }
}

const CHUNKS: [u64; 2] = [5000, 2000];
const CHUNK: [u64; 2] = [2, 4];
const CHUNK_BYTES: u64 = 2 * 4 * 8;

/// Ten million chunks; every `step`-th has elements.
fn cost(step: u64) {
    let storage = Arc::new(Counting::default());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).unwrap();
    let shape = [CHUNKS[0] * CHUNK[0], CHUNKS[1] * CHUNK[1]];
    let transaction = file.begin().unwrap();
    let id = transaction.create_array("/a", Meta::new(DType::F64, &shape, &CHUNK)).unwrap();
    for number in (0..CHUNKS[0] * CHUNKS[1]).step_by(step as usize) {
        let data: Vec<u8> = (0..8).flat_map(|i| ((number * 8 + i) as f64).to_le_bytes()).collect();
        transaction.put_chunk(id, &[number / CHUNKS[1], number % CHUNKS[1]], &data).unwrap();
    }
    transaction.commit().unwrap();
    drop(file);
    storage.take();

    // A chunk in the middle, and the value of its element [1, 3].
    let number = (CHUNKS[0] * CHUNKS[1] / 2).next_multiple_of(step);
    let index = [number / CHUNKS[1], number % CHUNKS[1]];
    let at = [index[0] * CHUNK[0] + 1, index[1] * CHUNK[1] + 3];
    let mut element = [0; 8];

    let file = File::on(storage.clone()).unwrap();
    let array = file.snapshot().unwrap().array("/a").unwrap();
    array.read(&at, &[1, 1], &mut element).unwrap();
    assert_eq!(f64::from_le_bytes(element), (number * 8 + 7) as f64);
    drop(array);
    let (reads, read, written) = storage.take();
    eprintln!("every {step}th of 10^7 chunks: one element took {reads} reads of {read} bytes");
    assert!(reads <= 20, "{reads} reads");
    assert!(read < 128 << 10, "{read} bytes read");
    assert_eq!(written, 0);

    for round in 0..4u8 {
        let transaction = file.begin().unwrap();
        let data: Vec<u8> = (0..CHUNK_BYTES).map(|i| i as u8 ^ round).collect();
        transaction.put_chunk(id, &index, &data).unwrap();
        transaction.commit().unwrap();
        let (reads, read, written) = storage.take();
        eprintln!("overwriting one chunk: {written} bytes written, {reads} reads of {read} bytes");
        assert!(written < CHUNK_BYTES + (64 << 10), "{written} bytes written");
    }
}

#[test]
fn ten_million_chunks_one_in_a_thousand_present() {
    cost(1009);
}

#[test]
#[ignore = "takes a minute and some 2 GB of memory"]
fn ten_million_chunks_all_present() {
    cost(1);
}

/// One handle rewrites chunks that share pages, many times.
#[test]
fn space_of_small_chunks_is_used_again() {
    let storage = Arc::new(Counting::default());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).unwrap();
    let transaction = file.begin().unwrap();
    let meta = Meta::new(DType::U32, &[40, 400], &[10, 10]).encoded(Codec::Zstd { level: 1 }, true);
    let id = transaction.create_array("/a", meta).unwrap();
    transaction.commit().unwrap();
    for round in 0..200 {
        let transaction = file.begin().unwrap();
        for number in (0..160).filter(|number| (number + round) % 3 > 0) {
            let data: Vec<u8> = (0..100)
                .flat_map(|i: u64| (i * i % 97 + number + round).to_le_bytes()[..4].to_vec())
                .collect();
            transaction.put_chunk(id, &[number / 40, number % 40], &data).unwrap();
        }
        transaction.commit().unwrap();
    }
    let (_, _, written) = storage.take();
    let snapshot = file.snapshot().unwrap();
    assert!(snapshot.verify(&|_, _| true).unwrap().is_sound());
    let length = snapshot.stat().length;
    eprintln!("{written} bytes written to a file of {length}");
    assert!(length < written / 8, "{written} bytes written to a file of {length}");
}
