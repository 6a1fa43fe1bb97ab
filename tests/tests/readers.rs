//! Compares the readers in Python, JavaScript and C, which were written from SPEC.md, with this program's own reader:
//! on the golden files, on files that every reader must refuse, and on golden files with one byte changed.
//!
//! `ARRSTORE_PYTHON`, `ARRSTORE_NODE` and `ARRSTORE_CC` name the interpreters and the compiler (default `python3`,
//! `node`, `cc`). A reader whose interpreter or package is missing is skipped with a message, or fails with
//! `ARRSTORE_REQUIRE=1`. `ARRSTORE_MUTATIONS=2000` is the long campaign.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use arrstore_tests::command::rounds;
use arrstore_tests::data::Words;
use arrstore_tests::invalid::{self, Class, When};
use arrstore_tests::resealed::Pieces;
use arrstore_tests::skip::skip;
use arrstore_tests::stores::{self, Store};
use serde_json::{Value as Json, json};

const MUTATIONS: usize = 150;

/// Another reader: a program that reads paths and prints the content of each file, one line for each.
struct Reader {
    name: &'static str,
    /// Returns the program, or the reason why it cannot run here.
    driver: fn() -> Result<Command, String>,
    /// Whether its zstd decoder accepts frames that break the rules of zstd.
    lenient: bool,
}

const PYTHON: Reader = Reader { name: "Python", driver: python, lenient: false };
const JS: Reader = Reader { name: "JavaScript", driver: javascript, lenient: true };
const C: Reader = Reader { name: "C", driver: c, lenient: false };

fn python() -> Result<Command, String> {
    interpreted(
        ("ARRSTORE_PYTHON", "python3", "python"),
        &["-c", "import numpy, zstandard"],
        &["-c", include_str!("readers/driver.py")],
    )
}

fn javascript() -> Result<Command, String> {
    interpreted(
        ("ARRSTORE_NODE", "node", "js"),
        &["--input-type=module", "-e", include_str!("readers/probe.mjs")],
        &["--input-type=module", "-e", include_str!("readers/driver.mjs")],
    )
}

/// The reader in C with its driver, compiled once for all tests. It links this program's libzstd, or else the system's.
fn c() -> Result<Command, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let build = || {
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/driver.c");
        let (with, library) = match (option_env!("ARRSTORE_ZSTD_INCLUDE"), option_env!("ARRSTORE_ZSTD_ROOT"))
        {
            (Some(include), Some(root)) => (format!("-I{include}"), format!("{root}/libzstd.a")),
            _ => ("-I.".to_owned(), "-lzstd".to_owned()),
        };
        compiled("arrs-driver", &["-DARRS_ZSTD", &with, &driver.display().to_string(), &library, "-lm"])
    };
    BUILT.get_or_init(build).clone().map(Command::new)
}

/// Compiles a program, if there is a compiler.
fn compiled(program: &str, args: &[&str]) -> Result<PathBuf, String> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(program);
    let mut command = Command::new(std::env::var_os("ARRSTORE_CC").unwrap_or_else(|| "cc".into()));
    command.args(["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-I"]).arg(folder("c"));
    let done = command.arg("-o").arg(&program).args(args).output().map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "the reader in C does not compile:\n{text}");
    Ok(program)
}

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../readers").join(of)
}

