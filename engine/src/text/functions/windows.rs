//! Overlapping views.

use super::{Function, functions};
use crate::Expr;
use crate::text::call::Call;
use crate::text::error::Result;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "as_strided" false "any strides over the elements of an array, within its bounds": as_strided;
    "sliding_window_view" false "all windows of an array": windows;
    "unfold" true "windows along one axis, some steps apart": unfold;
};

fn windows(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["x", "window_shape", "axis?", "*", "subok?", "writeable?"])?;
    b.check_idle()?;
    let lengths = b.shape("window_shape")?;
    b.array("x")?.sliding_windows(&lengths, b.axes("axis")?.as_deref()).map_err(|e| b.fault("axis", e))
}

fn as_strided(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["x", "shape", "strides"])?;
    let strides = b.need("strides")?.integers()?;
    b.array("x")?.as_strided(&b.shape("shape")?, &strides).map_err(|e| b.fault("strides", e))
}

fn unfold(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "axis", "size", "step?"])?;
    let axis = b.need("axis")?.integer()?;
    let one = |name: &str| b.some(name).map_or(Ok(1), |p| p.integer().map(|n| n.max(0) as u64));
    b.array("a")?.unfold(axis, one("size")?, one("step")?).map_err(|e| b.fault("axis", e))
}
