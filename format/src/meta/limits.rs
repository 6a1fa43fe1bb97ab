//! The limits of metadata.

/// The most axes of an array.
pub const NDIM_MAX: usize = 32;
/// The most chunks of an array.
pub const CHUNKS_MAX: u64 = 1 << 48;
/// The most bytes of a metadata block.
pub(crate) const META_MAX: usize = 16 << 20;
/// Payloads begin at multiples of 2^6. Raw payloads of a page or more begin at pages.
pub(crate) const ALIGNMENT: u8 = 6;
