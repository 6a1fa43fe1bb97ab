//! Elements where a mask is true, and their places.
//!
//! The length of such a result depends on data, so it is counted when the expression is built: a pass over the mask
//! counts the true elements of each *band*, a part of the mask that is one piece in C order. The counts say in which
//! bands the elements of any part of the result lie, so that it is computed where it is read. If all elements take
//! little memory, the counting pass keeps them, and the mask is read once. Both ways give the same chunks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrstore_format::Grid;

use super::{Operator, Output};
use crate::budget::Budget;
use crate::exec::{Derive, Feed, Fit, Reader, Room, Run, Stage, Told, Turns};
use crate::expr::Expr;
use crate::plan::{Plan, Target};
use crate::profile::Work;
use crate::program::tiles::rows;
use crate::program::{Program, mapped_bytes};
use crate::source::{Kept, elements};
use crate::view::{Index, show};
use crate::{Buffer, Context, DType, Error, Result};

/// Elements of a band.
const BAND: u64 = 1 << 16;
/// Bands that a thread counts at a time.
const TURN: u64 = 8;
/// Bytes of a chunk of the result.
const CHUNK: u64 = 512 << 10;
/// Elements are copied one by one if at most one of this many in a band is selected.
const SPARSE: usize = 16;
/// The part of the budget that elements may take in memory.
const SHARE: u64 = 8;

/// The elements that a mask selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    /// The elements of an array of the mask's shape: the second input.
    Values,
    /// The index of each along every axis.
    Places,
}

/// The bands of a mask.
#[derive(Debug)]
struct Bands {
    grid: Grid,
}

impl Bands {
    fn new(shape: &[u64]) -> Bands {
        Bands { grid: Grid::new(shape, &rows(shape, BAND)) }
    }

    fn band(&self, number: u64) -> (Vec<u64>, Vec<u64>) {
        let index = self.grid.index(number);
        (self.grid.start(&index), self.grid.extent(&index))
    }

    fn longest(&self) -> &[u64] {
        self.grid.chunk_shape()
    }
}

impl Expr {
    /// The elements where `mask`, a boolean array of the same shape, is true, in C order.
    ///
    /// # Errors
    /// When the shapes differ, the mask is not boolean, or it cannot be counted.
    pub fn masked(&self, mask: &Expr, context: &Context) -> Result<Expr> {
        if mask.shape() != self.shape() {
            return Err(Error::Shape(format!(
                "a mask of shape {} selects from an array of shape {}",
                show(mask.shape()),
                show(self.shape())
            )));
        }
        selected(Selected::Values, vec![truth(mask)?, self.typed()?], context)
    }

    /// The index of each element that is not zero, in C order: one row for each, as NumPy's `argwhere`.
    ///
    /// # Errors
    /// When the elements cannot be counted.
    pub fn argwhere(&self, context: &Context) -> Result<Expr> {
        if self.ndim() == 0 {
            return self.expand_dims(&[0])?.argwhere(context)?.index(&[Index::ALL, (0..0).into()]);
        }
        selected(Selected::Places, vec![self.truths()?], context)
    }
}

/// A mask as it is.
fn truth(mask: &Expr) -> Result<Expr> {
    match mask.dtype() {
        DType::Bool => mask.typed(),
        found => Err(Error::dtype("a mask", DType::Bool, found)),
    }
}

/// Counts the elements that the mask, the first input, selects.
fn selected(what: Selected, inputs: Vec<Expr>, context: &Context) -> Result<Expr> {
    let (Some(mask), Some(last)) = (inputs.first(), inputs.last()) else {
        return Err(Error::internal("no mask"));
    };
    let shape = mask.shape().to_vec();
    let bands = Bands::new(&shape);
    let count = if elements(&shape)? == 0 { 0 } else { bands.grid.len() };
    let dtype = if what == Selected::Values { last.dtype() } else { DType::I64 };
    let keep =
        Arc::new(Keep { room: context.budget.total() / SHARE, parts: Mutex::new(Some(Parts::default())) });
    let mut before = vec![0];
    if count > 0 {
        let counting = Counting { what, shape: shape.clone(), keep: keep.clone() };
        let counts = Expr::output(counting, inputs.clone(), DType::I64, vec![count]);
        // what is kept is taken from the budget beside the memory of the plan
        let within = Context { budget: Budget::new(context.budget.total() - keep.room), ..context.clone() };
        let plan = Plan::new(&[(counts, Target::Memory)], &within)?;
        let _permit = context.budget.take(plan.peak() + keep.room, "counting the elements of a mask")?;
        let values = plan.run(&within)?.into_iter().flatten().next();
        let counts = values.ok_or_else(|| Error::internal("the plan gave no value"))?;
        for count in counts.bytes().as_chunks::<8>().0 {
            before.push(before.last().copied().unwrap_or(0) + u64::from_le_bytes(*count));
        }
    }
    let total = before.last().copied().unwrap_or(0);
    let result = match what {
        Selected::Values => vec![total],
        Selected::Places => vec![total, shape.len() as u64],
    };
    let masked = Masked { what, shape, before };
    let parts = keep.parts.lock().unwrap_or_else(PoisonError::into_inner).take();
    match parts {
        Some(parts) if total > 0 => {
            let chunk = masked.chunk(&[], &result, dtype.size() as u64);
            let parts = parts.bands.values().map(Vec::as_slice);
            Expr::source(Arc::new(Kept::new(dtype, &result, &chunk, parts)?))
        }
        _ => Ok(Expr::output(Arc::new(masked), inputs, dtype, result)),
    }
}

