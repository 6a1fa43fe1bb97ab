//! Selection in lines that are brought to memory whole.

use super::{Lines, as_keys};
use crate::exec::{Feed, Fit, Give, Room, Run, Turns, tile_index};
use crate::kernels::{Key, Wanted};
use crate::profile::Work;
use crate::program::tiles::Tiles;
use crate::program::written;
use crate::{Buffer, Result};

/// The most bytes of the lines of a tile, unless one line or the chunks that they lie in are larger. A tile is smaller
/// if a larger one would not be read in longer runs.
const TILE: u64 = 64 << 20;
/// A file that is larger than memory is not read in runs shorter than this, if it can be read in passes.
const RUN: u64 = 4096;

/// The tiles of whole lines.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    /// The tiles of the kept axes.
    pub(super) tiles: Tiles,
    pub(super) threads: u64,
}

impl Whole {
    /// Tiles of at most about `limit` bytes.
    pub(super) fn new(lines: &Lines, limit: u64) -> Whole {
        let extents = written::lines(&lines.feed, lines.kept, limit.min(TILE));
        Whole { tiles: Tiles::regular(lines.across(), &extents[..lines.kept]), threads: 1 }
    }

    /// Elements of a tile along each axis.
    fn extents(&self, lines: &Lines) -> Vec<u64> {
        [&self.tiles.extents(), lines.line()].concat()
    }

    /// Bytes that a thread takes.
    fn bytes(&self, lines: &Lines) -> u64 {
        let extents = self.extents(lines);
        let elements = extents.iter().copied().fold(lines.item(), u64::saturating_mul);
        // the places of a line as asked for, and sorted, and the keys there
        let sorted = (16 + lines.item()) * lines.wanted();
        let narrowed = lines.item() * lines.length();
        elements
            .saturating_add(narrowed)
            .saturating_add(Feed::bytes(&lines.feed, &extents))
            .saturating_add(lines.result_bytes(&self.tiles.extents()) + sorted)
    }

    pub(super) fn fit(&mut self, lines: &Lines, room: Room) -> Fit {
        loop {
            let each = self.bytes(lines);
            self.threads = (room.free / each.max(1)).min(room.threads).min(self.tiles.len().max(1));
            if self.threads > 0 {
                return Fit::Takes(self.threads * each);
            }
            match self.tiles.halved(|_| true) {
                Some(tiles) => self.tiles = tiles,
                None => return Fit::Needs(each),
            }
        }
    }

    /// Whether these tiles read an input far more often than passes would: chunks that are decoded again and again, or
    /// short runs of a file that is larger than memory.
    pub(super) fn reads_often(&self, lines: &Lines, room: Room) -> bool {
        let extents = self.extents(lines);
        lines.feed.loads.iter().any(|load| {
            let (item, all) = (load.dtype.size() as u64, load.elements(&lines.feed.domain));
            if load.is_encoded() {
                return written::visits(load, &extents) > 3.0;
            }
            let is_large = load.is_mapped() && all.saturating_mul(item) > room.total;
            is_large && load.run(&extents) * item < RUN.min(load.run(&lines.feed.domain) * item)
        })
    }

    pub(super) fn run<K: Key>(
        &self,
        lines: &Lines,
        [feed, ranks]: [&Feed<'_>; 2],
        run: &Run<'_>,
        give: &Give<'_>,
    ) -> Result<()> {
        let (length, item, nan) = (lines.length(), lines.item(), lines.keys.nan().filter(|_| lines.nan));
        let order: Vec<usize> = (0..lines.kept).collect();
        let turns = Turns::new(self.tiles.len());
        turns.run(self.threads, run.context, || {
            let (mut reader, mut ranks) = (feed.reader(), ranks.reader());
            let [mut elements, mut places, mut found] = std::array::from_fn(|_| Buffer::default());
            while let Some(number) = turns.take(run.context)? {
                let (start, shape) = self.tiles.tile(&tile_index(&self.tiles, &order, number));
                let count = shape.iter().product::<u64>();
                let (at, boxed) = lines.results(&start, &shape);
                let results = count * lines.wanted();
                let bytes = elements.reserve((count * length * item) as usize)?;
                let places = places.reserve((results * 8) as usize)?;
                let found = found.reserve((results * item) as usize)?;
                let first = [&start[..], &vec![0; lines.line().len()]].concat();
                run.context.record(Work::Tile, 1, count * length, || -> Result<()> {
                    reader.fill(&first, &[&shape, lines.line()].concat(), bytes)?;
                    ranks.fill(&at, &boxed, places)?;
                    lines.keys.encode(bytes);
                    let ranks = bytemuck::cast_slice(places);
                    Wanted { ranks, found: as_keys::<K>(found)?, nan }.find(as_keys(bytes)?, length as usize);
                    lines.keys.decode(found);
                    Ok(())
                })?;
                give(&at, &boxed, found)?;
                (run.done)(count * length);
            }
            Ok(())
        })
    }
}
