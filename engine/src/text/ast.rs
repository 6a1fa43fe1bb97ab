//! The parser's result: a tree whose nodes know their places in the text.

use std::ops::Range;

use num_bigint::BigInt;

use crate::DType;

/// A part of an expression, with its range of bytes in the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Bool(bool),
    Int(BigInt),
    Float(f64),
    Imaginary(f64),
    Str(String),
    /// An element type that a program gives.
    DType(DType),
    Bytes(Vec<u8>),
    None,
    Ellipsis,
    Name(String),
    /// `(a, b)` or a bare `a, b`.
    Tuple(Vec<Node>),
    /// `[a, b]`.
    List(Vec<Node>),
    Unary(Unary, Box<Node>),
    /// `first op next op next ...`, grouped to the left. A sum of thousands of terms adds only one level to the tree.
    Chain(Box<Node>, Vec<Link>),
    /// `first op next op next ...`, true if every comparison holds.
    Compare(Box<Node>, Vec<Link>),
    /// `and`, `or`, `not`: parsed only to give a helpful error.
    Truth(&'static str),
    Call(Box<Node>, Vec<Argument>),
    /// The object, the name, the name's span.
    Attribute(Box<Node>, String, Range<usize>),
    /// The object, the parts, and whether there is a comma between or after them.
    Subscript(Box<Node>, Vec<Item>, bool),
}

/// An operator and its right operand. The operator has its own span, for errors that concern both operands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    pub(crate) op: Binary,
    pub(crate) at: Range<usize>,
    pub(crate) right: Node,
}

/// An argument of a call; `name` for `name=value`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Argument {
    pub(crate) name: Option<(String, Range<usize>)>,
    pub(crate) value: Node,
}

/// One part of a subscript.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Value(Node),
    Slice { start: Option<Node>, stop: Option<Node>, step: Option<Node>, span: Range<usize> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Plus,
    Minus,
    Invert,
}

/// Operators of two operands, including comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    MatMul,
    Shl,
    Shr,
    And,
    Or,
    Xor,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
}

impl Binary {
    /// NumPy's name of the function that the operator stands for.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Binary::Add => "add",
            Binary::Sub => "subtract",
            Binary::Mul => "multiply",
            Binary::Div => "divide",
            Binary::FloorDiv => "floor_divide",
            Binary::Mod => "remainder",
            Binary::Pow => "power",
            Binary::MatMul => "matmul",
            Binary::Shl => "left_shift",
            Binary::Shr => "right_shift",
            Binary::And => "bitwise_and",
            Binary::Or => "bitwise_or",
            Binary::Xor => "bitwise_xor",
            Binary::Lt => "less",
            Binary::Le => "less_equal",
            Binary::Gt => "greater",
            Binary::Ge => "greater_equal",
            Binary::Eq => "equal",
            Binary::Ne => "not_equal",
        }
    }
}

impl Unary {
    /// NumPy's name of the function that the operator stands for.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Unary::Plus => "positive",
            Unary::Minus => "negative",
            Unary::Invert => "bitwise_invert",
        }
    }
}
