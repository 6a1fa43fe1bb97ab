//! The answers: plain loops over all elements, in float64, with the types and roundings of NumPy.

use arrstore::{DType, Kind};

use super::data::{Data, held};
use super::expr::{Expr, Fold, Fun};
use super::grid::{Grid, for_rows};
use super::view::Strided;

/// The required result.
#[derive(Debug)]
pub struct Answer<'a> {
    /// Type of the elements.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// The elements.
    pub elements: Elements<'a>,
    /// The allowed error of an element: relative, and absolute.
    pub tolerance: (f64, f64),
}

/// The elements of an answer.
#[derive(Debug)]
pub enum Elements<'a> {
    /// All elements.
    All(Grid<'a>),
    /// The computed elements of a product: row and column, and value.
    Some(Vec<([u64; 2], f64)>),
}

/// For a product with more multiplications, only a sample of its elements is computed.
const WHOLE_PRODUCT: u64 = 50_000_000;
/// The number of elements in such a sample.
const SAMPLE: u64 = 16;

/// The relative error of one rounding.
fn unit(dtype: DType) -> f64 {
    if dtype == DType::F32 { 2f64.powi(-24) } else { 2f64.powi(-53) }
}

/// The answer of an expression.
pub fn answer<'a>(expr: &Expr, inputs: &'a [Data]) -> Answer<'a> {
    let (dtype, shape) = (expr.dtype(inputs), expr.shape(inputs));
    let unit = unit(dtype);
    let (elements, tolerance) = match expr {
        Expr::Product(of) => {
            let (some, size) = product(&grid(&of[0], inputs), &grid(&of[1], inputs));
            let terms = of[0].shape(inputs)[1] as f64;
            // sums of such numbers are exact in float64
            let slack = if dtype == DType::F64 { 0.0 } else { 4.0 * unit * terms.sqrt() * size };
            (Elements::Some(some), (0.0, slack))
        }
        _ => (Elements::All(grid(expr, inputs)), tolerance(expr, inputs)),
    };
    Answer { dtype, shape, elements, tolerance }
}

fn tolerance(expr: &Expr, inputs: &[Data]) -> (f64, f64) {
    let unit = unit(expr.dtype(inputs));
    match expr {
        Expr::Input(..) | Expr::Number(_) | Expr::Product(_) => (0.0, 0.0),
        Expr::Binary(_, of) => {
            let (a, b) = (tolerance(&of[0], inputs), tolerance(&of[1], inputs));
            match a == (0.0, 0.0) && b == a {
                true => a,
                // a mean, and the input that it is subtracted from
                false => (0.0, (a.0 + b.0 + 4.0 * unit) * largest(inputs) + a.1 + b.1),
            }
        }
        Expr::Reduce(fold) => match fold.fun {
            Fun::Argmax | Fun::Any | Fun::CountNonzero => (0.0, 0.0),
            Fun::Max | Fun::Min => tolerance(&fold.of, inputs),
            Fun::Sum | Fun::Mean | Fun::Nanmean => {
                let inner = tolerance(&fold.of, inputs);
                let exact = fold.fun == Fun::Sum && inner == (0.0, 0.0) && expr.dtype(inputs) != DType::F32;
                if exact { (0.0, 0.0) } else { (4.0 * unit + inner.0, inner.1 + f64::MIN_POSITIVE) }
            }
            Fun::Std => (1e-12 + 8.0 * unit, 0.0),
        },
    }
}

/// A bound on the size of every element.
fn largest(inputs: &[Data]) -> f64 {
    if inputs.iter().all(|data| data.dtype.kind() == Kind::Float) { 32.0 } else { 2048.0 }
}

