//! Payloads of every codec.

use arrstore_format::{Codec, DType, Meta};
use arrstore_tests::forge::{ENTRIES, Forge};

use crate::{CRC, LEN, Made, large, le, touch};

/// An array of one chunk of `n` bytes, packed.
fn packed(codec: Codec, n: u64) -> Forge {
    let data: Vec<u8> = (0..n).map(|k| (k / 7) as u8).collect();
    Forge::of(Meta::new(DType::U8, &[n], &[n]).encoded(codec, false), &data)
}

pub(crate) fn payloads(made: &mut Made) {
    made.plain(touch("PayloadError::StoredLength"), "raw-length", |f| {
        f.put(f.leaf + ENTRIES + LEN, &le(5));
    });
    made.plain(touch("PayloadError::Crc"), "raw-crc", |f| {
        f.put(f.leaf + ENTRIES + CRC, &[0; 4]);
    });
    let mut piece = large();
    let at = u64::from_le_bytes(*piece.bytes[piece.leaf + ENTRIES..].first_chunk().unwrap()) as usize;
    piece.put(at + 200_000, &[0xff]);
    made.save(touch("PayloadError::PieceCrc"), "raw-piece-crc", &piece.bytes);
    let mut table = large();
    table.put(at + (1 << 20) + 64 + 3, &[0xff]);
    made.save(touch("PayloadError::Crc"), "raw-table-crc", &table.bytes);
    let with = |payload: Vec<u8>| {
        move |f: &mut Forge| {
            f.replace_payload(&payload);
        }
    };
    let bools = Forge::of(Meta::new(DType::Bool, &[4], &[4]), &[0, 1, 1, 0]);
    made.changed(touch("PayloadError::Bool"), "bool-raw", bools, with(vec![0, 1, 2, 0]));
    let bools =
        Forge::of(Meta::new(DType::Bool, &[32], &[32]).encoded(Codec::Lz4, false), &[[0, 1]; 16].concat());
    let token = [&[0xf0, 17][..], &[1; 31], &[255]].concat();
    made.changed(touch("PayloadError::Bool"), "bool-encoded", bools, with(token));
    let shuffled =
        Forge::of(Meta::new(DType::U16, &[4], &[4]).encoded(Codec::None, true), &[1, 0, 2, 0, 3, 0, 4, 0]);
    made.changed(touch("PayloadError::StoredLength"), "shuffled-length", shuffled, with(vec![1; 9]));
    zstd_payloads(made);
    lz4_payloads(made);
    pco_payloads(made);
}

fn zstd_payloads(made: &mut Made) {
    let level = Codec::Zstd { level: 1 };
    let mut zstd = |error: &'static str, name: &str, payload: Vec<u8>| {
        let forge = packed(level, 1000);
        made.changed(touch(error), &format!("zstd-{name}"), forge, |f| {
            f.replace_payload(&payload);
        });
    };
    let frame = packed(level, 1000).payload();
    let crc = frame.len();
    // Frames made by hand: header descriptor, window, dictionary, content size, a block of 1000 bytes alike.
    let block = [(1000u32 << 3 | 2 | 1).to_le_bytes()[..3].to_vec(), vec![5]].concat();
    let size = 1000u32.to_le_bytes();
    let of = |parts: &[&[u8]]| [&[0x28, 0xb5, 0x2f, 0xfd], parts.concat().as_slice(), &block].concat();
    zstd("PayloadError::NotZstd", "magic", [b"zstd", &frame[4..]].concat());
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9], frame.as_slice()].concat();
    zstd("PayloadError::NotZstd", "skippable", skippable);
    zstd("PayloadError::ContentSize", "no-content-size", of(&[&[0x00, 0x58]]));
    zstd("PayloadError::ContentSize", "other-content-size", of(&[&[0x80, 0x58], &999u32.to_le_bytes()]));
    zstd("PayloadError::ContentSize", "content-size-of-gigabytes", of(&[&[0x80, 0x58], &[0xff; 4]]));
    zstd("PayloadError::NotZstd", "reserved-bit", of(&[&[0x88, 0x58], &size]));
    zstd("PayloadError::Dictionary", "dictionary", of(&[&[0x81, 0x58, 7], &size]));
    zstd("PayloadError::Window", "window", of(&[&[0x80, 0x89], &size]));
    zstd("PayloadError::Trailing", "cut", frame[..crc - 1].to_vec());
    zstd("PayloadError::Trailing", "behind", [&frame[..], &[0]].concat());
    zstd("PayloadError::Trailing", "two-frames", [&frame[..], &frame].concat());
    zstd("PayloadError::TooLong", "too-long", [&frame[..], &vec![0; 2000]].concat());
    // What the frame decodes to is shorter than it says.
    let short = [(999u32 << 3 | 2 | 1).to_le_bytes()[..3].to_vec(), vec![5]].concat();
    let short = [&[0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x58][..], &size, &short].concat();
    zstd("PayloadError::Zstd", "decodes-shorter", short);
    // A block of the reserved type.
    let reserved = [&[0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x58][..], &size, &[7, 0, 0]].concat();
    zstd("PayloadError::Trailing", "reserved-block", reserved);
}

