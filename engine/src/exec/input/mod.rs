//! One input of a pass as one worker sees it: the chunk at hand, as a strided window.

mod points;

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use arrstore_format::{Grid, strided};

pub(super) use points::{POINT, TABLES};

use super::fetch::{Part, Scout, fetch};
use super::input_cache::InputCache;
use crate::context::Metrics;
use crate::profile::Work;
use crate::program::{Load, Program};
use crate::source::{Data, Located, Source};
use crate::{Buffer, Context, Result};

/// In a raw chunk larger than [`WHOLE`], each block of this many bytes has a checksum. Checks run ahead of reads by up
/// to one block.
const CHECK: usize = 64 << 10;
/// A chunk of at most this many bytes has a single checksum.
const WHOLE: usize = 1 << 20;

/// Bytes that one checksum covers in a chunk of `len` bytes.
fn grain(len: usize) -> usize {
    if len <= WHOLE { WHOLE } else { CHECK }
}

/// All bytes of a chunk.
const ALL: (usize, usize) = (0, usize::MAX);

/// Up to this many bytes are brought from a disk for a box that uses only some of them: later boxes use the rest.
const BESIDE: usize = 96 << 20;

/// Bytes of the largest page that one fault maps.
const HUGE: usize = 2 << 20;

/// A window of at least this many bytes is read in place: the pages at its ends are then not most of its pages.
const DENSE: usize = 256 << 10;

/// Bytes that are read in place before their pages are let go.
const PASSED: usize = 4 << 20;

/// Bytes of mapped pages that an input holds beside its window: pages already read but not yet let go, and a page at
/// each end.
pub(super) const RELEASE: usize = PASSED + 2 * HUGE;

/// Bytes of memory that an input takes in a pass over `domain` that reads boxes of `shape`.
pub(super) fn bytes(load: &Load, shape: &[u64], domain: &[u64]) -> u64 {
    let item = load.dtype.size() as u64;
    let (boxed, all) = (load.elements(shape) * item, load.elements(domain) * item);
    let gathered = if load.gathers.contains(&true) { boxed } else { 0 };
    let chunk = load.chunk.iter().product::<u64>().saturating_mul(item);
    gathered
        + match load.is_encoded() {
            true => load.decoded_bytes(),
            // mapped pages, which are let go a few megabytes late
            false => boxed.min(chunk) + all.min(RELEASE as u64),
        }
}

/// Elements of a box as they lie in some bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Window<'a> {
    /// One element for all.
    Constant(&'a [u8]),
    /// Element `i` of the box is at byte `offset + sum(i * strides)`, one stride for each axis of the domain.
    Strided { bytes: &'a [u8], offset: usize, strides: &'a [isize] },
}

/// The part of a chunk that a box touches.
struct Reach {
    /// The bytes from the first to the last touched byte.
    span: Range<usize>,
    /// The number of bytes in the span that belong to the box.
    used: usize,
}

impl Reach {
    /// Whether the box uses less than half of its span, or less than half of a chunk of `len` bytes that has a single
    /// checksum. With a `len` of 0, only the span counts.
    fn is_sparse(&self, len: usize) -> bool {
        self.used < self.span.len() / 2 || ((1..=WHOLE).contains(&len) && self.used < len / 2)
    }
}

/// The chunk at hand.
enum Held<'p> {
    Nothing,
    Constant(Vec<u8>),
    InPlace(Located<'p>, &'p [u8]),
    Decoded(Arc<Buffer>),
}

