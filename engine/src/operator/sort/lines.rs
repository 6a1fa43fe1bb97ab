//! Sorting many lines that are short enough for one thread. A tile holds whole lines. They are read so that each line
//! lies in one piece, sorted, and put back.

use arrstore_format::strided;

use super::Sort;
use crate::exec::{Feed, Fit, Give, Room, Run, Stage, Told, Turns, deliver, tile_index};
use crate::kernels::order::{Coder, Desk, Wanted, Word};
use crate::operator::{Operator, Output};
use crate::profile::Work;
use crate::program::Program;
use crate::program::borders::Borders;
use crate::program::tiles::{Tiles, loop_order};
use crate::program::written::{self, Written};
use crate::{Buffer, Error, Result};

/// Bytes of a tile, unless a line is longer.
const TILE: u64 = 16 << 20;
/// A tile of whole chunks has at most this many bytes. Beyond it, chunks are assembled from parts.
const WHOLE: u64 = 32 << 20;

/// Lines to be sorted in memory.
#[derive(Debug)]
pub(super) struct Lines<W> {
    sort: Sort,
    axis: usize,
    coder: Coder<W>,
    feed: Program,
    output: Output,
    tiles: Tiles,
    walk: Vec<usize>,
    /// Whether tiles consist of whole chunks of the result.
    whole: bool,
    threads: u64,
}

impl<W: Word> Lines<W> {
    /// With `whole`, tiles consist of whole chunks of the result if these are small.
    pub(super) fn new(
        sort: Sort,
        axis: usize,
        coder: Coder<W>,
        feed: Program,
        output: Output,
        whole: bool,
    ) -> Lines<W> {
        let (tiles, whole) = whole_lines(&feed, axis, &output, whole);
        let walk = loop_order(&feed);
        Lines { sort, axis, coder, feed, output, tiles, walk, whole, threads: 1 }
    }

    /// Bytes of a thread.
    fn bytes(&self) -> u64 {
        let written = &self.output.written;
        let extents = self.tiles.extents();
        let elements: u64 = extents.iter().product();
        let item = self.feed.output_size() as u64;
        let turned = if turns(&extents, self.axis) { written.item } else { 0 };
        let positions = if self.sort.wanted == Wanted::Positions { written.item } else { 0 };
        let copies = if written.copies { written.item } else { 0 };
        elements.saturating_mul(item + positions + turned + copies)
            + Desk::<W>::bytes(extents[self.axis], item)
            + written.scratch
            + Feed::bytes(&self.feed, &extents)
    }
}

/// Tiles of whole lines along `axis`, and whether they consist of whole chunks of the result.
///
/// They do not if `whole` is false or a tile would be large.
pub(super) fn whole_lines(feed: &Program, axis: usize, output: &Output, whole: bool) -> (Tiles, bool) {
    let of = |written: &Written| {
        let mut tiles = written::tiles(feed, written, TILE);
        if !feed.domain.contains(&0) {
            tiles.borders[axis] = Borders::whole(feed.domain[axis]);
        }
        tiles
    };
    let bytes = |tiles: &Tiles| tiles.extents().iter().product::<u64>() * output.written.item;
    let mut tiles = of(&output.written);
    let whole = whole && output.written.chunk.is_some() && bytes(&tiles) <= WHOLE;
    if !whole {
        tiles = of(&Written { chunk: None, ..output.written.clone() });
        while bytes(&tiles) > TILE
            && let Some(halved) = tiles.halved(|k| k != axis)
        {
            tiles = halved;
        }
    }
    (tiles, whole)
}

/// Whether lines along `axis` lie across the elements of a box of `shape` in C order.
pub(super) fn turns(shape: &[u64], axis: usize) -> bool {
    shape[axis + 1..].iter().any(|&n| n > 1)
}

/// Strides of a box of `shape` whose lines along `axis` lie one after the other.
pub(super) fn strides(shape: &[usize], axis: usize, item: usize) -> Vec<isize> {
    let others = (0..shape.len()).filter(|&k| k != axis);
    let order: Vec<usize> = others.chain(std::iter::once(axis)).collect();
    strided::strides(shape, item, order.into_iter())
}

