//! What a pass computes for each element: a straight line of kernels over registers.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::access::{Access, accesses};
use super::graph::{Graph, Id, Node, NodeKind};
use crate::kernels::{self, Kernel};
use crate::source::{Source, c_strides};
use crate::view::{AxisMap, View};
use crate::{DType, Error, Result};

/// Chunks of fewer elements than this along an axis are thin,
const THIN: u64 = 16;
/// and of fewer than this, short.
pub(crate) const SHORT: u64 = 64;
/// Chunks of fewer elements than this are too small to be visited one by one.
const SMALL: u64 = 1 << 14;

/// A value of the program: one element for each element of the domain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Reg {
    /// An input.
    Load(usize),
    /// One element for all.
    Const(usize),
    /// The result of a step.
    Step(usize),
}

/// Where an input's elements are.
#[derive(Clone, Debug)]
pub(crate) enum Leaf {
    Source(Arc<dyn Source>),
    /// The result of a cut of the graph, there once an earlier stage has run.
    Cut(Id),
}

/// The chunks of what is spilled, where that is not one piece: sources that are decoded once, before they are used, and
/// results of reductions.
pub(crate) type SpillChunks = HashMap<Id, Vec<u64>>;

/// An input seen through a view.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) leaf: Leaf,
    pub(crate) view: View,
    pub(crate) dtype: DType,
    /// Shape of a chunk of the source.
    pub(crate) chunk: Vec<u64>,
    /// For each axis of the source its place when axes are sorted by stride, the longest first.
    pub(crate) rank: Vec<usize>,
    /// For each axis of the domain.
    pub(crate) access: Vec<Option<Access>>,
    /// For each axis of the domain, the elements from one to the next in a chunk; 0 where it is broadcast.
    pub(crate) stride: Vec<isize>,
    /// For each axis of the domain, whether chunks are so short along it that several are gathered into one window, instead
    /// of visited one by one.
    pub(crate) gathers: Vec<bool>,
}

impl Load {
    /// The axes of the domain that it has, from the one along which its elements lie closest.
    pub(crate) fn closest_first(&self) -> Vec<usize> {
        let along = |&k: &usize| self.access[k].and_then(|a| self.rank.get(a.axis).copied());
        let mut axes: Vec<usize> = (0..self.access.len()).filter(|k| along(k).is_some()).collect();
        axes.sort_by_key(|k| std::cmp::Reverse(along(k)));
        axes
    }

    /// Whether its chunks end within the domain after a few elements along an axis.
    fn is_short(&self, domain: &[u64], axis: usize) -> bool {
        self.access[axis].is_some_and(|a| a.span() < SHORT && a.span() < domain[axis])
    }

    /// Whether it is read from a map, or may be: an earlier result can have been spilled.
    pub(crate) fn is_mapped(&self) -> bool {
        match &self.leaf {
            Leaf::Source(source) => source.is_mapped(),
            Leaf::Cut(_) => true,
        }
    }

    /// Elements of a box of `extents` that lie in one piece.
    pub(crate) fn run(&self, extents: &[u64]) -> u64 {
        self.runs(extents).0
    }

    /// Elements of a box of `extents` that lie in one piece, and from there to the next piece of the same chunk, if it has one.
    pub(crate) fn runs(&self, extents: &[u64]) -> (u64, Option<u64>) {
        let axes = self.access.iter().zip(&self.stride).zip(extents);
        let mut axes: Vec<(u64, u64)> = axes
            .filter_map(|((a, stride), &n)| a.map(|a| (stride.unsigned_abs() as u64, a.span().min(n))))
            .filter(|(_, n)| *n > 1)
            .collect();
        axes.sort_unstable();
        let mut run = 1;
        for (stride, n) in axes {
            if stride != run {
                return (run, Some(stride));
            }
            run *= n;
        }
        (run, None)
    }

    /// Whether a box of `extents`, or what of it lies in one chunk, takes but a part of what lies between its ends.
    pub(crate) fn is_sparse(&self, extents: &[u64]) -> bool {
        let within = |k: usize| self.access[k].map_or(1, |a| a.span().min(extents[k]).max(1));
        let ends = self.stride.iter().enumerate().map(|(k, s)| (within(k) - 1) * s.unsigned_abs() as u64);
        let used: u64 = (0..extents.len()).map(within).product();
        used < ends.sum::<u64>() / 2
    }

