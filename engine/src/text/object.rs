//! Calls and subscripts that come from a program in another language, instead of from a text.
//!
//! The program hands over objects as Python has them. They become the tree that the parser would build, with arrays as
//! variables. The tree is lowered like that of a text, so that a function, its arguments and its errors are defined
//! once, in the tables of `functions`.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_complex::Complex64;

use super::ast::{Argument, Binary, Item, Kind, Link, Node};
use super::error::{Fault, Result};
use super::functions;
use super::lower;
use super::meaning::Meaning;
use super::number::Number;
use crate::{Context, DType, Expr, Index};

/// An object of Python: an argument, an index or a result.
#[derive(Clone, Debug)]
pub enum Object {
    /// An array, or a number that has an element type.
    Array(Expr),
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(BigInt),
    /// A float.
    Float(f64),
    /// A complex number.
    Complex(Complex64),
    /// A text.
    Str(String),
    /// An element type.
    DType(DType),
    /// `None`.
    None,
    /// `...`.
    Ellipsis,
    /// A slice: start, stop and step. It is allowed only as an index or in a tuple of indices.
    Slice(Box<[Object; 3]>),
    /// A tuple.
    Tuple(Vec<Object>),
    /// A list.
    List(Vec<Object>),
}

impl From<Meaning> for Object {
    fn from(meaning: Meaning) -> Object {
        match meaning {
            Meaning::Array(expr) => Object::Array(expr),
            Meaning::Number(Number::Bool(b)) => Object::Bool(b),
            Meaning::Number(Number::Int(n)) => Object::Int(n),
            Meaning::Number(Number::Float(x)) => Object::Float(x),
            Meaning::Number(Number::Complex(z)) => Object::Complex(z),
            Meaning::DType(dtype) => Object::DType(dtype),
            Meaning::None => Object::None,
            Meaning::Ellipsis => Object::Ellipsis,
            Meaning::Str(text) => Object::Str(text),
            Meaning::Tuple(parts) => Object::Tuple(parts.into_iter().map(|p| p.meaning.into()).collect()),
            Meaning::List(parts) => Object::List(parts.into_iter().map(|p| p.meaning.into()).collect()),
        }
    }
}

/// Calls a function, a method of `object`, or a method of an elementwise function, such as `add.reduce`. The name `**`
/// is the operator, which has faster loops than `power` for a few exponents. Where a shape depends on data, elements are
/// counted with the memory and threads of `context`.
///
/// # Errors
/// As [`Formula::arrays`](super::Formula::arrays). The error's message and help say what is wrong; it has no place.
pub fn call(
    name: &str,
    object: Option<Object>,
    positional: Vec<Object>,
    named: Vec<(String, Object)>,
    context: &Context,
) -> crate::Result<Object> {
    let mut tree = Tree::default();
    let build = || -> Result<Object> {
        let function = match (object, name.split_once('.')) {
            (Some(object), _) => Kind::Attribute(Box::new(tree.node(object)?), name.to_owned(), 0..0),
            (None, Some((op, method))) => {
                Kind::Attribute(Box::new(node(Kind::Name(op.to_owned()))), method.to_owned(), 0..0)
            }
            (None, None) => Kind::Name(name.to_owned()),
        };
        let mut arguments = Vec::with_capacity(positional.len() + named.len());
        for object in positional {
            arguments.push(Argument { name: None, value: tree.node(object)? });
        }
        for (name, object) in named {
            arguments.push(Argument { name: Some((name, 0..0)), value: tree.node(object)? });
        }
        let call = match <[Argument; 2]>::try_from(arguments) {
            Ok([base, exponent]) if name == "**" => {
                let link = Link { op: Binary::Pow, at: 0..0, right: exponent.value };
                Kind::Chain(Box::new(base.value), vec![link])
            }
            Ok(two) => Kind::Call(Box::new(node(function)), two.into()),
            Err(arguments) => Kind::Call(Box::new(node(function)), arguments),
        };
        lower::meaning(&tree.variables, Some(context), &node(call)).map(Object::from)
    };
    build().map_err(|fault| fault.alone().into())
}

/// The part of an array that an index takes, as in `array[index]`.
///
/// # Errors
/// As [`call`].
pub fn subscript(array: &Expr, index: Object, context: &Context) -> crate::Result<Expr> {
    let mut tree = Tree::default();
    let build = || -> Result<Object> {
        let object =
            Box::new(tree.node(Object::Array(array.typed().map_err(|e| Fault::engine(&(0..0), e))?))?);
        let (items, comma) = tree.items(index)?;
        let part = node(Kind::Subscript(object, items, comma));
        lower::meaning(&tree.variables, Some(context), &part).map(Object::from)
    };
    match build() {
        Ok(Object::Array(expr)) => Ok(expr),
        Ok(_) => Err(crate::Error::Value("an index of an array gives an array".into())),
        Err(fault) => Err(fault.alone().into()),
    }
}