/// A program for an interpreter, if a probe of the interpreter succeeds.
fn interpreted(
    (variable, interpreter, language): (&str, &str, &str),
    probe: &[&str],
    driver: &[&str],
) -> Result<Command, String> {
    let command = |args: &[&str]| {
        let mut command = Command::new(std::env::var_os(variable).unwrap_or_else(|| interpreter.into()));
        command.args(args).current_dir(folder(language)).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    match command(probe).stdin(Stdio::null()).output() {
        Ok(done) if done.status.success() => Ok(command(driver)),
        Ok(done) => {
            let text = String::from_utf8_lossy(&done.stderr).into_owned();
            let why = text.lines().rfind(|line| line.contains("Error")).unwrap_or("it failed");
            Err(format!("{why}; {variable} names another"))
        }
        Err(e) => Err(format!("{e}; {variable} names another")),
    }
}

impl Reader {
    /// The program of the reader; if it cannot run here, the test is skipped.
    fn command(&self) -> Option<Command> {
        (self.driver)().map_err(|why| skip(&format!("the reader in {} ({why})", self.name))).ok()
    }

    /// The reader's output for some files: their content, or `{"refused": why}`.
    fn tell(&self, mut command: Command, paths: &[PathBuf]) -> Vec<Json> {
        let most = stores::MOST.to_string();
        command.env("ARRSTORE_MOST", most).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = command.spawn().unwrap();
        let mut input = running.stdin.take().unwrap();
        let lines: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
        let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
        let done = running.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(done.status.success(), "{} failed: {}", self.name, done.status);
        let text = String::from_utf8(done.stdout).unwrap();
        let told: Vec<Json> = text.lines().map(|l| stores::plain(serde_json::from_str(l).unwrap())).collect();
        assert_eq!(told.len(), paths.len(), "{} did not answer for every file", self.name);
        told
    }

    fn reads_every_golden_file(&self) {
        let Some(command) = self.command() else { return };
        let folder = tempfile::tempdir().unwrap();
        let stores = stores::all();
        let paths: Vec<PathBuf> =
            stores.iter().map(|store| put(folder.path(), &store.name, &store.bytes)).collect();
        for (store, told) in stores.iter().zip(self.tell(command, &paths)) {
            assert_eq!(
                told,
                without_pcodec(store.holds.clone()),
                "{} reads {} otherwise",
                self.name,
                store.name
            );
        }
    }

    /// The reader refuses every file that this program refuses, with the same class of error. It may read a file whose
    /// damage only a walk over the whole file finds.
    fn refuses_what_is_invalid(&self) {
        let Some(command) = self.command() else { return };
        let folder = tempfile::tempdir().unwrap();
        let vectors = invalid::all();
        let paths: Vec<PathBuf> =
            vectors.iter().map(|vector| put(folder.path(), &vector.name, &vector.bytes)).collect();
        let mut findings = Vec::new();
        for (vector, told) in vectors.iter().zip(self.tell(command, &paths)) {
            let name = &vector.name;
            let why = told["refused"].as_str();
            let expected = match vector.class {
                Class::Damaged => "Damaged",
                Class::Unsupported => "Unsupported",
            };
            // These readers do not support Pcodec. They say so before they look into the packed data.
            let in_pcodec = told["arrays"][0]["sha256"] == "unsupported";
            match (vector.when, why) {
                (When::Verify | When::Write, _) => {}
                (_, None) if self.lenient && vector.error == "PayloadError::Zstd" => {}
                (_, None) if in_pcodec && name.starts_with("pco-") => {}
                (_, None) => findings.push(format!("{name} was read: {told}")),
                (_, Some(why)) if why.starts_with(expected) => {}
                (_, Some(why)) => findings.push(format!("{name}: {why}, expected {expected}")),
            }
        }
        assert!(
            findings.is_empty(),
            "{}, {} finding(s):\n{}",
            self.name,
            findings.len(),
            findings.join("\n")
        );
    }

    /// Both readers read the same from files with one byte changed, or both refuse. With `reseal`, the checksums are
    /// corrected, so that only the rules of the format can find the change.
    fn agrees_on_changed_files(&self, reseal: bool) {
        let Some(command) = self.command() else { return };
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
                paths.push(put(folder.path(), &paths.len().to_string(), &changed));
                let read = || stores::snapshot(changed).and_then(|snapshot| stores::holds(&snapshot));
                let holds = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| panic!("in {case}"));
                ours.push((case, holds.unwrap_or_else(|e| json!({"refused": e.to_string()}))));
            }
        }
        let mut findings = Vec::new();
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for ((case, ours), theirs) in ours.iter().zip(self.tell(command, &paths)) {
            match (ours.get("refused"), theirs.get("refused")) {
                (Some(_), Some(_)) => *count.entry("refused").or_default() += 1,
                (Some(why), None) if self.lenient && why.to_string().contains("zstd: ") => {
                    *count.entry("left to zstd").or_default() += 1;
                }
                _ if *ours == theirs => *count.entry("read").or_default() += 1,
                _ => findings.push(format!("{case}\n  ours: {ours}\n  {}: {theirs}", self.name)),
            }
        }
        println!("{}: {count:?} of {}", self.name, ours.len());
        assert!(findings.is_empty(), "{} finding(s):\n{}", findings.len(), findings.join("\n"));
    }
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(format!("{name}.arrs"));
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Whether a store has arrays in Pcodec, which the other readers know but cannot decode.
fn has_pcodec(store: &Store) -> bool {
    store.holds["arrays"].as_array().is_some_and(|all| all.iter().any(|array| array["codec"] == "pco"))
}

