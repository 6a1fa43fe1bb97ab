//! `arrstore eval`: expressions to files, to regions, or to the screen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use arrstore::formats::{About, Input, Known, Location};
use arrstore::text::{Formula, Subscript};
use arrstore::{Context, Expr, Plan, Target};
use serde_json::json;

use crate::cli::{Eval, is_name};
use crate::misuse::misuse;
use crate::output::{self, Written};
use crate::print::{remark, say};
use crate::profile::Profile;
use crate::values::Printed;
use crate::{input, report, run};

/// The place of one result.
enum Place {
    Out(Location),
    Screen(Printed),
}

pub(super) fn run(args: &Eval) -> Result<ExitCode> {
    run::check_tmp(&args.running)?;
    run::stop_flag();
    let formula = Formula::parse(&args.expr)?;
    let outs = args.output.iter().map(|o| Ok(Location::of_assigned(o)?)).collect::<Result<Vec<_>>>()?;
    let writing = run::writing(!args.syncing.no_sync, args.explain, args.waiting);
    // Locks the outputs before it reads, so that it reads what the last writer left.
    let mut outputs = output::open(&outs, &args.storing, writing)?;
    if let Some(path) = &args.profile {
        outputs.check_apart(path)?;
    }
    let tmp = args.running.tmp.clone().or_else(|| outs.first().map(|o| o.folder().to_owned()));
    let mut context = run::context(&args.running, tmp);
    let inputs = bind(args, &context)?;
    let variables: BTreeMap<String, Expr> =
        inputs.iter().map(|(name, input)| (name.clone(), input.expr.clone())).collect();
    let places = outs.iter().map(|out| out.places.as_deref().map(Subscript::parse).transpose());
    let places = places.collect::<Result<Vec<_>, _>>()?;
    let used: BTreeSet<&str> =
        formula.names().into_iter().chain(places.iter().flatten().flat_map(Subscript::names)).collect();
    for name in variables.keys().filter(|n| !used.contains(n.as_str())) {
        note(args, &format!("the input '{name}' is not used"));
    }
    let results = formula.results(&variables, Some(&context))?;
    if outs.len() > results.len() {
        return Err(misuse(format!(
            "found {} outputs for {} result(s): give one -o for each expression",
            outs.len(),
            results.len()
        )));
    }

    let parts = places.iter().map(|subscript| {
        subscript.as_ref().map(|subscript| subscript.parts(&variables, &context)).transpose()
    });
    let parts = parts.collect::<Result<Vec<_>, _>>()?;

    let (mut roots, mut scattered): (Vec<(Expr, Target)>, Vec<_>) = (Vec::new(), Vec::new());
    let mut targets = Vec::new();
    for (k, (part, expr)) in results.iter().enumerate() {
        let out = outs.get(k);
        if out.is_none_or(|location| !location.is_part()) {
            // a lone integer may be too large for every type; a region has its own type
            expr.cast(expr.dtype()).map_err(|error| misuse(format!("{part}: {error}")))?;
        }
        let Some(location) = out else {
            let printed = Printed::new(expr, args.speaking.json)?;
            roots.extend(printed.targets());
            targets.push(Place::Screen(printed));
            continue;
        };
        if let Some(Some(parts)) = parts.get(k) {
            scattered.extend(outputs.stage(k, expr, parts, &context)?);
            targets.push(Place::Out(location.clone()));
            continue;
        }
        let mut about = About::default();
        about.known = chunks_like(expr, &inputs);
        let name = if results.len() == 1 { "result".to_owned() } else { format!("result{k}") };
        let written = Written { output: k, location, name: &name, storing: &args.storing, about: &about };
        roots.push(output::add(&mut outputs, expr, &written)?);
        targets.push(Place::Out(location.clone()));
    }

    // the plan computes what is assigned to scattered elements with all else, as its last roots
    let whole = roots.len();
    roots.extend(scattered);
    let plan = Plan::new(&roots, &context)?;
    drop(roots);
    if args.explain {
        let mut explain = plan.explain(context.budget.total());
        outputs.explain(&mut explain, &context);
        say(&if args.speaking.json { explain_json(&explain).to_string() } else { explain.to_string() })?;
        return Ok(ExitCode::SUCCESS);
    }
    let profile = match &args.profile {
        Some(path) => Some(Profile::begin(path, &mut context)?),
        None => None,
    };
    let begun = Instant::now();
    let bar = run::watch(&mut context, args.running.quiet, "eval");
    let mut values = plan.run(&context)?;
    outputs.assign(values.split_off(whole), &context)?;
    bar.finish_and_clear();
    outputs.commit()?;
    if let Some(profile) = profile {
        // the results stay, even if the trace fails
        let folder = measured_folder(args).unwrap_or_else(|_| ".".into());
        match profile.end(&context, !args.syncing.no_sync, &folder) {
            Ok(summary) => note(args, &summary),
            Err(error) => remark(&format!("warning: the trace is not written: {}", report::chain(&*error))),
        }
    }

    let mut values = values.into_iter().flatten();
    let (mut told, mut said) = (Vec::new(), Ok(()));
    for (place, (part, expr)) in targets.iter().zip(&results) {
        let (dtype, shape) = (expr.dtype().name(), expr.shape());
        match place {
            Place::Screen(printed) if args.speaking.json => told.push(
                json!({ "expression": part, "dtype": dtype, "shape": shape, "value": printed.json(&mut values) }),
            ),
            // If one result cannot be printed, the others are still reported.
            Place::Screen(printed) => said = said.and(say(&printed.text(&mut values))),
            Place::Out(location) if args.speaking.json => told.push(
                json!({ "expression": part, "dtype": dtype, "shape": shape, "output": location.to_string() }),
            ),
            Place::Out(location) => note(args, &format!("wrote {location}: {} {dtype}", report::shape(shape))),
        }
    }
    if args.speaking.json {
        let metrics: serde_json::Map<_, _> =
            context.metrics.snapshot().into_iter().map(|(k, v)| (k.to_owned(), v.into())).collect();
        let seconds = begun.elapsed().as_secs_f64();
        let peak = context.budget.peak();
        let all = json!({ "results": told, "seconds": seconds, "budget_peak": peak, "metrics": metrics });
        said = say(&all.to_string());
    }
    said.map(|()| ExitCode::SUCCESS)
}

