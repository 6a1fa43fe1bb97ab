//! Covariances and correlations, as products of matrices.

use super::small::number;
use super::{op, spread};
use crate::op::Op;
use crate::promote::{Operand, result_type};
use crate::view::show;
use crate::{Context, DType, Error, Expr, ReduceOptions, Reduction, Result};

/// Options of a covariance.
#[derive(Clone, Debug)]
pub struct CovarianceOptions {
    /// Whether each row is a variable and each column an observation.
    pub rowvar: bool,
    /// The number subtracted from the count of observations; `None`: 1, or 0 with `bias`.
    pub ddof: Option<f64>,
    /// Whether to divide by the count of observations.
    pub bias: bool,
    /// How often each observation occurs, as integers.
    pub frequencies: Option<Expr>,
    /// A weight for each observation.
    pub weights: Option<Expr>,
    /// The type to compute in; `None`: at least `float64`.
    pub dtype: Option<DType>,
}

impl Default for CovarianceOptions {
    fn default() -> CovarianceOptions {
        CovarianceOptions {
            rowvar: true,
            ddof: None,
            bias: false,
            frequencies: None,
            weights: None,
            dtype: None,
        }
    }
}

/// Variables less their means, and the factors of their products.
struct Centered {
    rows: Expr,
    weighted: Expr,
    factor: Expr,
}

impl Expr {
    /// The covariances of variables, as NumPy's `cov`: with rows as variables, a matrix of as many rows and columns.
    /// Sums are those of a matrix product.
    ///
    /// # Errors
    /// When shapes do not fit, or weights are negative. Weights are read now.
    pub fn cov(&self, other: Option<&Expr>, options: &CovarianceOptions, context: &Context) -> Result<Expr> {
        let Some(Centered { rows, weighted, factor }) = self.centered(other, options, context)? else {
            return nothing();
        };
        let product = rows.matmul(&op(Op::Conj, &[&weighted])?.transpose())?;
        op(Op::Multiply, &[&product, &factor])?.squeeze(None)
    }

    /// The correlations of variables, as NumPy's `corrcoef`.
    ///
    /// # Errors
    /// As [`Expr::cov`].
    pub fn corrcoef(
        &self,
        other: Option<&Expr>,
        options: &CovarianceOptions,
        context: &Context,
    ) -> Result<Expr> {
        let Some(Centered { rows, weighted, factor }) = self.centered(other, options, context)? else {
            return nothing();
        };
        let product = rows.matmul(&op(Op::Conj, &[&weighted])?.transpose())?;
        let covariance = op(Op::Multiply, &[&product, &factor])?;
        // the diagonal
        let squares = op(Op::Multiply, &[&rows, &op(Op::Conj, &[&weighted])?])?;
        let along = ReduceOptions { axes: Some(vec![1]), ..ReduceOptions::default() };
        let variance =
            op(Op::Multiply, &[&op(Op::Real, &[&squares.reduce(Reduction::Sum, &along)?])?, &factor])?;
        let deviation = op(Op::Sqrt, &[&variance])?;
        let scaled = op(Op::Divide, &[&covariance, &spread(&deviation, 1)?])?;
        let scaled = op(Op::Divide, &[&scaled, &deviation])?;
        let clipped = |x: &Expr| op(Op::Clip, &[x, &Expr::scalar(-1), &Expr::scalar(1)]);
        let clipped = match scaled.dtype() {
            DType::C64 | DType::C128 => {
                let imaginary = clipped(&op(Op::Imag, &[&scaled])?)?;
                let imaginary = op(Op::Multiply, &[&imaginary, &Expr::scalar(num_complex::Complex64::I)])?;
                op(Op::Add, &[&clipped(&op(Op::Real, &[&scaled])?)?, &imaginary])?
            }
            _ => clipped(&scaled)?,
        };
        clipped.squeeze(None)
    }

