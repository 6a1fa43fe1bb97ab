//! Loops over booleans.

use super::arity::{binary, ternary, unary};
use super::block::Truth;
use super::kernel::Kernel;
use crate::op::Op;

/// A kernel of two booleans.
fn of2(f: impl Fn(bool, bool) -> bool + Copy + Send + Sync + 'static) -> Kernel {
    binary(move |a: Truth, b: Truth| Truth::from(f(a.get(), b.get())))
}

fn of1(f: impl Fn(bool) -> bool + Copy + Send + Sync + 'static) -> Kernel {
    unary(move |a: Truth| Truth::from(f(a.get())))
}

/// The kernel of an operation on booleans.
#[allow(clippy::bool_comparison)]
pub(super) fn bind(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::Add | Op::BitwiseOr | Op::LogicalOr | Op::Maximum | Op::Fmax => of2(|a, b| a | b),
        Op::Multiply | Op::BitwiseAnd | Op::LogicalAnd | Op::Minimum | Op::Fmin => of2(|a, b| a & b),
        Op::BitwiseXor | Op::LogicalXor | Op::NotEqual => of2(|a, b| a ^ b),
        Op::Equal => of2(|a, b| a == b),
        Op::Less => of2(|a, b| a < b),
        Op::LessEqual => of2(|a, b| a <= b),
        Op::BitwiseInvert | Op::LogicalNot => of1(|a| !a),
        Op::Clip => {
            ternary(|a: Truth, low: Truth, high: Truth| Truth::from((a.get() | low.get()) & high.get()))
        }
        _ => return None,
    })
}
