//! Unchunked results in a file: `.npy`, or raw elements without a header.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use arrstore_format::replace::{NewName, Published, new_file};

use super::Sink;
use crate::display::size;
use crate::npy::Header;
use crate::source::{bytes, c_strides};
use crate::{DType, Error, Result};

/// An array in C order that starts at some byte of a file.
#[derive(Debug)]
pub(super) struct Plain {
    path: PathBuf,
    start: u64,
    dtype: DType,
    shape: Vec<u64>,
    strides: Vec<isize>,
}

impl Plain {
    pub(super) fn new(path: &Path, start: u64, dtype: DType, shape: &[u64]) -> Plain {
        let strides = c_strides(shape, dtype.size());
        Plain { path: path.to_owned(), start, dtype, shape: shape.to_vec(), strides }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file as long as the array needs, so that a full disk is noticed early and writing is fast.
    pub(super) fn reserve(&self, file: &File) -> Result<()> {
        let end = self.start.saturating_add(bytes(self.dtype.size(), &self.shape)?).min(i64::MAX as u64);
        check_room(file, end).map_err(|e| Error::io(&self.path, e))?;
        match nix::fcntl::posix_fallocate(file, 0, end as i64) {
            Ok(()) => Ok(()),
            Err(nix::errno::Errno::EOPNOTSUPP | nix::errno::Errno::EINVAL) => {
                file.set_len(end).map_err(|e| Error::io(&self.path, e))
            }
            Err(e) => Err(Error::io(&self.path, e.into())),
        }
    }

    /// Writes a box of an array that lies `base` bytes after this one. It makes one `pwrite` for each run of elements
    /// that is contiguous in the file.
    pub(super) fn write(
        &self,
        file: &File,
        base: u64,
        start: &[u64],
        shape: &[u64],
        data: &[u8],
    ) -> Result<()> {
        let item = self.dtype.size();
        let mut split = shape.len();
        let mut run = item;
        while split > 0 {
            split -= 1;
            run *= shape[split] as usize;
            if shape[split] != self.shape[split] {
                break;
            }
        }
        if run == 0 {
            return Ok(());
        }
        let first: i64 = start.iter().zip(&self.strides).map(|(&i, &s)| i as i64 * s as i64).sum();
        let mut index = vec![0u64; split];
        for piece in data.chunks_exact(run) {
            let ahead: i64 = index.iter().zip(&self.strides).map(|(&i, &s)| i as i64 * s as i64).sum();
            let at = base + self.start + (first + ahead) as u64;
            file.write_all_at(piece, at).map_err(|e| Error::io(&self.path, e))?;
            for (i, &n) in index.iter_mut().zip(shape).rev() {
                *i += 1;
                if *i < n {
                    break;
                }
                *i = 0;
            }
        }
        Ok(())
    }
}

/// Checks that the disk of a new file has room for so many bytes. Without this check the file would take all room that
/// there is before it fails, and meanwhile other programs would find the disk full.
///
/// # Errors
/// [`io::ErrorKind::StorageFull`].
pub(crate) fn check_room(file: &File, needed: u64) -> io::Result<()> {
    // a file system that cannot say how large it is shows itself when it is written to
    let Ok(disk) = nix::sys::statvfs::fstatvfs(file) else { return Ok(()) };
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    if disk.blocks() == 0 || needed <= free {
        return Ok(());
    }
    let words = format!(
        "No space left on device: the file needs {}, but {} are free; make room, or choose another disk",
        size(needed),
        size(free)
    );
    Err(io::Error::new(io::ErrorKind::StorageFull, words))
}

/// A `.npy` file. It gets its name only by [`NpySink::commit`] or [`NpySink::publish`]; without them, it leaves nothing
/// behind.
#[derive(Debug)]
pub struct NpySink {
    plain: Plain,
    file: File,
    name: NewName,
}

impl NpySink {
    /// Begins a `.npy` file that will replace `target`. With `fortran`, the caller writes the transposed array. The
    /// header then describes the array itself, in Fortran order.
    ///
    /// # Errors
    /// When the folder or an existing file of this name cannot be written, the disk is full, or NumPy has no such type.
    pub fn create(target: &Path, dtype: DType, shape: &[u64], fortran: bool) -> Result<NpySink> {
        let mut told = shape.to_vec();
        if fortran {
            told.reverse();
        }
        let header = Header::write(dtype, &told, fortran)
            .map_err(|reason| Error::Value(format!("{}: {reason}", target.display())))?;
        NpySink::after(&header, target, dtype, shape)
    }

    /// Begins a file of raw elements, without a header, that will replace `target`.
    ///
    /// # Errors
    /// When the folder or an existing file of this name cannot be written, or the disk is full.
    pub fn raw(target: &Path, dtype: DType, shape: &[u64]) -> Result<NpySink> {
        NpySink::after(&[], target, dtype, shape)
    }

    fn after(header: &[u8], target: &Path, dtype: DType, shape: &[u64]) -> Result<NpySink> {
        let (file, name) = new_file(target).map_err(|e| Error::io(target, e))?;
        let plain = Plain::new(target, header.len() as u64, dtype, shape);
        plain.reserve(&file)?;
        file.write_all_at(header, 0).map_err(|e| Error::io(target, e))?;
        Ok(NpySink { plain, file, name })
    }

    /// Waits until all written bytes are on the disk.
    ///
    /// # Errors
    /// When the system fails to write them.
    pub fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(|e| Error::io(&self.plain.path, e))
    }

    /// Replaces any file of the target's name by this file. With `durable`, waits until the file and its name are on
    /// the disk.
    ///
    /// # Errors
    /// When the system refuses; the old file then still stands.
    pub fn commit(self, durable: bool) -> Result<()> {
        if durable {
            self.sync()?;
        }
        let path = self.plain.path.clone();
        let published = self.publish(false)?;
        if durable { published.sync() } else { Ok(()) }.map_err(|e| Error::io(&path, e))
    }

    /// Replaces any file of the target's name by this file. With `undoable`, the replacement can be undone.
    ///
    /// # Errors
    /// When the system refuses; the old file then still stands.
    pub fn publish(self, undoable: bool) -> Result<Published> {
        self.name.publish(&self.file, true, undoable).map_err(|e| Error::io(&self.plain.path, e))
    }

    /// The file, which then never gets its name.
    pub fn into_file(self) -> File {
        self.file
    }
}

impl Sink for NpySink {
    fn dtype(&self) -> DType {
        self.plain.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.plain.shape
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        None
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        self.plain.write(&self.file, 0, start, shape, data)
    }
    fn label(&self) -> String {
        self.plain.path.display().to_string()
    }
}
