//! zstd: a chunk is one frame (RFC 8878).

use std::cell::RefCell;
use std::io::Read;

use zstd::zstd_safe;

use crate::PayloadError;
use crate::payload::ZSTD_WINDOW_MAX;

thread_local! {
    static ENCODER: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECODER: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The most bytes that `decoded` bytes are packed into.
pub(super) fn most_stored(decoded: usize) -> usize {
    // The bound is 0 for lengths that zstd cannot pack.
    zstd_safe::compress_bound(decoded).max(decoded)
}

/// Bytes that a zstd encoder of a level keeps for each thread. It reported these after a large chunk; they are
/// rounded up.
pub(super) fn encoder_bytes(level: i32) -> usize {
    match level {
        ..=2 => 1 << 20,
        3..=6 => 4 << 20,
        7..=9 => 16 << 20,
        10..=12 => 48 << 20,
        13..=19 => 96 << 20,
        20 => 192 << 20,
        _ => 768 << 20,
    }
}

/// Frees the encoder that this thread keeps.
pub(crate) fn trim() {
    ENCODER.take();
}

/// Packs `elements` into `out`, which has room for [`zstd_safe::compress_bound`] bytes, and gives the packed length.
pub(super) fn pack(level: i32, elements: &[u8], out: &mut [u8]) -> Result<usize, PayloadError> {
    let wrong = |e: std::io::Error| PayloadError::Zstd(e.to_string());
    ENCODER.with_borrow_mut(|kept| {
        let encoder = match kept {
            Some(encoder) => encoder,
            None => kept.insert(zstd::bulk::Compressor::new(level).map_err(wrong)?),
        };
        encoder.set_compression_level(level).map_err(wrong)?;
        encoder.compress_to_buffer(elements, out).map_err(wrong)
    })
}

/// Unpacks one zstd frame into exactly `out`.
pub(super) fn unpack(payload: &[u8], out: &mut [u8]) -> Result<(), PayloadError> {
    check_frame(payload, out.len() as u64)?;
    let wrong = |e: std::io::Error| PayloadError::Zstd(e.to_string());
    let n = DECODER.with_borrow_mut(|kept| {
        let decoder = match kept {
            Some(decoder) => decoder,
            None => kept.insert(zstd::bulk::Decompressor::new().map_err(wrong)?),
        };
        decoder.decompress_to_buffer(payload, out).map_err(wrong)
    })?;
    match n as u64 {
        found if found == out.len() as u64 => Ok(()),
        found => Err(PayloadError::ContentSize { expected: out.len() as u64, found: Some(found) }),
    }
}

/// Checks that frames of zstd, from any writer, unpack to at most `most` bytes, before room is made for what they claim.
/// Frames that do not say how many bytes they hold are unpacked once and counted.
///
/// # Errors
/// When they hold more, or are damaged.
pub fn check_zstd(frames: &[u8], most: u64) -> Result<(), PayloadError> {
    let too_long = |found| Err(PayloadError::ContentSize { expected: most, found });
    if let (Ok(Some(size)), Ok(length)) =
        (zstd_safe::get_frame_content_size(frames), zstd_safe::find_frame_compressed_size(frames))
        && length == frames.len()
    {
        return if size <= most { Ok(()) } else { too_long(Some(size)) };
    }
    let wrong = |e: std::io::Error| PayloadError::Zstd(e.to_string());
    let mut decoder = zstd::stream::Decoder::with_buffer(frames).map_err(wrong)?;
    decoder.window_log_max(ZSTD_WINDOW_MAX.ilog2()).map_err(wrong)?;
    let found =
        std::io::copy(&mut decoder.take(most.saturating_add(1)), &mut std::io::sink()).map_err(wrong)?;
    if found <= most { Ok(()) } else { too_long(None) }
}

/// Checks that a payload is exactly one plain frame of `expected` decoded bytes, before any of it is decoded.
fn check_frame(payload: &[u8], expected: u64) -> Result<(), PayloadError> {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    if !payload.starts_with(&MAGIC) {
        return Err(PayloadError::NotZstd);
    }
    let size = zstd_safe::get_frame_content_size(payload).map_err(|_| PayloadError::NotZstd)?;
    if size != Some(expected) {
        return Err(PayloadError::ContentSize { expected, found: size });
    }
    if let Some(id) = zstd_safe::get_dict_id_from_frame(payload) {
        return Err(PayloadError::Dictionary(id.get()));
    }
    match window(payload) {
        found if found > ZSTD_WINDOW_MAX => return Err(PayloadError::Window { found }),
        _ => {}
    }
    let stored = payload.len() as u64;
    match zstd_safe::find_frame_compressed_size(payload) {
        Ok(frame) if frame as u64 == stored => Ok(()),
        Ok(frame) => Err(PayloadError::Trailing { frame: frame as u64, stored }),
        Err(_) => Err(PayloadError::Trailing { frame: 0, stored }),
    }
}

/// The window of a frame (RFC 8878, 3.1.1.1.2); 0 for a single segment, which needs no other window.
fn window(payload: &[u8]) -> u64 {
    let (Some(&descriptor), Some(&window)) = (payload.get(4), payload.get(5)) else { return 0 };
    let single_segment = descriptor & 0x20 != 0;
    if single_segment {
        return 0;
    }
    let base = 1u64 << (10 + u32::from(window >> 3));
    base + base / 8 * u64::from(window & 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_others_hold_no_more_than_they_may() {
        let elements: Vec<u8> = (0..9000u32).map(|k| (k % 251) as u8).collect();
        let known = zstd::bulk::compress(&elements, 3).unwrap();
        let unknown = zstd::stream::encode_all(&elements[..], 3).unwrap();
        let two = [&known[..], &unknown[..]].concat();
        // 2^62 bytes, says the header
        let bomb = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &(1u64 << 62).to_le_bytes(), &[1, 0, 0]].concat();
        for frames in [&known, &unknown] {
            assert_eq!(check_zstd(frames, 9000), Ok(()));
            assert!(check_zstd(frames, 8999).is_err());
        }
        assert_eq!(check_zstd(&two, 18_000), Ok(()));
        assert!(check_zstd(&two, 17_999).is_err());
        assert!(check_zstd(&bomb, 9000).is_err());
        assert!(check_zstd(&unknown[..unknown.len() - 3], 9000).is_err());
        assert!(check_zstd(b"no frame", 9000).is_err());
    }

    #[test]
    fn frames_are_checked_before_decoding() {
        let elements = vec![5u8; 1000];
        let mut packed = vec![0; zstd_safe::compress_bound(1000)];
        let n = pack(1, &elements, &mut packed).unwrap();
        packed.truncate(n);
        let mut out = vec![0; 1000];
        unpack(&packed, &mut out).unwrap();
        assert_eq!(out, elements);
        let size = PayloadError::ContentSize { expected: 999, found: Some(1000) };
        assert_eq!(unpack(&packed, &mut out[..999]), Err(size));
        let trailing = [packed.clone(), vec![0]].concat();
        assert!(matches!(unpack(&trailing, &mut out), Err(PayloadError::Trailing { .. })));
        let twice = [packed.clone(), packed.clone()].concat();
        assert!(matches!(unpack(&twice, &mut out), Err(PayloadError::Trailing { .. })));
        assert!(matches!(unpack(&packed[..n - 1], &mut out), Err(PayloadError::Trailing { .. })));
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9], packed.as_slice()].concat();
        assert_eq!(unpack(&skippable, &mut out), Err(PayloadError::NotZstd));
        // Frames made by hand: header descriptor, window, dictionary, content size, one RLE block of 1000 bytes.
        let block = [(1000u32 << 3 | 2 | 1).to_le_bytes()[..3].to_vec(), vec![5]].concat();
        let magic = [0x28, 0xb5, 0x2f, 0xfd];
        let no_size = [&magic[..], &[0x00, 0x58], &block].concat();
        let expected = Err(PayloadError::ContentSize { expected: 1000, found: None });
        assert_eq!(unpack(&no_size, &mut out), expected);
        let size = 1000u32.to_le_bytes();
        let sized = [&magic[..], &[0x80, 0x58], &size, &block].concat();
        assert_eq!(unpack(&sized, &mut out), Ok(()));
        let dictionary = [&magic[..], &[0x81, 0x58, 7], &size, &block].concat();
        assert_eq!(unpack(&dictionary, &mut out), Err(PayloadError::Dictionary(7)));
        let window = [&magic[..], &[0x80, 0xa0], &size, &block].concat();
        assert_eq!(unpack(&window, &mut out), Err(PayloadError::Window { found: 1 << 30 }));
    }
}
