//! Tree to lazy arrays.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::ast::{Argument, Binary, Item, Kind, Link, Node, Unary};
use super::call::Call;
use super::error::{Fault, Result, nearest};
use super::meaning::{self, Meaning, Placed};
use super::number::Number;
use super::{constant, functions, grid};
use crate::{Context, Expr, Op};

pub(super) type Variables = BTreeMap<String, Expr>;

/// Names of a module that may precede NumPy's names.
const MODULES: [&str; 3] = ["np", "numpy", "xp"];

/// Names of modules within these.
const PARTS: [&str; 2] = ["strings", "char"];

/// Names of constants and of `None` (`newaxis`).
pub(super) const CONSTANTS: [&str; 6] = ["pi", "e", "inf", "nan", "newaxis", "euler_gamma"];

/// The arrays of a whole text, each with its own text. A function of several results gives one array for each result.
pub(super) fn results(
    variables: &Variables,
    context: Option<&Context>,
    text: &str,
    root: &Node,
) -> Result<Vec<(String, Expr)>> {
    let lowering = Lowering { variables, context };
    let items = match &root.kind {
        Kind::Tuple(items) if items.is_empty() => {
            return Err(Fault::new(&root.span, "an empty tuple has no value: expected an expression"));
        }
        Kind::Tuple(items) => &items[..],
        _ => std::slice::from_ref(root),
    };
    let mut results = Vec::new();
    for item in items {
        let text = text.get(item.span.clone()).unwrap_or_default();
        let placed = lowering.place(item)?;
        match (&placed.meaning, &item.kind) {
            (Meaning::Tuple(parts), kind) if gives_several(kind) => {
                for (number, part) in parts.iter().enumerate() {
                    results.push((format!("{text}[{number}]"), part.array()?));
                }
            }
            _ => results.push((text.to_owned(), placed.array()?)),
        }
    }
    Ok(results)
}

/// Whether a tuple from such a node is several results: from a function, or from `ogrid`.
fn gives_several(kind: &Kind) -> bool {
    match kind {
        Kind::Call(..) => true,
        Kind::Subscript(object, ..) => {
            matches!(&object.kind, Kind::Name(name) | Kind::Attribute(_, name, _) if grid::NAMES.contains(&name.as_str()))
        }
        _ => false,
    }
}

/// The meaning of one node.
pub(super) fn meaning(variables: &Variables, context: Option<&Context>, node: &Node) -> Result<Meaning> {
    Lowering { variables, context }.meaning(node)
}

/// Collects the names that are not functions, modules, constants or types.
pub(super) fn free_names<'a>(node: &'a Node, names: &mut BTreeSet<&'a str>) {
    match &node.kind {
        Kind::Name(name) => {
            let known = constant_named(name).is_some() || meaning::dtype(name).is_some();
            if !known && !MODULES.contains(&name.as_str()) {
                names.insert(name);
            }
        }
        Kind::Tuple(items) | Kind::List(items) => items.iter().for_each(|n| free_names(n, names)),
        Kind::Unary(_, a) | Kind::Attribute(a, ..) => free_names(a, names),
        Kind::Chain(first, links) | Kind::Compare(first, links) => {
            free_names(first, names);
            links.iter().for_each(|l| free_names(&l.right, names));
        }
        Kind::Call(function, arguments) => {
            if let Kind::Attribute(object, name, _) = &function.kind
                && ufunc(object, name).is_none()
            {
                free_names(object, names);
            }
            let values = arguments.iter().filter(|a| named_function(function, a).is_none());
            values.for_each(|a| free_names(&a.value, names));
        }
        Kind::Subscript(object, items, _) => {
            let is_grid = matches!(&object.kind, Kind::Name(name) if grid::NAMES.contains(&name.as_str()));
            if !is_grid {
                free_names(object, names);
            }
            items.iter().for_each(|item| item_names(item, names));
        }
        _ => {}
    }
}

