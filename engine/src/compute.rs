//! Elementwise operations on elements in memory, without a plan.

use crate::kernels::{self, Arg, Physical};
use crate::op::Op;
use crate::promote::{Operand, signature};
use crate::{DType, Error, Result};

impl Op {
    /// Computes contiguous elements in memory, on this thread and without a plan. Each operand holds little-endian
    /// elements of `dtype`, as many as fit in `out`. The results have the type that [`Expr::apply`](crate::Expr::apply)
    /// gives them. The function is fastest if all slices are aligned to their types.
    ///
    /// ```
    /// use arrstore::{DType, Op};
    ///
    /// let mut out = [0u8; 16];
    /// Op::Sqrt.compute(DType::F64, &[bytemuck::bytes_of(&[4.0, 9.0])], &mut out)?;
    /// assert_eq!(bytemuck::pod_read_unaligned::<[f64; 2]>(&out), [2.0, 3.0]);
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the operation is not computed in this type, lengths differ, or the operation has no result for these
    /// values.
    pub fn compute(self, dtype: DType, operands: &[&[u8]], out: &mut [u8]) -> Result<()> {
        let signature = signature(self, &vec![Operand::Typed(dtype); operands.len()])?;
        let physical: Vec<Physical> = signature.inputs.iter().map(|&input| input.into()).collect();
        let kernel = match kernels::bind(self, &physical) {
            Some(kernel) if signature.inputs.iter().all(|&input| input == dtype) => kernel,
            _ => return Err(Error::Value(format!("{} cannot be computed in {dtype}", self.name()))),
        };
        let count = out.len() / signature.output.size();
        let fits = |bytes: &[u8], dtype: DType| bytes.len() == count * dtype.size();
        if !fits(out, signature.output) || !operands.iter().all(|bytes| fits(bytes, dtype)) {
            let found: Vec<usize> = operands.iter().map(|bytes| bytes.len()).collect();
            let room = out.len();
            return Err(Error::Value(format!(
                "expected operands of {dtype} and room for a result of {} with the same number of elements, found operands of {found:?} bytes and room for {room} bytes",
                signature.output
            )));
        }
        let args: Vec<Arg<'_>> = operands.iter().map(|bytes| Arg::Block(bytes)).collect();
        kernel.run(&args, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_in_memory_must_fit_together() {
        let two = bytemuck::bytes_of(&[1.5f32, -2.0]);
        let mut found = [0; 2];
        Op::Less.compute(DType::F32, &[&[0; 8], two], &mut found).unwrap();
        assert_eq!(found, [1, 0]);
        for (dtype, operands) in
            [(DType::F32, [two, &two[..4]]), (DType::F64, [two, two]), (DType::F16, [two, two])]
        {
            assert!(Op::Less.compute(dtype, &operands, &mut found).is_err());
        }
        assert!(Op::Less.compute(DType::F32, &[two], &mut found).is_err());
        assert!(Op::Sqrt.compute(DType::I32, &[two], &mut [0; 8]).is_err());
    }
}
