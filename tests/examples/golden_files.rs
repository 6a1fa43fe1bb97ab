//! Makes the golden `.arrs` files of a version: `cargo run -p arrstore-tests --example golden_files`.
//!
//! A file that is there is left as it is, for ever. The elements follow from their index; the digests in the
//! manifests are those of what was computed here, not of what was read back.

#![allow(clippy::unwrap_used, reason = "a tool for developers, which fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrstore_format::{
    Attributes, Codec, CreateOptions, DType, Field, File, Kind, MemoryStorage, Meta, RecordType, Snapshot,
    TimeBase, TimeUnit, Transaction, compact,
};
use arrstore_tests::data::Words;
use arrstore_tests::forge::{ATTRIBUTES, ENTRIES, Forge, RECORD_INDEX};
use arrstore_tests::stores::{described, folder, holds, plain, snapshot};
use serde_json::{Value as Json, json};

const VERSION: &str = "1.0";
const PAGE: usize = 4096;

/// A file in the making, and what it has to hold.
struct Made {
    storage: Arc<MemoryStorage>,
    file: File,
    arrays: BTreeMap<String, (Meta, Vec<u8>)>,
    attributes: Attributes,
}

impl Made {
    fn new() -> Made {
        let storage = Arc::new(MemoryStorage::new());
        let file = File::create_on(storage.clone(), &CreateOptions::default()).unwrap();
        Made { storage, file, arrays: BTreeMap::new(), attributes: Attributes::new() }
    }

    fn commit(&mut self, change: impl FnOnce(&mut Made, &Transaction)) {
        let transaction = self.file.begin().unwrap();
        change(self, &transaction);
        transaction.commit().unwrap();
    }

    /// A new array, of which nothing is written.
    fn create(&mut self, t: &Transaction, name: &str, mut meta: Meta) {
        t.create_array(name, meta.clone()).unwrap();
        meta.name = name.into();
        let count = meta.shape.iter().product::<u64>() as usize;
        self.arrays.insert(name.into(), (meta.clone(), meta.fill.repeat(count)));
    }

    /// Writes a box of an array.
    fn write(&mut self, t: &Transaction, name: &str, start: &[u64], shape: &[u64], data: &[u8]) {
        t.write(t.find(name).unwrap(), start, shape, data).unwrap();
        let (meta, elements) = self.arrays.get_mut(name).unwrap();
        let item = meta.dtype.size();
        for (k, element) in data.chunks(item).enumerate() {
            let at = flat(&meta.shape, &unflat(shape, k as u64), start);
            elements[at * item..][..item].copy_from_slice(element);
        }
    }

    /// A new array with elements made of their index.
    fn filled(&mut self, t: &Transaction, name: &str, meta: Meta, data: &[u8]) {
        let shape = meta.shape.clone();
        self.create(t, name, meta);
        self.write(t, name, &vec![0; shape.len()], &shape, data);
    }

    fn resize(&mut self, t: &Transaction, name: &str, shape: &[u64]) {
        t.resize(t.find(name).unwrap(), shape).unwrap();
        let (meta, elements) = self.arrays.get_mut(name).unwrap();
        let (item, none) = (meta.dtype.size(), vec![0; shape.len()]);
        let count = shape.iter().product::<u64>();
        let mut new = meta.fill.repeat(count as usize);
        for k in 0..count {
            let at = unflat(shape, k);
            if at.iter().zip(&meta.shape).all(|(i, n)| i < n) {
                let old = flat(&meta.shape, &at, &none) * item;
                new[k as usize * item..][..item].copy_from_slice(&elements[old..old + item]);
            }
        }
        (meta.shape, *elements) = (shape.to_vec(), new);
    }

    fn snapshot(&self) -> Snapshot {
        self.file.snapshot().unwrap()
    }

    /// The manifest of the newest commit.
    fn manifest(&self, snapshot: &Snapshot, sound: bool) -> Json {
        let mut manifest = holds(snapshot).unwrap();
        let arrays = self.arrays.values().map(|(meta, elements)| described(meta, Some(elements)));
        manifest["arrays"] = arrays.collect();
        manifest["attributes"] = self.attributes.clone().into();
        assert_eq!(holds(snapshot).unwrap(), plain(manifest.clone()));
        manifest["sound"] = sound.into();
        manifest
    }

    fn save(&self, name: &str) {
        save(name, &self.storage.bytes(), &self.manifest(&self.snapshot(), true));
    }
}

