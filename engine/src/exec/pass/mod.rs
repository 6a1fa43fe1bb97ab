//! One pass over a domain: the first free worker evaluates the next tile, and every tile is evaluated once.

mod footprint;
mod run;

use std::ops::Range;
use std::sync::Arc;

use super::fold::Reduced;
use super::folding::Folding;
use super::input::pieces;
use super::stage::{Fit, Room, Run, Stage, Told};
use crate::Result;
use crate::program::tiles::Tiles;
use crate::program::written::{Medium, Written};
use crate::program::{Load, Program};
use crate::sink::Sink;
use crate::view::{all, shape_of};
pub(super) use run::one_tile;

/// A tile of at most this many elements is not made narrower to give another thread room.
const SMALL: u64 = 1 << 16;
/// A run of at least this many bytes is read in place, even if its neighbours are not read.
const LONG_RUN: u64 = 32 << 10;

/// The treatment of an output of the pass' program.
#[derive(Debug)]
pub(crate) enum Output {
    /// Its elements are written.
    Write(Written),
    /// It is reduced.
    Fold(Reduced),
}

impl Output {
    /// Bytes of an element of the result.
    fn item(&self) -> usize {
        match self {
            Output::Write(written) => written.item as usize,
            Output::Fold(reduced) => reduced.item,
        }
    }
}

/// A program, the tiles that it is evaluated over, and the treatment of its outputs.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) program: Program,
    /// The part of the domain that is evaluated.
    pub(crate) part: Vec<Range<u64>>,
    pub(crate) tiles: Tiles,
    /// Axes in the order of the loops within a tile.
    pub(crate) order: Vec<usize>,
    /// Axes in the order in which tiles are taken up.
    pub(crate) walk: Vec<usize>,
    pub(crate) outputs: Vec<Output>,
    /// Whether inputs are read in small pieces, one after the other, because whole boxes do not fit beside the results.
    thrifty: bool,
    /// The memory that it was given.
    share: Share,
}

impl Pass {
    /// A pass over the part of the program's domain that its outputs need, or over all of it. Outputs that are written
    /// need all.
    pub(crate) fn new(
        mut program: Program,
        tiles: Tiles,
        order: Vec<usize>,
        outputs: Vec<Output>,
        part: Option<&[Range<u64>]>,
    ) -> Pass {
        let first = outputs.iter().find_map(|o| match o {
            Output::Fold(reduced) => Some(reduced.over.clone()),
            Output::Write(_) => None,
        });
        // in the order of the inputs' layout; reduced axes go fastest, so that few results are under way at a time
        let mut walk = order.clone();
        match first {
            Some(over) => walk.sort_by_key(|&k| over[k]),
            None => {
                if let Some(axis) = (0..program.domain.len()).rev().find(|&k| program.domain[k] > 1) {
                    program.gather_along(axis);
                }
            }
        }
        let part = part.map_or_else(|| all(&program.domain), <[_]>::to_vec);
        let mut pass =
            Pass { program, part, tiles, order, walk, outputs, thrifty: false, share: Share::default() };
        if pass.shape() != pass.program.domain {
            pass.tiles = pass.tiles.within(&pass.part);
        }
        pass
    }

    /// Elements of the part along each axis.
    fn shape(&self) -> Vec<u64> {
        shape_of(&self.part)
    }

    /// Whether the pass can become thrifty: it folds nothing, and is not thrifty yet.
    fn can_be_thrifty(&self) -> bool {
        !self.thrifty && self.outputs.iter().all(|output| matches!(output, Output::Write(_)))
    }

    /// Whether tiles may be cut differently along an axis without a change to any bit of the results.
    fn may_be_cut(&self, axis: usize) -> bool {
        self.outputs.iter().all(|output| match output {
            Output::Fold(reduced) => !reduced.over[axis],
            Output::Write(written) => written.chunk.is_none(),
        })
    }

    /// The greatest length of a piece along each axis. `keeps` says whether mapped pages stay until the pass is done.
    pub(super) fn longest(&self, keeps: bool) -> Vec<u64> {
        let mut longest = vec![u64::MAX; self.program.domain.len()];
        let by_column = |output: &Output| match output {
            Output::Fold(reduced) => {
                reduced.rows.map(|rows| (rows, reduced.over.clone(), reduced.one_by_one))
            }
            Output::Write(_) => None,
        };
        let Some((rows, over, one_by_one)) = self.outputs.iter().find_map(by_column) else {
            return if self.thrifty { pieces(&self.program, &self.tiles.extents()) } else { longest };
        };
        let place = self.order.iter().position(|&k| k == rows).unwrap_or(0);
        let slow = &self.order[..place];
        if one_by_one {
            slow.iter().filter(|&&k| over[k]).for_each(|&k| longest[k] = 1);
        }
        // long rows that lie far apart are read one by one, so that nothing between them is mapped
        let in_sequence = one_by_one || slow.iter().all(|&k| !over[k] || self.program.domain[k] == 1);
        let extents = self.tiles.extents();
        let far = |load: &Load| {
            let item = load.dtype.size() as u64;
            load.is_mapped() && load.run(&extents) * item >= LONG_RUN && load.is_sparse(&extents)
        };
        // a fold without lanes goes by blocks of rows, and these must not depend on memory
        let any_rows = |output: &Output| match output {
            Output::Fold(reduced) => reduced.reducer.lane_size() > 0 || reduced.reducer.is_arg(),
            Output::Write(_) => true,
        };
        let in_sequence = in_sequence && self.outputs.iter().all(any_rows);
        if !keeps && in_sequence && self.program.loads.iter().any(far) {
            self.order[..=place].iter().for_each(|&k| longest[k] = 1);
        }
        longest
    }

