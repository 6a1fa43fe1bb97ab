//! Salvaging: copying the sound parts of a damaged file to a new one.
//!
//! Salvaging looks for the newest commit whose slot can be read. It needs neither the header nor the end of the file.
//! A chunk is copied when every checksum on the way to it and its own are right, and it can be decoded. Every other
//! chunk stays missing in the copy, and the result lists it. All threads that help check chunks, as `verify` does.
//! The sound chunks are stored one after the other, in the order of the walk.

use std::path::Path;
use std::sync::Arc;

use crate::layout::Layout;
use crate::snapshot::{self, Snapshot};
use crate::storage::file::FileStorage;
use crate::tree::Seen;
use crate::verify::board::Board;
use crate::verify::report::{Damage, Progress};
use crate::{Array, CreateOptions, Error, File, PAGE, Result, Transaction};

/// The result of a salvage: counts of the saved chunks, and a list of the losses.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Salvaged {
    /// Number of the commit that was salvaged.
    pub seq: u64,
    /// Number of arrays in the copy, whole or in part.
    pub arrays: u64,
    /// Number of chunks copied.
    pub chunks: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// The losses, at most 10,000 entries. An entry without a region stands for a whole array, or for something
    /// outside of arrays.
    pub lost: Vec<Damage>,
    /// Number of losses beyond those entries.
    pub unlisted: u64,
}

impl Salvaged {
    /// Whether nothing is lost.
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty()
    }
}

/// Copies the sound chunks of a damaged file to a new file, which must not exist yet.
///
/// # Errors
/// When no slot of the damaged file can be read, the new file cannot be written, or `progress` says no. Nothing is
/// then left of the new file.
pub fn salvage(damaged: impl AsRef<Path>, to: impl AsRef<Path>, progress: Progress<'_>) -> Result<Salvaged> {
    let salvage = Salvage::begin(damaged, to, progress)?;
    salvage.run()?;
    salvage.commit()
}

/// A salvage by several threads: one runs [`Salvage::run`], the others [`Salvage::help`]. The copy is the same for
/// any number of threads. One thread alone can call [`salvage()`].
///
/// ```no_run
/// # fn main() -> arrstore_format::Result<()> {
/// let salvage = arrstore_format::Salvage::begin("damaged.arrs", "new.arrs", &|_, _| true)?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| salvage.help());
///     salvage.run()
/// })?;
/// let salvaged = salvage.commit()?;
/// # let _ = salvaged;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Salvage<'a> {
    board: Board<'a>,
}

impl Snapshot {
    /// Begins a salvage of this commit, to become the first commit of a new file.
    ///
    /// # Errors
    /// When the new file cannot be written.
    pub fn salvage<'a>(&self, target: &File, progress: Progress<'a>) -> Result<Salvage<'a>> {
        Ok(Salvage { board: Board::new(self.clone(), Some(target.begin()?), progress) })
    }
}

