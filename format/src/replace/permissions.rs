//! Permissions, owners and groups. The new file or folder takes on those of the old one.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown, lchown};
use std::path::Path;

use nix::unistd::{AccessFlags, eaccess};

/// Refuses a file that nobody may write. The system lets root write it; but its owner took every permission away to
/// keep it, so root, like everybody, has to restore one first.
pub(crate) fn check_mode(metadata: &Metadata) -> io::Result<()> {
    if metadata.permissions().readonly() {
        let words = "Permission denied: its mode lets nobody write it; chmod u+w allows it";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
    }
    Ok(())
}

/// Refuses a file or folder that this process may not write.
pub(super) fn check_writable(path: &Path, metadata: &Metadata) -> io::Result<()> {
    check_mode(metadata)?;
    Ok(eaccess(path, AccessFlags::W_OK)?)
}

/// Gives a new file or folder the owner, the group and the mode of the old one.
pub(super) fn hand_on(new: &File, old: &Metadata) -> io::Result<()> {
    let is = new.metadata()?;
    if (is.uid(), is.gid()) != (old.uid(), old.gid()) {
        // Only root can change the owner. A member of a group can give a file to the group.
        let _ = fchown(new, Some(old.uid()), Some(old.gid())).or_else(|_| fchown(new, None, Some(old.gid())));
    }
    let mut mode = old.mode() & 0o777;
    if new.metadata()?.gid() != old.gid() {
        // If the group differs, it gets the permissions of everybody.
        mode = mode & 0o707 | (mode & 0o007) << 3;
    }
    match new.metadata()?.mode() & 0o777 {
        has if has == mode => Ok(()),
        _ => new.set_permissions(Permissions::from_mode(mode)),
    }
}

/// Gives the content of a folder to another owner or group, as far as that is allowed.
pub(super) fn give(folder: &Path, (uid, gid): (u32, u32)) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let _ = lchown(&path, Some(uid), Some(gid)).or_else(|_| lchown(&path, None, Some(gid)));
        if entry.file_type()?.is_dir() {
            give(&path, (uid, gid))?;
        }
    }
    Ok(())
}
