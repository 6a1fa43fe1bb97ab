//! The stage of a search: the list is loaded, then elements are looked up tile by tile.

use std::sync::Mutex;

use super::{Question, Search};
use crate::exec::{Feed, Fit, Room, Run, Stage, Told, Turns, deliver, tile_index};
use crate::kernels::order::{Coder, Positions, Word};
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
/// Words that are made and looked up at a time.
const BLOCK: usize = 1 << 12;

/// A search that is planned.
#[derive(Debug)]
pub(super) struct Searching<W> {
    search: Search,
    coder: Coder<W>,
    list: Program,
    feed: Program,
    sorter: Option<Program>,
    output: Output,
    tiles: Tiles,
    walk: Vec<usize>,
    threads: u64,
}

/// A list in memory: its words in ascending order.
struct List {
    words: Buffer,
    /// Words that count.
    len: usize,
    /// Whether the elements descend and their words were reversed.
    descends: bool,
}

impl<W: Word> Searching<W> {
    pub(super) fn new(
        search: Search,
        coder: Coder<W>,
        list: Program,
        feed: Program,
        sorter: Option<Program>,
        output: &Output,
    ) -> Searching<W> {
        let tiles = written::tiles(&feed, &output.written, TILE);
        let walk = loop_order(&feed);
        Searching { search, coder, list, feed, sorter, output: output.clone(), tiles, walk, threads: 1 }
    }

    /// Bytes of a thread, and bytes of the list.
    fn bytes(&self) -> (u64, u64) {
        let (written, extents) = (&self.output.written, self.tiles.extents());
        let elements: u64 = extents.iter().product();
        let item = self.feed.output_size() as u64;
        let copies = if written.copies { 2 } else { 1 };
        let tile = elements.saturating_mul(item + copies * written.item)
            + (BLOCK * size_of::<W>()) as u64
            + written.scratch
            + Feed::bytes(&self.feed, &extents);
        let piece = |program: &Program| {
            let extent = rows(&program.domain, PIECE);
            extent.iter().product::<u64>() * program.output_size() as u64 + Feed::bytes(program, &extent)
        };
        let load = piece(&self.list).max(self.sorter.as_ref().map_or(0, piece));
        let words = self.list.elements() * size_of::<W>() as u64;
        let sorter = self.sorter.as_ref().map_or(0, |sorter| words + sorter.elements() * 8);
        (tile.max(load), words + sorter)
    }

    /// All elements of an array of one program, in C order, made into `T` by `read` piece by piece.
    fn load<T: bytemuck::Pod + Send>(
        &self,
        program: &Program,
        run: &Run<'_>,
        number: usize,
        read: impl Fn(&[u8], &mut [T]) + Sync,
    ) -> Result<Buffer> {
        let none = Vec::new();
        let feed = Feed::new(program, run.sources.get(number).unwrap_or(&none), run.context, false);
        let mut all = Buffer::unfilled(program.elements() as usize * size_of::<T>())?;
        let tiles = Tiles::regular(&program.domain, &rows(&program.domain, PIECE));
        let order: Vec<usize> = (0..program.domain.len()).collect();
        let (mut rest, mut rooms) = (bytemuck::cast_slice_mut::<u8, T>(all.bytes_mut()), Vec::new());
        for number in 0..tiles.len() {
            let (start, shape) = tiles.tile(&tile_index(&tiles, &order, number));
            let room = rest.split_off_mut(..shape.iter().product::<u64>() as usize).unwrap_or_default();
            rooms.push(Mutex::new((start, shape, room)));
        }
        let turns = Turns::new(tiles.len());
        turns.run(self.threads, run.context, || {
            let (mut reader, mut bytes) = (feed.reader(), Buffer::default());
            while let Some(number) = turns.take(run.context)? {
                let mut piece =
                    rooms[number as usize].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let (start, shape, room) = &mut *piece;
                let bytes = bytes.reserve(room.len() * program.output_size())?;
                reader.fill(start, shape, bytes)?;
                read(bytes, room);
            }
            Ok(())
        })?;
        drop(rooms);
        Ok(all)
    }

