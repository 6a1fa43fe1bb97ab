//! Files of plain elements, which the caller describes.

use super::error::{Choice, Error, Placed, Result};
use super::input::{Elements, Input};
use super::location::Location;
use super::piece;
use crate::npy::{ByteOrder, Header};

pub(super) fn open(location: &Location, elements: &Elements) -> Result<Input> {
    let path = &location.path;
    let file = piece::regular(path)?;
    let Some(dtype) = elements.dtype else {
        let words = "nothing in it says what it holds; if these are plain elements, say their type and shape";
        return Err(Error::request(words).needs(Choice::PlainElements).at(path.display()));
    };
    let length = file.metadata().place(|| path.display())?.len();
    let start = elements.offset.unwrap_or(0);
    let left = length.checked_sub(start).ok_or_else(|| {
        Error::request(format!(
            "{}: offset {start} lies beyond the end of the file, which has {length} bytes",
            path.display()
        ))
    })?;
    let shape = match &elements.shape {
        Some(shape) => shape.clone(),
        None => vec![left / dtype.size() as u64],
    };
    let bytes = crate::elements(&shape).ok().and_then(|n| n.checked_mul(dtype.size() as u64));
    // With an offset and a shape the elements may be a part of the file; otherwise a different size is an error.
    let fits = |bytes| {
        if elements.offset.is_some() && elements.shape.is_some() { bytes <= left } else { bytes == left }
    };
    if !bytes.is_some_and(fits) {
        let needed = bytes.map_or("more than 2^64".to_owned(), |b| b.to_string());
        return Err(Error::request(format!(
            "{}: expected {needed} bytes for {dtype} elements of shape {}, found {left}{}",
            path.display(),
            crate::view::show(&shape),
            if start > 0 { format!(" after the first {start}") } else { String::new() }
        )));
    }
    let header = Header {
        dtype,
        shape,
        fortran: elements.fortran,
        order: ByteOrder::of(dtype, elements.big_endian),
        start,
        untyped: true,
    };
    Ok(Input::bare(location, piece::expr(path, &file, &header, piece::Seal::None)?, &header))
}
