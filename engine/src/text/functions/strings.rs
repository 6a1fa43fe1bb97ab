//! Functions of texts: those of NumPy's `strings` whose results have a width that the types give.

use super::{Function, functions};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::{Expr, Op};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "capitalize" false "texts with the first letter large, all others small": one;
    "count" false "how often a text stands in another": two;
    "endswith" false "whether a text ends with another": two;
    "find" false "the first place of a text in another, or -1": two;
    "lower" false "texts in small letters": one;
    "lstrip" false "texts without white space, or other characters, at the start": strip;
    "rfind" false "the last place of a text in another, or -1": two;
    "rstrip" false "texts without white space, or other characters, at the end": strip;
    "startswith" false "whether a text begins with another": two;
    "str_len" false "characters of a text": one;
    "strip" false "texts without white space, or other characters, at both ends": strip;
    "swapcase" false "texts with large letters small, and small ones large": one;
    "title" false "texts with the first letter of each word large": one;
    "upper" false "texts in large letters": one;
};

fn one(name: &str, call: &Call<'_>) -> Result<Expr> {
    let op = match name {
        "capitalize" => Op::Capitalize,
        "lower" => Op::Lower,
        "str_len" => Op::StrLen,
        "swapcase" => Op::Swapcase,
        "title" => Op::Title,
        _ => Op::Upper,
    };
    let b = call.bind(&["a"])?;
    Expr::apply(op, &[b.array("a")?]).map_err(|e| Fault::engine(&call.at, e))
}

fn two(name: &str, call: &Call<'_>) -> Result<Expr> {
    let op = match name {
        "count" => Op::StrCount,
        "endswith" => Op::Endswith,
        "find" => Op::Find,
        "rfind" => Op::Rfind,
        _ => Op::Startswith,
    };
    let b = call.bind(&["a", "sub"])?;
    Expr::apply(op, &[b.array("a")?, b.array("sub")?]).map_err(|e| Fault::engine(&call.at, e))
}

fn strip(name: &str, call: &Call<'_>) -> Result<Expr> {
    let (space, chars) = match name {
        "lstrip" => (Op::Lstrip, Op::LstripChars),
        "rstrip" => (Op::Rstrip, Op::RstripChars),
        _ => (Op::Strip, Op::StripChars),
    };
    let b = call.bind(&["a", "chars?"])?;
    let a = b.array("a")?;
    match b.some("chars") {
        None => Expr::apply(space, &[a]),
        Some(set) => Expr::apply(chars, &[a, set.array()?]),
    }
    .map_err(|e| Fault::engine(&call.at, e))
}
