//! Spilled arrays: raw chunks, one after the other, in a mapped file.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrstore_format::{FileMap, Grid};

use super::{Data, Located, Source, c_strides, elements};
use crate::{DType, Error, Result};

/// An array of raw chunks in a mapped file.
#[derive(Debug)]
pub(crate) struct Spilled {
    path: PathBuf,
    map: FileMap,
    dtype: DType,
    grid: Grid,
    strides: Vec<isize>,
    chunk_bytes: usize,
}

impl Spilled {
    /// The chunks of `grid` that lie in `file`, one after the other.
    ///
    /// # Errors
    /// When the file cannot be mapped, or is too short.
    pub(crate) fn new(path: &Path, file: &File, dtype: DType, grid: Grid) -> Result<Spilled> {
        let chunk_bytes = elements(grid.chunk_shape())? * dtype.size() as u64;
        let count = elements(grid.counts())?;
        let map = FileMap::new(file, count.saturating_mul(chunk_bytes)).map_err(|e| Error::io(path, e))?;
        let strides = c_strides(grid.chunk_shape(), dtype.size());
        Ok(Spilled { path: path.to_owned(), map, dtype, grid, strides, chunk_bytes: chunk_bytes as usize })
    }

    /// The place in the file of a range of a chunk's bytes.
    fn place(&self, chunk: &Located<'_>, bytes: Range<usize>) -> Range<usize> {
        let start = self.grid.linear(&chunk.index) as usize * self.chunk_bytes;
        start + bytes.start.min(self.chunk_bytes)..start + bytes.end.min(self.chunk_bytes)
    }
}

impl Source for Spilled {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        self.grid.shape()
    }
    fn chunk_shape(&self) -> &[u64] {
        self.grid.chunk_shape()
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
        self.chunk_bytes
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        let start = self.grid.linear(index) as usize * self.chunk_bytes;
        let bytes = self.map.bytes().get(start..start + self.chunk_bytes).unwrap_or(&[]);
        Ok(Located::new(index, Data::InPlace(bytes)))
    }
    fn read(&self, chunk: &Located<'_>, start: usize, out: &mut [u8]) -> Result<()> {
        let place = self.place(chunk, start..self.chunk_bytes);
        self.map.read(place.start, out).map_err(|e| Error::io(&self.path, e))
    }
    fn intact(&self) -> Result<()> {
        self.map.intact().map_err(|e| Error::io(&self.path, e))
    }
    fn bring(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        self.map.bring(self.place(chunk, bytes));
    }
    fn expect(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        self.map.expect(self.place(chunk, bytes));
    }
    fn holds(&self, chunk: &Located<'_>, bytes: Range<usize>) -> bool {
        self.map.holds(self.place(chunk, bytes))
    }
    fn release(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        self.map.release(self.place(chunk, bytes));
    }
    fn release_all(&self) {
        self.map.release(0..usize::MAX);
    }
    fn is_mapped(&self) -> bool {
        true
    }
}
