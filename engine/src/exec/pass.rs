//! One pass over a domain: every tile is evaluated once, by whichever worker is free.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::ahead::Ahead;
use super::bands::{Band, Bands};
use super::fetch::STAGE;
use super::fold::{Fold, Folding, Reduced};
use super::input::RELEASE;
use super::shared::Shared;
use super::tile_index;
use super::worker::{Out, Worker};
use crate::context::Metrics;
use crate::plan::program::{Leaf, Load, Program};
use crate::plan::tiles::Tiles;
use crate::profile::Work;
use crate::sink::Sink;
use crate::source::{Source, c_strides};
use crate::{Buffer, Context, Error, Result};

/// Elements of a piece that is read in little memory.
const THRIFTY: u64 = 1 << 15;

/// Bytes of a run that is read where it lies, though its neighbours are not.
const LONG_RUN: u64 = 32 << 10;

/// What becomes of an output of the pass' program.
#[derive(Debug)]
pub(crate) enum Output {
    /// Its elements are written; bytes of an element, scratch of the sink, whether that copies boxes, is memory, or takes
    /// whole chunks alone.
    Write { item: usize, scratch: usize, copies: bool, in_memory: bool, whole_chunks: bool },
    /// It is reduced.
    Fold(Reduced),
}

impl Output {
    /// Bytes of an element of the result.
    fn item(&self) -> usize {
        match self {
            Output::Write { item, .. } => *item,
            Output::Fold(reduced) => reduced.item,
        }
    }
}

/// A program, the tiles it is evaluated over, and what becomes of its outputs.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) program: Program,
    pub(crate) tiles: Tiles,
    /// Axes in the order of the loops within a tile.
    pub(crate) order: Vec<usize>,
    /// Axes in the order in which tiles are taken up.
    pub(crate) walk: Vec<usize>,
    pub(crate) outputs: Vec<Output>,
    /// Whether inputs are read in small pieces, one after the other, as boxes of them do not fit beside the results.
    pub(crate) thrifty: bool,
}

/// The memory of a pass, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Footprint {
    /// Once, whatever the number of workers.
    pub(crate) shared: u64,
    /// For each worker.
    pub(crate) worker: u64,
    /// Decoded chunks that would be used again if there were room.
    pub(crate) cache: u64,
    /// Pages of all inputs, which stay mapped until the pass is done if there is room.
    pub(crate) mapped: u64,
}

impl Footprint {
    /// With `workers` workers and no cache.
    pub(crate) fn total(&self, workers: u64) -> u64 {
        self.shared + workers * self.worker
    }
}

impl Pass {
    pub(crate) fn new(mut program: Program, tiles: Tiles, order: Vec<usize>, outputs: Vec<Output>) -> Pass {
        let first = outputs.iter().find_map(|o| match o {
            Output::Fold(reduced) => Some(reduced.over.clone()),
            Output::Write { .. } => None,
        });
        // in the order in which inputs lie; what is reduced goes fastest, so that few results are under way at a time
        let mut walk = order.clone();
        match first {
            Some(over) => walk.sort_by_key(|&k| over[k]),
            None => {
                if let Some(axis) = (0..program.domain.len()).rev().find(|&k| program.domain[k] > 1) {
                    program.gather_along(axis);
                }
            }
        }
        Pass { program, tiles, order, walk, outputs, thrifty: false }
    }

    /// Whether inputs of a pass that folds nothing can be read in smaller pieces than now.
    pub(crate) fn can_be_thrifty(&self) -> bool {
        !self.thrifty && self.outputs.iter().all(|output| matches!(output, Output::Write { .. }))
    }

    /// Whether something is folded column by column.
    pub(crate) fn is_by_column(&self) -> bool {
        self.outputs.iter().any(|output| matches!(output, Output::Fold(reduced) if reduced.rows.is_some()))
    }

