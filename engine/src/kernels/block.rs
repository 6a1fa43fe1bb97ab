//! Blocks of bytes as elements.

use std::borrow::Cow;

use bytemuck::Pod;

/// An operand of a kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg<'a> {
    /// One element that stands for the whole block.
    Scalar(&'a [u8]),
    /// Elements as many as those of the result.
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

/// Bytes as elements. Aligned bytes, as the executor provides them, are borrowed; others are copied.
pub(super) fn elements<T: Pod>(bytes: &[u8]) -> Cow<'_, [T]> {
    match bytemuck::try_cast_slice(bytes) {
        Ok(values) => Cow::Borrowed(values),
        Err(_) => Cow::Owned(bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()),
    }
}

/// The elements of operand `k`; a zero if there is no such operand.
pub(super) fn values<'a, T: Pod>(args: &[Arg<'a>], k: usize) -> Values<'a, T> {
    match args.get(k) {
        Some(Arg::Block(bytes)) => Values::Many(elements(bytes)),
        Some(Arg::Scalar(bytes)) => Values::One(elements(bytes).first().copied().unwrap_or_else(T::zeroed)),
        None => Values::One(T::zeroed()),
    }
}

/// Calls `f` to fill the elements of a result.
pub(super) fn fill<T: Pod>(out: &mut [u8], f: impl FnOnce(&mut [T])) {
    if let Ok(values) = bytemuck::try_cast_slice_mut(out) {
        return f(values);
    }
    let mut values = elements::<T>(out).into_owned();
    f(&mut values);
    out.copy_from_slice(bytemuck::cast_slice(&values));
}

/// A boolean: any byte but 0 is true. Results are 0 or 1.
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
