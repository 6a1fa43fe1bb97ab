//! Commit slots: four pages behind the header, of which a commit writes two copies of one.
//!
//! Commit `seq` lives in slot `seq & 1`, so it overwrites the slot of the commit before the last, never the
//! last one. A page can tear; its CRC then fails and the slot does not count. Two copies make sure that rot in
//! one page cannot roll back an acknowledged commit.

use crate::bytes::{Reader, Short, Writer, is_zero, split_crc};
use crate::{FIXED, PAGE};

const MAGIC: [u8; 8] = *b"ARSSLOT1";
/// The version this crate writes.
pub(crate) const MAJOR: u16 = 1;
const MINOR: u16 = 0;
const PRODUCER_MAX: usize = 128;
/// Every byte outside of what the slot reaches is zero.
const SEALED: u32 = 1;
/// Incompat bits that say nothing any more: files from before version 1.0 was settled have them for arrays packed by LZ4
/// (bit 1) and Pcodec (bit 2). What an array needs stands in its metadata.
const RETIRED: u64 = 0b110;
/// The largest sequence number.
pub(crate) const SEQ_MAX: u64 = (1 << 62) - 1;

/// Where a checksummed block of metadata lies; all zero when there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockRef {
    pub(crate) offset: u64,
    pub(crate) len: u32,
    pub(crate) crc: u32,
}

impl BlockRef {
    pub(crate) fn read(r: &mut Reader<'_>) -> Result<BlockRef, Short> {
        Ok(BlockRef { offset: r.u64()?, len: r.u32()?, crc: r.u32()? })
    }
    pub(crate) fn write(self, w: &mut Writer) {
        w.u64(self.offset).u32(self.len).u32(self.crc);
    }
    pub(crate) fn is_none(self) -> bool {
        self == BlockRef::default()
    }
}

/// Where a tree begins; all zero when it is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) offset: u64,
    pub(crate) crc: u32,
    /// Levels of nodes, 0 for an empty tree.
    pub(crate) height: u32,
}

impl Root {
    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Root, Short> {
        Ok(Root { offset: r.u64()?, crc: r.u32()?, height: r.u32()? })
    }
    pub(crate) fn write(self, w: &mut Writer) {
        w.u64(self.offset).u32(self.crc).u32(self.height);
    }
}

/// Why the slots were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlotError {
    /// None of the four pages holds a slot.
    #[error("none of the four commit slots is readable: the file is damaged beyond its last commit")]
    NoneValid,
    /// A slot of another file.
    #[error("slot page {page} belongs to another file: its uuid differs from the header's")]
    Uuid {
        /// Page number.
        page: usize,
    },
    /// A slot in the other's place.
    #[error("slot page {page} holds commit {seq}, whose place is the other slot")]
    Parity {
        /// Page number.
        page: usize,
        /// Its commit.
        seq: u64,
    },
    /// A sequence number that no commit has.
    #[error("slot page {page} has sequence number {seq}; commits count from 1 to 2^62-1")]
    Sequence {
        /// Page number.
        page: usize,
        /// The number.
        seq: u64,
    },
    /// Two truths about one commit.
    #[error("the two copies of commit {seq} differ, each with a right checksum")]
    CopiesDiffer {
        /// The commit.
        seq: u64,
    },
    /// Needs something this program does not know.
    #[error("the file needs features {unknown:#x} that this program does not know: use a newer one")]
    Incompatible {
        /// Bits not known.
        unknown: u64,
    },
    /// May be read but not written.
    #[error(
        "the file has features {unknown:#x} that this program would break by writing: it can be read; use a newer program to write"
    )]
    ReadOnlyCompatible {
        /// Bits not known.
        unknown: u64,
    },
    /// A later major version.
    #[error("format version {major}.{minor}: this program knows {MAJOR}.x; use a newer one")]
    Major {
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// The file lost its end.
    #[error(
        "commit {seq} is {recorded} bytes long, the file {found}: it was truncated; restore it from a copy"
    )]
    Truncated {
        /// The commit.
        seq: u64,
        /// Bytes the commit reaches.
        recorded: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A length that cannot be.
    #[error("commit {seq} gives the file {recorded} bytes: expected whole pages, at least {FIXED} bytes")]
    Length {
        /// The commit.
        seq: u64,
        /// Bytes it gives.
        recorded: u64,
    },
    /// Numbers of arrays that contradict each other.
    #[error("commit {seq} counts {arrays} arrays with ids below {next_id}")]
    ArrayCount {
        /// The commit.
        seq: u64,
        /// Arrays counted.
        arrays: u64,
        /// The id it would give next.
        next_id: u64,
    },
    /// Bytes that have to be zero are not, or a text that is none.
    #[error("commit {seq}: {what}")]
    Malformed {
        /// The commit.
        seq: u64,
        /// What.
        what: &'static str,
    },
}

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) seq: u64,
    pub(crate) uuid: [u8; 16],
    pub(crate) major: u16,
    pub(crate) minor: u16,
    pub(crate) flags: u32,
    pub(crate) compat: u64,
    pub(crate) ro_compat: u64,
    pub(crate) incompat: u64,
    /// Bytes of the file that the commit reaches, whole pages.
    pub(crate) length: u64,
    pub(crate) arrays: u64,
    pub(crate) next_id: u64,
    pub(crate) table: Root,
    pub(crate) names: BlockRef,
    pub(crate) attributes: BlockRef,
    /// Bytes of payloads and blocks, each rounded up to 64, and of nodes.
    pub(crate) live_bytes: u64,
    /// Nodes of all trees: what a scan for free space has to read.
    pub(crate) nodes: u64,
    /// Microseconds since 1970.
    pub(crate) time: u64,
    pub(crate) producer: String,
}