/// The number in C order of the element `at` of a box that begins at `start`.
fn flat(shape: &[u64], at: &[u64], start: &[u64]) -> usize {
    at.iter().zip(start).zip(shape).fold(0, |n, ((i, s), length)| n * length + i + s) as usize
}

fn unflat(shape: &[u64], mut k: u64) -> Vec<u64> {
    let mut at = vec![0; shape.len()];
    for (i, n) in at.iter_mut().zip(shape).rev() {
        (*i, k) = (k % n, k / n);
    }
    at
}

fn save(name: &str, bytes: &[u8], manifest: &Json) {
    let name = format!("{name}-{VERSION}");
    let packed = bytes.len() > 50_000;
    let path = folder().join(format!("{name}.arrs{}", if packed { ".zst" } else { "" }));
    if path.exists() {
        println!("{name} is there already, and stays as it is");
        return;
    }
    let report = snapshot(bytes.to_vec()).unwrap().verify(&|_, _| true).unwrap();
    assert_eq!(manifest["sound"], report.is_sound(), "{report}");
    let stored = if packed { zstd::encode_all(bytes, 19).unwrap() } else { bytes.to_vec() };
    std::fs::write(&path, stored).unwrap();
    let text = serde_json::to_string_pretty(manifest).unwrap() + "\n";
    std::fs::write(folder().join(format!("{name}.json")), text).unwrap();
    println!("{name}: {} bytes", bytes.len());
}

/// Elements that show every byte: numbers in turn with bits of all kinds, NaNs among them.
fn any(dtype: DType, count: u64, seed: u64) -> Vec<u8> {
    let mut words = Words(seed);
    let mut element = |k: u64| -> Vec<u8> {
        let word = words.next().unwrap();
        let bits = u128::from(word) << 64 | u128::from(word.rotate_left(29));
        let value = if k.is_multiple_of(3) { u128::from(k) } else { bits };
        let value = if dtype == DType::Bool { value & 1 } else { value };
        value.to_le_bytes()[..dtype.size()].to_vec()
    };
    (0..count).flat_map(&mut element).collect()
}

/// Elements that zstd can pack.
fn smooth(dtype: DType, count: u64) -> Vec<u8> {
    (0..count).flat_map(|k| u128::from(k / 4 * 3).to_le_bytes()[..dtype.size()].to_vec()).collect()
}

const DTYPES: [DType; 15] = [
    DType::Bool,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::F16,
    DType::BF16,
    DType::F32,
    DType::F64,
    DType::C64,
    DType::C128,
];

fn types() {
    let mut made = Made::new();
    made.commit(|made, t| {
        for dtype in DTYPES {
            let mut meta = Meta::new(dtype, &[5, 7], &[3, 4]);
            meta.fill = any(dtype, 2, 8)[dtype.size()..].to_vec();
            made.filled(t, &format!("/{dtype}"), meta, &any(dtype, 35, u64::from(dtype.code())));
        }
    });
    made.save("types");
}

