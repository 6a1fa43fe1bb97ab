//! Lowering: from a part of the graph to the program that evaluates it.

use std::collections::HashMap;
use std::sync::Arc;

use super::graph::{Graph, Node, NodeKind};
use crate::exec::Derived;
use crate::kernels::{self, Kernel, Physical};
use crate::operator::Operator;
use crate::program::{Id, Leaf, Load, Program, Reg, Step};
use crate::source::{Source, c_strides};
use crate::view::View;
use crate::{DType, Error, Result};

/// The chunks of spilled arrays that have more than one chunk: sources that are decoded or copied once, before they are
/// used, and results of folds.
pub(super) type SpillChunks = HashMap<Id, Vec<u64>>;

/// Builds a [`Program`] that computes nothing twice.
pub(super) struct Builder<'g> {
    graph: &'g Graph,
    chunks: &'g SpillChunks,
    /// Whether its outputs are folded. The bits of a fold depend on the chunks that it reads, so these must not depend
    /// on memory.
    folds: bool,
    program: Program,
    made: HashMap<(Id, View), Reg>,
}

impl<'g> Builder<'g> {
    pub(super) fn new(graph: &'g Graph, chunks: &'g SpillChunks, domain: &[u64]) -> Builder<'g> {
        Builder { graph, chunks, folds: false, program: Program::new(domain), made: HashMap::new() }
    }

    /// A program whose outputs are folded. It reads a spilled source in its original place, unless the spill has the
    /// same chunks.
    pub(super) fn of_folds(graph: &'g Graph, chunks: &'g SpillChunks, domain: &[u64]) -> Builder<'g> {
        Builder { folds: true, ..Builder::new(graph, chunks, domain) }
    }

    /// The program that gives the elements of a source as they are.
    pub(super) fn of_source(graph: &'g Graph, id: Id) -> Result<Builder<'g>> {
        static NONE: std::sync::LazyLock<SpillChunks> = std::sync::LazyLock::new(SpillChunks::new);
        let mut builder = Builder::new(graph, &NONE, &graph.node(id).shape);
        builder.output(id)?;
        Ok(builder)
    }

    /// Adds an output: node `id`, whose shape is the domain.
    pub(super) fn output(&mut self, id: Id) -> Result<usize> {
        let view = View::identity(self.program.domain.len());
        let reg = self.lower(id, view)?;
        self.program.outputs.push(reg);
        Ok(self.program.outputs.len() - 1)
    }

    /// As [`Builder::output`], converted to `dtype`.
    pub(super) fn output_as(&mut self, id: Id, dtype: DType) -> Result<usize> {
        let output = self.output(id)?;
        let from = self.graph.node(id).dtype;
        if from != dtype {
            let arg = self.program.outputs[output];
            self.program.outputs[output] = self.step(cast(from, dtype)?, vec![arg], dtype, "astype");
        }
        Ok(output)
    }

    /// The register that holds node `id` seen through `view`, which maps the node's axes to the domain's.
    fn lower(&mut self, id: Id, view: View) -> Result<Reg> {
        // The path to the current node is kept here and not on the stack, which a sum of thousands of terms would
        // overflow.
        let mut path = vec![(id, view)];
        let mut last = None;
        while let Some(top) = path.last().cloned() {
            let inputs = self.inputs(top.0, &top.1)?;
            let waits = path.len();
            path.extend(inputs.iter().rev().filter(|input| !self.made.contains_key(*input)).cloned());
            if path.len() == waits {
                path.pop();
                last = Some(self.lower_over(top, &inputs)?);
            }
        }
        last.ok_or_else(|| Error::Other("a program of nothing".to_owned()))
    }

    /// The inputs of node `id` seen through `view`, each with its own view.
    fn inputs(&self, id: Id, view: &View) -> Result<Vec<(Id, View)>> {
        let node = self.graph.node(id);
        Ok(match &node.kind {
            NodeKind::Source(_)
            | NodeKind::Constant(_)
            | NodeKind::Operator { .. }
            | NodeKind::Derived { .. } => Vec::new(),
            NodeKind::View { input, view: inner } => vec![(*input, inner.through(view))],
            NodeKind::Cast(input) => vec![(*input, view.clone())],
            NodeKind::Apply { inputs, .. } => {
                let seen = |&input: &Id| {
                    let spread = View::broadcast(&self.graph.node(input).shape, &node.shape)?;
                    Ok((input, spread.through(view)))
                };
                inputs.iter().map(seen).collect::<Result<_>>()?
            }
        })
    }

    /// The register of a node whose inputs have registers.
    fn lower_over(&mut self, (id, view): (Id, View), inputs: &[(Id, View)]) -> Result<Reg> {
        if let Some(&reg) = self.made.get(&(id, view.clone())) {
            return Ok(reg);
        }
        let graph = self.graph;
        let node = graph.node(id);
        let ndim = self.program.domain.len();
        let args: Vec<Reg> = inputs.iter().filter_map(|input| self.made.get(input).copied()).collect();
        let reg = match &node.kind {
            NodeKind::Source(source) if !self.reads_spill(id, source.as_ref()) => {
                let lies = (source.chunk_shape(), source.strides());
                self.load(Load::new(Leaf::Source(source.clone()), &view, node.dtype, &node.shape, lies, ndim))
            }
            NodeKind::Source(_) | NodeKind::Operator { .. } => {
                let whole = || node.shape.iter().map(|&n| n.max(1)).collect();
                let chunk = self.chunks.get(&id).cloned().unwrap_or_else(whole);
                let lies = (&chunk[..], &c_strides(&chunk, node.dtype.size())[..]);
                self.load(Load::new(Leaf::Cut(id), &view, node.dtype, &node.shape, lies, ndim))
            }
            NodeKind::Derived { operator, inputs } => {
                let load = self.derived(id, (operator.as_ref(), inputs), &view)?;
                self.load(load)
            }
            NodeKind::Constant(bytes) => {
                self.program.consts.push(bytes.clone());
                Reg::Const(self.program.consts.len() - 1)
            }
            NodeKind::View { .. } => match args[..] {
                [arg] => arg,
                _ => return Err(Error::Other("a view of nothing".to_owned())),
            },
            NodeKind::Cast(input) => {
                let from = graph.node(*input).dtype;
                self.step(cast(from, node.dtype)?, args, node.dtype, "astype")
            }
            NodeKind::Apply { op, inputs } => {
                let types: Vec<Physical> = inputs.iter().map(|&i| graph.node(i).dtype.into()).collect();
                let kernel = kernels::bind(*op, &types).ok_or_else(|| {
                    Error::Other(format!("there is no kernel for {} of {types:?}", op.name()))
                })?;
                self.step(kernel, args, node.dtype, op.name())
            }
        };
        self.made.insert((id, view), reg);
        Ok(reg)
    }

    /// Adds the output `id` of an operator, computed chunk by chunk although it has a stage.
    pub(super) fn derived_output(&mut self, id: Id) -> Result<()> {
        if let Some(operator) = self.graph.node(id).operator() {
            let view = View::identity(self.program.domain.len());
            let load = self.derived(id, operator, &view)?;
            let output = self.load(load);
            self.program.outputs.push(output);
        }
        Ok(())
    }

    /// An operator's output that is computed where it is read, with the programs for its inputs.
    fn derived(&self, id: Id, (operator, inputs): (&dyn Operator, &[Id]), view: &View) -> Result<Load> {
        let Node { shape, dtype, .. } = self.graph.node(id);
        let not_derived = || Error::Other(format!("{} is not derived", operator.name()));
        let rule = operator.derive().ok_or_else(not_derived)?;
        let feed = |&input: &Id| {
            let from = self.graph.node(input);
            let mut builder =
                Builder { folds: self.folds, ..Builder::new(self.graph, self.chunks, &from.shape) };
            builder.output_as(input, operator.feed_type(from.dtype))?;
            Ok(builder.finish())
        };
        let feeds = inputs.iter().map(feed).collect::<Result<Vec<_>>>()?;
        let derived = Derived::new(operator.name(), rule, feeds, *dtype, shape);
        let chunk = derived.chunk().to_vec();
        let lies = (&chunk[..], &c_strides(&chunk, dtype.size())[..]);
        let leaf = Leaf::Derived(id, Arc::new(derived));
        Ok(Load::new(leaf, view, *dtype, shape, lies, self.program.domain.len()))
    }

    /// Whether a source is read from a spill file.
    fn reads_spill(&self, id: Id, source: &dyn Source) -> bool {
        self.chunks.get(&id).is_some_and(|chunk| !self.folds || lies_as(source, chunk))
    }

    fn load(&mut self, load: Load) -> Reg {
        self.program.loads.push(load);
        Reg::Load(self.program.loads.len() - 1)
    }

    fn step(&mut self, kernel: Kernel, args: Vec<Reg>, dtype: DType, name: &'static str) -> Reg {
        self.program.steps.push(Step { kernel, args, dtype, slot: 0, name });
        Reg::Step(self.program.steps.len() - 1)
    }

    /// The program.
    pub(super) fn finish(self) -> Program {
        self.program.finished()
    }
}

/// The kernel that converts elements.
fn cast(from: DType, to: DType) -> Result<Kernel> {
    kernels::cast(from, to).ok_or_else(|| Error::Other(format!("there is no kernel from {from} to {to}")))
}

/// Whether the elements of a source lie as in a spill file of chunks of `chunk`.
pub(super) fn lies_as(source: &dyn Source, chunk: &[u64]) -> bool {
    let item = source.dtype().size();
    source.chunk_shape() == chunk && source.strides() == c_strides(chunk, item) && source.offset() == 0
}
