//! Inputs of a program: where their elements are, and how they lie.

use std::sync::Arc;

use super::access::{Access, accesses};
use super::{Id, Program, mapped_bytes};
use crate::source::Source;
use crate::view::{AxisMap, View};
use crate::{Context, DType};

/// Chunks of fewer elements than this along an axis are thin,
const THIN: u64 = 16;
/// and of fewer than this, short.
pub(crate) const SHORT: u64 = 64;

/// The place of an input's elements.
#[derive(Clone, Debug)]
pub(crate) enum Leaf {
    Source(Arc<dyn Source>),
    /// The result of a cut of the graph. It exists once an earlier stage has run.
    Cut(Id),
    /// The result of an operator that is computed chunk by chunk where it is read.
    Derived(Id, Arc<dyn Deferred>),
}

/// A result that is computed from other programs where it is read.
pub(crate) trait Deferred: std::fmt::Debug + Send + Sync {
    /// The name for people.
    fn name(&self) -> &'static str;
    /// The programs that compute its inputs.
    fn feeds(&self) -> &[Program];
    /// For each input, the largest box that is read at a time.
    fn reads(&self) -> Vec<Vec<u64>>;
    /// Bytes of decoded chunks of inputs that a thread keeps for the next chunk.
    fn kept(&self) -> u64;
    /// Bytes that a thread takes while it computes a chunk, beside the chunk itself and what it keeps.
    fn scratch(&self) -> u64;
    /// The same result, computed with less memory and in more time; `None` if this is it.
    fn frugal(&self) -> Option<Arc<dyn Deferred>>;
    /// For each input, how often each of its chunks is read on the way through the result.
    fn visits(&self) -> Vec<f64>;
    /// The source of its elements, given the sources of the inputs' loads. `keeps` says whether pages of mapped sources
    /// stay until the stage is done.
    fn bind(
        self: Arc<Self>,
        sources: Vec<Vec<Arc<dyn Source>>>,
        keeps: bool,
        context: &Context,
    ) -> Arc<dyn Source>;
}

impl Leaf {
    /// A number that other leaves of a plan do not have.
    pub(super) fn identity(&self) -> usize {
        match self {
            Leaf::Source(source) => Arc::as_ptr(source).addr(),
            Leaf::Cut(id) | Leaf::Derived(id, _) => *id,
        }
    }

    /// The source, if it exists before the plan runs.
    pub(crate) fn source(&self) -> Option<&Arc<dyn Source>> {
        match self {
            Leaf::Source(source) => Some(source),
            Leaf::Cut(_) | Leaf::Derived(..) => None,
        }
    }

    /// Whether chunks that hold varied values lie in memory or in a map.
    pub(crate) fn in_place(&self) -> bool {
        match self {
            Leaf::Source(source) => source.in_place(),
            Leaf::Cut(_) => true,
            Leaf::Derived(..) => false,
        }
    }
}

/// An input seen through a view.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) leaf: Leaf,
    pub(crate) view: View,
    pub(crate) dtype: DType,
    /// Shape of a chunk of the source.
    pub(crate) chunk: Vec<u64>,
    /// For each axis of the source its place when axes are sorted by stride, the longest first.
    pub(crate) rank: Vec<usize>,
    /// For each axis of the domain.
    pub(crate) access: Vec<Option<Access>>,
    /// For each axis of the domain, the distance between neighbours in a chunk, in elements; 0 for a broadcast axis. The
    /// distance between fields of records is rounded up.
    pub(crate) stride: Vec<isize>,
    /// For each axis of the domain, whether chunks are so short along it that several are gathered into one window
    /// instead of visited one by one.
    pub(crate) gathers: Vec<bool>,
}

impl Load {
    /// An input for a domain of `ndim` axes: the array of `shape` behind `leaf`, in chunks of `chunk` whose elements
    /// lie `strides` bytes apart.
    pub(crate) fn new(
        leaf: Leaf,
        view: &View,
        dtype: DType,
        shape: &[u64],
        (chunk, strides): (&[u64], &[isize]),
        ndim: usize,
    ) -> Load {
        let access = accesses(view, chunk, ndim);
        let item = dtype.size() as isize;
        let along = |a: &Option<Access>| {
            let bytes = a.map_or(0, |a| strides[a.axis] * a.step as isize);
            (bytes.abs() + item - 1) / item * bytes.signum()
        };
        Load {
            leaf,
            view: view.clone(),
            dtype,
            chunk: chunk.to_vec(),
            rank: ranks(shape, chunk, strides),
            stride: access.iter().map(along).collect(),
            gathers: Vec::new(),
            access,
        }
    }

