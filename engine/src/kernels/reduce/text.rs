//! Index of the greatest or least text: the first of equal texts.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{At, Bytes, Columns, Last, Physical, Rows};
use crate::kernels::text;

/// A state is the index of the best text so far, or `u64::MAX` if there is none, and then the text.
struct Texts {
    /// The order of two texts.
    order: text::Order,
    /// The order of a better text to a worse one.
    better: Ordering,
    /// Bytes of a text.
    item: usize,
}

/// Bytes of an index.
const INDEX: usize = size_of::<u64>();

impl Texts {
    /// Takes a text into a state, if it is better, or as good and before.
    fn take(&self, state: &mut [u8], index: u64, text: &[u8]) {
        let Some((best, held)) = state.split_first_chunk_mut::<INDEX>() else { return };
        let so_far = u64::from_le_bytes(*best);
        let takes = so_far == u64::MAX || {
            let order = (self.order)(text, held);
            order == self.better || (order.is_eq() && index < so_far)
        };
        if takes {
            *best = index.to_le_bytes();
            held.copy_from_slice(text);
        }
    }

    /// The texts of a row of a block.
    fn row<'a>(&self, block: &'a [u8], row: usize, stride: usize) -> impl Iterator<Item = &'a [u8]> {
        block.get(row * stride * self.item..).unwrap_or_default().chunks_exact(self.item)
    }
}

impl Bytes for Texts {
    fn state_size(&self) -> usize {
        INDEX + self.item
    }

    fn lane_size(&self) -> usize {
        0
    }

    fn init(&self, states: &mut [u8]) {
        states.fill(0);
        states.chunks_exact_mut(self.state_size()).for_each(|state| state[..INDEX].fill(u8::MAX));
    }

    fn rows(&self, states: &mut [u8], block: &[u8], cols: usize, stride: usize, at: At) {
        for (r, state) in states.chunks_exact_mut(self.state_size()).enumerate() {
            let base = at.base + r as u64 * at.row_step;
            let mut best: Option<(u64, &[u8])> = None;
            for (c, text) in self.row(block, r, stride).take(cols).enumerate() {
                if best.is_none_or(|(_, best)| (self.order)(text, best) == self.better) {
                    best = Some((base + c as u64 * at.col_step, text));
                }
            }
            if let Some((index, text)) = best {
                self.take(state, index, text);
            }
        }
    }

    fn columns(&self, columns: Columns<'_>, block: &[u8], _: Rows, count: usize, stride: usize, at: At) {
        for r in 0..count {
            let base = at.base + r as u64 * at.row_step;
            let states = columns.states.chunks_exact_mut(self.state_size());
            for (c, (state, text)) in states.zip(self.row(block, r, stride)).enumerate() {
                self.take(state, base + c as u64 * at.col_step, text);
            }
        }
    }

    fn merge(&self, into: &mut [u8], from: &[u8]) {
        let size = self.state_size();
        for (into, from) in into.chunks_exact_mut(size).zip(from.chunks_exact(size)) {
            if let Some((index, text)) = from.split_first_chunk::<INDEX>() {
                match u64::from_le_bytes(*index) {
                    u64::MAX => {}
                    index => self.take(into, index, text),
                }
            }
        }
    }

    fn finish(&self, states: &[u8], _: Last, item: usize, out: &mut [u8]) {
        for (out, state) in out.chunks_exact_mut(item).zip(states.chunks_exact(self.state_size())) {
            out.copy_from_slice(&state[..INDEX]);
        }
    }
}

/// The fold of `argmax` or `argmin` of texts.
pub(super) fn bind<const MAX: bool>(input: Physical) -> Option<Arc<dyn Bytes>> {
    let better = if MAX { Ordering::Greater } else { Ordering::Less };
    Some(Arc::new(Texts { order: text::order_of(input)?, better, item: input.size() }))
}
