//! Copying boxes between strided buffers. Every slice, transpose and change of chunks comes down to this.
//!
//! A buffer is bytes, the offset of the first element, and a stride in bytes per axis. A stride of 0 repeats an
//! element; a negative one runs backwards. Axes that follow each other in both buffers are merged first. Then two
//! axes matter: the one along which the target is contiguous, and the one along which the source is. When they are
//! the same, runs are copied. When they differ, square blocks that fit the nearest cache are transposed, so that
//! every cache line is touched once.

mod squares;

/// Byte strides of a buffer of `shape` in C order.
pub fn c_strides(shape: &[usize], item: usize) -> Vec<isize> {
    strides(shape, item, 0..shape.len())
}

/// Byte strides of a buffer of `shape` whose axes lie in `order`, outermost first.
pub fn strides(shape: &[usize], item: usize, order: impl DoubleEndedIterator<Item = usize>) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = item as isize;
    for axis in order.rev() {
        if let (Some(stride), Some(&n)) = (strides.get_mut(axis), shape.get(axis)) {
            *stride = step;
            step = step.saturating_mul(n.max(1) as isize);
        }
    }
    strides
}

/// One axis of a copy.
#[derive(Clone, Copy, Debug)]
struct Axis {
    n: usize,
    from: isize,
    to: isize,
}

/// Copies a box of `shape` elements of `item` bytes from `source` to `target`.
///
/// # Panics
/// When the box reaches outside of either buffer, or the lists have different lengths.
#[expect(clippy::too_many_arguments, reason = "two buffers of three parts each, and what to copy")]
pub fn copy(
    item: usize,
    shape: &[usize],
    source: &[u8],
    source_offset: usize,
    source_strides: &[isize],
    target: &mut [u8],
    target_offset: usize,
    target_strides: &[isize],
) {
    assert!(
        shape.len() == source_strides.len() && shape.len() == target_strides.len(),
        "one stride per axis"
    );
    if shape.contains(&0) {
        return;
    }
    let axes = shape.iter().zip(source_strides).zip(target_strides);
    let axes = merged(axes.map(|((&n, &from), &to)| Axis { n, from, to }).collect());
    let (from, to) = (source_offset as isize, target_offset as isize);
    match item {
        1 => Copy::<1> { source, target }.run(&axes, from, to),
        2 => Copy::<2> { source, target }.run(&axes, from, to),
        4 => Copy::<4> { source, target }.run(&axes, from, to),
        8 => Copy::<8> { source, target }.run(&axes, from, to),
        16 => Copy::<16> { source, target }.run(&axes, from, to),
        _ => {
            // Any other size is one more axis of bytes.
            let mut axes = axes;
            axes.push(Axis { n: item, from: 1, to: 1 });
            Copy::<1> { source, target }.run(&merged(axes), from, to);
        }
    }
}

/// Sorts axes so that the target is walked in its own order, and merges those that follow each other.
fn merged(mut axes: Vec<Axis>) -> Vec<Axis> {
    axes.retain(|a| a.n != 1);
    axes.sort_by_key(|a| std::cmp::Reverse((a.to.unsigned_abs(), a.from.unsigned_abs())));
    let mut out: Vec<Axis> = Vec::with_capacity(axes.len());
    for axis in axes {
        let n = axis.n as isize;
        match out.last_mut() {
            Some(outer) if outer.from == axis.from * n && outer.to == axis.to * n => {
                *outer = Axis { n: outer.n * axis.n, ..axis };
            }
            _ => out.push(axis),
        }
    }
    out
}

/// Up to this many rows are copied one after the other, and not transposed in squares.
const FEW: usize = 4;

/// Copies every `K`th element of `source`, from the first on.
fn every<const N: usize, const K: usize>(source: &[[u8; N]], target: &mut [[u8; N]]) {
    let (groups, rest) = source.as_chunks::<K>();
    let whole = groups.len().min(target.len());
    let (most, last) = target.split_at_mut(whole);
    most.iter_mut().zip(groups).for_each(|(to, group)| *to = group[0]);
    last.iter_mut().zip(rest.iter().step_by(K)).for_each(|(to, from)| *to = *from);
}

/// A copy of elements of `N` bytes.
struct Copy<'a, const N: usize> {
    source: &'a [u8],
    target: &'a mut [u8],
}

