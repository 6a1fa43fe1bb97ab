//! Loops over long functions: exponentials, logarithms, trigonometry and the like.
//!
//! The functions themselves are branch-free ([`super::math::lane`]) and have to be inlined into the loop to be
//! vectorised. Some do not handle all numbers and give NaN for the rest. The slow function, which handles all numbers,
//! then computes these results again.

use super::arity::{PIECE, piece};
use super::block::{Arg, Values, fill, values};
use super::dispatch::{dispatch, widest};
use super::kernel::Kernel;
use super::math::lane::Lane;
use super::math::real::Real;
use super::math::{bessel, exp, hyperbolic, inverse, log, logaddexp, pow, trig};
use crate::op::Op;

/// The kernel of a function on elements of type `T`, computed in type `W`.
pub(super) fn bind<T: Real, W: Lane>(op: Op) -> Option<Kernel> {
    Some(match op {
        Op::Exp => one::<T, W>(exp::exp),
        Op::Exp2 => one::<T, W>(exp::exp2),
        Op::Expm1 => one::<T, W>(exp::expm1),
        Op::Tanh => one::<T, W>(exp::tanh),
        Op::Log => one_or::<T, W>(log::ln, T::ln),
        Op::Log2 => one_or::<T, W>(log::log2, T::log2),
        Op::Log10 => one_or::<T, W>(log::log10, T::log10),
        Op::Log1p => one_or::<T, W>(log::ln_1p, T::ln_1p),
        Op::Sin => one_or::<T, W>(trig::sin, T::sin),
        Op::Cos => one_or::<T, W>(trig::cos, T::cos),
        Op::Tan => one_or::<T, W>(trig::tan, T::tan),
        Op::Sinh => one::<T, W>(hyperbolic::sinh),
        Op::Cosh => one::<T, W>(hyperbolic::cosh),
        Op::Asinh => one_or::<T, W>(hyperbolic::asinh, T::asinh),
        Op::Acosh => one_or::<T, W>(hyperbolic::acosh, T::acosh),
        Op::Atanh => one_or::<T, W>(hyperbolic::atanh, T::atanh),
        Op::Asin => one::<T, W>(inverse::asin),
        Op::Acos => one::<T, W>(inverse::acos),
        Op::Atan => one::<T, W>(inverse::atan),
        Op::Atan2 => two::<T, W>(inverse::atan2),
        Op::Cbrt => one_or::<T, W>(inverse::cbrt, T::cbrt),
        Op::Hypot => two::<T, W>(inverse::hypot),
        Op::Pow => power::<T, W>(),
        Op::I0 => one::<T, W>(
            #[inline(always)]
            |x| bessel::i0(x),
        ),
        // closures, because a long function passed by name is not inlined
        Op::Logaddexp => two_or::<T, W>(
            #[inline(always)]
            |a, b| logaddexp::logaddexp(a, b),
            logaddexp::slow,
        ),
        Op::Logaddexp2 => two::<T, W>(
            #[inline(always)]
            |a, b| logaddexp::logaddexp2(a, b),
        ),
        _ => return None,
    })
}

/// Whether there is a NaN among the results. It is a separate loop, because the computing loop would not be vectorised
/// with this test in it.
#[inline(always)]
fn any_nan<T: Real>(results: &[T]) -> bool {
    // a maximum of integers takes half the time of a test of each element
    results.iter().fold(T::ZERO.bits(), |most, x| most.max(x.abs().bits())) > T::INFINITY.bits()
}

/// Converts a number to the type of computation, or back.
#[inline(always)]
fn converted<T: Real, W: Real>(x: T) -> W {
    W::from_f64(x.to_f64())
}

/// A kernel of a function of one number. All its NaN are the same.
fn one<T: Real, W: Lane>(f: impl Fn(W) -> W + Copy + Send + Sync + 'static) -> Kernel {
    one_or(f, |_: T| T::NAN)
}

/// A kernel of a function of one number, and of a slow function for arguments that give NaN.
fn one_or<T: Real, W: Lane>(
    f: impl Fn(W) -> W + Copy + Send + Sync + 'static,
    slow: impl Fn(T) -> T + Copy + Send + Sync + 'static,
) -> Kernel {
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        run(args, out, f, slow);
        Ok(())
    })
}

/// The loop of a function of one number.
#[inline(always)]
fn run<T: Real, W: Real>(args: &[Arg<'_>], out: &mut [u8], f: impl Fn(W) -> W, slow: impl Fn(T) -> T) {
    let a = values::<T>(args, 0);
    fill(out, |out: &mut [T]| {
        let (a, n) = match &a {
            Values::One(a) => (std::slice::from_ref(a), 1.min(out.len())),
            Values::Many(a) => (&**a, out.len()),
        };
        for (a, out) in a.chunks(PIECE).zip(out[..n].chunks_mut(PIECE)) {
            let unknown = widest(
                #[inline(always)]
                || {
                    // not `for_each`: with a long closure, it is compiled as a separate function, for the baseline
                    // instruction set
                    for (o, &a) in out.iter_mut().zip(a) {
                        *o = converted(f(converted(a)));
                    }
                    any_nan(out)
                },
            );
            if unknown {
                out.iter_mut().zip(a).filter(|(o, _)| o.is_nan()).for_each(|(o, &a)| *o = slow(a));
            }
        }
        // the one computed result stands for all elements
        if let ([first, rest @ ..], 1) = (out, n) {
            rest.fill(*first);
        }
    });
}

/// A kernel of a function of two numbers. All its NaN are the same.
fn two<T: Real, W: Lane>(f: impl Fn(W, W) -> W + Copy + Send + Sync + 'static) -> Kernel {
    two_or(f, |_: T, _: T| T::NAN)
}

/// A kernel of a function of two numbers, and of a slow function for arguments that give NaN.
fn two_or<T: Real, W: Lane>(
    f: impl Fn(W, W) -> W + Copy + Send + Sync + 'static,
    slow: impl Fn(T, T) -> T + Copy + Send + Sync + 'static,
) -> Kernel {
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        run_two(args, out, f, slow);
        Ok(())
    })
}

