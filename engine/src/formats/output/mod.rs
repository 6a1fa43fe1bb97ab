//! The outputs of a run. They are first resolved, grouped by file or store, and checked for conflicts. Each is then
//! written where nobody sees it, and all take their places at the end: one commit for each file. If one fails, those
//! before it are undone.

mod place;

use std::path::{Path, PathBuf};

use arrstore_format::Meta;
use arrstore_format::replace::{Published, real_path};

use super::arrs::Assignment;
use super::container::{Container, Writing};
use super::error::{Error, Placed, Result};
use super::format::Format;
use super::location::Location;
use super::{arrs, npy, npz, zarr};
use crate::store::SHARE;
use crate::{Context, Explain, Expr, Part, Target, Value};
use place::Place;

/// The outputs of one run. Dropped without [`Outputs::commit`], they leave everything as it was.
///
/// ```
/// use arrstore::formats::{Location, Outputs, Writing, open};
/// use arrstore::{Context, DType, Expr, Plan};
/// use arrstore_format::Meta;
///
/// let folder = tempfile::tempdir()?;
/// let path = format!("{}:/a", folder.path().join("x.arrs").display());
/// let a = Expr::from_ndarray(&ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
///
/// let mut outputs = Outputs::open(&[Location::of_output(&path)?], Writing::default())?;
/// let in_rows = Meta::new(DType::F64, &[2, 2], &[1, 2]);
/// let context = Context::new(16 << 20, 1);
/// Plan::new(&[outputs.add(0, &a, "", &in_rows)?], &context)?.run(&context)?;
/// outputs.commit()?;
/// assert_eq!(open(&path)?.expr.shape(), [2, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Outputs {
    /// Each with the index of its container.
    places: Vec<(Place, usize)>,
    /// Each with its path.
    containers: Vec<(PathBuf, Box<dyn Container>)>,
    /// Assignments to scattered elements. They are made after the regions are written, so that they may lie in them.
    staged: Vec<Assignment>,
    writing: Writing,
}

impl Outputs {
    /// Checks every output, and takes the lock of each `.arrs` file.
    ///
    /// # Errors
    /// When two results have one place, or one lies inside another; when an existing file or folder may not be replaced
    /// or written into; when another writer has a file.
    pub fn open(locations: &[Location], writing: Writing) -> Result<Outputs> {
        let region = |l: &&Location| l.is_part() && l.format != Format::Arrs;
        if let Some(location) = locations.iter().find(region) {
            return Err(only_arrs(location));
        }
        let mut outputs = Outputs { places: Vec::new(), containers: Vec::new(), staged: Vec::new(), writing };
        let mut first: Vec<Place> = Vec::new();
        for place in place::resolve(locations)? {
            let container = first.iter().position(|other| other.shares(&place));
            outputs.places.push((place.clone(), container.unwrap_or(first.len())));
            if container.is_none() {
                first.push(place);
            }
        }
        for (k, place) in first.iter().enumerate() {
            let container = outputs.container(k, place)?;
            outputs.containers.push((place.container.clone(), container));
        }
        Ok(outputs)
    }

    fn container(&self, k: usize, place: &Place) -> Result<Box<dyn Container>> {
        let (path, writing) = (&place.container, &self.writing);
        let locations = self.places.iter().filter(|(_, of)| *of == k).map(|(place, _)| &place.location);
        Ok(match place.location.format {
            Format::Npy | Format::Raw => Box::new(npy::OneFile::new(writing)),
            Format::Npz => Box::new(npz::Archive::open(path, locations, writing)?),
            Format::Zarr => Box::new(zarr::Store::open(path, locations, writing)?),
            Format::Arrs => Box::new(arrs::Store::open(path, writing)?),
        })
    }

    /// Refuses a file that will be written beside the outputs, if it is one of them.
    ///
    /// # Errors
    /// When the file is an output, or its folder does not exist.
    pub fn check_apart(&self, path: &Path) -> Result<()> {
        let real = real_path(path).place(|| path.display())?;
        match self.places.iter().find(|(place, _)| place::same(&place.container, &real)) {
            Some((place, _)) => Err(Error::one_place(&place.location, &path.display())),
            None => Ok(()),
        }
    }

    /// The layout of the array that output `k` replaces, if its format can tell. `name` is as for [`Outputs::add`].
    pub fn replaced(&self, k: usize, name: &str) -> Option<Meta> {
        let (place, of) = self.places.get(k)?;
        self.containers.get(*of)?.1.replaced(&place.location, name)
    }

    /// Prepares the place of output `k` for `expr`. Returns the expression to plan (for an assignment: cast and
    /// broadcast to the region) and its target.
    ///
    /// `name` is the array's name in a file of several arrays, if the location has none. `meta` is the layout; formats
    /// without chunks use only its order of axes, and a region uses the layout of its array.
    ///
    /// # Errors
    /// When the place is taken or cannot hold the array, or `meta` describes another array.
    pub fn add(&mut self, k: usize, expr: &Expr, name: &str, meta: &Meta) -> Result<(Expr, Target)> {
        let (place, container) = self.output(k)?;
        let location = &place.location;
        if !location.is_part() {
            check(expr, meta, location.format.has_chunks()).place(|| location)?;
        }
        container.add(expr, location, name, meta)
    }

