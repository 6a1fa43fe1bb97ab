//! A program: the straight line of kernels that is evaluated for each element of a domain, the layout of its inputs,
//! and the tiles that a domain is cut into.

pub(crate) mod access;
pub(crate) mod borders;
mod load;
pub(crate) mod tiles;
pub(crate) mod written;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::DType;
use crate::kernels::Kernel;
use crate::source::Source;
use access::Access;
pub(crate) use load::{Deferred, Leaf, Load, SHORT};

/// The number of an array among all that a plan knows.
pub(crate) type Id = usize;

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

/// The facts that decide how a tile is cut into pieces and blocks: the inputs, and the layout of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocking(BTreeSet<(usize, Vec<Option<Access>>, Vec<isize>)>);

/// One kernel over registers.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) kernel: Kernel,
    pub(crate) args: Vec<Reg>,
    pub(crate) dtype: DType,
    /// The scratch block for the result. A block is reused once no step reads it any more.
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

/// Bytes of all mapped chunks that some programs read from. Loads of one source count no more than its chunks.
pub(crate) fn mapped_bytes(programs: &[Program]) -> u64 {
    let mut of_leaf: HashMap<usize, u64> = HashMap::new();
    let loads = programs.iter().flat_map(|program| program.loads.iter().map(|load| (load, &program.domain)));
    for (load, domain) in loads {
        let bytes = of_leaf.entry(load.leaf.identity()).or_default();
        let whole = load.leaf.source().map_or(u64::MAX, |source| chunk_bytes(source.as_ref()));
        *bytes = bytes.saturating_add(load.mapped_bytes(domain)).min(whole);
    }
    of_leaf.into_values().fold(0, u64::saturating_add).min(1 << 56)
}

/// Bytes of all chunks of a source.
fn chunk_bytes(source: &dyn Source) -> u64 {
    let along = source.shape().iter().zip(source.chunk_shape()).map(|(&n, &chunk)| n.div_ceil(chunk.max(1)));
    along.fold(source.chunk_bytes() as u64, u64::saturating_mul)
}

impl Program {
    /// A program without inputs and steps.
    pub(crate) fn new(domain: &[u64]) -> Program {
        Program {
            domain: domain.to_vec(),
            loads: Vec::new(),
            consts: Vec::new(),
            steps: Vec::new(),
            outputs: Vec::new(),
            slots: 0,
        }
    }

    /// Bytes of the elements read from each input, each element counted once.
    pub(crate) fn bytes_read(&self) -> Vec<u64> {
        self.bytes_read_in(&self.domain)
    }

    /// The same for a box of `shape`.
    pub(crate) fn bytes_read_in(&self, shape: &[u64]) -> Vec<u64> {
        let bytes = |load: &Load| load.elements(shape).saturating_mul(load.dtype.size() as u64);
        self.loads.iter().map(bytes).collect()
    }

    /// The number of the load whose elements are the output as they are, if the program computes nothing.
    pub(crate) fn lone_load(&self) -> Option<usize> {
        match (&self.steps[..], &self.outputs[..]) {
            ([], &[Reg::Load(load)]) => Some(load),
            _ => None,
        }
    }

    /// Bytes of an element of the first output.
    pub(crate) fn output_size(&self) -> usize {
        match self.outputs.first() {
            Some(Reg::Load(k)) => self.loads[*k].dtype.size(),
            Some(Reg::Step(k)) => self.steps[*k].dtype.size(),
            Some(Reg::Const(k)) => self.consts[*k].len(),
            None => 0,
        }
    }

    /// Completes a program that has all its inputs, steps and outputs.
    pub(crate) fn finished(mut self) -> Program {
        self.choose_gathered();
        self.give_slots();
        self
    }

    /// Assigns scratch blocks. A block that nothing reads any more is reused.
    fn give_slots(&mut self) {
        let mut last_use: Vec<usize> = (0..self.steps.len()).collect();
        for (k, step) in self.steps.iter().enumerate() {
            for arg in &step.args {
                if let Reg::Step(s) = *arg {
                    last_use[s] = k;
                }
            }
        }
        for output in &self.outputs {
            if let Reg::Step(s) = *output {
                last_use[s] = usize::MAX;
            }
        }
        let mut free: Vec<usize> = Vec::new();
        for k in 0..self.steps.len() {
            let slot = free.pop().unwrap_or_else(|| {
                self.slots += 1;
                self.slots - 1
            });
            self.steps[k].slot = slot;
            // step k + 1 and later steps may overwrite a block that step k reads last
            let step = |arg: &Reg| if let Reg::Step(s) = *arg { Some(s) } else { None };
            let mut unused: Vec<usize> = self.steps[k].args.iter().filter_map(step).chain([k]).collect();
            unused.retain(|&s| last_use[s] == k);
            unused.sort_unstable();
            unused.dedup();
            free.extend(unused.into_iter().map(|s| self.steps[s].slot));
        }
    }

    /// Decides along which axes chunks are gathered: axes along which chunks are short, if chunks are also small, or if
    /// another input has its closest elements along the axis. In that case, single elements of each chunk would have to
    /// be brought together.
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

    /// Also gathers short chunks along `axis`, along which the elements of the written results lie closest.
    pub(crate) fn gather_along(&mut self, axis: usize) {
        let Program { domain, loads, .. } = self;
        for load in loads {
            load.gathers[axis] |= load.is_short(domain, axis);
        }
    }

    /// Computes derived inputs with less memory and in more time. Says whether that changes anything.
    pub(crate) fn frugal(&mut self) -> bool {
        let mut changed = false;
        for load in &mut self.loads {
            if let Leaf::Derived(id, deferred) = &load.leaf
                && let Some(frugal) = deferred.frugal()
            {
                load.leaf = Leaf::Derived(*id, frugal);
                changed = true;
            }
        }
        changed
    }

    /// Whether the elements of all inputs lie closest along the same axis as those of the lead.
    pub(crate) fn is_even(&self, lead: &Load) -> bool {
        let closest = |load: &Load| load.closest_first().into_iter().find(|&k| self.domain[k] > 1);
        let first = closest(lead);
        self.loads.iter().all(|load| closest(load).is_none_or(|k| Some(k) == first))
    }

    /// The facts that decide how a tile is cut into blocks.
    pub(crate) fn blocking(&self) -> Blocking {
        Blocking(self.loads.iter().map(|l| (l.leaf.identity(), l.access.clone(), l.stride.clone())).collect())
    }

    /// The number of the first load whose chunks are those of load `number`.
    pub(crate) fn first_of_source(&self, number: usize) -> usize {
        let same = |leaf: &Leaf| match (leaf, &self.loads[number].leaf) {
            (Leaf::Source(a), Leaf::Source(b)) => Arc::ptr_eq(a, b),
            (Leaf::Cut(a), Leaf::Cut(b)) | (Leaf::Derived(a, _), Leaf::Derived(b, _)) => a == b,
            _ => false,
        };
        self.loads.iter().position(|load| same(&load.leaf)).unwrap_or(number)
    }

    /// Bytes of all elements of the first output.
    pub(crate) fn bytes(&self) -> u64 {
        self.domain.iter().fold(self.output_size() as u64, |bytes, &n| bytes.saturating_mul(n))
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
