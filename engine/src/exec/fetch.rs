//! Reading scattered parts of a mapped chunk into a buffer.
//!
//! A page fault maps the pages around it, and huge pages map more. If a box uses little of each page, a walk through
//! the map takes many times the memory of the box. Here the system copies the wanted bytes, run by run, and nothing is
//! mapped.

use std::ops::Range;

use arrstore_format::strided;

use crate::source::{Located, Source};
use crate::{Buffer, Result};

/// Bytes of one read if runs lie close to each other.
pub(super) const STAGE: usize = 128 << 10;
/// A gap between runs that takes no longer to read than to skip, in bytes.
pub(super) const GAP: usize = 2048;

/// Reads in a batch, which the system is told of in advance.
pub(super) const TOLD: usize = 128;
/// The most batches of reads that are passed over before the next question whether the bytes come from a disk.
const MOST_SKIPS: u32 = 31;

/// A box of a chunk, and its destination.
pub(super) struct Part<'a> {
    pub(super) item: usize,
    /// Bytes of a block that is read from a disk as a whole; 1 if nothing is checked.
    pub(super) grain: usize,
    pub(super) shape: &'a [usize],
    /// The byte of the first element in the chunk, and the strides in bytes.
    pub(super) from: (usize, &'a [isize]),
    pub(super) to: (usize, &'a [isize]),
}

/// One axis of a part.
#[derive(Clone, Copy)]
struct Axis {
    n: usize,
    from: isize,
    to: isize,
}

impl Axis {
    /// Bytes from the first to the last element.
    fn reach(&self) -> usize {
        (self.n - 1) * self.from.unsigned_abs()
    }
}

/// Finds out whether bytes come from a disk, and asks less often while they do not.
#[derive(Debug, Default)]
pub(super) struct Scout {
    /// Batches passed over since the last question; `skips` is the number to pass over.
    passed: u32,
    skips: u32,
}

impl Scout {
    /// Whether bytes must be brought from a disk. Asks `holds`, which says whether they are in memory, or passes the
    /// batch over.
    pub(super) fn misses(&mut self, holds: impl FnOnce() -> bool) -> bool {
        if self.passed < self.skips {
            self.passed += 1;
            return false;
        }
        let misses = !holds();
        (self.passed, self.skips) = (0, if misses { 0 } else { (2 * self.skips + 1).min(MOST_SKIPS) });
        misses
    }
}

/// Copies a part of `chunk` to `out` by way of `stage`. Before each read, `unseen` gets the range of its bytes in the
/// chunk, and returns the blocks of `grain` bytes around it that must be checked.
pub(super) fn fetch(
    source: &dyn Source,
    chunk: &Located<'_>,
    part: &Part<'_>,
    out: &mut [u8],
    (stage, scout): (&mut Buffer, &mut Scout),
    mut unseen: impl FnMut(Range<usize>) -> Vec<Range<usize>>,
) -> Result<()> {
    let item = part.item;
    let axes = part.shape.iter().zip(part.from.1).zip(part.to.1);
    let mut axes: Vec<Axis> =
        axes.map(|((&n, &from), &to)| Axis { n, from, to }).filter(|axis| axis.n != 1).collect();
    if axes.iter().any(|axis| axis.n == 0) {
        return Ok(());
    }
    axes.sort_by_key(|axis| std::cmp::Reverse(axis.from.unsigned_abs()));
    // one read takes the inner axes, and perhaps `step` elements of the axis outside them
    let (mut inner, mut step) = (axes.len(), 1);
    let (mut span, mut used) = (item, item);
    while let Some(axis) = inner.checked_sub(1).map(|k| axes[k]) {
        let apart = axis.from.unsigned_abs();
        if apart > span.max(4 * used) + GAP {
            break;
        }
        if span + axis.reach() > STAGE {
            step = STAGE.saturating_sub(span) / apart.max(1) + 1;
            break;
        }
        (span, used, inner) = (span + axis.reach(), used * axis.n, inner - 1);
    }
    let (outer, inner) = axes.split_at(inner);
    let (blocked, outer) = match outer.split_last() {
        Some((last, outer)) if step > 1 => (*last, outer),
        _ => (Axis { n: 1, from: 0, to: 0 }, outer),
    };
    let steps = blocked.n.div_ceil(step);
    let reads = outer.iter().map(|axis| axis.n).product::<usize>() * steps;
    let read = |number: usize| -> Read {
        let (mut rest, first) = (number / steps, number % steps * step);
        let (mut from, mut to) = (first as isize * blocked.from, first as isize * blocked.to);
        for axis in outer.iter().rev() {
            let at = (rest % axis.n) as isize;
            rest /= axis.n;
            (from, to) = (from + at * axis.from, to + at * axis.to);
        }
        let block = Axis { n: step.min(blocked.n - first), ..blocked };
        let axes: Vec<Axis> =
            std::iter::once(block).chain(inner.iter().copied()).filter(|a| a.n > 1).collect();
        Read { from: part.from.0.wrapping_add_signed(from), to: part.to.0.wrapping_add_signed(to), axes }
    };
    let ends = |read: Read| {
        let (low, span) = read.span(item);
        low / part.grain * part.grain..(low + span).next_multiple_of(part.grain)
    };
    for number in 0..reads {
        if number % TOLD == 0 {
            let last = (number + TOLD).min(reads) - 1;
            // the first and the last read of a batch tell whether its bytes come from a disk
            let holds = || [number, last].into_iter().all(|number| source.holds(chunk, ends(read(number))));
            if scout.misses(holds) {
                (number..=last).for_each(|number| source.expect(chunk, ends(read(number))));
            }
        }
        one(source, chunk, item, &read(number), out, stage, &mut unseen)?;
    }
    Ok(())
}

/// Elements that one read takes, from byte `from` of a chunk to byte `to` of the output.
struct Read {
    from: usize,
    to: usize,
    axes: Vec<Axis>,
}

impl Read {
    /// The first byte in the chunk, and the number of bytes to the last.
    fn span(&self, item: usize) -> (usize, usize) {
        let back: usize = self.axes.iter().filter(|axis| axis.from < 0).map(Axis::reach).sum();
        (self.from - back, item + self.axes.iter().map(Axis::reach).sum::<usize>())
    }
}

fn one(
    source: &dyn Source,
    chunk: &Located<'_>,
    item: usize,
    read: &Read,
    out: &mut [u8],
    stage: &mut Buffer,
    unseen: &mut impl FnMut(Range<usize>) -> Vec<Range<usize>>,
) -> Result<()> {
    let Read { from, to, axes } = read;
    let (to, (low, span)) = (*to, read.span(item));
    let wanted = low..low + span;
    let blocks = unseen(wanted.clone());
    // blocks at the ends that must be checked are read whole
    let all = blocks.iter().fold(wanted.clone(), |all, b| all.start.min(b.start)..all.end.max(b.end));
    let check = |bytes: &[u8]| {
        blocks.iter().try_for_each(|block| {
            let block_bytes = bytes.get(block.start - all.start..block.end - all.start).unwrap_or_default();
            source.check_read(chunk, block.start, block_bytes)
        })
    };
    let elements: usize = axes.iter().map(|axis| axis.n).product();
    let as_they_lie = elements * item == span && axes.iter().all(|axis| axis.from == axis.to);
    if as_they_lie
        && all == wanted
        && let Some(out) = out.get_mut(to..to + span)
    {
        source.read(chunk, low, out)?;
        return check(out);
    }
    let staged = stage.reserve(all.len())?;
    source.read(chunk, all.start, staged)?;
    check(staged)?;
    let shape: Vec<usize> = axes.iter().map(|axis| axis.n).collect();
    let [steps, places]: [Vec<isize>; 2] =
        [axes.iter().map(|axis| axis.from).collect(), axes.iter().map(|axis| axis.to).collect()];
    strided::copy(item, &shape, staged, from - all.start, &steps, out, to, &places);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Value;
    use crate::{Buffer, DType};

    #[test]
    fn parts_arrive_as_copies_of_them_would() {
        let shape = [40usize, 300, 50];
        let bytes: Vec<u8> = (0..shape.iter().product::<usize>() * 2).map(|k| (k % 251) as u8).collect();
        let source = Value::copied_from(DType::U16, &[40, 300, 50], &bytes).unwrap();
        let chunk = source.locate(&[0, 0, 0]).unwrap();
        let len_of_chunk = bytes.len();
        let strides = strided::c_strides(&shape, 2);
        for part in [[40, 300, 50], [40, 3, 50], [1, 300, 7], [40, 300, 1], [5, 1, 2]] {
            for steps in [[1, 1, 1], [-1, 1, -1], [1, -1, 1]] {
                for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
                    let from: Vec<isize> = strides.iter().zip(steps).map(|(s, k)| s * k).collect();
                    let first = |k: usize| if steps[k] < 0 { part[k] - 1 } else { 0 } as isize * strides[k];
                    let offset = (0..3).map(first).sum::<isize>() as usize;
                    let to = strided::strides(&part, 2, order.into_iter());
                    let len = part.iter().product::<usize>() * 2;
                    let (mut expected, mut found) = (vec![0; len], vec![0; len]);
                    strided::copy(2, &part, &bytes, offset, &from, &mut expected, 0, &to);
                    let part = Part { item: 2, grain: 1, shape: &part, from: (offset, &from), to: (0, &to) };
                    let mut told = 0;
                    let room = (&mut Buffer::default(), &mut Scout::default());
                    fetch(&source, &chunk, &part, &mut found, room, |bytes| {
                        told += bytes.len();
                        let block = bytes.start.saturating_sub(7)..bytes.end.min(len_of_chunk);
                        std::iter::once(block).collect()
                    })
                    .unwrap();
                    assert!(found == expected && told >= len, "{:?} {steps:?} {order:?}", part.shape);
                }
            }
        }
    }
}
