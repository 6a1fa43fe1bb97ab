//! Proving a whole commit: every block, node and payload against the checksum its referrer holds.
//!
//! A walk reads everything that the commit reaches and counts what the records count; payloads are handed to whatever
//! threads the caller lends ([`Verification::help`]), large raw ones in pieces. A second walk marks what is in use, 64
//! bytes a bit, a window of the file at a time, so that extents that overlap show; in a sealed file, every byte that is
//! in nobody's use must be zero, so that there is no bit whose change would not be found.
//! Damage does not stop it: what can still be reached is still checked. The report is the same whatever the threads.
//! Memory stays within one chunk and its packed form for each thread, and 32 MiB.

mod extents;
mod walk;
mod work;

use std::fmt;

use crate::array::Described;
use crate::payload::{BLOCK, PayloadError};
use crate::snapshot::Snapshot;
use crate::{Error, Result};

pub(crate) use work::Board;

/// Damages listed; the rest is only counted.
const LISTED: usize = 10_000;
/// Bytes of a raw payload read at a time.
const PIECE: usize = 16 * BLOCK;

/// What is told of progress, from any of the threads: bytes done and bytes to do. It answers whether to go on.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) -> bool + Sync);

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

impl Damage {
    /// That of one chunk of an array.
    pub(crate) fn of_chunk(described: &Described, index: &[u64], error: Error) -> Damage {
        let (meta, grid) = (&described.meta, &described.grid);
        let region = grid.contains(index).then(|| (grid.start(index), grid.extent(index)));
        Damage { array: Some(meta.name.clone()), chunk: Some(index.to_vec()), region, error }
    }
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

/// A check of one commit, which several threads can work on: one runs [`Verification::run`], the others
/// [`Verification::help`].
///
/// ```no_run
/// # fn main() -> arrstore_format::Result<()> {
/// let snapshot = arrstore_format::File::open("store.arrs")?.snapshot()?;
/// let verification = snapshot.verification(&|_, _| true);
/// let report = std::thread::scope(|scope| {
///     scope.spawn(|| verification.help());
///     verification.run()
/// })?;
/// # let _ = report;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Verification<'a> {
    board: Board<'a>,
}

impl Verification<'_> {
    /// Finds the work, does what nobody else does, and gives the report. To be called once.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `progress` says no, and when the system refuses.
    pub fn run(&self) -> Result<Report> {
        walk::run(&self.board)
    }

    /// Checks chunks that [`Verification::run`] finds, until it has found all: waits for it to begin, and returns when
    /// it ends.
    pub fn help(&self) {
        self.board.help();
    }
}

impl Snapshot {
    /// Checks everything that this commit reaches. Damage is in the report; an error means that the check itself
    /// could not be done.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `progress` says no, and when the system refuses.
    pub fn verify(&self, progress: Progress<'_>) -> Result<Report> {
        self.verification(progress).run()
    }

    /// As [`Snapshot::verify`], for several threads.
    pub fn verification<'a>(&'a self, progress: Progress<'a>) -> Verification<'a> {
        Verification { board: Board::new(self.clone(), None, progress) }
    }
}

impl PayloadError {
    /// The same, found in a piece of the payload that begins at `start`.
    pub(crate) fn moved(self, by: u64) -> PayloadError {
        match self {
            PayloadError::PieceCrc { start, end, mismatch } => {
                PayloadError::PieceCrc { start: start + by, end: end + by, mismatch }
            }
            PayloadError::Bool { at, found } => PayloadError::Bool { at: at + by, found },
            other => other,
        }
    }
}
