//! Changes in one commit.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrstore_format::{ArrayId, Attributes, Meta};

use super::layout::grown_chunk;
use super::{Layout, finished, full_name};
use crate::formats::Known;
use crate::region::RegionSink;
use crate::sink::{Sink, StoredSink};
use crate::view::{Index, show};
use crate::{Context, Error, IntoArray, Result, Slice};

/// Changes to a [`Store`](crate::Store) that nobody sees before they are committed together.
///
/// The transaction itself sees the changes made so far. A step that fails after it began to change an array leaves the
/// transaction incomplete: it can no longer be committed.
#[derive(Debug)]
pub struct Transaction {
    inner: Arc<arrstore_format::Transaction>,
    path: PathBuf,
    context: Context,
    /// The error of the first step that failed. The lock is held while a step runs, because two regions may interlace.
    failed: Mutex<Option<String>>,
}

impl Transaction {
    /// A transaction of the file at `path`.
    pub(crate) fn new(
        inner: Arc<arrstore_format::Transaction>,
        path: &Path,
        context: &Context,
    ) -> Transaction {
        Transaction { inner, path: path.to_owned(), context: context.clone(), failed: Mutex::default() }
    }

    /// Commits all changes together.
    ///
    /// # Errors
    /// When a step failed before, or when the disk refuses. Then nothing changes.
    pub fn commit(self) -> Result<()> {
        match self.failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(words) => Err(Error::Transaction(words)),
            None => {
                finished(self.inner)?.commit()?;
                Ok(())
            }
        }
    }

    /// Runs a step that changes an array, one at a time, and records the first error.
    pub(super) fn step<T>(&self, change: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        change().inspect_err(|error| {
            failed.get_or_insert_with(|| error.to_string());
        })
    }

    pub(super) fn find(&self, name: &str) -> Result<ArrayId> {
        Ok(self.inner.find(&full_name(name))?)
    }

    pub(super) fn inner(&self) -> &arrstore_format::Transaction {
        &self.inner
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// The names of all arrays, in order.
    pub fn names(&self) -> Vec<String> {
        self.inner.arrays()
    }

    /// Type, shape, chunks, codec, names of the axes and attributes of an array.
    ///
    /// # Errors
    /// When there is no such array, or its metadata is damaged.
    pub fn meta(&self, name: &str) -> Result<Meta> {
        Ok(self.inner.meta(self.find(name)?)?)
    }

    /// Writes an array, as [`Store::write`](crate::Store::write).
    ///
    /// # Errors
    /// As [`Store::write`](crate::Store::write).
    pub fn write(&self, name: &str, array: impl IntoArray) -> Result<()> {
        self.write_with(name, array, &Layout::default())
    }

    /// Writes an array, as [`Store::write_with`](crate::Store::write_with).
    ///
    /// # Errors
    /// As [`Store::write_with`](crate::Store::write_with).
    pub fn write_with(&self, name: &str, array: impl IntoArray, layout: &Layout) -> Result<()> {
        let array = array.into_written();
        let (dtype, shape) = array.describe()?;
        let old = self.meta(name).ok().filter(|old| old.shape == shape);
        let known = old.as_ref().map(Known::of).unwrap_or_default();
        let meta = layout.meta(dtype, &shape, &known)?;
        self.step(|| {
            let id = self.inner.replace(&full_name(name), meta)?;
            array.write(Arc::new(StoredSink::new(self.inner.clone(), id)?), &self.context)
        })
    }

    /// Makes an array longer along `axis`, which may be negative, by the elements of another. The other axes must have
    /// the same lengths, and the elements the same type. A small array that would have very many small chunks gets larger
    /// ones.
    ///
    /// # Errors
    /// When there is no such array or axis, or types or shapes differ; as [`Store::write`](crate::Store::write).
    pub fn append(&self, name: &str, axis: i64, more: impl IntoArray) -> Result<()> {
        let more = more.into_written();
        let (dtype, added) = more.describe()?;
        let id = self.find(name)?;
        let meta = self.inner.meta(id)?;
        let [axis] = crate::view::resolve_axes(&[axis], meta.ndim())?[..] else { return Ok(()) };
        if dtype != meta.dtype {
            return Err(Error::dtype(&format!("appending to {name}"), meta.dtype, dtype));
        }
        let differs = |k: usize| k != axis && meta.shape[k] != added[k];
        if added.len() != meta.ndim() || (0..added.len()).any(differs) {
            return Err(Error::Shape(format!(
                "appending to {name} along axis {axis}: the other axes have to match shape {}, but the new array has shape {}",
                show(&meta.shape),
                show(&added)
            )));
        }
        let mut shape = meta.shape.clone();
        let overflow = || {
            Error::Shape(format!(
                "appending to {name}: the array would be too large: its number of elements exceeds 64 bits"
            ))
        };
        shape[axis] = shape[axis].checked_add(added[axis]).ok_or_else(overflow)?;
        crate::elements(&shape)?;
        let mut region = vec![Index::ALL; meta.ndim()];
        region[axis] = Index::Slice { start: Some(meta.shape[axis] as i64), stop: None, step: None };
        self.step(|| {
            let id = self.grow(id, &shape)?;
            more.write(self.region(id, &region)?, &self.context)
        })
    }

    /// Changes the lengths of an array's axes, and its chunks where these would be small and many: then the array is
    /// written anew, and gets another id.
    fn grow(&self, id: ArrayId, shape: &[u64]) -> Result<ArrayId> {
        let old = self.inner.meta(id)?;
        let Some(chunk_shape) = grown_chunk(&old, shape) else {
            self.inner.resize(id, shape)?;
            return Ok(id);
        };
        let start = vec![0; old.ndim()];
        // no more than a default chunk has
        let mut elements = vec![0; crate::elements(&old.shape)? as usize * old.dtype.size()];
        self.inner.read(id, &start, &old.shape, &mut elements)?;
        let mut meta = old.clone();
        meta.chunk_shape = chunk_shape;
        let new = self.inner.replace(&old.name, meta)?;
        self.inner.resize(new, shape)?;
        self.inner.write(new, &start, &old.shape, &elements)?;
        Ok(new)
    }

    fn region(&self, id: ArrayId, region: &[Index]) -> Result<Arc<RegionSink>> {
        let meta = self.inner.meta(id)?;
        Ok(Arc::new(RegionSink::new(Some((self.inner.clone(), id)), meta, region, None)?))
    }

    /// Assigns to an array, or to a region of it written as in Python: `/t[10:20, ::2]`. The value is a number, or an
    /// array that broadcasts to the region. It is cast to the array's type, as in NumPy's assignment.
    ///
    /// # Errors
    /// When there is no such array, the region is not inside it, the shape of the value does not fit, or imaginary
    /// parts would be lost; as [`Store::write`](crate::Store::write).
    pub fn set(&self, place: &str, value: impl IntoArray) -> Result<()> {
        let (name, region) = self.split(place)?;
        self.assign(&name, &region, value)
    }

    /// Assigns to the region of an array that [`s!`](crate::s) names.
    ///
    /// ```
    /// # use arrstore::prelude::*;
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::create(folder.path().join("x.arrs"))?;
    /// store.write("/t", &ndarray::array![1, 2, 3, 4])?;
    /// store.transaction(|tx| tx.set_slice("/t", s![..;2], 0))?;
    /// assert_eq!(store.array("/t")?.to_string(), "[0 2 0 4]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Transaction::set`]. A negative step is refused: reverse the value with [`Array::flip`](crate::Array::flip).
    pub fn set_slice(&self, name: &str, region: impl AsRef<[Slice]>, value: impl IntoArray) -> Result<()> {
        let parts = region.as_ref().iter().map(|part| part.ascending());
        let turned =
            || Error::Value("cannot assign to a region with a negative step: flip the value instead".into());
        self.assign(name, &parts.collect::<Option<Vec<Index>>>().ok_or_else(turned)?, value)
    }

    /// Assigns to one field of an array of records, or of a region of it, as NumPy's `r['age'][10:20] = value`. The other
    /// fields stay.
    ///
    /// # Errors
    /// As [`Transaction::set`]; when the elements have no such field, or it has axes of its own.
    pub fn set_field(&self, place: &str, field: &str, value: impl IntoArray) -> Result<()> {
        let (name, region) = self.split(place)?;
        let id = self.find(&name)?;
        let sink = RegionSink::new(Some((self.inner.clone(), id)), self.inner.meta(id)?, &region, None)?;
        self.assign_to(&name, sink.of_field(field)?, &region, value)
    }

    /// Splits `place` into an array's name and the region after it.
    fn split(&self, place: &str) -> Result<(String, Vec<Index>)> {
        let full = full_name(place);
        if self.inner.find(&full).is_ok() {
            return Ok((full, Vec::new()));
        }
        let ends = full.match_indices('[').filter_map(|(at, _)| full.split_at_checked(at));
        for (name, rest) in ends {
            let inside = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            if let (Ok(_), Some(inside)) = (self.inner.find(name), inside) {
                return Ok((name.to_owned(), crate::text::parse_subscript(inside)?));
            }
        }
        let name = full.split('[').next().unwrap_or(&full);
        self.find(name)?;
        Err(Error::Value(format!("expected the name of an array or name[region], found '{place}'")))
    }

    /// Assigns to the region of an array that an index names.
    ///
    /// # Errors
    /// As [`Transaction::set`].
    #[doc(hidden)]
    pub fn assign(&self, name: &str, region: &[Index], value: impl IntoArray) -> Result<()> {
        let id = self.find(name)?;
        let sink = RegionSink::new(Some((self.inner.clone(), id)), self.inner.meta(id)?, region, None)?;
        self.assign_to(name, sink, region, value)
    }

    fn assign_to(&self, name: &str, sink: RegionSink, region: &[Index], value: impl IntoArray) -> Result<()> {
        let sink = Arc::new(sink);
        let value = value.into_written();
        let (dtype, shape) = value.describe()?;
        if (dtype, &shape[..]) == (sink.dtype(), sink.shape()) {
            return self.step(|| value.write(sink, &self.context));
        }
        let value = value.expr()?;
        let (fitted, drops) = sink.fitted(&value, region)?;
        if drops {
            return Err(Error::DType {
                what: format!("assigning to {name} would lose imaginary parts, unless real() is taken"),
                expected: sink.dtype(),
                found: value.dtype(),
            });
        }
        let value = crate::Array::from(fitted).into_written();
        self.step(|| value.write(sink, &self.context))
    }

    /// Changes the lengths of an array's axes. Elements beyond a shorter length are lost; new elements have the fill
    /// value. As after [`Transaction::append`], chunks may be larger.
    ///
    /// # Errors
    /// When there is no such array, the number of axes differs, or a chunk that has to be changed is damaged.
    pub fn resize(&self, name: &str, shape: impl AsRef<[u64]>) -> Result<()> {
        let (id, shape) = (self.find(name)?, shape.as_ref());
        let ndim = self.inner.meta(id)?.ndim();
        if shape.len() != ndim {
            return Err(Error::Shape(format!(
                "resizing {name}: expected a length for each of {ndim} axes, found {}",
                show(shape)
            )));
        }
        self.step(|| self.grow(id, shape).map(drop))
    }

    /// Deletes an array, sound or damaged.
    ///
    /// # Errors
    /// When there is no such array.
    pub fn delete(&self, name: &str) -> Result<()> {
        let id = self.find(name)?;
        self.step(|| Ok(self.inner.delete(id)?))
    }

    /// Renames an array.
    ///
    /// # Errors
    /// When there is no such array, or the new name is taken or not allowed.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        Ok(self.inner.rename(self.find(from)?, &full_name(to))?)
    }

    /// Sets one attribute of an array.
    ///
    /// # Errors
    /// When there is no such array, or its attributes become too long.
    pub fn set_attribute(
        &self,
        name: &str,
        key: impl Into<String>,
        value: impl Into<serde_json::Value>,
    ) -> Result<()> {
        let mut attributes = self.meta(name)?.attributes;
        attributes.insert(key.into(), value.into());
        self.set_attributes(name, attributes)
    }

    /// Replaces all attributes of an array.
    ///
    /// # Errors
    /// As [`Transaction::set_attribute`].
    pub fn set_attributes(&self, name: &str, attributes: Attributes) -> Result<()> {
        Ok(self.inner.set_attributes(self.find(name)?, attributes)?)
    }

    /// Replaces the attributes of the store itself.
    ///
    /// # Errors
    /// When they are too long.
    pub fn set_store_attributes(&self, attributes: Attributes) -> Result<()> {
        Ok(self.inner.set_file_attributes(attributes)?)
    }
}
