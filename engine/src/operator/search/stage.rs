//! The stage of a search: the list is loaded, then elements are looked up tile by tile. A list that does not fit in memory
//! is loaded part by part for some tiles at a time, and the answers of its parts are joined.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::lookup::{List, Lookup};
use super::{Question, Search};
use crate::exec::{Feed, Fit, Give, Reader, Room, Run, Stage, Told, Turns, deliver, tile_index};
use crate::operator::{Operator, Output};
use crate::profile::Work;
use crate::program::Program;
use crate::program::tiles::{Tiles, loop_order, rows};
use crate::program::written;
use crate::{Buffer, Error, Result};

/// Bytes of a tile, unless chunks that are written whole are larger.
const TILE: u64 = 4 << 20;
/// Elements of the list that are read at a time.
const PIECE: u64 = 1 << 16;
/// Keys that are made and looked up at a time.
const BLOCK: usize = 1 << 12;
/// Bytes of these keys, unless one key is longer.
const BLOCK_BYTES: usize = 24 * BLOCK;

/// A search that is planned.
#[derive(Debug)]
pub(super) struct Searching {
    search: Search,
    lookup: Box<dyn Lookup>,
    list: Program,
    feed: Program,
    sorter: Option<Program>,
    output: Output,
    tiles: Tiles,
    walk: Vec<usize>,
    threads: u64,
    /// The pieces of the list.
    pieces: Tiles,
    /// Pieces that are held at a time.
    held: u64,
}

impl Searching {
    pub(super) fn new(
        search: Search,
        lookup: Box<dyn Lookup>,
        list: Program,
        feed: Program,
        sorter: Option<Program>,
        output: &Output,
    ) -> Searching {
        let tiles = written::tiles(&feed, &output.written, TILE);
        let walk = loop_order(&feed);
        let pieces = Tiles::regular(&list.domain, &rows(&list.domain, PIECE));
        let (output, held) = (output.clone(), pieces.len());
        Searching { search, lookup, list, feed, sorter, output, tiles, walk, threads: 1, pieces, held }
    }

    /// Keys that are made and looked up at a time.
    fn block(&self) -> usize {
        (BLOCK_BYTES / self.lookup.item()).clamp(1, BLOCK)
    }

    /// Bytes of a thread, and bytes of the list.
    fn bytes(&self) -> (u64, u64) {
        let (written, extents) = (&self.output.written, self.tiles.extents());
        let elements: u64 = extents.iter().product();
        let item = self.feed.output_size() as u64;
        let copies = if written.copies { 2 } else { 1 };
        let tile = elements.saturating_mul(item + copies * written.item)
            + (self.block() * (self.lookup.item() + 8)) as u64
            + written.scratch
            + Feed::bytes(&self.feed, &extents);
        let piece = |program: &Program| {
            let extent = rows(&program.domain, PIECE);
            extent.iter().product::<u64>() * program.output_size() as u64 + Feed::bytes(program, &extent)
        };
        let load = piece(&self.list).max(self.sorter.as_ref().map_or(0, piece));
        let held = self.pieces.extents().iter().product::<u64>().saturating_mul(self.held);
        let held = held.min(self.list.elements());
        let keys = held.saturating_mul(self.lookup.item() as u64);
        let sorter = self.sorter.as_ref().map_or(0, |sorter| keys + sorter.elements() * 8);
        let more = sorter.max(self.lookup.room(self.search.question, held));
        // tiles wait while a part of the list is loaded
        let each = if self.held < self.pieces.len() { tile + load } else { tile.max(load) };
        (each, keys.saturating_add(more))
    }

    /// Smaller tiles and fewer threads, as memory has room for them.
    fn fitted(&mut self, room: Room) -> Fit {
        loop {
            let (each, list) = self.bytes();
            let fitting = room.free.saturating_sub(list) / each.max(1);
            self.threads = fitting.min(room.threads).min(self.tiles.len().max(1));
            if self.threads > 0 {
                return Fit::Takes(list + self.threads * each);
            }
            match self.tiles.halved(|_| self.output.written.chunk.is_none()) {
                Some(tiles) => self.tiles = tiles,
                None => return Fit::Needs(list.saturating_add(each)),
            }
        }
    }

