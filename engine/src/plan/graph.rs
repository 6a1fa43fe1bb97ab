//! The expression graph with equal parts made one.

use std::collections::HashMap;
use std::sync::Arc;

use super::needed::{self, Needed, Part};
use crate::expr::{Expr, Kind};
use crate::op::Op;
use crate::operator::Operator;
use crate::program::Id;
use crate::source::{Source, elements};
use crate::view::{View, shape_of};
use crate::{Budget, DType, Result};

#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    Source(Arc<dyn Source>),
    Constant(Vec<u8>),
    Cast(Id),
    Apply {
        op: Op,
        inputs: Vec<Id>,
    },
    View {
        input: Id,
        view: View,
    },
    /// An output of an operator. A fold may compute a part of its result alone.
    Operator {
        operator: Arc<dyn Operator>,
        inputs: Vec<Id>,
        /// Type and shape of each output.
        outputs: Vec<(DType, Vec<u64>)>,
        part: Option<Part>,
    },
    /// The output of an operator that is computed where it is read.
    Derived {
        operator: Arc<dyn Operator>,
        inputs: Vec<Id>,
    },
}

/// A derived result whose inputs compute more than this many derived results becomes a stage of its own. A result that
/// is read in several ways is computed in each of them.
const MOST: usize = 12;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) dtype: DType,
    pub(super) shape: Vec<u64>,
}

impl Node {
    /// The operator, if this is one of its outputs and needs a stage.
    pub(super) fn operator(&self) -> Option<(&dyn Operator, &[Id])> {
        match &self.kind {
            NodeKind::Operator { operator, inputs, .. } => Some((operator.as_ref(), inputs)),
            _ => None,
        }
    }

    /// The part of a fold's result that is computed; `None`: all of it.
    pub(super) fn part(&self) -> Option<&Part> {
        match &self.kind {
            NodeKind::Operator { part, .. } => part.as_ref(),
            _ => None,
        }
    }

    /// Bytes of its elements.
    pub(super) fn bytes(&self) -> Result<u64> {
        Ok(elements(&self.shape)?.saturating_mul(self.dtype.size() as u64))
    }

    fn inputs(&self) -> &[Id] {
        match &self.kind {
            NodeKind::Source(_) | NodeKind::Constant(_) => &[],
            NodeKind::Cast(input) | NodeKind::View { input, .. } => std::slice::from_ref(input),
            NodeKind::Apply { inputs, .. }
            | NodeKind::Operator { inputs, .. }
            | NodeKind::Derived { inputs, .. } => inputs,
        }
    }
}

/// The identity of a node: nodes with equal keys are the same.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Source(usize),
    SourceView(Vec<u8>),
    Constant(Vec<u8>),
    Cast(Id),
    Apply(Op, Vec<Id>),
    View(Id, View, Vec<u64>),
    Operator(&'static str, Vec<u8>, Vec<Id>, Option<Part>, usize),
}

/// The key of output `number` of an operator.
fn operator_key(operator: &dyn Operator, inputs: &[Id], part: Option<&Part>, number: usize) -> Key {
    Key::Operator(operator.name(), operator.key(), inputs.to_vec(), part.cloned(), number)
}

/// Expressions as numbered nodes; equal subexpressions share a node.
#[derive(Default)]
pub(super) struct Graph {
    /// The part of each expression that its node computes.
    needed: Needed,
    nodes: Vec<Node>,
    /// For each node, how many derived results are computed to read it once.
    derived: Vec<usize>,
    known: HashMap<(Key, DType), Id>,
    seen: HashMap<usize, Id>,
}

impl Graph {
    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// The graph of `roots`, and their numbers.
    pub(super) fn new(roots: &[&Expr]) -> Result<(Graph, Vec<Id>)> {
        let mut graph = Graph { needed: Needed::new(roots), ..Graph::default() };
        let ids = roots.iter().map(|root| graph.add(root)).collect::<Result<_>>()?;
        Ok((graph, ids))
    }

    /// The number of an expression. It is larger than the numbers of its inputs.
    fn add(&mut self, expr: &Expr) -> Result<Id> {
        // The path to the current node is kept here and not on the stack, which a sum of thousands of terms would
        // overflow.
        let mut path = vec![expr];
        let mut id = 0;
        while let Some(&top) = path.last() {
            let waits = path.len();
            path.extend(top.0.kind.inputs().iter().rev().filter(|x| !self.seen.contains_key(&x.address())));
            if path.len() == waits {
                path.pop();
                id = self.add_over(top)?;
            }
        }
        Ok(id)
    }

