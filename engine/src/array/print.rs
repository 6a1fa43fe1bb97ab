//! Arrays and results as text.

use std::fmt;
use std::ops::Range;

use super::{Array, compute_all};
use crate::display::Corners;
use crate::view::{Index, show};
use crate::{Context, Error, Result, Value, display};

/// As NumPy prints the array.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&display::display(self.dtype(), self.shape(), self.bytes()))
    }
}

/// As NumPy prints the array, computed with the default context. A large array computes only the edges that are
/// printed. If that fails, the error is printed instead; [`Array::compute`] returns it.
impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text_in(&Context::default()) {
            Ok(text) => f.pad(&text),
            Err(error) => write!(f, "<{error}>"),
        }
    }
}

/// Type and shape, or the error.
impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expr() {
            Ok(expr) => write!(f, "Array<{}>{}", expr.dtype(), show(expr.shape())),
            Err(error) => write!(f, "Array<{error}>"),
        }
    }
}

impl Array {
    /// The array as NumPy prints it, computed with the memory, threads and cancellation of `context`. A large array computes
    /// only the edges that are printed.
    ///
    /// # Errors
    /// As [`Array::compute_in`].
    pub fn text_in(&self, context: &Context) -> Result<String> {
        let (dtype, shape) = (self.dtype()?, self.shape()?);
        if shape.contains(&0) {
            return Ok(display::display(dtype, shape, &[]));
        }
        let Some(corners) = Corners::of(shape) else { return Ok(self.compute_in(context)?.to_string()) };
        if corners.are_too_many() {
            return Err(Error::Value(format!(
                "an array with {} long axes is too large to print; print a part of it",
                shape.len()
            )));
        }
        let part = |part: &[Range<u64>]| {
            let index: Vec<Index> = part.iter().cloned().map(Index::from).collect();
            Ok(Array::from(self.expr()?.index(&index)?))
        };
        let parts = corners.boxes().map(part).collect::<Result<Vec<Array>>>()?;
        let values = compute_all(&parts, context)?;
        let printed = corners.assemble(dtype, values.iter().map(Value::bytes));
        Ok(display::display_summary(dtype, shape, &printed))
    }
}
