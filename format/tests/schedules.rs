//! Threads of one process, in the orders that a scheduler chooses at every lock and flag. The scenarios are writers
//! of one transaction, which share the free space and the index; readers beside a writer that reuses space; and a
//! salvage with helpers.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p arrstore-format --release --test schedules` runs them; without the flag,
//! there are no tests here. `ARRSTORE_SCHEDULES=100000` is the long campaign.
#![cfg(shuttle)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrstore_format::{Codec, CreateOptions, DType, Error, File, MemoryStorage, Meta, Transaction};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner, thread};

const CHUNKS: u64 = 12;
const CHUNK: u64 = 3000;

/// Runs a scenario under random schedules, and as many that favour few switches between threads.
fn schedules(scenario: fn()) {
    let count = std::env::var("ARRSTORE_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    let mut config = Config::new();
    // A transaction has many locks, and the scheduler's are large.
    config.stack_size = 1 << 18;
    Runner::new(RandomScheduler::new(count), config.clone()).run(scenario);
    Runner::new(PctScheduler::new(3, count), config).run(scenario);
}

fn file() -> File {
    file_on(Arc::new(MemoryStorage::new()))
}

fn file_on(storage: Arc<MemoryStorage>) -> File {
    File::create_on(storage, &CreateOptions::default()).unwrap()
}

fn create(transaction: &Transaction, codec: Codec) -> arrstore_format::ArrayId {
    let meta = Meta::new(DType::U8, &[CHUNKS * CHUNK], &[CHUNK]).encoded(codec, false);
    transaction.create_array("/a", meta).unwrap()
}

/// The elements of chunk `k` in version `v`.
fn content(k: u64, v: u64) -> Vec<u8> {
    (0..CHUNK).map(|i| (i * (k + 3) + v * 17) as u8).collect()
}

fn is_version(file: &File, v: u64) -> bool {
    let array = file.snapshot().unwrap().array("/a").unwrap();
    let mut out = vec![0; (CHUNKS * CHUNK) as usize];
    array.read(&[0], &[CHUNKS * CHUNK], &mut out).unwrap();
    (0..CHUNKS).zip(out.chunks(CHUNK as usize)).all(|(k, found)| found == content(k, v))
}

fn writers(codec: Codec) {
    let file = file();
    let transaction = Arc::new(file.begin().unwrap());
    let id = create(&transaction, codec);
    let threads: Vec<_> = (0..3)
        .map(|t| {
            let transaction = transaction.clone();
            thread::spawn(move || {
                for k in (t..CHUNKS).step_by(3) {
                    // Written twice, so that the space of the first payload is free again.
                    for v in [9, 1] {
                        transaction.write(id, &[k * CHUNK], &[CHUNK], &content(k, v)).unwrap();
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    Arc::into_inner(transaction).unwrap().commit().unwrap();
    assert!(is_version(&file, 1));
    let report = file.snapshot().unwrap().verify(&|_, _| true).unwrap();
    assert!(report.is_sound(), "{report}");
}

#[test]
fn threads_write_into_one_transaction() {
    schedules(|| writers(Codec::None));
}

#[test]
fn threads_pack_into_one_transaction() {
    schedules(|| writers(Codec::Lz4));
}

#[test]
fn snapshots_stay_the_same_while_space_is_reused() {
    schedules(|| {
        let file = file();
        let write = |v: u64, id: Option<arrstore_format::ArrayId>| {
            let transaction = file.begin().unwrap();
            let id = id.unwrap_or_else(|| create(&transaction, Codec::None));
            (0..CHUNKS).for_each(|k| transaction.write(id, &[k * CHUNK], &[CHUNK], &content(k, v)).unwrap());
            transaction.commit().unwrap();
            id
        };
        let id = write(1, None);
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let file = file.clone();
                thread::spawn(move || {
                    for _ in 0..3 {
                        let snapshot = file.snapshot().unwrap();
                        let seq = snapshot.seq();
                        let array = snapshot.array("/a").unwrap();
                        for k in 0..CHUNKS {
                            let mut out = vec![0; CHUNK as usize];
                            array.read(&[k * CHUNK], &[CHUNK], &mut out).unwrap();
                            assert!(out == content(k, seq), "chunk {k} of commit {seq}");
                        }
                    }
                })
            })
            .collect();
        for v in 2..7 {
            write(v, Some(id));
        }
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        assert!(is_version(&file, 6));
    });
}

#[test]
fn one_of_two_writers_finds_the_file_locked() {
    schedules(|| {
        let file = file();
        create(&file.begin().unwrap(), Codec::None);
        let transaction = file.begin().unwrap();
        create(&transaction, Codec::None);
        transaction.commit().unwrap();
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let file = file.clone();
                thread::spawn(move || match file.begin() {
                    Ok(transaction) => transaction.commit().map(|_| 1).unwrap(),
                    Err(Error::Locked) => 0,
                    Err(other) => panic!("{other}"),
                })
            })
            .collect();
        let done: u64 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
        assert!(done >= 1);
        assert_eq!(file.snapshot().unwrap().seq(), 1 + done);
    });
}

#[test]
fn threads_salvage_one_file() {
    schedules(|| {
        let storage = Arc::new(MemoryStorage::new());
        let file = file_on(storage.clone());
        let transaction = file.begin().unwrap();
        let id = create(&transaction, Codec::Lz4);
        (0..CHUNKS).for_each(|k| transaction.write(id, &[k * CHUNK], &[CHUNK], &content(k, 1)).unwrap());
        transaction.commit().unwrap();
        let mut bytes = storage.bytes();
        for k in [0, 5] {
            let chunk = file.snapshot().unwrap().array("/a").unwrap().chunk(&[k]).unwrap();
            bytes[chunk.offset() as usize] ^= 1;
        }
        let damaged = File::on(Arc::new(MemoryStorage::of(bytes))).unwrap().snapshot().unwrap();
        let save = |helpers: usize| {
            let saved = Arc::new(MemoryStorage::new());
            let salvage = Arc::new(damaged.salvage(&file_on(saved.clone()), &|_, _| true).unwrap());
            let helpers: Vec<_> = (0..helpers)
                .map(|_| {
                    let salvage = salvage.clone();
                    thread::spawn(move || salvage.help())
                })
                .collect();
            salvage.run().unwrap();
            helpers.into_iter().for_each(|helper| helper.join().unwrap());
            let told = Arc::into_inner(salvage).unwrap().commit().unwrap();
            let lost: Vec<_> = told.lost.into_iter().map(|damage| damage.region).collect();
            (told.chunks, lost, saved.bytes()[5 * 4096..].to_vec())
        };
        let alone = save(0);
        assert_eq!(alone.0, CHUNKS - 2);
        assert!(save(2) == alone, "another file with helpers");
    });
}
