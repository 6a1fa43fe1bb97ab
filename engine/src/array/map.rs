//! A function of the caller, applied to each element or to each block.

use super::{Array, Native};
use crate::kernels::Function;
use crate::operator::blocks::MapBlocks;
use crate::source::{Data, Located, Source};
use crate::{DType, Element, Error, Expr, Result};
use ndarray::{ArrayD, ArrayViewD};

/// The number of a function, as an array without axes: the program of a plan calls the function by this number. The
/// function lives as long as a graph or a plan needs it.
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
    /// Applies `function` to each element, fused with the operations before and after it. Several threads call the
    /// function, in any order. It may be called more than once for one element: once each time that the element is
    /// computed.
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
    /// The elements must be of type `A`; otherwise the array carries [`Error::DType`], and [`Array::astype`] converts.
    /// The function must not compute arrays in the same budget as this array: both would wait for the same memory.
    #[track_caller]
    pub fn map<A: Native, B: Native>(&self, function: impl Fn(A) -> B + Send + Sync + 'static) -> Array {
        Array::make(|| {
            let input = self.expr()?.typed()?;
            if input.dtype() != A::DTYPE {
                return Err(Error::dtype("the function of map", A::DTYPE, input.dtype()));
            }
            input.called(Function::new(move |stored: A::Stored| function(A::of(stored)).stored()), B::DTYPE)
        })
    }

    /// Applies `function` to each block of the array. The function takes the index of the block's first element and the
    /// block's elements. It returns as many elements, in the same shape. A block has about 8 MiB, or is a chunk of the
    /// array that is written. The borders of blocks depend on memory and on layouts, so the result for an element must
    /// not depend on them.
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
    /// The budget counts the block and one result, but no other memory that the function allocates. Several threads
    /// call the function, in any order. The elements must be of type `A`, as for [`Array::map`]. A result of another
    /// shape is an [`Error::Shape`].
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
                        "map_blocks: the function has to return a block of shape {lengths:?}, but it returned {:?}",
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

impl Expr {
    /// As [`Array::map_blocks`], with the bytes of elements. The function takes a block's shape, its elements and the place
    /// of the results. It is called for the part of the array that is read.
    ///
    /// # Errors
    /// When a Python scalar does not fit its type.
    #[doc(hidden)]
    pub fn map_blocks(
        &self,
        dtype: DType,
        function: impl Fn(&[u64], &[u8], &mut [u8]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Expr> {
        let input = self.typed()?;
        let shape = input.shape().to_vec();
        Ok(Expr::output(MapBlocks::anywhere(function), vec![input], dtype, shape))
    }
}
