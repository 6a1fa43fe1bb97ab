//! Makes the files that every reader must refuse: `cargo run -p arrstore-tests --example invalid_files`.
//!
//! A file that is there is left as it is, for ever; the manifest is written anew. What each file must be refused with
//! stands here; `tests/invalid.rs` shows that it is.

#![allow(clippy::unwrap_used, reason = "a tool for developers, which fails by panicking")]

mod blocks;
mod head;
mod metadata;
mod payloads;
mod trees;
mod whole;

use arrstore_format::{DType, Meta};
use arrstore_tests::forge::{ENTRIES, Forge, PAGE};
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

fn main() {
    let mut made = Made::default();
    head::headers(&mut made);
    head::slots(&mut made);
    trees::trees(&mut made);
    trees::entries(&mut made);
    blocks::blocks(&mut made);
    blocks::names(&mut made);
    metadata::metadata(&mut made);
    metadata::attributes(&mut made);
    payloads::payloads(&mut made);
    whole::whole(&mut made);
    let text =
        serde_json::to_string_pretty(&json!({ "version": "1.0", "files": made.files })).unwrap() + "\n";
    std::fs::write(folder().join("manifest.json"), text).unwrap();
    println!("{} files", made.files.len());
}