    /// Whether tiles may be cut anew along an axis: that changes no bit of what is written or folded.
    pub(crate) fn may_be_cut(&self, axis: usize) -> bool {
        self.outputs.iter().all(|output| match output {
            Output::Fold(reduced) => !reduced.over[axis],
            Output::Write { whole_chunks, .. } => !whole_chunks,
        })
    }

    /// How long a piece may be along each axis, where pages of maps stay for now or not.
    fn longest(&self, keeps: bool) -> Vec<u64> {
        let mut longest = vec![u64::MAX; self.program.domain.len()];
        let by_column = |output: &Output| match output {
            Output::Fold(reduced) => {
                reduced.rows.map(|rows| (rows, reduced.over.clone(), reduced.one_by_one))
            }
            Output::Write { .. } => None,
        };
        let Some((rows, over, one_by_one)) = self.outputs.iter().find_map(by_column) else {
            if self.thrifty {
                longest = self.tiles.extents();
                for &k in &self.order {
                    let others = longest.iter().product::<u64>() / longest[k].max(1);
                    longest[k] = (THRIFTY / others).clamp(1, longest[k].max(1));
                }
            }
            return longest;
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
        // what has no lanes is folded in blocks of rows, which must not depend on memory
        let any_rows = |output: &Output| match output {
            Output::Fold(reduced) => reduced.reducer.lane_size() > 0 || reduced.reducer.is_arg(),
            Output::Write { .. } => true,
        };
        let in_sequence = in_sequence && self.outputs.iter().all(any_rows);
        if !keeps && in_sequence && self.program.loads.iter().any(far) {
            self.order[..=place].iter().for_each(|&k| longest[k] = 1);
        }
        longest
    }

    /// The memory it takes.
    pub(crate) fn footprint(&self, sources: impl Fn(&Leaf) -> Option<Arc<dyn Source>>) -> Footprint {
        let tile = self.tiles.extents();
        let elements: u64 = tile.iter().product();
        let mut print = Footprint { worker: Worker::bytes(&self.program), ..Footprint::default() };
        let piece: Vec<u64> = match self.thrifty {
            true => tile.iter().zip(self.longest(false)).map(|(&n, longest)| n.min(longest)).collect(),
            false => tile.clone(),
        };
        for load in &self.program.loads {
            let item = load.dtype.size() as u64;
            let seen = piece.iter().zip(&load.access).filter(|(_, a)| a.is_some()).map(|(n, _)| n);
            let boxed = seen.product::<u64>() * item;
            let domain = self.program.domain.iter().zip(&load.access);
            let all = domain.filter(|(_, a)| a.is_some()).map(|(n, _)| n).product::<u64>() * item;
            let chunk = load.chunk.iter().product::<u64>().saturating_mul(item);
            let source = sources(&load.leaf);
            print.mapped += load.mapped_bytes(&self.program.domain);
            if load.gathers.contains(&true) {
                print.worker += boxed;
            }
            match source {
                Some(s) if !s.in_place() => {
                    print.worker += s.chunk_bytes() as u64 + s.scratch_bytes() as u64;
                    if !self.visits_once(load) {
                        print.cache += self.row_of_chunks(load).saturating_mul(chunk);
                    }
                }
                // small pieces are read, not mapped
                _ if self.thrifty => print.worker += boxed + STAGE as u64,
                // pages of the map, let go a few megabytes late
                _ => print.worker += boxed.min(chunk) + all.min(RELEASE as u64),
            }
        }
        let counts = self.tiles.counts();
        for output in &self.outputs {
            match output {
                Output::Write { .. } if self.in_place() => {}
                Output::Write { item, scratch, copies, .. } => {
                    let boxes = if *copies { 2 } else { 1 };
                    print.worker += boxes * elements * *item as u64 + *scratch as u64;
                }
                Output::Fold(reduced) => {
                    let [states, lanes] = reduced.bytes(&tile);
                    let sequence: u64 =
                        counts.iter().zip(&reduced.over).filter(|(_, o)| **o).map(|(c, _)| c).product();
                    let open =
                        if self.in_order(reduced) { 1 } else { reduced.kept(&counts).iter().product() };
                    let levels = u64::from(64 - sequence.leading_zeros());
                    print.shared += open * levels * states;
                    print.worker += 3 * states + lanes;
                }
            }
        }
        print
    }

    /// Whether all that it gives is written where it stays, in memory.
    fn in_place(&self) -> bool {
        self.outputs.iter().all(|output| matches!(output, Output::Write { in_memory: true, .. }))
    }

    /// Whether tiles come group by group.
    fn in_order(&self, reduced: &Reduced) -> bool {
        self.walk.windows(2).all(|w| reduced.over[w[0]] <= reduced.over[w[1]])
    }

    /// Whether each chunk of an input is touched by one tile only.
    fn visits_once(&self, load: &Load) -> bool {
        let chunks_fit = |(k, a): (usize, &Option<crate::plan::access::Access>)| match a {
            None => self.tiles.borders[k].len() <= 2,
            Some(a) => self.tiles.borders[k]
                .iter()
                .all(|&b| b == 0 || b == self.program.domain[k] || a.locate(b).0 != a.locate(b - 1).0),
        };
        load.access.iter().enumerate().all(chunks_fit)
    }

    /// Chunks that lie between a tile and the one after it along the outermost axis of the walk.
    fn row_of_chunks(&self, load: &Load) -> u64 {
        let inner = self.walk.iter().skip(1);
        let along =
            |&k: &usize| load.access[k].map_or(1, |a| self.program.domain[k].div_ceil(a.span().max(1)));
        inner.map(along).product::<u64>().max(1) * 2
    }
}

/// What a pass was given of the budget.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Threads that find their buffers.
    pub(crate) workers: u64,
    /// Bytes of decoded chunks that may be kept.
    pub(crate) cache: u64,
    /// Whether the pages of inputs in place stay mapped until the pass is done.
    pub(crate) keeps: bool,
}

