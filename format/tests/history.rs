//! Reading the commit before the newest, and mending header and slot pages.

use std::sync::Arc;

use arrstore_format::{
    CreateOptions, DType, Error, File, HeaderError, MemoryStorage, Meta, Result, Snapshot, Transaction,
};

const PAGE: usize = 4096;

/// A file with commits up to `last`. Commit `n` holds bytes `n` and others.
fn file_of(storage: Arc<MemoryStorage>, last: u8) -> Result<File> {
    let file = File::create_on(storage, &CreateOptions::default())?;
    let transaction = file.begin()?;
    transaction.create_array("/a", Meta::new(DType::U8, &[10_000], &[5_000]))?;
    write(transaction, 1)?;
    for n in 2..=last {
        write(file.begin()?, n)?;
    }
    Ok(file)
}

fn write(transaction: Transaction, n: u8) -> Result<u64> {
    let id = transaction.find("/a")?;
    let data: Vec<u8> = (0..10_000u32).map(|i| if i % 2 == 0 { n } else { i as u8 }).collect();
    transaction.write(id, &[0], &[10_000], &data)?;
    transaction.commit()
}

fn first(snapshot: &Snapshot) -> Result<u8> {
    let mut out = [0];
    snapshot.array("/a")?.read(&[8_000], &[1], &mut out)?;
    Ok(out[0])
}

#[test]
fn the_commit_before_the_newest_can_be_read() -> Result<()> {
    let file = file_of(Arc::new(MemoryStorage::new()), 3)?;
    let seqs: Vec<u64> = file.history()?.iter().map(|stat| stat.seq).collect();
    assert_eq!(seqs, [3, 2]);
    assert_eq!((first(&file.snapshot()?)?, first(&file.snapshot_at(3)?)?), (3, 3));
    let before = file.snapshot_at(2)?;
    assert_eq!((before.seq(), before.stat().arrays, first(&before)?), (2, 1, 2));
    for gone in [0, 1, 4] {
        let found = file.snapshot_at(gone).unwrap_err();
        assert!(matches!(found, Error::NoSuchCommit { seq, newest: 3 } if seq == gone), "{found}");
    }
    // While a snapshot holds the commit, nothing of it is overwritten.
    for n in 4..30 {
        write(file.begin()?, n)?;
        assert!(before.verify(&|_, _| true)?.is_sound());
    }
    assert_eq!(first(&before)?, 2);
    // The same is true of every commit that a slot still holds, with or without a snapshot.
    drop(before);
    for n in 30..60 {
        write(file.begin()?, n)?;
        let before = file.snapshot_at(u64::from(n) - 1)?;
        assert!(before.verify(&|_, _| true)?.is_sound());
        assert_eq!(first(&before)?, n - 1);
    }
    Ok(())
}

#[test]
fn a_sealed_commit_before_another_one_is_not_sealed() -> Result<()> {
    let sealed = File::create_on(Arc::new(MemoryStorage::new()), &CreateOptions::default())?;
    file_of(Arc::new(MemoryStorage::new()), 2)?.snapshot()?.copy_sealed(&sealed, &|_, _| true)?;
    write(sealed.begin()?, 7)?;
    let report = sealed.snapshot_at(1)?.verify(&|_, _| true)?;
    assert!(report.is_sound() && !report.sealed, "{report}");
    Ok(())
}

#[test]
fn header_and_slot_pages_are_mended() -> Result<()> {
    let storage = Arc::new(MemoryStorage::new());
    file_of(storage.clone(), 2)?;
    let sound = storage.bytes();
    // Commit 1 is in pages 2 and 4, commit 2 in pages 1 and 3.
    let broken = |pages: &[usize]| {
        let mut bytes = sound.clone();
        for page in pages {
            bytes[page * PAGE + 100] ^= 1;
        }
        Arc::new(MemoryStorage::of(bytes))
    };
    for pages in [&[1][..], &[2], &[3], &[4], &[1, 2], &[3, 4], &[2, 3], &[0], &[0, 1, 4]] {
        let storage = broken(pages);
        match File::on(storage.clone()) {
            Ok(file) => assert!(!file.snapshot()?.verify(&|_, _| true)?.is_sound()),
            Err(e) => assert!(pages.contains(&0) && matches!(e, Error::Header(HeaderError::Crc(_))), "{e}"),
        }
        assert_eq!(File::mend_on(storage.clone())?, pages);
        assert_eq!(storage.bytes(), sound);
        assert_eq!(File::mend_on(storage)?, [0; 0]);
    }
    // A header that is lost completely.
    for byte in [0, b'P'] {
        let mut headless = sound.clone();
        headless[..PAGE].fill(byte);
        let storage = Arc::new(MemoryStorage::of(headless));
        assert_eq!(File::mend_on(storage.clone())?, [0]);
        assert_eq!(storage.bytes(), sound);
    }
    // A file of another kind is left alone. So is one that lacks its end, or that has a later version.
    let other = Arc::new(MemoryStorage::of(vec![b'P'; sound.len()]));
    assert!(matches!(File::mend_on(other), Err(Error::Header(HeaderError::Magic { .. }))));
    let mut short = sound.clone();
    short[100] ^= 1;
    short.truncate(5 * PAGE);
    let short = Arc::new(MemoryStorage::of(short));
    assert!(matches!(File::mend_on(short.clone()), Err(Error::Header(HeaderError::Crc(_)))));
    assert_eq!(short.bytes()[100], sound[100] ^ 1);
    // A copy that a crash has left behind.
    let mut behind = sound.clone();
    behind[3 * PAGE..4 * PAGE].fill(0);
    let storage = Arc::new(MemoryStorage::of(behind));
    assert_eq!(File::mend_on(storage.clone())?, [3]);
    assert_eq!(storage.bytes(), sound);
    // Without a copy, a page cannot be mended.
    let storage = broken(&[2, 4]);
    let before = storage.bytes();
    assert_eq!(File::mend_on(storage.clone())?, [0; 0]);
    assert_eq!(storage.bytes(), before);
    // Nothing is mended while another writer holds the lock.
    let storage = broken(&[1]);
    let file = File::on(storage.clone())?;
    let writer = file.begin()?;
    assert!(matches!(File::mend_on(storage), Err(Error::Locked)));
    drop(writer);
    Ok(())
}
