//! Makes the files that every reader must refuse: `cargo run -p arrstore-tests --example invalid_files`.
//!
//! A file that is there is left as it is, for ever; the manifest is written anew. What each file must be refused with
//! stands here; `tests/invalid.rs` shows that it is.

#![allow(clippy::unwrap_used, reason = "a tool for developers, which fails by panicking")]

use arrstore_format::{Codec, DType, Meta};
use arrstore_tests::forge::{
    ATTRIBUTES, DETAILS, DIMS, ENTRIES, FILL, Forge, JSON, LENGTH, MetaParts, NAME, NAMES, PAGE,
    RECORD_INDEX, RECORD_META, SLOTS,
};
use arrstore_tests::invalid::folder;
use serde_json::{Value as Json, json};

/// The fixed part.
const FIXED: u64 = 5 * PAGE as u64;
/// Fields of an entry.
const LEN: usize = 8;
const CRC: usize = 16;
const STATE: usize = 20;
const BIRTH: usize = 24;
/// The entry of the array's record in the array table.
const RECORD_ENTRY: usize = ENTRIES + 32;

/// What is made: manifest entries, in turn.
#[derive(Default)]
struct Made {
    files: Vec<Json>,
}

impl Made {
    fn save(&mut self, (when, class, error): (&str, &str, &str), name: &str, bytes: &[u8]) {
        let path = folder().join(format!("{name}.arrs.zst"));
        if !path.exists() {
            std::fs::write(&path, zstd::encode_all(bytes, 19).unwrap()).unwrap();
            println!("{name}: {} bytes", bytes.len());
        }
        assert!(self.files.iter().all(|file| file["name"] != name), "{name} twice");
        self.files.push(json!({ "name": name, "when": when, "class": class, "error": error }));
    }

    /// A change of the plain file, with all checksums right.
    fn plain(&mut self, rule: (&str, &str, &str), name: &str, change: impl FnOnce(&mut Forge)) {
        self.changed(rule, name, plain(), change);
    }

    /// A change of a file, with all checksums right.
    fn changed(
        &mut self,
        rule: (&str, &str, &str),
        name: &str,
        mut forge: Forge,
        change: impl FnOnce(&mut Forge),
    ) {
        change(&mut forge);
        forge.checksums();
        self.save(rule, name, &forge.bytes);
    }
}

/// An open, or a touch, that finds a broken rule.
const fn open(error: &str) -> (&str, &str, &str) {
    ("open", "damaged", error)
}
const fn touch(error: &str) -> (&str, &str, &str) {
    ("touch", "damaged", error)
}
const fn verify(error: &str) -> (&str, &str, &str) {
    ("verify", "damaged", error)
}
const fn unknown(when: &'static str, error: &'static str) -> (&'static str, &'static str, &'static str) {
    (when, "unsupported", error)
}

fn le(n: u64) -> [u8; 8] {
    n.to_le_bytes()
}

/// Two raw chunks of four bytes.
fn plain() -> Forge {
    let mut meta = Meta::new(DType::U8, &[8], &[4]);
    meta.dims = vec![Some("x".into())];
    Forge::of(meta, &[1, 2, 3, 4, 5, 6, 7, 8])
}

/// One raw chunk of `n` bytes.
fn one_chunk(n: u64) -> Forge {
    let data: Vec<u8> = (0..n).map(|k| (k % 251) as u8).collect();
    Forge::of(Meta::new(DType::U8, &[n], &[n]), &data)
}

/// One raw chunk with a table of checksums: somewhat more than 1 MiB.
fn large() -> Forge {
    let n = (1 << 19) + 1;
    let data: Vec<u8> = (0..2 * n).map(|k| (k % 251) as u8).collect();
    Forge::of(Meta::new(DType::U16, &[n], &[n]), &data)
}

