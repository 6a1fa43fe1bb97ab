//! Sorting a line of any length, in a bounded amount of memory and with all threads.
//!
//! Words are distributed, not merged. A sample of the line divides all words into cells, and one pass counts the words of
//! each cell. Neighbouring cells are joined to portions that fit in memory. A portion is loaded cell by cell, its cells
//! are sorted, and they go to their final places in the result, which are known from the counts. A few portions are
//! loaded from the input itself, in a pass for each. If there are more, one pass first writes the words of each portion
//! to a spill file. A cell that is too large for memory is divided again.
//!
//! The line is read in lanes: parts that one thread reads from its start to its end. The counts of each lane tell where
//! the lane writes its words, so that threads never meet.

use super::Sort;
use super::line::{BLOCK, Cut, Line};
use super::task::Task;
use crate::exec::{Feed, Fit, Room, Run, Stage, Told, deliver};
use crate::kernels::order::{self, Cells, Coder, Word};
use crate::operator::{Operator, Output};
use crate::program::Program;
use crate::program::tiles::Tiles;
use crate::{Buffer, Error, Result};

/// Words that are sorted with the help of more memory, at most and at least. More words are sorted in place.
const DESK: (u64, u64) = (1 << 17, 1 << 10);
/// Elements of the result that are written at a time.
pub(super) const OUT: u64 = 1 << 15;
/// Words of a cell.
pub(super) const CELL: u64 = 1 << 14;
/// The most cells of a line.
const CELLS: u64 = 1 << 13;
/// Lanes for each thread.
const LANES: u64 = 4;
/// Samples of a line and their bytes, at most, and the most places at which they are taken.
const SAMPLES: (u64, u64) = (1 << 16, 1 << 20);
pub(super) const PLACES: u64 = 64;
/// More portions than this are not read from the input one by one.
pub(super) const REREAD: u64 = 4;
/// The fewest bytes of a portion's words that are written to a file at a time.
pub(super) const RUN: u64 = 4 << 10;
/// The most such bytes.
pub(super) const LONG_RUN: u64 = 256 << 10;

/// A long line to be sorted, or several of them one after the other.
#[derive(Debug)]
pub(super) struct Long<W> {
    pub(super) sort: Sort,
    pub(super) coder: Coder<W>,
    pub(super) feed: Program,
    pub(super) output: Output,
    pub(super) length: u64,
    pub(super) threads: u64,
    /// The pieces in which a line is read.
    pub(super) cut: Cut,
    /// Words that a thread sorts with more memory.
    pub(super) desk: u64,
    /// Cells that are aimed at.
    pub(super) cells: u64,
    /// Words that are loaded at a time.
    pub(super) capacity: u64,
}

impl<W: Word> Long<W> {
    pub(super) fn new(sort: Sort, coder: Coder<W>, feed: Program, output: Output, length: u64) -> Long<W> {
        let cut = Cut::of(&feed, sort.axis);
        let cells = (length / CELL).clamp(1, CELLS);
        Long { sort, coder, feed, output, length, threads: 1, cut, desk: DESK.0, cells, capacity: 0 }
    }

    /// Bytes of a word.
    pub(super) fn word(&self) -> u64 {
        size_of::<W>() as u64
    }

    /// Samples of a line.
    pub(super) fn samples(&self) -> u64 {
        SAMPLES.0.min(SAMPLES.1 / self.word())
    }

    /// Lanes of a line.
    pub(super) fn lanes(&self) -> u64 {
        LANES * self.threads
    }

    /// The shape of a piece.
    fn extent(&self) -> Vec<u64> {
        self.cut.extent(&self.feed.domain, self.sort.axis)
    }

    /// Pieces of the same size, but of consecutive elements.
    pub(super) fn in_order(&self) -> Cut {
        Cut::InOrder(self.extent().iter().product())
    }

    /// Bytes of a thread.
    fn worker(&self) -> u64 {
        let (item, written) = (self.feed.output_size() as u64, &self.output.written);
        let piece: u64 = self.extent().iter().product();
        let out = OUT.min(self.length) * written.item * if written.copies { 2 } else { 1 };
        let in_order = self.in_order().extent(&self.feed.domain, self.sort.axis);
        piece * item
            + Feed::bytes(&self.feed, &self.extent()).max(Feed::bytes(&self.feed, &in_order))
            + BLOCK as u64 * self.word()
            + order::Room::<W>::bytes(self.desk)
            + out
            + written.scratch
    }

