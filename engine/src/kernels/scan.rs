//! Scans: each element of a line becomes the sum, the product, the greatest or the smallest of all elements up to it, or
//! the result of any other operation on the element before it and itself.
//!
//! Elements are combined one after the other in their own type, as in NumPy, so that every element has NumPy's bits.
//! Several lines are scanned side by side, because each addition in one line has to wait for the one before.

use bytemuck::Pod;
use half::{bf16, f16};
use num_complex::{Complex32, Complex64};

use super::block::{Truth, fill};
use super::dispatch::dispatch;
use super::math::complex::multiply;
use super::math::real;
use super::physical::{Physical, by_class};
use super::reduce::Ordered;
use super::steps::Steps;
use super::time::Time;
use crate::op::Op;

/// Lines that are scanned side by side.
const LINES: usize = 8;

/// A box of `outer` x `length` x `inner` elements in C order, with lines along the middle axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines {
    pub(crate) outer: usize,
    pub(crate) length: usize,
    pub(crate) inner: usize,
}

/// A scan, bound to its type.
#[derive(Clone)]
pub(crate) enum Scanner {
    /// A loop of its own.
    Loop(fn(&mut [u8], Lines, &mut [u8], bool)),
    /// Any operation, by its elementwise loop.
    Steps(Steps),
}

impl Scanner {
    /// Scans `elements` in place. `carry` has one element for each line. On entry, it holds the last elements of the
    /// box before, unless the box `begins` its lines. On return, it holds the last elements of this box.
    ///
    /// # Errors
    /// Those of the operation.
    pub(crate) fn run(
        &self,
        elements: &mut [u8],
        lines: Lines,
        carry: &mut [u8],
        begins: bool,
    ) -> crate::Result<()> {
        if lines.outer * lines.length * lines.inner == 0 {
            return Ok(());
        }
        match self {
            Scanner::Loop(run) => {
                run(elements, lines, carry, begins);
                Ok(())
            }
            Scanner::Steps(steps) => steps.run(elements, lines, carry, begins, None),
        }
    }
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scanner")
    }
}

/// The scan by `op` of elements of a type: by a loop of its own for a sum, a product, the greatest and the smallest.
pub(crate) fn scanner(op: Op, physical: Physical) -> Option<Scanner> {
    if matches!(op, Op::Maximum | Op::Minimum) {
        return by_class!(physical, T {
            truth => extreme::<T>(op),
            whole => extreme::<T>(op),
            float => extreme::<T>(op),
            complex => extreme::<T>(op),
            time => extreme::<T>(op),
            half => if physical == Physical::F16 { extreme::<f16>(op) } else { extreme_bf16(op) },
        });
    }
    if !matches!(op, Op::Add | Op::Multiply) {
        return Steps::new(op, physical).map(Scanner::Steps);
    }
    by_class!(physical, T {
        truth => bind::<T>(op),
        bits => bind::<T>(op),
        float => bind::<T>(op),
        complex => bind::<T>(op),
        // spans are added only
        time => bind::<T>(op).filter(|_| op == Op::Add),
        half => if physical == Physical::F16 { bind::<f16>(op) } else { bind::<bf16>(op) },
    })
}

fn bind<T: Term>(op: Op) -> Option<Scanner> {
    match op {
        Op::Add => Some(Scanner::Loop(|elements, lines, carry, begins| {
            scan(elements, lines, carry, begins, T::plus);
        })),
        Op::Multiply => Some(Scanner::Loop(|elements, lines, carry, begins| {
            scan(elements, lines, carry, begins, T::times);
        })),
        _ => None,
    }
}

fn extreme<T: Ordered>(op: Op) -> Option<Scanner> {
    match op {
        Op::Maximum => Some(Scanner::Loop(|elements, lines, carry, begins| {
            scan(elements, lines, carry, begins, T::greater);
        })),
        _ => Some(Scanner::Loop(|elements, lines, carry, begins| {
            scan(elements, lines, carry, begins, T::smaller);
        })),
    }
}

fn extreme_bf16(op: Op) -> Option<Scanner> {
    fn widened(f: fn(f32, f32) -> f32) -> impl Fn(bf16, bf16) -> bf16 {
        move |a, b| bf16::from_f32(f(a.to_f32(), b.to_f32()))
    }
    match op {
        Op::Maximum => Some(Scanner::Loop(|elements, lines, carry, begins| {
            scan(elements, lines, carry, begins, widened(real::maximum));
        })),
        _ => Some(Scanner::Loop(|elements, lines, carry, begins| {
            scan(elements, lines, carry, begins, widened(real::minimum));
        })),
    }
}

