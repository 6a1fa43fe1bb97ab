//! One loop per number of operands, made of a closure over single elements.

#[cfg(target_arch = "x86_64")]
use std::sync::LazyLock;

use bytemuck::Pod;

use super::Kernel;
use super::block::{Arg, Values, fill, values};

/// The machine's 256-bit instructions, where it has them. Blocks lie in the second cache, whose speed wider ones would not
/// raise; each further set would make the program half as large again.
#[cfg(target_arch = "x86_64")]
static WIDE: LazyLock<Option<pulp::x86::V3>> = LazyLock::new(pulp::x86::V3::try_new);

/// Runs `f` compiled for this machine's instruction set: `f` has to be inlined for that.
#[inline(always)]
pub(super) fn dispatch<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = *WIDE {
        return pulp::Simd::vectorize(wide, f);
    }
    f()
}

/// The machine's 512-bit instructions, where it has them.
#[cfg(target_arch = "x86_64")]
static WIDEST: LazyLock<Option<pulp::x86::V4>> = LazyLock::new(pulp::x86::V4::try_new);

/// As [`dispatch`], with 512-bit instructions too: for loops that compute more than they move.
#[inline(always)]
pub(super) fn widest<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(widest) = *WIDEST {
        return pulp::Simd::vectorize(widest, f);
    }
    dispatch(f)
}

/// [`dispatch`], or [`widest`] where elements of type `A` become shorter ones, as truth values are: vectors are packed in
/// fewer steps there.
#[inline(always)]
fn by_length<A, R, T>(f: impl FnOnce() -> T) -> T {
    if size_of::<R>() < size_of::<A>() { widest(f) } else { dispatch(f) }
}

/// The instruction sets that the loops over elements found on this machine: `AVX2`, beside it `AVX-512` for some, or
/// `baseline` for what the program was compiled for.
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    match (*WIDE, *WIDEST) {
        (Some(_), Some(_)) => return "AVX2, AVX-512 for functions, reductions and comparisons",
        (Some(_), None) => return "AVX2",
        _ => {}
    }
    "baseline"
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

/// A kernel of two operands, compiled for each instruction set. One loop serves scalars too: they are spread in
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

/// `n` elements of a block, or so many copies of one, made in `room` when they are first asked for.
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
