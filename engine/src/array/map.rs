//! A function of the caller's, applied to each element or to each block.

use std::sync::Arc;

use super::{Array, Native};
use crate::expr::Kind;
use crate::kernels::Function;
use crate::operator::blocks::MapBlocks;
use crate::source::{Data, Located, Source};
use crate::{DType, Element, Error, Expr, Op, Result};
use ndarray::{ArrayD, ArrayViewD};

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

    /// `function` of each block of the array: of the place of its first element, and its elements. It gives as many
    /// elements, in the same shape. Blocks are about 8 MiB, or the chunks of the array that is written; where they end
    /// depends on memory and on layouts, so the result of an element must not depend on it.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
    /// let b = a.map_blocks(|start: &[u64], block: ndarray::ArrayViewD<'_, f64>| {
    ///     block.mapv(|x| x * 10.0 + start.len() as f64)
    /// });
    /// assert_eq!(b.compute()?.to_string(), "[[12. 22.]\n [32. 42.]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// The block and one result are counted in the budget; more that the function allocates is its own. It is called from
    /// several threads, in any order. The elements must be of type `A`, as for [`Array::map`]. A result of another shape is
    /// an [`Error::Shape`].
    #[track_caller]
    pub fn map_blocks<A: Element, B: Element>(
        &self,
        function: impl Fn(&[u64], ArrayViewD<'_, A>) -> ArrayD<B> + Send + Sync + 'static,
    ) -> Array {
        Array::make(|| {
            let input = self.expr()?.typed()?;
            if input.dtype() != A::DTYPE {
                return Err(Error::dtype("the function of map_blocks", A::DTYPE, input.dtype()));
            }
            let call = move |start: &[u64], shape: &[u64], block: &[u8], out: &mut [u8]| {
                let lengths: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
                let elements = bytemuck::try_cast_slice(block).map_err(|e| Error::Other(e.to_string()))?;
                let view = ArrayViewD::from_shape(&lengths[..], elements);
                let result = function(start, view.map_err(|e| Error::Shape(e.to_string()))?);
                if result.shape() != lengths {
                    return Err(Error::Shape(format!(
                        "the function of map_blocks: expected a block of shape {lengths:?}, found {:?}",
                        result.shape()
                    )));
                }
                let size = size_of::<B>();
                out.chunks_exact_mut(size)
                    .zip(result.iter())
                    .for_each(|(out, value)| out.copy_from_slice(bytemuck::bytes_of(value)));
                Ok(())
            };
            let shape = input.shape().to_vec();
            Ok(Expr::output(MapBlocks::new(call), vec![input], B::DTYPE, shape))
        })
    }
}
