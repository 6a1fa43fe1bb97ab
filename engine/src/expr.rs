//! Lazy arrays: a graph of operations that is typed and shaped when it is built, and computed when asked for.

use std::sync::Arc;

use crate::op::{Op, Reduction, Scalar};
use crate::promote::{self, Operand};
use crate::source::{Mapped, Reshaped, Source, Stored, Value, elements};
use crate::view::{AxisMap, Index, View, broadcast_shape, resolve_axes, show};
use crate::{Buffer, DType, Error, Result};

/// A lazy array. Cloning shares it; building costs nothing and reads nothing.
///
/// ```
/// use arrstore::{Expr, Op};
/// let a = Expr::from_ndarray(&ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
/// let b = Expr::apply(Op::Multiply, &[a.transpose(), Expr::scalar(2)])?;
/// assert_eq!(b.shape(), [2, 2]);
/// # Ok::<(), arrstore::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expr(pub(crate) Arc<Node>);

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) dtype: DType,
    pub(crate) shape: Vec<u64>,
}

/// What a node of the graph does. Inputs are cast and shaped as it needs them, but not broadcast.
#[derive(Debug)]
pub(crate) enum Kind {
    Source(Arc<dyn Source>),
    /// A Python scalar, typed by what it meets.
    Weak(Scalar),
    /// One element.
    Constant(Vec<u8>),
    Cast(Expr),
    Apply {
        op: Op,
        inputs: Vec<Expr>,
    },
    View {
        input: Expr,
        view: View,
    },
    Reduce(Reduce),
    Matmul {
        a: Expr,
        b: Expr,
    },
}

/// A reduction of `input` over `axes`, which are ascending.
#[derive(Debug)]
pub(crate) struct Reduce {
    pub(crate) input: Expr,
    pub(crate) reduction: Reduction,
    pub(crate) axes: Vec<usize>,
    pub(crate) ddof: f64,
}

/// How to reduce.
#[derive(Clone, Debug, Default)]
pub struct ReduceOptions {
    /// The axes, negative ones counted from the end; `None`: all.
    pub axes: Option<Vec<i64>>,
    /// Whether reduced axes stay, with length 1.
    pub keepdims: bool,
    /// The type to compute in; `None`: NumPy's choice.
    pub dtype: Option<DType>,
    /// What is subtracted from the count in `var` and `std`.
    pub ddof: f64,
}

impl From<Scalar> for Expr {
    fn from(value: Scalar) -> Expr {
        Expr::scalar(value)
    }
}

impl Expr {
    fn new(kind: Kind, dtype: DType, shape: Vec<u64>) -> Expr {
        Expr(Arc::new(Node { kind, dtype, shape }))
    }

    /// The array of a source.
    ///
    /// # Errors
    /// When its elements are too many to count.
    pub fn source(source: Arc<dyn Source>) -> Result<Expr> {
        let (dtype, shape) = (source.dtype(), source.shape().to_vec());
        crate::source::bytes(dtype.size(), &shape)?;
        Ok(Expr::new(Kind::Source(source), dtype, shape))
    }

    /// An array of an `.arrs` file.
    ///
    /// # Errors
    /// As [`Expr::source`].
    pub fn stored(array: arrstore_format::Array) -> Result<Expr> {
        Expr::source(Arc::new(Stored::new(array)))
    }

    /// A `.npy` file, mapped.
    ///
    /// # Errors
    /// As [`Mapped::npy`].
    pub fn npy(path: impl AsRef<std::path::Path>) -> Result<Expr> {
        Expr::source(Arc::new(Mapped::npy(path.as_ref())?))
    }

    /// A copy of an `ndarray`.
    ///
    /// # Errors
    /// When memory is short.
    pub fn from_ndarray<T, D>(array: &ndarray::ArrayRef<T, D>) -> Result<Expr>
    where
        T: arrstore_format::Element,
        D: ndarray::Dimension,
    {
        Expr::source(Arc::new(Value::from_ndarray(array)?))
    }