/// Times, texts and records, of which some are wider than a constant may be, raw and packed.
fn records() {
    let unit = |base, count| TimeUnit { base, count };
    let day = unit(TimeBase::Day, 1);
    let record = |fields: Vec<(&str, DType, Vec<u32>)>| {
        let fields = fields.into_iter().map(|(name, dtype, shape)| (name.to_owned(), dtype, shape));
        DType::Record(RecordType::packed(fields).unwrap())
    };
    let person = record(vec![
        ("name", DType::Str(10), vec![]),
        ("age", DType::I32, vec![]),
        ("weight", DType::F32, vec![]),
    ]);
    let field = |name: &str, dtype, offset, shape: &[u32]| Field {
        name: name.to_owned(),
        dtype,
        offset,
        shape: shape.to_vec(),
    };
    let gaps = vec![
        field("a", DType::Bool, 0, &[]),
        field("b", DType::F64, 8, &[]),
        field("größe", DType::F32, 16, &[2, 3]),
        field(
            "inner",
            record(vec![("x", DType::Bytes(3), vec![]), ("t", DType::DateTime(day), vec![1])]),
            40,
            &[2],
        ),
    ];
    let types = [
        ("day", DType::DateTime(day)),
        ("25s", DType::DateTime(unit(TimeBase::Second, 25))),
        ("generic", DType::DateTime(TimeUnit::GENERIC)),
        ("span", DType::TimeDelta(unit(TimeBase::Attosecond, 1))),
        ("months", DType::TimeDelta(unit(TimeBase::Month, 3))),
        ("span generic", DType::TimeDelta(TimeUnit::GENERIC)),
        ("bytes", DType::Bytes(5)),
        ("long bytes", DType::Bytes(33)),
        ("text", DType::Str(3)),
        ("long text", DType::Str(7)),
        ("person", person),
        ("gaps", DType::Record(RecordType::new(gaps, 72).unwrap())),
        ("small", record(vec![("k", DType::U16, vec![]), ("p", DType::U8, vec![3])])),
    ];
    let mut made = Made::new();
    made.commit(|made, t| {
        for (name, dtype) in types {
            let bytes = |count: u64, seed| -> Vec<u8> {
                let mut bytes = any(DType::U8, count * dtype.size() as u64, seed);
                // the characters of a text and the booleans of a record are small numbers
                match dtype.kind() {
                    Kind::Str | Kind::Record => {
                        bytes.iter_mut().enumerate().for_each(|(k, b)| *b *= u8::from(k % 4 == 0));
                    }
                    _ => {}
                }
                bytes
            };
            for (how, codec, shuffle) in [
                ("raw", Codec::None, false),
                ("shuffled", Codec::None, true),
                ("lz4", Codec::Lz4, true),
                ("zstd", Codec::Zstd { level: 3 }, false),
            ] {
                let mut meta = Meta::new(dtype, &[5, 7], &[3, 4]).encoded(codec, shuffle);
                meta.fill = bytes(1, 8);
                meta.order = vec![1, 0];
                let name = format!("/{name}/{how}");
                made.create(t, &name, meta);
                made.write(t, &name, &[0, 0], &[5, 4], &bytes(20, 3));
                // elements that are all equal, in one whole chunk
                made.write(t, &name, &[0, 4], &[3, 3], &bytes(1, 5).repeat(9));
            }
        }
        let meta = Meta::new(DType::DateTime(day), &[20], &[20]).encoded(Codec::Pco { level: 4 }, false);
        made.filled(t, "/day/pco", meta, &smooth(DType::I64, 20));
        // Its chunk is large and raw, and an element lies across the pieces that have checksums.
        let mut meta = Meta::new(person, &[30_000], &[30_000]);
        meta.fill = (1..=48).map(|k| u8::from(k % 4 == 1) * k).collect();
        made.create(t, "/large", meta);
        made.write(t, "/large", &[10], &[3], &[1, 0, 0, 0].repeat(36));
    });
    made.save("records");
}

fn codecs() {
    let mut made = Made::new();
    made.commit(|made, t| {
        for dtype in [DType::U8, DType::I16, DType::F32, DType::C128] {
            for (codec, level, shuffle) in
                [("shuffle", None, true), ("zstd", Some(3), false), ("both", Some(-5), true)]
            {
                let codec_of = level.map_or(Codec::None, |level| Codec::Zstd { level });
                let meta = Meta::new(dtype, &[30, 20], &[16, 20]).encoded(codec_of, shuffle);
                made.filled(t, &format!("/{dtype}/{codec}"), meta, &smooth(dtype, 600));
            }
        }
        let meta = Meta::new(DType::Bool, &[100], &[64]).encoded(Codec::Zstd { level: 22 }, true);
        made.filled(t, "/bool", meta, &any(DType::Bool, 100, 1));
        let meta = Meta::new(DType::U64, &[100], &[64]).encoded(Codec::Zstd { level: 1 }, false);
        made.filled(t, "/unpackable", meta, &any(DType::U64, 100, 2));
    });
    made.save("codecs");
}

/// Arrays of every type, packed by one codec: smooth ones, and ones that hardly pack.
fn packed(name: &str, codec: Codec, shuffles: bool) {
    let mut made = Made::new();
    made.commit(|made, t| {
        for dtype in DTYPES {
            let meta = Meta::new(dtype, &[30, 20], &[16, 20]).encoded(codec, false);
            made.filled(t, &format!("/{dtype}/any"), meta.clone(), &any(dtype, 600, 5));
            let smooth = if dtype == DType::Bool { any(dtype, 600, 6) } else { smooth(dtype, 600) };
            made.filled(t, &format!("/{dtype}/smooth"), meta.clone(), &smooth);
            if shuffles {
                made.filled(t, &format!("/{dtype}/shuffled"), meta.encoded(codec, true), &smooth);
            }
        }
        let meta = Meta::new(DType::U16, &[70_000], &[70_000]).encoded(codec, shuffles);
        made.filled(t, "/long", meta, &smooth(DType::U16, 70_000));
    });
    made.save(name);
}

