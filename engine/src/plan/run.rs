//! Running a plan: stage after stage, each with its inputs bound and its results collected.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Plan;
use super::target::{Dest, Goes, Planned, Target};
use crate::exec::Run;
use crate::program::{Id, Leaf, Program};
use crate::sink::{Assembled, MemorySink, Nowhere, Sink, Spill};
use crate::source::{Source, Value};
use crate::{Context, Error, Result};

/// Results kept for later stages and for the caller.
#[derive(Default)]
struct Held {
    sources: HashMap<Id, Arc<dyn Source>>,
    values: HashMap<Id, Value>,
}

impl Plan {
    /// Computes the results: the value of each root that goes to memory. A plan runs once. It drops its sinks before
    /// this returns, so that they can be committed.
    ///
    /// # Errors
    /// Errors of sources and sinks, and [`Error::Cancelled`]. Sinks then hold parts of results and must be dropped, not
    /// committed.
    pub fn run(self, context: &Context) -> Result<Vec<Option<Value>>> {
        let _permit = context.budget.take(self.peak(), "the plan")?;
        let mut held = Held::default();
        let mut values: Vec<Option<Value>> = vec![None; self.roots.len()];
        let (total, so_far) = (self.work(), AtomicU64::new(0));
        let done = |n: u64| {
            let now = so_far.fetch_add(n, Ordering::Relaxed) + n;
            if let Some(progress) = &context.progress {
                progress(now.min(total), total);
            }
        };
        for (number, planned) in self.stages.iter().enumerate() {
            self.run_stage(planned, &mut held, &mut values, context, &done)?;
            let next = self.stages.get(number + 1).map(|next| next.level);
            if next != Some(planned.level) && next.is_some() {
                self.schedule.ending(planned.level).for_each(|id| {
                    held.sources.remove(&id);
                    held.values.remove(&id);
                });
            }
        }
        // a stop that came while the last pieces were computed is still in time: nothing is committed yet
        context.go_on()?;
        for (value, (id, target)) in values.iter_mut().zip(self.roots.iter().zip(&self.targets)) {
            if value.is_none() && target.sink().is_none() {
                *value = held.values.get(id).cloned();
            }
        }
        Ok(values)
    }

    fn run_stage(
        &self,
        planned: &Planned,
        held: &mut Held,
        values: &mut [Option<Value>],
        context: &Context,
        done: &(dyn Fn(u64) + Sync),
    ) -> Result<()> {
        let places = planned.to.iter().map(|goes| self.place(*goes)).collect::<Result<Vec<_>>>()?;
        let sinks: Vec<Arc<dyn Sink>> = places.iter().map(Place::sink).collect();
        let feeds = planned.stage.feeds().into_iter();
        let keeps = planned.stage.keeps();
        let sources = feeds.map(|feed| bind(feed, held, keeps, context)).collect::<Result<Vec<_>>>()?;
        let ran = planned.stage.run(&Run { sources: &sources, sinks: &sinks, context, done });
        // an input that is not intact is the reason for any other error
        sources.iter().flatten().try_for_each(|source| source.intact()).and(ran)?;
        drop(sinks);
        for (goes, place) in planned.to.iter().zip(places) {
            match (goes.dest, place.into_kept()?) {
                (Dest::Cut(id), Some(Kept::Value(value))) => {
                    held.values.insert(id, value.clone());
                    held.sources.insert(id, Arc::new(value));
                }
                (Dest::Cut(id), Some(Kept::Source(source))) => {
                    held.sources.insert(id, source);
                }
                (Dest::Root(root), Some(Kept::Value(value))) => values[root] = Some(value),
                _ => {}
            }
        }
        Ok(())
    }

    /// The place that collects an output.
    fn place(&self, goes: Goes) -> Result<Place> {
        let id = match goes.dest {
            Dest::Nowhere => return Ok(Place::Nowhere),
            Dest::Cut(id) => id,
            Dest::Root(root) => match &self.targets[root] {
                Target::Sink(sink) => {
                    return Ok(Place::Caller(match sink.chunk_shape() {
                        Some(chunk) if goes.assembled => Arc::new(Assembled::new(sink.clone(), chunk)),
                        _ => sink.clone(),
                    }));
                }
                Target::Memory => self.roots[root],
            },
        };
        let node = self.graph.node(id);
        if matches!(goes.dest, Dest::Cut(_)) && self.schedule.is_spilled(id) {
            let whole = || node.shape.iter().map(|&n| n.max(1)).collect();
            let chunk: Vec<u64> = self.chunks.get(&id).cloned().unwrap_or_else(whole);
            return Ok(Place::Spill(Arc::new(Spill::create(&self.tmp, node.dtype, &node.shape, &chunk)?)));
        }
        Ok(Place::Memory(Arc::new(MemorySink::new(node.dtype, &node.shape)?)))
    }
}

/// The sources of a program's loads. `keeps` says whether pages of mapped sources stay until the stage is done.
fn bind(program: &Program, held: &Held, keeps: bool, context: &Context) -> Result<Vec<Arc<dyn Source>>> {
    let one = |leaf: &Leaf| match leaf {
        Leaf::Derived(_, deferred) => {
            let inputs = deferred.feeds().iter().map(|feed| bind(feed, held, keeps, context));
            Ok(deferred.clone().bind(inputs.collect::<Result<Vec<_>>>()?, keeps, context))
        }
        Leaf::Source(source) => Ok(source.clone()),
        Leaf::Cut(id) => {
            let source = held.sources.get(id).cloned();
            source.ok_or_else(|| Error::Other("a stage ran before its input".into()))
        }
    };
    program.loads.iter().map(|l| one(&l.leaf)).collect()
}

/// The sink of one output while its stage runs.
enum Place {
    Memory(Arc<MemorySink>),
    Spill(Arc<Spill>),
    Caller(Arc<dyn Sink>),
    Nowhere,
}

/// A result that a stage leaves behind.
enum Kept {
    Value(Value),
    Source(Arc<dyn Source>),
}

impl Place {
    fn sink(&self) -> Arc<dyn Sink> {
        match self {
            Place::Memory(sink) => sink.clone(),
            Place::Spill(sink) => sink.clone(),
            Place::Caller(sink) => sink.clone(),
            Place::Nowhere => Arc::new(Nowhere),
        }
    }

    /// The collected result, unless it is the caller's.
    fn into_kept(self) -> Result<Option<Kept>> {
        let shared = || Error::Other("a finished stage still holds its output".into());
        Ok(match self {
            Place::Memory(sink) => Some(Kept::Value(Arc::into_inner(sink).ok_or_else(shared)?.into_value()?)),
            Place::Spill(sink) => {
                Some(Kept::Source(Arc::new(Arc::into_inner(sink).ok_or_else(shared)?.into_source()?)))
            }
            Place::Caller(_) | Place::Nowhere => None,
        })
    }
}
