//! Paths: their folders, their links, and whether the disk has them.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

/// The most symbolic links that are followed one after the other, as in the system.
const LINKS: usize = 40;

/// The folder of a path.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The absolute path behind a path, with every symbolic link followed. Its folder must exist; the last part need not.
///
/// # Errors
/// When the folder does not exist, or links form a circle.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        match fs::read_link(&path) {
            // A link to a file that does not exist yet.
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => {
                let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
                return Ok(folder_of(&path).canonicalize()?.join(name));
            }
        }
    }
    Err(Errno::ELOOP.into())
}

/// The metadata of the file or folder at a path, if there is one.
pub(super) fn found(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits until the disk has a path's name.
///
/// # Errors
/// When the disk fails. It is not an error when the folder may not be read, or its file system does not sync folders:
/// then nothing more can be done.
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
    #[cfg_attr(miri, ignore = "Miri has no files without a name")]
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
