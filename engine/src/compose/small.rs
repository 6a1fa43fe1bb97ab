//! Small arrays whose elements are needed while an expression is built.

use std::sync::Arc;

use bytemuck::Pod;

use super::held::held;
use crate::op::Scalar;
use crate::plan::evaluate_in;
use crate::source::Value;
use crate::{Context, DType, Error, Expr, Result};

/// Arrays computed together, and held.
pub(super) fn computed<const N: usize>(exprs: &[Expr; N], context: &Context) -> Result<[Expr; N]> {
    let exprs = exprs.iter().map(Expr::typed).collect::<Result<Vec<_>>>()?;
    held(&exprs, context)?.try_into().map_err(|_| Error::internal("the plan gave no value"))
}

/// An array computed and held.
pub(super) fn one(expr: &Expr, context: &Context) -> Result<Expr> {
    computed(std::array::from_ref(expr), context).map(|[expr]| expr)
}

/// The elements of an array.
pub(super) fn read<T: Pod>(expr: &Expr, context: &Context) -> Result<Vec<T>> {
    let value = evaluate_in(&expr.typed()?, context)?;
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

/// Some bytes along one axis, in memory.
pub(super) fn bytes(values: &[u8]) -> Result<Expr> {
    Expr::source(Arc::new(Value::copied_from(DType::U8, &[values.len() as u64], values)?))
}

/// Some floats along one axis, in memory.
pub(super) fn values(values: &[f64]) -> Result<Expr> {
    let value = Value::copied_from(DType::F64, &[values.len() as u64], bytemuck::cast_slice(values))?;
    Expr::source(Arc::new(value))
}
