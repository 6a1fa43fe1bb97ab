//! Every print can fail: tests the behaviour of a command then, and its exit code.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs::File;
use std::process::{Command, Stdio};

use common::Folder;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.ramp("x.npy", &[40, 60]);
    folder.run(&["convert", "x.npy", "s.arrs:/x"]).ok();
    folder.run(&["convert", "x.npy", "z.zarr"]).ok();
    folder
}

/// Commands that print to stdout.
const PRINTING: [&[&str]; 17] = [
    &["--help"],
    &["--version"],
    &["convert", "--help"],
    &["help", "eval"],
    &["convert", "x.npy", "o.arrs", "--json"],
    &["eval", "x", "x.npy"],
    &["eval", "x, x", "x.npy", "-o", "o.npy"],
    &["eval", "x", "x.npy", "-o", "o.npy", "--json"],
    &["eval", "x", "x.npy", "--explain"],
    &["eval", "x", "x.npy", "--explain", "--json"],
    &["info", "s.arrs"],
    &["ls", "z.zarr", "--json"],
    &["show", "s.arrs"],
    &["verify", "s.arrs"],
    &["history", "s.arrs"],
    &["salvage", "s.arrs", "saved.arrs", "--json"],
    &["compact", "s.arrs", "--json"],
];

#[test]
fn a_full_stdout_is_exit_code_3() {
    let folder = folder();
    for args in PRINTING {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ran = folder.command(args).stdout(full).output().unwrap();
        let err = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(3), "{args:?}: {err}");
        assert!(
            err.contains("error: standard output cannot be written: No space left on device"),
            "{args:?}: {err}"
        );
    }
    // The written files stay, and are reported.
    folder.run(&["verify", "o.arrs"]).ok();
    folder.run(&["verify", "saved.arrs"]).ok();
    assert_eq!(folder.read("o.npy"), folder.read("x.npy"));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let ran = folder.command(&["eval", "x.sum()", "x.npy", "-o", "o.arrs"]).stdout(full).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "nothing was to be printed");
    for args in
        [&["demo", "--size", "1MiB"][..], &["demo", "--size", "1MiB", "--json"], &["doctor", "--json"]]
    {
        let full = File::options().write(true).open("/dev/full").unwrap();
        assert_eq!(folder.command(args).stdout(full).output().unwrap().status.code(), Some(3), "{args:?}");
    }
    assert!(folder.names().iter().all(|n| !n.starts_with('.')), "{:?}", folder.names());
}

#[test]
fn a_full_or_closed_stderr_changes_nothing() {
    for errors in ["2>/dev/full", "2>&-", "2> >(exit 0)", ">/dev/null 2>&1 | true"] {
        let folder = folder();
        let run = |args: &str| {
            let text = format!("\"$0\" {args} {errors}; exit ${{PIPESTATUS[0]}}");
            let mut bash = Command::new("bash");
            bash.args(["-c", &text, env!("CARGO_BIN_EXE_arrstore")]).current_dir(folder.root());
            bash.status().unwrap().code()
        };
        assert_eq!(run("convert x.npy e.arrs"), Some(0), "{errors}");
        assert_eq!(run("eval 'x, x.sum()' x.npy y=x.npy -o e.npy --profile trace.json"), Some(0), "{errors}");
        assert_eq!(run("compact e.arrs"), Some(0), "{errors}");
        assert_eq!(run("salvage e.arrs saved.arrs"), Some(0), "{errors}");
        // Errors that cannot be printed still set the exit code.
        assert_eq!(run("convert e.arrs:/none y.npy"), Some(2), "{errors}");
        assert_eq!(run("convert x.npy saved.arrs:/x/y"), Some(2), "{errors}");
        assert_eq!(run("salvage e.arrs saved.arrs"), Some(1), "{errors}");
        assert_eq!(run("convert"), Some(2), "{errors}");
        folder.run(&["verify", "e.arrs"]).ok();
        assert_eq!(folder.read("e.npy"), folder.read("x.npy"), "{errors}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = folder();
    for args in PRINTING {
        let _ = std::fs::remove_file(folder.path("saved.arrs"));
        let mut child = folder.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(0), "{args:?}: {err}");
        assert!(!err.contains("panicked") && !err.contains("error"), "{args:?}: {err}");
    }
    // stdout is closed from the beginning.
    let ran = Command::new("bash")
        .args(["-c", "\"$0\" eval x x.npy >&-", env!("CARGO_BIN_EXE_arrstore")])
        .current_dir(folder.root())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0));
}
