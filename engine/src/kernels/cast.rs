//! Casts, by the rules of NumPy's `astype`.
//!
//! Integers wrap; floats lose their fraction; complex numbers lose their imaginary part; everything but zero is true.
//! NumPy's result for NaN, or for a float outside the range of an integer type, is undefined. Here such a float is cast
//! by way of `i32` or `i64`, whose least value stands for NaN and for all values out of range.

use bytemuck::Pod;
use num_complex::{Complex, Complex32, Complex64};

use super::arity::{call, grouped, unary};
use super::block::Truth;
use super::kernel::Kernel;
use super::moves::copy;
use super::text;
use super::time::Time;
use super::widen::{Half, Widened};
use crate::DType;
use crate::kernels::Physical;
use crate::op::{nearest_bf16, nearest_f16};
use crate::time::{Moment, Rescale, rescale};

/// An element to cast.
trait From: Pod + Send + Sync {
    /// Whether to compile the loops for each instruction set.
    const VECTORS: bool = true;
    fn truth(self) -> bool;
    /// The value as `i32`, on the way to integer types of up to 32 bits, except `u32`.
    fn i32(self) -> i32;
    fn i64(self) -> i64;
    fn u64(self) -> u64;
    fn f32(self) -> f32;
    fn f64(self) -> f64;
    #[inline(always)]
    fn imag(self) -> f64 {
        0.0
    }
}

macro_rules! from_integer {
    ($($t:ty)+) => { $(
        impl From for $t {
            #[inline(always)]
            fn truth(self) -> bool { self != 0 }
            #[inline(always)]
            fn i32(self) -> i32 { self as i32 }
            #[inline(always)]
            fn i64(self) -> i64 { self as i64 }
            #[inline(always)]
            fn u64(self) -> u64 { self as u64 }
            #[inline(always)]
            fn f32(self) -> f32 { self as f32 }
            #[inline(always)]
            fn f64(self) -> f64 { self as f64 }
        }
    )+ };
}
from_integer!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! from_float {
    ($($t:ident)+) => { $(
        impl From for $t {
            #[inline(always)]
            fn truth(self) -> bool { self != 0.0 }
            #[inline(always)]
            fn i32(self) -> i32 { if self < 2147483648.0 { self as i32 } else { i32::MIN } }
            #[inline(always)]
            fn i64(self) -> i64 { if self < 9223372036854775808.0 { self as i64 } else { i64::MIN } }
            #[inline(always)]
            fn u64(self) -> u64 {
                if (9223372036854775808.0..18446744073709551616.0).contains(&self) {
                    self as u64
                } else {
                    From::i64(self) as u64
                }
            }
            #[inline(always)]
            fn f32(self) -> f32 { self as f32 }
            #[inline(always)]
            fn f64(self) -> f64 { self as f64 }
        }
    )+ };
}
from_float!(f32 f64);

impl From for Truth {
    #[inline(always)]
    fn truth(self) -> bool {
        self.get()
    }
    #[inline(always)]
    fn i32(self) -> i32 {
        self.get().into()
    }
    #[inline(always)]
    fn i64(self) -> i64 {
        self.get().into()
    }
    #[inline(always)]
    fn u64(self) -> u64 {
        self.get().into()
    }
    #[inline(always)]
    fn f32(self) -> f32 {
        self.get().into()
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        self.get().into()
    }
}

macro_rules! from_complex {
    ($($t:ident)+) => { $(
        impl From for Complex<$t> {
            const VECTORS: bool = false;
            #[inline(always)]
            fn truth(self) -> bool { (self.re != 0.0) | (self.im != 0.0) }
            #[inline(always)]
            fn i32(self) -> i32 { From::i32(self.re) }
            #[inline(always)]
            fn i64(self) -> i64 { From::i64(self.re) }
            #[inline(always)]
            fn u64(self) -> u64 { From::u64(self.re) }
            #[inline(always)]
            fn f32(self) -> f32 { self.re as f32 }
            #[inline(always)]
            fn f64(self) -> f64 { self.re as f64 }
            #[inline(always)]
            fn imag(self) -> f64 { self.im as f64 }
        }
    )+ };
}
from_complex!(f32 f64);

