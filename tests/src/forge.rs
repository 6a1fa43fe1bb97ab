//! Small `.arrs` files in which anything can be changed, and every checksum made right again.

use std::sync::Arc;

use arrstore_format::{Attributes, CreateOptions, File, MemoryStorage, Meta};

/// Bytes of a page.
pub const PAGE: usize = 4096;
/// Both copies of commit 1.
pub const SLOTS: [usize; 2] = [2 * PAGE, 4 * PAGE];
/// Fields of a slot.
pub const LENGTH: usize = 64;
/// The reference to the name block, in a slot.
pub const NAMES: usize = 104;
/// The reference to the file's attributes, in a slot.
pub const ATTRIBUTES: usize = 120;
/// The first entry of a leaf, and the first child of an inner node.
pub const ENTRIES: usize = 32;
/// The root of the chunk index, in a record.
pub const RECORD_INDEX: usize = 16;
/// The reference to the metadata, in a record.
pub const RECORD_META: usize = 32;

/// A file of one commit and one array, `/a` with id 1, whose index is one leaf.
#[derive(Clone, Debug)]
pub struct Forge {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Where the array table is.
    pub table: usize,
    /// Where the record is.
    pub record: usize,
    /// Where the index of chunks is.
    pub leaf: usize,
}

fn u64_at(bytes: &[u8], at: usize) -> usize {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    u64::from_le_bytes(field) as usize
}

impl Forge {
    /// A file that holds `data`, always with the same bytes.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn of(meta: Meta, data: &[u8]) -> Forge {
        Forge::made(&file_of(meta, data).1)
    }

    /// As [`Forge::of`], sealed.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn sealed(meta: Meta, data: &[u8]) -> Forge {
        let (file, storage) = (file_of(meta, data).0, Arc::new(MemoryStorage::new()));
        let copy =
            File::create_on(storage.clone(), &CreateOptions::default()).expect("memory can be written");
        let snapshot = file.snapshot().expect("it has a commit");
        snapshot.copy_sealed(&copy, &|_, _| true).expect("it can be copied");
        Forge::made(&storage)
    }

    /// Where the parts are, with a uuid and a time that are not chance's.
    fn made(storage: &MemoryStorage) -> Forge {
        let bytes = storage.bytes();
        let table = u64_at(&bytes, SLOTS[0] + 88);
        let record = u64_at(&bytes, table + ENTRIES + 32);
        let leaf = u64_at(&bytes, record + RECORD_INDEX);
        let mut forge = Forge { bytes, table, record, leaf };
        forge.put(16, b"arrstore forgery");
        forge.put_slot(16, b"arrstore forgery").put_slot(152, &0u64.to_le_bytes()).checksums();
        forge
    }

    /// Writes bytes at a place in the file.
    ///
    /// # Panics
    /// When they are not in the file.
    pub fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Forge {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Writes bytes at a place in both copies of the slot.
    pub fn put_slot(&mut self, at: usize, bytes: &[u8]) -> &mut Forge {
        SLOTS.into_iter().for_each(|slot| {
            self.put(slot + at, bytes);
        });
        self
    }

    /// Writes bytes behind the end of the commit, which then reaches them, and gives their place.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(PAGE), 0);
        let length = self.bytes.len() as u64;
        self.put_slot(LENGTH, &length.to_le_bytes());
        at
    }

    /// The first and the length of the bytes that a reference says.
    pub fn block(&self, reference: usize) -> (usize, usize) {
        (u64_at(&self.bytes, reference), u64_at(&self.bytes, reference + 8) & 0xffff_ffff)
    }

    /// Where the metadata is.
    pub fn meta(&self) -> (usize, usize) {
        self.block(self.record + RECORD_META)
    }

    /// Gives the block that a reference leads to other bytes, in another place.
    pub fn replace_block(&mut self, reference: usize, bytes: &[u8]) -> &mut Forge {
        let at = self.append(bytes) as u64;
        self.put(reference, &at.to_le_bytes()).put(reference + 8, &(bytes.len() as u32).to_le_bytes())
    }

    /// As [`Forge::replace_block`], in both copies of the slot.
    pub fn replace_slot_block(&mut self, field: usize, bytes: &[u8]) -> &mut Forge {
        let at = self.append(bytes) as u64;
        self.put_slot(field, &at.to_le_bytes()).put_slot(field + 8, &(bytes.len() as u32).to_le_bytes())
    }

    /// Gives the first chunk another payload, in another place.
    pub fn replace_payload(&mut self, payload: &[u8]) -> &mut Forge {
        let at = self.append(payload) as u64;
        let entry = self.leaf + ENTRIES;
        let crc = crc32fast::hash(payload).to_le_bytes();
        self.put(entry, &at.to_le_bytes());
        self.put(entry + 8, &(payload.len() as u64).to_le_bytes()).put(entry + 16, &crc)
    }

    /// The payload of the first chunk.
    ///
    /// # Panics
    /// When it has none.
    pub fn payload(&self) -> Vec<u8> {
        let (at, len) =
            (u64_at(&self.bytes, self.leaf + ENTRIES), u64_at(&self.bytes, self.leaf + ENTRIES + 8));
        self.bytes[at..at + len].to_vec()
    }

    fn crc(&self, (at, len): (usize, usize)) -> Option<[u8; 4]> {
        let bytes = self.bytes.get(at..at.checked_add(len)?)?;
        Some(crc32fast::hash(bytes).to_le_bytes())
    }

    /// Makes every checksum right but those of payloads, from the bottom up. What a reference cannot lead to is left.
    pub fn checksums(&mut self) -> &mut Forge {
        let referred = [
            ((self.leaf, PAGE), vec![self.record + RECORD_INDEX + 8]),
            (self.meta(), vec![self.record + RECORD_META + 12]),
            ((self.record, 128), vec![self.table + ENTRIES + 32 + 16]),
            ((self.table, PAGE), SLOTS.map(|slot| slot + 96).to_vec()),
            (self.block(SLOTS[0] + NAMES), SLOTS.map(|slot| slot + NAMES + 12).to_vec()),
            (self.block(SLOTS[0] + ATTRIBUTES), SLOTS.map(|slot| slot + ATTRIBUTES + 12).to_vec()),
        ];
        for (at, places) in referred {
            let Some(crc) = self.crc(at).filter(|_| at != (0, 0)) else { continue };
            for place in places {
                self.put(place, &crc);
            }
        }
        [0, SLOTS[0], SLOTS[1]].into_iter().for_each(|page| self.page_checksum(page));
        self
    }

    /// Makes the checksum at a page's end right.
    pub fn page_checksum(&mut self, page: usize) {
        if let Some(crc) = self.crc((page, PAGE - 4)) {
            self.put(page + PAGE - 4, &crc);
        }
    }
}

