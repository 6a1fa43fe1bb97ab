//! Where results go: each is written beside its target, or in a transaction, and takes its place at the end.

mod npz;
mod region;
mod store;
mod zarr;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrstore::{DType, Expr, Target};
use arrstore::{NpySink, Sink};

use crate::cli::Storing;
use crate::input::About;
use crate::location::{Kind, Location};
use crate::misuse::misuse;
use store::Store;

/// The outputs of one run. Dropped without [`Outputs::commit`], they leave everything as it was.
pub(crate) struct Outputs {
    stores: BTreeMap<PathBuf, Store>,
    files: Vec<Arc<NpySink>>,
    archives: Vec<npz::Archive>,
    folders: Vec<zarr::Folder>,
    durable: bool,
    dry: bool,
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
    /// No outputs yet. `durable` waits for the disk before a commit counts; `dry` writes nothing at all.
    pub(crate) fn new(durable: bool, dry: bool) -> Outputs {
        Outputs {
            stores: BTreeMap::new(),
            files: Vec::new(),
            archives: Vec::new(),
            folders: Vec::new(),
            durable,
            dry,
        }
    }

    /// Prepares a place for `expr`: the expression to plan (cast and broadcast to a region, where one is assigned)
    /// and its target.
    pub(crate) fn add(&mut self, expr: &Expr, order: &Order<'_>) -> Result<(Expr, Target)> {
        let location = order.location;
        if location.subscript.is_some() && location.kind != Kind::Arrs {
            return Err(misuse(format!(
                "{location}: only a region of a stored array (.arrs) can be assigned to"
            )));
        }
        if !self.dry {
            std::fs::read_dir(location.folder()).with_context(|| location.folder().display().to_string())?;
        }
        let at = || location.to_string();
        let (dtype, shape) = (expr.dtype(), expr.shape());
        match location.kind {
            Kind::Npy | Kind::Raw | Kind::Npz if self.dry => {
                Ok((expr.clone(), Dry::target(location, dtype, shape, None)))
            }
            Kind::Npy | Kind::Raw => {
                let sink = match location.kind {
                    Kind::Npy => NpySink::create(&location.path, dtype, shape),
                    _ => NpySink::raw(&location.path, dtype, shape),
                };
                let sink = Arc::new(sink.with_context(at)?);
                self.files.push(sink.clone());
                Ok((expr.clone(), Target::Sink(sink)))
            }
            Kind::Npz => {
                let archive = npz::Archive::create(order, dtype, shape)?;
                let target = archive.target();
                self.archives.push(archive);
                Ok((expr.clone(), target))
            }
            Kind::Zarr => {
                let folder = zarr::Folder::create(order, dtype, shape, self.dry)?;
                let sink = folder.sink();
                self.folders.push(folder);
                Ok((expr.clone(), Target::Sink(sink)))
            }
            Kind::Arrs => {
                let store = match self.stores.entry(location.path.clone()) {
                    std::collections::btree_map::Entry::Occupied(e) => e.into_mut(),
                    std::collections::btree_map::Entry::Vacant(e) => {
                        e.insert(Store::open(&location.path, self.durable, self.dry)?)
                    }
                };
                store.add(expr, order)
            }
        }
    }

    /// Puts everything in place: files by rename, stores by one commit each.
    pub(crate) fn commit(self) -> Result<()> {
        for sink in self.files {
            let sink = Arc::into_inner(sink).context("an output is still being written")?;
            sink.commit(self.durable)?;
        }
        for archive in self.archives {
            archive.commit(self.durable)?;
        }
        for folder in self.folders {
            folder.commit(self.durable)?;
        }
        for store in self.stores.into_values() {
            store.commit()?;
        }
        Ok(())
    }
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
