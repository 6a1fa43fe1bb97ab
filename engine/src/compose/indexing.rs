//! Elements by their places: `take`, `compress`, `choose`, `select` and their kin.

use super::subscript::check_indices;
use crate::promote::{self, Operand};
use crate::source::elements;
use crate::view::{broadcast_shape, resolve_axes, show};
use crate::{Context, DType, Error, Expr, Kind, Op, Result};

/// What becomes of an index out of bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It is an error. A negative index counts from the end.
    #[default]
    Raise,
    /// It is taken modulo the length.
    Wrap,
    /// It becomes the nearest index in bounds. A negative index becomes 0.
    Clip,
}

impl Mode {
    /// Indices for a length of `size`, brought into bounds.
    pub(super) fn bring(self, index: &Expr, size: u64) -> Result<Expr> {
        let index = index.cast(DType::I64)?;
        let scalar = |n: u64| Expr::scalar(n.min(i64::MAX as u64) as i64);
        if self != Mode::Raise && size == 0 && elements(index.shape())? > 0 {
            return Err(Error::Index { index: 0, axis: 0, size });
        }
        match self {
            Mode::Raise => Ok(index),
            Mode::Wrap => Expr::apply(Op::Remainder, &[index, scalar(size.max(1))]),
            Mode::Clip => Expr::apply(Op::Clip, &[index, scalar(0), scalar(size.saturating_sub(1))]),
        }
    }
}

impl Expr {
    /// The elements at `index` along `axis`, as NumPy's `take`; `None` for all elements in C order.
    ///
    /// # Errors
    /// When there is no such axis, the indices are not integers, or one that lies in memory is out of bounds. Other
    /// indices out of bounds are errors of the computation.
    pub fn take(&self, index: &Expr, axis: Option<i64>, mode: Mode) -> Result<Expr> {
        let index = index.typed()?;
        if index.dtype() != DType::Bool {
            check_indices(&index)?;
        }
        let axis = match axis {
            Some(axis) => resolve_axes(&[axis], self.ndim().max(1))?.first().copied(),
            None => None,
        };
        let along = axis.filter(|_| self.ndim() > 0).or((self.ndim() == 1).then_some(0));
        if let Some(axis) = along {
            let (before, after) = (&self.shape()[..axis], &self.shape()[axis + 1..]);
            // without a line to take from, NumPy looks at no index; without elements in its parts, only to refuse one
            if before.contains(&0) || mode != Mode::Raise && after.contains(&0) {
                return Expr::zero(self.dtype()).broadcast_to(&[before, index.shape(), after].concat());
            }
        }
        if mode == Mode::Raise {
            let size = along.map_or_else(|| elements(self.shape()), |axis| Ok(self.shape()[axis]))?;
            index.check_known(size, along.unwrap_or(0))?;
        }
        match along {
            Some(axis) => self.gather(&[axis], &[axis], &[mode.bring(&index, self.shape()[axis])?], axis),
            None => self.gather_flat(&mode.bring(&index, elements(self.shape())?)?),
        }
    }

    /// The element at `index` of each line along `axis` (`None`: the one line of all elements), as NumPy's
    /// `take_along_axis`.
    ///
    /// # Errors
    /// When the numbers of axes differ, the other axes do not broadcast, or the indices are not integers.
    pub fn take_along_axis(&self, index: &Expr, axis: Option<i64>) -> Result<Expr> {
        check_indices(index)?;
        let Some(axis) = axis else {
            if index.ndim() != 1 {
                return Err(Error::Shape("without an axis, the indices must have one axis".into()));
            }
            return self.gather_flat(index);
        };
        let resolved = resolve_axes(&[axis], self.ndim())?;
        if index.ndim() != self.ndim() {
            return Err(Error::Shape(format!(
                "take_along_axis: the array and the indices must have the same number of axes, found shapes {} and {}",
                show(self.shape()),
                show(index.shape())
            )));
        }
        let Some(&axis) = resolved.first() else { return Ok(self.clone()) };
        let beside = |e: &Expr| {
            let mut shape = e.shape().to_vec();
            shape[axis] = 1;
            shape
        };
        let mut shape = broadcast_shape([&beside(self)[..], &beside(index)])?;
        let mut along = |e: &Expr| {
            shape[axis] = e.shape()[axis];
            e.typed()?.broadcast_to(&shape)
        };
        along(self)?.gather_along(&along(index)?, axis, true)
    }

    /// The parts along `axis` (`None`: all elements in C order) where a condition of one axis is true, as NumPy's
    /// `compress`. The condition may be shorter than the axis. It is counted with the memory and threads of `context`.
    ///
    /// # Errors
    /// When the condition has not one axis, or the array has no such axis.
    pub fn compress(&self, condition: &Expr, axis: Option<i64>, context: &Context) -> Result<Expr> {
        if condition.ndim() != 1 {
            return Err(Error::Shape(format!(
                "the condition of compress has one axis, found shape {}",
                show(condition.shape())
            )));
        }
        match condition.shape() == self.shape() {
            true => self.masked(&condition.truths()?, context),
            false => self.take(&condition.flatnonzero(context)?, axis, Mode::Raise),
        }
    }

