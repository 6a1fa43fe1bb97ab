//! The writer's lock of an `.arrs` file without content: an empty file, or a new file that several writers may want to
//! make.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use arrstore_format::{Error, FileStorage, Lock, Storage};

use super::wait::wait_for_writer;
use crate::formats::container::Writing;
use crate::formats::error::{Placed, Result};

/// An empty file, locked. Another writer that waits for it then finds the new file in its place, or the claim given up.
pub(super) struct Claim {
    path: PathBuf,
    file: FileStorage,
    /// Whether this claim made the empty file; then it is removed when no new file replaces it.
    made: bool,
}

impl Claim {
    /// Claims an empty file. If writers wait, it also claims a free name: an empty file holds the name during the run.
    /// Returns `None` if the file has content (and so a lock of its own), or if the name is free and writers do not
    /// wait.
    pub(super) fn take(path: &Path, writing: &Writing) -> Result<Option<Claim>> {
        let at = || path.display().to_string();
        loop {
            let made = match fs::metadata(path) {
                Ok(found) if found.is_file() && found.len() == 0 => false,
                Err(error) if error.kind() == ErrorKind::NotFound && writing.wait.is_some() => {
                    match OpenOptions::new().write(true).create_new(true).open(path) {
                        Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                        made => made.place(at).map(|_| true)?,
                    }
                }
                _ => return Ok(None),
            };
            let file = match FileStorage::open(path, true) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                file => file.place(at)?,
            };
            let claim = Claim { path: path.to_owned(), file, made };
            wait_for_writer(writing.wait, &writing.cancel, || claim.lock()).place(at)?;
            if claim.stands() {
                return Ok(Some(claim));
            }
        }
    }

    fn lock(&self) -> arrstore_format::Result<()> {
        match self.file.lock_writer() {
            Ok(Lock::Held) => Err(Error::Locked),
            // On a file system without locks, the creation of the file reports that.
            Ok(Lock::Acquired | Lock::Unsupported) => Ok(()),
            Err(source) => Err(Error::Io { doing: "taking the writer's lock".to_owned(), source }),
        }
    }

    /// Whether the path still names the empty file.
    fn stands(&self) -> bool {
        let named = fs::metadata(&self.path).map(|found| (found.len(), Some((found.dev(), found.ino()))));
        matches!((named, self.file.identity()), (Ok((0, named)), Ok(mine)) if named == mine)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.made && self.stands() {
            // A leftover empty file does no harm: it can be claimed or replaced as any.
            let _ = fs::remove_file(&self.path);
        }
    }
}
