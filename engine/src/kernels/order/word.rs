//! Words: unsigned integers that are sorted instead of elements.

use bytemuck::{Pod, Zeroable};

/// An unsigned integer of some size.
pub(crate) trait Word: Pod + Ord + std::fmt::Debug + Send + Sync + 'static {
    /// The 64 most significant bits. A smaller word has zeros below them.
    fn top(self) -> u64;
    /// The 64 most significant bits of `(self - low) << skip`.
    fn lifted(self, low: Self, skip: u32) -> u64;
    /// The leading zeros of `high - low`.
    fn spare(low: Self, high: Self) -> u32;
    /// The word without the position in its lower bits. A word of 32 or 64 bits is one without a position.
    fn bare(self) -> Self;
    /// The lower bits, which hold a position and signs of zeros, if the word has them beside a key.
    fn rest(self) -> Option<u64>;
    /// A word without lower bits, with these.
    fn with_rest(self, rest: u64) -> Self;
    /// A number whose upper bits differ for most words.
    fn hash(self) -> u64;
}

/// An odd number with irregular bits.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

impl Word for u32 {
    #[inline(always)]
    fn top(self) -> u64 {
        u64::from(self) << 32
    }
    #[inline(always)]
    fn lifted(self, low: u32, skip: u32) -> u64 {
        u64::from(self.wrapping_sub(low)) << 32 << skip
    }
    #[inline(always)]
    fn bare(self) -> u32 {
        self
    }
    #[inline(always)]
    fn rest(self) -> Option<u64> {
        None
    }
    fn with_rest(self, _: u64) -> u32 {
        self
    }
    #[inline(always)]
    fn hash(self) -> u64 {
        u64::from(self).wrapping_mul(MIX)
    }
    fn spare(low: u32, high: u32) -> u32 {
        high.wrapping_sub(low).leading_zeros()
    }
}

impl Word for u64 {
    #[inline(always)]
    fn top(self) -> u64 {
        self
    }
    #[inline(always)]
    fn lifted(self, low: u64, skip: u32) -> u64 {
        self.wrapping_sub(low).unbounded_shl(skip)
    }
    #[inline(always)]
    fn bare(self) -> u64 {
        self
    }
    #[inline(always)]
    fn rest(self) -> Option<u64> {
        None
    }
    fn with_rest(self, _: u64) -> u64 {
        self
    }
    #[inline(always)]
    fn hash(self) -> u64 {
        (self ^ self >> 32).wrapping_mul(MIX)
    }
    fn spare(low: u64, high: u64) -> u32 {
        high.wrapping_sub(low).leading_zeros()
    }
}

impl Word for u128 {
    #[inline(always)]
    fn top(self) -> u64 {
        (self >> 64) as u64
    }
    #[inline(always)]
    fn lifted(self, low: u128, skip: u32) -> u64 {
        (self.wrapping_sub(low).unbounded_shl(skip) >> 64) as u64
    }
    #[inline(always)]
    fn bare(self) -> u128 {
        self >> 64 << 64
    }
    #[inline(always)]
    fn rest(self) -> Option<u64> {
        Some(self as u64)
    }
    fn with_rest(self, rest: u64) -> u128 {
        self | u128::from(rest)
    }
    #[inline(always)]
    fn hash(self) -> u64 {
        self.top().hash().rotate_left(32) ^ (self as u64).hash()
    }
    fn spare(low: u128, high: u128) -> u32 {
        high.wrapping_sub(low).leading_zeros()
    }
}

/// An integer of `N` words of 64 bits, the most significant one first. The last one is beside a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Wide<const N: usize>(pub(super) [u64; N]);

/// A key of 128 bits, and 64 bits beside it.
pub(crate) type Triple = Wide<3>;

impl<const N: usize> Wide<N> {
    fn minus(self, low: Wide<N>) -> [u64; N] {
        let (mut difference, mut borrow) = (self.0, false);
        for (to, low) in difference.iter_mut().zip(low.0).rev() {
            let (rest, first) = to.overflowing_sub(low);
            let (rest, second) = rest.overflowing_sub(u64::from(borrow));
            (*to, borrow) = (rest, first | second);
        }
        difference
    }
}

impl<const N: usize> Word for Wide<N> {
    #[inline(always)]
    fn top(self) -> u64 {
        self.0[0]
    }
    #[inline(always)]
    fn lifted(self, low: Wide<N>, skip: u32) -> u64 {
        let difference = self.minus(low);
        let at = |k: u32| difference.get(k as usize).copied().unwrap_or(0);
        let (first, skip) = (skip / 64, skip % 64);
        at(first) << skip | at(first + 1).unbounded_shr(64 - skip)
    }
    #[inline(always)]
    fn bare(self) -> Wide<N> {
        self.with_rest(0)
    }
    #[inline(always)]
    fn rest(self) -> Option<u64> {
        self.0.last().copied()
    }
    fn with_rest(mut self, rest: u64) -> Wide<N> {
        if let Some(last) = self.0.last_mut() {
            *last = rest;
        }
        self
    }
    #[inline(always)]
    fn hash(self) -> u64 {
        self.0.iter().fold(0u64, |hash, word| hash.rotate_left(32) ^ word.hash())
    }
    fn spare(low: Wide<N>, high: Wide<N>) -> u32 {
        let difference = high.minus(low);
        let zeros = difference.iter().take_while(|word| **word == 0).count();
        64 * zeros as u32 + difference.get(zeros).map_or(0, |word| word.leading_zeros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lifted_to_their_first_difference() {
        let triple = |a: u128, c: u64| Wide([(a >> 64) as u64, a as u64, c]);
        for shift in [0u32, 1, 31, 63, 64, 65, 100, 127] {
            let high = 0xdead_beef_0bad_cafe_0123_4567_89ab_cdefu128 >> shift;
            let (low, skip) = (high / 3, u128::spare(high / 3, high));
            assert_eq!(high.lifted(low, skip) >> 63, 1);
            assert_eq!(low.lifted(low, skip), 0);
            let (wide, base) = (triple(high, 5), triple(low, 9));
            assert_eq!(wide.lifted(base, Triple::spare(base, wide)) >> 63, 1, "{shift}");
            let (narrow, base) = (triple(7, 1 << 40), triple(7, 3));
            assert_eq!(narrow.lifted(base, Triple::spare(base, narrow)) >> 63, 1);
        }
        assert_eq!(u32::MAX.lifted(0, 0) >> 63, 1);
        assert_eq!(6u64.lifted(5, u64::spare(5, 6)) >> 63, 1);
    }
}
