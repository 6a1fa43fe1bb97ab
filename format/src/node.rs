//! Tree nodes: one page each, leaves of 127 entries, inner nodes of 254 children.
//!
//! A tree is a radix tree over numbers: those of the chunks of an array, or the ids of arrays. The place of a number
//! follows from the height alone, so a lookup reads one node per level and compares nothing. The checksum of a node
//! stands in its parent. It proves that the node is the one meant, so a write that was lost, came late or went astray
//! is found.

use crate::PAGE;
use crate::bytes::{Reader, Short, Writer, is_zero};
use crate::entry::{Entry, EntryError, TreeKind};

pub(crate) const LEAF: u64 = 127;
pub(crate) const FANOUT: u64 = 254;
/// 127 · 254^6 exceeds 2^48, the most chunks an array can have.
pub(crate) const MAX_HEIGHT: u32 = 7;
const MAGIC: u32 = u32::from_le_bytes(*b"NODE");
const HEAD: usize = 32;
/// The numbers below one node of a level (0 is a leaf).
pub(crate) fn span(level: u32) -> u64 {
    (0..level).fold(LEAF, |n, _| n.saturating_mul(FANOUT))
}

/// Why a tree node was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// A checksum that does not match.
    #[error(transparent)]
    Crc(#[from] crate::bytes::CrcMismatch),
    /// A page that is not a node.
    #[error("expected a node, found magic {found:#010x}")]
    Magic {
        /// The first word of the page.
        found: u32,
    },
    /// A node of another level.
    #[error("expected a node of level {expected}, found one of level {found}")]
    Level {
        /// According to its parent.
        expected: u32,
        /// According to the node.
        found: u32,
    },
    /// A node of another kind of tree.
    #[error("expected a node of tree kind {expected}, found kind {found}")]
    Kind {
        /// According to its referrer.
        expected: u8,
        /// According to the node.
        found: u8,
    },
    /// A node of another array.
    #[error("expected a node of array {expected}, found one of array {found}")]
    Owner {
        /// According to its referrer.
        expected: u64,
        /// According to the node.
        found: u64,
    },
    /// A node of another place in the tree.
    #[error("expected the node that begins with number {expected}, found one that begins with {found}")]
    First {
        /// According to its parent.
        expected: u64,
        /// According to the node.
        found: u64,
    },
    /// A node of a later commit.
    #[error("written by commit {birth}, which comes after commit {seq}")]
    Birth {
        /// The commit that wrote it, according to the node.
        birth: u64,
        /// The commit that refers to it.
        seq: u64,
    },
    /// A tree that is too high.
    #[error("a tree of height {found}: expected at most {MAX_HEIGHT}")]
    Height {
        /// The height.
        found: u32,
    },
    /// An offset that no node can have.
    #[error("a node at byte {offset}: expected a page between the slots and byte {end}")]
    Offset {
        /// The offset.
        offset: u64,
        /// Where the commit ends.
        end: u64,
    },
    /// A reference to nothing that is not all zero.
    #[error("a reference to nothing has a checksum or a height: expected zeros")]
    Null,
    /// Reserved bytes that are not zero.
    #[error("reserved bytes are not zero")]
    Reserved,
    /// An invalid entry.
    #[error("entry of number {number}: {problem}")]
    Entry {
        /// The number of the entry.
        number: u64,
        /// The error of the entry.
        problem: EntryError,
    },
}
/// A reference to a node from an inner node; all zero when there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) offset: u64,
    pub(crate) crc: u32,
}

impl Child {
    pub(crate) const SIZE: usize = 16;

    pub(crate) fn is_none(self) -> bool {
        self == Child::default()
    }

    fn encode(self) -> [u8; Child::SIZE] {
        (u128::from(self.offset) | u128::from(self.crc) << 64).to_le_bytes()
    }

    fn decode(bytes: &[u8; Child::SIZE]) -> Result<Child, NodeError> {
        let word = u128::from_le_bytes(*bytes);
        let child = Child { offset: word as u64, crc: (word >> 64) as u32 };
        if word >> 96 != 0 {
            return Err(NodeError::Reserved);
        }
        if child.offset == 0 && child.crc != 0 {
            return Err(NodeError::Null);
        }
        Ok(child)
    }
}

