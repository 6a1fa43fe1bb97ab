//! NumPy's `.npy` files.

mod write;

pub(super) use write::{OneFile, sink};

use super::error::{Choice, Error, Placed, Result};
use super::input::{Elements, Input};
use super::location::Location;
use super::piece;
use crate::npy::{Header, HeaderError};

/// Opens the array of a file.
pub(super) fn open(location: &Location, elements: &Elements) -> Result<Input> {
    let path = &location.path;
    let file = piece::regular(path)?;
    let header = Header::read_as(&file, elements.dtype).place(|| path.display())?;
    let expr = piece::expr(path, &file, &header, piece::Seal::Header).place(|| path.display())?;
    Ok(Input::bare(location, expr, &header))
}

impl From<HeaderError> for Error {
    fn from(error: HeaderError) -> Error {
        let content = Error::content(error.to_string());
        match error {
            HeaderError::Untyped { .. } => content.needs(Choice::ElementType),
            HeaderError::Other(_) => content,
        }
    }
}
