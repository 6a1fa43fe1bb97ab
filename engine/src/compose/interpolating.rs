//! Linear interpolation between many points.

use super::sets::is_nan;
use super::{Mode, op};
use crate::op::Op;
use crate::operator::interp::Beyond;
use crate::view::Index;
use crate::{DType, Expr, Result};

impl Expr {
    /// As [`Expr::interp`] between real points, which are searched and taken where they lie: they need not fit in memory.
    /// `x` and `xp` are `float64` within one period, `fp` is `float64`.
    pub(crate) fn interp_among(x: &Expr, xp: &Expr, fp: &Expr, beyond: &Beyond) -> Result<Expr> {
        let (xp, fp) = match beyond.period {
            Some(period) => periodic(xp, fp, period)?,
            None => (xp.clone(), fp.clone()),
        };
        let count = xp.shape().first().copied().unwrap_or(0) as i64;
        let next = xp.searchsorted(x, true, None)?;
        let before = op(Op::Subtract, &[&next, &Expr::scalar(1)])?;
        let at = |list: &Expr, place: &Expr| list.take(place, Some(0), Mode::Clip);
        let ([x0, x1], [y0, y1]) =
            ([at(&xp, &before)?, at(&xp, &next)?], [at(&fp, &before)?, at(&fp, &next)?]);
        let slope = op(Op::Divide, &[&op(Op::Subtract, &[&y1, &y0])?, &op(Op::Subtract, &[&x1, &x0])?])?;
        let line = |from: &Expr, value: &Expr| {
            op(Op::Add, &[&op(Op::Multiply, &[&slope, &op(Op::Subtract, &[x, from])?])?, value])
        };
        // a value that is NaN from one point is computed from the other
        let (left, right) = (line(&x0, &y0)?, line(&x1, &y1)?);
        let flat = op(Op::LogicalAnd, &[&is_nan(&right)?, &op(Op::Equal, &[&y0, &y1])?])?;
        let right = op(Op::Where, &[&flat, &y0, &right])?;
        let value = op(Op::Where, &[&is_nan(&left)?, &right, &left])?;
        let last = op(Op::Equal, &[&next, &Expr::scalar(count)])?;
        let on_point = op(Op::LogicalOr, &[&last, &op(Op::Equal, &[&x0, x])?])?;
        let mut value = op(Op::Where, &[&on_point, &y0, &value])?;
        let ends = [(Op::Less, 0, beyond.left), (Op::Greater, -1, beyond.right)];
        for (outside, end, given) in ends {
            let [place, least] = [&xp, &fp].map(|list| list.index(&[Index::At(end)]));
            let given = match given {
                Some(given) => Expr::scalar(given).cast(DType::F64)?,
                None => least?,
            };
            value = op(Op::Where, &[&op(outside, &[x, &place?])?, &given, &value])?;
        }
        op(Op::Where, &[&is_nan(x)?, x, &value])
    }
}

/// Points in order, with one more at each end: the last and the first of the periods beside.
fn periodic(xp: &Expr, fp: &Expr, period: f64) -> Result<(Expr, Expr)> {
    let order = xp.argsort(Some(0))?;
    let [xp, fp] = [xp, fp].map(|list| list.take(&order, Some(0), Mode::Raise));
    let (xp, fp) = (xp?, fp?);
    let end = |list: &Expr, at: u64| list.range_of(0, at..at + 1);
    let last = xp.shape().first().copied().unwrap_or(1) - 1;
    let before = op(Op::Subtract, &[&end(&xp, last)?, &Expr::scalar(period)])?;
    let after = op(Op::Add, &[&end(&xp, 0)?, &Expr::scalar(period)])?;
    let places = Expr::concatenate(&[before, xp.clone(), after], Some(0), None)?;
    let values = Expr::concatenate(&[end(&fp, last)?, fp.clone(), end(&fp, 0)?], Some(0), None)?;
    Ok((places, values))
}
