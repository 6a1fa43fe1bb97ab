//! Salvaging: what can still be proven of a damaged file, in a new one.
//!
//! The header is not needed, nor the end of the file: what is looked for is the newest commit whose slot can be read. A
//! chunk is copied when every checksum on the way to it and its own are right and it can be decoded; every other one stays
//! missing in the copy and is told.

use std::path::Path;

use crate::array::Described;
use crate::meta::META_MAX;
use crate::snapshot::{self, Commit, Snapshot, read_block};
use crate::storage::FileStorage;
use crate::tree::Seen;
use crate::verify::{Damage, LISTED, Progress, prove};
use crate::{Array, CreateOptions, Error, File, Meta, MetaError, Result, Transaction};

/// What was saved and what was not.
#[derive(Debug, Default)]
pub struct Salvaged {
    /// The commit.
    pub seq: u64,
    /// Arrays that are in the copy, whole or in part.
    pub arrays: u64,
    /// Chunks copied.
    pub chunks: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// What is lost, at most 10,000 entries. Without a region it is all of the array, or what is not an array's.
    pub lost: Vec<Damage>,
    /// Losses beyond those entries.
    pub unlisted: u64,
}

impl Salvaged {
    /// Whether nothing is lost.
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty()
    }

    fn lose(&mut self, damage: Damage) {
        if self.lost.len() < LISTED {
            self.lost.push(damage);
        } else {
            self.unlisted += 1;
        }
    }

    /// All of an array, or what is not an array's.
    fn lose_all(&mut self, array: Option<&str>, error: Error) {
        self.lose(Damage { array: array.map(str::to_owned), chunk: None, region: None, error });
    }
}

/// Writes every chunk of a damaged file that can be proven sound to a new file, which must not be there yet.
///
/// # Errors
/// When no slot of the damaged file can be read, the new one cannot be written, or `progress` says no; nothing is then
/// left of the new one.
pub fn salvage(damaged: impl AsRef<Path>, to: impl AsRef<Path>, progress: Progress<'_>) -> Result<Salvaged> {
    let damaged = damaged.as_ref();
    let storage =
        FileStorage::open(damaged, false).map_err(Error::io(|| format!("opening {}", damaged.display())))?;
    let snapshot = snapshot::take_damaged(std::sync::Arc::new(storage))?;
    snapshot.salvage(&File::create(to, &CreateOptions::default())?, progress)
}

impl Snapshot {
    /// As [`salvage`], from this commit to the first commit of a new file.
    ///
    /// # Errors
    /// When the new file cannot be written, or `progress` says no.
    pub fn salvage(&self, target: &File, progress: Progress<'_>) -> Result<Salvaged> {
        let transaction = target.begin()?;
        let mut salvaged = Salvaged { seq: self.seq(), ..Salvaged::default() };
        match self.attributes() {
            Ok(attributes) => transaction.set_file_attributes(attributes)?,
            Err(error) => salvaged.lose_all(None, error),
        }
        for (name, id) in self.names_left(&mut salvaged)? {
            match Array::open(self.clone(), &name, id) {
                Ok(array) => copy(&array, &transaction, &mut salvaged, progress)?,
                Err(error) => salvaged.lose_all(Some(&name), error),
            }
        }
        transaction.commit()?;
        Ok(salvaged)
    }

    /// Names and ids from the name block; when it is lost, from the metadata of each array.
    fn names_left(&self, salvaged: &mut Salvaged) -> Result<Vec<(String, u64)>> {
        let commit = self.commit();
        match commit.names() {
            Ok(names) => return Ok(names.into_iter().collect()),
            Err(error) => salvaged.lose_all(None, error),
        }
        let mut names = Vec::new();
        commit.table().walk(&mut |seen| {
            match seen {
                Seen::Node(..) => {}
                Seen::Entry(id, _) => match name_of(commit, id) {
                    Ok(name) => names.push((name, id)),
                    Err(error) => salvaged.lose_all(None, error),
                },
                Seen::Broken { error, .. } => salvaged.lose_all(None, error),
            }
            Ok(())
        })?;
        Ok(names)
    }
}

