//! What a part of a text can mean.

use std::ops::Range;

use super::error::{Fault, Result};
use crate::{DType, Expr, Scalar};

/// The meaning of a part of a text.
#[derive(Clone, Debug)]
pub(super) enum Thing {
    /// An array, or a number of Python's.
    Array(Expr),
    DType(DType),
    None,
    Ellipsis,
    Str(String),
    Tuple(Vec<Placed>),
}

/// A thing and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) thing: Thing,
    pub(super) span: Range<usize>,
}

impl Placed {
    fn wrong(&self, wanted: &str) -> Fault {
        let found = match &self.thing {
            Thing::Array(e) if e.as_scalar().is_some() => "a number",
            Thing::Array(_) => "an array",
            Thing::DType(_) => "a dtype",
            Thing::None => "None",
            Thing::Ellipsis => "...",
            Thing::Str(_) => "a text",
            Thing::Tuple(_) => "a tuple",
        };
        Fault::new(&self.span, format!("expected {wanted}, found {found}"))
    }

    pub(super) fn scalar(&self) -> Option<Scalar> {
        match &self.thing {
            Thing::Array(e) => e.as_scalar(),
            _ => None,
        }
    }

    pub(super) fn array(&self) -> Result<Expr> {
        match &self.thing {
            Thing::Array(e) => Ok(e.clone()),
            Thing::Tuple(_) => {
                Err(self.wrong("an array").help("arrays are not built from lists of numbers here"))
            }
            _ => Err(self.wrong("an array")),
        }
    }

    pub(super) fn integer(&self) -> Result<i64> {
        let fits = |n: i128| {
            i64::try_from(n).map_err(|_| Fault::new(&self.span, format!("the number {n} is too large here")))
        };
        match self.scalar() {
            Some(Scalar::Int(n)) => fits(n),
            Some(Scalar::Bool(b)) => Ok(b.into()),
            _ => Err(self.wrong("an integer")),
        }
    }

    pub(super) fn float(&self) -> Result<f64> {
        match self.scalar() {
            Some(Scalar::Float(x)) => Ok(x),
            Some(Scalar::Int(n)) => Ok(n as f64),
            _ => Err(self.wrong("a number")),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool> {
        match self.scalar() {
            Some(Scalar::Bool(b)) => Ok(b),
            Some(Scalar::Int(n)) => Ok(n != 0),
            _ => Err(self.wrong("True or False")),
        }
    }

    /// One integer, or a tuple of them.
    pub(super) fn integers(&self) -> Result<Vec<i64>> {
        match &self.thing {
            Thing::Tuple(items) => items.iter().map(Placed::integer).collect(),
            Thing::Array(_) => Ok(vec![self.integer()?]),
            _ => Err(self.wrong("an integer or a tuple of integers")),
        }
    }

    /// As [`Placed::integers`], `None` for `None`.
    pub(super) fn axes(&self) -> Result<Option<Vec<i64>>> {
        match self.thing {
            Thing::None => Ok(None),
            _ => self.integers().map(Some),
        }
    }

    pub(super) fn dtype(&self) -> Result<DType> {
        match &self.thing {
            Thing::DType(d) => Ok(*d),
            Thing::Str(s) => s.parse().map_err(|e| Fault::new(&self.span, format!("{e}"))),
            _ => Err(self.wrong("a dtype").help("such as float32 or 'f4'")),
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self.thing, Thing::None)
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
