//! Selection of order statistics: the elements at given places of the sorted order of each line.
//!
//! Lines that fit in memory are brought there whole ([`whole`]). Longer ones are read several times ([`passes`]): each
//! pass counts the elements between some keys, until so few candidates are left that they are collected.

mod bracket;
mod passes;
mod sample;
#[cfg(test)]
mod tests;
mod whole;

use std::fmt::Debug;
use std::ops::Range;

use self::passes::Passes;
use self::whole::Whole;
use super::{Operator, Output};
use crate::exec::{Feed, Fit, Give, Room, Run, Stage, Told, deliver};
use crate::expr::Expr;
use crate::kernels::{Key, Keys, keys};
use crate::program::tiles::Tiles;
use crate::program::{Program, mapped_bytes};
use crate::view::all;
use crate::{DType, Error, Result};

/// The elements at given places of lines.
#[derive(Clone, Debug)]
struct Select {
    /// The last axes of the input, which form one line together.
    along: usize,
    /// Whether a line that holds a NaN has only NaN as its answers.
    nan: bool,
}

impl Expr {
    /// The elements at the places `ranks` of the sorted order of each line. The last `along` axes form a line; the axes
    /// before them are kept. NaN comes last in the order; with `nan`, a line that holds one has only NaN as answers.
    ///
    /// The result has the type of the array and the shape of `ranks`, which are `int64`. The last axes of `ranks` are
    /// the kept axes, or broadcast to them. A negative place counts from the end. A place outside of a line stands for
    /// the nearest one inside.
    ///
    /// # Errors
    /// When lines are empty, or the shapes do not fit.
    pub(crate) fn order_statistics(&self, ranks: &Expr, along: usize, nan: bool) -> Result<Expr> {
        let typed = self.typed()?;
        let kept = &typed.shape()[..typed.ndim().saturating_sub(along)];
        let lead = ranks.ndim().saturating_sub(kept.len());
        if typed.shape()[kept.len()..].contains(&0) {
            return Err(Error::Shape("no element can be selected of lines without elements".into()));
        }
        let shape = [&ranks.shape()[..lead], kept].concat();
        let ranks = ranks.cast(DType::I64)?.broadcast_to(&shape)?;
        let dtype = typed.dtype();
        Ok(Expr::output(Select { along, nan }, vec![typed, ranks], dtype, shape))
    }
}

impl Operator for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn key(&self) -> Vec<u8> {
        [&self.along.to_le_bytes()[..], &[u8::from(self.nan)]].concat()
    }

    /// Every line and every place is selected by itself.
    fn needs(&self, part: &mut [Range<u64>], shapes: &[&[u64]]) -> Option<Vec<Vec<Range<u64>>>> {
        let &[array, ranks] = shapes else { return None };
        let (kept, line) = array.split_at(array.len().checked_sub(self.along)?);
        let lead = ranks.len().checked_sub(kept.len())?;
        let lines = part.get(lead..)?.iter().cloned().chain(all(line));
        Some(vec![lines.collect(), part.to_vec()])
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let (Ok([feed, ranks]), [output]) = (<[Program; 2]>::try_from(feeds), outputs) else {
            return Err(Error::Other("a selection has an array, places and one output".into()));
        };
        let kept = feed.domain.len() - self.along;
        let lines = Lines {
            keys: keys(output.dtype.into())
                .ok_or_else(|| Error::internal("texts and records have no order of keys"))?,
            nan: self.nan,
            kept,
            lead: ranks.domain.len() - kept,
            feed,
            ranks,
            output: output.clone(),
        };
        Ok(Box::new(Selecting { way: Way::Whole(Whole::new(&lines, u64::MAX)), lines, keeps: false }))
    }
}

/// The lines of a selection, and the places wanted of them.
#[derive(Clone, Debug)]
struct Lines {
    keys: Keys,
    nan: bool,
    feed: Program,
    ranks: Program,
    output: Output,
    /// Axes of the array before those of a line.
    kept: usize,
    /// Axes of the result before the kept ones.
    lead: usize,
}

impl Lines {
    /// Elements of a line along each of its axes.
    fn line(&self) -> &[u64] {
        &self.feed.domain[self.kept..]
    }

    /// Elements of a line.
    fn length(&self) -> u64 {
        self.line().iter().product()
    }

    /// The kept axes.
    fn across(&self) -> &[u64] {
        &self.feed.domain[..self.kept]
    }

    /// The places wanted of each line.
    fn wanted(&self) -> u64 {
        self.ranks.domain[..self.lead].iter().product()
    }

    /// Bytes of an element.
    fn item(&self) -> u64 {
        self.output.written.item
    }

    /// The box of the result for the lines of a box of the kept axes.
    fn results(&self, start: &[u64], shape: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let lead = &self.ranks.domain[..self.lead];
        ([&vec![0; self.lead][..], start].concat(), [lead, shape].concat())
    }

    /// Bytes for the results of a box of the kept axes, their places, and the means to read these.
    fn result_bytes(&self, shape: &[u64]) -> u64 {
        let written = &self.output.written;
        let (_, boxed) = self.results(shape, shape);
        let elements = boxed.iter().copied().fold(1, u64::saturating_mul);
        let copies = if written.copies { 3 } else { 2 };
        elements.saturating_mul(8 + copies * written.item)
            + written.scratch
            + Feed::bytes(&self.ranks, &boxed)
    }
}

/// The way in which lines are read.
#[derive(Debug)]
enum Way {
    Whole(Whole),
    Passes(Passes),
}

