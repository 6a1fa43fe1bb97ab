//! The sort of one long line.

mod walk;
mod write;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, PoisonError};

use super::line::{Line, Pieces};
use super::long::{CELL, Long, PLACES, REREAD};
use crate::exec::{Feed, Give, Run, Turns};
use crate::kernels::order::{Cells, Word};
use crate::program::tiles::rows;
use crate::source::Spilled;
use crate::{Buffer, Error, Result};
use walk::Means;

/// The sort of one line.
pub(super) struct Task<'a, W> {
    long: &'a Long<W>,
    line: &'a Line<'a>,
    pieces: Pieces<'a>,
    feed: &'a Feed<'a>,
    run: &'a Run<'a>,
    give: &'a Give<'a>,
    /// Whether any zero is negative. Zeros are then written apart from other elements.
    signed: AtomicBool,
    /// The position of the first zero in the result.
    first_zero: AtomicU64,
}

/// Words to be sorted.
struct Words<'a, W> {
    from: Origin<'a>,
    /// The cells that they are in, if others lie between them.
    within: Vec<(&'a Cells<W>, usize)>,
    /// Their number.
    count: u64,
}

#[derive(Clone)]
enum Origin<'a> {
    Line,
    /// The words of each lane in a file.
    File(&'a Spilled, Vec<Range<u64>>),
}

/// Neighbouring cells whose words are loaded together.
struct Portion {
    cells: Range<usize>,
    count: u64,
}

/// The words of a cell, and the position of the first in the result.
type Loaded<'w, W> = Mutex<Option<(&'w mut [W], u64)>>;

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn changed() -> Error {
    Error::Other("the input of a sort changed while it was read; sort it again".into())
}

