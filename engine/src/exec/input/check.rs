//! Checksums of a window: each block is checked once, before it is read.

use std::ops::Range;

use arrstore_format::Grid;

use super::{ALL, CHECK, Held, Input, grain};
use crate::Result;
use crate::context::Metrics;

impl<'p> Input<'p> {
    /// Brings the bytes of the window and prepares their check, which happens as they are read. There is nothing to
    /// check if the chunk is not in place or checks are off.
    pub(super) fn begin_check(&mut self, shape: &[u64]) {
        self.checked.set(ALL);
        let Held::InPlace(_, bytes) = &self.held else { return };
        let reach = self.reach(shape, bytes.len());
        let sparse = reach.is_sparse(bytes.len());
        Metrics::add(&self.context.metrics.mapped, reach.used);
        if let (false, Held::InPlace(located, _)) = (sparse, &self.held) {
            self.source.bring(located, self.around(reach.span.clone(), bytes.len()));
        }
        let ends = [reach.span.start, reach.span.end];
        let shares = ends.iter().any(|end| !end.is_multiple_of(CHECK) && *end != bytes.len());
        self.partial = shares || reach.used < reach.span.len();
        self.span = reach.span;
        // a view of few elements reads only the bytes that it uses, so it checks nothing
        if self.checks && (!sparse || self.whole) {
            self.checked.set((0, 0));
        }
    }

    /// The bytes of a chunk of `len` bytes that are read for `bytes`: whole checksummed blocks if checks are on.
    pub(super) fn around(&self, bytes: Range<usize>, len: usize) -> Range<usize> {
        if !self.checks {
            return bytes;
        }
        let size = grain(len);
        bytes.start / size * size..bytes.end.next_multiple_of(size).min(len)
    }

    /// Checks bytes of the chunk at hand. If other windows share checksummed blocks with this one, each block is
    /// checked only once.
    pub(super) fn check(&self, bytes: Range<usize>) -> Result<()> {
        match &self.held {
            Held::InPlace(..) if self.partial => self.check_once(bytes),
            Held::InPlace(located, _) => self.source.check(located, bytes),
            _ => Ok(()),
        }
    }

    /// Checks the blocks of the chunk at hand that touch `bytes`, except those that a worker has checked.
    pub(super) fn check_once(&self, bytes: Range<usize>) -> Result<()> {
        let Held::InPlace(located, all) = &self.held else { return Ok(()) };
        self.unseen(bytes, all.len()).into_iter().try_for_each(|block| self.source.check(located, block))
    }

    /// The checksummed blocks of the chunk at hand, of `len` bytes, that touch `bytes` and that no worker has asked for
    /// before.
    pub(super) fn unseen(&self, bytes: Range<usize>, len: usize) -> Vec<Range<usize>> {
        let size = grain(len);
        let number = Grid::new(self.source.shape(), &self.load.chunk).linear(&self.index);
        let blocks = bytes.start / size..bytes.end.div_ceil(size);
        // chunks at an edge may be shorter, but have their numbers among those of full ones
        let full = self.source.chunk_bytes();
        let unseen = self.shared.unseen(self.number, number, full.div_ceil(grain(full)), blocks).into_iter();
        unseen.map(|block| block * size..((block + 1) * size).min(len)).collect()
    }

    /// Checks the bytes of the window that are read next, and all bytes between these and the range checked before.
    /// Checks nothing twice.
    pub(in crate::exec) fn check_read(&self, bytes: Range<usize>) -> Result<()> {
        let (low, high) = self.checked.get();
        if low <= bytes.start && bytes.end <= high {
            return Ok(());
        }
        let start = (bytes.start / CHECK * CHECK).max(self.span.start);
        let end = bytes.end.next_multiple_of(CHECK).min(self.span.end);
        let (low, high) = if low == high { (start, start) } else { (low, high) };
        let (before, after) = (start..low, high..end);
        for bytes in [before, after].into_iter().filter(|bytes| !bytes.is_empty()) {
            self.check(bytes)?;
        }
        let checked = (low.min(start), high.max(end));
        self.checked.set(if checked == (self.span.start, self.span.end) { ALL } else { checked });
        Ok(())
    }

    /// Checks the blocks of the window that no worker has checked. If pages do not stay, checks the whole window: its
    /// pages may come from the disk again.
    pub(in crate::exec) fn check_unseen(&self) -> Result<()> {
        if !self.shared.pages {
            return self.check_all();
        }
        if self.checked.replace(ALL) == ALL {
            return Ok(());
        }
        self.check_once(self.span.clone())
    }

    /// Checks the rest of the window.
    pub(in crate::exec) fn check_all(&self) -> Result<()> {
        self.check_read(self.span.clone())
    }
}
