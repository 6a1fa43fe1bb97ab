//! Large raw chunks are written in parts. Reading gives the written elements, for any parts in any order.

use std::sync::Arc;

use arrstore_format::{CreateOptions, DType, File, MemoryStorage, Meta, Result, Transaction};
use proptest::prelude::*;

/// A chunk that is too large to be written whole.
const SHAPE: [u64; 3] = [70, 90, 110];

/// The element that is written at `at`.
fn value(at: [u64; 3]) -> u32 {
    ((at[0] * 1_000_003 + at[1] * 10_007 + at[2]) % 65_521) as u32 + 1
}

fn elements_of(start: [u64; 3], shape: [u64; 3]) -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..shape[0] {
        for j in 0..shape[1] {
            for k in 0..shape[2] {
                out.extend(value([start[0] + i, start[1] + j, start[2] + k]).to_le_bytes());
            }
        }
    }
    out
}

fn begun(order: &[u8], chunk: [u64; 3]) -> Result<(File, Transaction, arrstore_format::ArrayId)> {
    let file = File::create_on(Arc::new(MemoryStorage::new()), &CreateOptions::default())?;
    let mut meta = Meta::new(DType::U32, &SHAPE, &chunk);
    meta.order = order.to_vec();
    meta.fill = 77u32.to_le_bytes().to_vec();
    let transaction = file.begin()?;
    let id = transaction.create_array("/a", meta)?;
    Ok((file, transaction, id))
}

/// Cuts an axis at some places.
fn cuts(n: u64, at: &[u64]) -> Vec<u64> {
    let mut cuts: Vec<u64> = at.iter().map(|c| c % n).chain([0, n]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The array is cut into random regions. They are written in any order and by two threads, and some are left out.
    #[test]
    fn parts_make_a_whole(
        places in [prop::collection::vec(0u64..200, 0..3), prop::collection::vec(0u64..200, 0..3), prop::collection::vec(0u64..200, 0..3)],
        order in prop::sample::select(vec![[0u8, 1, 2], [2, 1, 0], [1, 2, 0]]),
        chunk in prop::sample::select(vec![SHAPE, [70, 90, 55], [40, 100, 110], [100, 100, 100]]),
        left_out in 0usize..9,
        seed in 0usize..1000,
    ) {
        let (file, transaction, id) = begun(&order, chunk).unwrap();
        let cuts: Vec<Vec<u64>> = places.iter().zip(SHAPE).map(|(at, n)| cuts(n, at)).collect();
        let mut boxes = Vec::new();
        for i in cuts[0].windows(2) {
            for j in cuts[1].windows(2) {
                for k in cuts[2].windows(2) {
                    boxes.push(([i[0], j[0], k[0]], [i[1] - i[0], j[1] - j[0], k[1] - k[0]]));
                }
            }
        }
        let n = boxes.len();
        boxes.rotate_left(seed % n);
        let (written, missing) = boxes.split_at(n - left_out.min(n - 1));
        let (one, other) = written.split_at(written.len() / 2);
        std::thread::scope(|threads| {
            for part in [one, other] {
                let transaction = &transaction;
                threads.spawn(move || {
                    for (start, shape) in part {
                        transaction.write(id, start, shape, &elements_of(*start, *shape)).unwrap();
                    }
                });
            }
        });
        if seed % 3 == 0 {
            let mut inside = [0; 4];
            transaction.read(id, &written[0].0, &[1, 1, 1], &mut inside).unwrap();
            prop_assert_eq!(inside, value(written[0].0).to_le_bytes());
        }
        transaction.commit().unwrap();
        let report = file.snapshot().unwrap().verify(&|_, _| true).unwrap();
        prop_assert!(report.is_sound());
        let array = file.snapshot().unwrap().array("/a").unwrap();
        for (start, shape) in written {
            let mut out = vec![0; shape.iter().product::<u64>() as usize * 4];
            array.read(start, shape, &mut out).unwrap();
            prop_assert!(out == elements_of(*start, *shape), "{:?} {:?}", start, shape);
        }
        for (start, shape) in missing {
            let mut out = vec![0; shape.iter().product::<u64>() as usize * 4];
            array.read(start, shape, &mut out).unwrap();
            prop_assert!(out.chunks(4).all(|x| x == 77u32.to_le_bytes()));
        }
    }
}

/// A later transaction changes a part of a chunk, and the file holds both commits.
#[test]
fn a_part_of_a_stored_chunk_is_changed() -> Result<()> {
    let (file, transaction, id) = begun(&[2, 1, 0], SHAPE)?;
    transaction.write(id, &[0, 0, 0], &SHAPE, &elements_of([0, 0, 0], SHAPE))?;
    transaction.commit()?;
    let before = file.snapshot()?;
    let transaction = file.begin()?;
    let id = transaction.find("/a")?;
    transaction.write(id, &[1, 2, 3], &[1, 1, 2], &[5; 8])?;
    transaction.write(id, &[60, 80, 100], &[1, 1, 1], &[9; 4])?;
    transaction.commit()?;
    let (old, new) = (before.array("/a")?, file.snapshot()?.array("/a")?);
    let (mut a, mut b) = (vec![0; 70 * 90 * 110 * 4], vec![0; 70 * 90 * 110 * 4]);
    old.read(&[0, 0, 0], &SHAPE, &mut a)?;
    new.read(&[0, 0, 0], &SHAPE, &mut b)?;
    assert!(a == elements_of([0, 0, 0], SHAPE));
    let at = |i: usize, j: usize, k: usize| ((i * 90 + j) * 110 + k) * 4;
    a[at(1, 2, 3)..][..8].fill(5);
    a[at(60, 80, 100)..][..4].fill(9);
    assert!(a == b);
    Ok(())
}

/// Resizing, deleting and replacing an array with open chunks works as without them.
#[test]
fn open_chunks_do_not_outlive_their_array() -> Result<()> {
    let (file, transaction, id) = begun(&[0, 1, 2], SHAPE)?;
    transaction.write(id, &[0, 0, 0], &[3, 3, 3], &elements_of([0, 0, 0], [3, 3, 3]))?;
    transaction.resize(id, &[2, 90, 110])?;
    transaction.resize(id, &SHAPE)?;
    let other = transaction.create_array("/b", Meta::new(DType::U32, &SHAPE, &SHAPE))?;
    transaction.write(other, &[0, 0, 0], &[3, 3, 3], &elements_of([0, 0, 0], [3, 3, 3]))?;
    transaction.delete(other)?;
    transaction.commit()?;
    let snapshot = file.snapshot()?;
    assert!(snapshot.array("/b").is_err());
    let mut out = vec![0; 4 * 3];
    snapshot.array("/a")?.read(&[0, 2, 2], &[3, 1, 1], &mut out)?;
    let expected = [value([0, 2, 2]), value([1, 2, 2]), 77].map(u32::to_le_bytes).concat();
    assert_eq!(out, expected);
    Ok(())
}