/// The content as a reader without Pcodec prints it: without the elements of Pcodec arrays that have any chunk.
fn without_pcodec(mut holds: Json) -> Json {
    for array in holds["arrays"].as_array_mut().into_iter().flatten() {
        if array["codec"] == "pco" && array["name"] != "/pco never written" {
            array["sha256"] = "unsupported".into();
        }
    }
    holds
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
fn c_reads_every_golden_file() {
    C.reads_every_golden_file();
}

#[test]
fn python_refuses_what_is_invalid() {
    PYTHON.refuses_what_is_invalid();
}

#[test]
fn javascript_refuses_what_is_invalid() {
    JS.refuses_what_is_invalid();
}

#[test]
fn c_refuses_what_is_invalid() {
    C.refuses_what_is_invalid();
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
fn c_agrees_on_changed_files() {
    C.agrees_on_changed_files(false);
}

#[test]
fn python_agrees_on_changed_files_with_right_checksums() {
    PYTHON.agrees_on_changed_files(true);
}

#[test]
fn javascript_agrees_on_changed_files_with_right_checksums() {
    JS.agrees_on_changed_files(true);
}

#[test]
fn c_agrees_on_changed_files_with_right_checksums() {
    C.agrees_on_changed_files(true);
}

/// The commands of the readers list an array of an unknown codec with the reason, and do not fail because of it.
#[test]
fn an_array_that_is_unknown_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = invalid::all();
    let unknown = vectors.iter().find(|vector| vector.name == "metadata-codec-4").unwrap();
    let path = put(folder.path(), &unknown.name, &unknown.bytes);
    let command = |(variable, interpreter, language): (&str, &str, &str), script: &str| {
        let probed = if language == "python" { python() } else { javascript() };
        probed.map(|_| {
            let mut command = Command::new(std::env::var_os(variable).unwrap_or_else(|| interpreter.into()));
            command.arg(self::folder(language).join(script)).env("PYTHONDONTWRITEBYTECODE", "1");
            command
        })
    };
    for (name, command) in [
        ("Python", command(("ARRSTORE_PYTHON", "python3", "python"), "arrs.py")),
        ("JavaScript", command(("ARRSTORE_NODE", "node", "js"), "arrs.mjs")),
        ("C", c_command()),
    ] {
        let done = match command {
            Ok(mut command) => command.arg(&path).output().unwrap(),
            Err(why) => {
                skip(&format!("the reader in {name} ({why})"));
                continue;
            }
        };
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
        let told: Json = serde_json::from_slice(&done.stdout).unwrap();
        let listed = &told["arrays"][0];
        assert_eq!(listed["name"], "/a", "{name}: {told}");
        assert!(listed["unsupported"].as_str().is_some_and(|why| why.contains("codec")), "{name}: {told}");
    }
}

/// The command of the reader in C, built without zstd.
fn c_command() -> Result<Command, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let source = folder("c").join("arrs.c");
    BUILT.get_or_init(|| compiled("arrs", &[&source.display().to_string()])).clone().map(Command::new)
}

#[test]
fn the_command_in_c_without_zstd() {
    let folder = tempfile::tempdir().unwrap();
    let stores = stores::all();
    let path = |name: &str| {
        let store = stores.iter().find(|store| store.name == name).unwrap();
        put(folder.path(), name, &store.bytes)
    };
    let run = |args: &[&str]| c_command().map(|mut command| command.args(args).output().unwrap());
    let several = path("several-1.0").display().to_string();
    let listed = match run(&[&several]) {
        Ok(done) => done,
        Err(why) => return skip(&format!("the reader in C ({why})")),
    };
    let told: Json = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(told["arrays"].as_array().map(Vec::len), Some(5), "{told}");
    let [plain, lz4, zstd, none] =
        ["/none", "/lz4", "/zstd", "/no such"].map(|name| run(&[&several, name]).unwrap());
    assert!(plain.status.success() && lz4.status.success());
    assert!(plain.stdout.len() == 30 * 8 && plain.stdout == lz4.stdout);
    for (refused, why) in [(zstd, "zstd"), (none, "no array")] {
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && text.contains(why) && refused.stdout.is_empty(), "{text}");
    }
    let strange = run(&[&path("strange-1.0").display().to_string()]).unwrap();
    let text = String::from_utf8(strange.stdout).unwrap();
    assert_eq!(text.chars().find(|c| c.is_control() && *c != '\n'), None, "{text:?}");
}
