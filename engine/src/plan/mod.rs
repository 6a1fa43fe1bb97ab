//! From expressions to stages whose cost is known before anything is read.
//!
//! The graph is cut at the results of operators, which are needed whole. The nodes between two cuts become one
//! straight-line program. Stages come in levels: the stages of one level need nothing from each other. Folds and
//! elementwise results of one level that run over the same tiles share one pass over their inputs.

#[cfg(test)]
mod derived;
mod explain;
mod folded;
mod graph;
mod item;
mod lower;
#[cfg(test)]
mod narrowed;
mod needed;
mod passes;
mod run;
mod schedule;
mod stages;
mod target;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod turned;
mod turning;

use std::collections::HashSet;
use std::path::PathBuf;

pub use explain::{Explain, Read, Stage as ExplainStage, Write};
use graph::Graph;
use lower::{Builder, SpillChunks};
use schedule::Schedule;
pub use target::Target;
use target::{Planned, check_target};

use crate::budget::machine_limit;
use crate::program::written::Medium;
use crate::program::{Id, Program};
use crate::source::Value;
use crate::{Budget, Context, Error, Expr, Result};

/// The way to compute some expressions together: stages in order, with known memory and traffic.
pub struct Plan {
    graph: Graph,
    roots: Vec<Id>,
    targets: Vec<Target>,
    schedule: Schedule,
    /// The chunks of spilled arrays that have more than one chunk.
    chunks: SpillChunks,
    stages: Vec<Planned>,
    tmp: PathBuf,
    /// The medium that results in files go to.
    files: Medium,
}

/// If files are larger than memory, their pages are expected to take one of this many parts of memory.
const PAGES: u64 = 4;
/// No machine has so little memory that files of this many bytes do not fit.
const MANY: u64 = 32 << 20;

impl Plan {
    /// Plans the computation of `roots` within the context's budget.
    ///
    /// # Errors
    /// When a sink does not fit its expression, or a step cannot fit in the budget: the error says how many bytes
    /// suffice.
    pub fn new(roots: &[(Expr, Target)], context: &Context) -> Result<Plan> {
        Plan::on(roots, context, None)
    }

    /// The same on a machine of `memory` bytes; `None` stands for this one.
    fn on(roots: &[(Expr, Target)], context: &Context, memory: Option<u64>) -> Result<Plan> {
        let mut plan = Plan::within(roots, context, memory);
        let mut larger = context.clone();
        // with more memory, a plan holds more and writes larger boxes: ask again until the number suffices
        while let Err(Error::Budget { what, needed, result, .. }) = plan {
            larger.budget = context.budget.resized(needed);
            plan = match Plan::within(roots, &larger, memory) {
                Err(Error::Budget { needed: more, .. }) if more > needed => {
                    Err(Error::Budget { what, needed: more, budget: context.budget.total(), result })
                }
                _ => return Err(Error::Budget { what, needed, budget: context.budget.total(), result }),
            };
        }
        plan
    }

    /// A plan within the context's budget.
    fn within(roots: &[(Expr, Target)], context: &Context, memory: Option<u64>) -> Result<Plan> {
        let (graph, ids) = Graph::new(&roots.iter().map(|(expr, _)| expr).collect::<Vec<_>>())?;
        let (total, room) = (context.budget.total(), context.budget.room());
        let room = room.saturating_sub(graph.held_beside(&context.budget));
        let within = Context { budget: Budget::new(room), ..context.clone() };
        Plan::of(graph, ids, roots, &within, memory).map_err(|error| match error {
            Error::Budget { what, needed, result, .. } => {
                Error::Budget { what, needed: needed.saturating_add(total - room), budget: total, result }
            }
            other => other,
        })
    }

    /// A plan for the nodes `ids` within the context's budget, of which nothing is held.
    fn of(
        graph: Graph,
        ids: Vec<Id>,
        roots: &[(Expr, Target)],
        context: &Context,
        memory: Option<u64>,
    ) -> Result<Plan> {
        for ((expr, target), &id) in roots.iter().zip(&ids) {
            check_target(expr, target, graph.node(id).dtype)?;
        }
        let targets: Vec<Target> = roots.iter().map(|(_, t)| t.clone()).collect();
        let schedule = Schedule::new(&graph, &ids, &targets, &[], context)?;
        let mut plan = Plan {
            graph,
            roots: ids,
            targets,
            schedule,
            chunks: SpillChunks::new(),
            stages: Vec::new(),
            tmp: context.tmp.clone().unwrap_or_else(|| PathBuf::from(".")),
            files: Medium::Near,
        };
        let bytes = plan.bytes_of_files()?;
        // asking the system for its limit takes longer than many a plan
        let memory = memory.unwrap_or_else(|| if bytes > MANY { machine_limit() } else { u64::MAX });
        if bytes > memory {
            plan.files = Medium::Far { pages: memory / PAGES };
        }
        plan.build(context)?;
        Ok(plan)
    }

