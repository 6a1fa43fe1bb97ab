//! The stage of a search: the list is loaded, then elements are looked up tile by tile.

use std::sync::Mutex;

use super::Search;
use super::lookup::{List, Lookup};
use crate::exec::{Feed, Fit, Room, Run, Stage, Told, Turns, deliver, tile_index};
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
        Searching { search, lookup, list, feed, sorter, output: output.clone(), tiles, walk, threads: 1 }
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
            + (self.block() * self.lookup.item()) as u64
            + written.scratch
            + Feed::bytes(&self.feed, &extents);
        let piece = |program: &Program| {
            let extent = rows(&program.domain, PIECE);
            extent.iter().product::<u64>() * program.output_size() as u64 + Feed::bytes(program, &extent)
        };
        let load = piece(&self.list).max(self.sorter.as_ref().map_or(0, piece));
        let keys = self.list.elements().saturating_mul(self.lookup.item() as u64);
        let sorter = self.sorter.as_ref().map_or(0, |sorter| keys + sorter.elements() * 8);
        let more = sorter.max(self.lookup.room(self.search.question, self.list.elements()));
        (tile.max(load), keys.saturating_add(more))
    }

    /// All elements of an array of one program, in C order, made into `item` bytes each by `read` piece by piece.
    fn load(
        &self,
        program: &Program,
        run: &Run<'_>,
        number: usize,
        item: usize,
        read: impl Fn(&[u8], &mut [u8]) + Sync,
    ) -> Result<Buffer> {
        let none = Vec::new();
        let feed = Feed::new(program, run.sources.get(number).unwrap_or(&none), run.context, false);
        let mut all = Buffer::unfilled(program.elements() as usize * item)?;
        let tiles = Tiles::regular(&program.domain, &rows(&program.domain, PIECE));
        let order: Vec<usize> = (0..program.domain.len()).collect();
        let (mut rest, mut rooms) = (all.bytes_mut(), Vec::new());
        for number in 0..tiles.len() {
            let (start, shape) = tiles.tile(&tile_index(&tiles, &order, number));
            let room =
                rest.split_off_mut(..shape.iter().product::<u64>() as usize * item).unwrap_or_default();
            rooms.push(Mutex::new((start, shape, room)));
        }
        let turns = Turns::new(tiles.len());
        turns.run(self.threads, run.context, || {
            let (mut reader, mut bytes) = (feed.reader(), Buffer::default());
            while let Some(number) = turns.take(run.context)? {
                let mut piece =
                    rooms[number as usize].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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

    fn list(&self, run: &Run<'_>) -> Result<List> {
        let item = self.lookup.item();
        let mut keys =
            self.load(&self.list, run, 0, item, |elements, keys| self.lookup.encode(elements, keys))?;
        if let Some(sorter) = &self.sorter {
            let places = self.load(sorter, run, 2, 8, |from, to| to.copy_from_slice(from))?;
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
}

impl Stage for Searching {
    fn feeds(&self) -> Vec<&Program> {
        [&self.list, &self.feed].into_iter().chain(&self.sorter).collect()
    }

    fn fit(&mut self, room: Room) -> Fit {
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

    fn work(&self) -> u64 {
        self.feed.elements()
    }

    fn explain(&self) -> Told {
        let list = self.list.elements();
        Told {
            kind: self.search.name(),
            steps: vec![format!("{} among {list} elements in memory", self.search.name())],
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
        let list = self.list(run)?;
        let feed = Feed::new(&self.feed, sources, run.context, false);
        let (item, result) = (self.feed.output_size(), self.output.written.item as usize);
        deliver(sink.as_ref(), &self.tiles, run.context, |give| {
            let turns = Turns::new(self.tiles.len());
            turns.run(self.threads, run.context, || {
                let (mut reader, key) = (feed.reader(), self.lookup.item());
                let block = self.block();
                let mut keys = Buffer::unfilled(block * key)?;
                let [mut elements, mut answers] = [(); 2].map(|()| Buffer::default());
                while let Some(number) = turns.take(run.context)? {
                    let (start, shape) = self.tiles.tile(&tile_index(&self.tiles, &self.walk, number));
                    let count = shape.iter().product::<u64>();
                    let bytes = elements.reserve(count as usize * item)?;
                    let out = answers.reserve(count as usize * result)?;
                    run.context.record(Work::Tile, 1, count, || -> Result<()> {
                        reader.fill(&start, &shape, bytes)?;
                        for (part, out) in bytes.chunks(block * item).zip(out.chunks_mut(block * result)) {
                            let keys = &mut keys.bytes_mut()[..part.len() / item * key];
                            self.lookup.encode(part, keys);
                            self.lookup.answer(self.search.question, &list, keys, out);
                        }
                        Ok(())
                    })?;
                    give(&start, &shape, out)?;
                    (run.done)(count);
                }
                Ok(())
            })
        })
    }
}
