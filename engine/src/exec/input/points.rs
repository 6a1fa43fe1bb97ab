//! Single elements of an input, wherever they lie.

use arrstore_format::Grid;

use super::{Held, Input};
use crate::context::Metrics;
use crate::exec::fetch::{GAP, STAGE, TOLD};
use crate::program::Load;
use crate::source::Data;
use crate::view::AxisMap;
use crate::{Error, Result};

/// A grid of at most this many chunks is looked up in a table.
const TABLE: u64 = 1 << 16;

/// A disk brings all bytes of a range as soon as reads that are this many bytes apart.
const CLOSE: usize = 32 << 10;

/// Bytes that [`Input::pick`] takes for each element, beside the table.
pub(in crate::exec) const POINT: u64 = size_of::<Point>() as u64;

/// Bytes of the table of an input's chunks.
pub(in crate::exec) fn table(load: &Load) -> u64 {
    let chunks = load.leaf.source().map_or(TABLE, |source| Grid::new(source.shape(), &load.chunk).len());
    let has_table = load.leaf.in_place() && chunks <= TABLE;
    if has_table { chunks.max(1) * size_of::<Known<'static>>() as u64 } else { 0 }
}

/// The way from a place in the domain to a chunk and an element in it, along one axis of the source.
struct Walk {
    /// The axis of the domain; `None` for a fixed index.
    axis: Option<usize>,
    start: i64,
    step: i64,
    /// Elements of a chunk along the axis; `None` if one chunk has all.
    chunk: Option<u64>,
    /// Chunks of the grid along the axis.
    count: u64,
    stride: isize,
}

/// An element to pick.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    /// The number of its chunk, and its byte there.
    chunk: u64,
    byte: usize,
    /// Its place among all that are picked.
    number: usize,
}

/// A chunk in the table.
enum Known<'p> {
    Not,
    One(Vec<u8>),
    InPlace(&'p [u8]),
}

impl<'p> Input<'p> {
    /// Copies single elements to `out`, one after the other. `places` holds the index of each along every axis of the
    /// domain. Checksums are not compared: few bytes of each block are read.
    pub(in crate::exec) fn pick(&mut self, places: &[u64], out: &mut [u8]) -> Result<()> {
        let walks = self.walks();
        let grid = Grid::new(self.source.shape(), &self.load.chunk);
        Metrics::add(&self.context.metrics.copied, out.len());
        let stays = !self.source.is_mapped() || self.shared.pages;
        let at_once = self.source.in_place() && stays && grid.len() <= TABLE;
        if at_once && self.pick_in_place(&walks, &grid, places, out)? {
            return Ok(());
        }
        let item = self.load.dtype.size();
        let (count, ndim) = (out.len() / item, self.load.access.len());
        let mut points = Vec::new();
        points
            .try_reserve_exact(count)
            .map_err(|_| Error::io("(memory)", std::io::ErrorKind::OutOfMemory.into()))?;
        points.extend((0..count).map(|number| {
            let (chunk, byte) = self.find(&walks, place(places, number, ndim));
            Point { chunk, byte, number }
        }));
        points.sort_unstable();
        for group in points.chunk_by(|a, b| a.chunk == b.chunk) {
            let index = group.first().map_or_else(Vec::new, |first| grid.index(first.chunk));
            self.hold(&index)?;
            match &self.held {
                Held::Nothing => {}
                Held::Constant(value) => {
                    group.iter().try_for_each(|p| copy(out, p.number, item, value, 0))?;
                }
                Held::Decoded(all) => {
                    group.iter().try_for_each(|p| copy(out, p.number, item, all.bytes(), p.byte))?;
                }
                Held::InPlace(_, all) if stays => {
                    group.iter().try_for_each(|p| copy(out, p.number, item, all, p.byte))?;
                }
                Held::InPlace(..) => self.read_points(group, out)?,
            }
        }
        Ok(())
    }

    /// Picks elements from chunks that lie in memory. `false` if a chunk does not.
    fn pick_in_place(&self, walks: &[Walk], grid: &Grid, places: &[u64], out: &mut [u8]) -> Result<bool> {
        let item = self.load.dtype.size();
        let (count, ndim) = (out.len() / item, self.load.access.len());
        let mut table: Vec<Known<'p>> = (0..grid.len().max(1)).map(|_| Known::Not).collect();
        for number in 0..count {
            let (chunk, byte) = self.find(walks, place(places, number, ndim));
            let Some(known) = table.get_mut(chunk as usize) else { return Err(outside()) };
            if let Known::Not = known {
                *known = match self.source.locate(&grid.index(chunk))?.data {
                    Data::Constant(value) => Known::One(value),
                    Data::InPlace(bytes) => Known::InPlace(bytes),
                    Data::Encoded => return Ok(false),
                };
            }
            match known {
                Known::InPlace(bytes) => copy(out, number, item, bytes, byte)?,
                Known::One(value) => copy(out, number, item, value, 0)?,
                Known::Not => {}
            }
        }
        Ok(true)
    }

