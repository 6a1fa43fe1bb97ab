//! The loops that compute: elementwise kernels, casts and reductions over blocks in cache.
//!
//! A block is contiguous elements, little-endian, aligned to their type; a *kernel* takes blocks (or one element
//! that stands for a whole block) and fills another. [`bind`] finds the kernel of an operation for the types that
//! [`crate::promote::signature`] chose: one match over element types, then one function per class of them, with
//! one line per operation. A line is a closure over single elements; [`arity`] makes a loop of it, compiled for
//! each instruction set where that pays and chosen at run time; [`function`] does so for exponentials, sines and their
//! kin. A product and a sum are fused only where the text says so, and then are on every machine, so that all
//! instruction sets give the same bits.
//!
//! The small floats have no loops of their own: they are widened to `f32` in pieces, and the result of each
//! operation is rounded once.

mod arity;
mod block;
mod boolean;
mod called;
mod cast;
mod complex;
mod float;
mod function;
mod half;
mod integer;
mod math;
mod reduce;
#[cfg(test)]
mod tests;

pub use arity::instruction_set;
pub(crate) use block::Arg;
pub(crate) use called::Function;
pub(crate) use cast::cast;
pub(crate) use reduce::{At, Block, Columns, Reducer, Rows, reducer};

use arrstore_format::DType;

use crate::op::Op;
use crate::{Error, Result};

use self::half::{Half, Widened};

/// A loop over blocks, bound to an operation and its types.
#[derive(Clone, Copy)]
pub(crate) struct Kernel {
    run: &'static Loop,
    /// The loop is one over `f32`, and the operands are of this type.
    widened: Option<Widened>,
    /// The loop takes its two operands in the other order.
    swapped: bool,
}

type Loop = dyn Fn(&[Arg<'_>], &mut [u8]) -> Result<()> + Send + Sync;

impl Kernel {
    /// A kernel of a closure that captures nothing.
    fn new<F>(run: F) -> Kernel
    where
        F: Fn(&[Arg<'_>], &mut [u8]) -> Result<()> + Send + Sync + 'static,
    {
        // so that nothing is leaked here
        const { assert!(size_of::<F>() == 0) };
        Kernel { run: Box::leak(Box::new(run)), widened: None, swapped: false }
    }

    /// Computes a block; `out` decides of how many elements.
    ///
    /// # Errors
    /// When the operation has no answer for these values (integers to negative powers).
    pub(crate) fn run(&self, args: &[Arg<'_>], out: &mut [u8]) -> Result<()> {
        let exchanged;
        let args = match *args {
            [a, b] if self.swapped => {
                exchanged = [b, a];
                &exchanged
            }
            _ => args,
        };
        match self.widened {
            None => (self.run)(args, out),
            Some(widened) => widened.run(self.run, args, out),
        }
    }
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel").field("widened", &self.widened).finish_non_exhaustive()
    }
}

/// The kernel of `op` on operands of exactly these types, if there is one: those that promotion gives.
pub(crate) fn bind(op: Op, inputs: &[DType]) -> Option<Kernel> {
    if op == Op::Map {
        return Some(called::kernel());
    }
    // a > b is b < a
    let (op, swapped) = match op {
        Op::Greater => (Op::Less, true),
        Op::GreaterEqual => (Op::LessEqual, true),
        op => (op, false),
    };
    let kernel = match *inputs {
        [DType::Bool, a, b] if op == Op::Where && a == b => Some(block::select(a)),
        [DType::I64, DType::U64] if swapped => integer::mixed::<u64, i64>(op),
        [DType::U64, DType::I64] if swapped => integer::mixed::<i64, u64>(op),
        [DType::I64, DType::U64] => integer::mixed::<i64, u64>(op),
        [DType::U64, DType::I64] => integer::mixed::<u64, i64>(op),
        [first, ..] if inputs.len() == op.arity() && inputs.iter().all(|&d| d == first) => same(op, first),
        _ => None,
    };
    kernel.map(|k| Kernel { swapped, ..k })
}

fn same(op: Op, dtype: DType) -> Option<Kernel> {
    if let Some(kernel) = block::moved(op, dtype.kind()) {
        return Some(kernel);
    }
    match dtype {
        DType::Bool => boolean::bind(op),
        DType::I8 => integer::whole::<u8>(op).or_else(|| integer::ordered::<i8>(op)),
        DType::I16 => integer::whole::<u16>(op).or_else(|| integer::ordered::<i16>(op)),
        DType::I32 => integer::whole::<u32>(op).or_else(|| integer::ordered::<i32>(op)),
        DType::I64 => integer::whole::<u64>(op).or_else(|| integer::ordered::<i64>(op)),
        DType::U8 => integer::whole::<u8>(op).or_else(|| integer::ordered::<u8>(op)),
        DType::U16 => integer::whole::<u16>(op).or_else(|| integer::ordered::<u16>(op)),
        DType::U32 => integer::whole::<u32>(op).or_else(|| integer::ordered::<u32>(op)),
        DType::U64 => integer::whole::<u64>(op).or_else(|| integer::ordered::<u64>(op)),
        DType::F16 => half::bind::<::half::f16>(op, Half::F16),
        DType::BF16 => half::bind::<::half::bf16>(op, Half::BF16),
        DType::F32 => float::bind::<f32>(op),
        DType::F64 => float::bind::<f64>(op),
        DType::C64 => complex::bind::<f32>(op),
        DType::C128 => complex::bind::<f64>(op),
    }
}

fn negative_power() -> Error {
    Error::Value("Integers to negative integer powers are not allowed.".into())
}
