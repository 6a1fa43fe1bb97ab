//! Every kind of damage and strangeness is refused with an error of its own, even behind right checksums.

use std::sync::Arc;

use crate::bytes::CrcMismatch;
use crate::faults::{Disk, Failure, Fault};
use crate::node::Entry;
use crate::*;

/// A small valid file, with the places of its parts, whose checksums can be made right again after a change.
struct Forge {
    bytes: Vec<u8>,
    table: usize,
    record: usize,
    meta: (usize, usize),
    names: (usize, usize),
    attributes: (usize, usize),
    /// The root of the index of the only array, which is one leaf unless it has more chunks.
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
/// Entries of a leaf, and the fields of an entry.
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
    let block = |b: crate::slot::BlockRef| (b.offset as usize, b.len as usize);
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
mod metadata;
mod payloads;
mod requests;

#[test]
fn the_forge_forges() {
    let mut forge = forge();
    forge.seal();
    forge.read().unwrap();
    assert!(forge.verify().is_sound());
}

#[test]
fn headers() {
    use HeaderError as H;
    let on = |bytes: Vec<u8>| File::on(Arc::new(MemoryStorage::of(bytes))).unwrap_err();
    refused!(on(vec![]), Error::Header(H::Empty));
    refused!(on(b"\x89PNG\r\n\x1a\n".to_vec()), Error::Header(H::Magic { .. }));
    refused!(on(forge().bytes[..5000].to_vec()), Error::Header(H::TooShort { found: 5000, .. }));
    let with = |at: usize, bytes: &[u8], seal: bool| {
        let mut forge = forge();
        forge.put(at, bytes);
        if seal {
            forge.seal_page(0);
        }
        forge.open().unwrap_err()
    };
    refused!(with(0, b"GIF89a..", true), Error::Header(H::Magic { .. }));
    refused!(with(0, b"\x89ARS\n\x1a\n\0", false), Error::Header(H::MangledMagic { .. }));
    refused!(with(0, b"\x09ARS\r\n\x1a\n", false), Error::Header(H::MangledMagic { .. }));
    refused!(with(0, b"\xc2\x89ARS\r\n\x1a", false), Error::Header(H::MangledMagic { .. }));
    refused!(with(8, &[1, 2, 3, 4], true), Error::Header(H::ByteOrder { found: 0x0403_0201 }));
    refused!(with(22, &[99], false), Error::Header(H::Crc(CrcMismatch { .. })));
    refused!(with(12, &[2], true), Error::Header(H::Version { found: 2 }));
    refused!(with(14, &[16], true), Error::Header(H::PageSize { found: 16 }));
    refused!(with(3000, &[1], true), Error::Header(H::Padding));
}

#[test]
fn slots() {
    use SlotError as S;
    let with = |at: usize, bytes: &[u8]| sealed(|f| f.put_slot(at, bytes));
    let mut zeroed = forge();
    zeroed.put_slot(0, &[0; PAGE]);
    refused!(zeroed.open().unwrap_err(), Error::Slot(S::NoneValid));
    refused!(with(16, &[1; 16]), Error::Slot(S::Uuid { page: 2 }));
    refused!(with(8, &2u64.to_le_bytes()), Error::Slot(S::Parity { page: 2, seq: 2 }));
    refused!(with(8, &0u64.to_le_bytes()), Error::Slot(S::Sequence { seq: 0, .. }));
    refused!(with(8, &u64::MAX.to_le_bytes()), Error::Slot(S::Sequence { seq: u64::MAX, .. }));
    refused!(with(32, &[2]), Error::Slot(S::Major { major: 2, minor: 0 }));
    refused!(with(36, &[8]), Error::Slot(S::Malformed { .. }));
    refused!(with(56, &[1 | 2 | 4 | 8]), Error::Slot(S::Incompatible { unknown: 9 }));
    // Bits 1 and 2 have said something once.
    let mut retired = self::forge();
    retired.put_slot(56, &[2 | 4]);
    retired.seal();
    retired.read().unwrap();
    refused!(with(64, &(1u64 << 30).to_le_bytes()), Error::Slot(S::Truncated { seq: 1, .. }));
    refused!(with(64, &4096u64.to_le_bytes()), Error::Slot(S::Length { recorded: 4096, .. }));
    refused!(with(64, &(FIXED + 1).to_le_bytes()), Error::Slot(S::Length { .. }));
    refused!(with(72, &9u64.to_le_bytes()), Error::Slot(S::ArrayCount { arrays: 9, next_id: 2, .. }));
    refused!(with(3000, &[1]), Error::Slot(S::Malformed { .. }));
    // A bit that does not matter to readers stops writers.
    let mut forge = forge();
    forge.put_slot(48, &[1]);
    forge.seal();
    forge.read().unwrap();
    refused!(forge.open().unwrap().begin().unwrap_err(), Error::Slot(S::ReadOnlyCompatible { unknown: 1 }));
    let mut differ = self::forge();
    differ.put(SLOTS[1] + 40, &[1]);
    differ.seal();
    refused!(differ.open().unwrap_err(), Error::Slot(S::CopiesDiffer { seq: 1 }));
    // A truncated file, as a copy cut short is.
    let mut cut = self::forge();
    cut.bytes.truncate(cut.bytes.len() - PAGE);
    refused!(cut.open().unwrap_err(), Error::Slot(S::Truncated { .. }));
    // One copy is enough, and verify tells that the other is lost.
    let mut one = self::forge();
    one.put(SLOTS[0] + 100, &[77]);
    one.read().unwrap();
    refused!(one.damage(), Error::SlotPage { page: 2 });
}

#[test]
fn an_unknown_feature_never_leads_back_to_the_older_slot() {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).unwrap();
    file.begin().unwrap().commit().unwrap();
    file.begin().unwrap().commit().unwrap();
    let mut bytes = storage.bytes();
    for page in [PAGE, 3 * PAGE] {
        bytes[page + 56] = 1;
        let crc = crc32fast::hash(&bytes[page..page + PAGE - 4]).to_le_bytes();
        bytes[page + PAGE - 4..page + PAGE].copy_from_slice(&crc);
    }
    let found = File::on(Arc::new(MemoryStorage::of(bytes))).unwrap_err();
    refused!(found, Error::Slot(SlotError::Incompatible { unknown: 1 }));
}

