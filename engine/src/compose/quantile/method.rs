//! The methods of quantiles: where a probability lies among sorted elements, and how the elements beside it are weighed.

use std::fmt;
use std::str::FromStr;

use super::Count;
use crate::compose::op;
use crate::op::{Op, Scalar};
use crate::promote::is_exact;
use crate::{DType, Error, Expr, Result};

/// The way to find a quantile between two elements: the nine of Hyndman and Fan (1996), and four of NumPy's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuantileMethod {
    /// Method 1.
    InvertedCdf,
    /// Method 2.
    AveragedInvertedCdf,
    /// Method 3.
    ClosestObservation,
    /// Method 4.
    InterpolatedInvertedCdf,
    /// Method 5.
    Hazen,
    /// Method 6.
    Weibull,
    /// Method 7.
    #[default]
    Linear,
    /// Method 8.
    MedianUnbiased,
    /// Method 9.
    NormalUnbiased,
    /// The element below.
    Lower,
    /// The element above.
    Higher,
    /// The mean of the two elements.
    Midpoint,
    /// The nearest element, the one at an even place of two equally near ones.
    Nearest,
}

/// All methods, by NumPy's names.
const METHODS: [(&str, QuantileMethod); 13] = [
    ("inverted_cdf", QuantileMethod::InvertedCdf),
    ("averaged_inverted_cdf", QuantileMethod::AveragedInvertedCdf),
    ("closest_observation", QuantileMethod::ClosestObservation),
    ("interpolated_inverted_cdf", QuantileMethod::InterpolatedInvertedCdf),
    ("hazen", QuantileMethod::Hazen),
    ("weibull", QuantileMethod::Weibull),
    ("linear", QuantileMethod::Linear),
    ("median_unbiased", QuantileMethod::MedianUnbiased),
    ("normal_unbiased", QuantileMethod::NormalUnbiased),
    ("lower", QuantileMethod::Lower),
    ("higher", QuantileMethod::Higher),
    ("midpoint", QuantileMethod::Midpoint),
    ("nearest", QuantileMethod::Nearest),
];

impl FromStr for QuantileMethod {
    type Err = Error;

    fn from_str(name: &str) -> Result<QuantileMethod> {
        METHODS.iter().find(|(known, _)| *known == name).map(|(_, method)| *method).ok_or_else(|| {
            let names = METHODS.map(|(name, _)| format!("'{name}'")).join(", ");
            Error::Value(format!("'{name}' is not a method of quantiles; use one of {names}"))
        })
    }
}

impl fmt::Display for QuantileMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(METHODS.iter().find(|(_, method)| method == self).map_or("", |(name, _)| name))
    }
}

/// Places in the sorted order.
pub(super) enum Place {
    /// Places of elements.
    At(Expr),
    /// Places between elements.
    Between(Expr),
}

impl QuantileMethod {
    /// The places for probabilities `q`.
    pub(super) fn place(self, count: &Count, q: &Expr) -> Result<Place> {
        use QuantileMethod::{
            AveragedInvertedCdf, ClosestObservation, Hazen, Higher, InterpolatedInvertedCdf, InvertedCdf,
            Linear, Lower, MedianUnbiased, Midpoint, Nearest, NormalUnbiased, Weibull,
        };
        let n = count.plus(0, q.dtype())?;
        let inner = || op(Op::Multiply, &[&count.plus(-1, q.dtype())?, q]);
        let less = |x: &Expr, by: Scalar| op(Op::Subtract, &[x, &Expr::scalar(by)]);
        let one = Scalar::Int(1);
        // n * q + (alpha + q * (1 - alpha - beta)) - 1
        let between = |alpha: Scalar, rest: Scalar| {
            let shift = op(Op::Add, &[&Expr::scalar(alpha), &op(Op::Multiply, &[q, &Expr::scalar(rest)])?])?;
            less(&op(Op::Add, &[&op(Op::Multiply, &[&n, q])?, &shift])?, one)
        };
        let float = |alpha: f64| between(Scalar::Float(alpha), Scalar::Float(1.0 - alpha - alpha));
        let at = |place: &Expr| place.cast(DType::I64).map(Place::At);
        Ok(match self {
            InvertedCdf => Place::At(observed(&less(&op(Op::Multiply, &[&n, q])?, one)?, false)?),
            ClosestObservation => {
                let place = less(&less(&op(Op::Multiply, &[&n, q])?, one)?, Scalar::Float(0.5))?;
                Place::At(observed(&place, true)?)
            }
            AveragedInvertedCdf => Place::Between(less(&op(Op::Multiply, &[&n, q])?, one)?),
            InterpolatedInvertedCdf => Place::Between(between(Scalar::Int(0), Scalar::Int(0))?),
            Weibull => Place::Between(between(Scalar::Int(0), Scalar::Int(1))?),
            Hazen => Place::Between(float(0.5)?),
            MedianUnbiased => Place::Between(float(1.0 / 3.0)?),
            NormalUnbiased => Place::Between(float(3.0 / 8.0)?),
            Linear if is_exact(q.dtype()) => at(&inner()?)?,
            Linear => Place::Between(inner()?),
            Lower => at(&op(Op::Floor, &[&inner()?])?)?,
            Higher => at(&op(Op::Ceil, &[&inner()?])?)?,
            Nearest => at(&op(Op::Round, &[&inner()?])?)?,
            Midpoint => {
                let inner = inner()?;
                let ends = op(Op::Add, &[&op(Op::Floor, &[&inner])?, &op(Op::Ceil, &[&inner])?])?;
                Place::Between(op(Op::Multiply, &[&Expr::scalar(0.5), &ends])?)
            }
        })
    }

    /// The weight of the next element, given the distance from the previous one, and the place.
    pub(super) fn weight(self, gamma: &Expr, place: &Expr) -> Result<Expr> {
        let (zero, half, one) = (Expr::scalar(0.0), Expr::scalar(0.5), Expr::scalar(1.0));
        match self {
            QuantileMethod::AveragedInvertedCdf => {
                op(Op::Where, &[&op(Op::Equal, &[gamma, &Expr::scalar(0)])?, &half, &one])
            }
            QuantileMethod::Midpoint => {
                let rest = op(Op::Remainder, &[place, &Expr::scalar(1)])?;
                op(Op::Where, &[&op(Op::Equal, &[&rest, &Expr::scalar(0)])?, &zero, &half])
            }
            _ => Ok(gamma.clone()),
        }
    }
}

/// The element at a place, if there is one, else the next. With `even`, an element at an odd place gives way to the
/// next one, too.
fn observed(place: &Expr, even: bool) -> Result<Expr> {
    let previous = op(Op::Floor, &[place])?;
    let next = op(Op::Add, &[&previous, &Expr::scalar(1)])?;
    let mut stays = op(Op::Equal, &[&op(Op::Subtract, &[place, &previous])?, &Expr::scalar(0)])?;
    if even {
        let odd = op(Op::Remainder, &[&previous, &Expr::scalar(2)])?;
        stays = op(Op::LogicalAnd, &[&stays, &op(Op::Equal, &[&odd, &Expr::scalar(1)])?])?;
    }
    let at = op(Op::Where, &[&stays, &previous, &next])?.cast(DType::I64)?;
    op(Op::Maximum, &[&at, &Expr::scalar(0)])
}
