//! Elements by their places, and places of elements.

use super::{Function, functions};
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};
use crate::text::subscript::places;
use crate::{DType, Expr, Mode};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "argwhere" false "the index of each element that is not zero, one row for each": argwhere;
    "choose" true "for each element, the choice with its number": choose;
    "compress" true "the parts along an axis where a condition is true": compress;
    "extract" false "the elements where a condition is true": extract;
    "flatnonzero" false "the places of the elements that are not zero, counted in C order": flatnonzero;
    "ix_" false "indices of one axis each, as an open mesh": mesh;
    "nonzero" true "the places of the elements that are not zero, an array for each axis": nonzero;
    "piecewise" false "for each element, the value of the last condition that is true": piecewise;
    "ravel_multi_index" false "places along each axis as places counted in C order": ravel;
    "select" false "for each element, the choice of the first condition that is true": select;
    "take" true "the elements at given places along an axis": take;
    "take_along_axis" false "an element of each line along an axis, at given places": take_along;
    "trim_zeros" false "an array without the zeros at its ends": trim_zeros;
    "unravel_index" false "places counted in C order as places along each axis": unravel;
};

/// The axis of a function; `None` where it is left out or `None`.
fn axis(b: &Bound) -> Result<Option<i64>> {
    b.some("axis").map(|axis| axis.integer()).transpose()
}

fn mode(placed: &Placed) -> Result<Mode> {
    match &placed.meaning {
        Meaning::Str(name) if name == "raise" => Ok(Mode::Raise),
        Meaning::Str(name) if name == "wrap" => Ok(Mode::Wrap),
        Meaning::Str(name) if name == "clip" => Ok(Mode::Clip),
        _ => Err(placed.not_one_of("'raise', 'wrap' or 'clip'")),
    }
}

fn mode_of(b: &Bound) -> Result<Mode> {
    b.get("mode").map_or(Ok(Mode::Raise), mode)
}

fn take(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "indices", "axis?", "*", "mode?"])?;
    let indices = places(b.need("indices")?)?;
    b.array("a")?.take(&indices, axis(&b)?, mode_of(&b)?).map_err(|e| b.fault("axis", e))
}

fn take_along(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["arr", "indices", "axis?"])?;
    let indices = places(b.need("indices")?)?;
    let along = if b.get("axis").is_none() { Some(-1) } else { axis(&b)? };
    b.array("arr")?.take_along_axis(&indices, along).map_err(|e| b.fault("axis", e))
}

fn compress(_: &str, call: &Call<'_>) -> Result<Expr> {
    // as a method, the array comes first
    let b = match call.object {
        Some(_) => call.bind(&["a", "condition", "axis?"])?,
        None => call.bind(&["condition", "a", "axis?"])?,
    };
    let compressed = b.array("a")?.compress(&b.array("condition")?, axis(&b)?, &call.context());
    compressed.map_err(|e| b.fault("axis", e))
}

fn extract(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["condition", "arr"])?;
    b.array("arr")?.extract(&b.array("condition")?, &call.context()).map_err(|e| b.fault("condition", e))
}

fn choose(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "choices", "*", "mode?"])?;
    let choices = b.need("choices")?;
    let choices = match &choices.meaning {
        Meaning::Tuple(_) | Meaning::List(_) => choices.arrays()?,
        _ => rows(choices)?,
    };
    b.array("a")?.choose(&choices, mode_of(&b)?).map_err(|e| b.fault("choices", e))
}

/// The parts of an array along its first axis.
fn rows(placed: &Placed) -> Result<Vec<Expr>> {
    /// More choices than any choice of a person's.
    const MOST: u64 = 1 << 16;
    let array = placed.array()?;
    match array.shape().first() {
        Some(&n) if n <= MOST => {
            let row = |k: u64| {
                array.index(&[crate::Index::At(k as i64)]).map_err(|e| Fault::engine(&placed.span, e))
            };
            (0..n).map(row).collect()
        }
        _ => Err(placed.wrong("a list of arrays")),
    }
}

fn select(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["condlist", "choicelist", "default?"])?;
    let default = b.get("default").map_or_else(|| Ok(Expr::scalar(0)), Placed::array)?;
    Expr::select(&b.arrays("condlist")?, &b.arrays("choicelist")?, &default)
        .map_err(|e| b.fault("condlist", e))
}

fn nonzero(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let b = call.bind(&["a"])?;
    b.array("a")?.nonzero(&call.context()).map_err(|e| b.fault("a", e))
}

