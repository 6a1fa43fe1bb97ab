//! The schedule of results: when each is computed, how long it lives, and whether it is held in memory meanwhile.

use std::collections::{HashMap, HashSet};

use super::graph::Graph;
use super::target::Target;
use crate::program::Id;
use crate::{Context, Error, Result};

/// The levels of a plan, and the results that are alive at each.
#[derive(Clone)]
pub(super) struct Schedule {
    /// For each node, the level at which it can be computed.
    levels: Vec<usize>,
    /// Bytes of results that are held at each level.
    live: Vec<u64>,
    /// Sources that are decoded or copied once, into a file, before they are used.
    turned: Vec<Id>,
    /// Results that are kept in a file because they do not fit in memory.
    spilled: HashSet<Id>,
    /// For each result that later stages read, the last level that reads it. The caller reads the results that it asked
    /// for at the end.
    last: HashMap<Id, usize>,
    /// Roots whose results wait in a file until a pass brings them to their sinks.
    parked: HashSet<usize>,
}

impl Schedule {
    /// The schedule for `roots`. `turned` sources are spilled before they are used.
    ///
    /// # Errors
    /// When results that go to memory take more than half of the budget.
    pub(super) fn new(
        graph: &Graph,
        roots: &[Id],
        targets: &[Target],
        turned: &[Id],
        context: &Context,
    ) -> Result<Schedule> {
        let levels = graph.levels(turned);
        let cuts = graph.cuts(roots);
        let is_direct = |id: Id| direct_root(graph, roots, targets, id).is_some();
        let mut last: HashMap<Id, usize> = HashMap::new();
        let mut reads = |nodes: &[Id], level: usize| {
            for id in graph.read_by(nodes, turned) {
                let known = last.entry(id).or_insert(level);
                *known = level.max(*known);
            }
        };
        let mut highest = 0;
        for &id in &cuts {
            let inputs = graph.node(id).operator().map_or(&[][..], |(_, inputs)| inputs);
            reads(inputs, levels[id]);
            highest = highest.max(levels[id]);
        }
        let is_cut = |id: Id| graph.node(id).operator().is_some();
        for (&id, target) in roots.iter().zip(targets) {
            // an operator's result that is not written at once is copied by a pass
            let level = levels[id] + usize::from(is_cut(id) || turned.contains(&id));
            if !is_cut(id) || (target.sink().is_some() && !is_direct(id)) {
                reads(&[id], level);
                highest = highest.max(level);
            }
        }
        let mut schedule = Schedule {
            levels,
            live: vec![0; highest + 1],
            turned: turned.to_vec(),
            spilled: turned.iter().copied().collect(),
            last,
            parked: HashSet::new(),
        };
        let mut in_memory = HashSet::new();
        for (&id, _) in roots.iter().zip(targets).filter(|(_, target)| target.sink().is_none()) {
            // a result for several roots is held once
            if !is_cut(id) || in_memory.insert(id) {
                let from = schedule.levels[id] + usize::from(turned.contains(&id));
                schedule.hold(from..=highest, graph.node(id).bytes()?);
            }
            if is_cut(id) {
                schedule.last.insert(id, highest);
            }
        }
        let total = context.budget.total();
        if schedule.most() > total / 2 {
            let what = "the result, which goes to memory,";
            return Err(match context.budget.refusal(schedule.most().saturating_mul(2), what) {
                Error::Budget { what, needed, budget, .. } => {
                    Error::Budget { what, needed, budget, result: true }
                }
                other => other,
            });
        }
        for id in cuts.into_iter().filter(|id| !in_memory.contains(id) && !is_direct(*id)) {
            let alive = schedule.levels[id]..=schedule.last.get(&id).copied().unwrap_or(highest);
            let bytes = graph.node(id).bytes()?;
            if bytes <= total / 4 && schedule.live[alive.clone()].iter().all(|held| held + bytes <= total / 2)
            {
                schedule.hold(alive, bytes);
            } else {
                schedule.spilled.insert(id);
            }
        }
        Ok(schedule)
    }

    fn hold(&mut self, levels: std::ops::RangeInclusive<usize>, bytes: u64) {
        self.live[levels].iter_mut().for_each(|held| *held += bytes);
    }

    /// The level of the last stages.
    pub(super) fn highest(&self) -> usize {
        self.live.len() - 1
    }

    /// The level at which a node can be computed.
    pub(super) fn level(&self, id: Id) -> usize {
        self.levels[id]
    }

    /// Bytes of results that are held while the stages of a level run.
    pub(super) fn held(&self, level: usize) -> u64 {
        self.live.get(level).copied().unwrap_or(0)
    }

    /// The most bytes held at any level.
    pub(super) fn most(&self) -> u64 {
        self.live.iter().copied().max().unwrap_or(0)
    }

    pub(super) fn turned(&self) -> &[Id] {
        &self.turned
    }

    pub(super) fn is_spilled(&self, id: Id) -> bool {
        self.spilled.contains(&id)
    }

    /// The results that no stage after `level` reads.
    pub(super) fn ending(&self, level: usize) -> impl Iterator<Item = Id> + '_ {
        self.last.iter().filter(move |(_, last)| **last <= level).map(|(&id, _)| id)
    }

    pub(super) fn is_parked(&self, root: usize) -> bool {
        self.parked.contains(&root)
    }

    /// Forgets the result `id` of `bytes`: it is folded as it is computed.
    pub(super) fn skip(&mut self, id: Id, bytes: u64) {
        let last = self.last.remove(&id);
        if !self.spilled.remove(&id) {
            let alive = self.levels[id]..=last.unwrap_or(self.highest());
            self.live[alive].iter_mut().for_each(|held| *held = held.saturating_sub(bytes));
        }
    }

    /// Holds `bytes` at a level, for a result that exists earlier than planned.
    pub(super) fn hold_at(&mut self, level: usize, bytes: u64) {
        self.hold(level..=level, bytes);
    }

    /// Parks the result `id` of an operator, which would go to a sink at once: it waits in a file for a pass of the
    /// level after its own.
    pub(super) fn park(&mut self, id: Id, root: usize) {
        self.parked.insert(root);
        self.spilled.insert(id);
        let level = self.levels[id] + 1;
        self.last.insert(id, level);
        if self.live.len() <= level {
            let held = self.live.last().copied().unwrap_or(0);
            self.live.resize(level + 1, held);
        }
    }
}

/// The root of `id`, if `id` is an operator's result that goes to one sink and nowhere else.
pub(super) fn direct_root(graph: &Graph, roots: &[Id], targets: &[Target], id: Id) -> Option<usize> {
    let mut all = (0..roots.len()).filter(|&root| roots[root] == id);
    let root = all.next().filter(|_| all.next().is_none())?;
    let direct = graph.node(id).operator().is_some() && targets[root].sink().is_some() && !graph.is_used(id);
    direct.then_some(root)
}
