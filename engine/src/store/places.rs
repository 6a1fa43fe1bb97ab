//! Assignment through arrays of indices and masks.

use super::Transaction;
use super::scatter::{How, Scatter};
use crate::array::IntoParts;
use crate::compose::{Mode, Part};
use crate::op::Op;
use crate::promote::{Operand, is_exact, signature};
use crate::source::elements;
use crate::view::show;
use crate::{Array, DType, Error, Expr, IntoArray, Result};

impl Transaction {
    /// Assigns to the elements that arrays of indices and masks name, beside slices and integers: NumPy's
    /// `a[parts] = value`. The parts are those of [`Array::at`]. The value is a number, or an array that broadcasts to
    /// the shape of `a[parts]`; it is cast to the array's type. Of several values for one element, the last stays. Each
    /// chunk that changes is read and written once for each batch of elements.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::create(folder.path().join("x.arrs"))?;
    /// store.write("/t", &ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
    /// let large = store.array("/t")?.gt(2.5);
    /// store.transaction(|tx| {
    ///     tx.set_at("/t", (&large,), 0)?;
    ///     tx.set_at("/t", (.., Array::from([1i64])), -1)
    /// })?;
    /// assert_eq!(store.array("/t")?.to_string(), "[[ 1. -1.]\n [ 0. -1.]]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such array, an index is out of bounds, a mask has another shape, the shape of the value does not
    /// fit, or imaginary parts would be lost; as [`Store::write`](crate::Store::write).
    pub fn set_at(&self, name: &str, parts: impl IntoParts, value: impl IntoArray) -> Result<()> {
        self.scatter(name, &parts.into_parts()?, &value.into_array(), How::Set)
    }

    /// Adds to the elements that the parts name: NumPy's `add.at`. An element that is named several times takes all of
    /// its values, one after the other in C order. The sum must have the type of the array.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::create(folder.path().join("x.arrs"))?;
    /// store.write("/counts", &ndarray::array![0i64, 0, 0])?;
    /// store.transaction(|tx| tx.add_at("/counts", (Array::from([2i64, 0, 2]),), 1))?;
    /// assert_eq!(store.array("/counts")?.to_string(), "[1 0 2]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Transaction::set_at`], and when the type of the sum is not that of the array.
    pub fn add_at(&self, name: &str, parts: impl IntoParts, value: impl IntoArray) -> Result<()> {
        self.combine_at(Op::Add, name, parts, value)
    }

    /// As [`Transaction::add_at`], with another operation of two operands: NumPy's `ufunc.at`.
    ///
    /// # Errors
    /// As [`Transaction::add_at`], and when the operation does not have two operands.
    pub fn combine_at(&self, op: Op, name: &str, parts: impl IntoParts, value: impl IntoArray) -> Result<()> {
        self.scatter(name, &parts.into_parts()?, &value.into_array(), How::Combine(op))
    }

    /// Assigns to the elements at `indices`, which count all elements in C order: NumPy's `put`. If the values are fewer
    /// than the indices, they are repeated.
    ///
    /// # Errors
    /// As [`Transaction::set_at`].
    pub fn put(&self, name: &str, indices: impl IntoArray, values: impl IntoArray) -> Result<()> {
        let (indices, values) = (indices.into_array(), values.into_array());
        let mut indices = flat(indices.expr()?)?;
        if is_exact(indices.dtype()) {
            // so that the size of the array fits beside them
            indices = indices.cast(DType::I64)?;
        }
        let shape = self.meta(name)?.shape;
        let Some(values) = repeated(values.expr()?, &counted(elements(indices.shape())?)?)? else {
            return Ok(());
        };
        let size = elements(&shape)?;
        indices.check_known(size, 0)?;
        let from_end = Expr::apply(Op::Less, &[indices.clone(), Expr::scalar(0)])?;
        let wrapped = Expr::apply(Op::Add, &[indices.clone(), Expr::scalar(size as i64)])?;
        let places = Expr::apply(Op::Where, &[from_end, wrapped, indices])?;
        let parts =
            places.unravel_index(&shape, self.context())?.into_iter().map(Part::Array).collect::<Vec<_>>();
        self.scatter(name, &parts, &Array::from(values), How::Set)
    }

