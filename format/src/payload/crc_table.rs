//! The table of CRCs behind a large raw payload.

use std::ops::Range;

use super::PayloadError;

/// Bytes that one CRC of a table covers.
pub(crate) const BLOCK: usize = 64 << 10;
/// Bytes of a large payload that are read, checked or copied at a time: whole blocks.
pub(crate) const PIECE: usize = 16 * BLOCK;
/// Raw payloads longer than this have a table.
pub(crate) const TABLE_ABOVE: u64 = 1 << 20;

/// Bytes of the CRC table behind a raw payload.
pub(crate) fn table_len(payload: u64) -> u64 {
    if payload > TABLE_ABOVE { payload.div_ceil(BLOCK as u64) * 4 } else { 0 }
}

/// Where the table begins, from the payload's first byte.
pub(crate) fn table_start(payload: u64) -> u64 {
    payload.next_multiple_of(64)
}

/// Bytes that a raw payload takes up with its table.
pub(crate) fn raw_occupied(payload: u64) -> u64 {
    table_start(payload) + table_len(payload).next_multiple_of(64)
}

/// The table of a raw payload.
pub(crate) fn table(payload: &[u8]) -> Vec<u8> {
    payload.chunks(BLOCK).flat_map(|block| crc32fast::hash(block).to_le_bytes()).collect()
}

/// Checks the blocks of a payload that a range touches against the table.
pub(crate) fn check_blocks(payload: &[u8], table: &[u8], range: Range<usize>) -> Result<(), PayloadError> {
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
