//! Intermediate results too large for memory: they go to a nameless file in `--tmp`, and nothing of it is left.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::process::{Command, Stdio};

use arrstore_tests::skip::skip;
use common::{Folder, SmallDisk};

const ROWS: u64 = 2200;
const INNER: u64 = 20;

/// A product of 39 MB, kept for another product in a budget of 64 MiB.
const SPILLS: &[&str] =
    &["eval", "(a @ b) @ c", "a=a.npy", "b=b.npy", "c=c.npy", "--memory", "64MiB", "-o", "out/x.npy"];

fn folder() -> Folder {
    let folder = Folder::new();
    folder.ramp("a.npy", &[ROWS, INNER]);
    folder.ramp("b.npy", &[INNER, ROWS]);
    folder.ramp("c.npy", &[ROWS, 2]);
    for name in ["out", "tmp"] {
        std::fs::create_dir(folder.path(name)).unwrap();
    }
    folder
}

fn spilling<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [SPILLS, more].concat()
}

fn listed(folder: &Folder, name: &str) -> Vec<std::ffi::OsString> {
    std::fs::read_dir(folder.path(name)).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

/// The answer, computed from the ramps in whole numbers.
fn expected() -> Vec<f64> {
    let (rows, inner) = (ROWS as usize, INNER as usize);
    // b @ c first: the product is the same, and small
    let mut bc = vec![[0u128; 2]; inner];
    for (k, sums) in bc.iter_mut().enumerate() {
        for j in 0..rows {
            let b = (k * rows + j) as u128;
            (0..2).for_each(|n| sums[n] += b * (2 * j + n) as u128);
        }
    }
    let element =
        |(i, n): (usize, usize)| (0..inner).map(|k| (i * inner + k) as u128 * bc[k][n]).sum::<u128>() as f64;
    (0..rows).flat_map(|i| [(i, 0), (i, 1)]).map(element).collect()
}

fn assert_right(folder: &Folder) {
    let bytes = folder.read("out/x.npy");
    let found: Vec<f64> =
        bytes[128..].chunks_exact(8).map(|element| f64::from_le_bytes(element.try_into().unwrap())).collect();
    let right = expected();
    assert_eq!(found.len(), right.len());
    for (k, (found, right)) in found.iter().zip(right).enumerate() {
        assert!((found - right).abs() <= 1e-13 * right, "element {k}: expected {right:?}, found {found:?}");
    }
}

#[test]
fn a_result_in_between_is_spilled_and_the_answer_is_right() {
    let folder = folder();
    for more in [&[][..], &["--tmp", "tmp"]] {
        let plan = folder.run(&[&spilling(more)[..], &["--explain"]].concat()).ok();
        assert!(plan.contains("a spill file") && plan.contains("spilled"), "{plan}");
        folder.run(&spilling(more)).ok();
        assert_right(&folder);
        assert_eq!(listed(&folder, "out"), ["x.npy"]);
        assert!(listed(&folder, "tmp").is_empty());
        assert_eq!(folder.names(), ["a.npy", "b.npy", "c.npy", "out", "tmp"]);
        std::fs::remove_file(folder.path("out/x.npy")).unwrap();
    }
}

/// During the run, the spill file lies in `--tmp` and has no name there.
#[test]
fn the_spill_file_lies_in_tmp_without_a_name() {
    let folder = folder();
    // the second product takes long enough to watch the file
    folder.ramp("c.npy", &[ROWS, 1500]);
    let mut child = folder.command(&spilling(&["--tmp", "tmp"])).stderr(Stdio::piped()).spawn().unwrap();
    let tmp = folder.path("tmp").canonicalize().unwrap();
    let fds = format!("/proc/{}/fd", child.id());
    let mut seen = None;
    while child.try_wait().unwrap().is_none() {
        let open = std::fs::read_dir(&fds).into_iter().flatten().flatten();
        let here =
            open.filter_map(|fd| std::fs::read_link(fd.path()).ok()).find(|path| path.starts_with(&tmp));
        if let Some(path) = here {
            assert!(path.to_string_lossy().ends_with(" (deleted)"), "{path:?}");
            assert!(listed(&folder, "tmp").is_empty());
            seen = Some(path);
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(child.wait().unwrap().success());
    assert!(seen.is_some(), "no file was open in --tmp");
    assert!(listed(&folder, "tmp").is_empty());
}

/// A bad `--tmp` of any kind gives an error that names it and no output, and the old output stays.
#[test]
fn a_bad_tmp_is_an_error() {
    let folder = folder();
    std::fs::write(folder.path("out/x.npy"), "old").unwrap();
    let missing = folder.run(&spilling(&["--tmp", "nowhere"])).fails(2);
    assert!(missing.contains("--tmp nowhere") && missing.contains("No such file"), "{missing}");
    let file = folder.run(&spilling(&["--tmp", "a.npy"])).fails(1);
    assert!(file.contains("--tmp a.npy") && file.contains("Not a directory"), "{file}");
    // nobody can make files there, not even root
    let unwritable = folder.run(&spilling(&["--tmp", "/proc"]));
    assert!(matches!(unwritable.code, 1 | 2), "{}", unwritable.err);
    assert!(unwritable.err.starts_with("error: /proc: "), "{}", unwritable.err);
    assert_eq!(folder.read("out/x.npy"), b"old");
    assert_eq!(listed(&folder, "out"), ["x.npy"]);
    // every command with the option
    for args in [&["convert", "a.npy", "out/a.arrs"][..], &["show", "a.npy"], &["demo", "--size", "1MiB"]] {
        let error = folder.run(&[args, &["--tmp", "nowhere"]].concat()).fails(2);
        assert!(error.contains("nowhere"), "{args:?}: {error}");
    }
}

/// With a limit on the length of files, the spill file has no room, but the result has.
#[test]
fn no_room_for_the_spill_file_is_an_error() {
    let folder = folder();
    std::fs::write(folder.path("out/x.npy"), "old").unwrap();
    let output = Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f 20000; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_arrstore"))
        .args(spilling(&["--tmp", "tmp"]))
        .current_dir(folder.root())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("tmp") && error.contains("File too large"), "{error}");
    assert_eq!(folder.read("out/x.npy"), b"old");
    assert_eq!(listed(&folder, "out"), ["x.npy"]);
    assert!(listed(&folder, "tmp").is_empty());
}

#[test]
fn a_full_tmp_is_an_error_and_another_one_will_do() {
    let folder = folder();
    let Some(_disk) = SmallDisk::mount(&folder, "small") else {
        return skip("a small disk cannot be mounted here (this needs root)");
    };
    let full = folder.run(&spilling(&["--tmp", "small"])).fails(1);
    assert!(full.contains("small") && full.contains("No space left on device"), "{full}");
    assert!(listed(&folder, "out").is_empty() && listed(&folder, "small").is_empty());
    folder.run(&spilling(&["--tmp", "tmp"])).ok();
    assert_right(&folder);
}