/// One input as one worker sees it.
pub(super) struct Input<'p> {
    number: usize,
    load: &'p Load,
    /// Whether even small windows stay in the map instead of being read into a buffer.
    lends: bool,
    /// Whether short chunks are gathered into one window.
    gathers: bool,
    /// Whether bytes read in place are checked against checksums.
    checks: bool,
    /// Whether the pass reads all elements of the source. All its chunks are then checked, whatever boxes they are read
    /// in.
    whole: bool,
    source: &'p dyn Source,
    context: &'p Context,
    shared: &'p InputCache,
    index: Vec<u64>,
    held: Held<'p>,
    gathered: Option<Buffer>,
    /// Bytes of a file before they are copied into the gathered window.
    stage: Buffer,
    scout: Scout,
    strides: Vec<isize>,
    offset: usize,
    /// The range of the chunk that has been checked: its start and its end. The two are equal before the first check.
    /// The range is [`ALL`] when nothing is left to check.
    checked: Cell<(usize, usize)>,
    /// Bytes of the chunk that the window touches.
    span: Range<usize>,
    /// Whether a checksum may cover bytes of this window and of another one.
    partial: bool,
    /// Chunks read in place whose pages are still mapped, and their bytes.
    passed: Vec<(Located<'p>, Range<usize>)>,
    passed_bytes: usize,
}

