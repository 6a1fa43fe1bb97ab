//! Free space: where a transaction may write.
//!
//! The file does not store its free space. A transaction appends until enough space may be free to be worth a scan
//! (`scan.rs`). The scan walks the trees of the last two commits and finds the pages that neither reaches. A handle
//! remembers the pages that it found and those that its own commits freed.
//!
//! Nothing is ever written to a page that holds a committed byte. Large raw payloads and nodes have pages of their
//! own. Everything else is packed, at multiples of 64, into pages that only this transaction writes to. Freeing
//! packed bytes frees only the pages that they fill alone; the next scan finds the others.

use std::ops::Range;

use crate::entry::{Entry, Extent};
use crate::payload::crc_table::raw_occupied;
use crate::runs::{RUNS_MAX, Runs};
use crate::slot::Slot;
use crate::{FIXED, PAGE};

const PAGE_BYTES: u64 = PAGE as u64;
/// The most pages taken at a time for packing.
const PACK_PAGES: u64 = 256;

/// Fewer free bytes are not worth a scan.
const LEAST: u64 = 64 << 10;

/// Whether the free space is worth reading all nodes. For the first scan of a handle, half of the file has to be
/// free. For later ones a quarter is enough, once the handle has appended as many bytes as the nodes have.
fn is_worthwhile(slot: &Slot, appended: Option<u64>) -> bool {
    let used = slot.live_bytes.saturating_add(FIXED);
    let free = slot.length.saturating_sub(used);
    let enough = match appended {
        None => free > slot.length / 2,
        Some(bytes) => free > slot.length / 4 && bytes >= slot.nodes.saturating_mul(PAGE_BYTES),
    };
    free >= LEAST && enough
}

/// The free space that a handle remembers from one transaction to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remembered {
    /// The file and the commit for which this holds.
    pub(crate) uuid: [u8; 16],
    pub(crate) seq: u64,
    pub(crate) free: Runs,
    /// Pages that readers may still need, with the commits that freed them.
    pub(crate) waiting: Vec<(u64, Runs)>,
    /// Bytes appended by this handle since its last scan, which pay for the next one; `None` before the first.
    pub(crate) appended: Option<u64>,
}

/// Gives out space to one transaction.
#[derive(Debug)]
pub(crate) struct Allocator {
    uuid: [u8; 16],
    seq: u64,
    /// Where the last commit ends. The file is never shorter.
    base_end: u64,
    /// Where the next append goes.
    end: u64,
    free: Runs,
    /// Pages of the last commit that this one no longer needs.
    freed: Runs,
    /// The unused rest of the pages for packing.
    packing: Range<u64>,
    pack_pages: u64,
    /// Pages taken below the committed end. A scan cannot know that they are not free.
    taken: Runs,
    scanned: bool,
    /// Bytes and nodes in use, as the slot records them.
    pub(crate) live_bytes: u64,
    pub(crate) nodes: u64,
    appended: Option<u64>,
}

impl Allocator {
    pub(crate) fn new(base: &Slot, remembered: &Remembered) -> Allocator {
        Allocator {
            uuid: base.uuid,
            seq: base.seq + 1,
            base_end: base.length.max(FIXED),
            end: base.length.max(FIXED),
            free: remembered.free.clone(),
            freed: Runs::default(),
            packing: 0..0,
            pack_pages: 1,
            taken: Runs::default(),
            scanned: false,
            live_bytes: base.live_bytes,
            nodes: base.nodes,
            appended: remembered.appended,
        }
    }

    /// Adds the pages that a scan found, except those that this transaction has taken.
    ///
    /// Answers whether it added them. It does not when too many pages were taken to know them all.
    pub(crate) fn found(&mut self, found: &Runs) -> bool {
        let known = self.taken.0.len() < RUNS_MAX;
        if known {
            self.free.add_all(&found.without(&self.taken));
        }
        known
    }

    /// Whether to scan for free space now. A transaction scans once.
    pub(crate) fn begin_scan(&mut self, slot: &Slot) -> bool {
        let now = !self.scanned && is_worthwhile(slot, self.appended);
        if now {
            self.scanned = true;
            self.appended = Some(0);
        }
        now
    }

    /// How long the file has to be for all space that was given out.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Whether a request for `pages` pages would make the file longer.
    pub(crate) fn would_append(&self, pages: u64) -> bool {
        !self.free.has(pages)
    }

    fn take_pages(&mut self, count: u64) -> u64 {
        self.take_run(count, count).start * PAGE_BYTES
    }

    /// At least `least` free pages in a row, or `most` pages behind the end.
    fn take_run(&mut self, least: u64, most: u64) -> Range<u64> {
        if let Some(run) = self.free.take(least, most) {
            self.taken.add(run.start..run.end.min(self.base_end / PAGE_BYTES));
            return run;
        }
        let start = self.end / PAGE_BYTES;
        self.end += most * PAGE_BYTES;
        self.appended = self.appended.map(|bytes| bytes + most * PAGE_BYTES);
        start..start + most
    }

    /// A page for a node.
    pub(crate) fn take_node(&mut self) -> u64 {
        self.nodes += 1;
        self.live_bytes += PAGE_BYTES;
        self.take_pages(1)
    }

    /// Whole pages, for a raw payload with its table.
    pub(crate) fn take_aligned(&mut self, len: u64) -> u64 {
        self.live_bytes += len;
        self.take_pages(len.div_ceil(PAGE_BYTES))
    }

