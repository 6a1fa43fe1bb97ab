//! Reading gives what was written, in every layout and through every way of writing and reading.

use std::sync::Arc;

use arrstore_format::{
    ChunkState, Codec, CreateOptions, DType, Durability, Error, File, FileStorage, MemoryStorage, Meta,
    Result, Storage, ViewError,
};

fn memory() -> (Arc<MemoryStorage>, File) {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).expect("an empty storage");
    (storage, file)
}

fn bytes(n: usize, seed: usize) -> Vec<u8> {
    (0..n).map(|i| ((i * 2_654_435_761 + seed * 40_503) >> 7) as u8 % 200).collect()
}

/// Every pair of codec and shuffle.
const CODINGS: [(Codec, bool); 4] = [
    (Codec::None, false),
    (Codec::None, true),
    (Codec::Zstd { level: 1 }, false),
    (Codec::Zstd { level: 3 }, true),
];

#[test]
fn layouts() -> Result<()> {
    for (codec, shuffle) in CODINGS {
        for order in [[0u8, 1, 2], [2, 1, 0], [1, 2, 0]] {
            for chunk in [[5u64, 7, 9], [2, 3, 4], [8, 8, 8], [1, 7, 2]] {
                let (_, file) = memory();
                let shape = [5u64, 7, 9];
                let data = bytes(5 * 7 * 9 * 4, 3);
                let mut meta = Meta::new(DType::F32, &shape, &chunk).encoded(codec, shuffle);
                meta.order = order.to_vec();
                meta.fill = vec![1, 2, 3, 4];
                let transaction = file.begin()?;
                let id = transaction.create_array("/a/b", meta)?;
                transaction.write(id, &[0, 0, 0], &shape, &data)?;
                let mut inside = vec![0; data.len()];
                transaction.read(id, &[0, 0, 0], &shape, &mut inside)?;
                assert_eq!(inside, data);
                assert_eq!(transaction.commit()?, 1);

                let array = file.snapshot()?.array("/a/b")?;
                let mut out = vec![0; data.len()];
                array.read(&[0, 0, 0], &shape, &mut out)?;
                assert_eq!(out, data, "{codec:?} {shuffle} {order:?} {chunk:?}");
                let mut part = vec![0; 2 * 3 * 4 * 4];
                array.read(&[1, 2, 3], &[2, 3, 4], &mut part)?;
                let naive: Vec<u8> = (0..24)
                    .flat_map(|i| {
                        let at = ((1 + i / 12) * 7 + 2 + i / 4 % 3) * 9 + 3 + i % 4;
                        data[at * 4..][..4].to_vec()
                    })
                    .collect();
                assert_eq!(part, naive);
            }
        }
    }
    Ok(())
}

#[test]
fn files_are_mapped_and_appear_with_their_first_commit() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.arrs");
    let file = File::create(&path, &CreateOptions::default())?;
    assert!(matches!(file.snapshot(), Err(Error::NoCommit)));
    let transaction = file.begin()?;
    let values: Vec<f64> = (0..1_000_000).map(|i| f64::from(i) / 8.0).collect();
    let id = transaction.create_array("/x", Meta::new(DType::F64, &[1000, 1000], &[1000, 1000]))?;
    transaction.write(id, &[0, 0], &[1000, 1000], bytemuck::cast_slice(&values))?;
    assert!(!path.exists());
    transaction.commit()?;
    assert!(path.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    let array = File::open(&path)?.snapshot()?.array("/x")?;
    let chunk = array.chunk(&[0, 0])?;
    assert_eq!(chunk.state(), &ChunkState::Raw);
    assert_eq!(chunk.offset() % 4096, 0);
    array.check_raw(&chunk, 0..8_000_000)?;
    let view = array.view::<f64>()?;
    assert_eq!(view.as_slice(), Some(values.as_slice()));
    assert_eq!(view.as_ptr() as usize % 64, 0);
    array.release(&chunk, 0..8_000_000);
    assert_eq!(view[[999, 999]], 999_999.0 / 8.0);
    let wrong = array.view::<f32>();
    assert!(matches!(wrong, Err(Error::View { problem: ViewError::DType { .. }, .. })));

    assert!(matches!(File::create(&path, &CreateOptions::default()), Err(Error::Exists { .. })));
    let over = CreateOptions::default().overwrite(true).durability(Durability::None);
    let file = File::create(&path, &over)?;
    file.begin()?.commit()?;
    assert_eq!(file.snapshot()?.arrays()?, [""; 0]);
    assert_eq!(view[[0, 1]], 0.125, "the old file is still mapped");
    Ok(())
}

