//! Arrays that are written out in a text: `[1, 2]`, `[[1.5, 2], [3, x.mean()]]`.

use std::ops::Range;
use std::sync::Arc;

use super::error::{Fault, Result};
use super::meaning::{Meaning, Placed};
use super::number::Number;
use crate::promote::{self, Operand};
use crate::source::Value;
use crate::{Buffer, DType, Expr, Scalar};

/// The array of a list of numbers, of lists of equal shapes, or of arrays of equal shapes. Its type is NumPy's.
pub(super) fn array(span: &Range<usize>, items: &[Placed]) -> Result<Expr> {
    array_of(span, items, None)
}

/// The same with elements of type `dtype`, which the numbers must fit; `None`: NumPy's choice.
pub(super) fn array_of(span: &Range<usize>, items: &[Placed], dtype: Option<DType>) -> Result<Expr> {
    let mut shape = Vec::new();
    let mut numbers = Vec::new();
    if !collect(span, items, 0, &mut shape, &mut numbers)? {
        // some elements are arrays or texts: they become rows
        let rows = items.iter().map(Placed::array).collect::<Result<Vec<_>>>()?;
        let stacked = Expr::stack(&rows, 0, None);
        let cast = stacked.and_then(|rows| dtype.map_or(Ok(rows.clone()), |dtype| rows.cast(dtype)));
        return cast.map_err(|e| Fault::engine(span, e));
    }
    let scalars: Vec<Scalar> = numbers.iter().map(|number| number.scalar()).collect();
    let operands: Vec<Operand> = scalars.iter().map(|s| Operand::Typed(s.default_dtype())).collect();
    let fault = |e: crate::Error| Fault::engine(span, e);
    let dtype = match dtype {
        Some(dtype) => dtype,
        None if operands.is_empty() => DType::F64,
        None => promote::result_type(&operands).map_err(|e| fault(e.into()))?,
    };
    let mut bytes = Buffer::unfilled(scalars.len() * dtype.size()).map_err(fault)?;
    for (place, scalar) in bytes.bytes_mut().chunks_exact_mut(dtype.size()).zip(&scalars) {
        place.copy_from_slice(&scalar.to_bytes(dtype).map_err(|e| fault(e.into()))?);
    }
    Expr::source(Arc::new(Value::new(dtype, &shape, bytes).map_err(fault)?)).map_err(fault)
}

/// Collects the numbers of nested lists in C order, and their shape. `false` if an element is an array or a text.
fn collect(
    span: &Range<usize>,
    items: &[Placed],
    depth: usize,
    shape: &mut Vec<u64>,
    numbers: &mut Vec<Number>,
) -> Result<bool> {
    let ragged =
        |at: &Range<usize>| Fault::value(at, "the lists of an array must have the same length at each depth");
    let is_first = shape.len() == depth;
    if is_first && numbers.is_empty() {
        shape.push(items.len() as u64);
    }
    if shape.get(depth) != Some(&(items.len() as u64)) {
        return Err(ragged(span));
    }
    for item in items {
        match &item.meaning {
            Meaning::Number(number) if depth + 1 == shape.len() => numbers.push(number.clone()),
            Meaning::Tuple(inner) | Meaning::List(inner) => {
                if !collect(&item.span, inner, depth + 1, shape, numbers)? {
                    return Ok(false);
                }
            }
            Meaning::Array(_) | Meaning::Str(_) => return Ok(false),
            Meaning::Number(_) => return Err(ragged(&item.span)),
            _ => return Err(item.wrong("a number")),
        }
    }
    Ok(true)
}
