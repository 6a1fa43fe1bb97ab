//! A file on disk.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use nix::fcntl::{FallocateFlags, FcntlArg, fallocate, fcntl};
use nix::libc;

use super::map::start_writeback;
use super::{FileMap, Lock, Storage};
use crate::replace::{self, NewName, new_file, sync_folder};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Locks are on bytes that no file reaches: the writer's on byte 2^62, the pin of commit `seq` on byte 2^62 + `seq`.
const LOCKS: i64 = 1 << 62;

/// A file, with the locks of one open file description.
///
/// The locks belong to the open file description (`F_OFD_SETLK`). The kernel drops them when the process dies. They
/// also work between two handles of one process.
///
/// A forked process inherits the description, and with it the locks of its parent. There the file can only be read: a
/// lock that the child gave back would be its parent's, and so would bytes that it wrote.
#[derive(Debug)]
pub struct FileStorage {
    file: File,
    /// The process that opened the file.
    process: u32,
    pins: Mutex<HashMap<u64, usize>>,
    /// Whether this description holds the writer's lock. The kernel would grant it a second time.
    writing: AtomicBool,
    /// The length for which the disk has reserved space.
    reserved: AtomicU64,
    /// The file's path, or the path that it will get.
    path: Option<PathBuf>,
    /// The name to come of a new file, and whether it may replace another file. Dropping it removes the file.
    unnamed: Mutex<Option<(NewName, bool)>>,
}

impl FileStorage {
    /// Opens a regular file for reading, and for writing if `writable` is set.
    ///
    /// # Errors
    /// When the file does not exist, is a directory, FIFO or device, or permissions are lacking. A file whose mode
    /// lets nobody write it is not opened for writing, not even for root.
    pub fn open(path: &Path, writable: bool) -> io::Result<FileStorage> {
        // Without O_NONBLOCK, opening a FIFO would wait for a writer.
        let file = OpenOptions::new()
            .read(true)
            .write(writable)
            .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open(path)?;
        let metadata = file.metadata()?;
        let kind = metadata.file_type();
        if !kind.is_file() {
            let what = if kind.is_dir() { "a directory" } else { "a FIFO, socket or device" };
            let message = format!("expected a regular file, found {what}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        if writable {
            replace::check_mode(&metadata)?;
        }
        Ok(FileStorage { path: Some(path.to_owned()), ..FileStorage::of(file) })
    }

    /// Takes a file that is open already.
    pub fn of(file: File) -> FileStorage {
        FileStorage {
            file,
            process: std::process::id(),
            pins: Mutex::default(),
            writing: AtomicBool::new(false),
            reserved: AtomicU64::new(0),
            path: None,
            unnamed: Mutex::default(),
        }
    }

    /// Creates a file that gets the name `path` with [`Storage::publish`]. Nothing is left of it when it is dropped
    /// before.
    ///
    /// # Errors
    /// As [`new_file`].
    pub(crate) fn create(path: &Path, overwrite: bool) -> io::Result<FileStorage> {
        let (file, name) = new_file(path)?;
        let path = Some(name.target().to_owned());
        Ok(FileStorage { path, unnamed: Mutex::new(Some((name, overwrite))), ..FileStorage::of(file) })
    }

    /// Fails in a process that has inherited the file.
    fn own(&self) -> io::Result<()> {
        match self.is_inherited() {
            true => Err(io::Error::other("the process that forked this one opened the file: open it again")),
            false => Ok(()),
        }
    }

    fn lock(&self, kind: libc::c_int, start: u64, len: u64) -> io::Result<Lock> {
        self.own()?;
        let lock = request(kind, start, len);
        match fcntl(&self.file, FcntlArg::F_OFD_SETLK(&lock)) {
            Ok(_) => Ok(Lock::Acquired),
            Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EACCES) => Ok(Lock::Held),
            Err(e) if unsupported(e) => Ok(Lock::Unsupported),
            Err(e) => Err(e.into()),
        }
    }
}

fn request(kind: libc::c_int, start: u64, len: u64) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: LOCKS + start as i64,
        l_len: len as i64,
        l_pid: 0,
    }
}

fn unsupported(e: nix::errno::Errno) -> bool {
    use nix::errno::Errno;
    matches!(e, Errno::EINVAL | Errno::ENOLCK | Errno::EOPNOTSUPP | Errno::ENOSYS)
}