    /// A Python scalar: it takes the type of the arrays it meets (NEP 50).
    pub fn scalar(value: impl Into<Scalar>) -> Expr {
        let value = value.into();
        Expr::new(Kind::Weak(value), value.default_dtype(), Vec::new())
    }

    /// Type of the elements (of a lone scalar: the one NumPy gives it).
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// Elements along each axis.
    pub fn shape(&self) -> &[u64] {
        &self.0.shape
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.0.shape.len()
    }

    /// The scalar, when this is one.
    pub fn as_scalar(&self) -> Option<Scalar> {
        match self.0.kind {
            Kind::Weak(value) => Some(value),
            _ => None,
        }
    }

    fn operand(&self) -> Operand {
        match self.0.kind {
            Kind::Weak(value) => Operand::Weak(value),
            _ => Operand::Typed(self.0.dtype),
        }
    }

    /// An elementwise operation on operands that broadcast together.
    ///
    /// # Errors
    /// When the shapes do not broadcast, or NumPy has no such operation for these types.
    pub fn apply(op: Op, args: &[Expr]) -> Result<Expr> {
        let operands: Vec<Operand> = args.iter().map(Expr::operand).collect();
        let signature = promote::signature(op, &operands)?;
        let shape = broadcast_shape(args.iter().map(Expr::shape))?;
        elements(&shape)?;
        let cast = |((a, &dtype), &stand_in): ((&Expr, &DType), &Option<Scalar>)| match stand_in {
            Some(scalar) => Expr::scalar(scalar).cast(dtype),
            None => a.cast(dtype),
        };
        let all = args.iter().zip(&signature.inputs).zip(&signature.stand_ins);
        let inputs = all.map(cast).collect::<Result<Vec<_>>>()?;
        Ok(Expr::new(Kind::Apply { op, inputs }, signature.output, shape))
    }

    /// The operator `**`: [`Op::Pow`], but for a few Python exponents that NumPy has better loops for.
    ///
    /// # Errors
    /// As [`Expr::apply`].
    pub fn power(&self, exponent: &Expr) -> Result<Expr> {
        let shortcut = match (self.operand(), exponent.as_scalar()) {
            (Operand::Typed(base), Some(exponent)) => promote::power_shortcut(base, exponent),
            _ => None,
        };
        match shortcut {
            Some(op) => Expr::apply(op, std::slice::from_ref(self)),
            None => Expr::apply(Op::Pow, &[self.clone(), exponent.clone()]),
        }
    }

    /// The array with its elements converted, as NumPy's `astype`.
    ///
    /// # Errors
    /// When a Python scalar does not fit the type.
    pub fn cast(&self, dtype: DType) -> Result<Expr> {
        match &self.0.kind {
            Kind::Weak(value) => Ok(Expr::new(Kind::Constant(value.to_bytes(dtype)?), dtype, Vec::new())),
            _ if dtype == self.0.dtype => Ok(self.clone()),
            _ => Ok(Expr::new(Kind::Cast(self.clone()), dtype, self.0.shape.clone())),
        }
    }

    /// This, with a scalar given the type NumPy would give it.
    pub(crate) fn typed(&self) -> Result<Expr> {
        match self.0.kind {
            Kind::Weak(value) => self.cast(value.default_dtype()),
            _ => Ok(self.clone()),
        }
    }

