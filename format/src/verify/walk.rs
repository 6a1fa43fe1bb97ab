//! The first walk: everything that a commit reaches.

use super::board::Board;
use super::report::{ArrayReport, Damage, Report};
use crate::bytes::is_zero;
use crate::chunk::ChunkState;
use crate::entry::Entry;
use crate::slot::pages::places;
use crate::tree::Seen;
use crate::{Array, Error, FIXED, PAGE, Result};

/// The thread that finds the chunks to be checked.
#[derive(Debug)]
pub(super) struct Walk<'b> {
    pub(super) board: &'b Board<'b>,
    pub(super) sealed: bool,
    arrays: Vec<ArrayReport>,
}

impl<'b> Walk<'b> {
    pub(super) fn new(board: &'b Board<'b>) -> Walk<'b> {
        Walk { board, sealed: board.snapshot.slot().is_sealed(), arrays: Vec::new() }
    }

    /// Walks over everything that the commit reaches.
    pub(super) fn all(&mut self) -> Result<()> {
        self.slots()?;
        self.arrays()
    }

    /// The report, once everything is checked.
    pub(super) fn report(self) -> Report {
        let found = self.board.found();
        let mut arrays = self.arrays;
        for (array, damaged) in found.damaged {
            if let Some(array) = arrays.get_mut(array) {
                array.damaged = damaged;
            }
        }
        let damage = found.damage.into_values().collect();
        let (bytes, unlisted) = (found.bytes, found.unlisted);
        Report { seq: self.board.snapshot.seq(), sealed: self.sealed, bytes, arrays, damage, unlisted }
    }

    /// Damage of the file as a whole.
    pub(super) fn damaged(&mut self, error: Error) {
        self.board.damage(None, Damage { array: None, chunk: None, region: None, error });
    }

    /// Damage of the current array as a whole.
    fn array_damaged(&mut self, name: &str, error: Error) {
        let damage = Damage { array: Some(name.to_owned()), chunk: None, region: None, error };
        self.board.damage(self.arrays.len().checked_sub(1), damage);
    }

    /// Checks the slot pages. Each holds a slot or zeros; in a sealed file two hold the commit and two are zero.
    fn slots(&mut self) -> Result<()> {
        let snapshot = &self.board.snapshot;
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
        // The table and the names must have the same ids.
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
                // The id was never there, or it was lost with a node of the table, whose damage is noted already.
                self.array_damaged(&name, Error::NoArrayId { id });
                continue;
            }
            match Array::open(self.board.snapshot.clone(), &name, id) {
                Ok(array) => self.array(&array)?,
                Err(error) => self.array_damaged(&name, error),
            }
        }
        Ok(())
    }

    fn array(&mut self, array: &Array) -> Result<()> {
        let layout = array.layout();
        let (meta, grid) = (&layout.meta, &layout.grid);
        let place = self.arrays.len().checked_sub(1);
        let mut counts = ArrayReport { name: meta.name.clone(), chunks: grid.len(), ..Default::default() };
        let mut present = 0;
        let mut whole = true;
        array.index().walk(&mut |seen| {
            match seen {
                Seen::Node(..) => self.board.checked(PAGE as u64)?,
                Seen::Broken { first, count, error } => {
                    whole = false;
                    let first_chunk = layout.numbering.index(first);
                    let mut damage = Damage::of_chunk(layout, &first_chunk, error);
                    if count != 1 {
                        damage.region = None;
                    }
                    if !grid.contains(&first_chunk) {
                        damage.chunk = None;
                    }
                    self.board.damage(place, damage);
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
                    match array.chunk_of(number, &entry) {
                        Ok(chunk) if matches!(chunk.state, ChunkState::Constant(_)) => {}
                        Ok(chunk) => self.board.put(array, place, chunk)?,
                        Err(error) => {
                            let index = layout.numbering.index(number);
                            self.board.damage(place, Damage::of_chunk(layout, &index, error));
                        }
                    }
                }
            }
            Ok(())
        })?;
        counts.missing = counts.chunks.saturating_sub(present);
        if whole && (present, counts.stored_bytes) != (array.present(), array.stored_bytes()) {
            let (expected, found) = (array.present(), present);
            self.array_damaged(&meta.name, Error::Counts { array: meta.name.clone(), expected, found });
        }
        if let Some(last) = self.arrays.last_mut() {
            *last = counts;
        }
        Ok(())
    }
}
