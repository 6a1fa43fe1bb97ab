//! One long line: all elements of an array in C order, or those along an axis at one place of the other axes.

use crate::exec::{rows, tile_index};
use crate::program::tiles::Tiles;

/// A line of an array of shape `domain`.
#[derive(Clone, Debug)]
pub(in crate::operator) struct Line<'a> {
    domain: &'a [u64],
    axis: Option<usize>,
    /// Its place along the other axes.
    place: Vec<u64>,
}

/// A line in pieces of consecutive elements.
pub(in crate::operator) struct Pieces<'a> {
    line: &'a Line<'a>,
    tiles: Tiles,
    order: Vec<usize>,
}

/// A piece: its box in the array, and the position in the line of its first element.
pub(in crate::operator) struct Piece {
    pub(in crate::operator) start: Vec<u64>,
    pub(in crate::operator) shape: Vec<u64>,
    pub(in crate::operator) first: u64,
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

    /// The shape of a piece of at most `elements` elements.
    pub(in crate::operator) fn extent(domain: &[u64], axis: Option<usize>, elements: u64) -> Vec<u64> {
        match axis {
            Some(axis) => {
                let along = |k: usize| if k == axis { elements.clamp(1, domain[k].max(1)) } else { 1 };
                (0..domain.len()).map(along).collect()
            }
            None => rows(domain, elements),
        }
    }

    /// The line in pieces of at most `elements` elements.
    pub(in crate::operator) fn pieces(&'a self, elements: u64) -> Pieces<'a> {
        let extent = Line::extent(self.domain, self.axis, elements);
        let tiles = match self.axis {
            Some(axis) => {
                let all: Vec<u64> =
                    (0..self.domain.len()).map(|k| if k == axis { self.domain[k] } else { 1 }).collect();
                Tiles::regular(&all, &extent)
            }
            None => Tiles::regular(self.domain, &extent),
        };
        Pieces { line: self, tiles, order: (0..self.domain.len()).collect() }
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

impl Pieces<'_> {
    /// The number of pieces.
    pub(in crate::operator) fn len(&self) -> u64 {
        self.tiles.len()
    }

    /// A piece by its number.
    pub(in crate::operator) fn piece(&self, number: u64) -> Piece {
        let (mut start, shape) = self.tiles.tile(&tile_index(&self.tiles, &self.order, number));
        let first = match self.line.axis {
            Some(axis) => start[axis],
            None => start.iter().zip(self.line.domain).fold(0, |at, (i, n)| at * n + i),
        };
        if self.line.axis.is_some() {
            start.iter_mut().zip(&self.line.place).for_each(|(start, place)| *start += place);
        }
        Piece { start, shape, first }
    }
}
