//! Destinations of the requested results and of the outputs of stages.

use std::sync::Arc;

use crate::exec::Stage;
use crate::program::Id;
use crate::sink::Sink;
use crate::{DType, Error, Expr, Result};

/// The destination of a result.
#[derive(Clone)]
pub enum Target {
    /// Into memory, taken from the budget.
    Memory,
    /// Into a sink.
    Sink(Arc<dyn Sink>),
}

impl Target {
    pub(super) fn sink(&self) -> Option<&Arc<dyn Sink>> {
        match self {
            Target::Sink(sink) => Some(sink),
            Target::Memory => None,
        }
    }
}

/// The destination of a stage's output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dest {
    /// It is kept for later stages, and for the caller if the caller asked for it in memory.
    Cut(Id),
    /// To the caller: the number of the root.
    Root(usize),
    /// Nothing needs it.
    Nowhere,
}

/// A stage of a plan.
pub(super) struct Planned {
    pub(super) stage: Box<dyn Stage>,
    pub(super) level: usize,
    /// The destination of each output.
    pub(super) to: Vec<Goes>,
    /// Bytes of memory while it runs, including the results that are held meanwhile.
    pub(super) peak: u64,
}

/// The destination of an output, and the way to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goes {
    pub(super) dest: Dest,
    /// Whether boxes wait in memory until they make up whole chunks.
    pub(super) assembled: bool,
}

/// Checks that a sink takes a result of type `dtype`.
///
/// # Errors
/// When the types or the shapes differ.
pub(super) fn check_target(expr: &Expr, target: &Target, dtype: DType) -> Result<()> {
    let Target::Sink(sink) = target else { return Ok(()) };
    if sink.dtype() != dtype {
        return Err(Error::dtype(&sink.label(), sink.dtype(), dtype));
    }
    if sink.shape() != expr.shape() {
        return Err(Error::Shape(format!(
            "{}: expected an array of shape {}, found {}",
            sink.label(),
            crate::view::show(sink.shape()),
            crate::view::show(expr.shape())
        )));
    }
    Ok(())
}
