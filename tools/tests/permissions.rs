//! Links, modes and permissions of written files, as `np.save` and `cp` leave them.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use common::Folder;

/// One target of each kind, and its name on the disk.
const TARGETS: [(&str, &str); 8] = [
    ("o.npy", "o.npy"),
    ("o.raw", "o.raw"),
    ("o.npz", "o.npz"),
    ("o.npz:/a", "o.npz"),
    ("o.arrs:/a", "o.arrs"),
    ("o.zarr", "o.zarr"),
    ("o.zarr:/a", "o.zarr"),
    ("o.json", "o.json"),
];

fn folder() -> Folder {
    let folder = Folder::new();
    folder.ramp("x.npy", &[4, 6]);
    folder
}

/// The arguments that write to a target. A trace needs no other output.
fn write_to(target: &str) -> Vec<&str> {
    match target.strip_suffix(".json") {
        Some(_) => vec!["eval", "x.sum()", "x.npy", "--profile", target],
        None => vec!["eval", "x * 2", "x.npy", "-o", target],
    }
}

fn mode(folder: &Folder, name: &str) -> u32 {
    fs::metadata(folder.path(name)).unwrap().mode() & 0o777
}

fn set_mode(folder: &Folder, name: &str, mode: u32) {
    fs::set_permissions(folder.path(name), Permissions::from_mode(mode)).unwrap();
}

#[test]
fn new_files_have_what_the_umask_leaves() {
    for umask in ["002", "022", "077", "027"] {
        let folder = folder();
        let mask = u32::from_str_radix(umask, 8).unwrap();
        for (target, name) in TARGETS {
            let _ = fs::remove_dir_all(folder.path(name)).or_else(|_| fs::remove_file(folder.path(name)));
            let ran = Command::new("bash")
                .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_arrstore")])
                .args(write_to(target))
                .current_dir(folder.root())
                .output()
                .unwrap();
            assert!(ran.status.success(), "{target}: {}", String::from_utf8_lossy(&ran.stderr));
            let all = if name.ends_with(".zarr") { 0o777 } else { 0o666 };
            assert_eq!(mode(&folder, name), all & !mask, "{target} with {umask}");
            if target == "o.zarr:/a" {
                assert_eq!(mode(&folder, "o.zarr/a"), 0o777 & !mask);
                assert_eq!(mode(&folder, "o.zarr/a/zarr.json"), 0o666 & !mask);
                assert_eq!(mode(&folder, "o.zarr/zarr.json"), 0o666 & !mask);
            }
        }
    }
}

#[test]
fn a_replaced_file_keeps_its_mode_and_owner() {
    for (target, name) in TARGETS {
        for bits in [0o600, 0o640, 0o666, 0o755] {
            let folder = folder();
            folder.run(&write_to(target)).ok();
            let bits = if name.ends_with(".zarr") { bits | 0o100 } else { bits };
            set_mode(&folder, name, bits);
            // Only root can change the owner; other users test the modes.
            let given = std::os::unix::fs::chown(folder.path(name), Some(1234), Some(4321)).is_ok();
            folder.run(&write_to(target)).ok();
            assert_eq!(mode(&folder, name), bits, "{target}");
            let owner = fs::metadata(folder.path(name)).unwrap();
            assert_eq!(given, (owner.uid(), owner.gid()) == (1234, 4321), "{target}");
            if target == "o.zarr" {
                let inside = fs::metadata(folder.path("o.zarr/zarr.json")).unwrap();
                assert_eq!(given, (inside.uid(), inside.gid()) == (1234, 4321), "{target}");
            }
        }
    }
    // A compacted file also keeps its mode, and so does an empty file that was made private.
    let folder = folder();
    folder.run(&["convert", "x.npy", "s.arrs"]).ok();
    set_mode(&folder, "s.arrs", 0o640);
    folder.run(&["compact", "s.arrs"]).ok();
    assert_eq!(mode(&folder, "s.arrs"), 0o640);
    for name in ["e.npy", "e.arrs", "e.npz"] {
        folder.write(name, b"");
        set_mode(&folder, name, 0o600);
        folder.run(&["convert", "x.npy", name]).ok();
        assert_eq!(mode(&folder, name), 0o600, "{name}");
    }
}

#[test]
fn links_stay_and_what_they_lead_to_is_replaced() {
    for (target, name) in TARGETS {
        for dangling in [false, true] {
            let folder = folder();
            fs::create_dir(folder.path("far")).unwrap();
            let (link, real) = (folder.path(name), folder.path("far").join(name));
            if !dangling {
                folder.run(&write_to(&format!("far/{target}"))).ok();
            }
            // Through two links, the second in another folder.
            symlink(&real, folder.path("far/step")).unwrap();
            symlink("far/step", &link).unwrap();
            let before = fs::metadata(&real).map(|m| m.mtime_nsec()).ok();
            folder.run(&write_to(target)).ok();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{target}");
            let now = fs::symlink_metadata(&real).unwrap();
            assert!(!now.is_symlink() && Some(now.mtime_nsec()) != before, "{target}");
            let mut left: Vec<_> =
                fs::read_dir(folder.path("far")).unwrap().map(|e| e.unwrap().file_name()).collect();
            left.sort();
            assert_eq!(left, [name, "step"], "{target}");
        }
    }
}

#[test]
fn what_nobody_may_write_stays() {
    for (target, name) in TARGETS {
        let folder = folder();
        folder.run(&write_to(target)).ok();
        let (mine, all) = if name.ends_with(".zarr") { (0o755, 0o555) } else { (0o644, 0o444) };
        set_mode(&folder, name, all);
        let path = folder.path(name);
        let stamp = || fs::metadata(&path).map(|m| (m.ino(), m.mtime(), m.mtime_nsec(), m.mode())).unwrap();
        let before = stamp();
        let err = folder.run(&write_to(target)).fails(1);
        assert!(err.contains("Permission denied"), "{target}: {err}");
        assert_eq!(stamp(), before, "{target}");
        set_mode(&folder, name, mine);
        folder.run(&write_to(target)).ok();
    }
    let folder = folder();
    folder.run(&["convert", "x.npy", "s.arrs:/a"]).ok();
    set_mode(&folder, "s.arrs", 0o444);
    let before = folder.read("s.arrs");
    for args in
        [&["compact", "s.arrs"][..], &["verify", "s.arrs", "--repair"], &["eval", "1", "-o", "s.arrs:/a[0]"]]
    {
        assert!(folder.run(args).fails(1).contains("Permission denied"), "{args:?}");
    }
    assert!(folder.read("s.arrs") == before);
    folder.run(&["show", "s.arrs"]).ok();
}

#[test]
fn what_is_no_file_stays() {
    let folder = folder();
    for name in ["d.npy", "d.raw", "d.npz", "d.arrs"] {
        fs::create_dir(folder.path(name)).unwrap();
        let err = folder.run(&["convert", "x.npy", name]).fails(1);
        assert!(err.contains("folder") || err.contains("directory") || err.contains("exists"), "{err}");
        let fifo = name.replace('d', "f");
        assert!(Command::new("mkfifo").arg(folder.path(&fifo)).status().unwrap().success());
        let err = folder.run(&["convert", "x.npy", &fifo]).fails(1);
        assert!(err.contains("FIFO") || err.contains("exists"), "{err}");
    }
    folder.run(&["convert", "x.npy", "f.npz:/a"]).fails(2);
    symlink("loop.npy", folder.path("loop.npy")).unwrap();
    folder.run(&["convert", "x.npy", "loop.npy"]).fails(1);
    assert_eq!(folder.names().len(), 10);
}