fn headers(made: &mut Made) {
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

fn slots(made: &mut Made) {
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

fn trees(made: &mut Made) {
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

fn entries(made: &mut Made) {
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

fn blocks(made: &mut Made) {
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

fn names(made: &mut Made) {
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

fn metadata(made: &mut Made) {
    let meta = |change: &dyn Fn(&mut MetaParts)| {
        let mut parts = MetaParts::of(&plain());
        change(&mut parts);
        let block = parts.bytes();
        move |f: &mut Forge| {
            f.replace_block(f.record + RECORD_META, &block);
        }
    };
    let head =
        |at: usize, bytes: &'static [u8]| meta(&|m| m.head[at..at + bytes.len()].copy_from_slice(bytes));
    let axis = |at: usize, n: u64| meta(&|m| m.axes[at..at + 8].copy_from_slice(&le(n)));
    made.plain(touch("MetaError::Magic"), "metadata-magic", head(0, b"X"));
    made.plain(touch("MetaError::ItemSize"), "metadata-item", head(4, &[2]));
    made.plain(touch("MetaError::Id"), "metadata-id", head(8, &[2]));
    for (name, code) in [("0", &[0, 0]), ("16", &[16, 0]), ("21", &[21, 0]), ("65535", &[255, 255])] {
        let name = format!("metadata-type-{name}");
        made.plain(unknown("touch", "MetaError::DType"), &name, head(16, code));
    }
    made.plain(touch("MetaError::Reserved"), "metadata-reserved-18", head(18, &[1]));
    made.plain(touch("MetaError::Reserved"), "metadata-reserved-48", head(48, &[1]));
    made.plain(
        touch("MetaError::Ndim"),
        "metadata-axes-33",
        meta(&|m| {
            m.head[20] = 33;
            m.axes = m.axes.repeat(33);
        }),
    );
    made.plain(touch("MetaError::Length"), "metadata-axes", head(20, &[2]));
    made.plain(unknown("touch", "MetaError::Codec"), "metadata-codec-4", head(21, &[4]));
    made.plain(unknown("touch", "MetaError::Codec"), "metadata-codec-255", head(21, &[255]));
    made.plain(unknown("touch", "MetaError::Filter"), "metadata-filter", head(22, &[2]));
    made.plain(touch("MetaError::Alignment"), "metadata-alignment", head(23, &[12]));
    made.plain(touch("MetaError::Reserved"), "metadata-level-without-codec", head(24, &[1]));
    for (name, codec, level) in
        [("zstd-high", 1, 23), ("zstd-low", 1, -8), ("pco-high", 3, 13), ("pco-low", 3, -1)]
    {
        let level = i32::to_le_bytes(level);
        made.plain(
            touch("MetaError::Level"),
            &format!("metadata-level-{name}"),
            meta(&|m| {
                m.head[21] = codec;
                m.head[24..28].copy_from_slice(&level);
            }),
        );
    }
    made.plain(
        touch("MetaError::Reserved"),
        "metadata-level-lz4",
        meta(&|m| (m.head[21], m.head[24]) = (2, 1)),
    );
    made.plain(
        touch("MetaError::Shuffled"),
        "metadata-pco-shuffled",
        meta(&|m| (m.head[21], m.head[22]) = (3, 1)),
    );
    made.plain(
        touch("MetaError::ChunkTooLong"),
        "metadata-lz4-chunk",
        meta(&|m| {
            m.head[21] = 2;
            m.axes[8..16].copy_from_slice(&le(0x7e00_0001));
        }),
    );
    made.plain(touch("MetaError::Length"), "metadata-cut", |f| {
        let (_, len) = f.meta();
        f.put(f.record + RECORD_META + 8, &(len as u32 - 1).to_le_bytes());
    });
    made.plain(touch("MetaError::Length"), "metadata-short", |f| {
        f.put(f.record + RECORD_META + 8, &40u32.to_le_bytes());
    });
    made.plain(touch("MetaError::Length"), "metadata-parts-overflow", |f| {
        f.put(f.meta().0 + 32, &[0xff; 4]);
    });
    made.plain(touch("MetaError::Overflow"), "array-overflow", axis(0, u64::MAX));
    made.plain(touch("MetaError::Overflow"), "array-of-2-62", axis(0, 1 << 62));
    made.plain(touch("MetaError::Overflow"), "chunk-overflow", axis(8, u64::MAX));
    let two = |lengths: [u64; 2], chunks: [u64; 2], room: u64, order: [u64; 2]| {
        meta(&|m| {
            m.head[20] = 2;
            let fields = [lengths[0], chunks[0], 0, order[0], lengths[1], chunks[1], room, order[1]];
            m.axes = fields.into_iter().flat_map(le).collect();
            m.rest[DIMS] = vec![0xff; 4];
        })
    };
    made.plain(
        touch("MetaError::Overflow"),
        "array-overflow-behind-0",
        two([0, 1 << 62], [1, 1 << 61], 2, [0, 1]),
    );
    made.plain(
        touch("MetaError::Overflow"),
        "chunk-product-overflow",
        two([1, 1], [1 << 31, 1 << 31], 1, [0, 1]),
    );
    made.plain(touch("MetaError::GridTooLarge"), "grid-too-large", axis(0, 1 << 51));
    made.plain(
        touch("MetaError::GridTooLarge"),
        "grid-too-large-by-capacity",
        two([4, 4], [1, 1], 1 << 47, [0, 1]),
    );
    made.plain(touch("MetaError::Capacity"), "capacity-0", two([4, 0], [1, 1], 0, [0, 1]));
    made.plain(touch("MetaError::Capacity"), "capacity-below", two([4, 4], [1, 1], 3, [0, 1]));
    made.plain(touch("MetaError::Order"), "order-twice", two([4, 4], [4, 4], 1, [1, 1]));
    made.plain(touch("MetaError::Order"), "order-beyond", two([4, 4], [4, 4], 1, [0, 2]));
    made.plain(touch("MetaError::Order"), "order-beyond-256", two([4, 4], [4, 4], 1, [0, 257]));
    made.plain(touch("MetaError::ChunkZero"), "chunk-length-0", axis(8, 0));
    made.plain(touch("MetaError::Reserved"), "capacity-of-axis-0", axis(16, 3));
    made.plain(touch("MetaError::Fill"), "fill-length", meta(&|m| m.rest[FILL].push(0)));
    made.plain(touch("MetaError::Fill"), "fill-nothing", meta(&|m| m.rest[FILL].clear()));
    made.plain(
        touch("MetaError::FillBool"),
        "fill-bool",
        meta(&|m| {
            m.head[16] = 1;
            m.rest[FILL] = vec![2];
        }),
    );
    made.plain(touch("NameError::Utf8"), "metadata-name-utf8", meta(&|m| m.rest[NAME] = b"/\xff".to_vec()));
    made.plain(touch("MetaError::OtherName"), "metadata-name", meta(&|m| m.rest[NAME] = b"/ab".to_vec()));
    made.plain(touch("MetaError::Fields"), "metadata-details", meta(&|m| m.rest[DETAILS] = vec![0]));
    let dims = |bytes: &[u8]| meta(&|m| m.rest[DIMS] = bytes.to_vec());
    made.plain(touch("MetaError::Dim"), "axis-name-empty", dims(&[0, 0]));
    made.plain(touch("MetaError::Dim"), "axis-name-utf8", dims(&[1, 0, 0xff]));
    made.plain(touch("MetaError::Dim"), "axis-name-control", dims(&[1, 0, 0x7f]));
    made.plain(touch("MetaError::Dim"), "axis-name-long", dims(&[&[1, 16][..], &[b'x'; 4097]].concat()));
    made.plain(touch("MetaError::Length"), "axis-name-cut", dims(&[3, 0, b'x']));
    made.plain(touch("MetaError::Length"), "axis-names-behind", dims(&[1, 0, b'x', 0]));
    made.plain(
        touch("MetaError::DimTwice"),
        "axis-name-twice",
        meta(&|m| {
            m.head[20] = 2;
            m.axes = [8u64, 4, 0, 0, 1, 1, 1, 1].into_iter().flat_map(le).collect();
            m.rest[DIMS] = [1, 0, b'x', 1, 0, b'x'].to_vec();
        }),
    );
}

fn attributes(made: &mut Made) {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(127), "]".repeat(127));
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(8 << 20));
    let texts: [(&str, &str, &[u8]); 24] = [
        ("utf8", "Utf8", b"{\"a\":\"\xff\"}"),
        ("surrogate-in-utf8", "Utf8", b"{\"a\":\"\xed\xa0\x80\"}"),
        ("overlong-utf8", "Utf8", b"{\"a\":\"\xc0\xaf\"}"),
        ("long", "TooLong", long.as_bytes()),
        ("list", "Json", b"[1]"),
        ("number", "Json", b"1"),
        ("open", "Json", b"{\"a\":1"),
        ("twice", "Json", b"{} {}"),
        ("comma", "Json", b"{\"a\":1,}"),
        ("mark", "Json", b"\xef\xbb\xbf{}"),
        ("blank", "Json", b" "),
        ("single-quotes", "Json", b"{'a':1}"),
        ("comment", "Json", b"{\"a\":1/**/}"),
        ("key-twice", "Json", b"{\"a\":{\"b\":1,\"c\":2,\"b\":3}}"),
        ("key-twice-escaped", "Json", b"{\"a\":1,\"\\u0061\":2}"),
        ("nan", "Json", b"{\"a\":NaN}"),
        ("infinity", "Json", b"{\"a\":-Infinity}"),
        ("beyond-binary64", "Json", b"{\"a\":1e309}"),
        ("leading-zero", "Json", b"{\"a\":01}"),
        ("no-fraction", "Json", b"{\"a\":1.}"),
        ("control", "Json", b"{\"a\":\"\x1b\"}"),
        ("high-surrogate", "Json", b"{\"a\":\"\\ud800\"}"),
        ("low-surrogate", "Json", b"{\"a\":\"\\udc00\\ud800\"}"),
        ("deep", "Json", deep.as_bytes()),
    ];
    for (name, error, text) in texts {
        let error = format!("AttributesError::{error}");
        let mut parts = MetaParts::of(&plain());
        parts.rest[JSON] = text.to_vec();
        let block = parts.bytes();
        made.plain(touch(&error), &format!("attributes-of-array-{name}"), |f| {
            f.replace_block(f.record + RECORD_META, &block);
        });
        if name != "long" {
            made.plain(touch(&error), &format!("attributes-of-file-{name}"), |f| {
                f.replace_slot_block(ATTRIBUTES, text);
            });
        }
    }
}

/// An array of one chunk of `n` bytes, packed.
fn packed(codec: Codec, n: u64) -> Forge {
    let data: Vec<u8> = (0..n).map(|k| (k / 7) as u8).collect();
    Forge::of(Meta::new(DType::U8, &[n], &[n]).encoded(codec, false), &data)
}

fn payloads(made: &mut Made) {
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

fn whole(made: &mut Made) {
    made.plain(verify("Overlap"), "two-chunks-in-one-place", |f| {
        let entry = f.bytes[f.leaf + ENTRIES..][..32].to_vec();
        f.put(f.leaf + ENTRIES + 32, &entry);
    });
    let compact = || Forge::sealed(Meta::new(DType::U8, &[8], &[4]), &[1, 2, 3, 4, 5, 6, 7, 8]);
    let mut gap = compact();
    let at = gap.bytes.len() - 1;
    let free = (0..at)
        .rev()
        .find(|&at| at % 64 == 63 && at > gap.leaf + PAGE && gap.bytes[at - 63..=at].iter().all(|b| *b == 0));
    let free = free.unwrap_or(gap.block(SLOTS[0] + NAMES).0 + 63);
    gap.put(free, &[1]);
    made.save(verify("NotZero"), "sealed-gap", &gap.bytes);
    let mut slot = compact();
    slot.put(PAGE + 100, &[1]);
    made.save(verify("NotZero"), "sealed-other-slot", &slot.bytes);
    let mut copy = compact();
    copy.put(SLOTS[1], &[0; PAGE]);
    made.save(verify("SlotPage"), "sealed-without-a-copy", &copy.bytes);
}

fn main() {
    let mut made = Made::default();
    headers(&mut made);
    slots(&mut made);
    trees(&mut made);
    entries(&mut made);
    blocks(&mut made);
    names(&mut made);
    metadata(&mut made);
    attributes(&mut made);
    payloads(&mut made);
    whole(&mut made);
    let text =
        serde_json::to_string_pretty(&json!({ "version": "1.0", "files": made.files })).unwrap() + "\n";
    std::fs::write(folder().join("manifest.json"), text).unwrap();
    println!("{} files", made.files.len());
}
