//! The functions that a text may call: operations, reductions, and the tables of functions with rules of their own, a
//! file for each family.

mod arithmetic;
mod bits;
mod creation;
mod diagonals;
mod differences;
mod elementwise;
mod grids;
mod histograms;
mod indexing;
mod joining;
mod order;
mod padding;
mod polynomials;
mod products;
mod reductions;
mod repeating;
mod scans;
mod sets;
mod shape;
mod splitting;
mod statistics;
mod strings;
mod times;
pub(super) mod ufuncs;
mod windows;

use std::collections::BTreeMap;
use std::ops::Range;

use super::call::{Bound, Call};
use super::error::{Fault, Result, nearest};
use super::meaning::{self, Meaning, Placed};
use crate::{Error, Expr, Op, ReduceOptions, Reduction};

/// Other names of operations and reductions: Python's built-ins and NumPy's aliases.
const ALIASES: &[(&str, &str)] = &[
    ("amin", "min"),
    ("amax", "max"),
    ("around", "round"),
    ("sometrue", "any"),
    ("alltrue", "all"),
    ("permute_dims", "transpose"),
    ("concat", "concatenate"),
];

/// A function with its own rule. It is neither an elementwise operation nor a reduction.
struct Function {
    name: &'static str,
    /// Whether arrays have a method of this name.
    method: bool,
    /// One line of help.
    doc: &'static str,
    /// The path of the family's module.
    module: &'static str,
    call: fn(&str, &Call<'_>) -> Result<Meaning>,
}

/// A table of functions. A row has the name, whether it is also a method, the help and the rule. A rule takes the name
/// and the call, and gives an array, several arrays or any other meaning.
macro_rules! functions {
    ($($name:literal $method:literal $doc:literal: $call:ident;)*) => {
        &[$(Function { name: $name, method: $method, doc: $doc, module: module_path!(), call: |name, call| $call(name, call).map(Into::into) },)*]
    };
}
use functions;

/// The tables of all families of functions.
const TABLES: &[&[Function]] = &[
    arithmetic::FUNCTIONS,
    bits::FUNCTIONS,
    creation::FUNCTIONS,
    diagonals::FUNCTIONS,
    differences::FUNCTIONS,
    elementwise::FUNCTIONS,
    grids::FUNCTIONS,
    histograms::FUNCTIONS,
    indexing::FUNCTIONS,
    joining::FUNCTIONS,
    order::FUNCTIONS,
    padding::FUNCTIONS,
    polynomials::FUNCTIONS,
    products::FUNCTIONS,
    reductions::FUNCTIONS,
    repeating::FUNCTIONS,
    scans::FUNCTIONS,
    sets::FUNCTIONS,
    shape::FUNCTIONS,
    splitting::FUNCTIONS,
    statistics::FUNCTIONS,
    strings::FUNCTIONS,
    times::FUNCTIONS,
    windows::FUNCTIONS,
];

/// All functions of the tables.
fn all() -> impl Iterator<Item = &'static Function> {
    TABLES.iter().copied().flatten()
}

/// The function that takes the name of another function among its arguments.
pub(super) const TAKES_FUNCTION: &str = "mask_indices";

/// Elementwise operations that arrays have as methods.
const OP_METHODS: &[&str] = &["conj", "conjugate"];

/// Every function's name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let ops = Op::ALL.iter().flat_map(|op| op.names()).copied();
    let reductions = Reduction::ALL.iter().flat_map(|r| r.names()).copied();
    reductions.chain(ops).chain(all().map(|f| f.name)).chain(ALIASES.iter().map(|a| a.0))
}

/// An entry of the table of functions that a text may call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// The family that it belongs to, such as `reductions`.
    pub family: &'static str,
    /// The call with its parameters, such as `mean(a, [axis], [dtype], *, [keepdims], [where])`. Brackets mark the
    /// optional parameters. Those after `*` are given by name.
    pub usage: String,
    /// Other names of the same function.
    pub aliases: Vec<&'static str>,
    /// Whether arrays have a method of this name in a text.
    pub method: bool,
    /// One line of help.
    pub help: &'static str,
}