    /// A reduction.
    ///
    /// # Errors
    /// When an axis is not there or named twice, the type does not go with the reduction, or a reduction
    /// without an identity has nothing to reduce.
    pub fn reduce(&self, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
        let ndim = self.ndim();
        let mut axes = match &options.axes {
            Some(axes) => resolve_axes(axes, ndim)?,
            None => (0..ndim).collect(),
        };
        axes.sort_unstable();
        if reduction.is_arg() && options.axes.is_some() && axes.len() > 1 {
            return Err(Error::Shape(format!("{} takes one axis or none", reduction.name())));
        }
        let typed = self.typed()?;
        let (compute, output) = promote::reduction(reduction, typed.dtype(), options.dtype)?;
        let kept = |k: usize| !axes.contains(&k);
        let shape: Vec<u64> = (0..ndim).filter(|&k| kept(k)).map(|k| self.shape()[k]).collect();
        let empty = axes.iter().any(|&k| self.shape()[k] == 0);
        if empty && !reduction.has_identity() && !shape.contains(&0) {
            return Err(Error::Shape(format!(
                "{} of an array of shape {} over no elements: it has no identity",
                reduction.name(),
                show(self.shape())
            )));
        }
        let input = typed.cast(compute)?;
        let reduce = Reduce { input, reduction, axes: axes.clone(), ddof: options.ddof };
        let result = Expr::new(Kind::Reduce(reduce), output, shape);
        if options.keepdims {
            return result.expand_dims(&axes.iter().map(|&k| k as i64).collect::<Vec<_>>());
        }
        Ok(result)
    }

    /// The matrix product, by the rules of NumPy's `matmul`.
    ///
    /// # Errors
    /// When an operand is a scalar or the shapes do not fit.
    pub fn matmul(&self, other: &Expr) -> Result<Expr> {
        if self.ndim() == 0 || other.ndim() == 0 {
            return Err(Error::Shape(
                "matmul: operands need at least one dimension; use * for scalars".into(),
            ));
        }
        let dtype = promote::result_type(&[self.operand(), other.operand()])?;
        let (mut a, mut b) = (self.cast(dtype)?, other.cast(dtype)?);
        let (row, column) = (a.ndim() == 1, b.ndim() == 1);
        if row {
            a = a.expand_dims(&[0])?;
        }
        if column {
            b = b.expand_dims(&[1])?;
        }
        let (m, k) = (a.shape()[a.ndim() - 2], a.shape()[a.ndim() - 1]);
        let (k2, n) = (b.shape()[b.ndim() - 2], b.shape()[b.ndim() - 1]);
        if k != k2 {
            return Err(Error::Shape(format!(
                "matmul: shapes {} and {} do not fit: the first has {k} columns, the second {k2} rows",
                show(self.shape()),
                show(other.shape())
            )));
        }
        let mut shape = broadcast_shape([&a.shape()[..a.ndim() - 2], &b.shape()[..b.ndim() - 2]])?;
        let batch = shape.clone();
        let whole = |x: &Expr| {
            let mut to = batch.clone();
            to.extend_from_slice(&x.shape()[x.ndim() - 2..]);
            x.broadcast_to(&to)
        };
        let (a, b) = (whole(&a)?, whole(&b)?);
        shape.extend([m, n]);
        elements(&shape)?;
        let product = Expr::new(Kind::Matmul { a, b }, dtype, shape);
        let last = product.ndim() as i64;
        match (row, column) {
            (false, false) => Ok(product),
            (true, false) => product.squeeze(Some(&[last - 2])),
            (false, true) => product.squeeze(Some(&[last - 1])),
            (true, true) => product.squeeze(Some(&[last - 2, last - 1])),
        }
    }

    fn viewed(&self, view: View, shape: Vec<u64>) -> Result<Expr> {
        let input = self.typed()?;
        if view == View::identity(self.ndim()) && shape == self.shape() {
            return Ok(input);
        }
        let dtype = input.dtype();
        Ok(match &input.0.kind {
            Kind::View { input, view: inner } => {
                Expr::new(Kind::View { input: input.clone(), view: inner.through(&view) }, dtype, shape)
            }
            _ => Expr::new(Kind::View { input, view }, dtype, shape),
        })
    }