/// The name in an array's metadata.
fn name_of(commit: Commit<'_>, id: u64) -> Result<String> {
    let refuse = |problem| Error::Meta { array: format!("array {id}"), problem };
    let (record, _) = commit.record(id)?;
    if record.meta.len as usize > META_MAX {
        return Err(refuse(MetaError::TooLong { found: u64::from(record.meta.len) }));
    }
    let what = "the metadata of an array";
    let block = read_block(commit.storage(), what, record.meta, META_MAX as u64, commit.slot.length)?;
    Ok(Meta::decode(&block, id).map_err(refuse)?.0.name)
}

/// Copies what is sound of an array.
fn copy(
    array: &Array,
    transaction: &Transaction,
    salvaged: &mut Salvaged,
    progress: Progress<'_>,
) -> Result<()> {
    let id = match transaction.create_array(array.name(), array.meta().clone()) {
        Err(error @ Error::NameTaken { .. }) => {
            salvaged.lose_all(Some(array.name()), error);
            return Ok(());
        }
        created => created?,
    };
    salvaged.arrays += 1;
    let total = array.snapshot().slot().live_bytes;
    array.index().walk(&mut |seen| {
        let (number, entry) = match seen {
            Seen::Node(..) => return Ok(()),
            Seen::Entry(number, entry) => (number, entry),
            Seen::Broken { first, count, error } => {
                let region = lost_box(array.described(), first, count);
                let array = Some(array.name().to_owned());
                salvaged.lose(Damage { array, chunk: None, region, error });
                return Ok(());
            }
        };
        // Read twice: a failure of the second reading, in `copy_chunk`, cannot be told from one of writing.
        let proven = array.chunk_of(number, &entry).and_then(|chunk| {
            prove(array.reading(), &chunk)?;
            Ok(chunk)
        });
        match proven {
            Ok(chunk) => {
                transaction.copy_chunk(id, array, &chunk)?;
                salvaged.chunks += 1;
                salvaged.bytes += chunk.stored_bytes();
            }
            Err(error) => {
                let described = array.described();
                let index = described.numbering.index(number);
                salvaged.lose(Damage::of_chunk(described, &index, error));
            }
        }
        if progress(salvaged.bytes, total.max(salvaged.bytes)) { Ok(()) } else { Err(Error::Cancelled) }
    })
}

/// A box of elements that holds all chunks of a range of numbers; `None` when the grid has none of them.
fn lost_box(described: &Described, first: u64, count: u64) -> Option<(Vec<u64>, Vec<u64>)> {
    let (grid, numbering) = (&described.grid, &described.numbering);
    if grid.is_empty() {
        return None;
    }
    let corner: Vec<u64> = grid.counts().iter().map(|n| n - 1).collect();
    let last = first.saturating_add(count - 1).min(numbering.number(&corner));
    if first > last {
        return None;
    }
    let (low, high) = (numbering.index(first), numbering.index(last));
    // Behind the first axis along which the range goes on, it holds whole rows.
    let mut whole = false;
    let mut region = (Vec::new(), Vec::new());
    for (axis, (&low, &high)) in low.iter().zip(&high).enumerate() {
        let all = *grid.counts().get(axis)?;
        let (from, to) = if whole { (0, all) } else { (low, (high + 1).min(all)) };
        whole |= low != high;
        let (chunk, length) = (*grid.chunk_shape().get(axis)?, *grid.shape().get(axis)?);
        let (start, end) = (from * chunk, (to * chunk).min(length));
        if start >= end {
            return None;
        }
        region.0.push(start);
        region.1.push(end - start);
    }
    Some(region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use crate::grid::Numbering;

    #[test]
    fn boxes_of_lost_numbers() {
        let meta = Meta::new(DType::U8, &[9, 10], &[2, 3]);
        // Five rows of four chunks, with room for eight.
        let described = Described::new(meta, Numbering::of(vec![0, 8]));
        let of = |first, count| lost_box(&described, first, count);
        assert_eq!(of(0, u64::MAX), Some((vec![0, 0], vec![9, 10])));
        assert_eq!(of(9, 1), Some((vec![2, 3], vec![2, 3])));
        assert_eq!(of(9, 20), Some((vec![2, 0], vec![6, 10])));
        assert_eq!(of(35, 127), Some((vec![8, 9], vec![1, 1])));
        assert_eq!(of(12, 3), None);
        assert_eq!(of(36, 127), None);
    }
}