/// A selection that is planned.
#[derive(Debug)]
struct Selecting {
    lines: Lines,
    way: Way,
    /// Whether mapped pages of the array stay until it is done.
    keeps: bool,
}

/// Longer lines are read in passes.
const LONG: u64 = 1 << 20;
/// A line longer than this is read in passes if there are too few for all threads.
const LONG_AND_FEW: u64 = 1 << 17;

impl Selecting {
    /// The tiles of the kept axes, and the threads that select.
    fn tiles(&self) -> (&Tiles, u64) {
        match &self.way {
            Way::Whole(whole) => (&whole.tiles, whole.threads),
            Way::Passes(passes) => (&passes.groups, 1),
        }
    }

    fn run_with<K: Key>(&self, feeds: [&Feed<'_>; 2], run: &Run<'_>, give: &Give<'_>) -> Result<()> {
        match &self.way {
            Way::Whole(whole) => whole.run::<K>(&self.lines, feeds, run, give),
            Way::Passes(passes) => passes.run::<K>(&self.lines, feeds, run, give),
        }
    }

    /// Chooses the way in which lines are read.
    fn choose(&mut self, room: Room) -> Fit {
        let (length, count) = (self.lines.length(), self.lines.across().iter().product::<u64>());
        let mut passes = Passes::new(&self.lines);
        if length > LONG || (length > LONG_AND_FEW && count < 4 * room.threads) {
            let fit = passes.fit(&self.lines, room);
            self.way = Way::Passes(passes);
            return fit;
        }
        let mut whole = Whole::new(&self.lines, room.free / (4 * room.threads.max(1)));
        let fit = whole.fit(&self.lines, room);
        let suits = matches!(fit, Fit::Takes(_)) && !whole.reads_often(&self.lines, room);
        self.way = Way::Whole(whole);
        if suits {
            return fit;
        }
        match (fit, passes.fit(&self.lines, room)) {
            (_, Fit::Takes(bytes)) => {
                self.way = Way::Passes(passes);
                Fit::Takes(bytes)
            }
            (Fit::Needs(whole), Fit::Needs(passes)) => Fit::Needs(whole.min(passes)),
            (fit, _) => fit,
        }
    }
}

impl Stage for Selecting {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.lines.feed, &self.lines.ranks]
    }

    fn fit(&mut self, room: Room) -> Fit {
        let fit = self.choose(room);
        let Fit::Takes(bytes) = fit else { return fit };
        // half of the budget is left to others that share it
        let mapped = mapped_bytes(std::slice::from_ref(&self.lines.feed));
        let held = room.total.saturating_sub(room.free);
        self.keeps = held.saturating_add(bytes).saturating_add(mapped) <= room.total / 2;
        Fit::Takes(bytes + if self.keeps { mapped } else { 0 })
    }

    fn work(&self) -> u64 {
        self.lines.feed.elements()
    }

    fn open(&self, _: usize, threads: u64) -> Option<Vec<u64>> {
        let (tiles, threads) = (self.tiles().0, self.tiles().1.max(threads));
        let (extents, across) = (tiles.extents(), self.lines.across());
        let open = |k: usize| if k == 0 { extents[k].saturating_mul(threads + 1) } else { across[k] };
        let lead = &self.lines.ranks.domain[..self.lines.lead];
        Some(lead.iter().copied().chain((0..across.len()).map(open)).collect())
    }

    fn explain(&self) -> Told {
        let (tiles, threads) = self.tiles();
        let step = format!("{} place(s) of each line of {}", self.lines.wanted(), self.lines.length());
        let (passes, threads) = match &self.way {
            Way::Whole(_) => (1, threads),
            Way::Passes(passes) => (2, passes.threads),
        };
        Told {
            kind: "select",
            steps: vec![step],
            domain: self.lines.feed.domain.clone(),
            tiles: tiles.len(),
            tile: [&tiles.extents(), self.lines.line()].concat(),
            threads,
            reads: vec![self.lines.feed.bytes_read(), self.lines.ranks.bytes_read()],
            passes,
            keeps: self.keeps,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let ([sources, places], [sink]) = (run.sources, run.sinks) else {
            return Err(Error::Other("a selection has an array, places and one output".into()));
        };
        let feed = Feed::new(&self.lines.feed, sources, run.context, self.keeps);
        let ranks = Feed::new(&self.lines.ranks, places, run.context, false);
        let feeds = [&feed, &ranks];
        let (_, extents) = self.lines.results(&[], &self.tiles().0.extents());
        let written = Tiles::regular(&self.lines.output.shape, &extents);
        let ran = deliver(sink.as_ref(), &written, run.context, |give| {
            if self.lines.output.shape.contains(&0) {
                return Ok(());
            }
            match self.lines.item() {
                1 => self.run_with::<u8>(feeds, run, give),
                2 => self.run_with::<u16>(feeds, run, give),
                4 => self.run_with::<u32>(feeds, run, give),
                8 => self.run_with::<u64>(feeds, run, give),
                _ => self.run_with::<u128>(feeds, run, give),
            }
        });
        if self.keeps {
            sources.iter().for_each(|source| source.release_all());
        }
        ran
    }
}

/// Bytes of a buffer as keys.
fn as_keys<K: Key>(bytes: &mut [u8]) -> Result<&mut [K]> {
    bytemuck::try_cast_slice_mut(bytes).map_err(|e| Error::Other(format!("keys of elements: {e}")))
}