#[test]
fn nodes() {
    use NodeError as N;
    macro_rules! node {
        ($at:expr, $bytes:expr, $pattern:pat) => {
            let found = sealed(|f| f.put(f.leaf + $at, $bytes));
            refused!(found, Error::Node { owner: 1, problem: $pattern, .. });
            let found = sealed(|f| f.put(f.table + $at, $bytes));
            refused!(found, Error::Node { owner: 0, problem: $pattern, .. });
        };
    }
    let mut forge = forge();
    forge.put(forge.leaf + 100, &[1]);
    refused!(forge.read().unwrap_err(), Error::Node { problem: N::Crc(_), .. });
    node!(0, b"NEDO", N::Magic { .. });
    node!(4, &[1], N::Level { expected: 0, found: 1 });
    node!(5, &[3], N::Kind { found: 3, .. });
    node!(6, &[1], N::Reserved);
    node!(8, &[9], N::Owner { found: 9, .. });
    node!(16, &[127], N::First { expected: 0, found: 127 });
    node!(24, &[2], N::Birth { birth: 2, seq: 1 });
    let root = |at: usize, bytes: &[u8]| sealed(|f| f.put(f.record + RECORD_INDEX + at, bytes));
    refused!(root(12, &[8]), Error::Node { problem: N::Height { found: 8 }, .. });
    refused!(root(12, &[0]), Error::Node { problem: N::Null, .. });
    refused!(root(0, &[0; 8]), Error::Node { problem: N::Null, .. });
    refused!(root(0, &[1]), Error::Node { problem: N::Offset { .. }, .. });
    refused!(root(0, &4096u64.to_le_bytes()), Error::Node { problem: N::Offset { offset: 4096, .. }, .. });
    refused!(root(0, &(u64::MAX - 4095).to_le_bytes()), Error::Node { problem: N::Offset { .. }, .. });
    refused!(root(0, &(1u64 << 40).to_le_bytes()), Error::Node { problem: N::Offset { .. }, .. });
    // A root one level too high: the leaf says so.
    refused!(root(12, &[2]), Error::Node { problem: N::Level { expected: 1, found: 0 }, .. });
}

