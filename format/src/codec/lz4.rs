//! LZ4: a chunk is one block of the LZ4 block format, without a header.

use lz4::block::{CompressionMode, compress_to_buffer, decompress_to_buffer};

use crate::PayloadError;

/// The most bytes that a block decodes to: `LZ4_MAX_INPUT_SIZE` of the library.
pub(super) const DECODED_MAX: u64 = 0x7e00_0000;
/// The fewest literals at the end of a chunk.
const LAST_LITERALS: usize = 5;
/// The fewest bytes from the beginning of the last match to the end of a chunk.
const LAST_MATCH: usize = 12;
/// Bytes of the shortest match.
const MATCH: usize = 4;

/// The most bytes that `decoded` bytes are packed into.
pub(super) fn most_stored(decoded: usize) -> usize {
    decoded.saturating_add(decoded / 255).saturating_add(16)
}

/// Packs `elements` into `out`, and gives the packed length.
pub(super) fn pack(elements: &[u8], out: &mut [u8]) -> Result<usize, PayloadError> {
    compress_to_buffer(elements, Some(CompressionMode::DEFAULT), false, out).map_err(|e| wrong(&e))
}

/// Unpacks one block into exactly `out`.
pub(super) fn unpack(payload: &[u8], out: &mut [u8]) -> Result<(), PayloadError> {
    check(payload, out.len())?;
    let expected = out.len();
    let len = i32::try_from(expected).map_err(|e| PayloadError::Lz4(e.to_string()))?;
    match decompress_to_buffer(payload, Some(len), out).map_err(|e| wrong(&e))? {
        found if found == expected => Ok(()),
        found => Err(decoded(expected, found)),
    }
}

/// Checks every sequence of a block that must decode to `size` bytes, before any is decoded. The library would accept
/// an offset of 0, and return old bytes of the buffer.
fn check(block: &[u8], size: usize) -> Result<(), PayloadError> {
    let short = || PayloadError::Lz4("the block ends in the middle of a sequence".to_owned());
    let (mut rest, mut done) = (block, 0usize);
    loop {
        let (&token, after) = rest.split_first().ok_or_else(short)?;
        let (literals, after) = length(token >> 4, after).ok_or_else(short)?;
        rest = after.get(literals..).ok_or_else(short)?;
        done = done.saturating_add(literals);
        if rest.is_empty() {
            return if done == size { Ok(()) } else { Err(decoded(size, done)) };
        }
        let (offset, after) = rest.split_first_chunk().ok_or_else(short)?;
        let offset = u16::from_le_bytes(*offset);
        if offset == 0 || usize::from(offset) > done {
            return Err(PayloadError::Lz4Offset { offset, done: done as u64 });
        }
        let (more, after) = length(token & 15, after).ok_or_else(short)?;
        let end = done.saturating_add(more).saturating_add(MATCH);
        if done.saturating_add(LAST_MATCH) > size || end.saturating_add(LAST_LITERALS) > size {
            return Err(PayloadError::Lz4End { start: done as u64, end: end as u64, size: size as u64 });
        }
        (rest, done) = (after, end);
    }
}

/// Reads a length that begins with four bits of a token. After 15, more bytes follow; the last one is below 255.
fn length(bits: u8, mut rest: &[u8]) -> Option<(usize, &[u8])> {
    let mut total = usize::from(bits);
    let mut goes_on = bits == 15;
    while goes_on {
        let (&more, after) = rest.split_first()?;
        total = total.saturating_add(usize::from(more));
        (goes_on, rest) = (more == 255, after);
    }
    Some((total, rest))
}

fn decoded(expected: usize, found: usize) -> PayloadError {
    PayloadError::Decoded { codec: "lz4", expected: expected as u64, found: found as u64 }
}

fn wrong(e: &std::io::Error) -> PayloadError {
    PayloadError::Lz4(e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight literals, a copy of `copied` bytes from `offset` bytes back, and `last` literals.
    fn block(copied: u8, offset: u16, last: u8) -> (Vec<u8>, usize) {
        let mut block =
            [&[0x80 | (copied - 4)][..], b"abcdefgh", &offset.to_le_bytes(), &[last << 4]].concat();
        block.extend(std::iter::repeat_n(b'x', usize::from(last)));
        (block, 8 + usize::from(copied + last))
    }

    #[test]
    fn a_block_ends_with_literals_and_copies_end_well_before() {
        for (copied, last, fits) in [(7, 5, true), (4, 8, true), (4, 5, false), (6, 5, false), (8, 4, false)]
        {
            let (block, size) = block(copied, 8, last);
            let found = unpack(&block, &mut vec![0; size]);
            assert_eq!(found.is_ok(), fits, "a copy of {copied}, then {last}");
            assert!(fits || matches!(found, Err(PayloadError::Lz4End { start: 8, .. })), "{found:?}");
        }
    }

    #[test]
    fn a_match_begins_in_the_chunk_and_before_itself() {
        for (offset, fits) in [(0, false), (1, true), (8, true), (9, false), (u16::MAX, false)] {
            let (block, size) = block(7, offset, 5);
            let mut out = vec![9; size];
            match unpack(&block, &mut out) {
                Ok(()) => assert!(fits && out.starts_with(b"abcdefgh"), "offset {offset}"),
                Err(found) => {
                    assert!(!fits, "offset {offset}: {found}");
                    assert_eq!(found, PayloadError::Lz4Offset { offset, done: 8 });
                }
            }
        }
    }

    #[test]
    fn the_last_token_has_no_match() {
        for bits in 0..16 {
            let (mut block, size) = block(7, 8, 5);
            block[11] |= bits;
            let mut out = vec![0; size];
            assert_eq!(unpack(&block, &mut out), Ok(()), "bits {bits:#x}");
            assert_eq!(out, b"abcdefghabcdefgxxxxx");
        }
    }

    #[test]
    fn a_block_that_is_cut_short_or_too_long() {
        let (block, size) = block(7, 8, 5);
        for len in 0..block.len() {
            assert!(unpack(&block[..len], &mut vec![0; size]).is_err(), "{len} bytes");
        }
        let longer = [&block[..], &[0]].concat();
        assert!(unpack(&longer, &mut vec![0; size]).is_err());
        for other in [size - 1, size + 1] {
            assert!(unpack(&block, &mut vec![0; other]).is_err(), "{other} bytes");
        }
        let endless = [&[0xf0], &[255; 1000][..]].concat();
        assert!(matches!(unpack(&endless, &mut vec![0; size]), Err(PayloadError::Lz4(_))));
    }

    /// The library decodes every block that passes the check: the rules are the same.
    #[test]
    fn the_check_is_as_strict_as_the_library() {
        let mut state = 7u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        let data: Vec<u8> = (0..600u32).map(|k| (k / 7 % 50) as u8).collect();
        let mut packed = vec![0; most_stored(data.len())];
        let len = pack(&data, &mut packed).unwrap();
        packed.truncate(len);
        let mut passed = 0;
        for _ in 0..20_000 {
            let mut changed = packed.clone();
            let at = random() % len;
            changed[at] ^= random() as u8;
            let mut out = vec![0; data.len()];
            if check(&changed, out.len()).is_ok() {
                passed += 1;
                let found = decompress_to_buffer(&changed, Some(out.len() as i32), &mut out);
                assert_eq!(found.ok(), Some(data.len()), "byte {at}");
            }
        }
        assert!(passed > 1000, "{passed}");
    }
}