    /// Copies elements of the chunk at hand, in ascending order, without mapping its pages.
    fn read_points(&mut self, points: &[Point], out: &mut [u8]) -> Result<()> {
        let Held::InPlace(located, _) = &self.held else { return Ok(()) };
        let item = self.load.dtype.size();
        // elements that lie close to each other are read together
        let mut rest = points;
        let mut reads = std::iter::from_fn(|| {
            let first = rest.first()?;
            let near = |pair: &[Point]| {
                pair[1].byte - pair[0].byte <= item + GAP && pair[1].byte + item - first.byte <= STAGE
            };
            let count = 1 + rest.windows(2).take_while(|pair| near(pair)).count();
            let (read, others) = rest.split_at(count);
            rest = others;
            Some(read)
        });
        let ends = |read: &[Point]| match read {
            [first, .., last] => first.byte..last.byte + item,
            [one] => one.byte..one.byte + item,
            [] => 0..0,
        };
        let mut batch: Vec<&[Point]> = Vec::with_capacity(TOLD);
        loop {
            batch.clear();
            batch.extend(reads.by_ref().take(TOLD));
            if batch.is_empty() {
                return Ok(());
            }
            let holds = || {
                let ends = batch.first().into_iter().chain(batch.last()).map(|read| ends(read));
                ends.into_iter().all(|bytes| self.source.holds(located, bytes))
            };
            if self.scout.misses(holds) {
                let all = batch.first().map_or(0, |read| ends(read).start)
                    ..batch.last().map_or(0, |read| ends(read).end);
                match all.len() <= batch.len() * CLOSE {
                    true => self.source.bring(located, all),
                    false => batch.iter().for_each(|read| self.source.expect(located, ends(read))),
                }
            }
            for read in &batch {
                let bytes = ends(read);
                let staged = self.stage.reserve(bytes.len())?;
                self.source.read(located, bytes.start, staged)?;
                read.iter().try_for_each(|p| copy(out, p.number, item, staged, p.byte - bytes.start))?;
            }
        }
    }

    fn walks(&self) -> Vec<Walk> {
        let shape = self.source.shape();
        let axes = self.load.view.0.iter().zip(&self.load.chunk).zip(shape).zip(self.source.strides());
        let walk = |(((map, &chunk), &n), &stride): (((&AxisMap, &u64), &u64), &isize)| {
            let (axis, start, step) = match *map {
                AxisMap::At(k) => (None, k as i64, 0),
                AxisMap::Along { axis, start, step } => (Some(axis), start, step),
            };
            let cut = (chunk < n).then_some(chunk);
            Walk { axis, start, step, chunk: cut, count: n.div_ceil(chunk.max(1)).max(1), stride }
        };
        axes.map(walk).collect()
    }

    /// The chunk of an element, and its byte there.
    fn find(&self, walks: &[Walk], place: &[u64]) -> (u64, usize) {
        let (mut number, mut byte) = (0, self.source.offset());
        for walk in walks {
            let along = walk.axis.and_then(|axis| place.get(axis)).copied().unwrap_or(0);
            let at = (walk.start + walk.step * along as i64) as u64;
            let (chunk, within) = walk.chunk.map_or((0, at), |chunk| (at / chunk, at % chunk));
            number = number * walk.count + chunk;
            byte = byte.wrapping_add_signed(within as isize * walk.stride);
        }
        (number, byte)
    }
}

/// The index of element `number` along every axis.
fn place(places: &[u64], number: usize, ndim: usize) -> &[u64] {
    places.get(number * ndim..(number + 1) * ndim).unwrap_or_default()
}

/// Copies the element at `byte` of `from` to the place `number` of `out`.
fn copy(out: &mut [u8], number: usize, item: usize, from: &[u8], byte: usize) -> Result<()> {
    match (out.get_mut(number * item..(number + 1) * item), from.get(byte..byte + item)) {
        (Some(to), Some(from)) => match item {
            // a copy of a known length is one move
            8 => to.copy_from_slice(from.get(..8).unwrap_or_default()),
            4 => to.copy_from_slice(from.get(..4).unwrap_or_default()),
            _ => to.copy_from_slice(from),
        },
        _ => return Err(outside()),
    }
    Ok(())
}

fn outside() -> Error {
    Error::internal("an element outside its chunk was asked for")
}
