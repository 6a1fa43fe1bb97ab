//! A large raw chunk that is being written in parts, and which of its elements the parts cover.

use crate::Meta;
use crate::sync::{Mutex, RwLock};

/// A chunk that is being written in parts.
#[derive(Debug)]
pub(super) struct OpenChunk {
    pub(super) index: Vec<u64>,
    pub(super) offset: u64,
    /// The value of elements that no part covers; `None` for a payload that was whole from the start.
    pub(super) fill: Option<Vec<u8>>,
    /// The parts written, in elements of the chunk: start and shape.
    pub(super) parts: Mutex<Vec<[Vec<u64>; 2]>>,
    /// Whether it is closed. A thread holds this lock to read while it writes a part, and to write while it closes.
    pub(super) closed: RwLock<bool>,
}

/// Copies the bytes of a part that lie in the bytes `[low, high)` of the payload.
pub(super) fn copy_covered(
    meta: &Meta,
    strides: &[isize],
    [start, shape]: [&[u64]; 2],
    [low, high]: [usize; 2],
    from: &[u8],
    to: &mut [u8],
) {
    let item = meta.dtype.size();
    let order: Vec<usize> = meta.order.iter().map(|&axis| axis.into()).collect();
    let (run, outer) = match order.split_last() {
        Some((&last, outer)) => (shape[last] as usize * item, outer),
        None => (item, &order[..]),
    };
    let step = |axis: usize| strides[axis].unsigned_abs();
    let first: usize = (0..start.len()).map(|k| start[k] as usize * step(k)).sum();
    // Runs come in the order in which they lie. Larger steps pass over those before the piece.
    let mut visit = |at: usize| {
        let (begin, end) = (at.max(low), (at + run).min(high));
        if begin < end {
            let bytes = begin - low..end - low;
            if let (Some(to), Some(from)) = (to.get_mut(bytes.clone()), from.get(bytes)) {
                to.copy_from_slice(from);
            }
        }
    };
    runs(outer, shape, &step, first, run, [low, high], &mut visit);
}

/// Visits the runs of a part that reach into `[low, high)`.
fn runs(
    outer: &[usize],
    shape: &[u64],
    step: &impl Fn(usize) -> usize,
    first: usize,
    run: usize,
    [low, high]: [usize; 2],
    visit: &mut impl FnMut(usize),
) {
    let Some((&axis, inner)) = outer.split_first() else { return visit(first) };
    let reach: usize = inner.iter().map(|&k| (shape[k] as usize - 1) * step(k)).sum::<usize>() + run;
    let step_here = step(axis).max(1);
    // The steps whose runs end after `low` and begin before `high`.
    let from = low.saturating_sub(first + reach - 1).div_ceil(step_here);
    let until = high.saturating_sub(first).div_ceil(step_here).min(shape[axis] as usize);
    for i in from..until {
        runs(inner, shape, step, first + i * step_here, run, [low, high], visit);
    }
}
