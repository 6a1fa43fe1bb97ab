//! Choosing what survives a crash: at random, or every possibility in turn.

use super::image::{SECTOR, Sector};

/// Chooses what survives a crash.
pub(super) trait Choose {
    /// Chooses a number below `n`.
    fn one_of(&mut self, n: usize) -> usize;
    /// Chooses what is left of a sector that had these contents since the last sync, the durable one first. No two
    /// contents are equal. `counts` is false when another sector of its page stands for this one.
    fn sector(&mut self, contents: &[Sector], counts: bool) -> Sector;
}

/// Random numbers, which are the same for each seed (xorshift64*).
#[derive(Clone, Debug)]
pub(super) struct Words(u64);

impl Words {
    pub(super) fn new(seed: u64) -> Words {
        Words((seed ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        (((self.next() >> 32) * n as u64) >> 32) as usize
    }
}

/// A torn sector: its first bytes come from one content, the rest from another.
fn torn(first: &Sector, rest: &Sector, at: usize) -> Sector {
    let mut sector = *rest;
    sector[..at].copy_from_slice(&first[..at]);
    sector
}

fn garbage(words: &mut Words) -> Sector {
    let mut sector = [0; SECTOR];
    for eight in sector.chunks_exact_mut(8) {
        eight.copy_from_slice(&words.next().to_le_bytes());
    }
    sector
}

/// Chooses at random, with other odds for each crash: nearly everything survives one crash, and nearly nothing
/// another.
#[derive(Debug)]
pub(super) struct Random {
    words: Words,
    /// Of 1024 sectors, how many are garbage, and how many are torn.
    garbage: usize,
    torn: usize,
    /// Of 1024 sectors, how many have their newest content, and how many their oldest.
    newest: usize,
    oldest: usize,
}

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        let mut words = Words::new(seed);
        let mut odds = |choices: &[usize]| choices[words.below(choices.len())];
        let (garbage, torn) = (odds(&[0, 0, 0, 20, 300]), odds(&[0, 0, 20, 300]));
        let (newest, oldest) = odds_of_two(odds(&[0, 1, 2, 3, 4, 5]));
        Random { words, garbage, torn, newest, oldest }
    }
}

fn odds_of_two(which: usize) -> (usize, usize) {
    [(1024, 0), (0, 1024), (512, 512), (30, 990), (990, 30), (300, 300)][which]
}

impl Choose for Random {
    fn one_of(&mut self, n: usize) -> usize {
        self.words.below(n)
    }
    fn sector(&mut self, contents: &[Sector], _counts: bool) -> Sector {
        if self.words.below(1024) < self.garbage {
            return garbage(&mut self.words);
        }
        let n = contents.len();
        if self.words.below(1024) < self.torn {
            let (first, rest) = (self.words.below(n), self.words.below(n));
            return torn(&contents[first], &contents[rest], self.words.below(SECTOR));
        }
        match self.words.below(1024) {
            odds if odds < self.newest => contents[n - 1],
            odds if odds < self.newest + self.oldest => contents[0],
            _ => contents[self.words.below(n)],
        }
    }
}

/// Chooses every possibility once. The choices are the digits of a number that counts up.
#[derive(Debug, Default)]
pub(super) struct Each {
    /// The choices so far, and the number of possibilities of each.
    digits: Vec<(usize, usize)>,
    at: usize,
}

impl Each {
    /// Goes on to the next possibility, and says whether there is one.
    pub(super) fn next(&mut self) -> bool {
        self.at = 0;
        while let Some((digit, ways)) = self.digits.pop() {
            if digit + 1 < ways {
                self.digits.push((digit + 1, ways));
                return true;
            }
        }
        false
    }
}

impl Choose for Each {
    fn one_of(&mut self, n: usize) -> usize {
        if self.at == self.digits.len() {
            self.digits.push((0, n));
        }
        self.at += 1;
        self.digits[self.at - 1].0
    }
    /// Each whole content, garbage, and half of the newest content over the oldest. A page has one checksum, so
    /// garbage in any of its sectors is the same to a reader.
    fn sector(&mut self, contents: &[Sector], counts: bool) -> Sector {
        let n = contents.len();
        match (n, counts) {
            (1, false) => contents[0],
            (1, true) => match self.one_of(2) {
                0 => contents[0],
                _ => garbage(&mut Words::new(1)),
            },
            _ => match self.one_of(n + 2) {
                i if i < n => contents[i],
                i if i == n => torn(&contents[n - 1], &contents[0], SECTOR / 2),
                _ => garbage(&mut Words::new(1)),
            },
        }
    }
}
