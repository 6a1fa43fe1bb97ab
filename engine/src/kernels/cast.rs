//! Casts, by the rules of NumPy's `astype`.
//!
//! Integers wrap; floats lose their fraction; complex numbers lose their imaginary part; everything but zero is
//! true. A float that no integer of the type equals, where NumPy's answer is undefined, is cast by way of `i32`
//! or `i64`, whose least value stands for all that is out of range.

use arrstore_format::DType;
use bytemuck::Pod;
use half::{bf16, f16};
use num_complex::{Complex, Complex32, Complex64};

use super::Kernel;
use super::arity::unary;
use super::block::Truth;
use super::half::{Half, Widened};

/// An element to cast.
trait From: Pod + Send + Sync {
    fn truth(self) -> bool;
    /// Right for integer types of up to 32 bits, but for `u32`.
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
                if self >= 9223372036854775808.0 && self < 18446744073709551616.0 {
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

/// The loop from `F` to any type that has loops.
fn from<F: From>(to: DType) -> Kernel {
    match to {
        DType::Bool => unary(|x: F| Truth::from(x.truth())),
        DType::I8 => unary(|x: F| x.i32() as i8),
        DType::I16 => unary(|x: F| x.i32() as i16),
        DType::I32 => unary(|x: F| x.i32()),
        DType::I64 => unary(|x: F| x.i64()),
        DType::U8 => unary(|x: F| x.i32() as u8),
        DType::U16 => unary(|x: F| x.i32() as u16),
        DType::U32 => unary(|x: F| x.i64() as u32),
        DType::U64 => unary(|x: F| x.u64()),
        DType::F32 => unary(|x: F| x.f32()),
        DType::F64 => unary(|x: F| x.f64()),
        DType::C64 => unary(|x: F| Complex32::new(x.f32(), x.imag() as f32)),
        DType::C128 => unary(|x: F| Complex64::new(x.f64(), x.imag())),
        // by way of f32, as NumPy does
        DType::F16 => to_half(from::<F>(DType::F32), Half::F16),
        DType::BF16 => to_half(from::<F>(DType::F32), Half::BF16),
    }
}

fn to_half(kernel: Kernel, half: Half) -> Kernel {
    Kernel { widened: Some(Widened { from: None, to: Some(half), item: 2 }), ..kernel }
}

fn from_half(half: Half, to: DType) -> Kernel {
    let (wide, narrow) = match to {
        DType::F16 => (DType::F32, Some(Half::F16)),
        DType::BF16 => (DType::F32, Some(Half::BF16)),
        _ => (to, None),
    };
    let widened = Widened { from: Some(half), to: narrow, item: to.size() };
    Kernel { widened: Some(widened), ..from::<f32>(wide) }
}

/// The kernel that converts elements.
pub(crate) fn cast(source: DType, to: DType) -> Kernel {
    match source {
        // rounded once, where a way through f32 would round twice
        DType::F64 if to == DType::F16 => unary(f16::from_f64),
        DType::F64 if to == DType::BF16 => unary(bf16::from_f64),
        DType::C128 if to == DType::F16 => unary(|z: Complex64| f16::from_f64(z.re)),
        DType::C128 if to == DType::BF16 => unary(|z: Complex64| bf16::from_f64(z.re)),
        DType::Bool => from::<Truth>(to),
        DType::I8 => from::<i8>(to),
        DType::I16 => from::<i16>(to),
        DType::I32 => from::<i32>(to),
        DType::I64 => from::<i64>(to),
        DType::U8 => from::<u8>(to),
        DType::U16 => from::<u16>(to),
        DType::U32 => from::<u32>(to),
        DType::U64 => from::<u64>(to),
        DType::F32 => from::<f32>(to),
        DType::F64 => from::<f64>(to),
        DType::F16 => from_half(Half::F16, to),
        DType::BF16 => from_half(Half::BF16, to),
        DType::C64 => from::<Complex32>(to),
        DType::C128 => from::<Complex64>(to),
    }
}
