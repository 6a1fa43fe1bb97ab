//! Parts of arrays move from file to file as encoded bytes.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use arrstore_format::{
    Array, ChunkState, Codec, CreateOptions, DType, Error, File, MemoryStorage, Meta, PayloadError, Result,
};

fn memory() -> (Arc<MemoryStorage>, File) {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).unwrap();
    (storage, file)
}

fn noise(n: usize, mut seed: u64) -> Vec<u8> {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as u8
    };
    (0..n).map(|_| next()).collect()
}

/// A file with the elements of `data` in an array `/t`.
fn part(meta: &Meta, data: &[u8]) -> (Arc<MemoryStorage>, Array) {
    let (storage, file) = memory();
    let transaction = file.begin().unwrap();
    let id = transaction.create_array("/t", meta.clone()).unwrap();
    transaction.write(id, &vec![0; meta.ndim()], &meta.shape, data).unwrap();
    transaction.commit().unwrap();
    (storage, file.snapshot().unwrap().array("/t").unwrap())
}

fn read(array: &Array) -> Vec<u8> {
    let shape = &array.meta().shape;
    let mut out = vec![0; shape.iter().product::<u64>() as usize * array.meta().dtype.size()];
    array.read(&vec![0; shape.len()], shape, &mut out).unwrap();
    out
}

/// Every codec, with and without shuffle.
const CODINGS: [(Codec, bool); 7] = [
    (Codec::None, false),
    (Codec::None, true),
    (Codec::Zstd { level: 1 }, false),
    (Codec::Zstd { level: 3 }, true),
    (Codec::Lz4, false),
    (Codec::Lz4, true),
    (Codec::Pco { level: 4 }, false),
];

/// Four parts of an array whose edge cuts chunks: the payloads of the whole array are those of its parts, byte for byte.
#[test]
fn payloads_move_as_they_are() -> Result<()> {
    for (codec, shuffle) in CODINGS {
        for order in [[0u8, 1], [1, 0]] {
            let like = |shape: &[u64]| {
                let mut meta = Meta::new(DType::F32, shape, &[4, 3]).encoded(codec, shuffle);
                (meta.order, meta.fill) = (order.to_vec(), vec![0, 0, 128, 63]);
                meta
            };
            let (storage, whole) = memory();
            let transaction = whole.begin()?;
            let id = transaction.create_array("/whole", like(&[10, 8]))?;
            let mut expected = vec![0u8; 10 * 8 * 4];
            let mut payloads = Vec::new();
            for (start, shape) in [([0, 0], [8, 6]), ([8, 0], [2, 6]), ([0, 6], [8, 2]), ([8, 6], [2, 2])] {
                let data = noise((shape[0] * shape[1] * 4) as usize, start[0] + 3 * start[1] + 1);
                for (k, element) in data.chunks(4).enumerate() {
                    let (i, j) = (start[0] + k as u64 / shape[1], start[1] + k as u64 % shape[1]);
                    expected[(i * 8 + j) as usize * 4..][..4].copy_from_slice(element);
                }
                let (_, from) = part(&like(&shape), &data);
                let mut copied = 0;
                transaction.copy_part(id, &start, &from, &mut |bytes| {
                    copied += bytes;
                    Ok(())
                })?;
                assert_eq!(copied, from.stored_bytes());
                from.each_chunk(&mut |chunk| {
                    payloads.push(from.payload(chunk)?);
                    Ok(())
                })?;
            }
            transaction.commit()?;
            let found = whole.snapshot()?.array("/whole")?;
            assert_eq!(read(&found), expected, "{codec:?} {shuffle} {order:?}");
            let mut moved = Vec::new();
            found.each_chunk(&mut |chunk| {
                moved.push(found.payload(chunk)?);
                Ok(())
            })?;
            moved.sort();
            payloads.sort();
            assert_eq!(moved, payloads);
            let report = File::on(storage)?.snapshot()?.verify(&|_, _| true)?;
            assert!(report.is_sound(), "{report}");
        }
    }
    Ok(())
}

