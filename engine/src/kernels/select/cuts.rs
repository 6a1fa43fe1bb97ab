//! Intervals of the order: the number of keys in each, and the keys of some.

use super::key::Key;
use crate::kernels::dispatch::{dispatch, widest};

/// Keys that are compared at a time. They stay in the first cache.
const BLOCK: usize = 1024;
/// Up to this many cuts, each key is compared with each of them.
const FEW: usize = 12;
/// Keys that are looked through together for one that is collected.
const GROUP: usize = 16;

/// Keys that cut the order into intervals: below the first cut, from each cut to the next, and from the last cut on.
#[derive(Clone, Debug)]
pub(crate) struct Cuts<K>(Vec<K>);

impl<K: Key> Cuts<K> {
    /// The intervals between these keys.
    pub(crate) fn new(mut cuts: Vec<K>) -> Cuts<K> {
        // nothing lies below the least key
        cuts.retain(|cut| *cut > K::LEAST);
        cuts.sort_unstable();
        cuts.dedup();
        Cuts(cuts)
    }

    /// The number of intervals.
    pub(crate) fn len(&self) -> usize {
        self.0.len() + 1
    }

    /// The first and the last key of an interval.
    pub(crate) fn interval(&self, number: usize) -> (K, K) {
        let first = number.checked_sub(1).and_then(|k| self.0.get(k));
        // the key before a cut: the cuts above the least key have one
        let last = self.0.get(number).map(|cut| cut.previous());
        (first.copied().unwrap_or(K::LEAST), last.unwrap_or(K::GREATEST))
    }

    /// Adds to `counts` the number of keys in each interval.
    pub(crate) fn count(&self, keys: &[K], counts: &mut [u64]) {
        match self.0.len() {
            0 => counts[0] += keys.len() as u64,
            1..=FEW => keys.chunks(BLOCK).for_each(|block| {
                let mut below = 0;
                for (cut, count) in self.0.iter().zip(&mut *counts) {
                    let less = widest(
                        #[inline(always)]
                        || less(block, *cut),
                    );
                    *count += less - below;
                    below = less;
                }
                counts[self.0.len()] += block.len() as u64 - below;
            }),
            _ => dispatch(
                #[inline(always)]
                || keys.iter().for_each(|key| counts[self.find(*key)] += 1),
            ),
        }
    }

    /// The interval of a key.
    #[inline(always)]
    pub(crate) fn find(&self, key: K) -> usize {
        self.0.partition_point(|cut| *cut <= key)
    }
}

#[inline(always)]
fn less<K: Key>(keys: &[K], cut: K) -> u64 {
    // narrow counters, so that many are added at a time
    keys.iter().map(|key| u32::from(*key < cut)).sum::<u32>().into()
}

/// Replaces `found` by the keys from `first` to `last`.
pub(crate) fn collect<K: Key>(keys: &[K], (first, last): (K, K), found: &mut Vec<K>) {
    let inside = |key: &K| (first <= *key) & (*key <= last);
    found.clear();
    dispatch(
        #[inline(always)]
        || {
            for group in keys.chunks(GROUP) {
                if group.iter().fold(false, |any, key| any | inside(key)) {
                    // without a branch for each key, because nobody can guess which lie inside
                    let (mut kept, mut count) = ([K::LEAST; GROUP], 0);
                    for key in group {
                        kept[count % GROUP] = *key;
                        count += usize::from(inside(key));
                    }
                    found.extend_from_slice(&kept[..count]);
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(n: u64) -> Vec<u64> {
        (0..n).map(|k| k.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40).collect()
    }

    #[test]
    fn few_cuts_and_many_count_alike() {
        let keys = some(5000);
        for cuts in [0, 1, 2, FEW, FEW + 1, 100, 1000] {
            let cuts = Cuts::new(some(cuts as u64));
            let mut counts = vec![0; cuts.len()];
            cuts.count(&keys, &mut counts);
            for (number, &count) in counts.iter().enumerate() {
                let (first, last) = cuts.interval(number);
                let mut found = Vec::new();
                collect(&keys, (first, last), &mut found);
                assert_eq!(found.len() as u64, count);
                assert!(found.iter().all(|key| (first..=last).contains(key)));
            }
            assert_eq!(counts.iter().sum::<u64>(), 5000);
        }
    }
}
