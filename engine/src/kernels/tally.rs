//! Counting numbers, and adding weights by number.

use super::dispatch::dispatch;

/// Up to this many numbers, the same number is counted in several places in turn: to count it again in the place where
/// it has just been counted would have to wait.
const SHORT: usize = 1 << 11;
/// The places of a number in a short table.
const LANES: usize = 4;

/// How often each number of a range occurs.
#[derive(Debug)]
pub(crate) struct Counts {
    first: i64,
    len: usize,
    table: Vec<u64>,
}

impl Counts {
    /// No counts yet, of `len` numbers from `first` on.
    pub(crate) fn new(first: u64, len: u64) -> Counts {
        let len = len as usize;
        Counts { first: first as i64, len, table: vec![0; len * Counts::lanes(len)] }
    }

    /// Bytes of the counts of `len` numbers.
    pub(crate) fn bytes(len: u64) -> u64 {
        len.saturating_mul(8 * Counts::lanes(len as usize) as u64)
    }

    fn lanes(len: usize) -> usize {
        if len <= SHORT { LANES } else { 1 }
    }

    /// Counts `numbers`. Those outside of the range count nowhere.
    pub(crate) fn count(&mut self, numbers: &[i64]) {
        let Counts { first, len, table } = self;
        let (first, len) = (*first, *len as u64);
        let place = |number: i64| (number as u64).wrapping_sub(first as u64);
        match Counts::lanes(len as usize) {
            LANES => dispatch(
                #[inline(always)]
                || {
                    let (groups, rest) = numbers.as_chunks::<LANES>();
                    for group in groups {
                        for (lane, number) in group.iter().enumerate() {
                            let at = place(*number);
                            if at < len {
                                table[at as usize * LANES + lane] += 1;
                            }
                        }
                    }
                    for at in rest.iter().map(|number| place(*number)).filter(|at| *at < len) {
                        table[at as usize * LANES] += 1;
                    }
                },
            ),
            _ => numbers.iter().map(|number| place(*number)).filter(|at| *at < len).for_each(|at| {
                table[at as usize] += 1;
            }),
        }
    }

    /// Adds the counts to those of `total`, which has one for each number.
    pub(crate) fn add_to(&self, total: &mut [i64]) {
        let lanes = Counts::lanes(self.len);
        let sums = self.table.chunks_exact(lanes).map(|lanes| lanes.iter().sum::<u64>());
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum as i64);
    }
}

/// Adds to each number's sum the weights that belong to it, one after the other. The sums are those of the numbers from
/// `first` on; weights of other numbers are added nowhere.
pub(crate) fn add_weights(numbers: &[i64], weights: &[f64], first: u64, sums: &mut [f64]) {
    for (number, weight) in numbers.iter().zip(weights) {
        if let Some(sum) = sums.get_mut((*number as u64).wrapping_sub(first) as usize) {
            *sum += weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_within_their_range() {
        let numbers: Vec<i64> = (-5..5000).map(|k| k % 3000).chain([i64::MIN, i64::MAX, -1]).collect();
        for (first, len) in [(0, 3000), (0, 10), (7, 2000), (1000, 2900), (2999, 1), (5000, 3), (4, 0)] {
            let mut counts = Counts::new(first, len);
            numbers.chunks(777).for_each(|part| counts.count(part));
            let mut total = vec![1; len as usize];
            counts.add_to(&mut total);
            let mut sums = vec![0.5; len as usize];
            add_weights(&numbers, &vec![2.0; numbers.len()], first, &mut sums);
            for (k, (total, sum)) in total.iter().zip(sums).enumerate() {
                let number = (first + k as u64) as i64;
                let count = numbers.iter().filter(|n| **n == number).count();
                assert_eq!((*total, sum), (1 + count as i64, 0.5 + 2.0 * count as f64));
            }
        }
    }
}
