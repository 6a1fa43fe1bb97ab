//! Where results go. The outputs of a run are resolved first, grouped by the file or store that they are parts of, and
//! refused when one is in another's way. Each is then written where nobody sees it, and all take their places at the end: one
//! commit for each file, and when one fails, those before it are undone.

mod place;

use std::path::{Path, PathBuf};

use arrstore_format::Meta;
use arrstore_format::replace::{Published, real_path};

use super::container::{Container, Writing};
use super::error::{Error, Placed, Result};
use super::format::Format;
use super::location::Location;
use super::{arrs, npy, npz, zarr};
use crate::{Expr, Target};
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
    /// Each with the number of its container.
    places: Vec<(Place, usize)>,
    /// Each with its path.
    containers: Vec<(PathBuf, Box<dyn Container>)>,
    writing: Writing,
}

impl Outputs {
    /// Looks at every output, refuses what cannot be, and takes the lock of each `.arrs` file.
    ///
    /// # Errors
    /// When two results would be in one place, or one inside another; when something that is there may not be replaced or
    /// written into; when another writer has a file.
    pub fn open(locations: &[Location], writing: Writing) -> Result<Outputs> {
        let region = |l: &&Location| l.subscript.is_some() && l.format != Format::Arrs;
        if let Some(location) = locations.iter().find(region) {
            return Err(Error::request(format!(
                "{location}: only a region of a stored array (.arrs) can be assigned to"
            )));
        }
        let mut outputs = Outputs { places: Vec::new(), containers: Vec::new(), writing };
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

    /// Refuses a file that is to be written beside the outputs, when it is one of them.
    ///
    /// # Errors
    /// When it is, or its folder is not there.
    pub fn check_apart(&self, path: &Path) -> Result<()> {
        let real = real_path(path).place(|| path.display())?;
        match self.places.iter().find(|(place, _)| place::same(&place.container, &real)) {
            Some((place, _)) => Err(Error::one_place(&place.location, &path.display())),
            None => Ok(()),
        }
    }

    /// How the array is stored that output `k` replaces, where its format can tell. `name` is as for [`Outputs::add`].
    pub fn replaced(&self, k: usize, name: &str) -> Option<Meta> {
        let (place, of) = self.places.get(k)?;
        self.containers.get(*of)?.1.replaced(&place.location, name)
    }

    /// Prepares the place of output `k` for `expr`: the expression to plan (cast and broadcast to a region, where one is
    /// assigned) and its target.
    ///
    /// `name` is the name of the array in a file of several, when the location has none. `meta` says how it is stored; formats
    /// without chunks take the order of the axes alone, and a region is stored as its array is.
    ///
    /// # Errors
    /// When the place is taken or cannot hold the array, or `meta` is of another array.
    pub fn add(&mut self, k: usize, expr: &Expr, name: &str, meta: &Meta) -> Result<(Expr, Target)> {
        let no_such = || Error::request(format!("there is no output {k}: {} are open", self.places.len()));
        let (place, of) = self.places.get(k).ok_or_else(no_such)?;
        let (_, container) = self.containers.get_mut(*of).ok_or_else(no_such)?;
        let location = &place.location;
        if location.subscript.is_none() {
            check(expr, meta, location.format.has_chunks()).place(|| location)?;
        }
        container.add(expr, location, name, meta)
    }

    /// Puts everything in place, or nothing. Of several `.arrs` files, those before one that fails keep their commit, and
    /// the error says so. The plan has to be gone: it holds the sinks.
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

/// Refuses a description that is not one of the array.
fn check(expr: &Expr, meta: &Meta, has_chunks: bool) -> Result<()> {
    if (meta.dtype, meta.shape.as_slice()) != (expr.dtype(), expr.shape()) {
        let show = crate::view::show;
        return Err(Error::request(format!(
            "an array of {} and shape {} was described as one of {} and shape {}",
            expr.dtype(),
            show(expr.shape()),
            meta.dtype,
            show(&meta.shape)
        )));
    }
    let mut order = meta.order.clone();
    order.sort_unstable();
    if !(order.len() == meta.ndim() && order.iter().enumerate().all(|(k, &axis)| k == usize::from(axis))) {
        return Err(Error::request(format!("{:?} is not an order of its {} axes", meta.order, meta.ndim())));
    }
    if has_chunks && (meta.chunk_shape.len() != meta.ndim() || meta.chunk_shape.contains(&0)) {
        return Err(Error::request(format!(
            "{} is not the shape of its chunks: that has a length of at least 1 for each of {} axes",
            crate::view::show(&meta.chunk_shape),
            meta.ndim()
        )));
    }
    Ok(())
}

/// Gives names first, which can be taken back, and commits last.
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

/// Takes names back, the last first, and adds to the error what could not be.
fn undo(published: Vec<Published>, error: Error) -> Error {
    published.into_iter().rev().fold(error, |error, published| match published.undo() {
        Ok(()) => error,
        Err(why) => error.at(why),
    })
}
