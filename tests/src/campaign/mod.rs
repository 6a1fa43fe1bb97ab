//! The campaign: random jobs over every layout, view and target. The command runs each job as a program of its own, and
//! every promise is checked:
//!
//! 1. The answer is NumPy's: a plain loop (`oracle`) computes all elements again, and the whole results are compared.
//! 2. No job is refused that some order of reading could do. Only a packed chunk larger than the budget may be refused.
//! 3. Peak resident memory, mapped pages included, is at most the budget plus 64 MiB plus 2 MiB a thread (`child`).
//! 4. There is no cliff: the time is compared with a plain copy of as many bytes (`bounds`).
//! 5. No temporary file is left.
//!
//! Small arrays test the answers; large ones also test memory and time. The inputs are a formula of their index
//! (`data`), so that no test keeps them in memory. They are written without the engine (`place`).

pub mod bounds;
pub mod check;
pub mod child;
pub mod data;
pub mod draw;
pub mod expr;
pub mod grid;
pub mod job;
pub mod named;
pub mod oracle;
pub mod place;
pub mod report;
pub mod view;

use std::path::{Path, PathBuf};

use bounds::Bounds;
use job::Job;
use report::Report;

/// A folder for the files of a campaign, and the program under test.
#[derive(Debug)]
pub struct Campaign {
    folder: tempfile::TempDir,
    program: PathBuf,
    bounds: Bounds,
    report: Report,
}

impl Campaign {
    /// A campaign in a new folder inside `within`. Allowed times are multiplied by `patience`.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn new(within: &Path, patience: f64) -> Campaign {
        let folder =
            tempfile::Builder::new().prefix("campaign-").tempdir_in(within).expect("a folder can be made");
        let program = PathBuf::from(crate::command::arrstore().get_program());
        let bounds = Bounds::measure(folder.path(), patience);
        eprintln!("a plain copy: {:.2} GB/s; times may be {patience} times the bounds", bounds.copy / 1e9);
        Campaign { folder, program, bounds, report: Report::default() }
    }

    /// Runs a job. Inputs that exist already are not written again.
    pub fn run(&mut self, job: &Job) -> job::Outcome {
        let outcome = job.run(&self.program, self.folder.path(), &self.bounds);
        self.report.add(outcome.findings.clone());
        outcome
    }

    /// Removes the inputs.
    ///
    /// # Panics
    /// When the folder cannot be emptied.
    pub fn clear(&self) {
        for entry in std::fs::read_dir(self.folder.path()).expect("the folder is there").flatten() {
            std::fs::remove_file(entry.path()).expect("a file can be removed");
        }
    }

    /// The findings; with `keep`, the files stay.
    pub fn end(self, keep: bool) -> Report {
        if keep {
            eprintln!("its files: {}", self.folder.keep().display());
        }
        self.report
    }
}
