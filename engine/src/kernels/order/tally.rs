//! Counting equal words in a table.

use std::marker::PhantomData;

use super::code::Positions;
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
    /// For each slot a [`Seen`].
    seen: Buffer,
    of: PhantomData<W>,
}

/// What is known of a word.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Seen {
    /// 0 if the slot is free.
    count: u64,
    /// The least position, or the least lower bits of words that have them.
    first: u64,
}

impl<W: Word> Slots<W> {
    fn new(number: usize) -> Result<Slots<W>> {
        Ok(Slots {
            number,
            words: Buffer::unfilled(number * size_of::<W>())?,
            seen: Buffer::new(number * size_of::<Seen>())?,
            of: PhantomData,
        })
    }

    fn parts(&mut self) -> (&mut [W], &mut [Seen]) {
        (bytemuck::cast_slice_mut(self.words.bytes_mut()), bytemuck::cast_slice_mut(self.seen.bytes_mut()))
    }

    /// The slots that are taken.
    fn entries(&self) -> impl Iterator<Item = (W, Seen)> {
        let (words, seen): (&[W], &[Seen]) =
            (bytemuck::cast_slice(self.words.bytes()), bytemuck::cast_slice(self.seen.bytes()));
        words.iter().copied().zip(seen.iter().copied()).filter(|(_, seen)| seen.count != 0)
    }
}

/// The slot of a word, or the free slot that it would take.
#[inline(always)]
fn place<W: Word>(words: &[W], seen: &[Seen], word: W) -> usize {
    let mask = words.len() - 1;
    let mut at = (word.hash() >> (64 - words.len().ilog2())) as usize & mask;
    while seen[at].count != 0 && words[at] != word {
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

    /// Counts the words of elements at these positions. Words that differ in their lower bits are equal. Returns `false` if there are too many different words.
    ///
    /// # Errors
    /// When memory is short.
    pub(crate) fn count(&mut self, all: &[W], positions: Positions) -> Result<bool> {
        let mut from = 0;
        while from < all.len() {
            let room = self.most.min(self.slots.number / 2);
            let (words, seen) = self.slots.parts();
            let mut counted = all.len() - from;
            let rest = all[from..].iter().zip(positions.after(from).each());
            for (k, (word, position)) in rest.enumerate() {
                let position = word.rest().unwrap_or(position);
                let word = word.bare();
                let at = place(words, seen, word);
                let slot = &mut seen[at];
                if slot.count == 0 {
                    if self.len == room {
                        counted = k;
                        break;
                    }
                    self.len += 1;
                    words[at] = word;
                    slot.first = position;
                }
                slot.count += 1;
                slot.first = slot.first.min(position);
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
        let (words, seen) = larger.parts();
        for (word, known) in self.slots.entries() {
            let at = place(words, seen, word);
            (words[at], seen[at]) = (word, known);
        }
        self.slots = larger;
        Ok(())
    }

    /// The words without lower bits, their counts, and their first positions or least lower bits, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (W, u64, u64)> {
        self.slots.entries().map(|(word, seen)| (word, seen.count, seen.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_up_to_a_number_of_different_ones() {
        let words: Vec<u64> = (0..20_000u64).map(|k| (k * k % 5003) << 40).collect();
        let mut tally = Tally::new(3000).unwrap();
        assert!(
            words
                .chunks(700)
                .enumerate()
                .rev()
                .all(|(k, words)| { tally.count(words, Positions::ALL.after(k * 700)).unwrap() })
        );
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
        assert!(!Tally::new(expected.len() - 1).unwrap().count(&words, Positions::ALL).unwrap());
        assert!(Tally::new(expected.len()).unwrap().count(&words, Positions::ALL).unwrap());
    }
}
