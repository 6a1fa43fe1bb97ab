//! What a campaign found: a table, the worst first.

use std::collections::BTreeMap;
use std::fmt;

/// What kind of promise was broken, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// The answer is wrong.
    Wrong,
    /// The program died.
    Crashed,
    /// It was refused, and some order of reading could do it.
    Refused,
    /// More memory was resident than allowed.
    Peak,
    /// A temporary file is left.
    Left,
    /// It took longer than allowed.
    Slow,
}

/// One broken promise.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The job.
    pub job: String,
    /// What kind it is.
    pub kind: Kind,
    /// How many times as much as allowed.
    pub ratio: f64,
    /// What was expected and found, and the command.
    pub what: String,
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Report {
    /// Jobs that were done.
    pub jobs: usize,
    findings: Vec<Finding>,
}

impl Report {
    /// Adds what a job came to.
    pub fn add(&mut self, findings: Vec<Finding>) {
        self.jobs += 1;
        self.findings.extend(findings);
    }

    /// Whether nothing was found.
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
