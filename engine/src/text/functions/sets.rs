//! Arrays as sets of elements.

use super::{Function, functions};
use crate::Expr;
use crate::compose::{Unique, UniqueOptions};
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::meaning::Meaning;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "intersect1d" false "the elements that are in both arrays": intersect;
    "isin" false "whether each element is among others": member;
    "setdiff1d" false "the elements of one array that are not in another": difference;
    "setxor1d" false "the elements that are in one of two arrays but not in both": either;
    "union1d" false "the elements that are in any of two arrays": union;
    "unique" false "the distinct elements in ascending order": unique;
    "unique_all" false "distinct elements, first positions, inverse and counts": unique_parts;
    "unique_counts" false "distinct elements and their counts": unique_parts;
    "unique_inverse" false "distinct elements and the place of each element among them": unique_parts;
    "unique_values" false "the distinct elements": unique_parts;
};

fn unique(_: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&[
        "ar",
        "return_index?",
        "return_inverse?",
        "return_counts?",
        "axis?",
        "*",
        "equal_nan?",
        "sorted?",
    ])?;
    let a = b.array("ar")?;
    b.boolean("sorted")?;
    let options = UniqueOptions {
        index: b.boolean("return_index")?,
        inverse: b.boolean("return_inverse")?,
        counts: b.boolean("return_counts")?,
        equal_nan: b.get("equal_nan").map_or(Ok(true), |p| p.boolean())?,
        axis: b.some("axis").map(|axis| axis.integer()).transpose()?,
    };
    let about = if options.axis.is_some() { "axis" } else { "ar" };
    let found = a.unique(&options, &call.context()).map_err(|e| b.fault(about, e))?;
    Ok(parts(found))
}

/// The array API's functions, for which each NaN is an element of its own.
fn unique_parts(name: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&["x"])?;
    let all = name == "unique_all";
    let options = UniqueOptions {
        index: all,
        inverse: all || name == "unique_inverse",
        counts: all || name == "unique_counts",
        equal_nan: false,
        axis: None,
    };
    Ok(parts(b.array("x")?.unique(&options, &call.context()).map_err(|e| b.fault("x", e))?))
}

/// The distinct elements, or a tuple that begins with them.
fn parts(found: Unique) -> Meaning {
    let Unique { values, index, inverse, counts } = found;
    let rest: Vec<Expr> = [index, inverse, counts].into_iter().flatten().collect();
    match rest.is_empty() {
        true => values.into(),
        false => std::iter::once(values).chain(rest).collect::<Vec<Expr>>().into(),
    }
}

fn union(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["ar1", "ar2"])?;
    b.array("ar1")?.union1d(&b.array("ar2")?, &call.context()).map_err(|e| b.fault("ar1", e))
}

fn intersect(_: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&["ar1", "ar2", "assume_unique?", "return_indices?"])?;
    b.boolean("assume_unique")?;
    let found =
        b.array("ar1")?.intersect1d(&b.array("ar2")?, &call.context()).map_err(|e| b.fault("ar1", e))?;
    match b.boolean("return_indices")? {
        true => Ok(Vec::from(found).into()),
        false => Ok(found[0].clone().into()),
    }
}

fn difference(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["ar1", "ar2", "assume_unique?"])?;
    let (one, other) = (b.array("ar1")?, b.array("ar2")?);
    let found = match b.boolean("assume_unique")? {
        // NumPy keeps the order of an array that is said to have no equal elements
        true => flat(&one).and_then(|one| one.without(&other, &call.context())),
        false => one.setdiff1d(&other, &call.context()),
    };
    found.map_err(|e| b.fault("ar1", e))
}

fn flat(array: &Expr) -> crate::Result<Expr> {
    array.typed()?.reshape(&[-1])
}

fn either(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["ar1", "ar2", "assume_unique?"])?;
    b.boolean("assume_unique")?;
    b.array("ar1")?.setxor1d(&b.array("ar2")?, &call.context()).map_err(|e| b.fault("ar1", e))
}

fn member(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["element", "test_elements", "assume_unique?", "invert?", "*", "kind?"])?;
    check_kind(&b)?;
    b.boolean("assume_unique")?;
    let (element, list) = (b.array("element")?, b.array("test_elements")?);
    element.isin(&list, b.boolean("invert")?).map_err(|e| b.fault("test_elements", e))
}

fn check_kind(b: &Bound) -> Result<()> {
    match b.some("kind").map(|kind| (kind, &kind.meaning)) {
        None => Ok(()),
        Some((_, Meaning::Str(kind))) if kind == "sort" || kind == "table" => Ok(()),
        Some((kind, _)) => Err(Fault::value(&kind.span, "kind is 'sort', 'table' or None")),
    }
}
