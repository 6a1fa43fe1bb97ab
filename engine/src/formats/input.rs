//! An array opened for reading, and the properties that a copy of it keeps.

use arrstore_format::{Attributes, Codec, Meta};
use serde_json::Value;

use super::error::Result;
use super::location::Location;
use crate::npy::Header;
use crate::{DType, Expr};

/// Facts with their labels.
pub type Facts = Vec<(&'static str, Value)>;

/// An array opened for reading.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Input {
    /// The lazy array.
    pub expr: Expr,
    /// The suggested name of a copy: the last part of the array's name, or the stem of its file.
    pub stem: String,
    /// The properties that a copy keeps.
    pub about: About,
    /// Facts that only this format has.
    pub facts: Facts,
    /// Whether the file does not name the type of its elements, so that the caller's type was taken.
    pub untyped: bool,
}

impl Input {
    /// An array that has only elements, and no further properties.
    pub(super) fn bare(location: &Location, expr: Expr, header: &Header) -> Input {
        let order = if header.fortran { "Fortran" } else { "C" };
        let endian = if header.big_endian { "big" } else { "little" };
        let facts = vec![("order", order.into()), ("endian", endian.into())];
        Input { expr, stem: location.stem(), about: About::default(), facts, untyped: header.untyped }
    }
}

/// The properties of an array that a copy keeps.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct About {
    /// The array's layout.
    pub known: Known,
    /// Its attributes.
    pub attributes: Attributes,
    /// Names of its axes; empty when none is named.
    pub dims: Vec<Option<String>>,
    /// The bytes of the fill value, when it has one.
    pub fill: Option<Vec<u8>>,
}

/// The known part of the layout of an array that is read, or that will be replaced.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Known {
    /// Elements of a chunk along each axis.
    pub chunk: Option<Vec<u64>>,
    /// The compression of chunks.
    pub codec: Option<Codec>,
    /// Whether bytes of equal weight are grouped before compression.
    pub shuffle: Option<bool>,
    /// Axes of a chunk, outermost first.
    pub order: Option<Vec<u8>>,
}

impl Known {
    /// The whole layout, from an array's full metadata.
    pub fn of(meta: &Meta) -> Known {
        Known {
            chunk: Some(meta.chunk_shape.clone()),
            codec: Some(meta.codec),
            shuffle: Some(meta.shuffle),
            order: Some(meta.order.clone()),
        }
    }
}

/// The caller's description of elements, for a file that does not describe them itself.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Elements {
    /// Their type; also for a `.npy` file that has no name for it, such as bfloat16.
    pub dtype: Option<DType>,
    /// Elements along each axis; `None` means one axis, to the end of the file.
    pub shape: Option<Vec<u64>>,
    /// Whether they are big-endian.
    pub big_endian: bool,
    /// Bytes before the first element. With shape and offset given, the file may go on after the last element.
    pub offset: Option<u64>,
    /// Whether the first axis varies fastest.
    pub fortran: bool,
}

/// An array of a file: its type and shape, or the reason why it cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Listed {
    /// Its name, with a leading `/`.
    pub name: String,
    /// Its type and its shape.
    pub found: Result<(DType, Vec<u64>)>,
}