/// Gives a box of sorted lines along `axis`, which lie one after the other in `sorted`. `room` is for a copy in C order.
pub(super) fn give_lines(
    give: &Give<'_>,
    (start, shape): (&[u64], &[u64]),
    axis: usize,
    sorted: &[u8],
    room: &mut Buffer,
) -> Result<()> {
    if !turns(shape, axis) || sorted.is_empty() {
        return give(start, shape, sorted);
    }
    let lengths: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
    let item = sorted.len() / lengths.iter().product::<usize>();
    let all = room.reserve(sorted.len())?;
    let (from, to) = (strides(&lengths, axis, item), strided::c_strides(&lengths, item));
    strided::copy(item, &lengths, sorted, 0, &from, all, 0, &to);
    give(start, shape, all)
}

impl<W: Word> Stage for Lines<W> {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.feed]
    }

    fn fit(&mut self, room: Room) -> Fit {
        loop {
            let each = self.bytes();
            self.threads = (room.free / each.max(1)).min(room.threads).min(self.tiles.len().max(1));
            let (whole, axis) = (self.whole, self.axis);
            let smaller = self.tiles.halved(|k| !whole && k != axis);
            match smaller {
                Some(tiles) if self.threads < room.threads.min(tiles.len()) => self.tiles = tiles,
                _ if self.threads > 0 => return Fit::Takes(self.threads * each),
                Some(tiles) => self.tiles = tiles,
                None => return Fit::Needs(each),
            }
        }
    }

    fn work(&self) -> u64 {
        self.feed.elements()
    }

    fn open(&self, _: usize, threads: u64) -> Option<Vec<u64>> {
        (self.output.written.chunk.is_some() && !self.whole).then(|| {
            let (extents, domain) = (self.tiles.extents(), &self.feed.domain);
            let slowest = self.walk.iter().copied().find(|&k| extents[k] < domain[k]);
            let open = |k: usize| if Some(k) == slowest { extents[k] * (threads + 1) } else { domain[k] };
            (0..domain.len()).map(open).collect()
        })
    }

    fn explain(&self) -> Told {
        Told {
            kind: self.sort.name(),
            steps: vec![format!("{} along axis {}", self.sort.name(), self.axis)],
            domain: self.feed.domain.clone(),
            tiles: self.tiles.len(),
            tile: self.tiles.extents(),
            threads: self.threads,
            reads: vec![self.feed.bytes_read()],
            passes: 1,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let ([sources], [sink]) = (run.sources, run.sinks) else {
            return Err(Error::internal("a sort has one input and one output"));
        };
        let feed = Feed::new(&self.feed, sources, run.context, false);
        let (item, result) = (self.feed.output_size(), self.output.written.item as usize);
        let length = self.feed.domain[self.axis] as usize;
        let values = self.sort.wanted == Wanted::Values;
        deliver(sink.as_ref(), &self.tiles, run.context, |give| {
            let turns = Turns::new(self.tiles.len());
            turns.run(self.threads, run.context, || {
                let (mut reader, mut desk) = (feed.reader(), Desk::new(length)?);
                let [mut elements, mut positions, mut boxed] = [(); 3].map(|()| Buffer::default());
                while let Some(number) = turns.take(run.context)? {
                    let (start, shape) = self.tiles.tile(&tile_index(&self.tiles, &self.walk, number));
                    let lengths: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
                    let count: usize = lengths.iter().product();
                    let lines = elements.reserve(count * item)?;
                    run.context.record(Work::Tile, 1, count as u64, || -> Result<()> {
                        reader.fill_strided(&start, &shape, lines, strides(&lengths, self.axis, item))?;
                        if values {
                            let each = lines.chunks_exact_mut(length * item);
                            return each
                                .into_iter()
                                .try_for_each(|line| self.coder.sort_line(line, None, &mut desk));
                        }
                        let out = positions.reserve(count * result)?.chunks_exact_mut(length * result);
                        let each = lines.chunks_exact_mut(length * item).zip(out);
                        each.into_iter()
                            .try_for_each(|(line, out)| self.coder.sort_line(line, Some(out), &mut desk))
                    })?;
                    let sorted = if values { &*lines } else { positions.reserve(count * result)? };
                    give_lines(give, (&start, &shape), self.axis, sorted, &mut boxed)?;
                    (run.done)(count as u64);
                }
                Ok(())
            })
        })
    }
}
