//! Products of arrays over chosen axes, by way of views, products of matrices and sums.

use super::{one, two};
use crate::promote;
use crate::view::{resolve_axes, show};
use crate::{DType, Error, Expr, Index, Kind, Op, ReduceOptions, Reduction, Result};

/// An array with a label for each of its axes. Axes of one label are multiplied element by element.
#[derive(Clone, Debug)]
pub(super) struct Labelled {
    pub(super) array: Expr,
    pub(super) labels: Vec<u32>,
}

impl Labelled {
    pub(super) fn length(&self, label: u32) -> Option<u64> {
        let axis = self.labels.iter().position(|&l| l == label)?;
        self.array.shape().get(axis).copied()
    }

    fn has(&self, label: u32) -> bool {
        self.labels.contains(&label)
    }

    /// The array with its axes in the order of `labels`, and axes of length 1 for the labels that it lacks.
    pub(super) fn aligned(&self, labels: &[u32]) -> Result<Expr> {
        let order = labels.iter().filter_map(|l| self.labels.iter().position(|own| own == l));
        let missing = labels.iter().enumerate().filter(|(_, l)| !self.has(**l)).map(|(k, _)| k as i64);
        let order: Vec<i64> = order.map(|k| k as i64).collect();
        self.array.permute(&order)?.expand_dims(&missing.collect::<Vec<_>>())
    }

    /// The sums over the labels that `keep` refuses, in the array's own type.
    pub(super) fn summed(&self, keep: impl Fn(u32) -> bool) -> Result<Labelled> {
        let axes: Vec<i64> =
            (0..self.labels.len()).filter(|&k| !keep(self.labels[k])).map(|k| k as i64).collect();
        if axes.is_empty() {
            return Ok(self.clone());
        }
        let labels = self.labels.iter().copied().filter(|&l| keep(l)).collect();
        Ok(Labelled { array: sum(&self.array, &axes)?, labels })
    }
}

/// The sum over axes in the array's own type. Of booleans it says whether one is true.
pub(super) fn sum(x: &Expr, axes: &[i64]) -> Result<Expr> {
    let options =
        ReduceOptions { axes: Some(axes.to_vec()), dtype: Some(x.dtype()), ..ReduceOptions::default() };
    x.reduce(Reduction::Sum, &options)
}

/// The product of two arrays of one type, summed over the labels that `keep` refuses.
///
/// If both have axes of their own and share axes that are summed, it is a product of matrices: the longest axis of each
/// kind makes the matrices, and the others are batches. Else it is one pass that multiplies and adds.
pub(super) fn contract(a: &Labelled, b: &Labelled, keep: impl Fn(u32) -> bool) -> Result<Labelled> {
    let (a, b) = (a.summed(|l| b.has(l) || keep(l))?, b.summed(|l| a.has(l) || keep(l))?);
    let own = |x: &Labelled, other: &Labelled| -> Vec<u32> {
        x.labels.iter().copied().filter(|&l| !other.has(l)).collect()
    };
    let both = |kept: bool| -> Vec<u32> {
        a.labels.iter().copied().filter(|&l| b.has(l) && keep(l) == kept).collect()
    };
    let (mut lead, mut summed) = (both(true), both(false));
    let (mut rows, mut columns) = (own(&a, &b), own(&b, &a));
    if rows.is_empty() || columns.is_empty() || summed.is_empty() {
        let labels = [lead, rows, columns, summed].concat();
        let array = two(Op::Multiply, &a.aligned(&labels)?, &b.aligned(&labels)?)?;
        return Labelled { array, labels }.summed(keep);
    }
    let longest = |labels: &mut Vec<u32>, x: &Labelled| {
        let at = (0..labels.len()).max_by_key(|&k| (x.length(labels[k]), std::cmp::Reverse(k))).unwrap_or(0);
        labels.remove(at)
    };
    let (m, n, k) = (longest(&mut rows, &a), longest(&mut columns, &b), longest(&mut summed, &a));
    lead.extend(rows.into_iter().chain(columns).chain(summed));
    let with = |last: [u32; 2]| [&lead[..], &last].concat();
    let array = a.aligned(&with([m, k]))?.matmul(&b.aligned(&with([k, n]))?)?;
    Labelled { array, labels: with([m, n]) }.summed(keep)
}

/// Runs a product in single precision for small floats, and gives the result in the arrays' common type.
pub(super) fn in_common_type(
    arrays: &[Expr],
    product: impl FnOnce(Vec<Expr>) -> Result<Expr>,
) -> Result<Expr> {
    let operands: Vec<_> = arrays.iter().map(Expr::operand).collect();
    let dtype = promote::result_type(&operands)?;
    let wide = if matches!(dtype, DType::F16 | DType::BF16) { DType::F32 } else { dtype };
    let cast = arrays.iter().map(|x| x.cast(dtype)?.cast(wide)).collect::<Result<Vec<_>>>()?;
    product(cast)?.cast(dtype)
}

