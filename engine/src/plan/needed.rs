//! The part of each result that is read.
//!
//! `sum(a, axis=0)[0]` needs one column of `a`. An index of a result moves past operators that can compute a part of
//! their result alone, so that only the elements below this part are read. A fold gets all of its input and reads what
//! it needs: which numbers are added first is decided by all of it, so that a part has the bits of the whole.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::Expr;
use crate::expr::{Application, Kind};
use crate::view::{AxisMap, View, all};

/// A range of indices for each axis.
pub(super) type Part = Vec<Range<u64>>;

/// The nodes of which only a part is computed, by their addresses.
#[derive(Default)]
pub(super) struct Needed(HashMap<usize, Part>);

impl Needed {
    /// What is needed of everything below `roots`.
    pub(super) fn new(roots: &[&Expr]) -> Needed {
        let nodes = inputs_first(roots);
        let is_view = |expr: &&Expr| matches!(expr.0.kind, Kind::View { .. });
        let narrows = |expr: &&Expr| {
            application(expr).is_some_and(|of| {
                of.folds() || of.operator.needs(&mut all(expr.shape()), &shapes(of)).is_some()
            })
        };
        if !(nodes.iter().any(is_view) && nodes.iter().any(narrows)) {
            return Needed::default();
        }
        let mut parts: HashMap<usize, Part> =
            roots.iter().map(|root| (root.address(), all(root.shape()))).collect();
        for expr in nodes.iter().rev() {
            let Some(mut part) = parts.remove(&expr.address()) else { continue };
            for (input, part) in expr.0.kind.inputs().iter().zip(parts_of_inputs(expr, &mut part)) {
                parts.entry(input.address()).and_modify(|known| join(known, &part)).or_insert(part);
            }
            parts.insert(expr.address(), part);
        }
        // nodes that no narrowed operator stands below stay as they are: their programs read no more than is needed
        let mut above = HashSet::new();
        for expr in &nodes {
            let narrowed = |part| part != &all(expr.shape());
            let begins = narrows(expr) && parts.get(&expr.address()).is_some_and(narrowed);
            let passes = !matches!(expr.0.kind, Kind::Output { .. });
            if begins || passes && expr.0.kind.inputs().iter().any(|input| above.contains(&input.address())) {
                above.insert(expr.address());
            }
        }
        parts.retain(|address, _| above.contains(address));
        Needed(parts)
    }

    /// The part of `expr` that its node computes.
    pub(super) fn of(&self, expr: &Expr) -> Part {
        self.0.get(&expr.address()).cloned().unwrap_or_else(|| all(expr.shape()))
    }

    /// The part of each input of `expr` that its node reads; no parts if every node computes all.
    pub(super) fn by(&self, expr: &Expr) -> Vec<Part> {
        if self.0.is_empty() { Vec::new() } else { parts_of_inputs(expr, &mut self.of(expr)) }
    }
}

/// The view whose indices are those of `part`.
fn begins(part: &Part) -> View {
    let along =
        |(axis, part): (usize, &Range<u64>)| AxisMap::Along { axis, start: part.start as i64, step: 1 };
    View(part.iter().enumerate().map(along).collect())
}

/// The part `part` of a view, of an array of which only `held` is there.
pub(super) fn within(view: &View, part: &Part, held: &Part) -> View {
    view.through(&begins(part)).shifted(held.iter().map(|held| -(held.start as i64)))
}

/// All nodes below `roots`, each after its inputs.
fn inputs_first<'e>(roots: &[&'e Expr]) -> Vec<&'e Expr> {
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    // the second time that a node is on top, its inputs are there
    let mut path: Vec<(&Expr, bool)> = roots.iter().rev().map(|&root| (root, false)).collect();
    while let Some((expr, ready)) = path.pop() {
        if ready {
            found.push(expr);
        } else if seen.insert(expr.address()) {
            path.push((expr, true));
            path.extend(expr.0.kind.inputs().iter().map(|input| (input, false)));
        }
    }
    found
}

/// The operator that `expr` is the only output of.
fn application(expr: &Expr) -> Option<&Arc<Application>> {
    match &expr.0.kind {
        Kind::Output { of, .. } if of.outputs.len() == 1 => Some(of),
        _ => None,
    }
}

fn shapes(of: &Application) -> Vec<&[u64]> {
    of.inputs.iter().map(Expr::shape).collect()
}

/// The parts of the inputs that `part` of the result follows from. An operator may widen `part` first.
fn parts_of_inputs(expr: &Expr, part: &mut Part) -> Vec<Part> {
    let everything = || expr.0.kind.inputs().iter().map(|input| all(input.shape())).collect();
    match &expr.0.kind {
        Kind::View { input, view } => vec![view.part(part).unwrap_or_else(|| all(input.shape()))],
        Kind::Cast(_) => vec![part.clone()],
        Kind::Apply { inputs, .. } => inputs.iter().map(|input| broadcast(part, input.shape())).collect(),
        Kind::Output { .. } => {
            let needs = application(expr).and_then(|of| of.operator.needs(part, &shapes(of)));
            needs.unwrap_or_else(everything)
        }
        Kind::Source(_) | Kind::Weak(_) | Kind::Constant(_) => Vec::new(),
    }
}

/// The part of an operand of `shape` that broadcasts to `part`.
fn broadcast(part: &Part, shape: &[u64]) -> Part {
    let lead = part.len().saturating_sub(shape.len());
    part[lead..].iter().zip(shape).map(|(part, &n)| if n == 1 { 0..1 } else { part.clone() }).collect()
}

/// Widens `known` to the smallest part that holds both.
fn join(known: &mut Part, part: &Part) {
    for (known, part) in known.iter_mut().zip(part) {
        *known = known.start.min(part.start)..known.end.max(part.end);
    }
}
