//! The items of a check: chunks, and pieces of large raw chunks.

use std::sync::Arc;

use crate::chunk::Chunk;
use crate::payload::check_bools;
use crate::payload::crc_table::{BLOCK, check_blocks};
use crate::scratch::with_scratch;
use crate::sync::{Mutex, lock};
use crate::{Array, Error, Result};

/// Bytes of a raw payload read at a time.
pub(super) const PIECE: usize = 16 * BLOCK;

/// A chunk, or a piece of one, that somebody has to check.
#[derive(Debug)]
pub(super) struct Item {
    /// Its chunk's place in the order in which damage is told and sound chunks are stored.
    pub(super) at: u64,
    pub(super) array: Array,
    /// The array's place in the report.
    pub(super) place: Option<usize>,
    pub(super) work: Work,
}

#[derive(Debug)]
pub(super) enum Work {
    Whole(Chunk),
    /// The piece that begins at this byte.
    Piece(Arc<Pieces>, u64),
}

/// A large raw chunk, checked in pieces, of which the first damage counts.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) chunk: Chunk,
    state: Mutex<(u64, Option<(u64, Error)>)>,
}

impl Pieces {
    pub(super) fn new(chunk: Chunk) -> Pieces {
        let left = chunk.extent.len;
        Pieces { chunk, state: Mutex::new((left, None)) }
    }

    /// The bytes of the piece that begins at `start`.
    pub(super) fn len(&self, start: u64) -> u64 {
        (self.chunk.extent.len - start).min(PIECE as u64)
    }

    /// What was found of the whole chunk, once the last of its bytes is checked.
    pub(super) fn done(&self, start: u64, found: Result<()>) -> Option<Result<()>> {
        let mut state = lock(&self.state);
        let (left, first) = &mut *state;
        *left -= self.len(start);
        if let Err(error) = found
            && first.as_ref().is_none_or(|(earlier, _)| start < *earlier)
        {
            *first = Some((start, error));
        }
        (*left == 0).then(|| first.take().map_or(Ok(()), |(_, error)| Err(error)))
    }
}

/// Pieces whose pages are let go at a time: each time all processors are told.
const LET_GO: u64 = 8 * PIECE as u64;

/// Checks the piece of a raw payload with a table that begins at `start`: where it lies, if it is in memory; what is not,
/// or seems damaged there, is read.
pub(super) fn check_piece(array: &Array, pieces: &Pieces, start: u64) -> Result<()> {
    let (reading, chunk) = (array.reading(), &pieces.chunk);
    let table = reading.table(chunk)?.unwrap_or_default();
    let crcs = table.get(start as usize / BLOCK * 4..).unwrap_or_default();
    let check = |piece: &[u8]| {
        check_blocks(piece, crcs, 0..piece.len()).and_then(|()| check_bools(reading.meta.dtype, piece))
    };
    let end = start + pieces.len(start);
    let range = start as usize..end as usize;
    if array.holds(chunk, range.clone())
        && let Ok(Some(payload)) = array.raw(chunk)
    {
        let sound = payload.get(range).is_some_and(|piece| check(piece).is_ok()) && array.intact().is_ok();
        if end.is_multiple_of(LET_GO) || end == chunk.extent.len {
            array.release(chunk, (start / LET_GO * LET_GO) as usize..end as usize);
        }
        if sound {
            return Ok(());
        }
    }
    with_scratch(pieces.len(start) as usize, |piece| {
        let offset = chunk.extent.offset + start;
        let doing = Error::io(|| format!("reading a chunk of '{}' at byte {offset}", array.name()));
        reading.storage.read_exact_at(piece, offset).map_err(doing)?;
        check(piece).map_err(|problem| reading.refuse(chunk, problem.moved(start)))
    })
}
