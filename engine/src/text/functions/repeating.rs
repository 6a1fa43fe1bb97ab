//! Arrays repeated, rolled and turned.

use num_bigint::BigInt;
use num_traits::FromPrimitive;

use super::{Function, functions};
use crate::Expr;
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};
use crate::text::number::Number;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "repeat" true "each element several times": repeat;
    "resize" false "another shape and size, the elements repeated if there are too few": resize;
    "roll" false "elements moved along axes, and from the end to the front": roll;
    "rollaxis" false "an axis moved to lie before another": roll_axis;
    "rot90" false "an array turned by quarters": rot90;
    "tile" false "copies of an array beside each other": tile;
};

fn repeat(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "repeats", "axis?"])?;
    let repeats = b.need("repeats")?;
    let a = b.array("a")?.typed().map_err(|e| b.fault("a", e))?;
    let counts = match repeats.meaning {
        Meaning::Number(_) => Expr::scalar(repeats.integer()?),
        _ => repeats.array()?,
    };
    let repeated = match b.some("axis") {
        Some(axis) => a.repeat(&counts, axis.integer()?, &call.context()),
        None => a.reshape(&[-1]).and_then(|flat| flat.repeat(&counts, 0, &call.context())),
    };
    repeated.map_err(|e| b.fault("axis", e))
}

fn roll(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "shift", "axis?"])?;
    let (a, shift) = (b.array("a")?, b.need("shift")?);
    // a shift by all elements moves none, along any axis
    let turn = crate::elements(a.shape()).map_err(|e| b.fault("a", e))?.max(1);
    let shifts = match &shift.meaning {
        Meaning::Tuple(items) | Meaning::List(items) => {
            items.iter().map(|item| whole(item, turn)).collect::<Result<_>>()?
        }
        Meaning::Number(_) => vec![whole(shift, turn)?],
        _ => shift.integers()?,
    };
    a.roll(&shifts, b.axes("axis")?.as_deref()).map_err(|e| b.fault("axis", e))
}

/// A shift, without its whole turns if it is large. As in NumPy, what stands after the point is left out.
fn whole(shift: &Placed, turn: u64) -> Result<i64> {
    let large = match shift.number() {
        Some(Number::Int(n)) => n.clone(),
        Some(&Number::Float(x)) => {
            BigInt::from_f64(x.trunc()).ok_or_else(|| shift.wrong("a finite shift"))?
        }
        _ => return shift.integer(),
    };
    match i64::try_from(&large % turn) {
        Ok(rest) => Ok(rest),
        Err(_) => shift.integer(),
    }
}

fn roll_axis(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "axis", "start?"])?;
    let (axis, start) = (b.need("axis")?.integer()?, b.integer_or("start", 0)?);
    b.array("a")?.roll_axis(axis, start).map_err(|e| b.fault("axis", e))
}

fn rot90(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["m", "k?", "axes?"])?;
    let axes = b.axes("axes")?.unwrap_or_else(|| vec![0, 1]);
    let &[from, to] = &axes[..] else {
        return Err(Fault::value(&b.at, format!("rot90 turns a plane of two axes, found {}", axes.len())));
    };
    b.array("m")?.rot90(b.integer_or("k", 1)?, [from, to]).map_err(|e| b.fault("axes", e))
}

fn resize(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "new_shape"])?;
    b.array("a")?.resize(&b.shape("new_shape")?).map_err(|e| b.fault("new_shape", e))
}

fn tile(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["A", "reps"])?;
    b.array("A")?.tile(&b.shape("reps")?).map_err(|e| b.fault("reps", e))
}
