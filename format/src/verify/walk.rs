//! The first walk: everything that a commit reaches.

use std::sync::Arc;

use super::work::{Board, Item, Part, Pieces};
use super::{ArrayReport, Damage, PIECE, Report};
use crate::array::Described;
use crate::bytes::is_zero;
use crate::chunk::{Chunk, ChunkState, Reading};
use crate::node::{Entry, NodeError};
use crate::record::Record;
use crate::slot::places;
use crate::tree::Seen;
use crate::{EntryError, Error, FIXED, PAGE, Result};

/// Checks a commit, with whoever helps.
pub(super) fn run(board: &Board<'_>) -> Result<Report> {
    let closing = Closing(board);
    let sealed = board.snapshot.slot().is_sealed();
    let mut walk = Walk { board, sealed, at: 0, arrays: Vec::new() };
    walk.slots()?;
    walk.arrays()?;
    board.finish()?;
    drop(closing);
    walk.extents()?;
    let found = board.found();
    let mut arrays = walk.arrays;
    for (array, damaged) in found.damaged {
        if let Some(array) = arrays.get_mut(array) {
            array.damaged = damaged;
        }
    }
    let damage = found.damage.into_values().collect();
    let (bytes, unlisted) = (found.bytes, found.unlisted);
    Ok(Report { seq: board.snapshot.seq(), sealed, bytes, arrays, damage, unlisted })
}

/// Sends the helpers home, whatever happens.
struct Closing<'b, 'a>(&'b Board<'a>);

impl Drop for Closing<'_, '_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What one thread does: it finds the work.
#[derive(Debug)]
pub(super) struct Walk<'b> {
    pub(super) board: &'b Board<'b>,
    pub(super) sealed: bool,
    /// Counts what is met, so that damage can be told in this order.
    at: u64,
    arrays: Vec<ArrayReport>,
}

