//! Points and spans of time.

use super::{Function, functions};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};
use crate::{DType, Expr, TimeUnit};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "datetime64" false "a point in time, as in datetime64('2024-01-31T09:30') or datetime64(5, 'D')": datetime;
    "timedelta64" false "a span of time, as in timedelta64(3, 'h')": timedelta;
};

/// A unit, as in `'h'` or `'25s'`.
fn unit(placed: Option<&Placed>) -> Result<Option<TimeUnit>> {
    let Some(placed) = placed else { return Ok(None) };
    let text = placed.text()?;
    format!("[{text}]").parse().map(Some).map_err(|_| {
        Fault::new(&placed.span, format!("'{text}' is not a unit of time"))
            .help("units: Y, M, W, D, h, m, s, ms, us, ns, ps, fs, as; 25s is one, too")
    })
}

fn datetime(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["value", "unit?"])?;
    let (value, unit) = (b.need("value")?, unit(b.some("unit"))?);
    match &value.meaning {
        Meaning::Str(text) => Expr::datetime(text, unit),
        Meaning::Number(_) if unit.is_none() => {
            return Err(Fault::new(&value.span, "a count needs a unit").help("as in datetime64(5, 'D')"));
        }
        _ => value.array()?.cast(DType::DateTime(unit.unwrap_or(TimeUnit::GENERIC))),
    }
    .map_err(|e| b.fault("value", e))
}

fn timedelta(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["value", "unit?"])?;
    let (value, unit) = (b.need("value")?, unit(b.some("unit"))?.unwrap_or(TimeUnit::GENERIC));
    match &value.meaning {
        Meaning::Str(text) if text.eq_ignore_ascii_case("nat") => Ok(Expr::timedelta(None, unit)),
        _ => value.array()?.cast(DType::TimeDelta(unit)),
    }
    .map_err(|e| b.fault("value", e))
}
