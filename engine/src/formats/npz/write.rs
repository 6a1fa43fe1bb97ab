//! Results in an `.npz` archive. Members are stored, not packed, so that they can be mapped again.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrstore_format::Meta;
use arrstore_format::replace::{NewName, Published, new_file};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::formats::container::{Container, Dry, Writing, finished};
use crate::formats::error::{Error, Placed, Result};
use crate::formats::location::Location;
use crate::formats::npy;
use crate::{Expr, NpySink, Target};

/// Alignment of a member, so that its elements are aligned as in a `.npy` file.
const ALIGNMENT: u16 = 64;

/// One archive with all members that one run writes to it. Sizes and checksums are known only at the end, so arrays are
/// first written as nameless `.npy` files and then copied into the archive.
pub(in crate::formats) struct Archive {
    path: PathBuf,
    writing: Writing,
    /// The new archive; `None` when the run is only planned.
    new: Option<(File, NewName)>,
    /// Whether an existing archive is dropped whole: an output that names no member becomes the whole archive.
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
    pub(in crate::formats) fn open<'a>(
        path: &Path,
        mut locations: impl Iterator<Item = &'a Location>,
        writing: &Writing,
    ) -> Result<Archive> {
        let at = || path.display().to_string();
        let whole = locations.any(|location| location.name.is_none());
        if !whole && old(path).is_err() {
            return Err(Error::request(format!(
                "{}: is not a .npz archive, so no member can be added to it; leave out the name to replace the file",
                at()
            )));
        }
        let new = if writing.dry { None } else { Some(new_file(path).place(at)?) };
        Ok(Archive { path: path.to_owned(), writing: writing.clone(), new, whole, members: Vec::new() })
    }
}

impl Container for Archive {
    fn add(&mut self, expr: &Expr, location: &Location, name: &str, meta: &Meta) -> Result<(Expr, Target)> {
        let name = location.name_or(name)?;
        let label = format!("{}:{name}", location.path.display());
        let entry = format!("{}.npy", name.trim_start_matches('/'));
        if let Some(other) = self.members.iter().find(|member| member.entry == entry) {
            return Err(Error::one_place(&other.label, &label));
        }
        let (expr, sink, target) = if self.new.is_some() {
            let (expr, sink) = npy::sink(expr, location, meta)?;
            (expr, Some(sink.clone()), Target::Sink(sink))
        } else {
            let (expr, target) = Dry::root(expr, location, None);
            (expr, None, target)
        };
        self.members.push(Member { label, entry, sink });
        Ok((expr, target))
    }

    fn prepare(&mut self) -> Result<()> {
        let at = || self.path.display().to_string();
        let Some((file, _)) = &self.new else { return Ok(()) };
        let mut zip = ZipWriter::new(file.try_clone().place(at)?);
        if let (false, Some(mut old)) = (self.whole, old(&self.path).place(at)?) {
            zip.set_raw_comment(old.comment().into()).map_err(Error::foreign).place(at)?;
            for k in 0..old.len() {
                let kept = old.by_index_raw(k).map_err(Error::foreign).place(at)?;
                let replaced = self.members.iter().any(|member| kept.name_raw() == member.entry.as_bytes());
                if !replaced {
                    zip.raw_copy_file(kept).map_err(Error::foreign).place(at)?;
                    self.writing.go_on()?;
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
            zip.start_file(member.entry.as_str(), stored).map_err(Error::foreign).place(at)?;
            array.rewind().place(at)?;
            copy(&mut array, &mut zip, &self.writing).place(at)?;
        }
        let file = zip.finish().map_err(Error::foreign).place(at)?;
        if self.writing.durable {
            file.sync_all().place(at)?;
        }
        Ok(())
    }

    fn publish(self: Box<Self>, undoable: bool, published: &mut Vec<Published>) -> Result<()> {
        if let Some((file, name)) = self.new {
            published.push(name.publish(&file, true, undoable).place(|| self.path.display())?);
        }
        Ok(())
    }
}

/// The existing archive; `None` if there is no file or an empty one.
fn old(path: &Path) -> Result<Option<ZipArchive<File>>> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(found) if found.is_file() && found.len() == 0 => Ok(None),
        // Opening a FIFO would wait for a writer.
        Ok(found) if !found.is_file() => Err(Error::content("is not a regular file")),
        _ => ZipArchive::new(File::open(path)?).map(Some).map_err(Error::foreign),
    }
}

/// Copies the whole file, unless the run is told to stop.
fn copy(from: &mut File, to: &mut impl Write, writing: &Writing) -> Result<()> {
    const PIECE: u64 = 16 << 20;
    while io::copy(&mut from.take(PIECE), to)? > 0 {
        writing.go_on()?;
    }
    Ok(())
}
