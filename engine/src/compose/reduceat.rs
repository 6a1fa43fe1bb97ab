//! Reductions of parts of an axis by an operation of two arrays: NumPy's `reduceat`.

use std::collections::BTreeMap;

use super::folds::reduction;
use super::indexing::Mode;
use super::small::integers;
use super::two;
use crate::promote;
use crate::view::resolve_axes;
use crate::{DType, Error, Expr, Op, ReduceOptions, Reduction, Result};

/// The most parts that are views of their own, and the most lengths of parts.
const MOST: usize = 10_000;

/// A reduction by an operation.
struct By {
    op: Op,
    of: Option<Reduction>,
    dtype: Option<DType>,
    /// The type of the results.
    to: DType,
}

impl By {
    /// The reduction of one part along an axis, which stays with length 1.
    fn reduce(&self, part: &Expr, axis: usize) -> Result<Expr> {
        if part.shape()[axis] == 1 {
            return part.cast(self.to);
        }
        let Some(reduction) = self.of else { return part.left_fold(self.op, axis, None) };
        let options = ReduceOptions {
            axes: Some(vec![axis as i64]),
            keepdims: true,
            dtype: self.dtype.filter(|_| matches!(reduction, Reduction::Sum | Reduction::Prod)),
            ..ReduceOptions::default()
        };
        part.reduce(reduction, &options)
    }
}

impl Expr {
    /// Reductions of parts along an axis by `op`, as NumPy's `add.reduceat`: each part begins at an index, and ends
    /// before the next. Where the next index is not larger, the part is the element at the index. The last part ends with
    /// the axis. If there are more than 10000 parts, those of one length are gathered and reduced together.
    ///
    /// # Errors
    /// When an index is not inside the axis, parts have more than 10000 different lengths, or the results of `op` have
    /// another type than its operands.
    pub fn reduce_at(&self, op: Op, indices: &[i64], axis: i64, dtype: Option<DType>) -> Result<Expr> {
        let a = self.typed()?;
        if a.ndim() == 0 {
            return Err(Error::Shape("cannot reduce parts of a scalar".into()));
        }
        let k = resolve_axes(&[axis], a.ndim())?.first().copied().unwrap_or(0);
        let size = a.shape()[k];
        let at = |index: i64| u64::try_from(index).ok().filter(|&at| at < size);
        let places = indices
            .iter()
            .map(|&index| at(index).ok_or(Error::Index { index, axis: k, size }))
            .collect::<Result<Vec<_>>>()?;
        let of = reduction(op);
        let (a, to) = match of {
            Some(sum @ (Reduction::Sum | Reduction::Prod)) => {
                let (_, to) = promote::reduction(sum, a.dtype(), dtype)?;
                (a, to)
            }
            _ => {
                let a = a.operands(op, dtype)?;
                let dtype = a.dtype();
                (a, dtype)
            }
        };
        let by = By { op, of, dtype, to };
        let ends = places.iter().copied().skip(1).chain([size]);
        let parts = places.iter().zip(ends).map(|(&from, end)| (from, end.max(from + 1)));
        match places.len() {
            0 => {
                let mut shape = a.shape().to_vec();
                shape[k] = 0;
                Expr::zeros(&shape, to)
            }
            1..=MOST => {
                let part = |(from, end)| by.reduce(&a.range_of(k, from..end)?, k);
                let parts = parts.map(part).collect::<Result<Vec<_>>>()?;
                Expr::concatenate(&parts, Some(k as i64), None)
            }
            _ => a.by_length(&by, parts, k),
        }
    }

    /// Many parts along an axis, each from a place to an end.
    fn by_length(&self, by: &By, parts: impl Iterator<Item = (u64, u64)>, k: usize) -> Result<Expr> {
        // for each length, the numbers of the parts and where they begin
        let mut lengths: BTreeMap<u64, Vec<(usize, i64)>> = BTreeMap::new();
        for (number, (from, end)) in parts.enumerate() {
            lengths.entry(end - from).or_default().push((number, from as i64));
        }
        if lengths.len() > MOST {
            let found = lengths.len();
            return Err(Error::Value(format!(
                "reduceat takes more than {MOST} parts if they have at most {MOST} different lengths, found {found}"
            )));
        }
        let a = if lengths.len() > 1 { self.shared() } else { self.clone() };
        let mut numbers = Vec::new();
        let mut reduced = Vec::new();
        for (length, parts) in lengths {
            let begins = integers(&parts.iter().map(|part| part.1).collect::<Vec<_>>())?;
            let index = two(Op::Add, &begins.expand_dims(&[1])?, &Expr::indices_along(length)?)?;
            let lines = a.take(&index, Some(k as i64), Mode::Raise)?;
            reduced.push(by.reduce(&lines, k + 1)?.squeeze(Some(&[k as i64 + 1]))?);
            numbers.extend(parts.iter().map(|part| part.0));
        }
        let all = Expr::concatenate(&reduced, Some(k as i64), None)?;
        if numbers.is_sorted() {
            return Ok(all);
        }
        let mut order = vec![0; numbers.len()];
        numbers.iter().enumerate().for_each(|(place, &number)| order[number] = place as i64);
        all.take(&integers(&order)?, Some(k as i64), Mode::Raise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_parts_is_reduced() {
        let elements: Vec<i64> = (0..50_000).map(|k| k * 7919 % 1009 - 500).collect();
        let a = Expr::from_ndarray(&ndarray::ArrayView1::from(&elements)).unwrap();
        // parts of 1 to 9 elements, some of which begin before the last one
        let indices: Vec<i64> =
            (0..20_000).map(|k| if k % 50 == 49 { k * 2 - 9 } else { k * 2 + k % 7 }).collect();
        let ends = indices.iter().copied().skip(1).chain([50_000]);
        let parts: Vec<&[i64]> = indices
            .iter()
            .zip(ends)
            .map(|(&from, end)| &elements[from as usize..end.max(from + 1) as usize])
            .collect();
        for op in [Op::Add, Op::Maximum, Op::Subtract] {
            let fold = |a: i64, b: i64| match op {
                Op::Add => a + b,
                Op::Maximum => a.max(b),
                _ => a - b,
            };
            let expected: Vec<i64> =
                parts.iter().map(|part| part.iter().copied().reduce(fold).unwrap()).collect();
            for column in [false, true] {
                let a = if column { a.expand_dims(&[1]).unwrap() } else { a.clone() };
                let found = crate::evaluate(&a.reduce_at(op, &indices, 0, None).unwrap()).unwrap();
                assert_eq!(bytemuck::pod_collect_to_vec::<u8, i64>(found.bytes()), expected, "{op:?}");
            }
        }
        let all_lengths: Vec<i64> = (0..20_000).map(|k| if k % 2 == 0 { 0 } else { k + 1 }).collect();
        let error = a.reduce_at(Op::Add, &all_lengths, 0, None).unwrap_err();
        assert!(error.to_string().contains("different lengths"), "{error}");
    }
}
