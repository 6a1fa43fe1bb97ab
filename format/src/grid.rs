//! The regular grid of chunks that covers an array.

use std::ops::Range;

/// An array's shape, cut into chunks of one shape. Chunks at the far edges hang over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    shape: Vec<u64>,
    chunk: Vec<u64>,
    counts: Vec<u64>,
}

impl Grid {
    /// The grid of chunks of `chunk` elements (each at least 1) over `shape`, of equal length.
    pub fn new(shape: &[u64], chunk: &[u64]) -> Grid {
        debug_assert_eq!(shape.len(), chunk.len());
        let counts = shape.iter().zip(chunk).map(|(&n, &c)| n.div_ceil(c.max(1))).collect();
        Grid { shape: shape.to_vec(), chunk: chunk.to_vec(), counts }
    }

    /// Elements along each axis.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }
    /// Elements of one chunk along each axis.
    pub fn chunk_shape(&self) -> &[u64] {
        &self.chunk
    }
    /// Chunks along each axis.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }
    /// Number of chunks.
    pub fn len(&self) -> u64 {
        self.counts.iter().fold(1, |n: u64, &c| n.saturating_mul(c))
    }
    /// Whether there are no chunks, because an axis has length 0.
    pub fn is_empty(&self) -> bool {
        self.counts.contains(&0)
    }
    /// Whether there is a chunk at `index`.
    pub fn contains(&self, index: &[u64]) -> bool {
        index.len() == self.counts.len() && index.iter().zip(&self.counts).all(|(i, n)| i < n)
    }
    /// The number of a chunk in C order.
    pub fn linear(&self, index: &[u64]) -> u64 {
        index.iter().zip(&self.counts).fold(0, |n, (&i, &c)| n * c + i)
    }
    /// The index of a chunk by its number in C order.
    pub fn index(&self, linear: u64) -> Vec<u64> {
        unravel(linear, &self.counts)
    }
    /// First element of a chunk along each axis.
    pub fn start(&self, index: &[u64]) -> Vec<u64> {
        index.iter().zip(&self.chunk).map(|(&i, &c)| i * c).collect()
    }
    /// Elements of a chunk along each axis, without those beyond the array's edge.
    pub fn extent(&self, index: &[u64]) -> Vec<u64> {
        let axes = index.iter().zip(&self.chunk).zip(&self.shape);
        axes.map(|((&i, &c), &n)| n.saturating_sub(i * c).min(c)).collect()
    }
    /// Whether a chunk hangs over the array's edge.
    pub fn hangs_over(&self, index: &[u64]) -> bool {
        self.extent(index) != self.chunk
    }
    /// The chunks that hold elements of the region of `shape` at `start`, in C order.
    pub fn touching(&self, start: &[u64], shape: &[u64]) -> Indices {
        let ranges = start
            .iter()
            .zip(shape)
            .zip(&self.chunk)
            .map(|((&s, &n), &c)| if n == 0 { 0..0 } else { s / c..(s + n - 1) / c + 1 })
            .collect();
        Indices::new(ranges)
    }
    /// Every chunk, in C order.
    pub fn indices(&self) -> Indices {
        Indices::new(self.counts.iter().map(|&n| 0..n).collect())
    }
}

/// How the chunks of an array are numbered in its index: in C order over a grid that has room to grow.
///
/// The first axis grows without bound. Each other axis has room for a number of chunks. The room doubles when the
/// axis outgrows it; only then is the index rewritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbering {
    /// Number of chunks along each axis that have numbers; 0 for the first axis.
    rooms: Vec<u64>,
}

impl Numbering {
    pub(crate) fn of(rooms: Vec<u64>) -> Numbering {
        Numbering { rooms }
    }

    /// The numbering with just enough room for a grid.
    pub(crate) fn fitting(grid: &Grid) -> Numbering {
        let counts = grid.counts.iter().enumerate();
        Numbering { rooms: counts.map(|(axis, &n)| if axis == 0 { 0 } else { n.max(1) }).collect() }
    }

