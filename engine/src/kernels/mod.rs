//! The loops that compute: elementwise kernels, casts and reductions over blocks in cache.
//!
//! A block is a run of contiguous little-endian elements, aligned to their type. A *kernel* takes blocks (or single
//! elements that stand for whole blocks) and fills another block. [`bind`] finds the kernel of an operation for the
//! types that [`crate::promote::signature`] chose. It has one match over element types, then one function per class of
//! types, with one line per operation. A line is a closure over single elements. [`arity`] makes a loop of it, compiled
//! for each instruction set if that is worthwhile, and chosen at run time. [`function`] does so for exponentials, sines
//! and the like. A product and a sum are fused only where the source text says so, and then on every machine, so that
//! all instruction sets give the same bits.
//!
//! The 16-bit floats have hardly any loops of their own: they are widened to `f32` in pieces, and the result of each
//! operation is rounded once.

mod arity;
mod bins;
mod block;
mod boolean;
mod called;
mod cast;
mod complex;
mod dispatch;
mod float;
mod function;
mod half;
mod integer;
mod kernel;
mod math;
mod moves;
pub(crate) mod order;
mod physical;
mod reduce;
mod scan;
mod select;
mod steps;
mod tally;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod widen;

pub(crate) use bins::{EqualBins, between};
pub(crate) use block::Arg;
pub(crate) use called::Function;
pub(crate) use cast::cast;
pub use dispatch::instruction_set;
pub(crate) use kernel::Kernel;
pub(crate) use physical::Physical;
pub(crate) use reduce::{At, Block, Columns, Reducer, Rows, reducer};
pub(crate) use scan::{Lines, Scanner, scanner};
pub(crate) use select::{Cuts, Key, Keys, Wanted, collect, keys, place, within};
pub(crate) use steps::Steps;
pub(crate) use tally::{Counts, add_weights};

use crate::Error;
use crate::op::Op;

use self::widen::Half;

/// The kernel of `op` on operands of exactly these types, if there is one. Promotion gives these types.
pub(crate) fn bind(op: Op, inputs: &[Physical]) -> Option<Kernel> {
    if op == Op::Map {
        return Some(called::kernel());
    }
    if let (Op::Field, [record, _]) = (op, inputs) {
        return Some(moves::field(record.size()));
    }
    // a > b is b < a
    let (op, swapped) = match op {
        Op::Greater => (Op::Less, true),
        Op::GreaterEqual => (Op::LessEqual, true),
        op => (op, false),
    };
    let kernel = match *inputs {
        [Physical::Bool, a, b] if op == Op::Where && a == b => Some(moves::select(a)),
        [_, Physical::Bool] if op == Op::Unless => {
            Some(moves::unless(Error::Value, "All-NaN slice encountered"))
        }
        [_, Physical::Bool] if op == Op::Weighed => {
            Some(moves::unless(Error::ZeroDivision, "the weights of an average add up to 0"))
        }
        [_, Physical::Bool] if op == Op::Shared => {
            let reason = "the weights of a quantile are finite numbers from 0 on, and not all 0";
            Some(moves::unless(Error::Value, reason))
        }
        [a, Physical::I64] if op == Op::Ldexp => float::scale(a),
        [Physical::F32, Physical::F32] if op == Op::Complex => Some(complex::join::<f32>()),
        [Physical::F64, Physical::F64] if op == Op::Complex => Some(complex::join::<f64>()),
        _ if inputs.contains(&Physical::Time) => {
            moves::moved(op, Physical::Time).filter(|_| inputs.len() == 1).or_else(|| time::bind(op, inputs))
        }
        [a @ (Physical::Bytes(_) | Physical::Str(_)), b] if swapped => text::bind(op, &[b, a]),
        [Physical::Bytes(_) | Physical::Str(_), ..] => text::bind(op, inputs),
        [Physical::I64, Physical::U64] if swapped => integer::mixed::<u64, i64>(op),
        [Physical::U64, Physical::I64] if swapped => integer::mixed::<i64, u64>(op),
        [Physical::I64, Physical::U64] => integer::mixed::<i64, u64>(op),
        [Physical::U64, Physical::I64] => integer::mixed::<u64, i64>(op),
        [first, ..] if inputs.len() == op.arity() && inputs.iter().all(|&d| d == first) => same(op, first),
        _ => None,
    };
    kernel.map(|k| Kernel { swapped, ..k })
}

fn same(op: Op, dtype: Physical) -> Option<Kernel> {
    if let Some(kernel) = moves::moved(op, dtype) {
        return Some(kernel);
    }
    match dtype {
        Physical::Bool => boolean::bind(op),
        Physical::I8 => integer::whole::<u8>(op).or_else(|| integer::ordered::<i8>(op)),
        Physical::I16 => integer::whole::<u16>(op).or_else(|| integer::ordered::<i16>(op)),
        Physical::I32 => integer::whole::<u32>(op).or_else(|| integer::ordered::<i32>(op)),
        Physical::I64 => integer::whole::<u64>(op).or_else(|| integer::ordered::<i64>(op)),
        Physical::U8 => integer::whole::<u8>(op).or_else(|| integer::ordered::<u8>(op)),
        Physical::U16 => integer::whole::<u16>(op).or_else(|| integer::ordered::<u16>(op)),
        Physical::U32 => integer::whole::<u32>(op).or_else(|| integer::ordered::<u32>(op)),
        Physical::U64 => integer::whole::<u64>(op).or_else(|| integer::ordered::<u64>(op)),
        Physical::F16 => half::bind::<::half::f16>(op, Half::F16),
        Physical::BF16 => half::bind::<::half::bf16>(op, Half::BF16),
        Physical::F32 => float::bind::<f32>(op),
        Physical::F64 => float::bind::<f64>(op),
        Physical::C64 => complex::bind::<f32>(op),
        Physical::C128 => complex::bind::<f64>(op),
        Physical::Time | Physical::Bytes(_) | Physical::Str(_) | Physical::Opaque(_) => None,
    }
}

fn negative_power() -> Error {
    Error::Value("Integers to negative integer powers are not allowed.".into())
}