/// The elements of one band that a mask selects.
struct Band {
    mask: Buffer,
    /// The places of the selected elements in the band.
    found: Buffer,
    values: Buffer,
}

impl Band {
    /// Bytes of a band of `n` elements of `item` bytes and `ndim` axes.
    fn bytes(n: u64, ndim: usize, item: u64) -> u64 {
        n.saturating_mul(5 + item).saturating_add(Reader::picking(n / SPARSE as u64 + 1, ndim))
    }

    fn new() -> Band {
        Band { mask: Buffer::default(), found: Buffer::default(), values: Buffer::default() }
    }

    /// Reads the mask of the band of `shape` at `start`.
    fn read(&mut self, mask: &mut Reader<'_>, start: &[u64], shape: &[u64]) -> Result<&[u8]> {
        let n = shape.iter().product::<u64>() as usize;
        let bytes = self.mask.reserve(n)?;
        mask.fill(start, shape, bytes)?;
        Ok(bytes)
    }

    /// Finds the selected elements, once the mask is read.
    fn find(&mut self, n: usize) -> Result<usize> {
        let found: &mut [u32] = bytemuck::try_cast_slice_mut(self.found.reserve(4 * n)?)
            .map_err(|e| Error::Other(e.to_string()))?;
        let mask = self.mask.bytes().get(..n).unwrap_or_default();
        let mut count = 0;
        let mut note = |at: usize, byte: u8| {
            if let Some(place) = found.get_mut(count) {
                *place = at as u32;
            }
            count += usize::from(byte != 0);
        };
        let (words, rest) = mask.as_chunks::<8>();
        for (number, word) in words.iter().enumerate().filter(|(_, word)| u64::from_ne_bytes(**word) != 0) {
            word.iter().enumerate().for_each(|(k, &byte)| note(8 * number + k, byte));
        }
        rest.iter().enumerate().for_each(|(k, &byte)| note(8 * words.len() + k, byte));
        Ok(count)
    }

    /// Writes selected elements number `from` and on to `out`, as many as there is room for.
    fn pack(
        &mut self,
        values: Option<&mut Reader<'_>>,
        (start, shape): (&[u64], &[u64]),
        from: usize,
        out: &mut [u8],
        item: usize,
    ) -> Result<()> {
        let n = shape.iter().product::<u64>() as usize;
        let found: &[u32] =
            bytemuck::try_cast_slice(self.found.bytes()).map_err(|e| Error::Other(e.to_string()))?;
        let count = out.len() / item;
        let found = found.get(from..from + count).unwrap_or_default();
        let place = |at: u32, to: &mut [u64]| {
            let mut rest = u64::from(at);
            for ((to, &n), &first) in to.iter_mut().zip(shape).zip(start).rev() {
                *to = first + rest % n;
                rest /= n;
            }
        };
        match values {
            None => {
                let out: &mut [u64] =
                    bytemuck::try_cast_slice_mut(out).map_err(|e| Error::Other(e.to_string()))?;
                found
                    .iter()
                    .zip(out.chunks_exact_mut(shape.len().max(1)))
                    .for_each(|(&at, to)| place(at, to));
            }
            Some(values) if count * SPARSE <= n && values.picks() => {
                let mut places = vec![0; count * shape.len()];
                found
                    .iter()
                    .zip(places.chunks_exact_mut(shape.len().max(1)))
                    .for_each(|(&at, to)| place(at, to));
                values.pick(&places, out)?;
            }
            Some(values) => {
                let all = self.values.reserve(n * item)?;
                values.fill(start, shape, all)?;
                compress(all, out, item, found);
            }
        }
        Ok(())
    }
}

