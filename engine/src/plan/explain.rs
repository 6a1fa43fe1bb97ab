//! A plan told in words and numbers.

use std::fmt;

use super::program::{Leaf, Load, Program};
use super::{Dest, Plan, Stage as PlanStage, Target};
use crate::exec::Output;
use crate::view::show;

/// What a plan will do, before it does it.
#[derive(Clone, Debug)]
pub struct Explain {
    /// The stages, in the order in which they run.
    pub stages: Vec<Stage>,
    /// Bytes of memory at the most.
    pub peak: u64,
    /// Bytes of memory allowed.
    pub budget: u64,
}

/// One stage of a plan.
#[derive(Clone, Debug)]
pub struct Stage {
    /// `pass` or `matmul`.
    pub kind: &'static str,
    /// What is computed, in the order of the kernels.
    pub steps: Vec<String>,
    /// The shape it runs over.
    pub domain: Vec<u64>,
    /// Tiles, and elements of the longest along each axis; of a product its blocks.
    pub tiles: u64,
    /// See `tiles`.
    pub tile: Vec<u64>,
    /// Threads that find room.
    pub workers: u64,
    /// Its inputs.
    pub reads: Vec<Read>,
    /// Where its outputs go.
    pub writes: Vec<String>,
    /// Bytes written to sinks and intermediate results.
    pub bytes_written: u64,
    /// Floating-point operations of a product of matrices.
    pub flops: u64,
}

/// One input of a stage.
#[derive(Clone, Debug)]
pub struct Read {
    /// Its name.
    pub label: String,
    /// `mapped in place`, `mapped, all at once` where its pages stay until the stage is done, `decoded`, `held` or `spilled`.
    pub how: &'static str,
    /// Bytes of elements that are read.
    pub bytes: u64,
}

impl Plan {
    /// What the plan will do.
    pub fn explain(&self, budget: u64) -> Explain {
        Explain {
            stages: self.stages.iter().map(|s| self.explain_stage(s)).collect(),
            peak: self.peak,
            budget,
        }
    }

    fn explain_stage(&self, stage: &PlanStage) -> Stage {
        let writes = stage.dests().iter().map(|d| self.explain_dest(*d)).collect();
        let bytes_written = stage.dests().iter().map(|d| self.dest_bytes(*d)).sum();
        match stage {
            PlanStage::Pass { pass, room, .. } => {
                let mut steps: Vec<String> = pass.program.steps.iter().map(|s| s.name.to_owned()).collect();
                for output in &pass.outputs {
                    if let Output::Fold(reduced) = output {
                        let axes: Vec<String> = (0..reduced.over.len())
                            .filter(|&k| reduced.over[k])
                            .map(|k| k.to_string())
                            .collect();
                        steps.push(format!("{} over axes ({})", reduced.reducer.name(), axes.join(", ")));
                    }
                }
                Stage {
                    kind: "pass",
                    steps,
                    domain: pass.program.domain.clone(),
                    tiles: pass.tiles.len(),
                    tile: pass.tiles.extents(),
                    workers: room.workers,
                    reads: self.reads(&pass.program, room.keeps),
                    writes,
                    bytes_written,
                    flops: 0,
                }
            }
            PlanStage::Product { product, .. } => {
                let [m, n, k] = product.dims();
                let mut reads = self.reads(&product.a, product.keeps());
                reads.extend(self.reads(&product.b, product.keeps()));
                let total: u64 = reads.iter().map(|r| r.bytes).sum::<u64>().max(1);
                // operands may be read more than once
                let moved = product.bytes_read();
                for read in &mut reads {
                    read.bytes = (u128::from(read.bytes) * u128::from(moved) / u128::from(total)) as u64;
                }
                Stage {
                    kind: "matmul",
                    steps: vec![format!("({m} x {k}) @ ({k} x {n})")],
                    domain: vec![m, n, k],
                    tiles: product.tiles(),
                    tile: product.tile().to_vec(),
                    workers: 0,
                    reads,
                    writes,
                    bytes_written,
                    flops: product.flops(),
                }
            }
        }
    }

    fn reads(&self, program: &Program, keeps: bool) -> Vec<Read> {
        let bytes = |l: &Load| {
            let seen = program.domain.iter().zip(&l.access).filter(|(_, a)| a.is_some()).map(|(n, _)| n);
            seen.product::<u64>() * l.dtype.size() as u64
        };
        let one = |l: &Load| match &l.leaf {
            Leaf::Source(source) => Read {
                label: source.label(),
                how: match source.in_place() {
                    true if keeps && source.is_mapped() => "mapped, all at once",
                    true => "mapped in place",
                    false => "decoded",
                },
                bytes: bytes(l),
            },
            Leaf::Cut(id) => {
                let how = if self.spilled.contains(id) { "spilled" } else { "held" };
                Read { label: "an earlier result".into(), how, bytes: bytes(l) }
            }
        };
        program.loads.iter().map(one).collect()
    }

    fn explain_dest(&self, dest: Dest) -> String {
        match dest {
            Dest::Cut(id) if self.spilled.contains(&id) => "a spill file".into(),
            Dest::Cut(_) => "memory, for a later stage".into(),
            Dest::Root(root) => match &self.targets[root] {
                Target::Memory => "memory".into(),
                Target::Sink(sink) => sink.label(),
            },
        }
    }

    fn dest_bytes(&self, dest: Dest) -> u64 {
        let id = match dest {
            Dest::Cut(id) => id,
            Dest::Root(root) => self.roots[root],
        };
        self.bytes_of(id).unwrap_or(0)
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
            let workers =
                if stage.workers == 0 { String::new() } else { format!(", {} at a time", stage.workers) };
            writeln!(f, "  tiles    {} of at most {tile}{workers}", stage.tiles)?;
            for read in &stage.reads {
                writeln!(f, "  read     {:>12}  {} ({})", bytes(read.bytes), read.label, read.how)?;
            }
            for to in &stage.writes {
                writeln!(
                    f,
                    "  write    {:>12}  {to}",
                    bytes(stage.bytes_written / stage.writes.len() as u64)
                )?;
            }
            if stage.flops > 0 {
                writeln!(f, "  flops    {:>12.3e}", stage.flops as f64)?;
            }
        }
        write!(f, "peak memory {} of {}", bytes(self.peak), bytes(self.budget))
    }
}

/// A number of bytes for people.
fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{n} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}
