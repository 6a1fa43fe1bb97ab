//! How an array lies in the file: its metadata, the grid of its chunks and their numbers in the index.

use crate::bytes::is_zero;
use crate::commit::{Commit, read_block};
use crate::entry::{Entry, EntryError};
use crate::grid::{Grid, Numbering};
use crate::meta::error::MetaError;
use crate::meta::limits::META_MAX;
use crate::payload::check_bools;
use crate::record::Record;
use crate::{Error, Meta, Result};

/// An array's metadata, with the grid of its chunks and their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) meta: Meta,
    pub(crate) numbering: Numbering,
    pub(crate) grid: Grid,
}

impl Layout {
    pub(crate) fn new(meta: Meta, numbering: Numbering) -> Layout {
        Layout { grid: meta.grid(), meta, numbering }
    }

    /// Reads the metadata of an array that has the given name.
    pub(crate) fn read(commit: Commit<'_>, id: u64, name: &str, record: &Record) -> Result<Layout> {
        let refuse = |problem| Error::Meta { array: name.to_owned(), problem };
        let (meta, numbering) = Layout::parts(commit, id, record, refuse)?;
        if meta.name != name {
            return Err(refuse(MetaError::OtherName { found: meta.name }));
        }
        Ok(Layout::new(meta, numbering))
    }

    /// Reads the name in the metadata of an array.
    pub(crate) fn read_name(commit: Commit<'_>, id: u64) -> Result<String> {
        let refuse = |problem| Error::Meta { array: format!("array {id}"), problem };
        let (record, _) = commit.record(id)?;
        Ok(Layout::parts(commit, id, &record, refuse)?.0.name)
    }

    fn parts(
        commit: Commit<'_>,
        id: u64,
        record: &Record,
        refuse: impl Fn(MetaError) -> Error,
    ) -> Result<(Meta, Numbering)> {
        if record.meta.len as usize > META_MAX {
            return Err(refuse(MetaError::TooLong { found: u64::from(record.meta.len) }));
        }
        let what = "the metadata of an array";
        let block = read_block(commit.storage(), what, record.meta, META_MAX as u64, commit.slot.length)?;
        Meta::decode(&block, id).map_err(refuse)
    }

    /// Checks that an entry suits the array's codec and element type.
    pub(crate) fn check_entry(&self, entry: &Entry) -> std::result::Result<(), EntryError> {
        let meta = &self.meta;
        match entry {
            Entry::Raw(..) if !meta.is_raw() => Err(EntryError::StateHere { found: entry.state() }),
            Entry::Encoded(..) if meta.is_raw() => Err(EntryError::StateHere { found: entry.state() }),
            Entry::Constant(..) if meta.dtype.size() > Entry::VALUE => {
                Err(EntryError::StateHere { found: entry.state() })
            }
            Entry::Constant(value, _) => {
                let (value, rest) = value.split_at(meta.dtype.size().min(value.len()));
                let bool_ok = check_bools(meta.dtype, value).is_ok();
                if is_zero(rest) && bool_ok { Ok(()) } else { Err(EntryError::Reserved) }
            }
            _ => Ok(()),
        }
    }

    /// Checks that the array has a chunk at `index`.
    pub(crate) fn check_index(&self, index: &[u64]) -> Result<()> {
        if self.grid.contains(index) {
            return Ok(());
        }
        Err(Error::Index {
            array: self.meta.name.clone(),
            index: index.to_vec(),
            counts: self.grid.counts().to_vec(),
        })
    }
}
