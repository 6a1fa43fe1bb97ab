//! Members of `.npz` archives: stored members are mapped in place, packed members are unpacked into a nameless file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use zip::{CompressionMethod, ZipArchive};

use super::archive::{Member, archive, arrays, drain, member};
use crate::formats::error::{Choice, Error, Placed, Result};
use crate::formats::input::{Elements, Input, Listed};
use crate::formats::location::{Location, last_part};
use crate::formats::piece::{self, Seal};
use crate::npy::Header;
use crate::sink::check_room;
use crate::{Context, FileCrc};

/// The arrays with type and shape. Only their headers are read.
pub(in crate::formats) fn list(path: &Path) -> Result<Vec<Listed>> {
    let mut archive = archive(path)?;
    let found = |archive: &mut ZipArchive<File>, index| -> Result<_> {
        let header = read_header(&mut member(archive, index)?, &Elements::default())?;
        Ok((header.dtype, header.shape))
    };
    let all = arrays(&archive);
    Ok(all.map(|one| Listed { name: one.name, found: found(&mut archive, one.index) }).collect())
}

/// Opens one member.
pub(in crate::formats) fn open(location: &Location, elements: &Elements, context: &Context) -> Result<Input> {
    let path = &location.path;
    let mut archive = archive(path)?;
    let all: Vec<Member> = arrays(&archive).collect();
    let names: Vec<String> = all.iter().map(|member| member.name.clone()).collect();
    let name = location.pick(&names)?;
    let label = format!("{}:{name}", path.display());
    // Of two members with one name the later one counts, as in Python.
    let index = all.iter().rfind(|member| member.name == name).map_or(0, |member| member.index);
    let mut input =
        open_member(&mut archive, index, location, elements, context, &label).place(|| label.clone())?;
    input.stem = last_part(&name);
    Ok(input)
}

fn open_member(
    archive: &mut ZipArchive<File>,
    index: usize,
    location: &Location,
    elements: &Elements,
    context: &Context,
    label: &str,
) -> Result<Input> {
    let mut member = member(archive, index)?;
    let (size, method) = (member.size(), member.compression());
    let (expr, header) = if method == CompressionMethod::Stored {
        let start = member.data_start().ok_or_else(|| {
            Error::content("its place in the archive lies outside the file: the archive is damaged")
        })?;
        let end = start
            .checked_add(member.compressed_size())
            .ok_or_else(|| Error::content("it ends outside the file: the archive is damaged or cut short"))?;
        let crc = member.crc32();
        drop(member);
        let mut file = piece::regular(&location.path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut header = read_header(&mut (&file).take(end - start), elements)?;
        check_size(&header, end - start)?;
        header.start += start;
        let crc = context.check.then(|| {
            let part = (start..end, header.start);
            FileCrc::new((Path::new(label), &file), part, crc, context.threads, context.cancel.clone())
        });
        let seal = crc.transpose()?.map_or(Seal::None, Seal::Crc);
        (piece::expr(&location.path, &file, &header, seal)?, header)
    } else {
        let header = read_header(&mut member, elements)?;
        check_size(&header, size)?;
        let tmp = context.tmp.as_deref().unwrap_or(location.folder());
        let file = unpack(&mut member, size - header.start, tmp, &context.cancel)?;
        let unpacked = Header { start: 0, ..header.clone() };
        (piece::expr(&location.path, &file, &unpacked, Seal::None)?, header)
    };
    let mut input = Input::bare(location, expr, &header);
    input.facts.insert(0, ("packed", method.to_string().to_lowercase().into()));
    Ok(input)
}

fn read_header(member: &mut impl Read, elements: &Elements) -> Result<Header> {
    Ok(Header::read_as(member, elements.dtype)?)
}

/// Refuses a member whose size differs from the size in its own header, before any byte is unpacked.
fn check_size(header: &Header, size: u64) -> Result<()> {
    let bytes = crate::elements(&header.shape)?.checked_mul(header.dtype.size() as u64);
    if bytes.and_then(|bytes| bytes.checked_add(header.start)) != Some(size) {
        return Err(Error::content(format!(
            "the member has {size} bytes, which does not fit its header: {} of shape {}",
            header.dtype,
            crate::view::show(&header.shape)
        )));
    }
    Ok(())
}

/// Unpacks `size` bytes into a nameless file; the end of the member compares the archive's checksum.
fn unpack(member: &mut impl Read, size: u64, tmp: &Path, cancel: &AtomicBool) -> Result<File> {
    let no_room = |error: std::io::Error| {
        Error::from(error).at(format!("unpacking into {}", tmp.display())).needs(Choice::TemporaryFolder)
    };
    let mut file = tempfile::tempfile_in(tmp).map_err(no_room)?;
    check_room(&file, size).map_err(no_room)?;
    let mut left = size;
    drain(member, cancel, |piece| {
        let less = left.checked_sub(piece.len() as u64);
        left = less.ok_or_else(|| {
            Error::content("the member is longer than the archive says: the archive is damaged")
        })?;
        file.write_all(piece).map_err(no_room)
    })?;
    if left > 0 {
        return Err(Error::content("the member is shorter than the archive says: the archive is damaged"));
    }
    Ok(file)
}
