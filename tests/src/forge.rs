//! Small `.arrs` files in which tests can change anything and then correct every checksum.

use std::sync::Arc;

use arrstore_format::{Attributes, CreateOptions, File, MemoryStorage, Meta};

/// Bytes of a page.
pub const PAGE: usize = 4096;
/// The offsets of both copies of commit 1.
pub const SLOTS: [usize; 2] = [2 * PAGE, 4 * PAGE];
/// The length of the commit, in a slot.
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
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// The offset of the array table.
    pub table: usize,
    /// The offset of the array's record.
    pub record: usize,
    /// The offset of the chunk index.
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

    /// Finds the parts, and sets a fixed uuid and time.
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

    /// Writes bytes at an offset of the file.
    ///
    /// # Panics
    /// When the offset lies outside the file.
    pub fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Forge {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Writes bytes at an offset of both copies of the slot.
    pub fn put_slot(&mut self, at: usize, bytes: &[u8]) -> &mut Forge {
        SLOTS.into_iter().for_each(|slot| {
            self.put(slot + at, bytes);
        });
        self
    }

    /// Appends bytes to the file, extends the commit over them, and returns their offset.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(PAGE), 0);
        let length = self.bytes.len() as u64;
        self.put_slot(LENGTH, &length.to_le_bytes());
        at
    }

    /// The offset and the length in a reference.
    pub fn block(&self, reference: usize) -> (usize, usize) {
        (u64_at(&self.bytes, reference), u64_at(&self.bytes, reference + 8) & 0xffff_ffff)
    }

    /// The offset and the length of the metadata.
    pub fn meta(&self) -> (usize, usize) {
        self.block(self.record + RECORD_META)
    }

    /// Points a reference to a new block with these bytes.
    pub fn replace_block(&mut self, reference: usize, bytes: &[u8]) -> &mut Forge {
        let at = self.append(bytes) as u64;
        self.put(reference, &at.to_le_bytes()).put(reference + 8, &(bytes.len() as u32).to_le_bytes())
    }

    /// As [`Forge::replace_block`], in both copies of the slot.
    pub fn replace_slot_block(&mut self, field: usize, bytes: &[u8]) -> &mut Forge {
        let at = self.append(bytes) as u64;
        self.put_slot(field, &at.to_le_bytes()).put_slot(field + 8, &(bytes.len() as u32).to_le_bytes())
    }

    /// Points the first chunk to a new payload.
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
    /// When the first chunk has none.
    pub fn payload(&self) -> Vec<u8> {
        let (at, len) =
            (u64_at(&self.bytes, self.leaf + ENTRIES), u64_at(&self.bytes, self.leaf + ENTRIES + 8));
        self.bytes[at..at + len].to_vec()
    }

    fn crc(&self, (at, len): (usize, usize)) -> Option<[u8; 4]> {
        let bytes = self.bytes.get(at..at.checked_add(len)?)?;
        Some(crc32fast::hash(bytes).to_le_bytes())
    }

    /// Corrects every checksum except those of payloads, from the bottom up. Skips references that lead nowhere.
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

    /// Corrects the checksum at the end of a page.
    pub fn page_checksum(&mut self, page: usize) {
        if let Some(crc) = self.crc((page, PAGE - 4)) {
            self.put(page + PAGE - 4, &crc);
        }
    }
}

fn file_of(mut meta: Meta, data: &[u8]) -> (File, Arc<MemoryStorage>) {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).expect("memory can be written");
    let transaction = file.begin().expect("it can be written to");
    let mut attributes = Attributes::new();
    attributes.insert("k".into(), 1.into());
    transaction.set_file_attributes(attributes.clone()).expect("they are fine");
    let (shape, start) = (meta.shape.clone(), vec![0; meta.ndim()]);
    meta.attributes = attributes;
    let id = transaction.create_array("/a", meta).expect("there is none yet");
    transaction.write(id, &start, &shape, data).expect("it can be written to");
    transaction.commit().expect("memory can be written");
    (file, storage)
}

/// The parts of a metadata block.
#[derive(Clone, Debug)]
pub struct MetaParts {
    /// The bytes before the axes. [`MetaParts::bytes`] writes the lengths in it.
    pub head: Vec<u8>,
    /// The axes, 32 bytes each.
    pub axes: Vec<u8>,
    /// The fill value, the name, the axis names, the type details and the attributes.
    pub rest: [Vec<u8>; 5],
}

/// The fill value's index in [`MetaParts::rest`].
pub const FILL: usize = 0;
/// The name's index.
pub const NAME: usize = 1;
/// The index of the axis names.
pub const DIMS: usize = 2;
/// The index of the type details.
pub const DETAILS: usize = 3;
/// The index of the attributes.
pub const JSON: usize = 4;

impl MetaParts {
    /// The parts of the metadata of a file's array.
    ///
    /// # Panics
    /// When the metadata is not sound.
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

    /// The metadata block.
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
