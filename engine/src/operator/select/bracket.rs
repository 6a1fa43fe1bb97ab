//! Brackets around the wanted keys of one line. Each pass makes them narrower.

use super::sample::Sample;
use crate::kernels::{Cuts, Key, place};

/// A sampled key that takes this share of a bracket has an interval of its own.
const HEAVY: usize = 8;

/// A wanted place of a line.
#[derive(Clone, Debug)]
pub(super) struct Want<K> {
    /// The place in the sorted order.
    pub(super) rank: u64,
    /// The first and the last key that can be there.
    bracket: (K, K),
    /// Keys of the line in the bracket; `None` before the first pass.
    size: Option<u64>,
    pub(super) found: Option<K>,
}

/// An interval whose keys are collected.
#[derive(Clone, Debug)]
pub(super) struct Slot<K> {
    /// The number of the interval.
    pub(super) interval: usize,
    pub(super) keys: (K, K),
    /// Keys that it may hold.
    pub(super) room: usize,
}

/// The work on one line.
#[derive(Debug)]
pub(super) struct Line<K> {
    length: u64,
    /// By rank, each rank once.
    wants: Vec<Want<K>>,
    sample: Sample<K>,
    pub(super) cuts: Cuts<K>,
    pub(super) slots: Vec<Slot<K>>,
}

impl<K: Key> Line<K> {
    /// A line of `length` keys of which those at the places `ranks` are wanted.
    pub(super) fn new(length: u64, mut ranks: Vec<u64>, sample: Sample<K>) -> Line<K> {
        ranks.sort_unstable();
        ranks.dedup();
        let want = |rank| Want { rank, bracket: (K::LEAST, K::GREATEST), size: None, found: None };
        let wants = ranks.into_iter().map(want).collect();
        Line { length, wants, sample, cuts: Cuts::new(Vec::new()), slots: Vec::new() }
    }

    /// The key at a wanted place, once it is found.
    pub(super) fn found(&self, rank: u64) -> Option<K> {
        let at = self.wants.binary_search_by_key(&rank, |want| want.rank).ok()?;
        self.wants.get(at)?.found
    }

    pub(super) fn is_done(&self) -> bool {
        self.wants.iter().all(|want| want.found.is_some())
    }

    /// The distinct brackets of the keys that are still wanted, ascending, and the number of keys in each.
    fn brackets(&self) -> Vec<((K, K), u64)> {
        let open = self.wants.iter().filter(|want| want.found.is_none());
        let mut brackets: Vec<_> = open.map(|w| (w.bracket, w.size.unwrap_or(self.length))).collect();
        brackets.dedup();
        brackets
    }

    /// Chooses the intervals of the next pass: at most `most` cuts, and slots for at most `room` keys.
    pub(super) fn prepare(&mut self, room: usize, most: usize) {
        let mut chosen = Chosen { cuts: Vec::new(), slots: Vec::new() };
        let guessed = self.wants.iter().all(|want| want.size.is_none())
            && self.guess(room, most).map(|guess| chosen = guess).is_some();
        if !guessed {
            let brackets = self.brackets();
            let (room, most) = (room / brackets.len().max(1), most / brackets.len().max(1));
            for (bracket, size) in brackets {
                if size <= room as u64 {
                    chosen.slots.push((bracket, size as usize));
                    chosen.ends(bracket);
                } else {
                    let parts =
                        (2 * size / (room as u64 + 1) + 2).min((most.saturating_sub(2) / 2).max(2) as u64);
                    chosen.ends(bracket);
                    chosen.cuts.extend(self.divide(bracket, parts));
                }
            }
        }
        self.cuts = Cuts::new(chosen.cuts);
        let slot = |(keys, room): ((K, K), usize)| {
            let interval = self.cuts.find(keys.0);
            (self.cuts.interval(interval) == keys).then_some(Slot { interval, keys, room })
        };
        self.slots = chosen.slots.into_iter().filter_map(slot).collect();
    }

    /// Keys that divide a bracket into about `parts` intervals of equal size.
    fn divide(&self, (first, last): (K, K), parts: u64) -> Vec<K> {
        let known = self.sample.within(first, last);
        let step = known.len().div_ceil(parts as usize).max(1);
        let mut cuts = Vec::new();
        for at in (step / 2..known.len()).step_by(step) {
            let key = known[at];
            cuts.push(key);
            // a key that fills an interval gets one of its own
            if known.get(at + 1) == Some(&key) {
                cuts.extend(key.next());
            }
        }
        cuts.retain(|key| first < *key && *key <= last);
        if cuts.is_empty() { first.cut(last, parts) } else { cuts }
    }

