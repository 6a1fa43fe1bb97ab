//! Counting equal words in a table.

use super::word::Word;

/// Slots of a new table.
const FIRST: usize = 1 << 10;

/// A table of words with their counts and the positions of the first of each.
pub(crate) struct Tally<W> {
    slots: Vec<Slot<W>>,
    len: usize,
    most: usize,
}

#[derive(Clone, Copy)]
struct Slot<W> {
    word: W,
    /// 0 if the slot is free.
    count: u64,
    first: u64,
}

impl<W: Word> Tally<W> {
    /// A table for at most `most` different words.
    pub(crate) fn new(most: usize) -> Tally<W> {
        let free = Slot { word: W::zeroed(), count: 0, first: 0 };
        Tally { slots: vec![free; FIRST], len: 0, most }
    }

    /// The most bytes of a table for `most` words, while it grows to its last size.
    pub(crate) fn bytes(most: u64) -> u64 {
        let slots = most.max(FIRST as u64).next_power_of_two() * 2;
        (slots + slots / 2).saturating_mul(size_of::<Slot<W>>() as u64)
    }

    /// Counts words without their positions; the first of them has the position `first`, and positions never fall.
    /// Returns `false` if there are too many different words.
    pub(crate) fn count(&mut self, words: &[W], first: u64) -> bool {
        for (word, position) in words.iter().zip(first..) {
            let word = word.bare();
            let mut at = self.place(word);
            if self.slots[at].count == 0 {
                if self.len == self.most {
                    return false;
                }
                if 2 * (self.len + 1) > self.slots.len() {
                    self.grow();
                    at = self.place(word);
                }
                self.len += 1;
                self.slots[at] = Slot { word, count: 0, first: position };
            }
            self.slots[at].count += 1;
        }
        true
    }

    /// The slot of a word, or the free slot that it would take.
    #[inline(always)]
    fn place(&self, word: W) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (word.hash() >> (64 - self.slots.len().ilog2())) as usize & mask;
        while self.slots[at].count != 0 && self.slots[at].word != word {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let free = Slot { word: W::zeroed(), count: 0, first: 0 };
        let larger = vec![free; 2 * self.slots.len()];
        let slots = std::mem::replace(&mut self.slots, larger);
        for slot in slots.into_iter().filter(|slot| slot.count != 0) {
            let at = self.place(slot.word);
            self.slots[at] = slot;
        }
    }

    /// The words, their counts and their first positions, in no order.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (W, u64, u64)> {
        let taken = self.slots.into_iter().filter(|slot| slot.count != 0);
        taken.map(|slot| (slot.word, slot.count, slot.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_up_to_a_number_of_different_ones() {
        let words: Vec<u64> = (0..20_000u64).map(|k| k * k % 5003 << 40).collect();
        let mut tally = Tally::new(3000);
        assert!(words.chunks(700).zip((0..).step_by(700)).all(|(words, first)| tally.count(words, first)));
        let mut found: Vec<(u64, u64, u64)> = tally.into_entries().collect();
        found.sort_unstable();
        let mut expected = words.clone();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(found.iter().map(|(word, ..)| *word).collect::<Vec<_>>(), expected);
        for (word, count, first) in found {
            assert_eq!(words.iter().filter(|w| **w == word).count() as u64, count);
            assert_eq!(words.iter().position(|w| *w == word), Some(first as usize));
        }
        assert!(!Tally::new(expected.len() - 1).count(&words, 0));
        assert!(Tally::new(expected.len()).count(&words, 0));
    }
}