fn lz4_payloads(made: &mut Made) {
    let mut lz4 = |error: &'static str, name: &str, size: u64, payload: &[u8]| {
        let data: Vec<u8> = (0..size).map(|k| k as u8).collect();
        let forge = Forge::of(Meta::new(DType::U8, &[size], &[size]).encoded(Codec::Lz4, false), &data);
        made.changed(touch(error), &format!("lz4-{name}"), forge, |f| {
            f.replace_payload(payload);
        });
    };
    // Eight literals, a copy of some bytes from `offset` bytes back, and literals.
    let block = |offset: u16, copied: u8, last: u8| {
        let head = [&[0x80 | (copied - 4)][..], b"abcdefgh", &offset.to_le_bytes(), &[last << 4]].concat();
        [head, vec![b'x'; usize::from(last)]].concat()
    };
    lz4("PayloadError::Lz4Offset", "offset-0", 20, &block(0, 7, 5));
    lz4("PayloadError::Lz4Offset", "offset-before-the-chunk", 20, &block(9, 7, 5));
    lz4("PayloadError::Lz4Offset", "offset-65535", 20, &block(u16::MAX, 7, 5));
    lz4(
        "PayloadError::Lz4Offset",
        "match-first",
        20,
        &[0x00, 1, 0, 0xc0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    );
    lz4("PayloadError::Lz4End", "match-begins-late", 17, &block(8, 4, 5));
    lz4("PayloadError::Lz4End", "match-ends-late", 20, &block(8, 8, 4));
    lz4(
        "PayloadError::Lz4End",
        "match-is-too-long",
        20,
        &[&[0x8f][..], b"abcdefgh", &[1, 0, 255, 255, 0, 0x50], b"xxxxx"].concat(),
    );
    let whole = block(8, 7, 5);
    lz4("PayloadError::Lz4", "cut-in-literals", 20, &whole[..whole.len() - 1]);
    lz4("PayloadError::Lz4", "cut-in-an-offset", 20, &whole[..10]);
    lz4("PayloadError::Lz4", "cut-behind-a-match", 20, &whole[..11]);
    lz4("PayloadError::Lz4", "length-without-end", 20, &[0xff; 20]);
    lz4("PayloadError::Decoded", "decodes-shorter", 21, &whole);
    lz4("PayloadError::Decoded", "decodes-longer", 20, &block(8, 7, 6));
    lz4("PayloadError::Decoded", "literals-alone", 20, &[0x50, 1, 2, 3, 4, 5]);
    lz4("PayloadError::TooLong", "too-long", 20, &[0; 37]);
}

fn pco_payloads(made: &mut Made) {
    let level = Codec::Pco { level: 4 };
    let mut pco = |error: &'static str, name: &str, payload: Vec<u8>| {
        let forge = packed(level, 1000);
        made.changed(touch(error), &format!("pco-{name}"), forge, |f| {
            f.replace_payload(&payload);
        });
    };
    let file = packed(level, 1000).payload();
    let other = |dtype: DType, n: u64| {
        let data: Vec<u8> = (0..n * dtype.size() as u64).map(|k| (k / 7) as u8).collect();
        Forge::of(Meta::new(dtype, &[n], &[n]).encoded(level, false), &data).payload()
    };
    pco("PayloadError::Pco", "magic", [b"PCO!", &file[4..]].concat());
    pco("PayloadError::Pco", "version", [&file[..4], &[4], &file[5..]].concat());
    pco("PayloadError::Pco", "cut", file[..file.len() - 1].to_vec());
    pco("PayloadError::Pco", "behind", [&file[..], &[0]].concat());
    pco("PayloadError::Pco", "more-numbers", other(DType::U8, 1001));
    pco("PayloadError::Pco", "other-type", other(DType::U16, 1000));
    pco("PayloadError::Decoded", "fewer-numbers", other(DType::U8, 999));
    pco("PayloadError::TooLong", "stored-too-long", vec![0; 1257]);
}
