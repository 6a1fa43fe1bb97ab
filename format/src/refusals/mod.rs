//! Every kind of invalid file is refused with an error of its own, even when all checksums are right.

use std::sync::Arc;

use crate::entry::Entry;
use crate::faults::{Disk, Failure, Fault};
use crate::*;

/// A small valid file with the places of its parts. After a change, its checksums can be made right again.
struct Forge {
    bytes: Vec<u8>,
    table: usize,
    record: usize,
    meta: (usize, usize),
    names: (usize, usize),
    attributes: (usize, usize),
    /// The root of the index of the only array: a leaf, unless the array has many chunks.
    leaf: usize,
    payload: (usize, usize),
}

/// Both copies of commit 1.
const SLOTS: [usize; 2] = [2 * PAGE, 4 * PAGE];
const TABLE_CRC: usize = 96;
const NAMES: usize = 104;
const ATTRIBUTES: usize = 120;
const RECORD_INDEX: usize = 16;
const RECORD_META: usize = 32;
/// The first byte of the entries of a leaf.
const ENTRIES: usize = 32;

fn forge_of(meta: Meta, data: &[u8]) -> Forge {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).unwrap();
    let transaction = file.begin().unwrap();
    let mut attributes = Attributes::new();
    attributes.insert("k".into(), 1.into());
    transaction.set_file_attributes(attributes.clone()).unwrap();
    let (shape, start) = (meta.shape.clone(), vec![0; meta.ndim()]);
    let id = transaction.create_array("/a", Meta { attributes, ..meta }).unwrap();
    transaction.write(id, &start, &shape, data).unwrap();
    transaction.commit().unwrap();
    let snapshot = file.snapshot().unwrap();
    let slot = snapshot.slot();
    let (record, entry) = snapshot.commit().record(1).unwrap();
    let Entry::Record(at, _) = entry else { panic!("{entry:?}") };
    assert_eq!(slot.table.height, 1);
    let array = snapshot.array("/a").unwrap();
    let chunk = array.chunk(&start).unwrap();
    let block = |b: crate::reference::BlockRef| (b.offset as usize, b.len as usize);
    Forge {
        bytes: storage.bytes(),
        table: slot.table.offset as usize,
        record: at.offset as usize,
        meta: block(record.meta),
        names: block(slot.names),
        attributes: block(slot.attributes),
        leaf: record.index.offset as usize,
        payload: (chunk.offset() as usize, chunk.stored_bytes() as usize),
    }
}

/// Two raw chunks of 4 bytes.
fn forge() -> Forge {
    forge_of(Meta::new(DType::U8, &[8], &[4]), &[1, 2, 3, 4, 5, 6, 7, 8])
}

impl Forge {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn crc(&self, at: usize, len: usize) -> [u8; 4] {
        crc32fast::hash(&self.bytes[at..at + len]).to_le_bytes()
    }

    /// Writes to both copies of the slot.
    fn put_slot(&mut self, at: usize, bytes: &[u8]) {
        for slot in SLOTS {
            self.put(slot + at, bytes);
        }
    }

    fn seal_page(&mut self, page: usize) {
        let crc = self.crc(page, PAGE - 4);
        self.put(page + PAGE - 4, &crc);
    }

    /// Makes every checksum right again, from the bottom up.
    fn seal(&mut self) {
        let leaf = self.crc(self.leaf, PAGE);
        self.put(self.record + RECORD_INDEX + 8, &leaf);
        let meta = self.crc(self.meta.0, self.meta.1);
        self.put(self.record + RECORD_META + 12, &meta);
        let record = self.crc(self.record, record::LEN);
        self.put(self.table + ENTRIES + 32 + 16, &record);
        let table = self.crc(self.table, PAGE);
        self.put_slot(TABLE_CRC, &table);
        let names = self.crc(self.names.0, self.names.1);
        self.put_slot(NAMES + 12, &names);
        let attributes = self.crc(self.attributes.0, self.attributes.1);
        self.put_slot(ATTRIBUTES + 12, &attributes);
        for page in [0, SLOTS[0], SLOTS[1]] {
            self.seal_page(page);
        }
    }

    fn open(&self) -> Result<File> {
        File::on(Arc::new(MemoryStorage::of(self.bytes.clone())))
    }

    /// Opens the array and reads all of it.
    fn read(&self) -> Result<()> {
        let array = self.open()?.snapshot()?.array("/a")?;
        let n = array.meta().shape.iter().product::<u64>() as usize * array.meta().dtype.size();
        let shape = array.meta().shape.clone();
        array.read(&vec![0; shape.len()], &shape, &mut vec![0; n])
    }

    fn verify(&self) -> Report {
        self.open().unwrap().snapshot().unwrap().verify(&|_, _| true).unwrap()
    }

    fn damage(&self) -> Error {
        let mut report = self.verify();
        assert!(!report.damage.is_empty(), "{report}");
        report.damage.remove(0).error
    }
}

/// The error after a change, with every checksum right.
fn sealed(change: impl FnOnce(&mut Forge)) -> Error {
    let mut forge = forge();
    change(&mut forge);
    forge.seal();
    forge.read().unwrap_err()
}

macro_rules! refused {
    ($found:expr, $pattern:pat $(if $guard:expr)?) => {
        match $found {
            $pattern $(if $guard)? => {}
            other => panic!("expected {}, found {other:?}", stringify!($pattern)),
        }
    };
}

mod corners;
mod head;
mod metadata;
mod payloads;
mod requests;
mod trees;

#[test]
fn sealing_makes_the_checksums_right() {
    let mut forge = forge();
    forge.seal();
    forge.read().unwrap();
    assert!(forge.verify().is_sound());
}
