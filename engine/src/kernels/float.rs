//! Loops over `f32` and `f64`.

use half::{bf16, f16};

use super::arity::{binary, call, call2, ternary, unary};
use super::block::Truth;
use super::math::lane::Lane;
use super::math::real;
use super::{Kernel, Physical, function};
use crate::op::{Op, nearest_bf16, nearest_f16};

/// The kernel of `ldexp`, for each type of floats.
pub(super) fn scale(dtype: Physical) -> Option<Kernel> {
    match dtype {
        Physical::F16 => Some(call2(|x: f16, n: i64| nearest_f16(real::ldexp(x.to_f64(), n)))),
        Physical::BF16 => Some(call2(|x: bf16, n: i64| nearest_bf16(real::ldexp(x.to_f64(), n)))),
        Physical::F32 => Some(call2(|x: f32, n: i64| real::ldexp(f64::from(x), n) as f32)),
        Physical::F64 => Some(call2(real::ldexp)),
        _ => None,
    }
}

/// The kernel of an operation on floats.
pub(super) fn bind<T: Lane>(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::Add => binary(|a: T, b: T| a + b),
        Op::Subtract => binary(|a: T, b: T| a - b),
        Op::Multiply => binary(|a: T, b: T| a * b),
        Op::Divide => binary(|a: T, b: T| a / b),
        Op::FloorDivide => call2(real::floor_divide::<T>),
        Op::Remainder => call2(real::remainder::<T>),
        Op::Fmod => call2(|a: T, b: T| a % b),
        Op::Maximum => binary(real::maximum::<T>),
        Op::Minimum => binary(real::minimum::<T>),
        Op::Fmax => binary(real::fmax::<T>),
        Op::Fmin => binary(real::fmin::<T>),
        Op::Clip => ternary(real::clip::<T>),
        Op::Abs => unary(T::abs),
        Op::Negative => unary(|a: T| -a),
        Op::Sign => unary(real::sign::<T>),
        Op::Square => unary(|a: T| a * a),
        Op::Sqrt => unary(T::sqrt),
        Op::Reciprocal => unary(|a: T| T::ONE / a),
        Op::Floor => unary(T::floor),
        Op::Ceil => unary(T::ceil),
        Op::Trunc => unary(T::trunc),
        Op::Round | Op::Rint => unary(T::rint),
        Op::Deg2rad => unary(|a: T| a * T::RADIANS),
        Op::Rad2deg => unary(|a: T| a * T::DEGREES),
        Op::Heaviside => binary(real::heaviside::<T>),
        Op::Copysign => binary(T::copysign),
        Op::Nextafter => binary(T::nextafter),
        Op::Spacing => unary(real::spacing::<T>),
        Op::Fraction => unary(real::fraction::<T>),
        Op::Significand => call(|a: T| T::from_f64(real::frexp(a.to_f64()).0)),
        Op::Exponent => call(|a: T| real::frexp(a.to_f64()).1),
        Op::Signbit => unary(|a: T| Truth::from(a.signbit())),
        Op::Isnan => unary(|a: T| Truth::from(a.is_nan())),
        Op::Isinf => unary(|a: T| Truth::from(a.is_infinite())),
        Op::Isfinite => unary(|a: T| Truth::from(a.is_finite())),
        Op::Equal => binary(|a: T, b: T| Truth::from(a == b)),
        Op::NotEqual => binary(|a: T, b: T| Truth::from(a != b)),
        Op::Less => binary(|a: T, b: T| Truth::from(a < b)),
        Op::LessEqual => binary(|a: T, b: T| Truth::from(a <= b)),
        Op::LogicalAnd => binary(|a: T, b: T| Truth::from((a != T::ZERO) & (b != T::ZERO))),
        Op::LogicalOr => binary(|a: T, b: T| Truth::from((a != T::ZERO) | (b != T::ZERO))),
        Op::LogicalXor => binary(|a: T, b: T| Truth::from((a != T::ZERO) ^ (b != T::ZERO))),
        Op::LogicalNot => unary(|a: T| Truth::from(a == T::ZERO)),
        _ => return function::bind::<T, T>(op),
    })
}
