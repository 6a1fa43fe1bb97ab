//! The expressions of a job: as text, and with the types and shapes that NumPy gives them.

use arrstore::{DType, Kind};

use super::data::Data;
use super::view::{self, Step, Strided, tuple};

/// Names of the inputs.
pub const NAMES: [&str; 2] = ["a", "b"];

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A view of an input, by its number.
    Input(usize, Vec<Step>),
    /// A constant.
    Number(i64),
    /// An operation element by element.
    Binary(Op, Box<[Expr; 2]>),
    /// A reduction.
    Reduce(Fold),
    /// A product of matrices.
    Product(Box<[Expr; 2]>),
}

/// An operation element by element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `>`
    Greater,
}

impl Op {
    fn sign(self) -> &'static str {
        match self {
            Op::Add => "+",
            Op::Subtract => "-",
            Op::Multiply => "*",
            Op::Greater => ">",
        }
    }

    /// The value of the operation.
    pub fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Op::Add => a + b,
            Op::Subtract => a - b,
            Op::Multiply => a * b,
            Op::Greater => f64::from(u8::from(a > b)),
        }
    }
}

/// A reduction of an expression.
#[derive(Clone, Debug)]
pub struct Fold {
    /// The function.
    pub fun: Fun,
    /// The reduced expression.
    pub of: Box<Expr>,
    /// The reduced axes; `None` means all.
    pub axes: Option<Vec<usize>>,
    /// Whether the reduced axes stay, with length 1.
    pub keepdims: bool,
}

/// The function of a reduction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fun {
    /// The sum.
    Sum,
    /// The mean.
    Mean,
    /// The mean of the elements that are not NaN.
    Nanmean,
    /// The standard deviation.
    Std,
    /// The greatest element.
    Max,
    /// The smallest element.
    Min,
    /// The position of the greatest element.
    Argmax,
    /// Whether any element is not zero.
    Any,
    /// The number of elements that are not zero.
    CountNonzero,
}

impl Fun {
    /// All functions.
    pub const ALL: [Fun; 9] = [
        Fun::Sum,
        Fun::Mean,
        Fun::Max,
        Fun::Std,
        Fun::Argmax,
        Fun::Nanmean,
        Fun::Any,
        Fun::Min,
        Fun::CountNonzero,
    ];

    fn name(self) -> &'static str {
        match self {
            Fun::Sum => "sum",
            Fun::Mean => "mean",
            Fun::Nanmean => "nanmean",
            Fun::Std => "std",
            Fun::Max => "max",
            Fun::Min => "min",
            Fun::Argmax => "argmax",
            Fun::Any => "any",
            Fun::CountNonzero => "count_nonzero",
        }
    }

    /// The type of its result.
    pub fn dtype(self, of: DType) -> DType {
        let float = of.kind() == Kind::Float;
        match self {
            Fun::Max | Fun::Min => of,
            Fun::Argmax | Fun::CountNonzero => DType::I64,
            Fun::Any => DType::Bool,
            Fun::Sum | Fun::Mean | Fun::Nanmean | Fun::Std if float => of,
            Fun::Sum if of.kind() == Kind::Unsigned => DType::U64,
            Fun::Sum => DType::I64,
            Fun::Mean | Fun::Nanmean | Fun::Std => DType::F64,
        }
    }
}

impl Expr {
    /// A whole input.
    pub fn input(number: usize) -> Expr {
        Expr::Input(number, Vec::new())
    }

    /// An input with its axes in another order.
    pub fn transposed(number: usize, axes: &[usize]) -> Expr {
        Expr::Input(number, vec![Step::Transpose(axes.to_vec())])
    }

    /// An operation.
    pub fn binary(op: Op, a: Expr, b: Expr) -> Expr {
        Expr::Binary(op, Box::new([a, b]))
    }

    /// A reduction over one axis, or over all.
    pub fn reduce(fun: Fun, of: Expr, axis: Option<usize>) -> Expr {
        let axes = axis.map(|axis| vec![axis]);
        Expr::Reduce(Fold { fun, of: Box::new(of), axes, keepdims: false })
    }