    /// Room at a multiple of 64.
    pub(crate) fn take_packed(&mut self, len: u64) -> u64 {
        let len = len.next_multiple_of(64);
        self.live_bytes += len;
        if self.packing.end - self.packing.start < len {
            let missing = len - (self.packing.end - self.packing.start);
            let at_end = self.packing.end == self.end && self.packing.start < self.packing.end;
            let extends = at_end && self.would_append(missing.div_ceil(PAGE_BYTES));
            if !extends {
                self.close_packing();
            }
            let least = if extends { missing } else { len }.div_ceil(PAGE_BYTES);
            let run = self.take_run(least, least.max(self.pack_pages));
            self.pack_pages = (self.pack_pages * 2).min(PACK_PAGES);
            if !extends {
                self.packing.start = run.start * PAGE_BYTES;
            }
            self.packing.end = run.end * PAGE_BYTES;
        }
        let offset = self.packing.start;
        self.packing.start += len;
        offset
    }

    /// Gives back the packing pages that were not used.
    fn close_packing(&mut self) {
        let rest = self.packing.start.div_ceil(PAGE_BYTES)..self.packing.end / PAGE_BYTES;
        self.packing = 0..0;
        self.free.add(rest);
    }

    /// Frees pages that commit `birth` wrote.
    fn drop_pages(&mut self, pages: Range<u64>, birth: u64) {
        if birth == self.seq { self.free.add(pages) } else { self.freed.add(pages) }
    }

    pub(crate) fn drop_node(&mut self, offset: u64, birth: u64) {
        self.nodes = self.nodes.saturating_sub(1);
        self.live_bytes = self.live_bytes.saturating_sub(PAGE_BYTES);
        let page = offset / PAGE_BYTES;
        self.drop_pages(page..page + 1, birth);
    }

    /// Frees the bytes that an entry points to.
    pub(crate) fn drop_entry(&mut self, entry: &Entry) {
        match entry {
            Entry::Raw(e, birth) if e.len >= PAGE_BYTES => {
                let len = raw_occupied(e.len);
                self.live_bytes = self.live_bytes.saturating_sub(len);
                let page = e.offset / PAGE_BYTES;
                self.drop_pages(page..page + len.div_ceil(PAGE_BYTES), *birth);
            }
            Entry::Raw(e, birth) | Entry::Encoded(e, birth) | Entry::Record(e, birth) => {
                self.drop_packed(e, *birth);
            }
            Entry::Missing | Entry::Constant(..) => {}
        }
    }

    /// Frees packed bytes. Only the pages that they fill alone become free.
    pub(crate) fn drop_packed(&mut self, extent: &Extent, birth: u64) {
        let len = extent.len.next_multiple_of(64);
        self.live_bytes = self.live_bytes.saturating_sub(len);
        let pages = extent.offset.div_ceil(PAGE_BYTES)..(extent.offset + len) / PAGE_BYTES;
        self.drop_pages(pages, birth);
    }

    /// Ends the allocation, and gives the length of the file.
    pub(crate) fn finish(&mut self) -> u64 {
        self.close_packing();
        while self.end > self.base_end {
            match self.free.take_before(self.end / PAGE_BYTES) {
                Some(page) => {
                    // Pages below the old end stay free. Pages above it leave the file.
                    let start = (page * PAGE_BYTES).max(self.base_end);
                    self.free.add(page..start / PAGE_BYTES);
                    self.end = start;
                }
                None => break,
            }
        }
        self.end
    }

    /// The free space that is known after this commit.
    pub(crate) fn remember(self, mut waiting: Vec<(u64, Runs)>) -> Remembered {
        if self.freed.pages() > 0 {
            waiting.push((self.seq, self.freed));
        }
        Remembered { uuid: self.uuid, seq: self.seq, free: self.free, waiting, appended: self.appended }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_during_a_transaction_gives_no_page_twice() {
        let slot = Slot { length: 100 * PAGE_BYTES, ..Slot::empty([0; 16]) };
        let remembered = Remembered { free: Runs([(10, 2)].into()), ..Remembered::default() };
        let mut space = Allocator::new(&slot, &remembered);
        let first = space.take_node();
        assert!(space.begin_scan(&slot) && !space.begin_scan(&slot));
        assert!(space.found(&Runs([(10, 5)].into())));
        let more: Vec<u64> = (0..5).map(|_| space.take_node() / PAGE_BYTES).collect();
        assert_eq!((first / PAGE_BYTES, more), (10, vec![11, 12, 13, 14, 100]));
    }

    #[test]
    fn packed_bytes_share_pages_and_unused_pages_come_back() {
        let slot = Slot::empty([0; 16]);
        let mut space = Allocator::new(&slot, &Remembered::default());
        let a = space.take_packed(100);
        let b = space.take_packed(10);
        assert_eq!((a, b), (FIXED, FIXED + 128));
        let node = space.take_node();
        assert_eq!(node % PAGE_BYTES, 0);
        let big = space.take_packed(100_000);
        assert_eq!(big % 64, 0);
        assert_eq!(space.live_bytes, 128 + 64 + PAGE_BYTES + 100_032);
        space.drop_node(node, 1);
        let reused = space.take_node();
        assert_eq!(reused, node, "a page that this transaction dropped is used again at once");
        let end = space.finish();
        assert!(end >= big + 100_000 && end < big + 100_000 + 2 * PAGE_BYTES, "{end} {big}");
    }
}
