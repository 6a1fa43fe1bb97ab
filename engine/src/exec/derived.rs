//! Results that are computed where they are read: any box of them follows from a few boxes of the inputs.
//!
//! The programs that read such a result see a source whose chunks are computed instead of decoded. It needs no stage, no
//! pass of its own, and no memory beyond the chunk at hand.

use std::fmt::Debug;
use std::sync::Arc;

use super::Reader;
use super::feed::Feed;
use super::input::{InputCache, pieces};
use crate::program::tiles::{lead, loop_order, rows, wide};
use crate::program::written::visits;
use crate::program::{Deferred, Load, Program};
use crate::source::{Data, Located, Source, c_strides};
use crate::{Context, DType, Result};

/// Bytes of a chunk of a derived result, unless the rule chooses another: few enough to stay in the second cache.
pub(crate) const CHUNK: u64 = 512 << 10;

/// Chunks of an input of at most this many bytes are not cut.
const WHOLE: u64 = 8 << 20;

/// The rule by which boxes of a result follow from boxes of the inputs.
pub(crate) trait Derive: Debug + Send + Sync {
    /// The shape of a chunk, each length at least 1, for a result of `shape` with `item` bytes per element. It must
    /// depend on shapes and chunks alone, because it decides the order of additions in folds.
    fn chunk(&self, feeds: &[Program], shape: &[u64], item: u64) -> Vec<u64> {
        let _ = feeds;
        rows(shape, CHUNK / item.max(1))
    }

    /// For each input, the largest box that is read at a time for a box of the result.
    fn reads(&self, feeds: &[Program], of: &[u64]) -> Vec<Vec<u64>>;

    /// Whether at most one input is read at a time: the rule then calls [`Reader::rest`] before it reads another.
    fn one_by_one(&self) -> bool {
        false
    }

    /// Bytes that one thread takes to compute a box of the result, beside that box and the inputs' readers.
    fn scratch(&self, feeds: &[Program], of: &[u64]) -> u64 {
        let _ = (feeds, of);
        0
    }

    /// For each input, how often each of its chunks is read on the way through the result.
    fn visits(&self, feeds: &[Program], shape: &[u64], chunk: &[u64]) -> Vec<f64> {
        let _ = shape;
        let most = |(feed, boxed): (&Program, Vec<u64>)| {
            feed.loads.iter().map(|load| visits(load, &boxed)).fold(1.0, f64::max)
        };
        feeds.iter().zip(self.reads(feeds, chunk)).map(most).collect()
    }

    /// Whether all elements of an input are read, so that all of its checksums are compared.
    fn reads_all(&self, input: usize) -> bool {
        let _ = input;
        true
    }

    /// Computes the box of `shape` at `start` into `out`, in C order.
    ///
    /// # Errors
    /// Errors of the inputs, and of their values: an index that is out of bounds.
    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()>;
}

/// The shape of a chunk for a result that lies like an input: whole chunks of the input, so that each is decoded once.
/// An input in one piece, or in very large chunks, is cut.
pub(crate) fn like(feed: Option<&Program>, shape: &[u64], item: u64) -> Vec<u64> {
    let room = (CHUNK / item.max(1)).max(1);
    let Some((feed, lead)) = feed.and_then(|feed| Some((feed, lead(feed)?))) else {
        return rows(shape, room);
    };
    let span = |k: usize| lead.access.get(k).copied().flatten().map_or(u64::MAX, |a| a.span());
    let mut extent: Vec<u64> = (0..shape.len()).map(|k| span(k).min(shape[k]).max(1)).collect();
    let product = |extent: &[u64]| extent.iter().fold(1, |n: u64, &e| n.saturating_mul(e));
    let whole = product(&extent);
    // chunks that lie raw can be read in parts
    let is_cut = lead.is_encoded() && (0..feed.domain.len()).any(|k| span(k) < feed.domain[k]);
    let room = if is_cut && whole <= WHOLE / item.max(1) { whole.max(room) } else { room };
    let mut order = loop_order(feed);
    order.retain(|&k| k < shape.len());
    for &axis in &order {
        let others = (product(&extent) / extent[axis]).max(1);
        extent[axis] = extent[axis].min((room / others).max(1));
    }
    for &axis in order.iter().rev() {
        let times = room / product(&extent);
        extent[axis] = extent[axis].saturating_mul(times.max(1)).min(shape[axis].max(1));
    }
    extent
}

