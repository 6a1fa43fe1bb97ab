//! Why metadata is refused.

use super::limits::{ALIGNMENT, META_MAX, NDIM_MAX};
use crate::DType;
use crate::attributes::AttributesError;
use crate::name::NameError;

/// Why metadata was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetaError {
    /// A block that is not metadata.
    #[error("expected a metadata block, found magic {found:#010x}")]
    Magic {
        /// The first word of the block.
        found: u32,
    },
    /// Parts that do not add up to the block.
    #[error("the lengths of its parts do not add up to its {len} bytes")]
    Length {
        /// Bytes of the block.
        len: usize,
    },
    /// A block that is too long.
    #[error("{found} bytes: expected at most {META_MAX}")]
    TooLong {
        /// Its length.
        found: u64,
    },
    /// The metadata of another array.
    #[error("expected array {expected}, found array {found}")]
    Id {
        /// The id in the record.
        expected: u64,
        /// The value in the metadata.
        found: u64,
    },
    /// Too many axes.
    #[error("{found} axes: expected at most {NDIM_MAX}")]
    Ndim {
        /// Number of axes.
        found: usize,
    },
    /// A list without one value per axis.
    #[error("{what}: expected {expected} values, one per axis, found {found}")]
    Axes {
        /// The list.
        what: &'static str,
        /// Number of axes.
        expected: usize,
        /// Number of values.
        found: usize,
    },
    /// An element type that this version does not know.
    #[error("unknown element type {code}: use a newer program")]
    DType {
        /// The code in the metadata.
        code: u16,
    },
    /// Elements of another size than their type's.
    #[error("elements of {found} bytes: expected {expected} for {dtype}")]
    ItemSize {
        /// The type.
        dtype: DType,
        /// Bytes of its elements.
        expected: usize,
        /// Bytes of an element, according to the metadata.
        found: usize,
    },
    /// A chunk without elements.
    #[error("chunks of length 0 along axis {axis}: expected at least 1")]
    ChunkZero {
        /// The axis.
        axis: usize,
    },
    /// An axis that the array does not have.
    #[error("there is no axis {axis}: the array has {ndim} axes, numbered from 0")]
    NoAxis {
        /// The axis.
        axis: usize,
        /// Number of axes.
        ndim: usize,
    },
    /// More bytes than this program can count.
    #[error("{what} of shape {shape:?} is too large: its number of bytes exceeds 64 bits")]
    Overflow {
        /// The array or a chunk.
        what: &'static str,
        /// Its shape.
        shape: Vec<u64>,
    },
    /// A grid of too many chunks.
    #[error("a grid of {counts:?} chunks: expected at most 2^48 in all; choose larger chunks")]
    GridTooLarge {
        /// Chunks along each axis.
        counts: Vec<u64>,
    },
    /// An axis with fewer numbers than chunks.
    #[error("the index has room for {found} chunks along axis {axis}: expected at least {needed}")]
    Capacity {
        /// The axis.
        axis: usize,
        /// Chunks along the axis.
        needed: u64,
        /// Chunks for which there are numbers.
        found: u64,
    },
    /// An element order that is not a permutation of the axes.
    #[error("element order {found:?}: expected each axis from 0 to {ndim} (exclusive) once")]
    Order {
        /// The order in the metadata.
        found: Vec<u8>,
        /// Number of axes.
        ndim: usize,
    },
    /// An alignment that this version does not know.
    #[error("alignment 2^{found}: expected 2^{ALIGNMENT}, as in version 1")]
    Alignment {
        /// The logarithm, to base 2.
        found: u8,
    },
    /// A codec that this version does not know.
    #[error("unknown codec {found}: use a newer program")]
    Codec {
        /// The code in the metadata.
        found: u8,
    },
    /// A filter that this version does not know.
    #[error("unknown filter {found}: use a newer program")]
    Filter {
        /// The code in the metadata.
        found: u8,
    },
    /// A level that the codec does not have.
    #[error("level {found} of the codec: expected {low} to {high}")]
    Level {
        /// The level.
        found: i32,
        /// The lowest.
        low: i32,
        /// The highest.
        high: i32,
    },
    /// A chunk that the codec cannot pack.
    #[error("chunks of {found} bytes: LZ4 packs at most {most}; choose smaller chunks")]
    ChunkTooLong {
        /// Bytes of a chunk.
        found: u64,
        /// The most.
        most: u64,
    },
    /// Shuffled bytes for a codec that packs numbers.
    #[error("the codec pco packs numbers, not shuffled bytes: leave out the shuffle")]
    Shuffled,
    /// A fill value of another size than an element.
    #[error("a fill value of {found} bytes: expected {expected} for {dtype}")]
    Fill {
        /// The type.
        dtype: DType,
        /// Bytes of its elements.
        expected: usize,
        /// Bytes of the fill value.
        found: usize,
    },
    /// A fill value that is not a boolean.
    #[error("a boolean fill value of {found}: expected 0 or 1")]
    FillBool {
        /// The byte of the fill value.
        found: u8,
    },
    /// An invalid name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The metadata of an array of another name.
    #[error("it belongs to an array named '{found}'")]
    OtherName {
        /// The value in the metadata.
        found: String,
    },
    /// An invalid name of an axis.
    #[error("the name of axis {axis} is {problem}")]
    Dim {
        /// The axis.
        axis: usize,
        /// The broken rule.
        problem: &'static str,
    },
    /// One name for two axes.
    #[error("two axes have the name '{0}'")]
    DimTwice(String),
    /// Records, which are reserved for a later version.
    #[error("the array has record fields: use a newer program")]
    Fields,
    /// Invalid attributes.
    #[error(transparent)]
    Attributes(#[from] AttributesError),
    /// Reserved bytes that are not zero.
    #[error("reserved bytes are not zero")]
    Reserved,
}
