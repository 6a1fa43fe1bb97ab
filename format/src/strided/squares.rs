//! Copies whose source and target lie along different axes: squares that fit the nearest cache are transposed.

use std::cell::RefCell;

use super::{Axis, Copy};
use crate::transpose::{LANES, transpose};

thread_local! {
    /// The square that is being transposed.
    static SQUARE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl<const N: usize> Copy<'_, N> {
    /// Copies rows of the target (`inner` along a row, `axis` from row to row) from a source that is contiguous, or
    /// nearly, along `axis`.
    ///
    /// Squares that fit the nearest cache are loaded into it first, run by run. Then many cache lines are under way
    /// at a time; transposing from memory would wait for a few at a time.
    pub(super) fn transpose(&mut self, axis: Axis, inner: Axis, from: isize, to: isize) {
        let side = match N {
            1 | 2 => 128,
            4 | 8 => 64,
            _ => 32,
        };
        let square = |i: usize, j: usize| {
            let (axis, inner) =
                (Axis { n: side.min(axis.n - i), ..axis }, Axis { n: side.min(inner.n - j), ..inner });
            let from = from + i as isize * axis.from + j as isize * inner.from;
            (axis, inner, from, to + i as isize * axis.to + j as isize * inner.to)
        };
        SQUARE.with_borrow_mut(|near| {
            near.resize(side * side * N, 0);
            for i in (0..axis.n).step_by(side) {
                for j in (0..inner.n).step_by(side) {
                    let (axis, inner, from, to) = square(i, j);
                    if axis.from != Self::ITEM {
                        self.lines(axis, inner, from, to);
                        continue;
                    }
                    let run = axis.n * N;
                    for (k, near) in near.chunks_exact_mut(run).take(inner.n).enumerate() {
                        let start = (from + k as isize * inner.from) as usize;
                        near.copy_from_slice(&self.source[start..][..run]);
                    }
                    let mut near = Copy::<N> { source: near, target: &mut *self.target };
                    near.transpose_near(axis, Axis { from: run as isize, ..inner }, to);
                }
            }
        });
    }

    /// Transposes a square in the cache, whose runs lie one after the other.
    fn transpose_near(&mut self, axis: Axis, inner: Axis, to: isize) {
        match N {
            1 => self.blocks::<64>(axis, inner, 0, to),
            2 => self.blocks::<32>(axis, inner, 0, to),
            4 => self.blocks::<16>(axis, inner, 0, to),
            8 => self.blocks::<8>(axis, inner, 0, to),
            _ => self.blocks::<4>(axis, inner, 0, to),
        }
    }

    fn lines(&mut self, axis: Axis, inner: Axis, from: isize, to: isize) {
        for r in 0..axis.n as isize {
            self.line(inner, from + r * axis.from, to + r * axis.to);
        }
    }

    /// Square blocks of `S` elements, one cache line, a side.
    fn blocks<const S: usize>(&mut self, axis: Axis, inner: Axis, from: isize, to: isize) {
        for i in (0..axis.n).step_by(S) {
            let rows = S.min(axis.n - i);
            for j in (0..inner.n).step_by(S) {
                let columns = S.min(inner.n - j);
                let from = from + i as isize * axis.from + j as isize * inner.from;
                let to = to + i as isize * axis.to + j as isize * inner.to;
                if rows == S && columns == S && N == 1 {
                    self.byte_block(inner.from, axis.to, from, to);
                } else if rows == S && columns == S {
                    self.block::<S>(inner.from, axis.to, from, to);
                } else {
                    self.lines(Axis { n: rows, ..axis }, Axis { n: columns, ..inner }, from, to);
                }
            }
        }
    }

    /// As [`Copy::block`], of 64 x 64 single bytes.
    #[expect(clippy::needless_range_loop, reason = "squares are transposed by index")]
    fn byte_block(&mut self, source_row: isize, target_row: isize, from: isize, to: isize) {
        let mut lines = [[[0u8; 8]; LANES]; 64];
        for band in 0..8 {
            let mut words: [[u64; LANES]; 8] = std::array::from_fn(|i| {
                let start = (from + (8 * band + i) as isize * source_row) as usize;
                let (row, _) = self.source[start..][..64].as_chunks();
                std::array::from_fn(|lane| u64::from_le_bytes(row[lane]))
            });
            transpose(&mut words);
            for (i, words) in words.iter().enumerate() {
                for (lane, word) in words.iter().enumerate() {
                    lines[8 * lane + i][band] = word.to_le_bytes();
                }
            }
        }
        for (r, line) in lines.iter().enumerate() {
            let start = (to + r as isize * target_row) as usize;
            self.target[start..][..64].copy_from_slice(line.as_flattened());
        }
    }

    /// A whole block whose source is contiguous along one side, and its target along the other. It is read into a
    /// local square first, so that lines of one cache set do not evict each other.
    #[inline(always)]
    fn block<const S: usize>(&mut self, source_row: isize, target_row: isize, from: isize, to: isize) {
        let mut square = [[[0u8; N]; S]; S];
        for (k, row) in square.iter_mut().enumerate() {
            let start = (from + k as isize * source_row) as usize;
            row.as_flattened_mut().copy_from_slice(&self.source[start..][..S * N]);
        }
        for r in 0..S {
            let mut line = [[0u8; N]; S];
            for (element, row) in line.iter_mut().zip(&square) {
                *element = row[r];
            }
            let start = (to + r as isize * target_row) as usize;
            self.target[start..][..S * N].copy_from_slice(line.as_flattened());
        }
    }
}
