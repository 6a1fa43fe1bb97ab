//! Compacting: a copy of the newest commit without gaps, sealed, in place of the file.
//!
//! Payload bytes are checked and copied as they are. The copy takes the name in one step, so a crash leaves the old file or
//! the new one; readers keep the old one for as long as they hold it.

use std::path::Path;

use crate::chunk::{Chunk, ChunkState, Reading};
use crate::node::{Entry, Extent};
use crate::payload::{self, BLOCK, with_scratch};
use crate::tree::Seen;
use crate::verify::Progress;
use crate::{Array, ArrayId, CreateOptions, Error, File, Result, Snapshot, Transaction};

/// Bytes of a raw payload copied at a time.
const PIECE: usize = 16 * BLOCK;

/// What compacting won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes of the file before.
    pub before: u64,
    /// Bytes of the file now.
    pub after: u64,
}

/// Replaces a file by a sealed copy of its newest commit, while holding the writer's lock.
///
/// # Errors
/// When another writer is at work, anything in the file is damaged, the disk has no room for the copy, or
/// `progress` says no; the file is then as it was.
pub fn compact(path: impl AsRef<Path>, progress: Progress<'_>) -> Result<Compacted> {
    let path = path.as_ref();
    let file = File::open(path)?;
    let lock = file.begin()?;
    let snapshot = file.snapshot()?;
    let before = snapshot.slot().length;
    let options = CreateOptions { overwrite: true, ..CreateOptions::default() };
    let copy = File::create(path, &options)?;
    snapshot.copy_sealed(&copy, progress)?;
    drop(lock);
    Ok(Compacted { before, after: copy.snapshot()?.slot().length })
}

impl Snapshot {
    /// Writes a sealed copy of this commit as the first commit of a new file: no gaps, unused bytes zero, so that
    /// `verify` finds every flipped bit.
    ///
    /// # Errors
    /// When anything is damaged, the target is full or has commits already, or `progress` says no.
    pub fn copy_sealed(&self, target: &File, progress: Progress<'_>) -> Result<u64> {
        let transaction = target.begin()?;
        if transaction.seq() != 1 {
            return Err(Error::Exists { path: "the target's first commit".into() });
        }
        transaction.set_file_attributes(self.attributes()?)?;
        let total = self.slot().live_bytes;
        let mut done = 0;
        for name in self.arrays()? {
            let array = self.array(&name)?;
            let id = transaction.create_array(&name, array.meta().clone())?;
            array.each_chunk(&mut |chunk| {
                transaction.copy_chunk(id, &array, chunk)?;
                done += chunk.stored_bytes();
                if progress(done, total.max(done)) { Ok(()) } else { Err(Error::Cancelled) }
            })?;
        }
        transaction.seal();
        transaction.commit()
    }
}

impl Array {
    /// Shows every chunk that is not missing, in the order of the grid.
    ///
    /// # Errors
    /// When the index is damaged, or `see` fails.
    pub fn each_chunk(&self, see: &mut dyn FnMut(&Chunk) -> Result<()>) -> Result<()> {
        self.index().walk(&mut |seen| match seen {
            Seen::Node(..) => Ok(()),
            Seen::Entry(number, entry) => see(&self.chunk_of(number, &entry)?),
            Seen::Broken { error, .. } => Err(error),
        })
    }
}

impl Transaction {
    /// Stores a chunk of another array without decoding it; its payload is checked on the way. Both arrays must
    /// have the same element type, chunk shape, element order, codec and filter.
    ///
    /// # Errors
    /// When they differ, the grid has no such chunk, the payload is damaged, or the disk is full.
    pub fn copy_chunk(&self, id: ArrayId, from: &Array, chunk: &Chunk) -> Result<()> {
        let described = self.described_chunk(id, chunk.index())?;
        let (to, meta) = (&described.meta, from.meta());
        let same = to.dtype == meta.dtype
            && to.chunk_shape == meta.chunk_shape
            && to.order == meta.order
            && to.codec.is_like(meta.codec)
            && to.shuffle == meta.shuffle;
        if !same {
            return Err(Error::OtherLayout { array: to.name.clone(), from: meta.name.clone() });
        }
        let stored = if has_table(chunk) { Vec::new() } else { from.payload(chunk)? };
        self.store_copy(id, from, chunk, &stored)
    }

    /// As [`Transaction::copy_chunk`], to an array known to be alike. `stored` is the payload, checked; one that has a
    /// table is read here.
    pub(crate) fn store_copy(&self, id: ArrayId, from: &Array, chunk: &Chunk, stored: &[u8]) -> Result<()> {
        let described = self.described_chunk(id, chunk.index())?;
        let entry = match chunk.state() {
            ChunkState::Missing => Entry::Missing,
            ChunkState::Constant(value) => Entry::constant(value, self.seq()),
            ChunkState::Raw if has_table(chunk) => self.copy_raw(from.reading(), chunk)?,
            ChunkState::Raw => self.store_raw(stored)?,
            ChunkState::Encoded => self.store_encoded(stored)?,
        };
        self.note(id, described.numbering.number(chunk.index()), entry)
    }

    /// A raw payload with its table, some blocks at a time.
    pub(crate) fn copy_raw(&self, reading: Reading<'_>, chunk: &Chunk) -> Result<Entry> {
        let Extent { offset: source, len, crc } = chunk.extent;
        let table = reading.table(chunk)?.unwrap_or_default();
        let offset = self.take_payload(len, true)?;
        let mut start = 0;
        while start < len {
            let n = (len - start).min(PIECE as u64);
            with_scratch(n as usize, |piece| {
                let doing = Error::io(|| format!("reading a chunk of '{}'", reading.meta.name));
                reading.storage.read_exact_at(piece, source + start).map_err(doing)?;
                let crcs = table.get(start as usize / BLOCK * 4..).unwrap_or_default();
                payload::check_blocks(piece, crcs, 0..piece.len())
                    .map_err(|problem| reading.refuse(chunk, problem.moved(start)))?;
                self.put_bytes(piece, offset + start)
            })?;
            start += n;
        }
        self.put_bytes(table, offset + payload::table_start(len))?;
        Ok(Entry::Raw(Extent { offset, len, crc }, self.seq()))
    }
}

fn has_table(chunk: &Chunk) -> bool {
    chunk.state == ChunkState::Raw && payload::table_len(chunk.stored_bytes()) > 0
}
