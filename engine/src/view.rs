//! Views: slices, permutations, broadcasts and their compositions as one index transform.
//!
//! A view never touches elements. For each axis of the array underneath, it gives the index along that axis: either a
//! fixed index, or `start + step * i` for the index `i` along one axis of the view. If no axis underneath uses an axis
//! of the view, the view is broadcast along that axis.

use std::ops::Range;

use crate::{Error, Result};

/// The index along one axis of the array underneath, as a function of the indices of the view.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AxisMap {
    /// A fixed index.
    At(u64),
    /// `start + step * i`, for the index `i` along axis `axis` of the view.
    Along {
        /// The view's axis.
        axis: usize,
        /// Index in the array underneath for `i = 0`.
        start: i64,
        /// Step in the array underneath for each step of `i`; never 0.
        step: i64,
    },
}

/// One [`AxisMap`] for each axis of the array underneath.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct View(pub Vec<AxisMap>);

/// All elements of an array of `shape`, as a range of indices along each axis.
pub(crate) fn all(shape: &[u64]) -> Vec<Range<u64>> {
    shape.iter().map(|&n| 0..n).collect()
}

/// The shape of a part of an array.
pub(crate) fn shape_of(part: &[Range<u64>]) -> Vec<u64> {
    part.iter().map(|range| range.end - range.start).collect()
}

/// One part of a subscript, as in `a[3, ::2, None, ...]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Index {
    /// An integer: takes one element and drops the axis. Negative counts from the end.
    At(i64),
    /// `start:stop:step` by Python's rules.
    Slice {
        /// First index; `None`: the first element for a positive step, the last for a negative one.
        start: Option<i64>,
        /// Index to stop before; `None`: continue to the end of the axis.
        stop: Option<i64>,
        /// Step; `None`: 1.
        step: Option<i64>,
    },
    /// `newaxis`: an axis of length 1.
    NewAxis,
    /// `...`: all axes that the other parts do not name.
    Ellipsis,
}

impl From<std::ops::Range<u64>> for Index {
    fn from(range: std::ops::Range<u64>) -> Index {
        Index::Slice { start: Some(range.start as i64), stop: Some(range.end as i64), step: None }
    }
}

impl Index {
    /// `:`, the whole axis.
    pub const ALL: Index = Index::Slice { start: None, stop: None, step: None };
}

impl View {
    /// The view that changes nothing, of `ndim` axes.
    pub fn identity(ndim: usize) -> View {
        View((0..ndim).map(|axis| AxisMap::Along { axis, start: 0, step: 1 }).collect())
    }

    /// The view of an array of `shape` broadcast to `to` by NumPy's rules.
    pub fn broadcast(shape: &[u64], to: &[u64]) -> Result<View> {
        let fail =
            || Error::Shape(format!("cannot broadcast an array of shape {} to {}", show(shape), show(to)));
        let lead = to.len().checked_sub(shape.len()).ok_or_else(fail)?;
        let map = |(k, &n): (usize, &u64)| match to.get(lead + k) {
            Some(&m) if m == n => Ok(AxisMap::Along { axis: lead + k, start: 0, step: 1 }),
            Some(_) if n == 1 => Ok(AxisMap::At(0)),
            _ => Err(fail()),
        };
        shape.iter().enumerate().map(map).collect::<Result<_>>().map(View)
    }

    /// The composition with `outer`, which is a view of this view.
    pub fn through(&self, outer: &View) -> View {
        let compose = |m: &AxisMap| match *m {
            AxisMap::At(k) => AxisMap::At(k),
            AxisMap::Along { axis, start, step } => match outer.0[axis] {
                AxisMap::At(k) => AxisMap::At((start + step * k as i64) as u64),
                AxisMap::Along { axis, start: s, step: t } => {
                    AxisMap::Along { axis, start: start + step * s, step: step * t }
                }
            },
        };
        View(self.0.iter().map(compose).collect())
    }

