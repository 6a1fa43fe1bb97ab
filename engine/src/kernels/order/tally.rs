//! Counting equal words in a table.

use std::marker::PhantomData;

use super::word::Word;
use crate::{Buffer, Result};

/// Slots of a new table.
const FIRST: usize = 1 << 10;

/// A table of words with their counts and the positions of the first of each.
pub(crate) struct Tally<W> {
    slots: Slots<W>,
    len: usize,
    most: usize,
}

/// A power of two of slots.
struct Slots<W> {
    number: usize,
    words: Buffer,
    /// 0 if the slot is free.
    counts: Buffer,
    firsts: Buffer,
    of: PhantomData<W>,
}

impl<W: Word> Slots<W> {
    fn new(number: usize) -> Result<Slots<W>> {
        Ok(Slots {
            number,
            words: Buffer::unfilled(number * size_of::<W>())?,
            counts: Buffer::new(number * 8)?,
            firsts: Buffer::unfilled(number * 8)?,
            of: PhantomData,
        })
    }

    /// The words, their counts and the positions of the first of each.
    fn parts(&mut self) -> (&mut [W], &mut [u64], &mut [u64]) {
        let Slots { words, counts, firsts, .. } = self;
        let cast = bytemuck::cast_slice_mut;
        (bytemuck::cast_slice_mut(words.bytes_mut()), cast(counts.bytes_mut()), cast(firsts.bytes_mut()))
    }

    /// The slots that are taken.
    fn entries(&self) -> impl Iterator<Item = (W, u64, u64)> {
        let (words, numbers): (&[W], fn(&Buffer) -> &[u64]) =
            (bytemuck::cast_slice(self.words.bytes()), |buffer| bytemuck::cast_slice(buffer.bytes()));
        let all = words.iter().zip(numbers(&self.counts)).zip(numbers(&self.firsts));
        all.filter(|((_, count), _)| **count != 0).map(|((word, count), first)| (*word, *count, *first))
    }
}

/// The slot of a word, or the free slot that it would take.
#[inline(always)]
fn place<W: Word>(words: &[W], counts: &[u64], word: W) -> usize {
    let mask = words.len() - 1;
    let mut at = (word.hash() >> (64 - words.len().ilog2())) as usize & mask;
    while counts[at] != 0 && words[at] != word {
        at = (at + 1) & mask;
    }
    at
}

impl<W: Word> Tally<W> {
    /// A table for at most `most` different words.
    ///
    /// # Errors
    /// When memory is short.
    pub(crate) fn new(most: usize) -> Result<Tally<W>> {
        Ok(Tally { slots: Slots::new(FIRST)?, len: 0, most })
    }

    /// The most bytes of a table for `most` words, while it grows to its last size.
    pub(crate) fn bytes(most: u64) -> u64 {
        let slots = most.max(FIRST as u64).next_power_of_two() * 2;
        (slots + slots / 2).saturating_mul(size_of::<W>() as u64 + 16)
    }

    /// Counts words without their positions; the first of them has the position `first`, and positions never fall.
    /// Returns `false` if there are too many different words.
    ///
    /// # Errors
    /// When memory is short.
    pub(crate) fn count(&mut self, all: &[W], first: u64) -> Result<bool> {
        let mut from = 0;
        while from < all.len() {
            let room = self.most.min(self.slots.number / 2);
            let (words, counts, firsts) = self.slots.parts();
            let mut counted = all.len() - from;
            for (k, word) in all[from..].iter().enumerate() {
                let word = word.bare();
                let at = place(words, counts, word);
                if counts[at] == 0 {
                    if self.len == room {
                        counted = k;
                        break;
                    }
                    self.len += 1;
                    (words[at], firsts[at]) = (word, first + (from + k) as u64);
                }
                counts[at] += 1;
            }
            from += counted;
            if from < all.len() {
                if self.len == self.most {
                    return Ok(false);
                }
                self.grow()?;
            }
        }
        Ok(true)
    }

    fn grow(&mut self) -> Result<()> {
        let mut larger = Slots::new(2 * self.slots.number)?;
        let (words, counts, firsts) = larger.parts();
        for (word, count, first) in self.slots.entries() {
            let at = place(words, counts, word);
            (words[at], counts[at], firsts[at]) = (word, count, first);
        }
        self.slots = larger;
        Ok(())
    }

    /// The words, their counts and their first positions, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (W, u64, u64)> {
        self.slots.entries()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_up_to_a_number_of_different_ones() {
        let words: Vec<u64> = (0..20_000u64).map(|k| k * k % 5003 << 40).collect();
        let mut tally = Tally::new(3000).unwrap();
        assert!(words.chunks(700).zip((0..).step_by(700)).all(|(words, first)| tally.count(words, first).unwrap()));
        let mut found: Vec<(u64, u64, u64)> = tally.entries().collect();
        found.sort_unstable();
        let mut expected = words.clone();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(found.iter().map(|(word, ..)| *word).collect::<Vec<_>>(), expected);
        for (word, count, first) in found {
            assert_eq!(words.iter().filter(|w| **w == word).count() as u64, count);
            assert_eq!(words.iter().position(|w| *w == word), Some(first as usize));
        }
        assert!(!Tally::new(expected.len() - 1).unwrap().count(&words, 0).unwrap());
        assert!(Tally::new(expected.len()).unwrap().count(&words, 0).unwrap());
    }
}
