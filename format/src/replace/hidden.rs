//! Hidden names of files and folders that are not finished yet.

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io};

/// How every hidden name begins.
const PREFIX: &str = ".arrstore-";
/// Every hidden name that a process has made.
pub(super) struct Names {
    process: u32,
    paths: BTreeSet<PathBuf>,
}

static HIDDEN: Mutex<Names> = Mutex::new(Names { process: 0, paths: BTreeSet::new() });

/// Every hidden name of this process. A forked process begins with none: what its parent made, only the parent removes.
pub(super) fn hidden_names() -> MutexGuard<'static, Names> {
    let mut names = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if names.process != process {
        *names = Names { process, paths: BTreeSet::new() };
    }
    names
}

/// Removes every file and folder that still has a hidden name, for a process that ends without dropping the values
/// that hold them. No file or folder takes its name while this runs, nor afterwards.
pub fn abandon() {
    let names = hidden_names();
    // Threads may still be writing into a folder. The next round removes what they add.
    for _ in 0..50 {
        if names.paths.iter().all(|path| remove(path).is_ok()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // The lock is kept, so that nothing takes or makes a name from here on.
    std::mem::forget(names);
}

/// Removes a file, or a folder with its content. It is not an error when it is gone already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
}

/// A file or folder with a hidden name. Dropping this value removes it.
#[derive(Debug)]
pub struct Hidden(pub(super) PathBuf);

impl Hidden {
    /// Creates a folder in `beside`. Its mode is 0777, less the umask.
    ///
    /// # Errors
    /// When `beside` may not be written.
    pub fn folder(beside: &Path) -> io::Result<Hidden> {
        let make = |path: &Path| fs::DirBuilder::new().mode(0o777).create(path);
        Ok(Hidden::make(&beside.canonicalize()?, make)?.1)
    }

    /// The hidden path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes a file or folder under a new hidden name in `folder`.
    pub(super) fn make<T>(
        folder: &Path,
        make: impl FnMut(&Path) -> io::Result<T>,
    ) -> io::Result<(T, Hidden)> {
        let mut names = hidden_names();
        let (made, path) = tempfile::Builder::new().prefix(PREFIX).make_in(folder, make)?.into_parts();
        let path = path.keep().map_err(|e| e.error)?;
        names.paths.insert(path.clone());
        Ok((made, Hidden(path)))
    }

    /// Removes the file or folder.
    pub(super) fn remove(self) -> io::Result<()> {
        remove(&self.0)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if hidden_names().paths.contains(&self.0) {
            // A caller that needs to know whether this succeeds calls `remove` instead.
            let _ = remove(&self.0);
            hidden_names().paths.remove(&self.0);
        }
    }
}
