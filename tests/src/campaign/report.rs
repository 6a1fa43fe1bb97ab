//! The findings of a campaign as a table, the worst first.

use std::collections::BTreeMap;
use std::fmt;

/// The kind of a broken promise, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// The answer is wrong.
    Wrong,
    /// The program died.
    Crashed,
    /// The job was refused, although some order of reading could do it.
    Refused,
    /// More memory was resident than allowed.
    Peak,
    /// A temporary file is left.
    Left,
    /// The job took longer than allowed.
    Slow,
}

/// One broken promise.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The job.
    pub job: String,
    /// The kind of promise.
    pub kind: Kind,
    /// The multiple of the allowed amount.
    pub ratio: f64,
    /// The expected and the found value, and the command.
    pub what: String,
}

/// All findings.
#[derive(Debug, Default)]
pub struct Report {
    /// Jobs that were done.
    pub jobs: usize,
    findings: Vec<Finding>,
}

impl Report {
    /// Adds the findings of a job.
    pub fn add(&mut self, findings: Vec<Finding>) {
        self.jobs += 1;
        self.findings.extend(findings);
    }

    /// Whether there are no findings.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by(|a, b| a.kind.cmp(&b.kind).then(b.ratio.total_cmp(&a.ratio)));
        let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
        findings.iter().for_each(|finding| *counts.entry(finding.kind).or_default() += 1);
        writeln!(f, "{} job(s), {} finding(s): {counts:?}", self.jobs, findings.len())?;
        for Finding { job, kind, ratio, what } in findings {
            let ratio = if *ratio > 0.0 { format!("{ratio:.2}x") } else { String::new() };
            writeln!(f, "  {kind:<8?} {ratio:>8}  job {job}: {what}")?;
        }
        Ok(())
    }
}
