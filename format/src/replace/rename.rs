//! Renaming without replacing, and exchanging two names.

use std::path::Path;
use std::{fs, io};

use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use nix::libc;

/// Renames a file or folder, unless the new name is taken.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match rename_with(from, to, libc::RENAME_NOREPLACE) {
        Err(error) if lacks(&error) => fs::rename(from, to),
        other => other,
    }
}

/// Exchanges the names of two files or folders.
pub(super) fn exchange(hidden: &Path, target: &Path) -> io::Result<()> {
    match rename_with(hidden, target, libc::RENAME_EXCHANGE) {
        Err(error) if lacks(&error) => {
            let mut aside = hidden.as_os_str().to_owned();
            aside.push("-old");
            fs::rename(target, &aside)?;
            fs::rename(hidden, target).inspect_err(|_| drop(fs::rename(&aside, target)))?;
            fs::rename(&aside, hidden)
        }
        other => other,
    }
}

#[cfg(target_env = "gnu")]
fn rename_with(from: &Path, to: &Path, flags: u32) -> io::Result<()> {
    let flags = nix::fcntl::RenameFlags::from_bits_retain(flags);
    Ok(nix::fcntl::renameat2(AT_FDCWD, from, AT_FDCWD, to, flags)?)
}

#[cfg(not(target_env = "gnu"))]
fn rename_with(_: &Path, _: &Path, _: u32) -> io::Result<()> {
    Err(Errno::ENOSYS.into())
}

/// Whether an error means that the system or the file system lacks the call.
fn lacks(error: &io::Error) -> bool {
    [Errno::EINVAL, Errno::ENOSYS, Errno::EOPNOTSUPP]
        .map(|e| e as i32)
        .contains(&error.raw_os_error().unwrap_or(0))
}