    /// Bytes from the first to the last that a box of `extents` takes of each chunk, in all chunks that it takes some of.
    pub(crate) fn reach(&self, extents: &[u64]) -> u64 {
        let (mut ends, mut chunks) = (1u64, 1u64);
        for (k, a) in self.access.iter().enumerate() {
            let (Some(a), Some(&extent)) = (a, extents.get(k)) else { continue };
            let within = a.span().min(extent).max(1) - 1;
            ends = ends.saturating_add(within.saturating_mul(self.stride[k].unsigned_abs() as u64));
            chunks = chunks.saturating_mul(extent.div_ceil(a.span().max(1)));
        }
        ends.saturating_mul(chunks).saturating_mul(self.dtype.size() as u64)
    }

    /// Elements that a chunk has of the domain.
    fn piece(&self, domain: &[u64]) -> u64 {
        let along = self.access.iter().zip(domain).filter_map(|(a, &n)| a.map(|a| a.span().min(n)));
        along.fold(1, u64::saturating_mul)
    }

    /// Whether a pass over `domain` reads all elements of the source, which is of `shape`.
    pub(crate) fn is_whole(&self, domain: &[u64], shape: &[u64]) -> bool {
        self.view.0.iter().zip(shape).all(|(map, &n)| match *map {
            AxisMap::At(_) => n <= 1,
            AxisMap::Along { axis, step, .. } => step.unsigned_abs() == 1 && domain.get(axis) == Some(&n),
        })
    }

    /// Bytes of all mapped chunks that hold some of what a pass over `domain` reads; at most so many that a few such numbers
    /// can be added.
    pub(crate) fn mapped_bytes(&self, domain: &[u64]) -> u64 {
        if !self.is_mapped() {
            return 0;
        }
        let along = self.access.iter().zip(domain).filter_map(|(a, n)| a.map(|a| (a, n)));
        let chunks =
            along.map(|(a, &n)| n.div_ceil(a.span()) + u64::from(a.locate(0).1 != 0)).product::<u64>();
        chunks.saturating_mul(self.chunk.iter().product::<u64>() * self.dtype.size() as u64).min(1 << 56)
    }
}

/// What decides how a tile is cut into pieces and blocks: the inputs, and how each lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocking(BTreeSet<(usize, Vec<Option<Access>>, Vec<isize>)>);

/// One kernel over registers.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) kernel: Kernel,
    pub(crate) args: Vec<Reg>,
    pub(crate) dtype: DType,
    /// The scratch block that takes the result; blocks are used again once nobody reads them.
    pub(crate) slot: usize,
    /// Name, for `explain`.
    pub(crate) name: &'static str,
}

/// A straight-line program over a domain.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) domain: Vec<u64>,
    pub(crate) loads: Vec<Load>,
    pub(crate) consts: Vec<Vec<u8>>,
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: Vec<Reg>,
    /// Scratch blocks that are needed.
    pub(crate) slots: usize,
}

/// Builds a [`Program`], sharing what is computed twice.
pub(crate) struct Builder<'g> {
    graph: &'g Graph,
    chunks: &'g SpillChunks,
    program: Program,
    made: HashMap<(Id, View), Reg>,
}

