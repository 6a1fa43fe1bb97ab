//! Parts of arrays: files that many processes or machines write, and their merge into one file.
//!
//! A part is an array with the attribute `_part`: `{"start": [..], "shape": [..]}`, its first element in the whole
//! array and the shape of that. Name, type, chunks, codec, fill value and names of axes are those of the whole array.
//! A file may hold parts of several arrays.

mod error;
mod place;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use arrstore_format::{Array, ArrayId, File, Meta};
use serde_json::{Value, json};

pub use error::PartsError;
use place::{Place, gap, overlap};

use super::{Transaction, full_name};
use crate::formats::Placed;
use crate::view::Index;
use crate::{Context, Error, Expr, Result};

/// The attribute of a part.
const PLACE: &str = "_part";

/// Options of [`Transaction::merge`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Merging {
    /// Names of arrays that exist already: parts change elements of them. All other arrays are made anew.
    pub existing: Vec<String>,
    /// Whether the parts must hold every element of each array that is made.
    pub complete: bool,
}

/// The result of a merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merged {
    /// Number of arrays.
    pub arrays: u64,
    /// Number of parts whose chunks were moved as they are.
    pub moved: u64,
    /// Number of parts that were decoded and written again.
    pub decoded: u64,
    /// Bytes of the payloads of all parts.
    pub bytes: u64,
}

/// The attribute of a part that begins at `start` in an array of `shape`.
pub(super) fn attribute(start: &[u64], shape: &[u64]) -> (String, Value) {
    (PLACE.to_owned(), json!({ "start": start, "shape": shape }))
}

/// A whole array, and its parts.
#[derive(Debug)]
struct Whole {
    /// The metadata of the whole array, as the first part has it.
    meta: Meta,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    path: PathBuf,
    place: Place,
    /// Bytes of its payloads.
    stored: u64,
}

/// The place of a part and the metadata of its whole array; `None` for an array that is no part.
fn read(path: &Path, array: &Array) -> Result<Option<(Place, Meta)>> {
    let mut meta = array.meta().clone();
    let Some(value) = meta.attributes.remove(PLACE) else { return Ok(None) };
    let numbers = |key: &str| {
        let list: Option<Vec<u64>> = value.get(key)?.as_array()?.iter().map(Value::as_u64).collect();
        list.filter(|list| list.len() == array.meta().ndim())
    };
    let (path, array) = (path.to_owned(), meta.name.clone());
    let (Some(start), Some(shape)) = (numbers("start"), numbers("shape")) else {
        return Err(PartsError::Place { path, array, ndim: meta.ndim() }.into());
    };
    let count = std::mem::replace(&mut meta.shape, shape);
    for (axis, ((&start, &n), &length)) in start.iter().zip(&count).zip(&meta.shape).enumerate() {
        let end = u128::from(start) + u128::from(n);
        if end > u128::from(length) {
            return Err(PartsError::Outside { path, array, axis, start, end, length }.into());
        }
    }
    Ok(Some((Place { start, count }, meta)))
}

/// All parts in files, by the names of their arrays.
fn read_all(paths: &[PathBuf], output: &Path, context: &Context) -> Result<BTreeMap<String, Whole>> {
    let identity = |path: &Path| std::fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    let output = identity(output);
    let mut wholes = BTreeMap::<String, Whole>::new();
    for path in paths {
        context.go_on()?;
        let at = || path.display();
        let snapshot = File::open(path).and_then(|file| file.snapshot()).place(at)?;
        let mut any = false;
        for name in snapshot.arrays().place(at)? {
            let array = snapshot.array(&name).place(at)?;
            let Some((place, meta)) = read(path, &array)? else { continue };
            any = true;
            let part = Part { path: path.clone(), place, stored: array.stored_bytes() };
            match wholes.get_mut(&name) {
                Some(whole) => {
                    whole.check_alike(path, &meta)?;
                    whole.parts.push(part);
                }
                None => {
                    wholes.insert(name, Whole { meta, parts: vec![part] });
                }
            }
        }
        if !any {
            return Err(PartsError::NotPart { path: path.clone() }.into());
        }
        if output.is_some() && identity(path) == output {
            return Err(PartsError::Output { path: path.clone() }.into());
        }
    }
    if wholes.is_empty() { Err(PartsError::None.into()) } else { Ok(wholes) }
}

