//! Elementwise functions with arguments beside arrays.

use super::{Function, elementwise, functions, reduced_axes};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};
use crate::text::number::Number;
use crate::{Expr, ReduceOptions, Reduction, Scalar};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "astype" true "the elements in another type": special;
    "clip" true "elements held between a least and a greatest": special;
    "ptp" false "greatest element less the smallest": special;
    "round" true "rounded to decimals, by default to whole numbers; ties to even": special;
    "where" false "x where the condition is true, else y; without x and y, the places where it is true": chosen;
};

/// `where`: an elementwise choice, or the places of the true elements.
fn chosen(_: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&["condition", "x?", "y?"])?;
    match (b.get("x"), b.get("y")) {
        (None, None) => {
            let condition = b.array("condition")?;
            condition.nonzero(&call.context()).map(Into::into).map_err(|e| b.fault("condition", e))
        }
        (Some(x), Some(y)) => {
            elementwise("where", &b.at, &[b.array("condition")?, x.array()?, y.array()?]).map(Into::into)
        }
        _ => Err(Fault::value(&b.at, "where takes a condition alone, or x and y with it")),
    }
}

fn special(name: &str, call: &Call<'_>) -> Result<Expr> {
    match name {
        "astype" => {
            let b = call.bind(&["x", "dtype", "*", "copy?"])?;
            b.check_idle()?;
            let (x, dtype) = (b.array("x")?, b.need("dtype")?);
            match dtype.is_texts() {
                Some(characters) => x.as_texts(characters),
                None => x.cast(dtype.dtype()?),
            }
            .map_err(|e| b.fault("x", e))
        }
        "clip" => clip(call),
        "round" => {
            let b = call.bind(&["a", "decimals?"])?;
            match b.get("decimals") {
                Some(p) => b.array("a")?.round_to(p.integer()?).map_err(|e| b.fault("a", e)),
                None => elementwise("round", &b.at, &[b.array("a")?]),
            }
        }
        "ptp" => {
            let b = call.bind(&["a", "axis?", "*", "keepdims?"])?;
            let (a, keepdims) = (b.array("a")?, b.boolean("keepdims")?);
            let options = ReduceOptions { axes: reduced_axes(&b, &a)?, keepdims, ..ReduceOptions::default() };
            let of = |r| a.reduce(r, &options).map_err(|e| b.fault("axis", e));
            elementwise("subtract", &b.at, &[of(Reduction::Max)?, of(Reduction::Min)?])
        }
        _ => Err(Fault::new(&call.at, format!("unknown function '{name}'"))),
    }
}

fn clip(call: &Call<'_>) -> Result<Expr> {
    let old = call.given.iter().any(|g| g.0.as_ref().is_some_and(|n| n.0.starts_with("a_")));
    let (b, low, high) = match old {
        true => (call.bind(&["a", "a_min?", "a_max?"])?, "a_min", "a_max"),
        false => (call.bind(&["a", "min?", "max?"])?, "min", "max"),
    };
    let a = b.array("a")?;
    // as in NumPy, a bound that no element of the integer type exceeds is none
    let within = |placed: &&Placed, above: bool| match (placed.number(), Scalar::range(a.dtype())) {
        (Some(Number::Int(n)), Some(range)) if a.as_scalar().is_none() => match above {
            true => *n < (*range.end()).into(),
            false => *n > (*range.start()).into(),
        },
        _ => true,
    };
    let (low, high) = (b.some(low).filter(|p| within(p, false)), b.some(high).filter(|p| within(p, true)));
    match (low, high) {
        (Some(low), Some(high)) => elementwise("clip", &b.at, &[a, low.array()?, high.array()?]),
        (Some(low), None) => elementwise("maximum", &b.at, &[a, low.array()?]),
        (None, Some(high)) => elementwise("minimum", &b.at, &[a, high.array()?]),
        (None, None) => elementwise("positive", &b.at, &[a]),
    }
}
