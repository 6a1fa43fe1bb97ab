//! Scans and left folds by any operation: its elementwise loop computes the next elements of many lines at a time.

use super::block::Arg;
use super::kernel::Kernel;
use super::physical::Physical;
use super::scan::Lines;
use crate::op::Op;
use crate::{Buffer, Result};

/// Lines that take a step together.
const TOGETHER: usize = 1024;

/// An operation of two operands whose result is its next left operand.
#[derive(Clone)]
pub(crate) struct Steps {
    kernel: Kernel,
    /// Bytes of an element.
    item: usize,
    /// Whether elements may be combined in any order without a change of any bit.
    free: bool,
}

impl Steps {
    /// The steps by `op` through elements of a type, if the operation has results of this type.
    pub(crate) fn new(op: Op, physical: Physical) -> Option<Steps> {
        let kernel = super::bind(op, &[physical, physical])?;
        let free = matches!(op, Op::BitwiseAnd | Op::BitwiseOr | Op::BitwiseXor | Op::LogicalXor | Op::Gcd);
        Some(Steps { kernel, item: physical.size(), free })
    }

    /// Bytes of memory that [`Steps::run`] takes.
    pub(crate) fn bytes(item: u64) -> u64 {
        3 * TOGETHER as u64 * item
    }

    /// As [`Scanner::run`](super::Scanner::run). With `only`, a truth value for each element, the elements that are
    /// not chosen take no part.
    ///
    /// # Errors
    /// Those of the operation.
    pub(crate) fn run(
        &self,
        elements: &mut [u8],
        lines: Lines,
        carry: &mut [u8],
        begins: bool,
        only: Option<&[u8]>,
    ) -> Result<()> {
        let Lines { outer, length, inner } = lines;
        let item = self.item;
        let count = outer * inner;
        let room = TOGETHER.min(count) * item;
        let (mut row, mut next) = (Buffer::unfilled(room)?, Buffer::unfilled(room)?);
        let mut last = Buffer::unfilled(room)?;
        for first in (0..count).step_by(TOGETHER) {
            let many = TOGETHER.min(count - first);
            // the place of the element `k` of each line, and the elements beside it in the next lines
            let runs = |k: usize| {
                let mut line = first;
                std::iter::from_fn(move || {
                    let (plane, at) = (line / inner, line % inner);
                    let run = (inner - at).min((first + many).saturating_sub(line));
                    let from = line - first;
                    line += run;
                    (run > 0).then_some((from, (plane * length + k) * inner + at, run))
                })
            };
            let carry = &mut carry[first * item..(first + many) * item];
            let [row, next] = [&mut row, &mut next].map(|buffer| &mut buffer.bytes_mut()[..many * item]);
            let last = &mut last.bytes_mut()[..many * item];
            last.copy_from_slice(carry);
            for k in 0..length {
                for (to, from, run) in runs(k) {
                    let from = &elements[from * item..(from + run) * item];
                    row[to * item..(to + run) * item].copy_from_slice(from);
                }
                if begins && k == 0 {
                    last.copy_from_slice(row);
                    continue;
                }
                self.kernel.run(&[Arg::Block(last), Arg::Block(row)], next)?;
                match only {
                    None => last.copy_from_slice(next),
                    Some(only) => {
                        for (to, from, run) in runs(k) {
                            for n in (0..run).filter(|n| only[from + n] != 0) {
                                let at = (to + n) * item..(to + n + 1) * item;
                                last[at.clone()].copy_from_slice(&next[at]);
                            }
                        }
                    }
                }
                for (to, from, run) in runs(k) {
                    elements[from * item..(from + run) * item]
                        .copy_from_slice(&last[to * item..(to + run) * item]);
                }
            }
            carry.copy_from_slice(last);
        }
        Ok(())
    }

    /// As [`Steps::run`], for the last elements alone: nobody needs the `elements` afterwards. An operation that gives
    /// the same bits in any order combines the halves of each line.
    ///
    /// # Errors
    /// Those of the operation.
    pub(crate) fn fold(
        &self,
        elements: &mut [u8],
        lines: Lines,
        carry: &mut [u8],
        begins: bool,
        only: Option<&[u8]>,
    ) -> Result<()> {
        let Lines { outer, mut length, inner } = lines;
        if !self.free || only.is_some() || outer * inner >= TOGETHER {
            return self.run(elements, lines, carry, begins, only);
        }
        let plane = length * inner * self.item;
        let mut next = Buffer::unfilled(TOGETHER * self.item)?;
        while length > 1 {
            let half = length / 2 * inner * self.item;
            let end = length * inner * self.item;
            for plane in elements.chunks_exact_mut(plane) {
                let (front, back) = plane[..end].split_at_mut(end - half);
                let pieces = front[..half].chunks_mut(TOGETHER * self.item);
                for (front, back) in pieces.zip(back.chunks(TOGETHER * self.item)) {
                    let next = &mut next.bytes_mut()[..front.len()];
                    self.kernel.run(&[Arg::Block(front), Arg::Block(back)], next)?;
                    front.copy_from_slice(next);
                }
            }
            length -= length / 2;
        }
        let each = inner * self.item;
        let mut next = Buffer::unfilled(each)?;
        for (plane, carry) in elements.chunks_exact(plane).zip(carry.chunks_exact_mut(each)) {
            match begins {
                true => carry.copy_from_slice(&plane[..each]),
                false => {
                    self.kernel.run(&[Arg::Block(carry), Arg::Block(&plane[..each])], next.bytes_mut())?;
                    carry.copy_from_slice(next.bytes());
                }
            }
        }
        Ok(())
    }
}
