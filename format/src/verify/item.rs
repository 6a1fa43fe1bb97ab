//! The items of a check: chunks, and pieces of large raw chunks.

use std::sync::Arc;

use crate::chunk::Chunk;
use crate::payload::check_bools;
use crate::payload::crc_table::PIECE;
use crate::scratch::with_scratch;
use crate::sync::{Mutex, lock};
use crate::{Array, Error, Result};

/// A chunk, or a piece of one, to be checked.
#[derive(Debug)]
pub(super) struct Item {
    /// The place of its chunk in the order of the report and of the copy.
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

/// A large raw chunk that is checked in pieces. Its first damage counts.
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

    /// Notes the result for a piece, and gives that for the whole chunk once its last piece is checked.
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

/// Bytes whose pages are released at a time, because each release interrupts all processors.
const RELEASED: u64 = 8 * PIECE as u64;

/// Checks the piece at byte `start` of a raw payload that has a table. A piece in memory is checked in place. A piece
/// that is not in memory, or seems damaged there, is read.
pub(super) fn check_piece(array: &Array, pieces: &Pieces, start: u64) -> Result<()> {
    let (reading, chunk) = (array.reading(), &pieces.chunk);
    let check_bools = |piece: &[u8]| {
        check_bools(reading.meta.dtype, piece).map_err(|problem| reading.refuse(chunk, problem.moved(start)))
    };
    let is_sound =
        |piece: &[u8]| reading.check_piece(chunk, start, piece).and_then(|()| check_bools(piece)).is_ok();
    let end = start + pieces.len(start);
    let range = start as usize..end as usize;
    if array.holds(chunk, range.clone())
        && let Ok(Some(payload)) = array.raw(chunk)
    {
        let sound = payload.get(range).is_some_and(is_sound) && array.intact().is_ok();
        if end.is_multiple_of(RELEASED) || end == chunk.extent.len {
            array.release(chunk, (start / RELEASED * RELEASED) as usize..end as usize);
        }
        if sound {
            return Ok(());
        }
    }
    with_scratch(pieces.len(start) as usize, |piece| {
        reading.read_piece(chunk, start, piece)?;
        check_bools(piece)
    })
}
