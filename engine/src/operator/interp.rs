//! Linear interpolation between given points.
//!
//! The points are read for each chunk of the result, so a chunk has as many elements as there are points, or more.

use std::sync::Arc;

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::op::Op;
use crate::program::Program;
use crate::program::tiles::rows;
use crate::view::show;
use crate::{Buffer, DType, Error, Kind, Result, Scalar};

/// Elements of a chunk of the result, unless there are more points.
const CHUNK: u64 = 64 << 10;

/// Up to this many points are held in memory.
const FEW: u64 = 1 << 17;

/// A value of the function: a real number has the imaginary part 0.
type Point = [f64; 2];

/// Values outside the points, and the period of the function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beyond {
    /// The value before the first point; `None`: the value there.
    pub left: Option<Scalar>,
    /// The value after the last point; `None`: the value there.
    pub right: Option<Scalar>,
    /// The period, if the function has one. The points then need no order, and there is no outside.
    pub period: Option<f64>,
}

#[derive(Clone, Debug)]
struct Interp {
    points: u64,
    complex: bool,
    left: Option<Point>,
    right: Option<Point>,
    period: Option<f64>,
}

impl Expr {
    /// The values at these places of the function that goes in straight lines through the points (`xp`, `fp`), as
    /// NumPy's `interp`: `float64`, or `complex128` if `fp` is complex. `xp` must ascend, unless there is a period. Each
    /// thread holds all points in memory if they are few or complex.
    ///
    /// # Errors
    /// When there are no points, `xp` and `fp` are not vectors of one length, a place is complex, or the period is 0.
    pub fn interp(&self, xp: &Expr, fp: &Expr, beyond: Beyond) -> Result<Expr> {
        let (x, xp, fp) = (self.typed()?, xp.typed()?, fp.typed()?);
        if let Some(other) = [&x, &xp, &fp].into_iter().find(|x| !x.dtype().kind().is_number()) {
            return Err(Error::dtype("interp", DType::F64, other.dtype()));
        }
        if let Some(places) = [&x, &xp].into_iter().find(|x| x.dtype().kind() == Kind::Complex) {
            return Err(Error::dtype("the places of interp", DType::F64, places.dtype()));
        }
        let &[points] = xp.shape() else {
            return Err(Error::Shape(format!(
                "expected points along one axis, found shape {}",
                show(xp.shape())
            )));
        };
        let nothing = x.shape().contains(&0);
        if xp.shape() != fp.shape() || points == 0 && !nothing {
            return Err(Error::Shape(format!(
                "expected a value for each of one point or more, found shapes {} and {}",
                show(xp.shape()),
                show(fp.shape())
            )));
        }
        let complex = fp.dtype().kind() == Kind::Complex;
        let dtype = if complex { DType::C128 } else { DType::F64 };
        if points == 0 {
            return Expr::zeros(x.shape(), dtype);
        }
        let end = |value: Option<Scalar>| match value {
            None => Ok(None),
            Some(Scalar::Complex(z)) if complex => Ok(Some([z.re, z.im])),
            Some(value) => match Expr::scalar(value).number() {
                Some(value) => Ok(Some([value, 0.0])),
                None => Err(Error::dtype("a value outside the points", dtype, DType::C128)),
            },
        };
        let period = match beyond.period {
            Some(0.0) => return Err(Error::Value("a period is not 0".into())),
            period => period.map(f64::abs),
        };
        let place = |x: &Expr| match period {
            Some(period) => Expr::apply(Op::Remainder, &[x.cast(DType::F64)?, Expr::scalar(period)]),
            None => x.cast(DType::F64),
        };
        let (left, right) = match period {
            Some(_) => (None, None),
            None => (end(beyond.left)?, end(beyond.right)?),
        };
        let shape = x.shape().to_vec();
        let inputs = vec![place(&x)?, place(&xp)?, fp.cast(dtype)?];
        if points > FEW
            && !complex
            && let [x, xp, fp] = &inputs[..]
        {
            return Expr::interp_among(x, xp, fp, &Beyond { period, ..beyond });
        }
        Ok(Expr::output(Interp { points, complex, left, right, period }, inputs, dtype, shape))
    }
}

