//! The outputs of a command: checks flags against them, and chooses the layout of each result.

use anyhow::Result;
use arrstore::formats::{About, Known, Location, Outputs, Writing};
use arrstore::{Expr, Target};

use crate::cli::Storing;

/// Checks every output, and takes the lock of each `.arrs` file.
pub(crate) fn open(locations: &[Location], storing: &Storing, writing: Writing) -> Result<Outputs> {
    storing.check(locations)?;
    Ok(Outputs::open(locations, writing)?)
}

/// A result to write.
pub(crate) struct Written<'a> {
    /// The index of its output.
    pub(crate) output: usize,
    pub(crate) location: &'a Location,
    /// The name of the array in a file of several arrays, if the location has none.
    pub(crate) name: &'a str,
    pub(crate) storing: &'a Storing,
    pub(crate) about: &'a About,
}

/// Prepares the place of `expr`. Returns the expression and the target to plan.
pub(crate) fn add(outputs: &mut Outputs, expr: &Expr, written: &Written<'_>) -> Result<(Expr, Target)> {
    let Written { output, location, name, storing, about } = *written;
    // A replaced array of the same shape passes on its layout, unless the source has chunks of its own.
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
