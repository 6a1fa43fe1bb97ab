//! Differences of high order along an axis.
//!
//! A difference of low order is a difference of views. One of high order would read a view for each neighbour, and
//! compute with as many again at each order. Here the differences of a box are computed from the box with more elements
//! along the axis, one order after the other, as NumPy does with whole arrays.

use std::sync::Arc;

use super::Operator;
use crate::exec::{CHUNK, Derive, Reader};
use crate::expr::Expr;
use crate::kernels::{self, Arg};
use crate::op::Op;
use crate::program::Program;
use crate::program::tiles::rows;
use crate::{Buffer, DType, Error, Result};

/// The differences of `order` along `axis`, by the operation `op` on elements of type `dtype`.
#[derive(Clone, Debug)]
struct Differences {
    axis: usize,
    order: u64,
    op: Op,
    dtype: DType,
}

impl Expr {
    /// The differences of `order` along `axis`, which has that many elements fewer then. The operation `op` takes two
    /// neighbours and gives an element of their own type.
    ///
    /// # Errors
    /// When the axis has not more than `order` elements.
    pub(crate) fn differences(&self, op: Op, order: u64, axis: usize) -> Result<Expr> {
        let input = self.typed()?;
        let dtype = input.dtype();
        let mut shape = input.shape().to_vec();
        let left = shape.get(axis).and_then(|n| n.checked_sub(order)).filter(|&n| n > 0);
        match (shape.get_mut(axis), left) {
            (Some(length), Some(left)) => *length = left,
            _ => return Err(Error::internal("an axis is too short for its differences")),
        }
        Ok(Expr::output(Differences { axis, order, op, dtype }, vec![input], dtype, shape))
    }
}

impl Differences {
    /// The elements along the axis that a box of so many elements takes.
    fn taken(&self, of: u64) -> u64 {
        of.saturating_add(self.order)
    }
}

