//! `arrstore merge`: moves the parts of arrays, which many processes wrote, into one file.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use arrstore::formats::{Format, Location};
use arrstore::{Merging, formats};
use serde_json::json;

use crate::cli::Merge;
use crate::misuse::misuse;
use crate::print::{remark, say};
use crate::{report, run};

pub(super) fn run(args: &Merge) -> Result<ExitCode> {
    let target = whole_file(Location::of_output(&args.out)?)?;
    let part = |text: &String| Ok(whole_file(Location::of_input(text)?)?.path);
    let parts = args.parts.iter().map(part).collect::<Result<Vec<_>>>()?;
    let begun = Instant::now();
    let mut context = run::limited(args.memory, args.threads);
    let bar = run::watch(&mut context, args.quiet, "merge");
    let mut merging = Merging::default();
    merging.complete = args.complete;
    let writing = run::writing(!args.syncing.no_sync, false, args.waiting);
    let done = formats::merge(&target, &parts, &merging, &writing, &context)?;
    bar.finish_and_clear();

    let seconds = begun.elapsed().as_secs_f64();
    if args.speaking.json {
        say(&json!({
            "target": target.to_string(), "arrays": done.arrays, "parts_moved": done.moved,
            "parts_decoded": done.decoded, "bytes": done.bytes, "seconds": seconds,
        })
        .to_string())?;
    } else if !args.quiet {
        let decoded = match done.decoded {
            0 => String::new(),
            n => format!(" ({n} of them begin or end within a chunk, and were decoded)"),
        };
        remark(&format!(
            "merged {} parts{decoded} into {} arrays of {target}: {} in {seconds:.2} s ({}/s)",
            done.moved + done.decoded,
            done.arrays,
            report::bytes(done.bytes),
            report::bytes((done.bytes as f64 / seconds.max(1e-9)) as u64)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The location, if it is that of a whole `.arrs` file.
fn whole_file(location: Location) -> Result<Location> {
    if location.format != Format::Arrs || location.name.is_some() || location.is_part() {
        return Err(misuse(format!("{location}: merge takes whole .arrs files")));
    }
    Ok(location)
}
