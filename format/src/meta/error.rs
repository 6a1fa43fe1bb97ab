//! Why metadata is refused.

use super::limits::{ALIGNMENT, META_MAX, NDIM_MAX};
use crate::DType;
use crate::attributes::AttributesError;
use crate::name::NameError;

/// Why metadata was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetaError {
    /// Some other block.
    #[error("magic {found:#010x} is not a metadata block's")]
    Magic {
        /// Its first word.
        found: u32,
    },
    /// Parts that do not add up.
    #[error("its parts do not add up to its {len} bytes")]
    Length {
        /// Bytes of the block.
        len: usize,
    },
    /// Longer than any may be.
    #[error("{found} bytes; the most are {META_MAX}")]
    TooLong {
        /// Its length.
        found: u64,
    },
    /// The metadata of another array.
    #[error("expected array {expected}, found array {found}")]
    Id {
        /// As the referrer says.
        expected: u64,
        /// As it says.
        found: u64,
    },
    /// Too many axes.
    #[error("{found} axes; the most are {NDIM_MAX}")]
    Ndim {
        /// Axes.
        found: usize,
    },
    /// Not one value per axis.
    #[error("{what}: expected {expected} values, one per axis, found {found}")]
    Axes {
        /// Which list.
        what: &'static str,
        /// Axes.
        expected: usize,
        /// Values.
        found: usize,
    },
    /// An element type this version does not know.
    #[error("unknown element type {code}: use a newer program")]
    DType {
        /// Its code.
        code: u16,
    },
    /// Elements of another size than their type's.
    #[error("elements of {found} bytes; {dtype} has {expected}")]
    ItemSize {
        /// The type.
        dtype: DType,
        /// Its size.
        expected: usize,
        /// The size given.
        found: usize,
    },
    /// A chunk without elements.
    #[error("chunks of length 0 along axis {axis}: expected at least 1")]
    ChunkZero {
        /// The axis.
        axis: usize,
    },
    /// No such axis.
    #[error("axis {axis} of {ndim}")]
    NoAxis {
        /// The axis.
        axis: usize,
        /// Axes there are.
        ndim: usize,
    },
    /// More bytes than can be counted.
    #[error("{what} of shape {shape:?} has too many bytes to count")]
    Overflow {
        /// The array or a chunk.
        what: &'static str,
        /// Its shape.
        shape: Vec<u64>,
    },
    /// Too many chunks.
    #[error("a grid of {counts:?} chunks; the most are 2^48: choose larger chunks")]
    GridTooLarge {
        /// Chunks along each axis.
        counts: Vec<u64>,
    },
    /// Fewer numbers than chunks.
    #[error("room for {found} chunks along axis {axis}, which has {needed}")]
    Capacity {
        /// The axis.
        axis: usize,
        /// Chunks.
        needed: u64,
        /// Room.
        found: u64,
    },
    /// Not every axis once.
    #[error("element order {found:?}: expected each axis from 0 to {ndim} (exclusive) once")]
    Order {
        /// The order.
        found: Vec<u8>,
        /// Axes.
        ndim: usize,
    },
    /// Payloads aligned in a way this version does not know.
    #[error("alignment 2^{found}; version 1 has 2^{ALIGNMENT}")]
    Alignment {
        /// Its logarithm.
        found: u8,
    },
    /// A codec this version does not know.
    #[error("unknown codec {found}: use a newer program")]
    Codec {
        /// Its code.
        found: u8,
    },
    /// A filter this version does not know.
    #[error("unknown filter {found}: use a newer program")]
    Filter {
        /// Its code.
        found: u8,
    },
    /// A level the codec does not have.
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
    #[error("chunks of {found} bytes; LZ4 packs at most {most}: choose smaller ones")]
    ChunkTooLong {
        /// Bytes of a chunk.
        found: u64,
        /// The most.
        most: u64,
    },
    /// Shuffled bytes given to a codec of numbers.
    #[error("the codec pco packs numbers: shuffled bytes are none")]
    Shuffled,
    /// A fill value that is no element.
    #[error("a fill value of {found} bytes; {dtype} has {expected}")]
    Fill {
        /// The type.
        dtype: DType,
        /// Its size.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A boolean that is neither.
    #[error("a boolean fill value of {found}: expected 0 or 1")]
    FillBool {
        /// The byte.
        found: u8,
    },
    /// A wrong name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The metadata of an array of another name.
    #[error("it says that the array is '{found}'")]
    OtherName {
        /// As it says.
        found: String,
    },
    /// A wrong axis name.
    #[error("the name of axis {axis} is {problem}")]
    Dim {
        /// The axis.
        axis: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// One name for two axes.
    #[error("two axes have the name '{0}'")]
    DimTwice(String),
    /// Records, which this version reserves.
    #[error("the array has record fields: use a newer program")]
    Fields,
    /// Wrong attributes.
    #[error(transparent)]
    Attributes(#[from] AttributesError),
    /// Reserved bytes.
    #[error("reserved bytes are not zero")]
    Reserved,
}
