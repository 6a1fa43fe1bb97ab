//! Names that were taken, and what had them before.

use std::io;
use std::path::PathBuf;

use super::hidden::{Hidden, hidden_names, remove};
use super::path::sync_folder;
use super::rename::exchange;

/// What has taken its name. Dropped, it stays.
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

    /// Removes what was replaced.
    ///
    /// # Errors
    /// When it cannot be removed; it then lies under a hidden name, which the error says.
    pub fn keep(self) -> io::Result<()> {
        let Some(old) = self.old else { return Ok(()) };
        let path = old.0.display().to_string();
        old.remove().map_err(|e| {
            io::Error::new(e.kind(), format!("{path}, what was replaced, could not be removed: {e}"))
        })
    }

    /// Gives the name back to what had it.
    ///
    /// # Errors
    /// When the system refuses, or the file system could not keep the old file.
    pub fn undo(self) -> io::Result<()> {
        let target = &self.target;
        if !self.undoable {
            let words =
                format!("{} is replaced: the file system could not keep the old one", target.display());
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