    /// The elements in C order where a condition is true, as NumPy's `extract`.
    ///
    /// # Errors
    /// When the condition cannot be counted.
    pub fn extract(&self, condition: &Expr, context: &Context) -> Result<Expr> {
        match condition.ndim() > 0 && condition.shape() == self.shape() {
            true => self.masked(&condition.truths()?, context),
            false => self.take(&condition.flatnonzero(context)?, None, Mode::Raise),
        }
    }

    /// The element of `choices` number `self`, for each element of `self`, as NumPy's `choose`.
    ///
    /// # Errors
    /// When there are no choices, the shapes do not broadcast, or `self` is not of integers.
    pub fn choose(&self, choices: &[Expr], mode: Mode) -> Result<Expr> {
        let index = self.typed()?;
        if !matches!(index.dtype().kind(), Kind::Bool | Kind::Signed | Kind::Unsigned)
            || index.dtype() == DType::U64
        {
            return Err(Error::dtype("the choices of choose are counted", DType::I64, index.dtype()));
        }
        if choices.is_empty() {
            return Err(Error::Value("choose needs at least one choice".into()));
        }
        let shape = broadcast_shape(
            std::iter::once(index.shape()).chain(choices.iter().map(Expr::shape)).collect::<Vec<_>>(),
        )?;
        let operands: Vec<Operand> = choices.iter().map(Expr::operand).collect();
        let dtype = promote::common_type(&operands)?;
        let wide = choices.iter().map(|choice| choice.cast(dtype)?.broadcast_to(&shape));
        let wide = wide.collect::<Result<Vec<_>>>()?;
        let all = Expr::stack(&wide, 0, None)?;
        let index = mode.bring(&index, choices.len() as u64)?.broadcast_to(&shape)?.expand_dims(&[0])?;
        all.gather_along(&index, 0, false)?.squeeze(Some(&[0]))
    }

    /// For each element, the choice of the first condition that is true, else the default, as NumPy's `select`.
    ///
    /// # Errors
    /// When there are not as many conditions as choices, or none, or a condition is not boolean.
    pub fn select(conditions: &[Expr], choices: &[Expr], default: &Expr) -> Result<Expr> {
        if conditions.len() != choices.len() {
            return Err(Error::Value(format!(
                "select needs a choice for each condition, found {} conditions and {} choices",
                conditions.len(),
                choices.len()
            )));
        }
        if conditions.is_empty() {
            return Err(Error::Value("select with an empty list of conditions is not possible".into()));
        }
        if let Some(wrong) = conditions.iter().find(|condition| condition.dtype() != DType::Bool) {
            return Err(Error::dtype("a condition of select", DType::Bool, wrong.dtype()));
        }
        let operands: Vec<Operand> = choices.iter().chain([default]).map(Expr::operand).collect();
        let dtype = promote::result_type(&operands)?;
        let mut chosen = default.cast(dtype)?;
        for (condition, choice) in conditions.iter().zip(choices).rev() {
            chosen = Expr::apply(Op::Where, &[condition.clone(), choice.cast(dtype)?, chosen])?;
        }
        Ok(chosen)
    }

    /// For each element, the value of the last condition that is true there, as NumPy's `piecewise`. One more value than
    /// conditions stands for elements without a true condition; else they are zero. Values have one element, and the
    /// result has the array's type.
    ///
    /// # Errors
    /// When the numbers of conditions and values do not fit, a condition has not the array's shape, or a value has more
    /// than one element.
    pub fn piecewise(&self, conditions: &[Expr], values: &[Expr]) -> Result<Expr> {
        let x = self.typed()?;
        let (first, rest) = match values.len().checked_sub(conditions.len()) {
            Some(0) => (Expr::zero(x.dtype()), values),
            Some(1) => match values {
                [rest @ .., otherwise] => (otherwise.one_value(x.dtype())?, rest),
                [] => return Err(Error::internal("one value more than conditions")),
            },
            _ => {
                return Err(Error::Value(format!(
                    "with {0} conditions, piecewise takes {0} or {1} values, found {2}",
                    conditions.len(),
                    conditions.len() + 1,
                    values.len()
                )));
            }
        };
        let mut all = first.broadcast_to(x.shape())?;
        for (condition, value) in conditions.iter().zip(rest) {
            if condition.shape() != x.shape() {
                return Err(Error::Shape(format!(
                    "piecewise: expected conditions of the array's shape {}, found {}",
                    crate::view::show(x.shape()),
                    crate::view::show(condition.shape())
                )));
            }
            all = Expr::apply(Op::Where, &[condition.truths()?, value.one_value(x.dtype())?, all])?;
        }
        Ok(all)
    }

    /// An array of one element as this element in another type.
    fn one_value(&self, dtype: DType) -> Result<Expr> {
        match self.shape() {
            [] => self.cast(dtype),
            [1] => self.cast(dtype)?.squeeze(None),
            shape => Err(Error::Shape(format!(
                "piecewise takes values of one element, found shape {}",
                crate::view::show(shape)
            ))),
        }
    }
}
