//! Random jobs over every layout: checks the answer, the peak of memory, refusals and the time.
//!
//! | variable | meaning |
//! |---|---|
//! | `ARRSTORE_CAMPAIGN` | the number of jobs (default 200); from 1000 on, the bounds on time are strict |
//! | `ARRSTORE_SEED` | the seed of the random jobs (default 1) |
//! | `ARRSTORE_JOB` | runs only the job of this number, or the named jobs that contain this text; the files stay |
//! | `ARRSTORE_BIN` | the program under test, instead of one that is built with the tests' own profile |
//!
//! ```sh
//! ARRSTORE_CAMPAIGN=5000 cargo test --release -p arrstore-tests --test campaign random -- --nocapture
//! cargo test --release -p arrstore-tests --test campaign named -- --ignored --nocapture
//! ```

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use arrstore_tests::campaign::report::Report;
use arrstore_tests::campaign::{Campaign, child, draw, named};
use arrstore_tests::command::rounds;

/// Jobs of a default run.
const FEW: usize = 200;

/// The factor on allowed times: other tests run beside a default run, and unoptimised code is slow without fault.
fn patience(strict: bool) -> f64 {
    let built = if cfg!(debug_assertions) && std::env::var_os("ARRSTORE_BIN").is_none() { 4.0 } else { 1.0 };
    if strict { built } else { 4.0 * built }
}

fn campaign(strict: bool) -> Campaign {
    Campaign::new(Path::new(env!("CARGO_TARGET_TMPDIR")), patience(strict))
}

fn only() -> Option<String> {
    std::env::var("ARRSTORE_JOB").ok()
}

#[track_caller]
fn judge(report: &Report, how: &str) {
    println!("{report}");
    let again = format!("ARRSTORE_JOB=... cargo test -p arrstore-tests --test campaign {how}");
    assert!(report.is_clean(), "{report}To do one again, with the number or name after 'job':\n  {again}");
}

#[test]
fn random_jobs_keep_every_promise() {
    let count = rounds("ARRSTORE_CAMPAIGN", FEW) as u64;
    let seed = rounds("ARRSTORE_SEED", 1) as u64;
    let mut campaign = campaign(count >= 1000);
    let one = only().and_then(|text| text.parse::<u64>().ok());
    let mut group = u64::MAX;
    for n in one.map_or(0..count, |n| n..n + 1) {
        if group != n / draw::GROUP {
            group = n / draw::GROUP;
            campaign.clear();
        }
        let outcome = campaign.run(&draw::job(seed, n));
        for finding in outcome.findings {
            println!("{:?} {:.2}x job {}: {}", finding.kind, finding.ratio, finding.job, finding.what);
        }
    }
    let how = format!("random -- --nocapture   (with ARRSTORE_SEED={seed})");
    judge(&campaign.end(one.is_some()), &how);
}

#[test]
#[ignore = "takes some ten minutes and 4 GB of disk"]
fn named_jobs_keep_every_promise() {
    let mut campaign = campaign(true);
    let only = only();
    let mut before = None;
    println!("{:<50} {:>8} {:>8} {:>9}", "job", "seconds", "GB/s", "peak MiB");
    for job in named::all().into_iter().filter(|job| only.as_ref().is_none_or(|text| job.name.contains(text)))
    {
        let inputs = format!("{:?}", job.inputs);
        if before.as_ref() != Some(&inputs) {
            campaign.clear();
            before = Some(inputs);
        }
        let outcome = campaign.run(&job);
        let (ran, bytes) = (&outcome.ran, outcome.bytes.0.max(outcome.bytes.1) as f64);
        let kinds: Vec<_> = outcome.findings.iter().map(|finding| finding.kind).collect();
        let rate = bytes / ran.seconds / 1e9;
        println!("{:<50} {:>8.2} {rate:>8.2} {:>9} {kinds:?}", job.name, ran.seconds, ran.peak >> 20);
    }
    judge(&campaign.end(only.is_some()), "named -- --ignored --nocapture");
}

/// The process in between. The test does nothing if it was not started as that process.
#[test]
fn child() {
    child::child();
}

/// A measured peak is the program's own, for any memory use of the test itself.
#[test]
fn the_peak_is_the_programs_own() {
    let mine = vec![1u8; 300 << 20];
    assert!(mine.iter().step_by(4096).all(|&byte| byte == 1));
    let folder = tempfile::tempdir().unwrap();
    let run = |script: &str| {
        let args = ["-c".to_owned(), script.to_owned()];
        child::run(Path::new("/bin/sh"), &args, folder.path(), Duration::from_secs(20))
    };
    assert!(Command::new("/bin/sh").args(["-c", "true"]).status().unwrap().success());
    let small = run("true");
    assert_eq!(small.ended, Ok(0));
    assert!(small.peak < 64 << 20, "{} bytes", small.peak);
    // a variable of 100 MB
    let large = run("x=$(head -c 100000000 /dev/zero | tr '\\0' x); exit 3");
    assert_eq!(large.ended, Ok(3));
    assert!(large.peak > 100_000_000, "{} bytes", large.peak);
    let endless =
        child::run(Path::new("/bin/sleep"), &["30".to_owned()], folder.path(), Duration::from_millis(200));
    assert!(endless.ended.unwrap_err().starts_with("stopped after"));
}