/// All elements of an expression.
fn grid<'a>(expr: &Expr, inputs: &'a [Data]) -> Grid<'a> {
    match expr {
        Expr::Input(number, steps) => {
            let data = &inputs[*number];
            Grid::Input(data, Strided::whole(&data.shape).through(steps))
        }
        Expr::Number(number) => Grid::Number(*number as f64, Vec::new()),
        Expr::Binary(op, of) => {
            let shape = expr.shape(inputs);
            let part = |k: usize| grid(&of[k], inputs).broadcast(&shape);
            let dtype = match op {
                super::expr::Op::Greater => DType::Bool,
                _ => expr.dtype(inputs),
            };
            Grid::Binary(*op, dtype, Box::new([part(0), part(1)]), shape)
        }
        Expr::Product(of) => {
            let shape = expr.shape(inputs);
            let (all, _) = product_of(&grid(&of[0], inputs), &grid(&of[1], inputs), u64::MAX);
            Grid::dense(&shape, all.into_iter().map(|(_, value)| held(expr.dtype(inputs), value)).collect())
        }
        Expr::Reduce(fold) => {
            let of = grid(&fold.of, inputs);
            let dtype = expr.dtype(inputs);
            let values = reduce(fold, &of).into_iter().map(|value| held(dtype, value)).collect();
            Grid::dense(&expr.shape(inputs), values)
        }
    }
}

fn product(a: &Grid<'_>, b: &Grid<'_>) -> (Vec<([u64; 2], f64)>, f64) {
    let (rows, terms, columns) = (a.shape()[0], a.shape()[1], b.shape()[1]);
    let all = rows * columns;
    product_of(a, b, if all * terms <= WHOLE_PRODUCT { all } else { SAMPLE.min(all) })
}

/// Some elements of a product, spread over it, and the largest sum of the absolute values of the terms.
fn product_of(a: &Grid<'_>, b: &Grid<'_>, some: u64) -> (Vec<([u64; 2], f64)>, f64) {
    let (rows, terms, columns) = (a.shape()[0], a.shape()[1] as usize, b.shape()[1]);
    let all = rows * columns;
    let some = some.min(all);
    let turned = b.reversed();
    let mut size = 0f64;
    let one = |k: u64| {
        let k = k * all / some;
        let (row, column) = (k / columns, k % columns);
        let (left, right) = (a.row(&[row, 0], terms), turned.row(&[column, 0], terms));
        let sum = left.iter().zip(&right).map(|(x, y)| x * y).sum::<f64>();
        size = size.max(left.iter().zip(&right).map(|(x, y)| (x * y).abs()).sum());
        ([row, column], sum)
    };
    let elements = (0..some).map(one).collect();
    (elements, size)
}

/// The state of a reduction after some elements.
#[derive(Clone, Copy, Default)]
struct Seen {
    count: f64,
    /// The sum of the elements that are not NaN.
    sum: f64,
    squares: f64,
    nans: f64,
    nonzero: f64,
    /// The greatest or smallest element, and its position.
    best: f64,
    at: f64,
}

impl Seen {
    fn see(&mut self, fun: Fun, x: f64, at: f64) {
        let better = match fun {
            Fun::Min => x < self.best || x.is_nan(),
            _ => x > self.best || x.is_nan(),
        };
        if self.count == 0.0 || better && !self.best.is_nan() {
            (self.best, self.at) = (x, at);
        }
        self.count += 1.0;
        self.nonzero += f64::from(u8::from(x != 0.0));
        match x.is_nan() {
            true => self.nans += 1.0,
            false => {
                self.sum += x;
                self.squares += x * x;
            }
        }
    }

    fn value(&self, fun: Fun) -> f64 {
        let nan = self.nans > 0.0;
        match fun {
            Fun::Sum | Fun::Mean | Fun::Std if nan => f64::NAN,
            Fun::Sum => self.sum,
            Fun::Mean => self.sum / self.count,
            Fun::Nanmean => self.sum / (self.count - self.nans),
            // These are sums of whole numbers of 64ths and of their squares: exact, and so is their difference.
            Fun::Std => {
                let (n, sum, squares) =
                    (self.count as i128, (self.sum * 64.0) as i128, (self.squares * 4096.0) as i128);
                (((n * squares - sum * sum) as f64).sqrt() / 64.0) / self.count
            }
            Fun::Max | Fun::Min => self.best,
            Fun::Argmax => self.at,
            Fun::Any => f64::from(u8::from(self.nonzero > 0.0)),
            Fun::CountNonzero => self.nonzero,
        }
    }
}

