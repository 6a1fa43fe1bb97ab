//! The kinds of files and folders that hold arrays, told by what they hold first, by their endings then.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::input::{holds_zarr, is_zarr_node};

/// The kinds of files and folders that hold arrays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Arrs,
    Npy,
    Npz,
    Zarr,
    Raw,
}

/// The endings that say of which kind a file is, in small letters.
const ENDINGS: [(&str, Kind); 7] = [
    ("arrs", Kind::Arrs),
    ("npy", Kind::Npy),
    ("npz", Kind::Npz),
    ("zarr", Kind::Zarr),
    ("raw", Kind::Raw),
    ("bin", Kind::Raw),
    ("dat", Kind::Raw),
];

/// The same for people.
pub(crate) const KINDS: &str = ".arrs, .npy, .npz, .zarr, or .raw, .bin, .dat for plain elements";

impl Kind {
    /// Whether arrays are cut into chunks there, which may be packed.
    pub(crate) fn has_chunks(self) -> bool {
        matches!(self, Kind::Arrs | Kind::Zarr)
    }

    /// The kind of something that is to be read. A file that nothing is known of holds plain elements, if anything.
    pub(crate) fn of_input(path: &Path) -> Option<Kind> {
        let folder = || (path.is_dir() && holds_zarr(path)).then_some(Kind::Zarr);
        let plain = || path.is_file().then_some(Kind::Raw);
        by_content(path).or_else(|| by_ending(path)).or_else(folder).or_else(plain)
    }

    /// The kind of something that is to be written: what its ending says, else what is there already.
    pub(crate) fn of_output(path: &Path) -> Option<Kind> {
        by_ending(path).or_else(|| by_content(path))
    }

    /// Whether arrays have names in it.
    pub(crate) fn has_names(self) -> bool {
        matches!(self, Kind::Arrs | Kind::Npz | Kind::Zarr)
    }
}

pub(crate) fn by_ending(path: &Path) -> Option<Kind> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind)
}

/// The kind of a file by its first bytes, of a folder by what describes a Zarr node.
fn by_content(path: &Path) -> Option<Kind> {
    let kind = std::fs::metadata(path).ok()?;
    if kind.is_dir() {
        return is_zarr_node(path).then_some(Kind::Zarr);
    }
    // A FIFO would block, and a device may do anything: only regular files are looked into.
    if !kind.is_file() {
        return None;
    }
    let mut head = Vec::new();
    File::open(path).ok()?.take(8).read_to_end(&mut head).ok()?;
    match head.as_slice() {
        [0x89, b'A', b'R', b'S', b'\r', b'\n', ..] => Some(Kind::Arrs),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some(Kind::Npy),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Kind::Npz),
        _ => None,
    }
}
