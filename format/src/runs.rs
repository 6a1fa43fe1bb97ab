//! Sets of pages, kept as runs.

use std::collections::BTreeMap;
use std::ops::Range;

/// The most runs that a request looks at before it appends instead.
const LOOKS: usize = 256;
/// The most runs that a set holds. The next scan finds the rest again.
pub(crate) const RUNS_MAX: usize = 1 << 20;

/// Runs of pages, from page number to count. They neither touch nor overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Runs(pub(crate) BTreeMap<u64, u64>);

impl Runs {
    /// Adds pages, of which some may be in the set already.
    pub(crate) fn add(&mut self, pages: Range<u64>) {
        let (mut start, mut end) = (pages.start, pages.end);
        if start >= end {
            return;
        }
        while let Some((&first, &count)) = self.0.range(..=end).next_back()
            && first + count >= start
        {
            self.0.remove(&first);
            start = start.min(first);
            end = end.max(first + count);
        }
        if self.0.len() < RUNS_MAX {
            self.0.insert(start, end - start);
        }
    }

    pub(crate) fn add_all(&mut self, other: &Runs) {
        for (&start, &count) in &other.0 {
            self.add(start..start + count);
        }
    }

    /// The pages of this set that are not in `other`.
    pub(crate) fn without(&self, other: &Runs) -> Runs {
        let mut rest = Runs::default();
        for (&start, &count) in &self.0 {
            let (mut at, end) = (start, start + count);
            let first = other.0.range(..=start).next_back().map_or(start, |(&first, _)| first);
            for (&start, &count) in other.0.range(first..end) {
                rest.add(at..start);
                at = at.max(start + count);
            }
            rest.add(at..end);
        }
        rest
    }

    /// Whether the set has `count` pages in a row.
    pub(crate) fn has(&self, count: u64) -> bool {
        self.0.values().take(LOOKS).any(|&found| found >= count)
    }

    /// Removes at least `least` and at most `most` pages in a row.
    pub(crate) fn take(&mut self, least: u64, most: u64) -> Option<Range<u64>> {
        let (&start, &found) = self.0.iter().take(LOOKS).find(|(_, found)| **found >= least)?;
        self.0.remove(&start);
        let count = found.min(most);
        if found > count {
            self.0.insert(start + count, found - count);
        }
        Some(start..start + count)
    }

    /// Removes the run that ends at `end`, and gives its start.
    pub(crate) fn take_before(&mut self, end: u64) -> Option<u64> {
        let (&start, &count) = self.0.range(..end).next_back()?;
        if start + count != end {
            return None;
        }
        self.0.remove(&start);
        Some(start)
    }

    pub(crate) fn pages(&self) -> u64 {
        self.0.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_merge_and_split() {
        let mut runs = Runs::default();
        runs.add(10..12);
        runs.add(14..15);
        runs.add(12..14);
        assert_eq!(runs.0, [(10, 5)].into());
        assert_eq!(runs.take(2, 2), Some(10..12));
        assert_eq!(runs.take(4, 9), None);
        assert_eq!(runs.take_before(15), Some(12));
        assert_eq!(runs.pages(), 0);
    }

    #[test]
    fn runs_are_sets() {
        let runs = |pages: &[(u64, u64)]| {
            let mut runs = Runs::default();
            pages.iter().for_each(|&(start, end)| runs.add(start..end));
            runs
        };
        let all = runs(&[(0, 10), (20, 30), (5, 22)]);
        assert_eq!(all, runs(&[(0, 30)]));
        assert_eq!(all.without(&runs(&[(0, 2), (4, 5), (28, 40)])), runs(&[(2, 4), (5, 28)]));
        let two = runs(&[(3, 6), (8, 9)]);
        assert_eq!(two.without(&runs(&[(0, 20)])), Runs::default());
        assert_eq!(two.without(&runs(&[(0, 3), (6, 8)])), two);
    }
}
