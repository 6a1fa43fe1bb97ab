//! A chunk to be written, and the elements to be written to it.

use crate::layout::Layout;
use crate::name::ArrayId;
use crate::node::NodeError;
use crate::payload::PayloadError;
use crate::region::Intersection;
use crate::{EntryError, Error};

/// A chunk of an array, as the transaction has it now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) id: ArrayId,
    pub(super) layout: &'a Layout,
    pub(super) index: &'a [u64],
}

impl Target<'_> {
    /// Its number in the array's index.
    pub(super) fn number(&self) -> u64 {
        self.layout.numbering.number(self.index)
    }

    /// The error of elements that cannot be stored.
    pub(super) fn refuse(&self, problem: PayloadError) -> Error {
        Error::Elements { array: self.layout.meta.name.clone(), index: self.index.to_vec(), problem }
    }

    /// The error of an entry that the array cannot have.
    pub(super) fn refuse_entry(&self, problem: EntryError) -> Error {
        let problem = NodeError::Entry { number: self.number(), problem };
        Error::Node { owner: self.id.0, offset: 0, problem }
    }
}

/// The elements of a region, in C order, of which a part goes to one chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) part: &'a Intersection,
    /// The shape of the region.
    pub(super) shape: &'a [u64],
    pub(super) data: &'a [u8],
}

impl Source<'_> {
    /// The shape of the region, for strides.
    pub(super) fn whole(&self) -> Vec<usize> {
        self.shape.iter().map(|&n| n as usize).collect()
    }
}