impl Expr {
    /// The product summed over pairs of axes: `axes[0]` of this array with `axes[1]` of the other. The result has the
    /// other axes of both, in order.
    ///
    /// # Errors
    /// When the numbers of axes differ, an axis is not there or named twice, or lengths differ.
    pub fn tensordot(&self, other: &Expr, axes: [&[i64]; 2]) -> Result<Expr> {
        let (ours, theirs) = (resolve_axes(axes[0], self.ndim())?, resolve_axes(axes[1], other.ndim())?);
        let length = |x: &Expr, axes: &[usize]| axes.iter().map(|&k| x.shape()[k]).collect::<Vec<_>>();
        let (a, b) = (length(self, &ours), length(other, &theirs));
        if a != b {
            return Err(Error::Shape(format!(
                "the axes to sum over differ: {} of {} and {} of {}",
                show(&a),
                show(self.shape()),
                show(&b),
                show(other.shape())
            )));
        }
        in_common_type(&[self.typed()?, other.typed()?], |arrays| {
            let mut left: Vec<u32> = (0..self.ndim() as u32).collect();
            let mut right: Vec<u32> = (0..other.ndim() as u32).map(|k| k + 1000).collect();
            for (number, (&i, &k)) in ours.iter().zip(&theirs).enumerate() {
                (left[i], right[k]) = (2000 + number as u32, 2000 + number as u32);
            }
            let labels: Vec<u32> = left.iter().chain(&right).copied().filter(|&l| l < 2000).collect();
            let [a, b] = <[Expr; 2]>::try_from(arrays).map_err(|_| Error::Other("two arrays".into()))?;
            let (a, b) = (Labelled { array: a, labels: left }, Labelled { array: b, labels: right });
            contract(&a, &b, |l| l < 2000)?.aligned(&labels)
        })
    }

    /// Complex numbers conjugated; other elements stay, booleans too.
    pub(crate) fn conjugated(&self) -> Result<Expr> {
        match self.dtype().kind() {
            Kind::Complex => one(Op::Conj, self),
            _ => self.typed(),
        }
    }

    /// NumPy's `dot`: a product with a number, of vectors, of matrices, and else the sum over the last axis of this
    /// array and the last but one of the other.
    ///
    /// # Errors
    /// When the lengths of these axes differ.
    pub fn dot(&self, other: &Expr) -> Result<Expr> {
        match (self.ndim(), other.ndim()) {
            (0, _) | (_, 0) => two(Op::Multiply, &self.typed()?, &other.typed()?),
            (_, 1) | (1 | 2, 2) => self.matmul(other),
            _ => self.tensordot(other, [&[-1], &[-2]]),
        }
    }

    /// The sum of products over the last axes of both arrays, or a product with a number.
    ///
    /// # Errors
    /// When the lengths of these axes differ.
    pub fn inner(&self, other: &Expr) -> Result<Expr> {
        match (self.ndim(), other.ndim()) {
            (0, _) | (_, 0) => two(Op::Multiply, &self.typed()?, &other.typed()?),
            _ => self.tensordot(other, [&[-1], &[-1]]),
        }
    }

    /// The sum of products of all elements in C order, with this array conjugated.
    ///
    /// # Errors
    /// When the numbers of elements differ.
    pub fn vdot(&self, other: &Expr) -> Result<Expr> {
        let (a, b) = (self.typed()?, other.typed()?);
        let b = if a.shape() == b.shape() { b } else { b.reshape(&[-1])? };
        let a = if a.shape() == b.shape() { a } else { a.reshape(&[-1])? };
        if a.shape() != b.shape() {
            return Err(Error::Shape(format!(
                "expected as many elements in both arrays, found shapes {} and {}",
                show(self.shape()),
                show(other.shape())
            )));
        }
        let axes: Vec<i64> = (0..a.ndim() as i64).collect();
        in_common_type(&[a.conjugated()?, b], |x| sum(&Expr::apply(Op::Multiply, &x)?, &axes))
    }

    /// The sum of products along `axes[0]` of this array, which is conjugated, and `axes[1]` of the other. The other axes
    /// broadcast.
    ///
    /// # Errors
    /// When an array has no axes, or shapes do not fit.
    pub fn vecdot(&self, other: &Expr, axes: [i64; 2]) -> Result<Expr> {
        let last = |x: &Expr, axis: i64| {
            let x = x.typed()?;
            let axis = resolve_axes(&[axis], x.ndim())?[0];
            let order = (0..x.ndim()).filter(|&k| k != axis).chain([axis]).map(|k| k as i64);
            x.permute(&order.collect::<Vec<_>>())
        };
        let (a, b) = (last(self, axes[0])?, last(other, axes[1])?);
        same_length("vecdot", &a, &b, a.shape().last(), b.shape().last())?;
        in_common_type(&[a.conjugated()?, b], |x| sum(&Expr::apply(Op::Multiply, &x)?, &[-1]))
    }

    /// Products of matrices, the last two axes, with vectors, the last axis of the other. The other axes broadcast.
    ///
    /// # Errors
    /// When an array has too few axes, or shapes do not fit.
    pub fn matvec(&self, vectors: &Expr) -> Result<Expr> {
        axes_at_least("matvec", self, 2)?;
        axes_at_least("matvec", vectors, 1)?;
        same_length("matvec", self, vectors, self.shape().last(), vectors.shape().last())?;
        self.matmul(&vectors.expand_dims(&[-1])?)?.squeeze(Some(&[-1]))
    }