/// Copies the elements of `all` at the places `found` to `out`.
fn compress(all: &[u8], out: &mut [u8], item: usize, found: &[u32]) {
    fn of<const N: usize>(all: &[u8], out: &mut [u8], found: &[u32]) {
        let (all, out) = (all.as_chunks::<N>().0, out.as_chunks_mut::<N>().0);
        for (to, &at) in out.iter_mut().zip(found) {
            if let Some(from) = all.get(at as usize) {
                *to = *from;
            }
        }
    }
    match item {
        1 => of::<1>(all, out, found),
        2 => of::<2>(all, out, found),
        4 => of::<4>(all, out, found),
        8 => of::<8>(all, out, found),
        16 => of::<16>(all, out, found),
        _ => {
            for (to, &at) in out.chunks_exact_mut(item).zip(found) {
                let at = at as usize * item;
                if let Some(from) = all.get(at..at + item) {
                    to.copy_from_slice(from);
                }
            }
        }
    }
}

/// The elements that a counted mask selects.
#[derive(Debug)]
struct Masked {
    what: Selected,
    /// The shape of the mask.
    shape: Vec<u64>,
    /// Selected elements before each band, and in all.
    before: Vec<u64>,
}

impl Operator for Arc<Masked> {
    fn name(&self) -> &'static str {
        match self.what {
            Selected::Values => "mask",
            Selected::Places => "argwhere",
        }
    }

    fn key(&self) -> Vec<u8> {
        Vec::new()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(self.clone())
    }
}

impl Derive for Masked {
    fn chunk(&self, _: &[Program], shape: &[u64], item: u64) -> Vec<u64> {
        rows(shape, CHUNK / item)
    }

    fn reads(&self, feeds: &[Program], _: &[u64]) -> Vec<Vec<u64>> {
        vec![Bands::new(&self.shape).longest().to_vec(); feeds.len()]
    }

    fn scratch(&self, feeds: &[Program], _: &[u64]) -> u64 {
        let item = feeds.last().map_or(1, Program::output_size) as u64;
        Band::bytes(Bands::new(&self.shape).longest().iter().product(), self.shape.len(), item)
    }

    fn visits(&self, feeds: &[Program], _: &[u64], _: &[u64]) -> Vec<f64> {
        let bands = Bands::new(&self.shape);
        let visits = |feed: &Program| {
            let Some(load) = crate::program::tiles::lead(feed) else { return 1.0 };
            let lengths = self.shape.iter().zip(bands.longest()).zip(&load.access);
            let times = lengths.map(|((&n, &band), access)| {
                access.map_or(1.0, |access| access.span().min(n).div_ceil(band.max(1)).max(1) as f64)
            });
            times.product()
        };
        feeds.iter().map(visits).collect()
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let total = shape.iter().product::<u64>().max(1) as usize;
        let item =
            out.len() / total * if self.what == Selected::Places { self.shape.len().max(1) } else { 1 };
        let (Some(&first), Some(&count)) = (start.first(), shape.first()) else { return Ok(()) };
        let Some((mask, values)) = feeds.split_first_mut() else { return Ok(()) };
        let bands = Bands::new(&self.shape);
        let (mut band, mut at, mut room) = (Band::new(), first, out);
        let mut number = self.before.partition_point(|&before| before <= first).saturating_sub(1);
        while at < first + count {
            let (Some(&low), Some(&high)) = (self.before.get(number), self.before.get(number + 1)) else {
                break;
            };
            if high > at {
                let (from, lengths) = bands.band(number as u64);
                let n = band.read(mask, &from, &lengths)?.len();
                if band.find(n)? as u64 != high - low {
                    return Err(Error::Other(
                        "the elements of a mask have changed since they were counted".into(),
                    ));
                }
                let here = (high.min(first + count) - at) as usize;
                let (part, rest) = std::mem::take(&mut room).split_at_mut(here * item);
                band.pack(values.first_mut(), (&from, &lengths), (at - low) as usize, part, item)?;
                (room, at) = (rest, at + here as u64);
            }
            number += 1;
        }
        Ok(())
    }
}

/// Selected elements that are kept while they are counted.
#[derive(Debug)]
struct Keep {
    /// Bytes that they may take.
    room: u64,
    /// `None` once they are too many.
    parts: Mutex<Option<Parts>>,
}

#[derive(Debug, Default)]
struct Parts {
    bands: BTreeMap<u64, Vec<u8>>,
    bytes: u64,
}

impl Keep {
    fn is_open(&self) -> bool {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes room for the elements of a band; without room, drops all that is kept.
    fn take(&self, bytes: u64) -> bool {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = parts.as_mut() {
            kept.bytes += bytes;
            // the elements are copied once more when all are there
            if kept.bytes > self.room / 2 {
                *parts = None;
            }
        }
        parts.is_some()
    }

    fn put(&self, band: u64, elements: Vec<u8>) {
        if let Some(kept) = self.parts.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            kept.bands.insert(band, elements);
        }
    }
}

/// The number of selected elements in each band.
#[derive(Clone, Debug)]
struct Counting {
    what: Selected,
    shape: Vec<u64>,
    keep: Arc<Keep>,
}

