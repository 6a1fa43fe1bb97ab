//! `arrstore functions`: the functions that an expression may call.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use arrstore::text::{self, Entry};
use serde_json::{Value, json};

use crate::cli::Functions;
use crate::print::say;

pub(super) fn run(args: &Functions) -> Result<ExitCode> {
    match &args.name {
        Some(name) => {
            let entry = text::function(name)?;
            say(&if args.speaking.json { as_json(&entry).to_string() } else { one(&entry) })?;
        }
        None => {
            let all = text::functions();
            let list = || json!({ "functions": all.iter().map(as_json).collect::<Vec<_>>() }).to_string();
            say(&if args.speaking.json { list() } else { table(&all) })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(entry: &Entry) -> Value {
    json!({
        "name": entry.name,
        "family": entry.family,
        "usage": entry.usage,
        "aliases": entry.aliases,
        "method": entry.method,
        "help": entry.help,
    })
}

/// One function with everything about it.
fn one(entry: &Entry) -> String {
    let mut lines = vec![entry.usage.clone(), format!("  {}", entry.help)];
    if !entry.aliases.is_empty() {
        lines.push(format!("  other names: {}", entry.aliases.join(", ")));
    }
    if entry.method {
        lines.push(format!("  also a method of arrays: a.{}(...)", entry.name));
    }
    lines.push(format!("  family: {}", entry.family));
    lines.join("\n")
}

/// All functions, family by family, with their help in one column.
fn table(all: &[Entry]) -> String {
    let mut families: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    all.iter().for_each(|entry| families.entry(entry.family).or_default().push(entry));
    let width = all.iter().map(|entry| entry.usage.chars().count()).max().unwrap_or(0);
    let line = |entry: &&Entry| format!("  {:<width$}  {}", entry.usage, entry.help);
    let block = |(family, entries): (&str, Vec<&Entry>)| {
        let lines: Vec<String> = entries.iter().map(line).collect();
        format!("{family}\n{}", lines.join("\n"))
    };
    families.into_iter().map(block).collect::<Vec<_>>().join("\n\n")
}