    /// A subscript of integers, slices, ellipsis and new axes: always a view.
    ///
    /// # Errors
    /// As NumPy: too many indices, an index out of bounds, a step of 0.
    pub fn index(&self, parts: &[Index]) -> Result<Expr> {
        let (view, shape) = View::subscript(self.shape(), parts)?;
        self.viewed(view, shape)
    }

    /// The axes in another order.
    ///
    /// # Errors
    /// When `axes` is not a permutation of the array's axes.
    pub fn permute(&self, axes: &[i64]) -> Result<Expr> {
        if axes.len() != self.ndim() {
            return Err(Error::Shape(format!(
                "axes don't match array: {} given for an array of {} dimension(s)",
                axes.len(),
                self.ndim()
            )));
        }
        let axes = resolve_axes(axes, self.ndim())?;
        let mut view = View::identity(self.ndim());
        for (axis, &from) in axes.iter().enumerate() {
            view.0[from] = AxisMap::Along { axis, start: 0, step: 1 };
        }
        self.viewed(view, axes.iter().map(|&k| self.shape()[k]).collect())
    }

    /// The axes in reverse order (`.T`).
    pub fn transpose(&self) -> Expr {
        let axes: Vec<i64> = (0..self.ndim() as i64).rev().collect();
        self.permute(&axes).unwrap_or_else(|_| self.clone())
    }

    /// Two axes exchanged.
    ///
    /// # Errors
    /// When an axis is not there.
    pub fn swap_axes(&self, a: i64, b: i64) -> Result<Expr> {
        let mut axes: Vec<i64> = (0..self.ndim() as i64).collect();
        let at = |x| Ok::<usize, Error>(resolve_axes(&[x], self.ndim())?[0]);
        axes.swap(at(a)?, at(b)?);
        self.permute(&axes)
    }

    /// The elements along `axes` (`None`: all) in reverse order.
    ///
    /// # Errors
    /// When an axis is not there or named twice.
    pub fn flip(&self, axes: Option<&[i64]>) -> Result<Expr> {
        let axes = match axes {
            Some(axes) => resolve_axes(axes, self.ndim())?,
            None => (0..self.ndim()).collect(),
        };
        let back = Index::Slice { start: None, stop: None, step: Some(-1) };
        let parts: Vec<Index> =
            (0..self.ndim()).map(|k| if axes.contains(&k) { back } else { Index::ALL }).collect();
        self.index(&parts)
    }

    /// The array broadcast to a larger shape.
    ///
    /// # Errors
    /// When NumPy would not broadcast it so.
    pub fn broadcast_to(&self, shape: &[u64]) -> Result<Expr> {
        elements(shape)?;
        self.viewed(View::broadcast(self.shape(), shape)?, shape.to_vec())
    }

    /// The array without axes of length 1 (`None`: all of those).
    ///
    /// # Errors
    /// When a named axis is not there or has another length.
    pub fn squeeze(&self, axes: Option<&[i64]>) -> Result<Expr> {
        let axes = match axes {
            Some(axes) => resolve_axes(axes, self.ndim())?,
            None => (0..self.ndim()).filter(|&k| self.shape()[k] == 1).collect(),
        };
        if let Some(&k) = axes.iter().find(|&&k| self.shape()[k] != 1) {
            return Err(Error::Shape(format!(
                "cannot squeeze axis {k}, whose size is {} and not one",
                self.shape()[k]
            )));
        }
        let parts: Vec<Index> =
            (0..self.ndim()).map(|k| if axes.contains(&k) { Index::At(0) } else { Index::ALL }).collect();
        self.index(&parts)
    }

    /// New axes of length 1, at these places of the result.
    ///
    /// # Errors
    /// When a place is outside the result or named twice.
    pub fn expand_dims(&self, axes: &[i64]) -> Result<Expr> {
        let ndim = self.ndim() + axes.len();
        let axes = resolve_axes(axes, ndim)?;
        let parts: Vec<Index> =
            (0..ndim).map(|k| if axes.contains(&k) { Index::NewAxis } else { Index::ALL }).collect();
        self.index(&parts)
    }

