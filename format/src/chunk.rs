//! Chunks: finding them, checking them and decoding them.

use std::ops::Range;
use std::sync::OnceLock;

use crate::bytes::check;
use crate::entry::{Entry, Extent};
use crate::payload::crc_table::{BLOCK, check_blocks, check_part, table_len, table_start};
use crate::payload::shuffle::unshuffle;
use crate::payload::{PayloadError, check_bools};
use crate::scratch::{buffer, with_scratch};
use crate::storage::Storage;
use crate::{Codec, Error, Meta, PAGE, Result, strided};

/// How a chunk is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkState {
    /// The chunk was never written: every element is the fill value.
    Missing,
    /// Every element has these bytes.
    Constant(Vec<u8>),
    /// The elements are stored as they are.
    Raw,
    /// The elements are stored packed or shuffled, and have to be decoded.
    Encoded,
}

/// A chunk that was looked up. Its elements have not been read.
#[derive(Clone, Debug)]
pub struct Chunk {
    pub(crate) index: Vec<u64>,
    pub(crate) state: ChunkState,
    pub(crate) extent: Extent,
    /// The CRC table, once it was read and checked.
    table: OnceLock<Vec<u8>>,
    /// Set once the whole payload was checked, when it has no table.
    checked: OnceLock<()>,
}

impl Chunk {
    pub(crate) fn new(index: &[u64], entry: &Entry, item: usize) -> Chunk {
        let none = Extent { offset: 0, len: 0, crc: 0 };
        let (state, extent) = match entry {
            Entry::Missing => (ChunkState::Missing, none),
            Entry::Constant(value, _) => {
                (ChunkState::Constant(value.get(..item).unwrap_or_default().to_vec()), none)
            }
            Entry::Raw(extent, _) => (ChunkState::Raw, *extent),
            Entry::Encoded(extent, _) | Entry::Record(extent, _) => (ChunkState::Encoded, *extent),
        };
        Chunk { index: index.to_vec(), state, extent, table: OnceLock::new(), checked: OnceLock::new() }
    }

    /// The index of the chunk in the grid.
    pub fn index(&self) -> &[u64] {
        &self.index
    }
    /// How the chunk is stored.
    pub fn state(&self) -> &ChunkState {
        &self.state
    }
    /// First byte of the payload in the file; 0 when there is none.
    pub fn offset(&self) -> u64 {
        self.extent.offset
    }
    /// Bytes of the payload; 0 when there is none.
    pub fn stored_bytes(&self) -> u64 {
        self.extent.len
    }
    /// CRC-32 of the payload, or of the payload's table of CRCs.
    pub fn crc(&self) -> u32 {
        self.extent.crc
    }
}

/// Reads chunks of one array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) storage: &'a dyn Storage,
    pub(crate) meta: &'a Meta,
}

