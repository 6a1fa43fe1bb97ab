//! The golden `.arrs` files: every later version reads files that an earlier version wrote. They are never written
//! again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use arrstore_format::ChunkState;
use arrstore_tests::stores::{self, Store};

#[test]
fn they_hold_what_they_held() {
    let stores = stores::all();
    assert!(stores.len() >= 16, "golden files are missing");
    for Store { name, bytes, holds, sound } in stores {
        let snapshot = stores::snapshot(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(stores::holds(&snapshot).unwrap_or_else(|e| panic!("{name}: {e}")), holds, "{name}");
        let report = snapshot.verify(&|_, _| true).unwrap();
        assert_eq!(report.is_sound(), sound, "{name}: {report}");
    }
}

/// The golden files cover the whole format, so none of them can be removed.
#[test]
fn together_they_show_everything() {
    let mut seen = BTreeSet::new();
    for store in stores::all() {
        let snapshot = stores::snapshot(store.bytes).unwrap();
        for name in snapshot.arrays().unwrap() {
            let array = snapshot.array(&name).unwrap();
            let meta = array.meta();
            let order = match (meta.is_c_order(), meta.order.iter().rev().copied().eq(0..meta.ndim() as u8)) {
                (true, _) => "C",
                (_, true) => "F",
                _ => "other",
            };
            let shuffle = if meta.shuffle { "shuffle" } else { "no filter" };
            seen.extend([
                match meta.dtype.kind() {
                    kind if kind.is_number() => meta.dtype.to_string(),
                    kind => format!("{kind:?}"),
                },
                format!("order {order}"),
                format!("codec {}, {shuffle}", stores::codec(meta.codec)),
            ]);
            for index in array.grid().touching(&vec![0; meta.ndim()], &meta.shape) {
                let chunk = array.chunk(&index).unwrap();
                seen.insert(match chunk.state() {
                    ChunkState::Missing => "missing".into(),
                    ChunkState::Constant(_) => "constant".into(),
                    ChunkState::Raw if chunk.stored_bytes() > 1 << 20 => "raw with a table of CRCs".into(),
                    ChunkState::Raw if chunk.stored_bytes() >= 4096 => "raw on whole pages".into(),
                    ChunkState::Raw => "raw".into(),
                    ChunkState::Encoded => "encoded".into(),
                });
            }
        }
    }
    let types = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128";
    let rest = [
        "DateTime",
        "TimeDelta",
        "Bytes",
        "Str",
        "Record",
        "order C",
        "order F",
        "order other",
        "codec none, no filter",
        "codec none, shuffle",
        "codec zstd, no filter",
        "codec zstd, shuffle",
        "codec lz4, no filter",
        "codec lz4, shuffle",
        "codec pco, no filter",
        "missing",
        "constant",
        "raw",
        "raw on whole pages",
        "raw with a table of CRCs",
        "encoded",
    ];
    let all = types.split(' ').chain(rest).map(str::to_owned).collect();
    assert_eq!(seen, all);
}

/// Each line of the example has an offset, bytes, and after two or more spaces a text: `0500c  01 02  what it is`.
#[test]
fn the_specification_shows_the_bytes_of_the_example() {
    let bytes = std::fs::read(stores::folder().join("example-1.0.arrs")).unwrap();
    let text = include_str!("../../SPEC.md");
    let (_, section) = text.split_once("\n## 23. An example").expect("SPEC.md has an example");
    let (section, _) = section.split_once("\n## ").expect("it is not the last section");
    let mut shown = vec![0; bytes.len()];
    for line in section.lines().filter_map(|line| line.strip_prefix("    ")) {
        let Some((offset, rest)) = line.split_once("  ") else { continue };
        let Ok(mut at) = usize::from_str_radix(offset, 16) else { continue };
        let is_byte = |word: &&str| {
            word.len() == 2 && word.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
        };
        for word in rest.split_whitespace().take_while(is_byte) {
            shown[at] = u8::from_str_radix(word, 16).unwrap();
            assert_eq!(shown[at], bytes[at], "byte {at:#x} in: {line}");
            at += 1;
        }
    }
    // The example does not show the second copy of the slot.
    let hidden = 0x4000..0x5000;
    for (at, (shown, found)) in shown.iter().zip(&bytes).enumerate() {
        assert!(shown == found || hidden.contains(&at), "byte {at:#x} is not shown");
    }
    assert!(bytes[0x2000..0x3000] == bytes[0x4000..0x5000]);
}
