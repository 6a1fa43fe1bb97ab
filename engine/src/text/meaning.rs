//! The possible meanings of a part of a text.

use std::ops::Range;

use num_traits::{Signed, ToPrimitive};

use super::error::{Fault, Result};
use super::literal;
use super::number::{self, Number};
use crate::{DType, Expr};

/// The meaning of a part of a text.
#[derive(Clone, Debug)]
pub(super) enum Meaning {
    Array(Expr),
    Number(Number),
    DType(DType),
    None,
    Ellipsis,
    Str(String),
    Tuple(Vec<Placed>),
    List(Vec<Placed>),
}

impl From<Expr> for Meaning {
    fn from(expr: Expr) -> Meaning {
        expr.as_scalar().map_or(Meaning::Array(expr), |value| Meaning::Number(value.into()))
    }
}

/// Several arrays, as a function of several results gives them.
impl From<Vec<Expr>> for Meaning {
    fn from(exprs: Vec<Expr>) -> Meaning {
        Meaning::Tuple(exprs.into_iter().map(|expr| Placed { meaning: expr.into(), span: 0..0 }).collect())
    }
}

/// A meaning with its place in the text.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) meaning: Meaning,
    pub(super) span: Range<usize>,
}

impl Placed {
    pub(super) fn wrong(&self, wanted: &str) -> Fault {
        let found = match &self.meaning {
            Meaning::Array(_) => "an array",
            Meaning::Number(_) => "a number",
            Meaning::DType(_) => "a dtype",
            Meaning::None => "None",
            Meaning::Ellipsis => "...",
            Meaning::Str(_) => "a string",
            Meaning::Tuple(_) => "a tuple",
            Meaning::List(_) => "a list",
        };
        Fault::new(&self.span, format!("expected {wanted}, found {found}"))
    }

    /// The fault of another word than those that a function knows. A text is an argument of the right type with a value
    /// that the function does not take.
    pub(super) fn not_one_of(&self, words: &str) -> Fault {
        match &self.meaning {
            Meaning::Str(text) => Fault::value(&self.span, format!("expected {words}, found '{text}'")),
            _ => self.wrong(words),
        }
    }

