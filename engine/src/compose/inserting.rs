//! Elements inserted and deleted along an axis.

use std::ops::Range;

use super::{Mode, one, small, two};
use crate::source::elements;
use crate::view::{resolve_axes, show};
use crate::{Context, DType, Error, Expr, Kind, Op, Result, Scalar};

/// Up to this many places are a list in memory. More are arrays like others.
const FEW: u64 = 8192;

impl Expr {
    /// The array without the elements at these places along an axis (`None`: of the flattened array), as NumPy's
    /// `delete`: at indices, or where truth values are true. The places are read at once, with the memory and threads of
    /// `context`.
    ///
    /// # Errors
    /// When a place or the axis is not there, or truth values have another length than the axis.
    pub fn delete(&self, places: &Expr, axis: Option<i64>, context: &Context) -> Result<Expr> {
        let (array, axis) = self.along(axis)?;
        let n = array.shape()[axis];
        if places.dtype() == DType::Bool {
            if places.shape() != [n] {
                return Err(Error::Value(format!(
                    "delete: expected a mask of the axis' length {n}, found shape {}",
                    show(places.shape())
                )));
            }
            return array.compress(&one(Op::LogicalNot, places)?, Some(axis as i64), context);
        }
        let places = places.places_along(n, n, axis, context)?;
        if elements(places.shape())? > FEW {
            return array.compress(&Expr::counted(n)?.isin(&places, true)?, Some(axis as i64), context);
        }
        let mut gone = small::read::<u64>(&places, context)?;
        gone.sort_unstable();
        gone.dedup();
        let mut kept = Vec::new();
        let mut from = 0;
        for place in gone {
            kept.push((0, from..place));
            from = place + 1;
        }
        kept.push((0, from..n));
        Expr::join("delete", &[array], axis, &kept)
    }

    /// The array with `values` inserted before these places along an axis (`None`: of the flattened array), as NumPy's
    /// `insert`. Truth values stand for the places where they are true. Values are cast to the array's type and
    /// broadcast. The places are read at once, with the memory and threads of `context`.
    ///
    /// # Errors
    /// When a place or the axis is not there, or the values do not broadcast.
    pub fn insert(&self, places: &Expr, values: &Expr, axis: Option<i64>, context: &Context) -> Result<Expr> {
        let (array, axis) = self.along(axis)?;
        let n = array.shape()[axis];
        let mut values = match values.as_scalar() {
            // a Python integer must fit the type
            Some(Scalar::Int(_)) => values.cast(array.dtype())?,
            Some(Scalar::Float(_) | Scalar::Large(_) | Scalar::Complex(_))
                if array.dtype().kind().is_time() =>
            {
                return Err(Error::dtype("a value among times", array.dtype(), values.typed()?.dtype()));
            }
            _ => values.typed()?.cast(array.dtype())?,
        };
        let number = places.ndim() == 0 && places.dtype() != DType::Bool;
        let at = match places.dtype() {
            DType::Bool => places.flatnonzero(context)?,
            _ => places.clone(),
        };
        let at = at.places_along(n, n + 1, axis, context)?;
        let count = elements(at.shape())?;
        let mut shape = array.shape().to_vec();
        if count == 1 {
            let place = small::read::<u64>(&at, context)?.first().copied().unwrap_or(0);
            // one place takes as many elements as the values have along the axis
            values = values.with_axes_before(array.ndim())?;
            if number {
                values = values.move_axes(&[0], &[axis as i64])?;
            }
            shape[axis] = *values.shape().get(axis).unwrap_or(&1);
            let values = values.without_axes_before(array.ndim())?.broadcast_to(&shape)?;
            let parts = [(0, 0..place), (1, 0..shape[axis]), (0, place..n)];
            return Expr::join("insert", &[array, values], axis, &parts);
        }
        shape[axis] = count;
        let values = values.without_axes_before(array.ndim())?.broadcast_to(&shape)?;
        if count > FEW {
            return array.insert_each(&at, &values, axis, context);
        }
        let at = small::read::<u64>(&at, context)?;
        let mut order: Vec<usize> = (0..at.len()).collect();
        order.sort_by_key(|&k| at[k]);
        let mut parts: Vec<(usize, Range<u64>)> = Vec::new();
        let mut from = 0;
        for number in order {
            let (place, number) = (at[number], number as u64);
            parts.push((0, from..place));
            parts.push((1, number..number + 1));
            from = place;
        }
        parts.push((0, from..n));
        Expr::join("insert", &[array, values], axis, &parts)
    }

