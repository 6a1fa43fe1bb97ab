//! `arrstore history`: the commits of a file that are still readable.

use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result};
use arrstore::formats::{Format, Location};
use serde_json::json;

use crate::cli::History;
use crate::misuse::misuse;
use crate::print::say;
use crate::{input, report};

pub(super) fn run(args: &History) -> Result<ExitCode> {
    let location = Location::of_input(&args.file)?;
    if location.format != Format::Arrs || location.name.is_some() || location.subscript.is_some() {
        return Err(misuse(format!(
            "{location}: history takes an .arrs file; other formats have no commits"
        )));
    }
    let at = || location.path.display().to_string();
    let file = input::open_file(&location.path)?;
    let (mut rows, mut commits) = (Vec::new(), Vec::new());
    for stat in file.history().with_context(at)? {
        // Another writer may take the older slot at any moment, and the list of names may be damaged.
        let names = file.snapshot_at(stat.seq).and_then(|snapshot| snapshot.arrays());
        let written_at = stat.time.duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
        commits.push(json!({
            "commit": stat.seq, "written_at": written_at, "written_by": stat.producer, "arrays": names.as_ref().ok(),
            "file_bytes": stat.length, "live_bytes": stat.live_bytes, "sealed": stat.sealed,
            "error": names.as_ref().err().map(ToString::to_string),
        }));
        let names = match names {
            Ok(names) => names.join(", "),
            Err(error) => format!("not readable: {error}"),
        };
        rows.push(vec![
            stat.seq.to_string(),
            report::ago(written_at),
            stat.producer,
            report::bytes(stat.length),
            names,
        ]);
    }
    if args.speaking.json {
        say(&json!({ "file": at(), "commits": commits }).to_string())?;
    } else {
        say(report::table(&rows, &[true, false, false, true, false]).trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}
