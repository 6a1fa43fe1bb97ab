//! Arrays repeated, rolled and turned.

use super::small;
use crate::operator::repeat::STEP;
use crate::source::{bytes, elements};
use crate::view::{Index, resolve_axes, show};
use crate::{Context, DType, Error, Expr, Kind, ReduceOptions, Reduction, Result, ScanOptions};

impl Expr {
    /// Each element along `axis` repeated `counts[i]` times, as NumPy's `repeat`. One count stands for all. The counts
    /// are added up at once, with the memory and threads of `context`.
    ///
    /// # Errors
    /// When the counts are not integers along one axis, their number is not the length of the array's axis, one is
    /// negative, or the result has too many elements to count.
    pub fn repeat(&self, counts: &Expr, axis: i64, context: &Context) -> Result<Expr> {
        let input = self.typed()?.at_least(1)?;
        let axis = resolve_axes(&[axis], input.ndim())?[0];
        let n = input.shape()[axis];
        let number = elements(counts.shape())?;
        if counts.ndim() > 1 {
            return Err(Error::Value(format!(
                "repeat: expected counts along one axis, found shape {}",
                show(counts.shape())
            )));
        }
        if !matches!(counts.dtype().kind(), Kind::Bool | Kind::Signed | Kind::Unsigned) && number > 0 {
            return Err(Error::dtype("the counts of repeat", DType::I64, counts.dtype()));
        }
        if number != 1 && number != n {
            return Err(Error::Shape(format!(
                "expected one count for all or {n} counts for axis {axis} of an array of shape {}, found {number}",
                show(input.shape()),
            )));
        }
        if number == 0 {
            return Ok(input);
        }
        let counts = counts.cast(DType::I64)?.at_hand(context)?;
        let [least, most] = counts.extremes(context)?;
        if least < 0 {
            return Err(Error::Value(format!("repeat: counts may not be negative, found {least}")));
        }
        if least == most {
            return input.repeat_all(axis, most.unsigned_abs());
        }
        if i128::from(most) * i128::from(n) > i128::from(i64::MAX) {
            // the sum of the counts could have no type
            let sum = ReduceOptions { dtype: Some(DType::F64), ..ReduceOptions::default() };
            if small::number(&counts.reduce(Reduction::Sum, &sum)?, context)? >= i64::MAX as f64 {
                bytes(input.dtype().size(), &[u64::MAX, u64::MAX])?;
            }
        }
        let ends = small::one(&counts.cumsum(&ScanOptions::default())?, context)?;
        let at = |start: u64, step: u64| {
            let [start, step] = [Some(start as i64), Some(step as i64)];
            small::read::<u64>(&ends.index(&[Index::Slice { start, stop: None, step }])?, context)
        };
        let (marks, total) = (at(STEP - 1, STEP)?, at(n - 1, 1)?);
        input.repeated(axis, ends.clone(), marks, total.first().copied().unwrap_or(0))
    }

    /// Each element along `axis` repeated `count` times: a view of each as a row of its copies, and the rows joined.
    fn repeat_all(&self, axis: usize, count: u64) -> Result<Expr> {
        let (mut rows, mut shape) = (self.shape().to_vec(), self.shape().to_vec());
        shape[axis] = shape[axis].saturating_mul(count);
        bytes(self.dtype().size(), &shape)?;
        rows.insert(axis + 1, count);
        self.expand_dims(&[axis as i64 + 1])?.broadcast_to(&rows)?.reshaped_to(&shape)
    }

    /// Copies of the array beside each other, `times[k]` along axis `k`, as NumPy's `tile`. Missing axes come first.
    ///
    /// # Errors
    /// When there are too many elements to count.
    pub fn tile(&self, times: &[u64]) -> Result<Expr> {
        let input = self.with_axes_before(times.len())?;
        let missing = input.ndim() - times.len();
        let times: Vec<u64> = std::iter::repeat_n(1, missing).chain(times.iter().copied()).collect();
        if times.iter().all(|&n| n == 1) {
            return Ok(input);
        }
        // each copied axis becomes two, copies and elements, and these are joined
        let (mut new, mut wide, mut shape) = (Vec::new(), Vec::new(), Vec::new());
        for (&n, &copies) in input.shape().iter().zip(&times) {
            if copies != 1 {
                new.push(wide.len() as i64);
                wide.push(copies);
            }
            wide.push(n);
            shape.push(n.saturating_mul(copies));
        }
        crate::source::bytes(input.dtype().size(), &shape)?;
        input.expand_dims(&new)?.broadcast_to(&wide)?.reshaped_to(&shape)
    }

