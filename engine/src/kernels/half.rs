//! Loops over the 16-bit floats: loops over `f32` on widened pieces, and a few loops on the bits themselves.

use bytemuck::Pod;
use half::{bf16, f16};

use super::arity::{binary, unary};
use super::block::Truth;
use super::kernel::Kernel;
use super::math::real;
use super::widen::{Half, Widened};
use super::{float, function};
use crate::op::{Op, nearest_bf16, nearest_f16};
use crate::promote::gives_truth;

/// The properties of a 16-bit float type that the loops over bits need.
pub(super) trait Bits: Pod + Send + Sync {
    const ONE: u16;
    const INFINITY: u16;
    /// Whether `sign` of a zero keeps its sign, `nextafter` of equal numbers is the second one, and `spacing` leads away
    /// from 0, as in `ml_dtypes`. NumPy's own `spacing` of a `float16` always leads up.
    const SECOND_ZERO: bool;

    fn wide(self) -> f64;
    fn nearest(x: f64) -> Self;
    #[inline(always)]
    fn bits(self) -> u16 {
        bytemuck::cast(self)
    }
    #[inline(always)]
    fn from_bits(bits: u16) -> Self {
        bytemuck::cast(bits)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.bits() & 0x7fff > Self::INFINITY
    }
}

impl Bits for f16 {
    const ONE: u16 = 0x3c00;
    const INFINITY: u16 = 0x7c00;
    const SECOND_ZERO: bool = false;
    fn wide(self) -> f64 {
        self.to_f64()
    }
    fn nearest(x: f64) -> Self {
        nearest_f16(x)
    }
}

impl Bits for bf16 {
    const ONE: u16 = 0x3f80;
    const INFINITY: u16 = 0x7f80;
    const SECOND_ZERO: bool = true;
    fn wide(self) -> f64 {
        self.to_f64()
    }
    fn nearest(x: f64) -> Self {
        nearest_bf16(x)
    }
}

/// The kernel of an operation on elements of type `T`, which is `half`.
pub(super) fn bind<T: Bits>(op: Op, half: Half) -> Option<Kernel> {
    Some(match op {
        Op::Abs => unary(|a: T| T::from_bits(a.bits() & 0x7fff)),
        Op::Negative => unary(|a: T| T::from_bits(a.bits() ^ 0x8000)),
        Op::Copysign => binary(|a: T, b: T| T::from_bits(a.bits() & 0x7fff | b.bits() & 0x8000)),
        Op::Signbit => unary(|a: T| Truth::from(a.bits() & 0x8000 != 0)),
        Op::Isnan => unary(|a: T| Truth::from(a.is_nan())),
        Op::Isinf => unary(|a: T| Truth::from(a.bits() & 0x7fff == T::INFINITY)),
        Op::Isfinite => unary(|a: T| Truth::from(a.bits() & 0x7fff < T::INFINITY)),
        Op::LogicalNot => unary(|a: T| Truth::from(a.bits() & 0x7fff == 0)),
        Op::Nextafter => binary(nextafter::<T>),
        Op::Spacing => unary(spacing::<T>),
        Op::Significand => unary(|a: T| T::nearest(real::frexp(a.wide()).0)),
        Op::Exponent => unary(|a: T| real::frexp(a.wide()).1),
        Op::Sign => unary(sign::<T>),
        _ => {
            let (to, item) = if gives_truth(op) { (None, 1) } else { (Some(half), 2) };
            // rounded only once in effect, because the result in double precision is nearly exact
            let kernel = function::bind::<f32, f64>(op).or_else(|| float::bind::<f32>(op))?;
            Kernel { widened: Some(Widened { from: Some(half), to, item }), ..kernel }
        }
    })
}

#[inline(always)]
fn sign<T: Bits>(x: T) -> T {
    let (sign, magnitude) = (x.bits() & 0x8000, x.bits() & 0x7fff);
    if magnitude > T::INFINITY {
        x
    } else if magnitude == 0 {
        if T::SECOND_ZERO { x } else { T::from_bits(0) }
    } else {
        T::from_bits(sign | T::ONE)
    }
}

fn spacing<T: Bits>(x: T) -> T {
    let down = T::SECOND_ZERO && x.bits() & 0x8000 != 0;
    let next = nextafter(x, T::nearest(if down { f64::NEG_INFINITY } else { f64::INFINITY }));
    let gap = if x.wide().is_finite() { next.wide() - x.wide() } else { f64::NAN };
    T::nearest(gap)
}

fn nextafter<T: Bits>(from: T, to: T) -> T {
    /// Rank among the numbers, the same for both zeros.
    fn place(bits: u16) -> i32 {
        let magnitude = i32::from(bits & 0x7fff);
        if bits & 0x8000 == 0 { magnitude } else { -magnitude }
    }
    if from.is_nan() {
        return from;
    }
    if to.is_nan() {
        return to;
    }
    let (a, b) = (place(from.bits()), place(to.bits()));
    let next = match a.cmp(&b) {
        std::cmp::Ordering::Less => a + 1,
        std::cmp::Ordering::Equal => return if T::SECOND_ZERO { to } else { from },
        std::cmp::Ordering::Greater => a - 1,
    };
    let sign = if next < 0 || (next == 0 && a < 0) { 0x8000 } else { 0 };
    T::from_bits(sign | next.unsigned_abs() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_small_float_is_widened() {
        let all: Vec<u16> = (0..=u16::MAX).collect();
        let from: Vec<u8> = all.iter().flat_map(|bits| bits.to_le_bytes()).collect();
        for (half, one) in [
            (Half::F16, (|bits| f16::from_bits(bits).to_f32()) as fn(u16) -> f32),
            (Half::BF16, |bits| bf16::from_bits(bits).to_f32()),
        ] {
            let mut to = vec![0f32; all.len()];
            half.widen(&from, &mut to);
            for (&bits, found) in all.iter().zip(to) {
                let expected = one(bits);
                let same = found.to_bits() == expected.to_bits();
                assert!(same || expected.is_nan() && found.is_nan(), "{half:?} {bits:x}: {found}");
            }
        }
    }
}
