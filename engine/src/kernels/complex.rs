//! Loops over complex numbers.

use num_complex::Complex;

use super::arity::{binary, call, call2, ternary, unary};
use super::block::Truth;
use super::kernel::Kernel;
use super::math::real::Real;
use super::math::{complex as z, complex_exp as exp, complex_inverse as inverse};
use crate::op::Op;

/// The kernel that makes complex numbers of their parts.
pub(super) fn join<T: Real>() -> Kernel
where
    Complex<T>: bytemuck::Pod,
{
    binary(|re: T, im: T| Complex::new(re, im))
}

/// The kernel of an operation on complex numbers.
pub(super) fn bind<T: Real>(op: Op) -> Option<Kernel>
where
    Complex<T>: bytemuck::Pod,
{
    type C<T> = Complex<T>;
    Some(match op {
        Op::Add => binary(|a: C<T>, b: C<T>| C::new(a.re + b.re, a.im + b.im)),
        Op::Subtract => binary(|a: C<T>, b: C<T>| C::new(a.re - b.re, a.im - b.im)),
        Op::Multiply => binary(z::multiply::<T>),
        Op::Divide => call2(z::divide::<T>),
        Op::Pow => call2(z::pow::<T>),
        Op::Maximum => call2(z::maximum::<T>),
        Op::Minimum => call2(z::minimum::<T>),
        Op::Fmax => call2(z::fmax::<T>),
        Op::Fmin => call2(z::fmin::<T>),
        Op::Clip => ternary(z::clip::<T>),
        Op::Abs => call(|a: C<T>| a.re.hypot(a.im)),
        Op::Negative => unary(|a: C<T>| C::new(-a.re, -a.im)),
        Op::Conj => unary(|a: C<T>| C::new(a.re, -a.im)),
        Op::Real => unary(|a: C<T>| a.re),
        Op::Imag => unary(|a: C<T>| a.im),
        Op::Sign => call(z::sign::<T>),
        Op::Square => unary(|a: C<T>| z::multiply(a, a)),
        Op::Reciprocal => call(z::reciprocal::<T>),
        Op::Round | Op::Rint => call(|a: C<T>| C::new(a.re.rint(), a.im.rint())),
        Op::Isnan => call(|a: C<T>| Truth::from(a.re.is_nan() | a.im.is_nan())),
        Op::Isinf => call(|a: C<T>| Truth::from(a.re.is_infinite() | a.im.is_infinite())),
        Op::Isfinite => call(|a: C<T>| Truth::from(a.re.is_finite() & a.im.is_finite())),
        Op::Equal => call2(|a: C<T>, b: C<T>| Truth::from((a.re == b.re) & (a.im == b.im))),
        Op::NotEqual => call2(|a: C<T>, b: C<T>| Truth::from((a.re != b.re) | (a.im != b.im))),
        Op::Less => call2(|a: C<T>, b: C<T>| Truth::from(z::less(a, b))),
        Op::LessEqual => call2(|a: C<T>, b: C<T>| Truth::from(z::less_equal(a, b))),
        Op::LogicalAnd => call2(|a: C<T>, b: C<T>| Truth::from(z::truth(a) & z::truth(b))),
        Op::LogicalOr => call2(|a: C<T>, b: C<T>| Truth::from(z::truth(a) | z::truth(b))),
        Op::LogicalXor => call2(|a: C<T>, b: C<T>| Truth::from(z::truth(a) ^ z::truth(b))),
        Op::LogicalNot => call(|a: C<T>| Truth::from(!z::truth(a))),
        Op::Sqrt => call(exp::sqrt::<T>),
        Op::Exp => call(exp::exp::<T>),
        Op::Exp2 => call(exp::exp2::<T>),
        Op::Expm1 => call(exp::expm1::<T>),
        Op::Log => call(exp::log::<T>),
        Op::Log1p => call(exp::log1p::<T>),
        Op::Log2 => call(exp::log2::<T>),
        Op::Log10 => call(exp::log10::<T>),
        Op::Sin => call(exp::sin::<T>),
        Op::Cos => call(exp::cos::<T>),
        Op::Tan => call(exp::tan::<T>),
        Op::Sinh => call(exp::sinh::<T>),
        Op::Cosh => call(exp::cosh::<T>),
        Op::Tanh => call(exp::tanh::<T>),
        Op::Asin => call(inverse::asin::<T>),
        Op::Acos => call(inverse::acos::<T>),
        Op::Atan => call(inverse::atan::<T>),
        Op::Asinh => call(inverse::asinh::<T>),
        Op::Acosh => call(inverse::acosh::<T>),
        Op::Atanh => call(inverse::atanh::<T>),
        _ => return None,
    })
}