/// Every entry of the table, without dtypes as functions.
pub(super) fn entries() -> impl Iterator<Item = Entry> {
    let entry = |name: &'static str, family, help, others: &[&'static str]| {
        let more = ALIASES.iter().filter(|(_, of)| *of == name).map(|(alias, _)| *alias);
        let aliases = others.iter().copied().filter(|&other| other != name).chain(more).collect();
        Entry { name, family, usage: usage(name), aliases, method: is_method(name), help }
    };
    let reductions = Reduction::ALL.iter().map(move |r| entry(r.name(), "reductions", r.doc(), r.names()));
    // clip, round and where are elementwise operations that have a row in the table, too
    let plain = Op::ALL.iter().filter(|op| all().all(|f| f.name != op.name()));
    let ops = plain.map(move |op| entry(op.name(), "elementwise", op.doc(), op.names()));
    let family = |f: &Function| f.module.rsplit("::").next().unwrap_or_default();
    reductions.chain(ops).chain(all().map(move |f| entry(f.name, family(f), f.doc, &[])))
}

/// The call of a function with its parameters. A call with an argument that no function has gives an error that
/// shows them.
fn usage(name: &'static str) -> String {
    let none = Placed { meaning: Meaning::None, span: 0..0 };
    let given = vec![(Some(("?".to_owned(), 0..0)), none)];
    let call = Call { name, at: 0..0, object: None, context: None, given };
    let shown = apply_function(&call).err().and_then(|fault| fault.help);
    shown.filter(|usage| usage.starts_with(name)).unwrap_or_else(|| format!("{name}(...)"))
}

/// The error for an unknown function, with the nearest name.
pub(super) fn unknown(name: &str, at: &Range<usize>) -> Fault {
    suggest(Fault::new(at, format!("unknown function '{name}'")), nearest(name, names()))
}

fn suggest(fault: Fault, near: Option<&str>) -> Fault {
    match near {
        Some(near) => fault.help(format!("did you mean '{near}'?")),
        None => fault,
    }
}

/// Every method's name.
pub(super) fn methods() -> impl Iterator<Item = &'static str> {
    let reductions = Reduction::ALL.iter().map(|r| r.name()).filter(|n| is_method(n));
    let own = all().filter(|f| f.method).map(|f| f.name);
    reductions.chain(own).chain(OP_METHODS.iter().copied())
}

/// Whether arrays have a method of this name.
pub(super) fn is_method(name: &str) -> bool {
    OP_METHODS.contains(&name)
        || all().any(|f| f.method && f.name == name)
        || (Reduction::from_name(name).is_some() && !name.starts_with("nan") && name != "count_nonzero")
}

/// The elementwise operation with this name, applied to arrays. `at` is the place of errors.
pub(super) fn elementwise(name: &str, at: &Range<usize>, args: &[Expr]) -> Result<Expr> {
    let op = Op::from_name(name).ok_or_else(|| Fault::new(at, format!("unknown function '{name}'")))?;
    Expr::apply(op, args).map_err(|e| Fault::engine(at, e))
}

/// The value of a call. An unknown function's name may be that of a variable.
pub(super) fn evaluate(call: &Call<'_>, variables: &BTreeMap<String, Expr>) -> Result<Meaning> {
    if call.object.is_some() && !is_method(call.name) {
        let fault = Fault::new(&call.at, format!("arrays have no method '{}'", call.name));
        return Err(match names().any(|f| f == call.name) {
            true => fault.help(format!("call it as a function: {}(...)", call.name)),
            false => suggest(fault, nearest(call.name, methods())),
        });
    }
    match apply_function(call)? {
        Some(Meaning::Tuple(mut parts)) => {
            parts.iter_mut().for_each(|part| part.span = call.at.clone());
            Ok(Meaning::Tuple(parts))
        }
        Some(meaning) => Ok(meaning),
        None if call.object.is_none() && variables.contains_key(call.name) => {
            Err(Fault::new(&call.at, format!("'{}' is an array, and cannot be called", call.name))
                .help("to index it, use [ ]"))
        }
        None => Err(unknown(call.name, &call.at)),
    }
}

