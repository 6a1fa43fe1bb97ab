//! Elements inserted and deleted along an axis.

use std::ops::Range;

use crate::view::resolve_axes;
use crate::{Error, Expr, Result, Scalar};

/// Places along an axis.
#[derive(Clone, Debug)]
pub enum Places {
    /// One place.
    At(i64),
    /// Several places.
    Each(Vec<i64>),
    /// The places where a mask is true.
    Mask(Vec<bool>),
}

impl From<i64> for Places {
    fn from(place: i64) -> Places {
        Places::At(place)
    }
}

impl From<i32> for Places {
    fn from(place: i32) -> Places {
        Places::At(place.into())
    }
}

impl From<Vec<i64>> for Places {
    fn from(places: Vec<i64>) -> Places {
        Places::Each(places)
    }
}

impl<const N: usize> From<[i64; N]> for Places {
    fn from(places: [i64; N]) -> Places {
        Places::Each(places.to_vec())
    }
}

impl From<Vec<bool>> for Places {
    fn from(mask: Vec<bool>) -> Places {
        Places::Mask(mask)
    }
}

impl Expr {
    /// The array without the elements at these places along an axis (`None`: of the flattened array), as NumPy's
    /// `delete`.
    ///
    /// # Errors
    /// When a place or the axis is not there, or a mask has another length than the axis.
    pub fn delete(&self, places: &Places, axis: Option<i64>) -> Result<Expr> {
        let (array, axis) = self.along(axis)?;
        let n = array.shape()[axis];
        if let Places::Mask(mask) = places
            && mask.len() as u64 != n
        {
            return Err(Error::Value(format!(
                "delete: expected a mask of the axis' length {n}, found {}",
                mask.len()
            )));
        }
        let mut gone = places.resolved(n, n, axis)?;
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
    /// `insert`. Values are cast to the array's type and broadcast.
    ///
    /// # Errors
    /// When a place or the axis is not there, or the values do not broadcast.
    pub fn insert(&self, places: &Places, values: &Expr, axis: Option<i64>) -> Result<Expr> {
        let (array, axis) = self.along(axis)?;
        let n = array.shape()[axis];
        let at = places.resolved(n, n + 1, axis)?;
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
        let mut shape = array.shape().to_vec();
        if let [place] = at[..] {
            // one place takes as many elements as the values have along the axis
            values = values.with_axes_before(array.ndim())?;
            if matches!(places, Places::At(_)) {
                values = values.move_axes(&[0], &[axis as i64])?;
            }
            shape[axis] = *values.shape().get(axis).unwrap_or(&1);
            let values = values.without_axes_before(array.ndim())?.broadcast_to(&shape)?;
            let parts = [(0, 0..place), (1, 0..shape[axis]), (0, place..n)];
            return Expr::join("insert", &[array, values], axis, &parts);
        }
        shape[axis] = at.len() as u64;
        let values = values.without_axes_before(array.ndim())?.broadcast_to(&shape)?;
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

impl Places {
    /// The places as indices below `end`. Negative ones count from `n`.
    fn resolved(&self, n: u64, end: u64, axis: usize) -> Result<Vec<u64>> {
        let one = |index: i64| {
            let at = if index < 0 { i128::from(index) + i128::from(n) } else { index.into() };
            u64::try_from(at).ok().filter(|&at| at < end).ok_or(Error::Index { index, axis, size: n })
        };
        match self {
            Places::At(index) => Ok(vec![one(*index)?]),
            Places::Each(all) => all.iter().map(|&index| one(index)).collect(),
            Places::Mask(mask) => {
                let places: Vec<u64> = (0..).zip(mask).filter(|(_, m)| **m).map(|(k, _)| k).collect();
                places.into_iter().map(|place| one(place as i64)).collect()
            }
        }
    }
}
