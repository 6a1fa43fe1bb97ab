//! Sorting several lines, of which one thread can sort one if there is enough memory.

use super::lines::Lines;
use super::long::Long;
use crate::Result;
use crate::exec::{Fit, Room, Run, Stage, Told};
use crate::kernels::order::Word;
use crate::program::Program;

/// Lines that are sorted side by side if they fit in memory, and one after the other if not.
#[derive(Debug)]
pub(super) struct Either<W> {
    pub(super) lines: Lines<W>,
    pub(super) long: Long<W>,
    pub(super) fits: bool,
}

impl<W: Word> Either<W> {
    fn stage(&self) -> &dyn Stage {
        if self.fits { &self.lines } else { &self.long }
    }
}

impl<W: Word> Stage for Either<W> {
    fn feeds(&self) -> Vec<&Program> {
        self.stage().feeds()
    }

    fn fit(&mut self, room: Room) -> Fit {
        let fit = self.lines.fit(room);
        self.fits = matches!(fit, Fit::Takes(_));
        if self.fits { fit } else { self.long.fit(room) }
    }

    fn work(&self) -> u64 {
        self.stage().work()
    }

    fn open(&self, number: usize, threads: u64) -> Option<Vec<u64>> {
        // this is asked before it is known which of them fits
        let (lines, long) = (self.lines.open(number, threads)?, self.long.open(number, threads)?);
        Some(lines.into_iter().zip(long).map(|(a, b)| a.max(b)).collect())
    }

    fn explain(&self) -> Told {
        self.stage().explain()
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        self.stage().run(run)
    }
}
