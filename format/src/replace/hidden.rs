//! Hidden names: where files and folders are until they are finished.

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io};

/// How every hidden name begins.
const PREFIX: &str = ".arrstore-";
/// Every hidden name of this process.
static HIDDEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

pub(super) fn hidden_names() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    HIDDEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes every file and folder that still has a hidden name, for a process that ends without dropping what holds them.
/// No name is being taken while it runs, nor after it.
pub fn abandon() {
    let names = hidden_names();
    // Threads may still be writing into a folder: what they add is found the next time.
    for _ in 0..50 {
        if names.iter().all(|path| remove(path).is_ok()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // Nothing takes or makes a name from here on.
    std::mem::forget(names);
}

/// Removes a file, or a folder with all that is in it. One that is gone is no error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
}

/// A hidden name. What has it is removed when this is dropped.
#[derive(Debug)]
pub struct Hidden(pub(super) PathBuf);

impl Hidden {
    /// A new folder, with what the umask leaves of 0777.
    ///
    /// # Errors
    /// When `beside`, in which it is made, cannot be written.
    pub fn folder(beside: &Path) -> io::Result<Hidden> {
        let make = |path: &Path| fs::DirBuilder::new().mode(0o777).create(path);
        Ok(Hidden::make(&beside.canonicalize()?, make)?.1)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes something under a new hidden name in `folder`.
    pub(super) fn make<T>(
        folder: &Path,
        make: impl FnMut(&Path) -> io::Result<T>,
    ) -> io::Result<(T, Hidden)> {
        let mut names = hidden_names();
        let (made, path) = tempfile::Builder::new().prefix(PREFIX).make_in(folder, make)?.into_parts();
        let path = path.keep().map_err(|e| e.error)?;
        names.insert(path.clone());
        Ok((made, Hidden(path)))
    }

    /// Removes what has the name.
    pub(super) fn remove(self) -> io::Result<()> {
        remove(&self.0)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // Whoever cares whether it is gone calls `remove` before.
        let _ = remove(&self.0);
        hidden_names().remove(&self.0);
    }
}
