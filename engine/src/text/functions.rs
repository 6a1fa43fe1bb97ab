//! The functions that a text may call: operations, reductions, and functions for shapes and the like.

use std::collections::BTreeMap;
use std::ops::Range;

use super::call::{Bound, Call};
use super::error::{Fault, Result, nearest};
use super::meaning::{self, Meaning};
use crate::{Error, Expr, Op, ReduceOptions, Reduction, ScanOptions};

/// Other names of operations and reductions: Python's built-ins and NumPy's aliases.
const ALIASES: &[(&str, &str)] = &[
    ("amin", "min"),
    ("amax", "max"),
    ("around", "round"),
    ("sometrue", "any"),
    ("alltrue", "all"),
    ("permute_dims", "transpose"),
];

/// A function with its own rule. It is neither an elementwise operation nor a reduction.
struct Function {
    name: &'static str,
    /// Whether arrays have a method of this name.
    method: bool,
    /// One line of help.
    doc: &'static str,
    call: fn(&str, &Call<'_>) -> Result<Expr>,
}

macro_rules! functions {
    ($($name:literal $method:literal $doc:literal: $call:ident;)+) => {
        &[$(Function { name: $name, method: $method, doc: $doc, call: $call },)+]
    };
}

/// The table of these functions. A row has the name, whether it is also a method, the help and the rule.
const FUNCTIONS: &[Function] = functions! {
    "astype" true "the elements in another type": special;
    "broadcast_to" false "a view of a larger shape": shape;
    "clip" true "elements held between a least and a greatest": special;
    "cumprod" true "product of the elements up to each one": scan;
    "cumsum" true "sum of the elements up to each one": scan;
    "cumulative_prod" false "product of the elements up to each one, along an axis": scan;
    "cumulative_sum" false "sum of the elements up to each one, along an axis": scan;
    "dot" true "product of vectors or matrices": product;
    "expand_dims" false "new axes of length 1": shape;
    "flatten" true "all elements in one axis": shape;
    "flip" false "elements in reverse order along axes": shape;
    "fliplr" false "elements in reverse order along axis 1": shape;
    "flipud" false "elements in reverse order along axis 0": shape;
    "matmul" false "product of matrices": product;
    "matrix_transpose" false "the last two axes exchanged": shape;
    "moveaxis" false "axes moved to other places": shape;
    "outer" false "all products of the elements of two vectors": product;
    "ptp" false "greatest element less the smallest": special;
    "ravel" true "all elements in one axis": shape;
    "reshape" true "the same elements in another shape": shape;
    "round" true "nearest whole number, ties to even": special;
    "squeeze" true "without axes of length 1": shape;
    "swapaxes" true "two axes exchanged": shape;
    "transpose" true "axes in another order, by default reversed": shape;
    "vecdot" false "sum of products along the last axis": product;
    "where" false "x where the condition is true, else y": special;
};

/// Elementwise operations that arrays have as methods.
const OP_METHODS: &[&str] = &["conj", "conjugate"];

/// Every function's name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let ops = Op::ALL.iter().flat_map(|op| op.names()).copied();
    let reductions = Reduction::ALL.iter().flat_map(|r| r.names()).copied();
    reductions.chain(ops).chain(FUNCTIONS.iter().map(|f| f.name)).chain(ALIASES.iter().map(|a| a.0))
}

/// Every function with one line of help, without aliases.
pub(super) fn help() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ops = Op::ALL.iter().map(|op| (op.name(), op.doc()));
    let reductions = Reduction::ALL.iter().map(|r| (r.name(), r.doc()));
    let own = FUNCTIONS.iter().map(|f| (f.name, f.doc));
    // clip, round and where are elementwise operations that have a row in the table, too
    let shadowed = |name: &str| FUNCTIONS.iter().any(|f| f.name == name);
    reductions.chain(ops.filter(move |(name, _)| !shadowed(name))).chain(own)
}

/// Every method's name.
pub(super) fn methods() -> impl Iterator<Item = &'static str> {
    let reductions = Reduction::ALL.iter().map(|r| r.name()).filter(|n| is_method(n));
    let own = FUNCTIONS.iter().filter(|f| f.method).map(|f| f.name);
    reductions.chain(own).chain(OP_METHODS.iter().copied())
}

