//! Reductions that are composed of others.

use super::{Function, functions, reduced_axes};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::text::meaning::Meaning;
use crate::{Expr, ReduceOptions, Reduction};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "average" false "mean with weights": average;
    "nanargmax" false "index of the greatest element that is not NaN; an error without one": nanarg;
    "nanargmin" false "index of the smallest element that is not NaN; an error without one": nanarg;
};

fn nanarg(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "axis?", "*", "keepdims?"])?;
    let a = b.array("a")?;
    let axes = reduced_axes(&b, &a)?;
    let options = ReduceOptions { axes, keepdims: b.boolean("keepdims")?, ..ReduceOptions::default() };
    let reduction = if name == "nanargmax" { Reduction::Argmax } else { Reduction::Argmin };
    a.nanarg(reduction, &options).map_err(|e| b.fault("axis", e))
}

fn average(_: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&["a", "axis?", "weights?", "returned?", "*", "keepdims?"])?;
    let a = b.array("a")?;
    let weights = b.some("weights").map(|p| p.array()).transpose()?;
    let axes = b.axes("axis")?;
    if axes.is_none() && weights.as_ref().is_some_and(|weights| weights.shape() != a.shape()) {
        return Err(Fault::new(&b.at, "weights of another shape than the array need an axis"));
    }
    let [mean, total] = a
        .average(weights.as_ref(), axes.as_deref(), b.boolean("keepdims")?)
        .map_err(|e| b.fault("axis", e))?;
    match b.boolean("returned")? {
        true => Ok(vec![mean, total].into()),
        false => Ok(mean.into()),
    }
}
