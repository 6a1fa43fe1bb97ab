//! Using the elements of raw chunks in place: viewing and checking them, loading and releasing their pages.

use std::ops::Range;

use ndarray::ArrayViewD;

use super::Array;
use crate::chunk::{Chunk, ChunkState};
use crate::storage::FileMap;
use crate::view::{self, ViewError};
use crate::{Element, Error, Result};

impl Array {
    /// The elements of a raw chunk in place, where they lie in the file. No byte is read, copied or checked.
    ///
    /// `None` when the chunk is not raw, or the storage cannot be mapped.
    ///
    /// # Errors
    /// When the system refuses the map, or the payload has a wrong length.
    pub fn raw(&self, chunk: &Chunk) -> Result<Option<&[u8]>> {
        if chunk.state != ChunkState::Raw {
            return Ok(None);
        }
        self.reading().check_len(chunk)?;
        let Some(map) = self.snapshot.map()? else { return Ok(None) };
        let start = chunk.extent.offset as usize;
        Ok(map.bytes().get(start..start + chunk.extent.len as usize))
    }

    /// Copies the bytes of a raw chunk from byte `start` on, without mapping or checking them.
    ///
    /// # Errors
    /// When the chunk is not raw or has no such bytes, or they cannot be read.
    pub fn read_raw(&self, chunk: &Chunk, start: usize, out: &mut [u8]) -> Result<()> {
        let doing = Error::io(|| format!("reading '{}'", self.name()));
        let mapped = self.mapped_part(chunk, start..start.saturating_add(out.len()));
        match mapped.filter(|(_, bytes)| chunk.state == ChunkState::Raw && bytes.len() == out.len()) {
            Some((map, bytes)) => map.read(bytes.start, out).map_err(doing),
            None => {
                let what = format!("{} bytes at byte {start} of a chunk", out.len());
                Err(doing(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, what)))
            }
        }
    }

    /// Checks a range of the bytes of a raw chunk in place, with the blocks of 64 KiB that it touches. A chunk of up
    /// to 1 MiB has one checksum: the first call checks it whole. Booleans in the range must be 0 or 1.
    ///
    /// # Errors
    /// When they are damaged.
    pub fn check_raw(&self, chunk: &Chunk, bytes: Range<usize>) -> Result<()> {
        let Some(payload) = self.raw(chunk)? else { return Ok(()) };
        let checked = self.reading().check_in_place(chunk, payload, bytes);
        let lost = self.snapshot.mapped().is_some_and(FileMap::is_lost);
        if checked.is_err() || lost { self.intact().and(checked) } else { checked }
    }

    /// Checks bytes of a raw chunk that [`Array::read_raw`] has copied from byte `start` of it on: some blocks of 64 KiB, of
    /// which the last may end with the chunk. Of a chunk of up to 1 MiB, which has one checksum, they are all. Booleans must
    /// be 0 or 1.
    ///
    /// # Errors
    /// When they are damaged.
    pub fn check_read(&self, chunk: &Chunk, start: usize, bytes: &[u8]) -> Result<()> {
        self.reading().check_read(chunk, start, bytes)
    }

    /// Checks that all bytes read in place so far were really those of the file. Call it after reading: when another
    /// program has cut the file short, or the disk has failed, zeros were read instead.
    ///
    /// # Errors
    /// When some were not.
    pub fn intact(&self) -> Result<()> {
        let doing = Error::io(|| format!("reading '{}' in place", self.name()));
        self.snapshot.mapped().map_or(Ok(()), FileMap::intact).map_err(doing)
    }

    /// Loads a range of a chunk's stored bytes into memory, from first to last, if it is not there yet.
    pub fn bring(&self, chunk: &Chunk, bytes: Range<usize>) {
        if let Some((map, bytes)) = self.mapped_part(chunk, bytes) {
            map.bring(bytes);
        }
    }

    /// Has the system begin to read such a range, and no more than that, without waiting for it.
    pub fn expect(&self, chunk: &Chunk, bytes: Range<usize>) {
        if let Some((map, bytes)) = self.mapped_part(chunk, bytes) {
            map.expect(bytes);
        }
    }

    /// Whether a range of a chunk's stored bytes is in memory, judged by its first and its last byte.
    pub fn holds(&self, chunk: &Chunk, bytes: Range<usize>) -> bool {
        self.mapped_part(chunk, bytes).is_none_or(|(map, bytes)| map.holds(bytes))
    }

    /// The map, and the place of a range of a chunk's stored bytes in it.
    fn mapped_part(&self, chunk: &Chunk, bytes: Range<usize>) -> Option<(&FileMap, Range<usize>)> {
        let (start, end) = (chunk.extent.offset as usize, bytes.end.min(chunk.extent.len as usize));
        let map = self.snapshot.map().ok().flatten().filter(|_| bytes.start < end)?;
        Some((map, start + bytes.start..start + end))
    }

    /// Releases the memory of the pages of a raw chunk that lie wholly inside a range of its bytes.
    pub fn release(&self, chunk: &Chunk, bytes: Range<usize>) {
        if let (ChunkState::Raw, Ok(Some(map))) = (&chunk.state, self.snapshot.map()) {
            let start = chunk.extent.offset as usize;
            let end = bytes.end.min(chunk.extent.len as usize);
            map.release(start + bytes.start..start + end);
        }
    }

    /// Releases the memory of all pages of the file, in one call that interrupts each processor once.
    pub fn release_all(&self) {
        if let Ok(Some(map)) = self.snapshot.map() {
            map.release(0..usize::MAX);
        }
    }

    fn refuse_view(&self, problem: ViewError) -> Error {
        Error::View { array: self.name().to_owned(), problem }
    }

    /// The whole array in place, with its strides: no byte is copied, read or checked. It must lie in one raw chunk.
    /// Booleans appear as `u8`. After use, [`Array::intact`] tells whether the bytes were really those of the file.
    ///
    /// # Errors
    /// When a copy would be needed. The error says why.
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        let grid = self.grid();
        match grid.len() {
            0 => view::elements(&[], self.meta().dtype, &self.meta().shape, self.chunk_strides())
                .map_err(|e| self.refuse_view(e)),
            1 => self.chunk_view(&vec![0; self.meta().ndim()]),
            count => Err(self.refuse_view(ViewError::SeveralChunks { count })),
        }
    }

    /// The elements of one raw chunk in place, up to the array's edge. As [`Array::view`].
    ///
    /// # Errors
    /// As [`Array::view`], and when there is no such chunk.
    pub fn chunk_view<T: Element>(&self, index: &[u64]) -> Result<ArrayViewD<'_, T>> {
        let refuse = |e| self.refuse_view(e);
        if !T::can_view(self.meta().dtype) {
            return Err(refuse(ViewError::DType { expected: self.meta().dtype, found: T::DTYPE }));
        }
        let chunk = self.chunk(index)?;
        let bytes = match chunk.state {
            ChunkState::Raw => self.raw(&chunk)?.ok_or_else(|| refuse(ViewError::Unmappable))?,
            ChunkState::Encoded => return Err(refuse(ViewError::Encoded)),
            ChunkState::Missing | ChunkState::Constant(_) => return Err(refuse(ViewError::NoPayload)),
        };
        let extent = self.grid().extent(index);
        view::elements(bytes, self.meta().dtype, &extent, self.chunk_strides()).map_err(refuse)
    }
}