    /// The brackets that the sample gives. `None` if their keys would not fit, or the sample cannot tell.
    fn guess(&self, room: usize, most: usize) -> Option<Chosen<K>> {
        let sorted = self.sample.sorted();
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for want in &self.wants {
            let (from, to) = self.sample.around(want.rank, self.length)?;
            match ranges.last_mut() {
                Some(last) if sorted.get(from)? <= sorted.get(last.1)? => last.1 = to.max(last.1),
                _ => ranges.push((from, to)),
            }
        }
        let mut chosen = Chosen { cuts: Vec::new(), slots: Vec::new() };
        for (from, to) in ranges {
            let keys = sorted.get(from..=to)?;
            // the ends of a line lie outside of its sample
            let first = if from == 0 { K::LEAST } else { *keys.first()? };
            let last = if to + 1 == sorted.len() { K::GREATEST } else { *keys.last()? };
            chosen.ends((first, last));
            let mut rest = first;
            let mut few = 1;
            for equal in keys.chunk_by(|a, b| a == b) {
                if equal.len() * HEAVY < keys.len().max(HEAVY * HEAVY) {
                    few += equal.len();
                    continue;
                }
                let key = equal[0];
                chosen.ends((key, key));
                if rest < key {
                    chosen.slots.push(((rest, key.previous()), few));
                }
                (rest, few) = (key.next().unwrap_or(key), 1);
            }
            if rest < last {
                chosen.slots.push(((rest, last), few));
            }
        }
        // twice the keys that are expected
        let scale = 2.0 * self.length as f64 / sorted.len() as f64;
        for (_, size) in &mut chosen.slots {
            *size = (*size as f64 * scale) as usize + 64;
        }
        let needed: usize = chosen.slots.iter().map(|(_, size)| size).sum();
        (needed <= room && chosen.cuts.len() <= most).then_some(chosen)
    }

    /// Learns the number of keys in each interval, and the keys of the slots; `None` for a slot that was too small.
    pub(super) fn learn(&mut self, counts: &[u64], slots: &mut [Option<Vec<K>>]) {
        let mut below = 0;
        let mut wants = self.wants.iter_mut().peekable();
        for (interval, &count) in counts.iter().enumerate() {
            let bracket = self.cuts.interval(interval);
            let mut here = Vec::new();
            while let Some(want) = wants.next_if(|want| want.rank < below + count) {
                if want.found.is_none() {
                    (want.bracket, want.size) = (bracket, Some(count));
                    want.found = (bracket.0 == bracket.1).then_some(bracket.0);
                    here.push(want);
                }
            }
            here.retain(|want| want.found.is_none());
            let slot = self.slots.iter().position(|slot| slot.interval == interval);
            if let Some(Some(keys)) = slot.and_then(|slot| slots.get_mut(slot))
                && !here.is_empty()
            {
                place(keys, &here.iter().map(|want| want.rank - below).collect::<Vec<_>>(), 0);
                here.into_iter()
                    .for_each(|want| want.found = keys.get((want.rank - below) as usize).copied());
            }
            below += count;
        }
    }
}

/// Cuts, and the intervals to collect with the keys that are expected there.
struct Chosen<K> {
    cuts: Vec<K>,
    slots: Vec<((K, K), usize)>,
}

impl<K: Key> Chosen<K> {
    /// Makes a bracket an interval.
    fn ends(&mut self, (first, last): (K, K)) {
        self.cuts.extend((first > K::LEAST).then_some(first));
        self.cuts.extend(last.next());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::collect;

    /// Finds keys in passes over `keys`, and gives the number of passes.
    fn select(keys: &[u64], ranks: &[u64], room: usize, most: usize) -> usize {
        let drawn: Vec<u64> = keys.iter().step_by((keys.len() / 2048).max(1)).copied().collect();
        let mut line = Line::new(keys.len() as u64, ranks.to_vec(), Sample::new(drawn, 8));
        let mut passes = 0;
        while !line.is_done() {
            passes += 1;
            assert!(passes < 70, "{line:?}");
            line.prepare(room, most);
            assert!(line.cuts.len() <= most.max(4 * ranks.len() + 16) + 1);
            assert!(line.slots.iter().map(|slot| slot.room).sum::<usize>() <= room);
            let mut counts = vec![0; line.cuts.len()];
            line.cuts.count(keys, &mut counts);
            let slot = |slot: &Slot<u64>| {
                let mut found = Vec::new();
                collect(keys, slot.keys, &mut found);
                (found.len() <= slot.room).then_some(found)
            };
            let mut slots: Vec<_> = line.slots.iter().map(slot).collect();
            line.learn(&counts, &mut slots);
        }
        let mut sorted = keys.to_vec();
        sorted.sort_unstable();
        ranks.iter().for_each(|&rank| assert_eq!(line.found(rank), Some(sorted[rank as usize])));
        passes
    }

    /// Numbers without a pattern.
    fn mixed(k: u64) -> u64 {
        let x = (k ^ k >> 30).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ x >> 31
    }

    #[test]
    fn one_pass_finds_the_middle_of_random_keys() {
        let keys: Vec<u64> = (1..200_000).map(mixed).collect();
        assert_eq!(select(&keys, &[99_999, 100_000], 60_000, 64), 1);
        assert_eq!(select(&keys, &[0, 100_000, 199_998], 100_000, 64), 1);
        // with room for few keys, some passes only count
        assert!(select(&keys, &[99_999, 100_000], 100, 64) <= 5);
        assert!(select(&keys, &[0, 7, 50_000, 100_000, 199_998], 50, 36) <= 12);
    }

    #[test]
    fn all_kinds_of_keys_come_to_an_end() {
        let n = 50_000_u64;
        let kinds: [&dyn Fn(u64) -> u64; 7] = [
            &|_| 7,
            &|k| k,
            &|k| u64::MAX - k,
            &|k| k % 3,
            &|k| if k % 10 == 0 { mixed(k) } else { 1 << 40 },
            &|k| (k * k) << 20,
            &|k| if k % 2048 == 0 { u64::MAX } else { k & 1 },
        ];
        for kind in kinds {
            let keys: Vec<u64> = (0..n).map(kind).collect();
            for (room, most) in [(64, 24), (5000, 100), (100_000, 1000)] {
                select(&keys, &[0, 1, n / 2, n / 2 + 1, n - 1], room, most);
                select(&keys, &[n / 3], room, most);
            }
        }
    }
}
