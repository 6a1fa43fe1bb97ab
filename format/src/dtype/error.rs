//! Texts and stored codes that name no element type.

/// A text that does not name an element type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown dtype '{0}': expected a NumPy name such as float64, f8, int32, u1, bool, complex128, datetime64[ns], S5 or U10"
)]
pub struct UnknownDType(pub String);

/// Why an element type is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DTypeError {
    /// A code on disk that this version does not know.
    #[error("unknown element type {0}: use a newer program")]
    Code(u16),
    /// Elements of another size than their type's.
    #[error("elements of {found} bytes: {dtype} has {expected}")]
    ItemSize {
        /// The type.
        dtype: super::DType,
        /// Bytes of its elements.
        expected: usize,
        /// Bytes of an element, as stored.
        found: usize,
    },
    /// An element that is too small or too large.
    #[error("elements of {bytes} bytes: expected 1 to {}", super::DType::SIZE_MAX)]
    Size {
        /// Bytes of an element.
        bytes: u64,
    },
    /// A time unit that is not one of NumPy's.
    #[error(
        "time unit {base} with a count of {count}: expected a unit from 0 to 13 and a count from 1 to 2147483647"
    )]
    Unit {
        /// The number of the unit.
        base: u32,
        /// How many units one count is.
        count: u32,
    },
    /// Details of a type that end early or too late.
    #[error("the details of the element type have {len} bytes: they end early, or other bytes follow them")]
    Details {
        /// Bytes of the details.
        len: usize,
    },
    /// Fields that are no record.
    #[error("a record {0}")]
    Record(String),
}