    /// An array of another shape and size: the elements in C order, again and again if there are too few, as NumPy's
    /// `resize`.
    ///
    /// # Errors
    /// When there are too many elements to count.
    pub fn resize(&self, shape: &[u64]) -> Result<Expr> {
        let flat = self.typed()?.reshape(&[-1])?;
        crate::source::bytes(flat.dtype().size(), shape)?;
        let (have, wanted) = (flat.shape()[0], crate::elements(shape)?);
        if have == 0 {
            return Expr::zeros(shape, flat.dtype());
        }
        flat.tile(&[wanted.div_ceil(have)])?.range_of(0, 0..wanted)?.reshaped_to(shape)
    }

    /// The elements moved along axes by `shifts`; those that leave at the end come in at the front, as NumPy's `roll`.
    /// One shift or one axis stands for all. `None`: the array is rolled as if it were flat.
    ///
    /// # Errors
    /// When an axis is not there, or the numbers of shifts and axes differ.
    pub fn roll(&self, shifts: &[i64], axes: Option<&[i64]>) -> Result<Expr> {
        let input = self.typed()?;
        let Some(axes) = axes else {
            let shape: Vec<u64> = input.shape().to_vec();
            return input.reshape(&[-1])?.roll(shifts, Some(&[0]))?.reshaped_to(&shape);
        };
        let count = if shifts.is_empty() || axes.is_empty() { 0 } else { shifts.len().max(axes.len()) };
        let fits = |n: usize| n == count || n == 1;
        if !fits(shifts.len()) || !fits(axes.len()) {
            return Err(Error::Shape(format!(
                "expected as many shifts as axes, found {} and {}",
                shifts.len(),
                axes.len()
            )));
        }
        let mut total = vec![0i128; input.ndim()];
        for k in 0..count {
            let axis = axes[if axes.len() == 1 { 0 } else { k }];
            let shift = shifts[if shifts.len() == 1 { 0 } else { k }];
            total[resolve_axes(&[axis], input.ndim())?[0]] += i128::from(shift);
        }
        let mut rolled = input;
        for (axis, &shift) in total.iter().enumerate() {
            let n = rolled.shape()[axis];
            let offset = shift.rem_euclid(i128::from(n.max(1))) as u64;
            if offset > 0 {
                rolled = Expr::join("roll", &[rolled], axis, &[(0, n - offset..n), (0, 0..n - offset)])?;
            }
        }
        Ok(rolled)
    }

    /// The array turned by `k` quarters in the plane of two axes, from the first to the second, as NumPy's `rot90`.
    ///
    /// # Errors
    /// When an axis is not there, or the two are one.
    pub fn rot90(&self, k: i64, axes: [i64; 2]) -> Result<Expr> {
        let m = self.typed()?;
        let [from, to] = axes;
        resolve_axes(&axes, m.ndim())?;
        match k.rem_euclid(4) {
            0 => Ok(m),
            1 => m.flip(Some(&[to]))?.swap_axes(from, to),
            2 => m.flip(Some(&[from, to])),
            _ => m.swap_axes(from, to)?.flip(Some(&[to])),
        }
    }

    /// An axis moved to lie before the axis `start`, as NumPy's `rollaxis`.
    ///
    /// # Errors
    /// When an axis is not there.
    pub fn roll_axis(&self, axis: i64, start: i64) -> Result<Expr> {
        let ndim = self.ndim();
        let from = resolve_axes(&[axis], ndim)?[0];
        let to = resolve_axes(&[start], ndim + 1).map_err(|_| Error::Axis { axis: start, ndim: ndim + 1 });
        let to = if start < 0 { resolve_axes(&[start], ndim)?[0] } else { to?[0] };
        let mut order: Vec<i64> = (0..ndim as i64).filter(|&k| k != from as i64).collect();
        order.insert(if from < to { to - 1 } else { to }, from as i64);
        self.permute(&order)
    }

    /// Axes moved to other places, as NumPy's `moveaxis`; the others stay in order.
    ///
    /// # Errors
    /// When an axis is not there or named twice, or the numbers of sources and destinations differ.
    pub fn move_axes(&self, from: &[i64], to: &[i64]) -> Result<Expr> {
        let (from, to) = (resolve_axes(from, self.ndim())?, resolve_axes(to, self.ndim())?);
        if from.len() != to.len() {
            return Err(Error::Value(format!(
                "moveaxis: expected as many destinations as sources, found {} and {}",
                to.len(),
                from.len()
            )));
        }
        let mut order: Vec<usize> = (0..self.ndim()).filter(|k| !from.contains(k)).collect();
        let mut moves: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
        moves.sort_unstable();
        for (to, from) in moves {
            order.insert(to, from);
        }
        self.permute(&order.iter().map(|&k| k as i64).collect::<Vec<_>>())
    }

    /// The part of an axis in a range.
    pub(crate) fn range_of(&self, axis: usize, range: std::ops::Range<u64>) -> Result<Expr> {
        let mut index = vec![Index::ALL; axis];
        index.push(range.into());
        self.index(&index)
    }
}
