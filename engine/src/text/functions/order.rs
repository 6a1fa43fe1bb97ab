//! The order of elements.

use super::{Function, functions};
use crate::Expr;
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::meaning::Meaning;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "argsort" true "the positions of the elements in ascending order": sort;
    "sort" true "the elements in ascending order": sort;
};

/// NumPy's names of sorting algorithms. Every sort is stable here.
const KINDS: &[&str] = &["quicksort", "heapsort", "mergesort", "stable"];

fn sort(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "axis?", "kind?", "order?", "*", "stable?"])?;
    check_kind(&b)?;
    let (a, axis) = (b.array("a")?, one_axis(&b, Some(-1))?);
    let sorted = if name == "sort" { a.sort(axis) } else { a.argsort(axis) };
    sorted.map_err(|e| b.fault("axis", e))
}

/// Checks the arguments that choose an algorithm.
fn check_kind(b: &Bound) -> Result<()> {
    if let Some(order) = b.some("order") {
        return Err(Fault::new(&order.span, "order names fields of records; these elements have none"));
    }
    if let Some(stable) = b.some("stable") {
        stable.boolean()?;
        if let Some(kind) = b.some("kind") {
            return Err(Fault::new(&kind.span, "kind and stable are two names of one argument"));
        }
    }
    match b.some("kind").map(|kind| (kind, &kind.meaning)) {
        None => Ok(()),
        Some((_, Meaning::Str(kind))) if KINDS.contains(&kind.as_str()) => Ok(()),
        Some((kind, _)) => Err(Fault::new(&kind.span, format!("kind is one of {}", KINDS.join(", ")))
            .help("every sort is stable here, so it can be left out")),
    }
}

/// The axis of the call, `default` if the call has none; `None` if it is `None`.
fn one_axis(b: &Bound, default: Option<i64>) -> Result<Option<i64>> {
    match b.get("axis") {
        None => Ok(default),
        Some(axis) if axis.is_none() => Ok(None),
        Some(axis) => axis.integer().map(Some),
    }
}
