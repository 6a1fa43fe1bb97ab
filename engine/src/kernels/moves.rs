//! Kernels that copy elements or discard them, for elements of any type.

use arrstore_format::Kind;
use bytemuck::Pod;

use super::arity::ternary;
use super::block::{Arg, Truth, Values, values};
use super::kernel::Kernel;
use super::physical::Physical;
use crate::Error;
use crate::op::Op;

/// The kernel of `where`, which copies the bytes of elements.
pub(super) fn select(dtype: Physical) -> Kernel {
    fn of<T: Pod>() -> Kernel {
        ternary(|c: Truth, a: T, b: T| if c.get() { a } else { b })
    }
    match dtype.size() {
        1 => of::<u8>(),
        2 => of::<u16>(),
        4 => of::<u32>(),
        8 => of::<u64>(),
        16 => of::<[u64; 2]>(),
        item => Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
            for (k, out) in out.chunks_exact_mut(item).enumerate() {
                let chosen = if element(args, 0, k, 1) == [0] { 2 } else { 1 };
                out.copy_from_slice(element(args, chosen, k, item));
            }
            Ok(())
        }),
    }
}

/// The kernel that copies its first operand, and fails with this error for this reason if an element of the second is
/// true.
pub(super) fn unless(error: fn(String) -> Error, reason: &'static str) -> Kernel {
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        let any = match values::<Truth>(args, 1) {
            Values::One(bad) => bad.get(),
            Values::Many(bad) => bad.iter().any(|bad| bad.get()),
        };
        if any && !out.is_empty() {
            return Err(error(reason.into()));
        }
        copy().run(args, out)
    })
}

/// The bytes of element `k` of an operand; nothing if there is no such operand.
pub(super) fn element<'a>(args: &[Arg<'a>], operand: usize, k: usize, item: usize) -> &'a [u8] {
    match args.get(operand) {
        Some(Arg::Scalar(one)) => one,
        Some(Arg::Block(bytes)) => bytes.get(k * item..(k + 1) * item).unwrap_or(&[]),
        None => &[],
    }
}

/// The kernel that copies a field of records of `item` bytes. Its second operand is the field's first byte.
pub(super) fn field(item: usize) -> Kernel {
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        let [Arg::Scalar(records) | Arg::Block(records), Arg::Scalar(begin) | Arg::Block(begin)] = args
        else {
            return Err(Error::Other("a field without its operands".into()));
        };
        let begin = begin.first_chunk().copied().map_or(0, u64::from_le_bytes) as usize;
        let size = out.len() / (records.len() / item).max(1);
        for (out, record) in out.chunks_exact_mut(size).zip(records.chunks_exact(item)) {
            out.copy_from_slice(record.get(begin..begin + size).unwrap_or_default());
        }
        Ok(())
    })
}

/// The kernel of an operation that copies or ignores its operand, on elements of any size.
pub(super) fn moved(op: Op, physical: Physical) -> Option<Kernel> {
    if op == Op::Positive {
        return Some(copy());
    }
    let kind = physical.kind()?;
    let whole = matches!(kind, Kind::Bool | Kind::Signed | Kind::Unsigned);
    match op {
        Op::Conj | Op::Real if kind != Kind::Complex => Some(copy()),
        Op::Ceil | Op::Floor | Op::Trunc | Op::Round if whole => Some(copy()),
        Op::Abs if matches!(kind, Kind::Bool | Kind::Unsigned) => Some(copy()),
        Op::Imag if kind != Kind::Complex => Some(zero()),
        Op::Isnan | Op::Isinf if whole => Some(zero()),
        Op::Isfinite if whole => Some(Kernel::new(|_: &[Arg<'_>], out: &mut [u8]| {
            out.fill(1);
            Ok(())
        })),
        _ => None,
    }
}

fn zero() -> Kernel {
    Kernel::new(|_: &[Arg<'_>], out: &mut [u8]| {
        out.fill(0);
        Ok(())
    })
}

/// The kernel that copies.
pub(super) fn copy() -> Kernel {
    Kernel::new(|args: &[Arg<'_>], out: &mut [u8]| {
        match args.first() {
            Some(Arg::Block(bytes)) => out.copy_from_slice(bytes),
            Some(Arg::Scalar(one)) => out.chunks_exact_mut(one.len()).for_each(|o| o.copy_from_slice(one)),
            None => {}
        }
        Ok(())
    })
}
