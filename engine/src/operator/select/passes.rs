//! Selection in lines that are too long for memory, or too few for all threads: the input is read several times.
//!
//! A sample of each line gives a bracket around each wanted key. A pass counts the keys below and between the brackets
//! and collects those inside. If a wanted key lies in its bracket, as nearly always, one pass is enough. If not, or if
//! the brackets hold more keys than there is room for, the next pass works on the interval that is now known to hold
//! the key. All counts are of the whole line, so the answer is exact whatever the sample is.

use std::sync::{Mutex, PoisonError};

use super::bracket::Line;
use super::sample::Sample;
use super::{Lines, as_keys};
use crate::exec::{Feed, Fit, Give, Room, Run, Turns, tile_index};
use crate::kernels::{Key, collect, within};
use crate::profile::Work;
use crate::program::tiles::{Tiles, loop_order, rows};
use crate::{Buffer, Result};

/// The most lines that are read together.
const LINES: u64 = 4096;
/// Bytes of a box that is read at a time. It stays in the second cache.
const BOX: u64 = 512 << 10;
/// The least number of elements of one line in a box.
const RUN: u64 = 64;
/// Keys of the samples of all lines together.
const SAMPLE: u64 = 1 << 16;
/// The fewest keys of a line's sample.
const LEAST: u64 = 64;
/// Blocks of a sample.
const BLOCKS: u64 = 256;
/// The most cuts of all lines together, unless each needs more.
const CUTS: u64 = 1 << 15;
/// Bytes of the least room for keys that are collected.
const COLLECTED: u64 = 64 << 10;

/// The plan of passes over groups of lines.
#[derive(Clone, Debug)]
pub(super) struct Passes {
    /// Groups of lines: tiles of the kept axes.
    pub(super) groups: Tiles,
    /// The tiles of a line.
    tiles: Tiles,
    pub(super) threads: u64,
    /// Keys that are collected at a time.
    room: u64,
}

impl Passes {
    pub(super) fn new(lines: &Lines) -> Passes {
        let mut extent = vec![1; lines.kept];
        let closest = loop_order(&lines.feed).into_iter().rev().filter(|&axis| axis < lines.kept);
        let mut room = LINES;
        for axis in closest {
            extent[axis] = lines.across()[axis].clamp(1, room);
            room /= extent[axis];
        }
        let tiles = Tiles { borders: Tiles::of_program(&lines.feed).borders.split_off(lines.kept) };
        Passes { groups: Tiles::regular(lines.across(), &extent), tiles, threads: 1, room: 0 }
    }

    /// The most lines of a group.
    fn count(&self) -> u64 {
        self.groups.extents().iter().product::<u64>().max(1)
    }

    /// Keys of a line's sample, and the blocks that they come from.
    fn sample(&self, lines: &Lines) -> (u64, u64) {
        let keys = (SAMPLE / self.count()).max(LEAST).min(lines.length());
        // chunks that are decoded are costly to touch
        let encoded = lines.feed.loads.iter().any(|load| load.is_encoded());
        let blocks = if encoded { self.tiles.len() / 8 } else { BLOCKS };
        (keys, blocks.min(keys / 2).max(1))
    }

    /// The most cuts of a line.
    fn cuts(&self, lines: &Lines) -> u64 {
        (CUTS / self.count()).clamp(8 * lines.wanted() + 24, 4096.max(8 * lines.wanted() + 24))
    }

    /// The box that is read at a time, for a group of `group` lines.
    fn part(&self, lines: &Lines, group: u64) -> Vec<u64> {
        let extents = self.tiles.extents();
        rows(&extents, (BOX / lines.item() / group).max(RUN).min(lines.length()))
    }

    /// Bytes of each thread, and bytes taken once beside the collected keys.
    fn bytes(&self, lines: &Lines) -> (u64, u64) {
        let (count, item, wanted) = (self.count(), lines.item(), lines.wanted());
        let across = self.groups.extents();
        let (drawn, blocks) = self.sample(lines);
        let block = [&across[..], &rows(lines.line(), drawn.div_ceil(blocks))].concat();
        let part = [&across[..], &self.part(lines, count)].concat();
        let boxed = part.iter().product::<u64>() * item;
        let counts = count * (self.cuts(lines) + 1);
        let each =
            2 * boxed + 8 * counts + Feed::bytes(&lines.feed, &part).max(Feed::bytes(&lines.feed, &block));
        let line = 3 * drawn * item + (wanted + 1) * 96 + self.cuts(lines) * (2 * item + 64) + 256;
        (each, count * line + 8 * counts + lines.result_bytes(&across))
    }

