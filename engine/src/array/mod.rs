//! The lazy array that a program computes with: built by operators and methods, computed when asked for.
//!
//! # Errors while building
//!
//! An expression can be wrong before any data is read: shapes that do not broadcast, an axis that does not exist, a
//! type without such a function. `(&a - &b) / &c` has no room for a `?` at each step, so a step that fails makes an
//! array that carries the error, with the place in the program of that step. Each function that computes the array
//! reports the error: [`Array::compute`], [`Array::save`], [`Store::write`](crate::Store::write) and the others. A
//! program that has to know at once calls [`Array::check`]: `let c = (&a + &b).check()?`.
//!
//! A panic, as in `ndarray`, would end a program because of a shape that came from a file. A `Result` at every operator
//! could not be chained. Waiting loses nothing, because nothing has been read yet.
//!
//! ```
//! use arrstore::prelude::*;
//!
//! let a = Array::from(&ndarray::array![1.0, 2.0, 3.0]);
//! let b = Array::from(&ndarray::array![1.0, 2.0]);
//! let error = (&a + &b).sqrt().compute().unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Shape);
//! assert!(error.to_string().starts_with("operands could not be broadcast together with shapes (3,) (2,), at "));
//! ```

mod arithmetic;
mod axes;
mod bits;
mod compute;
mod convert;
mod creation;
mod differences;
mod formula;
mod functions;
mod indexing;
mod joining;
mod map;
mod memory;
mod native;
mod operators;
mod order;
mod polynomials;
mod print;
mod products;
mod reduce;
mod reduced;
mod scan;
mod sets;
mod slice;
mod statistics;
mod text;
mod views;
mod window;

use std::panic::Location;
use std::sync::Arc;

pub use axes::{IntoAxes, IntoShape};
pub use compute::compute_all;
pub use convert::{IntoArray, Written};
pub use indexing::{IntoPart, IntoParts};
pub use native::Native;
pub use slice::{Ellipsis, NewAxis, Slice};
pub use statistics::IntoBins;
#[doc(hidden)]
pub use window::Window;

use crate::{DType, Error, Expr, Result};
use reduced::Reduced;

/// A lazy array: elements of a file or of memory, or results computed from them. A clone shares them; building an array
/// reads nothing and computes nothing.
///
/// Operators and functions follow NumPy 2: its names, its types, its broadcasting, its views. A number in a Rust
/// program (`2.0 * &a`) counts as a Python number: it takes the type of the arrays that it is combined with. `/` of
/// integers is the quotient as float64, as in Python; [`Array::floor_divide`] is `//`.
///
/// ```
/// use arrstore::prelude::*;
///
/// let t = Array::from(&ndarray::array![[1.0, 2.0], [3.0, 5.0]]);
/// let scaled = (&t - t.mean(0)) / t.std(0);
/// assert_eq!(scaled.compute()?.to_string(), "[[-1. -1.]\n [ 1.  1.]]");
/// # Ok::<(), arrstore::Error>(())
/// ```
///
/// A step that fails makes an array that carries its error: see the [module's text](crate::array).
#[derive(Clone)]
#[must_use = "an array is lazy: nothing is computed before it is asked for"]
pub struct Array {
    made: std::result::Result<Expr, Fault>,
    /// The reduction that gave this array, as long as its options can still change.
    reduced: Option<Arc<Reduced>>,
}

/// The reason why an array could not be built, and the place in the program.
#[derive(Clone)]
struct Fault {
    error: Arc<Error>,
    place: &'static Location<'static>,
}

impl Fault {
    fn new(error: Error, place: &'static Location<'static>) -> Fault {
        match error {
            // an operand's error keeps its own place
            Error::At { error, place } => Fault { error, place },
            error => Fault { error: Arc::new(error), place },
        }
    }
}

impl From<&Fault> for Error {
    fn from(fault: &Fault) -> Error {
        Error::At { error: fault.error.clone(), place: fault.place }
    }
}

impl From<Expr> for Array {
    fn from(expr: Expr) -> Array {
        Array { made: Ok(expr), reduced: None }
    }
}

impl Array {
    /// The array that `build` gives, or one that carries its error and the caller's place.
    #[track_caller]
    fn make(build: impl FnOnce() -> Result<Expr>) -> Array {
        let place = Location::caller();
        Array { made: build().map_err(|error| Fault::new(error, place)), reduced: None }
    }

    /// The array's expression in the graph.
    ///
    /// # Errors
    /// The error that it carries.
    #[doc(hidden)]
    pub fn expr(&self) -> Result<&Expr> {
        self.made.as_ref().map_err(Error::from)
    }

    /// The array itself, if it could be built.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1.0, 2.0]);
    /// let b = (&a + 1).check()?;
    /// assert!(a.sum(1).check().is_err());
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error that it carries, with the place in the program where it was made.
    pub fn check(self) -> Result<Array> {
        match &self.made {
            Ok(_) => Ok(self),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Elements along each axis.
    ///
    /// # Errors
    /// When the array could not be built, as [`Array::check`].
    pub fn shape(&self) -> Result<&[u64]> {
        self.expr().map(Expr::shape)
    }

    /// Number of axes.
    ///
    /// # Errors
    /// As [`Array::shape`].
    pub fn ndim(&self) -> Result<usize> {
        self.expr().map(Expr::ndim)
    }

    /// Number of elements.
    ///
    /// # Errors
    /// As [`Array::shape`].
    pub fn len(&self) -> Result<u64> {
        self.shape().and_then(crate::elements)
    }

    /// Whether the array has no elements.
    ///
    /// # Errors
    /// As [`Array::shape`].
    pub fn is_empty(&self) -> Result<bool> {
        self.len().map(|n| n == 0)
    }

    /// Type of the elements.
    ///
    /// # Errors
    /// As [`Array::shape`].
    pub fn dtype(&self) -> Result<DType> {
        self.expr().map(Expr::dtype)
    }

    /// Reads `text` as an expression over these arrays, in Python's grammar with NumPy's names.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let t = Array::from(&ndarray::array![[1.0, 2.0], [3.0, 5.0]]);
    /// let scaled = Array::formula("(t - mean(t, axis=0)) / std(t, axis=0)", &[("t", &t)])?;
    /// assert_eq!(scaled.compute()?.to_string(), "[[-1. -1.]\n [ 1.  1.]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Text`], which points at the place in the text that is wrong; the errors that the arrays carry.
    pub fn formula(text: &str, arrays: &[(&str, &Array)]) -> Result<Array> {
        match <[Array; 1]>::try_from(crate::text::Formula::parse(text)?.arrays(arrays)?) {
            Ok([array]) => Ok(array),
            Err(several) => Err(Error::Value(format!(
                "expected one expression, found {} separated by commas in '{text}'",
                several.len()
            ))),
        }
    }
}
