//! Sorting words in the cache.
//!
//! Words are spread over about as many buckets as there are words, by a rough guess of each word's rank, in the manner of
//! a counting sort. An insertion sort then moves each word by the little that the guess was wrong. A guess is a straight
//! line between a low and a high word of a sample. If it is bad, buckets hold many words, and these are sorted by
//! comparisons. A word that comes earlier in the order is never guessed to be later.

use std::marker::PhantomData;
use std::ops::Range;

use super::scale::Scale;
use super::word::Word;
use crate::kernels::dispatch::widest;
use crate::{Buffer, Result};

/// Fewer words than this are sorted by comparisons.
const FEW: usize = 192;
/// Words of a sample.
const SAMPLE: usize = 64;
/// The places of the low and the high word in a sorted sample. Words beyond them are guessed, too.
const ENDS: (usize, usize) = (2, SAMPLE - 3);
/// A bucket of more words than this is sorted by comparisons.
const MANY: u32 = 24;

/// Memory for sorting a number of words.
pub(crate) struct Room<W> {
    most: usize,
    words: Buffer,
    guesses: Buffer,
    counts: Buffer,
    of: PhantomData<W>,
}

impl<W: Word> Room<W> {
    /// Memory for up to `most` words at a time. More words are sorted in place.
    ///
    /// # Errors
    /// When memory is short.
    pub(crate) fn new(most: usize) -> Result<Room<W>> {
        let most = most.min(u32::MAX as usize / 4);
        Ok(Room {
            most,
            words: Buffer::unfilled(most * size_of::<W>())?,
            guesses: Buffer::unfilled(most * 4)?,
            counts: Buffer::unfilled(2 * most * 4)?,
            of: PhantomData,
        })
    }

    /// Bytes of the memory for `most` words.
    pub(crate) fn bytes(most: u64) -> u64 {
        most.saturating_mul(size_of::<W>() as u64 + 12) + 256
    }
}

/// Sorts words in ascending order. `scale` tells how the most significant bits are to be read.
pub(crate) fn sort<W: Word>(words: &mut [W], scale: Scale, room: &mut Room<W>) {
    if words.len() < FEW || words.len() > room.most || !spread(words, scale, room) {
        words.sort_unstable();
    }
}

/// Sorts by guessed ranks. Returns `false`, with nothing done, if a sample gives no guess.
fn spread<W: Word>(words: &mut [W], scale: Scale, room: &mut Room<W>) -> bool {
    let n = words.len();
    let mut sample = [0; SAMPLE];
    for (k, top) in sample.iter_mut().enumerate() {
        *top = words[k * (n / SAMPLE)].top();
    }
    sample.sort_unstable();
    let (low, high) = (scale.place(sample[ENDS.0]), scale.place(sample[ENDS.1]));
    let beyond = (high - low) * 0.125;
    let buckets = 2 * n;
    let last = (buckets - 1) as f64;
    let (low, slope) = (low - beyond, last / (high - low + 2.0 * beyond));
    if !(slope > 0.0 && slope.is_finite() && low.is_finite()) {
        return false;
    }
    let sorted: &mut [W] = &mut bytemuck::cast_slice_mut(room.words.bytes_mut())[..n];
    let guesses: &mut [u32] = &mut bytemuck::cast_slice_mut(room.guesses.bytes_mut())[..n];
    let counts: &mut [u32] = &mut bytemuck::cast_slice_mut(room.counts.bytes_mut())[..buckets];
    widest(
        #[inline(always)]
        || scale.guess(words, low, slope, last, guesses),
    );
    counts.fill(0);
    for &guess in guesses.iter() {
        counts[guess as usize] += 1;
    }
    let (mut sum, mut crowded) = (0, false);
    for count in counts.iter_mut() {
        crowded |= *count > MANY;
        sum += std::mem::replace(count, sum);
    }
    for (&word, &guess) in words.iter().zip(guesses.iter()) {
        let place = &mut counts[guess as usize];
        sorted[*place as usize] = word;
        *place += 1;
    }
    if crowded {
        // a bucket now holds the place of its end
        let mut start = 0;
        for &end in counts.iter() {
            sort_bucket(sorted, start as usize..end as usize);
            start = end;
        }
    }
    insert(sorted, words);
    true
}

fn sort_bucket<W: Word>(words: &mut [W], bucket: Range<usize>) {
    if bucket.len() > MANY as usize {
        words[bucket].sort_unstable();
    }
}

/// Copies words that are almost sorted, and sorts them.
fn insert<W: Word>(from: &[W], to: &mut [W]) {
    for (k, &word) in from.iter().enumerate() {
        let mut place = k;
        while place > 0 && to[place - 1] > word {
            to[place] = to[place - 1];
            place -= 1;
        }
        to[place] = word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(n: usize, seed: u64) -> Vec<u64> {
        let mut x = seed | 1;
        let mut next = || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            x
        };
        (0..n).map(|_| next()).collect()
    }

    fn check<W: Word + std::fmt::Debug>(words: Vec<W>, scale: Scale, room: &mut Room<W>) {
        let (mut found, mut expected) = (words.clone(), words);
        sort(&mut found, scale, room);
        expected.sort();
        assert!(found == expected, "{scale:?}, {} words", found.len());
    }

    #[test]
    fn words_of_any_distribution_are_sorted() {
        let mut small = Room::<u64>::new(3000).unwrap();
        let mut wide = Room::<u128>::new(3000).unwrap();
        for n in [0, 1, 2, 191, 192, 193, 1000, 2999, 3000, 3001] {
            for scale in [Scale::Whole, Scale::Single, Scale::Double] {
                let even = random(n, 7);
                check(even.clone(), scale, &mut small);
                check(even.iter().map(|x| x % 5).collect(), scale, &mut small);
                check(even.iter().map(|x| x >> (x % 64)).collect(), scale, &mut small);
                check(
                    even.iter().map(|x| if x % 9 == 0 { u64::MAX } else { x >> 40 }).collect(),
                    scale,
                    &mut small,
                );
                check((0..n as u64).collect(), scale, &mut small);
                check((0..n as u64).rev().map(|k| k << 45).collect(), scale, &mut small);
                check(vec![42; n], scale, &mut small);
                let pairs = even.iter().enumerate().map(|(k, x)| u128::from(x % 100) << 64 | k as u128);
                check(pairs.collect(), scale, &mut wide);
            }
        }
    }
}
