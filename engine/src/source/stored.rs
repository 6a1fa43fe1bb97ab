//! Arrays of an `.arrs` file.

use std::ops::Range;

use arrstore_format::{Array, ChunkState};

use super::{Data, Located, Source};
use crate::{DType, Result};

/// An array of a snapshot of an `.arrs` file. Raw chunks are read from the map, and encoded chunks are decoded.
#[derive(Clone, Debug)]
pub struct Stored {
    array: Array,
    strides: Vec<isize>,
}

impl Stored {
    /// The source of an array. It keeps the array's snapshot alive.
    pub fn new(array: Array) -> Stored {
        let strides = array.chunk_strides().iter().map(|&s| s as isize).collect();
        Stored { array, strides }
    }

    /// The array.
    pub fn array(&self) -> &Array {
        &self.array
    }
}

impl Source for Stored {
    fn dtype(&self) -> DType {
        self.array.meta().dtype
    }
    fn shape(&self) -> &[u64] {
        &self.array.meta().shape
    }
    fn chunk_shape(&self) -> &[u64] {
        &self.array.meta().chunk_shape
    }
    fn strides(&self) -> &[isize] {
        &self.strides
    }
    fn label(&self) -> String {
        self.array.name().to_owned()
    }
    fn in_place(&self) -> bool {
        self.array.meta().is_raw()
    }
    fn chunk_bytes(&self) -> usize {
        self.array.chunk_bytes()
    }
    fn scratch_bytes(&self) -> usize {
        self.array.decode_scratch()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        let chunk = self.array.chunk(index)?;
        let data = match chunk.state() {
            ChunkState::Missing => Data::Constant(self.array.meta().fill.clone()),
            ChunkState::Constant(value) => Data::Constant(value.clone()),
            ChunkState::Raw => match self.array.raw(&chunk)? {
                Some(bytes) => Data::InPlace(bytes),
                None => Data::Encoded,
            },
            ChunkState::Encoded => Data::Encoded,
        };
        Ok(Located { data, index: index.to_vec(), stored: Some(chunk) })
    }
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> Result<()> {
        if let Some(stored) = &chunk.stored {
            self.array.decode(stored, out)?;
        }
        Ok(())
    }
    fn read(&self, chunk: &Located<'_>, start: usize, out: &mut [u8]) -> Result<()> {
        if let Some(stored) = &chunk.stored {
            self.array.read_raw(stored, start, out)?;
        }
        Ok(())
    }
    fn has_checksums(&self) -> bool {
        true
    }
    fn check(&self, chunk: &Located<'_>, bytes: Range<usize>) -> Result<()> {
        if let Some(stored) = &chunk.stored {
            self.array.check_raw(stored, bytes)?;
        }
        Ok(())
    }
    fn check_read(&self, chunk: &Located<'_>, start: usize, bytes: &[u8]) -> Result<()> {
        if let Some(stored) = &chunk.stored {
            self.array.check_read(stored, start, bytes)?;
        }
        Ok(())
    }
    fn intact(&self) -> Result<()> {
        Ok(self.array.intact()?)
    }
    fn bring(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        if let Some(stored) = &chunk.stored {
            self.array.bring(stored, bytes);
        }
    }
    fn expect(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        if let Some(stored) = &chunk.stored {
            self.array.expect(stored, bytes);
        }
    }
    fn holds(&self, chunk: &Located<'_>, bytes: Range<usize>) -> bool {
        chunk.stored.as_ref().is_none_or(|stored| self.array.holds(stored, bytes))
    }
    fn release(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        if let Some(stored) = &chunk.stored {
            self.array.release(stored, bytes);
        }
    }
    fn release_all(&self) {
        self.array.release_all();
    }
    fn is_stored(&self) -> bool {
        true
    }
    fn is_mapped(&self) -> bool {
        self.in_place()
    }
}