/// Whether arrays have a method of this name.
pub(super) fn is_method(name: &str) -> bool {
    OP_METHODS.contains(&name)
        || FUNCTIONS.iter().any(|f| f.method && f.name == name)
        || (Reduction::from_name(name).is_some() && !name.starts_with("nan") && name != "count_nonzero")
}

/// The elementwise operation with this name, applied to arrays. `at` is the place of errors.
pub(super) fn elementwise(name: &str, at: &Range<usize>, args: &[Expr]) -> Result<Expr> {
    let op = Op::from_name(name).ok_or_else(|| Fault::new(at, format!("unknown function '{name}'")))?;
    Expr::apply(op, args).map_err(|e| Fault::engine(at, e))
}

/// The value of a call. An unknown function's name may be that of a variable.
pub(super) fn evaluate(call: &Call<'_>, variables: &BTreeMap<String, Expr>) -> Result<Meaning> {
    let suggest = |fault: Fault, near: Option<&str>| match near {
        Some(near) => fault.help(format!("did you mean '{near}'?")),
        None => fault,
    };
    if call.object.is_some() && !is_method(call.name) {
        let fault = Fault::new(&call.at, format!("arrays have no method '{}'", call.name));
        return Err(match names().any(|f| f == call.name) {
            true => fault.help(format!("write it as a function: {}(...)", call.name)),
            false => suggest(fault, nearest(call.name, methods())),
        });
    }
    match apply_function(call)? {
        Some(expr) => Ok(expr.into()),
        None if call.object.is_none() && variables.contains_key(call.name) => {
            Err(Fault::new(&call.at, format!("'{}' is an array, not a function", call.name))
                .help("index it with [ ]"))
        }
        None => {
            let fault = Fault::new(&call.at, format!("unknown function '{}'", call.name));
            Err(suggest(fault, nearest(call.name, names())))
        }
    }
}

