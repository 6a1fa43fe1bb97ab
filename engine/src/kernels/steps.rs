//! Scans and left folds by any operation: its elementwise loop computes the next elements of many lines at a time.

use super::block::Arg;
use super::kernel::Kernel;
use super::physical::Physical;
use super::scan::{Lines, Scanner, scanner};
use crate::op::Op;
use crate::{Buffer, Result};

/// Lines that take a step together.
const TOGETHER: usize = 1024;

/// Planes of lines that are gone through one after the other: fewer than these.
const FEW: usize = 8;

/// An operation of two operands whose result is its next left operand.
#[derive(Clone)]
pub(crate) struct Steps {
    kernel: Kernel,
    /// Bytes of an element.
    item: usize,
    /// Whether elements may be combined in any order without a change of any bit.
    free: bool,
    /// For a difference: the loop that adds the negative of each element instead.
    negated: Option<Box<Negated>>,
}

/// A difference as a sum: `a - b` has the bits of `a + -b`, if a NaN keeps its sign.
#[derive(Clone)]
struct Negated {
    /// Bytes of an element; of a complex number, those of a part.
    item: usize,
    negative: Kernel,
    /// Whether an element is NaN, for types that have NaN.
    is_nan: Option<Kernel>,
    sum: Scanner,
}

impl Negated {
    fn new(physical: Physical) -> Option<Negated> {
        let part = match physical {
            Physical::C64 => Physical::F32,
            Physical::C128 => Physical::F64,
            other => other,
        };
        let has_nan = matches!(part, Physical::F16 | Physical::BF16 | Physical::F32 | Physical::F64);
        let is_nan = if has_nan { Some(super::bind(Op::Isnan, &[part])?) } else { None };
        let negative = super::bind(Op::Negative, &[part])?;
        Some(Negated { item: part.size(), negative, is_nan, sum: scanner(Op::Add, physical)? })
    }

    /// As [`Steps::run`], with room for some elements.
    fn run(
        &self,
        elements: &mut [u8],
        lines: Lines,
        carry: &mut [u8],
        begins: bool,
        room: &mut [u8],
    ) -> Result<()> {
        self.negate(elements, room)?;
        if begins {
            // the first element of a line is added as it is
            let row = carry.len() / lines.outer;
            for plane in elements.chunks_exact_mut(row * lines.length) {
                self.negate(&mut plane[..row], room)?;
            }
        }
        self.sum.run(elements, lines, carry, begins)
    }

    /// Negates elements in place.
    fn negate(&self, elements: &mut [u8], room: &mut [u8]) -> Result<()> {
        let mut nan = [0; TOGETHER];
        let each = (room.len() / self.item).min(TOGETHER) * self.item;
        for elements in elements.chunks_mut(each) {
            let room = &mut room[..elements.len()];
            self.negative.run(&[Arg::Block(elements)], room)?;
            if let Some(is_nan) = &self.is_nan {
                let nan = &mut nan[..elements.len() / self.item];
                is_nan.run(&[Arg::Block(elements)], nan)?;
                for k in (0..nan.len()).filter(|&k| nan[k] != 0) {
                    let at = k * self.item..(k + 1) * self.item;
                    room[at.clone()].copy_from_slice(&elements[at]);
                }
            }
            elements.copy_from_slice(room);
        }
        Ok(())
    }
}

impl Steps {
    /// The steps by `op` through elements of a type, if the operation has results of this type.
    pub(crate) fn new(op: Op, physical: Physical) -> Option<Steps> {
        let kernel = super::bind(op, &[physical, physical])?;
        let free = matches!(op, Op::BitwiseAnd | Op::BitwiseOr | Op::BitwiseXor | Op::LogicalXor | Op::Gcd);
        let negated = if op == Op::Subtract { Negated::new(physical).map(Box::new) } else { None };
        Some(Steps { kernel, item: physical.size(), free, negated })
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
        if let (Some(negated), None) = (&self.negated, only) {
            let mut room = Buffer::unfilled(TOGETHER * item)?;
            return negated.run(elements, lines, carry, begins, room.bytes_mut());
        }
        if outer < FEW || inner >= TOGETHER {
            return self.run_planes(elements, lines, carry, begins, only);
        }
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
                let only = only.map(|only| runs(k).flat_map(|(_, from, run)| &only[from..from + run]));
                self.step(last, row, next, only)?;
                for (to, from, run) in runs(k) {
                    elements[from * item..(from + run) * item]
                        .copy_from_slice(&last[to * item..(to + run) * item]);
                }
            }
            carry.copy_from_slice(last);
        }
        Ok(())
    }

    /// The step from the `last` results to those with the elements of a `row`, by way of `next`. With `only`, a truth
    /// value for each, the others stay.
    fn step<'o>(
        &self,
        last: &mut [u8],
        row: &[u8],
        next: &mut [u8],
        only: Option<impl IntoIterator<Item = &'o u8>>,
    ) -> Result<()> {
        self.kernel.run(&[Arg::Block(last), Arg::Block(row)], next)?;
        let Some(only) = only else {
            last.copy_from_slice(next);
            return Ok(());
        };
        let each = last.chunks_exact_mut(self.item).zip(next.chunks_exact(self.item));
        for ((last, next), _) in each.zip(only).filter(|(_, only)| **only != 0) {
            last.copy_from_slice(next);
        }
        Ok(())
    }

    /// As [`Steps::run`], one plane after the other. The elements of a row take a step together.
    fn run_planes(
        &self,
        elements: &mut [u8],
        lines: Lines,
        carry: &mut [u8],
        begins: bool,
        only: Option<&[u8]>,
    ) -> Result<()> {
        let Lines { length, inner, .. } = lines;
        let (item, row) = (self.item, inner * self.item);
        let mut next = Buffer::unfilled(TOGETHER.min(inner) * item)?;
        let planes = elements.chunks_exact_mut(length * row).zip(carry.chunks_exact_mut(row));
        for (number, (plane, carry)) in planes.enumerate() {
            for (part, last) in carry.chunks_mut(TOGETHER * item).enumerate() {
                let (from, next) = (part * TOGETHER, &mut next.bytes_mut()[..last.len()]);
                for (k, row) in plane.chunks_exact_mut(row).enumerate() {
                    let row = &mut row[from * item..][..last.len()];
                    if begins && k == 0 {
                        last.copy_from_slice(row);
                        continue;
                    }
                    let only = only.map(|only| &only[(number * length + k) * inner + from..]);
                    self.step(last, row, next, only)?;
                    row.copy_from_slice(last);
                }
            }
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
