//! From expressions to passes whose cost is known before anything is read.
//!
//! The graph is cut where a result is needed whole: at reductions and products of matrices. What lies between
//! two cuts is one straight-line program. Stages that run over the same tiles and need nothing from each other
//! share one pass over their inputs.

pub(crate) mod access;
mod explain;
pub(crate) mod graph;
pub(crate) mod program;
mod run;
pub(crate) mod tiles;
mod written;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

pub use explain::{Explain, Read, Stage as ExplainStage};
use graph::{Graph, Id, NodeKind};
use program::{Blocking, Builder, Leaf, Program, SpillChunks};
use tiles::{Tiles, fold_order, loop_order};
use written::{Medium, Written};

use crate::budget::machine_limit;
use crate::exec::{self, Output, Pass, Product, Reduced, Room};
use crate::kernels;
use crate::sink::{self, Sink};
use crate::source::{Source, Value, c_strides, elements};
use crate::{Budget, Context, Error, Expr, Result};

/// Where a result goes.
#[derive(Clone)]
pub enum Target {
    /// Into memory, taken from the budget.
    Memory,
    /// Into a sink.
    Sink(Arc<dyn Sink>),
}

/// How to compute some expressions together: stages in order, with their memory and traffic known.
pub struct Plan {
    graph: Graph,
    stages: Vec<Stage>,
    targets: Vec<Target>,
    roots: Vec<Id>,
    /// Results of cuts that do not fit in memory.
    spilled: HashSet<Id>,
    /// The chunks in which these are spilled, and sources before they are used.
    chunks: SpillChunks,
    tmp: PathBuf,
    /// What reductions read. How that is cut into chunks decides which numbers are added first, so that it must not depend
    /// on memory: it is spilled in the chunks that it has, or a result in one piece.
    folded: HashSet<Id>,
    /// Where results in files go.
    files: Medium,
    held: u64,
    peak: u64,
}

/// One stage.
enum Stage {
    Pass { pass: Box<Pass>, to: Vec<Dest>, room: Room },
    Product { product: Box<Product>, to: Dest, threads: usize },
}

/// Who takes an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dest {
    /// A later stage.
    Cut(Id),
    /// The caller: number of the root.
    Root(usize),
}

/// A product of matrices with its node and its level.
type Leveled = (Id, usize, Product);

/// One output before passes are shared.
struct Item {
    id: Id,
    dest: Dest,
    level: usize,
    tiles: Tiles,
    order: Vec<usize>,
    domain: Vec<u64>,
    blocking: Blocking,
    /// The axis that makes the rows of a reduction that goes column by column.
    rows: Option<usize>,
}

/// Bytes of what a tile reads and writes, at most, where results are written.
const TILE: u64 = 32 << 20;
/// The share of memory that pages of files are counted on to take, where these are larger than that: one of so many.
const PAGES: u64 = 4;
/// Tiles that decode a chunk from which on its array is spilled first.
const OFTEN: f64 = 3.0;
/// A tile of no more elements is not made narrower to let another thread find room.
const SMALL: u64 = 1 << 16;
/// Elements from which on inputs that have other neighbours than a result in memory are read in squares.
const TURNED: u64 = 1 << 20;

impl Plan {
    /// Plans the computation of `roots` within the context's budget.
    ///
    /// # Errors
    /// When a sink does not fit its expression, or a step cannot fit in the budget: the error says how many
    /// bytes would do.
    pub fn new(roots: &[(Expr, Target)], context: &Context) -> Result<Plan> {
        Plan::on(roots, context, machine_limit())
    }

