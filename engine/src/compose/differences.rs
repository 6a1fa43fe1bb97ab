//! Differences, gradients and integrals along an axis.

use super::{one, two};
use crate::plan::evaluate_in;
use crate::promote::{is_exact, same_kind};
use crate::view::{resolve_axes, show};
use crate::{Context, DType, Error, Expr, Index, Op, ReduceOptions, Reduction, Result};

/// Differences up to this order are differences of views.
const FUSED: u64 = 4;

/// The elements `start..stop` along an axis, as a slice of Python has them.
fn along(x: &Expr, axis: usize, start: Option<i64>, stop: Option<i64>) -> Result<Expr> {
    let slice = Index::Slice { start, stop, step: None };
    let parts: Vec<Index> = (0..=axis).map(|k| if k == axis { slice } else { Index::ALL }).collect();
    x.index(&parts)
}

/// A vector along one axis of arrays of `ndim` axes.
fn as_axis(vector: &Expr, axis: usize, ndim: usize) -> Result<Expr> {
    vector.expand_dims(&(0..ndim as i64).filter(|&k| k != axis as i64).collect::<Vec<_>>())
}

fn an_axis(axis: i64, ndim: usize) -> Result<usize> {
    resolve_axes(&[axis], ndim)?.first().copied().ok_or(Error::Axis { axis, ndim })
}

impl Expr {
    /// The `n`-th differences along an axis, which has `n` elements fewer then. `prepend` and `append` are joined to
    /// the array before; a number stands for one element of each line. Differences of booleans say whether neighbours
    /// differ.
    ///
    /// # Errors
    /// When the axis is not there, `n` is negative, or arrays do not fit together.
    pub fn diff(&self, n: i64, axis: i64, prepend: Option<&Expr>, append: Option<&Expr>) -> Result<Expr> {
        if n == 0 {
            return Ok(self.clone());
        }
        if n < 0 {
            return Err(Error::Value(format!("the order of differences is at least 0, found {n}")));
        }
        let a = self.typed()?;
        if a.ndim() == 0 {
            return Err(Error::Shape("differences need an array of one axis or more".into()));
        }
        let axis = an_axis(axis, a.ndim())?;
        let edge = |x: &Expr| {
            let mut shape = a.shape().to_vec();
            shape[axis] = 1;
            let x = x.typed()?;
            if x.ndim() == 0 { x.broadcast_to(&shape) } else { Ok(x) }
        };
        let mut parts = vec![a.clone()];
        if let Some(prepend) = prepend {
            parts.insert(0, edge(prepend)?);
        }
        if let Some(append) = append {
            parts.push(edge(append)?);
        }
        let mut a = Expr::concatenate(&parts, Some(axis as i64), None)?;
        let op = if a.dtype() == DType::Bool { Op::NotEqual } else { Op::Subtract };
        // an axis without elements stays so
        let order = (n as u64).min(a.shape()[axis]);
        if order == 0 {
            return two(op, &a, &a);
        }
        // the first difference of times has another type
        for _ in 0..if order > FUSED { 1 } else { order } {
            a = two(op, &along(&a, axis, Some(1), None)?, &along(&a, axis, None, Some(-1))?)?;
        }
        match order {
            0..=FUSED => Ok(a),
            _ if order > a.shape()[axis] => along(&a, axis, Some(0), Some(0)),
            _ => a.differences(op, order - 1, axis),
        }
    }

    /// The differences of neighbours of all elements in C order, between `to_begin` and `to_end`, as NumPy's `ediff1d`.
    ///
    /// # Errors
    /// When the type does not take the ends, or there is no difference of booleans.
    pub fn ediff1d(&self, to_end: Option<&Expr>, to_begin: Option<&Expr>) -> Result<Expr> {
        let a = self.typed()?.reshape(&[-1])?;
        let differences = two(Op::Subtract, &along(&a, 0, Some(1), None)?, &along(&a, 0, None, Some(-1))?)?;
        let edge = |x: &Expr| {
            let x = x.typed()?;
            if same_kind(x.dtype(), a.dtype()).is_err() {
                return Err(Error::dtype("an end of ediff1d", a.dtype(), x.dtype()));
            }
            x.reshape(&[-1])?.cast(a.dtype())
        };
        let mut parts = vec![differences];
        if let Some(begin) = to_begin {
            parts.insert(0, edge(begin)?);
        }
        if let Some(end) = to_end {
            parts.push(edge(end)?);
        }
        Expr::concatenate(&parts, Some(0), None)
    }