    /// The states of each output that is folded, on their way to `sinks`.
    pub(super) fn foldings<'p>(&'p self, sinks: &'p [Arc<dyn Sink + 'p>]) -> Vec<Option<Folding<'p>>> {
        let folding = |(output, sink): (&'p Output, &'p Arc<dyn Sink + 'p>)| match output {
            Output::Fold(reduced) => Some(Folding::new(reduced, self, sink.as_ref())),
            Output::Write(_) => None,
        };
        self.outputs.iter().zip(sinks).map(folding).collect()
    }

    /// Whether all outputs are written to their final place in memory.
    fn in_place(&self) -> bool {
        self.outputs
            .iter()
            .all(|output| matches!(output, Output::Write(written) if written.to == Medium::Memory))
    }
}

/// The share of the budget that a pass was given.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    /// The number of threads that memory has room for.
    workers: u64,
    /// Bytes of decoded chunks that may be kept.
    cache: u64,
    /// Whether the pages of inputs in place stay mapped until the pass is done.
    keeps: bool,
}

impl Stage for Pass {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.program]
    }

    fn fit(&mut self, room: Room) -> Fit {
        let Room { free, total, threads } = room;
        // narrower tiles take less memory and change no bit
        let wide = self.tiles.clone();
        let (print, workers) = loop {
            let print = self.footprint();
            let tiles = self.tiles.len().max(1);
            let fitting = free.saturating_sub(print.shared) / print.worker.max(1);
            let workers = fitting.min(threads).min(tiles);
            let small = self.tiles.extents().iter().product::<u64>() <= SMALL;
            if workers == threads.min(tiles) || (workers > 0 && small) {
                break (print, workers);
            }
            let spares = workers == 0 && self.can_be_thrifty();
            // pages that are let go late take more than a small tile
            match self.tiles.halved(|k| self.may_be_cut(k)).filter(|_| !(spares && small)) {
                Some(tiles) => self.tiles = tiles,
                None if spares => {
                    (self.tiles, self.thrifty) = (wide.clone(), true);
                }
                None if workers == 0 && self.program.frugal() => {}
                None => break (print, workers),
            }
        };
        if workers == 0 {
            return Fit::Needs(print.total(1));
        }
        let cache = print.cache.min(free - print.total(workers));
        let needed = print.total(workers) + cache;
        // half of the budget is left to others that share it
        let held = total.saturating_sub(free);
        let keeps = held.saturating_add(needed).saturating_add(print.mapped) <= total / 2;
        self.share = Share { workers, cache, keeps };
        Fit::Takes(needed + if keeps { print.mapped } else { 0 })
    }

    fn work(&self) -> u64 {
        self.shape().iter().product::<u64>().saturating_mul(self.unit())
    }

    fn open(&self, number: usize, threads: u64) -> Option<Vec<u64>> {
        match self.outputs.get(number)? {
            Output::Write(_) => None,
            Output::Fold(reduced) => {
                // tiles come in the order of the walk: along its first kept axis, only the tiles of the workers are
                // under way
                let slowest = self.walk.iter().copied().find(|&k| !reduced.over[k]);
                let (extents, domain) = (self.tiles.extents(), self.shape());
                let open = |k: usize| match Some(k) == slowest {
                    true => extents[k].saturating_mul(threads + 1).min(domain[k]),
                    false => domain[k],
                };
                Some(reduced.kept(&(0..domain.len()).map(open).collect::<Vec<_>>()))
            }
        }
    }

    fn keeps(&self) -> bool {
        self.share.keeps
    }

    fn explain(&self) -> Told {
        let mut steps: Vec<String> = self.program.steps.iter().map(|s| s.name.to_owned()).collect();
        for output in &self.outputs {
            if let Output::Fold(reduced) = output {
                let over = (0..reduced.over.len()).filter(|&k| reduced.over[k]);
                let axes: Vec<String> = over.map(|k| k.to_string()).collect();
                steps.push(format!("{} over axes ({})", reduced.reducer.name(), axes.join(", ")));
            }
        }
        Told {
            kind: "pass",
            steps,
            domain: self.shape(),
            tiles: self.tiles.len(),
            tile: self.tiles.extents(),
            threads: self.share.workers,
            reads: vec![self.program.bytes_read_in(&self.shape())],
            passes: 1,
            keeps: self.share.keeps,
            flops: 0,
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        run::run(self, run)
    }
}

impl Pass {
    /// Units of work for each element, about a byte each.
    fn unit(&self) -> u64 {
        self.program.loads.iter().map(|l| l.dtype.size() as u64).sum::<u64>().max(1)
    }
}