    /// Bytes that all threads share, without the loaded words.
    fn shared(&self) -> u64 {
        let cells = Cells::<W>::most(self.cells as usize) as u64;
        let counts = cells * self.lanes() * (8 + size_of::<&mut [W]>() as u64);
        let pieces = self.length.div_ceil(self.extent().iter().product()) * 32;
        let sample = self.samples() * self.word();
        // the counts of a cell that is divided again are there beside those of its line
        2 * (counts + cells * 64 + sample) + pieces
    }

    /// The number of portions, if they are all full.
    fn portions(&self) -> u64 {
        self.length.div_ceil(self.capacity.max(1)).max(1)
    }

    /// The fewest words that a portion may have, so that portions and their runs in a file fit in memory.
    fn fewest(&self) -> u64 {
        // portions * threads * RUN <= capacity * word, with capacity * portions about 2 * length
        let square = (2 * self.length).saturating_mul(self.threads * RUN / self.word());
        (square.isqrt() + 1).max(2 * CELL).min(self.length.max(1))
    }
}

impl<W: Word> Stage for Long<W> {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.feed]
    }

    fn fit(&mut self, room: Room) -> Fit {
        (self.threads, self.desk) = (room.threads, DESK.0.min(self.length.max(1)));
        loop {
            let fixed = self.threads * self.worker() + self.shared();
            self.capacity = (room.free.saturating_sub(fixed) / self.word()).min(self.length.max(1));
            if self.capacity >= self.fewest() && fixed <= room.free / 2 {
                break;
            }
            let least = fixed + self.fewest() * self.word();
            let desk = (self.desk / 2).max(DESK.1.min(self.desk));
            let cut = self.cut.halved();
            if cut.is_some() || desk != self.desk || self.cells > 64 {
                self.cut = cut.unwrap_or(self.cut.clone());
                self.desk = desk;
                self.cells = (self.cells / 2).max(self.cells.min(64));
            } else if self.threads > 1 {
                self.threads -= 1;
            } else if self.capacity >= self.fewest() {
                break;
            } else {
                return Fit::Needs(least);
            }
        }
        Fit::Takes(self.threads * self.worker() + self.shared() + self.capacity * self.word())
    }

    fn work(&self) -> u64 {
        // each element is counted, loaded and written
        self.feed.elements().saturating_mul(3)
    }

    fn open(&self, _: usize, threads: u64) -> Option<Vec<u64>> {
        let chunk = self.output.written.chunk.as_ref()?;
        let of_line = |k: usize| {
            // each thread has begun and not finished at most two chunks
            let open = |chunk: u64| (2 * (threads + 1)).saturating_mul(chunk);
            match self.sort.axis {
                Some(axis) if k != axis => self.output.shape[k],
                _ if self.output.shape.len() == 1 => chunk.get(k).map_or(1, |&chunk| open(chunk)),
                _ => self.output.shape[k],
            }
        };
        Some((0..self.output.shape.len()).map(of_line).collect())
    }

    fn explain(&self) -> Told {
        let over = self.sort.axis.map_or("over all axes".to_owned(), |axis| format!("along axis {axis}"));
        let portions = self.portions();
        let how = match portions {
            1 => "in memory".to_owned(),
            2..=REREAD => format!("in {portions} parts"),
            _ => format!("in {portions} parts, through a file of {} bytes", self.length * self.word()),
        };
        Told {
            kind: self.sort.name(),
            steps: vec![format!("{} {over}, {how}", self.sort.name())],
            domain: self.feed.domain.clone(),
            tiles: portions,
            tile: self.extent(),
            threads: self.threads,
            reads: vec![self.feed.bytes_read()],
            passes: 1 + if portions > REREAD { 1 } else { portions },
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let ([sources], [sink]) = (run.sources, run.sinks) else {
            return Err(Error::internal("a sort has one input and one output"));
        };
        let feed = Feed::new(&self.feed, sources, run.context, false);
        let boxes = match self.sort.axis {
            Some(_) => Cut::InOrder(OUT).extent(&self.output.shape, self.sort.axis),
            None => vec![OUT],
        };
        let tiles = Tiles::regular(&self.output.shape, &boxes);
        deliver(sink.as_ref(), &tiles, run.context, |give| {
            let mut memory = Buffer::default();
            let lines = Line::all(&self.feed.domain, self.sort.axis).filter(|line| line.length() > 0);
            lines.into_iter().try_for_each(|line| Task::new(self, &line, &feed, run, give).sort(&mut memory))
        })
    }
}
