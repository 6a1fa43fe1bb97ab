//! Spills: nameless files for intermediate results too large for memory, and for inputs written in another order.

use std::fs::File;
use std::path::Path;

use arrstore_format::{Grid, strided};

use super::file::Plain;
use super::{Sink, parts};
use crate::source::{Spilled, c_strides, elements};
use crate::{Buffer, DType, Error, Result};

/// An array of raw chunks, one after the other, in a nameless file that vanishes with the process.
#[derive(Debug)]
pub(crate) struct Spill {
    file: File,
    dtype: DType,
    grid: Grid,
    /// The layout of one chunk. The chunk's offset in the file is added on writing.
    plain: Plain,
}

impl Spill {
    /// A spill for an array in chunks of shape `chunk`, in a nameless file of `folder`.
    ///
    /// # Errors
    /// When the folder cannot be written or the disk is full.
    pub(crate) fn create(folder: &Path, dtype: DType, shape: &[u64], chunk: &[u64]) -> Result<Spill> {
        let file = tempfile::tempfile_in(folder).map_err(|e| Error::io(folder, e))?;
        let grid = Grid::new(shape, chunk);
        let plain = Plain::new(&folder.join("(spilled result)"), 0, dtype, chunk);
        let all: Vec<u64> = grid.counts().iter().zip(chunk).map(|(n, c)| n.saturating_mul(*c)).collect();
        Plain::new(plain.path(), 0, dtype, &all).reserve(&file)?;
        Ok(Spill { file, dtype, grid, plain })
    }

    /// The array, as a source.
    ///
    /// # Errors
    /// When it cannot be mapped.
    pub(crate) fn into_source(self) -> Result<Spilled> {
        Spilled::new(self.plain.path(), &self.file, self.dtype, self.grid)
    }
}

impl Sink for Spill {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        self.grid.shape()
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        None
    }
    fn copies_boxes(&self) -> bool {
        self.grid.counts().iter().any(|&n| n > 1)
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        let item = self.dtype.size();
        let bytes = elements(self.grid.chunk_shape())? * item as u64;
        let from = c_strides(shape, item);
        let mut room = Buffer::default();
        for part in parts(&self.grid, start, shape) {
            let base = self.grid.linear(&part.index) * bytes;
            if part.shape == shape {
                self.plain.write(&self.file, base, &part.within, shape, data)?;
                continue;
            }
            let lengths: Vec<usize> = part.shape.iter().map(|&n| n as usize).collect();
            let offset: isize = part.skipped.iter().zip(&from).map(|(&i, f)| i as isize * f).sum();
            let out = room.reserve(lengths.iter().product::<usize>() * item)?;
            let to = strided::c_strides(&lengths, item);
            strided::copy(item, &lengths, data, offset as usize, &from, out, 0, &to);
            self.plain.write(&self.file, base, &part.within, &part.shape, out)?;
        }
        Ok(())
    }
    fn label(&self) -> String {
        self.plain.path().display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn a_file_larger_than_the_disk_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for (dtype, length) in [(DType::U8, 1 << 60), (DType::F64, 1 << 60), (DType::U8, 1 << 62)] {
            let error = Spill::create(folder.path(), dtype, &[length], &[length]).unwrap_err();
            let said = error.to_string();
            assert!(said.contains("No space left") || said.contains("is too large"), "{said}");
        }
    }

    #[test]
    fn boxes_come_back_in_chunks() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::create(folder.path(), DType::U8, &[7, 10], &[3, 4]).unwrap();
        let value = |i: u64, j: u64| (i * 10 + j) as u8;
        for (start, shape) in [([0, 0], [5, 10]), ([5, 0], [2, 3]), ([5, 3], [2, 7])] {
            let all = (0..shape[0]).flat_map(|i| (0..shape[1]).map(move |j| (i, j)));
            let data: Vec<u8> = all.map(|(i, j)| value(start[0] + i, start[1] + j)).collect();
            spill.write(&start, &shape, &data).unwrap();
        }
        let source = spill.into_source().unwrap();
        let mut found = vec![0; 1];
        for i in 0..7 {
            for j in 0..10 {
                let chunk = source.locate(&[i / 3, j / 4]).unwrap();
                source.read(&chunk, (i % 3 * 4 + j % 4) as usize, &mut found).unwrap();
                assert_eq!(found, [value(i, j)]);
            }
        }
    }
}
