//! Compacting: replacing a file by a sealed copy of its newest commit without gaps.
//!
//! Payload bytes are checked and copied as they are. The copy takes the name in one step, so a crash leaves either
//! the old file or the new one. Readers keep the old file for as long as they hold it open.

use std::path::Path;

use crate::verify::report::Progress;
use crate::{CreateOptions, Error, File, Result, Snapshot};

/// The length of a file before and after compacting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compacted {
    /// Bytes of the file before.
    pub before: u64,
    /// Bytes of the file now.
    pub after: u64,
}

/// Replaces a file by a sealed copy of its newest commit, while holding the writer's lock.
///
/// # Errors
/// When another writer is at work, anything in the file is damaged, the disk has no room for the copy, or `progress`
/// says no. The file is then as it was.
pub fn compact(path: impl AsRef<Path>, progress: Progress<'_>) -> Result<Compacted> {
    let path = path.as_ref();
    let file = File::open(path)?;
    let lock = file.begin()?;
    let snapshot = file.snapshot()?;
    let before = snapshot.slot().length;
    let copy = File::create(path, &CreateOptions::default().overwrite(true))?;
    snapshot.copy_sealed(&copy, progress)?;
    drop(lock);
    Ok(Compacted { before, after: copy.snapshot()?.slot().length })
}

impl Snapshot {
    /// Writes a sealed copy of this commit as the first commit of a new file: no gaps, unused bytes zero, so that
    /// `verify` finds every flipped bit.
    ///
    /// # Errors
    /// When anything is damaged, the target is full or has commits already, or `progress` says no.
    pub fn copy_sealed(&self, target: &File, progress: Progress<'_>) -> Result<u64> {
        let transaction = target.begin()?;
        if transaction.seq() != 1 {
            return Err(Error::Exists { path: "the target's first commit".into() });
        }
        transaction.set_file_attributes(self.attributes()?)?;
        let total = self.slot().live_bytes;
        let mut done = 0;
        for name in self.arrays()? {
            let array = self.array(&name)?;
            let id = transaction.create_array(&name, array.meta().clone())?;
            array.each_chunk(&mut |chunk| {
                transaction.copy_chunk(id, &array, chunk, &mut |bytes| {
                    done += bytes;
                    if progress(done, total.max(done)) { Ok(()) } else { Err(Error::Cancelled) }
                })
            })?;
        }
        transaction.seal();
        transaction.commit()
    }
}
