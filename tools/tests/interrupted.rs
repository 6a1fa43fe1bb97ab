//! What is left when a run is stopped or the disk is full: every store as it was, and no temporary file.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use arrstore_tests::skip::skip;
use common::{Folder, SmallDisk};

#[test]
fn ctrl_c_leaves_the_store_as_it_was() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[2000, 2000]);
    folder.run(&["convert", "a.npy", "s.arrs"]).ok();
    let before = folder.run(&["show", "s.arrs"]).ok();
    for output in ["s.arrs:/a", "x.npy", "new.arrs", "z.zarr", "s.arrs:/a[:, ::2]"] {
        // Enough work to be caught in the middle of it.
        let expr =
            if output.ends_with(']') { "sin(cos(tan(sin(a[:, ::2]))))" } else { "sin(cos(tan(sin(a @ a))))" };
        let mut child = folder
            .command(&["eval", expr, "a.npy", "-o", output, "--memory", "512MiB", "--codec", "zstd:19"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(150));
        let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(interrupt.success());
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), None);
        if status.code() != Some(130) {
            // The run was quicker than the signal; then it must have ended well.
            assert_eq!(status.code(), Some(0), "{output}");
            continue;
        }
        assert_eq!(folder.run(&["show", "s.arrs:/a"]).ok(), before, "{output}");
        folder.run(&["verify", "s.arrs"]).ok();
    }
    let left: Vec<String> = folder.names().into_iter().filter(|n| n.starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?}");
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
    for output in ["disk/s.arrs:/b", "disk/s.arrs:/a", "disk/new.arrs", "disk/x.npy", "disk/z.zarr"] {
        let err = folder.run(&["convert", "large.npy", output]).fails(1);
        assert!(err.contains("No space left on device"), "{output}: {err}");
        assert_eq!(folder.run(&["ls", "disk/s.arrs"]).ok(), "/a  float64  100x100  78.1 KiB\n");
        folder.run(&["verify", "disk/s.arrs"]).ok();
    }
    let names: Vec<_> =
        std::fs::read_dir(folder.path("disk")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["s.arrs"]);
    // What fits still goes in.
    folder.run(&["convert", "small.npy", "disk/s.arrs:/b"]).ok();
    folder.run(&["verify", "disk/s.arrs"]).ok();
}

/// A limit on the length of files: short writes and `EFBIG` when its signal is ignored, else a killed process.
#[test]
fn a_limit_on_file_length_leaves_the_store_intact() {
    let folder = Folder::new();
    folder.ramp("small.npy", &[100, 100]);
    folder.ramp("large.npy", &[1000, 1000]);
    folder.run(&["convert", "small.npy", "s.arrs:/a"]).ok();
    let before = folder.read("s.arrs");
    for output in ["s.arrs:/b", "s.arrs:/a", "new.arrs", "x.npy"] {
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
                assert_eq!(folder.names(), ["large.npy", "s.arrs", "small.npy"], "{output}");
            }
            assert_eq!(folder.run(&["ls", "s.arrs"]).ok(), "/a  float64  100x100  78.1 KiB\n");
            folder.run(&["verify", "s.arrs"]).ok();
            for name in folder.names().iter().filter(|name| name.starts_with('.')) {
                std::fs::remove_file(folder.path(name)).unwrap();
            }
        }
    }
    // What lies behind the last commit does not count.
    let after = folder.read("s.arrs");
    assert!(after.starts_with(&before), "a byte of the last commit has changed");
}
