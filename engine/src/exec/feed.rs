//! A program as an operator reads it: any box of its elements, computed on request.

use std::sync::Arc;

use super::input;
use super::input::InputCache;
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
    pub(crate) fn reader(&'p self) -> Reader<'p> {
        Reader::new(self.program, &self.order, self.sources, self.context, &self.shared)
    }

    /// Bytes that a reader takes to compute boxes of `shape`, beside the box itself.
    pub(crate) fn bytes(program: &Program, shape: &[u64]) -> u64 {
        let inputs = program.loads.iter().map(|load| input::bytes(load, shape, &program.domain));
        Worker::bytes(program) + inputs.sum::<u64>()
    }
}

/// One thread's means to read a [`Feed`].
pub(crate) struct Reader<'p> {
    program: &'p Program,
    order: &'p [usize],
    sources: &'p [Arc<dyn Source>],
    context: &'p Context,
    shared: &'p InputCache,
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
        Reader { program, order, sources, context, shared, worker: None }
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
        let worker = match &mut self.worker {
            Some(worker) => worker,
            None => {
                let Reader { program, order, sources, context, shared, .. } = *self;
                self.worker.insert(Worker::new(program, order, &[], sources, context, shared)?)
            }
        };
        let item = self.program.output_size();
        worker.tile(start, shape, &mut [Out::Fill { bytes: out, strides, item }])
    }
}