impl Walk<'_> {
    fn next(&mut self) -> u64 {
        self.at += 1;
        self.at
    }

    fn damage(&mut self, array: Option<usize>, damage: Damage) {
        let at = self.next();
        self.board.damage(at, array, damage);
    }

    /// Damage of the file as a whole.
    pub(super) fn damaged(&mut self, error: Error) {
        self.damage(None, Damage { array: None, chunk: None, region: None, error });
    }

    /// Damage of the array that is being walked, as a whole.
    fn array_damaged(&mut self, name: &str, error: Error) {
        let damage = Damage { array: Some(name.to_owned()), chunk: None, region: None, error };
        self.damage(self.arrays.len().checked_sub(1), damage);
    }

    /// The slot pages: none may hold what is neither a slot nor nothing, and in a sealed file two hold the commit
    /// and two are zero.
    fn slots(&mut self) -> Result<()> {
        let snapshot = self.board.snapshot;
        let slots = &snapshot.inner.slots;
        for &page in &slots.broken {
            self.damaged(Error::SlotPage { page });
        }
        if self.sealed {
            let seq = snapshot.seq();
            let mut page = [0; PAGE];
            for place in places(seq + 1) {
                let doing = Error::io(|| "reading an unused slot".into());
                snapshot.storage().read_exact_at(&mut page, place).map_err(doing)?;
                if !is_zero(&page) {
                    self.damaged(Error::NotZero { offset: place });
                }
            }
            for (place, there) in places(seq).into_iter().zip(slots.copies) {
                let page = (place / PAGE as u64) as usize;
                if !there && !slots.broken.contains(&page) {
                    self.damaged(Error::SlotPage { page });
                }
            }
        }
        self.board.checked(FIXED)
    }

    fn arrays(&mut self) -> Result<()> {
        let commit = self.board.snapshot.commit();
        let names = match commit.names() {
            Ok(names) => names,
            Err(error) => {
                self.damaged(error);
                return Ok(());
            }
        };
        if let Err(error) = commit.attributes() {
            self.damaged(error);
        }
        // Ids in the table and ids with names have to be the same.
        let mut ids: Vec<u64> = names.values().copied().collect();
        ids.sort_unstable();
        let mut listed = Vec::new();
        commit.table().walk(&mut |seen| {
            match seen {
                Seen::Node(..) => self.board.checked(PAGE as u64)?,
                Seen::Entry(id, _) if ids.binary_search(&id).is_ok() => listed.push(id),
                Seen::Entry(id, _) => self.damaged(Error::Nameless { id }),
                Seen::Broken { error, .. } => self.damaged(error),
            }
            Ok(())
        })?;
        for (name, id) in names {
            self.arrays.push(ArrayReport { name: name.clone(), ..Default::default() });
            if listed.binary_search(&id).is_err() {
                // Never there, or lost with a node of the table, which is damage noted already.
                self.array_damaged(&name, Error::NoArrayId { id });
                continue;
            }
            let opened = commit
                .record(id)
                .and_then(|(record, _)| Ok((record, Described::read(commit, id, &name, &record)?)));
            match opened {
                Ok((record, described)) => self.array(id, &record, &Arc::new(described))?,
                Err(error) => self.array_damaged(&name, error),
            }
        }
        Ok(())
    }

    fn array(&mut self, id: u64, record: &Record, described: &Arc<Described>) -> Result<()> {
        let (meta, grid) = (&described.meta, &described.grid);
        let name = meta.name.as_str();
        let place = self.arrays.len().checked_sub(1);
        let mut counts = ArrayReport { name: name.to_owned(), chunks: grid.len(), ..Default::default() };
        let mut present = 0;
        let mut whole = true;
        self.board.snapshot.commit().index(id, record.index).walk(&mut |seen| {
            match seen {
                Seen::Node(..) => self.board.checked(PAGE as u64)?,
                Seen::Broken { first, count, error } => {
                    whole = false;
                    let first_chunk = described.numbering.index(first);
                    let mut damage = Damage::of_chunk(described, &first_chunk, error);
                    if count != 1 {
                        damage.region = None;
                    }
                    if !grid.contains(&first_chunk) {
                        damage.chunk = None;
                    }
                    self.damage(place, damage);
                }
                Seen::Entry(number, entry) => {
                    present += 1;
                    counts.stored_bytes += entry.stored();
                    match entry {
                        Entry::Constant(value, _) => {
                            counts.constant += 1;
                            counts.fill += u64::from(value.starts_with(&meta.fill));
                        }
                        Entry::Raw(..) => counts.raw += 1,
                        _ => counts.encoded += 1,
                    }
                    let index = described.numbering.index(number);
                    if let Err(error) = self.chunk(id, described, &index, number, &entry) {
                        if matches!(error, Error::Cancelled | Error::Io { .. }) {
                            return Err(error);
                        }
                        self.damage(place, Damage::of_chunk(described, &index, error));
                    }
                }
            }
            Ok(())
        })?;
        counts.missing = counts.chunks.saturating_sub(present);
        if whole && (present, counts.stored_bytes) != (record.present, record.stored) {
            let (expected, found) = (record.present, present);
            self.array_damaged(name, Error::Counts { array: name.to_owned(), expected, found });
        }
        if let Some(last) = self.arrays.last_mut() {
            *last = counts;
        }
        Ok(())
    }

    /// Checks what can be known of a chunk before its payload is read, and hands the payload on.
    fn chunk(
        &mut self,
        id: u64,
        described: &Arc<Described>,
        index: &[u64],
        number: u64,
        entry: &Entry,
    ) -> Result<()> {
        let refuse =
            |problem| Error::Node { owner: id, offset: 0, problem: NodeError::Entry { number, problem } };
        if !described.grid.contains(index) {
            return Err(refuse(EntryError::OutsideGrid));
        }
        described.check_entry(entry).map_err(refuse)?;
        let chunk = Chunk::new(index, entry, described.meta.dtype.size());
        let reading = Reading { storage: self.board.snapshot.storage(), meta: &described.meta };
        reading.check_len(&chunk)?;
        if let ChunkState::Missing | ChunkState::Constant(_) = chunk.state {
            return Ok(());
        }
        let (at, array) = (self.next(), self.arrays.len().saturating_sub(1));
        let item = |part| Item { at, array, described: described.clone(), part };
        if reading.table(&chunk)?.is_none() {
            return self.board.put(item(Part::Whole(chunk)));
        }
        let len = chunk.extent.len;
        let pieces = Arc::new(Pieces::new(chunk));
        let mut starts = (0..len).step_by(PIECE);
        starts.try_for_each(|start| self.board.put(item(Part::Piece(pieces.clone(), start))))
    }
}