impl<const N: usize> Copy<'_, N> {
    const ITEM: isize = N as isize;

    fn run(&mut self, axes: &[Axis], from: isize, to: isize) {
        let Some((&inner, outer)) = axes.split_last() else {
            return self.element(from, to);
        };
        if inner.to == Self::ITEM && inner.from != Self::ITEM && inner.from != 0 {
            // The source is contiguous, or nearly, along another axis: transpose in blocks.
            let across = outer.iter().enumerate().filter(|(_, a)| a.from != 0 && a.to != 0);
            if let Some((k, &axis)) = across.min_by_key(|(_, a)| a.from.unsigned_abs())
                && axis.from.unsigned_abs() < inner.from.unsigned_abs()
                && axis.n > FEW
            {
                let mut rest = outer.to_vec();
                rest.remove(k);
                return self
                    .each(&rest, from, to, &mut |copy, from, to| copy.transpose(axis, inner, from, to));
            }
        }
        self.each(outer, from, to, &mut |copy, from, to| copy.line(inner, from, to));
    }

    /// Runs `work` at every index of the outer axes.
    fn each(&mut self, axes: &[Axis], from: isize, to: isize, work: &mut dyn FnMut(&mut Self, isize, isize)) {
        let mut index = vec![0; axes.len()];
        let (mut from, mut to) = (from, to);
        loop {
            work(self, from, to);
            let mut axis = axes.len();
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                let a = axes[axis];
                index[axis] += 1;
                from += a.from;
                to += a.to;
                if index[axis] < a.n {
                    break;
                }
                index[axis] = 0;
                from -= a.from * a.n as isize;
                to -= a.to * a.n as isize;
            }
        }
    }

    fn element(&mut self, from: isize, to: isize) {
        let source = &self.source[from as usize..][..N];
        self.target[to as usize..][..N].copy_from_slice(source);
    }

    /// One row of the innermost axis.
    fn line(&mut self, axis: Axis, from: isize, to: isize) {
        let bytes = axis.n * N;
        if axis.to == Self::ITEM && axis.from == Self::ITEM {
            let source = &self.source[from as usize..][..bytes];
            self.target[to as usize..][..bytes].copy_from_slice(source);
        } else if axis.to == Self::ITEM {
            let (elements, _) = self.target[to as usize..][..bytes].as_chunks_mut::<N>();
            if axis.from == 0 {
                let (value, _) = self.source[from as usize..][..N].as_chunks::<N>();
                elements.fill(value[0]);
            } else if axis.from == -Self::ITEM {
                let first = (from + Self::ITEM) as usize - bytes;
                let (backwards, _) = self.source[first..][..bytes].as_chunks::<N>();
                elements.iter_mut().zip(backwards.iter().rev()).for_each(|(to, from)| *to = *from);
            } else if let Some(apart @ 2..=4) = usize::try_from(axis.from / Self::ITEM).ok()
                && axis.from % Self::ITEM == 0
            {
                // Such as the colours of pixels, or the parts of complex numbers.
                let (source, _) = self.source[from as usize..].as_chunks::<N>();
                match apart {
                    2 => every::<N, 2>(source, elements),
                    3 => every::<N, 3>(source, elements),
                    _ => every::<N, 4>(source, elements),
                }
            } else {
                let mut at = from;
                for element in elements {
                    element.copy_from_slice(&self.source[at as usize..][..N]);
                    at += axis.from;
                }
            }
        } else {
            for i in 0..axis.n as isize {
                self.element(from + i * axis.from, to + i * axis.to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[expect(clippy::too_many_arguments, reason = "as the function that it checks")]
    fn naive(
        item: usize,
        shape: &[usize],
        source: &[u8],
        o: usize,
        s: &[isize],
        t: &mut [u8],
        p: usize,
        u: &[isize],
    ) {
        let ranges = shape.iter().map(|&n| 0..n as u64).collect();
        for index in crate::grid::Indices::new(ranges) {
            let at = |offset: usize, strides: &[isize]| {
                (offset as isize + index.iter().zip(strides).map(|(&i, s)| i as isize * s).sum::<isize>())
                    as usize
            };
            let (from, to) = (at(o, s), at(p, u));
            t[to..to + item].copy_from_slice(&source[from..from + item]);
        }
    }

    /// A buffer layout for a shape: an order of axes, gaps, directions, repeated axes.
    fn layout(
        shape: &[usize],
        item: usize,
        order: &[usize],
        gap: usize,
        flips: u32,
        repeats: u32,
    ) -> (usize, Vec<isize>, usize) {
        let mut strides = vec![0isize; shape.len()];
        let mut step = item;
        for &axis in order.iter().rev() {
            if repeats >> axis & 1 == 1 {
                continue;
            }
            strides[axis] = step as isize;
            step = step * shape[axis].max(1) + gap * item;
        }
        let mut offset = 0;
        for (axis, stride) in strides.iter_mut().enumerate() {
            if flips >> axis & 1 == 1 {
                offset += *stride as usize * shape[axis].saturating_sub(1);
                *stride = -*stride;
            }
        }
        (offset, strides, step + item)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn equals_the_naive_copy(
            item in prop::sample::select(vec![1usize, 2, 3, 4, 8, 16]),
            shape in prop::collection::vec(prop_oneof![Just(1usize), 0..5usize, 30..70usize], 0..4),
            orders in (Just((0..4usize).collect::<Vec<_>>()).prop_shuffle(), Just((0..4usize).collect::<Vec<_>>()).prop_shuffle()),
            gaps in (0..2usize, 0..2usize), flips in (0..16u32, 0..16u32), repeats in 0..16u32, repeat in any::<bool>(),
        ) {
            let keep = |order: &[usize]| order.iter().copied().filter(|&a| a < shape.len()).collect::<Vec<_>>();
            let repeats = if repeat { repeats } else { 0 };
            let (so, ss, sn) = layout(&shape, item, &keep(&orders.0), gaps.0, flips.0, repeats);
            let (to, ts, tn) = layout(&shape, item, &keep(&orders.1), gaps.1, flips.1, 0);
            let source: Vec<u8> = (0..sn).map(|i| (i * 167 % 251) as u8).collect();
            let (mut expected, mut found) = (vec![255; tn], vec![255; tn]);
            naive(item, &shape, &source, so, &ss, &mut expected, to, &ts);
            copy(item, &shape, &source, so, &ss, &mut found, to, &ts);
            prop_assert!(expected == found);
        }
    }
}