impl Reading<'_> {
    pub(crate) fn refuse(&self, chunk: &Chunk, problem: PayloadError) -> Error {
        Error::Chunk {
            array: self.meta.name.clone(),
            index: chunk.index.clone(),
            offset: chunk.extent.offset,
            len: chunk.extent.len,
            problem,
        }
    }

    pub(crate) fn read(&self, chunk: &Chunk, out: &mut [u8], offset: u64) -> Result<()> {
        self.storage.read_exact_at(out, offset).map_err(Error::io(|| {
            format!("reading chunk {:?} of '{}' at byte {offset}", chunk.index, self.meta.name)
        }))
    }

    /// Checks the length of a payload, before anything is allocated for it.
    pub(crate) fn check_len(&self, chunk: &Chunk) -> Result<()> {
        let decoded = self.meta.chunk_bytes();
        let found = chunk.extent.len;
        let exact = self.meta.codec == Codec::None;
        let most = self.meta.codec.most_stored(self.meta.dtype, decoded) as u64;
        match chunk.state {
            ChunkState::Missing | ChunkState::Constant(_) => Ok(()),
            _ if exact && found != most => {
                Err(self.refuse(chunk, PayloadError::StoredLength { expected: most, found }))
            }
            _ if found > most => Err(self.refuse(chunk, PayloadError::TooLong { most, found })),
            _ => Ok(()),
        }
    }

    /// The CRC table of a raw payload; `None` when the payload is too short to have one.
    pub(crate) fn table<'c>(&self, chunk: &'c Chunk) -> Result<Option<&'c [u8]>> {
        let Extent { offset, len, crc } = chunk.extent;
        if chunk.state != ChunkState::Raw || table_len(len) == 0 {
            return Ok(None);
        }
        if chunk.table.get().is_none() {
            self.check_len(chunk)?;
            let mut table = buffer(table_len(len) as usize)?;
            self.read(chunk, &mut table, offset + table_start(len))?;
            check(&table, crc).map_err(|mismatch| {
                self.refuse(chunk, PayloadError::Crc { what: "its table of checksums", mismatch })
            })?;
            chunk.table.get_or_init(|| table);
        }
        Ok(chunk.table.get().map(Vec::as_slice))
    }

    /// Reads the piece at byte `start` of a raw payload that has a table, and checks its blocks.
    pub(crate) fn read_piece(&self, chunk: &Chunk, start: u64, piece: &mut [u8]) -> Result<()> {
        self.read(chunk, piece, chunk.extent.offset + start)?;
        self.check_piece(chunk, start, piece)
    }

    /// Checks the blocks of the piece at byte `start` of a raw payload that has a table.
    pub(crate) fn check_piece(&self, chunk: &Chunk, start: u64, piece: &[u8]) -> Result<()> {
        let table = self.table(chunk)?.unwrap_or_default();
        let crcs = table.get(start as usize / BLOCK * 4..).unwrap_or_default();
        check_blocks(piece, crcs, 0..piece.len()).map_err(|problem| self.refuse(chunk, problem.moved(start)))
    }

    /// Checks the part of a raw payload that a range of its bytes touches.
    pub(crate) fn check(&self, chunk: &Chunk, payload: &[u8], range: Range<usize>) -> Result<()> {
        match self.table(chunk)? {
            Some(table) => check_blocks(payload, table, range).map_err(|problem| self.refuse(chunk, problem)),
            None if chunk.checked.get().is_some() => Ok(()),
            None => {
                check(payload, chunk.extent.crc).map_err(|mismatch| {
                    self.refuse(chunk, PayloadError::Crc { what: "its payload", mismatch })
                })?;
                chunk.checked.get_or_init(|| ());
                Ok(())
            }
        }
    }

    /// As [`Reading::check`], and checks booleans in the range.
    pub(crate) fn check_in_place(&self, chunk: &Chunk, payload: &[u8], range: Range<usize>) -> Result<()> {
        self.check(chunk, payload, range.clone())?;
        let end = range.end.min(payload.len());
        let elements = payload.get(range.start..end).unwrap_or_default();
        check_bools(self.meta.dtype, elements)
            .map_err(|problem| self.refuse(chunk, problem.moved(range.start as u64)))
    }

    /// The same of bytes that were read from byte `start` of a raw payload on: whole blocks where it has a table, else all.
    pub(crate) fn check_read(&self, chunk: &Chunk, start: usize, bytes: &[u8]) -> Result<()> {
        match self.table(chunk)? {
            Some(table) => {
                check_part(bytes, table, start).map_err(|problem| self.refuse(chunk, problem))?;
            }
            None => self.check(chunk, bytes, 0..bytes.len())?,
        }
        check_bools(self.meta.dtype, bytes).map_err(|problem| self.refuse(chunk, problem.moved(start as u64)))
    }

    /// Writes the elements of a chunk, in its own element order, to `out`.
    pub(crate) fn decode(&self, chunk: &Chunk, out: &mut [u8]) -> Result<()> {
        debug_assert_eq!(out.len(), self.meta.chunk_bytes());
        self.check_len(chunk)?;
        match &chunk.state {
            ChunkState::Missing => fill(out, &self.meta.fill),
            ChunkState::Constant(value) => fill(out, value),
            ChunkState::Raw => {
                self.read(chunk, out, chunk.extent.offset)?;
                self.check(chunk, out, 0..out.len())?;
            }
            ChunkState::Encoded => with_scratch(chunk.extent.len as usize, |stored| {
                self.read(chunk, stored, chunk.extent.offset)?;
                self.decode_stored(chunk, stored, out)
            })?,
        }
        self.check_bools(chunk, out)
    }

    fn check_bools(&self, chunk: &Chunk, elements: &[u8]) -> Result<()> {
        check_bools(self.meta.dtype, elements).map_err(|problem| self.refuse(chunk, problem))
    }

    /// Proves that a payload without a table is sound and can be decoded. `stored` has its length, and receives it.
    pub(crate) fn prove(&self, chunk: &Chunk, stored: &mut [u8]) -> Result<()> {
        match chunk.state {
            ChunkState::Missing | ChunkState::Constant(_) => Ok(()),
            ChunkState::Raw => self.decode(chunk, stored),
            ChunkState::Encoded => with_scratch(self.meta.chunk_bytes(), |elements| {
                self.read(chunk, stored, chunk.extent.offset)?;
                self.decode_stored(chunk, stored, elements)?;
                self.check_bools(chunk, elements)
            }),
        }
    }

    /// Reads a payload as it is stored, and checks it.
    pub(crate) fn payload(&self, chunk: &Chunk) -> Result<Vec<u8>> {
        self.check_len(chunk)?;
        let mut stored = buffer(chunk.extent.len as usize)?;
        match chunk.state {
            ChunkState::Missing | ChunkState::Constant(_) => {}
            ChunkState::Raw => {
                self.read(chunk, &mut stored, chunk.extent.offset)?;
                self.check(chunk, &stored, 0..stored.len())?;
            }
            ChunkState::Encoded => {
                self.read(chunk, &mut stored, chunk.extent.offset)?;
                check(&stored, chunk.extent.crc).map_err(|mismatch| {
                    self.refuse(chunk, PayloadError::Crc { what: "its payload", mismatch })
                })?;
            }
        }
        Ok(stored)
    }

    /// Decodes a payload that was read already.
    pub(crate) fn decode_stored(&self, chunk: &Chunk, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let refuse = |problem| self.refuse(chunk, problem);
        check(stored, chunk.extent.crc)
            .map_err(|mismatch| refuse(PayloadError::Crc { what: "its payload", mismatch }))?;
        let item = self.meta.dtype.size();
        let (codec, dtype) = (self.meta.codec, self.meta.dtype);
        match (codec, self.meta.shuffle) {
            (Codec::None, _) => unshuffle(item, stored, out),
            (codec, false) => codec.unpack(dtype, stored, out).map_err(refuse)?,
            (codec, true) => with_scratch(out.len(), |shuffled| {
                codec.unpack(dtype, stored, shuffled).map_err(refuse)?;
                unshuffle(item, shuffled, out);
                Ok::<_, Error>(())
            })?,
        }
        Ok(())
    }
}

