//! Results on stdout, as NumPy prints them or as JSON. Only the edges of a large array are computed.

use std::ops::Range;

use anyhow::{Result, bail};
use arrstore::display::{Corners, display_summary};
use arrstore::{DType, Expr, Index, Kind, Target, Value};
use serde_json::{Number, json};

use crate::misuse::misuse;

/// The most elements that are printed as JSON.
const JSON_LIMIT: u64 = 1 << 20;

/// An array that will be printed, cut into its visible parts.
pub(crate) struct Printed {
    dtype: DType,
    shape: Vec<u64>,
    /// The visible parts; `None` if the whole array is visible.
    corners: Option<Corners>,
    /// Each part, lazy.
    parts: Vec<Expr>,
}

impl Printed {
    /// Prepares `expr`: whole if it is small or `all` is set, else only its edges.
    pub(crate) fn new(expr: &Expr, all: bool) -> Result<Printed> {
        let (dtype, shape) = (expr.dtype(), expr.shape().to_vec());
        // Without elements there is nothing to compute.
        if shape.contains(&0) {
            if all && lists(&shape) > JSON_LIMIT {
                return Err(misuse(format!(
                    "the result has more than {JSON_LIMIT} empty lists, which is too many to print: write it to a file with -o"
                )));
            }
            return Ok(Printed { dtype, shape, corners: None, parts: Vec::new() });
        }
        let size = arrstore::elements(&shape).unwrap_or(u64::MAX);
        let corners = match Corners::of(&shape) {
            Some(_) if all && size > JSON_LIMIT => {
                return Err(misuse(format!(
                    "the result has {size} elements, which is too many to print: write it to a file with -o"
                )));
            }
            corners => corners.filter(|_| !all),
        };
        let Some(corners) = corners else {
            return Ok(Printed { dtype, shape, corners: None, parts: vec![expr.clone()] });
        };
        if corners.are_too_many() {
            bail!(
                "an array with {} long axes is too large to print; write it to a file with -o",
                shape.len()
            );
        }
        let part =
            |part: &[Range<u64>]| expr.index(&part.iter().cloned().map(Index::from).collect::<Vec<_>>());
        let parts = corners.boxes().map(part).collect::<Result<_, _>>()?;
        Ok(Printed { dtype, shape, corners: Some(corners), parts })
    }

    /// The expressions and targets to plan.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (Expr, Target)> {
        self.parts.iter().map(|expr| (expr.clone(), Target::Memory))
    }

    /// The bytes of the visible array, from the values of [`Printed::targets`] in order.
    fn assemble(&self, values: &mut impl Iterator<Item = Value>) -> Vec<u8> {
        let values: Vec<Value> = values.take(self.parts.len()).collect();
        match &self.corners {
            Some(corners) => corners.assemble(self.dtype, values.iter().map(Value::bytes)),
            None => values.first().map_or_else(Vec::new, |value| value.bytes().to_vec()),
        }
    }

    /// The array as NumPy prints it.
    pub(crate) fn text(&self, values: &mut impl Iterator<Item = Value>) -> String {
        display_summary(self.dtype, &self.shape, &self.assemble(values))
    }

    /// The array as nested JSON lists.
    pub(crate) fn json(&self, values: &mut impl Iterator<Item = Value>) -> serde_json::Value {
        let edges = self.corners.as_ref().map_or(&self.shape[..], Corners::edges);
        nested(self.dtype, edges, &self.assemble(values))
    }
}

fn nested(dtype: DType, shape: &[u64], bytes: &[u8]) -> serde_json::Value {
    match shape.split_first() {
        None => element(dtype, bytes),
        Some((&len, inner)) => {
            let step = bytes.len() / len.max(1) as usize;
            let item = |k| bytes.get(k * step..(k + 1) * step).unwrap_or(&[]);
            (0..len as usize).map(|k| nested(dtype, inner, item(k))).collect()
        }
    }
}

/// The number of innermost lists of an array without elements.
fn lists(shape: &[u64]) -> u64 {
    shape.iter().take_while(|&&len| len > 0).fold(1, |n, &len| n.saturating_mul(len))
}

/// One element. JSON has no NaN, infinities or complex numbers: NaN and infinities become strings, complex numbers
/// pairs.
pub(crate) fn element(dtype: DType, bytes: &[u8]) -> serde_json::Value {
    let text = || arrstore::display::display(dtype, &[], bytes);
    match dtype.kind() {
        Kind::Bool => json!(bytes != [0]),
        Kind::Signed => text().parse::<i64>().map_or_else(|_| json!(text()), |n| json!(n)),
        Kind::Unsigned => text().parse::<u64>().map_or_else(|_| json!(text()), |n| json!(n)),
        Kind::Float => {
            text().parse::<f64>().ok().and_then(Number::from_f64).map_or_else(|| json!(text()), |n| json!(n))
        }
        Kind::Complex => {
            let part = if dtype == DType::C64 { DType::F32 } else { DType::F64 };
            let (re, im) = bytes.split_at(bytes.len() / 2);
            json!([element(part, re), element(part, im)])
        }
    }
}
