//! Loops over integers: overflow wraps, and a division by zero gives 0.

use bytemuck::Pod;

use super::arity::{binary, call, call2, ternary, unary};
use super::block::{Arg, Truth, Values, values};
use super::kernel::Kernel;
use super::negative_power;
use crate::op::Op;

/// The operations that the loops need of an integer type.
pub(super) trait Integer: Pod + Ord + Send + Sync {
    const ZERO: Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn not(self) -> Self;
    fn negated(self) -> Self;
    fn magnitude(self) -> Self;
    /// Bits set.
    fn ones(self) -> u8;
    fn sign(self) -> Self;
    fn left(self, by: Self) -> Self;
    fn right(self, by: Self) -> Self;
    /// Floor of the quotient.
    fn over(self, by: Self) -> Self;
    /// Remainder with the sign of the divisor.
    fn modulo(self, by: Self) -> Self;
    /// Remainder with the sign of the dividend.
    fn rest(self, by: Self) -> Self;
    fn power(self, exponent: Self) -> Self;
    /// Greatest common divisor, without a sign unless it overflows.
    fn gcd(self, other: Self) -> Self;
    /// Least common multiple, without a sign unless it overflows.
    fn lcm(self, other: Self) -> Self;
    /// 1 / x, rounded towards zero; 0 for 0.
    fn inverse(self) -> Self;
    fn wide(self) -> i128;
}

macro_rules! integer {
    ($($t:ident $unsigned:ident $signed:literal)+) => { $(
        impl Integer for $t {
            const ZERO: Self = 0;
            #[inline(always)]
            fn plus(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)]
            fn minus(self, other: Self) -> Self { self.wrapping_sub(other) }
            #[inline(always)]
            fn times(self, other: Self) -> Self { self.wrapping_mul(other) }
            #[inline(always)]
            fn and(self, other: Self) -> Self { self & other }
            #[inline(always)]
            fn or(self, other: Self) -> Self { self | other }
            #[inline(always)]
            fn xor(self, other: Self) -> Self { self ^ other }
            #[inline(always)]
            fn not(self) -> Self { !self }
            #[inline(always)]
            fn negated(self) -> Self { self.wrapping_neg() }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn magnitude(self) -> Self { if self < 0 { self.wrapping_neg() } else { self } }
            #[inline(always)]
            fn ones(self) -> u8 { self.count_ones() as u8 }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn sign(self) -> Self {
                Self::from(self > 0).wrapping_sub(Self::from(self < 0))
            }
            #[inline(always)]
            fn left(self, by: Self) -> Self {
                let moved = self.wrapping_shl(by as u32);
                if (by as $unsigned) < Self::BITS as $unsigned { moved } else { 0 }
            }
            #[inline(always)]
            fn right(self, by: Self) -> Self {
                let by = if (by as $unsigned) < Self::BITS as $unsigned { by as u32 } else { Self::BITS };
                // two shifts can move a number by its full width, one cannot
                (self >> (by - by / 2)) >> (by / 2)
            }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn over(self, by: Self) -> Self {
                if by == 0 {
                    return 0;
                }
                let (quotient, rest) = (self.wrapping_div(by), self.wrapping_rem(by));
                if $signed && rest != 0 && (rest < 0) != (by < 0) { quotient - 1 } else { quotient }
            }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn modulo(self, by: Self) -> Self {
                if by == 0 {
                    return 0;
                }
                let rest = self.wrapping_rem(by);
                if $signed && rest != 0 && (rest < 0) != (by < 0) { rest + by } else { rest }
            }
            #[inline(always)]
            fn rest(self, by: Self) -> Self { if by == 0 { 0 } else { self.wrapping_rem(by) } }
            #[inline(always)]
            fn power(self, exponent: Self) -> Self {
                let (mut base, mut left, mut power) = (self, exponent as $unsigned, 1 as Self);
                while left != 0 {
                    if left & 1 == 1 {
                        power = power.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    left >>= 1;
                }
                power
            }
            #[inline]
            fn gcd(self, other: Self) -> Self {
                let (mut a, mut b) = (self.magnitude() as $unsigned, other.magnitude() as $unsigned);
                while a != 0 {
                    (a, b) = (b % a, a);
                }
                b as Self
            }
            #[inline]
            fn lcm(self, other: Self) -> Self {
                let gcd = self.gcd(other) as $unsigned;
                let (a, b) = (self.magnitude() as $unsigned, other.magnitude() as $unsigned);
                (a.checked_div(gcd).unwrap_or(0)).wrapping_mul(b) as Self
            }
            #[inline(always)]
            fn inverse(self) -> Self { if self == 0 { 0 } else { Self::wrapping_div(1, self) } }
            #[inline(always)]
            fn wide(self) -> i128 { self.into() }
        }
    )+ };
}