    /// The room of an axis other than the first.
    pub(crate) fn room(&self, axis: usize) -> Option<u64> {
        if axis == 0 { None } else { self.rooms.get(axis).copied() }
    }

    /// A numbering with room for a larger grid. The room of each axis that outgrows it is doubled, or made just large
    /// enough when doubling would exceed `most` numbers.
    pub(crate) fn grown(&self, grid: &Grid, most: u64) -> Numbering {
        let mut out = self.clone();
        for (axis, &count) in grid.counts.iter().enumerate().skip(1) {
            let Some(&room) = out.rooms.get(axis) else { continue };
            if room >= count {
                continue;
            }
            for candidate in [count.max(room.saturating_mul(2)), count] {
                if let Some(place) = out.rooms.get_mut(axis) {
                    *place = candidate;
                }
                let rows = grid.counts.first().copied().unwrap_or(1).max(1);
                if out.rooms.iter().skip(1).fold(rows, |n, &r| n.saturating_mul(r)) <= most {
                    break;
                }
            }
        }
        out
    }

    /// The number of a chunk.
    pub(crate) fn number(&self, index: &[u64]) -> u64 {
        let axes = index.iter().zip(&self.rooms).enumerate();
        axes.fold(0, |n, (axis, (&i, &room))| if axis == 0 { i } else { n * room + i })
    }

    /// The index of a chunk by its number. It may lie outside the grid.
    pub(crate) fn index(&self, number: u64) -> Vec<u64> {
        unravel(number, &self.rooms)
    }
}

/// The coordinates of number `linear` in C order.
pub(crate) fn unravel(mut linear: u64, counts: &[u64]) -> Vec<u64> {
    let mut index = vec![0; counts.len()];
    for (axis, (i, &n)) in index.iter_mut().zip(counts).enumerate().rev() {
        if axis == 0 {
            *i = linear;
        } else {
            *i = linear % n.max(1);
            linear /= n.max(1);
        }
    }
    index
}

/// The indices of a box, in C order.
#[derive(Clone, Debug)]
pub struct Indices {
    ranges: Vec<Range<u64>>,
    next: Option<Vec<u64>>,
}

impl Indices {
    /// The indices whose coordinate along axis k lies in `ranges[k]`.
    pub fn new(ranges: Vec<Range<u64>>) -> Indices {
        let empty = ranges.iter().any(|r| r.is_empty());
        let next = (!empty).then(|| ranges.iter().map(|r| r.start).collect());
        Indices { ranges, next }
    }
}

impl Iterator for Indices {
    type Item = Vec<u64>;

    fn next(&mut self) -> Option<Vec<u64>> {
        let current = self.next.take()?;
        let mut following = current.clone();
        for (i, range) in following.iter_mut().zip(&self.ranges).rev() {
            *i += 1;
            if *i < range.end {
                self.next = Some(following);
                break;
            }
            *i = range.start;
        }
        Some(current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_and_elements() {
        let grid = Grid::new(&[5, 7], &[2, 3]);
        assert_eq!(grid.counts(), [3, 3]);
        assert_eq!(grid.extent(&[2, 2]), [1, 1]);
        assert_eq!(grid.start(&[2, 1]), [4, 3]);
        assert!(grid.hangs_over(&[2, 0]) && !grid.hangs_over(&[1, 1]));
        for (n, index) in grid.indices().enumerate() {
            assert_eq!(grid.linear(&index), n as u64);
            assert_eq!(grid.index(n as u64), index);
        }
        let touched: Vec<_> = grid.touching(&[1, 3], &[2, 3]).collect();
        assert_eq!(touched, [[0, 1], [1, 1]]);
        assert_eq!(grid.touching(&[1, 3], &[0, 3]).count(), 0);
    }

    #[test]
    fn a_grid_without_axes_has_one_chunk() {
        let grid = Grid::new(&[], &[]);
        assert_eq!((grid.len(), grid.indices().count()), (1, 1));
        assert!(Grid::new(&[0, 4], &[1, 1]).is_empty());
    }
}