fn file_of(meta: Meta, data: &[u8]) -> (File, Arc<MemoryStorage>) {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).expect("memory can be written");
    let transaction = file.begin().expect("it can be written to");
    let mut attributes = Attributes::new();
    attributes.insert("k".into(), 1.into());
    transaction.set_file_attributes(attributes.clone()).expect("they are fine");
    let (shape, start) = (meta.shape.clone(), vec![0; meta.ndim()]);
    let id = transaction.create_array("/a", Meta { attributes, ..meta }).expect("there is none yet");
    transaction.write(id, &start, &shape, data).expect("it can be written to");
    transaction.commit().expect("memory can be written");
    (file, storage)
}

/// The parts of a metadata block.
#[derive(Clone, Debug)]
pub struct MetaParts {
    /// All before the axes. The lengths in it are written by [`MetaParts::bytes`].
    pub head: Vec<u8>,
    /// The axes, 32 bytes each.
    pub axes: Vec<u8>,
    /// The fill value, the name, the axis names, the type details and the attributes.
    pub rest: [Vec<u8>; 5],
}

/// The places of the parts in [`MetaParts::rest`].
pub const FILL: usize = 0;
/// The name.
pub const NAME: usize = 1;
/// The axis names.
pub const DIMS: usize = 2;
/// The type details.
pub const DETAILS: usize = 3;
/// The attributes.
pub const JSON: usize = 4;

impl MetaParts {
    /// Those of a file's array.
    ///
    /// # Panics
    /// When it is not sound.
    pub fn of(forge: &Forge) -> MetaParts {
        let (at, len) = forge.meta();
        let (head, mut rest) = forge.bytes[at..at + len].split_at(56);
        let mut next = |len: usize| {
            let (part, behind) = rest.split_at(len);
            rest = behind;
            part.to_vec()
        };
        let axes = next(32 * usize::from(head[20]));
        let rest = [28, 32, 36, 40, 44].map(|at| next(u64_at(head, at) & 0xffff_ffff));
        MetaParts { head: head.to_vec(), axes, rest }
    }

    /// The block.
    ///
    /// # Panics
    /// When the head has been shortened.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = self.head.clone();
        for (at, part) in [28, 32, 36, 40, 44].into_iter().zip(&self.rest) {
            head[at..at + 4].copy_from_slice(&(part.len() as u32).to_le_bytes());
        }
        [head, self.axes.clone(), self.rest.concat()].concat()
    }
}
