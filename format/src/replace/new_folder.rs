//! New folders, which take their names when they are finished.

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
    /// Owner and group of what is replaced, when they are other than those of what is new.
    owner: Option<(u32, u32)>,
}

impl NewFolder {
    /// Makes a folder that will take the name `path`, of an absolute path without links. It is made in `beside`, a folder above,
    /// where that is on the same file system, else in the folder of its name: with the mode of a folder that has it, else with what the
    /// umask leaves of 0777.
    ///
    /// # Errors
    /// When what has the name may not be written, or the folder in which it lies.
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

    /// Where it is until it has its name.
    pub fn path(&self) -> &Path {
        &self.hidden.0
    }

    /// Takes the name, from whatever has it.
    ///
    /// # Errors
    /// When the system refuses; all is then as before.
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
