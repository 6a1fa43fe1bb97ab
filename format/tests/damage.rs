//! Every flipped bit of a sealed file is found, and what is sound of a damaged file is saved.

use std::sync::Arc;

use arrstore_format::{
    Attributes, Codec, CreateOptions, DType, Error, File, MemoryStorage, Meta, Progress, Result, Salvaged,
    Snapshot, Storage, compact,
};

/// A file with every kind of chunk, overwritten, deleted and renamed arrays.
fn used_file(file: &File) -> Result<()> {
    let transaction = file.begin()?;
    let data: Vec<u8> = (0..4096u32 * 4).map(|i| (i ^ i >> 6) as u8).collect();
    let raw = transaction.create_array("/g/raw", Meta::new(DType::F32, &[64, 64], &[40, 40]))?;
    let packed = Meta::new(DType::U16, &[50, 50], &[16, 16]).encoded(Codec::Zstd { level: 1 }, true);
    let packed = transaction.create_array("/packed", packed)?;
    let gone = transaction.create_array("/gone", Meta::new(DType::U8, &[9000], &[9000]))?;
    transaction.write(raw, &[0, 0], &[64, 64], &data)?;
    transaction.write(packed, &[0, 0], &[50, 40], &data[..4000])?;
    transaction.write(gone, &[0], &[9000], &data[..9000])?;
    transaction.commit()?;
    let transaction = file.begin()?;
    transaction.write(raw, &[10, 10], &[3, 3], &data[..36])?;
    transaction.write(packed, &[0, 0], &[16, 16], &[1; 512])?;
    transaction.write(packed, &[16, 0], &[16, 16], &[0; 512])?;
    transaction.delete(gone)?;
    let mut attributes = Attributes::new();
    attributes.insert("title".into(), "flips".into());
    transaction.set_file_attributes(attributes)?;
    transaction.commit()?;
    Ok(())
}

fn on(bytes: Vec<u8>) -> Result<File> {
    File::on(Arc::new(MemoryStorage::of(bytes)))
}

#[test]
fn every_flipped_bit_of_a_sealed_file_is_found() -> Result<()> {
    let used = File::create_on(Arc::new(MemoryStorage::new()), &CreateOptions::default())?;
    used_file(&used)?;
    let report = used.snapshot()?.verify(&|_, _| true)?;
    assert!(report.is_sound(), "{report}");
    let packed = &report.arrays[1];
    assert_eq!((packed.chunks, packed.missing, packed.constant, packed.fill), (16, 4, 2, 1), "{packed:?}");
    assert_eq!(packed.encoded, 10);

    let storage = Arc::new(MemoryStorage::new());
    let sealed = File::create_on(storage.clone(), &CreateOptions::default())?;
    used.snapshot()?.copy_sealed(&sealed, &|_, _| true)?;
    let bytes = storage.bytes();
    let report = sealed.snapshot()?.verify(&|_, _| true)?;
    assert!(report.is_sound() && report.sealed, "{report}");
    assert!(bytes.len() < 20 * 4096, "{}", bytes.len());

    // Every byte once, with a bit that varies.
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at * 5 % 8);
        let found = on(flipped).and_then(|file| file.snapshot()).and_then(|s| s.verify(&|_, _| true));
        if let Ok(report) = found {
            assert!(!report.is_sound(), "a flip of byte {at} was not found");
        }
    }
    Ok(())
}

#[test]
fn compacting_a_file_keeps_everything_and_its_readers() -> Result<()> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.arrs");
    let file = File::create(&path, &CreateOptions::default())?;
    used_file(&file)?;
    let old = file.snapshot()?;
    let read = |file: &File| -> Result<Vec<u8>> {
        let mut out = vec![0; 64 * 64 * 4];
        file.snapshot()?.array("/g/raw")?.read(&[0, 0], &[64, 64], &mut out)?;
        Ok(out)
    };
    let before = read(&file)?;
    let won = compact(&path, &|_, _| true)?;
    assert!(won.after < won.before, "{won:?}");
    assert_eq!(read(&file)?, before, "a handle finds the new file");
    assert!(file.snapshot()?.stat().sealed);
    assert!(old.verify(&|_, _| true)?.is_sound(), "a reader of the old file keeps it");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);

    // The next commit breaks the seal, and the handle goes on writing to the new file.
    let transaction = file.begin()?;
    assert!(matches!(compact(&path, &|_, _| true), Err(Error::Locked)));
    transaction.write(transaction.find("/g/raw")?, &[0, 0], &[1, 1], &[1, 2, 3, 4])?;
    transaction.commit()?;
    assert!(!File::open(&path)?.snapshot()?.stat().sealed);
    assert!(matches!(compact(&path, &|_, _| false), Err(Error::Cancelled)));
    let report = File::open(&path)?.snapshot()?.verify(&|_, _| true)?;
    assert!(report.is_sound(), "{report}");
    Ok(())
}

#[test]
fn verify_names_array_chunk_and_region() -> Result<()> {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default())?;
    used_file(&file)?;
    let snapshot = file.snapshot()?;
    let chunk = snapshot.array("/g/raw")?.chunk(&[1, 1])?;
    let mut bytes = storage.bytes();
    bytes[chunk.offset() as usize + 17] ^= 4;
    let report = on(bytes)?.snapshot()?.verify(&|_, _| true)?;
    assert_eq!(report.damage.len(), 1);
    let damage = &report.damage[0];
    assert_eq!(damage.array.as_deref(), Some("/g/raw"));
    assert_eq!(damage.chunk.as_deref(), Some([1, 1].as_slice()));
    assert_eq!(damage.region, Some((vec![40, 40], vec![24, 24])));
    assert!(damage.to_string().contains("lost: /g/raw[40:64, 40:64]"), "{damage}");
    assert_eq!(report.arrays[0].damaged, 1);
    Ok(())
}

