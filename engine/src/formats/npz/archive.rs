//! The members of an archive.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use crate::formats::error::{Error, Placed, Result};
use crate::formats::piece;

/// The largest dictionary that an LZMA member may ask for. `lzma` itself chooses at most 64 MiB.
const MAX_DICTIONARY: u32 = 256 << 20;

/// A member: its name and its place in the archive. The name is that of the array, or the member's own if it holds no
/// array.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) index: usize,
    is_array: bool,
}

pub(super) fn archive(path: &Path) -> Result<ZipArchive<File>> {
    let archive = ZipArchive::new(piece::regular(path)?).map_err(Error::foreign);
    archive.place(|| format!("{}: is not a .npz file that can be read", path.display()))
}

/// The members of an archive, in its own order.
pub(super) fn members(archive: &ZipArchive<File>) -> Vec<Member> {
    let one = |(index, raw): (usize, &[u8])| {
        let entry = String::from_utf8_lossy(raw);
        match entry.strip_suffix(".npy") {
            Some(array) => {
                Member { name: format!("/{}", array.trim_start_matches('/')), index, is_array: true }
            }
            None => Member { name: entry.into_owned(), index, is_array: false },
        }
    };
    archive.file_names_raw().enumerate().map(one).collect()
}

pub(super) fn arrays(archive: &ZipArchive<File>) -> impl Iterator<Item = Member> + use<> {
    members(archive).into_iter().filter(|member| member.is_array)
}

/// The member, unpacked while it is read.
pub(super) fn member(archive: &mut ZipArchive<File>, index: usize) -> Result<ZipFile<'_, File>> {
    let mut raw = archive.by_index_raw(index).map_err(Error::foreign)?;
    if raw.encrypted() {
        return Err(Error::content("is encrypted, and encrypted members cannot be read"));
    }
    if raw.compression() == CompressionMethod::Lzma {
        let mut head = [0; 9];
        raw.read_exact(&mut head)?;
        let [.., a, b, c, d] = head;
        let dictionary = u32::from_le_bytes([a, b, c, d]);
        if dictionary > MAX_DICTIONARY {
            return Err(Error::content(format!(
                "needs a dictionary of {dictionary} bytes; at most {MAX_DICTIONARY} are allowed"
            )));
        }
    }
    drop(raw);
    archive.by_index(index).map_err(Error::foreign)
}

/// Reads a member to its end, which compares the archive's checksum.
pub(super) fn drain(
    member: &mut impl Read,
    cancel: &AtomicBool,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut buffer = vec![0; 1 << 20];
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(crate::Error::Cancelled.into());
        }
        match member.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => take(buffer.get(..count).unwrap_or(&[]))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::from(error).at("the member is damaged")),
        }
    }
}
