//! Polynomials as vectors of their coefficients, that of the highest power first.

use super::small::{floats, one as computed};
use super::{Op, one, two};
use crate::{Closeness, Context, DType, Error, Expr, Kind, Overlap, Result};

/// The most coefficients, roots or orders that functions go through one by one.
const MOST: u64 = 1000;

impl Expr {
    /// The polynomial with these roots: `float32` and `complex64` stay, other real numbers become `float64`. Without
    /// roots it is the number 1. If complex roots come in pairs, the coefficients are real.
    ///
    /// # Errors
    /// When the array has not one axis, or more than 1000 elements.
    pub fn poly(&self, context: &Context) -> Result<Expr> {
        let roots = self.vector("poly")?;
        let n = limited("poly", roots.shape()[0])?;
        let dtype = match roots.dtype() {
            dtype @ (DType::F32 | DType::C64 | DType::C128) => dtype,
            _ => DType::F64,
        };
        let roots = computed(&roots.cast(dtype)?, context)?;
        if n == 0 {
            return Expr::scalar(1.0).typed();
        }
        let mut poly = Expr::ones(&[1], dtype)?;
        for k in 0..n {
            let root = one(Op::Negative, &roots.range_of(0, k..k + 1)?)?;
            let factor = Expr::concatenate(&[Expr::ones(&[1], dtype)?, root], Some(0), None)?;
            poly = computed(&poly.convolve(&factor, Overlap::Full)?, context)?;
        }
        if dtype.kind() == Kind::Complex {
            let roots = roots.cast(DType::C128)?;
            let pairs = roots.sort(Some(0))?.array_equal(&one(Op::Conj, &roots)?.sort(Some(0))?, false)?;
            if floats(&pairs, context)? == [1.0] {
                return one(Op::Real, &poly);
            }
        }
        Ok(poly)
    }

    /// The values of the polynomial at `x`, by Horner's rule.
    ///
    /// # Errors
    /// When the coefficients have no axis, or are more than 1000.
    pub fn polyval(&self, x: &Expr) -> Result<Expr> {
        let (poly, x) = (self.typed()?, x.typed()?);
        let n = *poly
            .shape()
            .first()
            .ok_or_else(|| Error::Shape("polyval needs coefficients along an axis".into()))?;
        let mut value = Expr::zeros(x.shape(), x.dtype())?;
        for k in 0..limited("polyval", n)? {
            let coefficient = poly.index(&[crate::view::Index::At(k as i64)])?;
            value = two(Op::Add, &two(Op::Multiply, &value, &x)?, &coefficient)?;
        }
        Ok(value)
    }

    /// The sum (or `difference`) of two polynomials.
    ///
    /// # Errors
    /// When an array has more than one axis, or NumPy does not add elements of these types.
    pub fn polyadd(&self, other: &Expr, difference: bool) -> Result<Expr> {
        let (a, b) = (self.at_least(1)?, other.at_least(1)?);
        let (n, m) = (a.shape()[0], b.shape()[0]);
        let longer = |x: &Expr, count: u64| match count {
            0 => Ok(x.clone()),
            _ => Expr::concatenate(&[Expr::zeros(&[count], x.dtype())?, x.clone()], Some(0), None),
        };
        let (a, b) = (longer(&a, m.saturating_sub(n))?, longer(&b, n.saturating_sub(m))?);
        two(if difference { Op::Subtract } else { Op::Add }, &a, &b)
    }

    /// The product of two polynomials. Leading zeros are left out, so coefficients are read now.
    ///
    /// # Errors
    /// When an array has more than one axis, or NumPy does not multiply elements of these types.
    pub fn polymul(&self, other: &Expr, context: &Context) -> Result<Expr> {
        let part = |x: &Expr| {
            let trimmed = x.at_least(1)?.vector("polymul")?.trim_zeros([true, false], None, context)?;
            match trimmed.shape() {
                [0] => Expr::zeros(&[1], trimmed.dtype()),
                _ => Ok(trimmed),
            }
        };
        part(self)?.convolve(&part(other)?, Overlap::Full)
    }