    pub(super) fn fit(&mut self, lines: &Lines, room: Room) -> Fit {
        loop {
            let (each, once) = self.bytes(lines);
            let least = once + COLLECTED.max(16 * lines.item() * self.count());
            let threads = room.free.saturating_sub(least) / each.max(1);
            // threads leave half of the memory to the keys that are collected
            let many = (room.free / 2 / each.max(1)).max(1).min(threads);
            self.threads = many.min(room.threads).min(self.tiles.len().max(1));
            if self.threads > 0 {
                let all = (self.count() * lines.length()).saturating_mul(lines.item());
                let free = (room.free - once - self.threads * each).min(all / 4).max(COLLECTED.min(all));
                self.room = free / lines.item();
                return Fit::Takes(once + self.threads * each + free);
            }
            match self.groups.halved(|_| true) {
                Some(groups) => self.groups = groups,
                None => return Fit::Needs(least + each),
            }
        }
    }

    pub(super) fn run<K: Key>(
        &self,
        lines: &Lines,
        [feed, ranks]: [&Feed<'_>; 2],
        run: &Run<'_>,
        give: &Give<'_>,
    ) -> Result<()> {
        let order: Vec<usize> = (0..lines.kept).collect();
        for number in 0..self.groups.len() {
            let (start, shape) = self.groups.tile(&tile_index(&self.groups, &order, number));
            let (at, boxed) = lines.results(&start, &shape);
            let results = boxed.iter().product::<u64>();
            let mut places = Buffer::unfilled((results * 8) as usize)?;
            ranks.reader().fill(&at, &boxed, places.bytes_mut())?;
            let ranks: &[i64] = bytemuck::cast_slice(places.bytes());
            let group = Group { passes: self, lines, feed, run, start, shape };
            let found = group.select::<K>(ranks)?;
            let mut result = Buffer::unfilled((results * lines.item()) as usize)?;
            as_keys::<K>(result.bytes_mut())?.copy_from_slice(&found);
            lines.keys.decode(result.bytes_mut());
            give(&at, &boxed, result.bytes())?;
        }
        Ok(())
    }
}

/// A group of lines while it is worked on.
struct Group<'a> {
    passes: &'a Passes,
    lines: &'a Lines,
    feed: &'a Feed<'a>,
    run: &'a Run<'a>,
    start: Vec<u64>,
    shape: Vec<u64>,
}

