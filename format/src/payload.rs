//! Chunk payloads: what Zarr v3 would store for the same chunk.
//!
//! The elements of a chunk in the array's element order, little-endian; then, as the metadata says, the byte
//! shuffle of numcodecs with the item size as element size; then the codec. Nothing is added, so payload
//! bytes can move to and from Zarr untouched. Checksums stand with the referrer. A raw payload over 1 MiB is
//! followed by a table of CRCs, one per 64 KiB, so that a part of it can be checked.

use std::cell::RefCell;

use crate::bytes::CrcMismatch;
use crate::turn::{LANES, turn};
use crate::{DType, Error};

/// Bytes that one CRC of a table covers.
pub(crate) const BLOCK: usize = 64 << 10;
/// Raw payloads longer than this carry a table.
pub(crate) const TABLE_ABOVE: u64 = 1 << 20;

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
    #[error("the zstd frame has a window of {found} bytes; the most are {max}", max = crate::codec::WINDOW_MAX)]
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

/// Bytes of the CRC table behind a raw payload.
pub(crate) fn table_len(payload: u64) -> u64 {
    if payload > TABLE_ABOVE { payload.div_ceil(BLOCK as u64) * 4 } else { 0 }
}

/// Where the table begins, from the payload's first byte.
pub(crate) fn table_start(payload: u64) -> u64 {
    payload.next_multiple_of(64)
}

/// Bytes a raw payload keeps from others, with its table.
pub(crate) fn raw_occupied(payload: u64) -> u64 {
    table_start(payload) + table_len(payload).next_multiple_of(64)
}

/// The table of a raw payload.
pub(crate) fn table(payload: &[u8]) -> Vec<u8> {
    payload.chunks(BLOCK).flat_map(|block| crc32fast::hash(block).to_le_bytes()).collect()
}

/// Checks the blocks of a payload that touch a range against its table.
pub(crate) fn check_blocks(
    payload: &[u8],
    table: &[u8],
    range: std::ops::Range<usize>,
) -> Result<(), PayloadError> {
    let (first, last) = (range.start / BLOCK * BLOCK, range.end.next_multiple_of(BLOCK).min(payload.len()));
    check_part(payload.get(first..last).unwrap_or_default(), table, first)
}

/// Checks whole blocks, which lie from byte `start` of a payload on, against its table.
pub(crate) fn check_part(blocks: &[u8], table: &[u8], start: usize) -> Result<(), PayloadError> {
    let (crcs, _) = table.as_chunks::<4>();
    for (i, (block, crc)) in blocks.chunks(BLOCK).zip(crcs.iter().skip(start / BLOCK)).enumerate() {
        let start = (start + i * BLOCK) as u64;
        let end = start + block.len() as u64;
        crate::bytes::check(block, u32::from_le_bytes(*crc)).map_err(|mismatch| PayloadError::PieceCrc {
            start,
            end,
            mismatch,
        })?;
    }
    Ok(())
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

/// Groups bytes by their place in the element: all first bytes, then all second ones, and so on.
pub(crate) fn shuffle(item: usize, elements: &[u8], out: &mut [u8]) {
    match item {
        2 => shuffle_fixed::<2>(elements, out),
        4 => shuffle_fixed::<4>(elements, out),
        8 => shuffle_fixed::<8>(elements, out),
        16 => shuffle_fixed::<16>(elements, out),
        _ => out.copy_from_slice(elements),
    }
}

/// Undoes [`shuffle`].
pub(crate) fn unshuffle(item: usize, shuffled: &[u8], out: &mut [u8]) {
    match item {
        2 => unshuffle_fixed::<2>(shuffled, out),
        4 => unshuffle_fixed::<4>(shuffled, out),
        8 => unshuffle_fixed::<8>(shuffled, out),
        16 => unshuffle_fixed::<16>(shuffled, out),
        _ => out.copy_from_slice(shuffled),
    }
}

/// Elements taken at a time: eight for each lane, so that whole cache lines of each plane are written.
const BLOCK_ELEMENTS: usize = 8 * LANES;

/// Rows of a plane, one for each block of elements.
type Line = [[u8; 8]; LANES];

#[expect(clippy::needless_range_loop, reason = "squares are turned by index")]
fn shuffle_fixed<const N: usize>(elements: &[u8], out: &mut [u8]) {
    let n = elements.len() / N;
    let (blocks, tail) = elements.as_chunks::<N>().0.as_chunks::<BLOCK_ELEMENTS>();
    let mut planes: [&mut [u8]; N] = split(out, n);
    match N {
        2 => {
            for (byte, plane) in planes.iter_mut().enumerate() {
                for (line, block) in plane.as_chunks_mut::<BLOCK_ELEMENTS>().0.iter_mut().zip(blocks) {
                    for (to, from) in line.iter_mut().zip(block) {
                        *to = (u16::from_le_bytes(from.as_chunks().0[0]) >> (8 * byte)) as u8;
                    }
                }
            }
        }
        4 => {
            let mut lines = planes.each_mut().map(|plane| lines_mut(plane));
            for (k, block) in blocks.iter().enumerate() {
                let mut words = [[0; LANES]; 4];
                for (g, group) in block.as_chunks::<8>().0.iter().enumerate() {
                    // Elements i and i + 4 share a word.
                    let half = |i: usize| u64::from(u32::from_le_bytes(group[i].as_chunks().0[0]));
                    for i in 0..4 {
                        words[i][g] = half(i) | half(i + 4) << 32;
                    }
                }
                turn(&mut words);
                for (plane, words) in lines.iter_mut().zip(words) {
                    plane[k] = words.map(u64::to_le_bytes);
                }
            }
        }
        _ => {
            for (first, planes) in planes.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                let mut lines = planes.each_mut().map(|plane| lines_mut(plane));
                for (k, block) in blocks.iter().enumerate() {
                    let mut words = [[0; LANES]; 8];
                    for (g, group) in block.as_chunks::<8>().0.iter().enumerate() {
                        for i in 0..8 {
                            words[i][g] = u64::from_le_bytes(group[i].as_chunks().0[first]);
                        }
                    }
                    turn(&mut words);
                    for (plane, words) in lines.iter_mut().zip(words) {
                        plane[k] = words.map(u64::to_le_bytes);
                    }
                }
            }
        }
    }
    let done = blocks.len() * BLOCK_ELEMENTS;
    for (byte, plane) in planes.iter_mut().enumerate() {
        for (to, from) in plane[done..].iter_mut().zip(tail) {
            *to = from[byte];
        }
    }
}

