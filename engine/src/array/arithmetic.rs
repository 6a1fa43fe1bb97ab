//! Elementwise functions of several steps or of several results, and comparisons of whole arrays.

use super::{Array, IntoArray};
use crate::{Beyond, Closeness, Expr, Result, Scalar};

impl Array {
    /// Two arrays of a function of two results; both carry its error, if it has one.
    #[track_caller]
    fn pair(&self, build: impl FnOnce(&Expr) -> Result<[Expr; 2]>) -> (Array, Array) {
        let both = self.expr().and_then(build);
        let part = |k: usize| match &both {
            Ok(parts) => Ok(parts[k].clone()),
            Err(error) => Err(error),
        };
        match (part(0), part(1)) {
            (Ok(first), Ok(second)) => (first.into(), second.into()),
            _ => {
                let failed = Array::make(|| both.map(|[first, _]| first));
                (failed.clone(), failed)
            }
        }
    }

    /// Rounded to this many decimals, ties to even, as NumPy's `round(a, decimals)`; negative decimals round to tens,
    /// hundreds and so on. [`Array::round`] rounds to whole numbers.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1.255, -2.5, 1234.0]);
    /// assert_eq!(a.round_to(-2).compute()?.to_string(), "[   0.   -0. 1200.]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn round_to(&self, decimals: i64) -> Array {
        Array::make(|| self.expr()?.round_to(decimals))
    }

    /// The floor of the quotient, and the remainder, as Python's `divmod`.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let (quotient, rest) = Array::from(vec![7, -7]).divmod(2);
    /// assert_eq!(quotient.compute()?.to_string(), "[ 3 -4]");
    /// assert_eq!(rest.compute()?.to_string(), "[1 1]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn divmod(&self, divisor: impl IntoArray) -> (Array, Array) {
        let divisor = divisor.into_array();
        self.pair(|x| x.divmod(divisor.expr()?))
    }

    /// Whether the imaginary part of each element is not zero.
    #[track_caller]
    pub fn iscomplex(&self) -> Array {
        Array::make(|| self.expr()?.iscomplex())
    }

    /// Whether the imaginary part of each element is zero.
    #[track_caller]
    pub fn isreal(&self) -> Array {
        Array::make(|| self.expr()?.isreal())
    }

    /// The magnitude of real numbers, as floats.
    #[track_caller]
    pub fn fabs(&self) -> Array {
        Array::make(|| self.expr()?.fabs())
    }

    /// The part after the point and the whole part, both with the sign of the element.
    #[track_caller]
    pub fn modf(&self) -> (Array, Array) {
        self.pair(Expr::modf)
    }

    /// The digits, between 1/2 and 1, and the exponent of two, as `int32`: the element is their [`Array::ldexp`].
    #[track_caller]
    pub fn frexp(&self) -> (Array, Array) {
        self.pair(Expr::frexp)
    }

    /// The power in `float64`, or in `complex128` if an operand is complex.
    #[track_caller]
    pub fn float_power(&self, exponent: impl IntoArray) -> Array {
        let exponent = exponent.into_array();
        Array::make(|| self.expr()?.float_power(exponent.expr()?))
    }

    /// sin(pi x) / (pi x), and 1 at 0.
    #[track_caller]
    pub fn sinc(&self) -> Array {
        Array::make(|| self.expr()?.sinc())
    }

    /// The angle of complex numbers in radians. `rad2deg` gives degrees.
    #[track_caller]
    pub fn angle(&self) -> Array {
        Array::make(|| self.expr()?.angle(false))
    }

    /// Whether elements are plus infinity. Not for complex numbers.
    #[track_caller]
    pub fn isposinf(&self) -> Array {
        Array::make(|| self.expr()?.is_signed_infinity(false))
    }

    /// Whether elements are minus infinity. Not for complex numbers.
    #[track_caller]
    pub fn isneginf(&self) -> Array {
        Array::make(|| self.expr()?.is_signed_infinity(true))
    }

    /// NaN replaced by `nan`, and infinities by the greatest and the least number of the type.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(vec![1.0, f64::NAN]);
    /// assert_eq!(a.nan_to_num(-1).compute()?.to_string(), "[ 1. -1.]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn nan_to_num(&self, nan: impl IntoArray) -> Array {
        let nan = nan.into_array();
        Array::make(|| self.expr()?.nan_to_num(nan.expr()?, None, None))
    }

    /// NaN, plus infinity and minus infinity replaced by these three.
    #[track_caller]
    pub fn finite_or(&self, nan: impl IntoArray, posinf: impl IntoArray, neginf: impl IntoArray) -> Array {
        let (nan, posinf, neginf) = (nan.into_array(), posinf.into_array(), neginf.into_array());
        Array::make(|| self.expr()?.nan_to_num(nan.expr()?, Some(posinf.expr()?), Some(neginf.expr()?)))
    }

    /// Whether elements are close to those of `other`: |a - b| <= 1e-8 + 1e-5 |b|. NaN is close to nothing.
    #[track_caller]
    pub fn isclose(&self, other: impl IntoArray) -> Array {
        let other = other.into_array();
        Array::make(|| self.expr()?.isclose(other.expr()?, &Closeness::default()))
    }

    /// Whether elements are close to those of `other`: |a - b| <= atol + rtol |b|.
    #[track_caller]
    pub fn isclose_to(&self, other: impl IntoArray, rtol: f64, atol: f64, equal_nan: bool) -> Array {
        let other = other.into_array();
        let how = Closeness { rtol: Expr::scalar(rtol), atol: Expr::scalar(atol), equal_nan };
        Array::make(|| self.expr()?.isclose(other.expr()?, &how))
    }

    /// Whether all elements are close to those of `other`, as [`Array::isclose`]: one boolean.
    #[track_caller]
    pub fn allclose(&self, other: impl IntoArray) -> Array {
        let other = other.into_array();
        Array::make(|| self.expr()?.allclose(other.expr()?, &Closeness::default()))
    }

    /// Whether both arrays have one shape and equal elements: one boolean.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(vec![1, 2]);
    /// assert_eq!(a.array_equal(vec![1.0, 2.0]).compute()?.to_string(), "True");
    /// assert_eq!(a.array_equal(vec![1]).compute()?.to_string(), "False");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn array_equal(&self, other: impl IntoArray) -> Array {
        let other = other.into_array();
        Array::make(|| self.expr()?.array_equal(other.expr()?, false))
    }

    /// Whether the arrays broadcast together and have equal elements then: one boolean.
    #[track_caller]
    pub fn array_equiv(&self, other: impl IntoArray) -> Array {
        let other = other.into_array();
        Array::make(|| self.expr()?.array_equiv(other.expr()?))
    }

    /// The values at these places of the function that goes in straight lines through the points (`xp`, `fp`), as
    /// NumPy's `interp`. `xp` must ascend, unless there is a period. All points are held in memory.
    ///
    /// ```
    /// use arrstore::{Beyond, prelude::*};
    /// let x = Array::from(vec![0.5, 2.0, 9.0]);
    /// let y = x.interp(vec![0, 1, 3], vec![0, 10, 30], Beyond::default());
    /// assert_eq!(y.compute()?.to_string(), "[ 5. 20. 30.]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn interp(&self, xp: impl IntoArray, fp: impl IntoArray, beyond: Beyond) -> Array {
        let (xp, fp) = (xp.into_array(), fp.into_array());
        Array::make(|| self.expr()?.interp(xp.expr()?, fp.expr()?, beyond))
    }

    /// Angles along an axis without the jumps of a period: where the distance to the element before is at least half a
    /// period, a multiple of the period is added.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(vec![0, 1, 2, -1, 0]);
    /// assert_eq!(a.unwrap(0, 4).compute()?.to_string(), "[0 1 2 3 4]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn unwrap(&self, axis: i64, period: impl Into<Scalar>) -> Array {
        let period = period.into();
        Array::make(|| self.expr()?.unwrap(None, axis, period))
    }
}