    fn centered(
        &self,
        other: Option<&Expr>,
        options: &CovarianceOptions,
        context: &Context,
    ) -> Result<Option<Centered>> {
        let m = self.typed()?;
        let other = other.map(Expr::typed).transpose()?;
        let all = std::iter::once(&m).chain(&other);
        if let Some(x) = all.clone().find(|x| x.ndim() > 2) {
            return Err(Error::Value(format!(
                "cov: expected at most 2 axes, found shape {}",
                show(x.shape())
            )));
        }
        let double = Operand::Typed(DType::F64);
        let dtype = match options.dtype {
            Some(dtype) => dtype,
            None => result_type(&all.map(Expr::operand).chain([double]).collect::<Vec<_>>())?,
        };
        let rows = |x: &Expr, turns: bool| -> Result<Expr> {
            let x = x.cast(dtype)?;
            let x = match x.ndim() {
                0 => x.expand_dims(&[0, 1])?,
                1 => x.expand_dims(&[0])?,
                _ => x,
            };
            Ok(if turns { x.transpose() } else { x })
        };
        let mut x = rows(&m, !options.rowvar && m.ndim() != 1)?;
        if x.shape()[0] == 0 {
            return Ok(None);
        }
        if let Some(y) = &other {
            let flat = y.ndim() < 2 || y.shape()[0] == 1;
            let y = rows(y, !options.rowvar && !flat)?;
            x = Expr::concatenate(&[x, y], Some(0), None)?;
        }
        let observations = x.shape()[1];
        let check = |w: &Expr, what: &str| -> Result<Expr> {
            let w = w.typed()?;
            if w.ndim() != 1 || w.shape()[0] != observations {
                return Err(Error::Value(format!(
                    "cov: expected {what} along one axis of {observations}, found shape {}",
                    show(w.shape())
                )));
            }
            let negative = op(Op::Less, &[&w, &Expr::scalar(0)])?;
            let any = negative.reduce(Reduction::Any, &ReduceOptions::default())?;
            match number(&any, context)? {
                0.0 => Ok(w),
                _ => Err(Error::Value(format!("cov: {what} cannot be negative"))),
            }
        };
        let frequencies = options.frequencies.as_ref().map(|w| check(w, "frequencies")).transpose()?;
        if let Some(w) = &frequencies
            && !crate::promote::is_exact(w.dtype())
        {
            let rest = op(Op::NotEqual, &[&op(Op::Rint, &[w])?, w])?;
            if number(&rest.reduce(Reduction::Any, &ReduceOptions::default())?, context)? != 0.0 {
                return Err(Error::dtype("the frequencies of cov", DType::I64, w.dtype()));
            }
        }
        let weights = options.weights.as_ref().map(|w| check(w, "weights")).transpose()?;
        let both = match (&frequencies, &weights) {
            (Some(f), Some(a)) => Some(op(Op::Multiply, &[&f.cast(DType::F64)?, a])?),
            (Some(f), None) => Some(f.cast(DType::F64)?),
            (None, Some(a)) => Some(a.cast(DType::F64)?),
            (None, None) => None,
        };
        let ddof = options.ddof.unwrap_or(if options.bias { 0.0 } else { 1.0 });
        let (average, _) = x.average(both.as_ref(), Some(&[1]), true)?;
        let total = |x: &Expr| number(&x.reduce(Reduction::Sum, &ReduceOptions::default())?, context);
        let count = match (&both, &weights) {
            (None, _) => observations as f64 - ddof,
            (Some(w), _) if ddof == 0.0 => total(w)?,
            (Some(w), None) => total(w)? - ddof,
            (Some(w), Some(a)) => {
                let sum = total(w)?;
                sum - ddof * total(&op(Op::Multiply, &[w, a])?)? / sum
            }
        };
        let factor = Expr::scalar(1.0 / if count <= 0.0 { 0.0 } else { count });
        let rows = op(Op::Subtract, &[&x, &average])?;
        let weighted = both.map_or_else(|| Ok(rows.clone()), |w| op(Op::Multiply, &[&rows, &w]))?;
        Ok(Some(Centered { rows, weighted, factor }))
    }
}

/// The covariances of no variables.
fn nothing() -> Result<Expr> {
    let none = crate::Value::copied_from(DType::F64, &[0, 0], &[])?;
    Expr::source(std::sync::Arc::new(none))
}