impl Operator for Interp {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn key(&self) -> Vec<u8> {
        format!("{:?} {:?} {:?}", self.left, self.right, self.period).into_bytes()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Derive for Interp {
    fn chunk(&self, _: &[Program], shape: &[u64], _: u64) -> Vec<u64> {
        rows(shape, self.points.max(CHUNK))
    }

    fn reads(&self, _: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        vec![of.to_vec(), vec![self.points], vec![self.points]]
    }

    fn scratch(&self, _: &[Program], of: &[u64]) -> u64 {
        // the bytes of the points, and the points themselves, two more with a period
        let points = (self.points + 2).saturating_mul(24 + size_of::<(f64, Point)>() as u64);
        of.iter().product::<u64>().saturating_mul(8).saturating_add(points)
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let [x, xp, fp] = feeds else {
            return Err(Error::Other("an interpolation has three inputs".into()));
        };
        let points = self.points(xp, fp)?;
        let mut places = Buffer::default();
        let places = places.reserve(shape.iter().product::<u64>() as usize * 8)?;
        x.fill(start, shape, places)?;
        let parts = if self.complex { 2 } else { 1 };
        for (place, out) in places.chunks_exact(8).zip(out.chunks_exact_mut(8 * parts)) {
            let value = self.value(number(place), &points);
            for (out, part) in out.chunks_exact_mut(8).zip(value) {
                out.copy_from_slice(&part.to_le_bytes());
            }
        }
        Ok(())
    }
}

fn number(bytes: &[u8]) -> f64 {
    f64::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default())
}

impl Interp {
    /// The points in order.
    fn points(&self, xp: &mut Reader<'_>, fp: &mut Reader<'_>) -> Result<Vec<(f64, Point)>> {
        let (n, parts) = (self.points as usize, if self.complex { 2 } else { 1 });
        let mut bytes = Buffer::unfilled(n * 8 * (1 + parts))?;
        let (places, values) = bytes.bytes_mut().split_at_mut(n * 8);
        xp.fill(&[0], &[self.points], places)?;
        fp.fill(&[0], &[self.points], values)?;
        let value = |bytes: &[u8]| [number(bytes), bytes.get(8..).map_or(0.0, number)];
        let mut points: Vec<(f64, Point)> = Vec::with_capacity(n + 2);
        points.extend(places.chunks_exact(8).map(number).zip(values.chunks_exact(8 * parts).map(value)));
        if let Some(period) = self.period {
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            if let (Some(&first), Some(&last)) = (points.first(), points.last()) {
                points.insert(0, (last.0 - period, last.1));
                points.push((first.0 + period, first.1));
            }
        }
        Ok(points)
    }

    fn value(&self, x: f64, points: &[(f64, Point)]) -> Point {
        let (Some(&(first, least)), Some(&(last, most))) = (points.first(), points.last()) else {
            return [f64::NAN; 2];
        };
        if x.is_nan() {
            // of one point, NumPy compares alone
            return if points.len() == 1 { least } else { [x, 0.0] };
        }
        if x < first {
            return self.left.unwrap_or(least);
        }
        if x > last {
            return self.right.unwrap_or(most);
        }
        let next = match points {
            // NumPy looks at few points one by one, so that a NaN among them counts as a point before
            [_, rest @ ..] if points.len() <= 4 => 1 + rest.iter().take_while(|point| point.0 <= x).count(),
            _ => points.partition_point(|point| point.0 <= x),
        };
        let Some(&(x0, y0)) = next.checked_sub(1).and_then(|before| points.get(before)) else { return least };
        match points.get(next) {
            Some(&(x1, y1)) if x0 != x => std::array::from_fn(|part| line([x0, y0[part]], [x1, y1[part]], x)),
            _ => y0,
        }
    }
}

/// The value at `x` of the line through two points. If it is NaN from one of them, the other is tried.
fn line([x0, y0]: [f64; 2], [x1, y1]: [f64; 2], x: f64) -> f64 {
    let slope = (y1 - y0) / (x1 - x0);
    let value = slope * (x - x0) + y0;
    if !value.is_nan() {
        return value;
    }
    let value = slope * (x - x1) + y1;
    if value.is_nan() && y0 == y1 { y0 } else { value }
}
