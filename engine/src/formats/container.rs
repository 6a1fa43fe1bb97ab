//! What every format gives that can be written.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrstore_format::Meta;
use arrstore_format::replace::Published;

use super::error::{Error, Result};
use super::location::Location;
use crate::{DType, Expr, Sink, Target};

/// A file or store that is being written. Nobody sees what is added to it before it is published; dropped without that, it
/// leaves everything as it was.
///
/// The calls come in this order: `add` for each array, then the run that writes to the sinks, then, when no plan holds a
/// sink any more, `prepare` and `publish`.
pub(super) trait Container {
    /// The array that `add` will replace, where it can tell how it is stored.
    fn replaced(&self, location: &Location, name: &str) -> Option<Meta> {
        let _ = (location, name);
        None
    }

    /// Makes room for an array: the expression to plan, which is `expr` made to fit the place, and the sink. `name` is the
    /// array's where the location has none, `meta` how it is stored.
    fn add(&mut self, expr: &Expr, location: &Location, name: &str, meta: &Meta) -> Result<(Expr, Target)>;

    /// Completes everything but the name, and waits for the disk where the run is durable.
    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    /// Takes the name, in a way that can be undone when that is asked for; or commits, which cannot.
    fn publish(self: Box<Self>, undoable: bool, published: &mut Vec<Published>) -> Result<()>;

    /// Whether it commits, so that it goes after all that can be undone.
    fn commits(&self) -> bool {
        false
    }
}

/// How a run writes.
#[derive(Clone)]
pub struct Writing {
    /// Waits for the disk before a commit counts.
    pub durable: bool,
    /// Writes nothing at all: a plan can be explained, and not run.
    pub dry: bool,
    /// How long another writer of an `.arrs` file is waited for; not at all when `None`. With a time, an empty file stands for
    /// a new one from the beginning, so that writers of one new file wait for each other.
    pub wait: Option<Duration>,
    /// Set it to stop.
    pub cancel: Arc<AtomicBool>,
    /// Takes warnings; they go to `tracing` when nothing else is said.
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
    /// Refuses to go on once the run was told to stop.
    pub(super) fn go_on(&self) -> Result<()> {
        if self.cancel.load(Ordering::Relaxed) { Err(crate::Error::Cancelled.into()) } else { Ok(()) }
    }
}

/// What was shared with a plan that has run and is gone.
pub(super) fn finished<T>(shared: Arc<T>) -> Result<T> {
    let words = "an output is still being written: its plan has to be run, or dropped, before the commit";
    Arc::into_inner(shared).ok_or_else(|| Error::request(words))
}

/// Stands for a sink where a plan is only explained.
pub(super) struct Dry {
    label: String,
    dtype: DType,
    shape: Vec<u64>,
    chunk: Option<Vec<u64>>,
}

impl Dry {
    /// What to plan for `expr`, of the chunks that it would be written in.
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
        Err(crate::Error::Other("this output is only planned".to_owned()))
    }
    fn label(&self) -> String {
        self.label.clone()
    }
}