/// The value of a call; `None` if no function has this name.
fn apply_function(call: &Call<'_>) -> Result<Option<Expr>> {
    let name = ALIASES.iter().find(|a| a.0 == call.name).map_or(call.name, |a| a.1);
    if let Some(function) = FUNCTIONS.iter().find(|f| f.name == name) {
        return (function.call)(name, call).map(Some);
    }
    if let Some(reduction) = Reduction::from_name(name) {
        return reduce(reduction, call).map(Some);
    }
    if let Some(op) = Op::from_name(name) {
        return apply(op, call).map(Some);
    }
    match meaning::dtype(name) {
        Some(dtype) => {
            let b = call.bind(&["x"])?;
            b.array("x")?.cast(dtype).map(Some).map_err(|e| b.fault("x", e))
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
    Expr::apply(op, &args).map_err(|e| Fault::engine(&call.at, e))
}

fn reduce(reduction: Reduction, call: &Call<'_>) -> Result<Expr> {
    let b = match reduction.name().trim_start_matches("nan") {
        "sum" | "prod" | "mean" => call.bind(&["a", "axis?", "dtype?", "*", "keepdims?"])?,
        "std" | "var" => call.bind(&["a", "axis?", "dtype?", "*", "ddof?", "correction?", "keepdims?"])?,
        _ => call.bind(&["a", "axis?", "*", "keepdims?"])?,
    };
    if let (Some(_), Some(second)) = (b.get("ddof"), b.get("correction")) {
        return Err(Fault::new(&second.span, "ddof and correction are two names of one argument"));
    }
    let ddof = b.get("ddof").or(b.get("correction")).map_or(Ok(0.0), |p| p.float())?;
    let a = b.array("a")?;
    let options = ReduceOptions {
        axes: reduced_axes(&b, &a)?,
        keepdims: b.boolean("keepdims")?,
        dtype: b.some("dtype").map(|p| p.dtype()).transpose()?,
        ddof,
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

fn special(name: &str, call: &Call<'_>) -> Result<Expr> {
    match name {
        "where" => {
            let b = call.bind(&["condition", "x", "y"])?;
            elementwise("where", &b.at, &[b.array("condition")?, b.array("x")?, b.array("y")?])
        }
        "astype" => {
            let b = call.bind(&["x", "dtype", "*", "copy?"])?;
            b.array("x")?.cast(b.need("dtype")?.dtype()?).map_err(|e| b.fault("x", e))
        }
        "clip" => clip(call),
        "round" => {
            let b = call.bind(&["a", "decimals?"])?;
            match b.get("decimals") {
                Some(p) if p.integer()? != 0 => Err(Fault::new(&p.span, "round works to whole numbers")
                    .help("for two decimals: round(a * 100) / 100")),
                _ => elementwise("round", &b.at, &[b.array("a")?]),
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

fn scan(name: &str, call: &Call<'_>) -> Result<Expr> {
    let (b, x) = match name.starts_with("cumulative") {
        true => (call.bind(&["x", "axis?", "*", "dtype?", "include_initial?"])?, "x"),
        false => (call.bind(&["a", "axis?", "dtype?"])?, "a"),
    };
    let x = b.array(x)?;
    let axis = match b.axes("axis")?.as_deref() {
        None if name.starts_with("cumulative") && x.ndim() > 1 => {
            return Err(Fault::new(&b.at, format!("{name} of an array of {} axes needs an axis", x.ndim())));
        }
        None => None,
        Some(&[axis]) => Some(axis),
        Some(_) => return Err(Fault::new(&b.at, format!("{name} goes along one axis"))),
    };
    let dtype = b.some("dtype").map(|p| p.dtype()).transpose()?;
    let options = ScanOptions { axis, dtype, include_initial: b.boolean("include_initial")? };
    let scanned = if name.ends_with("sum") { x.cumsum(&options) } else { x.cumprod(&options) };
    scanned.map_err(|e| b.fault("axis", e))
}

fn clip(call: &Call<'_>) -> Result<Expr> {
    let old = call.given.iter().any(|g| g.0.as_ref().is_some_and(|n| n.0.starts_with("a_")));
    let (b, low, high) = match old {
        true => (call.bind(&["a", "a_min?", "a_max?"])?, "a_min", "a_max"),
        false => (call.bind(&["a", "min?", "max?"])?, "min", "max"),
    };
    let a = b.array("a")?;
    match (b.some(low), b.some(high)) {
        (Some(low), Some(high)) => elementwise("clip", &b.at, &[a, low.array()?, high.array()?]),
        (Some(low), None) => elementwise("maximum", &b.at, &[a, low.array()?]),
        (None, Some(high)) => elementwise("minimum", &b.at, &[a, high.array()?]),
        (None, None) => elementwise("positive", &b.at, &[a]),
    }
}

fn product(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "b"])?;
    let (x, y) = (b.array("a")?, b.array("b")?);
    let fail = |e| Fault::engine(&call.at, e);
    match name {
        "matmul" => x.matmul(&y).map_err(fail),
        "dot" if x.ndim() == 0 || y.ndim() == 0 => elementwise("multiply", &b.at, &[x, y]),
        "dot" if y.ndim() > 2 => {
            Err(Fault::new(&b.at, "dot takes at most two axes on the right").help("use matmul"))
        }
        "dot" => x.matmul(&y).map_err(fail),
        "vecdot" => {
            let terms = elementwise("multiply", &b.at, &[elementwise("conj", &b.at, &[x])?, y])?;
            let options = ReduceOptions { axes: Some(vec![-1]), ..ReduceOptions::default() };
            terms.reduce(Reduction::Sum, &options).map_err(fail)
        }
        _ => {
            if x.ndim() != 1 || y.ndim() != 1 {
                return Err(Fault::new(&b.at, "outer takes arrays of one axis").help("use a[:, None] * b"));
            }
            elementwise("multiply", &b.at, &[x.expand_dims(&[1]).map_err(fail)?, y])
        }
    }
}

/// The array, and the lengths or axes of a method that takes them as a tuple or one by one, as in `a.reshape(2, 3)`.
fn spread(call: &Call<'_>, b: impl FnOnce() -> Result<Bound>, name: &str) -> Result<(Expr, Vec<i64>)> {
    let mut places = call.positional();
    if call.object.is_some() && call.given.len() > 1 && call.given.iter().all(|g| g.0.is_none()) {
        let object = places.next().map_or_else(|| Err(Fault::new(&call.at, "no array")), |p| p.array())?;
        return Ok((object, places.map(|p| p.integer()).collect::<Result<_>>()?));
    }
    let b = b()?;
    Ok((b.array("a")?, b.need(name)?.integers()?))
}

fn shape(name: &str, call: &Call<'_>) -> Result<Expr> {
    match name {
        "reshape" => {
            let (a, lengths) = spread(call, || call.bind(&["a", "shape", "*", "copy?"]), "shape")?;
            a.reshape(&lengths).map_err(|e| Fault::engine(&call.at, e))
        }
        "transpose" => {
            if call.positional().count() + call.given.iter().filter(|g| g.0.is_some()).count() == 1 {
                return Ok(call.bind(&["a"])?.array("a")?.transpose());
            }
            let (a, axes) = spread(call, || call.bind(&["a", "axes"]), "axes")?;
            a.permute(&axes).map_err(|e| Fault::engine(&call.at, e))
        }
        "ravel" | "flatten" => {
            let b = call.bind(&["a"])?;
            b.array("a")?.reshape(&[-1]).map_err(|e| b.fault("a", e))
        }
        "matrix_transpose" => {
            let b = call.bind(&["a"])?;
            b.array("a")?.swap_axes(-1, -2).map_err(|e| b.fault("a", e))
        }
        "swapaxes" => {
            let b = call.bind(&["a", "axis1", "axis2"])?;
            let (one, two) = (b.need("axis1")?.integer()?, b.need("axis2")?.integer()?);
            b.array("a")?.swap_axes(one, two).map_err(|e| Fault::engine(&call.at, e))
        }
        "moveaxis" => move_axes(&call.bind(&["a", "source", "destination"])?),
        "flip" => {
            let b = call.bind(&["a", "axis?"])?;
            b.array("a")?.flip(b.axes("axis")?.as_deref()).map_err(|e| b.fault("axis", e))
        }
        "flipud" | "fliplr" => {
            let b = call.bind(&["a"])?;
            let axis = i64::from(name == "fliplr");
            b.array("a")?.flip(Some(&[axis])).map_err(|e| b.fault("a", e))
        }
        "squeeze" => {
            let b = call.bind(&["a", "axis?"])?;
            b.array("a")?.squeeze(b.axes("axis")?.as_deref()).map_err(|e| b.fault("axis", e))
        }
        "expand_dims" => {
            let b = call.bind(&["a", "axis"])?;
            b.array("a")?.expand_dims(&b.need("axis")?.integers()?).map_err(|e| b.fault("axis", e))
        }
        _ => {
            let b = call.bind(&["a", "shape"])?;
            let lengths = b.need("shape")?.integers()?;
            let lengths =
                lengths.iter().map(|&n| u64::try_from(n)).collect::<std::result::Result<Vec<_>, _>>();
            let lengths = lengths.map_err(|_| Fault::new(&b.at, "a shape has no negative lengths"))?;
            b.array("a")?.broadcast_to(&lengths).map_err(|e| b.fault("shape", e))
        }
    }
}

fn move_axes(b: &Bound) -> Result<Expr> {
    let a = b.array("a")?;
    let axes = |name: &str| -> Result<Vec<usize>> {
        crate::view::resolve_axes(&b.need(name)?.integers()?, a.ndim()).map_err(|e| b.fault(name, e))
    };
    let (from, to) = (axes("source")?, axes("destination")?);
    if from.len() != to.len() {
        return Err(Fault::new(&b.at, "moveaxis needs as many destinations as sources"));
    }
    let mut order: Vec<usize> = (0..a.ndim()).filter(|k| !from.contains(k)).collect();
    let mut moves: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
    moves.sort_unstable();
    for (to, from) in moves {
        order.insert(to, from);
    }
    a.permute(&order.iter().map(|&k| k as i64).collect::<Vec<_>>()).map_err(|e| Fault::engine(&b.at, e))
}