impl Operator for Counting {
    fn name(&self) -> &'static str {
        "count of a mask"
    }

    fn key(&self) -> Vec<u8> {
        Arc::as_ptr(&self.keep).addr().to_le_bytes().to_vec()
    }

    fn stage(&self, feeds: Vec<Program>, _: &[Output]) -> Result<Box<dyn Stage>> {
        let item = match self.what {
            Selected::Values => feeds.last().map_or(1, Program::output_size),
            Selected::Places => 8 * self.shape.len(),
        };
        let bands = Bands::new(&self.shape);
        Ok(Box::new(Counted {
            counting: self.clone(),
            bands,
            feeds,
            item,
            threads: 1,
            cache: 0,
            keeps: false,
        }))
    }
}

/// A count that is planned.
#[derive(Debug)]
struct Counted {
    counting: Counting,
    bands: Bands,
    feeds: Vec<Program>,
    /// Bytes of a selected element.
    item: usize,
    threads: u64,
    /// Bytes of decoded chunks that are kept from band to band.
    cache: u64,
    keeps: bool,
}

impl Stage for Counted {
    fn feeds(&self) -> Vec<&Program> {
        self.feeds.iter().collect()
    }

    fn fit(&mut self, room: Room) -> Fit {
        let longest = self.bands.longest().to_vec();
        let feeds = self.feeds.iter().map(|feed| Feed::bytes(feed, &longest)).sum::<u64>();
        let each = feeds + Band::bytes(longest.iter().product(), longest.len(), self.item as u64);
        let turns = self.bands.grid.len().div_ceil(TURN).max(1);
        self.threads = (room.free / each.max(1)).min(room.threads).min(turns);
        if self.threads == 0 {
            return Fit::Needs(each);
        }
        let mut taken = self.threads * each;
        let decoded = self.feeds.iter().map(|feed| Feed::decoded_beside(feed, &longest)).max().unwrap_or(0);
        let cached = decoded.saturating_mul(self.feeds.len() as u64);
        if taken.saturating_add(cached) <= room.free {
            (self.cache, taken) = (decoded, taken + cached);
        }
        let mapped = mapped_bytes(&self.feeds);
        let held = room.total.saturating_sub(room.free);
        self.keeps = held.saturating_add(taken).saturating_add(mapped) <= room.total / 2;
        Fit::Takes(taken + if self.keeps { mapped } else { 0 })
    }

    fn keeps(&self) -> bool {
        self.keeps
    }

    fn work(&self) -> u64 {
        self.counting.shape.iter().product()
    }

    fn explain(&self) -> Told {
        Told {
            kind: "count",
            steps: vec!["the elements of a mask".to_owned()],
            domain: self.counting.shape.clone(),
            tiles: self.bands.grid.len(),
            tile: self.bands.longest().to_vec(),
            threads: self.threads,
            reads: self.feeds.iter().map(Program::bytes_read).collect(),
            passes: 1,
            keeps: self.keeps,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let [sink] = run.sinks else { return Err(Error::internal("a count has one output")) };
        let feed =
            |(program, sources)| Feed::new(program, sources, run.context, self.keeps).caching(self.cache);
        let feeds: Vec<Feed<'_>> =
            self.feeds.iter().zip(run.sources.iter().map(Vec::as_slice)).map(feed).collect();
        let (bands, keep) = (self.bands.grid.len(), &self.counting.keep);
        let turns = Turns::new(bands.div_ceil(TURN));
        let ran = turns.run(self.threads, run.context, || {
            let mut readers: Vec<Reader<'_>> = feeds.iter().map(Feed::reader).collect();
            let Some((mask, values)) = readers.split_first_mut() else { return Ok(()) };
            let mut band = Band::new();
            while let Some(turn) = turns.take(run.context)? {
                for number in turn * TURN..((turn + 1) * TURN).min(bands) {
                    let (start, shape) = self.bands.band(number);
                    let elements = shape.iter().product::<u64>();
                    let count = run.context.record(Work::Tile, 1, elements, || {
                        let bytes = band.read(mask, &start, &shape)?;
                        if !keep.is_open() {
                            return Ok(bytes.iter().filter(|&&byte| byte != 0).count());
                        }
                        let count = band.find(elements as usize)?;
                        if keep.take((count * self.item) as u64) && count > 0 {
                            let mut kept = vec![0; count * self.item];
                            band.pack(values.first_mut(), (&start, &shape), 0, &mut kept, self.item)?;
                            keep.put(number, kept);
                        }
                        Ok::<_, Error>(count)
                    })?;
                    sink.write(&[number], &[1], &(count as u64).to_le_bytes())?;
                    (run.done)(elements);
                }
            }
            Ok(())
        });
        if self.keeps {
            run.sources.iter().flatten().for_each(|source| source.release_all());
        }
        ran
    }
}
