//! Where results go. The outputs of a run are resolved first, grouped by the file or store that they are parts of, and
//! refused when one is in another's way. Each is then written where nobody sees it, and all take their places at the end: one
//! commit for each file, and when one fails, those before it are undone.

mod claim;
mod npz;
mod place;
mod plain;
mod region;
mod store;
mod tree;
mod zarr;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use arrstore::{DType, Expr, Sink, Target};
use arrstore_format::replace::{Published, real_path};

use crate::cli::{Storing, Waiting};
use crate::input::About;
use crate::location::{Kind, Location};
use crate::misuse::misuse;
use place::Place;

/// The outputs of one run. Dropped without [`Outputs::commit`], they leave everything as it was.
pub(crate) struct Outputs {
    /// Each with the number of its container.
    places: Vec<(Place, usize)>,
    containers: Vec<Container>,
    writing: Writing,
}

/// How a run writes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Writing {
    /// Waits for the disk before a commit counts.
    pub(crate) durable: bool,
    /// Writes nothing at all.
    pub(crate) dry: bool,
    /// How long another writer is waited for.
    pub(crate) wait: Waiting,
}

/// One file or store, with all that the run writes to it.
enum Container {
    File(plain::PlainFile),
    Archive(npz::Archive),
    Folder(zarr::Store),
    Store(store::Store),
}

/// What is to be written, and how.
pub(crate) struct Order<'a> {
    pub(crate) location: &'a Location,
    /// The name of the array in a file of arrays, when the location has none.
    pub(crate) name: &'a str,
    pub(crate) storing: &'a Storing,
    pub(crate) about: &'a About,
}

impl Outputs {
    /// Looks at every output, refuses what cannot be, and takes the lock of each `.arrs` file.
    pub(crate) fn open(locations: &[Location], storing: &Storing, writing: Writing) -> Result<Outputs> {
        let region = |l: &&Location| l.subscript.is_some() && l.kind != Kind::Arrs;
        if let Some(location) = locations.iter().find(region) {
            return Err(misuse(format!(
                "{location}: only a region of a stored array (.arrs) can be assigned to"
            )));
        }
        storing.check(locations)?;
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
            outputs.containers.push(container);
        }
        Ok(outputs)
    }

    fn container(&self, k: usize, place: &Place) -> Result<Container> {
        let (path, dry) = (&place.container, self.writing.dry);
        let locations = self.places.iter().filter(|(_, of)| *of == k).map(|(place, _)| &place.location);
        Ok(match place.location.kind {
            Kind::Npy | Kind::Raw => Container::File(plain::PlainFile::new(dry)),
            Kind::Npz => Container::Archive(npz::Archive::open(path, locations, dry)?),
            Kind::Zarr => Container::Folder(zarr::Store::open(path, locations, dry)?),
            Kind::Arrs => Container::Store(store::Store::open(path, &self.writing)?),
        })
    }

    /// Refuses a file that is to be written beside the outputs, when it is one of them.
    pub(crate) fn check_apart(&self, path: &Path) -> Result<()> {
        let real = real_path(path).with_context(|| path.display().to_string())?;
        match self.places.iter().find(|(place, _)| place::same(&place.container, &real)) {
            Some((place, _)) => Err(place::one_place(&place.location, &path.display())),
            None => Ok(()),
        }
    }

    /// Prepares the place of output `k` for `expr`: the expression to plan (cast and broadcast to a region, where one is
    /// assigned) and its target.
    pub(crate) fn add(&mut self, k: usize, expr: &Expr, order: &Order<'_>) -> Result<(Expr, Target)> {
        let container = self.places.get(k).and_then(|(_, of)| self.containers.get_mut(*of));
        match container.context("there is no such output")? {
            Container::File(file) => file.add(expr, order),
            Container::Archive(archive) => archive.add(expr, order),
            Container::Folder(folder) => folder.add(expr, order),
            Container::Store(store) => store.add(expr, order),
        }
    }

    /// Puts everything in place, or nothing. Of several `.arrs` files, those before one that fails keep their commit, and
    /// the error says so.
    pub(crate) fn commit(self) -> Result<()> {
        let durable = self.writing.durable;
        let alone = self.containers.len() == 1;
        let (mut stores, mut others) = (Vec::new(), Vec::new());
        for mut container in self.containers {
            match &mut container {
                Container::File(file) => file.prepare(durable)?,
                Container::Archive(archive) => archive.prepare(durable)?,
                Container::Folder(folder) => folder.prepare(durable)?,
                Container::Store(_) => {}
            }
            match container {
                Container::Store(store) => stores.push(store),
                other => others.push(other),
            }
        }
        if crate::run::stop_flag().load(Ordering::Relaxed) {
            return Err(arrstore::Error::Cancelled.into());
        }
        let mut published = Vec::new();
        if let Err(error) = publish(others, stores, durable, alone, &mut published) {
            return Err(undo(published, error));
        }
        let synced = published.iter().filter(|_| durable).try_for_each(Published::sync);
        for published in published {
            if let Err(error) = published.keep() {
                crate::print::remark(&format!("warning: {error}"));
            }
        }
        synced.context("the results are written, but may not outlive a power failure")
    }
}

/// Gives names first, which can be taken back, and commits last.
fn publish(
    others: Vec<Container>,
    stores: Vec<store::Store>,
    durable: bool,
    alone: bool,
    published: &mut Vec<Published>,
) -> Result<()> {
    for container in others {
        match container {
            Container::File(file) => published.extend(file.publish(!alone)?),
            Container::Archive(archive) => published.extend(archive.publish(!alone)?),
            Container::Folder(folder) => folder.publish(durable, published)?,
            Container::Store(_) => {}
        }
    }
    let mut stand = Vec::new();
    for store in stores {
        let path = store.path().display().to_string();
        match store.commit(durable) {
            Err(error) if !stand.is_empty() => {
                return Err(error.context(format!("only {} is written", stand.join(", "))));
            }
            committed => committed?,
        }
        stand.push(path);
    }
    Ok(())
}

/// Takes names back, the last first, and adds to the error what could not be.
fn undo(published: Vec<Published>, error: anyhow::Error) -> anyhow::Error {
    published.into_iter().rev().fold(error, |error, published| match published.undo() {
        Ok(()) => error,
        Err(why) => error.context(format!("{why}")),
    })
}

/// What was shared with a plan that has run and is gone.
fn finished<T>(shared: Arc<T>) -> Result<T> {
    Arc::into_inner(shared).context("an output is still being written")
}

/// Stands for a sink where a plan is only explained.
struct Dry {
    label: String,
    dtype: DType,
    shape: Vec<u64>,
    chunk: Option<Vec<u64>>,
}

impl Dry {
    fn target(location: &Location, dtype: DType, shape: &[u64], chunk: Option<Vec<u64>>) -> Target {
        Target::Sink(Arc::new(Dry { label: location.to_string(), dtype, shape: shape.to_vec(), chunk }))
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
    fn write(&self, _: &[u64], _: &[u64], _: &[u8]) -> arrstore::Result<()> {
        Err(arrstore::Error::Other("this output is only planned".to_owned()))
    }
    fn label(&self) -> String {
        self.label.clone()
    }
}
