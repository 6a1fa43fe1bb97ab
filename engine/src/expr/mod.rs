//! Lazy arrays: a graph of operations. Building the graph settles types and shapes; the elements are computed on
//! request.

mod field;
mod reshape;
mod text;
mod views;

use std::sync::Arc;

use crate::kernels::Function;
use crate::op::{Op, Scalar};
use crate::operator::Operator;
use crate::promote::{self, Operand, PromoteError};
use crate::source::{Mapped, Source, Stored, Value, elements};
use crate::view::{View, broadcast_shape};
use crate::{DType, Error, Result};

/// A lazy array. A clone shares the same node. Building an array costs nothing and reads no elements.
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

/// The operation of a node of the graph. Its inputs already have the types and shapes that it needs, but are not
/// broadcast.
#[derive(Debug)]
pub(crate) enum Kind {
    Source(Arc<dyn Source>),
    /// A Python scalar. It takes its type from the arrays beside it.
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
    Output {
        of: Arc<Application>,
        number: usize,
    },
}

/// An operator and its inputs, which already have the types and shapes that it needs.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) operator: Arc<dyn Operator>,
    pub(crate) inputs: Vec<Expr>,
    /// Type and shape of each output.
    pub(crate) outputs: Vec<(DType, Vec<u64>)>,
}

impl Application {
    /// Whether the operator's work is a fold.
    pub(crate) fn folds(&self) -> bool {
        let ([input], [(to, _)]) = (&self.inputs[..], &self.outputs[..]) else { return false };
        self.operator.fold(input.dtype(), *to).is_some()
    }
}

impl Kind {
    /// The inputs of the node, in order.
    pub(crate) fn inputs(&self) -> &[Expr] {
        match self {
            Kind::Source(_) | Kind::Weak(_) | Kind::Constant(_) => &[],
            Kind::Cast(input) | Kind::View { input, .. } => std::slice::from_ref(input),
            Kind::Apply { inputs, .. } => inputs,
            Kind::Output { of, .. } => &of.inputs,
        }
    }

    /// Takes the inputs out and leaves a node without inputs.
    fn take_inputs(&mut self) -> Vec<Expr> {
        match std::mem::replace(self, Kind::Weak(Scalar::Bool(false))) {
            Kind::Source(_) | Kind::Weak(_) | Kind::Constant(_) => Vec::new(),
            Kind::Cast(input) | Kind::View { input, .. } => vec![input],
            Kind::Apply { inputs, .. } => inputs,
            // other outputs may still need the inputs
            Kind::Output { of, .. } => Arc::into_inner(of).map_or_else(Vec::new, |of| of.inputs),
        }
    }
}

/// A graph may be thousands of nodes deep, for example a sum of thousands of terms. Recursion would overflow the stack,
/// so this loop drops the graph node by node.
impl Drop for Node {
    fn drop(&mut self) {
        let mut unused = self.kind.take_inputs();
        while let Some(expr) = unused.pop() {
            if let Some(mut node) = Arc::into_inner(expr.0) {
                unused.append(&mut node.kind.take_inputs());
            }
        }
    }
}

impl From<Scalar> for Expr {
    fn from(value: Scalar) -> Expr {
        Expr::scalar(value)
    }
}

impl Expr {
    pub(crate) fn new(kind: Kind, dtype: DType, shape: Vec<u64>) -> Expr {
        Expr(Arc::new(Node { kind, dtype, shape }))
    }

    /// All outputs of an operator, with the given types and shapes.
    pub(crate) fn outputs(
        operator: impl Operator + 'static,
        inputs: Vec<Expr>,
        outputs: Vec<(DType, Vec<u64>)>,
    ) -> Vec<Expr> {
        let of = Arc::new(Application { operator: Arc::new(operator), inputs, outputs });
        let output = |(number, (dtype, shape)): (usize, &(DType, Vec<u64>))| {
            Expr::new(Kind::Output { of: of.clone(), number }, *dtype, shape.clone())
        };
        of.outputs.iter().enumerate().map(output).collect()
    }

    /// The output of an operator that has only one.
    pub(crate) fn output(
        operator: impl Operator + 'static,
        inputs: Vec<Expr>,
        dtype: DType,
        shape: Vec<u64>,
    ) -> Expr {
        let of = Application { operator: Arc::new(operator), inputs, outputs: vec![(dtype, shape.clone())] };
        Expr::new(Kind::Output { of: Arc::new(of), number: 0 }, dtype, shape)
    }