fn unshuffle_fixed<const N: usize>(shuffled: &[u8], out: &mut [u8]) {
    let n = shuffled.len() / N;
    let planes: [&[u8]; N] = std::array::from_fn(|byte| &shuffled[byte * n..][..n]);
    let (blocks, tail) = out.as_chunks_mut::<N>().0.as_chunks_mut::<BLOCK_ELEMENTS>();
    let done = blocks.len() * BLOCK_ELEMENTS;
    match N {
        2 => {
            let lines = planes.map(|plane| plane.as_chunks::<BLOCK_ELEMENTS>().0);
            for ((block, low), high) in blocks.iter_mut().zip(lines[0]).zip(lines[1]) {
                for ((element, l), h) in block.iter_mut().zip(low).zip(high) {
                    (element[0], element[1]) = (*l, *h);
                }
            }
        }
        4 => {
            let lines = planes.map(lines);
            for (k, block) in blocks.iter_mut().enumerate() {
                let mut words = [0, 1, 2, 3].map(|plane: usize| lines[plane][k].map(u64::from_le_bytes));
                turn(&mut words);
                for (g, group) in block.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                    for i in 0..4 {
                        group[i].as_chunks_mut().0[0] = (words[i][g] as u32).to_le_bytes();
                        group[i + 4].as_chunks_mut().0[0] = ((words[i][g] >> 32) as u32).to_le_bytes();
                    }
                }
            }
        }
        _ => {
            for (first, planes) in planes.as_chunks::<8>().0.iter().enumerate() {
                let lines = planes.map(lines);
                for (k, block) in blocks.iter_mut().enumerate() {
                    let mut words = lines.map(|plane| plane[k].map(u64::from_le_bytes));
                    turn(&mut words);
                    for (g, group) in block.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                        for i in 0..8 {
                            group[i].as_chunks_mut().0[first] = words[i][g].to_le_bytes();
                        }
                    }
                }
            }
        }
    }
    for (i, element) in tail.iter_mut().enumerate() {
        *element = std::array::from_fn(|byte| planes[byte][done + i]);
    }
}

fn lines(plane: &[u8]) -> &[Line] {
    plane.as_chunks().0.as_chunks().0
}

fn lines_mut(plane: &mut [u8]) -> &mut [Line] {
    plane.as_chunks_mut().0.as_chunks_mut().0
}

fn split<const N: usize>(mut rest: &mut [u8], n: usize) -> [&mut [u8]; N] {
    std::array::from_fn(|_| {
        let (plane, tail) = std::mem::take(&mut rest).split_at_mut(n);
        rest = tail;
        plane
    })
}

thread_local! {
    static SCRATCH: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Scratch buffers longer than this are given back at once.
const SCRATCH_KEPT: usize = 64 << 20;

/// A buffer for a chunk, unless the machine has no room for it: the length may be a hostile file's. It is zero as the
/// system gives it, and takes no memory before it is written to.
pub(crate) fn buffer(len: usize) -> Result<Vec<u8>, Error> {
    bytemuck::try_zeroed_vec(len).map_err(|()| Error::ChunkTooLarge { bytes: len as u64 })
}

/// Runs `work` with a buffer of `len` bytes, which each thread keeps for the next time. Its bytes are whatever
/// they were.
pub(crate) fn with_scratch<T>(
    len: usize,
    work: impl FnOnce(&mut [u8]) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut kept = SCRATCH.with_borrow_mut(Vec::pop).unwrap_or_default();
    if kept.len() < len {
        drop(kept);
        kept = buffer(len)?;
    }
    let mut buffer = kept;
    let result = work(buffer.get_mut(..len).unwrap_or_default());
    if buffer.len() <= SCRATCH_KEPT {
        SCRATCH.with_borrow_mut(|kept| kept.push(buffer));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffle_is_numcodecs() {
        for (item, n) in [(1, 5), (2, 200), (4, 130), (8, 67), (16, 64), (8, 0)] {
            let elements: Vec<u8> = (0..item * n).map(|i| (i * 31 % 251) as u8).collect();
            let mut shuffled = vec![0; elements.len()];
            shuffle(item, &elements, &mut shuffled);
            let naive: Vec<u8> = (0..item)
                .flat_map(|b| (0..n).map(move |i| (i, b)))
                .map(|(i, b)| elements[i * item + b])
                .collect();
            assert_eq!(shuffled, naive, "{item}");
            let mut back = vec![0; elements.len()];
            unshuffle(item, &shuffled, &mut back);
            assert_eq!(back, elements);
        }
    }

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