    fn list(&self, run: &Run<'_>) -> Result<List> {
        let bare = |bytes: &[u8], words: &mut [W]| {
            (self.coder.encode)(bytes, Positions::ALL, words);
            words.iter_mut().for_each(|word| *word = word.bare());
        };
        let mut loaded = self.load(&self.list, run, 0, bare)?;
        let words: &mut [W] = bytemuck::cast_slice_mut(loaded.bytes_mut());
        let (mut len, mut descends) = (words.len(), false);
        match self.search.question {
            Question::Place { .. } => {
                if let Some(sorter) = &self.sorter {
                    let read = |bytes: &[u8], places: &mut [i64]| {
                        bytemuck::cast_slice_mut::<i64, u8>(places).copy_from_slice(bytes);
                    };
                    let places = self.load(sorter, run, 2, read)?;
                    let mut sorted = Buffer::unfilled(size_of_val(words))?;
                    let to: &mut [W] = bytemuck::cast_slice_mut(sorted.bytes_mut());
                    for (to, &place) in to.iter_mut().zip(bytemuck::cast_slice::<u8, i64>(places.bytes())) {
                        // NumPy takes negative places from the end
                        let at = if place < 0 { place + len as i64 } else { place };
                        *to = usize::try_from(at).ok().and_then(|at| words.get(at).copied()).ok_or_else(
                            || {
                                Error::Value(format!(
                                    "sorter has the position {place}, and the array {len} elements"
                                ))
                            },
                        )?;
                    }
                    loaded = sorted;
                }
            }
            Question::Bin { .. } => {
                if !words.is_sorted() {
                    words.reverse();
                    descends = true;
                    if !words.is_sorted() {
                        return Err(Error::Value(
                            "bins must be monotonically increasing or decreasing".into(),
                        ));
                    }
                }
            }
            Question::Member { .. } => {
                words.sort_unstable();
                if let Some(nan) = self.coder.nan {
                    len = words.partition_point(|word| *word < nan);
                }
            }
        }
        Ok(List { words: loaded, len, descends })
    }

    /// The answers for the words of some elements.
    fn answer(&self, list: &List, words: &[W], out: &mut [u8]) {
        let all: &[W] = &bytemuck::cast_slice(list.words.bytes())[..list.len];
        match self.search.question {
            Question::Member { invert } => {
                for (word, out) in words.iter().zip(out) {
                    *out = u8::from(all.binary_search(&word.bare()).is_ok() != invert);
                }
            }
            Question::Place { after } | Question::Bin { after } => {
                let out: &mut [i64] = bytemuck::cast_slice_mut(out);
                for (word, out) in words.iter().zip(out) {
                    let word = word.bare();
                    let place = match after {
                        true => all.partition_point(|other| *other <= word),
                        false => all.partition_point(|other| *other < word),
                    };
                    *out = if list.descends { all.len() - place } else { place } as i64;
                }
            }
        }
    }
}

impl<W: Word> Stage for Searching<W> {
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
                let (mut reader, mut words) = (feed.reader(), vec![W::zeroed(); BLOCK]);
                let [mut elements, mut answers] = [(); 2].map(|()| Buffer::default());
                while let Some(number) = turns.take(run.context)? {
                    let (start, shape) = self.tiles.tile(&tile_index(&self.tiles, &self.walk, number));
                    let count = shape.iter().product::<u64>();
                    let bytes = elements.reserve(count as usize * item)?;
                    let out = answers.reserve(count as usize * result)?;
                    run.context.record(Work::Tile, 1, count, || -> Result<()> {
                        reader.fill(&start, &shape, bytes)?;
                        for (part, out) in bytes.chunks(BLOCK * item).zip(out.chunks_mut(BLOCK * result)) {
                            let words = &mut words[..part.len() / item];
                            (self.coder.encode)(part, Positions::ALL, words);
                            self.answer(&list, words, out);
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