    /// As [`Expr::insert`], one value before each of many places. The result takes elements out of the array and the
    /// values.
    fn insert_each(&self, at: &Expr, values: &Expr, axis: usize, context: &Context) -> Result<Expr> {
        let (n, count) = (self.shape()[axis], values.shape()[axis]);
        let order = small::one(&at.argsort(Some(0))?, context)?;
        // where the values are in the result
        let taken = two(Op::Add, &at.take(&order, Some(0), Mode::Raise)?, &Expr::counted(count)?)?;
        let taken = small::one(&taken, context)?;
        let all = Expr::counted(n + count)?;
        let (before, after) = (taken.searchsorted(&all, false, None)?, taken.searchsorted(&all, true, None)?);
        let inserted = two(Op::Add, &order.take(&before, Some(0), Mode::Clip)?, &Expr::scalar(n as i64))?;
        let kept = two(Op::Subtract, &all, &before)?;
        let index = Expr::apply(Op::Where, &[two(Op::NotEqual, &before, &after)?, inserted, kept])?;
        let joined = Expr::concatenate(&[self.clone(), values.clone()], Some(axis as i64), None)?;
        joined.take(&small::one(&index, context)?, Some(axis as i64), Mode::Raise)
    }

    /// The numbers from 0 to below `n`.
    fn counted(n: u64) -> Result<Expr> {
        Expr::arange(Scalar::Int(0), Scalar::Int(n.into()), Scalar::Int(1), Some(DType::I64))
    }

    /// Indices along `axis`, of `n` elements, as numbers along one axis that are at least 0 and below `end`. Negative
    /// ones count from `n`.
    fn places_along(&self, n: u64, end: u64, axis: usize, context: &Context) -> Result<Expr> {
        let count = elements(self.shape())?;
        if !matches!(self.dtype().kind(), Kind::Signed | Kind::Unsigned) && count > 0 {
            return Err(Error::dtype("places along an axis", DType::I64, self.dtype()));
        }
        let places = self.typed()?.cast(DType::I64)?.reshape(&[-1])?.at_hand(context)?;
        if count == 0 {
            return Ok(places);
        }
        let [least, most] = places.extremes(context)?;
        let wrong = [least, most].into_iter().find(|&index| {
            let place = i128::from(index) + if index < 0 { i128::from(n) } else { 0 };
            place < 0 || place >= i128::from(end)
        });
        match wrong {
            Some(index) => Err(Error::Index { index, axis, size: n }),
            None if least >= 0 => Ok(places),
            None => {
                let turned = two(Op::Add, &places, &Expr::scalar(n as i64))?;
                let negative = two(Op::Less, &places, &Expr::scalar(0))?;
                Expr::apply(Op::Where, &[negative, turned, places])
            }
        }
    }

    /// The elements along `ndim` axes, if those before them have length 1, as an assignment takes them.
    fn without_axes_before(&self, ndim: usize) -> Result<Expr> {
        let extra = self.ndim().saturating_sub(ndim);
        match self.shape()[..extra].iter().all(|&n| n == 1) {
            true => self.squeeze(Some(&(0..extra as i64).collect::<Vec<_>>())),
            false => Ok(self.clone()),
        }
    }

    /// The array and the number of an axis; the flattened array if there is no axis.
    pub(super) fn along(&self, axis: Option<i64>) -> Result<(Expr, usize)> {
        let input = self.typed()?;
        match axis {
            None => Ok((input.reshape(&[-1])?, 0)),
            Some(axis) => {
                let axis = resolve_axes(&[axis], input.ndim())?[0];
                Ok((input, axis))
            }
        }
    }
}