#[test]
fn constants_missing_and_edges() -> Result<()> {
    let (_, file) = memory();
    let transaction = file.begin()?;
    let mut meta = Meta::new(DType::U16, &[3, 5], &[2, 2]);
    meta.fill = vec![7, 0];
    let id = transaction.create_array("/a", meta)?;
    transaction.put_chunk(id, &[0, 0], &[9, 0, 9, 0, 9, 0, 9, 0])?;
    transaction.put_chunk(id, &[1, 2], &[1, 1, 8, 8, 8, 8, 8, 8])?;
    transaction.put_chunk(id, &[0, 1], &[7, 0, 7, 0, 7, 0, 7, 0])?;
    transaction.commit()?;
    let array = file.snapshot()?.array("/a")?;
    assert_eq!(array.chunk(&[0, 0])?.state(), &ChunkState::Constant(vec![9, 0]));
    assert_eq!(array.chunk(&[0, 1])?.state(), &ChunkState::Constant(vec![7, 0]));
    assert_eq!(array.chunk(&[1, 0])?.state(), &ChunkState::Missing);
    let chunk = array.chunk(&[1, 2])?;
    let mut out = vec![0; 8];
    array.decode(&chunk, &mut out)?;
    assert_eq!(out, [1, 1, 7, 0, 7, 0, 7, 0], "elements beyond the edge are the fill value");
    assert!(matches!(array.chunk(&[2, 0]), Err(Error::Index { .. })));
    assert_eq!(array.present(), 3);
    Ok(())
}

#[test]
fn shrinking_drops_elements() -> Result<()> {
    for (codec, shuffle) in CODINGS {
        let (_, file) = memory();
        let transaction = file.begin()?;
        let id = transaction
            .create_array("/a", Meta::new(DType::U8, &[10, 10], &[4, 4]).encoded(codec, shuffle))?;
        let data: Vec<u8> = (1..=100).collect();
        transaction.write(id, &[0, 0], &[10, 10], &data)?;
        transaction.commit()?;
        let transaction = file.begin()?;
        transaction.resize(id, &[5, 6])?;
        transaction.resize(id, &[12, 30])?;
        transaction.commit()?;
        let array = file.snapshot()?.array("/a")?;
        let mut out = vec![0; 12 * 30];
        array.read(&[0, 0], &[12, 30], &mut out)?;
        for (i, &v) in out.iter().enumerate() {
            let (r, c) = (i / 30, i % 30);
            let expected = if r < 5 && c < 6 { data[r * 10 + c] } else { 0 };
            assert_eq!(v, expected, "{r} {c}");
        }
        let transaction = file.begin()?;
        transaction.append(id, 0, 1, &[5; 30])?;
        transaction.append(id, 1, 2, &[6; 26])?;
        transaction.commit()?;
        let array = file.snapshot()?.array("/a")?;
        assert_eq!(array.meta().shape, [13, 32]);
        let mut out = vec![0; 4];
        array.read(&[12, 28], &[1, 4], &mut out)?;
        assert_eq!(out, [5, 5, 6, 6]);
    }
    Ok(())
}

#[test]
fn arrays_are_created_renamed_replaced_and_deleted() -> Result<()> {
    let (_, file) = memory();
    let transaction = file.begin()?;
    let meta = || Meta::new(DType::I8, &[3], &[3]);
    let a = transaction.create_array("/a", meta())?;
    transaction.create_array("/b/c", meta())?;
    assert!(matches!(transaction.create_array("/a", meta()), Err(Error::NameTaken { .. })));
    assert!(matches!(transaction.create_array("/a/x", meta()), Err(Error::NameTaken { .. })));
    assert!(matches!(transaction.create_array("/b", meta()), Err(Error::NameTaken { .. })));
    transaction.write(a, &[0], &[3], &[1, 2, 3])?;
    transaction.commit()?;
    let old = file.snapshot()?;
    let transaction = file.begin()?;
    assert!(matches!(file.begin(), Err(Error::Locked)));
    transaction.rename(a, "/z")?;
    transaction.delete(transaction.find("/b/c")?)?;
    transaction.replace("/n", meta())?;
    let mut attributes = arrstore_format::Attributes::new();
    attributes.insert("units".into(), "K".into());
    transaction.set_attributes(a, attributes.clone())?;
    transaction.set_file_attributes(attributes.clone())?;
    transaction.commit()?;
    let new = file.snapshot()?;
    assert_eq!(new.arrays()?, ["/n", "/z"]);
    assert_eq!(old.arrays()?, ["/a", "/b/c"]);
    assert_eq!(
        (new.array("/z")?.meta().attributes.clone(), new.attributes()?),
        (attributes.clone(), attributes)
    );
    let mut out = [0; 3];
    new.array("/z")?.read(&[0], &[3], &mut out)?;
    assert_eq!(out, [1, 2, 3]);
    assert_eq!(new.array("/z")?.id(), old.array("/a")?.id());
    assert!(matches!(new.array("/a"), Err(Error::NoArray { .. })));
    Ok(())
}