    /// The number of an expression whose inputs have numbers.
    fn add_over(&mut self, expr: &Expr) -> Result<Id> {
        let address = expr.address();
        if let Some(&id) = self.seen.get(&address) {
            return Ok(id);
        }
        let mut inputs =
            expr.0.kind.inputs().iter().map(|input| self.add_over(input)).collect::<Result<Vec<_>>>()?;
        let (part, parts) = (self.needed.of(expr), self.needed.by(expr));
        for ((id, input), part) in inputs.iter_mut().zip(expr.0.kind.inputs()).zip(&parts) {
            *id = self.part(*id, input, part);
        }
        let shape = shape_of(&part);
        let (key, kind) = match (&expr.0.kind, &inputs[..]) {
            (Kind::Source(s), _) => {
                let key = s.key().map_or_else(|| Key::Source(Arc::as_ptr(s).addr()), Key::SourceView);
                (key, NodeKind::Source(s.clone()))
            }
            (Kind::Weak(value), _) => {
                let bytes = value.to_bytes(expr.dtype())?;
                (Key::Constant(bytes.clone()), NodeKind::Constant(bytes))
            }
            (Kind::Constant(bytes), _) => (Key::Constant(bytes.clone()), NodeKind::Constant(bytes.clone())),
            (Kind::Cast(_), &[input, ..]) => (Key::Cast(input), NodeKind::Cast(input)),
            (Kind::View { view, .. }, &[input, ..]) => {
                let view =
                    parts.first().map_or_else(|| view.clone(), |held| needed::within(view, &part, held));
                (Key::View(input, view.clone(), shape.clone()), NodeKind::View { input, view })
            }
            (Kind::Cast(_) | Kind::View { .. }, []) => {
                return Err(crate::Error::Other("a node without input".into()));
            }
            (Kind::Apply { op, .. }, _) => {
                (Key::Apply(*op, inputs.clone()), NodeKind::Apply { op: *op, inputs })
            }
            (Kind::Output { of, number }, _) => {
                let operator = of.operator.clone();
                let narrowed = shape != expr.shape();
                let part = (narrowed && of.folds()).then_some(part);
                let key = operator_key(operator.as_ref(), &inputs, part.as_ref(), *number);
                if operator.derive().is_some() && self.derived_by(&inputs) <= MOST {
                    (key, NodeKind::Derived { operator, inputs })
                } else {
                    // an operator with several outputs computes all of them
                    let outputs = match narrowed {
                        true => vec![(expr.dtype(), shape.clone())],
                        false => of.outputs.clone(),
                    };
                    (key, NodeKind::Operator { operator, inputs, outputs, part })
                }
            }
        };
        let id = self.insert(key, Node { kind, dtype: expr.dtype(), shape });
        self.seen.insert(address, id);
        Ok(id)
    }

    /// The number of `part` of an expression whose node has the number `id`.
    fn part(&mut self, id: Id, of: &Expr, part: &Part) -> Id {
        let held = self.needed.of(of);
        if held == *part {
            return id;
        }
        let view = needed::within(&View::identity(part.len()), part, &held);
        let shape = shape_of(part);
        let key = Key::View(id, view.clone(), shape.clone());
        self.insert(key, Node { kind: NodeKind::View { input: id, view }, dtype: of.dtype(), shape })
    }

    /// The number of a node. It is a new one unless there is an equal node.
    fn insert(&mut self, key: Key, node: Node) -> Id {
        let count = match &node.kind {
            NodeKind::Operator { .. } | NodeKind::Source(_) | NodeKind::Constant(_) => 0,
            // an operator without inputs costs no more than a load
            NodeKind::Derived { inputs, .. } if inputs.is_empty() => 0,
            NodeKind::Derived { inputs, .. } => self.derived_by(inputs).saturating_add(1),
            NodeKind::Apply { inputs, .. } => self.derived_by(inputs),
            NodeKind::Cast(input) | NodeKind::View { input, .. } => self.derived[*input],
        };
        let (nodes, derived) = (&mut self.nodes, &mut self.derived);
        *self.known.entry((key, node.dtype)).or_insert_with(|| {
            derived.push(count);
            nodes.push(node);
            nodes.len() - 1
        })
    }

