//! Numbers at equal distances between two ends, on a linear or a logarithmic scale.

use super::op;
use crate::promote::{self, Operand};
use crate::{DType, Error, Expr, Kind, Op, ReduceOptions, Reduction, Result, Scalar};

/// The numbers to take between two ends: `Samples::new(50).endpoint(false)`. A number alone stands for as many
/// samples, the second end being the last.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Samples {
    num: i64,
    endpoint: bool,
    dtype: Option<DType>,
    axis: i64,
}

impl Samples {
    /// `num` numbers, the second end being the last of them.
    pub fn new(num: i64) -> Samples {
        Samples { num, endpoint: true, dtype: None, axis: 0 }
    }

    /// Whether the second end is the last of them.
    pub fn endpoint(self, endpoint: bool) -> Samples {
        Samples { endpoint, ..self }
    }

    /// Their type; `None` for NumPy's choice.
    pub fn dtype(self, dtype: impl Into<Option<DType>>) -> Samples {
        Samples { dtype: dtype.into(), ..self }
    }

    /// The axis of the result along which they lie.
    pub fn axis(self, axis: i64) -> Samples {
        Samples { axis, ..self }
    }
}

impl From<i64> for Samples {
    fn from(num: i64) -> Samples {
        Samples::new(num)
    }
}

impl From<i32> for Samples {
    fn from(num: i32) -> Samples {
        Samples::new(num.into())
    }
}

impl Samples {
    /// The number of samples.
    fn count(&self) -> Result<u64> {
        u64::try_from(self.num).map_err(|_| {
            Error::Value(format!("expected a number of samples, found {}, which is negative", self.num))
        })
    }
}

impl Expr {
    /// Numbers at equal distances from `start` to `stop`, as NumPy's `linspace`, and their distance. The ends may be
    /// arrays, which broadcast.
    ///
    /// # Errors
    /// When the ends do not broadcast, the axis is not there, or there are too many elements to count.
    pub fn linspace(start: &Expr, stop: &Expr, samples: &Samples) -> Result<(Expr, Expr)> {
        let num = samples.count()?;
        let computed = float_type(&[start, stop])?;
        let dtype = samples.dtype.unwrap_or(computed);
        let (start, stop) = (start.cast(computed)?, stop.cast(computed)?);
        let delta = op(Op::Subtract, &[&stop, &start])?;
        let sections = num.saturating_sub(u64::from(samples.endpoint));
        let later: Vec<i64> = (1..=delta.ndim() as i64).collect();
        let number = Expr::ramp(Scalar::Int(0), Scalar::Int(1), num, DType::I64)?.expand_dims(&later)?;
        let counted = number.cast(computed)?;
        let sections = Expr::scalar(sections).cast(computed)?;
        let (mut y, step) = if num > u64::from(samples.endpoint) {
            let step = op(Op::Divide, &[&delta, &sections])?;
            // distances too small for a float: NumPy divides before it multiplies
            let zero = op(Op::Equal, &[&step, &Expr::scalar(0)])?;
            let any = zero.reduce(Reduction::Any, &ReduceOptions::default())?;
            let tiny = op(Op::Multiply, &[&op(Op::Divide, &[&counted, &sections])?, &delta])?;
            let plain = op(Op::Multiply, &[&counted, &step])?;
            (op(Op::Where, &[&any, &tiny, &plain])?, step)
        } else {
            let step = Expr::scalar(f64::NAN).typed()?;
            (op(Op::Multiply, &[&counted, &delta])?, step)
        };
        y = op(Op::Add, &[&y, &start])?;
        if samples.endpoint && num > 1 {
            let last = op(Op::Equal, &[&number, &Expr::scalar(num - 1)])?;
            y = op(Op::Where, &[&last, &stop, &y])?;
        }
        let y = y.move_axes(&[0], &[samples.axis])?;
        Ok((floored(&y, dtype)?, step))
    }

    /// Powers of `base` at equal distances of their exponents, as NumPy's `logspace`.
    ///
    /// # Errors
    /// As [`Expr::linspace`].
    pub fn logspace(start: &Expr, stop: &Expr, base: &Expr, samples: &Samples) -> Result<Expr> {
        // an array of bases broadcasts with the ends
        let (start, stop, base) = match base.ndim() {
            0 => (start.clone(), stop.clone(), base.clone()),
            _ => {
                let ndim = [start, stop, base].map(Expr::ndim).into_iter().max().unwrap_or(0);
                let base = base.with_axes_before(ndim)?.expand_dims(&[samples.axis])?;
                (start.with_axes_before(ndim)?, stop.with_axes_before(ndim)?, base)
            }
        };
        let (exponents, _) = Expr::linspace(&start, &stop, &Samples { dtype: None, ..*samples })?;
        let powers = op(Op::Pow, &[&base, &exponents])?;
        samples.dtype.map_or(Ok(powers.clone()), |dtype| powers.cast(dtype))
    }

    /// Numbers from `start` to `stop` with equal ratios, as NumPy's `geomspace`.
    ///
    /// # Errors
    /// As [`Expr::linspace`]. The ends must not be 0: a number is checked, the elements of an array are not, and give
    /// NaN.
    pub fn geomspace(start: &Expr, stop: &Expr, samples: &Samples) -> Result<Expr> {
        let num = samples.count()?;
        for end in [start, stop] {
            if end.as_scalar().is_some_and(|end| !end.truth()) {
                return Err(Error::Value("geomspace: an end is 0, expected other numbers".into()));
            }
        }
        let mut computed = float_type(&[start, stop])?;
        if let Some(dtype) = samples.dtype {
            computed = promote::promote_types(computed, dtype)?;
        }
        let (start, stop) = (start.cast(computed)?, stop.cast(computed)?);
        let sign = op(Op::Sign, &[&start])?;
        let (first, last) = (op(Op::Divide, &[&start, &sign])?, op(Op::Divide, &[&stop, &sign])?);
        let logs = [op(Op::Log10, &[&first])?, op(Op::Log10, &[&last])?];
        let inner = Samples { dtype: Some(computed), axis: 0, ..*samples };
        let mut result = Expr::logspace(&logs[0], &logs[1], &Expr::scalar(10.0), &inner)?;
        let later: Vec<i64> = (1..result.ndim() as i64).collect();
        let number = Expr::indices_along(num)?.expand_dims(&later)?;
        let put = |result: &Expr, at: u64, value: &Expr| {
            let here = op(Op::Equal, &[&number, &Expr::scalar(at)])?;
            op(Op::Where, &[&here, value, result])
        };
        if num > 0 {
            result = put(&result, 0, &first)?;
        }
        if num > 1 && samples.endpoint {
            result = put(&result, num - 1, &last)?;
        }
        result = op(Op::Multiply, &[&result, &sign])?;
        result.move_axes(&[0], &[samples.axis])?.cast(samples.dtype.unwrap_or(computed))
    }
}

/// The type in which numbers between two ends are computed: the common type of the ends, or float64 if it is exact.
fn float_type(ends: &[&Expr]) -> Result<DType> {
    let operands: Vec<Operand> = ends.iter().map(|end| end.operand()).collect();
    let dtype = promote::result_type(&operands)?;
    Ok(if promote::is_exact(dtype) { DType::F64 } else { dtype })
}

/// The numbers cast to `dtype`; for integers, they are rounded down first.
fn floored(y: &Expr, dtype: DType) -> Result<Expr> {
    match dtype.kind() {
        Kind::Signed | Kind::Unsigned => op(Op::Floor, &[y])?.cast(dtype),
        _ => y.cast(dtype),
    }
}
