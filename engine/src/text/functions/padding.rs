//! Arrays with margins.

use super::{Function, functions};
use crate::compose::{Pad, Stat};
use crate::text::call::Call;
use crate::text::error::{Fault, Result, nearest};
use crate::text::meaning::{Meaning, Placed};
use crate::{Expr, Scalar};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "pad" false "an array with margins": pad;
};

/// The modes, each with the argument that it takes.
const MODES: &[(&str, &str)] = &[
    ("constant", "constant_values"),
    ("edge", ""),
    ("empty", ""),
    ("linear_ramp", "end_values"),
    ("maximum", "stat_length"),
    ("mean", "stat_length"),
    ("median", "stat_length"),
    ("minimum", "stat_length"),
    ("reflect", "reflect_type"),
    ("symmetric", "reflect_type"),
    ("wrap", ""),
];

fn pad(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&[
        "array",
        "pad_width",
        "mode?",
        "*",
        "constant_values?",
        "end_values?",
        "stat_length?",
        "reflect_type?",
    ])?;
    let array = b.array("array")?;
    let (mode, at) = match b.get("mode") {
        None => ("constant", b.at.clone()),
        Some(Placed { meaning: Meaning::Str(word), span }) => (word.as_str(), span.clone()),
        Some(other) => {
            return Err(Fault::value(&other.span, "mode: expected the name of one, such as 'edge'"));
        }
    };
    let Some(&(_, takes)) = MODES.iter().find(|(name, _)| *name == mode) else {
        let fault = Fault::value(&at, format!("mode '{mode}' is not supported"));
        let names: Vec<&str> = MODES.iter().map(|(name, _)| *name).collect();
        return Err(match nearest(mode, names.iter().copied()) {
            Some(near) => fault.help(format!("did you mean '{near}'?")),
            None => fault.help(format!("modes: {}", names.join(", "))),
        });
    };
    for name in ["constant_values", "end_values", "stat_length", "reflect_type"] {
        if let Some(given) = b.get(name).filter(|_| name != takes) {
            return Err(Fault::value(&given.span, format!("mode '{mode}' takes no {name}")));
        }
    }
    let zeros = || Ok(vec![[Scalar::Int(0); 2]]);
    let number = |placed: &Placed| match placed.number() {
        Some(number) => Ok(number.scalar()),
        None => Err(placed.wrong("a number")),
    };
    let values = || b.get(takes).map_or_else(zeros, |placed| pairs(placed, number));
    let odd = || match b.get(takes) {
        None => Ok(false),
        Some(Placed { meaning: Meaning::Str(word), .. }) if word == "even" || word == "odd" => {
            Ok(word == "odd")
        }
        Some(other) => Err(other.not_one_of("'even' or 'odd'")),
    };
    let statistic = |stat| {
        let length = |placed: &Placed| match placed.is_none() {
            true => Ok(None),
            false => length(placed).map(Some),
        };
        let none = || Ok(vec![[None, None]]);
        Ok::<_, Fault>(Pad::Statistic(stat, b.get(takes).map_or_else(none, |p| pairs(p, length))?))
    };
    let how = match mode {
        "constant" => Pad::Constant(values()?),
        "empty" => Pad::Constant(zeros()?),
        "edge" => Pad::Edge,
        "linear_ramp" => Pad::LinearRamp(values()?),
        "maximum" => statistic(Stat::Maximum)?,
        "mean" => statistic(Stat::Mean)?,
        "median" => statistic(Stat::Median)?,
        "minimum" => statistic(Stat::Minimum)?,
        "reflect" => Pad::Reflect { odd: odd()? },
        "symmetric" => Pad::Symmetric { odd: odd()? },
        _ => Pad::Wrap,
    };
    let widths = pairs(b.need("pad_width")?, length)?;
    array.pad(&widths, &how).map_err(|e| b.fault("pad_width", e))
}

fn length(placed: &Placed) -> Result<u64> {
    let n = placed.integer()?;
    u64::try_from(n).map_err(|_| Fault::value(&placed.span, "index can't contain negative values"))
}

/// A pair for each axis, or one for all: from one number, a pair, or a list of pairs or of numbers in lists.
fn pairs<T: Clone>(placed: &Placed, one: impl Fn(&Placed) -> Result<T>) -> Result<Vec<[T; 2]>> {
    let (Meaning::Tuple(items) | Meaning::List(items)) = &placed.meaning else {
        let both = one(placed)?;
        return Ok(vec![[both.clone(), both]]);
    };
    let nested = |item: &&Placed| matches!(item.meaning, Meaning::Tuple(_) | Meaning::List(_));
    let pair = |items: &[Placed]| match items {
        [both] => one(both).map(|both| [both.clone(), both]),
        [before, after] => Ok([one(before)?, one(after)?]),
        _ => Err(Fault::value(&placed.span, "expected pairs, one before and one after")),
    };
    match items.iter().filter(nested).count() {
        0 => Ok(vec![pair(items)?]),
        _ => {
            let each = |item: &Placed| match &item.meaning {
                Meaning::Tuple(items) | Meaning::List(items) => pair(items),
                _ => Err(Fault::value(&item.span, "expected a pair, one before and one after")),
            };
            items.iter().map(each).collect()
        }
    }
}
