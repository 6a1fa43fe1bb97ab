//! Tree to lazy arrays.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::ast::{Argument, Binary, Item, Kind, Link, Node, Unary};
use super::call::Call;
use super::error::{Fault, Result, nearest};
use super::meaning::{self, Meaning, Placed};
use super::number::Number;
use super::{constant, functions};
use crate::{Context, Expr, Index};

type Variables = BTreeMap<String, Expr>;

/// Names of a module that may precede NumPy's names.
const MODULES: [&str; 3] = ["np", "numpy", "xp"];

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
            (Meaning::Tuple(parts), Kind::Call(..)) => {
                for (number, part) in parts.iter().enumerate() {
                    results.push((format!("{text}[{number}]"), part.array()?));
                }
            }
            _ => results.push((text.to_owned(), placed.array()?)),
        }
    }
    Ok(results)
}

/// The meaning of one node.
pub(super) fn meaning(variables: &Variables, context: Option<&Context>, node: &Node) -> Result<Meaning> {
    Lowering { variables, context }.meaning(node)
}

/// The parts of a subscript.
pub(super) fn indices(variables: &Variables, items: &[Item], comma: bool) -> Result<Vec<Index>> {
    Lowering { variables, context: None }.indices(items, comma)
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
            if let Kind::Attribute(object, ..) = &function.kind {
                free_names(object, names);
            }
            arguments.iter().for_each(|a| free_names(&a.value, names));
        }
        Kind::Subscript(object, items, _) => {
            free_names(object, names);
            for item in items {
                match item {
                    Item::Value(n) => free_names(n, names),
                    Item::Slice { start, stop, step, .. } => {
                        [start, stop, step].into_iter().flatten().for_each(|n| free_names(n, names));
                    }
                }
            }
        }
        _ => {}
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
        _ => return None,
    };
    Some(Meaning::Number(Number::Float(value)))
}

/// Whether the node is the name of a module.
fn module(node: &Node) -> bool {
    matches!(&node.kind, Kind::Name(name) if MODULES.contains(&name.as_str()))
}

struct Lowering<'a> {
    variables: &'a Variables,
    context: Option<&'a Context>,
}

impl Lowering<'_> {
    fn array(&self, node: &Node) -> Result<Expr> {
        self.place(node)?.array()
    }

    fn place(&self, node: &Node) -> Result<Placed> {
        Ok(Placed { meaning: self.meaning(node)?, span: node.span.clone() })
    }

    fn meaning(&self, node: &Node) -> Result<Meaning> {
        Ok(match &node.kind {
            Kind::Bool(b) => Meaning::Number(Number::Bool(*b)),
            Kind::Int(n) => Meaning::Number(Number::Int(n.clone())),
            Kind::Float(x) => Meaning::Number(Number::Float(*x)),
            Kind::Imaginary(x) => Meaning::Number(Number::Complex(num_complex::Complex64::new(0.0, *x))),
            Kind::Str(s) => Meaning::Str(s.clone()),
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

    fn is_bound(&self, node: &Node) -> bool {
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
        let dtypes = crate::DType::ALL.into_iter().map(crate::DType::name);
        let mut known: Vec<&str> = self.variables.keys().map(String::as_str).collect();
        known.extend_from_slice(&CONSTANTS);
        for name in dtypes {
            known.push(name);
        }
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
            Kind::Attribute(object, name, at) if module(object) && !self.is_bound(object) => (name, at, None),
            Kind::Attribute(object, name, at) => (name, at, Some(self.place(object)?)),
            _ => return Err(Fault::new(&function.span, "this is not a function, and cannot be called")),
        };
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            given.push((argument.name.clone(), self.place(&argument.value)?));
        }
        let call = Call { name, at: at.clone(), object, context: self.context, given };
        functions::evaluate(&call, self.variables)
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

    fn subscript(&self, object: &Node, items: &[Item], comma: bool) -> Result<Meaning> {
        let object = self.place(object)?;
        if let Meaning::Tuple(parts) | Meaning::List(parts) = &object.meaning {
            return self.element(parts, items, comma, &object.span);
        }
        let array = object.array()?;
        let span = |item: &Item| match item {
            Item::Value(node) => node.span.clone(),
            Item::Slice { span, .. } => span.clone(),
        };
        let whole = match (items.first(), items.last()) {
            (Some(first), Some(last)) => span(first).start..span(last).end,
            _ => object.span.clone(),
        };
        let parts = self.indices(items, comma)?;
        array.index(&parts).map(Meaning::Array).map_err(|error| {
            // If one index causes the error, and each index is written as one item, point at this item.
            let at = match error {
                crate::Error::Index { axis, .. } => parts
                    .iter()
                    .position(|p| *p == Index::Ellipsis)
                    .is_none()
                    .then(|| parts.iter().enumerate().filter(|(_, p)| **p != Index::NewAxis).nth(axis))
                    .flatten()
                    .filter(|_| parts.len() == items.len())
                    .and_then(|(i, _)| items.get(i))
                    .map(span),
                _ => None,
            };
            Fault::engine(&at.unwrap_or(whole), error)
        })
    }

    /// `a.shape[0]`
    fn element(&self, parts: &[Placed], items: &[Item], comma: bool, span: &Range<usize>) -> Result<Meaning> {
        let ([Item::Value(node)], false) = (items, comma) else {
            return Err(Fault::new(span, "expected a single integer as the index of a tuple"));
        };
        let index = self.place(node)?.integer()?;
        let from_start = if index < 0 { index.saturating_add(parts.len() as i64) } else { index };
        let part = usize::try_from(from_start).ok().and_then(|i| parts.get(i));
        part.map(|p| p.meaning.clone()).ok_or_else(|| {
            Fault::new(
                &node.span,
                format!("index {index} is out of bounds for a tuple of {} items", parts.len()),
            )
        })
    }

    /// The parts of a subscript. A single tuple without a comma after it gives the parts: `a[(0, 2)]` is `a[0, 2]`.
    fn indices(&self, items: &[Item], comma: bool) -> Result<Vec<Index>> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::Slice { start, stop, step, .. } => {
                    let bound = |node: &Option<Node>| match node {
                        None => Ok(None),
                        Some(node) => {
                            let placed = self.place(node)?;
                            if placed.is_none() { Ok(None) } else { placed.bound().map(Some) }
                        }
                    };
                    parts.push(Index::Slice { start: bound(start)?, stop: bound(stop)?, step: bound(step)? });
                }
                Item::Value(node) => {
                    let placed = self.place(node)?;
                    match &placed.meaning {
                        Meaning::Tuple(inner) if items.len() == 1 && !comma => {
                            for part in inner {
                                parts.push(index(part)?);
                            }
                        }
                        _ => parts.push(index(&placed)?),
                    }
                }
            }
        }
        Ok(parts)
    }
}

