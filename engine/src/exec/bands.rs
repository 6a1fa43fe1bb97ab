//! Results in memory that many threads write to their final place. A result is cut into bands of contiguous bytes, and
//! a thread has a band to itself while it writes there.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use arrstore_format::Grid;

use crate::Result;
use crate::program::tiles::Tiles;
use crate::source::c_strides;

/// The fewest elements of a tile in one band: to begin a band costs about as much as to compute some hundred elements.
const LEAST: u64 = 1 << 15;
/// Bands that a tile is spread over, so that a thread soon finds one that no other thread holds.
const PARTS: u64 = 16;

/// Results of one shape.
pub(super) struct Bands<'a> {
    shape: Vec<u64>,
    /// Bytes of an element of each result.
    items: Vec<usize>,
    /// The bands along the first axes. The last of these is cut into runs, the axes before it into single elements. The
    /// axes after it stay whole.
    grid: Grid,
    /// For each band, its bytes of each result.
    parts: Vec<Mutex<Vec<&'a mut [u8]>>>,
}

/// A part of a result; `bytes` begin with its first element.
pub(super) struct Band<'b> {
    pub(super) bytes: &'b mut [u8],
    pub(super) strides: Vec<isize>,
    pub(super) item: usize,
}

impl<'a> Bands<'a> {
    /// The bands of results of `shape`, which are written tile by tile. Each result is given as its bytes and the bytes
    /// of one element.
    pub(super) fn new(results: Vec<(&'a mut [u8], usize)>, shape: &[u64], tiles: &Tiles) -> Bands<'a> {
        let extents = tiles.extents();
        let many = |axis: &usize| shape[..=*axis].iter().product::<u64>() >= PARTS;
        let axes = (0..shape.len()).find(many).map_or(shape.len(), |axis| axis + 1);
        let mut cut = vec![1; axes];
        if let Some(last) = cut.last_mut() {
            let extent = extents[axes - 1].max(1);
            let row = extents[axes..].iter().product::<u64>().max(1);
            *last = match tiles.len() {
                1 => shape[axes - 1].max(1),
                _ => extent.div_ceil(PARTS).max(LEAST.div_ceil(row)).min(extent),
            };
        }
        let grid = Grid::new(&shape[..axes], &cut);
        let row = shape[axes..].iter().product::<u64>() as usize;
        let (mut rest, items): (Vec<&mut [u8]>, Vec<usize>) = results.into_iter().unzip();
        let band = |index: Vec<u64>| {
            let elements = grid.extent(&index).iter().product::<u64>() as usize * row;
            let take = |(rest, item): (&mut &'a mut [u8], &usize)| {
                rest.split_off_mut(..elements * item).unwrap_or_default()
            };
            Mutex::new(rest.iter_mut().zip(&items).map(take).collect())
        };
        let parts = grid.indices().map(band).collect();
        Bands { shape: shape.to_vec(), items, grid, parts }
    }

    /// Cuts a box into parts that lie in one band each, and has `write` fill them. `write` gets the start and the shape
    /// of a part, and its place in each result. Parts whose band no other thread holds come first.
    pub(super) fn each(
        &self,
        start: &[u64],
        shape: &[u64],
        mut write: impl FnMut(&[u64], &[u64], Vec<Band<'_>>) -> Result<()>,
    ) -> Result<()> {
        let axes = self.grid.shape().len();
        let mut left: Vec<Vec<u64>> = self.grid.touching(&start[..axes], &shape[..axes]).collect();
        while let Some(first) = left.first() {
            let free = left.iter().enumerate().find_map(|(k, index)| Some((k, self.try_take(index)?)));
            let (k, mut results) = match free {
                Some(free) => free,
                None => (
                    0,
                    self.parts[self.grid.linear(first) as usize]
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner),
                ),
            };
            self.one(&left[k], start, shape, &mut results, &mut write)?;
            drop(results);
            left.remove(k);
        }
        Ok(())
    }

    fn try_take(&self, index: &[u64]) -> Option<MutexGuard<'_, Vec<&'a mut [u8]>>> {
        match self.parts[self.grid.linear(index) as usize].try_lock() {
            Ok(results) => Some(results),
            Err(TryLockError::Poisoned(results)) => Some(results.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn one(
        &self,
        index: &[u64],
        start: &[u64],
        shape: &[u64],
        results: &mut [&'a mut [u8]],
        write: &mut impl FnMut(&[u64], &[u64], Vec<Band<'_>>) -> Result<()>,
    ) -> Result<()> {
        let (first, extent) = (self.grid.start(index), self.grid.extent(index));
        let (mut from, mut part) = (start.to_vec(), shape.to_vec());
        for (axis, (&first, &extent)) in first.iter().zip(&extent).enumerate() {
            from[axis] = start[axis].max(first);
            part[axis] = (start[axis] + shape[axis]).min(first + extent) - from[axis];
        }
        let within: Vec<u64> =
            from.iter().enumerate().map(|(axis, at)| at - first.get(axis).unwrap_or(&0)).collect();
        let mut bands = Vec::with_capacity(results.len());
        for (bytes, &item) in results.iter_mut().zip(&self.items) {
            let strides = c_strides(&self.shape, item);
            let offset: usize =
                within.iter().zip(&strides).map(|(&at, s)| at as usize * s.unsigned_abs()).sum();
            bands.push(Band { bytes: bytes.get_mut(offset..).unwrap_or_default(), strides, item });
        }
        write(&from, &part, bands)
    }
}
