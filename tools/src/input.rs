//! Opens the inputs of a command, and checks the options for plain elements against what the file itself says.

use std::path::Path;

use anyhow::{Context as _, Result};
use arrstore::Context;
use arrstore::formats::{Format, Input, Location, open_at};
use arrstore_format::File;

use crate::cli::Told;

/// Opens the array at `location`. Refuses options for this input that had no use.
pub(crate) fn open(location: &Location, told: &Told, context: &Context) -> Result<Input> {
    let input = open_at(location, &told.elements, context)?;
    told.only(used(location, &input), &location.to_string())?;
    Ok(input)
}

/// The options that may be needed to read an array.
pub(crate) fn used(location: &Location, input: &Input) -> &'static [&'static str] {
    match location.format {
        Format::Raw => &["--dtype", "--shape", "--endian", "--offset", "--raw-order"],
        _ if input.untyped => &["--dtype"],
        _ => &[],
    }
}

/// Opens an `.arrs` file to read it.
pub(crate) fn open_file(path: &Path) -> Result<File> {
    File::open(path).with_context(|| path.display().to_string())
}
