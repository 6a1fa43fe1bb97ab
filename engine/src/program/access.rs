//! The layout of the elements of a pass in the chunks of its inputs.

use crate::view::{AxisMap, View};

/// The way one axis of a domain runs through one axis of a chunk grid: element `i` of the domain is element
/// `start + step * i` of the source, in chunk `(start + step * i) / chunk`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Access {
    /// Axis of the source.
    pub(crate) axis: usize,
    pub(crate) start: i64,
    pub(crate) step: i64,
    /// Elements of a chunk along the axis.
    pub(crate) chunk: u64,
}

impl Access {
    /// Chunk of domain element `i`, and the element within that chunk.
    pub(crate) fn locate(&self, i: u64) -> (u64, u64) {
        let at = (self.start + self.step * i as i64) as u64;
        (at / self.chunk, at % self.chunk)
    }

    /// First domain element after `i` that lies in another chunk (it may be past the end of the domain).
    pub(crate) fn next_border(&self, i: u64) -> u64 {
        let (_, within) = self.locate(i);
        let room = if self.step > 0 { self.chunk - within } else { within + 1 };
        i + room.div_ceil(self.step.unsigned_abs())
    }

    /// Domain elements that a whole chunk spans.
    pub(crate) fn span(&self) -> u64 {
        self.chunk.div_ceil(self.step.unsigned_abs())
    }
}

/// For each axis of a domain of `ndim` axes, how it runs through a source seen through `view`; `None` where
/// the source is broadcast.
pub(crate) fn accesses(view: &View, chunk_shape: &[u64], ndim: usize) -> Vec<Option<Access>> {
    let mut out = vec![None; ndim];
    for (k, (map, &chunk)) in view.0.iter().zip(chunk_shape).enumerate() {
        if let AxisMap::Along { axis, start, step } = *map {
            out[axis] = Some(Access { axis: k, start, step, chunk });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_where_the_chunk_changes() {
        for (start, step, chunk, len) in
            [(0, 1, 4, 10), (5, 2, 4, 9), (17, -1, 5, 18), (19, -3, 4, 7), (3, 7, 2, 5)]
        {
            let a = Access { axis: 0, start, step, chunk };
            let mut i = 0;
            while i < len {
                let next = a.next_border(i);
                assert!(next > i);
                for j in i..next.min(len) {
                    assert_eq!(a.locate(j).0, a.locate(i).0);
                }
                if next < len {
                    assert_ne!(a.locate(next).0, a.locate(i).0);
                }
                i = next;
            }
        }
    }
}
