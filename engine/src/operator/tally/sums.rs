//! Sums of the weights of numbers, in the order of the elements.

use super::{BLOCK, Tally};
use crate::kernels::{Arg, add_weights, bind, cast};
use crate::op::Op;
use crate::{Buffer, DType, Error, Result};

/// The sums of the weights of a range of numbers, in the order of the elements.
pub(super) struct Sums {
    tally: Tally,
    dtype: DType,
    first: u64,
    /// The sums of all elements, or of the block that has begun.
    sums: Vec<f64>,
    /// The sums of the blocks before, in the type of the result.
    total: Buffer,
    /// Elements of the block that has begun.
    begun: u64,
}

impl Sums {
    pub(super) fn new(tally: Tally, dtype: DType, first: u64, length: u64) -> Result<Sums> {
        let total = match tally {
            Tally::Blocks { .. } => Buffer::new(length as usize * dtype.size())?,
            _ => Buffer::default(),
        };
        Ok(Sums { tally, dtype, first, sums: vec![0.0; length as usize], total, begun: 0 })
    }

    pub(super) fn add(&mut self, mut numbers: &[i64], mut weights: &[f64]) -> Result<()> {
        if self.tally == Tally::Weights {
            add_weights(numbers, weights, self.first, &mut self.sums);
            return Ok(());
        }
        while !numbers.is_empty() {
            let now = numbers.len().min((BLOCK - self.begun) as usize);
            add_weights(&numbers[..now], &weights[..now], self.first, &mut self.sums);
            (numbers, weights) = (&numbers[now..], &weights[now..]);
            self.begun += now as u64;
            if self.begun == BLOCK {
                self.end_block()?;
            }
        }
        Ok(())
    }

    /// Adds the sums of the block to those of the blocks before.
    fn end_block(&mut self) -> Result<()> {
        let wide = self.tally == Tally::Blocks { wide: true };
        let inner = if wide { DType::F64 } else { self.dtype };
        let convert = |from: DType, to: DType, bytes: &[u8]| -> Result<Buffer> {
            let mut out = Buffer::unfilled(self.sums.len() * to.size())?;
            let cast = cast(from, to).ok_or_else(|| Error::internal("no cast of sums"))?;
            cast.run(&[Arg::Block(bytes)], out.bytes_mut())?;
            Ok(out)
        };
        let block = convert(DType::F64, inner, bytemuck::cast_slice(&self.sums))?;
        let before = convert(self.dtype, inner, self.total.bytes())?;
        let add = bind(Op::Add, &[inner.into(); 2]).ok_or_else(|| Error::Other("nothing adds".into()))?;
        let mut sum = Buffer::unfilled(block.len())?;
        add.run(&[Arg::Block(before.bytes()), Arg::Block(block.bytes())], sum.bytes_mut())?;
        self.total = convert(inner, self.dtype, sum.bytes())?;
        self.sums.fill(0.0);
        self.begun = 0;
        Ok(())
    }

    /// The sums in the type of the result.
    pub(super) fn result(mut self) -> Result<Vec<u8>> {
        if self.tally == Tally::Weights {
            return Ok(bytemuck::cast_slice(&self.sums).to_vec());
        }
        if self.begun > 0 {
            self.end_block()?;
        }
        Ok(self.total.bytes().to_vec())
    }
}