    /// The source, and the way that the view runs through it, except for its start. Views that have this in common lie
    /// beside each other.
    pub(crate) fn direction(&self) -> (usize, Vec<(usize, i64)>) {
        let along = |map: &AxisMap| match *map {
            AxisMap::At(k) => (usize::MAX, k as i64),
            AxisMap::Along { axis, step, .. } => (axis, step),
        };
        (self.leaf.identity(), self.view.0.iter().map(along).collect())
    }

    /// The byte of a chunk at which the view begins, if the chunk goes on for so long.
    pub(crate) fn first_byte(&self) -> i128 {
        let along = |(access, &stride): (&Option<Access>, &isize)| {
            access.map_or(0, |a| {
                i128::from(a.start) * stride as i128 / i128::from(a.step.unsigned_abs().max(1))
            })
        };
        // a step backwards turns the stride around, and not the place of the first element
        let ahead = self.access.iter().zip(&self.stride).map(|(a, s)| along((a, &s.abs())));
        ahead.sum::<i128>() * self.dtype.size() as i128
    }

    /// Bytes between the beginnings of two views that lie beside each other; `None` if they are a chunk or more apart.
    pub(crate) fn distance(&self, other: &Load) -> Option<u64> {
        let near = |(a, b): (&Option<Access>, &Option<Access>)| match (a, b) {
            (Some(a), Some(b)) => a.start.abs_diff(b.start) < a.chunk,
            _ => true,
        };
        let all = self.access.iter().zip(&other.access).all(near);
        all.then(|| {
            u64::try_from((self.first_byte() - other.first_byte()).unsigned_abs()).unwrap_or(u64::MAX)
        })
    }

    /// The axes of the domain along which it is not broadcast, beginning with the axis along which its elements lie
    /// closest.
    pub(crate) fn closest_first(&self) -> Vec<usize> {
        let along = |&k: &usize| self.access[k].and_then(|a| self.rank.get(a.axis).copied());
        let mut axes: Vec<usize> = (0..self.access.len()).filter(|k| along(k).is_some()).collect();
        axes.sort_by_key(|k| std::cmp::Reverse(along(k)));
        axes
    }

    /// Whether its chunks end within the domain after a few elements along an axis.
    pub(super) fn is_short(&self, domain: &[u64], axis: usize) -> bool {
        self.access[axis].is_some_and(|a| a.span() < SHORT && a.span() < domain[axis])
    }

    /// Elements that a box of `extents` of the domain takes.
    pub(crate) fn elements(&self, extents: &[u64]) -> u64 {
        extents.iter().zip(&self.access).filter(|(_, a)| a.is_some()).map(|(n, _)| n).product()
    }

    /// Whether its chunks have to be decoded.
    pub(crate) fn is_encoded(&self) -> bool {
        !self.leaf.in_place()
    }

    /// Bytes that a thread takes to decode a chunk, with the chunk.
    pub(crate) fn decoded_bytes(&self) -> u64 {
        self.chunk_bytes().saturating_add(self.scratch_bytes())
    }

    /// Bytes of a decoded chunk, and of what a thread keeps with it.
    pub(crate) fn chunk_bytes(&self) -> u64 {
        let chunk = || self.chunk.iter().fold(self.dtype.size() as u64, |n, &c| n.saturating_mul(c));
        match &self.leaf {
            Leaf::Source(source) => source.chunk_bytes() as u64,
            Leaf::Cut(_) => chunk(),
            Leaf::Derived(_, deferred) => chunk().saturating_add(deferred.kept()),
        }
    }

    /// Bytes that a thread takes while it decodes a chunk, beside [`Load::chunk_bytes`].
    pub(crate) fn scratch_bytes(&self) -> u64 {
        match &self.leaf {
            Leaf::Source(source) => source.scratch_bytes() as u64,
            Leaf::Cut(_) => 0,
            Leaf::Derived(_, deferred) => deferred.scratch(),
        }
    }

    /// Whether it is read from a map, or may be because an earlier result may be spilled.
    pub(crate) fn is_mapped(&self) -> bool {
        match &self.leaf {
            Leaf::Source(source) => source.is_mapped(),
            Leaf::Cut(_) => true,
            Leaf::Derived(..) => false,
        }
    }

    /// Elements of a box of `extents` that lie in one piece.
    pub(crate) fn run(&self, extents: &[u64]) -> u64 {
        self.runs(extents).0
    }

