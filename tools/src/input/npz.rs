//! Members of `.npz` archives: stored ones are mapped where they lie, packed ones unpacked into a nameless file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use arrstore::npy::Header;
use arrstore::{Error, FileCrc};
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::{Input, Listed, Opening, bare, plain, regular};
use crate::location::Location;
use crate::told::Elements;

/// The largest dictionary that an LZMA member may ask for; `lzma` itself makes at most 64 MiB of its own accord.
const MAX_DICTIONARY: u32 = 256 << 20;

/// A member: the name of its array, or its own where it holds none, and its place in the archive.
struct Member {
    name: String,
    index: usize,
    is_array: bool,
}

fn archive(path: &Path) -> Result<ZipArchive<File>> {
    ZipArchive::new(regular(path)?)
        .with_context(|| format!("{}: is not a .npz file that can be read", path.display()))
}

/// What an archive holds, in its own order.
fn members(archive: &ZipArchive<File>) -> Vec<Member> {
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

fn arrays(archive: &ZipArchive<File>) -> impl Iterator<Item = Member> + use<> {
    members(archive).into_iter().filter(|member| member.is_array)
}

/// The member, unpacked as it is read.
fn member(archive: &mut ZipArchive<File>, index: usize) -> Result<ZipFile<'_, File>> {
    let mut raw = archive.by_index_raw(index)?;
    if raw.encrypted() {
        bail!("is encrypted");
    }
    if raw.compression() == CompressionMethod::Lzma {
        let mut head = [0; 9];
        raw.read_exact(&mut head)?;
        let [.., a, b, c, d] = head;
        let dictionary = u32::from_le_bytes([a, b, c, d]);
        if dictionary > MAX_DICTIONARY {
            bail!("asks for a dictionary of {dictionary} bytes, and at most {MAX_DICTIONARY} are given");
        }
    }
    drop(raw);
    Ok(archive.by_index(index)?)
}

/// The arrays, with type and shape, which takes no more than their headers.
pub(super) fn list(path: &Path) -> Result<Vec<Listed>> {
    let mut archive = archive(path)?;
    let found = |archive: &mut ZipArchive<File>, index| -> Result<_> {
        let header = read_header(&mut member(archive, index)?, &Elements::default())?;
        Ok((header.dtype, header.shape))
    };
    let all = arrays(&archive);
    Ok(all.map(|one| Listed { name: one.name, found: found(&mut archive, one.index) }).collect())
}

/// Opens one member.
pub(super) fn open(location: &Location, elements: &Elements, opening: &Opening) -> Result<Input> {
    let path = &location.path;
    let mut archive = archive(path)?;
    let all: Vec<Member> = arrays(&archive).collect();
    let names: Vec<String> = all.iter().map(|member| member.name.clone()).collect();
    let name = super::pick_name(location, &names)?;
    let label = format!("{}:{name}", path.display());
    // Of two members of one name the later one counts, as for Python.
    let index = all.iter().rfind(|member| member.name == name).map_or(0, |member| member.index);
    let mut input = open_member(&mut archive, index, location, elements, opening, &label)
        .with_context(|| label.clone())?;
    input.stem = name.rsplit('/').next().unwrap_or("").to_owned();
    Ok(input)
}

