//! The elements of an array under another shape, where no view is possible.

use std::ops::Range;
use std::sync::Arc;

use super::Operator;
use crate::Result;
use crate::exec::{CHUNK, Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::program::tiles::{lead, rows};

/// and the most bytes that these may ask for.
const BAND: u64 = 8 << 20;

/// Elements of a run of the input, where its closest elements lie apart in the result.
const RUN: u64 = 128;

/// The same elements in C order under another shape.
#[derive(Clone, Debug)]
struct Moved {
    from: Vec<u64>,
    to: Vec<u64>,
    groups: Vec<Group>,
}

/// Axes of the input and axes of the result with equally many elements: each group is reshaped by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    from: Range<usize>,
    to: Range<usize>,
}

/// A box of the input within a group, and its place in a box of the result: the place of the first element, and the
/// distances along each axis, in elements of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    start: Vec<u64>,
    shape: Vec<u64>,
    place: u64,
    steps: Vec<u64>,
}

impl Expr {
    /// The elements in C order under another shape. They move when they are read. Both shapes have the same number of
    /// elements, which is not 0.
    pub(crate) fn moved(&self, shape: &[u64]) -> Result<Expr> {
        let input = self.typed()?;
        let (from, to) = (input.shape().to_vec(), shape.to_vec());
        let moved = Moved { groups: groups(&from, &to), from, to };
        let dtype = input.dtype();
        Ok(Expr::output(moved, vec![input], dtype, shape.to_vec()))
    }
}

