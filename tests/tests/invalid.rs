//! The files in `golden/invalid`: each is refused with the error that SPEC.md names, and each row of its table has a
//! file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use arrstore_format::{Error, File, MemoryStorage, Result};
use arrstore_tests::invalid::{self, Class, Vector, When, spelled};
use arrstore_tests::stores;

const SPEC: &str = include_str!("../../SPEC.md");

/// Rows without a file: errors of the system or the machine, and errors that only a writer can get.
const WITHOUT_FILE: [&str; 3] = ["Io", "ChunkTooLarge", "NamesError::TooLong"];

fn open(vector: &Vector) -> Result<File> {
    File::on(Arc::new(MemoryStorage::of(vector.bytes.clone())))
}

/// Opens the file and reads everything in it.
fn touched(vector: &Vector) -> Result<()> {
    stores::holds(&open(vector)?.snapshot()?).map(|_| ())
}

/// The error of a refused file, and whether opening alone finds it.
fn refusal(vector: &Vector) -> Option<(Error, bool)> {
    match open(vector) {
        Err(error) => Some((error, true)),
        Ok(_) => touched(vector).err().map(|error| (error, false)),
    }
}

#[test]
fn each_is_refused_with_its_error() {
    let mut findings = Vec::new();
    for vector in invalid::all() {
        let Vector { name, error: expected, when, .. } = &vector;
        let mut expect = |found: String| {
            if found != *expected {
                findings.push(format!("{name}: expected {expected} ({when:?}), found {found}"));
            }
        };
        match (when, refusal(&vector)) {
            (When::Open, Some((error, true))) | (When::Touch, Some((error, false))) => {
                expect(spelled(&error));
            }
            (When::Open | When::Touch, other) => expect(format!("{other:?}")),
            (When::Write, None) => {
                expect(open(&vector).unwrap().begin().map_or_else(|e| spelled(&e), |_| "none".into()));
            }
            (When::Write, Some((error, _))) => expect(format!("{error:?}")),
            (When::Verify, _) => {}
        }
        // A walk over the whole file finds every error, except those that prevent opening.
        if matches!(when, When::Touch | When::Verify) {
            let report = open(&vector).unwrap().snapshot().unwrap().verify(&|_, _| true).unwrap();
            let found: BTreeSet<String> = report.damage.iter().map(|damage| spelled(&damage.error)).collect();
            if !found.contains(expected) {
                expect(format!("{found:?} by verify"));
            }
        }
    }
    assert!(findings.is_empty(), "{} finding(s):\n{}", findings.len(), findings.join("\n"));
}

/// The errors in a row's last cell: `HeaderError::Magic`, or `NodeError::Magic`, `Level` for two errors of one type.
fn errors(cell: &str) -> Vec<String> {
    let mut kind = String::new();
    let words = cell.split('`').skip(1).step_by(2);
    words
        .map(|word| {
            if let Some((of, _)) = word.split_once("::") {
                kind = format!("{of}::");
                return word.to_owned();
            }
            format!("{kind}{word}")
        })
        .collect()
}

/// The table of the specification: for each row, its moments, its class and its errors.
fn rows() -> Vec<(String, String, Vec<String>)> {
    let (_, section) = SPEC.split_once("\n## 20. ").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let cells = |line: &str| -> Vec<String> { line.split('|').map(|cell| cell.trim().to_owned()).collect() };
    let rows = section.lines().filter(|line| line.starts_with("| ")).map(cells);
    let rows = rows.filter(|row| row.len() == 6 && row[4].contains('`'));
    rows.map(|row| (row[2].clone(), row[3].clone(), errors(&row[4]))).collect()
}

#[test]
fn the_specification_and_the_files_name_the_same_errors() {
    let rows = rows();
    let told: BTreeSet<&str> = rows.iter().flat_map(|(_, _, errors)| errors).map(String::as_str).collect();
    let vectors = invalid::all();
    let shown: BTreeSet<&str> =
        vectors.iter().map(|vector| vector.error.as_str()).chain(WITHOUT_FILE).collect();
    let without: Vec<_> = told.difference(&shown).collect();
    assert!(without.is_empty(), "no file for {without:?}");
    let unsaid: Vec<_> = shown.difference(&told).collect();
    assert!(unsaid.is_empty(), "the specification does not name {unsaid:?}");
    // The table must have the same moment and class.
    for Vector { name, error, class, when, .. } in &vectors {
        let when = match when {
            When::Open => "open",
            When::Touch => "touch",
            When::Verify => "verify",
            When::Write => "write",
        };
        let class = match class {
            Class::Damaged => "damaged",
            Class::Unsupported => "unsupported",
        };
        let fits = rows.iter().any(|(at, why, errors)| {
            at.split(", ").any(|at| at == when) && why == class && errors.contains(error)
        });
        assert!(fits, "{name}: no row has {error} on {when}, {class}");
    }
}

/// The error text of a refused file has no characters that control a terminal.
#[test]
fn refusals_hold_no_control_characters() {
    for vector in invalid::all() {
        let Some((error, _)) = refusal(&vector) else { continue };
        let text = error.to_string();
        assert!(!text.chars().any(char::is_control), "{}: {text:?}", vector.name);
    }
}
