//! The fixed part: the header and the slots.

use arrstore_tests::forge::{Forge, LENGTH, PAGE, SLOTS};

use crate::{FIXED, Made, le, open, plain, unknown, verify};

pub(crate) fn headers(made: &mut Made) {
    let mut whole = plain();
    whole.checksums();
    made.save(open("HeaderError::Empty"), "empty", &[]);
    made.save(open("HeaderError::TooShort"), "short", &whole.bytes[..5000]);
    made.save(open("HeaderError::TooShort"), "header-alone", &whole.bytes[..PAGE]);
    made.plain(open("HeaderError::Magic"), "magic", |f| {
        f.put(0, b"GIF89a..");
    });
    for (name, magic) in [
        ("mangled-high-bit", b"\x09ARS\r\n\x1a\n"),
        ("mangled-line-ends", b"\x89ARS\n\n\x1a\n"),
        ("mangled-utf8", b"\xc2\x89ARS\r\n\x1a"),
    ] {
        made.plain(open("HeaderError::MangledMagic"), name, |f| {
            f.put(0, magic);
        });
    }
    made.plain(open("HeaderError::ByteOrder"), "byte-order", |f| {
        f.put(8, &[1, 2, 3, 4]);
    });
    made.plain(unknown("open", "HeaderError::Version"), "header-version", |f| {
        f.put(12, &[2]);
    });
    made.plain(open("HeaderError::PageSize"), "page-size", |f| {
        f.put(14, &[13]);
    });
    made.plain(open("HeaderError::Padding"), "header-reserved", |f| {
        f.put(3000, &[1]);
    });
    whole.put(20, &[0xff]);
    made.save(open("HeaderError::Crc"), "header-crc", &whole.bytes);
}

pub(crate) fn slots(made: &mut Made) {
    let field = |at: usize, bytes: Vec<u8>| {
        move |f: &mut Forge| {
            f.put_slot(at, &bytes);
        }
    };
    made.plain(open("SlotError::Uuid"), "slot-uuid", field(16, vec![7; 16]));
    made.plain(open("SlotError::Parity"), "slot-parity", field(8, le(2).to_vec()));
    made.plain(open("SlotError::Sequence"), "slot-commit-0", field(8, le(0).to_vec()));
    made.plain(open("SlotError::Sequence"), "slot-commit-beyond", field(8, le((1 << 62) + 1).to_vec()));
    made.plain(unknown("open", "SlotError::Major"), "slot-major", field(32, vec![2]));
    made.plain(unknown("open", "SlotError::Incompatible"), "slot-incompat-0", field(56, vec![1]));
    made.plain(unknown("open", "SlotError::Incompatible"), "slot-incompat-63", field(63, vec![0x80]));
    made.plain(unknown("write", "SlotError::ReadOnlyCompatible"), "slot-ro-compat", field(48, vec![1]));
    for (name, length) in [
        ("slot-length-0", 0),
        ("slot-length-short", FIXED - PAGE as u64),
        ("slot-length-odd", FIXED + 1),
        ("slot-length-beyond", 1 << 62),
    ] {
        made.plain(open("SlotError::Length"), name, field(LENGTH, le(length).to_vec()));
    }
    made.plain(
        open("SlotError::Truncated"),
        "slot-longer-than-the-file",
        field(LENGTH, le(1 << 30).to_vec()),
    );
    let cut = plain();
    made.save(open("SlotError::Truncated"), "cut", &cut.bytes[..cut.bytes.len() - PAGE]);
    made.plain(open("SlotError::ArrayCount"), "slot-arrays", field(72, le(9).to_vec()));
    made.plain(open("SlotError::ArrayCount"), "slot-next-id-0", field(80, le(0).to_vec()));
    made.plain(open("SlotError::ArrayCount"), "slot-next-id-beyond", field(80, le((1 << 48) + 1).to_vec()));
    made.plain(open("SlotError::Malformed"), "slot-flags", field(36, vec![2]));
    made.plain(open("SlotError::Malformed"), "slot-reserved", field(3000, vec![1]));
    made.plain(open("SlotError::Malformed"), "slot-producer-long", field(160, vec![129]));
    made.plain(open("SlotError::Malformed"), "slot-producer-utf8", field(162, vec![0xff]));
    made.plain(open("SlotError::NoneValid"), "slot-none", field(0, vec![0; PAGE]));
    made.plain(open("SlotError::CopiesDiffer"), "slot-copies-differ", |f| {
        f.put(SLOTS[1] + 40, &[1]);
    });
    let mut torn = plain();
    torn.checksums().put(SLOTS[1] + 512, &[1; 512]);
    made.save(verify("SlotPage"), "slot-page", &torn.bytes);
    torn.put(SLOTS[0] + 512, &[1; 512]);
    made.save(open("SlotError::NoneValid"), "slot-crc", &torn.bytes);
}