impl Group<'_> {
    fn count(&self) -> usize {
        self.shape.iter().product::<u64>() as usize
    }

    /// The keys at the places `ranks`, the lines fastest.
    fn select<K: Key>(&self, ranks: &[i64]) -> Result<Vec<K>> {
        let (count, length) = (self.count(), self.lines.length());
        let nan = self.lines.keys.nan::<K>().filter(|_| self.lines.nan);
        let wanted = |line: usize| ranks.iter().skip(line).step_by(count).map(|&rank| within(rank, length));
        let samples = self.samples::<K>()?.into_iter().enumerate();
        let mut lines: Vec<Line<K>> = samples
            .map(|(k, sample)| Line::new(length, wanted(k).chain(nan.map(|_| length - 1)).collect(), sample))
            .collect();
        let mut first = true;
        while lines.iter().any(|line| !line.is_done()) {
            self.pass(&mut lines, first)?;
            first = false;
        }
        let key = |(k, &rank): (usize, &i64)| {
            let line = &lines[k % count];
            let last = nan.and_then(|nan| line.found(length - 1).filter(|last| *last >= nan));
            last.or_else(|| line.found(within(rank, length))).unwrap_or(K::GREATEST)
        };
        Ok(ranks.iter().enumerate().map(key).collect())
    }

    /// A sample of each line.
    fn samples<K: Key>(&self) -> Result<Vec<Sample<K>>> {
        let (keys, blocks) = self.passes.sample(self.lines);
        let line = self.lines.line();
        let extent = rows(line, keys.div_ceil(blocks));
        let counts: Vec<u64> = line.iter().zip(&extent).map(|(n, e)| n / e).collect();
        let all: u64 = counts.iter().product();
        let taken = blocks.min(all);
        let block = extent.iter().product::<u64>() as usize;
        let mut drawn = vec![Vec::with_capacity(block * taken as usize); self.count()];
        let mut reader = self.feed.reader();
        let mut buffer = Buffer::unfilled(block * self.count() * self.lines.item() as usize)?;
        for number in 0..taken {
            // the middle of each of `taken` equal parts
            let mut place = ((2 * number + 1) as u128 * all as u128 / (2 * taken) as u128) as u64;
            let mut start = vec![0; line.len()];
            for axis in (0..line.len()).rev() {
                start[axis] = place % counts[axis] * extent[axis];
                place /= counts[axis];
            }
            self.run.context.go_on()?;
            let (start, shape) = ([&self.start[..], &start].concat(), [&self.shape[..], &extent].concat());
            reader.fill(&start, &shape, buffer.bytes_mut())?;
            self.lines.keys.encode(buffer.bytes_mut());
            let keys: &[K] = as_keys(buffer.bytes_mut())?;
            drawn.iter_mut().zip(keys.chunks_exact(block)).for_each(|(drawn, keys)| drawn.extend(keys));
        }
        Ok(drawn.into_iter().map(|drawn| Sample::new(drawn, block)).collect())
    }

    /// Reads all lines once.
    fn pass<K: Key>(&self, lines: &mut [Line<K>], first: bool) -> Result<()> {
        let (room, most) = (self.passes.room as usize, self.passes.cuts(self.lines) as usize);
        let open = lines.iter().filter(|line| !line.is_done()).count().max(1);
        let (mut places, mut slots) = (vec![0], Vec::new());
        for line in &mut *lines {
            line.prepare(room / open, most);
            places.push(places.last().unwrap_or(&0) + line.cuts.len());
            for slot in &line.slots {
                let mut keys: Vec<K> = Vec::new();
                let fits = keys.try_reserve_exact(slot.room).is_ok();
                slots.push(Mutex::new(fits.then_some(keys)));
            }
        }
        let counts = self.counted(lines, &places, &slots, first)?;
        let mut slots: Vec<Option<Vec<K>>> =
            slots.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        let mut slots = &mut slots[..];
        for (line, place) in lines.iter_mut().zip(places.windows(2)) {
            let (own, rest) = slots.split_at_mut(line.slots.len());
            line.learn(&counts[place[0]..place[1]], own);
            slots = rest;
        }
        Ok(())
    }

    /// The number of keys in each interval of each line; collects the keys of slots.
    fn counted<K: Key>(
        &self,
        lines: &[Line<K>],
        places: &[usize],
        slots: &[Mutex<Option<Vec<K>>>],
        first: bool,
    ) -> Result<Vec<u64>> {
        let (tiles, context) = (&self.passes.tiles, self.run.context);
        let size = places.last().copied().unwrap_or(0);
        let total = Mutex::new(vec![0; size]);
        let order: Vec<usize> = (0..self.lines.line().len()).collect();
        let part = self.passes.part(self.lines, self.count() as u64);
        let turns = Turns::new(tiles.len());
        turns.run(self.passes.threads, context, || {
            let (mut reader, mut buffer) = (self.feed.reader(), Buffer::default());
            let (mut counts, mut found) = (vec![0; size], Vec::new());
            while let Some(number) = turns.take(context)? {
                let (start, shape) = tiles.tile(&tile_index(tiles, &order, number));
                let parts = Tiles::regular(&shape, &part);
                let elements = shape.iter().product::<u64>() * self.count() as u64;
                context.record(Work::Tile, 1, elements, || {
                    (0..parts.len()).try_for_each(|number| -> Result<()> {
                        let (from, shape) = parts.tile(&tile_index(&parts, &order, number));
                        let from: Vec<u64> = from.iter().zip(&start).map(|(f, s)| f + s).collect();
                        let length = shape.iter().product::<u64>() as usize;
                        let bytes = buffer.reserve(length * self.count() * self.lines.item() as usize)?;
                        reader.fill(
                            &[&self.start[..], &from].concat(),
                            &[&self.shape[..], &shape].concat(),
                            bytes,
                        )?;
                        self.lines.keys.encode(bytes);
                        let mut slots = slots.iter();
                        for ((keys, line), place) in
                            as_keys::<K>(bytes)?.chunks_exact(length).zip(lines).zip(places.windows(2))
                        {
                            line.cuts.count(keys, &mut counts[place[0]..place[1]]);
                            for (slot, kept) in line.slots.iter().zip(&mut slots) {
                                collect(keys, slot.keys, &mut found);
                                keep(&found, kept);
                            }
                        }
                        Ok(())
                    })
                })?;
                if first {
                    (self.run.done)(elements);
                }
            }
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            total.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
            Ok(())
        })?;
        Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Adds keys to a slot. A slot that has no room for them is given up.
fn keep<K: Key>(found: &[K], slot: &Mutex<Option<Vec<K>>>) {
    if found.is_empty() {
        return;
    }
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(keys) = &mut *slot {
        if found.len() <= keys.capacity() - keys.len() {
            keys.extend_from_slice(found);
        } else {
            *slot = None;
        }
    }
}
