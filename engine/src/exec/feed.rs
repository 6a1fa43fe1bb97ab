//! A program as an operator reads it: any box of its elements, computed on request.

use std::sync::Arc;

use super::input;
use super::input_cache::InputCache;
use super::worker::{Out, Worker};
use crate::program::Program;
use crate::program::tiles::loop_order;
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

    /// One thread's means to read it.
    ///
    /// # Errors
    /// When memory is short.
    pub(crate) fn reader(&'p self) -> Result<Reader<'p>> {
        let worker = Worker::new(self.program, &self.order, &[], self.sources, self.context, &self.shared)?;
        Ok(Reader { worker, item: self.program.output_size() })
    }

    /// Bytes that a reader takes to compute boxes of `shape`, beside the box itself.
    pub(crate) fn bytes(program: &Program, shape: &[u64]) -> u64 {
        let inputs = program.loads.iter().map(|load| input::bytes(load, shape, &program.domain));
        Worker::bytes(program) + inputs.sum::<u64>()
    }
}

/// One thread's means to read a [`Feed`].
pub(crate) struct Reader<'p> {
    worker: Worker<'p>,
    item: usize,
}

impl Reader<'_> {
    /// Computes the box of `shape` at `start` into `out`, in C order.
    ///
    /// # Errors
    /// Errors of the sources.
    pub(crate) fn fill(&mut self, start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        self.fill_in(start, shape, c_strides(shape, self.item), out)
    }

    /// As [`Reader::fill`], with these strides in bytes between the elements of the result.
    ///
    /// # Errors
    /// Errors of the sources.
    pub(crate) fn fill_in(
        &mut self,
        start: &[u64],
        shape: &[u64],
        strides: Vec<isize>,
        out: &mut [u8],
    ) -> Result<()> {
        self.worker.tile(start, shape, &mut [Out::Fill { bytes: out, strides, item: self.item }])
    }
}