/// Computes all NaN results again with the slow function.
fn ask_slow<T: Real>(out: &mut [T], a: &[T], b: &[T], slow: &impl Fn(T, T) -> T) {
    let pairs = out.iter_mut().zip(a.iter().zip(b)).filter(|(o, _)| o.is_nan());
    pairs.for_each(|(o, (&a, &b))| *o = slow(a, b));
}

/// The loop of a function of two numbers.
#[inline(always)]
fn run_two<T: Real, W: Real>(
    args: &[Arg<'_>],
    out: &mut [u8],
    f: impl Fn(W, W) -> W,
    slow: impl Fn(T, T) -> T,
) {
    let (a, b) = (values::<T>(args, 0), values::<T>(args, 1));
    let mut room = (Vec::new(), Vec::new());
    fill(out, |out: &mut [T]| {
        for (k, out) in out.chunks_mut(PIECE).enumerate() {
            let (at, n) = (k * PIECE, out.len());
            let a = piece(&a, at, n, &mut room.0);
            let b = piece(&b, at, n, &mut room.1);
            let unknown = widest(
                #[inline(always)]
                || {
                    for (o, (&a, &b)) in out.iter_mut().zip(a.iter().zip(b)) {
                        *o = converted(f(converted(a), converted(b)));
                    }
                    any_nan(out)
                },
            );
            if unknown {
                ask_slow(out, a, b, &slow);
            }
        }
    });
}

/// Whether no number has a sign.
fn has_no_sign<T: Real>(x: &Values<'_, T>) -> bool {
    let all = match x {
        Values::One(x) => std::slice::from_ref(x),
        Values::Many(x) => x,
    };
    dispatch(
        #[inline(always)]
        || all.iter().fold(T::ZERO.bits(), |least, x| least.min(x.bits())) >= T::ZERO.bits(),
    )
}

/// The kernel of powers. If all elements have the same exponent, it may be a plain operation.
fn power<T: Real, W: Lane>() -> Kernel {
    Kernel::new(|args: &[Arg<'_>], out: &mut [u8]| {
        match values::<T>(args, 1) {
            Values::One(y) if y == T::TWO => run::<T, T>(args, out, pow::square, |x| pow::slow(x, T::TWO)),
            Values::One(y) if y == T::HALF => run::<T, T>(args, out, pow::root, |x| pow::slow(x, T::HALF)),
            _ if has_no_sign(&values::<T>(args, 0)) => run_power::<T, W>(
                args,
                out,
                #[inline(always)]
                |x, y, exponent| pow::of_positive(x, y, exponent),
            ),
            _ => run_power::<T, W>(
                args,
                out,
                #[inline(always)]
                |x, y, exponent| pow::of_any(x, y, exponent),
            ),
        }
        Ok(())
    })
}

/// The loops of powers: two short loops in sequence keep more elements in flight than one long loop.
#[inline(always)]
fn run_power<T: Real, W: Lane>(args: &[Arg<'_>], out: &mut [u8], of: impl Fn(W, W, [W; 2]) -> W) {
    let (x, y) = (values::<T>(args, 0), values::<T>(args, 1));
    let mut room = (Vec::new(), Vec::new());
    let mut exponents = [[W::ZERO; PIECE]; 2];
    fill(out, |out: &mut [T]| {
        for (k, out) in out.chunks_mut(PIECE).enumerate() {
            let (at, n) = (k * PIECE, out.len());
            let x = piece(&x, at, n, &mut room.0);
            let y = piece(&y, at, n, &mut room.1);
            let [high, low] = &mut exponents;
            widest(
                #[inline(always)]
                || {
                    for ((high, low), (&x, &y)) in high.iter_mut().zip(low.iter_mut()).zip(x.iter().zip(y)) {
                        [*high, *low] = pow::exponent(converted(x), converted(y));
                    }
                },
            );
            let unknown = widest(
                #[inline(always)]
                || {
                    let exponents = high.iter().zip(low.iter());
                    for ((o, (&high, &low)), (&x, &y)) in out.iter_mut().zip(exponents).zip(x.iter().zip(y)) {
                        *o = converted(of(converted(x), converted(y), [high, low]));
                    }
                    any_nan(out)
                },
            );
            if unknown {
                ask_slow(out, x, y, &pow::slow);
            }
        }
    });
}
