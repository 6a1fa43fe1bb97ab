//! Chunk payloads: what Zarr v3 would store for the same chunk.
//!
//! A payload is the elements of a chunk in the array's element order, little-endian. The metadata may add two
//! steps: the byte shuffle of numcodecs, with the item size as element size, and then a codec. Nothing else is
//! added, so payload bytes move to and from Zarr unchanged. The checksum stands where the payload is referred to.
//! A raw payload over 1 MiB is followed by a table of CRCs, one per 64 KiB, so that a part of it can be checked.

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
    /// Checksum of the whole payload or of its table.
    #[error("{what}: {mismatch}")]
    Crc {
        /// What was checked.
        what: &'static str,
        /// How it failed.
        mismatch: CrcMismatch,
    },
    /// Checksum of one piece of 64 KiB.
    #[error("bytes {start}..{end}: {mismatch}")]
    PieceCrc {
        /// First byte of the piece in the payload.
        start: u64,
        /// End of the piece.
        end: u64,
        /// How it failed.
        mismatch: CrcMismatch,
    },
    /// Another length than the chunk's.
    #[error("{found} stored bytes, expected {expected}")]
    StoredLength {
        /// Bytes of the chunk.
        expected: u64,
        /// Bytes stored.
        found: u64,
    },
    /// Longer than the packed form of a chunk can be.
    #[error("{found} stored bytes; a packed chunk has at most {most}")]
    TooLong {
        /// The most.
        most: u64,
        /// Bytes stored.
        found: u64,
    },
    /// Not zstd, or a skippable frame.
    #[error("does not begin with a zstd frame")]
    NotZstd,
    /// The frame gives no content size, or another than the chunk's.
    #[error("the zstd frame says it holds {found:?} bytes, the chunk has {expected}")]
    ContentSize {
        /// Bytes of the chunk.
        expected: u64,
        /// As the frame says.
        found: Option<u64>,
    },
    /// Needs a dictionary.
    #[error("the zstd frame needs dictionary {0}")]
    Dictionary(u32),
    /// Needs too much memory to decode.
    #[error("the zstd frame has a window of {found} bytes; the most are {max}", max = ZSTD_WINDOW_MAX)]
    Window {
        /// Bytes.
        found: u64,
    },
    /// Something follows the frame, or the frame is cut.
    #[error("the zstd frame has {frame} bytes, the payload {stored}")]
    Trailing {
        /// Bytes of the frame.
        frame: u64,
        /// Bytes stored.
        stored: u64,
    },
    /// zstd's own words.
    #[error("zstd: {0}")]
    Zstd(String),
    /// A match from outside the chunk, or from itself.
    #[error("lz4: a match {offset} bytes back, where {done} bytes are before it: expected from 1 to as many")]
    Lz4Offset {
        /// Bytes back.
        offset: u16,
        /// Bytes decoded before it.
        done: u64,
    },
    /// A match in what must be literals.
    #[error(
        "lz4: a match of bytes {start}..{end} of {size}: the last match begins 12 bytes or more before the end, and 5 literals follow it"
    )]
    Lz4End {
        /// Its first byte in the chunk.
        start: u64,
        /// Its end.
        end: u64,
        /// Bytes of the chunk.
        size: u64,
    },
    /// What else is wrong with a block of LZ4.
    #[error("lz4: {0}")]
    Lz4(String),
    /// What is wrong with a file of Pcodec.
    #[error("pco: {0}")]
    Pco(String),
    /// Fewer bytes came out than the chunk has.
    #[error("{codec}: {found} bytes were decoded, the chunk has {expected}")]
    Decoded {
        /// The codec.
        codec: &'static str,
        /// Bytes of the chunk.
        expected: u64,
        /// Bytes that came out.
        found: u64,
    },
    /// A boolean that is neither.
    #[error("a boolean element has byte {found} at byte {at}: expected 0 or 1")]
    Bool {
        /// Where.
        at: u64,
        /// The byte.
        found: u8,
    },
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

/// Checks booleans.
pub(crate) fn check_bools(dtype: DType, elements: &[u8]) -> Result<(), PayloadError> {
    if dtype != DType::Bool || elements.iter().fold(0, |seen, &b| seen | b) <= 1 {
        return Ok(());
    }
    match elements.iter().enumerate().find(|(_, b)| **b > 1) {
        Some((at, &found)) => Err(PayloadError::Bool { at: at as u64, found }),
        None => Ok(()),
    }
}

/// Whether every element has the bytes of the first.
pub(crate) fn is_constant(elements: &[u8], item: usize) -> bool {
    // Equal to itself shifted by one element: compared in pieces, so that varied data is left at once.
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
