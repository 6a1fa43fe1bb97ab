//! After a stopped run or a full disk, every store is as it was, and no temporary file is left.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use arrstore_tests::skip::skip;
use common::{Folder, SmallDisk};

/// Starts long work that writes to `output`, sends it `signals` in the middle, and returns its exit status.
fn interrupted(folder: &Folder, output: &str, signals: &[&str]) -> ExitStatus {
    let expr = if output.ends_with(']') {
        "sin(cos(tan(sin(a[:, ::2]))))"
    } else {
        "sin(cos(tan(sin(a @ a @ a @ a))))"
    };
    let mut args = vec!["eval", expr, "a.npy", "-o", output, "--memory", "512MiB", "--quiet"];
    if (output.contains(".arrs") && !output.ends_with(']')) || output.contains(".zarr") {
        args.extend(["--codec", "zstd:19"]);
    }
    let mut child = folder.command(&args).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(150));
    for signal in signals {
        assert!(Command::new("kill").args([*signal, &child.id().to_string()]).status().unwrap().success());
    }
    child.wait().unwrap()
}

fn hidden(folder: &Folder) -> Vec<String> {
    folder.names().into_iter().filter(|n| n.starts_with('.')).collect()
}

#[test]
fn a_signal_leaves_the_store_as_it_was() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[2000, 2000]);
    folder.run(&["convert", "a.npy", "s.arrs"]).ok();
    folder.run(&["convert", "a.npy", "old.zarr:/a"]).ok();
    folder.ramp("old.npy", &[3]);
    let before = folder.run(&["show", "s.arrs"]).ok();
    let outputs = [
        "s.arrs:/a",
        "x.npy",
        "old.npy",
        "x.raw",
        "x.npz:/a",
        "new.arrs",
        "z.zarr",
        "z.zarr:/b/c",
        "old.zarr",
        "old.zarr:/a",
        "s.arrs:/a[:, ::2]",
    ];
    for output in outputs {
        // One interrupt, two interrupts (which end the process at once), and other signals.
        for signals in [&["-INT"][..], &["-INT", "-INT"], &["-TERM"], &["-HUP", "-TERM", "-INT"]] {
            let names = folder.names();
            let status = interrupted(&folder, output, signals);
            assert_eq!(status.signal(), None);
            assert_eq!(hidden(&folder), [""; 0], "{output} {signals:?}");
            if status.code() != Some(130) {
                // The run ended before the signal; then it must have succeeded.
                assert_eq!(status.code(), Some(0), "{output}");
                break;
            }
            assert_eq!(folder.names(), names, "{output} {signals:?}");
            assert_eq!(folder.run(&["show", "s.arrs:/a"]).ok(), before, "{output}");
            assert_eq!(folder.run(&["show", "old.npy"]).ok(), "[0. 1. 2.]\n", "{output}");
            assert_eq!(folder.run(&["show", "old.zarr:/a"]).ok(), before, "{output}");
            folder.run(&["verify", "s.arrs"]).ok();
        }
    }
}

/// A process cannot react to SIGKILL, so nothing may need cleaning up: files have no name until they are finished.
#[test]
fn a_killed_process_leaves_no_hidden_file() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[2000, 2000]);
    folder.run(&["convert", "a.npy", "s.arrs"]).ok();
    if !nameless_files(&folder) {
        skip("this file system has no files without a name");
        return;
    }
    for output in ["s.arrs:/b", "x.npy", "a.npy", "x.raw", "x.npz:/a", "new.arrs"] {
        interrupted(&folder, output, &["-KILL"]);
        assert_eq!(hidden(&folder), [""; 0], "{output}");
        folder.run(&["verify", "s.arrs"]).ok();
    }
}

fn nameless_files(folder: &Folder) -> bool {
    let flags = nix::fcntl::OFlag::O_TMPFILE.bits();
    std::fs::File::options().write(true).custom_flags(flags).open(folder.root()).is_ok()
}

