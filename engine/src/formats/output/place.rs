//! The places of outputs: each path is resolved, so that two names of one file count as one place.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use arrstore_format::replace::real_path;

use crate::formats::error::{Error, Placed, Result};
use crate::formats::format::Format;
use crate::formats::location::Location;
use crate::formats::zarr;

/// An output's place on the disk.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) location: Location,
    /// The file, or the root of a Zarr store: absolute, with links followed.
    pub(super) container: PathBuf,
    /// The path that is replaced: `container`, or the folder of an array in a Zarr store.
    target: PathBuf,
}

impl Place {
    fn of(location: &Location) -> Result<Place> {
        let container = real_path(&location.path).place(|| location.path.display())?;
        let target = match (location.format, &location.name) {
            (Format::Zarr, Some(name)) => real_below(&zarr::folder_of(&container, name)?),
            _ => container.clone(),
        };
        Ok(Place { location: location.clone(), container, target })
    }

    /// Whether both are parts of one file or of one store.
    pub(super) fn shares(&self, other: &Place) -> bool {
        self.location.format == other.location.format && same(&self.container, &other.container)
    }

    /// Refuses two results if one of them would be lost.
    fn check_beside(&self, other: &Place) -> Result<()> {
        let (a, b) = (&self.location, &other.location);
        if same(&self.target, &other.target) {
            // Replacing a file separates it from its other hard links; only an existing .arrs file is written in place.
            let stays = || fs::metadata(&self.target).is_ok_and(|found| found.len() > 0);
            let one_name = self.target == other.target;
            let holds_many = match a.format {
                Format::Arrs => one_name || stays(),
                Format::Npz => one_name,
                _ => false,
            };
            // The names of the arrays are compared later, when they are known.
            return if holds_many && a.format == b.format { Ok(()) } else { Err(Error::one_place(a, b)) };
        }
        for (outer, inner) in [(self, other), (other, self)] {
            if inner.target.starts_with(&outer.target) {
                return Err(Error::request(format!(
                    "{} lies inside {}, which another result replaces: choose separate places",
                    inner.location, outer.location
                )));
            }
        }
        Ok(())
    }
}

/// Resolves the outputs of one run, and refuses outputs that conflict.
pub(super) fn resolve(locations: &[Location]) -> Result<Vec<Place>> {
    let places = locations.iter().map(Place::of).collect::<Result<Vec<_>>>()?;
    for (k, place) in places.iter().enumerate() {
        places.iter().take(k).try_for_each(|before| before.check_beside(place))?;
    }
    Ok(places)
}

/// Whether two paths without links name one file. Hard links can, and so can folders that are mounted twice.
pub(super) fn same(a: &Path, b: &Path) -> bool {
    let number = |path: &Path| fs::metadata(path).map(|m| (m.dev(), m.ino())).ok();
    match (number(a), number(b)) {
        (None, None) => {
            let folder = |path: &Path| path.parent().and_then(number);
            a == b || (a.file_name() == b.file_name() && folder(a).is_some_and(|f| Some(f) == folder(b)))
        }
        (a, b) => a == b,
    }
}

/// The real path of a file or folder that may not exist yet, nor some of the folders above it.
fn real_below(path: &Path) -> PathBuf {
    let real = |above: &Path| Some(above.canonicalize().ok()?.join(path.strip_prefix(above).ok()?));
    match path.ancestors().find_map(real) {
        // Joining an empty path would add a slash.
        Some(real) => real.components().collect(),
        None => path.to_owned(),
    }
}