/// A loop, compiled for each instruction set unless it is over complex numbers.
fn each<F: From, R: Pod>(f: impl Fn(F) -> R + Copy + Send + Sync + 'static) -> Kernel {
    if F::VECTORS { unary(f) } else { call(f) }
}

/// The loop from integers `F` to any type that has loops. Integers wrap to signed and unsigned types alike.
fn from_whole<F: From>(to: Physical) -> Kernel {
    match to {
        Physical::I8 | Physical::U8 => each(|x: F| x.u64() as u8),
        Physical::I16 | Physical::U16 => each(|x: F| x.u64() as u16),
        Physical::I32 | Physical::U32 => each(|x: F| x.u64() as u32),
        Physical::I64 | Physical::U64 => each(|x: F| x.u64()),
        _ => from_any::<F>(to),
    }
}

/// Below this, a float has the same value by way of `i32` and of `i64`.
const NARROW: f64 = (1_u64 << 31) as f64;
/// Below this, whole floats added to [`SHIFT`] are exact.
const WIDE: f64 = (1_u64 << 51) as f64;
/// A float whose lowest bit counts ones: beside it, the bits of a sum are those of a two's complement.
const SHIFT: f64 = 1.5 * (1_u64 << 52) as f64;

/// The loop from floats to whole numbers. The instruction sets have no cast that saturates as Rust's does, so floats of
/// less than `limit` take a faster way, which gives the same numbers.
fn truncating<F: From, R: Pod>(
    limit: f64,
    narrow: impl Fn(i64) -> R + Copy + Send + Sync + 'static,
    exact: impl Fn(F) -> R + Copy + Send + Sync + 'static,
) -> Kernel {
    if !F::VECTORS {
        return call(exact);
    }
    let bits = |x: F| (x.f64().trunc() + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits());
    grouped(move |x: F| x.f64().abs() < limit, move |x: F| narrow(bits(x) as i64), exact)
}

/// The loop from floats or complex numbers.
fn from_inexact<F: From>(to: Physical) -> Kernel {
    match to {
        Physical::I8 | Physical::U8 => truncating(NARROW, |n| n as u8, |x: F| x.i32() as u8),
        Physical::I16 | Physical::U16 => truncating(NARROW, |n| n as u16, |x: F| x.i32() as u16),
        Physical::I32 => truncating(NARROW, |n| n as i32, |x: F| x.i32()),
        Physical::I64 => truncating(WIDE, |n| n, |x: F| x.i64()),
        Physical::U32 => truncating(WIDE, |n| n as u32, |x: F| x.i64() as u32),
        Physical::U64 => truncating(WIDE, |n| n as u64, |x: F| x.u64()),
        _ => from_any::<F>(to),
    }
}

fn from_any<F: From>(to: Physical) -> Kernel {
    match to {
        Physical::Bool => each(|x: F| Truth::from(x.truth())),
        Physical::F64 => each(|x: F| x.f64()),
        Physical::C64 => call(|x: F| Complex32::new(x.f32(), x.imag() as f32)),
        Physical::C128 => call(|x: F| Complex64::new(x.f64(), x.imag())),
        // by way of f32, as NumPy does
        Physical::F16 => to_half(from_any::<F>(Physical::F32), Half::F16),
        Physical::BF16 => to_half(from_any::<F>(Physical::F32), Half::BF16),
        _ => each(|x: F| x.f32()),
    }
}

fn to_half(kernel: Kernel, half: Half) -> Kernel {
    Kernel { widened: Some(Widened { from: None, to: Some(half), item: 2 }), ..kernel }
}

fn from_half(half: Half, to: Physical) -> Kernel {
    let (wide, narrow) = match to {
        Physical::F16 => (Physical::F32, Some(Half::F16)),
        Physical::BF16 => (Physical::F32, Some(Half::BF16)),
        _ => (to, None),
    };
    let widened = Widened { from: Some(half), to: narrow, item: to.size() };
    Kernel { widened: Some(widened), ..from_inexact::<f32>(wide) }
}

