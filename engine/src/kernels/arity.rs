//! One loop per number of operands, from a closure over single elements.

use bytemuck::Pod;

use super::block::{Arg, Values, fill, values};
use super::dispatch::{dispatch, widest};
use super::kernel::Kernel;

/// [`dispatch`], or [`widest`] if the results are shorter than elements of type `A`, for example booleans: the widest
/// instruction set packs vectors in fewer steps.
#[inline(always)]
fn by_length<A, R, T>(f: impl FnOnce() -> T) -> T {
    if size_of::<R>() < size_of::<A>() { widest(f) } else { dispatch(f) }
}

/// A kernel of one operand, compiled for each instruction set.
pub(super) fn unary<A: Pod, R: Pod, F>(f: F) -> Kernel
where
    F: Fn(A) -> R + Copy + Send + Sync + 'static,
{
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        fill(out, |out: &mut [R]| match values::<A>(args, 0) {
            Values::One(a) => out.fill(f(a)),
            Values::Many(a) => by_length::<A, R, _>(
                #[inline(always)]
                || out.iter_mut().zip(a.iter()).for_each(|(o, &a)| *o = f(a)),
            ),
        });
        Ok(())
    })
}

/// Elements that a kernel of groups looks at together.
const GROUP: usize = 16;

/// As [`unary`], with a faster closure for groups of elements that all suit it.
pub(super) fn grouped<A: Pod, R: Pod>(
    suits: impl Fn(A) -> bool + Copy + Send + Sync + 'static,
    fast: impl Fn(A) -> R + Copy + Send + Sync + 'static,
    exact: impl Fn(A) -> R + Copy + Send + Sync + 'static,
) -> Kernel {
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        fill(out, |out: &mut [R]| match values::<A>(args, 0) {
            Values::One(a) => out.fill(exact(a)),
            Values::Many(a) => dispatch(
                #[inline(always)]
                || {
                    let (groups, rest) = a.as_chunks::<GROUP>();
                    let (outs, others) = out.as_chunks_mut::<GROUP>();
                    for (out, a) in outs.iter_mut().zip(groups) {
                        if a.iter().fold(true, |all, &a| all & suits(a)) {
                            out.iter_mut().zip(a).for_each(|(o, &a)| *o = fast(a));
                        } else {
                            out.iter_mut().zip(a).for_each(|(o, &a)| *o = exact(a));
                        }
                    }
                    others.iter_mut().zip(rest).for_each(|(o, &a)| *o = exact(a));
                },
            ),
        });
        Ok(())
    })
}

/// As [`unary`], for closures that call a function: one loop for all instruction sets.
pub(super) fn call<A: Pod, R: Pod, F>(f: F) -> Kernel
where
    F: Fn(A) -> R + Copy + Send + Sync + 'static,
{
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        fill(out, |out: &mut [R]| match values::<A>(args, 0) {
            Values::One(a) => out.fill(f(a)),
            Values::Many(a) => out.iter_mut().zip(a.iter()).for_each(|(o, &a)| *o = f(a)),
        });
        Ok(())
    })
}

/// A kernel of two operands, compiled for each instruction set. The same loop serves scalars: they are repeated in
/// pieces that stay in the nearest cache.
pub(super) fn binary<A: Pod, B: Pod, R: Pod, F>(f: F) -> Kernel
where
    F: Fn(A, B) -> R + Copy + Send + Sync + 'static,
{
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        let (a, b) = (values::<A>(args, 0), values::<B>(args, 1));
        let mut room = (Vec::new(), Vec::new());
        fill(out, |out: &mut [R]| {
            for (k, out) in out.chunks_mut(PIECE).enumerate() {
                let (at, n) = (k * PIECE, out.len());
                let a = piece(&a, at, n, &mut room.0);
                let b = piece(&b, at, n, &mut room.1);
                by_length::<A, R, _>(
                    #[inline(always)]
                    || out.iter_mut().zip(a.iter().zip(b)).for_each(|(o, (&a, &b))| *o = f(a, b)),
                );
            }
        });
        Ok(())
    })
}

/// As [`binary`], for closures that call a function.
pub(super) fn call2<A: Pod, B: Pod, R: Pod, F>(f: F) -> Kernel
where
    F: Fn(A, B) -> R + Copy + Send + Sync + 'static,
{
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        let (a, b) = (values::<A>(args, 0), values::<B>(args, 1));
        fill(out, |out: &mut [R]| out.iter_mut().enumerate().for_each(|(k, o)| *o = f(a.at(k), b.at(k))));
        Ok(())
    })
}

/// `n` elements of a block, or `n` copies of a scalar. The first call makes the copies in `room`.
pub(super) fn piece<'a, T: Pod>(
    values: &'a Values<'_, T>,
    at: usize,
    n: usize,
    room: &'a mut Vec<T>,
) -> &'a [T] {
    let found = match values {
        Values::Many(all) => all.get(at..at + n),
        Values::One(one) => {
            if room.len() < n {
                room.resize(n, *one);
            }
            room.get(..n)
        }
    };
    found.unwrap_or(&[])
}

/// Elements of a piece.
pub(super) const PIECE: usize = 1024;

/// A kernel of three operands, compiled for each instruction set.
pub(super) fn ternary<A: Pod, B: Pod, C: Pod, R: Pod, F>(f: F) -> Kernel
where
    F: Fn(A, B, C) -> R + Copy + Send + Sync + 'static,
{
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        let (a, b, c) = (values::<A>(args, 0), values::<B>(args, 1), values::<C>(args, 2));
        let mut room = (Vec::new(), Vec::new(), Vec::new());
        fill(out, |out: &mut [R]| {
            for (k, out) in out.chunks_mut(PIECE).enumerate() {
                let (at, n) = (k * PIECE, out.len());
                let a = piece(&a, at, n, &mut room.0);
                let b = piece(&b, at, n, &mut room.1);
                let c = piece(&c, at, n, &mut room.2);
                dispatch(
                    #[inline(always)]
                    || {
                        let operands = a.iter().zip(b).zip(c);
                        out.iter_mut().zip(operands).for_each(|(o, ((&a, &b), &c))| *o = f(a, b, c));
                    },
                );
            }
        });
        Ok(())
    })
}