    /// The array of a source.
    ///
    /// # Errors
    /// When the source has too many elements to count.
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

    /// The zero of a type: 0, false, the epoch, a text of no characters, or a record of zeros.
    pub(crate) fn zero(dtype: DType) -> Expr {
        Expr::new(Kind::Constant(vec![0; dtype.size()]), dtype, Vec::new())
    }

    /// A Python scalar: it takes the type of the arrays beside it (NEP 50).
    pub fn scalar(value: impl Into<Scalar>) -> Expr {
        let value = value.into();
        Expr::new(Kind::Weak(value), value.default_dtype(), Vec::new())
    }

    /// What tells this node from others that live at the same time.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Type of the elements. A Python scalar has the type that NumPy gives it when it stands alone.
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

    /// Elements of a chunk along each axis, if this is an array of a source.
    #[doc(hidden)]
    pub fn chunk_shape(&self) -> Option<&[u64]> {
        match &self.0.kind {
            Kind::Source(source) => Some(source.chunk_shape()),
            _ => None,
        }
    }

    /// Bytes of the elements of all nodes of the graph, each counted once: about the work of computing this.
    #[doc(hidden)]
    pub fn work_bytes(&self) -> u64 {
        let (mut bytes, mut seen, mut open) = (0u64, std::collections::HashSet::new(), vec![self]);
        while let Some(expr) = open.pop() {
            if seen.insert(Arc::as_ptr(&expr.0)) {
                let all = crate::source::bytes(expr.dtype().size(), expr.shape());
                bytes = bytes.saturating_add(all.unwrap_or(u64::MAX));
                open.extend(expr.0.kind.inputs());
            }
        }
        bytes
    }

    /// The Python scalar, if this is one.
    pub fn as_scalar(&self) -> Option<Scalar> {
        match self.0.kind {
            Kind::Weak(value) => Some(value),
            _ => None,
        }
    }

    /// Whether this is a number or a view of a source: its elements need no computation.
    pub(crate) fn is_stored(&self) -> bool {
        match &self.0.kind {
            Kind::Source(_) | Kind::Weak(_) | Kind::Constant(_) => true,
            Kind::View { input, .. } => input.is_stored(),
            Kind::Cast(_) | Kind::Apply { .. } | Kind::Output { .. } => false,
        }
    }

    /// Whether its elements follow from results that are computed where they are read.
    pub(crate) fn derives(&self) -> bool {
        let (mut seen, mut open) = (std::collections::HashSet::new(), vec![self]);
        while let Some(expr) = open.pop() {
            match &expr.0.kind {
                Kind::Output { of, .. } if of.operator.derive().is_some() => return true,
                Kind::Output { .. } => {}
                kind => open.extend(kind.inputs().iter().filter(|input| seen.insert(input.address()))),
            }
        }
        false
    }

    /// The elements in C order, if this is one integer or a small array of integers in memory.
    pub(crate) fn known_integers(&self) -> Result<Option<Vec<i64>>> {
        const SMALL: usize = 1 << 16;
        let Kind::Source(source) = &self.0.kind else { return Ok(self.as_integer().map(|one| vec![one])) };
        let (dtype, item) = (self.dtype(), self.dtype().size());
        let in_c_order =
            source.strides() == crate::source::c_strides(self.shape(), item) && source.offset() == 0;
        let one_chunk = source.chunk_shape().iter().zip(self.shape()).all(|(chunk, n)| chunk >= n);
        let plain = source.in_place() && !source.is_mapped() && in_c_order && one_chunk;
        if !matches!(dtype.kind(), crate::Kind::Signed | crate::Kind::Unsigned)
            || !plain
            || source.chunk_bytes() > SMALL
            || elements(self.shape())? == 0
        {
            return Ok(None);
        }
        match source.locate(&vec![0; self.ndim()])?.data {
            crate::source::Data::InPlace(bytes) => {
                Ok(bytes.chunks_exact(item).map(|element| integer(dtype, element)).collect())
            }
            _ => Ok(None),
        }
    }

