//! Nodes and entries.

use arrstore_format::{Codec, DType, Meta};
use arrstore_tests::forge::{ENTRIES, Forge, MetaParts, PAGE, RECORD_INDEX};

use crate::{
    BIRTH, FIXED, LEN, Made, RECORD_ENTRY, STATE, large, le, one_chunk, plain, touch, unknown, verify,
};

pub(crate) fn trees(made: &mut Made) {
    // Of the chunk index, and of the array table.
    for tree in ["index", "table"] {
        let node = |at: usize, bytes: &'static [u8]| {
            move |f: &mut Forge| {
                let page = if tree == "index" { f.leaf } else { f.table };
                f.put(page + at, bytes);
            }
        };
        let mut name = |what: &str, error: &'static str, at, bytes| {
            made.plain(touch(error), &format!("{tree}-{what}"), node(at, bytes));
        };
        name("magic", "NodeError::Magic", 0, b"NEDO");
        name("level", "NodeError::Level", 4, &[1]);
        name("kind", "NodeError::Kind", 5, &[3]);
        name("reserved", "NodeError::Reserved", 6, &[1]);
        name("owner", "NodeError::Owner", 8, &[9]);
        name("first", "NodeError::First", 16, &[127]);
        name("birth-later", "NodeError::Birth", 24, &[2]);
        name("birth-0", "NodeError::Birth", 24, &[0]);
        let mut crc = plain();
        crc.checksums();
        node(4000, &[1])(&mut crc);
        made.save(touch("NodeError::Crc"), &format!("{tree}-crc"), &crc.bytes);
        let root = |at: usize, bytes: &[u8]| {
            let bytes = bytes.to_vec();
            move |f: &mut Forge| {
                match tree {
                    "index" => f.put(f.record + RECORD_INDEX + at, &bytes),
                    _ => f.put_slot(88 + at, &bytes),
                };
            }
        };
        let mut root_is = |what: &str, error: &'static str, at, bytes: &[u8]| {
            made.plain(touch(error), &format!("{tree}-root-{what}"), root(at, bytes));
        };
        root_is("height-8", "NodeError::Height", 12, &[8]);
        root_is("height-0", "NodeError::Null", 12, &[0]);
        root_is("nothing", "NodeError::Null", 0, &[0; 8]);
        root_is("too-high", "NodeError::Level", 12, &[2]);
        root_is("unaligned", "NodeError::Offset", 0, &[64]);
        root_is("in-the-slots", "NodeError::Offset", 0, &le(4096));
        root_is("behind-the-end", "NodeError::Offset", 0, &le(1 << 40));
        root_is("overflows", "NodeError::Offset", 0, &le(u64::MAX - 4095));
    }
    made.plain(touch("NodeError::Null"), "index-root-nothing-with-crc", |f| {
        let root = f.record + RECORD_INDEX;
        f.put(root, &[0; 8]).put(root + 12, &[0; 4]);
    });
    // The leaf becomes an inner node.
    let inner = |child: [u8; 16]| {
        move |f: &mut Forge| {
            let leaf = f.leaf;
            f.put(leaf + 4, &[1]).put(leaf + ENTRIES, &[0; 64]).put(leaf + ENTRIES, &child);
            f.put(f.record + RECORD_INDEX + 12, &[2]);
        }
    };
    made.plain(touch("NodeError::Null"), "child-nothing-with-crc", inner((1u128 << 64).to_le_bytes()));
    made.plain(touch("NodeError::Reserved"), "child-reserved", inner((1u128 << 96).to_le_bytes()));
    made.plain(touch("NodeError::Offset"), "child-in-the-slots", inner(4096u128.to_le_bytes()));
    let own = plain().leaf as u128;
    // Its own checksum cannot stand in a node; so its checksum is wrong, and its level.
    made.plain(touch("NodeError::Level"), "child-is-its-parent", inner(own.to_le_bytes()));
}

pub(crate) fn entries(made: &mut Made) {
    let field = |at: usize, bytes: &[u8]| {
        let bytes = bytes.to_vec();
        move |f: &mut Forge| {
            f.put(f.leaf + ENTRIES + at, &bytes);
        }
    };
    made.plain(unknown("touch", "EntryError::State"), "entry-state", field(STATE, &[5]));
    made.plain(touch("EntryError::StateHere"), "entry-encoded-in-raw", field(STATE, &[2]));
    made.plain(touch("EntryError::StateHere"), "entry-record-in-index", field(STATE, &[4]));
    made.plain(touch("EntryError::StateHere"), "entry-raw-in-table", |f| {
        f.put(f.table + RECORD_ENTRY + STATE, &[1]);
    });
    let encoded = Meta::new(DType::U8, &[8], &[8]).encoded(Codec::Lz4, false);
    let lz4 = Forge::of(encoded, &[1, 2, 3, 4, 5, 6, 7, 8]);
    made.changed(touch("EntryError::StateHere"), "entry-raw-in-encoded", lz4, field(STATE, &[1]));
    made.plain(touch("EntryError::Reserved"), "entry-missing-not-zero", field(STATE, &[0]));
    made.plain(touch("EntryError::Reserved"), "entry-constant-crc", field(STATE, &[3]));
    for (name, dtype, value) in [
        ("entry-constant-behind", DType::U8, [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ("entry-constant-bool", DType::Bool, [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        let constant = Forge::of(Meta::new(dtype, &[4], &[4]), &[1; 4]);
        made.changed(touch("EntryError::Reserved"), name, constant, field(0, &value));
    }
    made.plain(touch("EntryError::Birth"), "entry-birth-later", field(BIRTH, &[2]));
    made.plain(touch("EntryError::Birth"), "entry-birth-0", field(BIRTH, &[0]));
    made.plain(touch("EntryError::Extent"), "entry-at-0", field(0, &le(0)));
    made.plain(touch("EntryError::Extent"), "entry-in-the-slots", field(0, &le(FIXED - 64)));
    made.plain(touch("EntryError::Extent"), "entry-behind-the-end", field(0, &le(1 << 50)));
    made.plain(touch("EntryError::Extent"), "entry-overflows", field(0, &le(u64::MAX - 63)));
    made.plain(touch("EntryError::Extent"), "entry-length-0", field(LEN, &le(0)));
    made.plain(touch("EntryError::Extent"), "entry-length-beyond", field(LEN, &le(u64::MAX)));
    made.plain(touch("EntryError::Alignment"), "entry-unaligned", field(0, &[1]));
    let page = one_chunk(8192);
    let at = u64::from_le_bytes(*page.bytes[page.leaf + ENTRIES..].first_chunk().unwrap()) + 64;
    made.changed(touch("EntryError::Alignment"), "entry-not-on-a-page", page, field(0, &le(at)));
    made.changed(touch("EntryError::Extent"), "crc-table-behind-the-end", large(), |f| {
        // The payload ends with the commit's last page, and its table would begin behind that.
        let len = (1 << 20) + PAGE;
        let at = f.append(&vec![0; len]) as u64;
        f.put(f.leaf + ENTRIES, &le(at));
        f.put(f.leaf + ENTRIES + LEN, &le(len as u64));
        let mut meta = MetaParts::of(f);
        for at in [0, 8] {
            meta.axes[at..at + 8].copy_from_slice(&le(len as u64 / 2));
        }
        f.put(f.meta().0, &meta.bytes());
    });
    made.plain(verify("EntryError::OutsideGrid"), "entry-outside-the-grid", |f| {
        let at = f.leaf + ENTRIES;
        let entry = f.bytes[at..][..32].to_vec();
        f.put(at + 5 * 32, &entry).put(at + 32, &[0; 32]);
    });
}
