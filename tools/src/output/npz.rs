//! Results in an `.npz` archive: stored, so that they can be mapped again.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use arrstore::{Expr, NpySink, Target};
use arrstore_format::replace::{NewName, Published, new_file};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::place::one_place;
use super::{Dry, Order, finished, plain};
use crate::location::{Location, full_name};
use crate::misuse::misuse;

/// Alignment of a member, so that its elements lie as they do in a `.npy` file.
const ALIGNMENT: u16 = 64;

/// One archive with everything that one run writes to it. Sizes and checksums are known only at the end, so arrays are
/// written as `.npy` files without a name first and then put into the archive.
pub(super) struct Archive {
    path: PathBuf,
    /// What will be the archive; `None` when the run is only planned.
    new: Option<(File, NewName)>,
    /// Whether nothing is kept of an archive that is there: an output that names no member is the whole of it.
    whole: bool,
    members: Vec<Member>,
}

struct Member {
    label: String,
    entry: String,
    /// `None` when the run is only planned.
    sink: Option<Arc<NpySink>>,
}

impl Archive {
    pub(super) fn open<'a>(
        path: &Path,
        mut locations: impl Iterator<Item = &'a Location>,
        dry: bool,
    ) -> Result<Archive> {
        let at = || path.display().to_string();
        let whole = locations.any(|location| location.name.is_none());
        if !whole && old(path).is_err() {
            return Err(misuse(format!(
                "{}: is not a .npz archive that a member can be added to; without a name, the result replaces it",
                at()
            )));
        }
        let new = if dry { None } else { Some(new_file(path).with_context(at)?) };
        Ok(Archive { path: path.to_owned(), new, whole, members: Vec::new() })
    }

    pub(super) fn add(&mut self, expr: &Expr, order: &Order<'_>) -> Result<(Expr, Target)> {
        let name = match &order.location.name {
            Some(name) => name.clone(),
            None => full_name(order.name)?,
        };
        let label = format!("{}:{name}", order.location.path.display());
        let entry = format!("{}.npy", name.trim_start_matches('/'));
        if let Some(other) = self.members.iter().find(|member| member.entry == entry) {
            return Err(one_place(&other.label, &label));
        }
        let (expr, sink, target) = if self.new.is_some() {
            let (expr, sink) = plain::sink(expr, order)?;
            (expr, Some(sink.clone()), Target::Sink(sink))
        } else {
            (expr.clone(), None, Dry::target(order.location, expr.dtype(), expr.shape(), None))
        };
        self.members.push(Member { label, entry, sink });
        Ok((expr, target))
    }

    /// Everything but the name.
    pub(super) fn prepare(&mut self, durable: bool) -> Result<()> {
        let at = || self.path.display().to_string();
        let Some((file, _)) = &self.new else { return Ok(()) };
        let mut zip = ZipWriter::new(file.try_clone().with_context(at)?);
        if let (false, Some(mut old)) = (self.whole, old(&self.path).with_context(at)?) {
            zip.set_raw_comment(old.comment().into()).with_context(at)?;
            for k in 0..old.len() {
                let kept = old.by_index_raw(k).with_context(at)?;
                let replaced = self.members.iter().any(|member| kept.name_raw() == member.entry.as_bytes());
                if !replaced {
                    zip.raw_copy_file(kept).with_context(at)?;
                    check_stop()?;
                }
            }
        }
        let stored = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .large_file(true)
            .with_alignment(ALIGNMENT);
        for member in &mut self.members {
            let Some(sink) = member.sink.take() else { continue };
            let mut array = finished(sink)?.into_file();
            zip.start_file(member.entry.as_str(), stored).with_context(at)?;
            array.rewind().with_context(at)?;
            copy(&mut array, &mut zip).with_context(at)?;
        }
        let file = zip.finish().with_context(at)?;
        if durable {
            file.sync_all().with_context(at)?;
        }
        Ok(())
    }

    pub(super) fn publish(self, undoable: bool) -> Result<Vec<Published>> {
        let published = self.new.map(|(file, name)| name.publish(&file, true, undoable));
        let published = published.transpose().with_context(|| self.path.display().to_string())?;
        Ok(published.into_iter().collect())
    }
}

/// The archive that is there, unless nothing is, or an empty file.
fn old(path: &Path) -> Result<Option<ZipArchive<File>>> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(found) if found.is_file() && found.len() == 0 => Ok(None),
        // The opening of a FIFO would wait for a writer.
        Ok(found) if !found.is_file() => anyhow::bail!("is not a regular file"),
        _ => Ok(Some(ZipArchive::new(File::open(path)?)?)),
    }
}

fn check_stop() -> Result<()> {
    match crate::run::stop_flag().load(Ordering::Relaxed) {
        true => Err(arrstore::Error::Cancelled.into()),
        false => Ok(()),
    }
}

/// Copies all of a file, unless told to stop.
fn copy(from: &mut File, to: &mut impl Write) -> Result<()> {
    const PIECE: u64 = 16 << 20;
    while io::copy(&mut from.take(PIECE), to)? > 0 {
        check_stop()?;
    }
    Ok(())
}
