//! Numbers at equal distances, computed where they are read.

use std::sync::Arc;

use half::{bf16, f16};
use num_complex::{Complex32, Complex64};

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::promote::{self, Operand};
use crate::source::bytes;
use crate::{DType, Error, Result, Scalar};

/// Numbers at equal distances. As in NumPy, the first two are given, and the others follow from their difference.
#[derive(Clone, Debug)]
struct Ramp {
    dtype: DType,
    length: u64,
    first: Vec<u8>,
    second: Vec<u8>,
}

impl Expr {
    /// Numbers from `start` on, `step` apart, before `stop`, as NumPy's `arange`. They take no memory: they are computed
    /// where they are read. `dtype`: `None` for NumPy's choice.
    ///
    /// # Errors
    /// When `step` is 0, the numbers are too many or not finite, or they do not fit the type.
    pub fn arange(start: Scalar, stop: Scalar, step: Scalar, dtype: Option<DType>) -> Result<Expr> {
        let gap = minus(stop, start);
        let is_zero = match step {
            Scalar::Int(0) | Scalar::Bool(false) => true,
            Scalar::Float(step) => step == 0.0,
            _ => false,
        };
        if is_zero {
            return Err(Error::ZeroDivision("arange: the step is 0, expected another number".into()));
        }
        let length = match (step, gap) {
            (Scalar::Complex(_), _) | (_, Scalar::Complex(_)) => {
                let ratio = complex(gap) / complex(step);
                count(ratio.re)?.min(count(ratio.im)?)
            }
            _ => match (complex(gap).re, complex(step).re) {
                // as in NumPy, a step of any length towards the end leaves the first number
                (gap, step) if gap != 0.0 && gap / step == 0.0 => u64::from((gap / step).is_sign_positive()),
                (gap, step) => count(gap / step)?,
            },
        };
        let kinds = [start, stop, step].map(|x| match x {
            Scalar::Bool(_) => DType::I64,
            other => other.default_dtype(),
        });
        let common = kinds.into_iter().try_fold(DType::Bool, promote::promote_types)?;
        Expr::ramp(start, step, length, dtype.unwrap_or(common))
    }

    /// `length` numbers of type `dtype` from `start` on, `step` apart.
    ///
    /// # Errors
    /// When they are too many, or the first two do not fit the type.
    pub(crate) fn ramp(start: Scalar, step: Scalar, length: u64, dtype: DType) -> Result<Expr> {
        bytes(dtype.size(), &[length])?;
        if !dtype.kind().is_number() && !dtype.kind().is_time() {
            return Err(promote::no_loop("arange", &[Operand::Typed(dtype)], "").into());
        }
        if dtype == DType::Bool && length > 2 {
            let hint = " if it has more than two elements; write arange(...) != 0";
            return Err(promote::no_loop("arange", &[Operand::Typed(dtype)], hint).into());
        }
        let zero = || Ok::<_, Error>(vec![0; dtype.size()]);
        let first = if length > 0 { start.to_bytes(dtype)? } else { zero()? };
        let second = if length > 1 { plus(start, step).to_bytes(dtype)? } else { zero()? };
        Ok(Expr::output(Ramp { dtype, length, first, second }, Vec::new(), dtype, vec![length]))
    }

    /// The indices along an axis of length `n`.
    pub(crate) fn indices_along(n: u64) -> Result<Expr> {
        Expr::ramp(Scalar::Int(0), Scalar::Int(1), n, DType::I64)
    }
}

fn complex(x: Scalar) -> Complex64 {
    match x {
        Scalar::Complex(z) => z,
        Scalar::Float(x) | Scalar::Large(x) => x.into(),
        Scalar::Int(n) => (n as f64).into(),
        Scalar::Bool(b) => f64::from(u8::from(b)).into(),
    }
}

fn minus(a: Scalar, b: Scalar) -> Scalar {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) if a.checked_sub(b).is_some() => Scalar::Int(a - b),
        _ => float(a, b, |a, b| a - b),
    }
}

fn plus(a: Scalar, b: Scalar) -> Scalar {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) if a.checked_add(b).is_some() => Scalar::Int(a + b),
        _ => float(a, b, |a, b| a + b),
    }
}

