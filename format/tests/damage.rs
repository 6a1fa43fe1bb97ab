//! Every flipped bit of a sealed file is found, and the sound parts of a damaged file are saved.

use std::sync::Arc;

use arrstore_format::{
    Attributes, Codec, CreateOptions, DType, Error, File, MemoryStorage, Meta, Progress, Result, Salvaged,
    Snapshot, Storage, Transaction, compact,
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

    // Flips one bit of every byte. Which bit varies.
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
    assert_eq!(read(&file)?, before, "the handle finds the new file");
    assert!(file.snapshot()?.stat().sealed);
    assert!(old.verify(&|_, _| true)?.is_sound(), "a reader of the old file keeps it");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);

    // The handle goes on writing to the new file. Its next commit breaks the seal.
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

/// A file with damage in one chunk that is checked in pieces, and in a third of the others.
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
fn the_report_is_the_same_for_any_number_of_threads() -> Result<()> {
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

/// Salvages with a number of threads. Gives the result, and the bytes of the new file behind its slots.
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
fn the_salvaged_file_is_the_same_for_any_number_of_threads() -> Result<()> {
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

const CHUNK: u64 = 4096;
const CHUNKS: u64 = 300;

fn content(seed: u64, chunks: u64) -> Vec<u8> {
    (0..chunks * CHUNK).map(|i| (i * (2 * seed + 3) + (i >> 8)) as u8).collect()
}

/// A file with the arrays `/a`, `/b` and `/c`, each written by one commit, and the free space of a deleted array that
/// was ten times as long.
fn three_arrays() -> Result<Vec<u8>> {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default())?;
    for (seed, (name, chunks)) in
        [("/gone", 10 * CHUNKS), ("/a", CHUNKS), ("/b", CHUNKS), ("/c", CHUNKS)].into_iter().enumerate()
    {
        let transaction = file.begin()?;
        let id = transaction.create_array(name, Meta::new(DType::U8, &[chunks * CHUNK], &[CHUNK]))?;
        transaction.write(id, &[0], &[chunks * CHUNK], &content(seed as u64, chunks))?;
        transaction.commit()?;
    }
    let transaction = file.begin()?;
    transaction.delete(transaction.find("/gone")?)?;
    transaction.commit()?;
    Ok(storage.bytes())
}

fn commit(file: &File, change: impl FnOnce(&Transaction) -> Result<()>) -> Result<Snapshot> {
    let transaction = file.begin()?;
    change(&transaction)?;
    transaction.commit()?;
    file.snapshot()
}

fn overwrite(file: &File, name: &str, seed: u64) -> Result<Snapshot> {
    let data = content(seed, CHUNKS);
    let snapshot = commit(file, |t| t.write(t.find(name)?, &[0], &[CHUNKS * CHUNK], &data))?;
    assert!(read(&snapshot, name, 0, CHUNKS)? == data);
    Ok(snapshot)
}

fn read(snapshot: &Snapshot, name: &str, first: u64, chunks: u64) -> Result<Vec<u8>> {
    let mut out = vec![0; (chunks * CHUNK) as usize];
    snapshot.array(name)?.read(&[first * CHUNK], &[chunks * CHUNK], &mut out)?;
    Ok(out)
}

/// The bytes in use, and whether a copy without gaps has as many.
fn live_bytes(snapshot: &Snapshot) -> Result<(u64, bool)> {
    let copy = File::create_on(Arc::new(MemoryStorage::new()), &CreateOptions::default())?;
    snapshot.copy_sealed(&copy, &|_, _| true)?;
    let live = snapshot.stat().live_bytes;
    Ok((live, copy.snapshot()?.stat().live_bytes == live))
}

#[test]
fn writing_beside_a_damaged_node_overwrites_nothing() -> Result<()> {
    let mut bytes = three_arrays()?;
    let before = on(bytes.clone())?.snapshot()?;
    let length = before.stat().length as usize;
    assert!(live_bytes(&before)?.1 && before.stat().live_bytes * 2 < length as u64);
    let leaf = leaf_of(&bytes, before.array("/b")?.id().get());
    bytes[leaf + 99] ^= 1;
    let storage = Arc::new(MemoryStorage::of(bytes.clone()));
    let damaged = |snapshot: &Snapshot| -> Result<()> {
        let refused = read(snapshot, "/b", 0, 1);
        assert!(matches!(refused, Err(Error::Node { offset, .. }) if offset == leaf as u64), "{refused:?}");
        assert!(read(snapshot, "/b", 127, CHUNKS - 127)? == content(2, CHUNKS)[127 * CHUNK as usize..]);
        assert!(read(snapshot, "/c", 0, CHUNKS)? == content(3, CHUNKS));
        Ok(())
    };
    // Handles that know no free space scan in vain, and append.
    for seed in 10..14 {
        damaged(&overwrite(&File::on(storage.clone())?, "/a", seed)?)?;
        assert!(storage.bytes()[5 * 4096..length] == bytes[5 * 4096..length], "bytes were overwritten");
    }
    // A handle reuses only the space that it freed itself.
    let file = File::on(storage.clone())?;
    let lengths: Vec<u64> =
        (20..28).map(|seed| Ok(overwrite(&file, "/a", seed)?.stat().length)).collect::<Result<_>>()?;
    assert!(lengths[7] < lengths[2] + 10 * 4096, "{lengths:?}");
    assert!(storage.bytes()[5 * 4096..length] == bytes[5 * 4096..length], "bytes were overwritten");
    damaged(&file.snapshot()?)?;
    // Writing below the damaged node fails, and the file stays at its last commit.
    let refused = commit(&file, |t| t.write(t.find("/b")?, &[0], &[CHUNK], &content(9, 1)));
    assert!(matches!(refused, Err(Error::Node { .. })), "{refused:?}");
    damaged(&file.snapshot()?)?;
    // Without the array the file is sound. Once neither commit has the array, a scan finds its space.
    let snapshot = commit(&file, |t| t.delete(t.find("/b")?))?;
    assert!(snapshot.verify(&|_, _| true)?.is_sound() && live_bytes(&snapshot)?.1);
    let length = snapshot.stat().length;
    drop((file, snapshot));
    overwrite(&File::on(storage.clone())?, "/a", 30)?;
    let longest = File::on(storage.clone())?.snapshot()?.stat().length;
    assert!(longest > length);
    for seed in 31..36 {
        let snapshot = overwrite(&File::on(storage.clone())?, "/a", seed)?;
        assert_eq!(snapshot.stat().length, longest);
        assert!(snapshot.verify(&|_, _| true)?.is_sound());
        assert!(read(&snapshot, "/c", 0, CHUNKS)? == content(3, CHUNKS));
    }
    Ok(())
}

/// A resize removes chunks, and then finds that the chunk at the new end is damaged.
#[test]
fn a_resize_that_fails_half_way_cannot_be_committed() -> Result<()> {
    let file = on(damaged_chunks()?)?;
    let transaction = file.begin()?;
    let packed = transaction.find("/packed")?;
    assert!(transaction.resize(packed, &[(12 << 12) + 100]).is_err());
    assert!(matches!(transaction.commit(), Err(Error::Failed)));
    let mut last = vec![0; 1 << 12];
    file.snapshot()?.array("/packed")?.read(&[14 << 12], &[1 << 12], &mut last)?;
    assert!(last.iter().any(|&x| x != 0));
    // Chunk 11 is sound.
    commit(&file, |t| t.resize(packed, &[(11 << 12) + 100]))?;
    Ok(())
}

#[test]
fn an_array_can_be_replaced_wherever_it_is_damaged() -> Result<()> {
    let sound = three_arrays()?;
    let snapshot = on(sound.clone())?.snapshot()?;
    let id = |name: &str| Ok::<_, Error>(snapshot.array(name)?.id().get());
    let block = |magic: &[u8], id: u64| {
        let found = |at: &[u8]| at.starts_with(magic) && at[8..].starts_with(&id.to_le_bytes());
        sound.chunks(64).rposition(|at| at.len() == 64 && found(at)).expect("a block") * 64
    };
    let (b, c) = (id("/b")?, id("/c")?);
    for damage in [leaf_of(&sound, b) + 40, block(b"RECD", b) + 50, block(b"META", b) + 30] {
        let mut bytes = sound.clone();
        bytes[damage] ^= 1;
        let file = on(bytes.clone())?;
        assert!(!file.snapshot()?.verify(&|_, _| true)?.is_sound());
        let data = content(7, CHUNKS);
        let renewed = commit(&file, |t| {
            let meta = Meta::new(DType::U8, &[CHUNKS * CHUNK], &[CHUNK]);
            t.write(t.replace("/b", meta)?, &[0], &[CHUNKS * CHUNK], &data)
        })?;
        assert!(read(&renewed, "/b", 0, CHUNKS)? == data);
        let report = renewed.verify(&|_, _| true)?;
        assert!(report.is_sound(), "{report}");
        assert_eq!(live_bytes(&renewed)?, (snapshot.stat().live_bytes, true));

        // While another array is damaged, the bytes of the first one count as in use.
        bytes[leaf_of(&sound, c) + 40] ^= 1;
        let file = on(bytes)?;
        let left = commit(&file, |t| t.delete(t.find("/b")?))?;
        assert!(left.stat().live_bytes > snapshot.stat().live_bytes * 2 / 3);
        let (live, is_true) = live_bytes(&commit(&file, |t| t.delete(t.find("/c")?))?)?;
        assert!(is_true && live < snapshot.stat().live_bytes / 2, "{live}");
    }
    Ok(())
}
