//! Metadata and attributes.

use arrstore_tests::forge::{ATTRIBUTES, DETAILS, DIMS, FILL, Forge, JSON, MetaParts, NAME, RECORD_META};

use crate::{Made, le, plain, touch, unknown};

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
    made.plain(touch("MetaError::Details"), "metadata-details", meta(&|m| m.rest[DETAILS] = vec![0]));
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
