//! Statistics: averages, medians, quantiles and covariances.

use super::{Function, functions, reduced_axes};
use crate::Expr;
use crate::compose::{CovarianceOptions, QuantileMethod, QuantileOptions, Quantiles};
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "corrcoef" false "correlations of rows": covariance;
    "cov" false "covariances of rows": covariance;
    "describe" false "count, NaN, min, max, mean, std and quartiles of the elements that are not NaN": describe;
    "median" false "middle of the sorted elements; NaN if there is one": median;
    "nanmedian" false "middle of the sorted elements that are not NaN": median;
    "nanpercentile" false "quantiles of the elements that are not NaN, in percent": quantile;
    "nanquantile" false "quantiles of the elements that are not NaN, from 0 to 1": quantile;
    "percentile" false "quantiles in percent; NaN if there is one": quantile;
    "quantile" false "quantiles from 0 to 1; NaN if there is one": quantile;
};

fn median(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "axis?", "*", "keepdims?"])?;
    let a = b.array("a")?;
    let (axes, keepdims) = (reduced_axes(&b, &a)?, b.boolean("keepdims")?);
    let median = match name {
        "median" => a.median(axes.as_deref(), keepdims),
        _ => a.nanmedian(axes.as_deref(), keepdims),
    };
    median.map_err(|e| b.fault("axis", e))
}

fn quantile(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "q", "axis?", "*", "method?", "keepdims?", "weights?"])?;
    let (a, given) = (b.array("a")?, b.need("q")?);
    a.check_real().map_err(|e| b.fault("a", e))?;
    let q = given.array()?;
    let context = call.context();
    let q = match name.trim_start_matches("nan") {
        "percentile" => Quantiles::percent(&q, &context),
        _ => Quantiles::new(&q, &context),
    };
    let q = q.map_err(|e| Fault::engine(&given.span, e))?;
    let options = QuantileOptions {
        axes: reduced_axes(&b, &a)?,
        keepdims: b.boolean("keepdims")?,
        method: method(&b)?,
        skip_nan: name.starts_with("nan"),
        weights: b.some("weights").map(Placed::array).transpose()?,
    };
    a.quantile(&q, &options).map_err(|e| b.fault("axis", e))
}

fn describe(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let b = call.bind(&["a", "axis?"])?;
    let a = b.array("a")?;
    let found = a.describe(reduced_axes(&b, &a)?.as_deref()).map_err(|e| b.fault("axis", e))?;
    Ok(vec![found.count, found.nan, found.min, found.max, found.mean, found.std, found.quantiles])
}

fn covariance(name: &str, call: &Call<'_>) -> Result<Expr> {
    let (b, m) = match name {
        "cov" => {
            let names = &["m", "y?", "rowvar?", "bias?", "ddof?", "fweights?", "aweights?", "*", "dtype?"];
            (call.bind(names)?, "m")
        }
        _ => (call.bind(&["x", "y?", "rowvar?", "*", "dtype?"])?, "x"),
    };
    let array = |name: &str| b.some(name).map(Placed::array).transpose();
    let options = CovarianceOptions {
        rowvar: b.get("rowvar").map_or(Ok(true), Placed::boolean)?,
        bias: b.boolean("bias")?,
        ddof: b.some("ddof").map(|ddof| ddof.integer().map(|ddof| ddof as f64)).transpose()?,
        frequencies: array("fweights")?,
        weights: array("aweights")?,
        dtype: b.some("dtype").map(Placed::dtype).transpose()?,
    };
    let (m, y, context) = (b.array(m)?, array("y")?, call.context());
    let found = match name {
        "cov" => m.cov(y.as_ref(), &options, &context),
        _ => m.corrcoef(y.as_ref(), &options, &context),
    };
    found.map_err(|e| b.fault("m", e))
}

fn method(b: &Bound) -> Result<QuantileMethod> {
    match b.get("method") {
        None => Ok(QuantileMethod::default()),
        Some(Placed { meaning: Meaning::Str(name), span }) => {
            name.parse().map_err(|e| Fault::engine(span, e))
        }
        Some(other) => Err(Fault::new(&other.span, "expected the name of a method, such as 'linear'")),
    }
}