impl Operator for Moved {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn key(&self) -> Vec<u8> {
        self.to.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Derive for Moved {
    /// Elements in one piece in C order: whole bands of the input's chunks, if these are not too large.
    fn chunk(&self, feeds: &[Program], shape: &[u64], item: u64) -> Vec<u64> {
        let inner =
            |axis: usize| self.from.iter().skip(axis + 1).fold(1, |n: u64, &len| n.saturating_mul(len));
        let (least, most) = ((CHUNK / item).max(1), BAND / item);
        let Some(lead) = feeds.first().and_then(lead) else { return rows(shape, least) };
        let span = |k: usize| lead.access[k].map_or(u64::MAX, |a| a.span()).min(self.from[k]);
        let long = |k: &usize| span(*k) > 1;
        let band = (0..self.from.len()).find(long).map_or(1, |k| span(k).saturating_mul(inner(k)));
        // where the input's closest elements lie apart in the result, it is read in runs of some length
        let closest = lead.closest_first().into_iter().find(|&k| self.from[k] > 1);
        let run = closest.map_or(1, |k| self.from[k].min(RUN).saturating_mul(inner(k)));
        let elements = match band {
            band if band <= least => least / band * band,
            band if band <= most => band,
            _ => least,
        };
        let elements = elements.max(run.min(most));
        rows(shape, elements)
    }

    fn reads(&self, _: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        let mut read = self.from.clone();
        for group in &self.groups {
            let taken: u64 = of[group.to.clone()].iter().product();
            // along the slowest axis of a group, whole rows; rows that are cut are read by themselves
            let mut inner: u64 = self.from[group.from.clone()].iter().product();
            for k in group.from.clone() {
                inner /= self.from[k].max(1);
                read[k] = self.from[k].min(taken / inner.max(1)).max(1);
                if read[k] > 1 {
                    break;
                }
            }
        }
        vec![read]
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let [feed] = feeds else { return Ok(()) };
        let all = shape.iter().product::<u64>().max(1) as usize;
        let mut unit = out.len() / all;
        // the pieces of each group, and the bytes between neighbours in the group's elements
        let mut parts = Vec::with_capacity(self.groups.len());
        for group in self.groups.iter().rev() {
            let (start, shape) = (&start[group.to.clone()], &shape[group.to.clone()]);
            parts.push((
                pieces(&self.from[group.from.clone()], &self.to[group.to.clone()], start, shape),
                unit,
            ));
            unit *= shape.iter().product::<u64>() as usize;
        }
        parts.reverse();
        let mut at = vec![0; parts.len()];
        loop {
            let (mut start, mut shape, mut strides, mut place) = (Vec::new(), Vec::new(), Vec::new(), 0);
            for ((pieces, unit), &number) in parts.iter().zip(&at) {
                let piece: &Piece = &pieces[number];
                start.extend_from_slice(&piece.start);
                shape.extend_from_slice(&piece.shape);
                strides.extend(piece.steps.iter().map(|&step| (step as usize * unit) as isize));
                place += piece.place as usize * unit;
            }
            feed.fill_strided(&start, &shape, out.get_mut(place..).unwrap_or_default(), strides)?;
            let Some(group) = (0..at.len()).rev().find(|&g| at[g] + 1 < parts[g].0.len()) else {
                return Ok(());
            };
            at[group] += 1;
            at[group + 1..].fill(0);
        }
    }
}

/// The smallest groups of neighbouring axes with equally many elements on both sides.
fn groups(from: &[u64], to: &[u64]) -> Vec<Group> {
    let (mut i, mut k) = (0, 0);
    let mut groups = Vec::new();
    while i < from.len() || k < to.len() {
        let (first, group) = (i, k);
        let (mut have, mut want): (u64, u64) = (1, 1);
        let take = |at: &mut usize, lengths: &[u64], product: &mut u64| {
            *product *= lengths.get(*at).copied().unwrap_or(1);
            *at = (*at + 1).min(lengths.len());
        };
        take(&mut i, from, &mut have);
        take(&mut k, to, &mut want);
        while have != want {
            match have < want {
                true => take(&mut i, from, &mut have),
                false => take(&mut k, to, &mut want),
            }
        }
        groups.push(Group { from: first..i, to: group..k });
    }
    groups
}

/// The boxes of an input of lengths `from` that are the box of `shape` at `start` of the same elements under the
/// lengths `to`.
fn pieces(from: &[u64], to: &[u64], start: &[u64], shape: &[u64]) -> Vec<Piece> {
    // the box is cut into runs of elements that are neighbours on both sides
    let whole = (0..to.len()).rev().find(|&k| shape[k] != to[k]).map_or(0, |k| k);
    let run: u64 = shape[whole.min(to.len())..].iter().product();
    let runs: u64 = shape[..whole.min(to.len())].iter().product();
    let mut found = Vec::new();
    for number in 0..runs {
        let (mut rest, mut flat, mut step) = (number, 0, 1);
        for k in (0..to.len()).rev() {
            let within = if k < whole { rest % shape[k] } else { 0 };
            if k < whole {
                rest /= shape[k];
            }
            flat += (start[k] + within) * step;
            step *= to[k];
        }
        split(from, flat..flat + run, number * run, &mut Vec::new(), &mut found);
    }
    found
}

/// Cuts a range of an array's elements in C order into boxes. `place` is the place of the first element, and `before`
/// has the indices along the axes before these.
fn split(lengths: &[u64], range: Range<u64>, place: u64, before: &mut Vec<u64>, found: &mut Vec<Piece>) {
    let inner: u64 = lengths.iter().skip(1).product();
    let Some(_) = lengths.first() else {
        found.push(piece(before, &[], &[], place));
        return;
    };
    let (first, last) = (range.start / inner, range.end / inner);
    let (ahead, behind) = (range.start % inner, range.end % inner);
    if first == last {
        before.push(first);
        split(&lengths[1..], ahead..behind, place, before, found);
        before.pop();
        return;
    }
    let mut next = (first, place);
    if ahead > 0 {
        before.push(first);
        split(&lengths[1..], ahead..inner, place, before, found);
        before.pop();
        next = (first + 1, place + inner - ahead);
    }
    if next.0 < last {
        let mut start = vec![0; lengths.len()];
        start[0] = next.0;
        let mut shape = lengths.to_vec();
        shape[0] = last - next.0;
        found.push(piece(before, &start, &shape, next.1));
        next = (last, next.1 + (last - next.0) * inner);
    }
    if behind > 0 {
        before.push(last);
        split(&lengths[1..], 0..behind, next.1, before, found);
        before.pop();
    }
}

/// The box of `shape` at `start` of the inner axes, for fixed indices along the axes before these.
fn piece(before: &[u64], start: &[u64], shape: &[u64], place: u64) -> Piece {
    let shape: Vec<u64> = before.iter().map(|_| 1).chain(shape.iter().copied()).collect();
    let start: Vec<u64> = before.iter().chain(start).copied().collect();
    let mut steps = vec![1; shape.len()];
    for k in (0..shape.len().saturating_sub(1)).rev() {
        steps[k] = steps[k + 1] * shape[k + 1];
    }
    Piece { start, shape, place, steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_the_smallest() {
        let of = |from: &[u64], to: &[u64]| -> Vec<_> {
            groups(from, to).into_iter().map(|g| (g.from, g.to)).collect()
        };
        assert_eq!(of(&[4, 6], &[4, 2, 3]), [(0..1, 0..1), (1..2, 1..3)]);
        assert_eq!(of(&[2, 3, 4], &[6, 4]), [(0..2, 0..1), (2..3, 1..2)]);
        assert_eq!(of(&[6, 4], &[4, 6]), [(0..2, 0..2)]);
        assert_eq!(of(&[], &[1, 1]), [(0..0, 0..1), (0..0, 1..2)]);
        assert_eq!(of(&[1, 5], &[5]), [(0..2, 0..1)]);
    }

    /// Every element of every box comes from the place where it lies.
    #[test]
    fn boxes_arrive_element_by_element() {
        let shapes: [(&[u64], &[u64]); 6] = [
            (&[4, 6], &[24]),
            (&[24], &[2, 3, 4]),
            (&[4, 6], &[6, 4]),
            (&[2, 3, 4], &[4, 3, 2]),
            (&[1, 24, 1], &[3, 1, 8]),
            (&[2, 2, 6], &[8, 3]),
        ];
        for (from, to) in shapes {
            let boxes = |to: &[u64]| {
                let mut all: Vec<(Vec<u64>, Vec<u64>)> = vec![(vec![], vec![])];
                for &n in to {
                    let longer = |(start, shape): &(Vec<u64>, Vec<u64>)| {
                        let (start, shape) = (start.clone(), shape.clone());
                        (0..n).flat_map(move |a| (1..=n - a).map(move |len| (a, len))).map(move |(a, len)| {
                            let (mut start, mut shape) = (start.clone(), shape.clone());
                            start.push(a);
                            shape.push(len);
                            (start, shape)
                        })
                    };
                    all = all.iter().flat_map(longer).collect();
                }
                all
            };
            for (start, shape) in boxes(to) {
                let len: u64 = shape.iter().product();
                let mut found = vec![u64::MAX; len as usize];
                let moved = Moved { groups: groups(from, to), from: from.to_vec(), to: to.to_vec() };
                let most = moved.reads(&[], &shape)[0].iter().product::<u64>();
                for piece in pieces(from, to, &start, &shape) {
                    assert!(
                        piece.shape.iter().product::<u64>() <= most,
                        "{from:?} {to:?} {start:?} {shape:?}"
                    );
                    for number in 0..piece.shape.iter().product::<u64>() {
                        let (mut rest, mut flat, mut step, mut place) = (number, 0, 1, piece.place);
                        for k in (0..from.len()).rev() {
                            let within = rest % piece.shape[k];
                            rest /= piece.shape[k];
                            flat += (piece.start[k] + within) * step;
                            step *= from[k];
                            place += within * piece.steps[k];
                        }
                        assert_eq!(std::mem::replace(&mut found[place as usize], flat), u64::MAX);
                    }
                }
                for number in 0..len {
                    let (mut rest, mut flat, mut step) = (number, 0, 1);
                    for k in (0..to.len()).rev() {
                        flat += (start[k] + rest % shape[k]) * step;
                        rest /= shape[k];
                        step *= to[k];
                    }
                    assert_eq!(found[number as usize], flat, "{from:?} {to:?} {start:?} {shape:?}");
                }
            }
        }
    }
}