impl<'g> Builder<'g> {
    pub(crate) fn new(graph: &'g Graph, chunks: &'g SpillChunks, domain: &[u64]) -> Builder<'g> {
        let program = Program {
            domain: domain.to_vec(),
            loads: Vec::new(),
            consts: Vec::new(),
            steps: Vec::new(),
            outputs: Vec::new(),
            slots: 0,
        };
        Builder { graph, chunks, program, made: HashMap::new() }
    }

    /// The program that gives the elements of a source as they are.
    pub(crate) fn of_source(graph: &'g Graph, id: Id) -> Result<Builder<'g>> {
        static NONE: std::sync::LazyLock<SpillChunks> = std::sync::LazyLock::new(SpillChunks::new);
        let mut builder = Builder::new(graph, &NONE, &graph.node(id).shape);
        builder.output(id)?;
        Ok(builder)
    }

    /// Adds an output: node `id`, whose shape is the domain.
    pub(crate) fn output(&mut self, id: Id) -> Result<usize> {
        let view = View::identity(self.program.domain.len());
        let reg = self.lower(id, view)?;
        self.program.outputs.push(reg);
        Ok(self.program.outputs.len() - 1)
    }

    /// As [`Builder::output`], converted to `dtype`.
    pub(crate) fn output_as(&mut self, id: Id, dtype: DType) -> Result<usize> {
        let output = self.output(id)?;
        let from = self.graph.node(id).dtype;
        if from != dtype {
            let arg = self.program.outputs[output];
            self.program.outputs[output] = self.step(kernels::cast(from, dtype), vec![arg], dtype, "astype");
        }
        Ok(output)
    }

    /// The register that holds node `id` seen through `view`, which maps the node's axes to the domain's.
    fn lower(&mut self, id: Id, view: View) -> Result<Reg> {
        // The path to the node at hand is kept here and not on the stack, which a sum of thousands of terms would overflow.
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

    /// What is computed to have node `id` seen through `view`, each with the view that it is seen through.
    fn inputs(&self, id: Id, view: &View) -> Result<Vec<(Id, View)>> {
        let node = self.graph.node(id);
        Ok(match &node.kind {
            NodeKind::Source(_) | NodeKind::Constant(_) => Vec::new(),
            NodeKind::Reduce { .. } | NodeKind::Matmul { .. } => Vec::new(),
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

    /// The register of a node whose inputs have theirs.
    fn lower_over(&mut self, (id, view): (Id, View), inputs: &[(Id, View)]) -> Result<Reg> {
        if let Some(&reg) = self.made.get(&(id, view.clone())) {
            return Ok(reg);
        }
        let graph = self.graph;
        let node = graph.node(id);
        let args: Vec<Reg> = inputs.iter().filter_map(|input| self.made.get(input).copied()).collect();
        let reg = match &node.kind {
            NodeKind::Source(_) | NodeKind::Reduce { .. } if self.chunks.contains_key(&id) => {
                let chunk = &self.chunks[&id];
                self.load(Leaf::Cut(id), &view, node, chunk, &c_strides(chunk, node.dtype.size()))
            }
            NodeKind::Source(source) => {
                let strides = source.strides();
                self.load(Leaf::Source(source.clone()), &view, node, source.chunk_shape(), strides)
            }
            NodeKind::Reduce { .. } | NodeKind::Matmul { .. } => {
                let whole: Vec<u64> = node.shape.iter().map(|&n| n.max(1)).collect();
                self.load(Leaf::Cut(id), &view, node, &whole, &c_strides(&whole, node.dtype.size()))
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
                self.step(kernels::cast(from, node.dtype), args, node.dtype, "astype")
            }
            NodeKind::Apply { op, inputs } => {
                let types: Vec<DType> = inputs.iter().map(|&i| graph.node(i).dtype).collect();
                let kernel = kernels::bind(*op, &types).ok_or_else(|| {
                    Error::Other(format!("there is no kernel for {} of {types:?}", op.name()))
                })?;
                self.step(kernel, args, node.dtype, op.name())
            }
        };
        self.made.insert((id, view), reg);
        Ok(reg)
    }

    fn load(&mut self, leaf: Leaf, view: &View, node: &Node, chunk: &[u64], strides: &[isize]) -> Reg {
        let dtype = node.dtype;
        let access = accesses(view, chunk, self.program.domain.len());
        let item = dtype.size() as isize;
        let along = |a: &Option<Access>| a.map_or(0, |a| strides[a.axis] * a.step as isize / item);
        self.program.loads.push(Load {
            leaf,
            view: view.clone(),
            dtype,
            chunk: chunk.to_vec(),
            rank: ranks(&node.shape, chunk, strides),
            stride: access.iter().map(along).collect(),
            gathers: Vec::new(),
            access,
        });
        Reg::Load(self.program.loads.len() - 1)
    }

    fn step(&mut self, kernel: Kernel, args: Vec<Reg>, dtype: DType, name: &'static str) -> Reg {
        self.program.steps.push(Step { kernel, args, dtype, slot: 0, name });
        Reg::Step(self.program.steps.len() - 1)
    }

    /// The program, with its scratch blocks given out.
    pub(crate) fn finish(mut self) -> Program {
        let program = &mut self.program;
        program.choose_gathered();
        let mut last_use: Vec<usize> = (0..program.steps.len()).collect();
        for (k, step) in program.steps.iter().enumerate() {
            for arg in &step.args {
                if let Reg::Step(s) = *arg {
                    last_use[s] = k;
                }
            }
        }
        for output in &program.outputs {
            if let Reg::Step(s) = *output {
                last_use[s] = usize::MAX;
            }
        }
        let mut free: Vec<usize> = Vec::new();
        for k in 0..program.steps.len() {
            let slot = free.pop().unwrap_or_else(|| {
                program.slots += 1;
                program.slots - 1
            });
            program.steps[k].slot = slot;
            // what step k was the last to read can be overwritten from step k + 1 on
            let step = |arg: &Reg| if let Reg::Step(s) = *arg { Some(s) } else { None };
            let mut unused: Vec<usize> = program.steps[k].args.iter().filter_map(step).chain([k]).collect();
            unused.retain(|&s| last_use[s] == k);
            unused.sort_unstable();
            unused.dedup();
            free.extend(unused.into_iter().map(|s| program.steps[s].slot));
        }
        self.program
    }
}

/// The place of each axis when they are sorted by stride, the longest first. Axes along which chunks are thin come before
/// all: elements that are neighbours along them mostly lie in different chunks.
fn ranks(shape: &[u64], chunk: &[u64], strides: &[isize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..strides.len()).collect();
    let is_thin = |k: usize| chunk[k] < THIN && chunk[k] < shape[k];
    order.sort_by_key(|&k| std::cmp::Reverse((is_thin(k), strides[k].unsigned_abs())));
    let mut rank = vec![0; strides.len()];
    for (place, &k) in order.iter().enumerate() {
        rank[k] = place;
    }
    rank
}

impl Program {
    /// Decides along which axes chunks are gathered: where they are short, and small besides, or where another input has
    /// its closest elements, so that single elements of each would have to be brought together.
    fn choose_gathered(&mut self) {
        let (domain, loads) = (&self.domain, &self.loads);
        let gathers = |k: usize, load: &Load| -> Vec<bool> {
            let small = load.piece(domain) < SMALL;
            let other = |axis: usize| {
                loads.iter().enumerate().any(|(other, load)| other != k && load.stride[axis].abs() == 1)
            };
            (0..domain.len()).map(|axis| load.is_short(domain, axis) && (small || other(axis))).collect()
        };
        let chosen: Vec<Vec<bool>> = loads.iter().enumerate().map(|(k, load)| gathers(k, load)).collect();
        for (load, gathers) in self.loads.iter_mut().zip(chosen) {
            load.gathers = gathers;
        }
    }

    /// The same where results are written whose elements lie closest along `axis`.
    pub(crate) fn gather_along(&mut self, axis: usize) {
        let Program { domain, loads, .. } = self;
        for load in loads {
            load.gathers[axis] |= load.is_short(domain, axis);
        }
    }

    /// The stages whose results this reads.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = Id> + '_ {
        self.loads.iter().filter_map(|l| match l.leaf {
            Leaf::Cut(id) => Some(id),
            Leaf::Source(_) => None,
        })
    }

    /// Whether the elements of all inputs lie closest along the same axis as those of the lead.
    pub(crate) fn is_even(&self, lead: &Load) -> bool {
        let closest = |load: &Load| load.closest_first().into_iter().find(|&k| self.domain[k] > 1);
        let first = closest(lead);
        self.loads.iter().all(|load| closest(load).is_none_or(|k| Some(k) == first))
    }

    /// What decides how a tile is cut into blocks.
    pub(crate) fn blocking(&self) -> Blocking {
        let which = |load: &Load| match &load.leaf {
            Leaf::Source(source) => Arc::as_ptr(source).addr(),
            Leaf::Cut(id) => *id,
        };
        Blocking(self.loads.iter().map(|l| (which(l), l.access.clone(), l.stride.clone())).collect())
    }

    /// Elements of the domain.
    pub(crate) fn elements(&self) -> u64 {
        self.domain.iter().product()
    }

    /// The widest element any register holds.
    pub(crate) fn widest(&self) -> usize {
        let loads = self.loads.iter().map(|l| l.dtype.size());
        loads.chain(self.steps.iter().map(|s| s.dtype.size())).max().unwrap_or(1)
    }
}