impl Whole {
    /// Refuses a part of another array, or in another layout, than the first part.
    fn check_alike(&self, path: &Path, meta: &Meta) -> Result<()> {
        let first = &self.meta;
        let found = [meta, first].map(|meta| {
            [
                ("a shape of the whole array of", format!("{:?}", meta.shape)),
                ("dtype", meta.dtype.to_string()),
                ("chunks", format!("{:?}", meta.chunk_shape)),
                ("order", format!("{:?}", meta.order)),
                ("codec", meta.codec.to_string()),
                ("shuffle", meta.shuffle.to_string()),
                ("fill", format!("of bytes {:02x?}", meta.fill)),
                ("dims", format!("{:?}", meta.dims)),
            ]
        });
        let [found, expected] = found;
        match found.into_iter().zip(expected).find(|(found, expected)| found != expected) {
            None => Ok(()),
            Some(((what, found), (_, expected))) => Err(PartsError::Differs {
                path: path.to_owned(),
                array: first.name.clone(),
                what,
                found,
                expected,
                first: self.parts.first().map(|part| part.path.clone()).unwrap_or_default(),
            }
            .into()),
        }
    }

    /// Refuses parts that overlap and, if the array must be complete, gaps between them.
    fn check_places(&self, complete: bool) -> Result<()> {
        let (array, shape) = (self.meta.name.clone(), &self.meta.shape);
        let places: Vec<&Place> = self.parts.iter().map(|part| &part.place).collect();
        let of = |k: usize| self.parts.get(k).map(|part| (part.path.clone(), part.place.start.clone()));
        if let Some((one, other)) = overlap(&places) {
            let (one, other) = (of(one).unwrap_or_default(), of(other).unwrap_or_default());
            return Err(PartsError::Overlap { array, one, other }.into());
        }
        let Some(first) = complete.then(|| gap(&places, shape)).flatten() else { return Ok(()) };
        // The shape is not checked yet, and may be of any size.
        let elements = shape.iter().fold(1, |all: u128, &n| all.saturating_mul(n.into()));
        let held = places.iter().fold(0, |all: u128, place| all.saturating_add(place.elements()));
        Err(PartsError::Gap { array, first, missing: elements.saturating_sub(held), elements }.into())
    }

    /// Opens a part again. Its file may have been written anew meanwhile, as the same part.
    fn open(&self, part: &Part) -> Result<Array> {
        let at = || part.path.display();
        let changed = || PartsError::Changed { path: part.path.clone(), array: self.meta.name.clone() };
        let snapshot = File::open(&part.path).and_then(|file| file.snapshot()).place(at)?;
        let array = snapshot.array(&self.meta.name).place(at)?;
        let (place, meta) = read(&part.path, &array)?.ok_or_else(changed)?;
        if place != part.place || self.check_alike(&part.path, &meta).is_err() {
            return Err(changed().into());
        }
        Ok(array)
    }
}

