//! Files and folders of arrays in every format that can be read or written: `.arrs`, `.npy`, `.npz`, Zarr, plain
//! elements.
//!
//! A path names a file and an array in it, as in `climate.arrs:/ocean/sst` or `x.npz:/a`, and may end with a subscript.
//! [`open`] gives the lazy array at a path, [`list`] the arrays of a file:
//!
//! ```
//! use arrstore::{NpySink, DType, Sink, evaluate, formats};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("x.npy");
//! let sink = NpySink::create(&path, DType::U8, &[2, 3], false)?;
//! sink.write(&[0, 0], &[2, 3], &[1, 2, 3, 4, 5, 6])?;
//! sink.commit(true)?;
//!
//! let column = formats::open(&format!("{}[:, 1]", path.display()))?;
//! assert_eq!(evaluate(&column.expr)?.bytes(), [2, 5]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Results are written through [`Outputs`]. Every format has a `Container`: a file or store that is being written. It
//! gives a [`Sink`](crate::Sink) for each of its arrays. When all arrays are complete, it takes its name, or commits.
//! The commit belongs to the container, not to the sink: several arrays of one file are one commit, and results in
//! several files take their places together or not at all.
//!
//! A format consists of a file or a folder here, an arm of each `match` below, and an ending in `format.rs`.

mod arrs;
mod container;
mod error;
mod format;
mod input;
mod location;
mod npy;
pub mod npz;
mod output;
mod piece;
mod raw;
mod zarr;

pub use arrs::{merge, open_snapshot, wait_for_writer};
pub use container::Writing;
pub use error::{Choice, Error, Result};
pub use format::Format;
pub use input::{About, Elements, Facts, Input, Known, Listed};
pub use location::{Location, full_name};
pub use output::Outputs;

use crate::Context;
pub(crate) use error::Placed;

/// Opens the array that a path names.
///
/// # Errors
/// As [`open_at`].
pub fn open(path: &str) -> Result<Input> {
    open_at(&Location::of_input(path)?, &Elements::default(), &Context::default())
}

/// Opens the array at `location`; `elements` describes its elements if the file does not.
///
/// Members of `.npz` archives use more of `context`: the folder for unpacked data (by default beside the archive), the
/// check of checksums, the number of threads, and the cancellation.
///
/// # Errors
/// When there is no such array, or its file cannot be read or is damaged.
pub fn open_at(location: &Location, elements: &Elements, context: &Context) -> Result<Input> {
    let mut input = match location.format {
        Format::Arrs => arrs::open(location)?,
        Format::Npy => npy::open(location, elements)?,
        Format::Npz => npz::open(location, elements, context)?,
        Format::Zarr => zarr::open(location)?,
        Format::Raw => raw::open(location, elements)?,
    };
    if let Some(subscript) = &location.subscript {
        input.expr = input.expr.index(subscript).place(|| format!("{location}: subscript"))?;
        input.about.known = Known::default();
        input.about.dims.clear();
    }
    Ok(input)
}

/// The arrays of a file, including those that cannot be read.
///
/// # Errors
/// When the file cannot be read, or its format has no names for arrays.
pub fn list(location: &Location) -> Result<Vec<Listed>> {
    let names = match location.format {
        Format::Npz => return npz::list(&location.path),
        Format::Arrs => open_snapshot(location)?.arrays().place(|| location.path.display())?,
        Format::Zarr => zarr::arrays(&location.path)?,
        Format::Npy | Format::Raw => {
            return Err(Error::request(format!(
                "{location}: holds a single array without a name, so there is nothing to list"
            )));
        }
    };
    let context = Context::default();
    let one = |name: String| {
        let it = Location { name: Some(name.clone()), ..location.clone() };
        let found = open_at(&it, &Elements::default(), &context);
        Listed { name, found: found.map(|input| (input.expr.dtype(), input.expr.shape().to_vec())) }
    };
    Ok(names.into_iter().map(one).collect())
}
