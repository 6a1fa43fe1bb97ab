//! `arrstore info`: describes a file or an array.

use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result};
use arrstore::Context;
use arrstore::formats::{self, Facts, Format, Input, Location};
use serde_json::{Map, Value, json};

use crate::cli::Info;
use crate::print::say;
use crate::{input, report};

pub(super) fn run(args: &Info) -> Result<ExitCode> {
    let location = args.past.of(Location::of_input(&args.path)?)?;
    let mut facts = vec![("path", json!(location.to_string()))];
    if location.format == Format::Arrs {
        facts.extend(file_facts(&location)?);
    }
    let whole = location.format.has_names() && location.name.is_none();
    let listed = if whole { formats::list(&location)? } else { Vec::new() };
    if whole && listed.len() != 1 {
        facts.push(("names", listed.iter().map(|one| one.name.as_str()).collect()));
        let not_read: Map<String, Value> = listed
            .into_iter()
            .filter_map(|one| Some((one.name, report::chain(&one.found.err()?).into())))
            .collect();
        facts.push(("not_read", if not_read.is_empty() { Value::Null } else { not_read.into() }));
    } else {
        // To describe a packed member, the command unpacks it beside the archive; the copy is removed at once.
        let input = input::open(&location, &args.plain.of_only()?, &Context::default())?;
        facts.extend(array_facts(&input));
    }
    if args.speaking.json {
        let all: Map<String, Value> = facts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        say(&Value::from(all).to_string())?;
    } else {
        let rows: Vec<Vec<String>> = facts
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| vec![key.replace('_', " "), words(key, value)])
            .collect();
        say(report::table(&rows, &[false, false]).trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn file_facts(location: &Location) -> Result<Facts> {
    let at = || location.path.display().to_string();
    let snapshot = formats::open_snapshot(location)?;
    let stat = snapshot.stat();
    let uuid: String = stat.uuid.iter().map(|b| format!("{b:02x}")).collect();
    let seconds = stat.time.duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
    let attributes = snapshot.attributes().with_context(at)?;
    Ok(vec![
        ("format", json!(format!("{}.{}", stat.version.0, stat.version.1))),
        ("uuid", json!(uuid)),
        ("commit", json!(stat.seq)),
        ("written_at", json!(seconds)),
        ("written_by", json!(stat.producer)),
        ("arrays", json!(stat.arrays)),
        ("file_bytes", json!(stat.length)),
        ("live_bytes", json!(stat.live_bytes)),
        ("sealed", json!(stat.sealed)),
        ("file_attributes", if attributes.is_empty() { Value::Null } else { json!(attributes) }),
    ])
}

fn array_facts(input: &Input) -> Facts {
    let (dtype, shape) = (input.expr.dtype(), input.expr.shape());
    let known = &input.about.known;
    let bytes = report::size(dtype, shape);
    let mut facts = vec![
        ("dtype", json!(dtype.name())),
        ("shape", json!(shape)),
        ("bytes", json!(bytes)),
        ("chunk_shape", json!(known.chunk)),
        ("codec", known.codec.map_or(Value::Null, |c| json!(c.to_string()))),
        ("shuffle", json!(known.shuffle)),
        ("chunk_order", json!(known.order)),
        ("fill", input.about.fill.as_deref().map_or(Value::Null, |f| crate::values::element(dtype, f))),
        (
            "dims",
            if input.about.dims.iter().any(Option::is_some) { json!(input.about.dims) } else { Value::Null },
        ),
        (
            "attributes",
            if input.about.attributes.is_empty() { Value::Null } else { json!(input.about.attributes) },
        ),
    ];
    facts.extend(input.facts.iter().cloned());
    facts
}

/// A fact as text for people.
fn words(key: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(b) if key == "fill" => if *b { "True" } else { "False" }.to_owned(),
        Value::Bool(b) => if *b { "yes" } else { "no" }.to_owned(),
        Value::Number(n) if key.ends_with("bytes") => {
            n.as_u64().map_or_else(|| n.to_string(), |n| format!("{n} ({})", report::bytes(n)))
        }
        Value::Number(n) if key == "written_at" => report::ago(n.as_f64().unwrap_or(0.0)),
        Value::Array(items) if key.ends_with("shape") => {
            report::shape(&items.iter().filter_map(Value::as_u64).collect::<Vec<_>>())
        }
        Value::Array(items) => items.iter().map(|i| words("", i)).collect::<Vec<_>>().join(", "),
        Value::Object(each) if key == "not_read" => each
            .iter()
            .map(|(name, why)| format!("{name}: {}", words("", why)))
            .collect::<Vec<_>>()
            .join("; "),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