    /// Prepares an assignment of `expr` to the elements that arrays of indices and masks name in output `k`, as
    /// [`Transaction::set_at`](crate::Transaction::set_at). The places are found and checked, with the memory and threads
    /// of `context`, and the value is cast and broadcast to them. Returns the roots to add to the plan: the indices and
    /// values that are to be computed. When the plan has run, [`Outputs::assign`] takes their values.
    ///
    /// # Errors
    /// When there is no such array, the parts do not fit it, an index is out of bounds, or the value does not fit the
    /// parts; errors of the computation of masks and indices.
    pub fn stage(
        &mut self,
        k: usize,
        expr: &Expr,
        parts: &[Part],
        context: &Context,
    ) -> Result<Vec<(Expr, Target)>> {
        let held = self.staged.iter().map(Assignment::held).fold(0, u64::saturating_add);
        let room = (context.budget.total() / SHARE).saturating_sub(held);
        let (place, container) = self.output(k)?;
        let location = &place.location;
        let store = container.store().ok_or_else(|| only_arrs(location))?;
        let assignment = store.stage(expr, location, parts, room, context)?;
        let roots = assignment.roots();
        self.staged.push(assignment);
        Ok(roots)
    }

    /// Adds the assignments that [`Outputs::stage`] prepared to the description of the plan.
    pub fn explain(&self, explain: &mut Explain, context: &Context) {
        for assignment in &self.staged {
            let stage = assignment.explain(context);
            explain.peak = explain.peak.max(stage.peak);
            explain.stages.push(stage);
        }
    }

    /// Makes the assignments that [`Outputs::stage`] prepared, in their order. `found` are the values of the roots that
    /// it returned. The plan must be dropped first.
    ///
    /// # Errors
    /// Errors of the file, and of reading indices and values.
    pub fn assign(
        &mut self,
        found: impl IntoIterator<Item = Option<Value>>,
        context: &Context,
    ) -> Result<()> {
        let mut found = found.into_iter();
        for assignment in std::mem::take(&mut self.staged) {
            let mine = found.by_ref().take(assignment.roots().len()).collect();
            assignment.finish(mine, context)?;
        }
        Ok(())
    }

    fn output(&mut self, k: usize) -> Result<(&Place, &mut Box<dyn Container>)> {
        let no_such =
            || Error::request(format!("there is no output {k}: only {} are open", self.places.len()));
        let (place, of) = self.places.get(k).ok_or_else(no_such)?;
        let (_, container) = self.containers.get_mut(*of).ok_or_else(no_such)?;
        Ok((place, container))
    }

    /// Puts all results in place, or none. The exception is several `.arrs` files: if one fails, the files before it
    /// keep their commits, and the error says so. The plan must be dropped first: it holds the sinks.
    ///
    /// # Errors
    /// When the system refuses, the run was told to stop, or a sink is still in use.
    pub fn commit(self) -> Result<()> {
        let Outputs { mut containers, writing, .. } = self;
        for (_, container) in &mut containers {
            container.prepare()?;
        }
        writing.go_on()?;
        let mut published = Vec::new();
        if let Err(error) = publish(containers, &mut published) {
            return Err(undo(published, error));
        }
        let synced = published.iter().filter(|_| writing.durable).try_for_each(Published::sync);
        for published in published {
            if let Err(error) = published.keep() {
                (writing.warn)(&error.to_string());
            }
        }
        synced.place(|| "the results are written, but may not outlive a power failure")
    }
}

fn only_arrs(location: &Location) -> Error {
    Error::request(format!(
        "{location}: expected an array of an .arrs file, because only there a region can be assigned to"
    ))
}

/// Refuses metadata that does not describe the array.
fn check(expr: &Expr, meta: &Meta, has_chunks: bool) -> Result<()> {
    if (meta.dtype, meta.shape.as_slice()) != (expr.dtype(), expr.shape()) {
        let show = crate::view::show;
        return Err(Error::request(format!(
            "the result has type {} and shape {}, but its description says type {} and shape {}",
            expr.dtype(),
            show(expr.shape()),
            meta.dtype,
            show(&meta.shape)
        )));
    }
    let mut order = meta.order.clone();
    order.sort_unstable();
    if !(order.len() == meta.ndim() && order.iter().enumerate().all(|(k, &axis)| k == usize::from(axis))) {
        return Err(Error::request(format!(
            "{:?} is not an order of the axes: expected each of the {} axes once",
            meta.order,
            meta.ndim()
        )));
    }
    if has_chunks && (meta.chunk_shape.len() != meta.ndim() || meta.chunk_shape.contains(&0)) {
        return Err(Error::request(format!(
            "{} is not a chunk shape: expected a length of at least 1 for each of {} axes",
            crate::view::show(&meta.chunk_shape),
            meta.ndim()
        )));
    }
    Ok(())
}

/// Publishes containers that can be undone first, and those that commit last.
fn publish(containers: Vec<(PathBuf, Box<dyn Container>)>, published: &mut Vec<Published>) -> Result<()> {
    let alone = containers.len() == 1;
    let (last, first): (Vec<_>, Vec<_>) =
        containers.into_iter().partition(|(_, container)| container.commits());
    for (_, container) in first {
        container.publish(!alone, published)?;
    }
    let mut stand = Vec::new();
    for (path, container) in last {
        match container.publish(false, published) {
            Err(error) if !stand.is_empty() => {
                return Err(error.at(format!("only {} is written", stand.join(", "))));
            }
            committed => committed?,
        }
        stand.push(path.display().to_string());
    }
    Ok(())
}

/// Undoes published names, the last first, and adds failures to the error.
fn undo(published: Vec<Published>, error: Error) -> Error {
    published.into_iter().rev().fold(error, |error, published| match published.undo() {
        Ok(()) => error,
        Err(why) => error.at(why),
    })
}
