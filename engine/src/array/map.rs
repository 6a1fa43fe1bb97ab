//! A function of the caller's, applied to each element.

use std::sync::Arc;

use super::{Array, Native};
use crate::expr::Kind;
use crate::kernels::Function;
use crate::source::{Data, Located, Source};
use crate::{DType, Error, Expr, Op, Result};

/// The number by which a function is called, as an array without axes: it lives as long as a graph or a plan that needs
/// the function.
impl Source for Function {
    fn dtype(&self) -> DType {
        DType::U64
    }
    fn shape(&self) -> &[u64] {
        &[]
    }
    fn chunk_shape(&self) -> &[u64] {
        &[]
    }
    fn strides(&self) -> &[isize] {
        &[]
    }
    fn label(&self) -> String {
        "a function of the program".into()
    }
    fn in_place(&self) -> bool {
        true
    }
    fn chunk_bytes(&self) -> usize {
        self.number().len()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        Ok(Located::new(index, Data::InPlace(self.number())))
    }
}

impl Array {
    /// `function` of each element, fused with what is computed before and after it. It is called from several threads,
    /// in any order, and for one element perhaps not once but for each time that the element is computed.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let limit = 2.5;
    /// let a = Array::from(&ndarray::array![1.0, 2.0, 3.0]);
    /// let b = (&a * 2).map(move |x: f64| if x > limit { x } else { -x });
    /// assert_eq!(b.compute()?.to_string(), "[-2.  4.  6.]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// The elements must be of type `A`; if they are not, the array carries [`Error::DType`], and [`Array::astype`]
    /// converts. The function must not compute arrays in the budget that this one is computed in: both would wait for
    /// the same memory.
    #[track_caller]
    pub fn map<A: Native, B: Native>(&self, function: impl Fn(A) -> B + Send + Sync + 'static) -> Array {
        Array::make(|| {
            let input = self.expr()?.typed()?;
            if input.dtype() != A::DTYPE {
                return Err(Error::dtype("the function of map", A::DTYPE, input.dtype()));
            }
            let function = Function::new(move |stored: A::Stored| function(A::of(stored)).stored());
            let function = Expr::source(Arc::new(function))?;
            let shape = input.shape().to_vec();
            Ok(Expr::new(Kind::Apply { op: Op::Map, inputs: vec![input, function] }, B::DTYPE, shape))
        })
    }
}
