//! Points and spans of time at equal distances.

use super::small::read;
use super::two;
use crate::op::{Op, Scalar};
use crate::{Context, DType, Error, Expr, Kind, Result, TimeUnit};

impl Expr {
    /// Points or spans of time from `start` on, `step` apart (`None`: 1), before `stop`, as NumPy's `arange`. The ends and
    /// the step are single times or integers. Beside points, a `stop` that is a span or an integer counts from `start`,
    /// and texts are read as points. `dtype`: `None` for the unit that all of them are multiples of.
    ///
    /// # Errors
    /// When a point range has no start, an end is "not a time" or no time, the step is 0, or the units have no common
    /// one.
    pub fn arange_times(
        start: Option<&Expr>,
        stop: &Expr,
        step: Option<&Expr>,
        dtype: Option<DType>,
        context: &Context,
    ) -> Result<Expr> {
        let points = dtype.is_some_and(|dtype| dtype.kind() == Kind::DateTime)
            || [start, Some(stop)].into_iter().flatten().any(|end| end.dtype().kind() == Kind::DateTime);
        let zero = Expr::scalar(0);
        let (start, step) = match start {
            None if points => {
                return Err(Error::Value(
                    "arange: a range of points in time needs a start and a stop".into(),
                ));
            }
            start => (start.unwrap_or(&zero), step.cloned().unwrap_or_else(|| Expr::scalar(1))),
        };
        for end in [start, stop, &step] {
            let weak = end.as_scalar();
            let whole = end.dtype().kind().is_time()
                || points && end.dtype().kind().is_text()
                || matches!(weak, Some(Scalar::Int(_) | Scalar::Bool(_)))
                || weak.is_none() && matches!(end.dtype().kind(), Kind::Signed | Kind::Unsigned);
            if !whole || end.ndim() != 0 {
                return Err(Error::dtype("an end or the step of a range of times", DType::I64, end.dtype()));
            }
        }
        let unit = match dtype {
            Some(DType::DateTime(unit) | DType::TimeDelta(unit)) if !unit.is_generic() => unit,
            _ => common_unit(points, start, stop, &step)?,
        };
        let (point, span) = (DType::DateTime(unit), DType::TimeDelta(unit));
        let kind = if points { point } else { span };
        let is_point = |x: &Expr| x.dtype().kind() == Kind::DateTime || x.dtype().kind().is_text();
        let relative = points && !is_point(stop);
        let counts = |x: &Expr, dtype| -> Result<i64> {
            let count = read::<i64>(&x.cast(dtype)?.cast(DType::I64)?, context)?;
            match count.first() {
                Some(&count) if count != TimeUnit::NAT => Ok(count),
                _ => Err(Error::Value("arange: an end or the step is not a time (NaT)".into())),
            }
        };
        if is_point(&step) {
            return Err(Error::dtype("the step of a range of times", span, step.dtype()));
        }
        let first = i128::from(counts(start, kind)?);
        let last = i128::from(counts(stop, if relative { span } else { kind })?);
        let last = if relative { first + last } else { last };
        let step = i128::from(counts(&step, span)?);
        if step == 0 {
            return Err(Error::Value("arange: the step is 0, expected another number".into()));
        }
        let length = ((last - first) / step + i128::from((last - first) % step != 0)).max(0);
        let length = if (last > first) == (step > 0) { length } else { 0 };
        let length = u64::try_from(length).map_err(|_| Error::Value("arange: too many elements".into()))?;
        Expr::ramp(Scalar::Int(first), Scalar::Int(step), length, DType::I64)?.cast(kind)
    }
}

/// The unit that the ends and the step are multiples of.
fn common_unit(points: bool, start: &Expr, stop: &Expr, step: &Expr) -> Result<TimeUnit> {
    let mut all: Option<Expr> = None;
    for end in [start, stop, step].into_iter().filter(|end| end.dtype().kind().is_time()) {
        let one = Expr::zero(end.dtype());
        all = Some(match all {
            None => one,
            Some(before)
                if before.dtype().kind() == Kind::DateTime && one.dtype().kind() == Kind::DateTime =>
            {
                two(Op::Maximum, &before, &one)?
            }
            Some(before) => two(Op::Add, &before, &one)?,
        });
    }
    match all.map(|all| all.dtype()) {
        // a count alone has no unit
        Some(DType::DateTime(_)) if points && start.as_scalar().is_some() => {
            Err(Error::Value("arange: an integer as a start needs a unit, as in dtype='M8[D]'".into()))
        }
        Some(DType::DateTime(unit) | DType::TimeDelta(unit)) => Ok(unit),
        // spans need no unit
        _ if !points => Ok(TimeUnit::GENERIC),
        _ => Err(Error::Value("arange: give a unit, as in dtype='M8[D]'".into())),
    }
}