fn note(args: &Eval, text: &str) {
    if !args.running.quiet && !args.speaking.json {
        remark(text);
    }
}

/// Opens the inputs that the bindings name: `NAME=PATH`, or a path that is bound to its stem.
fn bind(args: &Eval, context: &Context) -> Result<BTreeMap<String, Input>> {
    let (mut inputs, mut used) = (BTreeMap::new(), BTreeSet::<&str>::new());
    for binding in &args.bindings {
        let (name, path) = split(binding);
        let location = Location::of_input(path)?;
        let told = args.plain.of(name.unwrap_or(&location.stem()))?;
        let input = input::open(&location, &told, context)?;
        used.extend(input::used(&location, &input));
        let name = name.map_or_else(|| input.stem.clone(), str::to_owned);
        if !is_name(&name) {
            return Err(misuse(format!(
                "'{name}' cannot be a name in an expression: choose one, as in a={path}"
            )));
        }
        if inputs.insert(name.clone(), input).is_some() {
            return Err(misuse(format!(
                "the name '{name}' is given to two inputs: choose another for one of them"
            )));
        }
    }
    if let Some((option, name)) = args.plain.names().into_iter().find(|(_, name)| !inputs.contains_key(*name))
    {
        return Err(misuse(format!("{option} {name}=...: no input has the name '{name}'")));
    }
    if let Some(option) = args.plain.unnamed().iter().find(|option| !used.contains(*option)) {
        return Err(misuse(format!(
            "{option} is for plain elements, but every input names its own element type"
        )));
    }
    Ok(inputs)
}

/// The name of a binding, if it has one, and its path.
fn split(binding: &str) -> (Option<&str>, &str) {
    match binding.split_once('=') {
        Some((name, path)) if is_name(name) => (Some(name), path),
        _ => (None, binding),
    }
}

/// The folder whose disk a profile measures: that of the first output, else of the first input.
fn measured_folder(args: &Eval) -> Result<PathBuf> {
    let location = match (args.output.first(), args.bindings.first()) {
        (Some(out), _) => Location::of_assigned(out)?,
        (None, Some(binding)) => Location::of_input(split(binding).1)?,
        (None, None) => return Ok(PathBuf::from(".")),
    };
    Ok(location.folder().to_owned())
}

/// The layout of an input with the shape of the result: the same chunks suit the result best.
fn chunks_like(expr: &Expr, inputs: &BTreeMap<String, Input>) -> Known {
    let alike = inputs.values().find(|i| i.expr.shape() == expr.shape() && i.about.known.chunk.is_some());
    let chunk = alike.and_then(|i| i.about.known.chunk.clone());
    let mut known = Known::default();
    known.chunk = chunk;
    known
}

fn explain_json(explain: &arrstore::Explain) -> serde_json::Value {
    let read = |r: &arrstore::Read| json!({ "input": r.label, "how": r.how, "bytes": r.bytes });
    let write = |w: &arrstore::Write| json!({ "output": w.label, "bytes": w.bytes });
    let stage = |s: &arrstore::ExplainStage| {
        json!({
            "kind": s.kind, "compute": s.steps, "domain": s.domain, "tiles": s.tiles, "tile": s.tile,
            "threads": s.threads, "passes": s.passes, "peak": s.peak, "flops": s.flops,
            "reads": s.reads.iter().map(read).collect::<Vec<_>>(),
            "writes": s.writes.iter().map(write).collect::<Vec<_>>(),
        })
    };
    let stages: Vec<_> = explain.stages.iter().map(stage).collect();
    json!({ "stages": stages, "peak": explain.peak, "budget": explain.budget })
}
