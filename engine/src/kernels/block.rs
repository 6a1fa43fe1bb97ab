//! Blocks of bytes as elements.

use std::borrow::Cow;

use arrstore_format::{DType, Kind};
use bytemuck::Pod;

use super::Kernel;
use crate::op::Op;

/// An operand of a kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg<'a> {
    /// One element, for the whole block.
    Scalar(&'a [u8]),
    /// As many elements as the result has.
    Block(&'a [u8]),
}

/// An operand's elements.
pub(super) enum Values<'a, T: Pod> {
    One(T),
    Many(Cow<'a, [T]>),
}

impl<T: Pod> Values<'_, T> {
    /// Element `k`; zero past the end.
    pub(super) fn at(&self, k: usize) -> T {
        match self {
            Values::One(one) => *one,
            Values::Many(all) => all.get(k).copied().unwrap_or_else(T::zeroed),
        }
    }
}

/// Bytes as elements: in place where they are aligned, as the executor sees to, else copied.
pub(super) fn elements<T: Pod>(bytes: &[u8]) -> Cow<'_, [T]> {
    match bytemuck::try_cast_slice(bytes) {
        Ok(values) => Cow::Borrowed(values),
        Err(_) => Cow::Owned(bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()),
    }
}

/// The elements of operand `k`; zero where it is missing.
pub(super) fn values<'a, T: Pod>(args: &[Arg<'a>], k: usize) -> Values<'a, T> {
    match args.get(k) {
        Some(Arg::Block(bytes)) => Values::Many(elements(bytes)),
        Some(Arg::Scalar(bytes)) => Values::One(elements(bytes).first().copied().unwrap_or_else(T::zeroed)),
        None => Values::One(T::zeroed()),
    }
}

/// Lets `f` fill the elements of a result.
pub(super) fn fill<T: Pod>(out: &mut [u8], f: impl FnOnce(&mut [T])) {
    if let Ok(values) = bytemuck::try_cast_slice_mut(out) {
        return f(values);
    }
    let mut values = elements::<T>(out).into_owned();
    f(&mut values);
    out.copy_from_slice(bytemuck::cast_slice(&values));
}

/// A truth value: any byte but 0 is true; results are 0 or 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub(super) struct Truth(u8);

impl Truth {
    pub(super) const FALSE: Truth = Truth(0);
    pub(super) const TRUE: Truth = Truth(1);

    #[inline(always)]
    pub(super) fn get(self) -> bool {
        self.0 != 0
    }
}

impl From<bool> for Truth {
    #[inline(always)]
    fn from(b: bool) -> Truth {
        Truth(b.into())
    }
}

/// The kernel of `where`: elements are moved as they are.
pub(super) fn select(dtype: DType) -> Kernel {
    fn of<T: Pod>() -> Kernel {
        super::arity::ternary(|c: Truth, a: T, b: T| if c.get() { a } else { b })
    }
    match dtype.size() {
        1 => of::<u8>(),
        2 => of::<u16>(),
        4 => of::<u32>(),
        8 => of::<u64>(),
        _ => of::<[u64; 2]>(),
    }
}

/// The kernel of an operation that copies its operand or forgets it, on elements of any size.
pub(super) fn moved(op: Op, kind: Kind) -> Option<Kernel> {
    let whole = matches!(kind, Kind::Bool | Kind::Signed | Kind::Unsigned);
    match op {
        Op::Positive => Some(copy()),
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
