//! Rules at the edges: older commits, later versions, ends of extents, elements in place.

use super::*;
use crate::head::read_head;
use crate::slot::pages::Slots;

/// A file of two commits: the older is in pages 2 and 4, the newer in pages 1 and 3.
fn two_commits() -> Vec<u8> {
    let storage = Arc::new(MemoryStorage::of(forge().bytes));
    let file = File::on(storage.clone()).unwrap();
    let transaction = file.begin().unwrap();
    let id = transaction.find("/a").unwrap();
    transaction.write(id, &[0], &[8], &[8, 7, 6, 5, 4, 3, 2, 1]).unwrap();
    transaction.commit().unwrap();
    storage.bytes()
}

fn seal(bytes: &mut [u8], page: usize) {
    let crc = crc32fast::hash(&bytes[page..page + PAGE - 4]).to_le_bytes();
    bytes[page + PAGE - 4..page + PAGE].copy_from_slice(&crc);
}

fn head_of(bytes: Vec<u8>) -> Result<Slots> {
    read_head(&MemoryStorage::of(bytes))
}

#[test]
fn the_older_slot_need_not_be_understood() {
    for (at, value) in [(32, 2), (56, 128), (36, 8), (161, 1), (3000, 1), (64, 255)] {
        let mut bytes = two_commits();
        for page in SLOTS {
            bytes[page + at] = value;
            seal(&mut bytes, page);
        }
        let slots = head_of(bytes.clone()).unwrap();
        assert_eq!((slots.newest.seq, slots.previous, slots.opaque), (2, None, true), "byte {at}");
        // Nobody knows which pages it uses, so a scan finds no free space. Writing goes on behind the end.
        let storage = Arc::new(MemoryStorage::of(bytes));
        let shared: Arc<dyn Storage> = storage.clone();
        let slots = read_head(storage.as_ref()).unwrap();
        assert!(crate::scan::free_pages(&shared, &slots).unwrap().is_none());
        let file = File::on(storage).unwrap();
        assert_eq!(file.begin().unwrap().commit().unwrap(), 3);
        assert!(file.snapshot().unwrap().verify(&|_, _| true).unwrap().is_sound());
    }
    // Some rules hold for it all the same.
    let with = |at: usize, value: u8| {
        let mut bytes = two_commits();
        for page in SLOTS {
            bytes[page + at] = value;
            seal(&mut bytes, page);
        }
        head_of(bytes).unwrap_err()
    };
    // Every random uuid has its version here.
    refused!(with(16 + 6, 0), Error::Slot(SlotError::Uuid { page: 2 }));
    refused!(with(8, 0), Error::Slot(SlotError::Sequence { page: 2, seq: 0 }));
    refused!(with(8, 4), Error::Slot(SlotError::Parity { page: 2, seq: 4 }));
    let mut bytes = two_commits();
    bytes[SLOTS[1] + 3000] = 1;
    seal(&mut bytes, SLOTS[1]);
    refused!(head_of(bytes).unwrap_err(), Error::Slot(SlotError::CopiesDiffer { seq: 1 }));
}

#[test]
fn copies_are_equal_byte_for_byte() {
    let mut forge = forge();
    forge.put_slot(34, &[1]);
    forge.put_slot(3000, &[7]);
    forge.seal();
    forge.read().unwrap();
    forge.put(SLOTS[1] + 3000, &[8]);
    forge.seal();
    refused!(forge.read().unwrap_err(), Error::Slot(SlotError::CopiesDiffer { seq: 1 }));
}

/// Fields of a later minor version stay when the slot is written again. They do not go into a commit of this version.
#[test]
fn a_slot_of_a_later_minor_version() {
    let mut forge = forge();
    let later: [(usize, &[u8]); 4] = [(34, &[1]), (40, &[0x80]), (56, &[6]), (3000, &[7])];
    later.into_iter().for_each(|(at, bytes)| forge.put_slot(at, bytes));
    forge.seal();
    let storage = Arc::new(MemoryStorage::of(forge.bytes.clone()));
    File::on(storage.clone()).unwrap().begin().unwrap().commit().unwrap();
    let bytes = storage.bytes();
    for page in SLOTS {
        assert!(bytes[page..page + PAGE] == forge.bytes[page..page + PAGE], "page {}", page / PAGE);
    }
    let slot = head_of(bytes.clone()).unwrap().newest;
    assert_eq!((slot.seq, slot.minor, slot.compat, slot.incompat), (2, 0, 0, 0));
    File::on(Arc::new(MemoryStorage::of(bytes))).unwrap().snapshot().unwrap().array("/a").unwrap();
}

