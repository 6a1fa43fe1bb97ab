//! Any strides over the elements of an array.

use std::sync::Arc;

use arrstore_format::strided;

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::source::{bytes, c_strides};
use crate::view::show;
use crate::{Buffer, Error, Result};

/// Elements of the array that are read at a time.
const SPAN: u64 = 1 << 16;

/// Element `i` of the result is the element at `sum(i * steps)` of a flat array.
#[derive(Clone, Debug)]
struct Strided {
    shape: Vec<u64>,
    steps: Vec<u64>,
}

impl Expr {
    /// An array of `shape` over the elements of this one, as NumPy's `as_strided`: an index of 1 along axis `k` is
    /// `strides[k]` bytes away in an array in C order.
    ///
    /// # Errors
    /// When a stride is negative or not a number of whole elements, or the strides lead outside the array.
    pub fn as_strided(&self, shape: &[u64], strides: &[i64]) -> Result<Expr> {
        let flat = self.typed()?.reshape(&[-1])?;
        let item = flat.dtype().size() as u64;
        if shape.len() != strides.len() {
            return Err(Error::Shape(format!(
                "as_strided: expected one stride for each axis of {}, found {}",
                show(shape),
                strides.len()
            )));
        }
        let step = |&stride: &i64| {
            let bytes = u64::try_from(stride).ok().filter(|bytes| bytes.is_multiple_of(item));
            bytes.map(|bytes| bytes / item).ok_or_else(|| {
                Error::Value(format!(
                    "as_strided: a stride is {stride} bytes, expected a multiple of the element's {item}, not negative"
                ))
            })
        };
        let steps = strides.iter().map(step).collect::<Result<Vec<_>>>()?;
        bytes(item as usize, shape)?;
        if shape.contains(&0) {
            return Expr::zeros(shape, flat.dtype());
        }
        let reach = |(&n, &step): (&u64, &u64)| (n - 1).checked_mul(step);
        let last = shape.iter().zip(&steps).map(reach).try_fold(0u64, |sum, reach| sum.checked_add(reach?));
        let n = flat.shape()[0];
        if last.is_none_or(|last| last >= n) {
            let last = last.map_or("a number beyond 64 bits".to_owned(), |last| last.to_string());
            return Err(Error::Value(format!(
                "as_strided: the last element is number {last} of an array of {n} elements"
            )));
        }
        let dtype = flat.dtype();
        Ok(Expr::output(Strided { shape: shape.to_vec(), steps }, vec![flat], dtype, shape.to_vec()))
    }
}

impl Operator for Strided {
    fn name(&self) -> &'static str {
        "as_strided"
    }

    fn key(&self) -> Vec<u8> {
        self.shape.iter().chain(&self.steps).flat_map(|n| n.to_le_bytes()).collect()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Strided {
    /// The number of outer axes that are gone through one by one, so that the elements of the others lie close together,
    /// and the elements from the first to the last of these.
    fn split(&self, shape: &[u64]) -> (usize, u64) {
        let mut span = 1;
        for k in (0..shape.len()).rev() {
            let longer = span + (shape[k] - 1).saturating_mul(self.steps[k]);
            if longer > SPAN {
                return (k + 1, span);
            }
            span = longer;
        }
        (0, span)
    }
}

impl Derive for Strided {
    fn reads(&self, _: &[Program], _: &[u64]) -> Vec<Vec<u64>> {
        vec![vec![SPAN]]
    }

    fn scratch(&self, feeds: &[Program], _: &[u64]) -> u64 {
        SPAN * feeds.first().map_or(1, Program::output_size) as u64
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let [feed] = feeds else { return Ok(()) };
        let item = out.len() / shape.iter().product::<u64>().max(1) as usize;
        let (outer, span) = self.split(shape);
        let strides = c_strides(shape, item);
        let steps: Vec<isize> = self.steps.iter().map(|&step| step as isize * item as isize).collect();
        let inner: Vec<usize> = shape[outer..].iter().map(|&n| n as usize).collect();
        let mut elements = Buffer::unfilled(span as usize * item)?;
        for number in 0..shape[..outer].iter().product::<u64>() {
            let (mut rest, mut to) = (number, 0);
            let mut from: u64 =
                start[outer..].iter().zip(&self.steps[outer..]).map(|(at, step)| at * step).sum();
            for k in (0..outer).rev() {
                let at = rest % shape[k];
                rest /= shape[k];
                from += (start[k] + at) * self.steps[k];
                to += at as usize * strides[k] as usize;
            }
            feed.fill(&[from], &[span], elements.bytes_mut())?;
            strided::copy(item, &inner, elements.bytes(), 0, &steps[outer..], out, to, &strides[outer..]);
        }
        Ok(())
    }
}
