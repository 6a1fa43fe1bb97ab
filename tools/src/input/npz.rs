//! Members of `.npz` archives: stored ones are mapped where they lie, compressed ones unpacked into a nameless file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use arrstore::DType;
use arrstore::npy::Header;
use zip::{CompressionMethod, ZipArchive};

use super::{Input, bare, header_notes, plain, regular};
use crate::location::Location;

/// The names of the arrays in an archive, without `.npy`, in the order of the archive.
pub(crate) fn names(path: &Path) -> Result<Vec<String>> {
    let archive = archive(path)?;
    let mut names = Vec::new();
    for name in archive.file_names() {
        let name = name.with_context(|| path.display().to_string())?;
        if let Some(array) = name.strip_suffix(".npy") {
            names.push(format!("/{array}"));
        }
    }
    Ok(names)
}

fn archive(path: &Path) -> Result<ZipArchive<File>> {
    ZipArchive::new(regular(path)?)
        .with_context(|| format!("{}: is not a .npz file that can be read", path.display()))
}

/// Opens one member.
pub(super) fn open(location: &Location, tmp: &Path) -> Result<Input> {
    let path = &location.path;
    let name = super::pick_name(location, &names(path)?)?;
    let mut archive = archive(path)?;
    let at = || format!("{}:{name}", path.display());
    let entry = format!("{}.npy", name.trim_start_matches('/'));
    let mut member = archive.by_name(&entry).with_context(at)?;
    if member.encrypted() {
        bail!("{}: is encrypted", at());
    }
    let size = member.size();
    let mut notes = vec![("packed", member.compression().to_string().to_lowercase().into())];
    let expr = if member.compression() == CompressionMethod::Stored {
        let (begin, end) = (member.header_start(), member.compressed_size());
        drop(member);
        let mut file = regular(path)?;
        let start = data_start(&mut file, begin).with_context(at)?;
        let mut header = read_header(&mut file, start, end).with_context(at)?;
        check_size(&header, end).with_context(at)?;
        header.start += start;
        notes.extend(header_notes(&header));
        plain::expr(path, &file, &header)?
    } else {
        let header = Header::read(&mut member).map_err(|why| anyhow::anyhow!("{}: {why}", at()))?;
        check_size(&header, size).with_context(at)?;
        let file = unpack(&mut member, size - header.start, tmp).with_context(at)?;
        notes.extend(header_notes(&header));
        plain::expr(path, &file, &Header { start: 0, ..header })?
    };
    let mut input = bare(location, expr, notes);
    input.stem = name.rsplit('/').next().unwrap_or("").to_owned();
    Ok(input)
}

/// Type and shape of one member, without unpacking it.
pub(crate) fn header_of(location: &Location) -> Result<(DType, Vec<u64>)> {
    let mut archive = archive(&location.path)?;
    let entry = format!("{}.npy", location.name.as_deref().unwrap_or("").trim_start_matches('/'));
    let at = || format!("{location}");
    let mut member = archive.by_name(&entry).with_context(at)?;
    let header = Header::read(&mut member).map_err(|why| anyhow::anyhow!("{}: {why}", at()))?;
    Ok((header.dtype, header.shape))
}

/// Where a stored member's bytes begin: after its local header, whose variable parts have their own lengths.
fn data_start(file: &mut File, header_start: u64) -> Result<u64> {
    const FIXED: u64 = 30;
    let mut fixed = [0; FIXED as usize];
    file.seek(SeekFrom::Start(header_start))?;
    file.read_exact(&mut fixed)?;
    if !fixed.starts_with(b"PK\x03\x04") {
        bail!("the archive's directory points at something that is no member");
    }
    let [.., n0, n1, e0, e1] = fixed;
    Ok(header_start
        + FIXED
        + u64::from(u16::from_le_bytes([n0, n1]))
        + u64::from(u16::from_le_bytes([e0, e1])))
}

fn read_header(file: &mut File, start: u64, size: u64) -> Result<Header> {
    file.seek(SeekFrom::Start(start))?;
    Header::read(file.take(size)).map_err(|why| anyhow::anyhow!(why))
}

/// Refuses a member whose size is not what its own header says, before a byte is unpacked.
fn check_size(header: &Header, size: u64) -> Result<()> {
    let elements = header.shape.iter().try_fold(header.dtype.size() as u64, |n, &d| n.checked_mul(d));
    if elements.and_then(|e| e.checked_add(header.start)) != Some(size) {
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
    let stop = crate::run::stop_flag();
    let mut buffer = vec![0; 1 << 20];
    let mut left = size;
    loop {
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(arrstore::Error::Cancelled.into());
        }
        let count = match member.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).context("the member is damaged"),
        };
        let piece = buffer.get(..count).unwrap_or(&[]);
        left = left.checked_sub(count as u64).context("the member is longer than it says")?;
        file.write_all(piece).with_context(place)?;
    }
    if left > 0 {
        bail!("the member is shorter than it says");
    }
    Ok(file)
}
