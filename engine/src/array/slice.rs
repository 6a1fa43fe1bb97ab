//! Parts of an index, as written in [`s!`](crate::s).

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use crate::view::Index;

/// One part of an index: an integer, a range with or without a step, [`NewAxis`] or [`Ellipsis`].
///
/// Integers and bounds may be negative: they then count from the end of the axis. A range that goes beyond the end is
/// cut there, as in Python; an integer beyond the end is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice(Index);

/// A new axis of length 1, in [`s!`](crate::s).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAxis;

/// All axes that no other part names, in [`s!`](crate::s).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ellipsis;

/// An index for [`Array::slice`](crate::Array::slice), written as for `ndarray`: integers, ranges, and ranges with a
/// step after a semicolon. [`NewAxis`] and [`Ellipsis`] are additions: `ndarray` does not have them.
///
/// The range selects elements, and the step selects the order: a negative step walks from the last element back. So
/// `..;-1` reverses an axis, and `2..8;-2` is 7, 5, 3. (Python writes the same as `[7:1:-2]`, whose bounds select other
/// elements when the sign of the step changes.)
///
/// ```
/// use arrstore::prelude::*;
/// let a = Array::from(&ndarray::arr1(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
/// assert_eq!(a.slice(s![2..8;-2]).compute()?.to_string(), "[7 5 3]");
/// assert_eq!(a.slice(s![-3..]).compute()?.to_string(), "[7 8 9]");
/// assert_eq!(a.slice(s![NewAxis, ..3]).compute()?.to_string(), "[[0 1 2]]");
/// assert_eq!(a.slice(s![-1]).compute()?.to_string(), "9");
/// # Ok::<(), arrstore::Error>(())
/// ```
#[macro_export]
macro_rules! s {
    (@part $part:expr) => { $crate::Slice::from($part) };
    (@part $range:expr; $step:expr) => { $crate::Slice::steps($range, $step) };
    ($($part:expr $(; $step:expr)?),* $(,)?) => { [$($crate::s!(@part $part $(; $step)?)),*] };
}

/// A range, which can have a step.
#[doc(hidden)]
pub trait Steps: Into<Slice> {}

impl Slice {
    /// A range in steps of `step`. A negative step starts at the end of the range and goes back.
    pub fn steps(range: impl Steps, step: i64) -> Slice {
        Slice(match range.into().0 {
            Index::Slice { start, stop, .. } => Index::Slice { start, stop, step: Some(step) },
            other => other,
        })
    }

    /// The part in ascending order, and the part that then reverses the result.
    pub(super) fn turned(self) -> (Index, Option<Index>) {
        match self.0 {
            Index::Slice { start, stop, step: Some(step) } if step < 0 => (
                Index::Slice { start, stop, step: None },
                Some(Index::Slice { start: None, stop: None, step: Some(step) }),
            ),
            Index::At(_) => (self.0, None),
            Index::Ellipsis => (self.0, Some(Index::Ellipsis)),
            Index::Slice { .. } | Index::NewAxis => (self.0, Some(Index::ALL)),
        }
    }

    /// The part, or `None` if its step is negative.
    pub(crate) fn ascending(self) -> Option<Index> {
        (!matches!(self.0, Index::Slice { step: Some(step), .. } if step < 0)).then_some(self.0)
    }

    fn between(start: Option<i64>, stop: Option<i64>) -> Slice {
        Slice(Index::Slice { start, stop, step: None })
    }
}

impl From<NewAxis> for Slice {
    fn from(_: NewAxis) -> Slice {
        Slice(Index::NewAxis)
    }
}

impl From<Ellipsis> for Slice {
    fn from(_: Ellipsis) -> Slice {
        Slice(Index::Ellipsis)
    }
}

impl Steps for RangeFull {}

impl From<RangeFull> for Slice {
    fn from(_: RangeFull) -> Slice {
        Slice(Index::ALL)
    }
}

/// The number of an index. A number too large for an `i64` becomes `i64::MAX`, which is beyond every axis.
pub(super) fn whole<T: TryInto<i64>>(index: T) -> i64 {
    index.try_into().unwrap_or(i64::MAX)
}

/// The bound after the last index of an inclusive range: after -1 comes the end (`None`), not 0.
fn after(last: i64) -> Option<i64> {
    if last == -1 { None } else { Some(last.saturating_add(1)) }
}

macro_rules! parts {
    ($($t:ty)*) => { $(
        impl From<$t> for Slice {
            fn from(index: $t) -> Slice {
                Slice(Index::At(whole(index)))
            }
        }
        impl Steps for Range<$t> {}
        impl Steps for RangeFrom<$t> {}
        impl Steps for RangeTo<$t> {}
        impl Steps for RangeInclusive<$t> {}
        impl Steps for RangeToInclusive<$t> {}
        impl From<Range<$t>> for Slice {
            fn from(range: Range<$t>) -> Slice {
                Slice::between(Some(whole(range.start)), Some(whole(range.end)))
            }
        }
        impl From<RangeFrom<$t>> for Slice {
            fn from(range: RangeFrom<$t>) -> Slice {
                Slice::between(Some(whole(range.start)), None)
            }
        }
        impl From<RangeTo<$t>> for Slice {
            fn from(range: RangeTo<$t>) -> Slice {
                Slice::between(None, Some(whole(range.end)))
            }
        }
        impl From<RangeInclusive<$t>> for Slice {
            fn from(range: RangeInclusive<$t>) -> Slice {
                Slice::between(Some(whole(*range.start())), after(whole(*range.end())))
            }
        }
        impl From<RangeToInclusive<$t>> for Slice {
            fn from(range: RangeToInclusive<$t>) -> Slice {
                Slice::between(None, after(whole(range.end)))
            }
        }
    )* };
}
parts!(i32 i64 isize u64 usize);
