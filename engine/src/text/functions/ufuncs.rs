//! Methods of elementwise functions: `add.reduce(a)`, `maximum.accumulate(a)`, `multiply.outer(a, b)`.

use super::reduced_axes;
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::{DType, Expr, Op, ReduceOptions, Reduction, ScanOptions};

/// The names of the methods.
pub(in crate::text) const METHODS: [&str; 5] = ["reduce", "accumulate", "outer", "reduceat", "at"];

/// A method of an operation.
pub(in crate::text) fn evaluate(op: Op, call: &Call<'_>) -> Result<Expr> {
    let fail = |e| Fault::engine(&call.at, e);
    match call.name {
        _ if op.arity() != 2 => {
            Err(Fault::new(&call.at, format!("{} has no method '{}'", op.name(), call.name))
                .help("only functions of two arrays have it, such as add"))
        }
        "outer" => {
            let b = call.bind(&["A", "B"])?;
            b.array("A")?.outer_by(op, &b.array("B")?).map_err(fail)
        }
        "reduce" => reduce(op, call),
        "accumulate" => accumulate(op, call),
        name => Err(Fault::new(&call.at, format!("no function has the method '{name}' here")).help(
            "reduce, accumulate and outer are there; sums over index ranges are differences of cumsum",
        )),
    }
}

fn reduce(op: Op, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["array", "axis?", "dtype?", "*", "keepdims?", "initial?", "where?"])?;
    let a = b.array("array")?;
    let reduction = match op {
        Op::Add => Reduction::Sum,
        Op::Multiply => Reduction::Prod,
        Op::Maximum => Reduction::Max,
        Op::Minimum => Reduction::Min,
        Op::Fmax => Reduction::Nanmax,
        Op::Fmin => Reduction::Nanmin,
        Op::LogicalAnd => Reduction::All,
        Op::LogicalOr => Reduction::Any,
        _ => {
            return Err(Fault::new(&call.at, format!("{} has no reduction here", op.name())).help(
                "those of add, multiply, maximum, minimum, fmax, fmin, logical_and and logical_or are there; \
                 logical_xor.reduce(a) is count_nonzero(a, axis=0) % 2 == 1",
            ));
        }
    };
    let axes = match b.get("axis") {
        None => Some(vec![0]),
        Some(_) => reduced_axes(&b, &a)?,
    };
    let dtype = b.some("dtype").map(|p| p.dtype()).transpose()?;
    let sums = matches!(reduction, Reduction::Sum | Reduction::Prod);
    let a = match dtype {
        Some(dtype) if !sums => a.cast(dtype).map_err(|e| b.fault("array", e))?,
        _ => a,
    };
    let options = ReduceOptions {
        axes,
        keepdims: b.boolean("keepdims")?,
        dtype: dtype.filter(|_| sums),
        ddof: 0.0,
        only: b.get("where").map(|p| p.array()).transpose()?,
        initial: b.some("initial").map(|p| p.array()).transpose()?,
        mean: None,
    };
    a.reduce(reduction, &options).map_err(|e| b.fault("axis", e))
}

fn accumulate(op: Op, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["array", "axis?", "dtype?"])?;
    let a = b.array("array")?;
    if a.ndim() == 0 {
        return Err(Fault::new(&call.at, "cannot accumulate on a scalar"));
    }
    let axis = b.get("axis").map_or(Ok(0), |p| p.integer())?;
    let dtype = b.some("dtype").map(|p| p.dtype()).transpose()?;
    let running = |op: Op, dtype: Option<DType>| {
        dtype.map_or_else(|| a.typed(), |dtype| a.cast(dtype))?.extremes(op, axis)
    };
    let options = ScanOptions { axis: Some(axis), dtype, include_initial: false };
    match op {
        Op::Add => a.cumsum(&options),
        Op::Multiply => a.cumprod(&options),
        Op::Maximum | Op::Minimum => running(op, dtype),
        // the greatest of truth values is true once one is
        Op::LogicalOr => running(Op::Maximum, Some(DType::Bool)),
        Op::LogicalAnd => running(Op::Minimum, Some(DType::Bool)),
        _ => {
            return Err(Fault::new(&call.at, format!("{} does not accumulate here", op.name()))
                .help("add, multiply, maximum, minimum, logical_and and logical_or do"));
        }
    }
    .map_err(|e| b.fault("axis", e))
}