    /// The same on a machine of so much memory, in bytes.
    fn on(roots: &[(Expr, Target)], context: &Context, memory: u64) -> Result<Plan> {
        let mut plan = Plan::within(roots, context, memory);
        let mut larger = context.clone();
        // with more memory a plan holds more and writes larger boxes: ask until the number would do
        while let Err(Error::Budget { what, needed, hint, .. }) = plan {
            larger.budget = Budget::new(needed);
            plan = match Plan::within(roots, &larger, memory) {
                Err(Error::Budget { needed: more, .. }) if more > needed => {
                    Err(Error::Budget { what, needed: more, budget: context.budget.total(), hint })
                }
                _ => return Err(Error::Budget { what, needed, budget: context.budget.total(), hint }),
            };
        }
        plan
    }

    /// A plan within the context's budget.
    fn within(roots: &[(Expr, Target)], context: &Context, memory: u64) -> Result<Plan> {
        let mut graph = Graph::default();
        let ids = roots.iter().map(|(e, _)| graph.add(e)).collect::<Result<Vec<_>>>()?;
        for ((expr, target), &id) in roots.iter().zip(&ids) {
            check_target(expr, target, graph.node(id).dtype)?;
        }
        let mut plan = Plan {
            graph,
            stages: Vec::new(),
            targets: roots.iter().map(|(_, t)| t.clone()).collect(),
            roots: ids,
            spilled: HashSet::new(),
            chunks: SpillChunks::new(),
            tmp: context.tmp.clone().unwrap_or_else(|| PathBuf::from(".")),
            folded: HashSet::new(),
            files: Medium::Near,
            held: 0,
            peak: 0,
        };
        if plan.bytes_of_files()? > memory {
            plan.files = Medium::Far { pages: memory / PAGES };
        }
        plan.folded = plan.graph.folded(&plan.graph.cuts(&plan.roots));
        plan.choose_held(context)?;
        plan.build(context)?;
        Ok(plan)
    }

    /// Decides which intermediate results stay in memory.
    fn choose_held(&mut self, context: &Context) -> Result<()> {
        let total = context.budget.total();
        for (&id, target) in self.roots.iter().zip(&self.targets) {
            if matches!(target, Target::Memory) {
                self.held += self.bytes_of(id)?;
            }
        }
        if self.held > total / 2 {
            let what = "the result, which goes to memory,";
            return Err(match context.budget.refusal(self.held.saturating_mul(2), what) {
                Error::Budget { what, needed, budget, .. } => {
                    Error::Budget { what, needed, budget, hint: ", or write it to a file (`-o`)" }
                }
                other => other,
            });
        }
        for id in self.graph.cuts(&self.roots) {
            let bytes = self.bytes_of(id)?;
            if self.direct_root(id).is_some() {
                continue;
            }
            if bytes <= total / 4 && self.held + bytes <= total / 2 {
                self.held += bytes;
            } else {
                self.spilled.insert(id);
            }
        }
        Ok(())
    }

    /// Bytes of all arrays in files that are read or written.
    fn bytes_of_files(&self) -> Result<u64> {
        let to_files = self.roots.iter().zip(&self.targets);
        let to_files = to_files.filter(|(_, to)| matches!(to, Target::Sink(_))).map(|(&id, _)| id);
        let mut all = self.graph.stored().chain(to_files).map(|id| self.bytes_of(id));
        all.try_fold(0u64, |sum, bytes| Ok(sum.saturating_add(bytes?)))
    }

    fn bytes_of(&self, id: Id) -> Result<u64> {
        let node = self.graph.node(id);
        Ok(elements(&node.shape)?.saturating_mul(node.dtype.size() as u64))
    }

    /// The root, when `id` is a product that goes there and nowhere else.
    fn direct_root(&self, id: Id) -> Option<usize> {
        let roots: Vec<usize> = (0..self.roots.len()).filter(|&r| self.roots[r] == id).collect();
        let (&[root], NodeKind::Matmul { .. }) = (&roots[..], &self.graph.node(id).kind) else { return None };
        (!self.graph.is_used(id)).then_some(root)
    }

    fn program(&self, domain: &[u64], outputs: &[Id]) -> Result<Program> {
        let mut builder = Builder::new(&self.graph, &self.chunks, domain);
        for &id in outputs {
            builder.output(id)?;
        }
        Ok(builder.finish())
    }