/// As [`free_names`], of an item of a subscript.
pub(super) fn item_names<'a>(item: &'a Item, names: &mut BTreeSet<&'a str>) {
    match item {
        Item::Value(node) => free_names(node, names),
        Item::Slice { start, stop, step, .. } => {
            [start, stop, step].into_iter().flatten().for_each(|node| free_names(node, names));
        }
    }
}

fn constant_named(name: &str) -> Option<Meaning> {
    let value = match name {
        "pi" => std::f64::consts::PI,
        "e" => std::f64::consts::E,
        "inf" => f64::INFINITY,
        "nan" => f64::NAN,
        "euler_gamma" => 0.577_215_664_901_532_9,
        "newaxis" => return Some(Meaning::None),
        "str" | "str_" => return Some(Meaning::Str("U".into())),
        "bytes_" => return Some(Meaning::Str("S".into())),
        _ => return None,
    };
    Some(Meaning::Number(Number::Float(value)))
}

/// Whether the node is the name of a module.
pub(super) fn module(node: &Node) -> bool {
    match &node.kind {
        Kind::Name(name) => MODULES.contains(&name.as_str()),
        Kind::Attribute(object, name, _) => PARTS.contains(&name.as_str()) && module(object),
        _ => false,
    }
}

/// The operation whose method is called: `add` in `add.reduce`. No array has a method of such a name.
fn ufunc(object: &Node, method: &str) -> Option<Op> {
    let name = match &object.kind {
        Kind::Name(name) => name,
        Kind::Attribute(object, name, _) if module(object) => name,
        _ => return None,
    };
    functions::ufuncs::METHODS.contains(&method).then(|| Op::from_name(name)).flatten()
}

/// The name of the function that an argument stands for, if the called function takes one.
fn named_function<'a>(called: &Node, argument: &'a Argument) -> Option<&'a str> {
    fn name(node: &Node) -> Option<&str> {
        match &node.kind {
            Kind::Name(name) => Some(name),
            Kind::Attribute(object, name, _) if module(object) => Some(name),
            _ => None,
        }
    }
    let takes = name(called) == Some(functions::TAKES_FUNCTION);
    name(&argument.value).filter(|name| takes && functions::names().any(|known| known == *name))
}

pub(super) struct Lowering<'a> {
    pub(super) variables: &'a Variables,
    pub(super) context: Option<&'a Context>,
}

