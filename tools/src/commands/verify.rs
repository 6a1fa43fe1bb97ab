//! `arrstore verify`: checks every byte of a file against its checksums.

use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use arrstore::Context;
use arrstore::formats::{Format, Location, npz, wait_for_writer};
use arrstore_format::{ArrayReport, Damage, File, Report};
use serde_json::{Value, json};

use crate::cli::Verify;
use crate::misuse::misuse;
use crate::print::say;
use crate::{input, report, run};

pub(super) fn run(args: &Verify) -> Result<ExitCode> {
    let location = Location::of_input(&args.path)?;
    let takes = matches!(location.format, Format::Arrs | Format::Npz);
    if !takes || location.name.is_some() || location.subscript.is_some() {
        return Err(misuse(format!(
            "{location}: verify takes an .arrs file or a .npz archive; other formats have no checksums of all their bytes"
        )));
    }
    if args.waiting.wait.is_some() && !args.repair {
        return Err(misuse("--wait is for --repair: without it, verify never waits for a writer"));
    }
    if location.format == Format::Npz {
        return archive(args, &location);
    }
    let at = || location.path.display().to_string();
    let mends = args.repair && location.path.is_file();
    let mended = if mends {
        let mend = || File::mend(&location.path);
        wait_for_writer(args.waiting.wait, &run::stop_flag(), mend).with_context(at)?
    } else {
        Vec::new()
    };
    let file = input::open_file(&location.path)?;
    let snapshot = file.snapshot().with_context(at)?;
    let (bar, stop) = (run::bar(args.quiet, "verify"), run::stop_flag());
    let progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
        !stop.load(Ordering::Relaxed)
    };
    let verification = snapshot.verification(&progress);
    let report =
        run::together(args.threads, || verification.help(), || verification.run()).with_context(at)?;
    bar.finish_and_clear();

    if args.speaking.json {
        say(&as_json(&at(), &report, &mended).to_string())?;
    } else {
        if !args.quiet {
            let rows: Vec<Vec<String>> = report.arrays.iter().map(row).collect();
            if !rows.is_empty() {
                say(report::table(&rows, &[]).trim_end())?;
            }
        }
        for page in &mended {
            say(&match page {
                0 => "mended: the header, from what the slots say".to_owned(),
                page => format!("mended: slot page {page}, from its copy"),
            })?;
        }
        for damage in &report.damage {
            say(&format!("damaged: {}", words(damage)))?;
        }
        if report.unlisted > 0 {
            say(&format!("damaged: {} more", report.unlisted))?;
        }
        if args.repair && !report.is_sound() {
            say("not mendable: the file holds no second copy of what is damaged; salvage saves the rest")?;
        }
        if report.is_sound() && !args.quiet {
            let sealed = if report.sealed { ", unused bytes too" } else { "" };
            say(&format!("{}: sound, {} checked{sealed}", at(), report::bytes(report.bytes)))?;
        }
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Checks every member of an archive against its checksum.
fn archive(args: &Verify, location: &Location) -> Result<ExitCode> {
    if args.repair {
        return Err(misuse(format!(
            "{location}: --repair is for .arrs files; an archive has no second copy to repair from"
        )));
    }
    let bar = run::bar(args.quiet, "verify");
    let mut context = Context::default();
    context.cancel = run::stop_flag();
    context.threads = args.threads.map_or(context.threads, |n| n as usize);
    let members = npz::verify(&location.path, &context, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let sound = members.iter().all(|member| member.damage.is_none());
    let bytes: u64 = members.iter().map(|member| member.bytes).sum();
    let damaged = || members.iter().filter_map(|m| Some((&m.name, report::chain(m.damage.as_ref()?))));
    if args.speaking.json {
        let one = |m: &npz::Verified| json!({ "name": m.name, "stored_bytes": m.bytes, "damaged": u64::from(m.damage.is_some()) });
        let damage = |(name, error): (&String, String)| json!({ "array": name, "error": error });
        say(&json!({
            "file": location.to_string(), "sound": sound, "bytes": bytes,
            "arrays": members.iter().map(one).collect::<Vec<_>>(),
            "damage": damaged().map(damage).collect::<Vec<_>>(),
        })
        .to_string())?;
    } else {
        if !args.quiet {
            let row = |m: &npz::Verified| {
                let state = if m.damage.is_none() { "sound" } else { "DAMAGED" };
                vec![m.name.clone(), state.to_owned(), report::bytes(m.bytes)]
            };
            let rows: Vec<Vec<String>> = members.iter().map(row).collect();
            say(report::table(&rows, &[]).trim_end())?;
        }
        for (name, why) in damaged() {
            say(&format!("damaged: {name}: {why}"))?;
        }
        if sound && !args.quiet {
            say(&format!("{location}: sound, {} checked", report::bytes(bytes)))?;
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn row(array: &ArrayReport) -> Vec<String> {
    let mut parts = Vec::new();
    for (count, what) in [
        (array.raw, "raw"),
        (array.encoded, "encoded"),
        (array.constant, "constant"),
        (array.missing, "missing"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let state = if array.damaged == 0 { "sound".to_owned() } else { format!("{} DAMAGED", array.damaged) };
    let chunks = format!("{} chunks ({})", array.chunks, parts.join(", "));
    vec![array.name.clone(), state, chunks, report::bytes(array.stored_bytes)]
}

/// Array, chunk and region come first, then the error.
fn words(damage: &Damage) -> String {
    let mut text = String::new();
    if let Some(array) = &damage.array {
        text += &format!("{array}: ");
    }
    if let Some(chunk) = &damage.chunk {
        // Without a region, a part of the index is lost, and with it all that it led to.
        text += &if damage.region.is_some() {
            format!("chunk {chunk:?}: ")
        } else {
            format!("from chunk {chunk:?} on: ")
        };
    }
    if let Some((start, shape)) = &damage.region {
        let ends = start.iter().zip(shape).map(|(s, n)| format!("{s}:{}", s + n)).collect::<Vec<_>>();
        text += &format!("elements [{}]: ", ends.join(", "));
    }
    text + &damage.error.to_string()
}

fn as_json(file: &str, report: &Report, mended: &[usize]) -> Value {
    let array = |a: &ArrayReport| {
        json!({
            "name": a.name, "chunks": a.chunks, "missing": a.missing, "constant": a.constant, "fill": a.fill,
            "raw": a.raw, "encoded": a.encoded, "stored_bytes": a.stored_bytes, "damaged": a.damaged,
        })
    };
    let damage = |d: &Damage| {
        let region = d.region.as_ref().map(|(start, shape)| json!({ "start": start, "shape": shape }));
        json!({ "array": d.array, "chunk": d.chunk, "region": region, "error": d.error.to_string() })
    };
    json!({
        "file": file, "sound": report.is_sound(), "commit": report.seq, "sealed": report.sealed, "bytes": report.bytes,
        "mended": mended,
        "arrays": report.arrays.iter().map(array).collect::<Vec<_>>(),
        "damage": report.damage.iter().map(damage).collect::<Vec<_>>(), "unlisted": report.unlisted,
    })
}