impl<'p> Input<'p> {
    pub(super) fn new(
        number: usize,
        program: &'p Program,
        source: &'p dyn Source,
        context: &'p Context,
        shared: &'p InputCache,
    ) -> Input<'p> {
        let load = &program.loads[number];
        Input {
            number,
            lends: false,
            checks: context.check && source.has_checksums(),
            gathers: load.gathers.contains(&true),
            whole: load.is_whole(&program.domain, source.shape()),
            load,
            source,
            context,
            shared,
            index: Vec::new(),
            held: Held::Nothing,
            gathered: None,
            stage: Buffer::default(),
            scout: Scout::default(),
            strides: Vec::new(),
            offset: 0,
            checked: Cell::new(ALL),
            span: 0..0,
            partial: false,
            passed: Vec::new(),
            passed_bytes: 0,
        }
    }

    /// The same input, but all its windows stay in the map: a product reads each of them many times.
    pub(super) fn lending(mut self) -> Input<'p> {
        self.lends = true;
        self
    }

    /// The same input for a reader of few of its elements: a box that uses few bytes of its blocks is not checked.
    pub(super) fn sparing(&mut self) {
        self.whole = false;
    }

    /// Makes the box of `shape` at `start` of the domain the window. Unless the input is gathered, the box lies within
    /// one chunk.
    pub(super) fn seek(&mut self, start: &[u64], shape: &[u64]) -> Result<()> {
        if self.gathers && self.crosses(start, shape) {
            return self.gather(start, shape);
        }
        let (index, within) = self.chunk_of(start);
        self.hold(&index)?;
        self.place(&within);
        if self.is_scattered(shape) {
            return self.gather(start, shape);
        }
        self.gathered = None;
        self.begin_check(shape);
        Ok(())
    }

    /// Whether a box of the chunk at hand uses so little of each page that its pages are not mapped: a small or sparse
    /// box is read into a buffer. [`Input::place`] has set its first element.
    fn is_scattered(&self, shape: &[u64]) -> bool {
        match &self.held {
            Held::InPlace(_, bytes) if self.source.is_mapped() && !self.shared.pages => {
                let reach = self.reach(shape, bytes.len());
                !self.lends && (reach.span.len() < DENSE || reach.is_sparse(0))
            }
            _ => false,
        }
    }

    /// Sets the byte of element `within` of the chunk at hand, and the strides from there.
    fn place(&mut self, within: &[u64]) {
        let chunk_strides = self.source.strides();
        self.strides.clear();
        self.strides.extend(
            self.load.access.iter().map(|a| a.map_or(0, |a| chunk_strides[a.axis] * a.step as isize)),
        );
        let inner: isize = within.iter().zip(chunk_strides).map(|(&w, s)| w as isize * s).sum();
        self.offset = self.source.offset().wrapping_add_signed(inner);
    }

    /// Bytes of an element.
    pub(super) fn item(&self) -> u64 {
        self.load.dtype.size() as u64
    }

    /// Brings the stored bytes of the box of `shape` at `start` into memory. For a box in several chunks, asks for all
    /// parts at once, unless the first part is already in memory.
    pub(super) fn bring(&mut self, start: &[u64], shape: &[u64]) -> Result<()> {
        if !(self.gathers && self.crosses(start, shape)) {
            if let Some((located, bytes)) = self.stored(start, shape)? {
                self.source.bring(&located, bytes);
            }
            return Ok(());
        }
        let (mut first, mut there) = (true, false);
        self.each_chunk(start, shape, |input, start, shape| {
            if there {
                return Ok(());
            }
            if let Some((located, bytes)) = input.stored(start, shape)? {
                there = std::mem::take(&mut first) && input.source.holds(&located, bytes.clone());
                if !there {
                    input.source.expect(&located, bytes);
                }
            }
            Ok(())
        })
    }

    /// Whether the stored bytes of a box, if [`Input::bring`] would bring any, are in memory.
    pub(super) fn holds(&mut self, start: &[u64], shape: &[u64]) -> Result<bool> {
        let stored = self.stored(start, shape)?;
        Ok(stored.is_none_or(|(located, bytes)| self.source.holds(&located, bytes)))
    }

    /// The stored bytes to bring for a box in one chunk. `None` for a constant chunk, for a box that uses too few of
    /// its bytes, and for a box of several short chunks, which the workers read themselves. The window is lost.
    fn stored(&mut self, start: &[u64], shape: &[u64]) -> Result<Option<(Located<'p>, Range<usize>)>> {
        if self.gathers && self.crosses(start, shape) {
            return Ok(None);
        }
        let (index, within) = self.chunk_of(start);
        let located = self.source.locate(&index)?;
        self.place(&within);
        let bytes = match &located.data {
            Data::Constant(_) => return Ok(None),
            Data::Encoded => 0..usize::MAX,
            Data::InPlace(bytes) => {
                let reach = self.reach(shape, bytes.len());
                let beside = self.whole && reach.span.len() <= BESIDE;
                if reach.is_sparse(bytes.len()) && !beside {
                    return Ok(None);
                }
                self.around(reach.span, bytes.len())
            }
        };
        Ok(Some((located, bytes)))
    }

    /// Whether a box touches more than one chunk.
    fn crosses(&self, start: &[u64], shape: &[u64]) -> bool {
        let mut axes = self.load.access.iter().zip(start).zip(shape);
        axes.any(|((a, &s), &n)| a.is_some_and(|a| a.next_border(s) < s + n))
    }

    /// The chunk that holds the element at `at` of the domain, and the element's place in it, axis by axis of
    /// the source.
    fn chunk_of(&self, at: &[u64]) -> (Vec<u64>, Vec<u64>) {
        use crate::view::AxisMap;
        let of = |(map, &chunk): (&AxisMap, &u64)| match *map {
            AxisMap::At(k) => (k / chunk, k % chunk),
            AxisMap::Along { axis, start, step } => {
                let k = (start + step * at[axis] as i64) as u64;
                (k / chunk, k % chunk)
            }
        };
        self.load.view.0.iter().zip(&self.load.chunk).map(of).unzip()
    }

    /// Makes the chunk at `index` the one at hand.
    fn hold(&mut self, index: &[u64]) -> Result<()> {
        if !matches!(self.held, Held::Nothing) && self.index == index {
            return Ok(());
        }
        self.held = Held::Nothing;
        self.index = index.to_vec();
        let located = self.source.locate(index)?;
        let metrics = &self.context.metrics;
        self.held = match located.data {
            Data::Constant(ref value) => {
                Metrics::add(&metrics.chunks_constant, 1);
                Held::Constant(value.clone())
            }
            Data::InPlace(bytes) => Held::InPlace(located, bytes),
            Data::Encoded => {
                let len = self.source.chunk_bytes();
                let chunk = self.shared.get(self.number, index, len, |out| {
                    Metrics::add(&metrics.chunks_decoded, 1);
                    Metrics::add(&metrics.decoded, len);
                    self.context.record(Work::Decode, 1, len as u64, || self.source.decode(&located, out))
                })?;
                Held::Decoded(chunk)
            }
        };
        Ok(())
    }

    /// Brings the bytes of the window and prepares their check, which happens as they are read. There is nothing to
    /// check if the chunk is not in place or checks are off.
    fn begin_check(&mut self, shape: &[u64]) {
        self.checked.set(ALL);
        let Held::InPlace(_, bytes) = &self.held else { return };
        let reach = self.reach(shape, bytes.len());
        let sparse = reach.is_sparse(bytes.len());
        Metrics::add(&self.context.metrics.mapped, reach.used);
        if let (false, Held::InPlace(located, _)) = (sparse, &self.held) {
            self.source.bring(located, self.around(reach.span.clone(), bytes.len()));
        }
        let ends = [reach.span.start, reach.span.end];
        let shares = ends.iter().any(|end| !end.is_multiple_of(CHECK) && *end != bytes.len());
        self.partial = shares || reach.used < reach.span.len();
        self.span = reach.span;
        // a view of few elements reads only the bytes that it uses, so it checks nothing
        if self.checks && (!sparse || self.whole) {
            self.checked.set((0, 0));
        }
    }

    /// The bytes of a chunk of `len` bytes that are read for `bytes`: whole checksummed blocks if checks are on.
    fn around(&self, bytes: Range<usize>, len: usize) -> Range<usize> {
        if !self.checks {
            return bytes;
        }
        let size = grain(len);
        bytes.start / size * size..bytes.end.next_multiple_of(size).min(len)
    }

    /// The reach of a box of `shape` in a chunk of `len` bytes. [`Input::place`] has set the first element of the box.
    fn reach(&self, shape: &[u64], len: usize) -> Reach {
        let item = self.load.dtype.size();
        let (mut low, mut high, mut used) = (self.offset, self.offset + item, item);
        for (&n, &s) in shape.iter().zip(&self.strides) {
            if n > 1 && s != 0 {
                let reach = (n as usize - 1) * s.unsigned_abs();
                if s > 0 {
                    high += reach;
                } else {
                    low = low.saturating_sub(reach);
                }
                used *= n as usize;
            }
        }
        Reach { span: low..high.min(len), used }
    }

    /// Checks bytes of the chunk at hand. If other windows share checksummed blocks with this one, each block is
    /// checked only once.
    fn check(&self, bytes: Range<usize>) -> Result<()> {
        match &self.held {
            Held::InPlace(..) if self.partial => self.check_once(bytes),
            Held::InPlace(located, _) => self.source.check(located, bytes),
            _ => Ok(()),
        }
    }

    /// Checks the blocks of the chunk at hand that touch `bytes`, except those that a worker has checked.
    fn check_once(&self, bytes: Range<usize>) -> Result<()> {
        let Held::InPlace(located, all) = &self.held else { return Ok(()) };
        self.unseen(bytes, all.len()).into_iter().try_for_each(|block| self.source.check(located, block))
    }

    /// The checksummed blocks of the chunk at hand, of `len` bytes, that touch `bytes` and that no worker has asked for
    /// before.
    fn unseen(&self, bytes: Range<usize>, len: usize) -> Vec<Range<usize>> {
        let size = grain(len);
        let number = Grid::new(self.source.shape(), &self.load.chunk).linear(&self.index);
        let blocks = bytes.start / size..bytes.end.div_ceil(size);
        let unseen = self.shared.unseen(self.number, number, blocks).into_iter();
        unseen.map(|block| block * size..((block + 1) * size).min(len)).collect()
    }

    /// Checks the bytes of the window that are read next, and all bytes between these and the range checked before.
    /// Checks nothing twice.
    pub(super) fn check_read(&self, bytes: Range<usize>) -> Result<()> {
        let (low, high) = self.checked.get();
        if low <= bytes.start && bytes.end <= high {
            return Ok(());
        }
        let start = (bytes.start / CHECK * CHECK).max(self.span.start);
        let end = bytes.end.next_multiple_of(CHECK).min(self.span.end);
        let (low, high) = if low == high { (start, start) } else { (low, high) };
        let (before, after) = (start..low, high..end);
        for bytes in [before, after].into_iter().filter(|bytes| !bytes.is_empty()) {
            self.check(bytes)?;
        }
        let checked = (low.min(start), high.max(end));
        self.checked.set(if checked == (self.span.start, self.span.end) { ALL } else { checked });
        Ok(())
    }

    /// Checks the blocks of the window that no worker has checked. If pages do not stay, checks the whole window: its
    /// pages may come from the disk again.
    pub(super) fn check_unseen(&self) -> Result<()> {
        if !self.shared.pages {
            return self.check_all();
        }
        if self.checked.replace(ALL) == ALL {
            return Ok(());
        }
        self.check_once(self.span.clone())
    }

    /// Checks the rest of the window.
    pub(super) fn check_all(&self) -> Result<()> {
        self.check_read(self.span.clone())
    }

    /// The window that [`Input::seek`] has set.
    pub(super) fn window(&self) -> Window<'_> {
        let strides = &self.strides;
        if let Some(buffer) = &self.gathered {
            return Window::Strided { bytes: buffer.bytes(), offset: 0, strides };
        }
        match &self.held {
            Held::Nothing => Window::Constant(&[]),
            Held::Constant(value) => Window::Constant(value),
            Held::InPlace(_, bytes) => Window::Strided { bytes, offset: self.offset, strides },
            Held::Decoded(buffer) => Window::Strided { bytes: buffer.bytes(), offset: self.offset, strides },
        }
    }

    /// Tells the input that its window has been read. Mapped pages are let go a few megabytes at a time.
    pub(super) fn pass(&mut self) {
        if self.shared.pages {
            return;
        }
        if self.gathered.is_none() && matches!(self.held, Held::InPlace(..)) {
            self.note_passed();
        }
        if self.passed_bytes >= PASSED || self.passed.len() >= 256 {
            self.release();
        }
    }

    fn note_passed(&mut self) {
        if let Held::InPlace(located, bytes) = &self.held {
            let (start, end) = (self.span.start / HUGE * HUGE, self.span.end.next_multiple_of(HUGE));
            self.passed_bytes += end - start;
            // ranges are joined to save calls: with each call, all processors drop their cached translations of pages
            if let Some((last, range)) = self.passed.last_mut()
                && last.index == located.index
                && range.end == self.span.start
            {
                range.end = self.span.end;
                return;
            }
            let again = Located {
                data: Data::InPlace(bytes),
                index: located.index.clone(),
                stored: located.stored.clone(),
            };
            self.passed.push((again, self.span.clone()));
        }
    }

    fn release(&mut self) {
        for (located, bytes) in self.passed.drain(..) {
            self.source.release(&located, bytes);
        }
        self.passed_bytes = 0;
    }

    /// Visits the parts of a box that lie in one chunk each. Along a broadcast axis, only the first element is visited.
    fn each_chunk(
        &mut self,
        start: &[u64],
        shape: &[u64],
        mut visit: impl FnMut(&mut Self, &[u64], &[u64]) -> Result<()>,
    ) -> Result<()> {
        let load = self.load;
        let ends = start.iter().zip(shape).zip(&load.access);
        let ends: Vec<u64> = ends.map(|((s, &n), a)| s + if a.is_some() { n } else { n.min(1) }).collect();
        let mut at = start.to_vec();
        let mut boxed = vec![0; at.len()];
        'chunks: loop {
            for k in 0..at.len() {
                boxed[k] = load.access[k].map_or(ends[k], |a| a.next_border(at[k]).min(ends[k])) - at[k];
            }
            visit(self, &at, &boxed)?;
            for k in (0..at.len()).rev() {
                at[k] += boxed[k];
                if at[k] < ends[k] {
                    continue 'chunks;
                }
                at[k] = start[k];
                // the next turn of the loop finds the extent of this axis' first chunk
            }
            return Ok(());
        }
    }

    /// Copies the elements of a box out of all chunks that it touches.
    fn gather(&mut self, start: &[u64], shape: &[u64]) -> Result<()> {
        let item = self.load.dtype.size();
        let ndim = shape.len();
        let mut strides = vec![0isize; ndim];
        let mut len = item;
        // axes in the order of the chunks' layout, so that long runs are copied
        for k in self.load.closest_first() {
            strides[k] = len as isize;
            len *= shape[k] as usize;
        }
        let mut out = match self.gathered.take() {
            Some(buffer) if buffer.len() >= len => buffer,
            _ => Buffer::unfilled(len)?,
        };
        self.each_chunk(start, shape, |input, at, boxed| {
            let (index, within) = input.chunk_of(at);
            input.hold(&index)?;
            let to: isize = (0..ndim).map(|k| (at[k] - start[k]) as isize * strides[k]).sum();
            let boxed: Vec<usize> = boxed.iter().map(|&n| n as usize).collect();
            input.copy_from_chunk(item, &boxed, &within, out.bytes_mut(), to as usize, &strides)
        })?;
        Metrics::add(&self.context.metrics.copied, len);
        self.checked.set(ALL);
        self.strides = strides;
        self.gathered = Some(out);
        Ok(())
    }

    /// Copies a box of the chunk at hand without mapping its pages. [`Input::place`] has set its first element.
    fn fetch(
        &mut self,
        item: usize,
        shape: &[usize],
        out: &mut [u8],
        to: usize,
        strides: &[isize],
    ) -> Result<()> {
        let Held::InPlace(located, bytes) = &self.held else { return Ok(()) };
        let checks = self.checks && self.whole;
        let grain = if checks { grain(bytes.len()) } else { 1 };
        let part = Part { item, grain, shape, from: (self.offset, &self.strides), to: (to, strides) };
        let mut stage = std::mem::take(&mut self.stage);
        let mut scout = std::mem::take(&mut self.scout);
        let done = fetch(self.source, located, &part, out, (&mut stage, &mut scout), |range| {
            Metrics::add(&self.context.metrics.mapped, range.len());
            if checks { self.unseen(range, bytes.len()) } else { Vec::new() }
        });
        (self.stage, self.scout) = (stage, scout);
        done
    }

    /// Copies the box of `shape` from element `within` of the chunk at hand.
    fn copy_from_chunk(
        &mut self,
        item: usize,
        shape: &[usize],
        within: &[u64],
        out: &mut [u8],
        to: usize,
        strides: &[isize],
    ) -> Result<()> {
        self.place(within);
        let wide: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
        if matches!(&self.held, Held::InPlace(..)) && self.source.is_mapped() && !self.shared.pages {
            return self.fetch(item, shape, out, to, strides);
        }
        self.begin_check(&wide);
        self.check_all()?;
        match &self.held {
            Held::Nothing => {}
            Held::Constant(value) => {
                let none = vec![0; shape.len()];
                strided::copy(item, shape, value, 0, &none, out, to, strides);
            }
            Held::InPlace(_, bytes) => {
                strided::copy(item, shape, bytes, self.offset, &self.strides, out, to, strides);
            }
            Held::Decoded(buffer) => {
                strided::copy(item, shape, buffer.bytes(), self.offset, &self.strides, out, to, strides);
            }
        }
        Ok(())
    }
}

impl Drop for Input<'_> {
    fn drop(&mut self) {
        self.release();
    }
}
