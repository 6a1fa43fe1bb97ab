//! Arrays in another shape.

use super::{Function, functions};
use crate::Expr;
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "broadcast_to" false "a view of a larger shape": shape;
    "expand_dims" false "new axes of length 1": shape;
    "flatten" true "all elements in one axis": shape;
    "flip" false "elements in reverse order along axes": shape;
    "fliplr" false "elements in reverse order along axis 1": shape;
    "flipud" false "elements in reverse order along axis 0": shape;
    "matrix_transpose" false "the last two axes exchanged": shape;
    "moveaxis" false "axes moved to other places": shape;
    "ravel" true "all elements in one axis": shape;
    "reshape" true "the same elements in another shape": shape;
    "squeeze" true "without axes of length 1": shape;
    "swapaxes" true "two axes exchanged": shape;
    "transpose" true "axes in another order, by default reversed": shape;
};

/// The array, and the lengths or axes of a method that takes them as a tuple or one by one, as in `a.reshape(2, 3)`.
fn spread(call: &Call<'_>, b: impl FnOnce() -> Result<Bound>, name: &str) -> Result<(Expr, Vec<i64>)> {
    let given: Vec<&Placed> = call.positional().collect();
    if call.object.is_some()
        && let [object, places @ ..] = &given[..]
        && places.len() > 1
        && places.iter().all(|place| place.number().is_some())
    {
        return Ok((object.array()?, places.iter().map(|p| p.integer()).collect::<Result<_>>()?));
    }
    let b = b()?;
    Ok((b.array("a")?, b.need(name)?.integers()?))
}

fn shape(name: &str, call: &Call<'_>) -> Result<Expr> {
    match name {
        "reshape" => {
            let b = || call.bind(&["a", "shape", "order?", "*", "copy?"]);
            let (a, lengths) = spread(call, b, "shape")?;
            let options = call.bind_rest(&["a?", "shape?", "order?", "*", "copy?"])?.1;
            let order = call.positional().last().filter(|p| matches!(p.meaning, Meaning::Str(_)));
            let fault = |e| Fault::engine(&call.at, e);
            let stays = matches!(options.some("copy"), Some(p) if !p.boolean()?);
            let reshaped =
                |a: &Expr, lengths: &[i64]| if stays { a.reshape_view(lengths) } else { a.reshape(lengths) };
            match is_fortran(options.get("order").or(order))? {
                false => reshaped(&a, &lengths).map_err(fault),
                // Fortran order is C order with all axes reversed, on both sides
                true => {
                    let lengths: Vec<i64> = lengths.into_iter().rev().collect();
                    reshaped(&a.transpose(), &lengths).map(|r| r.transpose()).map_err(fault)
                }
            }
        }
        "transpose" => {
            if call.positional().count() + call.given.iter().filter(|g| g.0.is_some()).count() == 1 {
                return Ok(call.bind(&["a"])?.array("a")?.transpose());
            }
            let (a, axes) = spread(call, || call.bind(&["a", "axes"]), "axes")?;
            a.permute(&axes).map_err(|e| Fault::engine(&call.at, e))
        }
        "ravel" | "flatten" => {
            let b = call.bind(&["a", "order?"])?;
            let a = b.array("a")?;
            let a = if is_fortran(b.get("order"))? { a.transpose() } else { a };
            a.reshape(&[-1]).map_err(|e| b.fault("a", e))
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
            // an array without axes has no axis 0 to lose, and NumPy takes it as it is
            if let (0, Some(axis)) = (b.array("a")?.ndim(), b.get("axis").filter(|p| p.number().is_some()))
                && [0, -1].contains(&axis.integer()?)
            {
                return b.array("a");
            }
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
            let lengths = lengths.map_err(|_| {
                Fault::value(&b.at, "a length of a shape is negative: expected a number from 0 on")
            })?;
            b.array("a")?.broadcast_to(&lengths).map_err(|e| b.fault("shape", e))
        }
    }
}

/// Whether `order=` names Fortran's order. The orders of an array in memory, `A` and `K`, are C's here.
fn is_fortran(order: Option<&Placed>) -> Result<bool> {
    match order.map(|placed| (&placed.meaning, placed)) {
        None => Ok(false),
        Some((Meaning::Str(word), _)) if ["C", "F", "A", "K"].contains(&word.as_str()) => Ok(word == "F"),
        Some((_, placed)) => Err(placed.not_one_of("'C' or 'F'")),
    }
}

fn move_axes(b: &Bound) -> Result<Expr> {
    let (from, to) = (b.need("source")?.integers()?, b.need("destination")?.integers()?);
    b.array("a")?.move_axes(&from, &to).map_err(|e| b.fault("source", e))
}