fn orders() {
    let mut made = Made::new();
    made.commit(|made, t| {
        let permutations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in permutations {
            let mut meta = Meta::new(DType::U16, &[3, 4, 5], &[2, 3, 4]);
            meta.order = order.to_vec();
            made.filled(t, &format!("/raw/{order:?}"), meta, &any(DType::U16, 60, 7));
        }
        let mut meta = Meta::new(DType::F32, &[6, 5, 4], &[3, 5, 3]).encoded(Codec::Zstd { level: 1 }, true);
        meta.order = vec![2, 0, 1];
        made.filled(t, "/packed", meta, &any(DType::F32, 120, 7));
        made.filled(t, "/scalar", Meta::new(DType::C64, &[], &[]), &any(DType::C64, 1, 3));
        made.filled(t, "/one axis", Meta::new(DType::I8, &[9], &[4]), &any(DType::I8, 9, 3));
        made.create(t, "/empty", Meta::new(DType::F64, &[3, 0, 2], &[2, 5, 2]));
        let mut shape = [1; 32];
        (shape[3], shape[17], shape[31]) = (3, 2, 2);
        let mut chunk = [1; 32];
        chunk[3] = 2;
        let mut meta = Meta::new(DType::U8, &shape, &chunk);
        meta.order.reverse();
        made.filled(t, "/many axes", meta, &any(DType::U8, 12, 3));
    });
    made.save("orders");
}

fn states() {
    let mut made = Made::new();
    made.commit(|made, t| {
        let nan = 0x7ff8_0000_dead_beef_u64.to_le_bytes();
        for (name, codec) in [("raw", Codec::None), ("encoded", Codec::Zstd { level: 1 })] {
            let mut meta = Meta::new(DType::F64, &[10, 10], &[4, 4]).encoded(codec, codec != Codec::None);
            meta.fill = nan.to_vec();
            let name = format!("/{name}");
            made.create(t, &name, meta);
            made.write(t, &name, &[0, 0], &[4, 4], &any(DType::F64, 16, 4));
            made.write(t, &name, &[4, 0], &[4, 4], &1.5f64.to_le_bytes().repeat(16));
            // A chunk that holds the fill value is not one that is missing.
            made.write(t, &name, &[0, 4], &[4, 4], &nan.repeat(16));
            made.write(t, &name, &[7, 7], &[3, 2], &any(DType::F64, 6, 5));
        }
        made.create(t, "/missing", Meta::new(DType::I32, &[5], &[2]));
        made.filled(t, "/constant", Meta::new(DType::C128, &[3], &[8]), &1.25f64.to_le_bytes().repeat(6));
        made.filled(t, "/pages", Meta::new(DType::U32, &[40, 40], &[32, 40]), &any(DType::U32, 1600, 6));
        // More chunks than a leaf has entries; then so much room that the tree has three levels.
        made.filled(t, "/two levels", Meta::new(DType::U8, &[300], &[1]), &any(DType::U8, 300, 7));
        made.create(t, "/three levels", Meta::new(DType::I16, &[3, 30_000], &[1, 2]));
        made.write(t, "/three levels", &[0, 0], &[3, 3], &any(DType::I16, 9, 8));
        made.resize(t, "/three levels", &[3, 4]);
    });
    made.save("states");
}

fn large() {
    let mut made = Made::new();
    made.commit(|made, t| {
        let mut meta = Meta::new(DType::F64, &[400, 399], &[400, 400]);
        meta.order = vec![1, 0];
        made.filled(t, "/table", meta, &smooth(DType::F64, 400 * 399));
        let no_table = Meta::new(DType::U8, &[1024, 1024], &[1024, 1024]);
        made.filled(t, "/no table", no_table, &smooth(DType::U8, 1 << 20));
    });
    made.save("large");
}

