//! Proving a whole commit: every block, node and payload against the checksum that its referrer holds.
//!
//! A first walk reads everything that the commit reaches, and counts what the records count. It hands payloads to the
//! threads that the caller lends ([`Verification::help`]), large raw ones in pieces. A second walk marks the bytes in
//! use, one bit for 64 bytes, in a window of the file at a time: so overlapping extents show. In a sealed file every
//! unused byte must be zero, so there is no bit whose change goes unnoticed.
//!
//! Damage does not stop a walk: what can still be reached is still checked. The report is the same for any number of
//! threads. Each thread needs memory for one chunk and its packed form, and the whole check 32 MiB beside that.

pub(crate) mod board;
mod extents;
mod item;
pub(crate) mod report;
mod walk;

use crate::Result;
use crate::snapshot::Snapshot;

use board::Board;
use report::{Progress, Report};
use walk::Walk;

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
        let mut walk = Walk::new(&self.board);
        self.board.run(|| walk.all())?;
        walk.extents()?;
        Ok(walk.report())
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