impl Lowering<'_> {
    fn array(&self, node: &Node) -> Result<Expr> {
        self.place(node)?.array()
    }

    pub(super) fn place(&self, node: &Node) -> Result<Placed> {
        Ok(Placed { meaning: self.meaning(node)?, span: node.span.clone() })
    }

    fn meaning(&self, node: &Node) -> Result<Meaning> {
        Ok(match &node.kind {
            Kind::Bool(b) => Meaning::Number(Number::Bool(*b)),
            Kind::Int(n) => Meaning::Number(Number::Int(n.clone())),
            Kind::Float(x) => Meaning::Number(Number::Float(*x)),
            Kind::Imaginary(x) => Meaning::Number(Number::Complex(num_complex::Complex64::new(0.0, *x))),
            Kind::Str(s) => Meaning::Str(s.clone()),
            Kind::DType(dtype) => Meaning::DType(*dtype),
            Kind::Bytes(s) => Meaning::Array(Expr::bytes_text(s)),
            Kind::None => Meaning::None,
            Kind::Ellipsis => Meaning::Ellipsis,
            Kind::Name(name) => self.name(name, &node.span)?,
            Kind::Tuple(items) => Meaning::Tuple(items.iter().map(|n| self.place(n)).collect::<Result<_>>()?),
            Kind::List(items) => Meaning::List(items.iter().map(|n| self.place(n)).collect::<Result<_>>()?),
            Kind::Unary(op, operand) => self.unary(*op, node, operand)?,
            Kind::Chain(first, links) => self.chain(first, links)?,
            Kind::Compare(first, links) => self.compare(first, links)?,
            Kind::Truth(word) => return Err(truth(word, &node.span)),
            Kind::Call(function, arguments) => self.call(function, arguments)?,
            Kind::Attribute(object, name, at) if module(object) && !self.is_bound(object) => {
                match constant_named(name).or_else(|| meaning::dtype(name).map(Meaning::DType)) {
                    Some(thing) => thing,
                    None => return Err(self.unknown(name, at)),
                }
            }
            Kind::Attribute(object, name, at) => self.attribute(object, name, at)?,
            Kind::Subscript(object, items, comma) => self.subscript(object, items, *comma)?,
        })
    }

    pub(super) fn is_bound(&self, node: &Node) -> bool {
        matches!(&node.kind, Kind::Name(name) if self.variables.contains_key(name))
    }

    fn name(&self, name: &str, span: &Range<usize>) -> Result<Meaning> {
        if let Some(expr) = self.variables.get(name) {
            return Ok(expr.clone().into());
        }
        constant_named(name)
            .or_else(|| meaning::dtype(name).map(Meaning::DType))
            .ok_or_else(|| self.unknown(name, span))
    }

    fn unknown(&self, name: &str, span: &Range<usize>) -> Fault {
        let fault = Fault::new(span, format!("unknown name '{name}'"));
        if functions::names().any(|f| f == name) {
            return fault.help(format!("{name} is a function: call it, as in {name}(...)"));
        }
        let dtypes: Vec<_> = crate::DType::ALL.into_iter().map(crate::DType::name).collect();
        let mut known: Vec<&str> = self.variables.keys().map(String::as_str).collect();
        known.extend_from_slice(&CONSTANTS);
        known.extend(dtypes.iter().map(|name| &**name));
        if let Some(near) = nearest(name, known) {
            return fault.help(format!("did you mean '{near}'?"));
        }
        match self.variables.keys().map(String::as_str).collect::<Vec<_>>().join(", ") {
            bound if bound.is_empty() => fault.help("no array has a name here: bind one to it, as NAME=PATH"),
            bound => fault.help(format!("bound names: {bound}")),
        }
    }

    fn unary(&self, op: Unary, node: &Node, operand: &Node) -> Result<Meaning> {
        let operand = self.place(operand)?;
        if let Some(value) = operand.number() {
            return Ok(Meaning::Number(constant::unary(op, &node.span, value)?));
        }
        if operand.is_list() {
            return Err(operand.wrong("an array").help("write array([...])"));
        }
        let sign = node.span.start..node.span.start + 1;
        functions::elementwise(op.function(), &sign, &[operand.array()?]).map(Meaning::Array)
    }

    fn chain(&self, first: &Node, links: &[Link]) -> Result<Meaning> {
        let mut left = self.place(first)?;
        for link in links {
            let right = self.place(&link.right)?;
            left.meaning = binary(link.op, &link.at, &left, &right)?;
            left.span.end = right.span.end;
        }
        Ok(left.meaning)
    }

    fn compare(&self, first: &Node, links: &[Link]) -> Result<Meaning> {
        let mut left = self.place(first)?;
        let mut all: Option<Placed> = None;
        for link in links {
            let right = self.place(&link.right)?;
            let holds = binary(link.op, &link.at, &left, &right)?;
            let meaning = match all {
                None => holds,
                Some(before) => {
                    let holds = Placed { meaning: holds, span: link.at.clone() };
                    binary(Binary::And, &link.at, &before, &holds)?
                }
            };
            all = Some(Placed { meaning, span: link.at.clone() });
            left = right;
        }
        Ok(all.unwrap_or(left).meaning)
    }

    fn call(&self, function: &Node, arguments: &[Argument]) -> Result<Meaning> {
        let (name, at, object) = match &function.kind {
            Kind::Name(name) => (name, &function.span, None),
            Kind::Attribute(object, name, at) if ufunc(object, name).is_some() => (name, at, None),
            Kind::Attribute(object, name, at) if module(object) && !self.is_bound(object) => (name, at, None),
            Kind::Attribute(object, name, at) => (name, at, Some(self.place(object)?)),
            _ => return Err(Fault::new(&function.span, "this is not a function, and cannot be called")),
        };
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = match named_function(function, argument) {
                Some(name) => {
                    Placed { meaning: Meaning::Str(name.to_owned()), span: argument.value.span.clone() }
                }
                None => self.place(&argument.value)?,
            };
            given.push((argument.name.clone(), value));
        }
        let call = Call { name, at: at.clone(), object, context: self.context, given };
        let op = match &function.kind {
            Kind::Attribute(object, name, _) => ufunc(object, name),
            _ => None,
        };
        match op {
            Some(op) => functions::ufuncs::evaluate(op, &call).map(Meaning::from),
            None => functions::evaluate(&call, self.variables),
        }
    }

    fn attribute(&self, object: &Node, name: &str, at: &Range<usize>) -> Result<Meaning> {
        let array = self.array(object)?;
        let count = |n: u64| Meaning::Number(Number::Int(n.into()));
        let elementwise = |name| functions::elementwise(name, at, std::slice::from_ref(&array));
        Ok(match name {
            "T" => Meaning::Array(array.transpose()),
            "mT" => Meaning::Array(array.swap_axes(-1, -2).map_err(|e| Fault::engine(at, e))?),
            "real" | "imag" => Meaning::Array(elementwise(name)?),
            "dtype" => Meaning::DType(array.dtype()),
            "ndim" => count(array.ndim() as u64),
            "size" => count(array.shape().iter().product()),
            "shape" => {
                let span = at.clone();
                let item = |&n: &u64| Placed { meaning: count(n), span: span.clone() };
                Meaning::Tuple(array.shape().iter().map(item).collect())
            }
            _ => {
                let fault = Fault::new(at, format!("arrays have no attribute '{name}'"));
                return Err(if functions::is_method(name) {
                    fault.help(format!("it is a method: call it, as in .{name}()"))
                } else {
                    fault.help("attributes: T, mT, real, imag, dtype, ndim, shape, size")
                });
            }
        })
    }
}

