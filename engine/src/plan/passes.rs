//! The choice of the folds and elementwise results that share a pass.

use super::Plan;
use super::item::{Item, ItemWork};
use super::lower::Builder;
use super::target::Dest;
use crate::exec::{Output, Pass, Reduced};
use crate::program::tiles::{Tiles, fold_order, row_axis};
use crate::program::written::{self, Written};
use crate::program::{Id, Load, Program};
use crate::view::all;
use crate::{Context, Error, Result};

/// The most bytes that a tile reads and writes, if results are written.
const TILE: u64 = 32 << 20;
/// A result in memory of more than this many elements is tiled in squares if the closest elements of an input lie apart
/// in the result.
const TURNED: u64 = 1 << 20;

impl Plan {
    /// All that passes compute: first the sources to spill, then the folds, then the roots.
    pub(super) fn items(&mut self, context: &Context) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        for id in self.schedule.turned().to_vec() {
            let node = self.graph.node(id);
            let chunk = self.chunks.get(&id).unwrap_or(&node.shape);
            let program = Builder::of_source(&self.graph, id)?.finish();
            let decodes = program.loads.iter().any(Load::is_encoded);
            let spilled = Written::to_spill(node.dtype, chunk, self.files);
            let written = Written { chunk: (!decodes).then(|| chunk.clone()), ..spilled };
            let tiles = written::tiles(&program, &written, self.tile_limit(0, context));
            items.push(Item::new(ItemWork::Turn(id), Dest::Cut(id), 0, program, tiles));
        }
        let folds: Vec<Id> =
            self.graph.cuts(&self.roots).into_iter().filter(|&id| self.is_fold(id)).collect();
        let inputs = |&id: &Id| self.graph.node(id).operator().map_or(&[][..], |(_, inputs)| inputs);
        let folded: Vec<Id> = folds.iter().flat_map(inputs).copied().collect();
        let folded = self.graph.read_by(&folded, &[]);
        for id in folds {
            items.push(self.fold(id, folded.contains(&id))?);
        }
        for (root, &id) in self.roots.iter().enumerate() {
            let node = self.graph.node(id);
            let goes_at_once = match node.operator() {
                // an operator's result for memory stays in the buffer that collects it
                Some(_) => self.targets[root].sink().is_none() || self.direct_root(id).is_some(),
                None => false,
            };
            if !goes_at_once {
                items.push(self.written_root(root, context)?);
            }
        }
        Ok(items)
    }

    /// Whether a result comes from a fold, which is part of a pass.
    pub(super) fn is_fold(&self, id: Id) -> bool {
        let node = self.graph.node(id);
        let fold = |(operator, inputs): (&dyn crate::operator::Operator, &[Id])| {
            let &[input] = inputs else { return false };
            operator.fold(self.graph.node(input).dtype, node.dtype).is_some()
        };
        node.operator().is_some_and(fold)
    }

    /// The fold whose result is `id`. `is_folded` says whether another fold reads this result.
    fn fold(&mut self, id: Id, is_folded: bool) -> Result<Item> {
        let not_a_fold = || Error::Other("a pass folds an operator that is not a fold".into());
        let node = self.graph.node(id);
        let (operator, &[input]) = node.operator().ok_or_else(not_a_fold)? else { return Err(not_a_fold()) };
        let fold = operator.fold(self.graph.node(input).dtype, node.dtype).ok_or_else(not_a_fold)?;
        let domain = &self.graph.node(input).shape;
        let over: Vec<bool> = (0..domain.len()).map(|k| fold.axes.contains(&k)).collect();
        let part = node.part().map(|part| {
            let mut kept = part.iter().cloned();
            let all = all(domain).into_iter().zip(&over);
            all.map(|(all, &over)| if over { all } else { kept.next().unwrap_or(all) }).collect()
        });
        let program = self.program(domain, &[input], true)?;
        let order = fold_order(&program, &over);
        let tiles = Tiles::of_fold(&program, &order, &over);
        let dest = self.direct_root(id).map_or(Dest::Cut(id), Dest::Root);
        if self.schedule.is_spilled(id) && !is_folded {
            // the results of a tile then lie in one piece
            let extents = tiles.extents();
            let kept = (0..over.len()).filter(|&k| !over[k]).map(|k| extents[k].max(1)).collect();
            self.chunks.insert(id, kept);
        }
        let rows = row_axis(&program.domain, &order, &over);
        let item =
            Item::new(ItemWork::Fold { input, result: id }, dest, self.schedule.level(id), program, tiles);
        Ok(Item { order, rows, part, ..item })
    }

    /// A root that is written by a pass.
    pub(super) fn written_root(&self, root: usize, context: &Context) -> Result<Item> {
        let id = self.roots[root];
        let node = self.graph.node(id);
        let program = self.program(&node.shape, &[id], false)?;
        let whole = node.operator().is_some() || self.schedule.turned().contains(&id);
        let level = self.schedule.level(id) + usize::from(whole);
        let limit = self.tile_limit(level, context);
        // a result in memory takes the tiles of its inputs, unless a large input is turned
        let tiles = match self.targets[root].sink().is_none() && !is_turned(&program) {
            true => Tiles::of_program(&program),
            false => written::tiles(&program, &self.how_written(root), limit),
        };
        Ok(Item::new(ItemWork::Write(id), Dest::Root(root), level, program, tiles))
    }

    /// How a root is written.
    pub(super) fn how_written(&self, root: usize) -> Written {
        let node = self.graph.node(self.roots[root]);
        let memory = || Written::to_memory(node.dtype, &node.shape);
        self.targets[root].sink().map_or_else(memory, |sink| Written::to_sink(sink.as_ref(), self.files))
    }

    /// The most bytes that a tile reads and writes at a level.
    pub(super) fn tile_limit(&self, level: usize, context: &Context) -> u64 {
        let free = context.budget.total().saturating_sub(self.schedule.held(level));
        let share = free / self.roots.len().max(1) as u64;
        TILE.min(share / (4 * context.threads as u64))
    }

    /// Makes passes of the items of one level. Items share a pass if their tiles agree and memory allows. Returns the
    /// items of later levels that became necessary.
    pub(super) fn add_passes(&mut self, mut items: Vec<Item>, context: &Context) -> Result<Vec<Item>> {
        let mut later = Vec::new();
        while !items.is_empty() {
            let mut group = vec![items.remove(0)];
            let mut apart = Vec::new();
            let folds = |group: &[Item]| group.iter().find(|item| item.is_fold()).map(|item| item.rows);
            // among all items that run over the same tiles, the first fold decides which of them may join
            let along = items.iter().filter(|item| item.runs_along(&group[0]));
            let rows =
                folds(&group).or_else(|| along.clone().find(|item| item.is_fold()).map(|item| item.rows));
            for item in items {
                let joins = item.runs_along(&group[0]) && item.shares_blocks(&group[0], rows);
                if joins { group.push(item) } else { apart.push(item) }
            }
            items = apart;
            match self.add_pass(&group, context) {
                Err(Error::Budget { .. }) if group.len() > 1 => {
                    for item in group {
                        later.extend(self.add_pass(&[item], context)?);
                    }
                }
                other => later.extend(other?),
            }
        }
        Ok(later)
    }

    fn add_pass(&mut self, group: &[Item], context: &Context) -> Result<Vec<Item>> {
        let Some(first) = group.first() else { return Ok(Vec::new()) };
        let (pass, dests) = self.pass_of(group)?;
        self.add_stage(Box::new(pass), dests, first.level, context)
    }

    /// The pass over some items, and the destination of each.
    pub(super) fn pass_of(&self, group: &[Item]) -> Result<(Pass, Vec<Dest>)> {
        let first = group.first().ok_or_else(|| Error::Other("a pass of nothing".into()))?;
        let program = match group {
            [alone] => alone.program.clone(),
            _ => {
                let ids: Vec<Id> = group.iter().map(|item| item.node()).collect();
                self.program(&first.program.domain, &ids, group.iter().any(Item::is_fold))?
            }
        };
        let outputs = group.iter().map(|item| self.output(item)).collect::<Result<Vec<_>>>()?;
        let part = first.part.as_deref();
        let pass = Pass::new(program, first.tiles.clone(), first.order.clone(), outputs, part);
        Ok((pass, group.iter().map(|item| item.dest).collect()))
    }

    fn output(&self, item: &Item) -> Result<Output> {
        match item.work {
            ItemWork::Turn(id) => {
                let node = self.graph.node(id);
                let chunk = self.chunks.get(&id).unwrap_or(&node.shape);
                Ok(Output::Write(Written::to_spill(node.dtype, chunk, self.files)))
            }
            ItemWork::Write(_) => match item.dest {
                Dest::Root(root) => Ok(Output::Write(self.how_written(root))),
                _ => Err(Error::Other("a pass writes to no root".into())),
            },
            ItemWork::Fold { input, result } => {
                let (from, node) = (self.graph.node(input), self.graph.node(result));
                let fold = node.operator().and_then(|(operator, _)| operator.fold(from.dtype, node.dtype));
                let Some(fold) = fold else {
                    return Err(Error::Other("a pass folds an operator that is not a fold".into()));
                };
                let item_size = node.dtype.size();
                Ok(Output::Fold(Reduced::new(fold.reducer, &from.shape, &item.order, fold.axes, item_size)))
            }
        }
    }
}

/// Whether a program is large and has a mapped input whose closest elements lie apart in the result.
fn is_turned(program: &Program) -> bool {
    let last = (0..program.domain.len()).rev().find(|&k| program.domain[k] > 1);
    let turned = |load: &Load| {
        let first = load.closest_first().into_iter().find(|&k| program.domain[k] > 1);
        load.is_mapped() && first != last && program.elements() > TURNED
    };
    program.loads.iter().any(turned)
}