impl Slot {
    /// The slot of the commit after this one, before anything has changed. It says nothing that this program does not know:
    /// neither a later minor version nor a feature outlives a commit by a program that does not know it.
    pub(crate) fn next(&self) -> Slot {
        let (seq, major, minor) = (self.seq + 1, MAJOR, MINOR);
        Slot { seq, major, minor, flags: 0, compat: 0, ro_compat: 0, incompat: 0, ..self.clone() }
    }

    pub(crate) fn empty(uuid: [u8; 16]) -> Slot {
        Slot {
            seq: 0,
            uuid,
            major: MAJOR,
            minor: MINOR,
            flags: 0,
            compat: 0,
            ro_compat: 0,
            incompat: 0,
            length: FIXED,
            arrays: 0,
            next_id: 1,
            table: Root::default(),
            names: BlockRef::default(),
            attributes: BlockRef::default(),
            live_bytes: 0,
            nodes: 0,
            time: 0,
            producer: String::new(),
        }
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.flags & SEALED != 0
    }
    pub(crate) fn set_sealed(&mut self, sealed: bool) {
        self.flags = if sealed { SEALED } else { 0 };
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.bytes(&MAGIC).u64(self.seq).bytes(&self.uuid);
        w.u16(self.major).u16(self.minor).u32(self.flags);
        w.u64(self.compat).u64(self.ro_compat).u64(self.incompat);
        w.u64(self.length).u64(self.arrays).u64(self.next_id);
        self.table.write(&mut w);
        self.names.write(&mut w);
        self.attributes.write(&mut w);
        w.u64(self.live_bytes).u64(self.nodes).u64(self.time);
        let mut end = self.producer.len().min(PRODUCER_MAX);
        while !self.producer.is_char_boundary(end) {
            end -= 1;
        }
        w.u16(end as u16).bytes(self.producer.get(..end).unwrap_or_default().as_bytes());
        w.page_with_crc()
    }