/// The most bytes that decoding a chunk needs beside its elements.
pub(crate) fn decode_scratch(meta: &Meta) -> usize {
    if meta.is_raw() {
        return 0;
    }
    let chunk = meta.chunk_bytes();
    let stored = meta.codec.most_stored(meta.dtype, chunk);
    let shuffled = if meta.shuffle && meta.codec != Codec::None { chunk } else { 0 };
    stored.saturating_add(shuffled).saturating_add(PAGE)
}

/// Fills `out` with copies of one element.
pub(crate) fn fill(out: &mut [u8], element: &[u8]) {
    if element.iter().all(|b| Some(b) == element.first()) {
        out.fill(element.first().copied().unwrap_or_default());
        return;
    }
    let item = element.len();
    let n = out.len() / item;
    strided::copy(item, &[n], element, 0, &[0], out, 0, &[item as isize]);
}

/// As [`fill`], for bytes that begin `phase` bytes into an element and may end within one.
pub(crate) fn fill_from(phase: usize, out: &mut [u8], element: &[u8]) {
    let begun = element.get(phase..).filter(|_| phase > 0).unwrap_or_default();
    let (head, rest) = out.split_at_mut(begun.len().min(out.len()));
    head.copy_from_slice(begun.get(..head.len()).unwrap_or_default());
    let (whole, tail) = rest.split_at_mut(rest.len() / element.len() * element.len());
    fill(whole, element);
    tail.copy_from_slice(element.get(..tail.len()).unwrap_or_default());
}