fn whole(x: Scalar) -> Option<i128> {
    match x {
        Scalar::Int(n) => Some(n),
        Scalar::Bool(b) => Some(b.into()),
        _ => None,
    }
}

fn float(a: Scalar, b: Scalar, of: impl Fn(Complex64, Complex64) -> Complex64) -> Scalar {
    let z = of(complex(a), complex(b));
    match (a, b) {
        (Scalar::Complex(_), _) | (_, Scalar::Complex(_)) => Scalar::Complex(z),
        _ => Scalar::Float(z.re),
    }
}

/// The number of elements in a distance of `steps` steps.
fn count(steps: f64) -> Result<u64> {
    let long = steps.ceil();
    if long.is_nan() {
        return Err(Error::Value("arange: cannot compute the number of elements: it is not a number".into()));
    }
    if long >= i64::MAX as f64 {
        return Err(Error::Value("arange: too many elements".into()));
    }
    Ok(long.max(0.0) as u64)
}

impl Operator for Ramp {
    fn name(&self) -> &'static str {
        "arange"
    }

    fn key(&self) -> Vec<u8> {
        [&self.length.to_le_bytes()[..], &self.first, &self.second].concat()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Derive for Ramp {
    fn reads(&self, _: &[Program], _: &[u64]) -> Vec<Vec<u64>> {
        Vec::new()
    }

    fn fill(&self, _: &mut [Reader<'_>], start: &[u64], _: &[u64], out: &mut [u8]) -> Result<()> {
        // an index fits in an i64, which converts to floats faster than a u64
        let from = start.first().copied().unwrap_or(0) as i64;
        macro_rules! fill {
            ($t:ty, |$first:ident, $second:ident| $delta:expr, |$base:ident, $by:ident, $i:ident| $value:expr) => {{
                let [$first, $second] =
                    [&self.first, &self.second].map(|bytes| bytemuck::pod_read_unaligned::<$t>(bytes));
                let ($base, $by) = ($first, $delta);
                for (place, $i) in out.chunks_exact_mut(size_of::<$t>()).zip(from..) {
                    let value: $t = $value;
                    place.copy_from_slice(bytemuck::bytes_of(&value));
                }
            }};
        }
        macro_rules! integers {
            ($t:ty) => {
                fill!($t, |a, b| b.wrapping_sub(a), |a, by, i| a.wrapping_add(by.wrapping_mul(i as $t)))
            };
        }
        // the distance of small floats is a float32
        macro_rules! small {
            ($t:ty) => {
                fill!($t, |a, b| b.to_f32() - a.to_f32(), |a, by, i| <$t>::from_f32(
                    a.to_f32() + i as f32 * by
                ))
            };
        }
        macro_rules! complex {
            ($t:ty, $part:ty) => {
                fill!($t, |a, b| b - a, |a, by, i| <$t>::new(
                    a.re + i as $part * by.re,
                    a.im + i as $part * by.im
                ))
            };
        }
        match self.dtype {
            DType::Bool => fill!(u8, |a, b| b, |a, by, i| if i == 0 { a } else { by }),
            DType::I8 => integers!(i8),
            DType::I16 => integers!(i16),
            DType::I32 => integers!(i32),
            DType::I64 => integers!(i64),
            DType::U8 => integers!(u8),
            DType::U16 => integers!(u16),
            DType::U32 => integers!(u32),
            DType::U64 => integers!(u64),
            DType::F16 => small!(f16),
            DType::BF16 => small!(bf16),
            DType::F32 => fill!(f32, |a, b| b - a, |a, by, i| a + i as f32 * by),
            DType::F64 => fill!(f64, |a, b| b - a, |a, by, i| a + i as f64 * by),
            DType::C64 => complex!(Complex32, f32),
            DType::C128 => complex!(Complex64, f64),
            other => return Err(Error::dtype("a range", DType::I64, other)),
        }
        // the first two are as they were given
        for (index, value) in [&self.first, &self.second].into_iter().enumerate() {
            let at = usize::try_from(index as i64 - from).ok().map(|at| at * value.len());
            if let Some(place) = at.and_then(|at| out.get_mut(at..at + value.len())) {
                place.copy_from_slice(value);
            }
        }
        Ok(())
    }
}
