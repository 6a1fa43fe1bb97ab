//! Cells: ranges of words, chosen by a sample so that about equally many words lie in each.
//!
//! A word's first bits find an entry of a small table; the entry says how many of the next bits belong to the number of
//! the cell. So ranges are fine where the sample is dense.

use super::word::Word;

/// The bits that find an entry of the table. Those of an `f64` are its sign and its exponent.
const FIRST: u32 = 12;
/// The most further bits of one entry.
const NEXT: u32 = 24;

/// An entry with at least so many cells, most of whose words lie in one of them, is divided by a table of its own.
const CROWDED: usize = 64;
/// The most tables that a word goes through.
const DEPTH: u32 = 6;

/// A division of all words into ranges, numbered in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Cells<W> {
    low: W,
    high: W,
    skip: u32,
    table: Vec<Entry>,
    /// Entries with tables of their own, each with the number of its first cell.
    inner: Vec<(u32, Cells<W>)>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The number of the first cell, or of the inner table.
    base: u32,
    /// The bits that belong to the number of the cell; [`INNER`] if there is an inner table.
    bits: u32,
}

const INNER: u32 = u32::MAX;

impl<W: Word> Cells<W> {
    /// About `wanted` cells, and never more than [`Cells::most`], for words like those of `sample`, which is sorted.
    pub(crate) fn new(sample: &mut [W], wanted: usize) -> Cells<W> {
        sample.sort_unstable();
        Cells::of_sorted(sample, wanted, DEPTH)
    }

    fn of_sorted(sample: &[W], wanted: usize, depth: u32) -> Cells<W> {
        let nothing = W::zeroed();
        let (low, high) = (*sample.first().unwrap_or(&nothing), *sample.last().unwrap_or(&nothing));
        let skip = W::spare(low, high);
        let share = |words: usize| words.saturating_mul(wanted) / sample.len().max(1);
        let mut cells = Cells { low, high, skip, table: Vec::new(), inner: Vec::new(), len: 0 };
        // cell 0 is for words below the sample; entries with few words share a cell
        let (mut rest, mut next, mut shared) = (sample, 1u32, usize::MAX);
        for number in 0..1u64 << FIRST {
            let end = rest.partition_point(|word| word.lifted(low, skip) >> (64 - FIRST) <= number);
            let (words, others) = rest.split_at(end);
            rest = others;
            if share(shared.saturating_add(words.len())) < 1 {
                shared += words.len();
                cells.table.push(Entry { base: next - 1, bits: 0 });
                continue;
            }
            let bits = share(words.len()).max(1).next_power_of_two().ilog2().min(NEXT);
            shared = if bits == 0 { words.len() } else { usize::MAX };
            let entry = Entry { base: next, bits };
            if share(words.len()) >= CROWDED && depth > 1 && cells.crowds(entry, words) {
                let inner = Cells::of_sorted(words, share(words.len()), depth - 1);
                cells.table.push(Entry { base: cells.inner.len() as u32, bits: INNER });
                let len = inner.len as u32;
                cells.inner.push((next, inner));
                next += len;
            } else {
                cells.table.push(entry);
                next += 1 << bits;
            }
        }
        cells.len = next as usize + 1;
        cells
    }

    /// Whether one cell of an entry holds most of its sorted words, which are not all equal.
    fn crowds(&self, entry: Entry, words: &[W]) -> bool {
        let middle = words.len() / 2;
        let cell = |word: &W| self.cell(entry, word.lifted(self.low, self.skip));
        let of_middle = words.get(middle).map(cell);
        let same = words.iter().filter(|word| Some(cell(word)) == of_middle).count();
        same > middle && words.first() != words.last()
    }

    /// The most cells of [`Cells::new`].
    pub(crate) fn most(wanted: usize) -> usize {
        8 * wanted + 64
    }

    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The cell of a word.
    #[inline(always)]
    pub(crate) fn of(&self, word: W) -> usize {
        if word < self.low {
            return 0;
        }
        if word > self.high {
            return self.len - 1;
        }
        let lifted = word.lifted(self.low, self.skip);
        let entry = self.table[(lifted >> (64 - FIRST)) as usize];
        if entry.bits == INNER { self.of_inner(entry, word) } else { self.cell(entry, lifted) }
    }

    #[inline(always)]
    fn cell(&self, entry: Entry, lifted: u64) -> usize {
        entry.base as usize + (lifted << FIRST >> 1 >> (63 - entry.bits)) as usize
    }

    fn of_inner(&self, entry: Entry, word: W) -> usize {
        let (base, inner) = &self.inner[entry.base as usize];
        *base as usize + inner.of(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_ascend_with_words() {
        let mut words: Vec<u64> =
            (0..5000u64).map(|k| k.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (k % 60)).collect();
        let mut sample: Vec<u64> = words.iter().copied().step_by(7).collect();
        for wanted in [1, 2, 10, 300, 5000] {
            let cells = Cells::new(&mut sample, wanted);
            assert!(cells.len() <= Cells::<u64>::most(wanted), "{} for {wanted}", cells.len());
            words.sort_unstable();
            let numbers: Vec<usize> = words.iter().map(|&word| cells.of(word)).collect();
            assert!(numbers.is_sorted() && numbers.iter().all(|&cell| cell < cells.len()));
            if wanted == 300 {
                let most = numbers.chunk_by(|a, b| a == b).map(<[usize]>::len).max().unwrap();
                assert!(most < 1100, "{most}");
            }
        }
        let none = Cells::<u64>::new(&mut [], 10);
        assert!(none.of(0) < none.len() && none.of(u64::MAX) < none.len());
    }
}
