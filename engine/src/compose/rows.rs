//! Distinct elements that several keys tell apart: texts, records, and the parts of an array along an axis.

use super::held::held;
use super::sets::{begins, counts, has_nan, is_nan};
use super::small;
use super::{Unique, UniqueOptions, two};
use crate::op::Op;
use crate::plan::evaluate_in;
use crate::view::resolve_axes;
use crate::{Context, DType, Error, Expr, Index, ReduceOptions, Reduction, Result, ScanOptions};

/// Keys that are ranked at a time.
const BATCH: usize = 16;

/// Distinct elements are numbered in ascending order. These are the numbers of the elements that several keys of one
/// length put in order, the first key before the others. Elements are equal if all of their keys are. NaN is equal to NaN.
pub(super) fn ranks(keys: &[Expr]) -> Result<Expr> {
    let Some(first) = keys.first() else { return Err(Error::internal("ranks without keys")) };
    if first.shape() == [0] {
        return Expr::zeros(&[0], DType::I64);
    }
    let order = Expr::lexsort(&keys.iter().rev().cloned().collect::<Vec<_>>(), 0)?;
    let mut differs: Option<Expr> = None;
    for key in keys {
        let now = begins(&key.take_along_axis(&order, Some(0))?, true)?;
        differs = Some(match differs {
            Some(differs) => two(Op::LogicalOr, &differs, &now)?,
            None => now,
        });
    }
    let differs = differs.ok_or_else(|| Error::internal("ranks without keys"))?;
    numbers(&differs)?.take_along_axis(&order.argsort(Some(0))?, Some(0))
}

/// The number of the group of each element in order, where these elements begin groups.
fn numbers(begins: &Expr) -> Result<Expr> {
    let options = ScanOptions { axis: Some(0), dtype: Some(DType::I64), ..ScanOptions::default() };
    two(Op::Subtract, &begins.cumsum(&options)?, &Expr::scalar(1))
}

impl Expr {
    /// Whether records hold a NaN or a "not a time"; `None` for elements that cannot.
    pub(crate) fn holds_nan(&self) -> Result<Option<Expr>> {
        let keys = self.order_keys()?;
        let nan = keys.iter().filter(|key| has_nan(key)).map(is_nan).collect::<Result<Vec<_>>>()?;
        nan.into_iter().map(Ok).reduce(|a, b| two(Op::LogicalOr, &a?, &b?)).transpose()
    }

    /// The distinct elements of a vector of records.
    pub(super) fn unique_by_keys(&self, options: &UniqueOptions, context: &Context) -> Result<Unique> {
        // NumPy looks for NaN among numbers alone: records that hold one are all different
        let own = self.at_hand(context)?;
        let keys = own.order_keys()?.into_iter().map(Ok);
        let mut unique = own.told_apart(keys, own.holds_nan()?, options, context)?;
        unique.values = small::one(&unique.values, context)?;
        Ok(unique)
    }

    /// The distinct parts of the array along an axis, as NumPy's `unique` with an axis.
    pub(super) fn unique_parts(
        &self,
        axis: i64,
        options: &UniqueOptions,
        context: &Context,
    ) -> Result<Unique> {
        let axis = resolve_axes(&[axis], self.ndim())?[0];
        let mut order: Vec<i64> = (0..self.ndim() as i64).collect();
        order.remove(axis);
        order.insert(0, axis as i64);
        let moved = self.at_hand(context)?.permute(&order)?;
        let length = moved.shape()[0];
        let width: u64 = moved.shape()[1..].iter().product();
        let rows = moved.reshape(&[length as i64, width as i64])?;
        // made when they are needed: rows may be long, and mostly few of their elements tell them apart
        let keys = (0..width as i64).flat_map(|column| {
            let column = rows.index(&[Index::ALL, Index::At(column)]);
            match column.and_then(|column| column.order_keys()) {
                Ok(keys) => keys.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            }
        });
        let nan = match has_nan(&rows) {
            true => {
                let options = ReduceOptions { axes: Some(vec![1]), ..ReduceOptions::default() };
                Some(is_nan(&rows)?.reduce(Reduction::Any, &options)?)
            }
            false => None,
        };
        let mut unique = moved.told_apart(keys, nan, options, context)?;
        let mut back: Vec<i64> = (1..self.ndim() as i64).collect();
        back.insert(axis, 0);
        unique.values = unique.values.permute(&back)?;
        Ok(unique)
    }

    /// The same elements, computed now if they are not stored, as they are read several times.
    pub(super) fn at_hand(&self, context: &Context) -> Result<Expr> {
        match self.is_stored() {
            true => Ok(self.clone()),
            false => small::one(self, context),
        }
    }

    /// The distinct parts along the first axis, which keys tell apart. Parts where `nan` is true are all different.
    fn told_apart(
        &self,
        mut keys: impl Iterator<Item = Result<Expr>>,
        nan: Option<Expr>,
        options: &UniqueOptions,
        context: &Context,
    ) -> Result<Unique> {
        let length = self.shape()[0];
        let one = |expr: Expr| small::one(&expr, context);
        let mut groups = Expr::zeros(&[length], DType::I64)?;
        loop {
            let batch = keys.by_ref().take(BATCH);
            let all = std::iter::once(Ok(groups.clone())).chain(batch).collect::<Result<Vec<_>>>()?;
            if all.len() == 1 {
                break;
            }
            groups = one(ranks(&all)?)?;
            let greatest = ReduceOptions { initial: Some(Expr::scalar(-1)), ..ReduceOptions::default() };
            let greatest = evaluate_in(&groups.reduce(Reduction::Max, &greatest)?, context)?.item::<i64>()?;
            if greatest + 1 == length as i64 {
                break;
            }
        }
        let order = one(groups.argsort(Some(0))?)?;
        let along = |x: &Expr| x.take_along_axis(&order, Some(0));
        let mut begins = begins(&along(&groups)?, false)?;
        if let Some(nan) = &nan {
            begins = two(Op::LogicalOr, &begins, &along(nan)?)?;
        }
        let begins = one(begins)?;
        let mut found =
            held(&begins.marked(std::slice::from_ref(&order), options.counts, context)?, context)?;
        let counts = if options.counts { Some(counts(&mut found, length, context)?) } else { None };
        let index = found.pop().ok_or_else(|| Error::internal("no places"))?;
        let inverse = match (options.inverse, nan) {
            (false, _) => None,
            (true, None) => Some(groups),
            (true, Some(_)) => {
                Some(one(numbers(&begins)?.take_along_axis(&order.argsort(Some(0))?, Some(0))?)?)
            }
        };
        let values = self.take(&index, Some(0), super::Mode::default())?;
        Ok(Unique { values, index: options.index.then_some(index), inverse, counts })
    }
}
