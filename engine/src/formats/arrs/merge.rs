//! Merging part files into an `.arrs` file.

use std::path::PathBuf;

use super::write::Store;
use crate::formats::container::{Container, Writing};
use crate::formats::error::{Error, Placed, Result};
use crate::formats::format::Format;
use crate::formats::location::Location;
use crate::{Context, Merged, Merging, Transaction};

/// Moves the parts of arrays into an `.arrs` file, which is made if it does not exist, in one commit:
/// [`Transaction::merge`], with a wait for another writer. `context` gives memory, threads, progress and the stop flag.
///
/// # Errors
/// When `target` is anything else than an `.arrs` file; as [`Transaction::merge`]. Nothing is committed then.
pub fn merge(
    target: &Location,
    parts: &[PathBuf],
    merging: &Merging,
    writing: &Writing,
    context: &Context,
) -> Result<Merged> {
    if target.format != Format::Arrs || target.name.is_some() || target.is_part() || writing.dry {
        return Err(Error::request(format!("{target}: expected an .arrs file to merge parts into")));
    }
    let store = Store::open(&target.path, writing)?;
    let Some(transaction) = store.transaction().cloned() else { return Ok(Merged::default()) };
    let merged = Transaction::new(transaction, &target.path, context).merge(parts, merging);
    let merged = merged.place(|| target.to_string())?;
    Box::new(store).publish(false, &mut Vec::new())?;
    Ok(merged)
}
