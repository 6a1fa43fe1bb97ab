//! One long line: all elements of an array in C order, or those along an axis at one place of the other axes.

use crate::exec::{Fit, Reader, Room, Run, like, tile_index};
use crate::kernels::order::{Encode, Positions, Word};
use crate::profile::Work;
use crate::program::Program;
use crate::program::tiles::{Tiles, lead, loop_order, rows};
use crate::source::c_strides;
use crate::{Buffer, Result};

/// Bytes of a piece of consecutive elements.
const PIECE: u64 = 1 << 20;
/// The fewest elements of a piece.
const LEAST: u64 = 1 << 11;
/// Words that are made at a time.
pub(in crate::operator) const BLOCK: usize = 1 << 12;
/// An encoded chunk of at most this many bytes is one piece, so that it is decoded once.
const WHOLE: u64 = 16 << 20;

/// Lines of an array of shape `domain`.
#[derive(Clone, Debug)]
pub(in crate::operator) struct Line<'a> {
    domain: &'a [u64],
    axis: Option<usize>,
    /// Its place along the other axes.
    place: Vec<u64>,
}

/// A line in pieces.
pub(in crate::operator) struct Pieces<'a> {
    line: &'a Line<'a>,
    tiles: Tiles,
    order: Vec<usize>,
}

/// A piece of a line: a box of the array.
pub(in crate::operator) struct Piece<'a> {
    line: &'a Line<'a>,
    pub(in crate::operator) start: Vec<u64>,
    pub(in crate::operator) shape: Vec<u64>,
}

/// The shapes of the pieces of a line.
#[derive(Clone, Debug)]
pub(in crate::operator) enum Cut {
    /// Consecutive elements, at most so many.
    InOrder(u64),
    /// Boxes that lie like the array's chunks; a piece has about this shape.
    Like(Vec<u64>),
}

impl Cut {
    /// Pieces that suit a program.
    pub(in crate::operator) fn of(program: &Program, axis: Option<usize>) -> Cut {
        let (None, Some(lead)) = (axis, lead(program)) else {
            return Cut::InOrder((PIECE / program.output_size().max(1) as u64).max(1));
        };
        let (domain, item) = (&program.domain, program.output_size() as u64);
        let chunk: Vec<u64> =
            domain.iter().zip(&lead.access).map(|(&n, a)| a.map_or(n, |a| a.span().min(n)).max(1)).collect();
        let whole = chunk.iter().fold(item, |bytes, &n| bytes.saturating_mul(n)) <= WHOLE;
        Cut::Like(if lead.is_encoded() && whole { chunk } else { like(Some(program), domain, item) })
    }

    /// The shape of a piece.
    pub(in crate::operator) fn extent(&self, domain: &[u64], axis: Option<usize>) -> Vec<u64> {
        match (self, axis) {
            (Cut::Like(extent), _) => extent.clone(),
            (Cut::InOrder(elements), Some(axis)) => {
                let along = |k: usize| if k == axis { (*elements).clamp(1, domain[k].max(1)) } else { 1 };
                (0..domain.len()).map(along).collect()
            }
            (Cut::InOrder(elements), None) => rows(domain, *elements),
        }
    }

    /// Pieces of half the size; `None` if they would be too small.
    pub(in crate::operator) fn halved(&self) -> Option<Cut> {
        match self {
            Cut::InOrder(elements) => (*elements >= 2 * LEAST).then(|| Cut::InOrder(elements / 2)),
            Cut::Like(extent) => {
                let all: u64 = extent.iter().product();
                let axis = (0..extent.len()).find(|&k| extent[k] > 1 && all >= 2 * LEAST)?;
                let mut halved = extent.clone();
                halved[axis] = halved[axis].div_ceil(2);
                Some(Cut::Like(halved))
            }
        }
    }