#[test]
fn inner_nodes_have_no_null_child_with_a_checksum() {
    let mut forge = forge();
    // The leaf becomes an inner node that leads nowhere, with a checksum.
    let leaf = forge.leaf;
    forge.put(leaf + 4, &[1]);
    forge.put(leaf + ENTRIES, &[0; 64]);
    forge.put(leaf + ENTRIES + 8, &[1, 2, 3, 4]);
    forge.put(forge.record + RECORD_INDEX + 12, &[2]);
    forge.seal();
    refused!(forge.read().unwrap_err(), Error::Node { problem: NodeError::Null, .. });
    forge.put(leaf + ENTRIES + 8, &[0, 0, 0, 0, 1]);
    forge.seal();
    refused!(forge.read().unwrap_err(), Error::Node { problem: NodeError::Reserved, .. });
}

#[test]
fn a_node_cannot_be_its_own_child() {
    // A checksum cannot contain itself, and each level checks that the next is one lower: so the second visit of
    // the same page is refused whatever its checksum says.
    let mut forge = forge();
    let leaf = forge.leaf;
    forge.put(leaf + 4, &[1]);
    forge.put(leaf + ENTRIES, &[0; 64]);
    forge.put(leaf + ENTRIES, &(leaf as u64).to_le_bytes());
    forge.put(forge.record + RECORD_INDEX + 12, &[2]);
    forge.seal();
    refused!(
        forge.read().unwrap_err(),
        Error::Node { problem: NodeError::Level { expected: 0, found: 1 }, .. }
    );
}

#[test]
fn a_node_cannot_have_two_parents() {
    let data: Vec<u8> = (0..=255).cycle().take(400).collect();
    let mut forge = forge_of(Meta::new(DType::U8, &[400], &[2]), &data);
    let children = forge.leaf + ENTRIES;
    let first = forge.bytes[children..][..16].to_vec();
    forge.put(children + 16, &first);
    forge.seal();
    refused!(
        forge.read().unwrap_err(),
        Error::Node { problem: NodeError::First { expected: 127, found: 0 }, .. }
    );
    assert!(!forge.verify().is_sound());
}

#[test]
fn entries() {
    use EntryError as E;
    macro_rules! entry {
        ($at:expr, $bytes:expr, $pattern:pat) => {
            let found = sealed(|f| f.put(f.leaf + ENTRIES + $at, $bytes));
            refused!(found, Error::Node { problem: NodeError::Entry { number: 0, problem: $pattern }, .. });
        };
    }
    entry!(20, &[9], E::State { found: 9 });
    entry!(20, &[2], E::StateHere { found: 2 });
    entry!(20, &[4], E::StateHere { found: 4 });
    entry!(20, &[0], E::Reserved);
    entry!(20, &[3], E::Reserved);
    entry!(24, &[2], E::Birth { birth: 2, seq: 1 });
    entry!(24, &[0], E::Birth { birth: 0, .. });
    entry!(0, &[0; 8], E::Extent { offset: 0, .. });
    entry!(0, &(FIXED - 64).to_le_bytes(), E::Extent { .. });
    entry!(0, &(1u64 << 50).to_le_bytes(), E::Extent { .. });
    entry!(0, &u64::MAX.to_le_bytes(), E::Extent { .. });
    entry!(8, &u64::MAX.to_le_bytes(), E::Extent { .. });
    entry!(8, &0u64.to_le_bytes(), E::Extent { len: 0, .. });
    entry!(0, &[1], E::Alignment { alignment: 64, .. });
    // A table entry of the wrong kind.
    let found = sealed(|f| f.put(f.table + ENTRIES + 32 + 20, &[1]));
    refused!(
        found,
        Error::Node { owner: 0, problem: NodeError::Entry { problem: E::StateHere { .. }, .. }, .. }
    );
    // A raw payload of a page or more lies on pages.
    let data: Vec<u8> = (0..8192u32).map(|i| i as u8).collect();
    let mut forge = forge_of(Meta::new(DType::U8, &[8192], &[8192]), &data);
    let at = (forge.payload.0 as u64 + 64).to_le_bytes();
    forge.put(forge.leaf + ENTRIES, &at);
    forge.seal();
    let found = forge.read().unwrap_err();
    refused!(
        found,
        Error::Node { problem: NodeError::Entry { problem: E::Alignment { alignment: 4096, .. }, .. }, .. }
    );
    // A constant with something behind its value, and one that is no boolean.
    for (value, at) in [(2u8, 0usize), (1, 1)] {
        let mut forge = forge_of(Meta::new(DType::Bool, &[4], &[4]), &[1; 4]);
        forge.put(forge.leaf + ENTRIES + at, &[value]);
        forge.seal();
        let found = forge.read().unwrap_err();
        refused!(found, Error::Node { problem: NodeError::Entry { problem: E::Reserved, .. }, .. });
    }
}

