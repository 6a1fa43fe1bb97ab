//! The expression graph with equal parts made one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::expr::{Expr, Kind};
use crate::op::{Op, Reduction};
use crate::source::Source;
use crate::view::View;
use crate::{DType, Result};

/// A node of a [`Graph`].
pub(crate) type Id = usize;

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    Source(Arc<dyn Source>),
    Constant(Vec<u8>),
    Cast(Id),
    Apply { op: Op, inputs: Vec<Id> },
    View { input: Id, view: View },
    Reduce { input: Id, reduction: Reduction, axes: Vec<usize>, ddof: f64 },
    Matmul { a: Id, b: Id },
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) dtype: DType,
    pub(crate) shape: Vec<u64>,
}

/// What makes two nodes the same.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Source(usize),
    Constant(Vec<u8>),
    Cast(Id),
    Apply(Op, Vec<Id>),
    View(Id, View, Vec<u64>),
    Reduce(Id, Reduction, Vec<usize>, u64),
    Matmul(Id, Id),
}

fn address(expr: &Expr) -> usize {
    Arc::as_ptr(&expr.0).addr()
}

/// Expressions as nodes with numbers; equal subexpressions have one.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    known: HashMap<(Key, DType), Id>,
    seen: HashMap<usize, Id>,
}

impl Graph {
    pub(crate) fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// The number of an expression. Inputs have smaller numbers than what uses them.
    pub(crate) fn add(&mut self, expr: &Expr) -> Result<Id> {
        // The path to the node at hand is kept here and not on the stack, which a sum of thousands of terms would overflow.
        let mut path = vec![expr];
        let mut id = 0;
        while let Some(&top) = path.last() {
            let waits = path.len();
            path.extend(top.0.kind.inputs().rev().filter(|x| !self.seen.contains_key(&address(x))));
            if path.len() == waits {
                path.pop();
                id = self.add_over(top)?;
            }
        }
        Ok(id)
    }

    /// The number of an expression whose inputs have theirs.
    fn add_over(&mut self, expr: &Expr) -> Result<Id> {
        let address = address(expr);
        if let Some(&id) = self.seen.get(&address) {
            return Ok(id);
        }
        let shape = expr.shape().to_vec();
        let (key, kind) = match &expr.0.kind {
            Kind::Source(s) => (Key::Source(Arc::as_ptr(s).addr()), NodeKind::Source(s.clone())),
            Kind::Weak(value) => {
                let bytes = value.to_bytes(expr.dtype())?;
                (Key::Constant(bytes.clone()), NodeKind::Constant(bytes))
            }
            Kind::Constant(bytes) => (Key::Constant(bytes.clone()), NodeKind::Constant(bytes.clone())),
            Kind::Cast(input) => {
                let input = self.add_over(input)?;
                (Key::Cast(input), NodeKind::Cast(input))
            }
            Kind::Apply { op, inputs } => {
                let inputs = inputs.iter().map(|i| self.add_over(i)).collect::<Result<Vec<_>>>()?;
                (Key::Apply(*op, inputs.clone()), NodeKind::Apply { op: *op, inputs })
            }
            Kind::View { input, view } => {
                let input = self.add_over(input)?;
                let key = Key::View(input, view.clone(), shape.clone());
                (key, NodeKind::View { input, view: view.clone() })
            }
            Kind::Reduce(r) => {
                let input = self.add_over(&r.input)?;
                let (reduction, axes, ddof) = (r.reduction, r.axes.clone(), r.ddof);
                let key = Key::Reduce(input, reduction, axes.clone(), ddof.to_bits());
                (key, NodeKind::Reduce { input, reduction, axes, ddof })
            }
            Kind::Matmul { a, b } => {
                let (a, b) = (self.add_over(a)?, self.add_over(b)?);
                (Key::Matmul(a, b), NodeKind::Matmul { a, b })
            }
        };
        let dtype = expr.dtype();
        let nodes = &mut self.nodes;
        let id = *self.known.entry((key, dtype)).or_insert_with(|| {
            nodes.push(Node { kind, dtype, shape });
            nodes.len() - 1
        });
        self.seen.insert(address, id);
        Ok(id)
    }

    /// Every node whose result is needed whole before `roots` can be computed, inputs first.
    pub(crate) fn cuts(&self, roots: &[Id]) -> Vec<Id> {
        let mut needed = vec![false; self.nodes.len()];
        for &root in roots {
            needed[root] = true;
        }
        for id in (0..self.nodes.len()).rev() {
            if needed[id] {
                for input in self.inputs(id) {
                    needed[input] = true;
                }
            }
        }
        let is_cut = |&id: &Id| {
            needed[id] && matches!(self.nodes[id].kind, NodeKind::Reduce { .. } | NodeKind::Matmul { .. })
        };
        (0..self.nodes.len()).filter(is_cut).collect()
    }

    /// Whether a source holds chunks that have to be decoded.
    pub(crate) fn decodes(&self) -> bool {
        self.nodes.iter().any(|node| matches!(&node.kind, NodeKind::Source(source) if !source.in_place()))
    }

    /// The sources and cuts whose elements are read by what reductions among `cuts` fold.
    pub(crate) fn folded(&self, cuts: &[Id]) -> HashSet<Id> {
        let mut folded = HashSet::new();
        let mut seen = HashSet::new();
        let reduced = cuts.iter().filter_map(|&id| match self.nodes[id].kind {
            NodeKind::Reduce { input, .. } => Some(input),
            _ => None,
        });
        let mut path: Vec<Id> = reduced.collect();
        while let Some(id) = path.pop() {
            match &self.nodes[id].kind {
                _ if !seen.insert(id) => {}
                NodeKind::Source(_) | NodeKind::Reduce { .. } | NodeKind::Matmul { .. } => {
                    folded.insert(id);
                }
                _ => path.extend(self.inputs(id)),
            }
        }
        folded
    }

    /// The nodes that are sources in files.
    pub(crate) fn stored(&self) -> impl Iterator<Item = Id> + '_ {
        let is = |node: &Node| matches!(&node.kind, NodeKind::Source(source) if source.is_stored());
        self.nodes.iter().enumerate().filter(move |(_, node)| is(node)).map(|(id, _)| id)
    }

    /// The node that is a source.
    pub(crate) fn source(&self, source: &Arc<dyn Source>) -> Option<Id> {
        let is = |node: &Node| matches!(&node.kind, NodeKind::Source(other) if Arc::ptr_eq(other, source));
        self.nodes.iter().position(is)
    }

    /// Whether another node reads this one.
    pub(crate) fn is_used(&self, id: Id) -> bool {
        (0..self.nodes.len()).any(|user| self.inputs(user).contains(&id))
    }

    fn inputs(&self, id: Id) -> Vec<Id> {
        match &self.nodes[id].kind {
            NodeKind::Source(_) | NodeKind::Constant(_) => Vec::new(),
            NodeKind::Cast(input) | NodeKind::View { input, .. } | NodeKind::Reduce { input, .. } => {
                vec![*input]
            }
            NodeKind::Apply { inputs, .. } => inputs.clone(),
            NodeKind::Matmul { a, b } => vec![*a, *b],
        }
    }
}
