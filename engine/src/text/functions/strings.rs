//! Functions of texts, as NumPy's `strings`.

use super::{Function, functions};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::{Expr, Justify, Op};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "capitalize" false "texts with the first letter large, all others small": one;
    "center" false "texts in the middle of a number of characters": justify;
    "count" false "how often a text stands in another": two;
    "endswith" false "whether a text ends with another": two;
    "find" false "the first place of a text in another, or -1": two;
    "isalnum" false "whether all characters of a text are letters or numbers": class;
    "isalpha" false "whether all characters of a text are letters": class;
    "isdecimal" false "whether all characters of a text are decimal digits": class;
    "isdigit" false "whether all characters of a text are digits": class;
    "islower" false "whether a text has small letters, and no large ones": class;
    "isnumeric" false "whether all characters of a text stand for numbers": class;
    "isspace" false "whether all characters of a text are white space": class;
    "istitle" false "whether each word of a text has its first letter alone large": class;
    "isupper" false "whether a text has large letters, and no small ones": class;
    "ljust" false "texts at the left of a number of characters": justify;
    "lower" false "texts in small letters": one;
    "lstrip" false "texts without white space, or other characters, at the start": strip;
    "replace" false "texts with a part replaced by another": replace;
    "rfind" false "the last place of a text in another, or -1": two;
    "rjust" false "texts at the right of a number of characters": justify;
    "rpartition" false "texts before, at and after the last place of a part": rpartition;
    "rstrip" false "texts without white space, or other characters, at the end": strip;
    "slice" false "characters of texts from a place to another": slice;
    "startswith" false "whether a text begins with another": two;
    "str_len" false "characters of a text": one;
    "strip" false "texts without white space, or other characters, at both ends": strip;
    "swapcase" false "texts with large letters small, and small ones large": one;
    "title" false "texts with the first letter of each word large": one;
    "upper" false "texts in large letters": one;
    "zfill" false "digits with zeros before them, to a number of characters": zfill;
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
    let b = call.bind(&["a", "sub", "start?", "end?"])?;
    let (a, sub) = (b.array("a")?, b.array("sub")?);
    let end = |name| b.some(name).map(|end| end.array()).transpose();
    let (start, end) = (end("start")?, end("end")?);
    match (op, start.is_some() || end.is_some()) {
        (_, false) => Expr::apply(op, &[a, sub]),
        (Op::Find | Op::Rfind, true) => a.find_within(op, &sub, [start.as_ref(), end.as_ref()]),
        (_, true) => a
            .slice_text(start.as_ref(), end.as_ref(), &Expr::scalar(1))
            .and_then(|part| Expr::apply(op, &[part, sub])),
    }
    .map_err(|e| Fault::engine(&call.at, e))
}

fn class(name: &str, call: &Call<'_>) -> Result<Expr> {
    let op = match name {
        "isalnum" => Op::Isalnum,
        "isalpha" => Op::Isalpha,
        "isdecimal" => Op::Isdecimal,
        "isdigit" => Op::Isdigit,
        "islower" => Op::Islower,
        "isnumeric" => Op::Isnumeric,
        "isspace" => Op::Isspace,
        "istitle" => Op::Istitle,
        _ => Op::Isupper,
    };
    let b = call.bind(&["a"])?;
    Expr::apply(op, &[b.array("a")?]).map_err(|e| Fault::engine(&call.at, e))
}

fn justify(name: &str, call: &Call<'_>) -> Result<Expr> {
    let justify = match name {
        "center" => Justify::Center,
        "ljust" => Justify::Left,
        _ => Justify::Right,
    };
    let b = call.bind(&["a", "width", "fillchar?"])?;
    let fill = b.some("fillchar").map_or_else(|| Ok(Expr::text(" ")), |fill| fill.array())?;
    b.array("a")?
        .justify(justify, &b.array("width")?, &fill, &call.context())
        .map_err(|e| Fault::engine(&call.at, e))
}

fn zfill(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "width"])?;
    b.array("a")?.zfill(&b.array("width")?, &call.context()).map_err(|e| Fault::engine(&call.at, e))
}

fn replace(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "old", "new", "count?"])?;
    let count = b.some("count").map_or_else(|| Ok(Expr::scalar(-1)), |count| count.array())?;
    b.array("a")?
        .replace(&b.array("old")?, &b.array("new")?, &count, &call.context())
        .map_err(|e| Fault::engine(&call.at, e))
}

fn slice(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "start?", "stop?", "step?"])?;
    let part = |name| b.some(name).map(|part| part.array()).transpose();
    let (mut start, mut stop) = (part("start")?, part("stop")?);
    // as Python's range: one place alone is the end
    if b.get("stop").is_none() {
        (start, stop) = (None, start);
    }
    let step = part("step")?.unwrap_or_else(|| Expr::scalar(1));
    b.array("a")?.slice_text(start.as_ref(), stop.as_ref(), &step).map_err(|e| Fault::engine(&call.at, e))
}

fn rpartition(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let b = call.bind(&["a", "sep"])?;
    let parts = b.array("a")?.partition_text(&b.array("sep")?, true, &call.context());
    parts.map(Vec::from).map_err(|e| Fault::engine(&call.at, e))
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