#[test]
fn what_only_verify_can_find() {
    let verified = |change: &dyn Fn(&mut Forge)| {
        let mut forge = forge();
        change(&mut forge);
        forge.seal();
        forge.damage()
    };
    // A chunk outside the grid: entry 5 of 2.
    let outside = verified(&|f| {
        let entry = f.bytes[f.leaf + ENTRIES..][..32].to_vec();
        f.put(f.leaf + ENTRIES + 5 * 32, &entry);
    });
    refused!(outside, Error::Node { problem: NodeError::Entry { problem: EntryError::OutsideGrid, .. }, .. });
    refused!(verified(&|f| f.put(f.record + 48, &[7])), Error::Counts { expected: 7, found: 2, .. });
    refused!(verified(&|f| f.put(f.record + 56, &[7])), Error::Counts { .. });
    // Two chunks with one payload.
    let overlap = verified(&|f| {
        let entry = f.bytes[f.leaf + ENTRIES..][..32].to_vec();
        f.put(f.leaf + ENTRIES + 32, &entry);
    });
    refused!(overlap, Error::Overlap { len: 4, .. });
    // A second array in the table that has no name.
    let nameless = verified(&|f| {
        let entry = f.bytes[f.table + ENTRIES + 32..][..32].to_vec();
        f.put(f.table + ENTRIES + 3 * 32, &entry);
    });
    refused!(nameless, Error::Nameless { id: 3 });
}

#[test]
fn blocks() {
    let mut crc = forge();
    crc.put(crc.meta.0 + 70, &[1]);
    refused!(crc.read().unwrap_err(), Error::BlockCrc { what: "the metadata of an array", .. });
    let reference = |at: usize, bytes: &[u8]| sealed(|f| f.put_slot(NAMES + at, bytes));
    refused!(
        reference(0, &u64::MAX.to_le_bytes()),
        Error::BlockPlace { problem: EntryError::Extent { .. }, .. }
    );
    refused!(reference(0, &[1]), Error::BlockPlace { problem: EntryError::Alignment { .. }, .. });
    refused!(
        reference(8, &u32::MAX.to_le_bytes()),
        Error::BlockPlace { problem: EntryError::Extent { .. }, .. }
    );
    // A length over the cap is refused before anything is allocated.
    let long = |f: &mut Forge| f.put(f.record + RECORD_META + 8, &u32::MAX.to_le_bytes());
    refused!(sealed(long), Error::Meta { problem: MetaError::TooLong { .. }, .. });
    use RecordError as R;
    let record = |at: usize, bytes: &[u8]| sealed(|f| f.put(f.record + at, bytes));
    refused!(record(0, b"X"), Error::Record { id: 1, problem: R::Magic { .. } });
    refused!(record(8, &[2]), Error::Record { problem: R::Id { found: 2 }, .. });
    refused!(record(100, &[2]), Error::Record { problem: R::Reserved, .. });
    let length = |f: &mut Forge| f.put(f.table + ENTRIES + 32 + 8, &[64]);
    refused!(sealed(length), Error::Record { problem: R::Length { found: 64 }, .. });
    let names = |at: usize, bytes: &[u8]| sealed(|f| f.put(f.names.0 + at, bytes));
    refused!(names(0, b"X"), Error::Names { problem: NamesError::Magic { .. }, .. });
    refused!(names(8, &[2]), Error::Names { problem: NamesError::Count { expected: 1, found: 2 }, .. });
    refused!(names(16, &[9]), Error::Names { problem: NamesError::Id { id: 9, .. }, .. });
    refused!(names(24, &[1]), Error::Names { problem: NamesError::Name(NameError::EmptyPart(_)), .. });
    refused!(names(27, b"b"), Error::NoArray { .. });
    let mut attributes = forge();
    attributes.put(attributes.attributes.0, b"[");
    attributes.seal();
    let found = attributes.open().unwrap().snapshot().unwrap().attributes().unwrap_err();
    refused!(found, Error::Attributes(AttributesError::Json(_)));
}