    /// Pieces and threads that memory has room for: smaller pieces first, then fewer threads. `bytes` are those of each
    /// thread, and those that all share.
    pub(in crate::operator) fn fitted(
        &self,
        room: Room,
        bytes: impl Fn(&Cut, u64) -> (u64, u64),
    ) -> (Cut, u64, Fit) {
        let (mut cut, mut threads) = (self.clone(), room.threads);
        loop {
            let (each, shared) = bytes(&cut, threads);
            let takes = threads * each + shared;
            if takes <= room.free {
                return (cut, threads, Fit::Takes(takes));
            }
            match cut.halved() {
                Some(halved) => cut = halved,
                None if threads > 1 => threads -= 1,
                None => return (cut, threads, Fit::Needs(takes)),
            }
        }
    }
}

impl<'a> Line<'a> {
    /// All lines of an array.
    pub(in crate::operator) fn all(domain: &'a [u64], axis: Option<usize>) -> impl Iterator<Item = Line<'a>> {
        let one = |k: usize| axis.is_none() || axis == Some(k);
        let extents: Vec<u64> = (0..domain.len()).map(|k| if one(k) { domain[k] } else { 1 }).collect();
        let lines = Tiles::regular(domain, &extents);
        let order: Vec<usize> = (0..domain.len()).collect();
        (0..lines.len()).map(move |number| Line {
            domain,
            axis,
            place: lines.tile(&tile_index(&lines, &order, number)).0,
        })
    }

    /// Its number of elements.
    pub(in crate::operator) fn length(&self) -> u64 {
        match self.axis {
            Some(axis) => self.domain[axis],
            None => self.domain.iter().product(),
        }
    }

    /// The line in pieces. Pieces of consecutive elements come in their order.
    pub(in crate::operator) fn pieces(&'a self, cut: &Cut, program: &Program) -> Pieces<'a> {
        let extent = cut.extent(self.domain, self.axis);
        let in_order = || (0..self.domain.len()).collect();
        let (tiles, order) = match (cut, self.axis) {
            (Cut::Like(_), _) => (Tiles::along(self.domain, lead(program), &extent), loop_order(program)),
            (Cut::InOrder(_), Some(axis)) => {
                let along = |k: usize| if k == axis { self.domain[k] } else { 1 };
                let all: Vec<u64> = (0..self.domain.len()).map(along).collect();
                (Tiles::regular(&all, &extent), in_order())
            }
            (Cut::InOrder(_), None) => (Tiles::regular(self.domain, &extent), in_order()),
        };
        Pieces { line: self, tiles, order }
    }

    /// The box in the result of some elements, given the position of the first.
    pub(in crate::operator) fn place(&self, first: u64, count: u64) -> (Vec<u64>, Vec<u64>) {
        match self.axis {
            Some(axis) => {
                let (mut start, mut shape) = (self.place.clone(), vec![1; self.domain.len()]);
                (start[axis], shape[axis]) = (first, count);
                (start, shape)
            }
            None => (vec![first], vec![count]),
        }
    }
}

impl<'a> Pieces<'a> {
    /// The number of pieces.
    pub(in crate::operator) fn len(&self) -> u64 {
        self.tiles.len()
    }

    /// A piece by its number.
    pub(in crate::operator) fn piece(&self, number: u64) -> Piece<'a> {
        let (mut start, shape) = self.tiles.tile(&tile_index(&self.tiles, &self.order, number));
        if self.line.axis.is_some() {
            start.iter_mut().zip(&self.line.place).for_each(|(start, place)| *start += place);
        }
        Piece { line: self.line, start, shape }
    }
}

impl Piece<'_> {
    /// Its number of elements.
    pub(in crate::operator) fn elements(&self) -> u64 {
        self.shape.iter().product()
    }

