//! Arrays joined to larger ones.

use super::{Function, functions};
use crate::Expr;
use crate::text::call::Call;
use crate::text::error::Result;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "concatenate" false "arrays joined along an axis": concatenate;
};

fn concatenate(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["arrays", "axis?", "*", "dtype?"])?;
    let arrays = b.arrays("arrays")?;
    let axis = match b.get("axis") {
        Some(p) if p.is_none() => None,
        Some(p) => Some(p.integer()?),
        None => Some(0),
    };
    let dtype = b.some("dtype").map(|p| p.dtype()).transpose()?;
    Expr::concatenate(&arrays, axis, dtype).map_err(|e| b.fault("axis", e))
}
