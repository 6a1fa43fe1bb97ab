//! Arrays of `.arrs` files.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrstore::Expr;
use arrstore::Stored;
use arrstore_format::{File, Meta, Snapshot};

use super::{About, Input};
use crate::layout::Known;
use crate::location::Location;
use crate::misuse::misuse;

/// Opens an `.arrs` file to read it.
pub(crate) fn open_file(path: &Path) -> Result<File> {
    File::open(path).with_context(|| path.display().to_string())
}

/// The commit that is meant: the newest, unless another was asked for.
pub(crate) fn open_snapshot(location: &Location) -> Result<Snapshot> {
    let file = open_file(&location.path)?;
    let snapshot = location.commit.map_or_else(|| file.snapshot(), |seq| file.snapshot_at(seq));
    snapshot.with_context(|| location.path.display().to_string())
}

/// The array that is meant: the one named, else the only one.
pub(crate) fn pick_name(location: &Location, names: &[String]) -> Result<String> {
    let list = || match names {
        [] => "it holds no array".to_owned(),
        names => format!("it holds {}", names.join(", ")),
    };
    match &location.name {
        Some(name) if names.contains(name) => Ok(name.clone()),
        Some(name) => Err(misuse(format!("{}: has no array {name}; {}", location.path.display(), list()))),
        None => match names {
            [only] => Ok(only.clone()),
            [] => Err(misuse(format!("{}: {}", location.path.display(), list()))),
            [first, second, ..] => Err(misuse(format!(
                "{path}: name one of its arrays, as in {path}:{}; {}",
                if first == "/" { second } else { first },
                list(),
                path = location.path.display()
            ))),
        },
    }
}

pub(super) fn open(location: &Location) -> Result<Input> {
    let at = || location.to_string();
    let snapshot = open_snapshot(location)?;
    let name = pick_name(location, &snapshot.arrays().with_context(at)?)?;
    let array = snapshot.array(&name).with_context(at)?;
    let about = about(array.meta());
    let notes = vec![
        ("name", name.as_str().into()),
        ("chunks", array.grid().len().into()),
        ("chunks_present", array.present().into()),
        ("stored_bytes", array.stored_bytes().into()),
    ];
    let stem = name.rsplit('/').next().unwrap_or("").to_owned();
    let expr = Expr::source(Arc::new(Stored::new(array)))?;
    Ok(Input { expr, stem, about, notes, used: Vec::new() })
}

/// What a copy of an array keeps.
pub(crate) fn about(meta: &Meta) -> About {
    About {
        known: Known {
            chunk: Some(meta.chunk_shape.clone()),
            codec: Some(meta.codec),
            shuffle: Some(meta.shuffle),
            order: Some(meta.order.clone()),
        },
        attributes: meta.attributes.clone(),
        dims: meta.dims.clone(),
        fill: Some(meta.fill.clone()),
    }
}
