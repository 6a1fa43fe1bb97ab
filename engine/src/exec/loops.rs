//! The loops over a piece, how they are cut into blocks, and how a block of an operand lies in memory.

use super::fold;

/// A last axis this long makes blocks of one row, which need no packing.
const LONG_ROW: usize = 512;
/// Side of the square blocks of transposed inputs.
const SQUARE: usize = 64;
/// Columns of small and of large blocks that are folded column by column. The narrower a block, the more rows follow
/// each entry into the loop over a column.
const COLUMNS: [usize; 2] = [512, 1024];

/// The loops over a piece: its axes in loop order, neighbours joined where every operand allows it.
pub(super) struct Loops {
    pub(super) extent: Vec<usize>,
    pub(super) inputs: Vec<Vec<isize>>,
    /// If something is folded: the layout of the inputs in their chunks, which then decides the shape of blocks. The
    /// layout of windows would not do, because it depends on memory.
    pub(super) stored: Option<Vec<Vec<isize>>>,
    pub(super) outs: Vec<Steps>,
    /// If elements are folded column by column: the loop from row to row, unless there is only one row, and the number
    /// of columns of the domain.
    pub(super) columns: Option<(Option<usize>, u64)>,
}

/// How an output moves along the loops.
#[derive(Clone)]
pub(super) enum Steps {
    Fill(Vec<isize>),
    Fold(Vec<fold::Step>),
}

impl Loops {
    /// Whether loops `k` and `k + 1` can be joined.
    pub(super) fn can_join(&self, k: usize) -> bool {
        let n = self.extent[k + 1] as isize;
        let even = |s: &[isize]| s[k] == s[k + 1] * n;
        self.inputs.iter().all(|s| even(s))
            && self.outs.iter().all(|o| match o {
                Steps::Fill(s) => even(s),
                Steps::Fold(_) => false,
            })
    }

    pub(super) fn join(&mut self, k: usize) {
        let n = self.extent.remove(k);
        self.extent[k] *= n;
        for s in &mut self.inputs {
            s.remove(k);
        }
        for out in &mut self.outs {
            match out {
                Steps::Fill(s) => {
                    s.remove(k);
                }
                Steps::Fold(_) => {}
            }
        }
    }

    /// The shapes of small and of large blocks, of about the given numbers of elements. A large block is cut into small
    /// ones just as the whole piece would be.
    pub(super) fn blocks(&self, [small, large]: [usize; 2], items: &[usize]) -> [Vec<usize>; 2] {
        let [few, many] = COLUMNS;
        let small = self.block(small, few, items);
        let mut large = self.block(large, many, items);
        for ((large, small), extent) in large.iter_mut().zip(&small).zip(&self.extent) {
            // a whole axis stays whole: otherwise the rows of a contiguous block would lie apart
            if large != extent {
                *large -= *large % small;
            }
        }
        [small, large]
    }

    /// The shape of a block of about `size` elements. If it is folded column by column, its rows have at most
    /// `columns`.
    fn block(&self, size: usize, columns: usize, items: &[usize]) -> Vec<usize> {
        let mut block = vec![1; self.extent.len()];
        let Some(&last) = self.extent.last() else { return block };
        let n = block.len();
        let inputs = self.stored.as_ref().unwrap_or(&self.inputs);
        let transposed = |(s, &item): (&Vec<isize>, &usize)| {
            n > 1 && s[n - 2].unsigned_abs() == item && s[n - 1].unsigned_abs() > item
        };
        if inputs.iter().zip(items).any(transposed) {
            block[n - 1] = last.min(SQUARE);
            block[n - 2] = self.extent[n - 2].min(size / block[n - 1]).min(SQUARE);
            return block;
        }
        if let Some((rows, of)) = self.columns {
            // the number of rows does not depend on the width of a tile, so the bits of a result do not either
            let count = size / columns.min(usize::try_from(of).unwrap_or(usize::MAX)).max(1);
            let mut left = columns;
            for k in (rows.map_or(0, |r| r + 1)..n).rev() {
                block[k] = self.extent[k].min(left);
                left /= block[k];
                if left <= 1 || block[k] < self.extent[k] {
                    break;
                }
            }
            if let Some(rows) = rows {
                block[rows] = self.extent[rows].min(count);
            }
            return block;
        }
        block[n - 1] = last.min(size);
        let whole_rows_join = |s: &Vec<isize>, item: &usize| {
            n > 1 && (s[n - 2] == s[n - 1] * last as isize) && (s[n - 1] == *item as isize || s[n - 1] == 0)
        };
        let all_join = inputs.iter().zip(items).all(|(s, i)| whole_rows_join(s, i));
        if last >= LONG_ROW && !all_join {
            return block;
        }
        let mut left = size / block[n - 1];
        for k in (0..n - 1).rev() {
            if left <= 1 || block[k + 1] < self.extent[k + 1] {
                break;
            }
            block[k] = self.extent[k].min(left);
            left /= block[k];
        }
        block
    }
}

/// How a block of an input lies in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Scalar,
    Contiguous,
    Scattered,
}

pub(super) fn layout(strides: &[isize], shape: &[usize], item: usize) -> Layout {
    let mut expected = item as isize;
    let mut contiguous = true;
    let mut scalar = true;
    for (&s, &n) in strides.iter().zip(shape).rev() {
        if n > 1 {
            contiguous &= s == expected;
            scalar &= s == 0;
            expected = expected.saturating_mul(n as isize);
        }
    }
    match (scalar, contiguous) {
        (true, _) => Layout::Scalar,
        (_, true) => Layout::Contiguous,
        _ => Layout::Scattered,
    }
}

pub(super) fn is_aligned(bytes: &[u8], first: usize, item: usize) -> bool {
    // texts and records have sizes that are no alignment
    let align = 1 << item.trailing_zeros().min(3);
    bytes.as_ptr().addr().wrapping_add(first).is_multiple_of(align)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_blocks_are_contiguous_and_many_small_ones() {
        for extent in [[1000, 1000], [10_000, 700], [50, 10_000], [3, 100_000], [9, 4097], [7, 33_000]] {
            let row = extent[1] as isize * 8;
            let loops = Loops {
                extent: extent.to_vec(),
                inputs: vec![vec![row, 8]],
                stored: None,
                outs: Vec::new(),
                columns: None,
            };
            let [small, large] = loops.blocks([4096, 32_768], &[8]);
            for (block, most) in [(&small, 4096), (&large, 32_768)] {
                assert!(layout(&[row, 8], block, 8) == Layout::Contiguous, "{extent:?}: {block:?}");
                assert!(block.iter().product::<usize>() <= most, "{extent:?}: {block:?}");
            }
            let fits = |k: usize| large[k] == extent[k] || large[k].is_multiple_of(small[k]);
            assert!(fits(0) && fits(1), "{extent:?}: {small:?} in {large:?}");
            assert!(
                large.iter().product::<usize>() * 2 > 32_768.min(extent[0] * extent[1]),
                "{extent:?}: {large:?}"
            );
        }
    }
}
