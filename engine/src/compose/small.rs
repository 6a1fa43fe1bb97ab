//! Small arrays whose elements are needed while an expression is built.

use std::sync::Arc;

use bytemuck::Pod;

use crate::op::Scalar;
use crate::plan::{Plan, Target};
use crate::source::Value;
use crate::{Context, DType, Error, Expr, Result};

/// Arrays computed into memory, together.
pub(super) fn computed<const N: usize>(exprs: &[Expr; N], context: &Context) -> Result<[Expr; N]> {
    let roots: Vec<_> =
        exprs.iter().map(|expr| Ok((expr.typed()?, Target::Memory))).collect::<Result<_>>()?;
    let values = Plan::new(&roots, context)?.run(context)?.into_iter().flatten();
    let values = values.map(|value| Expr::source(Arc::new(value))).collect::<Result<Vec<_>>>()?;
    values.try_into().map_err(|_| Error::Other("the plan gave no value".into()))
}

/// An array computed into memory.
pub(super) fn one(expr: &Expr, context: &Context) -> Result<Expr> {
    computed(std::array::from_ref(expr), context).map(|[expr]| expr)
}

/// The elements of an array.
pub(super) fn read<T: Pod>(expr: &Expr, context: &Context) -> Result<Vec<T>> {
    let values = Plan::new(&[(expr.typed()?, Target::Memory)], context)?.run(context)?;
    let value = values.into_iter().flatten().next();
    let value = value.ok_or_else(|| Error::Other("the plan gave no value".into()))?;
    Ok(value.bytes().chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect())
}

/// The elements of an array as `float64`.
pub(super) fn floats(expr: &Expr, context: &Context) -> Result<Vec<f64>> {
    read(&expr.typed()?.cast(DType::F64)?, context)
}

/// The one element of an array as `float64`.
pub(super) fn number(expr: &Expr, context: &Context) -> Result<f64> {
    match expr.as_scalar() {
        Some(Scalar::Float(x)) => Ok(x),
        Some(Scalar::Int(n)) => Ok(n as f64),
        _ => floats(expr, context)?.first().copied().ok_or_else(|| Error::Other("no element".into())),
    }
}

/// Some integers along one axis, in memory.
pub(super) fn integers(values: &[i64]) -> Result<Expr> {
    let value = Value::copied_from(DType::I64, &[values.len() as u64], bytemuck::cast_slice(values))?;
    Expr::source(Arc::new(value))
}

/// Some floats along one axis, in memory.
pub(super) fn values(values: &[f64]) -> Result<Expr> {
    let value = Value::copied_from(DType::F64, &[values.len() as u64], bytemuck::cast_slice(values))?;
    Expr::source(Arc::new(value))
}