/// The array is listed and can be deleted. Other arrays are read and written beside it, and free space is found.
#[test]
fn an_array_of_an_unknown_codec_does_not_affect_others() {
    let mut forge = forge();
    forge.put(forge.meta.0 + 21, &[9]);
    forge.seal();
    let storage = Arc::new(MemoryStorage::of(forge.bytes));
    let file = File::on(storage.clone()).unwrap();
    let refused = || {
        let found = file.snapshot().unwrap().array("/a").unwrap_err();
        refused!(found, Error::Meta { problem: MetaError::Codec { found: 9 }, .. });
    };
    refused();
    let transaction = file.begin().unwrap();
    let id = transaction.create_array("/b", Meta::new(DType::U8, &[4], &[4])).unwrap();
    transaction.write(id, &[0], &[4], &[1, 2, 3, 4]).unwrap();
    transaction.commit().unwrap();
    let snapshot = file.snapshot().unwrap();
    assert_eq!(snapshot.arrays().unwrap(), ["/a", "/b"]);
    let mut elements = [0; 4];
    snapshot.array("/b").unwrap().read(&[0], &[4], &mut elements).unwrap();
    assert_eq!(elements, [1, 2, 3, 4]);
    refused();
    let report = snapshot.verify(&|_, _| true).unwrap();
    assert_eq!(report.damage.len(), 1, "{report}");
    let shared: Arc<dyn Storage> = storage.clone();
    let slots = read_head(storage.as_ref()).unwrap();
    assert!(crate::scan::free_pages(&shared, &slots).unwrap().is_some());
    drop(snapshot);
    let transaction = file.begin().unwrap();
    transaction.delete(transaction.find("/a").unwrap()).unwrap();
    transaction.commit().unwrap();
    assert!(file.snapshot().unwrap().verify(&|_, _| true).unwrap().is_sound());
}

#[test]
fn a_table_of_checksums_lies_within_the_commit() {
    let data: Vec<u8> = (0..3u32 << 20).map(|i| (i ^ i >> 8) as u8).collect();
    let mut forge = forge_of(Meta::new(DType::U8, &[3 << 20], &[3 << 20]), &data);
    // The chunk moves to the end. Its payload ends with the commit, so its table is behind the end.
    let (at, len) = forge.payload;
    let chunk = forge.bytes[at..at + len + PAGE].to_vec();
    let moved = forge.bytes.len();
    forge.bytes.extend_from_slice(&chunk);
    forge.put(forge.leaf + ENTRIES, &(moved as u64).to_le_bytes());
    let length = |forge: &mut Forge, n: usize| {
        forge.put_slot(64, &(n as u64).to_le_bytes());
        forge.seal();
    };
    length(&mut forge, moved + len + PAGE);
    forge.read().unwrap();
    length(&mut forge, moved + len);
    let beyond = |error: Error| match error {
        Error::Node { problem: NodeError::Entry { problem: EntryError::Extent { end, .. }, .. }, .. } => {
            assert_eq!(end, (moved + len) as u64);
        }
        other => panic!("{other:?}"),
    };
    beyond(forge.read().unwrap_err());
    beyond(forge.damage());
}

#[test]
fn booleans_are_checked_in_place() {
    let data: Vec<u8> = (0..8192u32).map(|i| (i % 3 == 0) as u8).collect();
    let mut forge = forge_of(Meta::new(DType::Bool, &[8192], &[8192]), &data);
    forge.put(forge.payload.0 + 5000, &[2]);
    let crc = forge.crc(forge.payload.0, forge.payload.1);
    forge.put(forge.leaf + ENTRIES + 16, &crc);
    forge.seal();
    let place = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(place.path(), &forge.bytes).unwrap();
    let array = File::open(place.path()).unwrap().snapshot().unwrap().array("/a").unwrap();
    let chunk = array.chunk(&[0]).unwrap();
    assert!(array.raw(&chunk).unwrap().is_some(), "it is mapped");
    let found = || Error::Chunk {
        array: "/a".into(),
        index: vec![0],
        offset: forge.payload.0 as u64,
        len: 8192,
        problem: PayloadError::Bool { at: 5000, found: 2 },
    };
    let same = |error: Error| assert_eq!(error.to_string(), found().to_string());
    same(array.read(&[0], &[8192], &mut [0; 8192]).unwrap_err());
    same(array.check_raw(&chunk, 4096..8192).unwrap_err());
    array.check_raw(&chunk, 0..4096).unwrap();
    array.read(&[6000], &[10], &mut [0; 10]).unwrap();
}

/// A slot refers to places near 2^64. `verify` reports them, and no sum overflows.
#[test]
fn places_near_the_largest_number() {
    for field in [88, NAMES, ATTRIBUTES] {
        for offset in [u64::MAX, u64::MAX - 63, !4095, 1 << 63] {
            let mut forge = forge();
            forge.put_slot(field, &offset.to_le_bytes());
            SLOTS.into_iter().for_each(|page| forge.seal_page(page));
            let Ok(file) = forge.open() else { continue };
            let report = file.snapshot().unwrap().verify(&|_, _| true).unwrap();
            assert!(!report.is_sound(), "byte {field}, {offset:#x}: {report}");
        }
    }
}