fn argwhere(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a"])?;
    b.array("a")?.argwhere(&call.context()).map_err(|e| b.fault("a", e))
}

fn flatnonzero(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a"])?;
    b.array("a")?.flatnonzero(&call.context()).map_err(|e| b.fault("a", e))
}

fn mesh(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let (given, _) = call.bind_rest(&["*args"])?;
    let each = |placed: &Placed| {
        let array = placed.array()?;
        match &placed.meaning {
            Meaning::Array(_) => Ok(array),
            // a list of nothing holds places, too
            _ if array.shape().contains(&0) => {
                array.cast(DType::I64).map_err(|e| Fault::engine(&placed.span, e))
            }
            _ => places(placed),
        }
    };
    let arrays = given.into_iter().map(each).collect::<Result<Vec<_>>>()?;
    Expr::ix_(&arrays, &call.context()).map_err(|e| Fault::engine(&call.at, e))
}

/// A shape of lengths that are not negative, and whether the first axis varies fastest.
fn shape(b: &Bound, name: &str) -> Result<(Vec<u64>, bool)> {
    let placed = b.need(name)?;
    let length = |n: i64| {
        u64::try_from(n).map_err(|_| Fault::value(&placed.span, "expected lengths that are not negative"))
    };
    let lengths = placed.integers()?.into_iter().map(length).collect::<Result<Vec<_>>>()?;
    match b.get("order").map(|order| (order, &order.meaning)) {
        None => Ok((lengths, false)),
        Some((_, Meaning::Str(order))) if order == "C" => Ok((lengths, false)),
        Some((_, Meaning::Str(order))) if order == "F" => Ok((lengths, true)),
        Some((order, _)) => Err(order.not_one_of("'C' or 'F'")),
    }
}

fn unravel(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let b = call.bind(&["indices", "shape", "order?"])?;
    let (mut lengths, fortran) = shape(&b, "shape")?;
    let indices = places(b.need("indices")?)?;
    if fortran {
        lengths.reverse();
    }
    let mut all = indices.unravel_index(&lengths, &call.context()).map_err(|e| b.fault("indices", e))?;
    if fortran {
        all.reverse();
    }
    Ok(all)
}

fn ravel(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["multi_index", "dims", "mode?", "order?"])?;
    let (mut lengths, fortran) = shape(&b, "dims")?;
    let multi = b.need("multi_index")?;
    let mut indices = match &multi.meaning {
        Meaning::Tuple(items) | Meaning::List(items) => {
            items.iter().map(places).collect::<Result<Vec<_>>>()?
        }
        _ => rows(multi)?,
    };
    let mut modes = match b.get("mode") {
        None => vec![Mode::Raise; lengths.len()],
        Some(Placed { meaning: Meaning::Tuple(items) | Meaning::List(items), .. }) => {
            items.iter().map(mode).collect::<Result<_>>()?
        }
        Some(one) => vec![mode(one)?; lengths.len()],
    };
    if fortran {
        lengths.reverse();
        indices.reverse();
        modes.reverse();
    }
    Expr::ravel_multi_index(&indices, &lengths, &modes, &call.context())
        .map_err(|e| b.fault("multi_index", e))
}

fn piecewise(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["x", "condlist", "funclist"])?;
    let (x, conditions) = (b.array("x")?, b.need("condlist")?);
    // a list of truth values is one condition, unless the array has no axes
    let first = match &conditions.meaning {
        Meaning::Tuple(items) | Meaning::List(items) => {
            items.first().map_or(Ok(1), |p| Ok(p.array()?.ndim()))?
        }
        _ => conditions.array()?.ndim().saturating_sub(1),
    };
    let conditions = match first {
        0 if x.ndim() > 0 || !conditions.is_list() => vec![conditions.array()?],
        _ => conditions.arrays()?,
    };
    x.piecewise(&conditions, &b.arrays("funclist")?).map_err(|e| b.fault("condlist", e))
}

fn trim_zeros(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["filt", "trim?", "axis?"])?;
    let ends = match b.get("trim") {
        None => [true; 2],
        Some(placed) => match placed.text()?.to_lowercase().as_str() {
            "f" => [true, false],
            "b" => [false, true],
            "fb" | "bf" => [true; 2],
            _ => return Err(placed.not_one_of("'f', 'b' or 'fb'")),
        },
    };
    let axes = b.axes("axis")?;
    b.array("filt")?.trim_zeros(ends, axes.as_deref(), &call.context()).map_err(|e| b.fault("axis", e))
}
