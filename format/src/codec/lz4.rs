//! LZ4: a chunk is one block of the LZ4 block format, without a header.

use lz4::block::{CompressionMode, compress_to_buffer, decompress_to_buffer};

use crate::PayloadError;

/// The longest block, `LZ4_MAX_INPUT_SIZE` of the library.
pub(super) const DECODED_MAX: u64 = 0x7e00_0000;

/// The most bytes that `decoded` bytes are packed into.
pub(super) fn most_stored(decoded: usize) -> usize {
    decoded.saturating_add(decoded / 255).saturating_add(16)
}

/// Packs `elements` into `out`; gives the packed length.
pub(super) fn pack(elements: &[u8], out: &mut [u8]) -> Result<usize, PayloadError> {
    compress_to_buffer(elements, Some(CompressionMode::DEFAULT), false, out).map_err(|e| wrong(&e))
}

/// Unpacks one block into exactly `out`.
pub(super) fn unpack(payload: &[u8], out: &mut [u8]) -> Result<(), PayloadError> {
    let expected = out.len();
    let len = i32::try_from(expected).map_err(|e| PayloadError::Lz4(e.to_string()))?;
    match decompress_to_buffer(payload, Some(len), out).map_err(|e| wrong(&e))? {
        found if found == expected => Ok(()),
        found => Err(PayloadError::Decoded { codec: "lz4", expected: expected as u64, found: found as u64 }),
    }
}

fn wrong(e: &std::io::Error) -> PayloadError {
    PayloadError::Lz4(e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight literals, a copy of the first `copied` of them, and `last` literals.
    fn block(copied: u8, last: u8) -> (Vec<u8>, usize) {
        let mut block = [&[0x80 | (copied - 4)][..], b"abcdefgh", &[8, 0], &[last << 4]].concat();
        block.extend(std::iter::repeat_n(b'x', usize::from(last)));
        (block, 8 + usize::from(copied + last))
    }

    #[test]
    fn a_block_ends_with_literals_and_copies_end_well_before() {
        for (copied, last, fits) in [(7, 5, true), (4, 8, true), (4, 5, false), (6, 5, false), (8, 4, false)]
        {
            let (block, size) = block(copied, last);
            let mut out = vec![0; size];
            assert_eq!(unpack(&block, &mut out).is_ok(), fits, "a copy of {copied}, then {last}");
        }
    }
}
