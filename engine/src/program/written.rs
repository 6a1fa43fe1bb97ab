//! How a domain is cut into tiles whose results are written.
//!
//! A tile reads a box of each input and writes a box of each result, and each lies in runs of its own: along a row here,
//! along a column there. To begin a run costs about as much as moving some hundred or thousand bytes. Tiles therefore
//! grow from single elements (or from the chunks that are written whole), each time along the axis that makes the sum of
//! these costs least, until they fill the memory that they are given: a copy becomes long rows, a transpose squares, and
//! whatever lies between gets what suits both sides. No bit of a result depends on it.

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
    /// Elements from one to the next along each axis, where there are no chunks.
    pub(crate) stride: Vec<u64>,
    /// Bytes of an element.
    pub(crate) item: u64,
    /// Whether it goes to memory, where beginning a run costs little.
    pub(crate) in_memory: bool,
    /// Bytes that writing takes beside the elements, for each thread.
    pub(crate) scratch: u64,
    /// Whether writing copies the elements.
    pub(crate) copies: bool,
}

impl Written {
    /// To a sink.
    pub(crate) fn to_sink(sink: &dyn Sink) -> Written {
        Written {
            chunk: sink.chunk_shape().map(<[u64]>::to_vec),
            stride: sink.element_strides(),
            item: sink.dtype().size() as u64,
            in_memory: false,
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
            in_memory: true,
            scratch: 0,
            copies: false,
        }
    }

    /// To a spill file of raw chunks of `chunk`.
    pub(crate) fn to_spill(dtype: DType, chunk: &[u64]) -> Written {
        Written { in_memory: false, copies: true, ..Written::to_memory(dtype, chunk) }
    }
}

/// Bytes that could be moved while a run is begun: of a file that is written, of one that is read, and in memory.
const WRITE: f64 = 4096.0;
const READ: f64 = 16384.0;
const LINE: f64 = 64.0;
/// The same for each byte that is decoded.
const DECODE: f64 = 4.0;
/// Bytes that are decoded at a time, if chunks are smaller, to be spilled.
const DECODED: u64 = 4 << 20;
/// A tile of fewer bytes grows even where that gains nothing,
const LEAST: u64 = 1 << 20;
/// and one of more only for a gain of this share.
const GAIN: f64 = 0.02;

/// The tiles of a program whose results are `written`, of about `limit` bytes of inputs and results at most, unless
/// chunks that are written whole have more.
pub(crate) fn tiles(program: &Program, written: &Written, limit: u64) -> Tiles {
    let domain = &program.domain;
    if domain.contains(&0) {
        return Tiles::unled(domain);
    }
    let loads: Vec<(&Load, Kind)> = program.loads.iter().map(|load| (load, Kind::of(load))).collect();
    let unit: Vec<u64> = match &written.chunk {
        Some(chunk) => chunk.iter().zip(domain).map(|(&c, &n)| c.min(n)).collect(),
        None => vec![1; domain.len()],
    };
    let cost = |extent: &[u64]| -> f64 {
        let read: f64 = loads.iter().map(|(load, kind)| kind.cost(load, extent)).sum();
        read + written.cost(extent)
    };
    let extent = grown(domain, unit, cost, |extent| bytes(program, Some(written), extent), limit);
    if written.chunk.is_some() {
        return Tiles::regular(domain, &extent);
    }
    let encoded = loads.iter().filter(|(_, kind)| matches!(kind, Kind::Encoded)).map(|(load, _)| *load);
    let guide = encoded.max_by_key(|load| load.chunk.iter().product::<u64>()).or_else(|| lead(program));
    Tiles::along(domain, guide, &extent)
}

/// The tiles of a program of which nothing is written, so that each input is read in runs that are as long as the others
/// let them be. They depend on how inputs lie in their chunks alone.
pub(crate) fn balanced(program: &Program, limit: u64) -> Tiles {
    let domain = &program.domain;
    let cost = |extent: &[u64]| program.loads.iter().map(|load| Kind::Stored.cost(load, extent)).sum();
    let extent = grown(domain, vec![1; domain.len()], cost, |extent| bytes(program, None, extent), limit);
    Tiles::along(domain, lead(program), &extent)
}

/// A tile that grew from `extent`, as long as `bytes` of it are within the limit and its `cost` falls.
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
            Some(source) if !source.in_place() => Kind::Encoded,
            Some(source) if !source.is_mapped() => Kind::Held,
            _ => Kind::Stored,
        }
    }

    /// Bytes moved, or that could have been, for each element of a tile of `extent`.
    fn cost(&self, load: &Load, extent: &[u64]) -> f64 {
        let item = load.dtype.size() as f64;
        let begin = if matches!(self, Kind::Stored) { READ } else { LINE };
        let runs = item + begin / load.run(extent) as f64;
        match self {
            Kind::Encoded => runs + item * DECODE * visits(load, extent),
            _ => runs,
        }
    }
}

/// How many tiles of `extent` take some of a chunk.
pub(crate) fn visits(load: &Load, extent: &[u64]) -> f64 {
    let along = load.access.iter().zip(extent).filter_map(|(a, &n)| a.map(|a| a.span().div_ceil(n.max(1))));
    along.map(|n| n as f64).product()
}

/// The chunks in which a source is spilled of which boxes of `wanted` elements are read: what a box of some whole chunks
/// of the source, which are decoded at a time, has of one that is read.
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
        let begin = if self.in_memory { LINE } else { WRITE };
        self.item as f64 + begin / run as f64
    }
}
