//! A program as an operator reads it: any box of its elements, computed on request.

use std::sync::Arc;

use super::input;
use super::input::InputCache;
use super::worker::{Out, Worker};
use crate::program::tiles::loop_order;
use crate::program::{Load, Program};
use crate::source::{Source, c_strides};
use crate::{Context, Result};

/// An input of an operator while its stage runs.
pub(crate) struct Feed<'p> {
    pub(super) program: &'p Program,
    order: Vec<usize>,
    pub(super) sources: &'p [Arc<dyn Source>],
    pub(super) shared: InputCache,
    pub(super) context: &'p Context,
}

impl<'p> Feed<'p> {
    /// The elements of a program, computed from its sources. `keeps` says whether pages of mapped sources stay until
    /// the feed is dropped.
    pub(crate) fn new(
        program: &'p Program,
        sources: &'p [Arc<dyn Source>],
        context: &'p Context,
        keeps: bool,
    ) -> Feed<'p> {
        Feed { program, order: loop_order(program), sources, shared: InputCache::new(0, keeps), context }
    }

    /// The same feed, which keeps up to `bytes` of decoded chunks for later boxes.
    pub(crate) fn caching(self, bytes: u64) -> Feed<'p> {
        Feed { shared: InputCache::new(bytes as usize, self.shared.pages), ..self }
    }

    /// Bytes of all chunks to decode that a box of `shape` touches.
    pub(crate) fn decoded_beside(program: &Program, shape: &[u64]) -> u64 {
        let of = |load: &Load| {
            let chunk = load.chunk.iter().fold(load.dtype.size() as u64, |bytes, &n| bytes.saturating_mul(n));
            let along = load.access.iter().zip(shape);
            let touched = along.filter_map(|(a, &n)| a.map(|a| n.div_ceil(a.span().max(1)) + 1));
            touched.fold(chunk, u64::saturating_mul)
        };
        program.loads.iter().filter(|load| load.is_encoded()).map(of).fold(0, u64::saturating_add)
    }

    /// One thread's means to read it.
    pub(crate) fn reader(&'p self) -> Reader<'p> {
        Reader::new(self.program, &self.order, self.sources, self.context, &self.shared)
    }

    /// Bytes that a reader takes to compute boxes of `shape`, beside the box itself.
    pub(crate) fn bytes(program: &Program, shape: &[u64]) -> u64 {
        Feed::bytes_together(std::slice::from_ref(program), shape)
    }

    /// The same for readers that compute boxes of `shape` at the same place.
    pub(crate) fn bytes_together(programs: &[Program], shape: &[u64]) -> u64 {
        let workers =
            programs.iter().map(|program| Worker::bytes(program, false)).fold(0, u64::saturating_add);
        workers.saturating_add(input::all_bytes(programs, shape))
    }

    /// The same for a reader of one box, whose pages are then let go.
    pub(super) fn bytes_at_once(program: &Program, shape: &[u64]) -> u64 {
        Worker::bytes(program, false).saturating_add(input::bytes_at_once(program, shape))
    }

    /// The same for a reader of the box in pieces.
    pub(super) fn bytes_in_pieces(program: &Program, shape: &[u64]) -> u64 {
        let piece = input::pieces(program, shape);
        Worker::bytes(program, false).saturating_add(input::bytes_unmapped(program, &piece))
    }
}

/// One thread's means to read a [`Feed`].
pub(crate) struct Reader<'p> {
    program: &'p Program,
    order: &'p [usize],
    sources: &'p [Arc<dyn Source>],
    context: &'p Context,
    shared: &'p InputCache,
    /// The greatest lengths of a piece that is read at a time; empty for whole boxes.
    longest: &'p [u64],
    /// Whether few of the elements are read: checksums are compared only of blocks that are read anyway.
    sparing: bool,
    /// It is made when something is read: a rule may have thousands of inputs, of which a box takes two.
    worker: Option<Worker<'p>>,
}

