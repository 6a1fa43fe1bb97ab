//! The 16-bit floats as `f32`: elements are widened in pieces, and results are rounded once.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::block::{Arg, elements, fill};
use super::dispatch::{dispatch, widest};
use crate::Result;

/// A loop over blocks. Its arguments are the operands and the elements to fill.
pub(super) type Loop = dyn Fn(&[Arg<'_>], &mut [u8]) -> Result<()> + Send + Sync;

/// A 16-bit float.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Half {
    F16,
    BF16,
}

impl Half {
    /// Converts elements, given as bytes, to `f32`.
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

    /// Rounds `f32` to the nearest elements, as bytes.
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

/// The same number as `f32`. The function has no branches, so that loops over it vectorise. A NaN keeps its bits, as in
/// NumPy, even though a processor would make it quiet.
#[inline(always)]
pub(super) fn widened_f16(x: f16) -> f32 {
    /// The difference of the exponents' biases, as a factor. The multiplication also normalises subnormal numbers.
    const SCALE: f32 = f32::from_bits((127 + 112) << 23);
    const END: f32 = 65_536.0;
    /// Mask of the sign and the digits of a number that was shifted up by 13 bits.
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

/// The actual types of a loop over `f32`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widened {
    /// The operands' type, if it is a 16-bit float.
    pub(super) from: Option<Half>,
    /// The result's type, if it is a 16-bit float.
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