impl<'a> Salvage<'a> {
    /// Finds the newest commit of the damaged file, and begins the new one.
    ///
    /// # Errors
    /// When no slot of the damaged file can be read, or the new file cannot be created.
    pub fn begin(
        damaged: impl AsRef<Path>,
        to: impl AsRef<Path>,
        progress: Progress<'a>,
    ) -> Result<Salvage<'a>> {
        let damaged = damaged.as_ref();
        let storage = FileStorage::open(damaged, false)
            .map_err(Error::io(|| format!("opening {}", damaged.display())))?;
        let snapshot = snapshot::take_damaged(Arc::new(storage))?;
        snapshot.salvage(&File::create(to, &CreateOptions::default())?, progress)
    }

    /// Finds the chunks, and checks those that no helper takes. Call it once.
    ///
    /// # Errors
    /// When the new file cannot be written, or `progress` says no.
    pub fn run(&self) -> Result<()> {
        self.board.run(|| self.arrays())
    }

    /// Checks and stores chunks that [`Salvage::run`] finds. It waits for `run` to begin, and returns when `run` has
    /// found all.
    pub fn help(&self) {
        self.board.help();
    }

    /// Commits the new file, after [`Salvage::run`], and reports the result.
    ///
    /// # Errors
    /// When the file cannot be written, or [`Salvage::run`] has failed. Nothing is then left of the file.
    pub fn commit(self) -> Result<Salvaged> {
        if !self.board.is_finished() {
            return Err(Error::Failed);
        }
        let found = self.board.found();
        let seq = self.board.snapshot.seq();
        let transaction = self.board.target.ok_or(Error::Failed)?;
        let arrays = transaction.arrays().len() as u64;
        transaction.commit()?;
        let (chunks, bytes) = found.stored;
        let lost = found.damage.into_values().collect();
        Ok(Salvaged { seq, arrays, chunks, bytes, lost, unlisted: found.unlisted })
    }

    fn target(&self) -> Result<&Transaction> {
        self.board.target.as_ref().ok_or(Error::Failed)
    }

    /// Notes the loss of a whole array, or of something outside of arrays.
    fn lose(&self, array: Option<&str>, error: Error) {
        let array = array.map(str::to_owned);
        self.board.damage(None, Damage { array, chunk: None, region: None, error });
    }

    fn arrays(&self) -> Result<()> {
        let snapshot = &self.board.snapshot;
        match snapshot.attributes() {
            Ok(attributes) => self.target()?.set_file_attributes(attributes)?,
            Err(error) => self.lose(None, error),
        }
        for (name, id) in self.names_left()? {
            match Array::open(snapshot.clone(), &name, id) {
                Ok(array) => self.array(&array)?,
                Err(error) => self.lose(Some(&name), error),
            }
        }
        Ok(())
    }

    /// Names and ids, from the name block or, when it is lost, from the metadata of each array.
    fn names_left(&self) -> Result<Vec<(String, u64)>> {
        let commit = self.board.snapshot.commit();
        match commit.names() {
            Ok(names) => return Ok(names.into_iter().collect()),
            Err(error) => self.lose(None, error),
        }
        let mut names = Vec::new();
        commit.table().walk(&mut |seen| {
            match seen {
                Seen::Node(..) => self.board.checked(PAGE as u64)?,
                Seen::Entry(id, _) => match Layout::read_name(commit, id) {
                    Ok(name) => names.push((name, id)),
                    Err(error) => self.lose(None, error),
                },
                Seen::Broken { error, .. } => self.lose(None, error),
            }
            Ok(())
        })?;
        Ok(names)
    }

    /// Hands out the chunks of an array that can be found.
    fn array(&self, array: &Array) -> Result<()> {
        match self.target()?.create_array(array.name(), array.meta().clone()) {
            Err(error @ Error::NameTaken { .. }) => {
                self.lose(Some(array.name()), error);
                return Ok(());
            }
            created => created?,
        };
        let layout = array.layout();
        array.index().walk(&mut |seen| {
            match seen {
                Seen::Node(..) => self.board.checked(PAGE as u64)?,
                Seen::Entry(number, entry) => match array.chunk_of(number, &entry) {
                    Ok(chunk) => self.board.put(array, None, chunk)?,
                    Err(error) => {
                        let index = layout.numbering.index(number);
                        self.board.damage(None, Damage::of_chunk(layout, &index, error));
                    }
                },
                Seen::Broken { first, count, error } => {
                    let region = lost_region(layout, first, count);
                    let array = Some(array.name().to_owned());
                    self.board.damage(None, Damage { array, chunk: None, region, error });
                }
            }
            Ok(())
        })
    }
}

/// The region of the chunks in a range of numbers; `None` when the grid has none of them.
fn lost_region(layout: &Layout, first: u64, count: u64) -> Option<(Vec<u64>, Vec<u64>)> {
    let (grid, numbering) = (&layout.grid, &layout.numbering);
    if grid.is_empty() {
        return None;
    }
    let corner: Vec<u64> = grid.counts().iter().map(|n| n - 1).collect();
    let last = first.saturating_add(count - 1).min(numbering.number(&corner));
    if first > last {
        return None;
    }
    let (low, high) = (numbering.index(first), numbering.index(last));
    // Along the axes behind the first one that the range extends over, the region is as long as the array.
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
    use crate::grid::Numbering;
    use crate::{DType, Meta};

    #[test]
    fn regions_of_lost_numbers() {
        let meta = Meta::new(DType::U8, &[9, 10], &[2, 3]);
        // Five rows of four chunks, with room for eight.
        let layout = Layout::new(meta, Numbering::of(vec![0, 8]));
        let of = |first, count| lost_region(&layout, first, count);
        assert_eq!(of(0, u64::MAX), Some((vec![0, 0], vec![9, 10])));
        assert_eq!(of(9, 1), Some((vec![2, 3], vec![2, 3])));
        assert_eq!(of(9, 20), Some((vec![2, 0], vec![6, 10])));
        assert_eq!(of(35, 127), Some((vec![8, 9], vec![1, 1])));
        assert_eq!(of(12, 3), None);
        assert_eq!(of(36, 127), None);
    }
}