/// Arrays of every codec beside one another: a reader that lacks one reads the others.
fn several() {
    let mut made = Made::new();
    made.commit(|made, t| {
        for (name, codec) in [
            ("/none", Codec::None),
            ("/zstd", Codec::Zstd { level: 3 }),
            ("/lz4", Codec::Lz4),
            ("/pco", Codec::Pco { level: 8 }),
        ] {
            let meta = Meta::new(DType::F64, &[30], &[16]).encoded(codec, false);
            made.filled(t, name, meta, &smooth(DType::F64, 30));
        }
        // No chunk of it is packed.
        made.create(
            t,
            "/pco never written",
            Meta::new(DType::I32, &[30], &[16]).encoded(Codec::Pco { level: 0 }, false),
        );
    });
    made.save("several");
}

/// What no writer of this version writes, and every reader reads: a slot of a later minor version, features that do not
/// matter to readers and retired ones, a producer that a terminal would obey, attributes stored as `{}`, a leaf without
/// entries in a tree that is higher than it need be, and an LZ4 payload whose last token asks for a match.
fn strange() {
    let elements = b"abababababababab, and then 5";
    let count = elements.len() as u64;
    let meta = Meta::new(DType::U8, &[count], &[count]).encoded(Codec::Lz4, false);
    let mut forge = Forge::of(meta, elements);
    let payload = [&[0x2a][..], b"ab", &[2, 0], &[0xcf], b", and then 5"].concat();
    forge.replace_payload(&payload);
    let producer = "\u{1b}[2J\u{9b}31m\u{7f} other 9.9\n";
    forge
        .put_slot(160, &[producer.len() as u8, 0])
        .put_slot(162, &[0; 100])
        .put_slot(162, producer.as_bytes());
    forge
        .put_slot(34, &[1])
        .put_slot(40, &[0x20])
        .put_slot(48, &[0x20])
        .put_slot(56, &[6])
        .put_slot(3000, &[1]);
    forge.replace_slot_block(ATTRIBUTES, b" { } ");
    // The root is an inner node now, with the leaf and an empty one below it.
    let mut empty = forge.bytes[forge.leaf..][..PAGE].to_vec();
    empty[ENTRIES..].fill(0);
    empty[16] = 127;
    let mut inner = empty.clone();
    (inner[4], inner[16]) = (1, 0);
    let children = [(forge.leaf, forge.bytes[forge.leaf..][..PAGE].to_vec()), (forge.append(&empty), empty)];
    for (k, (at, page)) in children.iter().enumerate() {
        let child = [&(*at as u64).to_le_bytes()[..], &crc32fast::hash(page).to_le_bytes()].concat();
        inner[ENTRIES + 16 * k..][..12].copy_from_slice(&child);
    }
    forge.leaf = forge.append(&inner);
    let (at, root) = (forge.record + RECORD_INDEX, (forge.leaf as u64).to_le_bytes());
    forge.put(at, &root).put(at + 12, &[2]);
    forge.checksums();
    let snapshot = snapshot(forge.bytes.clone()).unwrap();
    let mut manifest = holds(&snapshot).unwrap();
    let array = snapshot.array("/a").unwrap();
    assert_eq!(manifest["arrays"][0], plain(described(array.meta(), Some(elements))));
    assert_eq!(manifest["producer"], producer);
    manifest["sound"] = true.into();
    save("strange", &forge.bytes, &manifest);
}

fn names() {
    let text = r#"{"": null, "yes": true, "no": [false, {}, []], "units": "K \u0000 \"\\\/\b\f\n\r\t \u00e9 \ud83c\udf0a",
        "least": -9223372036854775808, "most": 18446744073709551615, "beyond": 18446744073709551616, "zero": -0,
        "small": 5e-324, "large": -1.7976931348623157e308, "third": 0.3333333333333333, "deep": {"a": [{"b": [[1.5]]}]}}"#;
    let attributes: Attributes = serde_json::from_str(text).unwrap();
    let mut made = Made::new();
    made.attributes = attributes.clone();
    made.attributes.insert("title".into(), "names and attributes".into());
    made.commit(|made, t| {
        t.set_file_attributes(made.attributes.clone()).unwrap();
        let mut meta = Meta::new(DType::U8, &[2, 3, 2], &[2, 2, 2]);
        meta.dims = vec![Some("time".into()), None, Some("широта".into())];
        meta.attributes = attributes;
        made.filled(t, "/ocean/sst", meta.clone(), &any(DType::U8, 12, 1));
        meta.attributes.clear();
        for name in ["/ocean-wide", "/ocean/depth/ice", "/a b", "/Über/海/🌊", "/...", "/e\u{301}", "/\u{e9}"]
        {
            made.filled(t, name, meta.clone(), &any(DType::U8, 12, 2));
        }
    });
    made.save("names");
}

