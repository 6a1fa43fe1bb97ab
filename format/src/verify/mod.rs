//! Checking a whole commit: every block, node and payload against the checksum in its referrer.
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

/// A check of one commit by several threads: one runs [`Verification::run`], the others [`Verification::help`].
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
    /// Finds the chunks, checks those that no helper takes, and gives the report. Call it once.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`] when `progress` says no; and when the system cannot read the file.
    pub fn run(&self) -> Result<Report> {
        let mut walk = Walk::new(&self.board);
        self.board.run(|| walk.all())?;
        walk.extents()?;
        Ok(walk.report())
    }

    /// Checks chunks that [`Verification::run`] finds. It waits for `run` to begin, and returns when `run` has found
    /// all.
    pub fn help(&self) {
        self.board.help();
    }
}

impl Snapshot {
    /// Checks everything that this commit reaches. Damage is in the report; an error means that the check itself
    /// could not be done.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`] when `progress` says no; and when the system cannot read the file.
    pub fn verify(&self, progress: Progress<'_>) -> Result<Report> {
        self.verification(progress).run()
    }

    /// Begins a check like [`Snapshot::verify`], for several threads.
    pub fn verification<'a>(&'a self, progress: Progress<'a>) -> Verification<'a> {
        Verification { board: Board::new(self.clone(), None, progress) }
    }
}
