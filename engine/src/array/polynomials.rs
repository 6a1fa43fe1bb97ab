//! Polynomials as vectors of their coefficients, that of the highest power first.

use super::{Array, IntoArray};
use crate::{Context, Expr, Result};

/// Polynomials by the names of NumPy's functions. The array has one axis.
impl Array {
    /// The polynomial with these roots, at most 1000. They are read now, with the default context.
    #[track_caller]
    pub fn poly(&self) -> Array {
        Array::make(|| self.expr()?.poly(&Context::default()))
    }

    /// The values of the polynomial, of at most 1000 coefficients, at `x`.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let square = Array::from(vec![1, 0, 0]);
    /// assert_eq!(square.polyval(vec![2, 3]).compute()?.to_string(), "[4 9]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn polyval(&self, x: impl IntoArray) -> Array {
        self.with(x, Expr::polyval)
    }

    /// The sum of two polynomials.
    #[track_caller]
    pub fn polyadd(&self, other: impl IntoArray) -> Array {
        self.with(other, |a, b| a.polyadd(b, false))
    }

    /// The difference of two polynomials.
    #[track_caller]
    pub fn polysub(&self, other: impl IntoArray) -> Array {
        self.with(other, |a, b| a.polyadd(b, true))
    }

    /// The product of two polynomials. Leading zeros are left out, so coefficients are read now, with the default
    /// context.
    #[track_caller]
    pub fn polymul(&self, other: impl IntoArray) -> Array {
        self.with(other, |a, b| a.polymul(b, &Context::default()))
    }

    /// The quotient and the remainder of two polynomials, in floats. They are computed now, with the memory, threads,
    /// progress and cancellation of `context`.
    ///
    /// # Errors
    /// The error that an array carries; when one has more than one axis or no elements, or the quotient would have more
    /// than 1000 coefficients; as [`Array::compute`].
    pub fn polydiv(&self, divisor: impl IntoArray, context: &Context) -> Result<(Array, Array)> {
        let [quotient, rest] = self.expr()?.polydiv(divisor.into_array().expr()?, context)?;
        Ok((quotient.into(), rest.into()))
    }

    /// The derivative of this order.
    #[track_caller]
    pub fn polyder(&self, order: i64) -> Array {
        Array::make(|| self.expr()?.polyder(order))
    }

    /// The integral of this order, with constants of 0.
    #[track_caller]
    pub fn polyint(&self, order: i64) -> Array {
        Array::make(|| self.expr()?.polyint(order, None))
    }
}
