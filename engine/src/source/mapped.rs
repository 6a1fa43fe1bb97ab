//! Unchunked arrays in a mapped file: `.npy` files, raw binary files, members of archives.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrstore_format::FileMap;

use crate::npy::{ByteOrder, Header, Opened};

use super::{Data, FileCrc, Located, Source, c_strides, elements};
use crate::{DType, Error, Result};

/// An unchunked array in a mapped file.
#[derive(Debug)]
pub struct Mapped {
    path: PathBuf,
    map: FileMap,
    start: usize,
    dtype: DType,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    strides: Vec<isize>,
    crc: Option<FileCrc>,
    opened: Option<Opened>,
}

impl Mapped {
    /// Maps the array of a `.npy` file (versions 1 to 3, C or Fortran order, little-endian).
    ///
    /// # Errors
    /// When the file cannot be read, is no `.npy` file, holds elements of another kind, or is too short.
    pub fn npy(path: &Path) -> Result<Mapped> {
        let file = open_regular(path)?;
        let header =
            Header::read(&file).map_err(|e| Error::Npy { path: path.to_owned(), reason: e.to_string() })?;
        if header.order != ByteOrder::Little {
            return Err(Error::Npy {
                path: path.to_owned(),
                reason: "holds big-endian elements, which cannot be mapped in place; convert the file first"
                    .into(),
            });
        }
        let mapped = Mapped::of_file(path, &file, header.start, header.dtype, &header.shape, header.fortran)?;
        Ok(mapped.headed_by(&header))
    }

    /// Maps an array of `shape` that starts at byte `start` of a file. It is in C order or, with `fortran`, in Fortran
    /// order, in which the first axis varies fastest.
    ///
    /// # Errors
    /// When the file cannot be read or is too short.
    pub fn raw(path: &Path, start: u64, dtype: DType, shape: &[u64], fortran: bool) -> Result<Mapped> {
        Mapped::of_file(path, &open_regular(path)?, start, dtype, shape, fortran)
    }

    /// As [`Mapped::raw`], of a file that is open already.
    ///
    /// # Errors
    /// As [`Mapped::raw`].
    pub fn of_file(
        path: &Path,
        file: &File,
        start: u64,
        dtype: DType,
        shape: &[u64],
        fortran: bool,
    ) -> Result<Mapped> {
        let length = file.metadata().map_err(|e| Error::io(path, e))?.len();
        let bytes = elements(shape)?.checked_mul(dtype.size() as u64);
        let end = bytes.and_then(|b| b.checked_add(start));
        if end.is_none_or(|end| end > length) {
            return Err(Error::Npy {
                path: path.to_owned(),
                reason: format!(
                    "an array of shape {} and type {dtype} needs {} bytes from byte {start} on, but the file ends at byte {length}: it was cut short, or shape or type are wrong",
                    crate::view::show(shape),
                    bytes.map_or("too many".into(), |b| b.to_string()),
                ),
            });
        }
        let map = FileMap::new(file, length).map_err(|e| Error::io(path, e))?;
        let mut strides = c_strides(shape, dtype.size());
        if fortran {
            let reversed: Vec<u64> = shape.iter().rev().copied().collect();
            strides = c_strides(&reversed, dtype.size());
            strides.reverse();
        }
        Ok(Mapped {
            path: path.to_owned(),
            map,
            start: start as usize,
            dtype,
            chunk: shape.iter().map(|&n| n.max(1)).collect(),
            shape: shape.to_vec(),
            strides,
            crc: None,
            opened: None,
        })
    }

    /// The same array, with its elements as the body of `crc`: a run that reads any of them fails if the checksum does
    /// not match.
    pub fn checked_by(self, crc: FileCrc) -> Mapped {
        Mapped { crc: Some(crc), ..self }
    }

    /// The same array, with `header` at the start of the file: a run fails if the file tells of other elements by then.
    pub(crate) fn headed_by(self, header: &Header) -> Mapped {
        Mapped { opened: Some(Opened::new(header)), ..self }
    }

    fn bytes(&self) -> &[u8] {
        self.map.bytes().get(self.start..self.start + self.chunk_bytes()).unwrap_or(&[])
    }
}

impl Source for Mapped {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> &[u64] {
        &self.chunk
    }
    fn strides(&self) -> &[isize] {
        &self.strides
    }
    fn label(&self) -> String {
        self.path.display().to_string()
    }
    fn in_place(&self) -> bool {
        true
    }
    fn has_values(&self) -> bool {
        false
    }
    fn chunk_bytes(&self) -> usize {
        // The number cannot overflow: the array was found to fit in the file.
        elements(&self.shape).unwrap_or(0) as usize * self.dtype.size()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        Ok(Located::new(index, Data::InPlace(self.bytes())))
    }
    fn read(&self, _: &Located<'_>, start: usize, out: &mut [u8]) -> Result<()> {
        self.map.read(self.start + start, out).map_err(|e| Error::io(&self.path, e))
    }
    fn has_checksums(&self) -> bool {
        self.crc.is_some()
    }
    fn check(&self, _: &Located<'_>, bytes: Range<usize>) -> Result<()> {
        if let (Some(crc), Some(read)) = (&self.crc, self.bytes().get(bytes.clone())) {
            crc.saw(bytes.start as u64, read);
        }
        Ok(())
    }
    fn check_read(&self, _: &Located<'_>, start: usize, bytes: &[u8]) -> Result<()> {
        if let Some(crc) = &self.crc {
            crc.saw(start as u64, bytes);
        }
        Ok(())
    }
    fn intact(&self) -> Result<()> {
        self.map.intact().map_err(|e| Error::io(&self.path, e))?;
        if let Some(opened) = &self.opened {
            opened.check(&self.path, |bytes| self.map.read(0, bytes))?;
        }
        self.crc.as_ref().map_or(Ok(()), FileCrc::check)
    }
    fn bring(&self, _: &Located<'_>, bytes: Range<usize>) {
        self.map.bring(self.start + bytes.start..self.start + bytes.end);
    }
    fn expect(&self, _: &Located<'_>, bytes: Range<usize>) {
        self.map.expect(self.start + bytes.start..self.start + bytes.end.min(self.chunk_bytes()));
    }
    fn holds(&self, _: &Located<'_>, bytes: Range<usize>) -> bool {
        self.map.holds(self.start + bytes.start..self.start + bytes.end)
    }
    fn release(&self, _: &Located<'_>, bytes: Range<usize>) {
        self.map.release(self.start + bytes.start..self.start + bytes.end);
    }
    fn release_all(&self) {
        self.map.release(0..usize::MAX);
    }
    fn is_mapped(&self) -> bool {
        true
    }
}

/// Opens a regular file for reading; a directory, device or FIFO is refused before anything is read from it.
fn open_regular(path: &Path) -> Result<File> {
    let kind = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
    if !kind.is_file() {
        return Err(Error::Npy { path: path.to_owned(), reason: "is not a regular file".into() });
    }
    File::open(path).map_err(|e| Error::io(path, e))
}
