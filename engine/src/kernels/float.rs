//! Loops over `f32` and `f64`.

use super::Kernel;
use super::arity::{binary, call, call2, ternary, unary};
use super::block::Truth;
use super::math::logaddexp::{logaddexp, logaddexp2};
use super::math::real::{self, Real};
use crate::op::Op;

/// The kernel of an operation on floats.
pub(super) fn bind<T: Real>(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::Add => binary(|a: T, b: T| a + b),
        Op::Subtract => binary(|a: T, b: T| a - b),
        Op::Multiply => binary(|a: T, b: T| a * b),
        Op::Divide => binary(|a: T, b: T| a / b),
        Op::FloorDivide => call2(real::floor_divide::<T>),
        Op::Remainder => call2(real::remainder::<T>),
        Op::Fmod => call2(|a: T, b: T| a % b),
        Op::Pow => call2(pow::<T>),
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
        Op::Sin => call(T::sin),
        Op::Cos => call(T::cos),
        Op::Tan => call(T::tan),
        Op::Asin => call(T::asin),
        Op::Acos => call(T::acos),
        Op::Atan => call(T::atan),
        Op::Atan2 => call2(T::atan2),
        Op::Sinh => call(T::sinh),
        Op::Cosh => call(T::cosh),
        Op::Tanh => call(T::tanh),
        Op::Asinh => call(T::asinh),
        Op::Acosh => call(T::acosh),
        Op::Atanh => call(T::atanh),
        Op::Exp => call(T::exp),
        Op::Exp2 => call(T::exp2),
        Op::Expm1 => call(T::expm1),
        Op::Log => call(T::ln),
        Op::Log1p => call(T::ln_1p),
        Op::Log2 => call(T::log2),
        Op::Log10 => call(T::log10),
        Op::Cbrt => call(T::cbrt),
        Op::Hypot => call2(T::hypot),
        Op::Logaddexp => call2(logaddexp::<T>),
        Op::Logaddexp2 => call2(logaddexp2::<T>),
        _ => return None,
    })
}

/// The exponents that are met most give what the plain operation gives.
#[inline]
fn pow<T: Real>(x: T, y: T) -> T {
    if y == T::TWO {
        x * x
    } else if y == T::ONE {
        x
    } else {
        x.pow(y)
    }
}
