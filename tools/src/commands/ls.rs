//! `arrstore ls`: the arrays of a file.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::cli::{Ls, Plain};
use crate::location::{Kind, Location};
use crate::misuse::misuse;
use crate::print::say;
use crate::{input, report};

pub(super) fn run(args: &Ls) -> Result<ExitCode> {
    let location = Location::of_input(&args.file)?.at_commit(args.past.commit)?;
    if location.name.is_some() || location.subscript.is_some() {
        return Err(misuse(format!("{location}: ls takes a file; info tells about one array")));
    }
    let mut rows = Vec::new();
    for name in names(&location)? {
        // Packed members are listed by name alone: their headers are packed too.
        let one = Location { name: (name != "/").then(|| name.clone()), ..location.clone() };
        let (dtype, shape) = match location.kind {
            Kind::Npz => input::npz_header(&one)?,
            _ => {
                let input = input::open(&one, &Plain::default(), location.folder())?;
                (input.expr.dtype(), input.expr.shape().to_vec())
            }
        };
        rows.push((name, dtype, shape));
    }
    if args.speaking.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, dtype, shape)| json!({ "name": name, "dtype": dtype.name(), "shape": shape }))
            .collect();
        say(&json!({ "file": location.path.display().to_string(), "arrays": rows }).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|(name, dtype, shape)| {
            let bytes = shape.iter().product::<u64>().saturating_mul(dtype.size() as u64);
            vec![name.clone(), dtype.to_string(), report::shape(shape), report::bytes(bytes)]
        })
        .collect();
    let table = report::table(&cells, &[false, false, true, true]);
    if !table.is_empty() {
        say(table.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The names of the arrays in a file.
pub(super) fn names(location: &Location) -> Result<Vec<String>> {
    match location.kind {
        Kind::Arrs => {
            let at = || location.path.display().to_string();
            input::open_snapshot(location)?.arrays().with_context(at)
        }
        Kind::Npz => input::npz_names(&location.path),
        Kind::Zarr => input::zarr_arrays(&location.path),
        Kind::Npy | Kind::Raw => Err(misuse(format!("{location}: holds one array without a name; see info"))),
    }
}
