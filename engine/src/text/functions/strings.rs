//! Functions of texts, as NumPy's `strings`.

use super::{Function, functions};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::{Charset, Expr, Justify, OnFault, Op};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "capitalize" false "texts with the first letter in upper case, all others in lower case": one;
    "center" false "texts in the middle of a number of characters": justify;
    "count" false "how often a text stands in another": two;
    "decode" false "the characters of bytes in an encoding: utf-8, ascii or latin-1": decode;
    "encode" false "the bytes of characters in an encoding: utf-8, ascii or latin-1": encode;
    "endswith" false "whether a text ends with another": two;
    "expandtabs" false "texts with spaces in the place of tabs": expandtabs;
    "find" false "the first place of a text in another, or -1": two;
    "isalnum" false "whether all characters of a text are letters or numbers": one;
    "isalpha" false "whether all characters of a text are letters": one;
    "isdecimal" false "whether all characters of a text are decimal digits": one;
    "isdigit" false "whether all characters of a text are digits": one;
    "islower" false "whether a text has letters, all in lower case": one;
    "isnumeric" false "whether all characters of a text stand for numbers": one;
    "isspace" false "whether all characters of a text are white space": one;
    "istitle" false "whether each word of a text has its first letter, and no other, in upper case": one;
    "isupper" false "whether a text has letters, all in upper case": one;
    "ljust" false "texts at the left of a number of characters": justify;
    "lower" false "texts in lower case": one;
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
    "swapcase" false "texts with upper and lower case exchanged": one;
    "title" false "texts with the first letter of each word in upper case": one;
    "translate" false "texts with each character replaced by that of a table": translate;
    "upper" false "texts in upper case": one;
    "zfill" false "digits with zeros before them, to a number of characters": zfill;
};

/// The operations of this file. Each has the name of its function.
const OPS: [Op; 20] = [
    Op::Capitalize,
    Op::Endswith,
    Op::Find,
    Op::Isalnum,
    Op::Isalpha,
    Op::Isdecimal,
    Op::Isdigit,
    Op::Islower,
    Op::Isnumeric,
    Op::Isspace,
    Op::Istitle,
    Op::Isupper,
    Op::Lower,
    Op::Rfind,
    Op::Startswith,
    Op::StrCount,
    Op::StrLen,
    Op::Swapcase,
    Op::Title,
    Op::Upper,
];

fn op(name: &str, call: &Call<'_>) -> Result<Op> {
    let found = OPS.into_iter().find(|op| op.name() == name);
    found.ok_or_else(|| Fault::new(&call.at, format!("'{name}' is not a function of texts")))
}

fn one(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a"])?;
    Expr::apply(op(name, call)?, &[b.array("a")?]).map_err(|e| Fault::engine(&call.at, e))
}

fn two(name: &str, call: &Call<'_>) -> Result<Expr> {
    let op = op(name, call)?;
    let b = call.bind(&["a", "sub", "start?", "end?"])?;
    let (a, sub) = (b.array("a")?, b.array("sub")?);
    let end = |name| b.some(name).map(|end| end.array()).transpose();
    let (start, end) = (end("start")?, end("end")?);
    match (&start, &end) {
        (None, None) => Expr::apply(op, &[a, sub]),
        _ => a.search_within(op, &sub, [start.as_ref(), end.as_ref()]),
    }
    .map_err(|e| Fault::engine(&call.at, e))
}

fn justify(name: &str, call: &Call<'_>) -> Result<Expr> {
    let justify = match name {
        "center" => Justify::Center,
        "ljust" => Justify::Left,
        _ => Justify::Right,
    };
    let b = call.bind(&["a", "width", "fillchar?"])?;
    let fill = b.some("fillchar").map_or_else(|| Ok(Expr::text(" ")), |fill| fill.array())?;
    let lengths =
        Expr::apply(Op::StrLen, std::slice::from_ref(&fill)).map_err(|e| Fault::engine(&call.at, e))?;
    if call.elements(&lengths, &call.at)?.iter().any(|&length| length != 1) {
        return Err(Fault::new(&call.at, "The fill character must be exactly one character long"));
    }
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

fn expandtabs(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "tabsize?"])?;
    let size = b.some("tabsize").map_or_else(|| Ok(Expr::scalar(8)), |size| size.array())?;
    b.array("a")?.expandtabs(&size, &call.context()).map_err(|e| Fault::engine(&call.at, e))
}

/// The encoding and the treatment of faults that a call names.
fn coding(call: &Call<'_>) -> Result<(Expr, Charset, OnFault)> {
    let b = call.bind(&["a", "encoding?", "errors?"])?;
    let named = |name: &str| b.some(name).map(|word| word.text()).transpose();
    let charset = named("encoding")?.map_or(Some(Charset::Utf8), Charset::from_name);
    let fault = named("errors")?.map_or(Some(OnFault::Strict), OnFault::from_name);
    let unknown =
        |what: &str, some: &str| Fault::new(&call.at, format!("this {what} is not known; try {some}"));
    Ok((
        b.array("a")?,
        charset.ok_or_else(|| unknown("encoding", "'utf-8', 'ascii' or 'latin-1'"))?,
        fault.ok_or_else(|| unknown("treatment of errors", "'strict', 'ignore' or 'replace'"))?,
    ))
}

fn encode(_: &str, call: &Call<'_>) -> Result<Expr> {
    let (a, charset, fault) = coding(call)?;
    a.encode(charset, fault, &call.context()).map_err(|e| Fault::engine(&call.at, e))
}

fn decode(_: &str, call: &Call<'_>) -> Result<Expr> {
    let (a, charset, fault) = coding(call)?;
    a.decode(charset, fault, &call.context()).map_err(|e| Fault::engine(&call.at, e))
}

fn translate(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "table", "deletechars?"])?;
    let part = |name| b.some(name).map(|part| part.array()).transpose();
    let (table, without) = (part("table")?, part("deletechars")?);
    b.array("a")?.translate(table.as_ref(), without.as_ref()).map_err(|e| Fault::engine(&call.at, e))
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