#[test]
fn large_raw_and_packed_chunks_move_piece_by_piece() -> Result<()> {
    for codec in [Codec::None, Codec::Zstd { level: 1 }] {
        let rows = 3 * (1 << 20) + 70_000;
        let like = |shape: &[u64]| Meta::new(DType::U8, shape, &[1, rows]).encoded(codec, false);
        let data = noise(rows as usize, 5);
        let (_, from) = part(&like(&[1, rows]), &data);
        assert!(from.copy_scratch() < (1 << 20) + 1000 && from.stored_bytes() > 3 << 20);
        let (storage, whole) = memory();
        let transaction = whole.begin()?;
        let id = transaction.create_array("/t", like(&[3, rows]))?;
        // A copy that is stopped leaves nothing of the chunk, and its space is used again.
        let mut pieces = 0;
        let stopped = transaction.copy_part(id, &[1, 0], &from, &mut |_| {
            pieces += 1;
            if pieces == 2 { Err(Error::Cancelled) } else { Ok(()) }
        });
        assert!(matches!(stopped, Err(Error::Cancelled)) && pieces == 2);
        let mut pieces = Vec::new();
        transaction.copy_part(id, &[1, 0], &from, &mut |bytes| {
            pieces.push(bytes);
            Ok(())
        })?;
        assert!(pieces.len() == 4 && pieces[..3] == [1 << 20; 3], "{pieces:?}");
        // A chunk that is open, because a part of it was written, is not replaced.
        transaction.write(id, &[2, 7], &[1, 2], &[1, 2])?;
        let taken = transaction.copy_part(id, &[2, 0], &from, &mut |_| Ok(())).unwrap_err();
        assert!(matches!(&taken, Error::ChunkWritten { index, .. } if index[..] == [2, 0]), "{taken}");
        transaction.commit()?;
        let found = whole.snapshot()?.array("/t")?;
        let all = read(&found);
        assert!(all[rows as usize..2 * rows as usize] == data[..]);
        assert_eq!(all[2 * rows as usize..][6..10], [0, 1, 2, 0]);
        let report = whole.snapshot()?.verify(&|_, _| true)?;
        assert!(report.is_sound(), "{report}");
        let most = 2 * rows as usize + 300_000;
        assert!(
            storage.bytes().len() < most,
            "{} bytes: the space of the stopped copy is lost",
            storage.bytes().len()
        );
    }
    Ok(())
}

#[test]
fn missing_and_constant_chunks_and_empty_parts() -> Result<()> {
    let like = |shape: &[u64]| Meta::new(DType::I16, shape, &[2]).encoded(Codec::Zstd { level: 1 }, true);
    let (_, file) = memory();
    let transaction = file.begin()?;
    let id = transaction.create_array("/t", like(&[7]))?;
    transaction.write(id, &[2], &[2], &[5, 0, 5, 0])?;
    transaction.write(id, &[4], &[3], &[1, 2, 3, 4, 5, 6])?;
    transaction.commit()?;
    let from = file.snapshot()?.array("/t")?;
    let (_, whole) = memory();
    let transaction = whole.begin()?;
    let id = transaction.create_array("/t", like(&[11]))?;
    transaction.copy_part(id, &[4], &from, &mut |_| Ok(()))?;
    let (_, none) = part(&like(&[0]), &[]);
    transaction.copy_part(id, &[2], &none, &mut |_| Ok(()))?;
    // A missing chunk of a part leaves what is there.
    transaction.write(id, &[0], &[2], &[9, 9, 8, 8])?;
    transaction.copy_part(id, &[4], &part(&like(&[0]), &[]).1, &mut |_| Ok(()))?;
    transaction.commit()?;
    let found = whole.snapshot()?.array("/t")?;
    let states: Vec<ChunkState> =
        (0..6).map(|k| found.chunk(&[k]).map(|c| c.state().clone())).collect::<Result<_>>()?;
    use ChunkState::{Constant, Encoded, Missing};
    assert_eq!(states[1..5], [Missing, Missing, Constant(vec![5, 0]), Encoded]);
    assert_eq!((found.present(), &states[5]), (4, &Encoded));
    // no axes
    let meta = Meta::new(DType::F64, &[], &[]);
    let (_, from) = part(&meta, &1.5f64.to_le_bytes());
    let transaction = whole.begin()?;
    let id = transaction.create_array("/n", meta)?;
    transaction.copy_part(id, &[], &from, &mut |_| Ok(()))?;
    let again = transaction.copy_part(id, &[], &from, &mut |_| Ok(())).unwrap_err();
    assert!(matches!(again, Error::ChunkWritten { .. }), "{again}");
    transaction.commit()?;
    assert_eq!(read(&whole.snapshot()?.array("/n")?), 1.5f64.to_le_bytes());
    Ok(())
}

