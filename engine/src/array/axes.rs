//! Ways to name axes and lengths.

use std::ops::RangeFull;

use super::slice::whole;

/// Axes of an array: a number, several numbers, or `..` for all of them. Negative numbers count from the last axis.
///
/// ```
/// use arrstore::prelude::*;
/// let a = Array::from(&ndarray::array![[1, 2], [3, 4]]);
/// assert_eq!(a.sum(0).compute()?.to_string(), "[4 6]");
/// assert_eq!(a.sum([0, -1]).compute()?.to_string(), "10");
/// assert_eq!(a.sum(..).compute()?.to_string(), "10");
/// # Ok::<(), arrstore::Error>(())
/// ```
pub trait IntoAxes {
    /// The axes; `None` for all.
    fn into_axes(self) -> Option<Vec<i64>>;
}

/// The lengths of a new shape: one number or several. A length of -1 is computed from the others.
pub trait IntoShape {
    /// The lengths.
    fn into_shape(self) -> Vec<i64>;
}

impl IntoAxes for RangeFull {
    fn into_axes(self) -> Option<Vec<i64>> {
        None
    }
}

macro_rules! numbers {
    ($trait:ident $method:ident -> $out:ty = $wrap:expr; $($t:ty)*) => { $(
        impl $trait for $t {
            fn $method(self) -> $out {
                $wrap(vec![whole(self)])
            }
        }
        impl<const N: usize> $trait for [$t; N] {
            fn $method(self) -> $out {
                self.as_slice().$method()
            }
        }
        impl<const N: usize> $trait for &[$t; N] {
            fn $method(self) -> $out {
                self.as_slice().$method()
            }
        }
        impl $trait for &[$t] {
            fn $method(self) -> $out {
                $wrap(self.iter().map(|&n| whole(n)).collect())
            }
        }
        impl $trait for Vec<$t> {
            fn $method(self) -> $out {
                self.as_slice().$method()
            }
        }
    )* };
}
numbers!(IntoAxes into_axes -> Option<Vec<i64>> = Some; i32 i64 isize usize);
numbers!(IntoShape into_shape -> Vec<i64> = std::convert::identity; i32 i64 isize u64 usize);
