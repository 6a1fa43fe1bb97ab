//! Arrays of `.arrs` files.

use std::sync::Arc;

use arrstore_format::{File, Meta, Snapshot};

use crate::formats::error::{Placed, Result};
use crate::formats::input::{About, Input, Known};
use crate::formats::location::{Location, last_part};
use crate::{Expr, Stored};

/// The commit of an `.arrs` file that a location names: by default the newest.
///
/// # Errors
/// When the file cannot be read, or no longer holds the commit.
pub fn open_snapshot(location: &Location) -> Result<Snapshot> {
    let at = || location.path.display();
    let file = File::open(&location.path).place(at)?;
    location.commit.map_or_else(|| file.snapshot(), |seq| file.snapshot_at(seq)).place(at)
}

pub(in crate::formats) fn open(location: &Location) -> Result<Input> {
    let at = || location.to_string();
    let snapshot = open_snapshot(location)?;
    let name = location.pick(&snapshot.arrays().place(at)?)?;
    let array = snapshot.array(&name).place(at)?;
    let about = about(array.meta());
    let facts = vec![
        ("name", name.as_str().into()),
        ("chunks", array.grid().len().into()),
        ("chunks_present", array.present().into()),
        ("stored_bytes", array.stored_bytes().into()),
    ];
    let stem = last_part(&name);
    let expr = Expr::source(Arc::new(Stored::new(array)))?;
    Ok(Input { expr, stem, about, facts, untyped: false })
}

/// The properties of an array that a copy keeps.
fn about(meta: &Meta) -> About {
    About {
        known: Known::of(meta),
        attributes: meta.attributes.clone(),
        dims: meta.dims.clone(),
        fill: Some(meta.fill.clone()),
    }
}