impl Operator for Differences {
    fn name(&self) -> &'static str {
        "diff"
    }

    fn key(&self) -> Vec<u8> {
        // the operation follows from the type
        [self.axis as u64, self.order].into_iter().flat_map(u64::to_le_bytes).collect()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Derive for Differences {
    /// A box is at least as long as the part of its input that its neighbour reads, too.
    fn chunk(&self, _: &[Program], shape: &[u64], item: u64) -> Vec<u64> {
        let room = (CHUNK / item.max(1)).max(1);
        let chunk = rows(shape, room);
        let least = self.order.min(shape[self.axis]).max(1);
        if chunk[self.axis] >= least {
            return chunk;
        }
        let mut across = shape.to_vec();
        across[self.axis] = 1;
        let mut chunk = rows(&across, room / least);
        chunk[self.axis] = least;
        chunk
    }

    fn reads(&self, feeds: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        let mut read = of.to_vec();
        read[self.axis] = self.taken(read[self.axis]);
        let fits = |feed: &Program| read.iter().zip(&feed.domain).map(|(&n, &all)| n.min(all)).collect();
        feeds.iter().map(fits).collect()
    }

    fn scratch(&self, feeds: &[Program], of: &[u64]) -> u64 {
        // the box that is read, and two lines of it
        let lines = of.iter().take(self.axis).fold(1, |n: u64, &k| n.saturating_mul(k)).max(1);
        let item = self.dtype.size() as u64;
        let read = self.reads(feeds, of).concat().into_iter().fold(item, u64::saturating_mul);
        read.saturating_add((read / lines).saturating_mul(2))
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let [feed] = feeds else {
            return Err(Error::Other("differences have one input".into()));
        };
        let kernel = kernels::bind(self.op, &[self.dtype.into(); 2]);
        let kernel = kernel.ok_or_else(|| Error::Other(format!("{} has no differences", self.dtype)))?;
        let item = self.dtype.size();
        let mut taken = shape.to_vec();
        taken[self.axis] = self.taken(taken[self.axis]);
        let bytes = |shape: &[u64]| shape.iter().product::<u64>() as usize * item;
        let mut whole = Buffer::default();
        let elements = whole.reserve(bytes(&taken))?;
        feed.fill(start, &taken, elements)?;
        // a line of the box: from one neighbour to the next along the axis it is `step` bytes
        let step = bytes(&shape[self.axis + 1..]);
        let (line, left) = (bytes(&taken[self.axis..]), bytes(&shape[self.axis..]));
        let (mut now, mut next) = (Buffer::default(), Buffer::default());
        for (line, out) in elements.chunks_exact(line.max(1)).zip(out.chunks_exact_mut(left.max(1))) {
            let mut length = line.len();
            now.reserve(length)?.copy_from_slice(line);
            for _ in 0..self.order {
                let (from, to) = (now.bytes(), length - step);
                let neighbours = from.get(step..length).zip(from.get(..to));
                let (upper, lower) = neighbours.ok_or_else(|| Error::internal("a line is too short"))?;
                let made = next.reserve(to)?;
                kernel.run(&[Arg::Block(upper), Arg::Block(lower)], made)?;
                std::mem::swap(&mut now, &mut next);
                length = to;
            }
            match now.bytes().get(..out.len()) {
                Some(made) => out.copy_from_slice(made),
                None => return Err(Error::internal("a line has too few differences")),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::evaluate_in;
    use crate::{Context, Index};

    /// Neighbours subtracted one order after the other, as views.
    fn plain(x: &Expr, order: u64, axis: usize) -> Expr {
        let part = |x: &Expr, start, stop| {
            let slice = Index::Slice { start, stop, step: None };
            x.index(&[vec![Index::ALL; axis], vec![slice]].concat()).unwrap()
        };
        (0..order).fold(x.clone(), |x, _| {
            Expr::apply(Op::Subtract, &[part(&x, Some(1), None), part(&x, None, Some(-1))]).unwrap()
        })
    }

    #[test]
    fn orders_are_computed_one_after_the_other() {
        let numbers = Expr::arange(0.into(), 30_000.into(), 1.into(), None).unwrap();
        let numbers = Expr::apply(Op::Multiply, &[numbers.clone(), numbers.clone()]).unwrap();
        let third = Expr::apply(Op::Divide, &[numbers.clone(), Expr::scalar(3.0)]).unwrap();
        let small = Expr::apply(Op::Divide, &[third.clone(), Expr::scalar(1e5)]).unwrap();
        let context = Context::new(64 << 20, 2);
        let bytes = |x: &Expr| evaluate_in(x, &context).unwrap().bytes().to_vec();
        for (x, shape) in [
            (&third, &[30_000][..]),
            (&third, &[40, 750]),
            (&third, &[10, 30, 100]),
            (&numbers, &[300, 100]),
            (&small.cast(DType::F16).unwrap(), &[25, 1200]),
        ] {
            let lengths: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
            let x = x.reshape(&lengths).unwrap();
            for axis in 0..shape.len() {
                for order in [1, 2, 9] {
                    let found = x.differences(Op::Subtract, order, axis).unwrap();
                    let wanted = plain(&x, order, axis);
                    assert_eq!(found.shape(), wanted.shape());
                    assert!(bytes(&found) == bytes(&wanted), "{shape:?} {axis} {order}");
                }
            }
        }
    }

    #[test]
    fn a_high_order_takes_little_time() {
        let numbers = Expr::arange(0.into(), 200_000.into(), 1.into(), Some(DType::F64)).unwrap();
        let context = Context::new(16 << 20, 2);
        for (order, left) in [(1000, 199_000), (200_000, 0), (i64::MAX, 0)] {
            let found = numbers.diff(order, 0, None, None).unwrap();
            assert_eq!(found.shape(), [left]);
            let value = evaluate_in(&found, &context).unwrap();
            assert!(value.bytes().iter().all(|&byte| byte == 0), "{order}");
        }
    }
}