/// A derived result in a plan: its rule and the programs that compute the rule's inputs.
#[derive(Debug)]
pub(crate) struct Derived {
    name: &'static str,
    rule: Arc<dyn Derive>,
    feeds: Vec<Program>,
    dtype: DType,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    /// Whether inputs are read in small pieces, which are not mapped.
    frugal: bool,
}

impl Derived {
    pub(crate) fn new(
        name: &'static str,
        rule: Arc<dyn Derive>,
        feeds: Vec<Program>,
        dtype: DType,
        shape: &[u64],
    ) -> Derived {
        // a box of narrow elements may come of one of wide ones
        let item = dtype.size() as u64 * feeds.iter().map(wide).max().unwrap_or(1);
        let chunk = rule.chunk(&feeds, shape, item);
        Derived { name, rule, feeds, dtype, shape: shape.to_vec(), chunk, frugal: false }
    }

    /// The shape of a chunk.
    pub(crate) fn chunk(&self) -> &[u64] {
        &self.chunk
    }

    /// Bytes for all inputs, given those for each.
    fn all(&self, each: impl Iterator<Item = u64>) -> u64 {
        match self.rule.one_by_one() {
            true => each.max().unwrap_or(0),
            false => each.fold(0, u64::saturating_add),
        }
    }
}

impl Deferred for Derived {
    fn name(&self) -> &'static str {
        self.name
    }

    fn feeds(&self) -> &[Program] {
        &self.feeds
    }

    fn reads(&self) -> Vec<Vec<u64>> {
        self.rule.reads(&self.feeds, &self.chunk)
    }

    fn kept(&self) -> u64 {
        let encoded = |feed: &Program| {
            let loads = feed.loads.iter().filter(|load| load.is_encoded());
            loads.map(Load::chunk_bytes).fold(0, u64::saturating_add)
        };
        self.all(self.feeds.iter().map(encoded))
    }

    fn scratch(&self) -> u64 {
        let reads = self.reads();
        let feeds = self.feeds.iter().zip(&reads).map(|(feed, shape)| match self.frugal {
            true => Feed::bytes_in_pieces(feed, shape),
            false => Feed::bytes_at_once(feed, shape),
        });
        let all = self.all(feeds).saturating_add(self.rule.scratch(&self.feeds, &self.chunk));
        all.saturating_sub(self.kept())
    }

    fn frugal(&self) -> Option<Arc<dyn Deferred>> {
        let mut feeds = self.feeds.clone();
        let changed = feeds.iter_mut().fold(!self.frugal, |changed, feed| feed.frugal() || changed);
        changed.then(|| {
            let Derived { name, dtype, .. } = *self;
            let (rule, shape, chunk) = (self.rule.clone(), self.shape.clone(), self.chunk.clone());
            Arc::new(Derived { name, rule, feeds, dtype, shape, chunk, frugal: true }) as Arc<dyn Deferred>
        })
    }

    fn visits(&self) -> Vec<f64> {
        self.rule.visits(&self.feeds, &self.shape, &self.chunk)
    }

    fn bind(
        self: Arc<Self>,
        sources: Vec<Vec<Arc<dyn Source>>>,
        keeps: bool,
        context: &Context,
    ) -> Arc<dyn Source> {
        Arc::new(DerivedSource {
            strides: c_strides(&self.chunk, self.dtype.size()),
            longest: match self.frugal {
                true => {
                    self.feeds.iter().zip(self.reads()).map(|(feed, shape)| pieces(feed, &shape)).collect()
                }
                false => vec![Vec::new(); self.feeds.len()],
            },
            orders: self.feeds.iter().map(loop_order).collect(),
            caches: self.feeds.iter().map(|_| InputCache::new(0, keeps)).collect(),
            scratch: self.scratch() as usize,
            derived: self,
            sources,
            context: context.clone(),
        })
    }
}

