//! Records, references to blocks, and names.

use arrstore_tests::forge::{ATTRIBUTES, Forge, NAMES, RECORD_META, SLOTS};

use crate::{LEN, Made, RECORD_ENTRY, le, plain, touch, verify};

pub(crate) fn blocks(made: &mut Made) {
    for (name, field) in [("names", NAMES), ("attributes", ATTRIBUTES)] {
        let reference = |at: usize, bytes: &[u8]| {
            let bytes = bytes.to_vec();
            move |f: &mut Forge| {
                f.put_slot(field + at, &bytes);
            }
        };
        let mut place = |what: &str, at, bytes: &[u8]| {
            made.plain(touch("BlockPlace"), &format!("{name}-{what}"), reference(at, bytes));
        };
        place("overflow", 0, &le(u64::MAX - 63));
        place("behind-the-end", 0, &le(1 << 40));
        place("in-the-slots", 0, &le(4096));
        place("unaligned", 0, &[1]);
        place("length-0", 8, &[0; 4]);
        place("length-beyond", 8, &[0xff; 4]);
        place("nothing-with-a-length", 0, &[0; 8]);
    }
    let crc = |made: &mut Made, name: &str, at: &dyn Fn(&Forge) -> usize| {
        let mut forge = plain();
        forge.checksums();
        let at = at(&forge);
        let flipped = !forge.bytes[at];
        forge.put(at, &[flipped]);
        made.save(touch("BlockCrc"), name, &forge.bytes);
    };
    crc(made, "record-crc", &|f| f.record + 50);
    crc(made, "metadata-crc", &|f| f.meta().0 + 56);
    crc(made, "names-crc", &|f| f.block(SLOTS[0] + NAMES).0 + 27);
    crc(made, "attributes-crc", &|f| f.block(SLOTS[0] + ATTRIBUTES).0 + 2);
    let record = |at: usize, bytes: &'static [u8]| {
        move |f: &mut Forge| {
            f.put(f.record + at, bytes);
        }
    };
    made.plain(touch("RecordError::Magic"), "record-magic", record(0, b"X"));
    made.plain(touch("RecordError::Id"), "record-id", record(8, &[2]));
    made.plain(touch("RecordError::Reserved"), "record-reserved-4", record(4, &[1]));
    made.plain(touch("RecordError::Reserved"), "record-reserved-64", record(64, &[1]));
    made.plain(touch("RecordError::Reserved"), "record-reserved-127", record(127, &[1]));
    made.plain(touch("RecordError::Length"), "record-length", |f| {
        f.put(f.table + RECORD_ENTRY + LEN, &le(64));
    });
    made.plain(verify("Counts"), "record-chunks", record(48, &[7]));
    made.plain(verify("Counts"), "record-stored", record(56, &[7]));
    made.plain(touch("MetaError::Length"), "metadata-nothing", record(RECORD_META, &[0; 16]));
    made.plain(touch("MetaError::TooLong"), "metadata-length", record(RECORD_META + 8, &[1, 0, 0, 1]));
}

/// A name block.
fn name_block(items: &[(u64, &[u8])]) -> Vec<u8> {
    let item = |(id, name): &(u64, &[u8])| {
        [&id.to_le_bytes()[..], &(name.len() as u16).to_le_bytes(), name].concat()
    };
    let head = [b"NAME\0\0\0\0".to_vec(), le(items.len() as u64).to_vec()];
    head.into_iter().chain(items.iter().map(item)).flatten().collect()
}

pub(crate) fn names(made: &mut Made) {
    let with = |block: Vec<u8>, arrays: u64| {
        move |f: &mut Forge| {
            f.replace_slot_block(NAMES, &block).put_slot(72, &le(arrays)).put_slot(80, &le(9));
        }
    };
    let of = |items: &[(u64, &[u8])]| with(name_block(items), items.len() as u64);
    let mut magic = name_block(&[(1, b"/a")]);
    magic[0] = b'X';
    made.plain(touch("NamesError::Magic"), "names-magic", with(magic, 1));
    let mut reserved = name_block(&[(1, b"/a")]);
    reserved[5] = 1;
    made.plain(touch("NamesError::Length"), "names-reserved", with(reserved, 1));
    let cut = name_block(&[(1, b"/a")]);
    made.plain(touch("NamesError::Length"), "names-cut", with(cut[..cut.len() - 1].to_vec(), 1));
    let behind = [name_block(&[(1, b"/a")]), vec![0]].concat();
    made.plain(touch("NamesError::Length"), "names-behind", with(behind, 1));
    made.plain(touch("NamesError::Count"), "names-count", with(name_block(&[(1, b"/a")]), 2));
    made.plain(touch("NamesError::Order"), "names-order", of(&[(1, b"/b"), (2, b"/a")]));
    made.plain(touch("NamesError::Order"), "names-twice", of(&[(1, b"/a"), (2, b"/a")]));
    made.plain(touch("NamesError::Id"), "names-id-0", of(&[(0, b"/a")]));
    made.plain(touch("NamesError::Id"), "names-id-beyond", of(&[(9, b"/a")]));
    made.plain(touch("NamesError::Id"), "names-id-twice", of(&[(1, b"/a"), (1, b"/b")]));
    made.plain(touch("NamesError::Nested"), "names-nested", of(&[(1, b"/a"), (2, b"/a/b")]));
    made.plain(
        touch("NamesError::Nested"),
        "names-nested-apart",
        of(&[(1, b"/a"), (2, b"/a b"), (3, b"/a/b/c")]),
    );
    made.plain(touch("NoArrayId"), "name-without-record", of(&[(1, b"/a"), (8, b"/b")]));
    made.plain(touch("MetaError::OtherName"), "name-of-another", of(&[(1, b"/b")]));
    made.plain(verify("Nameless"), "record-without-name", |f| {
        f.put_slot(72, &le(0)).put_slot(NAMES, &[0; 16]);
    });
    let long = [b"/".to_vec(), vec![b'x'; 4096]].concat();
    let spellings: [(&str, &str, &[u8]); 13] = [
        ("empty", "NameError::Empty", b""),
        ("relative", "NameError::Relative", b"a"),
        ("relative-control", "NameError::Relative", b"\x1b[31m"),
        ("root", "NameError::EmptyPart", b"/"),
        ("empty-part", "NameError::EmptyPart", b"/a//b"),
        ("slash-at-the-end", "NameError::EmptyPart", b"/a/"),
        ("dot", "NameError::Dots", b"/./a"),
        ("dots", "NameError::Dots", b"/a/.."),
        ("nul", "NameError::Control", b"/a\0"),
        ("escape", "NameError::Control", b"/\x1b[2J"),
        ("c1", "NameError::Control", "/\u{9b}2J".as_bytes()),
        ("utf8", "NameError::Utf8", b"/\xed\xa0\x80"),
        ("long", "NameError::TooLong", &long),
    ];
    for (name, error, spelling) in spellings {
        made.plain(touch(error), &format!("name-{name}"), of(&[(1, spelling)]));
    }
}