    pub(super) fn number(&self) -> Option<&Number> {
        match &self.meaning {
            Meaning::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The value of a constant of an integer type, such as `np.int64(3)` in a Python program.
    fn constant(&self) -> Option<i64> {
        match &self.meaning {
            Meaning::Array(expr) => expr.as_integer(),
            _ => None,
        }
    }

    pub(super) fn array(&self) -> Result<Expr> {
        match &self.meaning {
            Meaning::Array(e) => Ok(e.clone()),
            Meaning::Number(number) => Ok(Expr::scalar(number.scalar())),
            Meaning::Str(text) => Ok(Expr::text(text)),
            Meaning::Tuple(items) | Meaning::List(items) => literal::array(&self.span, items),
            _ => Err(self.wrong("an array")),
        }
    }

    /// The arrays of a tuple or a list, or the parts of one array along its first axis.
    pub(super) fn arrays(&self) -> Result<Vec<Expr>> {
        match &self.meaning {
            Meaning::Tuple(items) | Meaning::List(items) => items.iter().map(Placed::array).collect(),
            Meaning::Array(array) if array.ndim() > 0 => {
                array.unstack(0).map_err(|e| Fault::engine(&self.span, e))
            }
            _ => Err(self.wrong("a tuple or a list of arrays")),
        }
    }

    pub(super) fn integer(&self) -> Result<i64> {
        match self.number() {
            Some(Number::Int(n)) => n
                .to_i64()
                .ok_or_else(|| Fault::new(&self.span, "the integer is too large: it has more than 64 bits")),
            Some(Number::Bool(b)) => Ok((*b).into()),
            _ => self.constant().ok_or_else(|| self.wrong("an integer")),
        }
    }

    /// An end or the step of a slice. It may be larger than any array.
    pub(super) fn bound(&self) -> Result<i64> {
        match self.number() {
            Some(Number::Int(n)) => {
                Ok(n.to_i64().unwrap_or(if n.is_negative() { i64::MIN } else { i64::MAX }))
            }
            _ => self.integer(),
        }
    }

    pub(super) fn float(&self) -> Result<f64> {
        match self.number() {
            Some(Number::Float(x)) => Ok(*x),
            Some(Number::Int(n)) => number::float(n)
                .ok_or_else(|| Fault::new(&self.span, "the integer is too large: it has more than 64 bits")),
            Some(Number::Bool(b)) => Ok((*b).into()),
            _ => Err(self.wrong("a real number")),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool> {
        match self.number() {
            Some(Number::Bool(b)) => Ok(*b),
            Some(Number::Int(n)) => Ok(*n != 0.into()),
            _ => Err(self.wrong("True or False")),
        }
    }

    /// One integer, or a tuple of them.
    pub(super) fn integers(&self) -> Result<Vec<i64>> {
        match &self.meaning {
            Meaning::Tuple(items) | Meaning::List(items) => items.iter().map(Placed::integer).collect(),
            Meaning::Number(_) => Ok(vec![self.integer()?]),
            _ if self.constant().is_some() => Ok(vec![self.integer()?]),
            _ => Err(self.wrong("an integer or a tuple of integers")),
        }
    }

    /// Lengths: integers that are not negative.
    pub(super) fn lengths(&self) -> Result<Vec<u64>> {
        let length = |n: i64| {
            u64::try_from(n)
                .map_err(|_| Fault::value(&self.span, format!("{n} is negative, expected a length")))
        };
        self.integers()?.into_iter().map(length).collect()
    }

    /// As [`Placed::integers`], `None` for `None`.
    pub(super) fn axes(&self) -> Result<Option<Vec<i64>>> {
        match self.meaning {
            Meaning::None => Ok(None),
            _ => self.integers().map(Some),
        }
    }

    /// A text, or several in a tuple or a list.
    pub(super) fn texts(&self) -> Result<Vec<String>> {
        match &self.meaning {
            Meaning::Str(text) => Ok(vec![text.clone()]),
            Meaning::Tuple(items) | Meaning::List(items) => {
                let texts = items.iter().map(Placed::texts).collect::<Result<Vec<_>>>()?;
                Ok(texts.into_iter().flatten().collect())
            }
            _ => Err(self.wrong("a text")),
        }
    }

    pub(super) fn dtype(&self) -> Result<DType> {
        match &self.meaning {
            Meaning::DType(d) => Ok(*d),
            Meaning::Str(s) => s.parse().map_err(|e| Fault::new(&self.span, format!("{e}"))),
            _ => Err(self.wrong("a dtype").help("such as float32 or 'f4'")),
        }
    }

    /// Whether it names texts without a width, and if so, texts of characters (true) or of bytes.
    pub(super) fn is_texts(&self) -> Option<bool> {
        match &self.meaning {
            Meaning::DType(DType::Str(0)) => Some(true),
            Meaning::DType(DType::Bytes(0)) => Some(false),
            Meaning::Str(name) => match name.trim_start_matches(['<', '|', '=']) {
                "U" | "U0" | "str" => Some(true),
                "S" | "S0" | "bytes" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Result<&str> {
        match &self.meaning {
            Meaning::Str(text) => Ok(text),
            _ => Err(self.wrong("a text")),
        }
    }

    /// Whether it is a list or a tuple, which an array beside it turns into an array.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.meaning, Meaning::Tuple(_) | Meaning::List(_))
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self.meaning, Meaning::None)
    }
}

/// The element types by the names that a text may use.
pub(super) fn dtype(name: &str) -> Option<DType> {
    Some(match name {
        "bool_" => DType::Bool,
        "int" | "int_" => DType::I64,
        "float" | "double" => DType::F64,
        "single" => DType::F32,
        "half" => DType::F16,
        "complex" | "cdouble" => DType::C128,
        "csingle" => DType::C64,
        _ => return DType::ALL.into_iter().find(|d| d.name() == name),
    })
}
