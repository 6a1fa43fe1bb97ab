//! Files and folders that got their names, and the old ones that they replaced.

use std::io;
use std::path::PathBuf;

use super::hidden::{Hidden, hidden_names, remove};
use super::path::sync_folder;
use super::rename::exchange;

/// A file or folder that got its name. It stays when this value is dropped.
#[derive(Debug)]
pub struct Published {
    pub(super) target: PathBuf,
    pub(super) old: Option<Hidden>,
    pub(super) undoable: bool,
}

impl Published {
    /// Waits until the disk has the name.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&self) -> io::Result<()> {
        sync_folder(&self.target)
    }

    /// Removes the old file or folder.
    ///
    /// # Errors
    /// When it cannot be removed. It then keeps a hidden name, which the error tells.
    pub fn keep(self) -> io::Result<()> {
        let Some(old) = self.old else { return Ok(()) };
        let path = old.0.display().to_string();
        old.remove().map_err(|e| {
            io::Error::new(
                e.kind(),
                format!("the new name stands, but the old file could not be removed; it is now {path}: {e}"),
            )
        })
    }

    /// Gives the name back to the old file or folder.
    ///
    /// # Errors
    /// When the system refuses, or the file system could not keep the old file.
    pub fn undo(self) -> io::Result<()> {
        let target = &self.target;
        if !self.undoable {
            let words =
                format!("{} stays replaced: the file system could not keep the old file", target.display());
            return Err(io::Error::other(words));
        }
        let _names;
        match &self.old {
            None => remove(target),
            Some(old) => {
                _names = hidden_names();
                exchange(&old.0, target)
            }
        }
    }
}