    /// Reads a page whose CRC is right and whose major version is known.
    fn decode(body: &[u8]) -> Result<Slot, Short> {
        let mut r = Reader::new(body);
        r.bytes(MAGIC.len())?;
        let seq = r.u64()?;
        let uuid = r.array()?;
        let (major, minor, flags) = (r.u16()?, r.u16()?, r.u32()?);
        let (compat, ro_compat, incompat) = (r.u64()?, r.u64()?, r.u64()?);
        let (length, arrays, next_id) = (r.u64()?, r.u64()?, r.u64()?);
        let table = Root::read(&mut r)?;
        let names = BlockRef::read(&mut r)?;
        let attributes = BlockRef::read(&mut r)?;
        let (live_bytes, nodes, time) = (r.u64()?, r.u64()?, r.u64()?);
        let n = usize::from(r.u16()?);
        if n > PRODUCER_MAX {
            return Err(Short);
        }
        let producer = std::str::from_utf8(r.bytes(n)?).map_err(|_| Short)?.to_owned();
        if !is_zero(r.rest()) && (major, minor) <= (MAJOR, MINOR) {
            return Err(Short);
        }
        Ok(Slot {
            seq,
            uuid,
            major,
            minor,
            flags,
            compat,
            ro_compat,
            incompat,
            length,
            arrays,
            next_id,
            table,
            names,
            attributes,
            live_bytes,
            nodes,
            time,
            producer,
        })
    }

    /// What a slot must fulfil before anything it refers to is read.
    fn accept(&self, file_len: u64) -> Result<(), SlotError> {
        let seq = self.seq;
        let unknown = self.incompat & !RETIRED;
        if unknown != 0 {
            return Err(SlotError::Incompatible { unknown });
        }
        if self.flags & !SEALED != 0 {
            return Err(SlotError::Malformed { seq, what: "unknown flags" });
        }
        if self.length < FIXED || !self.length.is_multiple_of(PAGE as u64) || self.length >= 1 << 62 {
            return Err(SlotError::Length { seq, recorded: self.length });
        }
        if self.length > file_len {
            return Err(SlotError::Truncated { seq, recorded: self.length, found: file_len });
        }
        if self.next_id == 0 || self.arrays >= self.next_id || self.next_id > 1 << 48 {
            return Err(SlotError::ArrayCount { seq, arrays: self.arrays, next_id: self.next_id });
        }
        Ok(())
    }

    /// The features a writer has to know.
    pub(crate) fn accept_for_writing(&self) -> Result<(), SlotError> {
        match self.ro_compat {
            0 => Ok(()),
            unknown => Err(SlotError::ReadOnlyCompatible { unknown }),
        }
    }
}

/// The file offsets of the two copies of commit `seq`.
pub(crate) fn places(seq: u64) -> [u64; 2] {
    let page = PAGE as u64;
    [(1 + (seq & 1)) * page, (3 + (seq & 1)) * page]
}

/// What the four slot pages say.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    /// The newest commit.
    pub(crate) newest: Slot,
    /// The commit before it, when its slot has not been overwritten and is understood.
    pub(crate) previous: Option<Slot>,
    /// Whether the other slot holds a commit that is not understood, so that nobody knows what it reaches.
    pub(crate) opaque: bool,
    /// The newest commit's page, as it stands in the file: of a later minor version it may hold what is not known here.
    pub(crate) page: Vec<u8>,
    /// Slot pages (1 to 4) that hold neither zeros nor a whole slot.
    pub(crate) broken: Vec<usize>,
    /// Whether the first and the second copy of the newest commit are there.
    pub(crate) copies: [bool; 2],
    /// Slot pages that should be copies of others and are not, each with the page that it should be a copy of.
    pub(crate) mendable: Vec<(usize, usize)>,
}

impl Slots {
    /// Those of one commit alone, sound.
    pub(crate) fn of(newest: Slot) -> Slots {
        let (page, broken, mendable) = (newest.encode(), Vec::new(), Vec::new());
        Slots { newest, previous: None, opaque: false, page, broken, copies: [true; 2], mendable }
    }

    /// Those of commit `seq` alone, if a slot still holds it. All that it reaches is then as it was: what the next commit
    /// has freed is used by the one after that at the earliest, which takes this slot first.
    pub(crate) fn at(self, seq: u64) -> Option<Slots> {
        if self.newest.seq == seq {
            return Some(self);
        }
        let mut slot = self.previous.filter(|slot| slot.seq == seq)?;
        // With another commit behind it, what it does not reach is no longer zero.
        slot.set_sealed(false);
        Some(Slots::of(slot))
    }

