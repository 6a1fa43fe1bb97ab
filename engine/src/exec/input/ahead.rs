//! Bytes that come from a disk before they are read.

use std::ops::Range;

use super::{BESIDE, Input};
use crate::Result;
use crate::source::{Data, Located};

impl<'p> Input<'p> {
    /// Brings the stored bytes of the box of `shape` at `start` into memory. For a box in several chunks, asks for all
    /// parts at once, unless the first part is already in memory.
    pub(in crate::exec) fn bring(&mut self, start: &[u64], shape: &[u64]) -> Result<()> {
        if !(self.gathers && self.crosses(start, shape)) {
            if let Some((located, bytes)) = self.stored(start, shape)? {
                self.source.bring(&located, bytes);
            }
            return Ok(());
        }
        let (mut first, mut there) = (true, false);
        self.each_chunk(start, shape, |input, start, shape| {
            if there {
                return Ok(());
            }
            if let Some((located, bytes)) = input.stored(start, shape)? {
                there = std::mem::take(&mut first) && input.source.holds(&located, bytes.clone());
                if !there {
                    input.source.expect(&located, bytes);
                }
            }
            Ok(())
        })
    }

    /// Whether the stored bytes of a box, if [`Input::bring`] would bring any, are in memory.
    pub(in crate::exec) fn holds(&mut self, start: &[u64], shape: &[u64]) -> Result<bool> {
        let stored = self.stored(start, shape)?;
        Ok(stored.is_none_or(|(located, bytes)| self.source.holds(&located, bytes)))
    }

    /// Whether the stored bytes of an element must come from a disk. Asks less often while they need not.
    pub(in crate::exec) fn misses(&mut self, place: &[u64]) -> Result<bool> {
        let one = vec![1; place.len()];
        let Some((located, bytes)) = self.stored(place, &one)? else { return Ok(false) };
        let source = self.source;
        Ok(self.scout.misses(|| source.holds(&located, bytes)))
    }

    /// The stored bytes to bring for a box in one chunk. `None` for a constant chunk, for a box that uses too few of
    /// its bytes, and for a box of several short chunks, which the workers read themselves. The window is lost.
    pub(super) fn stored(
        &mut self,
        start: &[u64],
        shape: &[u64],
    ) -> Result<Option<(Located<'p>, Range<usize>)>> {
        if self.gathers && self.crosses(start, shape) {
            return Ok(None);
        }
        let (index, within) = self.chunk_of(start);
        let located = self.source.locate(&index)?;
        self.place(&within);
        let bytes = match &located.data {
            Data::Constant(_) => return Ok(None),
            Data::Encoded => 0..usize::MAX,
            Data::InPlace(bytes) => {
                let reach = self.reach(shape, bytes.len());
                let beside = self.whole && reach.span.len() <= BESIDE;
                if reach.is_sparse(bytes.len()) && !beside {
                    return Ok(None);
                }
                self.around(reach.span, bytes.len())
            }
        };
        Ok(Some((located, bytes)))
    }
}
