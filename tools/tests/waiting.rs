//! `--wait`: a writer waits for another one.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::Folder;

/// Commands that take the writer's lock of `s.arrs`.
const WRITERS: [&[&str]; 6] = [
    &["convert", "x.npy", "s.arrs:/b"],
    &["eval", "x * 2", "x.npy", "-o", "s.arrs:/b"],
    &["eval", "1", "-o", "./s.arrs:/x[0]"],
    &["compact", "s.arrs"],
    &["verify", "s.arrs", "--repair"],
    &["convert", "s.arrs", "s.arrs", "--chunk", "2x2"],
];

fn folder() -> Folder {
    let folder = Folder::new();
    folder.ramp("x.npy", &[4, 6]);
    folder.run(&["convert", "x.npy", "s.arrs:/x"]).ok();
    folder
}

#[test]
fn a_writer_is_waited_for_as_long_as_asked() {
    for args in WRITERS {
        let folder = folder();
        let store = arrstore_format::File::open_write(folder.path("s.arrs")).unwrap();
        let lock = store.begin().unwrap();
        let before = folder.read("s.arrs");
        let err = folder.run(args).fails(1);
        assert!(
            err.contains("another program is writing to the file") && err.contains("--wait"),
            "{args:?}: {err}"
        );
        let begun = Instant::now();
        let err = folder.run(&[args, &["--wait", "300ms"]].concat()).fails(1);
        assert!(err.contains("another program is writing to the file"), "{args:?}: {err}");
        assert!(begun.elapsed() >= Duration::from_millis(300));
        assert!(folder.read("s.arrs") == before, "{args:?}");

        let child =
            folder.command(&[args, &["--wait", "10m"]].concat()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(200));
        drop(lock);
        let ran = child.wait_with_output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
        folder.run(&["verify", "s.arrs"]).ok();
    }
    for bad in ["soon", "-1s", ""] {
        folder().run(&["convert", "x.npy", "s.arrs", "--wait", bad]).fails(2);
    }
    folder().run(&["verify", "s.arrs", "--wait", "1s"]).fails(2);
}

#[test]
fn writers_of_a_new_file_wait_for_one_another() {
    for empty in [false, true] {
        let folder = folder();
        if empty {
            folder.write("new.arrs", b"");
        }
        let start = |k: u64| {
            let target = format!("new.arrs:/a{k}");
            folder.command(&["convert", "x.npy", &target, "--wait", "10m", "--quiet"]).spawn().unwrap()
        };
        for mut child in (0..6).map(start).collect::<Vec<_>>() {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(folder.run(&["ls", "new.arrs"]).ok().lines().count(), 6);
        // A claim of a command that fails is given up.
        folder.run(&["convert", "nosuch.npy", "none.arrs", "--wait", "1s"]).fails(2);
        folder.run(&["eval", "x + y", "x.npy", "-o", "none.arrs", "--wait", "1s"]).fails(2);
        assert_eq!(folder.names(), ["new.arrs", "s.arrs", "x.npy"]);
    }
    // A locked empty file belongs to another writer.
    let folder = folder();
    folder.write("new.arrs", b"");
    let empty = arrstore_format::FileStorage::open(&folder.path("new.arrs"), true).unwrap();
    arrstore_format::Storage::lock_writer(&empty).unwrap();
    let err = folder.run(&["convert", "x.npy", "new.arrs"]).fails(1);
    assert!(err.contains("another program is writing to the file"), "{err}");
    assert_eq!(folder.read("new.arrs"), b"");
}

#[test]
fn waiting_ends_with_ctrl_c() {
    let folder = folder();
    let store = arrstore_format::File::open_write(folder.path("s.arrs")).unwrap();
    let _lock = store.begin().unwrap();
    for args in WRITERS {
        let child =
            folder.command(&[args, &["--wait", "10m"]].concat()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        let status = child.wait_with_output().unwrap().status;
        assert_eq!((status.code(), status.signal()), (Some(130), None), "{args:?}");
    }
}

#[test]
fn no_increment_is_lost() {
    let folder = folder();
    let args = ["eval", "a + 1", "a=s.arrs:/x", "-o", "s.arrs:/x", "--wait", "10m", "--quiet"];
    let children: Vec<_> = (0..6).map(|_| folder.command(&args).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(folder.run(&["show", "s.arrs:/x[0]"]).ok(), "[ 6.  7.  8.  9. 10. 11.]\n");
}
