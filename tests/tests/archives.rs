//! `.npz` archives that were changed at random. Each gives an answer or an error, without a panic, within 512 MB and a
//! second of work.
//!
//! `ARRSTORE_FUZZ=600 cargo test -p arrstore-tests --release --test archives` runs for ten minutes with other inputs.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use arrstore::Context;
use arrstore::formats::{Elements, Location, Result, list, npz, open, open_at};
use arrstore_tests::data::Words;
use arrstore_tests::fuzz::{self, below, mutate, npy};
use arrstore_tests::harness::{Stop, evaluate};
use zip::CompressionMethod::{self, Bzip2, Deflated, Stored};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive of one member of shape (6, 20), packed with LZMA.
const LZMA: &[u8] = include_bytes!("../../tools/tests/data/lzma.npz");

/// An archive of these members.
fn packed(members: &[(CompressionMethod, Vec<u8>)], large: bool) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for ((method, member), name) in members.iter().zip(["a.npy", "g/b.npy"]) {
        let options = SimpleFileOptions::default().compression_method(*method).large_file(large);
        zip.start_file(name, options).unwrap();
        zip.write_all(member).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An archive of one or two members. A member may be changed before it is packed; the archive's checksums are still
/// right.
fn archive(words: &mut Words) -> Vec<u8> {
    let member = |words: &mut Words| {
        let mut bytes = npy(&[6, 20]);
        if below(words, 2) == 0 {
            mutate(&mut bytes, words, 0..140);
        }
        ([Stored, Deflated, Bzip2][below(words, 3)], bytes)
    };
    if below(words, 5) == 0 {
        return LZMA.to_vec();
    }
    let members: Vec<_> = (0..1 + below(words, 2)).map(|_| member(words)).collect();
    packed(&members, below(words, 4) == 0)
}

/// Changes an archive in its first member's header, in its directory, or anywhere; or leaves it as it is.
fn change(bytes: &mut Vec<u8>, words: &mut Words) {
    let end = bytes.len();
    let among = match below(words, 4) {
        0 => return,
        1 => 0..40,
        2 => bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap()..end,
        _ => 0..end,
    };
    mutate(bytes, words, among);
}

/// Lists an archive, opens and reads each member, and verifies all.
fn exercise(path: &Path) -> Result<usize> {
    let context = Context::new(32 << 20, 1);
    let mut read = 0;
    for one in list(&Location::of_input(&path.display().to_string())?)? {
        let Ok(location) = Location::of_input(&format!("{}:{}", path.display(), one.name)) else { continue };
        let Ok(input) = open_at(&location, &Elements::default(), &context) else { continue };
        let variables = BTreeMap::from([("x".to_owned(), input.expr)]);
        for text in ["sum(x)", "x[-1:] + 1"] {
            let outcome = evaluate(text, &variables, &context);
            assert!(!matches!(outcome, Err(Stop::Panicked(_))), "{outcome:?} of {text}");
            read += usize::from(outcome.is_ok());
        }
    }
    let _ = open(&path.display().to_string());
    let _ = npz::verify(path, &context, |_, _| ());
    Ok(read)
}

/// The process that tries the inputs.
#[test]
fn child() {
    fuzz::child(|_| {
        let folder = fuzz::folder();
        Box::new(move |seed| {
            let path = folder.path().join("x.npz");
            let mut words = Words(seed);
            let mut bytes = archive(&mut words);
            change(&mut bytes, &mut words);
            std::fs::write(&path, bytes).unwrap();
            let _ = fuzz::within_a_second(seed, || exercise(&path));
        })
    });
}

#[test]
fn changed_npz_files_do_no_harm() {
    fuzz::campaign("child", "npz");
}

/// Otherwise all archives might be refused for one and the same reason.
#[test]
fn archives_that_were_not_changed_are_read() {
    let folder = fuzz::folder();
    for methods in [vec![Stored], vec![Deflated], vec![Bzip2], vec![Stored, Deflated]] {
        let members: Vec<_> = methods.iter().map(|&method| (method, npy(&[6, 20]))).collect();
        let path = folder.path().join("x.npz");
        std::fs::write(&path, packed(&members, false)).unwrap();
        assert_eq!(exercise(&path).unwrap(), 2 * members.len());
    }
    let path = folder.path().join("x.npz");
    std::fs::write(&path, LZMA).unwrap();
    assert_eq!(exercise(&path).unwrap(), 2);
}