/// The values of a reduction, in C order.
fn reduce(fold: &Fold, of: &Grid<'_>) -> Vec<f64> {
    let shape = of.shape().to_vec();
    let kept = Fold { keepdims: true, ..fold.clone() }.shape(&shape);
    let out = Strided::whole(&kept).broadcast(&shape);
    // A position counts along the axis, or through all axes.
    let mut places = Strided::whole(&shape);
    if let Some([axis]) = fold.axes.as_deref() {
        places.strides.iter_mut().enumerate().for_each(|(k, stride)| *stride = i64::from(k == *axis));
    }
    let last = |view: &Strided| view.strides.last().copied().unwrap_or(0);
    let mut seen = vec![Seen::default(); kept.iter().product::<u64>() as usize];
    let mut row = Vec::new();
    for_rows(&shape, |index, length| {
        row.resize(length, 0.0);
        of.fill(index, &mut row);
        let (mut to, mut at) = (out.at(index), places.at(index));
        for &x in &row {
            seen[to as usize].see(fold.fun, x, at as f64);
            to += last(&out);
            at += last(&places);
        }
    });
    seen.iter().map(|seen| seen.value(fold.fun)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::expr::Op;

    /// A reduction of [[1, 5, 5], [nan or 7, 0, 2]].
    fn of(fun: Fun, axes: Option<Vec<usize>>, nan: bool) -> Vec<f64> {
        let values = vec![1.0, 5.0, 5.0, if nan { f64::NAN } else { 7.0 }, 0.0, 2.0];
        let fold = Fold { fun, of: Box::new(Expr::Number(0)), axes, keepdims: false };
        reduce(&fold, &Grid::dense(&[2, 3], values))
    }

    #[test]
    fn reductions_by_hand() {
        assert_eq!(of(Fun::Sum, Some(vec![0]), false), [8.0, 5.0, 7.0]);
        assert_eq!(of(Fun::Mean, Some(vec![1]), false), [11.0 / 3.0, 3.0]);
        assert_eq!(of(Fun::Std, Some(vec![0]), false), [3.0, 2.5, 1.5]);
        assert_eq!(of(Fun::Argmax, Some(vec![1]), false), [1.0, 0.0]);
        assert_eq!(of(Fun::Argmax, None, false), [3.0]);
        assert_eq!(of(Fun::Argmax, None, true), [3.0]);
        assert_eq!(of(Fun::Min, Some(vec![0, 1]), false), [0.0]);
        assert_eq!(of(Fun::Nanmean, Some(vec![1]), true), [11.0 / 3.0, 1.0]);
        assert_eq!(of(Fun::CountNonzero, Some(vec![1]), true), [3.0, 2.0]);
        assert_eq!(of(Fun::Any, Some(vec![0]), false), [1.0; 3]);
        assert!(of(Fun::Max, None, true)[0].is_nan() && of(Fun::Sum, None, true)[0].is_nan());
    }

    #[test]
    fn products_by_hand() {
        let a = Grid::dense(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let (all, size) = product(&a, &a.reversed());
        assert_eq!(all, [([0, 0], 14.0), ([0, 1], 32.0), ([1, 0], 32.0), ([1, 1], 77.0)]);
        assert_eq!(size, 77.0);
        assert_eq!(product_of(&a, &a.reversed(), 2).0, [([0, 0], 14.0), ([1, 0], 32.0)]);
    }

    #[test]
    fn types_follow_numpy() {
        let inputs = [Data::new(DType::U8, &[2, 3], 0)];
        let mean = Expr::Reduce(Fold {
            fun: Fun::Mean,
            of: Box::new(Expr::input(0)),
            axes: Some(vec![0]),
            keepdims: true,
        });
        let centred = Expr::binary(Op::Subtract, Expr::input(0), mean);
        let found = answer(&centred, &inputs);
        assert_eq!((found.dtype, found.shape.as_slice()), (DType::F64, &[2, 3][..]));
        assert_eq!(centred.text(&inputs), "a - mean(a, axis=0, keepdims=True)");
        let wraps = Expr::binary(Op::Subtract, Expr::Input(0, Vec::new()), Expr::input(0));
        assert_eq!(answer(&wraps, &inputs).dtype, DType::U8);
    }
}
