//! Delivery of boxes of a result to its sink.

use arrstore_format::strided;

use super::bands::{Band, Bands};
use super::each_tile;
use crate::context::Metrics;
use crate::profile::Work;
use crate::program::tiles::Tiles;
use crate::sink::Sink;
use crate::source::c_strides;
use crate::{Buffer, Context, Result};

/// Takes a box: its start, its shape, and its elements in C order. Several threads may give boxes at a time.
pub(crate) type Give<'a> = dyn Fn(&[u64], &[u64], &[u8]) -> Result<()> + Sync + 'a;

/// Has `run` give all boxes of a result, which are parts of `tiles`, to a sink. If the result is in memory, each thread
/// writes to its final place.
///
/// # Errors
/// When memory is short, and those of `run`.
pub(crate) fn deliver<T>(
    sink: &dyn Sink,
    tiles: &Tiles,
    context: &Context,
    run: impl FnOnce(&Give<'_>) -> Result<T>,
) -> Result<T> {
    let mut memory = sink.memory()?;
    let bands = memory
        .as_mut()
        .map(|memory| Bands::new(vec![(memory.bytes_mut(), sink.dtype().size())], sink.shape(), tiles));
    run(&|start: &[u64], shape: &[u64], data: &[u8]| {
        Metrics::add(&context.metrics.written, data.len());
        context.record(Work::of_sink(sink), 1, data.len() as u64, || match &bands {
            Some(bands) => put(bands, start, shape, data),
            None => sink.write(start, shape, data),
        })
    })
}

/// Bytes of the boxes of [`give_alike`].
pub(crate) const ALIKE: u64 = 1 << 20;

/// Gives boxes that make up an array of `shape` whose elements all are `one`.
///
/// # Errors
/// When memory is short, and those of `give`.
pub(crate) fn give_alike(
    one: &[u8],
    shape: &[u64],
    give: impl Fn(&[u64], &[u64], &[u8]) -> Result<()>,
) -> Result<()> {
    let tiles = Tiles::in_one_piece(shape, ALIKE / one.len() as u64);
    let bytes = |shape: &[u64]| shape.iter().product::<u64>() as usize * one.len();
    let mut all = Buffer::unfilled(bytes(&tiles.extents()))?;
    all.bytes_mut().chunks_exact_mut(one.len()).for_each(|to| to.copy_from_slice(one));
    each_tile(&tiles, &(0..shape.len()).collect::<Vec<_>>(), |index| {
        let (start, shape) = tiles.tile(index);
        give(&start, &shape, &all.bytes()[..bytes(&shape)])
    })
}

/// Copies the elements of a box to their final place in memory.
fn put(bands: &Bands<'_>, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
    bands.each(start, shape, |first, part, bands| {
        for Band { bytes, strides, item } in bands {
            let from = c_strides(shape, item);
            let skipped = first.iter().zip(start).zip(&from);
            let offset = skipped.map(|((at, start), s)| (at - start) as usize * s.unsigned_abs()).sum();
            let lengths: Vec<usize> = part.iter().map(|&n| n as usize).collect();
            strided::copy(item, &lengths, data, offset, &from, bytes, 0, &strides);
        }
        Ok(())
    })
}
