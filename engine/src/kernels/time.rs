//! Loops over times: counts of a unit, of which the least is "not a time". A result of "not a time" is "not a time", and
//! no comparison with it holds, except `!=`.

use arrstore_format::TimeUnit;

use super::arity::{binary, call2, ternary, unary};
use super::block::Truth;
use super::kernel::Kernel;
use super::physical::Physical;
use crate::op::Op;

/// A count of a unit of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub(in crate::kernels) struct Time(pub(in crate::kernels) i64);

impl Time {
    pub(super) const NAT: Time = Time(TimeUnit::NAT);

    #[inline(always)]
    pub(super) fn is_nat(self) -> bool {
        self == Time::NAT
    }

    /// `f` of the count, unless it is "not a time".
    #[inline(always)]
    pub(super) fn map(self, f: impl FnOnce(i64) -> i64) -> Time {
        if self.is_nat() { self } else { Time(f(self.0)) }
    }

    #[inline(always)]
    fn both(a: Time, b: Time) -> bool {
        !a.is_nat() & !b.is_nat()
    }

    #[inline(always)]
    pub(super) fn plus(a: Time, b: Time) -> Time {
        if Time::both(a, b) { Time(a.0.wrapping_add(b.0)) } else { Time::NAT }
    }

    #[inline(always)]
    fn minus(a: Time, b: Time) -> Time {
        if Time::both(a, b) { Time(a.0.wrapping_sub(b.0)) } else { Time::NAT }
    }

    /// The whole part of a number; "not a time" if it has none, or too large a one.
    #[inline(always)]
    fn of(x: f64) -> Time {
        if x.abs() < 9_223_372_036_854_775_808.0 { Time(x as i64) } else { Time::NAT }
    }

    #[inline(always)]
    pub(super) fn less(a: Time, b: Time) -> bool {
        (a.0 < b.0) & !a.is_nat() & !b.is_nat()
    }

    #[inline(always)]
    pub(super) fn later(a: Time, b: Time) -> Time {
        if Time::both(a, b) { Time(a.0.max(b.0)) } else { Time::NAT }
    }

    /// The earlier of two; "not a time" is the least count.
    #[inline(always)]
    pub(super) fn earlier(a: Time, b: Time) -> Time {
        Time(a.0.min(b.0))
    }

    /// The later of two that are times; "not a time" is the least count.
    #[inline(always)]
    pub(super) fn later_known(a: Time, b: Time) -> Time {
        Time(a.0.max(b.0))
    }

    #[inline(always)]
    pub(super) fn earlier_known(a: Time, b: Time) -> Time {
        match (a.is_nat(), b.is_nat()) {
            (true, _) => b,
            (_, true) => a,
            _ => Time::earlier(a, b),
        }
    }
}

/// The kernel of an operation on times, or on times and numbers.
pub(super) fn bind(op: Op, inputs: &[Physical]) -> Option<Kernel> {
    match *inputs {
        [Physical::Time] => one(op),
        [Physical::Time, Physical::Time] => two(op),
        [Physical::Time, Physical::Time, Physical::Time] if op == Op::Clip => {
            Some(ternary(|x, low, high| Time::earlier(Time::later(x, low), high)))
        }
        [Physical::Time, Physical::I64] => whole(op),
        [Physical::I64, Physical::Time] if op == Op::Multiply => {
            Some(binary(|n: i64, a: Time| a.map(|a| a.wrapping_mul(n))))
        }
        [Physical::Time, Physical::F64] => match op {
            Op::Multiply => Some(binary(times)),
            // NumPy's floor division by a float rounds to zero as well
            Op::Divide | Op::FloorDivide => Some(binary(|a: Time, x: f64| match a.is_nat() {
                true => a,
                false => Time::of(a.0 as f64 / x),
            })),
            _ => None,
        },
        [Physical::F64, Physical::Time] if op == Op::Multiply => Some(binary(|x: f64, a: Time| times(a, x))),
        _ => None,
    }
}

#[inline(always)]
fn times(a: Time, x: f64) -> Time {
    if a.is_nat() { a } else { Time::of(a.0 as f64 * x) }
}

fn one(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::Negative => unary(|a: Time| a.map(i64::wrapping_neg)),
        Op::Abs => unary(|a: Time| a.map(i64::wrapping_abs)),
        // as NumPy, which takes "not a time" for its count here
        Op::Sign => unary(|a: Time| Time(a.0.signum())),
        Op::Isnat | Op::Isnan => unary(|a: Time| Truth::from(a.is_nat())),
        Op::Isfinite => unary(|a: Time| Truth::from(!a.is_nat())),
        Op::Isinf => unary(|_: Time| Truth::FALSE),
        _ => return None,
    })
}

fn two(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::Add => binary(Time::plus),
        Op::Subtract => binary(Time::minus),
        Op::Equal => binary(|a: Time, b: Time| Truth::from((a.0 == b.0) & !a.is_nat())),
        Op::NotEqual => binary(|a: Time, b: Time| Truth::from((a.0 != b.0) | a.is_nat())),
        Op::Less => binary(|a, b| Truth::from(Time::less(a, b))),
        Op::LessEqual => binary(|a: Time, b: Time| Truth::from((a.0 <= b.0) & Time::both(a, b))),
        Op::Maximum => binary(Time::later),
        Op::Minimum => binary(Time::earlier),
        Op::Fmax => binary(Time::later_known),
        Op::Fmin => binary(Time::earlier_known),
        Op::Divide => binary(|a: Time, b: Time| match Time::both(a, b) {
            true => a.0 as f64 / b.0 as f64,
            false => f64::NAN,
        }),
        // NumPy's quotient that is none is 0
        Op::FloorDivide => call2(|a: Time, b: Time| match Time::both(a, b) && b.0 != 0 {
            true => floor(a.0, b.0),
            false => 0i64,
        }),
        Op::Remainder => call2(|a: Time, b: Time| match Time::both(a, b) && b.0 != 0 {
            true => Time(a.0.wrapping_sub(floor(a.0, b.0).wrapping_mul(b.0))),
            false => Time::NAT,
        }),
        _ => return None,
    })
}

/// The quotient, rounded down.
fn floor(a: i64, b: i64) -> i64 {
    let quotient = a.wrapping_div(b);
    let inexact = a.wrapping_rem(b) != 0;
    quotient.wrapping_sub(i64::from(inexact && (a < 0) != (b < 0)))
}

/// Of a time and an integer.
fn whole(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::Multiply => binary(|a: Time, n: i64| a.map(|a| a.wrapping_mul(n))),
        // NumPy's floor division by an integer rounds to zero as well
        Op::Divide | Op::FloorDivide => call2(|a: Time, n: i64| match n {
            0 => Time::NAT,
            n => a.map(|a| a.wrapping_div(n)),
        }),
        _ => return None,
    })
}
