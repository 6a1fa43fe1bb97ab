//! Products of matrices.

use std::ops::Range;

use super::{Operator, Output};
use crate::exec::{Product, Stage, compute_type};
use crate::expr::Expr;
use crate::program::Program;
use crate::promote;
use crate::source::elements;
use crate::view::{broadcast_shape, show};
use crate::{DType, Error, Result};

/// The product of batches of matrices, (m x k)(k x n), whose batch axes have been broadcast.
#[derive(Debug)]
struct Matmul;

impl Operator for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn key(&self) -> Vec<u8> {
        Vec::new()
    }

    fn feed_type(&self, input: DType) -> DType {
        compute_type(input)
    }

    /// Rows of the first operand and columns of the second.
    fn needs(&self, part: &mut [Range<u64>], shapes: &[&[u64]]) -> Option<Vec<Vec<Range<u64>>>> {
        let (batch, [rows, columns]) = part.split_last_chunk::<2>()?;
        let inner = 0..*shapes.first()?.last()?;
        let first = [batch, &[rows.clone(), inner.clone()]].concat();
        let second = [batch, &[inner, columns.clone()]].concat();
        Some(vec![first, second])
    }

    fn writes_any_chunks(&self) -> bool {
        false
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let (Ok([a, b]), [output]) = (<[Program; 2]>::try_from(feeds), outputs) else {
            return Err(Error::internal("a product has two operands and one result"));
        };
        Ok(Box::new(Product::new(a, b, output.dtype, output.written.clone())))
    }
}

impl Expr {
    /// The matrix product, by the rules of NumPy's `matmul`.
    ///
    /// # Errors
    /// When an operand is a scalar or the shapes do not fit.
    pub fn matmul(&self, other: &Expr) -> Result<Expr> {
        if self.ndim() == 0 || other.ndim() == 0 {
            return Err(Error::Shape(
                "matmul: expected operands with at least one dimension; use * for scalars".into(),
            ));
        }
        let operands = [self.operand(), other.operand()];
        let dtype = promote::result_type(&operands)?;
        if !dtype.kind().is_number() {
            return Err(promote::no_loop("matmul", &operands, "").into());
        }
        let (mut a, mut b) = (self.cast(dtype)?, other.cast(dtype)?);
        let (row, column) = (a.ndim() == 1, b.ndim() == 1);
        if row {
            a = a.expand_dims(&[0])?;
        }
        if column {
            b = b.expand_dims(&[1])?;
        }
        let (m, k) = (a.shape()[a.ndim() - 2], a.shape()[a.ndim() - 1]);
        let (k2, n) = (b.shape()[b.ndim() - 2], b.shape()[b.ndim() - 1]);
        if k != k2 {
            return Err(Error::Shape(format!(
                "matmul: shapes {} and {} do not match: the first has {k} columns, the second {k2} rows",
                show(self.shape()),
                show(other.shape())
            )));
        }
        let mut shape = broadcast_shape([&a.shape()[..a.ndim() - 2], &b.shape()[..b.ndim() - 2]])?;
        let batch = shape.clone();
        let whole = |x: &Expr| {
            let mut to = batch.clone();
            to.extend_from_slice(&x.shape()[x.ndim() - 2..]);
            x.broadcast_to(&to)
        };
        let (a, b) = (whole(&a)?, whole(&b)?);
        shape.extend([m, n]);
        elements(&shape)?;
        let product = Expr::output(Matmul, vec![a, b], dtype, shape);
        let last = product.ndim() as i64;
        match (row, column) {
            (false, false) => Ok(product),
            (true, false) => product.squeeze(Some(&[last - 2])),
            (false, true) => product.squeeze(Some(&[last - 1])),
            (true, true) => product.squeeze(Some(&[last - 2, last - 1])),
        }
    }
}