    /// The same view of an array whose indices are larger by a number for each axis.
    pub(crate) fn shifted(&self, by: impl IntoIterator<Item = i64>) -> View {
        let shift = |(map, by): (&AxisMap, i64)| match *map {
            AxisMap::At(at) => AxisMap::At(at.saturating_add_signed(by)),
            AxisMap::Along { axis, start, step } => AxisMap::Along { axis, start: start + by, step },
        };
        View(self.0.iter().zip(by).map(shift).collect())
    }

    /// The smallest part of the array underneath that holds the elements of `part` of the view; `None`: there are no
    /// elements.
    pub(crate) fn part(&self, part: &[Range<u64>]) -> Option<Vec<Range<u64>>> {
        if part.iter().any(Range::is_empty) {
            return None;
        }
        let range = |map: &AxisMap| match *map {
            AxisMap::At(at) => at..at + 1,
            AxisMap::Along { axis, start, step } => {
                let at = |k: u64| (start + step * k as i64) as u64;
                let (first, last) = (at(part[axis].start), at(part[axis].end - 1));
                first.min(last)..first.max(last) + 1
            }
        };
        Some(self.0.iter().map(range).collect())
    }

    /// The view and its shape for a subscript on an array of `shape`.
    ///
    /// # Errors
    /// As Python: too many indices, an index out of bounds, a step of 0, two ellipses.
    pub fn subscript(shape: &[u64], parts: &[Index]) -> Result<(View, Vec<u64>)> {
        let named = parts.iter().filter(|p| matches!(p, Index::At(_) | Index::Slice { .. })).count();
        if named > shape.len() {
            return Err(Error::Shape(format!(
                "too many indices: the array has {} dimension(s), but {named} were indexed",
                shape.len()
            )));
        }
        let ellipses = parts.iter().filter(|p| **p == Index::Ellipsis).count();
        if ellipses > 1 {
            return Err(Error::Shape("an index can only have a single ellipsis ('...')".into()));
        }
        let rest = shape.len() - named;
        let mut full: Vec<Index> = Vec::with_capacity(parts.len() + rest);
        for part in parts {
            match part {
                Index::Ellipsis => full.extend(std::iter::repeat_n(Index::ALL, rest)),
                other => full.push(*other),
            }
        }
        if ellipses == 0 {
            full.extend(std::iter::repeat_n(Index::ALL, rest));
        }
        let mut maps = Vec::with_capacity(shape.len());
        let mut out = Vec::new();
        for part in full {
            let axis = maps.len();
            match part {
                Index::NewAxis | Index::Ellipsis => out.push(1),
                Index::At(index) => maps.push(AxisMap::At(resolve(index, shape[axis], axis)?)),
                Index::Slice { start, stop, step } => {
                    let (start, step, len) = slice(shape[axis], start, stop, step)?;
                    maps.push(AxisMap::Along { axis: out.len(), start, step });
                    out.push(len);
                }
            }
        }
        Ok((View(maps), out))
    }
}

/// A non-negative index, from an index that may count from the end.
fn resolve(index: i64, size: u64, axis: usize) -> Result<u64> {
    let at = if index < 0 { index + size as i64 } else { index };
    if at < 0 || at as u64 >= size {
        return Err(Error::Index { index, axis, size });
    }
    Ok(at as u64)
}

/// Python's `slice.indices`: first index, step and length.
fn slice(size: u64, start: Option<i64>, stop: Option<i64>, step: Option<i64>) -> Result<(i64, i64, u64)> {
    let n = size as i64;
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Error::Shape("slice step cannot be zero".into()));
    }
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let clip = |v: i64| (if v < 0 { v.saturating_add(n) } else { v }).clamp(low, high);
    let start = start.map_or(if step > 0 { low } else { high }, clip);
    let stop = stop.map_or(if step > 0 { high } else { low }, clip);
    let span = if step > 0 { stop - start } else { start - stop };
    let len = if span <= 0 { 0 } else { ((span - 1) as u64 / step.unsigned_abs()) + 1 };
    Ok(match len {
        0 => (0, step.signum(), 0),
        // the step of a single element is never used, and it may be too large to be composed with another
        1 => (start, step.signum(), 1),
        _ => (start, step, len),
    })
}