/// The kernel that converts numbers.
fn numbers(source: Physical, to: Physical) -> Option<Kernel> {
    Some(match source {
        _ if source == to && to != Physical::Bool => copy(),
        _ if to.kind().is_none() => return None,
        // this rounds once; by way of f32, it would round twice
        Physical::F64 if to == Physical::F16 => call(nearest_f16),
        Physical::F64 if to == Physical::BF16 => call(nearest_bf16),
        Physical::C128 if to == Physical::F16 => call(|z: Complex64| nearest_f16(z.re)),
        Physical::C128 if to == Physical::BF16 => call(|z: Complex64| nearest_bf16(z.re)),
        Physical::Bool => from_whole::<Truth>(to),
        Physical::I8 => from_whole::<i8>(to),
        Physical::I16 => from_whole::<i16>(to),
        Physical::I32 => from_whole::<i32>(to),
        Physical::I64 => from_whole::<i64>(to),
        Physical::U8 => from_whole::<u8>(to),
        Physical::U16 => from_whole::<u16>(to),
        Physical::U32 => from_whole::<u32>(to),
        Physical::U64 => from_whole::<u64>(to),
        Physical::F32 => from_inexact::<f32>(to),
        Physical::F64 => from_inexact::<f64>(to),
        Physical::F16 => from_half(Half::F16, to),
        Physical::BF16 => from_half(Half::BF16, to),
        Physical::C64 => from_inexact::<Complex32>(to),
        Physical::C128 => from_inexact::<Complex64>(to),
        Physical::Time | Physical::Bytes(_) | Physical::Str(_) | Physical::Opaque(_) => return None,
    })
}

/// The kernel that converts elements, if there is one. [`crate::promote::cast_type`] says so beforehand.
pub(crate) fn cast(from: DType, to: DType) -> Option<Kernel> {
    if from.kind().is_text() || to.kind().is_text() {
        return if from == to { Some(copy()) } else { text::cast(from, to) };
    }
    match (from.time_unit(), to.time_unit()) {
        (None, None) => numbers(from.into(), to.into()),
        // the least count stands for NaN as well as for "not a time"
        (Some(_), None) => numbers(Physical::I64, to.into()),
        (None, Some(_)) => numbers(from.into(), Physical::I64),
        (Some(old), Some(new)) => Some(match rescale(from, to).ok()? {
            Rescale::Same => copy(),
            Rescale::By { times, over: 1 } => unary(move |a: Time| a.map(|a| a.wrapping_mul(times))),
            Rescale::By { times, over } => {
                unary(move |a: Time| a.map(|a| a.wrapping_mul(times).div_euclid(over)))
            }
            Rescale::Calendar => call(move |a: Time| a.map(|a| Moment::of_count(a, old).count(new))),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Arg;

    /// Blocks are cast in groups, and an element alone by itself: both give the same number.
    #[test]
    fn floats_become_the_same_numbers_in_blocks_and_alone() {
        let edges = [
            0.0,
            -0.0,
            0.99,
            -0.99,
            1.5,
            -7.25,
            255.5,
            256.0,
            -129.0,
            NARROW,
            -NARROW,
            NARROW - 0.5,
            4294967295.0,
            WIDE,
            -WIDE,
            WIDE + 1.0,
            WIDE - 0.5,
            9.3e18,
            1e19,
            2e19,
            -9.3e18,
            f64::MAX,
            f64::INFINITY,
            -f64::INFINITY,
            f64::NAN,
        ];
        let small: Vec<f64> = (-40..40).map(|k| f64::from(k) * 1.75).collect();
        // groups of small floats, of large ones, and of both
        let all: Vec<f64> = small.iter().chain(&edges).chain(&small).copied().collect();
        for to in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"] {
            let to: DType = to.parse().unwrap();
            for from in [DType::F32, DType::F64] {
                let bytes: Vec<u8> = match from {
                    DType::F32 => all.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect(),
                    _ => all.iter().flat_map(|x| x.to_le_bytes()).collect(),
                };
                let kernel = cast(from, to).unwrap();
                let mut together = vec![0; all.len() * to.size()];
                kernel.run(&[Arg::Block(&bytes)], &mut together).unwrap();
                let alone = bytes.chunks_exact(from.size()).flat_map(|element| {
                    let mut out = vec![0; to.size()];
                    kernel.run(&[Arg::Scalar(element)], &mut out).unwrap();
                    out
                });
                assert!(together.into_iter().eq(alone), "{from} to {to}");
            }
        }
    }
}
