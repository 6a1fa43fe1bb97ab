//! The readers in Python and JavaScript, which were written from SPEC.md, against this program's own: on the golden
//! files, and on golden files with a byte changed.
//!
//! `ARRSTORE_PYTHON` and `ARRSTORE_NODE` name the interpreters (default `python3`, `node`); what is not there, or
//! lacks a package, is skipped and says so. `ARRSTORE_MUTATIONS=2000` is the long campaign.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use arrstore_tests::command::rounds;
use arrstore_tests::data::Words;
use arrstore_tests::resealed::Pieces;
use arrstore_tests::skip::skip;
use arrstore_tests::stores::{self, Store};
use serde_json::{Value as Json, json};

const MUTATIONS: usize = 150;

/// Another reader: what runs it, and a program that reads paths and tells what each file holds, a line for each.
struct Reader {
    variable: &'static str,
    interpreter: &'static str,
    folder: &'static str,
    /// A program that fails where something is missing.
    probe: &'static [&'static str],
    driver: &'static [&'static str],
    /// Whether its zstd decoder lets frames pass that break the rules of zstd.
    lenient: bool,
}

const PYTHON: Reader = Reader {
    variable: "ARRSTORE_PYTHON",
    interpreter: "python3",
    folder: "python",
    probe: &["-c", "import numpy, zstandard"],
    driver: &["-c", include_str!("readers/driver.py")],
    lenient: false,
};
const JS: Reader = Reader {
    variable: "ARRSTORE_NODE",
    interpreter: "node",
    folder: "js",
    probe: &["--input-type=module", "-e", include_str!("readers/probe.mjs")],
    driver: &["--input-type=module", "-e", include_str!("readers/driver.mjs")],
    lenient: true,
};

impl Reader {
    fn command(&self, args: &[&str]) -> Command {
        let program = std::env::var_os(self.variable).unwrap_or_else(|| self.interpreter.into());
        let mut command = Command::new(program);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../readers").join(self.folder);
        command.args(args).current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// Whether it can run here; says so when not.
    fn is_here(&self) -> bool {
        let why = match self.command(self.probe).stdin(Stdio::null()).output() {
            Ok(done) if done.status.success() => return true,
            Ok(done) => {
                let text = String::from_utf8_lossy(&done.stderr).into_owned();
                text.lines().rfind(|line| line.contains("Error")).unwrap_or("it failed").to_owned()
            }
            Err(e) => e.to_string(),
        };
        let (name, variable) = (self.interpreter, self.variable);
        skip(&format!("the reader for {name} ({why}); {variable} names another"));
        false
    }

    /// What it says of some files: what they hold, or `{"refused": why}`.
    fn tell(&self, paths: &[PathBuf]) -> Vec<Json> {
        let most = stores::MOST.to_string();
        let mut command = self.command(self.driver);
        command.env("ARRSTORE_MOST", most).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = command.spawn().unwrap();
        let mut input = running.stdin.take().unwrap();
        let lines: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
        let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
        let done = running.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(done.status.success(), "{} failed: {}", self.interpreter, done.status);
        let text = String::from_utf8(done.stdout).unwrap();
        let told: Vec<Json> = text.lines().map(|l| stores::plain(serde_json::from_str(l).unwrap())).collect();
        assert_eq!(told.len(), paths.len(), "{} did not answer for every file", self.interpreter);
        told
    }

    fn reads_every_golden_file(&self) {
        if !self.is_here() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let stores = stores::all();
        let paths: Vec<PathBuf> = stores
            .iter()
            .map(|store| {
                let path = folder.path().join(format!("{}.arrs", store.name));
                std::fs::write(&path, &store.bytes).unwrap();
                path
            })
            .collect();
        for (store, told) in stores.iter().zip(self.tell(&paths)) {
            if has_pcodec(store) {
                let why = told["refused"].to_string();
                assert!(why.contains("Pcodec"), "{} says of {}: {why}", self.interpreter, store.name);
                continue;
            }
            assert_eq!(told, store.holds, "{} reads {} otherwise", self.interpreter, store.name);
        }
    }

    /// Both read the same from files with one byte changed, or both refuse. With `reseal`, the checksums are made
    /// right again, so that not they but the rules of the format have to find it.
    fn agrees_on_changed_files(&self, reseal: bool) {
        if !self.is_here() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let small =
            stores::all().into_iter().filter(|store| store.bytes.len() < 200_000 && !has_pcodec(store));
        let (mut paths, mut ours) = (Vec::new(), Vec::new());
        for Store { name, bytes, .. } in small {
            let pieces = Pieces::of(&bytes);
            let words = Words(bytes.len() as u64 + u64::from(reseal));
            for word in words.take(rounds("ARRSTORE_MUTATIONS", MUTATIONS)) {
                let (at, flip) = ((word >> 16) as usize, (word as u8).max(1));
                let mut changed = bytes.clone();
                let at = match reseal {
                    true => pieces.change(&mut changed, at, flip),
                    false => pieces.any(&bytes, at),
                };
                if !reseal {
                    changed[at] ^= flip;
                }
                let case = format!("{name} with byte {at:#x} changed by {flip:#04x}");
                let path = folder.path().join(format!("{}.arrs", paths.len()));
                std::fs::write(&path, &changed).unwrap();
                paths.push(path);
                let read = || stores::snapshot(changed).and_then(|snapshot| stores::holds(&snapshot));
                let holds = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| panic!("in {case}"));
                ours.push((case, holds.unwrap_or_else(|e| json!({"refused": e.to_string()}))));
            }
        }
        let mut findings = Vec::new();
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for ((case, ours), theirs) in ours.iter().zip(self.tell(&paths)) {
            match (ours.get("refused"), theirs.get("refused")) {
                (Some(_), Some(_)) => *count.entry("refused").or_default() += 1,
                (Some(why), None) if self.lenient && why.to_string().contains("zstd: ") => {
                    *count.entry("left to zstd").or_default() += 1;
                }
                _ if *ours == theirs => *count.entry("read").or_default() += 1,
                _ => findings.push(format!("{case}\n  ours: {ours}\n  {}: {theirs}", self.interpreter)),
            }
        }
        println!("{}: {count:?} of {}", self.interpreter, ours.len());
        assert!(findings.is_empty(), "{} finding(s):\n{}", findings.len(), findings.join("\n"));
    }
}

/// Whether a store has arrays that readers need not know: they refuse it by name.
fn has_pcodec(store: &Store) -> bool {
    store.holds["arrays"].as_array().is_some_and(|all| all.iter().any(|array| array["codec"] == "pco"))
}

#[test]
fn python_reads_every_golden_file() {
    PYTHON.reads_every_golden_file();
}

#[test]
fn javascript_reads_every_golden_file() {
    JS.reads_every_golden_file();
}

#[test]
fn python_agrees_on_changed_files() {
    PYTHON.agrees_on_changed_files(false);
}

#[test]
fn javascript_agrees_on_changed_files() {
    JS.agrees_on_changed_files(false);
}

#[test]
fn python_agrees_on_changed_files_with_right_checksums() {
    PYTHON.agrees_on_changed_files(true);
}

#[test]
fn javascript_agrees_on_changed_files_with_right_checksums() {
    JS.agrees_on_changed_files(true);
}
