//! How a domain is cut into tiles whose results are written.
//!
//! A tile reads a box of each input and writes a box of each result. Each box lies in runs of its own, along a row or
//! along a column. To begin a run costs about as much as to move some hundred or thousand bytes. So tiles grow from
//! single elements (or from the chunks that are written whole), each time along the axis that makes the sum of these
//! costs least, until they fill the memory that they are given. A copy gets long rows, a transpose gets squares, and
//! other programs get shapes that suit both sides. No bit of a result depends on the tiles.

use super::tiles::{Tiles, lead};
use super::{Load, Program};
use crate::DType;
use crate::sink::{self, Sink};
use crate::source::Source;

/// How a result is written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// The chunks that are written whole, if any.
    pub(crate) chunk: Option<Vec<u64>>,
    /// For each axis, the distance between neighbours in elements, if there are no chunks.
    pub(crate) stride: Vec<u64>,
    /// Bytes of an element.
    pub(crate) item: u64,
    /// The medium that it goes to.
    pub(crate) to: Medium,
    /// Bytes that writing takes beside the elements, for each thread.
    pub(crate) scratch: u64,
    /// Whether writing copies the elements.
    pub(crate) copies: bool,
}

impl Written {
    /// To a sink, by way of `files`.
    pub(crate) fn to_sink(sink: &dyn Sink, files: Medium) -> Written {
        Written {
            chunk: sink.chunk_shape().map(<[u64]>::to_vec),
            stride: sink.element_strides(),
            item: sink.dtype().size() as u64,
            to: files,
            scratch: sink.scratch_bytes() as u64,
            copies: sink.copies_boxes(),
        }
    }

    /// To memory, in C order.
    pub(crate) fn to_memory(dtype: DType, shape: &[u64]) -> Written {
        Written {
            chunk: None,
            stride: sink::c_order(shape),
            item: dtype.size() as u64,
            to: Medium::Memory,
            scratch: 0,
            copies: false,
        }
    }

    /// To a spill file of raw chunks of `chunk`, by way of `files`.
    pub(crate) fn to_spill(dtype: DType, chunk: &[u64], files: Medium) -> Written {
        Written { to: files, copies: true, ..Written::to_memory(dtype, chunk) }
    }
}

/// The destination of a result, which decides the cost to begin a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Medium {
    /// To memory.
    Memory,
    /// To a file whose pages stay in memory for now.
    Near,
    /// To a file that is larger than memory: the system keeps at most `pages` bytes of its pages.
    Far { pages: u64 },
}

/// The cost to begin a run, as bytes moved in the same time: in a file that is read, and in memory.
const READ: f64 = 16384.0;
const LINE: f64 = 64.0;
/// The same in a file that is read, if the runs beside it come next and are then in memory.
const BESIDE: f64 = 2048.0;
/// The same in a file that is written and stays in memory for now,
const WRITE: f64 = 4096.0;
/// and in one that does not, so that the pages at the ends of a run must be read again.
const REWRITE: f64 = 131_072.0;
/// The same for each byte that is decoded.
const DECODE: f64 = 4.0;
/// Bytes moved for each byte that is copied into boxes first: it is read, written and read again.
const COPIED: f64 = 3.0;
/// The cost of a system call, as bytes moved in the same time.
const CALL: f64 = 4096.0;
/// An input in memory is copied into boxes first if a direct read would move at least this many bytes for each of its
/// bytes.
const APART: f64 = 16.0;
/// Bytes of a source that are decoded at a time for a spill, if its chunks are smaller.
const DECODED: u64 = 4 << 20;
/// A tile of fewer bytes grows even without a gain,
const LEAST: u64 = 1 << 20;
/// and a larger tile grows only for a gain of this share.
const GAIN: f64 = 0.02;

/// The tiles of a program whose results are `written`. A tile has at most about `limit` bytes of inputs and results,
/// unless chunks that are written whole are larger.
pub(crate) fn tiles(program: &Program, written: &Written, limit: u64) -> Tiles {
    let domain = &program.domain;
    if domain.contains(&0) {
        return Tiles::unled(domain);
    }
    let loads: Vec<(&Load, Kind)> = program.loads.iter().map(|load| (load, Kind::of(load))).collect();
    let (mut extent, _) = cheapest(program, written, &loads, limit);
    if written.chunk.is_some() {
        return Tiles::regular(domain, &extent);
    }
    // an axis that a tile takes whole is not cut at a border of chunks, even if the last chunk is short
    extent.iter_mut().zip(domain).filter(|(e, n)| **e >= **n).for_each(|(e, _)| *e = u64::MAX);
    let encoded = loads.iter().filter(|(_, kind)| matches!(kind, Kind::Encoded)).map(|(load, _)| *load);
    let guide = encoded.max_by_key(|load| load.chunk.iter().product::<u64>()).or_else(|| lead(program));
    Tiles::along(domain, guide, &extent)
}

