//! Tree to lazy arrays.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::ast::{Argument, Binary, Item, Kind, Link, Node, Unary};
use super::call::Call;
use super::error::{Fault, Result, nearest};
use super::meaning::{self, Meaning, Placed};
use super::number::Number;
use super::{constant, functions, grid};
use crate::{Context, DType, Expr, Index, Kind as Family, Op, Part};

type Variables = BTreeMap<String, Expr>;

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

/// The parts of a subscript that names a region: no arrays.
pub(super) fn region(items: &[Item], comma: bool) -> Result<Vec<Index>> {
    let variables = Variables::new();
    let parts = Lowering { variables: &variables, context: None }.parts(items, comma)?;
    let index = |part: Part| match part {
        Part::Index(index) => Ok(index),
        Part::Array(_) => {
            let whole = items.first().map_or(0, |item| span(item).start)
                ..items.last().map_or(0, |item| span(item).end);
            Err(Fault::new(&whole, "a region is named by integers and slices, not by lists"))
        }
    };
    parts.into_iter().map(index).collect()
}

/// The place of one item of a subscript.
fn span(item: &Item) -> Range<usize> {
    match item {
        Item::Value(node) => node.span.clone(),
        Item::Slice { span, .. } => span.clone(),
    }
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
            arguments.iter().for_each(|a| free_names(&a.value, names));
        }
        Kind::Subscript(object, items, _) => {
            let is_grid = matches!(&object.kind, Kind::Name(name) if grid::NAMES.contains(&name.as_str()));
            if !is_grid {
                free_names(object, names);
            }
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
            Kind::Bytes(s) => Meaning::Array(Expr::bytes_text(s.as_bytes())),
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
            given.push((argument.name.clone(), self.place(&argument.value)?));
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

    fn subscript(&self, object: &Node, items: &[Item], comma: bool) -> Result<Meaning> {
        if let Some((name, at)) = self.grid_name(object) {
            return self.grid(name, at, items, comma);
        }
        let object = self.place(object)?;
        if let Meaning::Tuple(parts) | Meaning::List(parts) = &object.meaning {
            return self.element(parts, items, comma, &object.span);
        }
        let array = object.array()?;
        let whole = match (items.first(), items.last()) {
            (Some(first), Some(last)) => span(first).start..span(last).end,
            _ => object.span.clone(),
        };
        if let Some(names) = self.field_names(items, comma)? {
            let found = match &names[..] {
                [(name, false)] => array.field(name),
                names => array.fields(&names.iter().map(|(name, _)| &name[..]).collect::<Vec<_>>()),
            };
            return found.map(Meaning::Array).map_err(|e| Fault::engine(&whole, e));
        }
        let parts = self.parts(items, comma)?;
        let context = self.context.cloned().unwrap_or_default();
        array.subscript(&parts, &context).map(Meaning::Array).map_err(|error| {
            let is_new = |part: &Part| matches!(part, Part::Index(Index::NewAxis));
            // If one index causes the error, and each index is written as one item, point at this item.
            let at = match error {
                crate::Error::Index { axis, .. } => parts
                    .iter()
                    .position(|p| matches!(p, Part::Index(Index::Ellipsis)))
                    .is_none()
                    .then(|| parts.iter().enumerate().filter(|(_, p)| !is_new(p)).nth(axis))
                    .flatten()
                    .filter(|_| parts.len() == items.len())
                    .and_then(|(i, _)| items.get(i))
                    .map(span),
                _ => None,
            };
            Fault::engine(&at.unwrap_or(whole), error)
        })
    }

    /// The name of a grid of NumPy's, `mgrid` or `ogrid`, unless an array has this name.
    fn grid_name<'n>(&self, node: &'n Node) -> Option<(&'n str, &'n Range<usize>)> {
        let (name, at) = match &node.kind {
            Kind::Name(name) if !self.variables.contains_key(name) => (name, &node.span),
            Kind::Attribute(object, name, at) if module(object) && !self.is_bound(object) => (name, at),
            _ => return None,
        };
        grid::NAMES.contains(&name.as_str()).then_some((name.as_str(), at))
    }

    fn grid(&self, name: &str, at: &Range<usize>, items: &[Item], comma: bool) -> Result<Meaning> {
        let place = |node: &Option<Node>| match node {
            Some(node) => self.place(node).map(|placed| (!placed.is_none()).then_some(placed)),
            None => Ok(None),
        };
        let slice = |item: &Item| match item {
            Item::Slice { start, stop, step, span } => Ok(grid::Slice {
                start: place(start)?,
                stop: place(stop)?,
                step: place(step)?,
                span: span.clone(),
            }),
            Item::Value(node) => {
                Err(Fault::new(&node.span, format!("{name} takes slices, as in {name}[0:5, 0:3]")))
            }
        };
        let slices = items.iter().map(slice).collect::<Result<Vec<_>>>()?;
        grid::grid(name, &slices, comma || slices.len() > 1, at)
    }

    /// The fields that `r['a']` or `r[['a', 'b']]` names, each with whether it stands in a list.
    fn field_names(&self, items: &[Item], comma: bool) -> Result<Option<Vec<(String, bool)>>> {
        let ([Item::Value(node)], false) = (items, comma) else { return Ok(None) };
        if !matches!(node.kind, Kind::Str(_) | Kind::List(_)) {
            return Ok(None);
        }
        let name = |placed: &Placed| match &placed.meaning {
            Meaning::Str(name) => Some(name.clone()),
            _ => None,
        };
        let placed = self.place(node)?;
        Ok(match &placed.meaning {
            Meaning::Str(name) => Some(vec![(name.clone(), false)]),
            Meaning::List(parts) if !parts.is_empty() => {
                parts.iter().map(|part| name(part).map(|name| (name, true))).collect()
            }
            _ => None,
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
    fn parts(&self, items: &[Item], comma: bool) -> Result<Vec<Part>> {
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
                    let (start, stop, step) = (bound(start)?, bound(stop)?, bound(step)?);
                    parts.push(Part::Index(Index::Slice { start, stop, step }));
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

/// One part of a subscript.
fn index(placed: &Placed) -> Result<Part> {
    let wrong = |help: &str| {
        let what = "an index is an integer, a slice, ..., None, or an array of integers or of booleans";
        Err(Fault::new(&placed.span, what).help(help))
    };
    match &placed.meaning {
        Meaning::None => Ok(Part::Index(Index::NewAxis)),
        Meaning::Ellipsis => Ok(Part::Index(Index::Ellipsis)),
        Meaning::Number(Number::Int(_)) => Ok(Part::Index(Index::At(placed.integer()?))),
        Meaning::Number(Number::Bool(_)) => {
            Ok(Part::Array(placed.array()?.cast(DType::Bool).map_err(|e| Fault::engine(&placed.span, e))?))
        }
        Meaning::List(_) | Meaning::Tuple(_) => places(placed).map(Part::Array),
        Meaning::Array(array) => match array.dtype().kind() {
            Family::Bool | Family::Signed | Family::Unsigned => Ok(Part::Array(array.clone())),
            _ => wrong(&format!(
                "this is an array of {}: astype(..., int64) makes integers of it",
                array.dtype()
            )),
        },
        _ => wrong("an integer is written without a point"),
    }
}

/// A list of places or of booleans. A list without elements is one of places.
pub(super) fn places(placed: &Placed) -> Result<Expr> {
    let array = placed.array()?;
    let fault = |e: crate::Error| Fault::engine(&placed.span, e);
    let none = array.shape().contains(&0) && matches!(placed.meaning, Meaning::List(_) | Meaning::Tuple(_));
    match array.dtype().kind() {
        _ if none => array.cast(DType::I64).map_err(fault),
        Family::Bool | Family::Signed | Family::Unsigned => array.typed().map_err(fault),
        _ => Err(Fault::new(&placed.span, "a list of places holds integers, or booleans")),
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