    /// The integral along an axis by the trapezoidal rule. The points are `x` (one axis, or the array's shape), or `dx`
    /// apart.
    ///
    /// # Errors
    /// When the axis is not there or shapes do not broadcast.
    pub fn trapezoid(&self, x: Option<&Expr>, dx: &Expr, axis: i64) -> Result<Expr> {
        let y = self.typed()?;
        let axis = an_axis(axis, y.ndim())?;
        let widths = match x {
            None => dx.clone(),
            Some(x) if x.ndim() == 1 => as_axis(&x.diff(1, 0, None, None)?, axis, y.ndim())?,
            Some(x) => x.diff(1, axis as i64 - y.ndim() as i64, None, None)?,
        };
        let pairs = two(Op::Add, &along(&y, axis, Some(1), None)?, &along(&y, axis, None, Some(-1))?)?;
        let areas = two(Op::Divide, &two(Op::Multiply, &widths, &pairs)?, &Expr::scalar(2.0))?;
        let axes = Some(vec![axis as i64 - y.ndim() as i64]);
        areas.reduce(Reduction::Sum, &ReduceOptions { axes, ..ReduceOptions::default() })
    }

    /// The gradient along each of `axes` (`None`: all): central differences of second order inside, and differences of
    /// order `edge_order` (1 or 2) at both ends. Points are a unit apart, or as `spacing` says: one number for all
    /// axes, or a number or the points themselves for each axis. Points that lie evenly are found out here: each vector
    /// of points is read once.
    ///
    /// # Errors
    /// When an axis is not there or too short, or the spacing does not fit.
    pub fn gradient(
        &self,
        spacing: &[Expr],
        axes: Option<&[i64]>,
        edge_order: i64,
        context: &Context,
    ) -> Result<Vec<Expr>> {
        let f = self.typed()?;
        let axes = match axes {
            None => (0..f.ndim()).collect(),
            Some(axes) => resolve_axes(axes, f.ndim())?,
        };
        if !(1..=2).contains(&edge_order) {
            return Err(Error::Value(format!("edge_order is 1 or 2, found {edge_order}")));
        }
        let spacing: Vec<Expr> = match spacing {
            [] => vec![Expr::scalar(1.0); axes.len()],
            [one] if one.ndim() == 0 => vec![one.clone(); axes.len()],
            each if each.len() == axes.len() => {
                each.iter().zip(&axes).map(|(x, &k)| gaps(x, f.shape()[k], context)).collect::<Result<_>>()?
            }
            other => {
                return Err(Error::Value(format!(
                    "expected one spacing or {}, one for each axis, found {}",
                    axes.len(),
                    other.len()
                )));
            }
        };
        let dtype = if is_exact(f.dtype()) { DType::F64 } else { f.dtype() };
        let f = match f.dtype() {
            DType::Bool => f,
            // the distances from the epoch have the gradient of the points in time
            DType::DateTime(_) => two(Op::Subtract, &f, &Expr::zero(f.dtype()))?,
            _ => f.cast(dtype)?,
        };
        let dtype = if matches!(dtype, DType::DateTime(_)) { f.dtype() } else { dtype };
        axes.iter().zip(&spacing).map(|(&axis, gaps)| slope(&f, axis, gaps, edge_order, dtype)).collect()
    }
}

/// The distances of points along an axis of this length: one number if they are all the same.
fn gaps(points: &Expr, length: u64, context: &Context) -> Result<Expr> {
    if points.ndim() == 0 {
        return Ok(points.clone());
    }
    if points.shape() != [length] {
        return Err(Error::Shape(format!(
            "expected a number or {length} points along the axis, found shape {}",
            show(points.shape())
        )));
    }
    let floats = match points.dtype() {
        dtype if is_exact(dtype) && dtype != DType::Bool => points.cast(DType::F64)?,
        _ => points.clone(),
    };
    let gaps = floats.diff(1, 0, None, None)?;
    if gaps.shape() == [0] {
        return Ok(gaps);
    }
    let first = gaps.index(&[Index::At(0)])?;
    let even = two(Op::Equal, &gaps, &first)?.reduce(Reduction::All, &ReduceOptions::default())?;
    let even = evaluate_in(&even, context)?;
    Ok(if even.bytes() == [1] { first } else { gaps })
}

