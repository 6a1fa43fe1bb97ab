//! Results in an `.arrs` file: one commit, which gives a new file its name.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use arrstore::{Expr, Sink, StoredSink, Target};
use arrstore_format::{Codec, CreateOptions, Durability, File, Meta, Snapshot, Transaction};

use super::claim::Claim;
use super::place::one_place;
use super::region::RegionSink;
use super::{Dry, Order, Writing, finished};
use crate::cli::Shuffle;
use crate::input::About;
use crate::layout::Layout;
use crate::misuse::misuse;
use crate::print::remark;

/// One `.arrs` file with everything that one run writes to it.
pub(super) struct Store {
    path: PathBuf,
    /// What the file held before; `None` for a new one.
    before: Option<Snapshot>,
    /// `None` when the run is only planned.
    transaction: Option<Arc<Transaction>>,
    /// Held by whoever assigns to a region.
    turn: Arc<Mutex<()>>,
    taken: Vec<Taken>,
    /// Held until a new file has its name.
    claim: Option<Claim>,
}

/// What one result takes: an array, or a region of it.
struct Taken {
    label: String,
    name: String,
    region: Option<Arc<RegionSink>>,
}

impl Store {
    /// Opens or begins the file and takes its writer lock; with `dry`, only looks at what is there.
    pub(super) fn open(path: &Path, writing: &Writing) -> Result<Store> {
        let at = || path.display().to_string();
        let claim = if writing.dry { None } else { Claim::take(path, writing.wait)? };
        // An empty file is as good as none.
        let exists = std::fs::metadata(path).is_ok_and(|found| !found.is_file() || found.len() > 0);
        let file = match (exists, writing.dry) {
            (true, true) => Some(File::open(path).with_context(at)?),
            (true, false) => Some(File::open_write(path).with_context(at)?),
            (false, true) => None,
            (false, false) => Some(File::create(path, &CreateOptions::default()).with_context(at)?),
        };
        let begin = |file: &File| writing.wait.for_writer(|| file.begin()).with_context(at);
        let transaction = file.as_ref().filter(|_| !writing.dry).map(begin).transpose()?;
        // Taken under the writer's lock, so that no other commit comes between.
        let before = file.as_ref().filter(|_| exists).map(File::snapshot).transpose().with_context(at)?;
        let (transaction, turn) = (transaction.map(Arc::new), Arc::default());
        Ok(Store { path: path.to_owned(), before, transaction, turn, taken: Vec::new(), claim })
    }

    /// Refuses a place that another result has: the array, or a region that `meets` the new one.
    fn check_free(&self, label: &str, name: &str, meets: impl Fn(&RegionSink) -> bool) -> Result<()> {
        let taken = |other: &&Taken| other.name == name && other.region.as_deref().is_none_or(&meets);
        match self.taken.iter().find(taken) {
            Some(other) => Err(one_place(&other.label, &label)),
            None => Ok(()),
        }
    }

    pub(super) fn add(&mut self, expr: &Expr, order: &Order<'_>) -> Result<(Expr, Target)> {
        if order.location.subscript.is_some() {
            return self.add_region(expr, order);
        }
        let name = match &order.location.name {
            Some(name) => name.clone(),
            None => crate::location::full_name(order.name)?,
        };
        let label = format!("{}:{name}", order.location.path.display());
        self.check_free(&label, &name, |_| true)?;
        self.taken.push(Taken { label: label.clone(), name: name.clone(), region: None });
        let at = || label.clone();
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
        let label = format!("a region of {}:{name}", location.path.display());
        self.check_free(&label, &name, |_| false)?;
        let (meta, place) = match &self.transaction {
            Some(transaction) => {
                let id = transaction.find(&name).with_context(at)?;
                (transaction.meta(id).with_context(at)?, Some((transaction.clone(), id)))
            }
            None => (snapshot.array(&name).with_context(at)?.meta().clone(), None),
        };
        let subscript = location.subscript.as_deref().unwrap_or(&[]);
        let sink = Arc::new(RegionSink::new(place, meta, subscript, self.turn.clone()).with_context(at)?);
        let (value, drops) = sink.fitted(expr, subscript).with_context(|| {
            let (dtype, shape) = (sink.dtype(), crate::report::shape(sink.shape()));
            format!("{location}: assigning to a region of {dtype} of shape {shape}")
        })?;
        if drops {
            remark(&format!("warning: {location}: the imaginary parts of the value are dropped"));
        }
        self.check_free(&label, &name, |other| other.meets(&sink))?;
        self.taken.push(Taken { label, name, region: Some(sink.clone()) });
        Ok((value, Target::Sink(sink)))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// One commit.
    pub(super) fn commit(self, durable: bool) -> Result<()> {
        drop(self.taken);
        let Some(transaction) = self.transaction else { return Ok(()) };
        let durability = if durable { Durability::Full } else { Durability::None };
        finished(transaction)?.commit_with(durability).with_context(|| self.path.display().to_string())?;
        drop(self.claim);
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
