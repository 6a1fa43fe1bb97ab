//! Elementwise functions of several steps or of several results.

use super::{choose, one, two};
use crate::promote::{self, is_exact};
use crate::view::broadcast_shape;
use crate::{DType, Error, Expr, Kind, Op, ReduceOptions, Reduction, Result, Scalar, ScanOptions};

/// Tolerances of [`Expr::isclose`].
#[derive(Clone, Debug)]
pub struct Closeness {
    /// The tolerance as a share of the second array's magnitude.
    pub rtol: Expr,
    /// The tolerance that is added to it.
    pub atol: Expr,
    /// Whether NaN is close to NaN.
    pub equal_nan: bool,
}

impl Default for Closeness {
    fn default() -> Closeness {
        Closeness { rtol: Expr::scalar(1e-5), atol: Expr::scalar(1e-8), equal_nan: false }
    }
}

impl Expr {
    /// Rounded to this many decimals, ties to even, as NumPy's `round`: the elements times a power of ten, rounded,
    /// divided. Negative decimals round to tens, hundreds and so on. The type stays.
    ///
    /// # Errors
    /// When booleans are to be rounded to other than 0 decimals.
    pub fn round_to(&self, decimals: i64) -> Result<Expr> {
        let a = self.typed()?;
        let whole = is_exact(a.dtype()) && a.dtype() != DType::Bool;
        if decimals == 0 || (whole && decimals > 0) {
            return one(Op::Round, &a);
        }
        if a.dtype() == DType::Bool {
            let hint = "; booleans have no decimals: expected decimals=0";
            return Err(promote::no_loop("round", &[a.operand()], hint).into());
        }
        if a.dtype().kind() == Kind::Complex {
            let part = |op| one(op, &a)?.round_to(decimals);
            return two(Op::Complex, &part(Op::Real)?, &part(Op::Imag)?);
        }
        let power = Expr::scalar(power_of_ten(decimals.unsigned_abs()));
        let (before, after) =
            if decimals > 0 { (Op::Multiply, Op::Divide) } else { (Op::Divide, Op::Multiply) };
        let rounded = one(Op::Rint, &two(before, &a, &power)?)?;
        two(after, &rounded, &power)?.cast(a.dtype())
    }

