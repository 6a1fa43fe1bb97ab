//! Views: the same elements under other axes, without a copy.

use super::{Expr, Kind};
use crate::source::elements;
use crate::view::{AxisMap, Index, View, all, resolve_axes};
use crate::{Error, Result};

impl Expr {
    pub(super) fn viewed(&self, view: View, shape: Vec<u64>) -> Result<Expr> {
        let input = self.typed()?;
        if view == View::identity(self.ndim()) && shape == self.shape() {
            return Ok(input);
        }
        let dtype = input.dtype();
        if let Kind::Output { of, .. } = &input.0.kind
            && let Some(part) = view.part(&all(&shape))
            && let Some((number, shift)) = of.operator.holder(&part)
            && let Some(holder) = of.inputs.get(number)
        {
            return holder.viewed(view.shifted(shift), shape);
        }
        Ok(match &input.0.kind {
            Kind::View { input, view: inner } => {
                Expr::new(Kind::View { input: input.clone(), view: inner.through(&view) }, dtype, shape)
            }
            _ => Expr::new(Kind::View { input, view }, dtype, shape),
        })
    }

    /// A subscript of integers, slices, ellipsis and new axes: always a view.
    ///
    /// # Errors
    /// As NumPy: too many indices, an index out of bounds, a step of 0.
    pub fn index(&self, parts: &[Index]) -> Result<Expr> {
        let (view, shape) = View::subscript(self.shape(), parts)?;
        self.viewed(view, shape)
    }

    /// The axes in another order.
    ///
    /// # Errors
    /// When `axes` is not a permutation of the array's axes.
    pub fn permute(&self, axes: &[i64]) -> Result<Expr> {
        if axes.len() != self.ndim() {
            return Err(Error::Shape(format!(
                "transpose: expected one entry for each of the array's axes, found {} for {} axes",
                axes.len(),
                self.ndim()
            )));
        }
        let axes = resolve_axes(axes, self.ndim())?;
        let mut view = View::identity(self.ndim());
        for (axis, &from) in axes.iter().enumerate() {
            view.0[from] = AxisMap::Along { axis, start: 0, step: 1 };
        }
        self.viewed(view, axes.iter().map(|&k| self.shape()[k]).collect())
    }

    /// The axes in reverse order (`.T`).
    pub fn transpose(&self) -> Expr {
        let axes: Vec<i64> = (0..self.ndim() as i64).rev().collect();
        self.permute(&axes).unwrap_or_else(|_| self.clone())
    }

    /// Two axes exchanged.
    ///
    /// # Errors
    /// When the array has no such axis.
    pub fn swap_axes(&self, a: i64, b: i64) -> Result<Expr> {
        let mut axes: Vec<i64> = (0..self.ndim() as i64).collect();
        let at = |x| Ok::<usize, Error>(resolve_axes(&[x], self.ndim())?[0]);
        axes.swap(at(a)?, at(b)?);
        self.permute(&axes)
    }

    /// The elements along `axes` (`None`: all) in reverse order.
    ///
    /// # Errors
    /// When the array has no such axis, or an axis is named twice.
    pub fn flip(&self, axes: Option<&[i64]>) -> Result<Expr> {
        let axes = match axes {
            Some(axes) => resolve_axes(axes, self.ndim())?,
            None => (0..self.ndim()).collect(),
        };
        let back = Index::Slice { start: None, stop: None, step: Some(-1) };
        let parts: Vec<Index> =
            (0..self.ndim()).map(|k| if axes.contains(&k) { back } else { Index::ALL }).collect();
        self.index(&parts)
    }

    /// The array broadcast to a larger shape.
    ///
    /// # Errors
    /// When NumPy would not broadcast the array to this shape.
    pub fn broadcast_to(&self, shape: &[u64]) -> Result<Expr> {
        elements(shape)?;
        self.viewed(View::broadcast(self.shape(), shape)?, shape.to_vec())
    }

    /// The array without the named axes, which must have length 1 (`None`: all axes of length 1).
    ///
    /// # Errors
    /// When the array has no such axis, or the axis has another length.
    pub fn squeeze(&self, axes: Option<&[i64]>) -> Result<Expr> {
        let axes = match axes {
            Some(axes) => resolve_axes(axes, self.ndim())?,
            None => (0..self.ndim()).filter(|&k| self.shape()[k] == 1).collect(),
        };
        if let Some(&k) = axes.iter().find(|&&k| self.shape()[k] != 1) {
            return Err(Error::Shape(format!(
                "cannot squeeze axis {k}: its size is {}, not 1",
                self.shape()[k]
            )));
        }
        let parts: Vec<Index> =
            (0..self.ndim()).map(|k| if axes.contains(&k) { Index::At(0) } else { Index::ALL }).collect();
        self.index(&parts)
    }

    /// New axes of length 1, at these places of the result.
    ///
    /// # Errors
    /// When a place is outside the result or named twice.
    pub fn expand_dims(&self, axes: &[i64]) -> Result<Expr> {
        let ndim = self.ndim() + axes.len();
        let axes = resolve_axes(axes, ndim)?;
        let parts: Vec<Index> =
            (0..ndim).map(|k| if axes.contains(&k) { Index::NewAxis } else { Index::ALL }).collect();
        self.index(&parts)
    }
}
