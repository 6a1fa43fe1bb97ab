//! The example of SPEC.md is a file of version 1.0 that is never written anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use arrstore_format::{File, MemoryStorage};

fn example() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/example-1.0.arrs")).unwrap()
}

#[test]
fn it_can_be_read() {
    let snapshot = File::on(Arc::new(MemoryStorage::of(example()))).unwrap().snapshot().unwrap();
    assert_eq!(snapshot.arrays().unwrap(), ["/a"]);
    let array = snapshot.array("/a").unwrap();
    assert_eq!(array.meta().shape, [2, 3]);
    let mut elements = [0; 6];
    array.read(&[0, 0], &[2, 3], &mut elements).unwrap();
    assert_eq!(elements, [1, 2, 3, 4, 5, 6]);
}

/// Each line of the example is an offset, bytes, and after two blanks or more words: `0500c  01 02  what it is`.
#[test]
fn the_specification_shows_its_bytes() {
    let bytes = example();
    let text = include_str!("../../SPEC.md");
    let (_, section) = text.split_once("## 23. An example").expect("SPEC.md has an example");
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
    // The second copy of the slot and the end of the producer's name are not shown.
    let hidden = [0x20ae..0x20b7, 0x4000..0x5000];
    for (at, (shown, found)) in shown.iter().zip(&bytes).enumerate() {
        assert!(
            shown == found || hidden.iter().any(|range| range.contains(&at)),
            "byte {at:#x} is not shown"
        );
    }
    assert!(bytes[0x2000..0x3000] == bytes[0x4000..0x5000]);
}