/// An element that can be added and multiplied as NumPy's loops do.
trait Term: Pod {
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! term {
    ($($t:ty: $a:ident $b:ident $plus:expr, $times:expr;)+) => { $(
        impl Term for $t {
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                let ($a, $b) = (self, other);
                $plus
            }
            #[inline(always)]
            fn times(self, other: Self) -> Self {
                let ($a, $b) = (self, other);
                $times
            }
        }
    )+ };
}
term! {
    Truth: a b (a.get() | b.get()).into(), (a.get() & b.get()).into();
    u8: a b a.wrapping_add(b), a.wrapping_mul(b);
    u16: a b a.wrapping_add(b), a.wrapping_mul(b);
    u32: a b a.wrapping_add(b), a.wrapping_mul(b);
    u64: a b a.wrapping_add(b), a.wrapping_mul(b);
    f16: a b f16::from_f32(a.to_f32() + b.to_f32()), f16::from_f32(a.to_f32() * b.to_f32());
    bf16: a b bf16::from_f32(a.to_f32() + b.to_f32()), bf16::from_f32(a.to_f32() * b.to_f32());
    f32: a b a + b, a * b;
    f64: a b a + b, a * b;
    Complex32: a b a + b, multiply(a, b);
    Complex64: a b a + b, multiply(a, b);
}

impl Term for Time {
    #[inline(always)]
    fn plus(self, other: Time) -> Time {
        Time::plus(self, other)
    }
    fn times(self, _: Time) -> Time {
        Time::NAT
    }
}

fn scan<T: Pod>(elements: &mut [u8], lines: Lines, carry: &mut [u8], begins: bool, f: impl Fn(T, T) -> T) {
    fill(carry, |carry: &mut [T]| {
        fill(elements, |elements: &mut [T]| {
            dispatch(
                #[inline(always)]
                || match lines.inner {
                    1 => along(elements, lines.length, carry, begins, &f),
                    _ => across(elements, lines, carry, begins, &f),
                },
            );
        });
    });
}

/// Scans lines that lie one after the other.
#[inline(always)]
fn along<T: Pod>(elements: &mut [T], length: usize, carry: &mut [T], begins: bool, f: impl Fn(T, T) -> T) {
    for (group, carry) in elements.chunks_mut(LINES * length).zip(carry.chunks_mut(LINES)) {
        let mut lines = group.chunks_exact_mut(length);
        if let Ok(carry) = <&mut [T; LINES]>::try_from(&mut *carry) {
            let mut next = || lines.next().unwrap_or_default();
            side_by_side(std::array::from_fn(|_| next()), length, carry, begins, &f);
            continue;
        }
        for (line, carry) in lines.zip(carry) {
            let mut last = *carry;
            for (k, x) in line.iter_mut().enumerate() {
                last = if begins && k == 0 { *x } else { f(last, *x) };
                *x = last;
            }
            *carry = last;
        }
    }
}

#[inline(always)]
fn side_by_side<T: Pod>(
    lines: [&mut [T]; LINES],
    length: usize,
    carry: &mut [T; LINES],
    begins: bool,
    f: impl Fn(T, T) -> T,
) {
    let mut lines = lines.map(|line| &mut line[..length]);
    let mut last = *carry;
    let first = usize::from(begins);
    if begins {
        last = std::array::from_fn(|l| lines[l][0]);
    }
    for k in first..length {
        for (last, line) in last.iter_mut().zip(&mut lines) {
            *last = f(*last, line[k]);
            line[k] = *last;
        }
    }
    *carry = last;
}

/// Scans interleaved lines.
#[inline(always)]
fn across<T: Pod>(elements: &mut [T], lines: Lines, carry: &mut [T], begins: bool, f: impl Fn(T, T) -> T) {
    let Lines { length, inner, .. } = lines;
    for (plane, carry) in elements.chunks_exact_mut(length * inner).zip(carry.chunks_exact_mut(inner)) {
        let mut last: &mut [T] = carry;
        for (k, row) in plane.chunks_exact_mut(inner).enumerate() {
            if !(begins && k == 0) {
                last.iter().zip(row.iter_mut()).for_each(|(last, x)| *x = f(*last, *x));
            }
            last = row;
        }
        let copy = last.to_vec();
        carry.copy_from_slice(&copy);
    }
}
