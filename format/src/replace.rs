//! Taking a name in one step, with the file or folder that has it staying as it is until then.
//!
//! A new file is made in the folder of its name. Where the file system can, it has no name at all until it is finished
//! (`O_TMPFILE`), so that nothing is left of it however the process ends. Elsewhere it has a hidden name, and so has a new
//! folder always. Hidden names go when what holds them is dropped; a process that ends without that calls [`abandon`].
//!
//! What is replaced hands on its mode and, where the system allows, its owner and group. Symbolic links are followed, and
//! stay.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::libc;
use nix::unistd::{AccessFlags, eaccess, linkat};

/// How every hidden name begins.
const PREFIX: &str = ".arrstore-";
/// Symbolic links that are followed one after the other, as the system does.
const LINKS: usize = 40;

/// Every hidden name of this process.
static HIDDEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn hidden_names() -> MutexGuard<'static, BTreeSet<PathBuf>> {
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
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
}

/// A hidden name. What has it is removed when this is dropped.
#[derive(Debug)]
pub struct Hidden(PathBuf);

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
    fn make<T>(folder: &Path, make: impl FnMut(&Path) -> io::Result<T>) -> io::Result<(T, Hidden)> {
        let mut names = hidden_names();
        let (made, path) = tempfile::Builder::new().prefix(PREFIX).make_in(folder, make)?.into_parts();
        let path = path.keep().map_err(|e| e.error)?;
        names.insert(path.clone());
        Ok((made, Hidden(path)))
    }

    /// Removes what has the name.
    fn remove(self) -> io::Result<()> {
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
fn check_writable(path: &Path, metadata: &Metadata) -> io::Result<()> {
    check_mode(metadata)?;
    Ok(eaccess(path, AccessFlags::W_OK)?)
}

/// What has a path, if anything has.
fn found(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives what is new the owner, the group and the mode of what it replaces.
fn hand_on(new: &File, old: &Metadata) -> io::Result<()> {
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

/// The name that a new file is to get.
#[derive(Debug)]
pub struct NewName {
    target: PathBuf,
    /// `None` for a file without a name.
    hidden: Option<Hidden>,
}

/// Makes a file, to be read and written, that will take the name `path`: with the mode of a file that has it, else with
/// what the umask leaves of 0666.
///
/// # Errors
/// When something other than a file that may be written has the name, or the folder cannot be written.
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

/// A file without a name, which can get one.
fn nameless(folder: &Path) -> io::Result<File> {
    let file = options().custom_flags(libc::O_TMPFILE).open(folder)?;
    fs::symlink_metadata(descriptor(&file))?;
    Ok(file)
}

/// A file with a hidden name.
fn named(folder: &Path) -> io::Result<(File, Option<Hidden>)> {
    let (file, hidden) = Hidden::make(folder, |path| options().create_new(true).open(path))?;
    Ok((file, Some(hidden)))
}

/// The path by which a file without a name is found.
fn descriptor(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

impl NewName {
    /// The file that will be there, or be replaced.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Gives `file` its name. What is there is replaced when it is empty or `overwrite` is set. When it shall be possible
    /// to undo that, the old file is kept under a hidden name meanwhile.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when something is there and stays; when the system refuses. All is then as before.
    pub fn publish(self, file: &File, overwrite: bool, undoable: bool) -> io::Result<Published> {
        let NewName { target, hidden } = self;
        let link = |to: &Path| match &hidden {
            Some(hidden) => fs::hard_link(&hidden.0, to),
            None => Ok(linkat(AT_FDCWD, &descriptor(file), AT_FDCWD, to, AtFlags::AT_SYMLINK_FOLLOW)?),
        };
        let Some(old) = found(&target)? else {
            match (link(&target), &hidden) {
                // A file system without hard links.
                (Err(error), Some(hidden)) if error.kind() != io::ErrorKind::AlreadyExists => {
                    rename_new(&hidden.0, &target)?;
                }
                (linked, _) => linked?,
            }
            return Ok(Published { target, old: None, undoable });
        };
        if !overwrite && old.len() > 0 {
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

/// Renames where nothing has the new name.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match rename_with(from, to, libc::RENAME_NOREPLACE) {
        Err(error) if lacks(&error) => fs::rename(from, to),
        other => other,
    }
}

/// Lets two names change places.
fn exchange(hidden: &Path, target: &Path) -> io::Result<()> {
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

/// Whether an error means that the system has no such call here.
fn lacks(error: &io::Error) -> bool {
    [Errno::EINVAL, Errno::ENOSYS, Errno::EOPNOTSUPP]
        .map(|e| e as i32)
        .contains(&error.raw_os_error().unwrap_or(0))
}

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

/// Gives all that is in a folder to another owner or group, where that may be.
fn give(folder: &Path, (uid, gid): (u32, u32)) -> io::Result<()> {
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

/// What has taken its name. Dropped, it stays.
#[derive(Debug)]
pub struct Published {
    target: PathBuf,
    old: Option<Hidden>,
    undoable: bool,
}

impl Published {
    /// Waits until the disk has the name.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&self) -> io::Result<()> {
        sync_folder(&self.target)
    }

    /// Removes what was replaced.
    ///
    /// # Errors
    /// When it cannot be removed; it then lies under a hidden name, which the error says.
    pub fn keep(self) -> io::Result<()> {
        let Some(old) = self.old else { return Ok(()) };
        let path = old.0.display().to_string();
        old.remove().map_err(|e| {
            io::Error::new(e.kind(), format!("{path}, what was replaced, could not be removed: {e}"))
        })
    }

    /// Gives the name back to what had it.
    ///
    /// # Errors
    /// When the system refuses, or the file system could not keep the old file.
    pub fn undo(self) -> io::Result<()> {
        let target = &self.target;
        if !self.undoable {
            let words =
                format!("{} is replaced: the file system could not keep the old one", target.display());
            return Err(io::Error::other(words));
        }
        let _names;
        match &self.old {
            None => remove(target),
            Some(old) => {
                _names = hidden_names();
                exchange(&old.0, target)
            }
        }
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

    fn names(folder: &Path) -> Vec<String> {
        let name = |e: io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    /// Both ways in which a file can be new.
    fn both(target: &Path) -> [(File, NewName); 2] {
        let (file, hidden) = named(folder_of(target)).unwrap();
        [new_file(target).unwrap(), (file, NewName { target: target.to_owned(), hidden })]
    }

    #[test]
    #[cfg_attr(miri, ignore = "files without a name")]
    fn a_name_is_taken_given_back_and_kept() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let target = root.join("x");
        for k in 0..2 {
            for (there, undoable) in [(false, false), (false, true), (true, true), (true, false)] {
                let _ = fs::remove_file(&target);
                if there {
                    fs::write(&target, "old").unwrap();
                }
                let (file, name) = both(&target).into_iter().nth(k).unwrap();
                io::Write::write_all(&mut &file, b"new").unwrap();
                let published = name.publish(&file, true, undoable).unwrap();
                assert_eq!(fs::read(&target).unwrap(), b"new");
                if undoable {
                    published.undo().unwrap();
                    assert_eq!(fs::read(&target).ok(), there.then(|| b"old".to_vec()));
                } else {
                    published.keep().unwrap();
                }
                assert!(names(&root).iter().all(|n| n == "x"), "{:?}", names(&root));
            }
            let (file, name) = both(&target).into_iter().nth(k).unwrap();
            let error = name.publish(&file, false, false).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(names(&root), ["x"]);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "files without a name")]
    fn folders_change_places() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let target = root.join("x");
        for undo in [true, false] {
            fs::create_dir_all(target.join("old")).unwrap();
            let new = NewFolder::create(&target, &root).unwrap();
            fs::write(new.path().join("new"), "").unwrap();
            let published = new.publish().unwrap();
            assert_eq!(names(&target), ["new"]);
            if undo { published.undo() } else { published.keep() }.unwrap();
            assert_eq!(names(&target), [if undo { "old" } else { "new" }]);
            assert_eq!(names(&root), ["x"]);
        }
    }

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
