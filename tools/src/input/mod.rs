//! Opening what is read: stored arrays, .npy, .npz, plain files, Zarr.

#[cfg(test)]
mod fuzz;
mod npz;
mod plain;
mod stored;
mod zarr;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrstore::Mapped;
use arrstore::{Expr, npy};
use serde_json::{Map, Value};

use crate::cli::{Endian, Plain};
use crate::layout::Known;
use crate::location::{Kind, Location};
use crate::misuse::misuse;

pub(crate) use npz::{header_of as npz_header, names as npz_names};
pub(crate) use stored::{about, open_file, open_snapshot, pick_name};
pub(crate) use zarr::{arrays as zarr_arrays, folder_of as zarr_folder, metadata as zarr_metadata};

/// Facts with their names.
pub(crate) type Notes = Vec<(&'static str, Value)>;

/// An array that was opened to be read.
pub(crate) struct Input {
    pub(crate) expr: Expr,
    /// A name that it suggests for a copy.
    pub(crate) stem: String,
    pub(crate) about: About,
    /// What only this kind of file can tell, for `info`.
    pub(crate) notes: Notes,
}

/// What goes with an array when it is copied.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) known: Known,
    pub(crate) attributes: Map<String, Value>,
    /// Empty when no dimension is named.
    pub(crate) dims: Vec<Option<String>>,
    /// The bytes of the fill value, when it has one.
    pub(crate) fill: Option<Vec<u8>>,
}

/// Opens the array at `location`. Members of an archive that are compressed are unpacked into a nameless file in `tmp`.
pub(crate) fn open(location: &Location, plain: &Plain, tmp: &Path) -> Result<Input> {
    let mut input = match location.kind {
        Kind::Arrs => stored::open(location)?,
        Kind::Npy => open_npy(location)?,
        Kind::Npz => npz::open(location, tmp)?,
        Kind::Zarr => zarr::open(location)?,
        Kind::Raw => open_raw(location, plain)?,
    };
    if location.kind != Kind::Raw
        && (plain.dtype.is_some() || plain.shape.is_some() || plain.endian.is_some())
    {
        return Err(misuse(format!(
            "{location} says itself what it holds: --dtype, --shape and --endian are for raw files"
        )));
    }
    if let Some(subscript) = &location.subscript {
        input.expr = input.expr.index(subscript).with_context(|| format!("{location}: subscript"))?;
        input.about.known = Known::default();
        input.about.dims.clear();
    }
    Ok(input)
}

/// An array without more than its elements.
fn bare(location: &Location, expr: Expr, notes: Notes) -> Input {
    Input { expr, stem: location.stem(), about: About::default(), notes }
}

fn open_npy(location: &Location) -> Result<Input> {
    let path = &location.path;
    let file = regular(path)?;
    let header = npy::Header::read(&file).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))?;
    let expr = plain::expr(path, &file, &header).with_context(|| path.display().to_string())?;
    Ok(bare(location, expr, header_notes(&header)))
}

fn header_notes(header: &npy::Header) -> Notes {
    let order = if header.fortran { "Fortran" } else { "C" };
    let endian = if header.big_endian { "big" } else { "little" };
    vec![("order", order.into()), ("endian", endian.into())]
}

fn open_raw(location: &Location, plain: &Plain) -> Result<Input> {
    let path = &location.path;
    let Some(dtype) = plain.dtype else {
        return Err(misuse(format!("{}: a raw file needs --dtype (and --shape)", path.display())));
    };
    let file = regular(path)?;
    let length = file.metadata().with_context(|| path.display().to_string())?.len();
    let shape = match &plain.shape {
        Some(shape) => shape.0.clone(),
        None => vec![length / dtype.size() as u64],
    };
    let bytes = shape.iter().try_fold(dtype.size() as u64, |n, &d| n.checked_mul(d));
    if bytes != Some(length) {
        let needed = bytes.map_or("too many".to_owned(), |b| b.to_string());
        return Err(misuse(format!(
            "{}: {dtype} elements of shape {} are {needed} bytes, and the file has {length}",
            path.display(),
            crate::report::shape(&shape)
        )));
    }
    let big_endian = plain.endian == Some(Endian::Big);
    let header = npy::Header { dtype, shape, fortran: false, big_endian, start: 0 };
    Ok(bare(location, plain::expr(path, &file, &header)?, header_notes(&header)))
}

/// Opens a regular file; a folder, device or FIFO is refused.
fn regular(path: &Path) -> Result<std::fs::File> {
    let kind = std::fs::metadata(path).with_context(|| path.display().to_string())?;
    if !kind.is_file() {
        return Err(misuse(format!("{}: is not a regular file", path.display())));
    }
    std::fs::File::open(path).with_context(|| path.display().to_string())
}

/// The lazy array of a part of a mapped file.
fn mapped(path: &Path, file: &std::fs::File, header: &npy::Header) -> Result<Expr> {
    let source = Mapped::of_file(path, file, header.start, header.dtype, &header.shape, header.fortran)?;
    Ok(Expr::source(Arc::new(source))?)
}

/// The folder for temporary files: told, or beside `near`.
pub(crate) fn tmp_folder(told: Option<&PathBuf>, near: &Location) -> PathBuf {
    told.cloned().unwrap_or_else(|| near.folder().to_owned())
}
