//! Results on stdout, as NumPy prints them or as JSON. Only the edges of a large array are computed.

use anyhow::{Result, bail};
use arrstore::display::{display_summary, summary};
use arrstore::{DType, Expr, Index, Kind, Target, Value};
use arrstore_format::strided;
use serde_json::{Number, json};

use crate::misuse::misuse;

/// The most elements that are printed as JSON.
const JSON_LIMIT: u64 = 1 << 20;

/// The most separate parts in a summary; more make no sense to a reader.
const MAX_PARTS: usize = 1024;

/// An array that will be printed, cut into its visible parts.
pub(crate) struct Printed {
    dtype: DType,
    shape: Vec<u64>,
    /// Lengths of the visible array.
    edges: Vec<u64>,
    /// For each part: its first index in the visible array, and the lazy part.
    parts: Vec<(Vec<u64>, Expr)>,
}

impl Printed {
    /// Prepares `expr`: whole if it is small or `all` is set, else only its edges.
    pub(crate) fn new(expr: &Expr, all: bool) -> Result<Printed> {
        let (dtype, shape) = (expr.dtype(), expr.shape().to_vec());
        // Without elements there is nothing to compute.
        if shape.contains(&0) {
            if all && lists(&shape) > JSON_LIMIT {
                return Err(misuse(format!(
                    "the result has no elements in more than {JSON_LIMIT} lists, too many to write out: give it a place with -o"
                )));
            }
            return Ok(Printed { dtype, edges: shape.clone(), shape, parts: Vec::new() });
        }
        let size = arrstore::elements(&shape).unwrap_or(u64::MAX);
        let axes = match summary(&shape) {
            Some(_) if all && size > JSON_LIMIT => {
                return Err(misuse(format!(
                    "the result has {size} elements, too many to write out: give it a place with -o"
                )));
            }
            Some(axes) if !all => axes,
            _ => {
                let parts = vec![(vec![0; shape.len()], expr.clone())];
                return Ok(Printed { dtype, edges: shape.clone(), shape, parts });
            }
        };
        if axes.iter().map(Vec::len).product::<usize>() > MAX_PARTS {
            bail!("an array of {} long axes is not printed: give it a place with -o", axes.len());
        }
        let edges = axes.iter().map(|ranges| ranges.iter().map(|r| r.end - r.start).sum()).collect();
        let mut parts = vec![(Vec::new(), Vec::new())];
        for ranges in &axes {
            let mut next = Vec::new();
            for (at, index) in &parts {
                let mut offset = 0;
                for range in ranges {
                    let (mut at, mut index): (Vec<u64>, Vec<Index>) = (at.clone(), index.clone());
                    at.push(offset);
                    offset += range.end - range.start;
                    let (start, stop) = (Some(range.start as i64), Some(range.end as i64));
                    index.push(Index::Slice { start, stop, step: None });
                    next.push((at, index));
                }
            }
            parts = next;
        }
        let parts =
            parts.into_iter().map(|(at, index)| Ok((at, expr.index(&index)?))).collect::<Result<Vec<_>>>()?;
        Ok(Printed { dtype, shape, edges, parts })
    }

    /// The expressions and targets to plan.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (Expr, Target)> {
        self.parts.iter().map(|(_, expr)| (expr.clone(), Target::Memory))
    }

    /// The bytes of the visible array, from the values of [`Printed::targets`] in order.
    fn assemble(&self, values: &mut impl Iterator<Item = Value>) -> Vec<u8> {
        let item = self.dtype.size();
        let strides = arrstore::c_strides(&self.edges, item);
        let mut bytes = vec![0; arrstore::elements(&self.edges).unwrap_or(0) as usize * item];
        for ((at, _), value) in self.parts.iter().zip(values) {
            let shape: Vec<usize> = value.shape().iter().map(|&n| n as usize).collect();
            let from = arrstore::c_strides(value.shape(), item);
            let to: isize = at.iter().zip(&strides).map(|(&i, s)| i as isize * s).sum();
            strided::copy(item, &shape, value.bytes(), 0, &from, &mut bytes, to as usize, &strides);
        }
        bytes
    }

    /// The array as NumPy prints it.
    pub(crate) fn text(&self, values: &mut impl Iterator<Item = Value>) -> String {
        display_summary(self.dtype, &self.shape, &self.assemble(values))
    }

    /// The array as nested JSON lists.
    pub(crate) fn json(&self, values: &mut impl Iterator<Item = Value>) -> serde_json::Value {
        nested(self.dtype, &self.edges, &self.assemble(values))
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
