//! Proving a whole commit: every block, node and payload against the checksum its referrer holds.
//!
//! A walk reads everything that the commit reaches and counts what the records count. A second walk marks what is
//! in use, 64 bytes a bit, a window of the file at a time, so that extents that overlap show; in a sealed file, every
//! byte that is in nobody's use must be zero, so that there is no bit whose change would not be found.
//! Damage does not stop it: what can still be reached is still checked. Memory stays within one chunk, its packed
//! form, and 32 MiB.

use std::fmt;

use crate::array::Described;
use crate::bytes::is_zero;
use crate::chunk::{Chunk, ChunkState, Reading};
use crate::node::{Entry, NodeError};
use crate::payload::{BLOCK, PayloadError, check_blocks, check_bools, with_scratch};
use crate::reach::{self, Piece};
use crate::slot::places;
use crate::snapshot::Snapshot;
use crate::tree::Seen;
use crate::{EntryError, Error, FIXED, PAGE, Result};

/// Bytes of a bit of the map of extents, and of the part of the file that is mapped at a time.
const UNIT: u64 = 64;
const WINDOW: u64 = 16 << 30;
/// Damages listed; the rest is only counted.
const LISTED: usize = 10_000;
/// Bytes of a raw payload read at a time.
const PIECE: usize = 16 * BLOCK;

/// What is told of progress: bytes done and bytes to do. It answers whether to go on.
pub type Progress<'a> = &'a dyn Fn(u64, u64) -> bool;

/// Something that is not as its referrer says.
#[derive(Debug)]
pub struct Damage {
    /// The array, when it is known.
    pub array: Option<String>,
    /// The chunk.
    pub chunk: Option<Vec<u64>>,
    /// The elements that are lost: first index and shape of the box.
    pub region: Option<(Vec<u64>, Vec<u64>)>,
    /// What was found.
    pub error: Error,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        if let (Some(array), Some((start, shape))) = (&self.array, &self.region) {
            let axes: Vec<String> = start.iter().zip(shape).map(|(s, n)| format!("{s}:{}", s + n)).collect();
            write!(f, " (lost: {array}[{}])", axes.join(", "))?;
        }
        Ok(())
    }
}

/// What was found of one array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArrayReport {
    /// Its name.
    pub name: String,
    /// Chunks of its grid.
    pub chunks: u64,
    /// Chunks that were never written and read as the fill value.
    pub missing: u64,
    /// Chunks of one value throughout.
    pub constant: u64,
    /// Of these, chunks that hold the fill value because it was written.
    pub fill: u64,
    /// Chunks stored as they are.
    pub raw: u64,
    /// Chunks stored packed.
    pub encoded: u64,
    /// Bytes of its payloads.
    pub stored_bytes: u64,
    /// Damages.
    pub damaged: u64,
}

/// What [`Snapshot::verify`] found.
#[derive(Debug, Default)]
pub struct Report {
    /// The commit.
    pub seq: u64,
    /// Whether the file is sealed, so that its unused bytes were checked too.
    pub sealed: bool,
    /// Bytes read and checked.
    pub bytes: u64,
    /// The arrays, by name.
    pub arrays: Vec<ArrayReport>,
    /// The damage, at most 10,000 entries.
    pub damage: Vec<Damage>,
    /// Damage beyond those entries.
    pub unlisted: u64,
}

impl Report {
    /// Whether everything is as it was written.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for damage in &self.damage {
            writeln!(f, "{damage}")?;
        }
        if self.unlisted > 0 {
            writeln!(f, "and {} more", self.unlisted)?;
        }
        let state = if self.is_sound() { "sound" } else { "DAMAGED" };
        write!(
            f,
            "commit {}: {state}, {} bytes in {} arrays checked",
            self.seq,
            self.bytes,
            self.arrays.len()
        )
    }
}

struct Verify<'a> {
    snapshot: &'a Snapshot,
    progress: Progress<'a>,
    report: Report,
}

impl Snapshot {
    /// Checks everything that this commit reaches. Damage is in the report; an error means that the check itself
    /// could not be done.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `progress` says no, and when the system refuses.
    pub fn verify(&self, progress: Progress<'_>) -> Result<Report> {
        let report = Report { seq: self.seq(), sealed: self.slot().is_sealed(), ..Report::default() };
        let mut verify = Verify { snapshot: self, progress, report };
        verify.slots()?;
        verify.arrays()?;
        verify.extents()?;
        Ok(verify.report)
    }
}