/// Evaluates a pass in as many threads as have room; in this one, where one is enough. One source for each load of the program, one sink for
/// each output.
pub(crate) fn run(
    pass: &Pass,
    sources: &[Arc<dyn Source>],
    sinks: &[Arc<dyn Sink>],
    room: Room,
    context: &Context,
    done: &(dyn Fn(u64) + Sync),
) -> Result<()> {
    let foldings: Vec<Option<Folding<'_>>> = pass
        .outputs
        .iter()
        .zip(sinks)
        .map(|(output, sink)| match output {
            Output::Fold(reduced) => Some(Folding::new(reduced, &pass.order, &pass.tiles, sink.as_ref())),
            Output::Write { .. } => None,
        })
        .collect();
    let total = pass.tiles.len();
    if total == 0 {
        for (folding, sink) in foldings.iter().zip(sinks) {
            if let Some(folding) = folding {
                folding.identity(sink.shape())?;
            }
        }
        return Ok(());
    }
    let shared = Shared::new(room.cache as usize, room.keeps);
    let longest = pass.longest(room.keeps);
    let mut results = Vec::new();
    if pass.in_place() {
        for sink in sinks {
            results.extend(sink.memory()?);
        }
    }
    let bands = (results.len() == sinks.len()).then(|| {
        let results = results.iter_mut().zip(sinks).map(|(r, sink)| (r.bytes_mut(), sink.dtype().size()));
        Bands::new(results.collect(), &pass.program.domain, &pass.tiles)
    });
    let next = AtomicU64::new(0);
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let work = || -> Result<()> {
        let mut worker = Worker::new(&pass.program, &pass.order, &longest, sources, context, &shared)?;
        let mut fills: Vec<Buffer> = pass.outputs.iter().map(|_| Buffer::default()).collect();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= total {
                return Ok(());
            }
            context.go_on()?;
            let index = tile_index(&pass.tiles, &pass.walk, n);
            match &bands {
                Some(bands) => tile_in_place(pass, &mut worker, &index, bands, context)?,
                None => one_tile(pass, &mut worker, &index, &mut fills, &foldings, sinks, context)?,
            }
            done(pass.tiles.tile(&index).1.iter().product());
        }
    };
    let guarded = || {
        if let Err(e) = work() {
            next.store(total, Ordering::Relaxed);
            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
        }
    };
    if room.workers.min(total) <= 1 {
        guarded();
    } else {
        let pool = super::pool::pool(context.threads)?;
        let ahead = Ahead::new(pass, &longest, sources, context, &shared, &next);
        std::thread::scope(|threads| {
            ahead.map(|ahead| threads.spawn(|| ahead.run()));
            pool.scope(|scope| {
                for _ in 0..room.workers {
                    scope.spawn(|_| guarded());
                }
            });
        });
    }
    if room.keeps {
        sources.iter().for_each(|source| source.release_all());
    }
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(e) => Err(e),
        None => Ok(()),
    }
}