#[test]
fn a_flipped_bit_in_a_payload_is_refused() -> Result<()> {
    for (codec, shuffle) in CODINGS {
        for (chunk, flips) in [(40u64, 1), (300_000, 4999)] {
            let meta = Meta::new(DType::F64, &[chunk], &[chunk]).encoded(codec, shuffle);
            let (storage, from) = part(&meta, &noise(chunk as usize * 8, 9));
            let (place, len) = from.chunk(&[0]).map(|c| (c.offset() as usize, c.stored_bytes() as usize))?;
            let bytes = storage.bytes();
            let (_, whole) = memory();
            for at in (0..len).step_by(if flips == 1 { 1 } else { len / 5 }).chain([len - 1]) {
                let mut flipped = bytes.clone();
                flipped[place + at] ^= 1 << (at % 8);
                let from = File::on(Arc::new(MemoryStorage::of(flipped)))?.snapshot()?.array("/t")?;
                let transaction = whole.begin()?;
                let id = transaction.create_array("/t", meta.clone())?;
                let found = transaction.copy_part(id, &[0], &from, &mut |_| Ok(())).unwrap_err();
                let crc = |problem: &PayloadError| {
                    matches!(problem, PayloadError::Crc { .. } | PayloadError::PieceCrc { .. })
                };
                assert!(matches!(&found, Error::Chunk { problem, .. } if crc(problem)), "{at}: {found}");
            }
        }
    }
    Ok(())
}

#[test]
fn what_cannot_move_is_refused() -> Result<()> {
    let like = |shape: &[u64]| Meta::new(DType::U8, shape, &[4, 4]);
    let (_, whole) = memory();
    let transaction = whole.begin()?;
    let id = transaction.create_array("/t", like(&[10, 10]))?;
    let copy = |start: &[u64], meta: &Meta| {
        let (_, from) =
            part(meta, &noise(meta.shape.iter().product::<u64>() as usize * meta.dtype.size(), 3));
        transaction.copy_part(id, start, &from, &mut |_| Ok(()))
    };
    for (start, shape) in
        [([1, 0], [4, 4]), ([0, 2], [4, 8]), ([0, 0], [3, 4]), ([0, 0], [4, 5]), ([4, 8], [5, 2])]
    {
        let found = copy(&start, &like(&shape)).unwrap_err();
        assert!(matches!(found, Error::PartOfChunk { .. }), "{start:?} {shape:?}: {found}");
    }
    for (start, shape) in
        [(&[8u64, 8][..], [4u64, 4]), (&[12, 0], [4, 4]), (&[u64::MAX - 3, 0], [4, 4]), (&[0], [4, 4])]
    {
        let found = copy(start, &like(&shape)).unwrap_err();
        assert!(matches!(found, Error::Region { .. }), "{start:?} {shape:?}: {found}");
    }
    let mut others = vec![
        Meta::new(DType::I8, &[4, 4], &[4, 4]),
        Meta::new(DType::U8, &[4, 4], &[2, 4]),
        like(&[4, 4]).encoded(Codec::Lz4, false),
        like(&[4, 4]).encoded(Codec::None, true),
        like(&[4, 4]),
        like(&[4, 4]),
    ];
    others[4].fill = vec![1];
    others[5].order = vec![1, 0];
    for other in &others {
        let found = copy(&[0, 0], other).unwrap_err();
        assert!(matches!(found, Error::OtherLayout { .. }), "{other:?}: {found}");
    }
    copy(&[4, 4], &like(&[4, 4]))?;
    for (start, shape) in [([4, 4], [4, 4]), ([0, 0], [8, 8]), ([4, 0], [6, 10])] {
        let found = copy(&start, &like(&shape)).unwrap_err();
        assert!(matches!(&found, Error::ChunkWritten { .. }), "{found}");
    }
    // Chunks of an earlier commit are replaced.
    transaction.commit()?;
    let transaction = whole.begin()?;
    let id = transaction.find("/t")?;
    let (_, from) = part(&like(&[6, 10]), &[7; 60]);
    transaction.copy_part(id, &[4, 0], &from, &mut |_| Ok(()))?;
    transaction.commit()?;
    assert_eq!(read(&whole.snapshot()?.array("/t")?)[40..], [7; 60]);
    assert!(whole.snapshot()?.verify(&|_, _| true)?.is_sound());
    Ok(())
}