impl Transaction {
    /// Moves parts of arrays, each written to a file of its own with [`Layout::part`](crate::Layout::part), into this
    /// file. The arrays are made anew, and replace those of the same names. Chunks that no part has are missing: they
    /// take no space, and read as the fill value. The part files stay as they are.
    ///
    /// The payloads of a part are copied without decoding them, and their checksums are proved on the way: a damaged
    /// payload is refused. A part that begins or ends within a chunk is decoded, and written as [`Transaction::assign`]
    /// does; so are parts of [existing](Merging::existing) arrays that have another layout or missing chunks. The
    /// copying of chunks takes one buffer of at most 1 MiB, and 64 bytes for each MiB of a large raw chunk.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// use arrstore::{Layout, Merging};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = |name: &str| folder.path().join(name);
    /// for row in [0, 2] {
    ///     let part = Store::create(path(&format!("part{row}.arrs")))?;
    ///     let layout = Layout::new().chunk([2, 3]).part([row, 0], [4, 3]);
    ///     part.write_with("/t", &ndarray::Array2::from_elem((2, 3), row), &layout)?;
    /// }
    /// let store = Store::create(path("whole.arrs"))?;
    /// let parts = [path("part0.arrs"), path("part2.arrs")];
    /// store.transaction(|tx| tx.merge(&parts, &Merging::default()))?;
    /// assert_eq!(store.array("/t")?.to_string(), "[[0 0 0]\n [0 0 0]\n [2 2 2]\n [2 2 2]]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parts`] when parts overlap, differ in shape, type or layout, leave a gap in an array that must be
    /// complete, or a file has no part or is the output itself: nothing has changed then. When a part cannot be read or
    /// is damaged, or the disk is full.
    pub fn merge(&self, parts: &[PathBuf], merging: &Merging) -> Result<Merged> {
        let wholes = read_all(parts, self.path(), self.context())?;
        let is_new = |name: &str| !merging.existing.iter().any(|other| full_name(other) == name);
        for (name, whole) in &wholes {
            whole.check_places(merging.complete && is_new(name))?;
            if !is_new(name) {
                self.check_whole(name, whole)?;
            }
        }
        let parts = || wholes.values().flat_map(|whole| &whole.parts);
        let all = parts().fold(0, |all: u64, part| all.saturating_add(part.stored));
        let mut merged = Merged { arrays: wholes.len() as u64, bytes: all, ..Merged::default() };
        let mut done = 0;
        for (name, whole) in &wholes {
            let new = is_new(name);
            let id = match new {
                true => self.step(|| Ok(self.inner().replace(name, whole.meta.clone())?))?,
                false => self.find(name)?,
            };
            for part in whole.parts.iter().filter(|part| !part.place.is_empty()) {
                self.context().go_on()?;
                let array = whole.open(part)?;
                // A missing chunk has to become missing where there may have been one.
                let whole_grid = || array.present() == array.grid().len();
                if (new || whole_grid()) && self.takes(id, part, &array)? {
                    merged.moved += 1;
                    self.move_part(id, part, &array, &mut done, all)?;
                } else {
                    merged.decoded += 1;
                    self.write_part(name, part, array)?;
                    done += part.stored;
                }
            }
        }
        Ok(merged)
    }

    /// Refuses parts of an array of another shape than the existing one.
    fn check_whole(&self, name: &str, whole: &Whole) -> Result<()> {
        let shape = self.meta(name)?.shape;
        if shape == whole.meta.shape {
            return Ok(());
        }
        Err(Error::Shape(format!(
            "{name}: the array has shape {shape:?}, and its parts are those of an array of shape {:?}",
            whole.meta.shape
        )))
    }

    /// Whether an array takes the chunks of a part as they are.
    fn takes(&self, id: ArrayId, part: &Part, array: &Array) -> Result<bool> {
        let (to, Place { start, count }) = (self.inner().meta(id)?, &part.place);
        Ok(to.is_like(array.meta()) && to.holds_whole_chunks(start, count))
    }

    /// Moves the chunks of a part as they are.
    fn move_part(&self, id: ArrayId, part: &Part, array: &Array, done: &mut u64, all: u64) -> Result<()> {
        let context = self.context();
        let _permit = context.budget.take(array.copy_scratch() as u64, "copying chunks")?;
        let mut copied = |bytes| {
            *done += bytes;
            if let Some(progress) = &context.progress {
                progress(*done, all.max(*done));
            }
            context.go_on().map_err(|_| arrstore_format::Error::Cancelled)
        };
        self.step(|| {
            let moved = self.inner().copy_part(id, &part.place.start, array, &mut copied);
            Ok(moved.place(|| part.path.display())?)
        })
    }

    /// Decodes a part, and writes its elements.
    fn write_part(&self, name: &str, part: &Part, array: Array) -> Result<()> {
        let axes = part.place.start.iter().zip(&part.place.count);
        let slice = |(&start, &n): (&u64, &u64)| {
            let [start, stop] = [start, start + n].map(|at| Some(at as i64));
            Index::Slice { start, stop, step: None }
        };
        let region: Vec<Index> = axes.map(slice).collect();
        let written = self.assign(name, &region, crate::Array::from(Expr::stored(array)?));
        Ok(written.place(|| part.path.display())?)
    }
}
