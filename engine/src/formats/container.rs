//! The interface of every format that can be written.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrstore_format::Meta;
use arrstore_format::replace::Published;

use super::arrs;
use super::error::{Error, Result};
use super::location::Location;
use crate::{DType, Expr, Sink, Target};

/// A file or store that is being written. Nobody sees what is added before `publish`. If the container is dropped
/// before that, everything stays as it was.
///
/// The order of calls: `add` for each array; then the run, which writes to the sinks; then, when no plan holds a sink
/// any more, `prepare` and `publish`.
pub(super) trait Container {
    /// The array that `add` will replace, if the format can tell how it is stored.
    fn replaced(&self, location: &Location, name: &str) -> Option<Meta> {
        let _ = (location, name);
        None
    }

    /// Makes room for an array. Returns the sink and the expression to plan: `expr`, fitted to the place. `name` is the
    /// array's name if the location has none; `meta` is its layout.
    fn add(&mut self, expr: &Expr, location: &Location, name: &str, meta: &Meta) -> Result<(Expr, Target)>;

    /// The container as an `.arrs` file. Only the elements of its arrays can be assigned to.
    fn store(&mut self) -> Option<&mut arrs::Store> {
        None
    }

    /// Completes the new file except for its name, and waits for the disk if the run is durable.
    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    /// Takes the name, and keeps that undoable if `undoable` is set; or commits, which nothing can undo.
    fn publish(self: Box<Self>, undoable: bool, published: &mut Vec<Published>) -> Result<()>;

    /// Whether `publish` commits. Containers that commit are published after those that can be undone.
    fn commits(&self) -> bool {
        false
    }
}

/// The options of a run that writes.
#[derive(Clone)]
#[non_exhaustive]
pub struct Writing {
    /// Waits for the disk before a commit counts.
    pub durable: bool,
    /// Writes nothing at all: the plan can be explained, but not run.
    pub dry: bool,
    /// How long to wait for another writer of an `.arrs` file; `None` fails at once. With a time, an empty file stands
    /// for a new one from the beginning, so that writers of one new file wait for each other.
    pub wait: Option<Duration>,
    /// Set it to stop.
    pub cancel: Arc<AtomicBool>,
    /// Takes warnings; by default they go to `tracing`.
    pub warn: fn(&str),
}

impl Default for Writing {
    fn default() -> Writing {
        let warn = |words: &str| tracing::warn!("{words}");
        Writing { durable: true, dry: false, wait: None, cancel: Arc::default(), warn }
    }
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing")
            .field("durable", &self.durable)
            .field("dry", &self.dry)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

impl Writing {
    /// Fails if the run was told to stop.
    pub(super) fn go_on(&self) -> Result<()> {
        if self.cancel.load(Ordering::Relaxed) { Err(crate::Error::Cancelled.into()) } else { Ok(()) }
    }
}

/// Takes `shared` back from a plan that has run and is dropped.
pub(super) fn finished<T>(shared: Arc<T>) -> Result<T> {
    let words = "an output is still being written: its plan has to be run, or dropped, before the commit";
    Arc::into_inner(shared).ok_or_else(|| Error::request(words))
}

/// Stands in for a sink in a plan that is only explained.
pub(super) struct Dry {
    label: String,
    dtype: DType,
    shape: Vec<u64>,
    chunk: Option<Vec<u64>>,
}

impl Dry {
    /// The expression and the target to plan for `expr`, with the chunks that it would be written in.
    pub(super) fn root(expr: &Expr, location: &Location, chunk: Option<&[u64]>) -> (Expr, Target) {
        let (label, dtype, shape) = (location.to_string(), expr.dtype(), expr.shape().to_vec());
        let chunk = chunk.map(<[u64]>::to_vec);
        (expr.clone(), Target::Sink(Arc::new(Dry { label, dtype, shape, chunk })))
    }
}

impl Sink for Dry {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        self.chunk.as_deref()
    }
    fn write(&self, _: &[u64], _: &[u64], _: &[u8]) -> crate::Result<()> {
        Err(crate::Error::Value(
            "this output was opened for planning only, so nothing can be written to it".into(),
        ))
    }
    fn label(&self) -> String {
        self.label.clone()
    }
}