fn nothing() {
    let mut made = Made::new();
    made.commit(|_, _| ());
    made.save("nothing");
}

/// A file with a history, and what becomes of it: compacted, and interrupted at its last commit.
fn history() {
    let mut made = Made::new();
    made.commit(|made, t| {
        let mut meta = Meta::new(DType::I32, &[4, 6], &[3, 4]);
        meta.fill = (-7i32).to_le_bytes().to_vec();
        made.filled(t, "/grown", meta.clone(), &any(DType::I32, 24, 1));
        meta.codec = Codec::Zstd { level: 1 };
        meta.order = vec![1, 0];
        made.filled(t, "/packed", meta, &smooth(DType::I32, 24));
        made.filled(t, "/gone", Meta::new(DType::U8, &[5000], &[5000]), &any(DType::U8, 5000, 2));
        made.filled(t, "/moved", Meta::new(DType::U8, &[70], &[70]), &any(DType::U8, 70, 3));
    });
    made.commit(|made, t| {
        for name in ["/grown", "/packed"] {
            made.resize(t, name, &[9, 6]);
            made.write(t, name, &[4, 0], &[5, 6], &any(DType::I32, 30, 4));
        }
        t.rename(t.find("/moved").unwrap(), "/far/moved").unwrap();
        let (mut meta, elements) = made.arrays.remove("/moved").unwrap();
        meta.name = "/far/moved".into();
        made.arrays.insert(meta.name.clone(), (meta, elements));
    });
    made.commit(|made, t| {
        for name in ["/grown", "/packed"] {
            made.resize(t, name, &[9, 40]);
            made.write(t, name, &[2, 30], &[3, 10], &any(DType::I32, 30, 5));
        }
    });
    made.commit(|made, t| {
        for name in ["/grown", "/packed"] {
            made.resize(t, name, &[5, 7]);
        }
        t.delete(t.find("/gone").unwrap()).unwrap();
        made.arrays.remove("/gone");
    });
    let fourth = made.storage.bytes();
    made.commit(|made, t| {
        for name in ["/grown", "/packed"] {
            made.resize(t, name, &[6, 11]);
        }
    });
    let before = made.manifest(&made.snapshot(), true);
    made.commit(|made, t| {
        made.write(t, "/grown", &[1, 1], &[2, 9], &any(DType::I32, 18, 6));
        let mut attributes = Attributes::new();
        attributes.insert("history".into(), json!([6, "commits"]));
        t.set_file_attributes(attributes.clone()).unwrap();
        made.attributes = attributes;
    });
    made.save("history");
    let (whole, last) = (made.storage.bytes(), made.manifest(&made.snapshot(), true));

    // Commit 6 lies in pages 1 and 3. The power went when the second one was still to be written ...
    let mut one_copy = whole.clone();
    one_copy[3 * PAGE..4 * PAGE].copy_from_slice(&fourth[3 * PAGE..4 * PAGE]);
    save("one-copy", &one_copy, &last);

    // ... and when of either only some sectors had arrived, so that commit 5 is the last one.
    let mut interrupted = whole.clone();
    for (page, arrived) in [(1, 512), (3, 160)] {
        let torn = page * PAGE + arrived..(page + 1) * PAGE;
        interrupted[torn.clone()].copy_from_slice(&fourth[torn]);
    }
    let mut manifest = before;
    manifest["sound"] = false.into();
    assert_eq!(snapshot(interrupted.clone()).unwrap().seq(), 5);
    save("interrupted", &interrupted, &manifest);

    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("x.arrs");
    std::fs::write(&path, &whole).unwrap();
    compact(&path, &|_, _| true).unwrap();
    let compacted = std::fs::read(&path).unwrap();
    let manifest = made.manifest(&snapshot(compacted.clone()).unwrap(), true);
    assert_eq!((&manifest["sealed"], &manifest["commit"]), (&json!(true), &json!(1)));
    save("compact", &compacted, &manifest);
}

fn main() {
    types();
    records();
    codecs();
    packed("lz4", Codec::Lz4, true);
    packed("pco", Codec::Pco { level: 8 }, false);
    several();
    strange();
    orders();
    states();
    large();
    names();
    nothing();
    history();
}