    /// Products of conjugated vectors, the last axis, with matrices, the last two axes of the other. The other axes
    /// broadcast.
    ///
    /// # Errors
    /// When an array has too few axes, or shapes do not fit.
    pub fn vecmat(&self, matrices: &Expr) -> Result<Expr> {
        axes_at_least("vecmat", self, 1)?;
        axes_at_least("vecmat", matrices, 2)?;
        self.conjugated()?.expand_dims(&[-2])?.matmul(matrices)?.squeeze(Some(&[-2]))
    }

    /// All pairs of elements of both arrays under an operation: the axes of this array, then those of the other.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn outer_by(&self, op: Op, other: &Expr) -> Result<Expr> {
        let (a, b) = (self.typed()?, other.typed()?);
        let axes: Vec<i64> = (a.ndim()..a.ndim() + b.ndim()).map(|k| k as i64).collect();
        two(op, &a.expand_dims(&axes)?, &b)
    }

    /// All products of elements of both arrays, each taken in C order.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn outer(&self, other: &Expr) -> Result<Expr> {
        let flat = |x: &Expr| x.typed()?.reshape(&[-1]);
        flat(self)?.outer_by(Op::Multiply, &flat(other)?)
    }

    /// The Kronecker product: this array with each element replaced by its product with the other array.
    ///
    /// # Errors
    /// As [`Expr::reshape`].
    pub fn kron(&self, other: &Expr) -> Result<Expr> {
        let (a, b) = (self.typed()?, other.typed()?);
        let ndim = a.ndim().max(b.ndim());
        if a.ndim() == 0 || b.ndim() == 0 {
            return two(Op::Multiply, &a, &b);
        }
        let whole = |x: &Expr| x.expand_dims(&(0..(ndim - x.ndim()) as i64).collect::<Vec<_>>());
        let (a, b) = (whole(&a)?, whole(&b)?);
        let places = |first: usize| (0..ndim).map(|k| (2 * k + first) as i64).collect::<Vec<_>>();
        let shape = a.shape().iter().zip(b.shape()).map(|(n, m)| i64::try_from(n.saturating_mul(*m)));
        let shape = shape.collect::<std::result::Result<Vec<_>, _>>();
        let shape = shape.map_err(|_| Error::Shape("a Kronecker product has too many elements".into()))?;
        two(Op::Multiply, &a.expand_dims(&places(1))?, &b.expand_dims(&places(0))?)?.reshape(&shape)
    }

    /// The cross product of vectors of 2 or 3 elements, which lie along `axes[0]` of this array and `axes[1]` of the
    /// other. The result's vectors lie along `axes[2]`; of two vectors of 2 elements it is one number.
    ///
    /// # Errors
    /// When vectors have other lengths, an axis is not there, or the shapes do not broadcast.
    pub fn cross(&self, other: &Expr, axes: [i64; 3]) -> Result<Expr> {
        let parts = |x: &Expr, axis: i64| {
            let x = x.typed()?;
            let axis = resolve_axes(&[axis], x.ndim())?[0];
            let length = x.shape()[axis];
            if !(2..=3).contains(&length) {
                return Err(Error::Shape(format!(
                    "a cross product takes vectors of 2 or 3 elements, found {length}"
                )));
            }
            let part = |k: u64| {
                let parts: Vec<Index> =
                    (0..=axis).map(|j| if j == axis { Index::At(k as i64) } else { Index::ALL }).collect();
                x.index(&parts)
            };
            (0..length).map(part).collect::<Result<Vec<_>>>()
        };
        let (a, b) = (parts(self, axes[0])?, parts(other, axes[1])?);
        let times = |i: usize, k: usize| two(Op::Multiply, &a[i], &b[k]);
        let difference = |i: usize, k: usize| two(Op::Subtract, &times(i, k)?, &times(k, i)?);
        let minus = |x: Expr| one(Op::Negative, &x);
        let last = difference(0, 1)?;
        let parts = match (a.len(), b.len()) {
            (2, 2) => return Ok(last),
            (2, _) => [times(1, 2)?, minus(times(0, 2)?)?, last],
            (_, 2) => [minus(times(2, 1)?)?, times(2, 0)?, last],
            _ => [difference(1, 2)?, difference(2, 0)?, last],
        };
        Expr::stack(&parts, axes[2], None)
    }
}

fn axes_at_least(name: &str, x: &Expr, least: usize) -> Result<()> {
    match x.ndim() < least {
        true => {
            Err(Error::Shape(format!("{name} needs an array of at least {least} axes, found {}", x.ndim())))
        }
        false => Ok(()),
    }
}

fn same_length(name: &str, a: &Expr, b: &Expr, n: Option<&u64>, m: Option<&u64>) -> Result<()> {
    match n == m {
        true => Ok(()),
        false => Err(Error::Shape(format!(
            "{name}: expected vectors of one length, found shapes {} and {}",
            show(a.shape()),
            show(b.shape())
        ))),
    }
}
