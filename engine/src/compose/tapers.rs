//! Tapers: NumPy's windows, symmetric weights that fall off to both ends.

use std::f64::consts::PI;

use super::{choose, one, two};
use crate::{DType, Expr, Op, Result, Scalar};

/// A sum of constants and cosines: the first weight, and the weights of the first and the second cosine.
const HAMMING: [f64; 3] = [0.54, 0.46, 0.0];
const HANNING: [f64; 3] = [0.5, 0.5, 0.0];
const BLACKMAN: [f64; 3] = [0.42, 0.5, 0.08];

impl Expr {
    /// The Hamming window of `length` points: none below 1.
    ///
    /// # Errors
    /// When the length is too large.
    pub fn hamming(length: f64) -> Result<Expr> {
        cosines(length, HAMMING)
    }

    /// The Hann window of `length` points: none below 1.
    ///
    /// # Errors
    /// When the length is too large.
    pub fn hanning(length: f64) -> Result<Expr> {
        cosines(length, HANNING)
    }

    /// The Blackman window of `length` points: none below 1.
    ///
    /// # Errors
    /// When the length is too large.
    pub fn blackman(length: f64) -> Result<Expr> {
        cosines(length, BLACKMAN)
    }

    /// The Bartlett window of `length` points, a triangle: none below 1.
    ///
    /// # Errors
    /// When the length is too large.
    pub fn bartlett(length: f64) -> Result<Expr> {
        let Some(n) = places(length)? else { return short(length) };
        let share = two(Op::Divide, &n, &Expr::scalar(length - 1.0))?;
        let (up, down) =
            (two(Op::Add, &Expr::scalar(1), &share)?, two(Op::Subtract, &Expr::scalar(1), &share)?);
        choose(&two(Op::LessEqual, &n, &Expr::scalar(0))?, &up, &down)
    }

    /// The Kaiser window of `length` points and shape `beta`: none below 1.
    ///
    /// # Errors
    /// When the length is too large.
    pub fn kaiser(length: f64, beta: f64) -> Result<Expr> {
        if length == 1.0 {
            return short(length);
        }
        let n = Expr::arange(Scalar::Float(0.0), Scalar::Float(length), Scalar::Int(1), None)?;
        let alpha = Expr::scalar((length - 1.0) / 2.0);
        let share = two(Op::Divide, &two(Op::Subtract, &n, &alpha)?, &alpha)?;
        let rest = two(Op::Subtract, &Expr::scalar(1), &one(Op::Square, &share)?)?;
        let inner = two(Op::Multiply, &Expr::scalar(beta), &one(Op::Sqrt, &rest)?)?;
        let greatest = one(Op::I0, &Expr::scalar(beta).typed()?)?;
        two(Op::Divide, &one(Op::I0, &inner)?, &greatest)
    }
}

/// The places of the points, 2 apart and symmetric about 0; `None` for at most one point.
fn places(length: f64) -> Result<Option<Expr>> {
    if length <= 1.0 {
        return Ok(None);
    }
    Expr::arange(Scalar::Float(1.0 - length), Scalar::Float(length), Scalar::Int(2), None).map(Some)
}

/// A window of at most one point.
fn short(length: f64) -> Result<Expr> {
    Expr::ones(&[u64::from(length == 1.0)], DType::F64)
}

fn cosines(length: f64, [first, second, third]: [f64; 3]) -> Result<Expr> {
    let Some(n) = places(length)? else { return short(length) };
    let last = Expr::scalar(length - 1.0);
    let wave = |times: f64, weight: f64| {
        let angle = two(Op::Divide, &two(Op::Multiply, &Expr::scalar(times * PI), &n)?, &last)?;
        two(Op::Multiply, &Expr::scalar(weight), &one(Op::Cos, &angle)?)
    };
    let sum = two(Op::Add, &Expr::scalar(first), &wave(1.0, second)?)?;
    if third == 0.0 { Ok(sum) } else { two(Op::Add, &sum, &wave(2.0, third)?) }
}
