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

/// An integer of 192 bits: three words of 64 bits, the most significant one first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Triple(pub(super) [u64; 3]);

impl Triple {
    fn minus(self, low: Triple) -> [u64; 3] {
        let (Triple([a, b, c]), Triple([x, y, z])) = (self, low);
        let (c, borrow) = c.overflowing_sub(z);
        let (b, first) = b.overflowing_sub(y);
        let (b, second) = b.overflowing_sub(u64::from(borrow));
        [a.wrapping_sub(x).wrapping_sub(u64::from(first | second)), b, c]
    }
}

impl Word for Triple {
    #[inline(always)]
    fn top(self) -> u64 {
        self.0[0]
    }
    #[inline(always)]
    fn lifted(self, low: Triple, skip: u32) -> u64 {
        let [a, b, c] = self.minus(low);
        let (upper, lower) = match skip / 64 {
            0 => (a, b),
            1 => (b, c),
            2 => (c, 0),
            _ => (0, 0),
        };
        let skip = skip % 64;
        upper << skip | lower.unbounded_shr(64 - skip)
    }
    #[inline(always)]
    fn bare(self) -> Triple {
        Triple([self.0[0], self.0[1], 0])
    }
    #[inline(always)]
    fn rest(self) -> Option<u64> {
        Some(self.0[2])
    }
    fn with_rest(self, rest: u64) -> Triple {
        Triple([self.0[0], self.0[1], rest])
    }
    #[inline(always)]
    fn hash(self) -> u64 {
        let [a, b, c] = self.0;
        (a.hash().rotate_left(32) ^ b.hash()).rotate_left(32) ^ c.hash()
    }
    fn spare(low: Triple, high: Triple) -> u32 {
        match high.minus(low) {
            [0, 0, c] => 128 + c.leading_zeros(),
            [0, b, _] => 64 + b.leading_zeros(),
            [a, ..] => a.leading_zeros(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lifted_to_their_first_difference() {
        let triple = |a: u128, c: u64| Triple([(a >> 64) as u64, a as u64, c]);
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
