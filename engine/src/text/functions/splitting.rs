//! Arrays cut into parts.

use super::{Function, functions};
use crate::Expr;
use crate::compose::Cuts;
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::text::meaning::Meaning;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "array_split" false "parts of an array along an axis, some one longer than others": split;
    "dsplit" false "equal parts of an array along the third axis": split;
    "hsplit" false "equal parts of an array beside each other": split;
    "split" false "equal parts of an array along an axis": split;
    "unstack" false "the elements along an axis": unstack;
    "vsplit" false "equal parts of an array below each other": split;
};

fn split(name: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let b = match name {
        "split" | "array_split" => call.bind(&["ary", "indices_or_sections", "axis?"])?,
        _ => call.bind(&["ary", "indices_or_sections"])?,
    };
    let array = b.array("ary")?;
    let places = b.need("indices_or_sections")?;
    let cuts = match &places.meaning {
        Meaning::Tuple(_) | Meaning::List(_) => Cuts::At(places.integers()?),
        _ => Cuts::Parts(places.integer()?),
    };
    let (axis, least) = match (name, array.ndim()) {
        ("hsplit", 0 | 1) => (0, 1),
        ("hsplit", _) => (1, 1),
        ("vsplit", _) => (0, 2),
        ("dsplit", _) => (2, 3),
        _ => (b.integer_or("axis", 0)?, 0),
    };
    if array.ndim() < least {
        let message = format!("{name} takes an array of at least {least} axes, found {}", array.ndim());
        return Err(Fault::value(&b.at, message));
    }
    let parts = if name == "array_split" { array.array_split(&cuts, axis) } else { array.split(&cuts, axis) };
    parts.map_err(|e| b.fault("axis", e))
}

fn unstack(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let b = call.bind(&["x", "*", "axis?"])?;
    b.array("x")?.unstack(b.integer_or("axis", 0)?).map_err(|e| b.fault("axis", e))
}
