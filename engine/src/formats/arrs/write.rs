//! Results in an `.arrs` file: one commit, which also gives a new file its name.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrstore_format::replace::Published;
use arrstore_format::{CreateOptions, Durability, File, Meta, Snapshot, Transaction};

use super::claim::Claim;
use super::wait::wait_for_writer;
use crate::formats::container::{Container, Writing, finished};
use crate::formats::error::{Error, Placed, Result};
use crate::formats::location::Location;
use crate::region::RegionSink;
use crate::{Expr, Sink, StoredSink, Target};

/// One `.arrs` file with all results that one run writes to it.
pub(in crate::formats) struct Store {
    path: PathBuf,
    writing: Writing,
    /// The state of the file before the run; `None` for a new file.
    before: Option<Snapshot>,
    /// `None` when the run is only planned.
    transaction: Option<Arc<Transaction>>,
    /// The lock that a sink holds while it writes a box of a region.
    turn: Arc<Mutex<()>>,
    taken: Vec<Taken>,
    /// Held until a new file has its name.
    claim: Option<Claim>,
}

/// The place of one result: an array, or a region of it.
struct Taken {
    label: String,
    name: String,
    region: Option<Arc<RegionSink>>,
}

impl Store {
    /// Opens or begins the file and takes its writer's lock. With `dry`, it only reads an existing file.
    pub(in crate::formats) fn open(path: &Path, writing: &Writing) -> Result<Store> {
        let at = || path.display().to_string();
        let claim = if writing.dry { None } else { Claim::take(path, writing)? };
        // An empty file counts as none.
        let exists = std::fs::metadata(path).is_ok_and(|found| !found.is_file() || found.len() > 0);
        let file = match (exists, writing.dry) {
            (true, true) => Some(File::open(path).place(at)?),
            (true, false) => Some(File::open_write(path).place(at)?),
            (false, true) => None,
            (false, false) => Some(File::create(path, &CreateOptions::default()).place(at)?),
        };
        let begin = |file: &File| wait_for_writer(writing.wait, &writing.cancel, || file.begin()).place(at);
        let transaction = file.as_ref().filter(|_| !writing.dry).map(begin).transpose()?;
        // The snapshot is taken under the writer's lock, so that no other commit comes between.
        let before = file.as_ref().filter(|_| exists).map(File::snapshot).transpose().place(at)?;
        let (transaction, turn) = (transaction.map(Arc::new), Arc::default());
        let (path, writing) = (path.to_owned(), writing.clone());
        Ok(Store { path, writing, before, transaction, turn, taken: Vec::new(), claim })
    }

    /// Refuses a place that another result has: the array, or a region that `meets` the new one.
    fn check_free(&self, label: &str, name: &str, meets: impl Fn(&RegionSink) -> bool) -> Result<()> {
        let taken = |other: &&Taken| other.name == name && other.region.as_deref().is_none_or(&meets);
        match self.taken.iter().find(taken) {
            Some(other) => Err(Error::one_place(&other.label, &label)),
            None => Ok(()),
        }
    }

    /// Assigns to a region, as in `f.arrs:/a[10:20, ::2]`: the value is cast and broadcast to it, as in NumPy.
    fn add_region(&mut self, expr: &Expr, location: &Location) -> Result<(Expr, Target)> {
        let at = || location.to_string();
        let Some(snapshot) = &self.before else {
            return Err(Error::request(format!(
                "{location}: the file does not exist; create the array first, then assign to a region of it"
            )));
        };
        let names = match &self.transaction {
            Some(transaction) => transaction.arrays(),
            None => snapshot.arrays().place(at)?,
        };
        let name = location.pick(&names)?;
        let label = format!("a region of {}:{name}", location.path.display());
        self.check_free(&label, &name, |_| false)?;
        let (meta, place) = match &self.transaction {
            Some(transaction) => {
                let id = transaction.find(&name).place(at)?;
                (transaction.meta(id).place(at)?, Some((transaction.clone(), id)))
            }
            None => (snapshot.array(&name).place(at)?.meta().clone(), None),
        };
        let subscript = location.subscript.as_deref().unwrap_or(&[]);
        let sink = Arc::new(RegionSink::new(place, meta, subscript, Some(self.turn.clone())).place(at)?);
        let (value, drops) = sink.fitted(expr, subscript).place(|| {
            let (dtype, shape) = (sink.dtype(), crate::view::show(sink.shape()));
            format!("{location}: assigning to a region of {dtype} of shape {shape}")
        })?;
        if drops {
            (self.writing.warn)(&format!("{location}: the imaginary parts of the value are dropped"));
        }
        self.check_free(&label, &name, |other| other.meets(&sink))?;
        self.taken.push(Taken { label, name, region: Some(sink.clone()) });
        Ok((value, Target::Sink(sink)))
    }
}

impl Container for Store {
    fn replaced(&self, location: &Location, name: &str) -> Option<Meta> {
        if location.subscript.is_some() {
            return None;
        }
        let name = location.name_or(name).ok()?;
        Some(self.before.as_ref()?.array(&name).ok()?.meta().clone())
    }

    fn add(&mut self, expr: &Expr, location: &Location, name: &str, meta: &Meta) -> Result<(Expr, Target)> {
        if location.subscript.is_some() {
            return self.add_region(expr, location);
        }
        let name = location.name_or(name)?;
        let label = format!("{}:{name}", location.path.display());
        self.check_free(&label, &name, |_| true)?;
        self.taken.push(Taken { label: label.clone(), name: name.clone(), region: None });
        let at = || label.clone();
        let Some(transaction) = &self.transaction else {
            let sink = StoredSink::planned(meta, &location.to_string());
            return Ok((expr.clone(), Target::Sink(Arc::new(sink))));
        };
        let id = transaction.replace(&name, meta.clone()).place(at)?;
        let sink = StoredSink::new(transaction.clone(), id).place(at)?;
        Ok((expr.clone(), Target::Sink(Arc::new(sink))))
    }

    /// One commit.
    fn publish(self: Box<Self>, _: bool, _: &mut Vec<Published>) -> Result<()> {
        let Store { path, writing, transaction, taken, claim, .. } = *self;
        drop(taken);
        let Some(transaction) = transaction else { return Ok(()) };
        let durability = if writing.durable { Durability::Full } else { Durability::None };
        finished(transaction)?.commit_with(durability).place(|| path.display())?;
        drop(claim);
        Ok(())
    }

    fn commits(&self) -> bool {
        true
    }
}
