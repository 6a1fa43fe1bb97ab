//! Regions: boxes of elements of an array, and their intersections with chunks.

use crate::grid::Grid;
use crate::{Error, Meta, Result};

/// Checks that a region lies inside an array.
pub(crate) fn check_region(meta: &Meta, start: &[u64], shape: &[u64]) -> Result<()> {
    let whole = &meta.shape;
    let fits = start.len() == whole.len()
        && shape.len() == whole.len()
        && start
            .iter()
            .zip(shape)
            .zip(whole)
            .all(|((&s, &n), &w)| s.checked_add(n).is_some_and(|end| end <= w));
    if fits {
        return Ok(());
    }
    Err(Error::Region {
        array: meta.name.clone(),
        start: start.to_vec(),
        shape: shape.to_vec(),
        whole: whole.clone(),
    })
}

/// Checks that a buffer holds the elements of `shape`.
pub(crate) fn check_data(meta: &Meta, shape: &[u64], found: usize) -> Result<()> {
    let item = meta.dtype.size() as u64;
    let expected = match shape.contains(&0) {
        true => 0,
        false => shape.iter().fold(item, |n, &d| n.saturating_mul(d)),
    };
    if found as u64 == expected {
        return Ok(());
    }
    Err(Error::DataLength { array: meta.name.clone(), expected, found })
}

/// The part of one chunk that lies in a region: its first element in the chunk and in the region, and its shape.
#[derive(Clone, Debug)]
pub(crate) struct Intersection {
    pub(crate) in_chunk: Vec<u64>,
    pub(crate) in_region: Vec<u64>,
    pub(crate) shape: Vec<usize>,
}

impl Intersection {
    pub(crate) fn new(grid: &Grid, index: &[u64], start: &[u64], shape: &[u64]) -> Intersection {
        let mut part = Intersection { in_chunk: Vec::new(), in_region: Vec::new(), shape: Vec::new() };
        let (first, extent) = (grid.start(index), grid.extent(index));
        for (((&c, &e), &s), &n) in first.iter().zip(&extent).zip(start).zip(shape) {
            let (low, high) = (c.max(s), (c + e).min(s + n));
            part.in_chunk.push(low - c);
            part.in_region.push(low - s);
            part.shape.push(high.saturating_sub(low) as usize);
        }
        part
    }
}

/// The offset in bytes of the element `at`.
pub(crate) fn offset_of(at: &[u64], strides: &[isize]) -> usize {
    at.iter().zip(strides).map(|(&i, &s)| i as usize * s as usize).sum()
}
