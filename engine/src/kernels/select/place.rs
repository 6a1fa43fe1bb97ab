//! Keys at given places of the sorted order.

use super::key::Key;

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
    /// Finds the keys of lines of `length` that lie one after the other. Keys change their places within a line.
    pub(crate) fn find(&mut self, keys: &mut [K], length: usize) {
        let lines = keys.len() / length.max(1);
        let (mut ranks, mut sorted): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        for (line, keys) in keys.chunks_exact_mut(length).enumerate() {
            let last = self.nan.and_then(|nan| keys.iter().copied().max().filter(|key| *key >= nan));
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
            place(keys, &sorted, 0);
            found.by_ref().zip(&ranks).for_each(|(found, &rank)| *found = keys[rank as usize]);
        }
    }
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
    fn lines_give_the_keys_that_they_are_asked_for() {
        let mut keys = [5, 1, 4, 2, 3, 9, 7, 8, 6, 255, 2, 1, 0, 3, 4_u8];
        let ranks = [0, 1, 2, -1, -5, 1];
        let mut found = [0; 6];
        Wanted { ranks: &ranks, found: &mut found, nan: Some(255) }.find(&mut keys, 5);
        assert_eq!(found, [1, 255, 2, 5, 255, 1]);
    }
}