fn binary(op: Binary, at: &Range<usize>, a: &Placed, b: &Placed) -> Result<Meaning> {
    if let (Some(a), Some(b)) = (a.number(), b.number()) {
        return constant::binary(op, at, a, b).map(Meaning::Number);
    }
    // Python's own lists do not compute: beside an array, a list becomes one
    if let Some(list) = [a, b].into_iter().find(|x| x.is_list())
        && ![a, b].iter().any(|x| matches!(x.meaning, Meaning::Array(_)))
    {
        let help = match op {
            Binary::Mul => "lists are not repeated here: write tile([...], 3), or array([...]) to multiply",
            _ => "write array([...])",
        };
        return Err(list.wrong("an array").help(help));
    }
    let (a, b) = (a.array()?, b.array()?);
    match op {
        Binary::MatMul => a.matmul(&b).map_err(|e| Fault::engine(at, e)),
        Binary::Pow => a.power(&b).map_err(|e| Fault::engine(at, e)),
        _ => functions::elementwise(op.function(), at, &[a, b]),
    }
    .map(Meaning::Array)
}

fn truth(word: &str, span: &Range<usize>) -> Fault {
    let instead = match word {
        "and" => "use a & b, with comparisons in parentheses: (x > 0) & (x < 1)",
        "or" => "use a | b, with comparisons in parentheses: (x < 0) | (x > 1)",
        _ => "use ~a, or logical_not(a)",
    };
    Fault::new(span, format!("'{word}' needs one truth value, but an array has many")).help(instead)
}
