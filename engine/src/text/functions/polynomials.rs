//! Polynomials as vectors of their coefficients, that of the highest power first.

use super::{Function, functions};
use crate::Expr;
use crate::text::call::Call;
use crate::text::error::Result;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "poly" false "the polynomial with these roots": poly;
    "polyadd" false "the sum of two polynomials": sum;
    "polyder" false "a derivative of a polynomial": polyder;
    "polydiv" false "quotient and remainder of two polynomials": polydiv;
    "polyint" false "an integral of a polynomial": polyint;
    "polymul" false "the product of two polynomials": polymul;
    "polysub" false "the difference of two polynomials": sum;
    "polyval" false "the values of a polynomial": polyval;
};

fn poly(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["seq_of_zeros"])?;
    b.array("seq_of_zeros")?.poly(&call.context()).map_err(|e| b.fault("seq_of_zeros", e))
}

fn sum(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a1", "a2"])?;
    b.array("a1")?.polyadd(&b.array("a2")?, name == "polysub").map_err(|e| b.fault("a1", e))
}

fn polymul(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a1", "a2"])?;
    b.array("a1")?.polymul(&b.array("a2")?, &call.context()).map_err(|e| b.fault("a1", e))
}

fn polydiv(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let b = call.bind(&["u", "v"])?;
    b.array("u")?.polydiv(&b.array("v")?, &call.context()).map(Vec::from).map_err(|e| b.fault("u", e))
}

fn polyval(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["p", "x"])?;
    b.array("p")?.polyval(&b.array("x")?).map_err(|e| b.fault("p", e))
}

fn polyder(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["p", "m?"])?;
    b.array("p")?.polyder(b.integer_or("m", 1)?).map_err(|e| b.fault("p", e))
}

fn polyint(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["p", "m?", "k?"])?;
    let constants = b.some("k").map(|k| k.array()).transpose()?;
    b.array("p")?.polyint(b.integer_or("m", 1)?, constants.as_ref()).map_err(|e| b.fault("p", e))
}