/// The shape that all of `shapes` broadcast to.
pub(crate) fn broadcast_shape<'a>(shapes: impl IntoIterator<Item = &'a [u64]> + Clone) -> Result<Vec<u64>> {
    let ndim = shapes.clone().into_iter().map(<[u64]>::len).max().unwrap_or(0);
    let mut out = vec![1; ndim];
    for shape in shapes.clone() {
        for (o, &n) in out[ndim - shape.len()..].iter_mut().zip(shape) {
            if *o == 1 {
                *o = n;
            } else if n != 1 && n != *o {
                let all: Vec<String> = shapes.into_iter().map(show).collect();
                return Err(Error::Shape(format!(
                    "operands could not be broadcast together with shapes {}",
                    all.join(" ")
                )));
            }
        }
    }
    Ok(out)
}

/// A shape as Python prints it.
pub(crate) fn show(shape: &[u64]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => format!("({})", many.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Non-negative, distinct axes, from axes that may count from the end, in the given order.
pub(crate) fn resolve_axes(axes: &[i64], ndim: usize) -> Result<Vec<usize>> {
    let mut out = Vec::with_capacity(axes.len());
    for &axis in axes {
        let at = if axis < 0 { axis + ndim as i64 } else { axis };
        if at < 0 || at as usize >= ndim {
            return Err(Error::Axis { axis, ndim });
        }
        if out.contains(&(at as usize)) {
            return Err(Error::DuplicateAxis(axis));
        }
        out.push(at as usize);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(start: Option<i64>, stop: Option<i64>, step: Option<i64>) -> Index {
        Index::Slice { start, stop, step }
    }

    #[test]
    fn slices_follow_python() {
        // (start, stop, step) of range(*slice(..).indices(10)), from Python
        assert_eq!(slice(10, None, None, None).unwrap(), (0, 1, 10));
        assert_eq!(slice(10, None, None, Some(-1)).unwrap(), (9, -1, 10));
        assert_eq!(slice(10, Some(-3), None, None).unwrap(), (7, 1, 3));
        assert_eq!(slice(10, Some(8), Some(2), Some(-3)).unwrap(), (8, -3, 2));
        assert_eq!(slice(10, Some(100), Some(-100), Some(-4)).unwrap(), (9, -4, 3));
        assert_eq!(slice(10, Some(5), Some(5), None).unwrap().2, 0);
        assert!(slice(10, None, None, Some(0)).is_err());
        assert_eq!(slice(3, Some(i64::MIN), Some(i64::MAX), None).unwrap(), (0, 1, 3));
        assert_eq!(slice(3, None, None, Some(i64::MAX)).unwrap(), (0, 1, 1));
        assert_eq!(slice(3, None, None, Some(i64::MIN)).unwrap(), (2, -1, 1));
    }

    #[test]
    fn subscripts_compose() {
        let (first, shape) =
            View::subscript(&[10, 20, 30], &[s(None, None, Some(-2)), Index::Ellipsis, Index::At(-1)])
                .unwrap();
        assert_eq!(shape, [5, 20]);
        let (second, shape) =
            View::subscript(&shape, &[Index::At(1), Index::NewAxis, s(Some(4), None, Some(5))]).unwrap();
        assert_eq!(shape, [1, 4]);
        let both = first.through(&second);
        assert_eq!(both.0, [AxisMap::At(7), AxisMap::Along { axis: 1, start: 4, step: 5 }, AxisMap::At(29)]);
    }

    #[test]
    fn broadcasting_follows_numpy() {
        assert_eq!(broadcast_shape([&[3, 1][..], &[4], &[]]).unwrap(), [3, 4]);
        assert_eq!(broadcast_shape([&[0, 1][..], &[1, 5]]).unwrap(), [0, 5]);
        assert!(broadcast_shape([&[3][..], &[4]]).is_err());
        assert!(View::broadcast(&[3], &[3, 4]).is_err());
    }
}