    /// Whether the list may be searched part by part. The order of edges, and a sorter, tell of the whole list.
    fn has_parts(&self) -> bool {
        self.sorter.is_none() && !matches!(self.search.question, Question::Bin { .. })
    }

    /// The elements of some pieces of an array of one program, in C order, made into `item` bytes each by `read`.
    fn load(
        &self,
        program: &Program,
        run: &Run<'_>,
        number: usize,
        (item, pieces): (usize, Range<u64>),
        read: impl Fn(&[u8], &mut [u8]) + Sync,
    ) -> Result<Buffer> {
        let none = Vec::new();
        let feed = Feed::new(program, run.sources.get(number).unwrap_or(&none), run.context, false);
        let order: Vec<usize> = (0..program.domain.len()).collect();
        let boxes = pieces.map(|number| self.pieces.tile(&tile_index(&self.pieces, &order, number)));
        let boxes: Vec<_> = boxes.collect();
        let elements: u64 = boxes.iter().map(|(_, shape)| shape.iter().product::<u64>()).sum();
        let mut all = Buffer::unfilled(elements as usize * item)?;
        let (mut rest, mut rooms) = (all.bytes_mut(), Vec::new());
        for (start, shape) in boxes {
            let room =
                rest.split_off_mut(..shape.iter().product::<u64>() as usize * item).unwrap_or_default();
            rooms.push(Mutex::new((start, shape, room)));
        }
        let turns = Turns::new(rooms.len() as u64);
        turns.run(self.threads, run.context, || {
            let (mut reader, mut bytes) = (feed.reader(), Buffer::default());
            while let Some(number) = turns.take(run.context)? {
                let mut piece = rooms[number as usize].lock().unwrap_or_else(PoisonError::into_inner);
                let (start, shape, room) = &mut *piece;
                let bytes = bytes.reserve(room.len() / item * program.output_size())?;
                reader.fill(start, shape, bytes)?;
                read(bytes, room);
            }
            Ok(())
        })?;
        drop(rooms);
        Ok(all)
    }

    /// The list of some pieces.
    fn list(&self, run: &Run<'_>, pieces: Range<u64>) -> Result<List> {
        let item = self.lookup.item();
        let encode = |elements: &[u8], keys: &mut [u8]| self.lookup.encode(elements, keys);
        let mut keys = self.load(&self.list, run, 0, (item, pieces.clone()), encode)?;
        if let Some(sorter) = &self.sorter {
            let places = self.load(sorter, run, 2, (8, pieces), |from, to| to.copy_from_slice(from))?;
            let len = keys.bytes().len() / item;
            let mut sorted = Buffer::unfilled(keys.bytes().len())?;
            let places: &[i64] = bytemuck::cast_slice(places.bytes());
            for (to, &place) in sorted.bytes_mut().chunks_exact_mut(item).zip(places) {
                // NumPy takes negative places from the end
                let at = if place < 0 { place + len as i64 } else { place };
                let at = usize::try_from(at).ok().filter(|&at| at < len).ok_or_else(|| {
                    Error::Value(format!("sorter has the position {place}, and the array {len} elements"))
                })?;
                to.copy_from_slice(&keys.bytes()[at * item..][..item]);
            }
            keys = sorted;
        }
        self.lookup.arrange(self.search.question, keys)
    }

    /// The answers of a list for elements, block by block: `join` puts them into `out`.
    fn answers(
        &self,
        question: Question,
        list: &List,
        elements: &[u8],
        keys: &mut [u8],
        out: &mut [u8],
        mut join: impl FnMut(&[u8], &mut [u8]),
    ) {
        let (item, result) = (self.feed.output_size(), self.output.written.item as usize);
        let (block, mut found) = (self.block(), [0i64; BLOCK]);
        for (part, out) in elements.chunks(block * item).zip(out.chunks_mut(block * result)) {
            let keys = &mut keys[..part.len() / item * self.lookup.item()];
            self.lookup.encode(part, keys);
            let found = &mut bytemuck::cast_slice_mut(&mut found)[..out.len()];
            self.lookup.answer(question, list, keys, found);
            join(found, out);
        }
    }