/// A derived result while its readers run.
struct DerivedSource {
    derived: Arc<Derived>,
    /// For each input, the sources of its loads.
    sources: Vec<Vec<Arc<dyn Source>>>,
    orders: Vec<Vec<usize>>,
    /// For each input, the greatest lengths of a piece that is read at a time; empty for whole boxes.
    longest: Vec<Vec<u64>>,
    caches: Vec<InputCache>,
    strides: Vec<isize>,
    scratch: usize,
    context: Context,
}

impl Debug for DerivedSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.derived.fmt(f)
    }
}

impl Source for DerivedSource {
    fn dtype(&self) -> DType {
        self.derived.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.derived.shape
    }
    fn chunk_shape(&self) -> &[u64] {
        &self.derived.chunk
    }
    fn strides(&self) -> &[isize] {
        &self.strides
    }
    fn label(&self) -> String {
        self.derived.name.to_owned()
    }
    fn in_place(&self) -> bool {
        false
    }
    fn chunk_bytes(&self) -> usize {
        self.derived.chunk.iter().product::<u64>() as usize * self.derived.dtype.size()
    }
    fn scratch_bytes(&self) -> usize {
        self.scratch
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        Ok(Located::new(index, Data::Encoded))
    }
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> Result<()> {
        let Derived { rule, feeds, shape, chunk: full, dtype, .. } = self.derived.as_ref();
        let inputs = feeds.iter().zip(&self.orders).zip(&self.longest).zip(&self.sources).zip(&self.caches);
        let mut readers = Vec::with_capacity(feeds.len());
        for (number, ((((feed, order), longest), sources), cache)) in inputs.enumerate() {
            let reader = Reader::new(feed, order, sources, &self.context, cache).in_pieces(longest);
            readers.push(if rule.reads_all(number) { reader } else { reader.sparing() });
        }
        let start: Vec<u64> = chunk.index.iter().zip(full).map(|(i, n)| i * n).collect();
        let within = |((&s, &n), &all): ((&u64, &u64), &u64)| n.min(all.saturating_sub(s));
        let boxed: Vec<u64> = start.iter().zip(full).zip(shape).map(within).collect();
        let bytes = boxed.iter().product::<u64>() as usize * dtype.size();
        let (elements, _) = out.split_at_mut(bytes);
        rule.fill(&mut readers, &start, &boxed, elements)?;
        spread(out, &boxed, full, dtype.size());
        Ok(())
    }
    fn release_all(&self) {
        self.sources.iter().flatten().for_each(|source| source.release_all());
    }
    fn intact(&self) -> Result<()> {
        self.sources.iter().flatten().try_for_each(|source| source.intact())
    }
}

/// Moves the elements of a box, which lie together at the start of `bytes`, to their places in a chunk of shape `full`.
fn spread(bytes: &mut [u8], boxed: &[u64], full: &[u64], item: usize) {
    if boxed == full || boxed.is_empty() {
        return;
    }
    let strides = c_strides(full, item);
    let run = boxed[boxed.len() - 1] as usize * item;
    let outer = &boxed[..boxed.len() - 1];
    // from the last row to the first, so that no row is overwritten before it has moved
    for row in (0..outer.iter().product::<u64>()).rev() {
        let (mut rest, mut to) = (row, 0);
        for (&n, &stride) in outer.iter().zip(&strides).rev() {
            to += (rest % n) as usize * stride as usize;
            rest /= n;
        }
        bytes.copy_within(row as usize * run..(row as usize + 1) * run, to);
    }
}