/// One part of a subscript. Arrays of indices and masks are refused.
fn index(placed: &Placed) -> Result<Index> {
    let refuse = |message: &str, help: &str| Err(Fault::new(&placed.span, message).help(help));
    match &placed.meaning {
        Meaning::None => Ok(Index::NewAxis),
        Meaning::Ellipsis => Ok(Index::Ellipsis),
        Meaning::Number(Number::Int(_)) => placed.integer().map(Index::At),
        Meaning::Number(Number::Bool(_)) => refuse(
            "True and False are no indices here; NumPy would make an axis of them",
            "a new axis is a[None]; for the places 1 and 0 write the numbers",
        ),
        Meaning::List(items) | Meaning::Tuple(items) => refuse(
            "a list of places is not an index yet; NumPy would take the elements there, one by one",
            &instead(items),
        ),
        Meaning::Array(array) if array.dtype() != crate::DType::Bool => refuse(
            "an array of places is not an index yet; NumPy would take the elements there, one by one",
            "places at equal distances are a slice: a[start:stop:step]",
        ),
        Meaning::Array(_) => refuse(
            "a mask is not an index yet; NumPy would take the elements where it is true",
            "choose elements by a mask with where(mask, a, other)",
        ),
        _ => refuse("an index is an integer, a slice, ... or None", "an integer is written without a point"),
    }
}

/// A suggestion in place of a list of indices.
fn instead(items: &[Placed]) -> String {
    let places: Vec<i64> = items.iter().map_while(|item| item.integer().ok()).collect();
    let numbers = |places: &[i64]| places.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    if places.len() == items.len()
        && let [first, second, ..] = places[..]
        && let Some(step) = second.checked_sub(first).filter(|&step| step > 0 && first >= 0)
        && places.windows(2).all(|pair| pair[1].checked_sub(pair[0]) == Some(step))
    {
        let stop = places[places.len() - 1].saturating_add(1);
        let by = if step == 1 { String::new() } else { format!(":{step}") };
        let all = numbers(&places);
        return format!(
            "the places {all} of an axis are {first}:{stop}{by}; one place on each axis is a[{all}]"
        );
    }
    match places[..] {
        [one] if items.len() == 1 => format!("for a view of that one place write a[{one}][None]"),
        _ => "places at equal distances are a slice: a[start:stop:step]".to_owned(),
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
        return Err(list.wrong("an array").help("write array([...])"));
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