impl<'a, W: Word> Task<'a, W> {
    pub(super) fn new(
        long: &'a Long<W>,
        line: &'a Line<'a>,
        feed: &'a Feed<'a>,
        run: &'a Run<'a>,
        give: &'a Give<'a>,
    ) -> Task<'a, W> {
        let pieces = line.pieces(&long.cut, &long.feed);
        let (signed, first_zero) = (AtomicBool::new(false), AtomicU64::new(0));
        Task { long, line, pieces, feed, run, give, signed, first_zero }
    }

    /// Sorts the line. `memory` holds the loaded words, and is kept for the next line.
    pub(super) fn sort(&self, memory: &mut Buffer) -> Result<()> {
        let all = Words { from: Origin::Line, within: Vec::new(), count: self.line.length() };
        let mut sample = self.sample()?;
        self.divide(&all, &mut sample, 0, memory)?;
        self.write_zeros()
    }

    /// Sorts words whose first has position `at` in the result.
    fn divide(&self, words: &Words<'_, W>, sample: &mut [W], at: u64, memory: &mut Buffer) -> Result<()> {
        let cells = Cells::new(sample, (words.count / CELL).clamp(1, self.long.cells) as usize);
        let counts = self.count(words, &cells, at)?;
        let portions = self.portions(&cells, &counts);
        let file = match portions.len() as u64 > REREAD {
            true => {
                *memory = Buffer::default();
                Some(self.distribute(words, &cells, &counts, &portions)?)
            }
            false => None,
        };
        let (mut at, mut begun) = (at, 0);
        for portion in &portions {
            let mut part =
                Words { from: words.from.clone(), within: words.within.clone(), count: portion.count };
            match &file {
                Some(file) => {
                    let lanes = counts.iter().map(|counts| {
                        let len: u64 = counts[portion.cells.clone()].iter().sum();
                        begun += len;
                        begun - len..begun
                    });
                    part = Words { from: Origin::File(file, lanes.collect()), within: Vec::new(), ..part };
                }
                None if portion.count > self.long.capacity => part.within.push((&cells, portion.cells.start)),
                None => {}
            }
            if portion.count > self.long.capacity {
                let (low, high, mut sample) = self.bounds(&part)?;
                match low == high {
                    true => self.repeat(low, at, portion.count)?,
                    false => self.divide(&part, &mut sample, at, memory)?,
                }
            } else {
                let share = if file.is_some() { 2 } else { 1 };
                self.load(&part, &cells, &counts, portion, at, memory)?;
                (self.run.done)(portion.count / share);
            }
            at += portion.count;
        }
        Ok(())
    }

    /// Words at some places of the line.
    fn sample(&self) -> Result<Vec<W>> {
        let places = self.pieces.len().min(PLACES);
        let all = Mutex::new(Vec::new());
        let turns = Turns::new(places);
        turns.run(self.long.threads, self.run.context, || {
            let mut means = self.means();
            while let Some(place) = turns.take(self.run.context)? {
                let mut piece = self.pieces.piece(place * self.pieces.len() / places);
                piece.shape = rows(&piece.shape, self.long.samples() / places);
                self.read(&piece, &mut means)?;
                let Means { bytes, block, .. } = &mut means;
                piece.words(bytes.bytes(), &*self.long.coder.encode, block, |words, _| {
                    locked(&all).extend_from_slice(words);
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// The least and the greatest of some words, and a sample with both of them.
    fn bounds(&self, words: &Words<'_, W>) -> Result<(W, W, Vec<W>)> {
        let step = (words.count / self.long.samples()).max(1);
        let all = Mutex::new((None::<(W, W)>, Vec::new()));
        self.each_lane(words, false, |_, walk| {
            let (mut ends, mut sample, mut seen) = (None::<(W, W)>, Vec::new(), 0u64);
            walk(&mut |words| {
                for &word in words {
                    let (low, high) = ends.get_or_insert((word, word));
                    (*low, *high) = ((*low).min(word), (*high).max(word));
                    if seen.is_multiple_of(step) {
                        sample.push(word);
                    }
                    seen += 1;
                }
                Ok(())
            })?;
            let (known, samples) = &mut *locked(&all);
            samples.append(&mut sample);
            *known = match (*known, ends) {
                (Some((low, high)), Some((l, h))) => Some((low.min(l), high.max(h))),
                (known, ends) => known.or(ends),
            };
            Ok(())
        })?;
        let (ends, mut sample) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (low, high) = ends.ok_or_else(changed)?;
        sample.extend([low, high]);
        Ok((low, high, sample))
    }

    /// The number of words of each lane in each cell.
    fn count(&self, words: &Words<'_, W>, cells: &Cells<W>, at: u64) -> Result<Vec<Vec<u64>>> {
        let is_first = at == 0 && words.count == self.line.length();
        let all: Vec<Mutex<Vec<u64>>> = (0..self.long.lanes()).map(|_| Mutex::default()).collect();
        self.each_lane(words, is_first, |lane, walk| {
            let mut counts = vec![0u64; cells.len()];
            walk(&mut |words| {
                words.iter().for_each(|&word| counts[cells.of(word)] += 1);
                if is_first {
                    (self.run.done)(words.len() as u64);
                }
                Ok(())
            })?;
            *locked(&all[lane]) = counts;
            Ok(())
        })?;
        let counts: Vec<Vec<u64>> = all
            .into_iter()
            .map(|counts| counts.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect();
        match counts.iter().flatten().sum::<u64>() == words.count {
            true => Ok(counts),
            false => Err(changed()),
        }
    }

    /// Neighbouring cells joined as far as they fit in memory. Empty cells at the ends are left out.
    fn portions(&self, cells: &Cells<W>, counts: &[Vec<u64>]) -> Vec<Portion> {
        let mut portions: Vec<Portion> = Vec::new();
        for cell in 0..cells.len() {
            let count: u64 = counts.iter().map(|counts| counts[cell]).sum();
            match portions.last_mut() {
                Some(last) if last.count + count <= self.long.capacity || count == 0 => {
                    last.count += count;
                    last.cells.end = if count > 0 { cell + 1 } else { last.cells.end };
                }
                _ if count > 0 => portions.push(Portion { cells: cell..cell + 1, count }),
                _ => {}
            }
        }
        portions
    }
}
