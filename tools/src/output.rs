//! Where a command writes: flags are held against its outputs, and each result gets its layout.

use anyhow::Result;
use arrstore::formats::{About, Known, Location, NewArray, Outputs, Writing};
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
    // An array that is replaced hands its layout on, unless the source has one.
    let known = match &about.known {
        _ if !location.format.has_chunks() => Known::default(),
        known if known.chunk.is_some() => known.clone(),
        known => outputs.replaced(output, name, expr.shape()).unwrap_or_else(|| known.clone()),
    };
    let layout = storing.choose(&known, expr.dtype(), expr.shape())?;
    Ok(outputs.add(output, expr, &NewArray { name, layout: &layout, about })?)
}
