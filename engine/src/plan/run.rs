//! Running a plan: stage after stage, each with its inputs bound and its results collected.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::graph::Id;
use super::program::{Leaf, Program};
use super::{Dest, Plan, Stage, Target};
use crate::context::Metrics;
use crate::exec;
use crate::profile::Work;
use crate::sink::{MemorySink, Sink, Spill};
use crate::source::{Source, Value};
use crate::{Context, Error, Result};

/// Results kept for later stages.
type Held = HashMap<Id, Arc<dyn Source>>;

impl Plan {
    /// Computes the results: for each root the value, where it goes to memory.
    ///
    /// # Errors
    /// Whatever sources and sinks report, and [`Error::Cancelled`]. Sinks then hold parts of results and must
    /// be dropped, not committed.
    pub fn run(&self, context: &Context) -> Result<Vec<Option<Value>>> {
        let _permit = context.budget.take(self.peak, "the plan")?;
        let mut held: Held = HashMap::new();
        let mut values: Vec<Option<Value>> = vec![None; self.roots.len()];
        let (total, so_far) = (self.work(), AtomicU64::new(0));
        for stage in &self.stages {
            let unit = stage.unit();
            let done = |n: u64| {
                let now = so_far.fetch_add(n * unit, Ordering::Relaxed) + n * unit;
                if let Some(progress) = &context.progress {
                    progress(now.min(total), total);
                }
            };
            let places = stage.dests().iter().map(|d| self.place(*d)).collect::<Result<Vec<_>>>()?;
            let sinks: Vec<Arc<dyn Sink>> = places.iter().map(Place::sink).collect();
            let began = Instant::now();
            match stage {
                Stage::Pass { pass, room, .. } => {
                    let sources = self.bind(&pass.program, &held)?;
                    let _span = tracing::info_span!("pass", tiles = pass.tiles.len()).entered();
                    let ran = context.record(Work::Stage, 1, pass.program.elements(), || {
                        exec::run_pass(pass, &sources, &sinks, *room, context, &done)
                    });
                    intact(&sources).and(ran)?;
                    Metrics::add(&context.metrics.pass_ns, began.elapsed().as_nanos() as usize);
                }
                Stage::Product { product, threads, .. } => {
                    let context = &Context { threads: *threads, ..context.clone() };
                    let (a, b) = (self.bind(&product.a, &held)?, self.bind(&product.b, &held)?);
                    let _span = tracing::info_span!("product", flops = product.flops()).entered();
                    let ran = context.record(Work::Stage, 1, stage.work(), || {
                        exec::run_product(product, [&a, &b], sinks[0].as_ref(), context, &done)
                    });
                    intact(&a).and_then(|()| intact(&b)).and(ran)?;
                    Metrics::add(&context.metrics.matmul_ns, began.elapsed().as_nanos() as usize);
                }
            }
            drop(sinks);
            for (dest, place) in stage.dests().iter().zip(places) {
                match (*dest, place.into_source()?) {
                    (Dest::Cut(id), Some(Kept::Value(value))) => {
                        held.insert(id, Arc::new(value));
                    }
                    (Dest::Cut(id), Some(Kept::Source(source))) => {
                        held.insert(id, source);
                    }
                    (Dest::Root(root), Some(Kept::Value(value))) => values[root] = Some(value),
                    _ => {}
                }
            }
        }
        Ok(values)
    }

    /// The sources of a program's loads.
    fn bind(&self, program: &Program, held: &Held) -> Result<Vec<Arc<dyn Source>>> {
        let one = |leaf: &Leaf| match leaf {
            Leaf::Source(source) => Ok(source.clone()),
            Leaf::Cut(id) => {
                held.get(id).cloned().ok_or_else(|| Error::Other("a stage ran before its input".into()))
            }
        };
        program.loads.iter().map(|l| one(&l.leaf)).collect()
    }

    /// Where an output is collected.
    fn place(&self, dest: Dest) -> Result<Place> {
        let id = match dest {
            Dest::Cut(id) => id,
            Dest::Root(root) => match &self.targets[root] {
                Target::Sink(sink) => return Ok(Place::Caller(sink.clone())),
                Target::Memory => self.roots[root],
            },
        };
        let node = self.graph.node(id);
        if matches!(dest, Dest::Cut(_)) && self.spilled.contains(&id) {
            let whole = || node.shape.iter().map(|&n| n.max(1)).collect();
            let chunk: Vec<u64> = self.chunks.get(&id).cloned().unwrap_or_else(whole);
            return Ok(Place::Spill(Arc::new(Spill::create(&self.tmp, node.dtype, &node.shape, &chunk)?)));
        }
        Ok(Place::Memory(Arc::new(MemorySink::new(node.dtype, &node.shape)?)))
    }
}

/// The sink of one output while its stage runs.
enum Place {
    Memory(Arc<MemorySink>),
    Spill(Arc<Spill>),
    Caller(Arc<dyn Sink>),
}

/// What a stage leaves behind.
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
        }
    }

    /// What was collected, unless it is the caller's.
    fn into_source(self) -> Result<Option<Kept>> {
        let shared = || Error::Other("a finished stage still holds its output".into());
        Ok(match self {
            Place::Memory(sink) => Some(Kept::Value(Arc::into_inner(sink).ok_or_else(shared)?.into_value()?)),
            Place::Spill(sink) => {
                Some(Kept::Source(Arc::new(Arc::into_inner(sink).ok_or_else(shared)?.into_source()?)))
            }
            Place::Caller(_) => None,
        })
    }
}

/// Whether what a stage has read was really there; if not, that is the reason for whatever else went wrong.
fn intact(sources: &[Arc<dyn Source>]) -> Result<()> {
    sources.iter().try_for_each(|source| source.intact())
}