/// The parts of an index made of integers, slices, `...` and `None`.
///
/// # Errors
/// As [`call`].
pub fn indices(index: Object) -> crate::Result<Vec<Index>> {
    let mut tree = Tree::default();
    let build = || {
        let (items, comma) = tree.items(index)?;
        super::subscript::region(&items, comma)
    };
    build().map_err(|fault| fault.alone().into())
}

/// Whether arrays have a method of this name.
pub fn is_method(name: &str) -> bool {
    functions::is_method(name)
}

fn node(kind: Kind) -> Node {
    Node { kind, span: 0..0 }
}

/// The tree of a call, and the arrays in it by names that no text can have.
#[derive(Default)]
struct Tree {
    variables: BTreeMap<String, Expr>,
}

impl Tree {
    fn variable(&mut self, expr: Expr) -> Kind {
        let name = format!("#{}", self.variables.len());
        self.variables.insert(name.clone(), expr);
        Kind::Name(name)
    }

    fn node(&mut self, object: Object) -> Result<Node> {
        Ok(node(match object {
            Object::Array(expr) => self.variable(expr),
            Object::Bool(b) => Kind::Bool(b),
            Object::Int(n) => Kind::Int(n),
            Object::Float(x) => Kind::Float(x),
            Object::Complex(z) => self.variable(Expr::scalar(z)),
            Object::Str(text) => Kind::Str(text),
            Object::DType(dtype) => Kind::DType(dtype),
            Object::None => Kind::None,
            Object::Ellipsis => Kind::Ellipsis,
            Object::Slice(_) => {
                return Err(Fault::new(&(0..0), "a slice is an index, and no argument of a function"));
            }
            Object::Tuple(parts) => Kind::Tuple(self.nodes(parts)?),
            Object::List(parts) => Kind::List(self.nodes(parts)?),
        }))
    }

    fn nodes(&mut self, objects: Vec<Object>) -> Result<Vec<Node>> {
        objects.into_iter().map(|object| self.node(object)).collect()
    }

    /// The parts of an index, and whether there is a comma between or after them.
    fn items(&mut self, index: Object) -> Result<(Vec<Item>, bool)> {
        match index {
            Object::Tuple(parts) => {
                Ok((parts.into_iter().map(|part| self.item(part)).collect::<Result<_>>()?, true))
            }
            one => Ok((vec![self.item(one)?], false)),
        }
    }

    fn item(&mut self, part: Object) -> Result<Item> {
        let Object::Slice(ends) = part else { return self.node(part).map(Item::Value) };
        let [start, stop, step] = *ends;
        let mut end = |object| match object {
            Object::None => Ok(None),
            object => self.node(object).map(Some),
        };
        Ok(Item::Slice { start: end(start)?, stop: end(stop)?, step: end(step)?, span: 0..0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array() -> Object {
        let numbers = ndarray::array![[1.0, 2.0], [3.0, 6.0]];
        Object::Array(Expr::from_ndarray(&numbers).unwrap())
    }

    fn shown(object: Object) -> String {
        match object {
            Object::Array(expr) => crate::Array::from(expr).to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn calls_bind_as_in_a_text() {
        let context = Context::default();
        let axis = || vec![("axis".to_owned(), Object::Int(0.into()))];
        let mean = call("mean", None, vec![array()], axis(), &context).unwrap();
        assert_eq!(shown(mean), "[2. 4.]");
        let mean = call("mean", Some(array()), vec![Object::Int((-1).into())], Vec::new(), &context).unwrap();
        assert_eq!(shown(mean), "[1.5 4.5]");
        let sums = call("add.accumulate", None, vec![array()], axis(), &context).unwrap();
        assert_eq!(shown(sums), "[[1. 2.]\n [4. 8.]]");
        let error = call("mean", Some(array()), Vec::new(), vec![("axes".into(), Object::None)], &context);
        assert!(error.unwrap_err().to_string().contains("mean has no argument 'axes'"));
        let error = call("shift", Some(array()), Vec::new(), Vec::new(), &context).unwrap_err();
        assert_eq!(error.to_string(), "arrays have no method 'shift'");
    }

    #[test]
    fn an_index_has_slices_and_numbers() {
        let Object::Array(expr) = array() else { return };
        let every = || Object::Slice(Box::new([Object::None, Object::None, Object::Int((-1).into())]));
        let part = Object::Tuple(vec![every(), Object::Int(0.into())]);
        let taken = subscript(&expr, part, &Context::default()).unwrap();
        assert_eq!(shown(Object::Array(taken)), "[3. 1.]");
        let error = subscript(&expr, Object::Int(2.into()), &Context::default()).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Index);
        assert_eq!(indices(Object::Ellipsis).unwrap(), [Index::Ellipsis]);
    }
}
