//! Scans along an axis.

use super::{Function, functions};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::{Expr, ScanOptions};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "cumprod" true "product of the elements up to each one": scan;
    "cumsum" true "sum of the elements up to each one": scan;
    "cumulative_prod" false "product of the elements up to each one, along an axis": scan;
    "cumulative_sum" false "sum of the elements up to each one, along an axis": scan;
    "nancumprod" false "product of the elements up to each one, NaN counted as 1": scan;
    "nancumsum" false "sum of the elements up to each one, NaN counted as 0": scan;
};

fn scan(name: &str, call: &Call<'_>) -> Result<Expr> {
    let (b, x) = match name.starts_with("cumulative") {
        true => (call.bind(&["x", "axis?", "*", "dtype?", "include_initial?"])?, "x"),
        false => (call.bind(&["a", "axis?", "dtype?"])?, "a"),
    };
    let mut x = b.array(x)?;
    if name.starts_with("nan") {
        x = x.without_nan(if name.ends_with("sum") { 0 } else { 1 }).map_err(|e| b.fault("a", e))?;
    }
    let axis = match b.axes("axis")?.as_deref() {
        None if name.starts_with("cumulative") && x.ndim() > 1 => {
            return Err(Fault::value(
                &b.at,
                format!("{name} needs an axis, because the array has {} of them", x.ndim()),
            ));
        }
        None => None,
        Some(&[axis]) => Some(axis),
        Some(_) => return Err(Fault::value(&b.at, format!("{name} takes a single axis"))),
    };
    let dtype = b.some("dtype").map(|p| p.dtype()).transpose()?;
    let options = ScanOptions { axis, dtype, include_initial: b.boolean("include_initial")? };
    let scanned = if name.ends_with("sum") { x.cumsum(&options) } else { x.cumprod(&options) };
    scanned.map_err(|e| b.fault("axis", e))
}