    /// How many derived results are computed to read all of `inputs` once.
    fn derived_by(&self, inputs: &[Id]) -> usize {
        inputs.iter().fold(0, |sum, &input| sum.saturating_add(self.derived[input]))
    }

    /// The results of operators that are needed for `roots`, inputs first.
    pub(super) fn cuts(&self, roots: &[Id]) -> Vec<Id> {
        let mut needed = vec![false; self.nodes.len()];
        for &root in roots {
            needed[root] = true;
        }
        for id in (0..self.nodes.len()).rev() {
            if needed[id] {
                self.nodes[id].inputs().iter().for_each(|&input| needed[input] = true);
            }
        }
        (0..self.nodes.len()).filter(|&id| needed[id] && self.nodes[id].operator().is_some()).collect()
    }

    /// For each node, the first level at which it can be computed from operators' results of lower levels. `turned`
    /// sources count as results of level 0.
    pub(super) fn levels(&self, turned: &[Id]) -> Vec<usize> {
        let mut levels = vec![0; self.nodes.len()];
        for (id, node) in self.nodes.iter().enumerate() {
            let after = |&input: &Id| {
                let whole = self.nodes[input].operator().is_some() || turned.contains(&input);
                levels[input] + usize::from(whole)
            };
            levels[id] = node.inputs().iter().map(after).max().unwrap_or(0);
        }
        levels
    }

    /// The results of operators, and turned sources, that a program for these nodes reads.
    pub(super) fn read_by(&self, nodes: &[Id], turned: &[Id]) -> Vec<Id> {
        let (mut seen, mut path, mut found) = (vec![false; self.nodes.len()], nodes.to_vec(), Vec::new());
        while let Some(id) = path.pop() {
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            match self.nodes[id].operator() {
                Some(_) => found.push(id),
                None if turned.contains(&id) => found.push(id),
                None => path.extend(self.nodes[id].inputs()),
            }
        }
        found
    }

    /// Whether a source holds chunks that have to be decoded.
    pub(super) fn decodes(&self) -> bool {
        self.nodes.iter().any(|node| matches!(&node.kind, NodeKind::Source(source) if !source.in_place()))
    }

    /// Bytes that the sources hold beside what `budget` knows.
    pub(super) fn held_beside(&self, budget: &Budget) -> u64 {
        let held = |node: &Node| match &node.kind {
            NodeKind::Source(source) => source.hold().map_or(0, |hold| hold.beside(budget)),
            _ => 0,
        };
        self.nodes.iter().map(held).sum()
    }

    /// The nodes that are sources in files.
    pub(super) fn stored(&self) -> impl Iterator<Item = Id> + '_ {
        let is = |node: &Node| matches!(&node.kind, NodeKind::Source(source) if source.is_stored());
        self.nodes.iter().enumerate().filter(move |(_, node)| is(node)).map(|(id, _)| id)
    }

    /// The node that is a source.
    pub(super) fn source(&self, source: &Arc<dyn Source>) -> Option<Id> {
        let is = |node: &Node| matches!(&node.kind, NodeKind::Source(other) if Arc::ptr_eq(other, source));
        self.nodes.iter().position(is)
    }

    /// The nodes that are outputs of the same operator as `id`, by number.
    pub(super) fn siblings(&self, id: Id) -> Vec<Option<Id>> {
        let NodeKind::Operator { operator, inputs, outputs, part } = &self.nodes[id].kind else {
            return vec![Some(id)];
        };
        let output = |(number, (dtype, _)): (usize, &(DType, Vec<u64>))| {
            let key = operator_key(operator.as_ref(), inputs, part.as_ref(), number);
            self.known.get(&(key, *dtype)).copied()
        };
        outputs.iter().enumerate().map(output).collect()
    }

    /// Type and shape of every output of the operator that `id` is an output of.
    pub(super) fn outputs(&self, id: Id) -> &[(DType, Vec<u64>)] {
        match &self.nodes[id].kind {
            NodeKind::Operator { outputs, .. } => outputs,
            _ => &[],
        }
    }

    /// Whether another node reads this one.
    pub(super) fn is_used(&self, id: Id) -> bool {
        self.nodes.iter().any(|node| node.inputs().contains(&id))
    }
}