    /// Searches a list that fits in memory.
    fn run_whole(&self, run: &Run<'_>, feed: &Feed<'_>, give: &Give<'_>) -> Result<()> {
        let list = self.list(run, 0..self.pieces.len())?;
        let turns = Turns::new(self.tiles.len());
        turns.run(self.threads, run.context, || {
            let mut reader = feed.reader();
            let mut keys = Buffer::unfilled(self.block() * self.lookup.item())?;
            let mut tile = Looked::default();
            while let Some(number) = turns.take(run.context)? {
                let count = tile.read(self, number, &mut reader, run)?;
                run.context.record(Work::Tile, 1, count, || {
                    let (elements, out) = (tile.elements.bytes(), tile.answers.bytes_mut());
                    let question = self.search.question;
                    self.answers(question, &list, elements, keys.bytes_mut(), out, |found, out| {
                        out.copy_from_slice(found);
                    });
                });
                give(&tile.start, &tile.shape, tile.answers.bytes())?;
                (run.done)(count);
            }
            Ok(())
        })
    }

    /// Searches a list part by part, for one tile of each thread at a time.
    fn run_in_parts(&self, run: &Run<'_>, feed: &Feed<'_>, give: &Give<'_>) -> Result<()> {
        let (question, invert) = match self.search.question {
            Question::Member { invert } => (Question::Member { invert: false }, invert),
            other => (other, false),
        };
        let places = matches!(question, Question::Place { .. });
        let mut tiles: Vec<Mutex<Looked>> = (0..self.threads).map(|_| Mutex::default()).collect();
        let last = self.tiles.len();
        for first in (0..last).step_by(self.threads as usize) {
            let count = self.threads.min(last - first);
            tiles.truncate(count as usize);
            let each = |work: &(dyn Fn(u64, &mut Looked) -> Result<()> + Sync)| {
                let turns = Turns::new(count);
                turns.run(self.threads, run.context, || {
                    while let Some(k) = turns.take(run.context)? {
                        work(
                            first + k,
                            &mut tiles[k as usize].lock().unwrap_or_else(PoisonError::into_inner),
                        )?;
                    }
                    Ok(())
                })
            };
            each(&|number, tile| {
                tile.read(self, number, &mut feed.reader(), run)?;
                tile.answers.bytes_mut().fill(0);
                Ok(())
            })?;
            for begin in (0..self.pieces.len()).step_by(self.held.max(1) as usize) {
                let list = self.list(run, begin..(begin + self.held).min(self.pieces.len()))?;
                each(&|_, tile| {
                    let mut keys = Buffer::unfilled(self.block() * self.lookup.item())?;
                    let (elements, out) = (tile.elements.bytes(), tile.answers.bytes_mut());
                    self.answers(
                        question,
                        &list,
                        elements,
                        keys.bytes_mut(),
                        out,
                        |found, out| match places {
                            true => {
                                let (found, out): (&[i64], &mut [i64]) =
                                    (bytemuck::cast_slice(found), bytemuck::cast_slice_mut(out));
                                out.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
                            }
                            false => out.iter_mut().zip(found).for_each(|(any, found)| *any |= found),
                        },
                    );
                    Ok(())
                })?;
            }
            each(&|_, tile| {
                if invert {
                    tile.answers.bytes_mut().iter_mut().for_each(|answer| *answer ^= 1);
                }
                give(&tile.start, &tile.shape, tile.answers.bytes())?;
                (run.done)(tile.shape.iter().product());
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// A tile of elements that are looked up.
#[derive(Default)]
struct Looked {
    start: Vec<u64>,
    shape: Vec<u64>,
    elements: Buffer,
    answers: Buffer,
}

impl Looked {
    /// Reads the elements of a tile, and returns their number.
    fn read(
        &mut self,
        search: &Searching,
        number: u64,
        reader: &mut Reader<'_>,
        run: &Run<'_>,
    ) -> Result<u64> {
        (self.start, self.shape) = search.tiles.tile(&tile_index(&search.tiles, &search.walk, number));
        let count = self.shape.iter().product::<u64>();
        for (buffer, item) in [
            (&mut self.elements, search.feed.output_size()),
            (&mut self.answers, search.output.written.item as usize),
        ] {
            if buffer.len() != count as usize * item {
                *buffer = Buffer::unfilled(count as usize * item)?;
            }
        }
        let bytes = self.elements.bytes_mut();
        run.context.record(Work::Tile, 1, count, || reader.fill(&self.start, &self.shape, bytes))?;
        Ok(count)
    }
}

impl Stage for Searching {
    fn feeds(&self) -> Vec<&Program> {
        [&self.list, &self.feed].into_iter().chain(&self.sorter).collect()
    }

    fn fit(&mut self, room: Room) -> Fit {
        let whole = self.fitted(room);
        if matches!(whole, Fit::Takes(_)) || !self.has_parts() {
            return whole;
        }
        // half of the memory is for the list, which is read anew for the tiles that the other half holds
        let share = room.free / 2;
        self.tiles = written::tiles(&self.feed, &self.output.written, (share / 2 / room.threads).max(TILE));
        while self.held > 1 && self.bytes().1 > share {
            self.held = self.held.div_ceil(2);
        }
        self.fitted(room)
    }

    fn work(&self) -> u64 {
        self.feed.elements()
    }

    fn explain(&self) -> Told {
        let list = self.list.elements();
        let parts = match self.pieces.len().div_ceil(self.held.max(1)) {
            0 | 1 => "in memory".to_owned(),
            parts => format!("in {parts} parts"),
        };
        Told {
            kind: self.search.name(),
            steps: vec![format!("{} among {list} elements, {parts}", self.search.name())],
            domain: self.feed.domain.clone(),
            tiles: self.tiles.len(),
            tile: self.tiles.extents(),
            threads: self.threads,
            reads: self.feeds().iter().map(|feed| feed.bytes_read()).collect(),
            passes: 1,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let ([_, sources, ..], [sink]) = (run.sources, run.sinks) else {
            return Err(Error::internal("a search has a list, elements and one output"));
        };
        let feed = Feed::new(&self.feed, sources, run.context, false);
        deliver(sink.as_ref(), &self.tiles, run.context, |give| match self.held < self.pieces.len() {
            true => self.run_in_parts(run, &feed, give),
            false => self.run_whole(run, &feed, give),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Context, DType, Expr, Plan, Target};

    #[test]
    fn a_list_that_does_not_fit_is_searched_part_by_part() {
        let whole = |n: u64, step: u64, shape: &[i64]| {
            let numbers: Vec<i64> = (0..n).map(|k| (k * step % n / 3) as i64).collect();
            Expr::from_ndarray(&ndarray::ArrayView1::from(&numbers)).unwrap().reshape(shape).unwrap()
        };
        let list = whole(900_000, 1, &[900_000]);
        let v = whole(200_000, 77_773, &[500, 400]);
        let text = |expr: &Expr| expr.cast(DType::Bytes(9)).unwrap();
        let run = |expr: &Expr, bytes: u64| {
            let context = Context::new(bytes, 2);
            let plan = Plan::new(&[(expr.clone(), Target::Memory)], &context).unwrap();
            let told = format!("{:?}", plan.explain(bytes));
            (plan.run(&context).unwrap().swap_remove(0).unwrap().bytes().to_vec(), told)
        };
        let answers = [
            list.searchsorted(&v, false, None).unwrap(),
            list.searchsorted(&v, true, None).unwrap(),
            v.isin(&whole(900_000, 7, &[600, 1500]), false).unwrap(),
            v.isin(&list.cast(DType::I16).unwrap(), true).unwrap(),
            text(&v).isin(&text(&list), false).unwrap(),
        ];
        for expr in answers {
            let ((much, whole), (little, parts)) = (run(&expr, 256 << 20), run(&expr, 6 << 20));
            assert!(whole.contains("elements, in memory"), "{whole}");
            assert!(parts.contains(" parts"), "{parts}");
            assert!(much == little);
        }
    }
}
