//! Values that can stand in place of an array: arrays, numbers, results, and the arrays of `ndarray`.

use std::sync::Arc;

use ndarray::{ArrayBase, ArrayRef, ArrayView, ArrayViewD, Dimension, OwnedRepr};
use num_complex::Complex64;

use super::{Array, Native, memory};
use crate::plan::{Plan, Target};
use crate::sink::Sink;
use crate::{Context, DType, Expr, Result, Value};

/// A value that can be an operand or be written: an [`Array`], a number, a [`Value`], an array of `ndarray`, or a `Vec`
/// or an array of Rust (both have one axis).
///
/// An `ndarray` passed by value is used in place. A borrowed one is copied when it becomes a lazy array;
/// [`Store::write`](crate::Store::write) and [`Transaction::append`](crate::Transaction::append) write it without a
/// copy.
pub trait IntoArray: Sized {
    /// The lazy array.
    #[track_caller]
    fn into_array(self) -> Array;

    /// The same value, to be written. Borrowed elements need no copy for that.
    #[doc(hidden)]
    #[track_caller]
    fn into_written<'a>(self) -> Written<'a>
    where
        Self: 'a,
    {
        Written::Lazy(self.into_array())
    }
}

/// A value that will be written.
#[doc(hidden)]
pub enum Written<'a> {
    /// A lazy array.
    Lazy(Array),
    /// Elements in borrowed memory.
    Borrowed(Box<dyn Borrowed + 'a>),
}

/// Elements in borrowed memory.
#[doc(hidden)]
pub trait Borrowed {
    /// Type and shape.
    fn describe(&self) -> (DType, Vec<u64>);
    /// Writes the elements to a sink of this type and shape.
    fn write(&self, sink: &dyn Sink, context: &Context) -> Result<()>;
    /// A copy.
    fn copied(&self) -> Result<Expr>;
}

impl<T: Native> Borrowed for ArrayViewD<'_, T> {
    fn describe(&self) -> (DType, Vec<u64>) {
        (T::DTYPE, memory::lengths(self.shape()))
    }
    fn write(&self, sink: &dyn Sink, context: &Context) -> Result<()> {
        memory::write(self, sink, context)
    }
    fn copied(&self) -> Result<Expr> {
        memory::copied(self)
    }
}

impl Written<'_> {
    /// Type and shape.
    pub(crate) fn describe(&self) -> Result<(DType, Vec<u64>)> {
        match self {
            Written::Lazy(array) => Ok((array.dtype()?, array.shape()?.to_vec())),
            Written::Borrowed(elements) => Ok(elements.describe()),
        }
    }

    /// Computes the value into a sink of its type and shape.
    pub(crate) fn write(&self, sink: Arc<dyn Sink>, context: &Context) -> Result<()> {
        match self {
            Written::Lazy(array) => {
                Plan::new(&[(array.expr()?.clone(), Target::Sink(sink))], context)?.run(context).map(|_| ())
            }
            Written::Borrowed(elements) => elements.write(sink.as_ref(), context),
        }
    }

    /// The expression of the value; borrowed elements are copied.
    pub(crate) fn expr(&self) -> Result<Expr> {
        match self {
            Written::Lazy(array) => array.expr().cloned(),
            Written::Borrowed(elements) => elements.copied(),
        }
    }
}

impl IntoArray for Array {
    fn into_array(self) -> Array {
        self
    }
}

impl IntoArray for &Array {
    fn into_array(self) -> Array {
        self.clone()
    }
}

impl IntoArray for Value {
    fn into_array(self) -> Array {
        Array::make(|| Expr::source(Arc::new(self)))
    }
}

impl IntoArray for &Value {
    fn into_array(self) -> Array {
        self.clone().into_array()
    }
}

macro_rules! numbers {
    ($($t:ty)*) => { $(
        impl IntoArray for $t {
            fn into_array(self) -> Array {
                Expr::scalar(self).into()
            }
        }
    )* };
}
numbers!(bool i8 i16 i32 i64 i128 isize u8 u16 u32 u64 usize f32 f64 Complex64);

impl<T: Native, D: Dimension> IntoArray for &ArrayRef<T, D> {
    fn into_array(self) -> Array {
        Array::make(|| memory::copied(&self.view().into_dyn()))
    }
    fn into_written<'a>(self) -> Written<'a>
    where
        Self: 'a,
    {
        Written::Borrowed(Box::new(self.view().into_dyn()))
    }
}

impl<S: ndarray::Data<Elem: Native>, D: Dimension> IntoArray for &ArrayBase<S, D> {
    fn into_array(self) -> Array {
        Array::make(|| memory::copied(&self.view().into_dyn()))
    }
    fn into_written<'a>(self) -> Written<'a>
    where
        Self: 'a,
    {
        Written::Borrowed(Box::new(self.view().into_dyn()))
    }
}

impl<T: Native, D: Dimension> IntoArray for ArrayView<'_, T, D> {
    fn into_array(self) -> Array {
        Array::make(|| memory::copied(&self.into_dyn()))
    }
    fn into_written<'a>(self) -> Written<'a>
    where
        Self: 'a,
    {
        Written::Borrowed(Box::new(self.into_dyn()))
    }
}

impl<T: Native, D: Dimension> IntoArray for ArrayBase<OwnedRepr<T>, D> {
    fn into_array(self) -> Array {
        Array::make(|| memory::owned(self.into_dyn()))
    }
}

impl<T: Native> IntoArray for Vec<T> {
    fn into_array(self) -> Array {
        ndarray::Array1::from(self).into_array()
    }
}

impl<T: Native, const N: usize> IntoArray for [T; N] {
    fn into_array(self) -> Array {
        self.to_vec().into_array()
    }
}

/// Conversions with `From` for the types that can stand in place of an array.
macro_rules! from {
    ($(($($generic:tt)*) $t:ty;)*) => { $(
        impl<$($generic)*> From<$t> for Array {
            #[track_caller]
            fn from(from: $t) -> Array {
                from.into_array()
            }
        }
    )* };
}
from! {
    () Value;
    (T: Native, D: Dimension) &ArrayRef<T, D>;
    (S: ndarray::Data<Elem: Native>, D: Dimension) &ArrayBase<S, D>;
    (T: Native, D: Dimension) ArrayView<'_, T, D>;
    (T: Native, D: Dimension) ArrayBase<OwnedRepr<T>, D>;
    (T: Native) Vec<T>;
    (T: Native, const N: usize) [T; N];
    () &str; () bool; () i32; () i64; () u64; () f64; () Complex64;
}
