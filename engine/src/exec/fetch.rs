//! Reading scattered parts of a mapped chunk into a buffer.
//!
//! A page fault maps the pages around it, and huge pages map more: where little of each page is wanted, walking the map
//! would take memory many times over. Here the system copies what is wanted, run by run, and nothing is mapped.

use std::ops::Range;

use arrstore_format::strided;

use crate::source::{Located, Source};
use crate::{Buffer, Result};

/// Bytes that are read at a time where runs lie close to each other.
pub(super) const STAGE: usize = 128 << 10;
/// A gap between runs that takes no longer to read than to skip, in bytes.
const GAP: usize = 2048;

/// A box of a chunk, and where it goes.
pub(super) struct Part<'a> {
    pub(super) item: usize,
    pub(super) shape: &'a [usize],
    /// Byte of the chunk of the first element, and bytes from one to the next.
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

/// Copies a part of `chunk` to `out` by way of `stage`; `seen` is told of the bytes of the chunk before they are read.
pub(super) fn fetch(
    source: &dyn Source,
    chunk: &Located<'_>,
    part: &Part<'_>,
    out: &mut [u8],
    stage: &mut Buffer,
    mut seen: impl FnMut(Range<usize>) -> Result<()>,
) -> Result<()> {
    let item = part.item;
    let axes = part.shape.iter().zip(part.from.1).zip(part.to.1);
    let mut axes: Vec<Axis> =
        axes.map(|((&n, &from), &to)| Axis { n, from, to }).filter(|axis| axis.n != 1).collect();
    if axes.iter().any(|axis| axis.n == 0) {
        return Ok(());
    }
    axes.sort_by_key(|axis| std::cmp::Reverse(axis.from.unsigned_abs()));
    // the axes that one read takes, the last of them perhaps in parts of `step` elements
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
    let mut index = vec![0usize; outer.len()];
    loop {
        let ahead = |of: fn(&Axis) -> isize| index.iter().zip(outer).map(|(&i, a)| i as isize * of(a)).sum();
        let from = part.from.0.wrapping_add_signed(ahead(|axis| axis.from));
        let to = part.to.0.wrapping_add_signed(ahead(|axis| axis.to));
        for first in (0..blocked.n).step_by(step) {
            let block = Axis { n: step.min(blocked.n - first), ..blocked };
            let from = from.wrapping_add_signed(first as isize * block.from);
            let to = to.wrapping_add_signed(first as isize * block.to);
            one(source, chunk, item, [from, to], block, inner, out, stage, &mut seen)?;
        }
        let mut k = outer.len();
        loop {
            if k == 0 {
                return Ok(());
            }
            k -= 1;
            index[k] += 1;
            if index[k] < outer[k].n {
                break;
            }
            index[k] = 0;
        }
    }
}

/// One read: the elements of `block` and of the axes within it, from byte `from` of the chunk to byte `to` of `out`.
#[expect(clippy::too_many_arguments, reason = "what is read, where it goes, and by which way")]
fn one(
    source: &dyn Source,
    chunk: &Located<'_>,
    item: usize,
    [from, to]: [usize; 2],
    block: Axis,
    inner: &[Axis],
    out: &mut [u8],
    stage: &mut Buffer,
    seen: &mut impl FnMut(Range<usize>) -> Result<()>,
) -> Result<()> {
    let axes: Vec<Axis> = std::iter::once(block).chain(inner.iter().copied()).filter(|a| a.n > 1).collect();
    let back: usize = axes.iter().filter(|axis| axis.from < 0).map(Axis::reach).sum();
    let span = item + axes.iter().map(Axis::reach).sum::<usize>();
    let low = from - back;
    seen(low..low + span)?;
    let elements: usize = axes.iter().map(|axis| axis.n).product();
    let as_they_lie = elements * item == span && axes.iter().all(|axis| axis.from == axis.to);
    if as_they_lie && let Some(out) = out.get_mut(to..to + span) {
        return source.read(chunk, low, out);
    }
    let staged = stage.reserve(span)?;
    source.read(chunk, low, staged)?;
    let shape: Vec<usize> = axes.iter().map(|axis| axis.n).collect();
    let [steps, places]: [Vec<isize>; 2] =
        [axes.iter().map(|axis| axis.from).collect(), axes.iter().map(|axis| axis.to).collect()];
    strided::copy(item, &shape, staged, back, &steps, out, to, &places);
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
                    let part = Part { item: 2, shape: &part, from: (offset, &from), to: (0, &to) };
                    let mut told = 0;
                    fetch(&source, &chunk, &part, &mut found, &mut Buffer::default(), |bytes| {
                        told += bytes.len();
                        Ok(())
                    })
                    .unwrap();
                    assert!(found == expected && told >= len, "{:?} {steps:?} {order:?}", part.shape);
                }
            }
        }
    }
}
