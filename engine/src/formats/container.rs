//! What every format gives that can be written.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrstore_format::Codec;
use arrstore_format::replace::Published;

use super::error::{Error, Result};
use super::input::{About, Known};
use super::location::Location;
use crate::{DType, Expr, Sink, Target};

/// A file or store that is being written. Nobody sees what is added to it before it is published; dropped without that, it
/// leaves everything as it was.
///
/// The calls come in this order: `add` for each array, then the run that writes to the sinks, then, when no plan holds a
/// sink any more, `prepare` and `publish`.
pub(super) trait Container {
    /// What is known of the layout of the array of a shape that `add` will replace, for the new one to take over.
    fn replaced(&self, location: &Location, name: &str, shape: &[u64]) -> Option<Known> {
        let _ = (location, name, shape);
        None
    }

    /// Makes room for an array: the expression to plan, which is `expr` made to fit the place, and the sink.
    fn add(&mut self, expr: &Expr, location: &Location, array: &NewArray<'_>) -> Result<(Expr, Target)>;

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

/// How an array is laid out where it is written. Formats without chunks take the order alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Elements of a chunk along each axis, each at least 1.
    pub chunk: Vec<u64>,
    /// How chunks are packed.
    pub codec: Codec,
    /// Whether a codec that packs bytes groups those of equal weight first.
    pub shuffle: bool,
    /// Axes of a chunk, or of an array in one piece, outermost first.
    pub order: Vec<u8>,
}

impl Layout {
    /// Refuses a layout that is not one of an array of so many axes.
    pub(super) fn check(&self, axes: usize, has_chunks: bool) -> Result<()> {
        let mut order = self.order.clone();
        order.sort_unstable();
        if !(order.len() == axes && order.iter().enumerate().all(|(k, &axis)| k == usize::from(axis))) {
            return Err(Error::request(format!(
                "{:?} is not an order of the axes of an array that has {axes}",
                self.order
            )));
        }
        if has_chunks && (self.chunk.len() != axes || self.chunk.contains(&0)) {
            return Err(Error::request(format!(
                "{} is not the shape of a chunk of an array of {axes} axes: it has a length of at least 1 for each",
                crate::view::show(&self.chunk)
            )));
        }
        Ok(())
    }

    /// Whether a codec packs bytes, so that grouping them by weight can help it.
    pub fn packs_bytes(codec: Codec) -> bool {
        matches!(codec, Codec::Zstd { .. } | Codec::Lz4)
    }

    /// Whether bytes of elements of a type are grouped.
    pub(super) fn shuffles(&self, dtype: DType) -> bool {
        Layout::packs_bytes(self.codec) && self.shuffle && dtype.size() > 1
    }

    /// Whether the last axis varies fastest.
    pub(super) fn is_c_order(&self) -> bool {
        self.order.iter().enumerate().all(|(k, &axis)| k == usize::from(axis))
    }

    /// Whether the first axis varies fastest.
    pub(super) fn is_fortran_order(&self) -> bool {
        self.order.iter().rev().enumerate().all(|(k, &axis)| k == usize::from(axis))
    }
}

/// An array that is to be written, beside its elements.
#[derive(Clone, Copy, Debug)]
pub struct NewArray<'a> {
    /// Its name in a file of several arrays, when the location has none.
    pub name: &'a str,
    /// How it is laid out.
    pub layout: &'a Layout,
    /// What goes with it. Its [`About::known`] is not looked at.
    pub about: &'a About,
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
