//! Medians: the mean of the one or two elements in the middle of the sorted order.

use super::quantile::{Count, Sorted};
use super::small::integers;
use super::{op, spread};
use crate::op::Op;
use crate::view::Index;
use crate::{DType, Expr, ReduceOptions, Reduction, Result};

/// NumPy takes the mean of two elements in lines up to this length where it skips NaN.
const MASKED: u64 = 600;

impl Expr {
    /// The median, as NumPy's `median`: NaN if there is a NaN. Integers give `float64`. Lines of any length are
    /// selected from exactly, in passes if they do not fit in memory.
    ///
    /// # Errors
    /// When the array has no such axis, or an axis is named twice.
    pub fn median(&self, axes: Option<&[i64]>, keepdims: bool) -> Result<Expr> {
        let typed = self.typed()?;
        let sorted = Sorted::of(&typed, axes)?;
        if sorted.length == 0 {
            return typed.mean_of_nothing(Reduction::Mean, axes, keepdims);
        }
        let half = sorted.length as i64 / 2;
        let ranks = if sorted.length % 2 == 1 { vec![half] } else { vec![half - 1, half] };
        let median = match typed.dtype() {
            DType::C64 | DType::C128 => {
                // a mean would spoil the part that is a number
                let ranks = spread(&integers(&[&ranks[..], &[-1]].concat())?, sorted.kept)?;
                let found = sorted.moved.select(&ranks, sorted.along, false)?;
                let last = found.index(&[Index::At(-1)])?;
                let middle = Index::Slice { start: None, stop: Some(-1), step: None };
                let mean = found.index(&[middle])?.over_first(Reduction::Mean)?;
                op(Op::Where, &[&op(Op::Isnan, &[&last])?, &last, &mean])?
            }
            _ => {
                let ranks = spread(&integers(&ranks)?, sorted.kept)?;
                sorted.moved.select(&ranks, sorted.along, true)?.over_first(Reduction::Mean)?
            }
        };
        sorted.result(median, 0, keepdims)
    }

    /// The median of the elements that are not NaN, as NumPy's `nanmedian`.
    ///
    /// # Errors
    /// As [`Expr::median`].
    pub fn nanmedian(&self, axes: Option<&[i64]>, keepdims: bool) -> Result<Expr> {
        let typed = self.typed()?;
        if typed.shape().contains(&0) {
            return typed.mean_of_nothing(Reduction::Nanmean, axes, keepdims);
        }
        let sorted = Sorted::of(&typed, axes)?;
        let Count::Each(count) = sorted.numbers()? else { return typed.median(axes, keepdims) };
        let low = op(Op::FloorDivide, &[&op(Op::Subtract, &[&count, &Expr::scalar(1)])?, &Expr::scalar(2)])?;
        let high = op(Op::FloorDivide, &[&count, &Expr::scalar(2)])?;
        let step = spread(&integers(&[0, 1])?, sorted.kept)?;
        let ranks = op(Op::Add, &[&low, &op(Op::Multiply, &[&op(Op::Subtract, &[&high, &low])?, &step])?])?;
        let found = sorted.moved.select(&ranks, sorted.along, false)?;
        let masked = sorted.kept > 0 && sorted.length < MASKED;
        let mut median = if masked {
            op(Op::Divide, &[&found.over_first(Reduction::Sum)?, &Expr::scalar(2.0)])?
        } else {
            let first = Index::Slice { start: None, stop: Some(1), step: None };
            let one = found.index(&[first])?.over_first(Reduction::Mean)?;
            let odd = op(Op::Remainder, &[&count, &Expr::scalar(2)])?.cast(DType::Bool)?;
            op(Op::Where, &[&odd, &one, &found.over_first(Reduction::Mean)?])?
        };
        if matches!(typed.dtype(), DType::C64 | DType::C128) {
            // a line without numbers has a NaN that may have a part that is a number
            let last = vec![Index::At(-1); sorted.along];
            let nan = match masked {
                true => Expr::scalar(f64::NAN),
                false => sorted.moved.index(&[&vec![Index::ALL; sorted.kept][..], &last].concat())?,
            };
            median = op(Op::Where, &[&op(Op::Equal, &[&count, &Expr::scalar(0)])?, &nan, &median])?;
        }
        sorted.result(median, 0, keepdims)
    }

    /// A reduction over the first axis.
    fn over_first(&self, reduction: Reduction) -> Result<Expr> {
        self.reduce(reduction, &ReduceOptions { axes: Some(vec![0]), ..ReduceOptions::default() })
    }

    /// The answer of NumPy for arrays without elements.
    pub(super) fn mean_of_nothing(
        &self,
        mean: Reduction,
        axes: Option<&[i64]>,
        keepdims: bool,
    ) -> Result<Expr> {
        let axes = axes.map(<[i64]>::to_vec);
        self.reduce(mean, &ReduceOptions { axes, keepdims, ..ReduceOptions::default() })
    }
}