#[test]
fn an_interrupted_demo_takes_its_data_away() {
    for signals in [&["-INT"][..], &["-INT", "-INT"]] {
        let folder = Folder::new();
        let mut child = folder.command(&["demo", "--size", "256MiB"]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        for signal in signals {
            assert!(
                Command::new("kill").args([*signal, &child.id().to_string()]).status().unwrap().success()
            );
        }
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(folder.names(), [""; 0]);
    }
}

#[test]
fn a_full_disk_is_an_error_and_leaves_the_store_intact() {
    let folder = Folder::new();
    let Some(_disk) = SmallDisk::mount(&folder, "disk") else {
        return skip("a small disk cannot be mounted here (this needs root)");
    };
    folder.ramp("small.npy", &[100, 100]);
    folder.ramp("large.npy", &[1000, 1000]);
    folder.run(&["convert", "small.npy", "disk/s.arrs:/a"]).ok();
    let outputs = [
        "s.arrs:/b",
        "s.arrs:/a",
        "new.arrs",
        "x.npy",
        "x.raw",
        "x.npz",
        "x.npz:/a",
        "z.zarr",
        "z.zarr:/a/b",
    ];
    for output in outputs.map(|output| format!("disk/{output}")) {
        let err = folder.run(&["convert", "large.npy", &output]).fails(1);
        assert!(err.contains("No space left on device"), "{output}: {err}");
        assert_eq!(folder.run(&["ls", "disk/s.arrs"]).ok(), "/a  float64  100x100  78.1 KiB\n");
        folder.run(&["verify", "disk/s.arrs"]).ok();
    }
    let names: Vec<_> =
        std::fs::read_dir(folder.path("disk")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["s.arrs"]);
    // The arrays fit, but the archive that is built from them does not fit beside them.
    folder.ramp("half.npy", &[600, 700]);
    folder.run(&["convert", "half.npy", "disk/x.npz"]).fails(1);
    // Two results, of which only one fits.
    folder
        .run(&["eval", "x, y", "x=small.npy", "y=large.npy", "-o", "disk/x.npy", "-o", "disk/s.arrs:/b"])
        .fails(1);
    let names: Vec<_> =
        std::fs::read_dir(folder.path("disk")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["s.arrs"]);
    // A result that fits can still be written.
    folder.run(&["convert", "small.npy", "disk/s.arrs:/b"]).ok();
    folder.run(&["verify", "disk/s.arrs"]).ok();
}

/// A limit on the length of files: short writes and `EFBIG` if the signal is ignored, else a killed process.
#[test]
fn a_limit_on_file_length_leaves_the_store_intact() {
    let folder = Folder::new();
    folder.ramp("small.npy", &[100, 100]);
    folder.ramp("large.npy", &[1000, 1000]);
    folder.run(&["convert", "small.npy", "s.arrs:/a"]).ok();
    let before = folder.read("s.arrs");
    for output in ["s.arrs:/b", "s.arrs:/a", "new.arrs", "x.npy", "x.raw", "x.npz"] {
        for (limit, killed) in
            [("trap '' XFSZ; ulimit -f 1025", false), ("ulimit -c 0; ulimit -f 1025", true)]
        {
            let status = Command::new("bash")
                .args(["-c", &format!("{limit}; exec \"$0\" convert large.npy {output} --quiet")])
                .arg(env!("CARGO_BIN_EXE_arrstore"))
                .current_dir(folder.root())
                .output()
                .unwrap();
            let err = String::from_utf8_lossy(&status.stderr);
            if killed {
                assert!(status.status.signal().is_some(), "{output}: {err}");
            } else {
                assert_eq!(status.status.code(), Some(1), "{output}: {err}");
                assert!(err.contains("File too large"), "{output}: {err}");
            }
            if !killed || nameless_files(&folder) {
                assert_eq!(folder.names(), ["large.npy", "s.arrs", "small.npy"], "{output}");
            }
            assert_eq!(folder.run(&["ls", "s.arrs"]).ok(), "/a  float64  100x100  78.1 KiB\n");
            folder.run(&["verify", "s.arrs"]).ok();
            for name in folder.names().iter().filter(|name| name.starts_with('.')) {
                std::fs::remove_file(folder.path(name)).unwrap();
            }
        }
    }
    // Bytes behind the last commit do not count.
    let after = folder.read("s.arrs");
    assert!(after.starts_with(&before), "a byte of the last commit has changed");
}
