//! The building blocks of the vectorised functions.
//!
//! A function here is written for one element and without branches, so that the compiler can work on as many
//! elements at once as the machine's registers hold. A choice computes both results and selects one; rounding to a
//! whole number and powers of two work on the bits. The same source text serves `f32` and `f64`, which differ only in
//! their tables of coefficients: minimax polynomials, found with the Remez exchange algorithm.
//!
//! A product and a sum are fused only where the source text calls [`Lane::fma`]. A fused operation is rounded once on
//! every machine: a machine without the instruction calls the C library's function, which is slow and gives the same
//! bits.

use super::real::Real;

/// A float type of the vectorised functions.
pub(crate) trait Lane: Real {
    /// The sum of this constant and a number holds the number, rounded to a whole one, in its lowest bits. The constant
    /// is one and a half times the power of two whose unit in the last place is 1.
    const WHOLE: Self;
    /// Two bounds: below the first the exponential is zero, above the second it is infinite.
    const EXP_RANGE: [Self; 2];
    /// The same two bounds for powers of two.
    const EXP2_RANGE: [Self; 2];
    /// Above it, `tanh` is 1.
    const TANH_END: Self;
    /// Below this number, `expm1` and similar functions are the identity.
    const TINY: Self;
    /// The greatest magnitude of an angle that `sin`, `cos` and `tan` can reduce.
    const ANGLE_END: Self;
    /// pi / 2 in three parts. Each part is the float nearest to the rest after the parts before it.
    const PI_2: [Self; 3];
    /// log(2) in two parts.
    const LN_2_PARTS: [Self; 2];
    /// log10(2) in two parts.
    const LOG10_2_PARTS: [Self; 2];
    /// Whether `sin` and `cos` keep the second part of an angle. Without it, an error may come near 1.5 units in the
    /// last place.
    const FINE_ANGLES: bool;
    /// 2 / log(2) in two parts.
    const TWICE_LOG2_E: [Self; 2];
    /// 2 / (3 log(2)) in two parts.
    const TWICE_LOG2_E_THIRD: [Self; 2];
    /// 2 / pi.
    const FRAC_2_PI: Self;
    /// The smallest normal number.
    const NORMAL: Self;
    /// Above it, `sinh` and `cosh` are infinite.
    const SINH_END: Self;
    /// A number whose square is so large that adding 1 does not change it.
    const ROOT_ONE: Self;
    /// A lower and an upper bound: squares of numbers between them neither overflow nor underflow. The third number is
    /// a power of two that scales other numbers into this range.
    const SQUARES: [Self; 3];
    /// Two bounds of an exponent of two: below the first the power is zero, above the second it is infinite, even if
    /// the exponent is off by one.
    const POW_RANGE: [Self; 2];
    /// The greatest argument of `atanh` in the loops.
    const TANGENT_END: Self;
    /// An exponent so large that adding 1 to the power does not change it.
    const MANY: Self;

    /// (exp(r) - 1 - r) / r^2. As in all tables here, the coefficient of the highest power comes first.
    const EXP: &'static [Self];
    /// (2^r - 1) / r.
    const EXP2: &'static [Self];
    /// (2 atanh(s) - 2 s) / s^3, of s^2.
    const LOG: &'static [Self];
    /// (sin(r) - r) / r^3, of r^2.
    const SIN: &'static [Self];
    /// (cos(r) - 1 + r^2 / 2) / r^4, of r^2.
    const COS: &'static [Self];
    /// (tan(r) - r) / r^3, of r^2.
    const TAN: &'static [Self];
    /// (tanh(r) - r) / r^3, of r^2, for numbers up to 0.67.
    const TANH: &'static [Self];
    /// (sinh(r) - r) / r^3, of r^2, for numbers up to 1.2.
    const SINH: &'static [Self];
    /// (2 atanh(s) - 2 s) / s^3, of s^2, for a slightly larger range than [`Lane::LOG`].
    const ATANH: &'static [Self];
    /// (atanh(s) - s - s^3 / 3) / s^5 times 2 / log(2), of s^2.
    const LOG2_REST: &'static [Self];
    /// (asin(s) - s) / s^3, of s^2.
    const ASIN: &'static [Self];
    /// (atan(q) - q) / q^3, of q^2, for numbers up to 0.55.
    const ATAN_SHORT: &'static [Self];
    /// (atan(q) - q) / q^3, of q^2.
    const ATAN: &'static [Self];
    /// [`Lane::near_inverse_root_3`] subtracts a third of a number's upper bits from this constant. For its result `y`,
    /// this constant gives x y^3 the smallest range: from 0.6666 to 0.7902.
    const ROOT_3_BITS: Self;
    /// The inverse of the cube root, of numbers in that range.
    const ROOT_3: &'static [Self];

    /// `self * b + c`, rounded once.
    fn fma(self, b: Self, c: Self) -> Self;
    /// 2 to a whole power. The result has to be normal.
    fn pow2(self) -> Self;
    /// The whole number n nearest to `self * b`, and 2^(n + more), which has to be normal.
    fn whole_and_power(self, b: Self, more: Self) -> [Self; 2];
    /// The same n, and two powers of two whose product is 2^n, for up to twice the range of exponents.
    fn whole_and_powers(self, b: Self) -> [Self; 3];
    /// Exponent `k` and significand `m` of a normal positive number x = 2^k m, with m between the square roots of 1/2
    /// and 2.
    fn split(self) -> [Self; 2];
    /// The whole number `k` for which `self / below` is between about 0.8 and 1.85 times 2^k. Both numbers have to be
    /// positive and normal.
    fn exponent_over(self, below: Self) -> Self;
    /// An approximation of the inverse of the cube root of a positive normal number.
    fn near_inverse_root_3(self) -> Self;
    /// Whether the number is neither zero nor subnormal, infinite or NaN.
    fn is_normal(self) -> bool;
    /// Whether the whole number in the lowest bits is odd.
    fn is_odd(self) -> bool;
    /// `self` with its sign changed if the second lowest bit of `bits` is set.
    fn flipped_by(self, bits: Self) -> Self;
}

