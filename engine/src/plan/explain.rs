//! A description of a plan in words and numbers.

use std::fmt;

use super::Plan;
use super::target::{Dest, Goes, Planned, Target};
use crate::display::size;
use crate::program::{Leaf, Load};
use crate::view::show;

/// A description of a plan before it runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explain {
    /// The stages, in the order in which they run.
    pub stages: Vec<Stage>,
    /// The most bytes of memory that it takes.
    pub peak: u64,
    /// Bytes of memory allowed.
    pub budget: u64,
}

/// One stage of a plan.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stage {
    /// `pass`, or the name of an operator.
    pub kind: &'static str,
    /// The steps of the computation, in the order of the kernels.
    pub steps: Vec<String>,
    /// The shape it runs over.
    pub domain: Vec<u64>,
    /// Tiles.
    pub tiles: u64,
    /// Elements of the longest tile along each axis.
    pub tile: Vec<u64>,
    /// Threads that memory has room for.
    pub threads: u64,
    /// The number of times that it reads its inputs.
    pub passes: u64,
    /// Its inputs.
    pub reads: Vec<Read>,
    /// Its outputs.
    pub writes: Vec<Write>,
    /// Bytes of memory while it runs, including the results that are held meanwhile.
    pub peak: u64,
    /// Floating-point operations of a product of matrices.
    pub flops: u64,
}

/// One input of a stage.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Read {
    /// Its name.
    pub label: String,
    /// `mapped in place`, `mapped, all at once` (its pages stay until the stage is done), `decoded`, `computed as it is
    /// read`, `held` or `spilled`.
    pub how: &'static str,
    /// Bytes of elements read, counted each time that they are read.
    pub bytes: u64,
}

/// One output of a stage.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Write {
    /// Its name.
    pub label: String,
    /// Bytes of its elements.
    pub bytes: u64,
}

impl Plan {
    /// Describes the plan.
    pub fn explain(&self, budget: u64) -> Explain {
        let stages = self.stages.iter().map(|stage| self.explain_stage(stage)).collect();
        Explain { stages, peak: self.peak(), budget }
    }

    fn explain_stage(&self, planned: &Planned) -> Stage {
        let told = planned.stage.explain();
        let feeds = planned.stage.feeds();
        let loads = feeds.iter().zip(&told.reads).flat_map(|(feed, bytes)| feed.loads.iter().zip(bytes));
        Stage {
            kind: told.kind,
            steps: told.steps,
            domain: told.domain,
            tiles: told.tiles,
            tile: told.tile,
            threads: told.threads,
            passes: told.passes,
            reads: loads.map(|(load, &bytes)| self.explain_read(load, bytes, told.keeps)).collect(),
            writes: planned.to.iter().filter_map(|goes| self.explain_write(*goes)).collect(),
            peak: planned.peak,
            flops: told.flops,
        }
    }

    fn explain_read(&self, load: &Load, bytes: u64, keeps: bool) -> Read {
        let label = label(&load.leaf);
        match &load.leaf {
            Leaf::Source(source) => Read {
                label,
                how: match source.in_place() {
                    true if keeps && source.is_mapped() => "mapped, all at once",
                    true => "mapped in place",
                    false => "decoded",
                },
                bytes,
            },
            Leaf::Derived(..) => Read { label, how: "computed as it is read", bytes },
            Leaf::Cut(id) => {
                let how = if self.schedule.is_spilled(*id) { "spilled" } else { "held" };
                Read { label, how, bytes }
            }
        }
    }

    fn explain_write(&self, goes: Goes) -> Option<Write> {
        let (id, label) = match goes.dest {
            Dest::Nowhere => return None,
            Dest::Cut(id) if self.schedule.is_spilled(id) => (id, "a spill file".to_owned()),
            Dest::Cut(id) => {
                let asked = self.roots.iter().zip(&self.targets);
                let mine = |(root, target): (&usize, &Target)| *root == id && target.sink().is_none();
                let label = if asked.into_iter().any(mine) { "memory" } else { "memory, for a later stage" };
                (id, label.to_owned())
            }
            Dest::Root(root) => {
                let label = self.targets[root].sink().map_or("memory".to_owned(), |sink| sink.label());
                (self.roots[root], label)
            }
        };
        Some(Write { label, bytes: self.bytes_of(id).unwrap_or(0) })
    }
}

impl fmt::Display for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, stage) in self.stages.iter().enumerate() {
            writeln!(f, "stage {}: {} over {}", k + 1, stage.kind, show(&stage.domain))?;
            if !stage.steps.is_empty() {
                writeln!(f, "  compute  {}", stage.steps.join(", "))?;
            }
            let tile = stage.tile.iter().map(u64::to_string).collect::<Vec<_>>().join(" x ");
            let threads = if stage.threads == 1 { "thread" } else { "threads" };
            writeln!(f, "  tiles    {} of at most {tile}, by {} {threads}", stage.tiles, stage.threads)?;
            if stage.passes > 1 {
                writeln!(f, "  passes   {}", stage.passes)?;
            }
            for read in &stage.reads {
                writeln!(f, "  read     {:>12}  {} ({})", size(read.bytes), read.label, read.how)?;
            }
            for write in &stage.writes {
                writeln!(f, "  write    {:>12}  {}", size(write.bytes), write.label)?;
            }
            if stage.flops > 0 {
                writeln!(f, "  flops    {:>12.3e}", stage.flops as f64)?;
            }
            writeln!(f, "  memory   {:>12}", size(stage.peak))?;
        }
        write!(f, "peak memory {} of {}", size(self.peak), size(self.budget))
    }
}

/// The name of an input. A derived one names its own inputs, too.
fn label(leaf: &Leaf) -> String {
    match leaf {
        Leaf::Source(source) => source.label(),
        Leaf::Cut(_) => "an earlier result".into(),
        Leaf::Derived(_, deferred) => {
            let loads = deferred.feeds().iter().flat_map(|feed| &feed.loads);
            let inputs: Vec<String> = loads.map(|load| label(&load.leaf)).collect();
            if inputs.is_empty() {
                deferred.name().to_owned()
            } else {
                format!("{} of {}", deferred.name(), inputs.join(", "))
            }
        }
    }
}
