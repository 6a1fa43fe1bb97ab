//! Opening what is read: stored arrays, .npy, .npz, plain files, Zarr.

#[cfg(test)]
mod fuzz;
mod nodes;
mod npz;
mod plain;
mod stored;
mod zarr;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrstore::{DType, Expr, FileCrc, Mapped, npy};
use serde_json::{Map, Value};

use crate::cli::Running;
use crate::layout::Known;
use crate::location::{Kind, Location};
use crate::misuse::misuse;
use crate::told::Elements;

pub(crate) use nodes::{
    arrays as zarr_arrays, folder_of as zarr_folder, holds as holds_zarr, is_node as is_zarr_node,
    metadata as zarr_metadata,
};
pub(crate) use npz::{Verified, verify as verify_npz};
pub(crate) use stored::{about, open_file, open_snapshot, pick_name};

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
    /// The options that were needed to read it.
    pub(crate) used: Vec<&'static str>,
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

/// How arrays are opened.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// Where members of an archive that are packed are unpacked, into files without names.
    pub(crate) tmp: PathBuf,
    /// Whether members that are not packed are checked against their checksums while they are read.
    pub(crate) check: bool,
    pub(crate) threads: usize,
}

impl Opening {
    /// To look at an array rather than to compute with it.
    pub(crate) fn to_look(tmp: &Path) -> Opening {
        Opening { tmp: tmp.to_owned(), check: true, threads: 1 }
    }

    /// As the flags of a command say.
    pub(crate) fn to_run(tmp: &Path, running: &Running) -> Opening {
        let threads = running.threads.map_or_else(arrstore::default_threads, |n| n as usize);
        Opening { tmp: tmp.to_owned(), check: !running.no_check, threads }
    }
}

/// Opens the array at `location`.
pub(crate) fn open(location: &Location, elements: &Elements, opening: &Opening) -> Result<Input> {
    let mut input = match location.kind {
        Kind::Arrs => stored::open(location)?,
        Kind::Npy => open_npy(location, elements)?,
        Kind::Npz => npz::open(location, elements, opening)?,
        Kind::Zarr => zarr::open(location)?,
        Kind::Raw => open_raw(location, elements)?,
    };
    if location.kind != Kind::Raw {
        elements.only(if input.used.contains(&"--dtype") { "--dtype" } else { "" }, &location.to_string())?;
    }
    if let Some(subscript) = &location.subscript {
        input.expr = input.expr.index(subscript).with_context(|| format!("{location}: subscript"))?;
        input.about.known = Known::default();
        input.about.dims.clear();
    }
    Ok(input)
}

/// An array of a file, and its type and shape or why it cannot be read.
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) found: Result<(DType, Vec<u64>)>,
}

/// The arrays of a file, those that cannot be read among them.
pub(crate) fn list(location: &Location) -> Result<Vec<Listed>> {
    if location.kind == Kind::Npz {
        return npz::list(&location.path);
    }
    let opening = Opening::to_look(location.folder());
    let one = |name: String| {
        let it = Location { name: Some(name.clone()), ..location.clone() };
        let found = open(&it, &Elements::default(), &opening);
        Listed { name, found: found.map(|input| (input.expr.dtype(), input.expr.shape().to_vec())) }
    };
    let names = match location.kind {
        Kind::Arrs => {
            open_snapshot(location)?.arrays().with_context(|| location.path.display().to_string())?
        }
        Kind::Zarr => zarr_arrays(&location.path)?,
        _ => return Err(misuse(format!("{location}: holds one array without a name; see info"))),
    };
    Ok(names.into_iter().map(one).collect())
}

/// An array without more than its elements.
fn bare(location: &Location, expr: Expr, header: &npy::Header) -> Input {
    let order = if header.fortran { "Fortran" } else { "C" };
    let endian = if header.big_endian { "big" } else { "little" };
    let notes = vec![("order", order.into()), ("endian", endian.into())];
    let used = if header.untyped { vec!["--dtype"] } else { Vec::new() };
    Input { expr, stem: location.stem(), about: About::default(), notes, used }
}

fn open_npy(location: &Location, elements: &Elements) -> Result<Input> {
    let path = &location.path;
    let file = regular(path)?;
    let header = npy::Header::read_as(&file, elements.dtype)
        .map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))?;
    let expr = plain::expr(path, &file, &header, None).with_context(|| path.display().to_string())?;
    Ok(bare(location, expr, &header))
}

fn open_raw(location: &Location, elements: &Elements) -> Result<Input> {
    let path = &location.path;
    let file = regular(path)?;
    let Some(dtype) = elements.dtype else {
        return Err(misuse(format!(
            "{}: nothing in it says what it holds; if these are plain elements, say --dtype (and --shape)",
            path.display()
        )));
    };
    let length = file.metadata().with_context(|| path.display().to_string())?.len();
    let start = elements.offset.unwrap_or(0);
    let left = length.checked_sub(start).ok_or_else(|| {
        misuse(format!("{}: --offset {start} is beyond its end: it has {length} bytes", path.display()))
    })?;
    let shape = match &elements.shape {
        Some(shape) => shape.clone(),
        None => vec![left / dtype.size() as u64],
    };
    let bytes = arrstore::elements(&shape).ok().and_then(|n| n.checked_mul(dtype.size() as u64));
    // Who says where the array begins means a part of the file; else a size that differs is a mistake.
    let fits = |bytes| {
        if elements.offset.is_some() && elements.shape.is_some() { bytes <= left } else { bytes == left }
    };
    if !bytes.is_some_and(fits) {
        let needed = bytes.map_or("too many".to_owned(), |b| b.to_string());
        return Err(misuse(format!(
            "{}: {dtype} elements of shape {} are {needed} bytes, and the file has {left}{}",
            path.display(),
            crate::report::shape(&shape),
            if start > 0 { format!(" after the first {start}") } else { String::new() }
        )));
    }
    let header = npy::Header {
        dtype,
        shape,
        fortran: elements.fortran,
        big_endian: elements.big_endian && dtype.size() > 1,
        start,
        untyped: true,
    };
    let mut input = bare(location, plain::expr(path, &file, &header, None)?, &header);
    input.used = vec!["--dtype", "--shape", "--endian", "--offset", "--raw-order"];
    Ok(input)
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
fn mapped(path: &Path, file: &std::fs::File, header: &npy::Header, crc: Option<FileCrc>) -> Result<Expr> {
    let source = Mapped::of_file(path, file, header.start, header.dtype, &header.shape, header.fortran)?;
    Ok(Expr::source(Arc::new(match crc {
        Some(crc) => source.checked_by(crc),
        None => source,
    }))?)
}

/// The folder for temporary files: told, or beside `near`.
pub(crate) fn tmp_folder(told: Option<&PathBuf>, near: &Location) -> PathBuf {
    told.cloned().unwrap_or_else(|| near.folder().to_owned())
}
