//! Keys at given places of the sorted order.

use super::cuts::{Cuts, collect};
use super::key::Key;
use crate::kernels::dispatch::widest;

/// Lines of at least this many keys are narrowed by a sample before keys change their places.
const LONG: usize = 2048;
/// The most brackets that a sample gives: beyond, comparing each key with their ends takes longer than it saves.
const BRACKETS: usize = 6;
/// The error of a sample that is allowed for, in standard deviations. A greater error costs time, not correctness.
const DEVIATIONS: f64 = 3.0;

/// Moves keys so that each place of `ranks`, which ascend, holds the key that it holds in the sorted order. `first` is
/// the place of the first key.
pub(crate) fn place<K: Key>(keys: &mut [K], ranks: &[u64], first: u64) {
    let middle = ranks.len() / 2;
    let Some(&rank) = ranks.get(middle) else { return };
    let at = (rank - first) as usize;
    if at < keys.len() {
        let (low, _, high) = keys.select_nth_unstable(at);
        place(low, &ranks[..middle], first);
        place(high, &ranks[middle + 1..], rank + 1);
    }
}

/// Finds the keys of a line at the places `ranks`, which ascend, and puts them into `found`. `room` is for keys that
/// come into question; short lines change the order of their keys.
fn pick<K: Key>(keys: &mut [K], ranks: &[u64], room: &mut Vec<K>, found: &mut Vec<K>) {
    found.clear();
    if keys.len() >= LONG
        && let Some(cuts) = brackets(keys, ranks, room)
    {
        narrowed(keys, ranks, &cuts, room, found);
        return;
    }
    place(keys, ranks, 0);
    found.extend(ranks.iter().filter_map(|&rank| keys.get(rank as usize)));
}

/// Cuts such that nearly always few keys lie between the two that enclose a wanted key (Floyd and Rivest, "Expected
/// time bounds for selection", 1975). `None` if there would be too many. `sample` is room for a sample of the keys.
fn brackets<K: Key>(keys: &[K], ranks: &[u64], sample: &mut Vec<K>) -> Option<Cuts<K>> {
    let length = keys.len() as f64;
    let step = length.cbrt() as usize;
    sample.clear();
    sample.extend(keys.iter().copied().step_by(step.max(1)));
    sample.sort_unstable();
    let drawn = sample.len() as f64;
    let mut brackets: Vec<(f64, f64)> = Vec::new();
    for &rank in ranks {
        let share = (rank as f64 + 0.5) / length;
        let off = DEVIATIONS * (drawn * share * (1.0 - share)).sqrt() + 1.0;
        let (from, to) = (share * drawn - off, share * drawn + off);
        let full = brackets.len() == BRACKETS;
        match brackets.last_mut() {
            Some(last) if from <= last.1 => last.1 = to,
            _ if full => return None,
            _ => brackets.push((from, to)),
        }
    }
    let ends = |&(from, to): &(f64, f64)| {
        let first = if from < 0.0 { None } else { sample.get(from as usize).copied() };
        [first, sample.get(to as usize).and_then(|last| last.next())]
    };
    Some(Cuts::new(brackets.iter().flat_map(ends).flatten().collect()))
}

/// Finds keys among those between two cuts. All keys are counted, so the answer is exact wherever the cuts lie.
fn narrowed<K: Key>(keys: &[K], ranks: &[u64], cuts: &Cuts<K>, room: &mut Vec<K>, found: &mut Vec<K>) {
    let mut counts = [0; 2 * BRACKETS + 1];
    cuts.count(keys, &mut counts);
    let (mut below, mut rest) = (0, ranks);
    for (interval, &count) in counts.iter().enumerate().take(cuts.len()) {
        let (here, others) = rest.split_at(rest.partition_point(|&rank| rank < below + count));
        match cuts.interval(interval) {
            _ if here.is_empty() => {}
            (first, last) if first == last => found.extend(here.iter().map(|_| first)),
            ends => {
                room.clear();
                room.reserve_exact(count as usize);
                collect(keys, ends, room);
                place(room, here, below);
                found.extend(here.iter().filter_map(|&rank| room.get((rank - below) as usize)));
            }
        }
        (below, rest) = (below + count, others);
    }
}

/// The places wanted of each line, and the keys there.
pub(crate) struct Wanted<'a, K> {
    /// For each wanted place and line, the place: from the end if it is negative. The lines go fastest.
    pub(crate) ranks: &'a [i64],
    /// For each wanted place and line, the key. The lines go fastest.
    pub(crate) found: &'a mut [K],
    /// The least key of a NaN, if a NaN in a line is the answer for all of its places.
    pub(crate) nan: Option<K>,
}