/// The gradient along one axis. `h` is a number, or the distances of the points.
fn slope(f: &Expr, axis: usize, h: &Expr, edge_order: i64, dtype: DType) -> Result<Expr> {
    if f.shape()[axis] < edge_order as u64 + 1 {
        return Err(Error::Shape(format!(
            "a gradient with edge_order {edge_order} needs {} elements along axis {axis}, found {}",
            edge_order + 1,
            f.shape()[axis]
        )));
    }
    let at = |start: Option<i64>, stop: Option<i64>| along(f, axis, start, stop);
    // the plane number k, counted from the end if k is negative
    let plane = |k: i64| at(Some(k), (k != -1).then_some(k + 1));
    let number = |op, x: f64| two(op, &Expr::scalar(x), h);
    let times = |a: &Expr, x: &Expr| two(Op::Multiply, a, x);
    let sum3 = |[a, b, c]: [&Expr; 3], [x, y, z]: [&Expr; 3]| {
        two(Op::Add, &two(Op::Add, &times(a, x)?, &times(b, y)?)?, &times(c, z)?)
    };
    let even = h.ndim() == 0;
    let h_at = |k: i64| if even { Ok(h.clone()) } else { h.index(&[Index::At(k)]) };
    let (left, middle, right) = (at(None, Some(-2))?, at(Some(1), Some(-1))?, at(Some(2), None)?);
    let inside = if even {
        two(Op::Divide, &two(Op::Subtract, &right, &left)?, &twice(h)?)?
    } else {
        let (h1, h2) = (along(h, 0, None, Some(-1))?, along(h, 0, Some(1), None)?);
        let both = two(Op::Add, &h1, &h2)?;
        let a = two(Op::Divide, &one(Op::Negative, &h2)?, &times(&h1, &both)?)?;
        let b = two(Op::Divide, &two(Op::Subtract, &h2, &h1)?, &times(&h1, &h2)?)?;
        let c = two(Op::Divide, &h1, &times(&h2, &both)?)?;
        let [a, b, c] =
            [as_axis(&a, axis, f.ndim())?, as_axis(&b, axis, f.ndim())?, as_axis(&c, axis, f.ndim())?];
        sum3([&a, &b, &c], [&left, &middle, &right])?
    };
    let (first, last) = if edge_order == 1 {
        let end = |high: i64, low: i64, k: i64| {
            two(Op::Divide, &two(Op::Subtract, &plane(high)?, &plane(low)?)?, &h_at(k)?)
        };
        (end(1, 0, 0)?, end(-1, -2, -1)?)
    } else {
        let [p0, p1, p2] = [plane(0)?, plane(1)?, plane(2)?];
        let [q0, q1, q2] = [plane(-3)?, plane(-2)?, plane(-1)?];
        if even {
            let by = |x: f64| match h.as_scalar() {
                Some(_) => constant(h, |h| x / h),
                None => number(Op::Divide, x),
            };
            let first = sum3([&by(-1.5)?, &by(2.0)?, &by(-0.5)?], [&p0, &p1, &p2])?;
            (first, sum3([&by(0.5)?, &by(-2.0)?, &by(1.5)?], [&q0, &q1, &q2])?)
        } else {
            let weights = |h1: &Expr, h2: &Expr| {
                // those of the end itself, of its neighbour and of the next
                let both = two(Op::Add, h1, h2)?;
                let near =
                    two(Op::Divide, &two(Op::Add, &times(&Expr::scalar(2.0), h1)?, h2)?, &times(h1, &both)?)?;
                let next = two(Op::Divide, &both, &times(h1, h2)?)?;
                let far = two(Op::Divide, h1, &times(h2, &both)?)?;
                Ok::<_, Error>([near, next, far])
            };
            let minus = |x: &Expr| one(Op::Negative, x);
            let [near, next, far] = weights(&h_at(0)?, &h_at(1)?)?;
            let first = sum3([&minus(&near)?, &next, &minus(&far)?], [&p0, &p1, &p2])?;
            let [near, next, far] = weights(&h_at(-1)?, &h_at(-2)?)?;
            (first, sum3([&far, &minus(&next)?, &near], [&q0, &q1, &q2])?)
        }
    };
    let parts = [first.cast(dtype)?, inside.cast(dtype)?, last.cast(dtype)?];
    Expr::concatenate(&parts, Some(axis as i64), None)
}

/// Twice a number, which stays a number of Python's if it is one.
fn twice(h: &Expr) -> Result<Expr> {
    match h.as_scalar() {
        Some(_) => constant(h, |h| 2.0 * h),
        None => two(Op::Multiply, &Expr::scalar(2.0), h),
    }
}

/// A function of a number of Python's.
fn constant(h: &Expr, f: impl Fn(f64) -> f64) -> Result<Expr> {
    let h = h.number().ok_or_else(|| Error::Value("a spacing is a real number".into()))?;
    Ok(Expr::scalar(f(h)))
}