    /// The quotient and the remainder of two polynomials, in floats. They are computed now.
    ///
    /// # Errors
    /// When an array has more than one axis or no elements, or the quotient would have more than 1000 coefficients.
    pub fn polydiv(&self, divisor: &Expr, context: &Context) -> Result<[Expr; 2]> {
        let part = |x: &Expr| -> Result<Expr> {
            let x = two(Op::Add, &x.at_least(1)?.vector("polydiv")?, &Expr::scalar(0.0))?;
            match x.shape() {
                [0] => Err(Error::Shape("polydiv needs polynomials of at least one coefficient".into())),
                _ => computed(&x, context),
            }
        };
        let (u, v) = (part(self)?, part(divisor)?);
        let (m, n) = (u.shape()[0], v.shape()[0]);
        let first = v.range_of(0, 0..1)?;
        let dtype = two(Op::Add, &u.range_of(0, 0..1)?, &first)?.dtype();
        let scale = two(Op::Divide, &Expr::scalar(1.0), &first)?;
        let mut rest = u.cast(dtype)?;
        let mut quotient = Vec::new();
        for k in 0..limited("polydiv", (m + 1).saturating_sub(n))? {
            let d = computed(&two(Op::Multiply, &scale, &rest.range_of(0, k..k + 1)?)?, context)?;
            let taken = two(Op::Subtract, &rest.range_of(0, k..k + n)?, &two(Op::Multiply, &d, &v)?)?;
            let parts = [rest.range_of(0, 0..k)?, taken.cast(dtype)?, rest.range_of(0, k + n..m)?];
            rest = computed(&Expr::concatenate(&parts, Some(0), None)?, context)?;
            quotient.push(d.cast(dtype)?);
        }
        let quotient = match quotient.is_empty() {
            true => Expr::zeros(&[1], dtype)?,
            false => Expr::concatenate(&quotient, Some(0), None)?,
        };
        let how = Closeness { rtol: Expr::scalar(1e-14), ..Closeness::default() };
        let small = floats(&rest.isclose(&Expr::scalar(0), &how)?, context)?;
        let leading = small.iter().take_while(|&&small| small == 1.0).count() as u64;
        Ok([quotient, rest.range_of(0, leading.min(m - 1)..m)?])
    }

    /// The derivative of this order.
    ///
    /// # Errors
    /// When the array has not one axis, or the order is negative or more than 1000.
    pub fn polyder(&self, order: i64) -> Result<Expr> {
        let mut poly = self.vector("polyder")?;
        for _ in 0..order_of("polyder", order)? {
            let n = poly.shape()[0].saturating_sub(1);
            let powers = two(Op::Subtract, &Expr::scalar(n), &Expr::indices_along(n)?)?;
            poly = two(Op::Multiply, &poly.range_of(0, 0..n)?, &powers)?;
        }
        Ok(poly)
    }

    /// The integral of this order. `constants` are added one after the other, the first before the second integration;
    /// one stands for all, and none for 0.
    ///
    /// # Errors
    /// When the array has not one axis, the order is negative or more than 1000, or there are fewer constants.
    pub fn polyint(&self, order: i64, constants: Option<&Expr>) -> Result<Expr> {
        let mut poly = self.vector("polyint")?;
        let order = order_of("polyint", order)?;
        let constants = match constants {
            None => Expr::zeros(&[order], DType::F64)?,
            Some(constants) => constants.at_least(1)?.vector("polyint")?,
        };
        let constants = match constants.shape()[0] {
            1 if order > 1 => two(Op::Multiply, &constants, &Expr::ones(&[order], DType::F64)?)?,
            _ => constants,
        };
        if constants.shape()[0] < order {
            return Err(Error::Value(format!(
                "polyint of order {order} takes one constant or {order}, found {}",
                constants.shape()[0]
            )));
        }
        for k in 0..order {
            let n = poly.shape()[0];
            let powers = two(Op::Subtract, &Expr::scalar(n), &Expr::indices_along(n)?)?;
            let shares = two(Op::Divide, &poly, &powers)?;
            poly = Expr::concatenate(&[shares, constants.range_of(0, k..k + 1)?], Some(0), None)?;
        }
        Ok(poly)
    }

    /// The array, which must have one axis.
    fn vector(&self, name: &str) -> Result<Expr> {
        match self.ndim() {
            1 => self.typed(),
            n => Err(Error::Shape(format!("{name} takes coefficients along one axis, found {n} axes"))),
        }
    }
}

/// A number of steps.
fn limited(name: &str, count: u64) -> Result<u64> {
    match count {
        ..=MOST => Ok(count),
        _ => Err(Error::Value(format!("{name} goes through at most {MOST} coefficients, found {count}"))),
    }
}

fn order_of(name: &str, order: i64) -> Result<u64> {
    let order = u64::try_from(order)
        .map_err(|_| Error::Value(format!("{name}: the order {order} is negative, expected 0 or more")))?;
    limited(name, order)
}