impl<K: Key> Wanted<'_, K> {
    /// Finds the keys of lines of `length` that lie one after the other. Keys change their places within a line. Room
    /// for the keys of one more line is taken.
    pub(crate) fn find(&mut self, keys: &mut [K], length: usize) {
        let lines = keys.len() / length.max(1);
        let (mut ranks, mut sorted): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        let (mut room, mut answers): (Vec<K>, Vec<K>) = (Vec::new(), Vec::new());
        for (line, keys) in keys.chunks_exact_mut(length).enumerate() {
            let last = self.nan.and_then(|nan| Some(greatest(keys)).filter(|key| *key >= nan));
            let mut found = self.found.iter_mut().skip(line).step_by(lines);
            if let Some(last) = last {
                found.for_each(|found| *found = last);
                continue;
            }
            let wanted = self.ranks.iter().skip(line).step_by(lines).map(|&rank| within(rank, length as u64));
            if line == 0 || !wanted.clone().eq(ranks.iter().copied()) {
                ranks.clear();
                ranks.extend(wanted);
                sorted.clone_from(&ranks);
                sorted.sort_unstable();
                sorted.dedup();
            }
            pick(keys, &sorted, &mut room, &mut answers);
            for (found, rank) in found.by_ref().zip(&ranks) {
                let answer = sorted.binary_search(rank).ok().and_then(|at| answers.get(at));
                *found = answer.copied().unwrap_or(K::GREATEST);
            }
        }
    }
}

fn greatest<K: Key>(keys: &[K]) -> K {
    widest(
        #[inline(always)]
        || keys.iter().fold(K::LEAST, |greatest, &key| if key > greatest { key } else { greatest }),
    )
}

/// A place in a line, from one that may count from the end.
pub(crate) fn within(rank: i64, length: u64) -> u64 {
    let rank = if rank < 0 { rank.saturating_add_unsigned(length) } else { rank };
    (rank.max(0) as u64).min(length.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(n: u64) -> Vec<u64> {
        (0..n).map(|k| k.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40).collect()
    }

    #[test]
    fn keys_come_to_their_places() {
        for n in [1, 2, 3, 10, 1000] {
            let mut sorted = some(n);
            sorted.sort_unstable();
            for ranks in
                [vec![0], vec![n - 1], vec![0, n - 1], vec![n / 3, n / 3 + 1, n / 2], (0..n).collect()]
            {
                let mut ranks: Vec<u64> = ranks.into_iter().filter(|&rank| rank < n).collect();
                ranks.sort_unstable();
                ranks.dedup();
                let mut keys = some(n);
                place(&mut keys, &ranks, 0);
                ranks.iter().for_each(|&rank| assert_eq!(keys[rank as usize], sorted[rank as usize]));
            }
        }
    }

    #[test]
    fn long_lines_are_narrowed_whatever_they_hold() {
        let n = 3 * LONG as u64;
        let kinds: [&dyn Fn(u64) -> u64; 6] = [
            &|k| k.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            &|_| 7,
            &|k| k,
            &|k| n - k,
            &|k| if k % 18 == 0 { u64::MAX } else { k & 1 },
            &|k| if k % 5 == 0 { k << 40 } else { 0 },
        ];
        for kind in kinds {
            let keys: Vec<u64> = (0..n).map(kind).collect();
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            for ranks in [vec![0], vec![n / 2 - 1, n / 2], vec![0, 7, n / 10, n / 2, n - 1], (0..n).collect()]
            {
                let (mut room, mut found) = (Vec::new(), Vec::new());
                pick(&mut keys.clone(), &ranks, &mut room, &mut found);
                let wanted: Vec<u64> = ranks.iter().map(|&rank| sorted[rank as usize]).collect();
                assert_eq!(found, wanted);
            }
        }
    }

    #[test]
    fn lines_give_the_keys_that_they_are_asked_for() {
        let mut keys = [5, 1, 4, 2, 3, 9, 7, 8, 6, 255, 2, 1, 0, 3, 4_u8];
        let ranks = [0, 1, 2, -1, -5, 1];
        let mut found = [0; 6];
        Wanted { ranks: &ranks, found: &mut found, nan: Some(255) }.find(&mut keys, 5);
        assert_eq!(found, [1, 255, 2, 5, 255, 1]);
    }
}
