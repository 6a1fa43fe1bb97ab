//! New files, which get their names when they are finished.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::libc;
use nix::unistd::linkat;

use super::hidden::{Hidden, hidden_names};
use super::path::{folder_of, found, real_path};
use super::permissions::{check_writable, hand_on};
use super::published::Published;
use super::rename::rename_new;

/// The name that a new file will get.
#[derive(Debug)]
pub struct NewName {
    pub(super) target: PathBuf,
    /// The hidden name until then; `None` for a file without a name.
    pub(super) hidden: Option<Hidden>,
}

/// Creates a file, open for reading and writing, that will get the name `path`. It has the mode of the file that it
/// will replace; without one, 0666, less the umask.
///
/// # Errors
/// When the name belongs to a folder, a device or a file that may not be written, or when the folder may not be
/// written.
pub fn new_file(path: &Path) -> io::Result<(File, NewName)> {
    let target = real_path(path)?;
    let old = found(&target)?;
    if let Some(old) = &old {
        if !old.is_file() {
            let what = if old.is_dir() { "a folder" } else { "a FIFO, socket or device" };
            let words = format!("{what} has this name: expected a regular file, or none");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        check_writable(&target, old)?;
    }
    let folder = folder_of(&target);
    let (file, hidden) = match nameless(folder) {
        Ok(file) => (file, None),
        Err(_) => named(folder)?,
    };
    if let Some(old) = &old {
        hand_on(&file, old)?;
    }
    Ok((file, NewName { target, hidden }))
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o666);
    options
}

/// Creates a file without a name, which can get one later.
fn nameless(folder: &Path) -> io::Result<File> {
    let file = options().custom_flags(libc::O_TMPFILE).open(folder)?;
    fs::symlink_metadata(descriptor(&file))?;
    Ok(file)
}

/// Creates a file with a hidden name.
pub(super) fn named(folder: &Path) -> io::Result<(File, Option<Hidden>)> {
    let (file, hidden) = Hidden::make(folder, |path| options().create_new(true).open(path))?;
    Ok((file, Some(hidden)))
}

/// The path of a file without a name.
fn descriptor(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

impl NewName {
    /// The path that the file will have.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Gives `file` its name. An old file is replaced when it is empty or `overwrite` is set. If `undoable` is set,
    /// the old file is kept under a hidden name, so that the replacement can be undone.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when an old file is not replaced; and when the system refuses. Nothing has
    /// then changed.
    pub fn publish(self, file: &File, overwrite: bool, undoable: bool) -> io::Result<Published> {
        let NewName { target, hidden } = self;
        let link = |to: &Path| match &hidden {
            Some(hidden) => fs::hard_link(&hidden.0, to),
            None => Ok(linkat(AT_FDCWD, &descriptor(file), AT_FDCWD, to, AtFlags::AT_SYMLINK_FOLLOW)?),
        };
        let mut old = found(&target)?;
        if old.is_none() {
            let named = match (link(&target), &hidden) {
                // The file system has no hard links.
                (Err(error), Some(hidden)) if error.kind() != io::ErrorKind::AlreadyExists => {
                    rename_new(&hidden.0, &target)
                }
                (linked, _) => linked,
            };
            match named {
                // Another writer has just made the file.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => old = found(&target)?,
                named => return named.map(|()| Published { target, old: None, undoable }),
            }
        }
        if !overwrite && old.is_none_or(|old| old.len() > 0) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let folder = folder_of(&target);
        let new = match &hidden {
            Some(_) => None,
            None => Some(Hidden::make(folder, link)?.1),
        };
        let backup = match undoable {
            true => Hidden::make(folder, |to| fs::hard_link(&target, to)).ok().map(|(_, hidden)| hidden),
            false => None,
        };
        let _names = hidden_names();
        if let Some(Hidden(new)) = new.as_ref().or(hidden.as_ref()) {
            fs::rename(new, &target)?;
        }
        drop(_names);
        Ok(Published { target, undoable: backup.is_some(), old: backup })
    }
}
