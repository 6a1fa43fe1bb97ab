//! Products of arrays over chosen axes.

use super::{Array, IntoArray, IntoAxes};
use crate::{Expr, Op, ProductOrder, Result};

impl Array {
    #[track_caller]
    pub(super) fn with(
        &self,
        other: impl IntoArray,
        product: impl FnOnce(&Expr, &Expr) -> Result<Expr>,
    ) -> Array {
        let other = other.into_array();
        Array::make(|| product(self.expr()?, other.expr()?))
    }

    /// NumPy's `dot`: the product with a number, of vectors, of matrices, and else the sum over the last axis of this
    /// array and the last but one of the other.
    #[track_caller]
    pub fn dot(&self, other: impl IntoArray) -> Array {
        self.with(other, Expr::dot)
    }

    /// The sum of products over the last axes of both arrays, or a product with a number.
    #[track_caller]
    pub fn inner(&self, other: impl IntoArray) -> Array {
        self.with(other, Expr::inner)
    }

    /// The sum of products of all elements in C order, with this array conjugated.
    #[track_caller]
    pub fn vdot(&self, other: impl IntoArray) -> Array {
        self.with(other, Expr::vdot)
    }

    /// The sum of products along the last axes, with this array conjugated. The other axes broadcast.
    #[track_caller]
    pub fn vecdot(&self, other: impl IntoArray) -> Array {
        self.with(other, |a, b| a.vecdot(b, [-1; 2]))
    }

    /// Products of matrices, the last two axes, with vectors, the last axis of the other. The other axes broadcast.
    #[track_caller]
    pub fn matvec(&self, vectors: impl IntoArray) -> Array {
        self.with(vectors, Expr::matvec)
    }

    /// Products of conjugated vectors, the last axis, with matrices, the last two axes of the other.
    #[track_caller]
    pub fn vecmat(&self, matrices: impl IntoArray) -> Array {
        self.with(matrices, Expr::vecmat)
    }

    /// All products of elements of both arrays, each taken in C order: a matrix.
    #[track_caller]
    pub fn outer(&self, other: impl IntoArray) -> Array {
        self.with(other, Expr::outer)
    }

    /// All pairs of elements under an operation of two arrays, as NumPy's `add.outer`: the axes of this array, then
    /// those of the other.
    ///
    /// ```
    /// use arrstore::{Op, prelude::*};
    /// let a = Array::from(vec![1, 2]);
    /// assert_eq!(a.outer_by(Op::Add, vec![10, 20]).compute()?.to_string(), "[[11 21]\n [12 22]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn outer_by(&self, op: Op, other: impl IntoArray) -> Array {
        self.with(other, |a, b| a.outer_by(op, b))
    }

    /// The Kronecker product: this array with each element replaced by its product with the other array.
    #[track_caller]
    pub fn kron(&self, other: impl IntoArray) -> Array {
        self.with(other, Expr::kron)
    }

    /// The cross product of vectors of 2 or 3 elements along the last axes.
    #[track_caller]
    pub fn cross(&self, other: impl IntoArray) -> Array {
        self.with(other, |a, b| a.cross(b, [-1; 3]))
    }

    /// The product summed over pairs of axes, `ours` of this array with `theirs` of the other. The result has the other
    /// axes of both, in order. It is computed as a product of matrices.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1, 2], [3, 4]]);
    /// assert_eq!(a.tensordot(&a, [0, 1], [1, 0]).compute()?.to_string(), "29");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn tensordot(&self, other: impl IntoArray, ours: impl IntoAxes, theirs: impl IntoAxes) -> Array {
        let all = |x: &Expr| (0..x.ndim() as i64).collect::<Vec<_>>();
        let (ours, theirs) = (ours.into_axes(), theirs.into_axes());
        self.with(other, |a, b| {
            a.tensordot(b, [&ours.unwrap_or_else(|| all(a)), &theirs.unwrap_or_else(|| all(b))])
        })
    }

    /// The sum of products that `subscripts` say, as NumPy's `einsum`: a letter for each axis of each array. Letters
    /// that the result lacks are summed over. The arrays are multiplied two at a time, in the cheapest order.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1, 2], [3, 4]]);
    /// let trace_of_square = Array::einsum("ij,ji->", &[&a, &a]);
    /// assert_eq!(trace_of_square.compute()?.to_string(), "29");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// Each step is a product of matrices, or one pass that multiplies and adds. Intermediate results are held or
    /// spilled. Types are not widened, as in NumPy: a sum of `int8` is an `int8`.
    #[track_caller]
    pub fn einsum(subscripts: &str, arrays: &[&Array]) -> Array {
        Array::einsum_in(subscripts, arrays, &ProductOrder::default())
    }

    /// [`Array::einsum`] in a given order of the products.
    #[track_caller]
    pub fn einsum_in(subscripts: &str, arrays: &[&Array], order: &ProductOrder) -> Array {
        Array::make(|| {
            let arrays = arrays.iter().map(|array| array.expr().cloned()).collect::<Result<Vec<_>>>()?;
            Expr::einsum(subscripts, &arrays, order)
        })
    }
}