    /// The value of a constant of an integer type, if this is one.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        let Kind::Constant(bytes) = &self.0.kind else { return None };
        integer(self.0.dtype, bytes)
    }

    pub(crate) fn operand(&self) -> Operand {
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
        if let Some(compared) = Expr::compare_records(op, args) {
            return compared;
        }
        if let Some(answer) = Expr::beyond_numbers(op, args) {
            return answer;
        }
        let args = &Expr::beside_times(args)?[..];
        let operands: Vec<Operand> = args.iter().map(Expr::operand).collect();
        let shape = || broadcast_shape(args.iter().map(Expr::shape));
        let signature = match promote::signature(op, &operands) {
            // no element is raised to the negative power
            Err(PromoteError::NegativePower) if shape()?.contains(&0) => {
                let args: Vec<Expr> = args.iter().take(1).cloned().chain([Expr::scalar(0)]).collect();
                return Expr::apply(op, &args);
            }
            signature => signature?,
        };
        let shape = shape()?;
        elements(&shape)?;
        let cast = |((a, &dtype), &stand_in): ((&Expr, &DType), &Option<Scalar>)| match stand_in {
            Some(scalar) => Expr::scalar(scalar).cast(dtype),
            None => a.cast(dtype),
        };
        let all = args.iter().zip(&signature.inputs).zip(&signature.stand_ins);
        let inputs = all.map(cast).collect::<Result<Vec<_>>>()?;
        Ok(Expr::new(Kind::Apply { op, inputs }, signature.output, shape))
    }

    /// The type of floats in which an operation of real floats computes elements of this type.
    ///
    /// # Errors
    /// When they are no real numbers; `name` is that of the operation.
    pub(crate) fn float_type(&self, name: &'static str) -> Result<DType> {
        match promote::signature(Op::Signbit, &[self.operand()]) {
            Ok(promote::Signature { inputs, .. }) if !inputs.is_empty() => Ok(inputs[0]),
            _ => Err(promote::no_loop(name, &[self.operand()], "").into()),
        }
    }

    /// A function of each element, which gives elements of type `dtype`.
    pub(crate) fn called(&self, function: Function, dtype: DType) -> Result<Expr> {
        let inputs = vec![self.typed()?, Expr::source(Arc::new(function))?];
        Ok(Expr::new(Kind::Apply { op: Op::Map, inputs }, dtype, self.0.shape.clone()))
    }

    /// The operator `**`. It is [`Op::Pow`], except for a few Python exponents for which NumPy has better loops.
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

    /// The array with its elements converted, as by NumPy's `astype`.
    ///
    /// # Errors
    /// When a Python scalar does not fit the type.
    pub fn cast(&self, dtype: DType) -> Result<Expr> {
        if let Kind::Weak(value) = &self.0.kind
            && !dtype.kind().is_text()
        {
            return Ok(Expr::new(Kind::Constant(value.to_bytes(dtype)?), dtype, Vec::new()));
        }
        let dtype = promote::cast_type(self.0.dtype, dtype)?;
        match dtype == self.0.dtype {
            true => Ok(self.clone()),
            false => Ok(Expr::new(Kind::Cast(self.clone()), dtype, self.0.shape.clone())),
        }
    }

    /// The number, an array without axes, in a type that it is given to.
    ///
    /// # Errors
    /// When the type does not hold the number, or the number is complex and the type is not.
    pub(crate) fn as_number(&self, dtype: DType) -> Result<Expr> {
        let complex = |dtype: DType| dtype.kind() == crate::Kind::Complex;
        if complex(self.dtype()) && !complex(dtype) {
            return Err(Error::dtype("a number", dtype, self.dtype()));
        }
        self.cast(dtype)
    }

    /// The same array; a Python scalar gets the type that NumPy would give it.
    #[doc(hidden)]
    pub fn typed(&self) -> Result<Expr> {
        match self.0.kind {
            Kind::Weak(value) => self.cast(value.default_dtype()),
            _ => Ok(self.clone()),
        }
    }
}

/// An element of an integer type, if int64 holds it.
fn integer(dtype: DType, bytes: &[u8]) -> Option<i64> {
    let signed = match dtype.kind() {
        crate::Kind::Signed => bytes.last()? >> 7 == 1,
        crate::Kind::Unsigned => false,
        _ => return None,
    };
    let mut wide = [if signed { 0xff } else { 0 }; 16];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    i128::from_le_bytes(wide).try_into().ok()
}