/// The extents of the tiles of a program, and their cost for each element.
fn cheapest(program: &Program, written: &Written, loads: &[(&Load, Kind)], limit: u64) -> (Vec<u64>, f64) {
    let domain = &program.domain;
    let unit: Vec<u64> = match &written.chunk {
        Some(chunk) => chunk.iter().zip(domain).map(|(&c, &n)| c.min(n)).collect(),
        None => vec![1; domain.len()],
    };
    let cost = |extent: &[u64]| -> f64 {
        let read: f64 = loads.iter().map(|(load, kind)| kind.cost(load, extent, written.to)).sum();
        read + written.cost(extent)
    };
    let extent = grown(domain, unit, cost, |extent| bytes(program, Some(written), extent), limit);
    let cost = cost(&extent);
    (extent, cost)
}

/// The boxes that suit the reads of load `number`, if it takes far less time to copy its array into such boxes first
/// than to read it in place. `None` if it does not, or if the load is not read from a file.
pub(crate) fn turned(program: &Program, number: usize, written: &Written, limit: u64) -> Option<Vec<u64>> {
    let mut loads: Vec<(&Load, Kind)> = program.loads.iter().map(|load| (load, Kind::of(load))).collect();
    if program.domain.contains(&0) || loads.get(number).is_none_or(|(_, kind)| *kind != Kind::Stored) {
        return None;
    }
    let (extent, direct) = cheapest(program, written, &loads, limit);
    let load = loads[number].0;
    let item = load.dtype.size() as f64;
    if matches!(written.to, Medium::Near) && spread(load, &extent) < APART * item {
        return None;
    }
    // boxes that lie in one piece can be read in any order
    loads[number].1 = Kind::Held;
    let (extent, rest) = cheapest(program, written, &loads, limit);
    (rest + COPIED * item < direct).then_some(extent)
}

/// Bytes moved for each element of a box that is read from memory, if its runs are short.
fn spread(load: &Load, extent: &[u64]) -> f64 {
    let item = load.dtype.size() as f64;
    match load.runs(extent) {
        (run, Some(apart)) => item + CALL.min(apart as f64 * item) / run as f64,
        (run, None) => item + CALL / run as f64,
    }
}

/// The tiles of a program without written results: each input is read in runs as long as the other inputs allow. The
/// tiles depend only on the layout of the inputs in their chunks.
pub(crate) fn balanced(program: &Program, limit: u64) -> Tiles {
    let domain = &program.domain;
    let cost =
        |extent: &[u64]| program.loads.iter().map(|load| Kind::Stored.cost(load, extent, Medium::Near)).sum();
    let extent = grown(domain, vec![1; domain.len()], cost, |extent| bytes(program, None, extent), limit);
    Tiles::along(domain, lead(program), &extent)
}

/// The extents of a tile that holds whole lines: the axes from `kept` on stay whole. A tile has at most about `limit`
/// bytes, unless a single line or the chunks that it lies in are larger.
pub(crate) fn lines(program: &Program, kept: usize, limit: u64) -> Vec<u64> {
    let domain = &program.domain;
    let chunked = |k: usize| {
        let encoded = program.loads.iter().filter(|load| load.is_encoded());
        encoded.filter_map(|load| load.access[k].map(|a| a.span().min(domain[k]))).max().unwrap_or(1)
    };
    let unit: Vec<u64> = (0..domain.len()).map(|k| if k < kept { chunked(k) } else { domain[k] }).collect();
    let loads: Vec<(&Load, Kind)> = program.loads.iter().map(|load| (load, Kind::of(load))).collect();
    let cost = |extent: &[u64]| loads.iter().map(|(load, kind)| kind.cost(load, extent, Medium::Near)).sum();
    grown(domain, unit, cost, |extent| bytes(program, None, extent), limit)
}

/// A tile grown from `extent`, as long as its `bytes` stay within the limit and its `cost` falls.
fn grown(
    domain: &[u64],
    mut extent: Vec<u64>,
    cost: impl Fn(&[u64]) -> f64,
    bytes: impl Fn(&[u64]) -> u64,
    limit: u64,
) -> Vec<u64> {
    let mut now = cost(&extent);
    loop {
        let longer = |k: usize| {
            let mut longer = extent.clone();
            longer[k] = extent[k].saturating_mul(2).min(domain[k]);
            longer
        };
        let growing = (0..domain.len()).rev().filter(|&k| extent[k] < domain[k]).map(longer);
        let fitting = growing.filter(|longer| bytes(longer) <= limit);
        let costed = fitting.map(|longer| (cost(&longer), longer));
        let Some((cost, longer)) = costed.min_by(|a, b| a.0.total_cmp(&b.0)) else { return extent };
        if bytes(&extent) >= LEAST && cost > now * (1.0 - GAIN) {
            return extent;
        }
        (extent, now) = (longer, cost);
    }
}

