//! Reading one commit: its blocks, trees and records.

use crate::attributes::{self, Attributes};
use crate::bytes::check;
use crate::entry::{Entry, EntryError, Extent, TreeKind, check_extent};
use crate::name::{self, NAMES_MAX, Names};
use crate::record::{self, Record, RecordError};
use crate::reference::{BlockRef, Root};
use crate::slot::Slot;
use crate::storage::Storage;
use crate::tree::Tree;
use crate::tree::nodes::Nodes;
use crate::{Error, Result};

/// Reads a block of metadata and checks it. Nothing is allocated before its place is known to be possible.
pub(crate) fn read_block(
    storage: &dyn Storage,
    what: &'static str,
    at: BlockRef,
    most: u64,
    end: u64,
) -> Result<Vec<u8>> {
    if at.is_none() {
        return Ok(Vec::new());
    }
    let refuse = |problem| Error::BlockPlace { what, problem };
    check_extent(at.offset, u64::from(at.len), end.min(at.offset.saturating_add(most))).map_err(refuse)?;
    if !at.offset.is_multiple_of(64) {
        return Err(refuse(EntryError::Alignment { offset: at.offset, alignment: 64 }));
    }
    let mut block = vec![0; at.len as usize];
    storage
        .read_exact_at(&mut block, at.offset)
        .map_err(Error::io(|| format!("reading {what} at byte {}", at.offset)))?;
    check(&block, at.crc).map_err(|problem| Error::BlockCrc { what, offset: at.offset, problem })?;
    Ok(block)
}

/// A commit that something else keeps in place: the pin of a snapshot, or the writer's lock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Commit<'a> {
    pub(crate) nodes: &'a Nodes,
    pub(crate) slot: &'a Slot,
}

impl<'a> Commit<'a> {
    pub(crate) fn storage(&self) -> &'a dyn Storage {
        self.nodes.storage.as_ref()
    }

    pub(crate) fn names(&self) -> Result<Names> {
        let at = self.slot.names;
        let block = read_block(self.storage(), "the name block", at, NAMES_MAX as u64, self.slot.length)?;
        if at.is_none() && self.slot.arrays == 0 {
            return Ok(Names::new());
        }
        name::decode(&block, self.slot.arrays, self.slot.next_id)
            .map_err(|problem| Error::Names { offset: at.offset, problem })
    }

    pub(crate) fn attributes(&self) -> Result<Attributes> {
        let most = crate::ATTRIBUTES_MAX as u64;
        let what = "the file's attributes";
        let block = read_block(self.storage(), what, self.slot.attributes, most, self.slot.length)?;
        Ok(attributes::decode(&block)?)
    }

    pub(crate) fn table(&self) -> Tree<'a> {
        let (root, end) = (self.slot.table, self.slot.length);
        Tree { nodes: self.nodes, root, kind: TreeKind::Table, owner: 0, end }
    }

    pub(crate) fn index(&self, id: u64, root: Root) -> Tree<'a> {
        Tree { nodes: self.nodes, root, kind: TreeKind::Chunks, owner: id, end: self.slot.length }
    }

    /// The record of an array and the entry that refers to it.
    pub(crate) fn record(&self, id: u64) -> Result<(Record, Entry)> {
        let entry = self.table().get(id)?;
        Ok((self.record_at(id, &entry)?, entry))
    }

    pub(crate) fn record_at(&self, id: u64, entry: &Entry) -> Result<Record> {
        let refuse = |problem| Error::Record { id, problem };
        let Entry::Record(Extent { offset, len, crc }, _) = *entry else {
            return Err(Error::NoArrayId { id });
        };
        if len != record::LEN as u64 {
            return Err(refuse(RecordError::Length { found: len }));
        }
        let at = BlockRef { offset, len: len as u32, crc };
        let block = read_block(self.storage(), "a record", at, len, self.slot.length)?;
        Record::decode(&block, id).map_err(refuse)
    }
}
