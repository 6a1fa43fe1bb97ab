//! Chunk payloads: what Zarr v3 would store for the same chunk.
//!
//! A payload is the elements of a chunk in the array's element order, little-endian. The metadata may add two steps:
//! the byte shuffle of numcodecs, with the item size as element size, and then a codec. Nothing else is added, so
//! payload bytes move to and from Zarr unchanged. The checksum is in the entry that refers to the payload. A raw
//! payload over 1 MiB is followed by a table of CRCs, one per 64 KiB, so that a part of it can be checked.

pub(crate) mod crc_table;
pub(crate) mod shuffle;

use crate::DType;
use crate::bytes::CrcMismatch;

/// The largest window that a zstd decoder has to expect.
pub(crate) const ZSTD_WINDOW_MAX: u64 = 1 << 27;

/// Why a chunk's payload was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// A checksum of the whole payload, or of its table, that does not match.
    #[error("{what}: {mismatch}")]
    Crc {
        /// The bytes that were checked.
        what: &'static str,
        /// The two checksums.
        mismatch: CrcMismatch,
    },
    /// A checksum of a piece of 64 KiB that does not match.
    #[error("bytes {start}..{end}: {mismatch}")]
    PieceCrc {
        /// First byte of the piece in the payload.
        start: u64,
        /// End of the piece.
        end: u64,
        /// The two checksums.
        mismatch: CrcMismatch,
    },
    /// A payload of another length than the chunk's.
    #[error("expected {expected} stored bytes, found {found}")]
    StoredLength {
        /// Bytes of the chunk.
        expected: u64,
        /// Bytes stored.
        found: u64,
    },
    /// A payload that is longer than a packed chunk can be.
    #[error("{found} stored bytes: expected at most {most} for a packed chunk")]
    TooLong {
        /// The most bytes of a packed chunk.
        most: u64,
        /// Bytes stored.
        found: u64,
    },
    /// A payload that is not zstd, or begins with a skippable frame.
    #[error("it does not begin with a zstd frame")]
    NotZstd,
    /// A frame without a content size, or with another than the chunk's.
    #[error("the zstd frame {}: expected the chunk's {expected} bytes", content(.found))]
    ContentSize {
        /// Bytes of the chunk.
        expected: u64,
        /// The content size in the frame.
        found: Option<u64>,
    },
    /// A frame that needs a dictionary.
    #[error("the zstd frame needs dictionary {0}: expected none")]
    Dictionary(u32),
    /// A frame that needs too much memory to decode.
    #[error("the zstd frame has a window of {found} bytes: expected at most {max}", max = ZSTD_WINDOW_MAX)]
    Window {
        /// Bytes of the window.
        found: u64,
    },
    /// A frame that is cut, or followed by other bytes.
    #[error("the zstd frame has {frame} bytes: expected the payload's {stored}")]
    Trailing {
        /// Bytes of the frame.
        frame: u64,
        /// Bytes stored.
        stored: u64,
    },
    /// An error of the zstd library.
    #[error("zstd: {0}")]
    Zstd(String),
    /// A match from outside the chunk, or from its own place.
    #[error("lz4: a match {offset} bytes back: expected 1 to {done}, the bytes before it")]
    Lz4Offset {
        /// Bytes back.
        offset: u16,
        /// Bytes decoded before it.
        done: u64,
    },
    /// A match where literals are required.
    #[error(
        "lz4: a match of bytes {start}..{end} of {size}: expected it to begin at least 12 bytes before the end, and at least 5 literals after it"
    )]
    Lz4End {
        /// The first byte of the match in the chunk.
        start: u64,
        /// The end of the match.
        end: u64,
        /// Bytes of the chunk.
        size: u64,
    },
    /// Another error in an LZ4 block.
    #[error("lz4: {0}")]
    Lz4(String),
    /// An error in a Pcodec file.
    #[error("pco: {0}")]
    Pco(String),
    /// A payload that decodes to another length than the chunk's.
    #[error("{codec}: expected the chunk's {expected} bytes, found {found}")]
    Decoded {
        /// The codec.
        codec: &'static str,
        /// Bytes of the chunk.
        expected: u64,
        /// Bytes decoded.
        found: u64,
    },
    /// A byte that is not a boolean.
    #[error("a boolean element at byte {at} is {found}: expected 0 or 1")]
    Bool {
        /// The byte's place in the chunk.
        at: u64,
        /// The byte.
        found: u8,
    },
}

/// The content size of a zstd frame, in words.
fn content(found: &Option<u64>) -> String {
    match found {
        Some(bytes) => format!("says that it holds {bytes} bytes"),
        None => "does not state its size".into(),
    }
}

impl PayloadError {
    /// The same error for a piece that begins `by` bytes into the payload.
    pub(crate) fn moved(self, by: u64) -> PayloadError {
        match self {
            PayloadError::PieceCrc { start, end, mismatch } => {
                PayloadError::PieceCrc { start: start + by, end: end + by, mismatch }
            }
            PayloadError::Bool { at, found } => PayloadError::Bool { at: at + by, found },
            other => other,
        }
    }
}

/// Checks that all bytes of booleans are 0 or 1.
pub(crate) fn check_bools(dtype: DType, elements: &[u8]) -> Result<(), PayloadError> {
    if dtype != DType::Bool || elements.iter().fold(0, |seen, &b| seen | b) <= 1 {
        return Ok(());
    }
    match elements.iter().enumerate().find(|(_, b)| **b > 1) {
        Some((at, &found)) => Err(PayloadError::Bool { at: at as u64, found }),
        None => Ok(()),
    }
}

/// Whether all elements are equal, byte for byte.
pub(crate) fn is_constant(elements: &[u8], item: usize) -> bool {
    // The chunk equals itself shifted by one element. Comparing in pieces stops early for varied data.
    let Some(shifted) = elements.get(item..) else { return true };
    let mut pieces = elements.chunks(4096).zip(shifted.chunks(4096));
    pieces.all(|(a, b)| a.get(..b.len()).is_some_and(|a| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants() {
        assert!(is_constant(&[1, 2, 1, 2, 1, 2], 2));
        assert!(!is_constant(&[1, 2, 1, 2, 2, 1], 2));
        assert!(is_constant(&[7], 1));
        let mut long = vec![3; 10_000];
        assert!(is_constant(&long, 8));
        long[9_999] = 4;
        assert!(!is_constant(&long, 8));
    }

    #[test]
    fn bools() {
        assert_eq!(check_bools(DType::Bool, &[0, 1, 2]), Err(PayloadError::Bool { at: 2, found: 2 }));
        assert_eq!(check_bools(DType::U8, &[0, 1, 2]), Ok(()));
    }
}