    /// Reads its elements, of `item` bytes each, into `bytes`, and has `work` take them.
    pub(in crate::operator) fn read(
        &self,
        (reader, item): (&mut Reader<'_>, usize),
        bytes: &mut Buffer,
        run: &Run<'_>,
        work: impl FnOnce(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let count = self.elements();
        let bytes = bytes.reserve(count as usize * item)?;
        run.context.record(Work::Tile, 1, count, || {
            reader.fill(&self.start, &self.shape, bytes)?;
            work(bytes)
        })?;
        (run.done)(count);
        Ok(())
    }

    /// Visits the runs of elements whose positions in the line have equal distances: the first element's place in the
    /// piece, the number of elements, and their positions.
    fn runs(&self, mut visit: impl FnMut(usize, usize, Positions) -> Result<()>) -> Result<()> {
        if let Some(axis) = self.line.axis {
            return visit(0, self.shape[axis] as usize, Positions { first: self.start[axis], step: 1 });
        }
        let strides: Vec<u64> =
            c_strides(self.line.domain, 1).iter().map(|s| s.unsigned_abs() as u64).collect();
        let last = (0..self.shape.len()).rev().find(|&k| self.shape[k] > 1);
        let step = last.map_or(1, |k| strides[k]);
        // axes join the run while their elements follow each other at the same distance
        let (mut run, mut outer) = (1, self.shape.len());
        while outer > 0 && (self.shape[outer - 1] == 1 || strides[outer - 1] == step * run) {
            outer -= 1;
            run *= self.shape[outer];
        }
        let mut index = vec![0; outer];
        for number in 0..self.shape[..outer].iter().product::<u64>() {
            let mut rest = number;
            for (index, n) in index.iter_mut().zip(&self.shape).rev() {
                (*index, rest) = (rest % n, rest / n);
            }
            let at = |k: usize| self.start[k] + index.get(k).copied().unwrap_or(0);
            let first = (0..strides.len()).map(|k| at(k) * strides[k]).sum();
            visit((number * run) as usize, run as usize, Positions { first, step })?;
        }
        Ok(())
    }

    /// Visits the words of the piece's elements, run by run, in blocks.
    pub(in crate::operator) fn words<W: Word>(
        &self,
        bytes: &[u8],
        encode: &Encode<W>,
        block: &mut [W],
        mut visit: impl FnMut(&mut [W], Positions) -> Result<()>,
    ) -> Result<()> {
        let item = bytes.len() / (self.elements() as usize).max(1);
        self.runs(|place, count, positions| {
            let run = bytes.get(place * item..(place + count) * item).unwrap_or_default();
            for (k, part) in run.chunks(BLOCK * item.max(1)).enumerate() {
                let positions = positions.after(k * BLOCK);
                let words = &mut block[..part.len() / item];
                encode(part, positions, words);
                visit(words, positions)?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_the_positions_of_their_elements() {
        for (domain, start, shape) in [
            (vec![4, 5, 6], vec![1, 2, 3], vec![2, 2, 3]),
            (vec![4, 5, 6], vec![1, 0, 0], vec![2, 5, 6]),
            (vec![4, 5, 6], vec![0, 1, 2], vec![4, 3, 1]),
            (vec![4, 5, 6], vec![0, 4, 2], vec![4, 1, 1]),
            (vec![4, 5, 6], vec![0, 4, 2], vec![1, 1, 1]),
            (vec![4, 1, 6], vec![2, 0, 0], vec![2, 1, 6]),
            (vec![7], vec![2], vec![5]),
        ] {
            let line = Line { domain: &domain, axis: None, place: vec![0; domain.len()] };
            let piece = Piece { line: &line, start: start.clone(), shape: shape.clone() };
            let (mut found, mut runs) = (Vec::new(), 0);
            piece
                .runs(|place, count, positions| {
                    assert_eq!(place, found.len());
                    found.extend((0..count).map(|k| positions.after(k).first));
                    runs += 1;
                    Ok(())
                })
                .unwrap();
            let whole: u64 = shape.iter().product();
            let mut expected = Vec::new();
            for number in 0..whole {
                let (mut rest, mut position, mut stride) = (number, 0, 1);
                for k in (0..domain.len()).rev() {
                    position += (start[k] + rest % shape[k]) * stride;
                    stride *= domain[k];
                    rest /= shape[k];
                }
                expected.push(position);
            }
            assert_eq!(found, expected, "{domain:?} {start:?} {shape:?}");
            if shape == [2, 5, 6] || shape == [4, 1, 1] {
                assert_eq!(runs, 1);
            }
        }
    }
}
