//! Sorting by several keys. A pass over all elements finds the ranges of their keys, so that the words of the sort are as
//! small as these allow.

use std::sync::{Mutex, PoisonError};

use super::Sort;
use super::line::{Cut, Line};
use crate::exec::{Feed, Fit, Room, Run, Stage, Told, Turns};
use crate::kernels::order::{Pack, Packing, Ranges, Wide};
use crate::operator::Output;
use crate::program::Program;
use crate::{Buffer, Error, Result};

/// The most bits of keys that one sort takes.
pub(crate) const MOST: u32 = Wide::<33>::ROOM;

/// A sort by several keys.
#[derive(Debug)]
pub(super) struct Packed {
    sort: Sort,
    feed: Program,
    output: Output,
    /// The pieces in which the elements are read for the ranges of their keys.
    cut: Cut,
    /// The sort with words that hold all keys.
    widest: Box<dyn Stage>,
    room: Room,
}

impl Packed {
    pub(super) fn new(sort: Sort, feed: Program, output: Output) -> Packed {
        let widest = Packing::new(&sort.units, &Ranges::widest(&sort.units));
        let widest = planned(&sort, widest, &feed, &output);
        let cut = Cut::of(&feed, None);
        Packed { sort, feed, output, cut, widest, room: Room { free: 0, total: 0, threads: 1 } }
    }

    /// Bytes of each thread that reads elements for their ranges.
    fn bytes(&self, cut: &Cut) -> u64 {
        let extent = cut.extent(&self.feed.domain, None);
        let ranges = self.sort.units.len() as u64 * 16;
        extent.iter().product::<u64>() * self.feed.output_size() as u64
            + Feed::bytes(&self.feed, &extent)
            + ranges
    }

    fn ranges(&self, run: &Run<'_>) -> Result<Ranges> {
        let [sources] = run.sources else {
            return Err(Error::internal("a sort has one input"));
        };
        let (units, item) = (&self.sort.units, self.feed.output_size());
        let feed = Feed::new(&self.feed, sources, run.context, false);
        let all = Mutex::new(Ranges::new(units.len()));
        for line in Line::all(&self.feed.domain, None) {
            let pieces = line.pieces(&self.cut, &self.feed);
            let turns = Turns::new(pieces.len());
            turns.run(self.room.threads, run.context, || {
                let (mut reader, mut bytes) = (feed.reader(), Buffer::default());
                let mut ranges = Ranges::new(units.len());
                while let Some(number) = turns.take(run.context)? {
                    pieces.piece(number).read((&mut reader, item), &mut bytes, run, |elements| {
                        ranges.widen(units, elements, item);
                        Ok(())
                    })?;
                }
                all.lock().unwrap_or_else(PoisonError::into_inner).join(&ranges);
                Ok(())
            })?;
        }
        Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The sort with the smallest words that hold packed keys.
fn planned(sort: &Sort, packing: Packing, feed: &Program, output: &Output) -> Box<dyn Stage> {
    fn of<W: Pack>(sort: &Sort, packing: Packing, feed: &Program, output: &Output) -> Box<dyn Stage> {
        sort.planned(packing.coder::<W>(sort.wanted), feed, output)
    }
    match packing.bits() {
        bits if bits <= u128::ROOM => of::<u128>(sort, packing, feed, output),
        bits if bits <= Wide::<3>::ROOM => of::<Wide<3>>(sort, packing, feed, output),
        bits if bits <= Wide::<9>::ROOM => of::<Wide<9>>(sort, packing, feed, output),
        _ => of::<Wide<33>>(sort, packing, feed, output),
    }
}

impl Stage for Packed {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.feed]
    }

    fn fit(&mut self, room: Room) -> Fit {
        let (cut, threads, read) = self.cut.fitted(room, |cut, _| (self.bytes(cut), 0));
        self.cut = cut;
        let takes = match (read, self.widest.fit(room)) {
            (Fit::Takes(read), Fit::Takes(sort)) => read.max(sort),
            (Fit::Needs(read), Fit::Needs(sort)) => return Fit::Needs(read.max(sort)),
            (needs @ Fit::Needs(_), _) | (_, needs) => return needs,
        };
        self.room = Room { free: takes, threads, ..room };
        Fit::Takes(takes)
    }

    fn work(&self) -> u64 {
        self.widest.work().saturating_add(self.feed.elements())
    }

    fn open(&self, number: usize, threads: u64) -> Option<Vec<u64>> {
        self.widest.open(number, threads)
    }

    fn explain(&self) -> Told {
        let mut told = self.widest.explain();
        told.passes += 1;
        if let Some(step) = told.steps.first_mut() {
            step.push_str(&format!(", by {} keys", self.sort.units.len()));
        }
        told
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let packing = Packing::new(&self.sort.units, &self.ranges(run)?);
        let mut stage = planned(&self.sort, packing, &self.feed, &self.output);
        match stage.fit(self.room) {
            Fit::Takes(_) => stage.run(run),
            // smaller words fit where larger ones do; if not, the larger ones do the same work
            Fit::Needs(_) => self.widest.run(run),
        }
    }
}
