//! A file on disk.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use nix::fcntl::{FallocateFlags, FcntlArg, fallocate, fcntl};
use nix::libc;
use tempfile::{NamedTempFile, TempPath};

use super::map::start_writeback;
use super::{FileMap, Lock, Storage};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Locks stand on bytes that no file reaches: the writer's on 2^62, that of commit `seq` on 2^62 + `seq`.
const LOCKS: i64 = 1 << 62;

/// A file, with the locks of one open file description.
///
/// Locks are those of the open file description (`F_OFD_SETLK`): the kernel drops them when the process dies,
/// and they work between two handles of one process, too.
#[derive(Debug)]
pub struct FileStorage {
    file: File,
    pins: Mutex<HashMap<u64, usize>>,
    /// Whether the writer's lock is this description's: asked again, the kernel would give it twice.
    writing: AtomicBool,
    /// How far the disk has been asked for.
    reserved: AtomicU64,
    /// Its name, or the one that it is to get.
    path: Option<PathBuf>,
    /// The name of a new file until then, and whether it may take that of another. When dropped, the file is gone.
    temporary: Mutex<Option<(TempPath, bool)>>,
}

impl FileStorage {
    /// Opens a regular file, for reading alone or to write too.
    ///
    /// # Errors
    /// When there is none, it is a directory, FIFO or device, or permissions are lacking.
    pub fn open(path: &Path, writable: bool) -> io::Result<FileStorage> {
        // Without O_NONBLOCK the opening of a FIFO would wait for a writer.
        let file = OpenOptions::new()
            .read(true)
            .write(writable)
            .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open(path)?;
        let kind = file.metadata()?.file_type();
        if !kind.is_file() {
            let what = if kind.is_dir() { "a directory" } else { "a FIFO, socket or device" };
            let message = format!("expected a regular file, found {what}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        Ok(FileStorage { path: Some(path.to_owned()), ..FileStorage::of(file) })
    }

    /// Takes a file that is open already.
    pub fn of(file: File) -> FileStorage {
        FileStorage {
            file,
            pins: Mutex::default(),
            writing: AtomicBool::new(false),
            reserved: AtomicU64::new(0),
            path: None,
            temporary: Mutex::default(),
        }
    }

    /// Creates a file beside `path`, which gets that name with [`Storage::publish`]; before that, nothing is left
    /// of it when it is dropped.
    ///
    /// # Errors
    /// When the folder cannot be written, or the permissions cannot be given.
    pub(crate) fn create(
        path: &Path,
        overwrite: bool,
        permissions: Option<Permissions>,
    ) -> io::Result<FileStorage> {
        let temporary: NamedTempFile = tempfile::Builder::new()
            .prefix(".")
            .suffix(".arrs-new")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder(path))?;
        let (file, temporary) = temporary.into_parts();
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        let temporary = Mutex::new(Some((temporary, overwrite)));
        Ok(FileStorage { path: Some(path.to_owned()), temporary, ..FileStorage::of(file) })
    }

    fn lock(&self, kind: libc::c_int, start: u64, len: u64) -> io::Result<Lock> {
        let lock = request(kind, start, len);
        match fcntl(&self.file, FcntlArg::F_OFD_SETLK(&lock)) {
            Ok(_) => Ok(Lock::Acquired),
            Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EACCES) => Ok(Lock::Held),
            Err(e) if unsupported(e) => Ok(Lock::Unsupported),
            Err(e) => Err(e.into()),
        }
    }
}

/// The folder that holds a path.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
        self.file.write_all_at(data, offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.reserved.store(0, Ordering::Relaxed);
        self.file.set_len(len)
    }
    /// Steps of an eighth of the file, 1 to 256 MiB: writing into space that is there already is twice as fast
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
                // A signal came: writing grows the file as well.
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
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take();
        let named = match (temporary, &self.path) {
            (Some((temporary, true)), Some(path)) => temporary.persist(path),
            (Some((temporary, false)), Some(path)) => temporary.persist_noclobber(path),
            _ => Ok(()),
        };
        named.map_err(|e| e.error)
    }
    fn sync_name(&self) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        // Behind a symbolic link, it is another folder that has the name.
        let synced = path.canonicalize().and_then(|path| File::open(folder(&path))?.sync_all());
        match synced {
            // A folder that may not be read, or a file system that syncs none: there is no more to be done.
            Err(e) if matches!(e.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput) => {
                Ok(())
            }
            synced => synced,
        }
    }
    fn start_writeback(&self, range: Range<u64>) {
        start_writeback(&self.file, &range);
    }
    fn map(&self, len: u64) -> io::Result<Option<FileMap>> {
        FileMap::new(&self.file, len).map(Some)
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
        // The kernel drops it with the descriptor at the latest.
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
