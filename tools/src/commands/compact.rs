//! `arrstore compact`: rewrites a file without its free space, and seals it.

use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use arrstore::formats::{Format, Location, wait_for_writer};
use serde_json::json;

use crate::cli::Compact;
use crate::misuse::misuse;
use crate::print::{remark, say};
use crate::{report, run};

pub(super) fn run(args: &Compact) -> Result<ExitCode> {
    let location = Location::of_input(&args.file)?;
    if location.format != Format::Arrs || location.name.is_some() || location.subscript.is_some() {
        return Err(misuse(format!("{location}: compact takes an .arrs file")));
    }
    let at = || location.path.display().to_string();
    let (bar, stop) = (run::bar(args.quiet, "compact"), run::stop_flag());
    let progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
        !stop.load(Ordering::Relaxed)
    };
    let compact = || arrstore_format::compact(&location.path, &progress);
    let done = wait_for_writer(args.waiting.wait, &stop, compact).with_context(at)?;
    bar.finish_and_clear();
    if args.speaking.json {
        say(&json!({ "file": at(), "bytes_before": done.before, "bytes_after": done.after }).to_string())?;
    } else if !args.quiet {
        let (before, after) = (report::bytes(done.before), report::bytes(done.after));
        remark(&format!("{}: {before} before, {after} now", at()));
    }
    Ok(ExitCode::SUCCESS)
}
