//! The sort of one long line.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::line::{BLOCK, Line, Piece, Pieces};
use super::long::{CELL, LONG_RUN, Long, OUT, REREAD, RUN, SAMPLES};
use crate::exec::{Feed, Give, Reader, Run, Turns};
use crate::kernels::order::{self, Cells, Word};
use crate::profile::Work;
use crate::program::tiles::rows;
use crate::sink::{Sink, Spill};
use crate::source::{Source, Spilled};
use crate::{Buffer, DType, Error, Result};

/// The sort of one line.
pub(super) struct Task<'a, W> {
    long: &'a Long<W>,
    line: &'a Line<'a>,
    pieces: Pieces<'a>,
    feed: &'a Feed<'a>,
    run: &'a Run<'a>,
    give: &'a Give<'a>,
    /// Whether any zero is negative. Zeros are then written apart from other elements.
    signed: AtomicBool,
    /// The position of the first zero in the result.
    first_zero: AtomicU64,
}

/// Words to be sorted.
struct Words<'a, W> {
    from: Origin<'a>,
    /// The cells that they are in, if others lie between them.
    within: Vec<(&'a Cells<W>, usize)>,
    /// Their number.
    count: u64,
}

#[derive(Clone)]
enum Origin<'a> {
    Line,
    /// The words of each lane in a file.
    File(&'a Spilled, Vec<Range<u64>>),
}

/// Neighbouring cells whose words are loaded together.
struct Portion {
    cells: Range<usize>,
    count: u64,
}

/// Calls its argument with the words of a lane, block by block.
type Walk<'w, W> = dyn FnMut(&mut dyn FnMut(&[W]) -> Result<()>) -> Result<()> + 'w;

/// The words of a cell, and the position of the first in the result.
type Loaded<'w, W> = Mutex<Option<(&'w mut [W], u64)>>;

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn changed() -> Error {
    Error::Other("the input of a sort changed while it was read; sort it again".into())
}

