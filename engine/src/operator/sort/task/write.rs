//! Sorted words on their way to the result, or first to a file.

use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Loaded, Portion, Task, Words, changed, locked};
use crate::exec::Turns;
use crate::kernels::order::{self, Cells, Word};
use crate::operator::sort::long::{LONG_RUN, OUT, RUN};
use crate::profile::Work;
use crate::sink::{Sink, Spill};
use crate::source::Spilled;
use crate::{Buffer, DType, Result};

impl<'a, W: Word> Task<'a, W> {
    /// Writes the words of each portion to a file, lane by lane.
    pub(super) fn distribute(
        &self,
        words: &Words<'_, W>,
        cells: &Cells<W>,
        counts: &[Vec<u64>],
        portions: &[Portion],
    ) -> Result<Spilled> {
        let folder = self.run.context.tmp.clone();
        let bytes = words.count.saturating_mul(self.long.word());
        let folder = folder.as_deref().unwrap_or(Path::new("."));
        let file = Spill::create(folder, DType::U8, &[bytes], &[bytes])?;
        let mut portion_of = vec![0u32; cells.len()];
        // for each lane, the places of its words of each portion
        let mut places: Vec<Vec<Range<u64>>> = vec![Vec::new(); counts.len()];
        let mut begun = 0;
        for (number, portion) in portions.iter().enumerate() {
            portion_of[portion.cells.clone()].fill(number as u32);
            for (places, counts) in places.iter_mut().zip(counts) {
                let len: u64 = counts[portion.cells.clone()].iter().sum();
                places.push(begun..begun + len);
                begun += len;
            }
        }
        let room = self.long.capacity * self.long.word() / (self.long.threads * portions.len() as u64);
        let run = (room.clamp(RUN.min(room), LONG_RUN) / self.long.word()).max(1) as usize;
        let write = |place: &mut Range<u64>, words: &[W]| {
            let bytes: &[u8] = bytemuck::cast_slice(words);
            let start = place.start * self.long.word();
            place.start += words.len() as u64;
            if place.start > place.end {
                return Err(changed());
            }
            file.write(&[start], &[bytes.len() as u64], bytes)
        };
        self.each_lane(words, false, |lane, walk| {
            let mut places = places[lane].clone();
            let mut runs = Buffer::unfilled(run * portions.len() * size_of::<W>())?;
            let runs: &mut [W] = bytemuck::cast_slice_mut(runs.bytes_mut());
            let mut lengths = vec![0; portions.len()];
            walk(&mut |words| {
                for &word in words {
                    let portion = portion_of[cells.of(word)] as usize;
                    let length = &mut lengths[portion];
                    runs[portion * run + *length] = word;
                    *length += 1;
                    if *length == run {
                        write(&mut places[portion], &runs[portion * run..(portion + 1) * run])?;
                        *length = 0;
                    }
                }
                (self.run.done)(words.len() as u64 / 2);
                Ok(())
            })?;
            for ((place, run), length) in places.iter_mut().zip(runs.chunks(run)).zip(lengths) {
                write(place, &run[..length])?;
                if !place.is_empty() {
                    return Err(changed());
                }
            }
            Ok(())
        })?;
        file.into_source()
    }

    /// Loads the words of a portion, cell by cell, sorts the cells and writes them.
    pub(super) fn load(
        &self,
        words: &Words<'_, W>,
        cells: &Cells<W>,
        counts: &[Vec<u64>],
        portion: &Portion,
        at: u64,
        memory: &mut Buffer,
    ) -> Result<()> {
        let loaded: &mut [W] =
            bytemuck::cast_slice_mut(memory.reserve((portion.count * self.long.word()) as usize)?);
        let mut rest = &mut *loaded;
        let mut rooms: Vec<Vec<&mut [W]>> =
            counts.iter().map(|_| Vec::with_capacity(portion.cells.len())).collect();
        for cell in portion.cells.clone() {
            for (rooms, counts) in rooms.iter_mut().zip(counts) {
                rooms.push(rest.split_off_mut(..counts[cell] as usize).unwrap_or_default());
            }
        }
        let rooms: Vec<Mutex<Vec<&mut [W]>>> = rooms.into_iter().map(Mutex::new).collect();
        let first = portion.cells.start;
        self.each_lane(words, false, |lane, walk| {
            let mut rooms = std::mem::take(&mut *locked(&rooms[lane]));
            walk(&mut |words| {
                for &word in words {
                    if let Some(room) = rooms.get_mut(cells.of(word).wrapping_sub(first)) {
                        let (place, rest) = std::mem::take(room).split_first_mut().ok_or_else(changed)?;
                        *place = word;
                        *room = rest;
                    }
                }
                Ok(())
            })?;
            if rooms.iter().all(|room| room.is_empty()) { Ok(()) } else { Err(changed()) }
        })?;
        drop(rooms);
        let (mut rest, mut at, mut parts) = (loaded, at, Vec::new());
        for cell in portion.cells.clone() {
            let count: u64 = counts.iter().map(|counts| counts[cell]).sum();
            if count > 0 {
                let words = rest.split_off_mut(..count as usize).unwrap_or_default();
                parts.push(Mutex::new(Some((words, at))));
                at += count;
            }
        }
        self.sort_cells(&parts)
    }