    /// Elements of a box of `extents` that lie in one piece, and the distance from the start of that piece to the next
    /// one in the same chunk, if there is one.
    pub(crate) fn runs(&self, extents: &[u64]) -> (u64, Option<u64>) {
        let axes = self.access.iter().zip(&self.stride).zip(extents);
        let mut axes: Vec<(u64, u64)> = axes
            .filter_map(|((a, stride), &n)| a.map(|a| (stride.unsigned_abs() as u64, a.span().min(n))))
            .filter(|(_, n)| *n > 1)
            .collect();
        axes.sort_unstable();
        let mut run = 1;
        for (stride, n) in axes {
            if stride != run {
                return (run, Some(stride));
            }
            run *= n;
        }
        (run, None)
    }

    /// Whether a box of `extents`, or its part in one chunk, uses less than half of the elements between its ends.
    pub(crate) fn is_sparse(&self, extents: &[u64]) -> bool {
        let within = |k: usize| self.access[k].map_or(1, |a| a.span().min(extents[k]).max(1));
        let ends = self.stride.iter().enumerate().map(|(k, s)| (within(k) - 1) * s.unsigned_abs() as u64);
        let used: u64 = (0..extents.len()).map(within).product();
        used < ends.sum::<u64>() / 2
    }

    /// Bytes from the first to the last element that a box of `extents` takes of a chunk, for all chunks that it
    /// touches.
    pub(crate) fn reach(&self, extents: &[u64]) -> u64 {
        let (mut ends, mut chunks) = (1u64, 1u64);
        for (k, a) in self.access.iter().enumerate() {
            let (Some(a), Some(&extent)) = (a, extents.get(k)) else { continue };
            let within = a.span().min(extent).max(1) - 1;
            ends = ends.saturating_add(within.saturating_mul(self.stride[k].unsigned_abs() as u64));
            chunks = chunks.saturating_mul(extent.div_ceil(a.span().max(1)));
        }
        ends.saturating_mul(chunks).saturating_mul(self.dtype.size() as u64)
    }

    /// Elements of the domain that lie in one chunk.
    pub(super) fn piece(&self, domain: &[u64]) -> u64 {
        let along = self.access.iter().zip(domain).filter_map(|(a, &n)| a.map(|a| a.span().min(n)));
        along.fold(1, u64::saturating_mul)
    }

    /// Whether a pass over `domain` reads all elements of the source, whose shape is `shape`.
    pub(crate) fn is_whole(&self, domain: &[u64], shape: &[u64]) -> bool {
        self.view.0.iter().zip(shape).all(|(map, &n)| match *map {
            AxisMap::At(_) => n <= 1,
            AxisMap::Along { axis, step, .. } => step.unsigned_abs() == 1 && domain.get(axis) == Some(&n),
        })
    }

    /// The share of the source's chunks that a pass over `domain` reads from, about.
    pub(crate) fn share(&self, domain: &[u64], shape: &[u64]) -> f64 {
        let axes = self.view.0.iter().zip(&self.chunk).zip(shape);
        let share = |((map, &chunk), &n): ((&AxisMap, &u64), &u64)| {
            let reach = match *map {
                AxisMap::At(_) => 1,
                AxisMap::Along { axis, step, .. } => {
                    domain.get(axis).copied().unwrap_or(n).saturating_mul(step.unsigned_abs())
                }
            };
            (reach.max(chunk) as f64 / n.max(1) as f64).min(1.0)
        };
        axes.map(share).product()
    }

    /// Bytes of all mapped chunks that a pass over `domain` reads from. The number is capped so that a few such numbers
    /// can be added.
    pub(crate) fn mapped_bytes(&self, domain: &[u64]) -> u64 {
        if let Leaf::Derived(_, deferred) = &self.leaf {
            return mapped_bytes(deferred.feeds());
        }
        if !self.is_mapped() {
            return 0;
        }
        let along = self.access.iter().zip(domain).filter_map(|(a, n)| a.map(|a| (a, n)));
        let chunks =
            along.map(|(a, &n)| n.div_ceil(a.span()) + u64::from(a.locate(0).1 != 0)).product::<u64>();
        let chunk = match self.leaf.source() {
            Some(source) => source.chunk_bytes() as u64,
            None => self.chunk.iter().product::<u64>() * self.dtype.size() as u64,
        };
        chunks.saturating_mul(chunk).min(1 << 56)
    }
}

/// The place of each axis when axes are sorted by stride, the longest first. Axes along which chunks are thin come
/// before all others: neighbours along these axes mostly lie in different chunks.
fn ranks(shape: &[u64], chunk: &[u64], strides: &[isize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..strides.len()).collect();
    let is_thin = |k: usize| chunk[k] < THIN && chunk[k] < shape[k];
    order.sort_by_key(|&k| std::cmp::Reverse((is_thin(k), strides[k].unsigned_abs())));
    let mut rank = vec![0; strides.len()];
    for (place, &k) in order.iter().enumerate() {
        rank[k] = place;
    }
    rank
}
