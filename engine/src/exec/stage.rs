//! The work of a plan comes in stages: a pass over tiles, a product of matrices, a scan.

use std::fmt::Debug;
use std::sync::Arc;

use crate::program::Program;
use crate::sink::Sink;
use crate::source::Source;
use crate::{Context, Result};

/// A part of a plan that runs from its inputs to its outputs before the next begins.
pub(crate) trait Stage: Debug + Send + Sync {
    /// The programs that compute its inputs.
    fn feeds(&self) -> Vec<&Program>;

    /// Chooses boxes, buffers and threads for the memory that there is. No choice changes a bit of a result, with one
    /// exception: the bits of a product of matrices depend on its memory.
    fn fit(&mut self, room: Room) -> Fit;

    /// Units of work: the sum that [`Run::done`] has heard of at the end.
    fn work(&self) -> u64;

    /// The elements of output `number`, along each axis, that `threads` threads have under way at a time. Chunks that
    /// touch these wait in memory until they are complete. `None` if each box that is written consists of whole chunks.
    fn open(&self, number: usize, threads: u64) -> Option<Vec<u64>> {
        let _ = (number, threads);
        None
    }

    /// Whether the pages of its mapped inputs stay until it is done. Known once it has been fitted.
    fn keeps(&self) -> bool {
        false
    }

    /// Describes the stage once it has been fitted.
    fn explain(&self) -> Told;

    /// Runs the stage.
    ///
    /// # Errors
    /// Errors of sources and sinks, and [`crate::Error::Cancelled`].
    fn run(&self, run: &Run<'_>) -> Result<()>;
}

/// The memory and the threads of a stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes that the stage may take.
    pub(crate) free: u64,
    /// Bytes of the whole budget. A stage that keeps pages only for speed leaves half of it to other plans.
    pub(crate) total: u64,
    pub(crate) threads: u64,
}

/// The outcome of fitting a stage.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fit {
    /// It fits, and takes this many bytes.
    Takes(u64),
    /// It does not fit; this many bytes suffice.
    Needs(u64),
}

/// A stage while it runs.
pub(crate) struct Run<'a> {
    /// For each feed, the sources of its loads.
    pub(crate) sources: &'a [Vec<Arc<dyn Source>>],
    /// For each output, its sink.
    pub(crate) sinks: &'a [Arc<dyn Sink + 'a>],
    pub(crate) context: &'a Context,
    /// Hears of the units of work done.
    pub(crate) done: &'a (dyn Fn(u64) + Sync),
}

/// A stage in words and numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// `pass`, or the name of the operator.
    pub(crate) kind: &'static str,
    /// The steps of the computation, in order.
    pub(crate) steps: Vec<String>,
    /// The shape it runs over.
    pub(crate) domain: Vec<u64>,
    /// Tiles, and elements of the longest along each axis.
    pub(crate) tiles: u64,
    pub(crate) tile: Vec<u64>,
    pub(crate) threads: u64,
    /// For each feed, the bytes that are read of each of its inputs.
    pub(crate) reads: Vec<Vec<u64>>,
    /// The number of times that it reads its inputs.
    pub(crate) passes: u64,
    /// Whether pages of mapped inputs stay until it is done.
    pub(crate) keeps: bool,
    /// Floating-point operations of a product of matrices.
    pub(crate) flops: u64,
}