    /// The floor of the quotient, and the remainder.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn divmod(&self, divisor: &Expr) -> Result<[Expr; 2]> {
        Ok([two(Op::FloorDivide, self, divisor)?, two(Op::Remainder, self, divisor)?])
    }

    /// The part after the point and the whole part, both with the sign of the element.
    ///
    /// # Errors
    /// For complex numbers.
    pub fn modf(&self) -> Result<[Expr; 2]> {
        let fraction = one(Op::Fraction, self)?;
        let whole = one(Op::Trunc, &self.cast(fraction.dtype())?)?;
        Ok([fraction, whole])
    }

    /// The digits, between 1/2 and 1, and the exponent of two, as `int32`.
    ///
    /// # Errors
    /// For complex numbers.
    pub fn frexp(&self) -> Result<[Expr; 2]> {
        Ok([one(Op::Significand, self)?, one(Op::Exponent, self)?])
    }

    /// The power in `float64`, or in `complex128` if an operand is complex.
    ///
    /// # Errors
    /// When an operand is not of numbers, or the shapes do not broadcast.
    pub fn float_power(&self, exponent: &Expr) -> Result<Expr> {
        if let Some(other) = [self, exponent].iter().find(|x| !x.dtype().kind().is_number()) {
            return Err(Error::dtype("float_power", DType::F64, other.dtype()));
        }
        let complex = [self, exponent].iter().any(|x| x.dtype().kind() == Kind::Complex);
        let dtype = if complex { DType::C128 } else { DType::F64 };
        two(Op::Pow, &self.cast(dtype)?, &exponent.cast(dtype)?)
    }

    /// sin(pi x) / (pi x), and 1 at 0.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn sinc(&self) -> Result<Expr> {
        let x = two(Op::Multiply, &Expr::scalar(std::f64::consts::PI), &self.typed()?)?;
        let tiny = match x.dtype() {
            DType::F16 => 2f64.powi(-10),
            DType::F32 => f64::from(f32::EPSILON),
            DType::F64 => f64::EPSILON,
            _ => 1e-20,
        };
        let y = choose(&x, &x, &Expr::scalar(tiny))?;
        two(Op::Divide, &one(Op::Sin, &y)?, &y)
    }

    /// Whether elements are plus (or `negative`: minus) infinity.
    ///
    /// # Errors
    /// For complex numbers.
    pub fn is_signed_infinity(&self, negative: bool) -> Result<Expr> {
        let sign = one(Op::Signbit, self)?;
        let sign = if negative { sign } else { one(Op::LogicalNot, &sign)? };
        two(Op::BitwiseAnd, &one(Op::Isinf, self)?, &sign)
    }

    /// Whether all imaginary parts are below `tolerance`, or, above 1, below that many times the distance of 1 to the
    /// next float: one boolean.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn is_about_real(&self, tolerance: f64) -> Result<Expr> {
        let epsilon = if self.dtype() == DType::C64 { f64::from(f32::EPSILON) } else { f64::EPSILON };
        let limit = if tolerance > 1.0 { epsilon * tolerance } else { tolerance };
        let size = one(Op::Abs, &one(Op::Imag, &self.typed()?)?)?;
        all(&two(Op::Less, &size, &Expr::scalar(limit))?)
    }

    /// The angle of complex numbers, in radians or in degrees. Of a real number it is 0 or pi.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn angle(&self, degrees: bool) -> Result<Expr> {
        let z = self.typed()?;
        let angle = match z.dtype().kind() {
            Kind::Complex => two(Op::Atan2, &one(Op::Imag, &z)?, &one(Op::Real, &z)?)?,
            _ => two(Op::Atan2, &Expr::scalar(0), &z)?,
        };
        match degrees {
            true => two(Op::Multiply, &angle, &Expr::scalar(180.0 / std::f64::consts::PI)),
            false => Ok(angle),
        }
    }

    /// NaN replaced by `nan`, and infinities by `posinf` and `neginf`: without them by the type's greatest and least
    /// numbers. Each part of a complex number is replaced by itself. Integers and booleans stay.
    ///
    /// # Errors
    /// When a replacement is complex, or does not broadcast to the array's shape.
    pub fn nan_to_num(&self, nan: &Expr, posinf: Option<&Expr>, neginf: Option<&Expr>) -> Result<Expr> {
        let x = self.typed()?;
        let part = |x: &Expr| {
            let greatest = match x.dtype() {
                DType::F16 => half::f16::MAX.to_f64(),
                DType::BF16 => half::bf16::MAX.to_f64(),
                DType::F32 => f64::from(f32::MAX),
                _ => f64::MAX,
            };
            let put = |into: Expr, condition: Expr, value: Option<&Expr>, other: f64| {
                let value = value.cloned().unwrap_or_else(|| Expr::scalar(other)).as_number(x.dtype())?;
                let value = if value.ndim() == 0 { value } else { value.broadcast_to(x.shape())? };
                choose(&condition, &value, &into)
            };
            let equals = |value: f64| two(Op::Equal, x, &Expr::scalar(value));
            let kept = put(x.clone(), one(Op::Isnan, x)?, Some(nan), 0.0)?;
            let kept = put(kept, equals(f64::INFINITY)?, posinf, greatest)?;
            put(kept, equals(f64::NEG_INFINITY)?, neginf, -greatest)
        };
        match x.dtype().kind() {
            Kind::Complex => two(Op::Complex, &part(&one(Op::Real, &x)?)?, &part(&one(Op::Imag, &x)?)?),
            Kind::Float => part(&x),
            _ => Ok(x),
        }
    }

    /// The array with a number in place of each NaN.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn without_nan(&self, number: i64) -> Result<Expr> {
        let x = self.typed()?;
        match is_exact(x.dtype()) || x.dtype().kind().is_time() {
            true => Ok(x),
            false => choose(&one(Op::Isnan, &x)?, &Expr::scalar(number), &x),
        }
    }

    /// Whether elements are as close to those of `other` as the tolerances say: |a - b| <= atol + rtol |b|.
    ///
    /// # Errors
    /// When the shapes do not broadcast.
    pub fn isclose(&self, other: &Expr, how: &Closeness) -> Result<Expr> {
        let float = DType::F64;
        let (x, y) = (self, other);
        let y = match y.as_scalar() {
            Some(Scalar::Int(_) | Scalar::Bool(_)) => Expr::scalar(y.number().unwrap_or_default()),
            Some(_) => y.clone(),
            None if is_exact(y.dtype()) => y.cast(float)?,
            None => y.clone(),
        };
        let size = match y.as_scalar() {
            Some(Scalar::Complex(z)) => Expr::scalar(z.norm()),
            Some(_) => Expr::scalar(y.number().unwrap_or_default().abs()),
            None => one(Op::Abs, &y)?,
        };
        // a product or a sum of Python's numbers is one of them, and takes the arrays' type
        let of_numbers = |op: Op, f: fn(f64, f64) -> f64, a: &Expr, b: &Expr| match (a.number(), b.number()) {
            (Some(a), Some(b)) => Ok(Expr::scalar(f(a, b))),
            _ => two(op, a, b),
        };
        let share = of_numbers(Op::Multiply, |a, b| a * b, &how.rtol, &size)?;
        let most = of_numbers(Op::Add, |a, b| a + b, &how.atol, &share)?;
        let near = two(Op::LessEqual, &one(Op::Abs, &two(Op::Subtract, x, &y)?)?, &most)?;
        let near = two(Op::BitwiseAnd, &near, &one(Op::Isfinite, &y)?)?;
        let near = two(Op::BitwiseOr, &near, &two(Op::Equal, x, &y)?)?;
        match how.equal_nan {
            true => {
                two(Op::BitwiseOr, &near, &two(Op::BitwiseAnd, &one(Op::Isnan, x)?, &one(Op::Isnan, &y)?)?)
            }
            false => Ok(near),
        }
    }

    /// A Python number that is real, as a float.
    pub(crate) fn number(&self) -> Option<f64> {
        match self.as_scalar()? {
            Scalar::Bool(b) => Some(b.into()),
            Scalar::Int(n) => Some(n as f64),
            Scalar::Float(x) | Scalar::Large(x) => Some(x),
            Scalar::Complex(_) => None,
        }
    }

    /// Whether all elements are close to those of `other`: one boolean.
    ///
    /// # Errors
    /// As [`Expr::isclose`].
    pub fn allclose(&self, other: &Expr, how: &Closeness) -> Result<Expr> {
        all(&self.isclose(other, how)?)
    }

    /// Whether both arrays have one shape and equal elements: one boolean. With `equal_nan`, NaN equals NaN.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn array_equal(&self, other: &Expr, equal_nan: bool) -> Result<Expr> {
        if self.shape() != other.shape() {
            return Ok(Expr::scalar(false));
        }
        let (a, b) = (self.typed()?, other.typed()?);
        let equal = two(Op::Equal, &a, &b)?;
        if !equal_nan || (is_exact(a.dtype()) && is_exact(b.dtype())) {
            return all(&equal);
        }
        all(&two(Op::BitwiseOr, &equal, &two(Op::BitwiseAnd, &one(Op::Isnan, &a)?, &one(Op::Isnan, &b)?)?)?)
    }

    /// Whether the arrays broadcast together and have equal elements then: one boolean.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn array_equiv(&self, other: &Expr) -> Result<Expr> {
        if broadcast_shape([self.shape(), other.shape()]).is_err() {
            return Ok(Expr::scalar(false));
        }
        all(&two(Op::Equal, &self.typed()?, &other.typed()?)?)
    }

    /// Angles along an axis with jumps removed: where the distance to the element before is at least `discont` (half a
    /// period, if it is not given), a multiple of the period is added, so that the distance is at most half a period.
    /// An axis of length n gives n elements; integers stay integers if the period is one.
    ///
    /// # Errors
    /// When the axis is not there, or a number does not fit the array's type.
    pub fn unwrap(&self, discont: Option<&Expr>, axis: i64, period: Scalar) -> Result<Expr> {
        let p = self.typed()?;
        let gaps = p.diff(1, axis, None, None)?;
        let (high, low, at_half) = halves(period, is_exact(gaps.dtype()));
        let period = Expr::scalar(period);
        let dtype = two(Op::Add, &gaps, &period)?.dtype();
        let moved = two(Op::Remainder, &two(Op::Subtract, &gaps, &low)?, &period)?;
        let mut moved = two(Op::Add, &moved, &low)?;
        if at_half {
            let (least, up) = (two(Op::Equal, &moved, &low)?, two(Op::Greater, &gaps, &Expr::scalar(0))?);
            moved = choose(&two(Op::BitwiseAnd, &least, &up)?, &high, &moved)?;
        }
        let half = Expr::scalar(period.number().unwrap_or(f64::NAN) / 2.0);
        let small = two(Op::Less, &one(Op::Abs, &gaps)?, discont.unwrap_or(&half))?;
        let corrections = choose(&small, &Expr::scalar(0), &two(Op::Subtract, &moved, &gaps)?)?;
        let options = ScanOptions { axis: Some(axis), include_initial: true, ..ScanOptions::default() };
        let sums = match is_exact(corrections.dtype()) {
            true => corrections.cumsum(&options)?,
            // sums that begin with -0.0 change no bit of the first element
            false => one(Op::Negative, &one(Op::Negative, &corrections)?.cumsum(&options)?)?,
        };
        two(Op::Add, &p, &sums)?.cast(dtype)
    }
}

/// Half a period up and down, and whether both are the same angle.
fn halves(period: Scalar, whole: bool) -> (Expr, Expr, bool) {
    match period {
        Scalar::Int(n) if whole => {
            let half = n.div_euclid(2);
            (Expr::scalar(Scalar::Int(half)), Expr::scalar(Scalar::Int(-half)), n % 2 == 0)
        }
        _ => {
            let half = Expr::scalar(period).number().unwrap_or(f64::NAN) / 2.0;
            (Expr::scalar(half), Expr::scalar(-half), true)
        }
    }
}

fn all(x: &Expr) -> Result<Expr> {
    x.reduce(Reduction::All, &ReduceOptions::default())
}

/// A power of ten, as NumPy computes it.
fn power_of_ten(n: u64) -> f64 {
    10f64.powf(n as f64)
}
