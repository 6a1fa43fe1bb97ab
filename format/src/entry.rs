//! Leaf entries of trees: what is stored for one number.

use crate::bytes::{Reader, Short};
use crate::payload::crc_table::{table_len, table_start};
use crate::{FIXED, PAGE};

/// The kind of a tree, which tells what its numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum TreeKind {
    /// The array table: ids of arrays, with records as entries.
    Table = 1,
    /// The index of one array: numbers of chunks.
    Chunks = 2,
}

/// Why a leaf entry was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// A state this version does not know.
    #[error("unknown state {found}: use a newer program")]
    State {
        /// The state.
        found: u32,
    },
    /// A state that the tree or the array's codec does not allow.
    #[error("state {found} is not allowed in this tree, or with the codec of the array")]
    StateHere {
        /// The state.
        found: u32,
    },
    /// A missing or constant entry with bytes that are not zero.
    #[error("reserved bytes are not zero")]
    Reserved,
    /// A place that no payload can have.
    #[error("{len} bytes at byte {offset}: expected them between the slots and byte {end}")]
    Extent {
        /// First byte.
        offset: u64,
        /// Number of bytes.
        len: u64,
        /// Where the commit ends.
        end: u64,
    },
    /// A payload or block that is not aligned.
    #[error("expected an offset that is a multiple of {alignment}, found {offset}")]
    Alignment {
        /// First byte.
        offset: u64,
        /// The alignment that was expected.
        alignment: u64,
    },
    /// An entry of a later commit.
    #[error("written by commit {birth}, which comes after commit {seq}")]
    Birth {
        /// The commit that wrote it, according to the entry.
        birth: u64,
        /// The commit that refers to it.
        seq: u64,
    },
    /// A number that is not that of a chunk of the array.
    #[error("the array has no such chunk")]
    OutsideGrid,
}

/// The bytes that an entry points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) crc: u32,
}

/// One leaf entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Missing,
    Raw(Extent, u64),
    Encoded(Extent, u64),
    Constant([u8; 16], u64),
    /// A record, in the array table.
    Record(Extent, u64),
}

impl Entry {
    pub(crate) const SIZE: usize = 32;

    pub(crate) fn encode(&self) -> [u8; Entry::SIZE] {
        let (first, crc, state, birth) = match self {
            Entry::Missing => return [0; Entry::SIZE],
            Entry::Raw(e, birth) => (pair(e), e.crc, 1, birth),
            Entry::Encoded(e, birth) => (pair(e), e.crc, 2, birth),
            Entry::Constant(value, birth) => (*value, 0, 3, birth),
            Entry::Record(e, birth) => (pair(e), e.crc, 4, birth),
        };
        let mut out = [0; Entry::SIZE];
        let fields =
            [first.as_slice(), &u32::to_le_bytes(crc), &u32::to_le_bytes(state), &birth.to_le_bytes()];
        for (to, from) in out.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8; Entry::SIZE]) -> Result<Entry, EntryError> {
        if *bytes == [0; Entry::SIZE] {
            return Ok(Entry::Missing);
        }
        let mut r = Reader::new(bytes);
        let read =
            |r: &mut Reader<'_>| -> Result<_, Short> { Ok((r.array()?, r.u32()?, r.u32()?, r.u64()?)) };
        let (first, crc, state, birth): ([u8; 16], _, _, _) =
            read(&mut r).map_err(|_| EntryError::Reserved)?;
        let mut r = Reader::new(&first);
        let extent = Extent { offset: r.u64().unwrap_or_default(), len: r.u64().unwrap_or_default(), crc };
        Ok(match state {
            0 => return Err(EntryError::Reserved),
            1 => Entry::Raw(extent, birth),
            2 => Entry::Encoded(extent, birth),
            3 if crc == 0 => Entry::Constant(first, birth),
            3 => return Err(EntryError::Reserved),
            4 => Entry::Record(extent, birth),
            found => return Err(EntryError::State { found }),
        })
    }

    pub(crate) fn state(&self) -> u32 {
        match self {
            Entry::Missing => 0,
            Entry::Raw(..) => 1,
            Entry::Encoded(..) => 2,
            Entry::Constant(..) => 3,
            Entry::Record(..) => 4,
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        *self == Entry::Missing
    }

    /// The entry of a chunk whose elements all have one value.
    pub(crate) fn constant(value: &[u8], birth: u64) -> Entry {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(value) {
            *to = *from;
        }
        Entry::Constant(bytes, birth)
    }

    /// Bytes of the payload.
    pub(crate) fn stored(&self) -> u64 {
        match self {
            Entry::Missing | Entry::Constant(..) => 0,
            Entry::Raw(e, _) | Entry::Encoded(e, _) | Entry::Record(e, _) => e.len,
        }
    }

    pub(crate) fn birth(&self) -> u64 {
        match self {
            Entry::Missing => 0,
            Entry::Raw(_, b) | Entry::Encoded(_, b) | Entry::Constant(_, b) | Entry::Record(_, b) => *b,
        }
    }
}

fn pair(e: &Extent) -> [u8; 16] {
    let mut out = [0; 16];
    let (first, second) = out.split_at_mut(8);
    first.copy_from_slice(&e.offset.to_le_bytes());
    second.copy_from_slice(&e.len.to_le_bytes());
    out
}

/// Checks an entry without reading the bytes that it points to.
pub(crate) fn check_entry(
    entry: &Entry,
    kind: TreeKind,
    seq: u64,
    end: u64,
) -> std::result::Result<(), EntryError> {
    let alignment = match (entry, kind) {
        (Entry::Missing, _) => return Ok(()),
        (Entry::Constant(..), TreeKind::Chunks) => 0,
        (Entry::Raw(e, _), TreeKind::Chunks) if e.len >= PAGE as u64 => PAGE as u64,
        (Entry::Raw(..) | Entry::Encoded(..), TreeKind::Chunks) | (Entry::Record(..), TreeKind::Table) => 64,
        _ => return Err(EntryError::StateHere { found: entry.state() }),
    };
    if entry.birth() > seq || entry.birth() == 0 {
        return Err(EntryError::Birth { birth: entry.birth(), seq });
    }
    if let Entry::Raw(e, _) | Entry::Encoded(e, _) | Entry::Record(e, _) = entry {
        check_extent(e.offset, e.len, end)?;
        let table = if matches!(entry, Entry::Raw(..)) { table_len(e.len) } else { 0 };
        if table > 0 {
            check_extent(e.offset, table_start(e.len) + table, end)?;
        }
        if !e.offset.is_multiple_of(alignment) {
            return Err(EntryError::Alignment { offset: e.offset, alignment });
        }
    }
    Ok(())
}

/// Checks that an extent lies between the slots and the end of a commit.
pub(crate) fn check_extent(offset: u64, len: u64, end: u64) -> std::result::Result<(), EntryError> {
    let fits = offset >= FIXED && len > 0 && offset.checked_add(len).is_some_and(|e| e <= end);
    if fits { Ok(()) } else { Err(EntryError::Extent { offset, len, end }) }
}
