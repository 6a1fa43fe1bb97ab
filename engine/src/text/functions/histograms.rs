//! Histograms and counts.

use super::{Function, functions};
use crate::compose::{Bins, GridOptions, HistogramOptions, columns, histogramdd};
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};
use crate::{DType, Expr};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "bincount" false "how often each number from 0 on occurs, or the sums of weights": bincount;
    "histogram" false "elements between edges, and the edges": histogram;
    "histogram2d" false "points between edges of two axes, and the edges": histogram2d;
    "histogram_bin_edges" false "the edges of a histogram": edges;
    "histogramdd" false "points between edges of several axes, and the edges": histogram_of_points;
};

fn bincount(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["x", "weights?", "minlength?"])?;
    let weights = b.some("weights").map(Placed::array).transpose()?;
    let minlength = match b.get("minlength") {
        None => 0,
        Some(placed) => u64::try_from(placed.integer()?).map_err(|_| {
            Fault::value(&placed.span, "minlength: expected 0 or more, found a negative number")
        })?,
    };
    let (x, mut numbers) = (b.need("x")?, b.array("x")?);
    if x.is_list() && numbers.shape().contains(&0) {
        // a list without elements is one of integers
        numbers = numbers.cast(DType::I64).map_err(|e| b.fault("x", e))?;
    }
    let counts = numbers.bincount(weights.as_ref(), minlength, &call.context());
    counts.map_err(|e| b.fault("x", e))
}

fn histogram(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let b = call.bind(&["a", "bins?", "range?", "density?", "weights?"])?;
    let (counts, edges) =
        b.array("a")?.histogram(&options(&b)?, &call.context()).map_err(|e| b.fault("a", e))?;
    Ok(vec![counts, edges])
}

fn edges(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "bins?", "range?", "weights?"])?;
    b.array("a")?.histogram_bin_edges(&options(&b)?, &call.context()).map_err(|e| b.fault("a", e))
}

fn options(b: &Bound) -> Result<HistogramOptions> {
    let bins = b.get("bins").map_or(Ok(Bins::Count(10)), bins)?;
    if let (Bins::Rule(_), Some(weights)) = (&bins, b.some("weights")) {
        let words = "a rule for the number of bins does not go with weights; give a number of bins";
        return Err(Fault::new(&weights.span, words));
    }
    Ok(HistogramOptions {
        bins,
        range: b.some("range").map(pair).transpose()?,
        weights: b.some("weights").map(Placed::array).transpose()?,
        density: density(b)?,
    })
}

fn density(b: &Bound) -> Result<bool> {
    b.some("density").map_or(Ok(false), Placed::boolean)
}

/// A number of bins, their edges, or the name of a rule.
fn bins(placed: &Placed) -> Result<Bins> {
    match &placed.meaning {
        Meaning::Str(name) => name.parse().map(Bins::Rule).map_err(|e| Fault::engine(&placed.span, e)),
        Meaning::Number(_) => placed.integer().map(Bins::Count),
        _ => placed.array().map(Bins::Edges),
    }
}

/// The two ends of a range.
fn pair(placed: &Placed) -> Result<(Expr, Expr)> {
    match &placed.meaning {
        Meaning::Tuple(ends) | Meaning::List(ends) if ends.len() == 2 => {
            Ok((ends[0].array()?, ends[1].array()?))
        }
        _ => Err(Fault::new(&placed.span, "expected the two ends of a range, such as (0, 1)")),
    }
}

fn histogram2d(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let b = call.bind(&["x", "y", "bins?", "range?", "density?", "weights?"])?;
    let mut options = grid_options(&b)?;
    // as many edges as there may be axes are bins of each axis
    if let Some(placed) = b.get("bins")
        && !matches!(&placed.meaning, Meaning::List(items) | Meaning::Tuple(items) if matches!(items.len(), 1 | 2))
    {
        options.bins = vec![bins(placed)?];
    }
    let (counts, edges) = histogramdd(&[b.array("x")?, b.array("y")?], &options, &call.context())
        .map_err(|e| Fault::engine(&call.at, e))?;
    Ok(std::iter::once(counts).chain(edges).collect())
}

fn histogram_of_points(_: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&["sample", "bins?", "range?", "density?", "weights?"])?;
    let sample = b.need("sample")?;
    let points = match &sample.meaning {
        Meaning::List(axes) | Meaning::Tuple(axes) => {
            axes.iter().map(Placed::array).collect::<Result<Vec<_>>>()?
        }
        _ => columns(&sample.array()?).map_err(|e| Fault::engine(&sample.span, e))?,
    };
    let (counts, edges) =
        histogramdd(&points, &grid_options(&b)?, &call.context()).map_err(|e| Fault::engine(&call.at, e))?;
    let placed = |meaning: Meaning| Placed { meaning, span: call.at.clone() };
    let edges = edges.into_iter().map(|edges| placed(edges.into())).collect();
    Ok(Meaning::Tuple(vec![placed(counts.into()), placed(Meaning::Tuple(edges))]))
}

fn grid_options(b: &Bound) -> Result<GridOptions> {
    let each = |placed: &Placed| match &placed.meaning {
        Meaning::List(items) | Meaning::Tuple(items) => items.iter().map(bins).collect(),
        _ => Ok(vec![bins(placed)?]),
    };
    let range = |placed: &Placed| if placed.is_none() { Ok(None) } else { pair(placed).map(Some) };
    let ranges = |placed: &Placed| match &placed.meaning {
        Meaning::List(items) | Meaning::Tuple(items) => items.iter().map(range).collect(),
        _ => Err(Fault::new(&placed.span, "expected a range for each axis, such as [(0, 1), (0, 1)]")),
    };
    Ok(GridOptions {
        bins: b.get("bins").map_or_else(|| Ok(vec![Bins::Count(10)]), each)?,
        ranges: b.some("range").map_or_else(|| Ok(Vec::new()), ranges)?,
        weights: b.some("weights").map(Placed::array).transpose()?,
        density: density(b)?,
    })
}