/// The value of a polynomial by Horner's rule.
#[inline(always)]
pub(super) fn horner<T: Lane>(x: T, table: impl Iterator<Item = T>) -> T {
    table.reduce(|sum, c| sum.fma(x, c)).unwrap_or(T::ZERO)
}

/// The value of a polynomial. A long polynomial is split into its even and its odd powers, which halves the chain of
/// dependent operations. The two sums must not cancel.
#[inline(always)]
pub(super) fn poly<T: Lane>(x: T, table: &[T]) -> T {
    let table_from = |start| table.iter().copied().skip(start);
    if table.len() < 7 {
        return horner(x, table_from(0));
    }
    let (square, odd) = (x * x, table.len() % 2);
    horner(square, table_from(odd).step_by(2)).fma(x, horner(square, table_from(1 - odd).step_by(2)))
}

/// The nearest whole number, for numbers well below [`Lane::WHOLE`].
#[inline(always)]
pub(super) fn whole<T: Lane>(x: T) -> T {
    (x + T::WHOLE) - T::WHOLE
}

/// `result` if it is `known`, else NaN, for which the caller uses the slow function.
#[inline(always)]
pub(super) fn if_known<T: Lane>(known: bool, result: T) -> T {
    if known { result } else { T::NAN }
}

/// `y` times 2^n for a whole n, for up to twice the range of exponents; rounded once.
#[inline(always)]
pub(super) fn scaled<T: Lane>(y: T, n: T) -> T {
    let [_, a, b] = n.whole_and_powers(T::ONE);
    y * a * b
}

/// `x` clipped to two bounds; NaN stays NaN.
#[inline(always)]
pub(super) fn bounded<T: Lane>(x: T, [low, high]: [T; 2]) -> T {
    let x = if x > high { high } else { x };
    if x < low { low } else { x }
}

macro_rules! operations {
    ($t:ty, $mantissa:literal, $bias:literal) => {
        #[inline(always)]
        fn fma(self, b: Self, c: Self) -> Self {
            self.mul_add(b, c)
        }
        #[inline(always)]
        fn pow2(self) -> Self {
            <$t>::from_bits((self + (Self::WHOLE + $bias as $t)).to_bits() << $mantissa)
        }
        #[inline(always)]
        fn whole_and_power(self, b: Self, more: Self) -> [Self; 2] {
            let base = Self::WHOLE + ($bias as $t + more);
            let sum = self.mul_add(b, base);
            [sum - base, <$t>::from_bits(sum.to_bits() << $mantissa)]
        }
        #[inline(always)]
        fn whole_and_powers(self, b: Self) -> [Self; 3] {
            let base = Self::WHOLE + (2 * $bias) as $t;
            let sum = self.mul_add(b, base);
            let half = sum.to_bits() >> 1;
            let power = |bits| <$t>::from_bits(bits << $mantissa);
            [sum - base, power(half), power(sum.to_bits() - half)]
        }
        #[inline(always)]
        fn exponent_over(self, below: Self) -> Self {
            let offset = (1.0 as $t).to_bits() + (1 << $mantissa) / 5;
            let ratio = self.to_bits().wrapping_sub(below.to_bits()).wrapping_add(offset);
            let base: $t = Self::WHOLE / 1.5;
            <$t>::from_bits((ratio >> $mantissa) | base.to_bits()) - (base + $bias as $t)
        }
        #[inline(always)]
        fn split(self) -> [Self; 2] {
            let root = std::f64::consts::FRAC_1_SQRT_2 as $t;
            let one = (1.0 as $t).to_bits();
            let above = self.to_bits().wrapping_sub(root.to_bits()).wrapping_add(one);
            // a power of two with an exponent in its lowest bits is larger by exactly that exponent
            let base: $t = Self::WHOLE / 1.5;
            let k = <$t>::from_bits((above >> $mantissa) | base.to_bits()) - (base + $bias as $t);
            let m = <$t>::from_bits((above & ((1 << $mantissa) - 1)).wrapping_add(root.to_bits()));
            [k, m]
        }
        #[inline(always)]
        fn near_inverse_root_3(self) -> Self {
            // the bits of a float are nearly its logarithm: the upper ones become a whole number, then bits again
            const SHIFT: u32 = (-0.0 as $t).to_bits().trailing_zeros() + 1 - $mantissa;
            let base: $t = Self::WHOLE / 1.5;
            let log = <$t>::from_bits(self.to_bits() >> SHIFT | base.to_bits());
            <$t>::from_bits(log.mul_add(-1.0 / 3.0, Self::ROOT_3_BITS).to_bits() << SHIFT)
        }
        #[inline(always)]
        fn is_normal(self) -> bool {
            let normal = <$t>::MIN_POSITIVE.to_bits();
            self.abs().to_bits().wrapping_sub(normal) < <$t>::INFINITY.to_bits() - normal
        }
        #[inline(always)]
        fn is_odd(self) -> bool {
            self.to_bits() & 1 != 0
        }
        #[inline(always)]
        fn flipped_by(self, bits: Self) -> Self {
            let sign = (-0.0 as $t).to_bits();
            <$t>::from_bits(self.to_bits() ^ (bits.to_bits() << (sign.trailing_zeros() - 1) & sign))
        }
    };
}
pub(super) use operations;