#[test]
fn empty_and_scalar_arrays() -> Result<()> {
    let (_, file) = memory();
    let transaction = file.begin()?;
    let scalar = transaction.create_array("/scalar", Meta::new(DType::C128, &[], &[]))?;
    let empty = transaction.create_array("/empty", Meta::new(DType::F64, &[3, 0, 2], &[1, 1, 1]))?;
    transaction.write(scalar, &[], &[], &[5; 16])?;
    transaction.write(empty, &[0, 0, 0], &[3, 0, 2], &[])?;
    transaction.commit()?;
    let snapshot = file.snapshot()?;
    let mut out = [0; 16];
    snapshot.array("/scalar")?.read(&[], &[], &mut out)?;
    assert_eq!(out, [5; 16]);
    snapshot.array("/empty")?.read(&[0, 0, 0], &[3, 0, 2], &mut [])?;
    assert_eq!(snapshot.array("/empty")?.view::<f64>()?.shape(), [3, 0, 2]);
    Ok(())
}

#[test]
fn threads_write_side_by_side() -> Result<()> {
    let (_, file) = memory();
    let transaction = file.begin()?;
    let meta = Meta::new(DType::U32, &[64, 64], &[8, 8]).encoded(Codec::Zstd { level: 1 }, true);
    let id = transaction.create_array("/a", meta)?;
    let data = bytes(64 * 64 * 4, 9);
    std::thread::scope(|scope| {
        for t in 0..4usize {
            let (transaction, data) = (&transaction, &data);
            // Rows of 4: neighbours share chunks.
            scope.spawn(move || {
                for r in (t * 4..64).step_by(16) {
                    let rows = &data[r * 256..][..4 * 256];
                    transaction.write(id, &[r as u64, 0], &[4, 64], rows).unwrap();
                }
            });
        }
    });
    transaction.commit()?;
    let mut out = vec![0; data.len()];
    file.snapshot()?.array("/a")?.read(&[0, 0], &[64, 64], &mut out)?;
    assert_eq!(out, data);
    Ok(())
}

#[test]
fn a_small_change_among_many_chunks_is_cheap() -> Result<()> {
    let (storage, file) = memory();
    let transaction = file.begin()?;
    let id = transaction.create_array("/a", Meta::new(DType::U8, &[200_000, 10], &[1, 2]))?;
    for i in 0..1_000_000u64 {
        transaction.put_chunk(id, &[i / 5, i % 5], &[i as u8, (i >> 8) as u8])?;
    }
    transaction.commit()?;
    let before = storage.len().unwrap();
    let transaction = file.begin()?;
    transaction.put_chunk(id, &[123_456, 3], &[1, 2])?;
    transaction.commit()?;
    assert!(storage.len().unwrap() - before < 64 << 10);
    let array = file.snapshot()?.array("/a")?;
    let mut out = [0; 2];
    array.read(&[123_456, 6], &[1, 2], &mut out)?;
    assert_eq!(out, [1, 2]);
    array.read(&[199_999, 8], &[1, 2], &mut out)?;
    assert_eq!(out, [999_999u64 as u8, (999_999u64 >> 8) as u8]);
    Ok(())
}

#[test]
fn only_regular_files_open() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(File::open(folder.path()), Err(Error::Io { .. })));
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(FileStorage::open(&fifo, true).unwrap_err().to_string().contains("regular file"));
    assert!(FileStorage::open("/dev/zero".as_ref(), false).is_err());
}
