//! Results in an `.arrs` file: one commit, which also gives a new file its name.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrstore_format::replace::Published;
use arrstore_format::{ArrayId, CreateOptions, Durability, File, Meta, Snapshot, Transaction};

use super::claim::Claim;
use super::wait::wait_for_writer;
use crate::formats::container::{Container, Writing, finished};
use crate::formats::error::{Error, Placed, Result};
use crate::formats::location::Location;
use crate::region::RegionSink;
use crate::store::{How, Scatter, Staged};
use crate::{Context, ExplainStage, Expr, Sink, StoredSink, Target, Value};

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

/// An array of a file that is being written.
type Stored = (Arc<Transaction>, ArrayId);

/// The place of one result.
struct Taken {
    label: String,
    name: String,
    part: Part,
}

/// An assignment to scattered elements that waits for its plan.
pub(in crate::formats) struct Assignment {
    label: String,
    staged: Staged,
    meta: Meta,
    place: Option<Stored>,
}

impl Assignment {
    /// The roots of its plan.
    pub(in crate::formats) fn roots(&self) -> Vec<(Expr, Target)> {
        self.staged.roots()
    }

    /// The bytes that its plan holds in memory.
    pub(in crate::formats) fn held(&self) -> u64 {
        self.staged.held()
    }

    pub(in crate::formats) fn explain(&self, context: &Context) -> ExplainStage {
        self.staged.explain(&self.meta, &self.label, context)
    }

    /// Assigns. `found` are the values of the roots.
    pub(in crate::formats) fn finish(self, found: Vec<Option<Value>>, context: &Context) -> Result<()> {
        let Assignment { label, staged, place, .. } = self;
        let Some((transaction, id)) = &place else { return Ok(()) };
        let settled = staged.settled(found).place(|| &label)?;
        settled.write((transaction, *id), How::Set, context).place(|| &label)
    }
}

/// The part of an array that a result takes.
enum Part {
    Whole,
    Region(Arc<RegionSink>),
    /// Elements that arrays name. They are assigned to after the regions, so that they may lie in them.
    Scattered,
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

    /// The changes to the file, for an engine's transaction.
    pub(super) fn transaction(&self) -> Option<&Arc<Transaction>> {
        self.transaction.as_ref()
    }

    /// Refuses a place that another result has: the array, or a part that `meets` the new one.
    fn check_free(&self, label: &str, name: &str, meets: impl Fn(&Part) -> bool) -> Result<()> {
        let whole = |part: &Part| matches!(part, Part::Whole);
        let taken = |other: &&Taken| other.name == name && (whole(&other.part) || meets(&other.part));
        match self.taken.iter().find(taken) {
            Some(other) => Err(Error::one_place(&other.label, &label)),
            None => Ok(()),
        }
    }

    /// The array that a part is assigned to: its name, its layout, and its place unless the run is only planned.
    fn assigned(&self, location: &Location) -> Result<(String, Meta, Option<Stored>)> {
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
        self.check_free(&part_of(location, &name), &name, |_| false)?;
        Ok(match &self.transaction {
            Some(transaction) => {
                let id = transaction.find(&name).place(at)?;
                (name, transaction.meta(id).place(at)?, Some((transaction.clone(), id)))
            }
            None => {
                let meta = snapshot.array(&name).place(at)?.meta().clone();
                (name, meta, None)
            }
        })
    }

    /// Assigns to a region, as in `f.arrs:/a[10:20, ::2]`: the value is cast and broadcast to it, as in NumPy.
    fn add_region(&mut self, expr: &Expr, location: &Location) -> Result<(Expr, Target)> {
        let at = || location.to_string();
        let (name, meta, place) = self.assigned(location)?;
        let label = part_of(location, &name);
        let subscript = location.subscript.as_deref().unwrap_or(&[]);
        let sink = Arc::new(RegionSink::new(place, meta, subscript, Some(self.turn.clone())).place(at)?);
        let (value, drops) = sink.fitted(expr, subscript).place(|| {
            let (dtype, shape) = (sink.dtype(), crate::view::show(sink.shape()));
            format!("{location}: assigning to a region of {dtype} of shape {shape}")
        })?;
        self.warn_if(drops, location);
        self.check_free(&label, &name, |other| matches!(other, Part::Region(other) if other.meets(&sink)))?;
        self.taken.push(Taken { label, name, part: Part::Region(sink.clone()) });
        Ok((value, Target::Sink(sink)))
    }

    /// Prepares an assignment to the elements that arrays name, as in `f.arrs:/a[m > 3]`: it finds them, checks the
    /// indices, and casts and broadcasts the value to them. Computed inputs of at most `room` bytes stay in memory.
    pub(in crate::formats) fn stage(
        &mut self,
        expr: &Expr,
        location: &Location,
        parts: &[crate::Part],
        room: u64,
        context: &Context,
    ) -> Result<Assignment> {
        let at = || location.to_string();
        let (name, meta, place) = self.assigned(location)?;
        let scatter = Scatter::named(&meta.shape, parts, context).place(at)?;
        let (value, drops) = scatter.fitted(expr, &meta).place(|| {
            let (dtype, shape) = (meta.dtype, crate::view::show(scatter.shape()));
            format!("{location}: assigning to elements of {dtype} of shape {shape}")
        })?;
        scatter.check(context).place(at)?;
        self.warn_if(drops, location);
        let staged = scatter.staged(&value, room, context).place(at)?;
        self.taken.push(Taken { label: part_of(location, &name), name, part: Part::Scattered });
        Ok(Assignment { label: location.to_string(), staged, meta, place })
    }

    fn warn_if(&self, drops: bool, location: &Location) {
        if drops {
            (self.writing.warn)(&format!("{location}: the imaginary parts of the value are dropped"));
        }
    }
}

/// A part of an array, in words.
fn part_of(location: &Location, name: &str) -> String {
    format!("a region of {}:{name}", location.path.display())
}

impl Container for Store {
    fn replaced(&self, location: &Location, name: &str) -> Option<Meta> {
        if location.is_part() {
            return None;
        }
        let name = location.name_or(name).ok()?;
        Some(self.before.as_ref()?.array(&name).ok()?.meta().clone())
    }

    fn add(&mut self, expr: &Expr, location: &Location, name: &str, meta: &Meta) -> Result<(Expr, Target)> {
        if location.places.is_some() {
            return Err(Error::request(format!(
                "{location}: elements named by lists, masks or arrays are prepared by `Outputs::stage`"
            )));
        }
        if location.subscript.is_some() {
            return self.add_region(expr, location);
        }
        let name = location.name_or(name)?;
        let label = format!("{}:{name}", location.path.display());
        self.check_free(&label, &name, |_| true)?;
        self.taken.push(Taken { label: label.clone(), name: name.clone(), part: Part::Whole });
        let at = || label.clone();
        let Some(transaction) = &self.transaction else {
            let sink = StoredSink::planned(meta, &location.to_string());
            return Ok((expr.clone(), Target::Sink(Arc::new(sink))));
        };
        let id = transaction.replace(&name, meta.clone()).place(at)?;
        let sink = StoredSink::new(transaction.clone(), id).place(at)?;
        Ok((expr.clone(), Target::Sink(Arc::new(sink))))
    }

    fn store(&mut self) -> Option<&mut Store> {
        Some(self)
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