impl Verify<'_> {
    fn damage(&mut self, damage: Damage) {
        if let (Some(name), Some(last)) = (&damage.array, self.report.arrays.last_mut())
            && *name == last.name
        {
            last.damaged += 1;
        }
        if self.report.damage.len() < LISTED {
            self.report.damage.push(damage);
        } else {
            self.report.unlisted += 1;
        }
    }

    /// Damage of the file or of an array as a whole.
    fn damaged(&mut self, array: Option<&str>, error: Error) {
        self.damage(Damage { array: array.map(str::to_owned), chunk: None, region: None, error });
    }

    fn checked(&mut self, bytes: u64) -> Result<()> {
        self.report.bytes += bytes;
        let total = self.snapshot.slot().live_bytes.saturating_add(FIXED).max(self.report.bytes);
        if (self.progress)(self.report.bytes, total) { Ok(()) } else { Err(Error::Cancelled) }
    }

    /// The slot pages: none may hold what is neither a slot nor nothing, and in a sealed file two hold the commit
    /// and two are zero.
    fn slots(&mut self) -> Result<()> {
        let slots = &self.snapshot.inner.slots;
        for &page in &slots.broken.clone() {
            self.damaged(None, Error::SlotPage { page });
        }
        if self.report.sealed {
            let seq = self.snapshot.seq();
            let mut page = [0; PAGE];
            for place in places(seq + 1) {
                let doing = Error::io(|| "reading an unused slot".into());
                self.snapshot.storage().read_exact_at(&mut page, place).map_err(doing)?;
                if !is_zero(&page) {
                    self.damaged(None, Error::NotZero { offset: place });
                }
            }
            for (place, there) in places(seq).into_iter().zip(self.snapshot.inner.slots.copies) {
                let page = (place / PAGE as u64) as usize;
                if !there && !self.snapshot.inner.slots.broken.contains(&page) {
                    self.damaged(None, Error::SlotPage { page });
                }
            }
        }
        self.checked(FIXED)
    }

    fn arrays(&mut self) -> Result<()> {
        let commit = self.snapshot.commit();
        let names = match commit.names() {
            Ok(names) => names,
            Err(error) => {
                self.damaged(None, error);
                return Ok(());
            }
        };
        if let Err(error) = commit.attributes() {
            self.damaged(None, error);
        }
        // Ids in the table and ids with names have to be the same.
        let mut ids: Vec<u64> = names.values().copied().collect();
        ids.sort_unstable();
        let mut listed = Vec::new();
        commit.table().walk(&mut |seen| {
            match seen {
                Seen::Node(..) => self.checked(PAGE as u64)?,
                Seen::Entry(id, _) if ids.binary_search(&id).is_ok() => listed.push(id),
                Seen::Entry(id, _) => self.damaged(None, Error::Nameless { id }),
                Seen::Broken { error, .. } => self.damaged(None, error),
            }
            Ok(())
        })?;
        for (name, id) in names {
            self.report.arrays.push(crate::ArrayReport { name: name.clone(), ..Default::default() });
            if listed.binary_search(&id).is_err() && !self.report.damage.is_empty() {
                // Lost with a node of the table, which is damage noted already.
                self.damaged(Some(&name), Error::NoArrayId { id });
                continue;
            }
            let opened = commit
                .record(id)
                .and_then(|(record, _)| Ok((record, Described::read(commit, id, &name, &record)?)));
            match opened {
                Ok((record, described)) => self.array(id, &record, &described)?,
                Err(error) => self.damaged(Some(&name), error),
            }
        }
        Ok(())
    }

    fn array(&mut self, id: u64, record: &crate::record::Record, described: &Described) -> Result<()> {
        let (meta, grid) = (&described.meta, &described.grid);
        let name = meta.name.as_str();
        let mut counts =
            crate::ArrayReport { name: name.to_owned(), chunks: grid.len(), ..Default::default() };
        let mut present = 0;
        let mut whole = true;
        self.snapshot.commit().index(id, record.index).walk(&mut |seen| {
            match seen {
                Seen::Node(..) => self.checked(PAGE as u64)?,
                Seen::Broken { first, count, error } => {
                    whole = false;
                    let first_chunk = described.numbering.index(first);
                    let known = grid.contains(&first_chunk);
                    let region =
                        (count == 1 && known).then(|| (grid.start(&first_chunk), grid.extent(&first_chunk)));
                    let chunk = known.then_some(first_chunk);
                    self.damage(Damage { array: Some(name.to_owned()), chunk, region, error });
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
                        let region = grid.contains(&index).then(|| (grid.start(&index), grid.extent(&index)));
                        self.damage(Damage {
                            array: Some(name.to_owned()),
                            chunk: Some(index),
                            region,
                            error,
                        });
                    }
                }
            }
            Ok(())
        })?;
        counts.missing = counts.chunks.saturating_sub(present);
        if whole && (present, counts.stored_bytes) != (record.present, record.stored) {
            let (expected, found) = (record.present, present);
            self.damaged(Some(name), Error::Counts { array: name.to_owned(), expected, found });
        }
        if let Some(last) = self.report.arrays.last_mut() {
            counts.damaged = last.damaged;
            *last = counts;
        }
        Ok(())
    }

    /// Checks the payload of one chunk.
    fn chunk(
        &mut self,
        id: u64,
        described: &Described,
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
        let meta = &described.meta;
        let chunk = Chunk::new(index, entry, meta.dtype.size());
        let reading = Reading { storage: self.snapshot.storage(), meta };
        reading.check_len(&chunk)?;
        match chunk.state {
            ChunkState::Missing | ChunkState::Constant(_) => Ok(()),
            ChunkState::Raw if reading.table(&chunk)?.is_some() => self.large_raw(reading, &chunk),
            _ => {
                with_scratch(meta.chunk_bytes(), |elements| reading.decode(&chunk, elements))?;
                self.checked(chunk.extent.len)
            }
        }
    }

    /// A raw payload with a table, some blocks at a time.
    fn large_raw(&mut self, reading: Reading<'_>, chunk: &Chunk) -> Result<()> {
        let len = chunk.extent.len;
        let mut first_problem = None;
        let mut start = 0;
        while start < len {
            let n = (len - start).min(PIECE as u64);
            let problem = with_scratch(n as usize, |piece| {
                let offset = chunk.extent.offset + start;
                let doing =
                    Error::io(|| format!("reading a chunk of '{}' at byte {offset}", reading.meta.name));
                reading.storage.read_exact_at(piece, offset).map_err(doing)?;
                let table = reading.table(chunk)?.unwrap_or_default();
                let crcs = table.get(start as usize / BLOCK * 4..).unwrap_or_default();
                let blocks = check_blocks(piece, crcs, 0..piece.len());
                Ok::<_, Error>(blocks.and_then(|()| check_bools(reading.meta.dtype, piece)).err())
            })?;
            if let (Some(problem), None) = (problem, &first_problem) {
                first_problem = Some(problem.moved(start));
            }
            self.checked(n)?;
            start += n;
        }
        match first_problem {
            Some(problem) => Err(reading.refuse(chunk, problem)),
            None => Ok(()),
        }
    }

    /// Marks what is in use, so that overlaps show, and in a sealed file looks at the rest.
    fn extents(&mut self) -> Result<()> {
        let end = self.snapshot.slot().length;
        let mut start = FIXED;
        while start < end {
            self.window(start..end.min(start + WINDOW))?;
            start += WINDOW;
        }
        Ok(())
    }

    fn window(&mut self, window: std::ops::Range<u64>) -> Result<()> {
        let units = (window.end - window.start).div_ceil(UNIT);
        let mut used = vec![0u64; units.div_ceil(64) as usize];
        let sealed = self.report.sealed;
        let commit = self.snapshot.commit();
        reach::reach(commit, &mut |piece| {
            let Piece { offset, len } = match piece {
                Ok(piece) => piece,
                // The first walk has noted it.
                Err(_) => return Ok(()),
            };
            // A reference that is damage, too, may point anywhere.
            let end = offset.saturating_add(len).min(1 << 62);
            let from = offset.max(window.start);
            let to = end.next_multiple_of(UNIT).min(window.end);
            let mut overlaps = false;
            for unit in from.saturating_sub(window.start) / UNIT..to.saturating_sub(window.start) / UNIT {
                if let Some(word) = used.get_mut((unit / 64) as usize) {
                    overlaps |= *word >> (unit % 64) & 1 == 1;
                    *word |= 1 << (unit % 64);
                }
            }
            if overlaps {
                self.damaged(None, Error::Overlap { offset, len });
            }
            let tail = end..end.next_multiple_of(UNIT);
            if sealed && window.contains(&offset) {
                self.zeros(tail)?;
            }
            Ok(())
        })?;
        if !sealed {
            return Ok(());
        }
        let mut free = None;
        for unit in 0..=units {
            let in_use = unit == units
                || used.get((unit / 64) as usize).is_some_and(|word| word >> (unit % 64) & 1 == 1);
            match (in_use, free) {
                (false, None) => free = Some(unit),
                (true, Some(first)) => {
                    self.zeros(window.start + first * UNIT..window.start + unit * UNIT)?;
                    free = None;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks that bytes in nobody's use are zero.
    fn zeros(&mut self, range: std::ops::Range<u64>) -> Result<()> {
        let range = range.start..range.end.min(self.snapshot.slot().length);
        let mut start = range.start;
        while start < range.end {
            let n = (range.end - start).min(PIECE as u64);
            let zero = with_scratch(n as usize, |piece| {
                let doing = Error::io(|| format!("reading unused bytes at byte {start}"));
                self.snapshot.storage().read_exact_at(piece, start).map_err(doing)?;
                Ok::<_, Error>(is_zero(piece))
            })?;
            if !zero {
                self.damaged(None, Error::NotZero { offset: start });
            }
            start += n;
        }
        Ok(())
    }
}

impl PayloadError {
    /// The same, found in a piece of the payload that begins at `start`.
    pub(crate) fn moved(self, by: u64) -> PayloadError {
        match self {
            PayloadError::BlockCrc { start, end, mismatch } => {
                PayloadError::BlockCrc { start: start + by, end: end + by, mismatch }
            }
            PayloadError::Bool { at, found } => PayloadError::Bool { at: at + by, found },
            other => other,
        }
    }
}