fn tile_in_place(
    pass: &Pass,
    worker: &mut Worker<'_>,
    index: &[u64],
    bands: &Bands<'_>,
    context: &Context,
) -> Result<()> {
    let (start, shape) = pass.tiles.tile(index);
    bands.each(&start, &shape, |start, shape, bands| {
        let fill = |Band { bytes, strides, item }| Out::Fill { bytes, strides, item };
        let mut outs: Vec<Out<'_>> = bands.into_iter().map(fill).collect();
        let elements: u64 = shape.iter().product();
        let items: usize = pass.outputs.iter().map(Output::item).sum();
        Metrics::add(&context.metrics.written, elements as usize * items);
        context.record(Work::Tile, 1, elements, || worker.tile(start, shape, &mut outs))
    })
}

fn one_tile(
    pass: &Pass,
    worker: &mut Worker<'_>,
    index: &[u64],
    fills: &mut [Buffer],
    foldings: &[Option<Folding<'_>>],
    sinks: &[Arc<dyn Sink>],
    context: &Context,
) -> Result<()> {
    let (start, shape) = pass.tiles.tile(index);
    let elements = shape.iter().product::<u64>() as usize;
    let fresh = |folding: &Option<Folding<'_>>| folding.as_ref().map(|f| f.states(&shape)).transpose();
    let mut states = foldings.iter().map(fresh).collect::<Result<Vec<_>>>()?;
    let mut outs = Vec::with_capacity(pass.outputs.len());
    for ((output, fill), state) in pass.outputs.iter().zip(fills.iter_mut()).zip(&mut states) {
        outs.push(match (output, state) {
            (Output::Fold(reduced), Some(states)) => {
                Out::Fold { fold: Fold::new(reduced, &pass.order, &shape), states }
            }
            _ => {
                let item = output.item();
                let (bytes, strides) = (fill.reserve(elements * item)?, c_strides(&shape, item));
                Out::Fill { bytes, strides, item }
            }
        });
    }
    context.record(Work::Tile, 1, elements as u64, || worker.tile(&start, &shape, &mut outs))?;
    drop(outs);
    for ((((output, fill), state), folding), sink) in
        pass.outputs.iter().zip(fills).zip(states).zip(foldings).zip(sinks)
    {
        match (output, folding.as_ref().zip(state)) {
            (Output::Write { item, .. }, _) => {
                let bytes = elements * item;
                context.record(Work::of_sink(sink.as_ref()), 1, bytes as u64, || {
                    sink.write(&start, &shape, fill.bytes().get(..bytes).unwrap_or(&[]))
                })?;
                Metrics::add(&context.metrics.written, bytes);
            }
            (Output::Fold(_), Some((folding, state))) => folding.deliver(index, state.into_buffer())?,
            (Output::Fold(_), None) => {}
        }
    }
    Ok(())
}
