//! The order of elements: sorting, and places in sorted arrays.

use super::{Function, functions};
use crate::Expr;
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "argpartition" true "the positions of the elements of partition": partition;
    "argsort" true "the positions of the elements in ascending order": sort;
    "digitize" false "the numbers of the bins that elements are in": digitize;
    "lexsort" false "the positions of elements in the order of several keys, the last one first": lexsort;
    "partition" true "the elements with those at some places as if sorted; of texts, the parts before, at and after the first `kth`": partition;
    "searchsorted" true "the places of elements in a sorted array": search;
    "sort" true "the elements in ascending order": sort;
    "sort_complex" false "the elements as complex numbers in ascending order": sort_complex;
    "topk" true "the k greatest elements, or the -k smallest": topk;
};

/// NumPy's names of sorting algorithms. Every sort is stable here.
const KINDS: &[&str] = &["quicksort", "heapsort", "mergesort", "stable"];

fn sort(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "axis?", "kind?", "order?", "*", "stable?"])?;
    check_kind(&b, KINDS)?;
    let (a, axis) = (b.array("a")?, axis(&b)?);
    if let Some(order) = b.some("order") {
        return by_fields(&b, &a, order, axis, name == "sort");
    }
    let sorted = if name == "sort" { a.sort(axis) } else { a.argsort(axis) };
    sorted.map_err(|e| b.fault("axis", e))
}

/// Records in the order of the fields that `order` names, or, without `values`, their positions.
fn by_fields(b: &Bound, a: &Expr, order: &Placed, axis: Option<i64>, values: bool) -> Result<Expr> {
    let names = order.texts()?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let sorted = if values { a.sort_by(&names, axis) } else { a.argsort_by(&names, axis) };
    sorted.map_err(|e| b.fault("order", e))
}

fn partition(name: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&["a", "kth", "axis?", "kind?", "order?"])?;
    check_kind(&b, &["introselect"])?;
    let a = b.array("a")?;
    // among texts, NumPy's `strings.partition`: the second argument is a part of them
    if name == "partition"
        && let Ok(part) = b.need("kth")?.array()
        && part.dtype().kind().is_text()
    {
        let parts = a.partition_text(&part, false, &call.context()).map_err(|e| b.fault("kth", e))?;
        return Ok(Vec::from(parts).into());
    }
    let (kth, axis) = (b.need("kth")?.integers()?, axis(&b)?);
    if let Some(order) = b.some("order") {
        a.check_places(&kth, axis).map_err(|e| b.fault("kth", e))?;
        // lines in order are parted at every place
        return by_fields(&b, &a, order, axis, name == "partition").map(Meaning::from);
    }
    let parted = if name == "partition" { a.partition(&kth, axis) } else { a.argpartition(&kth, axis) };
    parted.map(Meaning::from).map_err(|e| b.fault("axis", e))
}

fn topk(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "k", "axis?"])?;
    b.array("a")?.topk(b.need("k")?.integer()?, axis(&b)?).map_err(|e| b.fault("axis", e))
}

fn lexsort(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["keys", "axis?"])?;
    let keys = b.arrays("keys")?;
    let axis = b.get("axis").map_or(Ok(-1), |axis| axis.integer())?;
    Expr::lexsort(&keys, axis).map_err(|e| b.fault("axis", e))
}

fn search(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "v", "side?", "sorter?"])?;
    let after = match b.get("side").map(|side| (side, &side.meaning)) {
        None => false,
        Some((_, Meaning::Str(side))) if side == "left" || side == "right" => side == "right",
        Some((side, _)) => return Err(Fault::value(&side.span, "side is 'left' or 'right'")),
    };
    let sorter = b.some("sorter").map(|p| p.array()).transpose()?;
    b.array("a")?.searchsorted(&b.array("v")?, after, sorter.as_ref()).map_err(|e| b.fault("a", e))
}

fn digitize(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["x", "bins", "right?"])?;
    b.array("x")?.digitize(&b.array("bins")?, b.boolean("right")?).map_err(|e| b.fault("bins", e))
}

/// Checks the arguments that choose an algorithm, one of `kinds`.
fn check_kind(b: &Bound, kinds: &[&str]) -> Result<()> {
    if let Some(stable) = b.some("stable") {
        stable.boolean()?;
        if let Some(kind) = b.some("kind") {
            return Err(Fault::value(&kind.span, "kind and stable are two names of one argument"));
        }
    }
    match b.some("kind").map(|kind| (kind, &kind.meaning)) {
        None => Ok(()),
        Some((_, Meaning::Str(kind))) if kinds.contains(&kind.as_str()) => Ok(()),
        Some((kind, _)) => Err(kind
            .not_one_of(&format!("one of {}", kinds.join(", ")))
            .help("every kind gives the same result here, so it can be left out")),
    }
}

/// The axis of the call, by default the last one; `None` if it is `None`.
fn axis(b: &Bound) -> Result<Option<i64>> {
    match b.get("axis") {
        None => Ok(Some(-1)),
        Some(axis) if axis.is_none() => Ok(None),
        Some(axis) => axis.integer().map(Some),
    }
}

fn sort_complex(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a"])?;
    b.array("a")?.sort_complex().map_err(|e| b.fault("a", e))
}
