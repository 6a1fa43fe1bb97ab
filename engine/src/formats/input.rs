//! An array that was opened to be read, and what goes with it when it is copied.

use arrstore_format::{Attributes, Codec, Meta};
use serde_json::Value;

use super::error::Result;
use super::location::Location;
use crate::npy::Header;
use crate::{DType, Expr};

/// Facts with their names.
pub type Facts = Vec<(&'static str, Value)>;

/// An array that was opened to be read.
#[derive(Clone, Debug)]
pub struct Input {
    /// The lazy array.
    pub expr: Expr,
    /// A name that it suggests for a copy: the last part of its own, or the stem of its file.
    pub stem: String,
    /// What a copy keeps.
    pub about: About,
    /// What only this format can tell.
    pub facts: Facts,
    /// Whether the file does not name the type of its elements, so that the caller's was taken.
    pub untyped: bool,
}

impl Input {
    /// An array without more than its elements.
    pub(super) fn bare(location: &Location, expr: Expr, header: &Header) -> Input {
        let order = if header.fortran { "Fortran" } else { "C" };
        let endian = if header.big_endian { "big" } else { "little" };
        let facts = vec![("order", order.into()), ("endian", endian.into())];
        Input { expr, stem: location.stem(), about: About::default(), facts, untyped: header.untyped }
    }
}

/// What goes with an array when it is copied.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// How it is laid out.
    pub known: Known,
    /// Its attributes.
    pub attributes: Attributes,
    /// Names of its axes; empty when none is named.
    pub dims: Vec<Option<String>>,
    /// The bytes of the fill value, when it has one.
    pub fill: Option<Vec<u8>>,
}

/// What is known of the layout of an array that is read, or that will be replaced.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Elements of a chunk along each axis.
    pub chunk: Option<Vec<u64>>,
    /// How chunks are packed.
    pub codec: Option<Codec>,
    /// Whether bytes of equal weight are grouped before that.
    pub shuffle: Option<bool>,
    /// Axes of a chunk, outermost first.
    pub order: Option<Vec<u8>>,
}

impl Known {
    /// All of it, of an array that is described in full.
    pub fn of(meta: &Meta) -> Known {
        Known {
            chunk: Some(meta.chunk_shape.clone()),
            codec: Some(meta.codec),
            shuffle: Some(meta.shuffle),
            order: Some(meta.order.clone()),
        }
    }
}

/// What the caller tells of elements whose file does not say what they are.
#[derive(Clone, Debug, Default)]
pub struct Elements {
    /// Their type; also that of a `.npy` file which has no name for it, as of bfloat16.
    pub dtype: Option<DType>,
    /// Elements along each axis; one axis, to the end of the file, when `None`.
    pub shape: Option<Vec<u64>>,
    /// Whether they are big-endian.
    pub big_endian: bool,
    /// Bytes before the first one. When shape and offset are told, the file may go on behind the last one.
    pub offset: Option<u64>,
    /// Whether the first axis varies fastest.
    pub fortran: bool,
}

/// An array of a file, and its type and shape or why it cannot be read.
#[derive(Debug)]
pub struct Listed {
    /// Its name, with a leading `/`.
    pub name: String,
    /// Its type and its shape.
    pub found: Result<(DType, Vec<u64>)>,
}
