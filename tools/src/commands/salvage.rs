//! `arrstore salvage`: writes the sound parts of a damaged file to a new one.

use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use arrstore::formats::{Format, Location};
use arrstore_format::{Damage, Salvaged};
use serde_json::{Value, json};

use crate::cli::Salvage;
use crate::misuse::misuse;
use crate::print::{remark, say};
use crate::{report, run};

pub(super) fn run(args: &Salvage) -> Result<ExitCode> {
    let (source, target) = (Location::of_input(&args.damaged)?, Location::of_output(&args.out)?);
    for location in [&source, &target] {
        if location.format != Format::Arrs || location.name.is_some() || location.subscript.is_some() {
            return Err(misuse(format!("{location}: salvage reads one .arrs file and writes another")));
        }
    }
    let at = || source.path.display().to_string();
    let (bar, stop) = (run::bar(args.quiet, "salvage"), run::stop_flag());
    let progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
        !stop.load(Ordering::Relaxed)
    };
    let salvage = arrstore_format::Salvage::begin(&source.path, &target.path, &progress).with_context(at)?;
    run::together(args.threads, || salvage.help(), || salvage.run()).with_context(at)?;
    let done = salvage.commit().with_context(at)?;
    bar.finish_and_clear();
    if args.speaking.json {
        say(&as_json(&at(), &target.to_string(), &done).to_string())?;
    } else {
        for lost in &done.lost {
            say(&format!("lost: {}", words(lost)))?;
        }
        if done.unlisted > 0 {
            say(&format!("lost: {} more", done.unlisted))?;
        }
        if !args.quiet {
            let all = if done.is_whole() { "nothing is lost, " } else { "" };
            let (chunks, bytes) = (done.chunks, report::bytes(done.bytes));
            remark(&format!("{target}: {all}{chunks} chunks of {} arrays saved, {bytes}", done.arrays));
        }
    }
    Ok(if done.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The array and the elements come first, then the error.
fn words(lost: &Damage) -> String {
    let name = lost.array.as_deref().unwrap_or("what belongs to no array");
    match &lost.region {
        Some((start, shape)) => {
            let ends: Vec<String> = start.iter().zip(shape).map(|(s, n)| format!("{s}:{}", s + n)).collect();
            format!("{name}[{}]: {}", ends.join(", "), lost.error)
        }
        None => format!("{name}: {}", lost.error),
    }
}

fn as_json(file: &str, target: &str, done: &Salvaged) -> Value {
    let lost = |lost: &Damage| {
        let region = lost.region.as_ref().map(|(start, shape)| json!({ "start": start, "shape": shape }));
        json!({ "array": lost.array, "chunk": lost.chunk, "region": region, "error": lost.error.to_string() })
    };
    json!({
        "file": file, "target": target, "commit": done.seq, "whole": done.is_whole(), "arrays": done.arrays,
        "chunks": done.chunks, "bytes": done.bytes,
        "lost": done.lost.iter().map(lost).collect::<Vec<_>>(), "unlisted": done.unlisted,
    })
}
