//! Index of the greatest or least element: the first of equal elements, or the first NaN if there is any.

use std::marker::PhantomData;
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};

use super::lanes::{lanes, put_integer};
use super::order::Ordered;
use super::{At, Bytes, Fold, LEAF, Last, Leaf, of};
use crate::kernels::physical::{Physical, by_class};

/// The best element so far and its index; `u64::MAX` when there is none.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Best {
    index: u64,
    /// The element's bytes.
    value: [u64; 2],
}

impl Best {
    const NONE: Best = Best { index: u64::MAX, value: [0; 2] };

    #[inline(always)]
    fn new<T: Pod>(value: T, index: u64) -> Best {
        let mut best = Best { index, value: [0; 2] };
        bytemuck::bytes_of_mut(&mut best.value)[..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&value));
        best
    }

    #[inline(always)]
    fn value<T: Pod>(&self) -> T {
        bytemuck::pod_read_unaligned(&bytemuck::bytes_of(&self.value)[..size_of::<T>()])
    }
}

struct Arg<T, const MAX: bool>(PhantomData<T>);

/// Columns that are folded at a time.
const WIDTH: usize = 256;

impl<T: Ordered, const MAX: bool> Arg<T, MAX> {
    /// Whether `a` is better than `b`, regardless of their places.
    #[inline(always)]
    fn beats(a: T, b: T) -> bool {
        let better = if MAX { T::less(b, a) } else { T::less(a, b) };
        better & !b.is_nan() | a.is_nan() & !b.is_nan()
    }
}

impl<T: Ordered, const MAX: bool> Fold for Arg<T, MAX> {
    type In = T;
    type State = Best;
    type Lane = [u8; 0];
    const VECTORS: bool = T::VECTORS;

    fn new() -> Best {
        Best::NONE
    }

    /// Only the leaf with the best element is searched for its place.
    #[inline(always)]
    fn row(state: &mut Best, row: &[T], at: At) {
        let pick = |a: T, b: T| if MAX { T::greater(a, b) } else { T::smaller(a, b) };
        let mut found: Option<(usize, T)> = None;
        for (k, leaf) in row.chunks(LEAF).enumerate() {
            let best = lanes(leaf, leaf[0], pick, |a| a, pick);
            if found.is_none_or(|(_, so_far)| Self::beats(best, so_far)) {
                found = Some((k * LEAF, best));
            }
        }
        if let Some((first, best)) = found {
            // the first element that is as good as the best
            let place = row[first..].iter().position(|&x| !Self::beats(best, x)).unwrap_or(0) + first;
            <Self as Fold>::merge(state, &Best::new(row[place], at.base + place as u64 * at.col_step));
        }
    }

    #[inline(always)]
    fn columns(
        states: &mut [Best],
        _: &mut [Self::Lane],
        block: &[T],
        rows: usize,
        stride: usize,
        _: Leaf,
        at: At,
    ) {
        for (k, states) in states.chunks_mut(WIDTH).enumerate() {
            let first = k * WIDTH;
            let n = states.len();
            let row = |r: usize| &block[r * stride + first..][..n];
            let (mut best, mut place) = ([T::zeroed(); WIDTH], [0u32; WIDTH]);
            best[..n].copy_from_slice(row(0));
            for r in 1..rows {
                for ((best, place), &x) in best.iter_mut().zip(&mut place).zip(row(r)) {
                    let beats = Self::beats(x, *best);
                    *best = if beats { x } else { *best };
                    *place = if beats { r as u32 } else { *place };
                }
            }
            for (c, state) in states.iter_mut().enumerate() {
                let index = at.base + u64::from(place[c]) * at.row_step + (first + c) as u64 * at.col_step;
                <Self as Fold>::merge(state, &Best::new(best[c], index));
            }
        }
    }

    #[inline(always)]
    fn merge(into: &mut Best, from: &Best) {
        if from.index == u64::MAX {
            return;
        }
        let (a, b) = (into.value::<T>(), from.value::<T>());
        if into.index == u64::MAX || Self::beats(b, a) || (from.index < into.index && !Self::beats(a, b)) {
            *into = *from;
        }
    }

    fn finish(state: &Best, _: Last, out: &mut [u8]) {
        put_integer(state.index, out);
    }
}

/// The fold of `argmax` or `argmin`.
pub(super) fn bind<const MAX: bool>(input: Physical) -> Option<Arc<dyn Bytes>> {
    by_class!(input, T {
        truth => of(Arg::<T, MAX>(PhantomData)),
        whole => of(Arg::<T, MAX>(PhantomData)),
        float => of(Arg::<T, MAX>(PhantomData)),
        complex => of(Arg::<T, MAX>(PhantomData)),
        time => of(Arg::<T, MAX>(PhantomData)),
        half => None,
    })
}
