//! One input of a pass as one worker sees it: the chunk at hand, as a strided window.

mod ahead;
mod cache;
mod check;
mod gather;
mod points;
mod release;

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::fetch::{STAGE, Scout};
use super::loops::{Layout, layout};
use crate::context::Metrics;
use crate::profile::Work;
use crate::program::tiles::loop_order;
use crate::program::{Load, Program};
use crate::source::{Data, Located, Source};
use crate::{Buffer, Context, Result};
pub(super) use cache::{BESIDE_CHUNK, InputCache};
pub(super) use points::{POINT, table};

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
pub(in crate::exec) const RELEASE: usize = PASSED + 2 * HUGE;

/// Bytes of memory that all inputs of programs take that read boxes of `shape` side by side. Views of one source that lie
/// beside each other share their pages.
pub(in crate::exec) fn all_bytes(programs: &[Program], shape: &[u64]) -> u64 {
    all_bytes_late(programs, shape, RELEASE)
}

/// The same for a program of which one box is read at a time, whose pages are then let go.
pub(in crate::exec) fn bytes_at_once(program: &Program, shape: &[u64]) -> u64 {
    all_bytes_late(std::slice::from_ref(program), shape, 2 * HUGE)
}

/// The same for a program that is read in boxes of `shape`, so small that they are not mapped.
pub(in crate::exec) fn bytes_unmapped(program: &Program, shape: &[u64]) -> u64 {
    let of = |load: &Load| {
        let boxed = load.elements(shape) * load.dtype.size() as u64;
        let read = if !load.is_encoded() && load.is_mapped() { boxed + STAGE as u64 } else { 0 };
        buffers(load, shape) + read
    };
    program.loads.iter().map(of).fold(scratch(std::slice::from_ref(program)), u64::saturating_add)
}

/// Bytes that a thread takes beside decoded chunks: it decodes one chunk at a time.
fn scratch(programs: &[Program]) -> u64 {
    let encoded = programs.iter().flat_map(|program| &program.loads).filter(|load| load.is_encoded());
    encoded.map(Load::scratch_bytes).max().unwrap_or(0)
}

/// The greatest lengths of pieces of a box of `shape` that are so small that they are not mapped.
pub(in crate::exec) fn pieces(program: &Program, shape: &[u64]) -> Vec<u64> {
    let widest = program.loads.iter().map(|load| load.dtype.size()).max().unwrap_or(1);
    let most = (DENSE / 2 / widest.max(1)).max(1) as u64;
    let mut longest: Vec<u64> = shape.iter().map(|&n| n.max(1)).collect();
    for k in loop_order(program) {
        let others = longest.iter().product::<u64>() / longest[k];
        longest[k] = (most / others).clamp(1, longest[k]);
    }
    longest
}

/// As [`all_bytes`], where pages are let go `late` bytes after they were read.
fn all_bytes_late(programs: &[Program], shape: &[u64], late: usize) -> u64 {
    let mut beside: HashMap<_, Vec<(&Load, u64)>> = HashMap::new();
    let mut all = scratch(programs);
    for (load, domain) in programs.iter().flat_map(|p| p.loads.iter().map(move |load| (load, &p.domain))) {
        all = all.saturating_add(buffers(load, shape));
        if !load.is_encoded() && load.is_mapped() {
            beside.entry(load.direction()).or_default().push((load, pages(load, shape, domain, late)));
        }
    }
    beside.into_values().map(pages_beside).fold(all, u64::saturating_add)
}

/// Bytes of the mapped pages of views that lie beside each other. Each view comes with the bytes of its own pages. To
/// those of the view before, it adds at most the bytes between the two, at both of its ends.
fn pages_beside(mut views: Vec<(&Load, u64)>) -> u64 {
    views.sort_by_key(|(load, _)| load.first_byte());
    let more = views.windows(2).map(|pair| match pair {
        [(before, _), (load, pages)] => {
            before.distance(load).map_or(*pages, |gap| gap.saturating_mul(2).min(*pages))
        }
        _ => 0,
    });
    more.fold(views.first().map_or(0, |(_, pages)| *pages), u64::saturating_add)
}

/// Bytes of the buffers that an input takes: gathered elements, and a decoded chunk.
fn buffers(load: &Load, shape: &[u64]) -> u64 {
    let boxed = load.elements(shape) * load.dtype.size() as u64;
    let gathered = if load.gathers.contains(&true) { boxed } else { 0 };
    gathered + if load.is_encoded() { load.chunk_bytes() } else { 0 }
}

/// Bytes of the mapped pages of an input, which are let go `late` bytes after they were read.
fn pages(load: &Load, shape: &[u64], domain: &[u64], late: usize) -> u64 {
    let item = load.dtype.size() as u64;
    let (boxed, all) = (load.elements(shape) * item, load.elements(domain) * item);
    let chunk = load.chunk.iter().product::<u64>().saturating_mul(item);
    boxed.min(chunk) + all.min(late as u64)
}

/// Elements of a box as they lie in some bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec) enum Window<'a> {
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
pub(in crate::exec) struct Input<'p> {
    /// The number of the first load of the same source. Loads of one source share its chunks.
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
    pub(in crate::exec) fn new(
        number: usize,
        program: &'p Program,
        source: &'p dyn Source,
        context: &'p Context,
        shared: &'p InputCache,
    ) -> Input<'p> {
        let load = &program.loads[number];
        Input {
            number: program.first_of_source(number),
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
    pub(in crate::exec) fn lending(mut self) -> Input<'p> {
        self.lends = true;
        self
    }

    /// The same input for a reader of few of its elements: a box that uses few bytes of its blocks is not checked.
    pub(in crate::exec) fn sparing(&mut self) {
        self.whole = false;
    }

    /// Makes the box of `shape` at `start` of the domain the window. Unless the input is gathered, the box lies within
    /// one chunk.
    pub(in crate::exec) fn seek(&mut self, start: &[u64], shape: &[u64]) -> Result<()> {
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

    /// Has `read` take the elements of the box of `shape` at `start`, checked, if they lie in one piece in C order.
    /// Says whether they do.
    pub(in crate::exec) fn lend(
        &mut self,
        start: &[u64],
        shape: &[u64],
        read: impl FnOnce(&[u8]),
    ) -> Result<bool> {
        if self.crosses(start, shape) {
            return Ok(false);
        }
        let (index, within) = self.chunk_of(start);
        self.hold(&index)?;
        self.place(&within);
        let (lengths, item): (Vec<usize>, _) =
            (shape.iter().map(|&n| n as usize).collect(), self.load.dtype.size());
        if layout(&self.strides, &lengths, item) != Layout::Contiguous || self.is_scattered(shape) {
            return Ok(false);
        }
        self.gathered = None;
        self.begin_check(shape);
        self.check_all()?;
        let len = lengths.iter().product::<usize>() * item;
        let elements = match self.window() {
            Window::Constant(_) => None,
            Window::Strided { bytes, offset, .. } => bytes.get(offset..offset + len),
        };
        let lies = elements.map(read).is_some();
        self.pass();
        Ok(lies)
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
    pub(in crate::exec) fn item(&self) -> u64 {
        self.load.dtype.size() as u64
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

    /// The window that [`Input::seek`] has set.
    pub(in crate::exec) fn window(&self) -> Window<'_> {
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
}