impl Storage for FileStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }
    fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        self.own()?;
        self.file.write_all_at(data, offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.own()?;
        self.reserved.store(0, Ordering::Relaxed);
        self.file.set_len(len)
    }
    /// Reserves space in steps of an eighth of the file, 1 to 256 MiB. Writing into reserved space is twice as fast
    /// as growing the file with every write.
    fn reserve(&self, len: u64) -> io::Result<()> {
        if len <= self.reserved.load(Ordering::Relaxed) {
            return Ok(());
        }
        let step = (len / 8).clamp(1 << 20, 256 << 20);
        for target in [(len + step).next_multiple_of(1 << 20), len] {
            match fallocate(&self.file, FallocateFlags::empty(), 0, target as i64) {
                Ok(()) => {
                    self.reserved.fetch_max(target, Ordering::Relaxed);
                    return Ok(());
                }
                Err(e) if unsupported(e) => {
                    self.reserved.store(u64::MAX, Ordering::Relaxed);
                    return Ok(());
                }
                Err(nix::errno::Errno::ENOSPC) if target != len => {}
                // A signal came. Writing will grow the file instead.
                Err(nix::errno::Errno::EINTR) => return Ok(()),
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }
    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }
    fn publish(&self) -> io::Result<()> {
        match self.unnamed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some((name, overwrite)) => name.publish(&self.file, overwrite, false).map(drop),
            None => Ok(()),
        }
    }
    fn sync_name(&self) -> io::Result<()> {
        // The name behind a symbolic link is in another folder.
        self.path.as_ref().map_or(Ok(()), |path| sync_folder(&path.canonicalize()?))
    }
    fn start_writeback(&self, range: Range<u64>) {
        start_writeback(&self.file, &range);
    }
    fn map(&self, len: u64) -> io::Result<Option<FileMap>> {
        FileMap::new(&self.file, len).map(Some)
    }
    fn is_inherited(&self) -> bool {
        self.process != std::process::id()
    }
    fn identity(&self) -> io::Result<Option<(u64, u64)>> {
        let metadata = self.file.metadata()?;
        Ok(Some((metadata.dev(), metadata.ino())))
    }
    fn lock_writer(&self) -> io::Result<Lock> {
        if self.writing.swap(true, Ordering::AcqRel) {
            return Ok(Lock::Held);
        }
        let lock = self.lock(libc::F_WRLCK, 0, 1);
        if !matches!(lock, Ok(Lock::Acquired)) {
            self.writing.store(false, Ordering::Release);
        }
        lock
    }
    fn unlock_writer(&self) {
        // If this fails, the kernel drops the lock when the file is closed.
        let _ = self.lock(libc::F_UNLCK, 0, 1);
        self.writing.store(false, Ordering::Release);
    }
    fn pin(&self, seq: u64) -> io::Result<Lock> {
        let mut pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        let count = pins.entry(seq).or_default();
        if *count == 0 {
            match self.lock(libc::F_RDLCK, seq, 1)? {
                Lock::Acquired => {}
                other => return Ok(other),
            }
        }
        *count += 1;
        Ok(Lock::Acquired)
    }
    fn unpin(&self, seq: u64) {
        let mut pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = pins.get_mut(&seq) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                pins.remove(&seq);
                // As above.
                let _ = self.lock(libc::F_UNLCK, seq, 1);
            }
        }
    }
    fn is_pinned_below(&self, seq: u64) -> io::Result<bool> {
        if seq <= 1 {
            return Ok(false);
        }
        let mut lock = request(libc::F_WRLCK, 1, seq - 1);
        match fcntl(&self.file, FcntlArg::F_OFD_GETLK(&mut lock)) {
            Ok(_) => Ok(lock.l_type != libc::F_UNLCK as libc::c_short),
            Err(e) if unsupported(e) => Ok(true),
            Err(e) => Err(e.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forked_process_leaves_its_parents_locks_and_bytes_alone() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let open = || FileStorage::open(path.path(), true).unwrap();
        let parent = open();
        parent.write_all_at(&[1; 16], 0).unwrap();
        assert_eq!(parent.lock_writer().unwrap(), Lock::Acquired);
        assert_eq!(parent.pin(5).unwrap(), Lock::Acquired);

        // a fork has the same description, under another number of its process
        let file = parent.file.try_clone().unwrap();
        let pins = Mutex::new(HashMap::from([(5, 1)]));
        let fork = FileStorage { process: parent.process + 1, pins, ..FileStorage::of(file) };
        assert!(fork.is_inherited() && !parent.is_inherited());
        fork.unlock_writer();
        fork.unpin(5);
        let other = open();
        assert_eq!(other.lock_writer().unwrap(), Lock::Held);
        assert!(other.is_pinned_below(6).unwrap());
        for refused in [fork.write_all_at(&[2], 0), fork.set_len(0), fork.pin(5).map(drop)] {
            assert!(refused.unwrap_err().to_string().contains("open it again"));
        }
        let mut bytes = [0; 16];
        fork.read_exact_at(&mut bytes, 0).unwrap();
        assert_eq!(bytes, [1; 16]);

        parent.unlock_writer();
        assert_eq!(other.lock_writer().unwrap(), Lock::Acquired);
    }
}
