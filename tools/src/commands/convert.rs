//! `arrstore convert`: the identity expression from one kind of file into another.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use arrstore::Plan;
use serde_json::json;

use crate::cli::Convert;
use crate::location::Location;
use crate::misuse::misuse;
use crate::output::{Order, Outputs};
use crate::values::say;
use crate::{input, report, run, sample};

pub(super) fn run(args: &Convert) -> Result<ExitCode> {
    run::check_tmp(&args.running)?;
    let source = Location::of_input(&args.src)?.at_commit(args.past.commit)?;
    let target = Location::of_output(&args.dst)?;
    if let (Some(name), Some(path_name)) = (&args.name, &target.name) {
        return Err(misuse(format!("the array is named twice: --name {name} and {path_name}")));
    }
    let begun = Instant::now();
    let tmp = input::tmp_folder(args.running.tmp.as_ref(), &target);
    let opening = input::Opening::to_run(&tmp, &args.running);
    let input = input::open(&source, &args.plain.of_only()?, &opening)?;
    let expr = &input.expr;
    let mut context = run::context(&args.running, Some(tmp));

    let mut storing = args.storing.clone();
    sample::settle(&mut storing, &input, &context)?;
    let name = args.name.clone().unwrap_or_else(|| input.stem.clone());
    let mut outputs = Outputs::new(!args.running.no_sync, false);
    let order = Order { location: &target, name: &name, storing: &storing, about: &input.about };
    let root = outputs.add(expr, &order)?;

    let plan = Plan::new(&[root], &context)?;
    let bar = run::watch(&mut context, args.running.quiet, "convert");
    plan.run(&context)?;
    bar.finish_and_clear();
    drop(plan);
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
        eprintln!(
            "wrote {target}: {} {}, {} in {seconds:.2} s ({}/s)",
            report::shape(expr.shape()),
            expr.dtype(),
            report::bytes(bytes),
            report::bytes((bytes as f64 / seconds.max(1e-9)) as u64)
        );
    }
    Ok(ExitCode::SUCCESS)
}