integer! {
    i8 u8 true
    i16 u16 true
    i32 u32 true
    i64 u64 true
    u8 u8 false
    u16 u16 false
    u32 u32 false
    u64 u64 false
}

/// The kernel of an operation that is the same for signed and unsigned integers.
pub(super) fn whole<T: Integer>(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::Add => binary(T::plus),
        Op::Subtract => binary(T::minus),
        Op::Multiply => binary(T::times),
        Op::BitwiseAnd => binary(T::and),
        Op::BitwiseOr => binary(T::or),
        Op::BitwiseXor => binary(T::xor),
        Op::BitwiseInvert => unary(T::not),
        Op::BitwiseLeftShift => binary(T::left),
        Op::Negative => unary(T::negated),
        Op::Square => unary(|a: T| a.times(a)),
        Op::Equal => binary(|a: T, b: T| Truth::from(a == b)),
        Op::NotEqual => binary(|a: T, b: T| Truth::from(a != b)),
        Op::LogicalAnd => binary(|a: T, b: T| Truth::from((a != T::ZERO) & (b != T::ZERO))),
        Op::LogicalOr => binary(|a: T, b: T| Truth::from((a != T::ZERO) | (b != T::ZERO))),
        Op::LogicalXor => binary(|a: T, b: T| Truth::from((a != T::ZERO) ^ (b != T::ZERO))),
        Op::LogicalNot => unary(|a: T| Truth::from(a == T::ZERO)),
        _ => return None,
    })
}

/// The kernel of an operation that differs for signed and unsigned integers.
pub(super) fn ordered<T: Integer>(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::FloorDivide => call2(T::over),
        Op::Remainder => call2(T::modulo),
        Op::Fmod => call2(T::rest),
        Op::Gcd => call2(T::gcd),
        Op::Lcm => call2(T::lcm),
        Op::Pow => power::<T>(),
        Op::BitwiseRightShift => binary(T::right),
        Op::Maximum | Op::Fmax => binary(|a: T, b: T| a.max(b)),
        Op::Minimum | Op::Fmin => binary(|a: T, b: T| a.min(b)),
        Op::Clip => ternary(|a: T, low: T, high: T| a.max(low).min(high)),
        Op::Abs => unary(T::magnitude),
        Op::BitwiseCount => unary(|a: T| a.magnitude().ones()),
        Op::Sign => unary(T::sign),
        Op::Reciprocal => call(T::inverse),
        Op::Less => binary(|a: T, b: T| Truth::from(a < b)),
        Op::LessEqual => binary(|a: T, b: T| Truth::from(a <= b)),
        _ => return None,
    })
}

/// Comparisons of signed with unsigned 64-bit integers.
pub(super) fn mixed<A: Integer, B: Integer>(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::Equal => call2(|a: A, b: B| Truth::from(a.wide() == b.wide())),
        Op::NotEqual => call2(|a: A, b: B| Truth::from(a.wide() != b.wide())),
        Op::Less => call2(|a: A, b: B| Truth::from(a.wide() < b.wide())),
        Op::LessEqual => call2(|a: A, b: B| Truth::from(a.wide() <= b.wide())),
        _ => return None,
    })
}

/// Powers. A negative exponent is an error for every base.
fn power<T: Integer>() -> Kernel {
    Kernel::new(|args: &[Arg<'_>], out: &mut [u8]| {
        let negative = match values::<T>(args, 1) {
            Values::One(b) => b < T::ZERO,
            Values::Many(b) => b.iter().fold(false, |any, &b| any | (b < T::ZERO)),
        };
        if negative && !out.is_empty() {
            return Err(negative_power());
        }
        call2(T::power).run(args, out)
    })
}
