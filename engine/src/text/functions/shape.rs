//! Arrays in another shape.

use super::{Function, functions};
use crate::Expr;
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};

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
    let mut places = call.positional();
    if call.object.is_some() && call.given.len() > 1 && call.given.iter().all(|g| g.0.is_none()) {
        let object =
            places.next().map_or_else(|| Err(Fault::new(&call.at, "expected an array")), |p| p.array())?;
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
            let lengths = lengths.map_err(|_| {
                Fault::new(&b.at, "a length of a shape is negative: expected a number from 0 on")
            })?;
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
        return Err(Fault::new(&b.at, "moveaxis needs the same number of sources and destinations"));
    }
    let mut order: Vec<usize> = (0..a.ndim()).filter(|k| !from.contains(k)).collect();
    let mut moves: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
    moves.sort_unstable();
    for (to, from) in moves {
        order.insert(to, from);
    }
    a.permute(&order.iter().map(|&k| k as i64).collect::<Vec<_>>()).map_err(|e| Fault::engine(&b.at, e))
}
