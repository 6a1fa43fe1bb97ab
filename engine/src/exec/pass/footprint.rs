//! The memory of a pass.

use super::{Output, Pass};
use crate::exec::fold::Reduced;
use crate::exec::input;
use crate::exec::worker::Worker;
use crate::program::access::Access;
use crate::program::{Load, Reg, mapped_bytes};

/// The most borders of tiles that are compared with those of chunks.
const MANY: usize = 1 << 20;

/// The memory of a pass, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Footprint {
    /// Taken once, whatever the number of workers.
    pub(super) shared: u64,
    /// For each worker.
    pub(super) worker: u64,
    /// Decoded chunks that can be used again if there is room to keep them.
    pub(super) cache: u64,
    /// Pages of all sources, which stay mapped until the pass is done if there is room.
    pub(super) mapped: u64,
}

impl Footprint {
    /// With `workers` workers and no cache.
    pub(super) fn total(&self, workers: u64) -> u64 {
        workers.saturating_mul(self.worker).saturating_add(self.shared)
    }
}

impl Pass {
    /// The memory it takes.
    pub(super) fn footprint(&self) -> Footprint {
        let tile = self.tiles.extents();
        let elements: u64 = tile.iter().product();
        let plain = |(output, reg): (&Output, &Reg)| matches!((output, reg), (Output::Fold(_), Reg::Load(_)));
        let folds_inputs = self.outputs.iter().zip(&self.program.outputs).any(plain);
        let worker = Worker::bytes(&self.program, folds_inputs);
        let mut print = Footprint { worker, ..Footprint::default() };
        let piece: Vec<u64> = match self.thrifty {
            true => self.longest(false),
            false => tile.clone(),
        };
        print.mapped = mapped_bytes(std::slice::from_ref(&self.program));
        // of a domain without elements nothing is read
        let loads = if self.program.domain.contains(&0) { &[][..] } else { &self.program.loads[..] };
        for load in loads {
            let item = load.dtype.size() as u64;
            if load.is_encoded() {
                let chunk =
                    load.chunk.iter().product::<u64>().saturating_mul(item) + input::BESIDE_CHUNK as u64;
                print.cache = print.cache.saturating_add(self.chunks_used_again(load).saturating_mul(chunk));
            }
        }
        if !loads.is_empty() {
            let inputs = match self.thrifty {
                true => input::bytes_unmapped(&self.program, &piece),
                false => input::all_bytes(std::slice::from_ref(&self.program), &piece),
            };
            print.worker = print.worker.saturating_add(inputs);
        }
        let in_place = self.in_place();
        for output in &self.outputs {
            match output {
                Output::Write(_) if in_place => {}
                Output::Write(written) => {
                    let boxes = if written.copies { 2 } else { 1 };
                    print.worker += boxes * elements * written.item + written.scratch;
                }
                Output::Fold(reduced) => {
                    let waiting = self.states_waiting(reduced, self.in_order(reduced));
                    print.shared = print.shared.saturating_add(waiting);
                }
            }
        }
        print.worker = print.worker.saturating_add(self.beside());
        print
    }

    fn reduced(&self) -> impl Iterator<Item = &Reduced> {
        self.outputs.iter().filter_map(|output| match output {
            Output::Fold(reduced) => Some(reduced),
            Output::Write(_) => None,
        })
    }

    /// Bytes of states that a thread takes for a tile.
    pub(in crate::exec) fn beside(&self) -> u64 {
        let tile = self.tiles.extents();
        let beside = |reduced: &Reduced| {
            let [states, lanes] = reduced.bytes(&tile);
            3 * states + lanes
        };
        self.reduced().map(beside).fold(0, u64::saturating_add)
    }

    /// Bytes of states of finished tiles that wait for their neighbours, if tiles come in any order.
    pub(in crate::exec) fn waiting(&self) -> u64 {
        self.reduced().map(|reduced| self.states_waiting(reduced, false)).fold(0, u64::saturating_add)
    }

    /// The same for one output. `in_order` says whether tiles come group by group.
    fn states_waiting(&self, reduced: &Reduced, in_order: bool) -> u64 {
        let counts = self.tiles.counts();
        let [states, _] = reduced.bytes(&self.tiles.extents());
        let sequence: u64 = counts.iter().zip(&reduced.over).filter(|(_, o)| **o).map(|(c, _)| c).product();
        match in_order {
            true => u64::from(64 - sequence.leading_zeros()).saturating_mul(states),
            // at worst every other tile waits; the only tile of a group waits for nothing
            false => {
                let groups = reduced.kept(&counts).into_iter().fold(1, u64::saturating_mul);
                groups.saturating_mul(sequence / 2).saturating_mul(states)
            }
        }
    }

    /// Whether tiles come group by group.
    fn in_order(&self, reduced: &Reduced) -> bool {
        self.walk.windows(2).all(|w| reduced.over[w[0]] <= reduced.over[w[1]])
    }

    /// Whether each chunk of an input is touched by one tile only.
    fn visits_once(&self, load: &Load) -> bool {
        let chunks_fit = |(k, a): (usize, &Option<Access>)| match a {
            None => self.tiles.borders[k].tiles() <= 1,
            // borders follow a pattern, so that the first ones speak for all
            Some(a) => self.tiles.borders[k]
                .iter()
                .take(MANY)
                .all(|b| b == 0 || b == self.program.domain[k] || a.locate(b).0 != a.locate(b - 1).0),
        };
        load.access.iter().enumerate().all(chunks_fit)
    }

    /// Chunks of an encoded input that are read again before the pass has moved on from them: by the tiles beside a tile
    /// along the outermost axis of the walk, or by later pieces of one tile, where other inputs cut it.
    fn chunks_used_again(&self, load: &Load) -> u64 {
        let count = |k: usize, extent: u64| load.access[k].map_or(1, |a| extent.div_ceil(a.span().max(1)));
        let extents = self.tiles.extents();
        let of_tile: u64 = (0..extents.len()).map(|k| count(k, extents[k])).product();
        if self.visits_once(load) {
            return if of_tile > 1 && self.program.loads.len() > 1 { of_tile } else { 0 };
        }
        let Some((&outermost, inner)) = self.walk.split_first() else { return 1 };
        let row: u64 = inner.iter().map(|&k| count(k, self.program.domain[k])).product();
        row.max(1) * count(outermost, extents[outermost]).max(2)
    }
}