impl<'a, W: Word> Task<'a, W> {
    pub(super) fn new(
        long: &'a Long<W>,
        line: &'a Line<'a>,
        feed: &'a Feed<'a>,
        run: &'a Run<'a>,
        give: &'a Give<'a>,
    ) -> Task<'a, W> {
        let pieces = line.pieces(&long.cut, &long.feed);
        let (signed, first_zero) = (AtomicBool::new(false), AtomicU64::new(0));
        Task { long, line, pieces, feed, run, give, signed, first_zero }
    }

    /// Sorts the line. `memory` holds the loaded words, and is kept for the next line.
    pub(super) fn sort(&self, memory: &mut Buffer) -> Result<()> {
        let all = Words { from: Origin::Line, within: Vec::new(), count: self.line.length() };
        let mut sample = self.sample()?;
        self.divide(&all, &mut sample, 0, memory)?;
        self.write_zeros()
    }

    /// Sorts words whose first has position `at` in the result.
    fn divide(&self, words: &Words<'_, W>, sample: &mut [W], at: u64, memory: &mut Buffer) -> Result<()> {
        let cells = Cells::new(sample, (words.count / CELL).clamp(1, self.long.cells) as usize);
        let counts = self.count(words, &cells, at)?;
        let portions = self.portions(&cells, &counts);
        let file = match portions.len() as u64 > REREAD {
            true => {
                *memory = Buffer::default();
                Some(self.distribute(words, &cells, &counts, &portions)?)
            }
            false => None,
        };
        let (mut at, mut begun) = (at, 0);
        for portion in &portions {
            let mut part =
                Words { from: words.from.clone(), within: words.within.clone(), count: portion.count };
            match &file {
                Some(file) => {
                    let lanes = counts.iter().map(|counts| {
                        let len: u64 = counts[portion.cells.clone()].iter().sum();
                        begun += len;
                        begun - len..begun
                    });
                    part = Words { from: Origin::File(file, lanes.collect()), within: Vec::new(), ..part };
                }
                None if portion.count > self.long.capacity => part.within.push((&cells, portion.cells.start)),
                None => {}
            }
            if portion.count > self.long.capacity {
                let (low, high, mut sample) = self.bounds(&part)?;
                match low == high {
                    true => self.repeat(low, at, portion.count)?,
                    false => self.divide(&part, &mut sample, at, memory)?,
                }
            } else {
                let share = if file.is_some() { 2 } else { 1 };
                self.load(&part, &cells, &counts, portion, at, memory)?;
                (self.run.done)(portion.count / share);
            }
            at += portion.count;
        }
        Ok(())
    }

    /// Runs `work` for each lane, with a function that walks through the lane's words.
    fn each_lane(
        &self,
        words: &Words<'_, W>,
        finds_signs: bool,
        work: impl Fn(usize, &mut Walk<'_, W>) -> Result<()> + Sync,
    ) -> Result<()> {
        let turns = Turns::new(self.long.lanes());
        turns.run(self.long.threads, self.run.context, || {
            let mut means = self.means();
            while let Some(lane) = turns.take(self.run.context)? {
                work(lane as usize, &mut |visit| match &words.from {
                    Origin::Line => self.walk_line(words, lane, finds_signs, &mut means, visit),
                    Origin::File(file, lanes) => {
                        let lane = lanes.get(lane as usize).cloned().unwrap_or_default();
                        self.walk_file(words, file, lane, &mut means, visit)
                    }
                })?;
            }
            Ok(())
        })
    }

    fn walk_line(
        &self,
        words: &Words<'_, W>,
        lane: u64,
        finds_signs: bool,
        means: &mut Means<'a, W>,
        visit: &mut dyn FnMut(&[W]) -> Result<()>,
    ) -> Result<()> {
        let (all, lanes) = (self.pieces.len(), self.long.lanes());
        for number in all * lane / lanes..all * (lane + 1) / lanes {
            self.run.context.go_on()?;
            let piece = self.pieces.piece(number);
            self.read(&piece, means)?;
            if finds_signs && let Some(zeros) = &self.long.coder.zeros {
                let (negative, _) = (zeros.count)(means.bytes.bytes());
                self.signed.fetch_or(negative > 0, Ordering::Relaxed);
            }
            let Means { bytes, block, .. } = means;
            piece.words(bytes.bytes(), self.long.coder.encode, block, |block, _| visit(words.kept(block)))?;
        }
        Ok(())
    }

    fn walk_file(
        &self,
        words: &Words<'_, W>,
        file: &Spilled,
        lane: Range<u64>,
        means: &mut Means<'a, W>,
        visit: &mut dyn FnMut(&[W]) -> Result<()>,
    ) -> Result<()> {
        let chunk = file.locate(&[0])?;
        for start in lane.clone().step_by(BLOCK) {
            self.run.context.go_on()?;
            let block = &mut means.block[..((lane.end - start) as usize).min(BLOCK)];
            file.read(&chunk, (start * self.long.word()) as usize, bytemuck::cast_slice_mut(block))?;
            visit(words.kept(block))?;
        }
        Ok(())
    }

    /// Reads the elements of a piece.
    fn read(&self, piece: &Piece<'_>, means: &mut Means<'a, W>) -> Result<()> {
        let len = piece.elements() as usize * self.long.feed.output_size();
        if means.bytes.len() != len {
            means.bytes = Buffer::unfilled(len)?;
        }
        let Means { reader, bytes, .. } = means;
        let bytes = bytes.bytes_mut();
        let fill = || reader.fill(&piece.start, &piece.shape, bytes);
        self.run.context.record(Work::Tile, 1, piece.elements(), fill)
    }

    /// Words at some places of the line.
    fn sample(&self) -> Result<Vec<W>> {
        let places = self.pieces.len().min(SAMPLES.1);
        let all = Mutex::new(Vec::new());
        let turns = Turns::new(places);
        turns.run(self.long.threads, self.run.context, || {
            let mut means = self.means();
            while let Some(place) = turns.take(self.run.context)? {
                let mut piece = self.pieces.piece(place * self.pieces.len() / places);
                piece.shape = rows(&piece.shape, SAMPLES.0 / places);
                self.read(&piece, &mut means)?;
                let Means { bytes, block, .. } = &mut means;
                piece.words(bytes.bytes(), self.long.coder.encode, block, |words, _| {
                    locked(&all).extend_from_slice(words);
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn means(&self) -> Means<'a, W> {
        Means { reader: self.feed.reader(), bytes: Buffer::default(), block: vec![W::zeroed(); BLOCK] }
    }

    /// The least and the greatest of some words, and a sample with both of them.
    fn bounds(&self, words: &Words<'_, W>) -> Result<(W, W, Vec<W>)> {
        let step = (words.count / SAMPLES.0).max(1);
        let all = Mutex::new((None::<(W, W)>, Vec::new()));
        self.each_lane(words, false, |_, walk| {
            let (mut ends, mut sample, mut seen) = (None::<(W, W)>, Vec::new(), 0u64);
            walk(&mut |words| {
                for &word in words {
                    let (low, high) = ends.get_or_insert((word, word));
                    (*low, *high) = ((*low).min(word), (*high).max(word));
                    if seen.is_multiple_of(step) {
                        sample.push(word);
                    }
                    seen += 1;
                }
                Ok(())
            })?;
            let (known, samples) = &mut *locked(&all);
            samples.append(&mut sample);
            *known = match (*known, ends) {
                (Some((low, high)), Some((l, h))) => Some((low.min(l), high.max(h))),
                (known, ends) => known.or(ends),
            };
            Ok(())
        })?;
        let (ends, mut sample) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (low, high) = ends.ok_or_else(changed)?;
        sample.extend([low, high]);
        Ok((low, high, sample))
    }

    /// The number of words of each lane in each cell.
    fn count(&self, words: &Words<'_, W>, cells: &Cells<W>, at: u64) -> Result<Vec<Vec<u64>>> {
        let is_first = at == 0 && words.count == self.line.length();
        let all: Vec<Mutex<Vec<u64>>> = (0..self.long.lanes()).map(|_| Mutex::default()).collect();
        self.each_lane(words, is_first, |lane, walk| {
            let mut counts = vec![0u64; cells.len()];
            walk(&mut |words| {
                words.iter().for_each(|&word| counts[cells.of(word)] += 1);
                if is_first {
                    (self.run.done)(words.len() as u64);
                }
                Ok(())
            })?;
            *locked(&all[lane]) = counts;
            Ok(())
        })?;
        let counts: Vec<Vec<u64>> = all
            .into_iter()
            .map(|counts| counts.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect();
        match counts.iter().flatten().sum::<u64>() == words.count {
            true => Ok(counts),
            false => Err(changed()),
        }
    }

    /// Neighbouring cells joined as far as they fit in memory. Empty cells at the ends are left out.
    fn portions(&self, cells: &Cells<W>, counts: &[Vec<u64>]) -> Vec<Portion> {
        let mut portions: Vec<Portion> = Vec::new();
        for cell in 0..cells.len() {
            let count: u64 = counts.iter().map(|counts| counts[cell]).sum();
            match portions.last_mut() {
                Some(last) if last.count + count <= self.long.capacity || count == 0 => {
                    last.count += count;
                    last.cells.end = if count > 0 { cell + 1 } else { last.cells.end };
                }
                _ if count > 0 => portions.push(Portion { cells: cell..cell + 1, count }),
                _ => {}
            }
        }
        portions
    }

    /// Writes the words of each portion to a file, lane by lane.
    fn distribute(
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
    fn load(
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
    fn sort_cells(&self, parts: &[Loaded<'_, W>]) -> Result<()> {
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
    fn write(&self, words: &[W], at: u64, out: &mut Buffer) -> Result<()> {
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

    fn write_plain(&self, words: &[W], at: u64, out: &mut Buffer) -> Result<()> {
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
    fn repeat(&self, word: W, at: u64, count: u64) -> Result<()> {
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
    fn write_zeros(&self) -> Result<()> {
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

/// One thread's means to read words.
struct Means<'a, W> {
    reader: Reader<'a>,
    bytes: Buffer,
    block: Vec<W>,
}

impl<W: Word> Words<'_, W> {
    /// The words of a block that belong to these words, moved to its start.
    fn kept<'w>(&self, block: &'w mut [W]) -> &'w [W] {
        if self.within.is_empty() {
            return block;
        }
        let mut kept = 0;
        for k in 0..block.len() {
            let word = block[k];
            block[kept] = word;
            kept += usize::from(self.within.iter().all(|(cells, cell)| cells.of(word) == *cell));
        }
        &block[..kept]
    }
}
