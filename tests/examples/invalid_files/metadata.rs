//! Metadata and attributes.

use arrstore_format::{DType, Meta};
use arrstore_tests::forge::{
    ATTRIBUTES, DETAILS, DIMS, ENTRIES, FILL, Forge, JSON, MetaParts, NAME, RECORD_META,
};

use crate::{CRC, Made, STATE, le, plain, touch, unknown};

pub(crate) fn metadata(made: &mut Made) {
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
    for (name, code) in [("0", &[0, 0]), ("19", &[19, 0]), ("22", &[22, 0]), ("65535", &[255, 255])] {
        let name = format!("metadata-type-{name}");
        made.plain(unknown("touch", "MetaError::DType"), &name, head(16, code));
    }
    // Types that have details, without them.
    made.plain(touch("MetaError::Details"), "metadata-type-16", head(16, &[16, 0]));
    made.plain(touch("MetaError::Details"), "metadata-type-21", head(16, &[21, 0]));
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
    made.plain(touch("MetaError::Details"), "metadata-details", meta(&|m| m.rest[DETAILS] = vec![0]));
    details(made);
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

pub(crate) fn attributes(made: &mut Made) {
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

/// Times, texts and records whose details or sizes are wrong.
fn details(made: &mut Made) {
    let field = |name: &str, code: u16, item: u32, offset: u32, shape: &[u32]| -> Vec<u8> {
        let mut bytes = (name.len() as u16).to_le_bytes().to_vec();
        bytes.extend(name.bytes());
        bytes.extend(code.to_le_bytes());
        bytes.extend(item.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes.push(shape.len() as u8);
        bytes.extend(shape.iter().flat_map(|n| n.to_le_bytes()));
        bytes.extend([0, 0]);
        bytes
    };
    let record = |fields: &[Vec<u8>]| [&(fields.len() as u16).to_le_bytes()[..], &fields.concat()].concat();
    let unit = |base: u32, count: u32| [base.to_le_bytes(), count.to_le_bytes()].concat();
    let mut nested = record(&[field("x", 6, 1, 0, &[8])]);
    for _ in 0..8 {
        let mut outer = field("x", 21, 8, 0, &[]);
        outer.truncate(outer.len() - 2);
        outer.extend((nested.len() as u16).to_le_bytes());
        outer.extend(&nested);
        nested = record(&[outer]);
    }
    let cases: Vec<(&str, u16, u32, Vec<u8>)> = vec![
        ("time-unit", 16, 8, unit(14, 1)),
        ("time-count-0", 17, 8, unit(4, 0)),
        ("time-count-high", 16, 8, unit(4, 1 << 31)),
        ("time-generic-2", 17, 8, unit(0, 2)),
        ("time-more", 16, 8, [unit(4, 1), vec![0]].concat()),
        ("text-details", 18, 8, vec![0]),
        ("record-none", 21, 8, record(&[])),
        ("record-unnamed", 21, 8, record(&[field("", 6, 1, 0, &[])])),
        (
            "record-utf8",
            21,
            8,
            record(&[field("?", 6, 1, 0, &[])]).iter().map(|&b| if b == b'?' { 0xff } else { b }).collect(),
        ),
        ("record-twice", 21, 8, record(&[field("a", 6, 1, 0, &[]), field("a", 6, 1, 1, &[])])),
        ("record-overlap", 21, 8, record(&[field("a", 7, 2, 0, &[]), field("b", 6, 1, 1, &[])])),
        ("record-order", 21, 8, record(&[field("a", 6, 1, 4, &[]), field("b", 6, 1, 0, &[])])),
        ("record-end", 21, 8, record(&[field("a", 9, 8, 1, &[])])),
        ("record-empty-field", 21, 8, record(&[field("a", 6, 1, 0, &[0])])),
        ("record-huge-field", 21, 8, record(&[field("a", 6, 1, 0, &[1 << 31, 1 << 31, 1 << 31])])),
        ("record-axes", 21, 8, record(&[field("a", 6, 1, 0, &[1; 33])])),
        ("record-cut", 21, 8, record(&[field("a", 6, 1, 0, &[])])[..12].to_vec()),
        ("record-more", 21, 8, [record(&[field("a", 6, 1, 0, &[])]), vec![0]].concat()),
        ("record-deep", 21, 8, nested),
    ];
    for (name, code, item, details) in cases {
        let forge = Forge::of(Meta::new(DType::U64, &[2], &[2]), &[1; 16]);
        let mut parts = MetaParts::of(&forge);
        parts.head[16..18].copy_from_slice(&code.to_le_bytes());
        parts.head[4..8].copy_from_slice(&item.to_le_bytes());
        parts.rest[DETAILS] = details;
        let block = parts.bytes();
        made.changed(touch("MetaError::Details"), &format!("details-{name}"), forge, |f| {
            f.replace_block(f.record + RECORD_META, &block);
        });
    }
    let text = Forge::of(Meta::new(DType::U64, &[2], &[2]), &[1; 16]);
    let mut parts = MetaParts::of(&text);
    (parts.head[16], parts.head[21]) = (18, 3);
    let block = parts.bytes();
    made.changed(touch("MetaError::NoNumbers"), "metadata-pco-text", text, |f| {
        f.replace_block(f.record + RECORD_META, &block);
    });
    let half = Forge::of(Meta::new(DType::U16, &[2], &[2]), &[1; 4]);
    let mut parts = MetaParts::of(&half);
    parts.head[16] = 20;
    let block = parts.bytes();
    made.changed(touch("MetaError::ItemSize"), "metadata-half-a-character", half, |f| {
        f.replace_block(f.record + RECORD_META, &block);
    });
    // An element wider than the value of an entry is never constant.
    let wide = Forge::of(Meta::new(DType::Bytes(17), &[2], &[2]), &[[1; 17], [2; 17]].concat());
    made.changed(touch("EntryError::StateHere"), "entry-constant-wide", wide, |f| {
        let entry = f.leaf + ENTRIES;
        f.put(entry, &[7; 16]).put(entry + CRC, &[0; 4]).put(entry + STATE, &[3]);
    });
}