    /// Sorts the words of each cell and writes them.
    pub(super) fn sort_cells(&self, parts: &[Loaded<'_, W>]) -> Result<()> {
        let turns = Turns::new(parts.len() as u64);
        let scale = self.long.coder.scale;
        turns.run(self.long.threads, self.run.context, || {
            let mut room = order::Room::new(self.long.desk as usize)?;
            let mut out = Buffer::default();
            while let Some(number) = turns.take(self.run.context)? {
                let part = locked(&parts[number as usize]).take();
                let Some((words, at)) = part else { continue };
                let count = words.len() as u64;
                self.run.context.record(Work::Tile, 1, count, || order::sort(words, scale, &mut room));
                self.write(words, at, &mut out)?;
            }
            Ok(())
        })
    }

    /// Writes sorted words, the first of which has position `at` in the result.
    pub(super) fn write(&self, words: &[W], at: u64, out: &mut Buffer) -> Result<()> {
        let mut after = 0;
        if self.signed.load(Ordering::Relaxed)
            && let Some(kind) = &self.long.coder.zeros
        {
            // zeros are written later, with their signs in order
            let start = words.partition_point(|word| *word < kind.word);
            after = words.partition_point(|word| *word <= kind.word);
            if start < after {
                self.first_zero.store(at + start as u64, Ordering::Relaxed);
                self.write_plain(&words[..start], at, out)?;
                (self.run.done)((after - start) as u64);
            } else {
                after = 0;
            }
        }
        self.write_plain(&words[after..], at + after as u64, out)
    }

    pub(super) fn write_plain(&self, words: &[W], at: u64, out: &mut Buffer) -> Result<()> {
        let item = self.long.output.written.item as usize;
        for (part, at) in words.chunks(OUT as usize).zip((at..).step_by(OUT as usize)) {
            let out = out.reserve(part.len() * item)?;
            (self.long.coder.decode)(part, out);
            let (start, shape) = self.line.place(at, part.len() as u64);
            (self.give)(&start, &shape, out)?;
            (self.run.done)(part.len() as u64);
        }
        Ok(())
    }

    /// Writes one word many times.
    pub(super) fn repeat(&self, word: W, at: u64, count: u64) -> Result<()> {
        let turns = Turns::new(count.div_ceil(OUT));
        turns.run(self.long.threads, self.run.context, || {
            let (words, mut out) = (vec![word; OUT as usize], Buffer::default());
            while let Some(number) = turns.take(self.run.context)? {
                let first = number * OUT;
                let words = &words[..(count - first).min(OUT) as usize];
                if self.signed.load(Ordering::Relaxed)
                    && self.long.coder.zeros.is_some_and(|z| z.word == word)
                {
                    self.first_zero.store(at, Ordering::Relaxed);
                    (self.run.done)(words.len() as u64);
                } else {
                    self.write(words, at + first, &mut out)?;
                }
                (self.run.done)(words.len() as u64);
            }
            Ok(())
        })
    }

    /// Writes the zeros in the order of the line, if some of them are negative.
    pub(super) fn write_zeros(&self) -> Result<()> {
        let (true, Some(kind)) = (self.signed.load(Ordering::Relaxed), &self.long.coder.zeros) else {
            return Ok(());
        };
        let pieces = self.line.pieces(&self.long.in_order(), &self.long.feed);
        let counts: Vec<AtomicU64> = (0..pieces.len()).map(|_| AtomicU64::new(0)).collect();
        let each = |work: &(dyn Fn(usize, &[u8]) -> Result<()> + Sync)| {
            let turns = Turns::new(pieces.len());
            turns.run(self.long.threads, self.run.context, || {
                let mut means = self.means();
                while let Some(number) = turns.take(self.run.context)? {
                    self.read(&pieces.piece(number), &mut means)?;
                    work(number as usize, means.bytes.bytes())?;
                }
                Ok(())
            })
        };
        each(&|number, bytes| {
            counts[number].store((kind.count)(bytes).1, Ordering::Relaxed);
            Ok(())
        })?;
        let first = self.first_zero.load(Ordering::Relaxed);
        let counts: Vec<u64> = counts.into_iter().map(AtomicU64::into_inner).collect();
        let before = counts.iter().scan(first, |sum, count| Some(std::mem::replace(sum, *sum + count)));
        let before: Vec<u64> = before.collect();
        let item = self.long.feed.output_size();
        each(&|number, bytes| {
            let count = counts[number];
            if count == 0 {
                return Ok(());
            }
            if (kind.count)(bytes).1 != count {
                return Err(changed());
            }
            let mut zeros = Buffer::unfilled(count as usize * item)?;
            (kind.copy)(bytes, zeros.bytes_mut());
            let (start, shape) = self.line.place(before[number], count);
            (self.give)(&start, &shape, zeros.bytes())
        })
    }
}
