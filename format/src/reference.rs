//! The two kinds of reference that occur in several places: to a block and to the root of a tree.

use crate::bytes::{Reader, Short, Writer};

/// A reference to a block of metadata; all zero when there is none.
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

/// A reference to the root of a tree; all zero when the tree is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) offset: u64,
    pub(crate) crc: u32,
    /// Levels of nodes; 0 for an empty tree.
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