/// The value of a call; `None` if no function has this name.
fn apply_function(call: &Call<'_>) -> Result<Option<Meaning>> {
    let name = ALIASES.iter().find(|a| a.0 == call.name).map_or(call.name, |a| a.1);
    if let Some(function) = all().find(|f| f.name == name) {
        return (function.call)(name, call).map(Some);
    }
    if let Some(reduction) = Reduction::from_name(name) {
        return reduce(reduction, call).map(|e| Some(e.into()));
    }
    if let Some(op) = Op::from_name(name) {
        return apply(op, call).map(|e| Some(e.into()));
    }
    match meaning::dtype(name) {
        Some(dtype) => {
            let b = call.bind(&["x"])?;
            b.array("x")?.cast(dtype).map(|e| Some(e.into())).map_err(|e| b.fault("x", e))
        }
        None => Ok(None),
    }
}

fn apply(op: Op, call: &Call<'_>) -> Result<Expr> {
    let b = match op.arity() {
        1 => call.bind(&["x"])?,
        2 => call.bind(&["x1", "x2"])?,
        _ => call.bind(&["x1", "x2", "x3"])?,
    };
    let names: &[&str] = if op.arity() == 1 { &["x"] } else { &["x1", "x2", "x3"] };
    let args = names.iter().take(op.arity()).map(|n| b.array(n)).collect::<Result<Vec<_>>>()?;
    match (op, &args[..]) {
        (Op::Multiply, [text, times]) if text.dtype().kind().is_text() => {
            text.repeat_text(times, &call.context())
        }
        _ => Expr::apply(op, &args),
    }
    .map_err(|e| Fault::engine(&call.at, e))
}

fn reduce(reduction: Reduction, call: &Call<'_>) -> Result<Expr> {
    let b = match reduction.name().trim_start_matches("nan") {
        "sum" | "prod" => call.bind(&["a", "axis?", "dtype?", "*", "keepdims?", "initial?", "where?"])?,
        "mean" => call.bind(&["a", "axis?", "dtype?", "*", "keepdims?", "where?"])?,
        "std" | "var" => {
            call.bind(&["a", "axis?", "dtype?", "*", "ddof?", "correction?", "keepdims?", "where?", "mean?"])?
        }
        "max" | "min" => call.bind(&["a", "axis?", "*", "keepdims?", "initial?", "where?"])?,
        "any" | "all" => call.bind(&["a", "axis?", "*", "keepdims?", "where?"])?,
        _ => call.bind(&["a", "axis?", "*", "keepdims?"])?,
    };
    if let (Some(_), Some(second)) = (b.get("ddof"), b.get("correction")) {
        return Err(Fault::value(&second.span, "ddof and correction mean the same: give only one of them"));
    }
    let ddof = b.get("ddof").or(b.get("correction")).map_or(Ok(0.0), |p| p.float())?;
    let a = b.array("a")?;
    let options = ReduceOptions {
        axes: reduced_axes(&b, &a)?,
        keepdims: b.boolean("keepdims")?,
        dtype: b.some("dtype").map(|p| p.dtype()).transpose()?,
        ddof,
        only: b.get("where").map(|p| p.array()).transpose()?,
        initial: b.some("initial").map(|p| p.array()).transpose()?,
        mean: b.get("mean").map(|p| p.array()).transpose()?,
    };
    a.reduce(reduction, &options).map_err(|e| b.fault("axis", e))
}

/// The axes of a reduction. NumPy accepts the axis 0 for an array without axes, but not in a tuple.
fn reduced_axes(b: &Bound, a: &Expr) -> Result<Option<Vec<i64>>> {
    let axes = b.axes("axis")?;
    let tuple = b.get("axis").is_some_and(|p| matches!(p.meaning, Meaning::Tuple(_) | Meaning::List(_)));
    match axes.as_deref() {
        Some(&[axis, ..]) if tuple && a.ndim() == 0 => Err(b.fault("axis", Error::Axis { axis, ndim: 0 })),
        _ => Ok(axes),
    }
}
