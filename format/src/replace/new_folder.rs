//! New folders, which get their names when they are finished.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, eaccess};

use super::hidden::{Hidden, hidden_names};
use super::path::{folder_of, found};
use super::permissions::{check_writable, give, hand_on};
use super::published::Published;
use super::rename::{exchange, rename_new};

/// A new folder with a hidden name.
#[derive(Debug)]
pub struct NewFolder {
    target: PathBuf,
    hidden: Hidden,
    /// Owner and group of the old folder, if they differ from those of the new one.
    owner: Option<(u32, u32)>,
}

impl NewFolder {
    /// Creates a folder that will get the name `path`, an absolute path without links. The new folder is in `beside`,
    /// a folder above `path`, if that is on the same file system and may be written; otherwise in the folder of
    /// `path`. It has the mode of the folder that it will replace; without one, 0777, less the umask.
    ///
    /// # Errors
    /// When the old file or folder, or the folder that holds it, may not be written.
    pub fn create(path: &Path, beside: &Path) -> io::Result<NewFolder> {
        let old = found(path)?;
        if let Some(old) = &old {
            check_writable(path, old)?;
        }
        let parent = folder_of(path);
        if parent != beside {
            check_writable(parent, &fs::metadata(parent)?)?;
        }
        let beside = match (fs::metadata(beside), fs::metadata(parent)) {
            (Ok(a), Ok(b)) if a.dev() == b.dev() && eaccess(beside, AccessFlags::W_OK).is_ok() => beside,
            _ => parent,
        };
        let hidden = Hidden::folder(beside)?;
        let mut owner = None;
        if let Some(old) = old.filter(Metadata::is_dir) {
            let new = File::open(&hidden.0)?;
            let is = new.metadata()?;
            owner = Some((old.uid(), old.gid())).filter(|&owner| owner != (is.uid(), is.gid()));
            hand_on(&new, &old)?;
        }
        Ok(NewFolder { target: path.to_owned(), hidden, owner })
    }

    /// The hidden path that it has until it gets its name.
    pub fn path(&self) -> &Path {
        &self.hidden.0
    }

    /// Gives the folder its name, and replaces a file or folder that has it.
    ///
    /// # Errors
    /// When the system refuses. Nothing has then changed.
    pub fn publish(self) -> io::Result<Published> {
        let NewFolder { target, hidden, owner } = self;
        if let Some(owner) = owner {
            give(&hidden.0, owner)?;
        }
        let names = hidden_names();
        let old = if found(&target)?.is_some() {
            exchange(&hidden.0, &target)?;
            Some(hidden)
        } else {
            rename_new(&hidden.0, &target)?;
            None
        };
        drop(names);
        Ok(Published { target, old, undoable: true })
    }
}
