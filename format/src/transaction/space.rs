//! Space for a transaction's nodes, blocks and payloads.

use super::Transaction;
use crate::alloc::Allocator;
use crate::entry::{Entry, Extent, check_extent};
use crate::payload::crc_table::raw_occupied;
use crate::reference::BlockRef;
use crate::sync::MutexGuard;
use crate::sync::atomic::Ordering;
use crate::tree::update::Space;
use crate::{Error, PAGE, Result, scan};

/// The space of a transaction for a tree's writer. It counts the entries that are replaced.
#[derive(Debug)]
pub(super) struct TreeSpace<'a> {
    transaction: &'a Transaction,
    pub(super) replaced: u64,
    pub(super) replaced_bytes: u64,
}

impl Space for TreeSpace<'_> {
    fn take_page(&mut self) -> Result<u64> {
        let offset = self.transaction.with_room(1)?.take_node();
        self.transaction.reserve()?;
        Ok(offset)
    }
    fn drop_page(&mut self, offset: u64, birth: u64) {
        self.transaction.space().drop_node(offset, birth);
    }
    fn replaced(&mut self, old: &Entry) {
        self.replaced += 1;
        self.replaced_bytes += old.stored();
        self.transaction.space().drop_entry(old);
    }
}

impl Transaction {
    pub(super) fn tree_space(&self) -> TreeSpace<'_> {
        TreeSpace { transaction: self, replaced: 0, replaced_bytes: 0 }
    }

    /// The allocator. If it has no room for `pages` and enough may be free, a scan looks for free space first.
    fn with_room(&self, pages: u64) -> Result<MutexGuard<'_, Allocator>> {
        let mut space = self.space();
        if !self.base.reuse || !space.would_append(pages) || !space.begin_scan(self.slot()) {
            return Ok(space);
        }
        drop(space);
        let free = scan::free_pages(&self.lock.0, &self.base.slots)?;
        let mut space = self.space();
        if free.is_some_and(|free| space.found(&free)) {
            self.scanned.store(true, Ordering::Relaxed);
        }
        Ok(space)
    }

    /// Makes room in the file for all space that was given out.
    fn reserve(&self) -> Result<()> {
        let end = self.space().end();
        self.storage().reserve(end).map_err(Error::io(|| format!("making room for {end} bytes")))
    }

    /// Room for a payload. A raw payload of a page or more has pages of its own.
    pub(crate) fn take_payload(&self, len: u64, raw: bool) -> Result<u64> {
        let pages = len.div_ceil(PAGE as u64);
        let offset = match raw && len >= PAGE as u64 {
            true => self.with_room(pages)?.take_aligned(raw_occupied(len)),
            false => self.with_room(pages)?.take_packed(len),
        };
        self.reserve()?;
        Ok(offset)
    }

    /// Writes a block of metadata.
    pub(super) fn put_block(&self, block: &[u8]) -> Result<BlockRef> {
        if block.is_empty() {
            return Ok(BlockRef::default());
        }
        let offset = self.take_payload(block.len() as u64, false)?;
        self.put_bytes(block, offset)?;
        Ok(BlockRef { offset, len: block.len() as u32, crc: crc32fast::hash(block) })
    }

    pub(crate) fn put_bytes(&self, bytes: &[u8], offset: u64) -> Result<()> {
        let doing = Error::io(|| format!("writing {} bytes at byte {offset}", bytes.len()));
        self.storage().write_all_at(bytes, offset).map_err(doing)
    }

    /// Frees a block of the last commit, if the reference leads to a possible place.
    pub(super) fn drop_block(&self, block: BlockRef) {
        let extent = Extent { offset: block.offset, len: u64::from(block.len), crc: block.crc };
        if check_extent(extent.offset, extent.len, self.slot().length).is_ok() {
            self.space().drop_packed(&extent, self.slot().seq);
        }
    }
}
