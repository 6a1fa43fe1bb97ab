//! Results in an `.arrs` file: one commit, which gives a new file its name.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use arrstore::StoredSink;
use arrstore::{Expr, Target};
use arrstore_format::{Codec, CreateOptions, Durability, File, Meta, Snapshot, Transaction};

use super::region::RegionSink;
use super::{Dry, Order};
use crate::cli::Shuffle;
use crate::input::About;
use crate::layout::Layout;
use crate::misuse::misuse;

/// One `.arrs` file with everything that one run writes to it.
pub(super) struct Store {
    path: PathBuf,
    /// What the file held before; `None` for a new one.
    before: Option<Snapshot>,
    /// `None` when the run is only planned.
    transaction: Option<Arc<Transaction>>,
    /// Held by whoever assigns to a region.
    turn: Arc<Mutex<()>>,
    durable: bool,
}

impl Store {
    /// Opens or begins the file and takes its writer lock; with `dry`, only looks at what is there.
    pub(super) fn open(path: &Path, durable: bool, dry: bool) -> Result<Store> {
        let at = || path.display().to_string();
        let exists = std::fs::symlink_metadata(path).is_ok();
        let file = match (exists, dry) {
            (true, true) => Some(File::open(path).with_context(at)?),
            (true, false) => Some(File::open_write(path).with_context(at)?),
            (false, true) => None,
            (false, false) => Some(File::create(path, &CreateOptions::default()).with_context(at)?),
        };
        let transaction = file.as_ref().filter(|_| !dry).map(File::begin).transpose().with_context(at)?;
        // Taken under the writer's lock, so that no other commit comes between.
        let before = file.as_ref().filter(|_| exists).map(File::snapshot).transpose().with_context(at)?;
        let (transaction, turn) = (transaction.map(Arc::new), Arc::default());
        Ok(Store { path: path.to_owned(), before, transaction, turn, durable })
    }

    pub(super) fn add(&mut self, expr: &Expr, order: &Order<'_>) -> Result<(Expr, Target)> {
        if order.location.subscript.is_some() {
            return self.add_region(expr, order);
        }
        let name = match &order.location.name {
            Some(name) => name.clone(),
            None => crate::location::full_name(order.name)?,
        };
        let at = || format!("{}:{name}", self.path.display());
        // An array that is replaced hands its layout on, unless the source has one or it cannot be read.
        let old = self.before.as_ref().and_then(|snapshot| snapshot.array(&name).ok());
        let mut about = order.about.clone();
        if let (Some(old), None) = (&old, &about.known.chunk)
            && old.meta().shape == expr.shape()
        {
            about.known = crate::input::about(old.meta()).known;
        }
        let layout = Layout::choose(order.storing, &about.known, expr.dtype(), expr.shape())?;
        let Some(transaction) = &self.transaction else {
            let target = Dry::target(order.location, expr.dtype(), expr.shape(), Some(layout.chunk));
            return Ok((expr.clone(), target));
        };
        let meta = meta(expr, &layout, &about);
        let id = transaction.replace(&name, meta).with_context(at)?;
        let sink = StoredSink::new(transaction.clone(), id).with_context(at)?;
        Ok((expr.clone(), Target::Sink(Arc::new(sink))))
    }

    /// `f.arrs:/a[10:20, ::2]`: the value is cast and broadcast to the region, as NumPy assigns.
    fn add_region(&mut self, expr: &Expr, order: &Order<'_>) -> Result<(Expr, Target)> {
        let location = order.location;
        let at = || location.to_string();
        let Some(snapshot) = &self.before else {
            return Err(misuse(format!("{location}: there is no such file to assign into")));
        };
        let names = match &self.transaction {
            Some(transaction) => transaction.arrays(),
            None => snapshot.arrays().with_context(at)?,
        };
        let name = crate::input::pick_name(location, &names)?;
        let (meta, place) = match &self.transaction {
            Some(transaction) => {
                let id = transaction.find(&name).with_context(at)?;
                (transaction.meta(id).with_context(at)?, Some((transaction.clone(), id)))
            }
            None => (snapshot.array(&name).with_context(at)?.meta().clone(), None),
        };
        let subscript = location.subscript.as_deref().unwrap_or(&[]);
        let sink = RegionSink::new(place, meta, subscript, self.turn.clone()).with_context(at)?;
        let (value, drops) = sink.fitted(expr, subscript).with_context(|| {
            let (dtype, shape) = (arrstore::Sink::dtype(&sink), arrstore::Sink::shape(&sink));
            format!("{location}: assigning to a region of {dtype} of shape {}", crate::report::shape(shape))
        })?;
        if drops {
            let warning = format!("warning: {location}: the imaginary parts of the value are dropped");
            writeln!(std::io::stderr(), "{warning}").ok();
        }
        Ok((value, Target::Sink(Arc::new(sink))))
    }

    /// One commit.
    pub(super) fn commit(self) -> Result<()> {
        let Some(transaction) = self.transaction else { return Ok(()) };
        let transaction = Arc::into_inner(transaction).context("an output is still being written")?;
        let durability = if self.durable { Durability::Full } else { Durability::None };
        transaction.commit_with(durability).with_context(|| self.path.display().to_string())?;
        Ok(())
    }
}

/// The metadata of a new array.
fn meta(expr: &Expr, layout: &Layout, about: &About) -> Meta {
    let dtype = expr.dtype();
    let codec = layout.codec;
    let bytes = matches!(codec, Codec::Zstd { .. } | Codec::Lz4);
    let shuffle = bytes && layout.shuffle != Shuffle::Off && dtype.size() > 1;
    let mut meta = Meta::new(dtype, expr.shape(), &layout.chunk).encoded(codec, shuffle);
    meta.order = layout.order.clone();
    meta.attributes = about.attributes.clone();
    if let Some(fill) = about.fill.clone().filter(|f| f.len() == dtype.size()) {
        meta.fill = fill;
    }
    if about.dims.len() == expr.ndim() {
        meta.dims = about.dims.clone();
    }
    meta
}
