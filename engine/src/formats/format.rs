//! The formats of files and folders that hold arrays. The content decides the format of an input, then the ending.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::zarr::nodes;

/// A format of files or folders that hold arrays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Format {
    /// This project's own file: many arrays in chunks.
    Arrs,
    /// One array of NumPy.
    Npy,
    /// A zip archive of `.npy` files.
    Npz,
    /// A folder that is a Zarr store of version 3.
    Zarr,
    /// Plain elements, without any description in the file.
    Raw,
}

/// The endings of files and their formats, in lower case.
const ENDINGS: [(&str, Format); 7] = [
    ("arrs", Format::Arrs),
    ("npy", Format::Npy),
    ("npz", Format::Npz),
    ("zarr", Format::Zarr),
    ("raw", Format::Raw),
    ("bin", Format::Raw),
    ("dat", Format::Raw),
];

/// The same endings, for messages.
pub(super) const ENDINGS_IN_WORDS: &str = ".arrs, .npy, .npz, .zarr, or .raw, .bin, .dat for plain elements";

impl Format {
    /// Whether the format stores arrays in chunks, which may be packed.
    pub fn has_chunks(self) -> bool {
        matches!(self, Format::Arrs | Format::Zarr)
    }

    /// The format of an input. A file of no other format counts as plain elements.
    pub fn of_input(path: &Path) -> Option<Format> {
        let folder = || (path.is_dir() && nodes::holds(path)).then_some(Format::Zarr);
        let plain = || path.is_file().then_some(Format::Raw);
        by_content(path).or_else(|| by_ending(path)).or_else(folder).or_else(plain)
    }

    /// The format of an output: by its ending, else by the content of an existing file or folder.
    pub fn of_output(path: &Path) -> Option<Format> {
        by_ending(path).or_else(|| by_content(path))
    }

    /// Whether arrays have names in this format.
    pub fn has_names(self) -> bool {
        matches!(self, Format::Arrs | Format::Npz | Format::Zarr)
    }
}

pub(super) fn by_ending(path: &Path) -> Option<Format> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format)
}

/// The format of a file by its first bytes, or of a folder by the metadata of a Zarr node.
fn by_content(path: &Path) -> Option<Format> {
    let found = std::fs::metadata(path).ok()?;
    if found.is_dir() {
        return nodes::is_node(path).then_some(Format::Zarr);
    }
    // A FIFO would block, and a device may do anything: only regular files are read.
    if !found.is_file() {
        return None;
    }
    let mut head = Vec::new();
    File::open(path).ok()?.take(8).read_to_end(&mut head).ok()?;
    match head.as_slice() {
        [0x89, b'A', b'R', b'S', b'\r', b'\n', ..] => Some(Format::Arrs),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some(Format::Npy),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Format::Npz),
        _ => None,
    }
}
