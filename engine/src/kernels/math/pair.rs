//! Numbers in two parts, with about twice the digits of one float.

use super::lane::Lane;

/// `high + low`, where `low` is at most about the rounding error of `high`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<T> {
    pub(super) high: T,
    pub(super) low: T,
}

impl<T: Lane> Pair<T> {
    /// The sum of two numbers, of which the first is larger in magnitude, or zero.
    #[inline(always)]
    pub(super) fn ordered_sum(a: T, b: T) -> Pair<T> {
        let high = a + b;
        Pair { high, low: b - (high - a) }
    }

    /// The sum of any two numbers.
    #[inline(always)]
    pub(super) fn sum(a: T, b: T) -> Pair<T> {
        let high = a + b;
        let of_b = high - a;
        Pair { high, low: (a - (high - of_b)) + (b - of_b) }
    }

    /// The product with a number.
    #[inline(always)]
    pub(super) fn times(self, b: T) -> Pair<T> {
        let high = self.high * b;
        Pair { high, low: self.low.fma(b, self.high.fma(b, -high)) }
    }

    /// The product of two pairs.
    #[inline(always)]
    pub(super) fn times_pair(self, b: Pair<T>) -> Pair<T> {
        let high = self.high * b.high;
        let low = self.high.fma(b.high, -high);
        Pair { high, low: self.high.fma(b.low, self.low.fma(b.high, low)) }
    }

    /// The sum of two pairs.
    #[inline(always)]
    pub(super) fn plus(self, other: Pair<T>) -> Pair<T> {
        let high = Pair::sum(self.high, other.high);
        Pair::sum(high.high, high.low + self.low + other.low)
    }

    /// The product with a power of two.
    #[inline(always)]
    pub(super) fn scaled(self, by: T) -> Pair<T> {
        Pair { high: self.high * by, low: self.low * by }
    }

    /// The pair with a number added to its lower part.
    #[inline(always)]
    pub(super) fn and(self, more: T) -> Pair<T> {
        Pair { low: self.low + more, ..self }
    }
}