/// The place of a node in the trees, as the node states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) kind: TreeKind,
    /// The array's id, 0 for the array table.
    pub(crate) owner: u64,
    pub(crate) level: u32,
    /// The first number below it.
    pub(crate) first: u64,
}

/// A node, as the bytes of its page.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    page: Box<[u8; PAGE]>,
}

impl Node {
    /// A node without entries or children.
    pub(crate) fn new(place: Place, birth: u64) -> Node {
        let mut w = Writer::default();
        w.u32(MAGIC).u8(place.level as u8).u8(place.kind as u8).u16(0);
        w.u64(place.owner).u64(place.first).u64(birth);
        let mut page = Box::new([0; PAGE]);
        for (to, from) in page.iter_mut().zip(&w.0) {
            *to = *from;
        }
        Node { page }
    }

    /// Takes a page whose checksum is right.
    pub(crate) fn of(page: Box<[u8; PAGE]>) -> Node {
        Node { page }
    }

    /// Checks that the node states the place that is expected.
    pub(crate) fn check(&self, place: Place, seq: u64) -> Result<(), NodeError> {
        let mut r = Reader::new(self.page.as_slice());
        let mut fields = || -> Result<_, Short> {
            Ok((r.u32()?, r.u8()?, r.u8()?, r.u16()?, r.u64()?, r.u64()?, r.u64()?))
        };
        let (magic, level, kind, reserved, owner, first, birth) =
            fields().map_err(|_| NodeError::Reserved)?;
        if magic != MAGIC {
            return Err(NodeError::Magic { found: magic });
        }
        if u32::from(level) != place.level {
            return Err(NodeError::Level { expected: place.level, found: u32::from(level) });
        }
        if kind != place.kind as u8 {
            return Err(NodeError::Kind { expected: place.kind as u8, found: kind });
        }
        if owner != place.owner {
            return Err(NodeError::Owner { expected: place.owner, found: owner });
        }
        if first != place.first {
            return Err(NodeError::First { expected: place.first, found: first });
        }
        if birth > seq || birth == 0 {
            return Err(NodeError::Birth { birth, seq });
        }
        if reserved != 0 {
            return Err(NodeError::Reserved);
        }
        Ok(())
    }

    pub(crate) fn page(&self) -> &[u8; PAGE] {
        &self.page
    }

    /// The commit that wrote the node.
    pub(crate) fn birth(&self) -> u64 {
        Reader::new(self.page.get(24..).unwrap_or_default()).u64().unwrap_or_default()
    }

    pub(crate) fn set_birth(&mut self, birth: u64) {
        if let Some(field) = self.page.get_mut(24..32) {
            field.copy_from_slice(&birth.to_le_bytes());
        }
    }

    fn body(&self) -> &[u8] {
        self.page.get(HEAD..).unwrap_or_default()
    }

    pub(crate) fn entry(&self, i: usize) -> Result<Entry, EntryError> {
        let (entries, _) = self.body().as_chunks();
        entries.get(i).map_or(Ok(Entry::Missing), Entry::decode)
    }

    pub(crate) fn set_entry(&mut self, i: usize, entry: &Entry) {
        let (entries, _) = self.page.get_mut(HEAD..).unwrap_or_default().as_chunks_mut();
        if let Some(place) = entries.get_mut(i) {
            *place = entry.encode();
        }
    }

    pub(crate) fn child(&self, i: usize) -> Result<Child, NodeError> {
        let (children, _) = self.body().as_chunks();
        children.get(i).map_or(Ok(Child::default()), Child::decode)
    }

    pub(crate) fn set_child(&mut self, i: usize, child: Child) {
        let (children, _) = self.page.get_mut(HEAD..).unwrap_or_default().as_chunks_mut();
        if let Some(place) = children.get_mut(i) {
            *place = child.encode();
        }
    }

    /// Whether the node has neither entries nor children.
    pub(crate) fn is_empty(&self) -> bool {
        is_zero(self.body())
    }
}
