//! Truth values as bits of bytes, and bits of bytes as numbers.

use super::{Function, functions};
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::{BitOrder, Expr};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "packbits" false "whether elements are zero, as bits of uint8": packbits;
    "unpackbits" false "the bits of uint8 as numbers 0 and 1": unpackbits;
};

fn axis(b: &Bound) -> Result<Option<i64>> {
    b.some("axis").map(|axis| axis.integer()).transpose()
}

fn order(b: &Bound) -> Result<BitOrder> {
    match b.get("bitorder") {
        None => Ok(BitOrder::default()),
        Some(placed) => placed.text()?.parse().map_err(|e| Fault::engine(&placed.span, e)),
    }
}

fn packbits(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "axis?", "bitorder?"])?;
    b.array("a")?.packbits(axis(&b)?, order(&b)?).map_err(|e| b.fault("axis", e))
}

fn unpackbits(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "axis?", "count?", "bitorder?"])?;
    let count = b.some("count").map(|count| count.integer()).transpose()?;
    b.array("a")?.unpackbits(axis(&b)?, count, order(&b)?).map_err(|e| b.fault("axis", e))
}
