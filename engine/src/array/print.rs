//! Arrays and results as text.

use std::fmt;

use arrstore_format::strided;

use super::{Array, compute_all};
use crate::source::c_strides;
use crate::view::{Index, show};
use crate::{Context, DType, Error, Result, Value, display};

/// The most parts that a printed array may be put together from; more are an error.
const PARTS: usize = 1 << 10;

/// As NumPy prints the array.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&display::display(self.dtype(), self.shape(), self.bytes()))
    }
}

/// As NumPy prints the array, computed with the default context. A large array computes only the edges that are
/// printed. If that fails, the error is printed instead; [`Array::compute`] returns it.
impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match printed(self) {
            Ok(text) => f.pad(&text),
            Err(error) => write!(f, "<{error}>"),
        }
    }
}

/// Type and shape, or the error.
impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expr() {
            Ok(expr) => write!(f, "Array<{}>{}", expr.dtype(), show(expr.shape())),
            Err(error) => write!(f, "Array<{error}>"),
        }
    }
}

fn printed(array: &Array) -> Result<String> {
    let (dtype, shape) = (array.dtype()?, array.shape()?);
    if shape.contains(&0) {
        return Ok(display::display(dtype, shape, &[]));
    }
    let Some(axes) = display::summary(shape) else { return Ok(array.compute()?.to_string()) };
    if axes.iter().map(Vec::len).product::<usize>() > PARTS {
        return Err(Error::Value(format!("an array of {} long axes is too large to print", axes.len())));
    }
    // the corners: for each, its index among the edges, and its lazy part
    let mut corners = vec![(Vec::new(), Vec::new())];
    for ranges in &axes {
        let mut next = Vec::new();
        for (at, index) in &corners {
            let mut offset = 0;
            for range in ranges {
                let (mut at, mut index): (Vec<u64>, Vec<Index>) = (at.clone(), index.clone());
                at.push(offset);
                offset += range.end - range.start;
                let (start, stop) = (Some(range.start as i64), Some(range.end as i64));
                index.push(Index::Slice { start, stop, step: None });
                next.push((at, index));
            }
        }
        corners = next;
    }
    let edges: Vec<u64> = axes.iter().map(|ranges| ranges.iter().map(|r| r.end - r.start).sum()).collect();
    let parts: Vec<Array> = corners
        .iter()
        .map(|(_, index)| Ok(Array::from(array.expr()?.index(index)?)))
        .collect::<Result<_>>()?;
    let values = compute_all(&parts, &Context::default())?;
    let places = corners.iter().map(|(at, _)| at.as_slice());
    Ok(display::display_summary(dtype, shape, &assembled(dtype, &edges, places.zip(&values))?))
}

/// Puts the corners together.
fn assembled<'a>(
    dtype: DType,
    edges: &[u64],
    corners: impl Iterator<Item = (&'a [u64], &'a Value)>,
) -> Result<Vec<u8>> {
    let item = dtype.size();
    let strides = c_strides(edges, item);
    let mut bytes = vec![0; crate::elements(edges)? as usize * item];
    for (at, value) in corners {
        let shape: Vec<usize> = value.shape().iter().map(|&n| n as usize).collect();
        let from = c_strides(value.shape(), item);
        let to: isize = at.iter().zip(&strides).map(|(&i, s)| i as isize * s).sum();
        strided::copy(item, &shape, value.bytes(), 0, &from, &mut bytes, to as usize, &strides);
    }
    Ok(bytes)
}