    /// The places of the two copies of the newest commit, in the order in which they are to be written again, with a
    /// sync between them: a missing one first, so that one is whole at every moment.
    pub(crate) fn mending(&self) -> [u64; 2] {
        let [first, second] = places(self.newest.seq);
        if self.copies == [false, true] { [first, second] } else { [second, first] }
    }
}

/// A page whose CRC is right: what holds in every version of the format.
#[derive(Clone, Copy, Debug)]
struct Whole<'a> {
    page: usize,
    seq: u64,
    body: &'a [u8],
}

impl<'a> Whole<'a> {
    /// Checks what every page that counts must fulfil, whether its commit is the current one or not.
    fn read(page: usize, body: &'a [u8], file: &[u8; 16]) -> Result<Whole<'a>, SlotError> {
        let mut r = Reader::new(body.get(MAGIC.len()..).unwrap_or_default());
        let seq = r.u64().unwrap_or_default();
        if r.array() != Ok(*file) {
            return Err(SlotError::Uuid { page });
        }
        if seq == 0 || seq > SEQ_MAX {
            return Err(SlotError::Sequence { page, seq });
        }
        if (seq & 1) as usize == page % 2 {
            return Err(SlotError::Parity { page, seq });
        }
        Ok(Whole { page, seq, body })
    }

    /// What it says, when this program understands it.
    fn slot(self, file_len: u64) -> Result<Slot, SlotError> {
        let mut r = Reader::new(self.body.get(32..).unwrap_or_default());
        let (major, minor) = (r.u16().unwrap_or_default(), r.u16().unwrap_or_default());
        if major != MAJOR {
            return Err(SlotError::Major { major, minor });
        }
        let what = "malformed fields behind a right checksum";
        let slot = Slot::decode(self.body).map_err(|_| SlotError::Malformed { seq: self.seq, what })?;
        slot.accept(file_len)?;
        Ok(slot)
    }
}

/// Reads the four slot pages that follow the header.
pub(crate) fn read(pages: &[[u8; PAGE]], uuid: &[u8; 16], file_len: u64) -> Result<Slots, SlotError> {
    let mut found: Vec<Whole<'_>> = Vec::new();
    let mut broken = Vec::new();
    for (page, bytes) in (1..).zip(pages) {
        let (body, crc) = split_crc(bytes);
        if crc.is_err() || !body.starts_with(&MAGIC) {
            if !is_zero(bytes) {
                broken.push(page);
            }
            continue;
        }
        let whole = Whole::read(page, body, uuid)?;
        if found.iter().any(|other| other.seq == whole.seq && other.body != body) {
            return Err(SlotError::CopiesDiffer { seq: whole.seq });
        }
        found.push(whole);
    }
    let current = *found.iter().max_by_key(|whole| whole.seq).ok_or(SlotError::NoneValid)?;
    let newest = current.slot(file_len)?;
    let copies = places(newest.seq)
        .map(|place| found.iter().any(|s| s.seq == newest.seq && s.page as u64 * PAGE as u64 == place));
    let mendable = (1..=pages.len()).filter_map(|page| {
        let copy = (page + 1) % 4 + 1;
        let seq = |page| found.iter().find(|whole| whole.page == page).map(|whole| whole.seq);
        let behind = seq(copy) == Some(newest.seq) && seq(page) != Some(newest.seq);
        (behind || (broken.contains(&page) && seq(copy).is_some())).then_some((page, copy))
    });
    let mendable = mendable.collect();
    let before = found.iter().find(|whole| whole.seq + 1 == newest.seq).map(|s| s.slot(file_len));
    let opaque = matches!(before, Some(Err(_)));
    let page = pages.get(current.page - 1).map(|page| page.to_vec()).unwrap_or_default();
    Ok(Slots { newest, previous: before.and_then(Result::ok), opaque, page, broken, copies, mendable })
}

/// The uuid that a slot names, for a file whose header is lost.
pub(crate) fn uuid(pages: &[[u8; PAGE]]) -> Option<[u8; 16]> {
    pages.iter().find_map(|page| {
        let (body, crc) = split_crc(page);
        let counts = crc.is_ok() && body.starts_with(&MAGIC);
        if counts { Reader::new(body.get(16..)?).array().ok() } else { None }
    })
}