fn open_member(
    archive: &mut ZipArchive<File>,
    index: usize,
    location: &Location,
    elements: &Elements,
    opening: &Opening,
    label: &str,
) -> Result<Input> {
    let mut member = member(archive, index)?;
    let (size, method) = (member.size(), member.compression());
    let (expr, header) = if method == CompressionMethod::Stored {
        let start = member.data_start().context("it begins nowhere")?;
        let end = start.checked_add(member.compressed_size()).context("it ends nowhere")?;
        let crc = member.crc32();
        drop(member);
        let mut file = regular(&location.path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut header = read_header(&mut (&file).take(end - start), elements)?;
        check_size(&header, end - start)?;
        header.start += start;
        let crc = opening.check.then(|| {
            let part = (start..end, header.start);
            FileCrc::new((Path::new(label), &file), part, crc, opening.threads, crate::run::stop_flag())
        });
        (plain::expr(&location.path, &file, &header, crc.transpose()?)?, header)
    } else {
        let header = read_header(&mut member, elements)?;
        check_size(&header, size)?;
        let file = unpack(&mut member, size - header.start, &opening.tmp)?;
        (plain::expr(&location.path, &file, &Header { start: 0, ..header.clone() }, None)?, header)
    };
    let mut input = bare(location, expr, &header);
    input.notes.insert(0, ("packed", method.to_string().to_lowercase().into()));
    Ok(input)
}

fn read_header(member: &mut impl Read, elements: &Elements) -> Result<Header> {
    Header::read_as(member, elements.dtype).map_err(anyhow::Error::msg)
}

/// Refuses a member whose size is not what its own header says, before a byte is unpacked.
fn check_size(header: &Header, size: u64) -> Result<()> {
    let bytes = arrstore::elements(&header.shape)?.checked_mul(header.dtype.size() as u64);
    if bytes.and_then(|bytes| bytes.checked_add(header.start)) != Some(size) {
        bail!(
            "the member has {size} bytes, which is not what its header says: {} of shape {}",
            header.dtype,
            crate::report::shape(&header.shape)
        );
    }
    Ok(())
}

/// Unpacks `size` bytes into a file without a name; the archive's checksum is compared at its end.
fn unpack(member: &mut impl Read, size: u64, tmp: &Path) -> Result<File> {
    let place = || format!("unpacking into {} (--tmp chooses another folder)", tmp.display());
    let mut file = tempfile::tempfile_in(tmp).with_context(place)?;
    let mut left = size;
    drain(member, |piece| {
        left = left.checked_sub(piece.len() as u64).context("the member is longer than it says")?;
        file.write_all(piece).with_context(place)
    })?;
    if left > 0 {
        bail!("the member is shorter than it says");
    }
    Ok(file)
}

/// Reads a member to its end, where the archive's checksum is compared.
fn drain(member: &mut impl Read, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let stop = crate::run::stop_flag();
    let mut buffer = vec![0; 1 << 20];
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Cancelled.into());
        }
        match member.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => take(buffer.get(..count).unwrap_or(&[]))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("the member is damaged"),
        }
    }
}

/// What checking a member has found.
pub(crate) struct Verified {
    pub(crate) name: String,
    /// Bytes that it takes in the archive.
    pub(crate) bytes: u64,
    pub(crate) damage: Option<anyhow::Error>,
}

/// Reads every member to its end and compares its checksum, several members at a time; `progress` is told the bytes done,
/// and those of all.
pub(crate) fn verify(
    path: &Path,
    threads: Option<u64>,
    progress: impl Fn(u64, u64) + Sync,
) -> Result<Vec<Verified>> {
    let mut first = archive(path)?;
    let members = members(&first);
    let sizes = members.iter().map(|m| Ok(first.by_index_raw(m.index)?.compressed_size()));
    let sizes: Vec<u64> = sizes.collect::<Result<_>>().with_context(|| path.display().to_string())?;
    let all = sizes.iter().sum();
    let (next, done, verified) = (AtomicUsize::new(0), AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<()> {
        let mut archive = archive(path)?;
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let (Some(one), Some(&bytes)) = (members.get(place), sizes.get(place)) else { return Ok(()) };
            let damage = verify_member(&mut archive, one.index).err();
            if damage.as_ref().is_some_and(|why| matches!(why.downcast_ref(), Some(Error::Cancelled))) {
                return Err(Error::Cancelled.into());
            }
            progress(done.fetch_add(bytes, Ordering::Relaxed) + bytes, all);
            let found = (place, Verified { name: one.name.clone(), bytes, damage });
            verified.lock().unwrap_or_else(PoisonError::into_inner).push(found);
        }
    };
    // What a helper could not begin is left to the others.
    crate::run::together(threads, || drop(work()), work)?;
    let mut verified = verified.into_inner().unwrap_or_else(PoisonError::into_inner);
    verified.sort_by_key(|(place, _)| *place);
    Ok(verified.into_iter().map(|(_, one)| one).collect())
}

fn verify_member(archive: &mut ZipArchive<File>, index: usize) -> Result<()> {
    drain(&mut member(archive, index)?, |_| Ok(()))
}
