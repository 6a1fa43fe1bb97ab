//! The record of an array: the few fields that change with every commit that touches its chunks.

use crate::bytes::{Reader, Short, Writer, is_zero};
use crate::reference::{BlockRef, Root};

const MAGIC: u32 = u32::from_le_bytes(*b"RECD");
/// Bytes of a record.
pub(crate) const LEN: usize = 128;

/// Why a record was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A block of another length.
    #[error("expected {LEN} bytes, found {found}")]
    Length {
        /// The length in bytes.
        found: u64,
    },
    /// A block that is not a record.
    #[error("expected a record, found magic {found:#010x}")]
    Magic {
        /// The first word of the block.
        found: u32,
    },
    /// The record of another array.
    #[error("it belongs to array {found}")]
    Id {
        /// The id in the record.
        found: u64,
    },
    /// Reserved bytes that are not zero.
    #[error("reserved bytes are not zero")]
    Reserved,
}

/// Where an array's index and metadata are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) index: Root,
    pub(crate) meta: BlockRef,
    /// Chunks that are not missing.
    pub(crate) present: u64,
    /// Bytes of the payloads of those chunks.
    pub(crate) stored: u64,
}

impl Record {
    pub(crate) fn encode(&self, id: u64) -> Vec<u8> {
        let mut w = Writer::default();
        w.u32(MAGIC).u32(0).u64(id);
        self.index.write(&mut w);
        self.meta.write(&mut w);
        w.u64(self.present).u64(self.stored);
        // The rest is reserved, for the root of a tree of statistics.
        w.pad(LEN);
        w.0
    }

    pub(crate) fn decode(block: &[u8], id: u64) -> Result<Record, RecordError> {
        let wrong = |_: Short| RecordError::Length { found: block.len() as u64 };
        if block.len() != LEN {
            return Err(wrong(Short));
        }
        let mut r = Reader::new(block);
        let magic = r.u32().map_err(wrong)?;
        if magic != MAGIC {
            return Err(RecordError::Magic { found: magic });
        }
        let reserved = r.u32().map_err(wrong)?;
        let found = r.u64().map_err(wrong)?;
        if found != id {
            return Err(RecordError::Id { found });
        }
        let index = Root::read(&mut r).map_err(wrong)?;
        let meta = BlockRef::read(&mut r).map_err(wrong)?;
        let (present, stored) = (r.u64().map_err(wrong)?, r.u64().map_err(wrong)?);
        if reserved != 0 || !is_zero(r.rest()) {
            return Err(RecordError::Reserved);
        }
        Ok(Record { index, meta, present, stored })
    }
}
