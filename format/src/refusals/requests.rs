//! Requests that cannot be fulfilled, on sound files.

use super::*;

#[test]
fn the_last_commit() {
    let mut forge = forge();
    forge.put_slot(8, &crate::slot::SEQ_MAX.to_le_bytes());
    forge.seal();
    forge.read().unwrap();
    refused!(forge.open().unwrap().begin().unwrap_err(), Error::Exhausted);
}

#[test]
fn a_transaction_that_lost_entries_cannot_commit() {
    let disk = Disk::new();
    let file = File::create_on(disk.create(), &CreateOptions::default()).unwrap();
    let transaction = file.begin().unwrap();
    let id = transaction.create_array("/a", Meta::new(DType::U8, &[100_000], &[1])).unwrap();
    let failure = Failure::Error(nix::libc::EIO);
    disk.fail(Some(Fault { at: disk.calls(), for_good: false, failure }));
    let failed = (0..100_000).find_map(|i| transaction.put_chunk(id, &[i], &[7]).err()).unwrap();
    refused!(failed, Error::Io { .. });
    refused!(transaction.commit().unwrap_err(), Error::Failed);
    file.begin().unwrap().commit().unwrap();
}

#[test]
fn a_chunk_that_does_not_fit_into_memory() {
    let file = File::create_on(Arc::new(MemoryStorage::new()), &CreateOptions::default()).unwrap();
    let transaction = file.begin().unwrap();
    let id = transaction.create_array("/a", Meta::new(DType::U8, &[10], &[1 << 60])).unwrap();
    refused!(transaction.write(id, &[0], &[1], &[1]).unwrap_err(), Error::ChunkTooLarge { .. });
    transaction.commit().unwrap();
}

/// A storage without locks, like some network file systems.
#[derive(Debug)]
struct NoLocks(MemoryStorage);

impl Storage for NoLocks {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> std::io::Result<()> {
        self.0.read_exact_at(out, offset)
    }
    fn write_all_at(&self, data: &[u8], offset: u64) -> std::io::Result<()> {
        self.0.write_all_at(data, offset)
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> std::io::Result<()> {
        Ok(())
    }
    fn lock_writer(&self) -> std::io::Result<Lock> {
        Ok(Lock::Unsupported)
    }
    fn unlock_writer(&self) {}
    fn pin(&self, _: u64) -> std::io::Result<Lock> {
        Ok(Lock::Unsupported)
    }
    fn unpin(&self, _: u64) {
        panic!("nothing was pinned");
    }
    fn is_pinned_below(&self, _: u64) -> std::io::Result<bool> {
        Ok(true)
    }
}

#[test]
fn without_locks_reading_works_and_writing_must_be_forced() {
    let storage = Arc::new(NoLocks(MemoryStorage::of(forge().bytes)));
    let file = File::on(storage.clone()).unwrap();
    file.snapshot().unwrap().array("/a").unwrap();
    refused!(file.begin().unwrap_err(), Error::NoLocks);
    file.force_without_locks();
    let before = storage.len().unwrap();
    for _ in 0..30 {
        let transaction = file.begin().unwrap();
        let id = transaction.find("/a").unwrap();
        transaction.write(id, &[0], &[8], &[8, 7, 6, 5, 4, 3, 2, 1]).unwrap();
        transaction.commit().unwrap();
    }
    assert!(storage.len().unwrap() >= before + 30 * 3 * 4096, "no space is used again");
}

#[test]
fn views_that_need_a_copy_are_refused() {
    use ViewError as V;
    let view = |meta: Meta, data: &[u8]| {
        let file = forge_of(meta, data).open().unwrap();
        let array = file.snapshot().unwrap().array("/a").unwrap();
        array.view::<u8>().map(|_| ()).unwrap_err()
    };
    let meta = || Meta::new(DType::U8, &[4], &[4]);
    let packed = meta().encoded(Codec::Zstd { level: 1 }, false);
    refused!(view(packed, &[1, 2, 3, 4]), Error::View { problem: V::Encoded, .. });
    refused!(view(meta(), &[1; 4]), Error::View { problem: V::NoPayload, .. });
    refused!(
        view(Meta::new(DType::I8, &[4], &[4]), &[1, 2, 3, 4]),
        Error::View { problem: V::DType { .. }, .. }
    );
}

#[test]
fn requests() {
    let forge = forge();
    let file = forge.open().unwrap();
    let array = file.snapshot().unwrap().array("/a").unwrap();
    refused!(array.read(&[7], &[2], &mut [0; 2]).unwrap_err(), Error::Region { .. });
    refused!(array.read(&[u64::MAX], &[2], &mut [0; 2]).unwrap_err(), Error::Region { .. });
    refused!(array.read(&[0, 0], &[2], &mut [0; 2]).unwrap_err(), Error::Region { .. });
    refused!(
        array.read(&[0], &[2], &mut [0; 3]).unwrap_err(),
        Error::DataLength { expected: 2, found: 3, .. }
    );
    refused!(
        array.view::<u8>().unwrap_err(),
        Error::View { problem: ViewError::SeveralChunks { count: 2 }, .. }
    );
    refused!(array.chunk_view::<u8>(&[0]).unwrap_err(), Error::View { problem: ViewError::Unmappable, .. });
    let transaction = file.begin().unwrap();
    refused!(transaction.meta(ArrayId(7)).unwrap_err(), Error::NoArrayId { id: 7 });
    let id = transaction.find("/a").unwrap();
    refused!(transaction.put_chunk(id, &[2], &[0; 4]).unwrap_err(), Error::Index { .. });
    refused!(
        transaction.append(id, 1, 1, &[]).unwrap_err(),
        Error::Meta { problem: MetaError::NoAxis { .. }, .. }
    );
    let over = transaction.append(id, 0, u64::MAX, &[]).unwrap_err();
    refused!(over, Error::Meta { problem: MetaError::Overflow { .. }, .. });
    let bools = transaction.create_array("/b", Meta::new(DType::Bool, &[2], &[2])).unwrap();
    let found = transaction.write(bools, &[0], &[2], &[1, 3]).unwrap_err();
    refused!(found, Error::Elements { problem: PayloadError::Bool { found: 3, .. }, .. });
    let other = transaction.create_array("/c", Meta::new(DType::U8, &[8], &[8])).unwrap();
    let moved =
        transaction.copy_chunk(other, &array, &array.chunk(&[0]).unwrap(), &mut |_| Ok(())).unwrap_err();
    refused!(moved, Error::OtherLayout { .. });
    // Another codec is refused; another level is not.
    let packed = |codec| Meta::new(DType::U8, &[8], &[8]).encoded(codec, false);
    let from = forge_of(packed(Codec::Zstd { level: 1 }), &[1, 2, 3, 4, 5, 6, 7, 8]).open().unwrap();
    let from = from.snapshot().unwrap().array("/a").unwrap();
    let chunk = from.chunk(&[0]).unwrap();
    let lz4 = transaction.create_array("/lz4", packed(Codec::Lz4)).unwrap();
    refused!(
        transaction.copy_chunk(lz4, &from, &chunk, &mut |_| Ok(())).unwrap_err(),
        Error::OtherLayout { .. }
    );
    let same = transaction.create_array("/same", packed(Codec::Zstd { level: 9 })).unwrap();
    transaction.copy_chunk(same, &from, &chunk, &mut |_| Ok(())).unwrap();
}