    /// Assigns to the elements where a mask of the array's shape is true, each the value at its own place counted in C
    /// order: NumPy's `putmask`. If the values are fewer than the elements, they are repeated.
    ///
    /// # Errors
    /// As [`Transaction::set_at`].
    pub fn put_mask(&self, name: &str, mask: impl IntoArray, values: impl IntoArray) -> Result<()> {
        let (mask, values) = (mask.into_array(), values.into_array());
        let mask = self.covering(name, mask.expr()?)?;
        let places = mask.flatnonzero(self.context())?;
        let values = match values.expr()?.shape() == mask.shape() {
            true => Some(values.expr()?.masked(&mask, self.context())?),
            false => repeated(values.expr()?, &places)?,
        };
        let Some(values) = values else { return Ok(()) };
        self.scatter(name, &[Part::Array(mask)], &Array::from(values), How::Set)
    }

    /// Assigns to the elements where a mask of the array's shape is true, in C order, one value after the other: NumPy's
    /// `place`. If the values are fewer than these elements, they are repeated.
    ///
    /// # Errors
    /// As [`Transaction::set_at`], and when there are elements but no values.
    pub fn place(&self, name: &str, mask: impl IntoArray, values: impl IntoArray) -> Result<()> {
        let (mask, values) = (mask.into_array(), values.into_array());
        let mask = self.covering(name, mask.expr()?)?;
        let places = mask.flatnonzero(self.context())?;
        let count = elements(places.shape())?;
        match repeated(values.expr()?, &counted(count)?)? {
            Some(values) => self.scatter(name, &[Part::Array(mask)], &Array::from(values), How::Set),
            None if count > 0 => Err(Error::Value("place cannot take values from an empty array".into())),
            None => Ok(()),
        }
    }

    /// A mask of the shape of an array.
    fn covering(&self, name: &str, mask: &Expr) -> Result<Expr> {
        let shape = self.meta(name)?.shape;
        if mask.shape() != shape {
            return Err(Error::Shape(format!(
                "a mask for {name} has the shape {}, found {}",
                show(&shape),
                show(mask.shape())
            )));
        }
        mask.truths()
    }

    fn scatter(&self, name: &str, parts: &[Part], value: &Array, how: How) -> Result<()> {
        let id = self.find(name)?;
        let meta = self.inner().meta(id)?;
        let scatter = Scatter::named(&meta.shape, parts, self.context())?;
        let value = value.expr()?;
        if let How::Combine(op) = how {
            let signature = signature(op, &[Operand::Typed(meta.dtype), value.operand()])?;
            let [first, ..] = signature.inputs[..] else { return Err(Error::Value("no operands".into())) };
            if let Some(found) = [first, signature.output].into_iter().find(|&dtype| dtype != meta.dtype) {
                return Err(Error::dtype(&format!("{} of elements of {name}", op.name()), meta.dtype, found));
            }
        }
        let (fitted, drops) = scatter.fitted(value, &meta)?;
        if drops {
            return Err(Error::DType {
                what: format!("assigning to {name} would lose imaginary parts, unless real() is taken"),
                expected: meta.dtype,
                found: value.dtype(),
            });
        }
        self.step(|| scatter.write((self.inner(), id), &fitted, how, self.context()))
    }
}

/// An array as one line.
fn flat(array: &Expr) -> Result<Expr> {
    match array.ndim() {
        1 => array.typed(),
        _ => array.typed()?.reshape(&[-1]),
    }
}

/// The numbers from 0 to `count`, without it.
fn counted(count: u64) -> Result<Expr> {
    // the places of as many true elements
    let one = Expr::scalar(true).cast(DType::Bool)?.broadcast_to(&[count])?;
    let numbers =
        one.cumsum(&crate::ScanOptions { axis: Some(0), dtype: Some(DType::I64), include_initial: false })?;
    Expr::apply(Op::Subtract, &[numbers, Expr::scalar(1)])
}

/// The values for elements with these numbers, which go around the values; `None` if there are no values.
fn repeated(values: &Expr, numbers: &Expr) -> Result<Option<Expr>> {
    match elements(values.shape())? {
        0 => Ok(None),
        1 => values.typed()?.reshape(&[1])?.broadcast_to(numbers.shape()).map(Some),
        _ => values.take(numbers, None, Mode::Wrap).map(Some),
    }
}
