//! Where a command writes: flags are held against its outputs, and each result gets its layout.

use anyhow::Result;
use arrstore::formats::{About, Known, Location, Outputs, Writing};
use arrstore::{Expr, Target};

use crate::cli::Storing;

/// Looks at every output, refuses what cannot be, and takes the lock of each `.arrs` file.
pub(crate) fn open(locations: &[Location], storing: &Storing, writing: Writing) -> Result<Outputs> {
    storing.check(locations)?;
    Ok(Outputs::open(locations, writing)?)
}

/// What to write.
pub(crate) struct Written<'a> {
    /// The number of its output.
    pub(crate) output: usize,
    pub(crate) location: &'a Location,
    /// The name of the array in a file of arrays, when the location has none.
    pub(crate) name: &'a str,
    pub(crate) storing: &'a Storing,
    pub(crate) about: &'a About,
}

/// Prepares the place of `expr`: what to plan for it.
pub(crate) fn add(outputs: &mut Outputs, expr: &Expr, written: &Written<'_>) -> Result<(Expr, Target)> {
    let Written { output, location, name, storing, about } = *written;
    // An array that is replaced hands on how it is stored, unless the source says so or has another shape.
    let old = || outputs.replaced(output, name).filter(|old| old.shape == expr.shape());
    let known = match &about.known {
        _ if !location.format.has_chunks() => Known::default(),
        known if known.chunk.is_some() => known.clone(),
        known => old().map_or_else(|| known.clone(), |old| Known::of(&old)),
    };
    let mut meta = storing.choose(&known, expr.dtype(), expr.shape())?;
    meta.attributes.clone_from(&about.attributes);
    if let Some(fill) = about.fill.as_ref().filter(|fill| fill.len() == expr.dtype().size()) {
        meta.fill.clone_from(fill);
    }
    if about.dims.len() == expr.ndim() {
        meta.dims.clone_from(&about.dims);
    }
    Ok(outputs.add(output, expr, name, &meta)?)
}