    /// Makes the stages, level by level.
    fn build(&mut self, context: &Context) -> Result<()> {
        let mut items = self.items(context)?;
        // sources that would be decoded again and again, or read in short runs, are copied once into a file whose
        // chunks suit their readers
        if self.graph.decodes() || self.bytes_of_files()? > context.budget.total() / 4 {
            let mut turned = Vec::new();
            for item in &items {
                self.turn(item, context, &mut turned)?;
            }
            if !turned.is_empty() {
                self.schedule = Schedule::new(&self.graph, &self.roots, &self.targets, &turned, context)?;
                items = self.items(context)?;
            }
        }
        let cuts = self.graph.cuts(&self.roots);
        let mut done = HashSet::new();
        let mut level = 0;
        while level <= self.schedule.highest() {
            let (now, later) = items.into_iter().partition(|item| item.level == level);
            items = later;
            items.extend(self.add_passes(now, context)?);
            for &id in &cuts {
                let is_due = self.schedule.level(id) == level && !self.is_fold(id);
                if is_due && done.insert(id) {
                    let siblings = self.graph.siblings(id);
                    done.extend(siblings.iter().flatten());
                    if !self.add_folded(&siblings, &mut items, context)? {
                        items.extend(self.add_operator(&siblings, context)?);
                    }
                }
            }
            level += 1;
        }
        Ok(())
    }

    /// Bytes of all arrays in files that are read or written.
    fn bytes_of_files(&self) -> Result<u64> {
        let to_files = self.roots.iter().zip(&self.targets);
        let to_files = to_files.filter(|(_, to)| to.sink().is_some()).map(|(&id, _)| id);
        let mut all = self.graph.stored().chain(to_files).map(|id| self.bytes_of(id));
        all.try_fold(0u64, |sum, bytes| Ok(sum.saturating_add(bytes?)))
    }

    fn bytes_of(&self, id: Id) -> Result<u64> {
        self.graph.node(id).bytes()
    }

    /// The root of `id`, if `id` is an operator's result that goes to one sink and nowhere else.
    fn direct_root(&self, id: Id) -> Option<usize> {
        schedule::direct_root(&self.graph, &self.roots, &self.targets, id)
            .filter(|root| !self.schedule.is_parked(*root))
    }

    /// The program for some nodes; `folds` says whether any of them is folded.
    fn program(&self, domain: &[u64], outputs: &[Id], folds: bool) -> Result<Program> {
        let mut builder = match folds {
            true => Builder::of_folds(&self.graph, &self.chunks, domain),
            false => Builder::new(&self.graph, &self.chunks, domain),
        };
        for &id in outputs {
            builder.output(id)?;
        }
        Ok(builder.finish())
    }

    /// The most bytes of the budget that the plan takes.
    pub fn peak(&self) -> u64 {
        let of_stages = self.stages.iter().map(|stage| stage.peak).max().unwrap_or(0);
        of_stages.max(self.schedule.most())
    }

    /// Units of work, about a byte each.
    pub fn work(&self) -> u64 {
        self.stages.iter().map(|planned| planned.stage.work()).fold(0, u64::saturating_add)
    }
}

/// Computes one expression into memory with the default context.
///
/// # Errors
/// As [`Plan::new`] and [`Plan::run`].
pub fn evaluate(expr: &Expr) -> Result<Value> {
    evaluate_in(expr, &Context::default())
}

/// Computes one expression into memory.
///
/// # Errors
/// As [`Plan::new`] and [`Plan::run`].
pub(crate) fn evaluate_in(expr: &Expr, context: &Context) -> Result<Value> {
    let values = Plan::new(&[(expr.clone(), Target::Memory)], context)?.run(context)?;
    let value = values.into_iter().next().flatten();
    value.ok_or_else(|| Error::Other("the plan gave no value".into()))
}
