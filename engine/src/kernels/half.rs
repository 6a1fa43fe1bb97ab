//! Loops over the 16-bit floats: those of `f32` on widened pieces, and a few on the bits themselves.

use bytemuck::Pod;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::arity::{binary, dispatch, unary, widest};
use super::block::{Arg, Truth, elements, fill};
use super::{Kernel, Loop, float, function};
use crate::Result;
use crate::op::Op;
use crate::promote::gives_truth;

/// A 16-bit float.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Half {
    F16,
    BF16,
}

impl Half {
    /// Elements, as bytes, as `f32`.
    pub(super) fn widen(self, from: &[u8], to: &mut [f32]) {
        match self {
            Half::F16 => {
                let from = elements::<f16>(from);
                widest(
                    #[inline(always)]
                    || to.iter_mut().zip(from.iter()).for_each(|(w, x)| *w = widened_f16(*x)),
                );
            }
            Half::BF16 => {
                let from = elements::<bf16>(from);
                dispatch(
                    #[inline(always)]
                    || to.iter_mut().zip(from.iter()).for_each(|(w, x)| *w = widened(*x)),
                );
            }
        }
    }

    /// The nearest of `f32`, as bytes.
    pub(super) fn narrow(self, from: &[f32], to: &mut [u8]) {
        match self {
            Half::F16 => fill(to, |to: &mut [f16]| to.convert_from_f32_slice(from)),
            Half::BF16 => fill(to, |to: &mut [bf16]| {
                dispatch(
                    #[inline(always)]
                    || to.iter_mut().zip(from).for_each(|(x, w)| *x = nearest(*w)),
                );
            }),
        }
    }
}

/// The same number, without a branch, so that loops of it vectorise. NaN keeps its bits, as
/// in NumPy, also where a processor would make it quiet.
#[inline(always)]
pub(super) fn widened_f16(x: f16) -> f32 {
    /// What the exponents' biases differ by, as a factor; it makes normal numbers of subnormal ones, too.
    const SCALE: f32 = f32::from_bits((127 + 112) << 23);
    const END: f32 = 65_536.0;
    /// The sign and all digits of a number that was moved up by 13 bits.
    const DIGITS: u32 = 0x8fff_e000;
    let moved = i32::from(x.to_bits() as i16) << 13;
    let number = f32::from_bits(moved as u32 & DIGITS) * SCALE;
    let endless = if number.abs() >= END { f32::INFINITY.to_bits() } else { 0 };
    f32::from_bits(number.to_bits() | endless)
}

#[inline(always)]
fn widened(x: bf16) -> f32 {
    f32::from_bits(u32::from(x.to_bits()) << 16)
}

/// The nearest bfloat16, ties to even.
#[inline(always)]
fn nearest(x: f32) -> bf16 {
    let bits = x.to_bits();
    let nearest = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    let quiet = bits | 0x0040_0000;
    bf16::from_bits(((if x.is_nan() { quiet } else { nearest }) >> 16) as u16)
}

/// What a loop over `f32` stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widened {
    /// The operands' type, if it is a small one.
    pub(super) from: Option<Half>,
    /// The result's type, if it is a small one.
    pub(super) to: Option<Half>,
    /// Bytes of one element of the result.
    pub(super) item: usize,
}

/// Elements that are widened at a time: 4 KiB for each operand.
const PIECE: usize = 1024;

impl Widened {
    /// Runs a loop over `f32` on widened operands, and rounds its results.
    pub(super) fn run(self, run: &Loop, args: &[Arg<'_>], out: &mut [u8]) -> Result<()> {
        let total = out.len() / self.item;
        let mut rooms = [[0f32; PIECE]; 3];
        let mut result = [0f32; PIECE];
        for (k, out) in out.chunks_mut(PIECE * self.item).enumerate() {
            let n = out.len() / self.item;
            let mut wide = [Arg::Scalar(&[]); 3];
            for ((arg, room), wide) in args.iter().zip(&mut rooms).zip(&mut wide) {
                let (bytes, n) = match arg {
                    Arg::Scalar(bytes) => (*bytes, 1),
                    Arg::Block(bytes) => {
                        let item = bytes.len() / total;
                        (bytes.get(k * PIECE * item..(k * PIECE + n) * item).unwrap_or(&[]), n)
                    }
                };
                let bytes = match self.from {
                    None => bytes,
                    Some(half) => {
                        half.widen(bytes, &mut room[..n]);
                        bytemuck::cast_slice(&room[..n])
                    }
                };
                *wide = if let Arg::Scalar(_) = arg { Arg::Scalar(bytes) } else { Arg::Block(bytes) };
            }
            let wide = &wide[..args.len().min(3)];
            match self.to {
                None => run(wide, out)?,
                Some(half) => {
                    run(wide, bytemuck::cast_slice_mut(&mut result[..n]))?;
                    half.narrow(&result[..n], out);
                }
            }
        }
        Ok(())
    }
}

/// What the loops over bits need of the two.
pub(super) trait Bits: Pod + Send + Sync {
    const ONE: u16;
    const INFINITY: u16;
    /// Whether zeros keep their sign in `sign`, and `nextafter` of equal ones is the second: as in `ml_dtypes`.
    const SECOND_ZERO: bool;

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
}

impl Bits for bf16 {
    const ONE: u16 = 0x3f80;
    const INFINITY: u16 = 0x7f80;
    const SECOND_ZERO: bool = true;
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
        Op::Sign => unary(sign::<T>),
        _ => {
            let (to, item) = if gives_truth(op) { (None, 1) } else { (Some(half), 2) };
            // rounded once in effect: what doubles give is nearly exact
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

fn nextafter<T: Bits>(from: T, to: T) -> T {
    /// Place among the numbers, both zeros alike.
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