#[test]
fn a_truncated_file_is_refused_whole() -> Result<()> {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default())?;
    used_file(&file)?;
    let len = storage.len().expect("a length");
    let bytes = storage.bytes();
    for cut in [1, 4096, len / 2, len - 1] {
        assert!(on(bytes[..(len - cut) as usize].to_vec()).is_err(), "{cut}");
    }
    Ok(())
}

/// A file with damage in one chunk in pieces, and in a third of the others.
fn damaged_chunks() -> Result<Vec<u8>> {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default())?;
    let transaction = file.begin()?;
    let data: Vec<u8> = (0..5u32 << 20).map(|i| (i ^ i >> 7 ^ i >> 13) as u8).collect();
    let large = transaction.create_array("/large", Meta::new(DType::U8, &[5 << 20], &[5 << 20]))?;
    transaction.write(large, &[0], &[5 << 20], &data)?;
    let small = transaction.create_array("/small", Meta::new(DType::U8, &[1 << 16], &[1 << 7]))?;
    transaction.write(small, &[0], &[1 << 16], &data[..1 << 16])?;
    let packed = Meta::new(DType::U8, &[1 << 16], &[1 << 12]).encoded(Codec::Zstd { level: 1 }, false);
    let packed = transaction.create_array("/packed", packed)?;
    transaction.write(packed, &[0], &[1 << 16], &data[..1 << 16])?;
    transaction.commit()?;
    // Two blocks of the large chunk.
    let mut bytes = storage.bytes();
    let snapshot = file.snapshot()?;
    let array = snapshot.array("/large")?;
    let at = array.chunk(&[0])?.offset() as usize;
    for byte in [at + 4_000_000, at + 200_000] {
        bytes[byte] ^= 1;
    }
    for (name, count) in [("/small", 512), ("/packed", 16)] {
        let array = snapshot.array(name)?;
        for index in (0..count).step_by(3) {
            let chunk = array.chunk(&[index])?;
            bytes[chunk.offset() as usize + chunk.stored_bytes() as usize / 2] ^= 4;
        }
    }
    Ok(bytes)
}

#[test]
fn the_report_is_the_same_whatever_the_threads() -> Result<()> {
    let snapshot = on(damaged_chunks()?)?.snapshot()?;
    let alone = snapshot.verify(&|_, _| true)?;
    assert_eq!(alone.arrays.iter().map(|a| a.damaged).collect::<Vec<_>>(), [1, 6, 171]);
    assert!(alone.damage[0].to_string().contains("bytes 196608..262144"), "{}", alone.damage[0]);
    let with_helpers = |progress: &(dyn Fn(u64, u64) -> bool + Sync)| {
        let verification = snapshot.verification(progress);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| verification.help());
            }
            verification.run()
        })
    };
    for _ in 0..20 {
        let together = with_helpers(&|_, _| true)?;
        assert_eq!(together.to_string(), alone.to_string());
        assert_eq!((together.bytes, together.arrays), (alone.bytes, alone.arrays.clone()));
        assert!(matches!(with_helpers(&|done, _| done < 3_000_000), Err(Error::Cancelled)));
    }
    Ok(())
}

/// The first leaf of an array's chunk index.
fn leaf_of(bytes: &[u8], id: u64) -> usize {
    let head = [b"NODE\0\x02\0\0".as_slice(), &id.to_le_bytes()].concat();
    bytes.chunks(4096).position(|page| page.starts_with(&head)).expect("a leaf") * 4096
}

/// What is saved by so many threads, and the bytes of the new file behind its slots.
fn salvaged(snapshot: &Snapshot, threads: usize, progress: Progress<'_>) -> Result<(Salvaged, Vec<u8>)> {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default())?;
    let salvage = snapshot.salvage(&file, progress)?;
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| salvage.help());
        }
        salvage.run()
    })?;
    let salvaged = salvage.commit()?;
    let report = file.snapshot()?.verify(&|_, _| true)?;
    assert!(report.is_sound(), "{report}");
    Ok((salvaged, storage.bytes()[5 * 4096..].to_vec()))
}

#[test]
fn what_is_saved_is_the_same_whatever_the_threads() -> Result<()> {
    let mut bytes = damaged_chunks()?;
    let small = on(bytes.clone())?.snapshot()?.array("/small")?.id().get();
    let leaf = leaf_of(&bytes, small);
    bytes[leaf + 100] ^= 1;
    let snapshot = on(bytes)?.snapshot()?;
    let (alone, saved) = salvaged(&snapshot, 1, &|_, _| true)?;
    // One large chunk, 6 of 16, one leaf, and 128 of the 385 chunks that it does not hold.
    assert_eq!((alone.arrays, alone.chunks, alone.lost.len()), (3, 10 + 257, 1 + 6 + 1 + 128));
    let lost: Vec<String> = alone.lost.iter().map(ToString::to_string).collect();
    assert!(lost[0].contains("(lost: /large[0:5242880])"), "{}", lost[0]);
    assert!(lost[7].contains("(lost: /small[0:16256])"), "{}", lost[7]);
    for threads in [2, 4].repeat(10) {
        let (together, same) = salvaged(&snapshot, threads, &|_, _| true)?;
        assert_eq!(together.lost.iter().map(ToString::to_string).collect::<Vec<_>>(), lost);
        assert_eq!((together.chunks, together.bytes), (alone.chunks, alone.bytes));
        assert!(same == saved, "another file with {threads} threads");
        let stopped = salvaged(&snapshot, threads, &|done, _| done < 3_000_000);
        assert!(matches!(stopped, Err(Error::Cancelled)));
    }
    Ok(())
}
