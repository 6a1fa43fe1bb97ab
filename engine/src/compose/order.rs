//! The greatest and the smallest elements.

use crate::view::{Index, resolve_axes};
use crate::{Error, Expr, Result};

impl Expr {
    /// The `k` greatest elements along an axis, the greatest first; with a negative `k`, the `-k` smallest, the smallest
    /// first. Without an axis, those of all elements. NaN counts as the greatest. A line of fewer elements is given
    /// whole.
    ///
    /// # Errors
    /// When the axis is not there.
    pub fn topk(&self, k: i64, axis: Option<i64>) -> Result<Expr> {
        let (typed, along) =
            (self.typed()?, axis.map(|axis| resolve_axes(&[axis], self.ndim())).transpose()?);
        let along = along.and_then(|axes| axes.first().copied());
        if let Some(top) = typed.top(k.unsigned_abs(), k >= 0, along) {
            return Ok(top);
        }
        let (sorted, along) = (typed.sort(axis)?, along.unwrap_or(0));
        let ascending = if k < 0 { sorted } else { sorted.flip(Some(&[along as i64]))? };
        let first = Index::Slice { start: None, stop: Some(k.saturating_abs()), step: None };
        let parts: Vec<Index> =
            (0..ascending.ndim()).map(|axis| if axis == along { first } else { Index::ALL }).collect();
        ascending.index(&parts)
    }

    /// The elements along an axis, ordered so that each of the places `kth` has the element that it has in sorted order,
    /// with no greater ones before it and no smaller ones after it, as NumPy's `partition`. The result is sorted.
    ///
    /// # Errors
    /// When the axis is not there, or a place is outside of it.
    pub fn partition(&self, kth: &[i64], axis: Option<i64>) -> Result<Expr> {
        self.check_places(kth, axis)?;
        self.sort(axis)
    }

    /// The positions of the elements of [`Expr::partition`], as NumPy's `argpartition`.
    ///
    /// # Errors
    /// As [`Expr::partition`].
    pub fn argpartition(&self, kth: &[i64], axis: Option<i64>) -> Result<Expr> {
        self.check_places(kth, axis)?;
        self.argsort(axis)
    }

    /// Checks that places lie in the lines along an axis.
    ///
    /// # Errors
    /// When one does not.
    pub(crate) fn check_places(&self, kth: &[i64], axis: Option<i64>) -> Result<()> {
        let length = match axis {
            None => crate::elements(self.shape())?,
            Some(_) if self.ndim() == 0 => 1,
            Some(axis) => self.shape()[resolve_axes(&[axis], self.ndim())?[0]],
        };
        let outside = |&&place: &&i64| {
            let place = if place < 0 { place.saturating_add_unsigned(length) } else { place };
            place < 0 || place.unsigned_abs() >= length
        };
        // NumPy looks at no place of an array without elements
        let is_empty = self.shape().contains(&0);
        match kth.iter().find(outside) {
            Some(place) if !is_empty => {
                Err(Error::Value(format!("kth(={place}) is out of bounds for {length} elements")))
            }
            _ => Ok(()),
        }
    }
}
