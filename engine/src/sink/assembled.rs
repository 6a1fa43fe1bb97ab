//! Assembly of boxes into whole chunks before they are written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrstore_format::{Grid, strided};

use super::{Sink, parts};
use crate::source::c_strides;
use crate::{Buffer, DType, Result};

/// A sink that takes boxes of any shape, in front of a sink that takes only whole chunks. A chunk waits in memory until
/// all of its elements have been written.
pub(crate) struct Assembled<'s> {
    sink: Arc<dyn Sink + 's>,
    grid: Grid,
    open: Mutex<HashMap<u64, Open>>,
}

/// An incomplete chunk, and the number of its missing elements.
struct Open {
    elements: Buffer,
    missing: u64,
}

impl<'s> Assembled<'s> {
    /// An assembling sink in front of `sink`, whose chunks have the shape `chunk`.
    pub(crate) fn new(sink: Arc<dyn Sink + 's>, chunk: &[u64]) -> Assembled<'s> {
        let grid = Grid::new(sink.shape(), chunk);
        Assembled { sink, grid, open: Mutex::default() }
    }

    /// The most bytes of incomplete chunks of an array of `shape` and of elements of `item` bytes at a time, if all open
    /// boxes lie within one box of shape `open`.
    pub(crate) fn bytes(shape: &[u64], chunk: &[u64], item: usize, open: &[u64]) -> u64 {
        let along = open.iter().zip(chunk).zip(shape);
        let touched = along.map(|((&n, &c), &all)| n.saturating_add(2 * c.saturating_sub(1)).min(all).max(1));
        touched.fold(item as u64, u64::saturating_mul)
    }
}

impl Sink for Assembled<'_> {
    fn dtype(&self) -> DType {
        self.sink.dtype()
    }
    fn shape(&self) -> &[u64] {
        self.sink.shape()
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        None
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        let item = self.dtype().size();
        let from = c_strides(shape, item);
        for part in parts(&self.grid, start, shape) {
            let extent = self.grid.extent(&part.index);
            let all: u64 = extent.iter().product();
            if part.shape == extent && part.shape == shape {
                self.sink.write(start, shape, data)?;
                continue;
            }
            let to = c_strides(&extent, item);
            let lengths: Vec<usize> = part.shape.iter().map(|&n| n as usize).collect();
            let place = |at: &[u64], strides: &[isize]| -> usize {
                at.iter().zip(strides).map(|(&i, s)| i as usize * s.unsigned_abs()).sum()
            };
            let number = self.grid.linear(&part.index);
            let mut waiting = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let open = match waiting.entry(number) {
                std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
                std::collections::hash_map::Entry::Vacant(none) => {
                    none.insert(Open { elements: Buffer::unfilled(all as usize * item)?, missing: all })
                }
            };
            let (skipped, within) = (place(&part.skipped, &from), place(&part.within, &to));
            strided::copy(item, &lengths, data, skipped, &from, open.elements.bytes_mut(), within, &to);
            open.missing = open.missing.saturating_sub(part.shape.iter().product());
            if open.missing > 0 {
                continue;
            }
            let complete = waiting.remove(&number);
            drop(waiting);
            if let Some(complete) = complete {
                self.sink.write(&self.grid.start(&part.index), &extent, complete.elements.bytes())?;
            }
        }
        Ok(())
    }
    fn label(&self) -> String {
        self.sink.label()
    }
}