    /// The text.
    pub fn text(&self, inputs: &[Data]) -> String {
        let part = |expr: &Expr| match expr {
            Expr::Binary(..) | Expr::Product(..) => format!("({})", expr.text(inputs)),
            _ => expr.text(inputs),
        };
        match self {
            Expr::Input(number, steps) => view::text(NAMES[*number], &inputs[*number].shape, steps),
            Expr::Number(number) => number.to_string(),
            Expr::Binary(op, of) => format!("{} {} {}", part(&of[0]), op.sign(), part(&of[1])),
            Expr::Product(of) => format!("{} @ {}", part(&of[0]), part(&of[1])),
            Expr::Reduce(fold) => {
                let axes = match fold.axes.as_deref() {
                    None => String::new(),
                    Some([axis]) => format!(", axis={axis}"),
                    Some(axes) => format!(", axis={}", tuple(axes)),
                };
                let keep = if fold.keepdims { ", keepdims=True" } else { "" };
                format!("{}({}{axes}{keep})", fold.fun.name(), fold.of.text(inputs))
            }
        }
    }

    /// The type of its elements.
    pub fn dtype(&self, inputs: &[Data]) -> DType {
        match self {
            Expr::Input(number, _) => inputs[*number].dtype,
            Expr::Number(_) => DType::I64,
            Expr::Binary(Op::Greater, _) => DType::Bool,
            Expr::Binary(_, of) | Expr::Product(of) => match [&of[0], &of[1]].map(|e| e.dtype(inputs)) {
                [dtype, other] if dtype == other => dtype,
                // an integer and the float64 of its mean
                [_, _] => DType::F64,
            },
            Expr::Reduce(fold) => fold.fun.dtype(fold.of.dtype(inputs)),
        }
    }

    /// Elements along each axis.
    pub fn shape(&self, inputs: &[Data]) -> Vec<u64> {
        match self {
            Expr::Input(number, steps) => Strided::whole(&inputs[*number].shape).through(steps).shape,
            Expr::Number(_) => Vec::new(),
            Expr::Binary(_, of) => both(&of[0].shape(inputs), &of[1].shape(inputs)),
            Expr::Product(of) => {
                let (a, b) = (of[0].shape(inputs), of[1].shape(inputs));
                vec![a[0], b[1]]
            }
            Expr::Reduce(fold) => fold.shape(&fold.of.shape(inputs)),
        }
    }

    /// Bytes of its value.
    pub fn bytes(&self, inputs: &[Data]) -> u64 {
        self.shape(inputs).iter().product::<u64>() * self.dtype(inputs).size() as u64
    }

    /// Calls `visit` with every input's number.
    pub fn for_inputs(&self, visit: &mut impl FnMut(usize)) {
        match self {
            Expr::Input(number, _) => visit(*number),
            Expr::Number(_) => {}
            Expr::Binary(_, of) | Expr::Product(of) => of.iter().for_each(|expr| expr.for_inputs(visit)),
            Expr::Reduce(fold) => fold.of.for_inputs(visit),
        }
    }

    /// Whether the expression only moves elements.
    pub fn is_move(&self) -> bool {
        matches!(self, Expr::Input(..))
    }
}

impl Fold {
    /// The reduced axes, of `ndim` axes.
    pub fn over(&self, ndim: usize) -> Vec<usize> {
        self.axes.clone().unwrap_or_else(|| (0..ndim).collect())
    }

    /// The shape of its result.
    pub fn shape(&self, of: &[u64]) -> Vec<u64> {
        let over = self.over(of.len());
        let kept = |(axis, &n): (usize, &u64)| match over.contains(&axis) {
            false => Some(n),
            true => self.keepdims.then_some(1),
        };
        of.iter().enumerate().filter_map(kept).collect()
    }
}

/// The shape to which two shapes broadcast.
pub fn both(a: &[u64], b: &[u64]) -> Vec<u64> {
    let n = a.len().max(b.len());
    let at = |shape: &[u64], axis: usize| (axis + shape.len()).checked_sub(n).map_or(1, |axis| shape[axis]);
    (0..n).map(|axis| if at(a, axis) == 1 { at(b, axis) } else { at(a, axis) }).collect()
}
