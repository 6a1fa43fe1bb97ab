//! Computing an array: to memory, to `ndarray`, to a file.

use std::path::Path;

use ndarray::{ArrayD, ArrayViewD};

use super::{Array, Native, window};
use crate::plan::{Explain, Plan, Target};
use crate::{Context, Element, Error, Expr, Result, Value};

/// Computes several arrays together: parts that they share are computed once, and passes over the same data are
/// combined.
///
/// ```
/// use arrstore::prelude::*;
/// let a = Array::from(&ndarray::array![1.0, 2.0, 6.0]);
/// let [low, high, mean] = [a.min(..), a.max(..), a.mean(..)];
/// let found = compute_all([&low, &high, &mean], &Context::default())?;
/// assert_eq!(found[2].item::<f64>()?, 3.0);
/// # Ok::<(), arrstore::Error>(())
/// ```
///
/// # Errors
/// As [`Array::compute`].
pub fn compute_all<'a>(arrays: impl IntoIterator<Item = &'a Array>, context: &Context) -> Result<Vec<Value>> {
    let root = |array: &Array| Ok((array.expr()?.clone(), Target::Memory));
    let roots: Vec<(Expr, Target)> = arrays.into_iter().map(root).collect::<Result<_>>()?;
    let values = Plan::new(&roots, context)?.run(context)?;
    let value = |value: Option<Value>| value.ok_or_else(|| Error::internal("the plan gave no value"));
    values.into_iter().map(value).collect()
}

impl Array {
    /// The elements, computed into memory with the default [`Context`].
    ///
    /// # Errors
    /// The error that the array carries; [`Error::Budget`] when the computation does not fit in the budget (the error
    /// says which budget would do); when a file cannot be read or is damaged; when an operation has no answer for these
    /// values.
    pub fn compute(&self) -> Result<Value> {
        self.compute_in(&Context::default())
    }

    /// As [`Array::compute`], with the memory, threads, progress and cancellation of `context`.
    ///
    /// # Errors
    /// As [`Array::compute`], and [`Error::Cancelled`].
    pub fn compute_in(&self, context: &Context) -> Result<Value> {
        let value = compute_all([self], context)?.pop();
        value.ok_or_else(|| Error::internal("the plan gave no value"))
    }

    /// Computes the elements and gives them as an array of `ndarray`.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
    /// let rows: ndarray::ArrayD<f64> = a.sum(1).to_ndarray()?;
    /// assert_eq!(rows, ndarray::array![3.0, 7.0].into_dyn());
    /// assert!(a.to_ndarray::<f32>().is_err());
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Array::compute`], and [`Error::DType`] when `T` is not the element type: [`Array::astype`] converts.
    pub fn to_ndarray<T: Native>(&self) -> Result<ArrayD<T>> {
        check_dtype::<T>(self.expr()?)?;
        self.compute()?.to_ndarray()
    }

    /// The elements in place, without a copy; `None` when only [`Array::compute`] can give them. A view is possible for
    /// elements in memory and for a mapped file: a `.npy` file, or a stored array of one raw chunk. The view follows
    /// slices, new axes and axes in another order. Booleans appear as `u8`. Checksums of elements in a file are checked
    /// first.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
    /// let column = a.slice(s![..;-1, 0]);
    /// assert_eq!(column.view::<f64>()?, Some(ndarray::array![3.0, 1.0].view().into_dyn()));
    /// assert_eq!((&a + 1).view::<f64>()?, None);
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error that the array carries; [`Error::DType`] when `T` is not the element type; when a file cannot be read
    /// or is damaged.
    pub fn view<T: Element>(&self) -> Result<Option<ArrayViewD<'_, T>>> {
        let expr = self.expr()?;
        if !T::can_view(expr.dtype()) {
            return Err(Error::dtype("an array seen in place", expr.dtype(), T::DTYPE));
        }
        window::view(expr)
    }

    /// The plan of the computation: its passes, the bytes that they read and write, and the memory that they take.
    ///
    /// # Errors
    /// As [`Array::compute`], except for errors that only reading can show.
    pub fn explain(&self, context: &Context) -> Result<Explain> {
        let plan = Plan::new(&[(self.expr()?.clone(), Target::Memory)], context)?;
        Ok(plan.explain(context.budget.total()))
    }

    /// Computes the array into a file. The path gives the format: `.npy`, `.raw`, or an array of an `.arrs` file
    /// (`climate.arrs:/anomaly`), an `.npz` archive or a Zarr store. The file is replaced in one step; when something
    /// fails, the old file stays as it was.
    ///
    /// # Errors
    /// As [`Array::compute`]; when the file cannot be written, or its format is none of these.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save_in(path, &Context::default())
    }

    /// As [`Array::save`], with the memory, threads, progress and cancellation of `context`.
    ///
    /// # Errors
    /// As [`Array::save`], and [`Error::Cancelled`].
    pub fn save_in(&self, path: impl AsRef<Path>, context: &Context) -> Result<()> {
        crate::place::save(self, path.as_ref(), context)
    }
}

/// Refuses a type that is not the type of the elements.
fn check_dtype<T: Native>(expr: &Expr) -> Result<()> {
    if T::DTYPE == expr.dtype() {
        return Ok(());
    }
    Err(Error::dtype("elements of an array", expr.dtype(), T::DTYPE))
}

impl Value {
    /// A copy as an array of `ndarray`; [`Value::view`] gives the elements without a copy.
    ///
    /// # Errors
    /// [`Error::DType`] when `T` is not the element type.
    pub fn to_ndarray<T: Native>(&self) -> Result<ArrayD<T>> {
        if T::DTYPE != self.dtype() {
            return Err(Error::dtype("elements of an array", self.dtype(), T::DTYPE));
        }
        let shape: Vec<usize> = self.shape().iter().map(|&n| n as usize).collect();
        let stored: &[T::Stored] =
            bytemuck::try_cast_slice(self.bytes()).map_err(|e| Error::Other(e.to_string()))?;
        let elements = stored.iter().map(|&element| T::of(element)).collect();
        ArrayD::from_shape_vec(shape, elements).map_err(|e| Error::Shape(e.to_string()))
    }

    /// The only element.
    ///
    /// # Errors
    /// [`Error::DType`] when `T` is not the element type, [`Error::Shape`] when there is not exactly one element.
    pub fn item<T: Native>(&self) -> Result<T> {
        let array = self.to_ndarray()?;
        match array.iter().collect::<Vec<_>>()[..] {
            [element] => Ok(*element),
            _ => Err(Error::Shape(format!(
                "expected one element, found an array of shape {}",
                crate::view::show(self.shape())
            ))),
        }
    }
}
