//! Runs the commands of README.md unchanged, and the examples.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use arrstore_format::{CreateOptions, DType, File, Meta};
use arrstore_tests::campaign::data::Data;
use arrstore_tests::campaign::place::Place;
use arrstore_tests::command;

const README: &str = include_str!("../../README.md");
const CI: &str = include_str!("../../.ci/run");

/// The lines of all blocks of shell commands in a text, without the prompt.
fn commands(text: &str) -> Vec<&str> {
    let (mut found, mut inside) = (Vec::new(), false);
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(kind) => inside = !inside && kind == "sh",
            None if inside => found.push(line.strip_prefix("$ ").unwrap_or(line)),
            None => {}
        }
    }
    found
}

/// Runs a line in a shell that finds `arrstore`, and returns its output.
fn shell(line: &str, folder: &Path) -> String {
    let program = PathBuf::from(command::arrstore().get_program());
    let path = [program.parent().unwrap().as_os_str(), &std::env::var_os("PATH").unwrap()].join(":".as_ref());
    let done = Command::new("sh").args(["-ec", line]).env("PATH", path).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{line}: {}\n{said}", done.status);
    said
}

/// The files that the tour expects: `field.npy`, `a.npy`, and a store with `/b` and four commits.
fn fixtures(folder: &Path) {
    let field = Data { nans: true, ..Data::new(DType::F64, &[1500, 1200], 1) };
    Place::NPY.write(&field, &folder.join("field.npy"));
    Place::NPY.write(&Data::new(DType::F64, &[300, 200], 2), &folder.join("a.npy"));
    let file = File::create(folder.join("store.arrs"), &CreateOptions::default()).unwrap();
    for _ in 0..4 {
        let transaction = file.begin().unwrap();
        let id = transaction.replace("/b", Meta::new(DType::F64, &[100, 200], &[100, 200])).unwrap();
        let bytes: Vec<u8> = (0..20_000).flat_map(|k| f64::from(k % 7).to_le_bytes()).collect();
        transaction.write(id, &[0, 0], &[100, 200], &bytes).unwrap();
        transaction.commit().unwrap();
    }
    assert_eq!(file.snapshot().unwrap().stat().seq, 4);
}

#[test]
fn the_tour_runs_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    fixtures(folder.path());
    let lines: Vec<&str> =
        commands(README).into_iter().filter(|line| line.starts_with("arrstore ")).collect();
    assert!(lines.len() >= 10, "{lines:?}");
    let mut said = Vec::new();
    for line in &lines {
        said.push(shell(line, folder.path()));
    }
    let of = |start: &str| &said[lines.iter().position(|line| line.starts_with(start)).unwrap()];
    assert!(of("arrstore ls").contains("/field"), "{said:?}");
    assert!(of("arrstore verify").contains("sound"), "{said:?}");
    // The last command undoes a mistake, which overwrote NaN with 0.
    let nans = |folder| shell("arrstore eval 'sum(isnan(t))' t=store.arrs:/field", folder);
    let expected = (0..1500 * 1200).filter(|k| k % 97 == 5).count();
    assert_eq!(nans(folder.path()).trim(), expected.to_string());
    for made in ["product.npy", "scaled.npy"] {
        assert!(folder.path().join(made).is_file(), "{made} was not made");
    }
    shell("arrstore verify store.arrs", folder.path());
}

/// The commands that begin with `cargo`: the demo (here smaller, with the program that is already built) and the tests.
#[test]
fn the_two_commands_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let (mut demo, mut tests) = (0, 0);
    for line in commands(README).into_iter().filter(|line| line.starts_with("cargo ")) {
        let line = line.split('#').next().unwrap().trim();
        match line.strip_prefix("cargo run --release -- ") {
            Some(arguments) => {
                let said = shell(&format!("arrstore {arguments} --size 64MiB --memory 64MiB"), folder.path());
                assert!(said.contains("every answer was right"), "{said}");
                demo += 1;
            }
            // the test command itself is what runs now
            None => {
                assert!(
                    CI.contains(&format!("step {line}\n")),
                    "{line} is not what continuous integration runs"
                );
                tests += 1;
            }
        }
    }
    assert_eq!((demo, tests), (1, 1));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the demo left something behind");
}

#[test]
fn examples_run() {
    let folder = tempfile::tempdir().unwrap();
    assert!(README.contains("--example quickstart"));
    let done = command::example("quickstart").env("TMPDIR", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    let wanted = "[[[ 2.5]]

 [[12.5]]

 [[22.5]]]
12 months, the warmest 112.50
Array<float64>(24, 360, 720) and Array<float64>(12, 360, 720)
Array<float64>(12, 360, 720)
";
    assert_eq!(said, wanted);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the example left something behind");
}

/// The example that makes golden files leaves existing files alone.
#[test]
fn golden_files_are_never_made_anew() {
    let all = || -> Vec<(PathBuf, std::time::SystemTime, u64)> {
        let listed = std::fs::read_dir(arrstore_tests::stores::folder()).unwrap().flatten();
        let mut all: Vec<_> = listed
            .map(|entry| {
                (entry.path(), entry.metadata().unwrap().modified().unwrap(), entry.metadata().unwrap().len())
            })
            .collect();
        all.sort();
        all
    };
    let before = all();
    let done = command::example("golden_files").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(all(), before);
}
