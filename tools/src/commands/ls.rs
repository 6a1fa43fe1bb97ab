//! `arrstore ls`: the arrays of a file.

use std::process::ExitCode;

use anyhow::Result;
use arrstore::formats::{Listed, Location, list};
use serde_json::{Value, json};

use crate::cli::Ls;
use crate::misuse::misuse;
use crate::print::say;
use crate::report;

/// An array that cannot be read is listed with the reason, and is no failure of the command.
pub(super) fn run(args: &Ls) -> Result<ExitCode> {
    let location = args.past.of(Location::of_input(&args.file)?)?;
    if location.name.is_some() || location.subscript.is_some() {
        return Err(misuse(format!("{location}: ls takes a file; use info for one array")));
    }
    if !location.format.has_names() {
        return Err(misuse(format!("{location}: holds a single array without a name; use info")));
    }
    let arrays = list(&location)?;
    if args.speaking.json {
        let arrays: Vec<Value> = arrays.iter().map(as_json).collect();
        say(&json!({ "file": location.path.display().to_string(), "arrays": arrays }).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = arrays.iter().map(row).collect();
    let table = report::table(&rows, &[false, false, true, true]);
    if !table.is_empty() {
        say(table.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(array: &Listed) -> Vec<String> {
    let name = array.name.clone();
    match &array.found {
        Ok((dtype, shape)) => {
            vec![name, dtype.to_string(), report::shape(shape), report::bytes(report::size(*dtype, shape))]
        }
        Err(why) => {
            let none = || "-".to_owned();
            vec![name, none(), none(), none(), report::chain(why)]
        }
    }
}

fn as_json(array: &Listed) -> Value {
    match &array.found {
        Ok((dtype, shape)) => {
            json!({ "name": array.name, "dtype": dtype.name(), "shape": shape, "error": null })
        }
        Err(why) => json!({ "name": array.name, "dtype": null, "shape": null, "error": report::chain(why) }),
    }
}
