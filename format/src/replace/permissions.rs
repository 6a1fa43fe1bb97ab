//! Permissions, owners and groups: those of an old file or folder go to the new one.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown, lchown};
use std::path::Path;

use nix::unistd::{AccessFlags, eaccess};

/// Refuses what nobody may write. The system lets root write even that; but whoever took every permission away meant to
/// keep the file, so root has to give one back first, like everybody.
pub(crate) fn check_mode(metadata: &Metadata) -> io::Result<()> {
    if metadata.permissions().readonly() {
        let words = "Permission denied: its mode lets nobody write it (chmod u+w would)";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
    }
    Ok(())
}

/// Refuses what may not be written.
pub(super) fn check_writable(path: &Path, metadata: &Metadata) -> io::Result<()> {
    check_mode(metadata)?;
    Ok(eaccess(path, AccessFlags::W_OK)?)
}

/// Gives what is new the owner, the group and the mode of what it replaces.
pub(super) fn hand_on(new: &File, old: &Metadata) -> io::Result<()> {
    let is = new.metadata()?;
    if (is.uid(), is.gid()) != (old.uid(), old.gid()) {
        // Only root gives files away; a group can be given by whoever belongs to it.
        let _ = fchown(new, Some(old.uid()), Some(old.gid())).or_else(|_| fchown(new, None, Some(old.gid())));
    }
    let mut mode = old.mode() & 0o777;
    if new.metadata()?.gid() != old.gid() {
        // Another group gets no more than everybody.
        mode = mode & 0o707 | (mode & 0o007) << 3;
    }
    match new.metadata()?.mode() & 0o777 {
        has if has == mode => Ok(()),
        _ => new.set_permissions(Permissions::from_mode(mode)),
    }
}

/// Gives all that is in a folder to another owner or group, where that may be.
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
