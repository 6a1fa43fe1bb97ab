//! Results in one piece in a file: `.npy`, and the elements alone.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Sink;
use crate::npy::Header;
use crate::source::{c_strides, elements};
use crate::{DType, Error, Result};

/// An array in C order from some byte of a file on.
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

    /// Makes the file as long as the array needs, so that a full disk shows early and writing is fast.
    pub(super) fn reserve(&self, file: &File) -> Result<()> {
        let bytes = elements(&self.shape)? * self.dtype.size() as u64;
        let end = self.start + bytes;
        match nix::fcntl::posix_fallocate(file, 0, end as i64) {
            Ok(()) => Ok(()),
            Err(nix::errno::Errno::EOPNOTSUPP | nix::errno::Errno::EINVAL) => {
                file.set_len(end).map_err(|e| Error::io(&self.path, e))
            }
            Err(e) => Err(Error::io(&self.path, e.into())),
        }
    }

    /// Writes a box, of an array that lies `base` bytes after this one: one `pwrite` for each run of elements that is
    /// contiguous in the file.
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

/// A `.npy` file, written beside its name and renamed into place by [`NpySink::commit`].
#[derive(Debug)]
pub struct NpySink {
    plain: Plain,
    file: NamedTempFile,
    target: PathBuf,
}

impl NpySink {
    /// Begins a `.npy` file that will replace `target`.
    ///
    /// # Errors
    /// When the folder cannot be written, the disk is full, or NumPy has no such type.
    pub fn create(target: &Path, dtype: DType, shape: &[u64]) -> Result<NpySink> {
        let header = Header::write(dtype, shape, false)
            .map_err(|reason| Error::Npy { path: target.to_owned(), reason })?;
        NpySink::after(&header, target, dtype, shape)
    }

    /// Begins a file of the elements alone, without a header, that will replace `target`.
    ///
    /// # Errors
    /// When the folder cannot be written or the disk is full.
    pub fn raw(target: &Path, dtype: DType, shape: &[u64]) -> Result<NpySink> {
        NpySink::after(&[], target, dtype, shape)
    }

    fn after(header: &[u8], target: &Path, dtype: DType, shape: &[u64]) -> Result<NpySink> {
        let folder = folder_of(target);
        let file = tempfile::Builder::new()
            .prefix(".arrstore-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(folder)
            .map_err(|e| Error::io(folder, e))?;
        let plain = Plain::new(target, header.len() as u64, dtype, shape);
        plain.reserve(file.as_file())?;
        file.as_file().write_all_at(header, 0).map_err(|e| Error::io(target, e))?;
        Ok(NpySink { plain, file, target: target.to_owned() })
    }

    /// Makes the file durable, unless told not to, and puts it in place of what had its name.
    ///
    /// # Errors
    /// When the system refuses; the old file then still stands.
    pub fn commit(self, durable: bool) -> Result<()> {
        let io = |e| Error::io(&self.target, e);
        if durable {
            self.file.as_file().sync_all().map_err(io)?;
        }
        self.file.persist(&self.target).map_err(|e| Error::io(&self.target, e.error))?;
        if durable {
            let folder = folder_of(&self.target);
            File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::io(folder, e))?;
        }
        Ok(())
    }
}

/// The folder that holds a path.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
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
        self.plain.write(self.file.as_file(), 0, start, shape, data)
    }
    fn label(&self) -> String {
        self.target.display().to_string()
    }
}
