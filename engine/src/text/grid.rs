//! Grids by slices: `mgrid[0:2, 0:3]` and `ogrid[0:1:5j]`.

use std::ops::Range;

use super::error::{Fault, Result};
use super::meaning::{Meaning, Placed};
use super::number::Number;
use crate::promote::promote_types;
use crate::{DType, Expr, Op, Scalar};

/// The names that take slices instead of arguments.
pub(super) const NAMES: [&str; 2] = ["mgrid", "ogrid"];

/// One slice: its start, end and step. An imaginary step is a number of elements, the end being the last.
pub(super) struct Slice {
    pub(super) start: Option<Placed>,
    pub(super) stop: Option<Placed>,
    pub(super) step: Option<Placed>,
    pub(super) span: Range<usize>,
}

/// The coordinates of a grid: stacked (`mgrid`), or as a tuple of arrays that broadcast to it (`ogrid`). `comma` says
/// whether the slices are a tuple.
pub(super) fn grid(name: &str, slices: &[Slice], comma: bool, at: &Range<usize>) -> Result<Meaning> {
    let fault = |e| Fault::engine(at, e);
    let axes = slices.iter().map(axis).collect::<Result<Vec<_>>>()?;
    if let ([axis], false) = (&axes[..], comma) {
        return Ok(axis.clone().into());
    }
    let dtype =
        axes.iter().map(Expr::dtype).try_fold(DType::Bool, promote_types).map_err(|e| fault(e.into()))?;
    let dtype = if axes.is_empty() { DType::I64 } else { dtype };
    let axes = axes.iter().map(|axis| axis.cast(dtype)).collect::<crate::Result<Vec<_>>>().map_err(fault)?;
    let sparse = name == "ogrid";
    let arrays = Expr::meshgrid(&axes, false, sparse).map_err(fault)?;
    match sparse {
        true => Ok(arrays.into()),
        false => Ok(Expr::stack(&arrays, 0, None).map_err(fault)?.into()),
    }
}

/// The numbers of one slice.
fn axis(slice: &Slice) -> Result<Expr> {
    let number = |placed: &Option<Placed>, otherwise: i64| match placed {
        None => Ok(Scalar::Int(otherwise.into())),
        Some(placed) => match placed.number() {
            Some(number) => Ok(number.scalar()),
            None => Err(placed.wrong("a number")),
        },
    };
    let fault = |e| Fault::engine(&slice.span, e);
    let Some(stop) = &slice.stop else {
        return Err(Fault::new(&slice.span, "a slice of a grid needs an end").help("as in mgrid[0:5, 0:3]"));
    };
    let (start, stop) = (number(&slice.start, 0)?, number(&Some(stop.clone()), 0)?);
    if let Some(Placed { meaning: Meaning::Number(Number::Complex(count)), .. }) = &slice.step {
        let ends = [start, stop].map(|end| Expr::scalar(end).cast(DType::F64));
        let [Ok(start), Ok(stop)] = ends else {
            return Err(Fault::new(&slice.span, "the ends of a grid are real numbers"));
        };
        // as NumPy computes it, so that the last element may differ from the end by a rounding
        let n = count.norm() as u64;
        let apply = |op, a: &Expr, b: &Expr| Expr::apply(op, &[a.clone(), b.clone()]);
        let made = || {
            let gap = apply(Op::Subtract, &stop, &start)?;
            let step = if n > 1 { apply(Op::Divide, &gap, &Expr::scalar(n - 1))? } else { gap };
            let number = Expr::ramp(Scalar::Int(0), Scalar::Int(1), n, DType::F64)?;
            apply(Op::Add, &apply(Op::Multiply, &number, &step)?, &start)
        };
        return made().map_err(fault);
    }
    let step = number(&slice.step, 1)?;
    let made = || {
        let counted = Expr::arange(start, stop, step, None)?;
        let n = counted.shape()[0];
        let number = Expr::ramp(Scalar::Int(0), Scalar::Int(1), n, counted.dtype())?;
        let scaled = Expr::apply(Op::Multiply, &[number, Expr::scalar(step)])?;
        Expr::apply(Op::Add, &[scaled, Expr::scalar(start)])
    };
    made().map_err(fault)
}
