//! Subscripts: slices, indices, masks, fields, and the grids `mgrid` and `ogrid`.

use std::ops::Range;

use super::ast::{Item, Kind, Node};
use super::error::{Fault, Result};
use super::grid;
use super::lower::{Lowering, Variables, module};
use super::meaning::{Meaning, Placed};
use super::number::Number;
use crate::{Context, DType, Expr, Index, Kind as Family, Part};

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

/// The parts of a subscript.
pub(super) fn parts(
    variables: &Variables,
    context: &Context,
    items: &[Item],
    comma: bool,
) -> Result<Vec<Part>> {
    Lowering { variables, context: Some(context) }.parts(items, comma)
}

/// The place of one item of a subscript.
fn span(item: &Item) -> Range<usize> {
    match item {
        Item::Value(node) => node.span.clone(),
        Item::Slice { span, .. } => span.clone(),
    }
}

impl Lowering<'_> {
    pub(super) fn subscript(&self, object: &Node, items: &[Item], comma: bool) -> Result<Meaning> {
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
