//! Paths: the folder of one, where links lead, and whether the disk has a name.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

/// Symbolic links that are followed one after the other, as the system does.
const LINKS: usize = 40;

/// The folder that holds a path.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The absolute path that a name stands for, with every symbolic link followed. What it leads to need not be there, but
/// its folder does.
///
/// # Errors
/// When the folder is not there, or links lead in a circle.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        match fs::read_link(&path) {
            // A link to what is not there yet.
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => {
                let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
                return Ok(folder_of(&path).canonicalize()?.join(name));
            }
        }
    }
    Err(Errno::ELOOP.into())
}

/// What has a path, if anything has.
pub(super) fn found(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits until the disk has the name of a path.
///
/// # Errors
/// When the disk fails. A folder that may not be read, or a file system that syncs none, is no error: there is no more to
/// be done.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(folder_of(path)).and_then(|folder| folder.sync_all()) {
        Err(e) if matches!(e.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput) => Ok(()),
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    #[cfg_attr(miri, ignore = "files without a name")]
    fn links_are_followed_to_their_end() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        fs::create_dir(root.join("d")).unwrap();
        symlink("d/b", root.join("a")).unwrap();
        symlink("../c", root.join("d/b")).unwrap();
        assert_eq!(real_path(&root.join("a")).unwrap(), root.join("c"));
        fs::write(root.join("c"), "").unwrap();
        assert_eq!(real_path(&root.join("d/../a")).unwrap(), root.join("c"));
        symlink("loop", root.join("loop")).unwrap();
        real_path(&root.join("loop")).unwrap_err();
        assert_eq!(real_path(&root.join("none/x")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