impl<'p> Reader<'p> {
    /// A reader of a program whose sources are given. `order` is the order of its loops.
    pub(super) fn new(
        program: &'p Program,
        order: &'p [usize],
        sources: &'p [Arc<dyn Source>],
        context: &'p Context,
        shared: &'p InputCache,
    ) -> Reader<'p> {
        Reader { program, order, sources, context, shared, longest: &[], sparing: false, worker: None }
    }

    /// The same reader, which reads boxes in pieces of at most these lengths; empty for whole boxes.
    pub(super) fn in_pieces(self, longest: &'p [u64]) -> Reader<'p> {
        Reader { longest, ..self }
    }

    /// The same reader for few of the elements.
    pub(super) fn sparing(self) -> Reader<'p> {
        Reader { sparing: true, ..self }
    }

    /// The shape of the array.
    pub(crate) fn shape(&self) -> &'p [u64] {
        &self.program.domain
    }

    fn worker(&mut self) -> Result<&mut Worker<'p>> {
        let Reader { program, order, sources, context, shared, longest, sparing, .. } = *self;
        match &mut self.worker {
            Some(worker) => Ok(worker),
            none => {
                let mut worker = Worker::new(program, order, longest, sources, context, shared)?;
                if sparing {
                    worker.sparing();
                }
                Ok(none.insert(worker))
            }
        }
    }

    /// Lets go of all memory that it took. It can still be read.
    pub(crate) fn rest(&mut self) {
        if self.worker.take().is_some() {
            self.shared.clear();
        }
    }

    /// Has the disk bring the bytes of boxes, all at once, unless the first of them is in memory. A box is its start and
    /// its shape.
    ///
    /// # Errors
    /// As [`Reader::fill`].
    pub(crate) fn bring(
        &mut self,
        boxes: &(impl Iterator<Item = (Vec<u64>, Vec<u64>)> + Clone),
    ) -> Result<()> {
        self.worker()?.bring(boxes)
    }

    /// Computes the box of `shape` at `start` into `out`, in C order.
    ///
    /// # Errors
    /// Errors of the sources.
    pub(crate) fn fill(&mut self, start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let strides = c_strides(shape, self.program.output_size());
        self.fill_strided(start, shape, out, strides)
    }

    /// The same, with the elements `strides` bytes apart along each axis.
    ///
    /// # Errors
    /// As [`Reader::fill`].
    pub(crate) fn fill_strided(
        &mut self,
        start: &[u64],
        shape: &[u64],
        out: &mut [u8],
        strides: Vec<isize>,
    ) -> Result<()> {
        let item = self.program.output_size();
        self.worker()?.tile(start, shape, &mut [Out::Fill { bytes: out, strides, item }])
    }

    /// Has `read` take the box of `shape` at `start` as it lies, in C order. `false` if its elements are computed, or do
    /// not lie in one piece.
    ///
    /// # Errors
    /// Errors of the sources.
    pub(crate) fn lend(&mut self, start: &[u64], shape: &[u64], read: impl FnOnce(&[u8])) -> Result<bool> {
        match self.program.lone_load() {
            Some(load) => {
                self.worker()?.input(load).map_or(Ok(false), |input| input.lend(start, shape, read))
            }
            None => Ok(false),
        }
    }

    /// Bytes that [`Reader::pick`] takes for `count` elements of a program, with their places.
    pub(crate) fn picking(program: &Program, count: u64) -> u64 {
        let ndim = program.domain.len().max(1) as u64;
        let table = program.lone_load().map_or(0, |load| input::table(&program.loads[load]));
        count.saturating_mul(input::POINT + 8 * ndim).saturating_add(table)
    }

    /// Whether [`Reader::pick`] takes elements as they lie, without a computation for each.
    pub(crate) fn picks(&self) -> bool {
        self.program.lone_load().is_some()
    }

    /// Copies single elements to `out`, one after the other. `places` holds the index of each along every axis.
    ///
    /// # Errors
    /// Errors of the sources.
    pub(crate) fn pick(&mut self, places: &[u64], out: &mut [u8]) -> Result<()> {
        if let Some(load) = self.program.lone_load() {
            return self.worker()?.input(load).map_or(Ok(()), |input| input.pick(places, out));
        }
        let (ndim, item) = (self.shape().len(), self.program.output_size());
        let ones = vec![1; ndim];
        for (number, element) in out.chunks_exact_mut(item).enumerate() {
            let place = places.get(number * ndim..(number + 1) * ndim).unwrap_or_default();
            self.fill(place, &ones, element)?;
        }
        Ok(())
    }
}