/// Bytes of the boxes of inputs and results of a tile.
fn bytes(program: &Program, written: Option<&Written>, extent: &[u64]) -> u64 {
    let boxed = |load: &Load| {
        let seen = extent.iter().zip(&load.access).filter(|(_, a)| a.is_some()).map(|(n, _)| *n);
        seen.fold(load.dtype.size() as u64, u64::saturating_mul)
    };
    let result = written.map_or(0, |w| extent.iter().copied().fold(w.item, u64::saturating_mul));
    program.loads.iter().map(boxed).fold(result, u64::saturating_add)
}

/// How an input is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// From a file, run by run.
    Stored,
    /// From memory.
    Held,
    /// Chunk by chunk.
    Encoded,
}

impl Kind {
    fn of(load: &Load) -> Kind {
        match load.leaf.source() {
            _ if load.is_encoded() => Kind::Encoded,
            Some(source) if !source.is_mapped() => Kind::Held,
            _ => Kind::Stored,
        }
    }

    /// The cost of each element of a tile of `extent`, in bytes moved in the same time, if the result goes to the
    /// medium `to`.
    fn cost(&self, load: &Load, extent: &[u64], to: Medium) -> f64 {
        let item = load.dtype.size() as f64;
        let begin = match (self, to) {
            (Kind::Stored, Medium::Far { pages }) if load.reach(extent) <= pages => BESIDE,
            (Kind::Stored, _) => READ,
            _ => LINE,
        };
        let runs = item + begin / load.run(extent) as f64;
        match self {
            Kind::Encoded => runs + item * DECODE * visits(load, extent),
            _ => runs,
        }
    }
}

/// The number of tiles of `extent` that touch one chunk.
pub(crate) fn visits(load: &Load, extent: &[u64]) -> f64 {
    let along = load.access.iter().zip(extent).filter_map(|(a, &n)| a.map(|a| a.span().div_ceil(n.max(1))));
    along.map(|n| n as f64).product()
}

/// The chunks for the spill of a source that is read in boxes of `wanted` elements. A box of whole chunks of the source
/// is decoded at a time; a spilled chunk is the part of a `wanted` box that lies in it.
pub(crate) fn spill_chunk(source: &dyn Source, wanted: &[u64]) -> Vec<u64> {
    let (shape, item) = (source.shape(), source.dtype().size() as u64);
    let mut decoded: Vec<u64> =
        source.chunk_shape().iter().zip(shape).map(|(&c, &n)| c.min(n.max(1))).collect();
    let bytes = |extents: &[u64]| extents.iter().fold(item, |n, &e| n.saturating_mul(e));
    while let Some(axis) =
        (0..shape.len()).filter(|&k| decoded[k] < wanted[k].min(shape[k])).min_by_key(|&k| decoded[k])
    {
        let before = decoded[axis];
        decoded[axis] = before.saturating_mul(2).min(shape[axis]);
        if bytes(&decoded) > DECODED {
            decoded[axis] = before;
            break;
        }
    }
    decoded.iter().zip(wanted).map(|(&d, &w)| d.min(w).max(1)).collect()
}

/// The same for a source that is read in place. The copy reads and writes boxes of about `limit` bytes in long runs; a
/// spilled chunk is the part of a `wanted` box that lies in one of these. `program` gives the source's elements as they
/// are.
pub(crate) fn copied_chunk(program: &Program, wanted: &[u64], limit: u64) -> Vec<u64> {
    let domain = &program.domain;
    let within =
        |extent: &[u64]| -> Vec<u64> { extent.iter().zip(wanted).map(|(&e, &w)| e.min(w).max(1)).collect() };
    let cost = |extent: &[u64]| -> f64 {
        let read: f64 = program.loads.iter().map(|load| Kind::Stored.cost(load, extent, Medium::Near)).sum();
        read + REWRITE / within(extent).iter().product::<u64>() as f64
    };
    within(&grown(domain, vec![1; domain.len()], cost, |extent| 2 * bytes(program, None, extent), limit))
}

impl Written {
    fn cost(&self, extent: &[u64]) -> f64 {
        if self.chunk.is_some() {
            return self.item as f64;
        }
        let mut axes: Vec<usize> = (0..extent.len()).collect();
        axes.sort_by_key(|&k| self.stride[k]);
        let mut run = 1;
        for k in axes {
            if extent[k] > 1 && self.stride[k] != run {
                break;
            }
            run *= extent[k].max(1);
        }
        let begin = match self.to {
            Medium::Memory => LINE,
            Medium::Near => WRITE,
            Medium::Far { .. } => REWRITE,
        };
        self.item as f64 + begin / run as f64
    }
}