    /// Makes the stages.
    fn build(&mut self, context: &Context) -> Result<()> {
        let (mut items, mut products) = self.items(&[], context)?;
        // what would be decoded again and again is decoded once, into a file whose chunks suit those who read it
        let mut turned = Vec::new();
        if self.graph.decodes() || self.bytes_of_files()? > context.budget.total() / 4 {
            for item in &items {
                self.turn(item, context, &mut turned)?;
            }
        }
        if !turned.is_empty() {
            self.spilled.extend(&turned);
            (items, products) = self.items(&turned, context)?;
        }
        let highest = items.iter().map(|i| i.level).chain(products.iter().map(|p| p.1)).max().unwrap_or(0);
        for level in 0..=highest {
            let (now, later): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|i| i.level == level);
            items = later;
            self.add_passes(now, context)?;
            let (now, later): (Vec<_>, Vec<_>) = products.into_iter().partition(|p| p.1 == level);
            products = later;
            for (id, _, product) in now {
                self.add_product(id, &product, context)?;
            }
        }
        Ok(())
    }

    /// Finds the sources of an item that are decoded too often where they lie, or read in too short runs, and chooses the
    /// chunks in which they are to be spilled.
    fn turn(&mut self, item: &Item, context: &Context, turned: &mut Vec<Id>) -> Result<()> {
        let program = self.program(&item.domain, &[item.id])?;
        let extents = item.tiles.extents();
        let free = context.budget.total().saturating_sub(self.held);
        for (number, load) in program.loads.iter().enumerate() {
            let Leaf::Source(source) = &load.leaf else { continue };
            if !self.is_encoded(load) {
                self.turn_stored(item, &program, number, context, turned)?;
                continue;
            }
            let decoded = elements(source.shape())?.saturating_mul(source.dtype().size() as u64);
            // what a tile reads, axis by axis of the source
            let mut wanted = source.chunk_shape().to_vec();
            for (&extent, access) in extents.iter().zip(&load.access) {
                if let Some(access) = access {
                    wanted[access.axis] = extent.saturating_mul(access.step.unsigned_abs());
                }
            }
            if written::visits(load, &extents) >= OFTEN
                && decoded > free / 2
                && let Some(id) = self.graph.source(source)
            {
                let chunk = match self.folded.contains(&id) {
                    false => written::spill_chunk(source.as_ref(), &wanted),
                    true if source.strides() == c_strides(source.chunk_shape(), source.dtype().size()) => {
                        source.chunk_shape().to_vec()
                    }
                    true => continue,
                };
                self.chunks.insert(id, chunk);
                if !turned.contains(&id) {
                    turned.push(id);
                }
            }
        }
        Ok(())
    }

    /// The same for a source that is read where it lies, by an item that is written.
    fn turn_stored(
        &mut self,
        item: &Item,
        program: &Program,
        number: usize,
        context: &Context,
        turned: &mut Vec<Id>,
    ) -> Result<()> {
        let (load, limit) = (&program.loads[number], self.tile_limit(context));
        let (Leaf::Source(source), Dest::Root(root)) = (&load.leaf, item.dest) else { return Ok(()) };
        // pages that stay mapped cost no call to be read
        let free = context.budget.total().saturating_sub(self.held);
        if self.files == Medium::Near && load.mapped_bytes(&program.domain) <= free / 2 {
            return Ok(());
        }
        // what of a source is passed over is not copied
        let seen = load.is_whole(&program.domain, source.shape());
        let taken = |id: &Id| turned.contains(id) || self.folded.contains(id);
        let Some(id) = self.graph.source(source).filter(|id| seen && !taken(id)) else {
            return Ok(());
        };
        let written = self.how_written(root);
        if let Some(extent) = written::turned(program, number, &written, |leaf| self.stored(leaf), limit) {
            let mut wanted = source.shape().to_vec();
            for (&extent, access) in extent.iter().zip(&load.access) {
                if let Some(access) = access {
                    wanted[access.axis] = extent;
                }
            }
            let copy = Builder::of_source(&self.graph, id)?.finish();
            self.chunks.insert(id, written::copied_chunk(&copy, &wanted, limit));
            turned.push(id);
        }
        Ok(())
    }

    /// What is to be computed: sources that are spilled first, then cut by cut and root by root.
    fn items(&mut self, turned: &[Id], context: &Context) -> Result<(Vec<Item>, Vec<Leveled>)> {
        let mut levels: HashMap<Id, usize> = HashMap::new();
        let mut items = Vec::new();
        let mut products = Vec::new();
        for &id in turned {
            let node = self.graph.node(id);
            let chunk = self.chunks.get(&id).unwrap_or(&node.shape);
            let program = Builder::of_source(&self.graph, id)?.finish();
            let decodes = program.loads.iter().any(|load| self.is_encoded(load));
            let written = Written {
                chunk: (!decodes).then(|| chunk.clone()),
                stride: sink::c_order(chunk),
                item: node.dtype.size() as u64,
                to: self.files,
            };
            let limit = self.tile_limit(context);
            let tiles = written::tiles(&program, &written, |leaf| self.stored(leaf), limit);
            let (order, blocking) = (loop_order(&program), program.blocking());
            levels.insert(id, 0);
            items.push(Item {
                id,
                dest: Dest::Cut(id),
                level: 0,
                tiles,
                order,
                domain: node.shape.clone(),
                blocking,
                rows: None,
            });
        }
        for id in self.graph.cuts(&self.roots) {
            match self.graph.node(id).kind.clone() {
                NodeKind::Reduce { input, axes, .. } => {
                    let domain = self.graph.node(input).shape.clone();
                    let program = self.program(&domain, &[input])?;
                    let level = level_of(&program, &levels);
                    levels.insert(id, level);
                    let over: Vec<bool> = (0..domain.len()).map(|k| axes.contains(&k)).collect();
                    let order = fold_order(&program, &over);
                    let tiles = Tiles::of_fold(&program, &order, &over);
                    let rows = exec::row_axis(&domain, &order, &over);
                    if self.spilled.contains(&id) && !self.folded.contains(&id) {
                        // each tile's results are then written in one piece
                        let extents = tiles.extents();
                        let kept = (0..domain.len()).filter(|&k| !over[k]);
                        self.chunks.insert(id, kept.map(|k| extents[k].max(1)).collect());
                    }
                    let blocking = program.blocking();
                    items.push(Item {
                        id: input,
                        dest: Dest::Cut(id),
                        level,
                        tiles,
                        order,
                        domain,
                        blocking,
                        rows,
                    });
                }
                NodeKind::Matmul { a, b } => {
                    let product = self.product(a, b, id)?;
                    let level = level_of(&product.a, &levels).max(level_of(&product.b, &levels));
                    levels.insert(id, level);
                    products.push((id, level, product));
                }
                _ => {}
            }
        }
        for (root, &id) in self.roots.iter().enumerate() {
            if self.direct_root(id).is_some() {
                continue;
            }
            let domain = self.graph.node(id).shape.clone();
            let program = self.program(&domain, &[id])?;
            let level = level_of(&program, &levels);
            let (order, blocking) = (loop_order(&program), program.blocking());
            let tiles = self.written_tiles(root, &program, context);
            items.push(Item {
                id,
                dest: Dest::Root(root),
                level,
                tiles,
                order,
                domain,
                blocking,
                rows: None,
            });
        }
        Ok((items, products))
    }

    /// Makes passes of the outputs of one level, shared where tiles agree and memory allows. What is reduced
    /// shares a pass only with what is cut into the same blocks, so that sharing changes no bit.
    fn add_passes(&mut self, mut items: Vec<Item>, context: &Context) -> Result<()> {
        while !items.is_empty() {
            let first = items.remove(0);
            let along =
                |i: &&Item| i.domain == first.domain && i.tiles == first.tiles && i.order == first.order;
            let turns = |i: &Item| i.dest == Dest::Cut(i.id);
            let reduces = |i: &Item| matches!(i.dest, Dest::Cut(_)) && !turns(i);
            let folds = reduces(&first) || items.iter().filter(along).any(reduces);
            let rows = std::iter::once(&first)
                .chain(items.iter().filter(along))
                .find(|i| reduces(i))
                .map(|i| i.rows);
            let alike = |i: &Item| !reduces(i) || Some(i.rows) == rows;
            let alone = turns(&first);
            let same = |i: &Item| {
                !alone && !turns(i) && along(&i) && alike(i) && (!folds || i.blocking == first.blocking)
            };
            let (shared, rest): (Vec<Item>, Vec<Item>) = items.into_iter().partition(same);
            items = rest;
            let mut group = vec![first];
            group.extend(shared);
            match self.add_pass(&group, context) {
                Err(Error::Budget { .. }) if group.len() > 1 => {
                    group.iter().try_for_each(|item| self.add_pass(std::slice::from_ref(item), context))?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    fn add_pass(&mut self, group: &[Item], context: &Context) -> Result<()> {
        let Some(first) = group.first() else { return Ok(()) };
        let ids: Vec<Id> = group.iter().map(|i| i.id).collect();
        let program = match first.dest {
            Dest::Cut(id) if id == first.id => Builder::of_source(&self.graph, id)?.finish(),
            _ => self.program(&first.domain, &ids)?,
        };
        let outputs = group.iter().map(|i| self.output(i, &first.domain)).collect::<Result<Vec<_>>>()?;
        let mut pass = Pass::new(program, first.tiles.clone(), first.order.clone(), outputs);
        if pass.is_by_column() && tiles::lead(&pass.program).is_some_and(|lead| self.is_encoded(lead)) {
            let tiles = pass.tiles.clone().of_whole_chunks(&pass.program, |k| pass.may_be_cut(k));
            pass.tiles = tiles;
        }
        let free = context.budget.total().saturating_sub(self.held);
        let threads = context.threads as u64;
        // narrower tiles take less memory and change no bit
        let (print, workers) = loop {
            let print = pass.footprint(|leaf| self.stored(leaf));
            let tiles = pass.tiles.len().max(1);
            let fitting = free.saturating_sub(print.shared) / print.worker.max(1);
            let workers = fitting.min(threads).min(tiles);
            let small = pass.tiles.extents().iter().product::<u64>() <= SMALL;
            if workers == threads.min(tiles) || (workers > 0 && small) {
                break (print, workers);
            }
            match pass.tiles.halved(|k| pass.may_be_cut(k)) {
                Some(tiles) => pass.tiles = tiles,
                None if workers == 0 && pass.can_be_thrifty() => pass.thrifty = true,
                None => break (print, workers),
            }
        };
        if workers == 0 {
            let what = format!("a pass over {}", crate::view::show(&first.domain));
            return Err(context.budget.refusal(self.held + print.total(1), &what));
        }
        let cache = print.cache.min(free - print.total(workers));
        let needed = self.held + print.total(workers) + cache;
        // half of the budget is left to others that share it
        let keeps = needed.saturating_add(print.mapped) <= context.budget.total() / 2;
        self.peak = self.peak.max(needed + if keeps { print.mapped } else { 0 });
        let to = group.iter().map(|i| i.dest).collect();
        self.stages.push(Stage::Pass { pass: Box::new(pass), to, room: Room { workers, cache, keeps } });
        Ok(())
    }

    /// Bytes of what a tile reads and writes, at most.
    fn tile_limit(&self, context: &Context) -> u64 {
        let share = context.budget.total().saturating_sub(self.held) / self.roots.len().max(1) as u64;
        TILE.min(share / (4 * context.threads as u64))
    }

    /// The tiles of a result that is written.
    fn written_tiles(&self, root: usize, program: &Program, context: &Context) -> Tiles {
        // what fits in a few tiles is cut as it lies
        if matches!(self.targets[root], Target::Memory) && !self.is_turned(program) {
            return Tiles::of_program(program);
        }
        let limit = self.tile_limit(context);
        written::tiles(program, &self.how_written(root), |leaf| self.stored(leaf), limit)
    }

    /// How a result is written.
    fn how_written(&self, root: usize) -> Written {
        let node = self.graph.node(self.roots[root]);
        let sink = match &self.targets[root] {
            Target::Sink(sink) => Some(sink),
            Target::Memory => None,
        };
        Written {
            chunk: sink.and_then(|sink| sink.chunk_shape()).map(<[u64]>::to_vec),
            stride: sink.map_or_else(|| sink::c_order(&node.shape), |sink| sink.element_strides()),
            item: node.dtype.size() as u64,
            to: sink.map_or(Medium::Memory, |_| self.files),
        }
    }

    /// Whether an input of a program is large and has other neighbours than the result.
    fn is_turned(&self, program: &Program) -> bool {
        let last = (0..program.domain.len()).rev().find(|&k| program.domain[k] > 1);
        let turned = |load: &program::Load| {
            let first = load.closest_first().into_iter().find(|&k| program.domain[k] > 1);
            load.is_mapped() && first != last && program.elements() > TURNED
        };
        program.loads.iter().any(turned)
    }

    fn is_encoded(&self, load: &program::Load) -> bool {
        self.stored(&load.leaf).is_some_and(|source| !source.in_place())
    }

    fn written(&self, root: usize) -> Output {
        let sink = match &self.targets[root] {
            Target::Sink(sink) => Some(sink),
            Target::Memory => None,
        };
        Output::Write {
            item: self.graph.node(self.roots[root]).dtype.size(),
            scratch: sink.map_or(0, |sink| sink.scratch_bytes()),
            copies: sink.is_some_and(|sink| sink.copies_boxes()),
            in_memory: sink.is_none(),
            whole_chunks: sink.is_some_and(|sink| sink.chunk_shape().is_some()),
        }
    }

    fn output(&self, item: &Item, domain: &[u64]) -> Result<Output> {
        match item.dest {
            Dest::Root(root) => Ok(self.written(root)),
            Dest::Cut(id) if id == item.id => Ok(Output::Write {
                item: self.graph.node(id).dtype.size(),
                scratch: 0,
                copies: true,
                in_memory: false,
                whole_chunks: false,
            }),
            Dest::Cut(id) => {
                let node = self.graph.node(id);
                let NodeKind::Reduce { input, reduction, axes, ddof } = &node.kind else {
                    return Err(Error::Other("a stage folds what is no reduction".into()));
                };
                let from = self.graph.node(*input).dtype;
                let reducer = kernels::reducer(*reduction, from, node.dtype, *ddof).ok_or_else(|| {
                    Error::Other(format!("there is no kernel for {} of {from}", reduction.name()))
                })?;
                Ok(Output::Fold(Reduced::new(reducer, domain, &item.order, axes, node.dtype.size())))
            }
        }
    }

    fn product(&self, a: Id, b: Id, id: Id) -> Result<Product> {
        let dtype = self.graph.node(id).dtype;
        let compute = exec::compute_type(dtype);
        let operand = |x: Id| -> Result<Program> {
            let mut builder = Builder::new(&self.graph, &self.chunks, &self.graph.node(x).shape);
            builder.output_as(x, compute)?;
            Ok(builder.finish())
        };
        Ok(Product::new(operand(a)?, operand(b)?, dtype))
    }

    fn add_product(&mut self, id: Id, product: &Product, context: &Context) -> Result<()> {
        let to = self.direct_root(id).map_or(Dest::Cut(id), Dest::Root);
        let sink = match to {
            Dest::Root(root) => match &self.targets[root] {
                Target::Sink(sink) => Some(sink.clone()),
                Target::Memory => None,
            },
            Dest::Cut(_) => None,
        };
        let scratch = sink.as_ref().map_or(0, |s| s.scratch_bytes() as u64);
        let chunk = sink.as_ref().and_then(|s| s.chunk_shape().map(<[u64]>::to_vec));
        let piece = chunk.as_ref().map_or(0, |c| c.iter().product::<u64>() * product.dtype.size() as u64);
        let free = context.budget.total().saturating_sub(self.held);
        let panels = product.panel_bytes();
        let planned = |threads: u64| {
            let workers = threads * (panels + scratch + piece);
            let product = product.clone().plan(free, threads, chunk.as_deref(), workers);
            let needed = product.footprint(threads, workers);
            (product, needed, threads)
        };
        // fewer threads take less memory
        let fitting = (1..=context.threads as u64).rev().map(planned).find(|(_, needed, _)| *needed <= free);
        let Some((product, needed, threads)) = fitting else {
            return Err(context.budget.refusal(self.held + planned(1).1, "a product of matrices"));
        };
        self.peak = self.peak.max(self.held + needed);
        let threads = threads as usize;
        self.stages.push(Stage::Product { product: Box::new(product), to, threads });
        Ok(())
    }

    /// The source behind a leaf, where it is there before the plan runs.
    fn stored(&self, leaf: &Leaf) -> Option<Arc<dyn Source>> {
        match leaf {
            Leaf::Source(source) => Some(source.clone()),
            Leaf::Cut(_) => None,
        }
    }

    /// Bytes of memory taken at the most, of the budget.
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// Units of work, about a byte each.
    fn work(&self) -> u64 {
        self.stages.iter().map(Stage::work).sum()
    }
}

impl Stage {
    fn dests(&self) -> &[Dest] {
        match self {
            Stage::Pass { to, .. } => to,
            Stage::Product { to, .. } => std::slice::from_ref(to),
        }
    }

    /// Units of work for each element (of a pass) or multiplication (of a product).
    fn unit(&self) -> u64 {
        match self {
            Stage::Pass { pass, .. } => {
                pass.program.loads.iter().map(|l| l.dtype.size() as u64).sum::<u64>().max(1)
            }
            Stage::Product { .. } => 1,
        }
    }

    fn work(&self) -> u64 {
        match self {
            Stage::Pass { pass, .. } => pass.program.elements() * self.unit(),
            Stage::Product { product, .. } => {
                let [m, n, k] = product.dims();
                product.count() * m * n * k
            }
        }
    }
}

/// One more than the level of the latest cut a program reads.
fn level_of(program: &Program, levels: &HashMap<Id, usize>) -> usize {
    program.cuts().filter_map(|id| levels.get(&id)).map(|l| l + 1).max().unwrap_or(0)
}

fn check_target(expr: &Expr, target: &Target, dtype: crate::DType) -> Result<()> {
    let Target::Sink(sink) = target else { return Ok(()) };
    if sink.dtype() != dtype {
        return Err(Error::dtype(&sink.label(), sink.dtype(), dtype));
    }
    if sink.shape() != expr.shape() {
        return Err(Error::Shape(format!(
            "{}: expected an array of shape {}, found {}",
            sink.label(),
            crate::view::show(sink.shape()),
            crate::view::show(expr.shape())
        )));
    }
    Ok(())
}

/// Computes one expression into memory with the default context.
///
/// # Errors
/// As [`Plan::new`] and [`Plan::run`].
pub fn evaluate(expr: &Expr) -> Result<Value> {
    let context = Context::default();
    let values = Plan::new(&[(expr.clone(), Target::Memory)], &context)?.run(&context)?;
    let value = values.into_iter().next().flatten();
    value.ok_or_else(|| Error::Other("the plan gave no value".into()))
}
