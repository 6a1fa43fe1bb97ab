//! How far apart words are: a straight line through the numbers that words stand for.

use super::word::Word;

/// The meaning of the most significant bits of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scale {
    /// An unsigned integer.
    Whole,
    /// The key of an `f32`, in the upper 32 bits.
    Single,
    /// The key of an `f64`.
    Double,
}

impl Scale {
    /// A number that never falls as the bits of a word rise, except that it may be NaN from some word on.
    pub(super) fn place(self, top: u64) -> f64 {
        match self {
            Scale::Whole => top as f64,
            Scale::Single => f64::from(f32::from_bits(unkeyed_single((top >> 32) as u32))),
            Scale::Double => f64::from_bits(unkeyed_double(top)),
        }
    }

    /// Guesses the rank of each word, from 0 to `last`.
    #[inline(always)]
    pub(super) fn guess<W: Word>(self, words: &[W], low: f64, slope: f64, last: f64, guesses: &mut [u32]) {
        match self {
            Scale::Whole => each(words, low, slope, last, guesses, |top| Scale::Whole.place(top)),
            Scale::Single => each(words, low, slope, last, guesses, |top| Scale::Single.place(top)),
            Scale::Double => each(words, low, slope, last, guesses, |top| Scale::Double.place(top)),
        }
    }
}

#[inline(always)]
fn each<W: Word>(
    words: &[W],
    low: f64,
    slope: f64,
    last: f64,
    guesses: &mut [u32],
    place: impl Fn(u64) -> f64,
) {
    for (word, guess) in words.iter().zip(guesses) {
        let rank = (place(word.top()) - low) * slope;
        // a NaN stands after all numbers
        *guess = if rank < last { rank.max(0.0) as u32 } else { last as u32 };
    }
}

/// The bits of the float with this key.
#[inline(always)]
pub(super) fn unkeyed_double(key: u64) -> u64 {
    key ^ (!((key as i64) >> 63) as u64 | 1 << 63)
}

#[inline(always)]
pub(super) fn unkeyed_single(key: u32) -> u32 {
    key ^ (!((key as i32) >> 31) as u32 | 1 << 31)
}
