//! `arrstore convert`: copies an array from one format to another.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use arrstore::Plan;
use arrstore::formats::{Format, Location, full_name};
use serde_json::json;

use crate::cli::Convert;
use crate::misuse::misuse;
use crate::output::{self, Written};
use crate::print::{remark, say};
use crate::{input, report, run, sample};

pub(super) fn run(args: &Convert) -> Result<ExitCode> {
    run::check_tmp(&args.running)?;
    run::stop_flag();
    let source = args.past.of(Location::of_input(&args.src)?)?;
    let target = named(Location::of_output(&args.dst)?, args.name.as_deref())?;
    let begun = Instant::now();
    let writing = run::writing(!args.syncing.no_sync, false, args.waiting);
    // Locks the output before it reads, so that it reads what the last writer left.
    let mut outputs = output::open(std::slice::from_ref(&target), &args.storing, writing)?;
    let mut context = run::context(&args.running, Some(target.folder().to_owned()));
    let input = input::open(&source, &args.plain.of_only()?, &context)?;
    let expr = &input.expr;

    let mut storing = args.storing.clone();
    if target.format.has_chunks() {
        sample::settle(&mut storing, &input, &context)?;
    }
    let (name, about) = (input.stem.as_str(), &input.about);
    let written = Written { output: 0, location: &target, name, storing: &storing, about };
    let root = output::add(&mut outputs, expr, &written)?;

    let plan = Plan::new(&[root], &context)?;
    let bar = run::watch(&mut context, args.running.quiet, "convert");
    plan.run(&context)?;
    bar.finish_and_clear();
    outputs.commit()?;

    let seconds = begun.elapsed().as_secs_f64();
    let bytes = report::size(expr.dtype(), expr.shape());
    if args.speaking.json {
        say(&json!({
            "source": source.to_string(), "target": target.to_string(), "dtype": expr.dtype().name(),
            "shape": expr.shape(), "bytes": bytes, "seconds": seconds, "budget_peak": context.budget.peak(),
        })
        .to_string())?;
    } else if !args.running.quiet {
        remark(&format!(
            "wrote {target}: {} {}, {} in {seconds:.2} s ({}/s)",
            report::shape(expr.shape()),
            expr.dtype(),
            report::bytes(bytes),
            report::bytes((bytes as f64 / seconds.max(1e-9)) as u64)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The target, with the name of the array that `--name` gives.
fn named(mut target: Location, name: Option<&str>) -> Result<Location> {
    let Some(name) = name else { return Ok(target) };
    if let Some(path_name) = &target.name {
        return Err(misuse(format!("the array has two names, --name {name} and {path_name}: give only one")));
    }
    if matches!(target.format, Format::Npy | Format::Raw) {
        return Err(misuse(format!(
            "{target}: holds a single array without a name; --name is for .arrs, .npz and .zarr"
        )));
    }
    target.name = Some(full_name(name)?);
    Ok(target)
}