    /// Another shape of the same elements in C order, where no element has to move: axes of length 1 come and
    /// go, elementwise operations are looked through, and an array in one C-ordered piece takes any shape. One
    /// length may be -1.
    ///
    /// # Errors
    /// When the number of elements differs, or only a copy could have that shape.
    pub fn reshape(&self, shape: &[i64]) -> Result<Expr> {
        let shape = self.resolve_shape(shape)?;
        self.reshaped(&shape)
    }

    fn resolve_shape(&self, wanted: &[i64]) -> Result<Vec<u64>> {
        let total = elements(self.shape())?;
        let fail = || {
            let list = wanted.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            Error::Shape(format!("cannot reshape an array of shape {} into ({list})", show(self.shape())))
        };
        let holes = wanted.iter().filter(|&&n| n == -1).count();
        if holes > 1 || wanted.iter().any(|&n| n < -1) {
            return Err(fail());
        }
        let known: Vec<u64> = wanted.iter().filter(|&&n| n >= 0).map(|&n| n as u64).collect();
        let known = elements(&known)?;
        let rest = if holes == 1 { total.checked_div(known).ok_or_else(fail)? } else { 1 };
        if known.checked_mul(rest) != Some(total) {
            return Err(fail());
        }
        Ok(wanted.iter().map(|&n| if n == -1 { rest } else { n as u64 }).collect())
    }

    fn reshaped(&self, shape: &[u64]) -> Result<Expr> {
        let long = |s: &[u64]| s.iter().copied().filter(|&n| n != 1).collect::<Vec<u64>>();
        if long(shape) == long(self.shape()) {
            let squeezed = self.squeeze(None)?;
            let ones: Vec<i64> = (0..shape.len()).filter(|&k| shape[k] == 1).map(|k| k as i64).collect();
            return squeezed.expand_dims(&ones);
        }
        if shape.contains(&0) {
            let nothing = Value::new(self.dtype(), shape, Buffer::new(0)?)?;
            return Expr::source(Arc::new(nothing));
        }
        match &self.0.kind {
            Kind::Source(source) => self.reshaped_source(source, &View::identity(self.ndim()), shape),
            Kind::Cast(input) => input.reshaped(shape)?.cast(self.dtype()),
            Kind::Apply { op, inputs } => {
                let one = |x: &Expr| match x.ndim() {
                    0 => Ok(x.clone()),
                    _ if x.shape() == self.shape() => x.reshaped(shape),
                    _ => Err(self.no_reshape(shape, "an operand is broadcast")),
                };
                let inputs = inputs.iter().map(one).collect::<Result<Vec<_>>>()?;
                Ok(Expr::new(Kind::Apply { op: *op, inputs }, self.dtype(), shape.to_vec()))
            }
            Kind::View { input, view } => match &input.0.kind {
                Kind::Source(source) => self.reshaped_source(source, view, shape),
                _ => Err(self.no_reshape(shape, "it is a slice, permutation or broadcast")),
            },
            Kind::Reduce(_) | Kind::Matmul { .. } => {
                Err(self.no_reshape(shape, "it is a result that has no place yet"))
            }
            Kind::Weak(_) | Kind::Constant(_) => self.broadcast_to(shape),
        }
    }

    /// The elements of a source seen through `view`, under another shape.
    fn reshaped_source(&self, source: &Arc<dyn Source>, view: &View, shape: &[u64]) -> Result<Expr> {
        match Reshaped::new(source, view, self.shape(), shape) {
            Some(source) => Expr::source(Arc::new(source)),
            None => Err(self.no_reshape(shape, "its elements would have to move")),
        }
    }

    fn no_reshape(&self, shape: &[u64], why: &str) -> Error {
        Error::NeedsCopy(format!(
            "an array of shape {} cannot be seen as {} in place: {why}",
            show(self.shape()),
            show(shape)
        ))
    }
}
