//! `arrstore merge`: parts of arrays, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::process::{Command, Stdio};

use arrstore::prelude::*;
use common::Folder;
use serde_json::{Value, json};

/// Writes rows of the ramp of 20 x 30 as a part, in chunks of 5 x 10.
fn part(folder: &Folder, name: &str, rows: std::ops::Range<u64>, codec: &str) {
    folder.ramp("ramp.npy", &[20, 30]);
    let ramp = folder.path("ramp.npy");
    let elements = arrstore::open(format!("{}[{}:{}]", ramp.display(), rows.start, rows.end)).unwrap();
    let layout = Layout::new().chunk([5, 10]).codec(codec.parse().unwrap()).part([rows.start, 0], [20, 30]);
    Store::create_over(folder.path(name)).unwrap().write_with("/g/t", elements, &layout).unwrap();
}

fn json_of(folder: &Folder, args: &[&str]) -> Value {
    serde_json::from_str(&folder.run(args).ok()).unwrap()
}

#[test]
fn parts_become_one_array_in_one_commit() {
    let folder = Folder::new();
    folder.ramp("b.npy", &[3]);
    for codec in ["none", "lz4", "zstd:1", "pco:1"] {
        part(&folder, "p0.arrs", 0..10, codec);
        part(&folder, "p1.arrs", 10..15, codec);
        part(&folder, "p2.arrs", 15..20, codec);
        folder.run(&["convert", "b.npy", "out.arrs:/b"]).ok();
        let before = json_of(&folder, &["info", "out.arrs", "--json"])["commit"].as_u64().unwrap();
        let told =
            json_of(&folder, &["merge", "out.arrs", "p2.arrs", "p0.arrs", "p1.arrs", "--complete", "--json"]);
        assert_eq!(
            (&told["arrays"], &told["parts_moved"], &told["parts_decoded"]),
            (&json!(1), &json!(3), &json!(0))
        );
        assert_eq!(told["target"], "out.arrs");
        assert_eq!(json_of(&folder, &["info", "out.arrs", "--json"])["commit"], before + 1);
        folder.run(&["verify", "out.arrs"]).ok();
        folder.run(&["convert", "out.arrs:/g/t", "back.npy"]).ok();
        assert_eq!(folder.read("back.npy"), folder.read("ramp.npy"), "{codec}");
        assert_eq!(folder.run(&["show", "out.arrs:/b"]).ok(), "[0. 1. 2.]\n");
        let stored =
            |path: &str| json_of(&folder, &["info", path, "--json"])["stored_bytes"].as_u64().unwrap();
        let parts = ["p0.arrs:/g/t", "p1.arrs:/g/t", "p2.arrs:/g/t"].map(stored).iter().sum::<u64>();
        assert_eq!((stored("out.arrs:/g/t"), told["bytes"].as_u64()), (parts, Some(parts)));
    }
    // a part that ends within a chunk, and a gap
    part(&folder, "p3.arrs", 0..7, "zstd:1");
    part(&folder, "p2.arrs", 15..20, "zstd:1");
    let told = folder.run(&["merge", "new.arrs", "p3.arrs", "p2.arrs"]);
    assert!(
        told.err.contains("2 parts (1 of them") && told.err.contains("1 arrays of new.arrs"),
        "{}",
        told.err
    );
    told.ok();
    assert_eq!(folder.run(&["merge", "new.arrs", "p3.arrs", "p2.arrs", "-q"]).err, "");
    let value =
        |at: &str| json_of(&folder, &["show", &format!("new.arrs:/g/t[{at}]"), "--json"])["value"].clone();
    assert_eq!((value("6, 29"), value("7, 0"), value("15, 1")), (json!(209.0), json!(0.0), json!(451.0)));
    folder.run(&["verify", "new.arrs"]).ok();
}

#[test]
fn what_does_not_fit_is_misuse_and_changes_nothing() {
    let folder = Folder::new();
    part(&folder, "a.arrs", 0..10, "none");
    part(&folder, "b.arrs", 10..20, "none");
    part(&folder, "over.arrs", 5..15, "none");
    part(&folder, "packed.arrs", 10..20, "lz4");
    folder.ramp("x.npy", &[3]);
    folder.run(&["convert", "x.npy", "out.arrs"]).ok();
    std::fs::hard_link(folder.path("a.arrs"), folder.path("again.arrs")).unwrap();
    std::os::unix::fs::symlink("a.arrs", folder.path("link.arrs")).unwrap();
    for out in ["out.arrs", "new.arrs"] {
        for (parts, says) in [
            (&["a.arrs", "over.arrs"][..], "two parts overlap"),
            (&["a.arrs", "a.arrs"], "two parts overlap"),
            (&["a.arrs", "again.arrs"], "two parts overlap"),
            (&["a.arrs", "link.arrs"], "two parts overlap"),
            (&["a.arrs", "packed.arrs"], "packed.arrs, array /g/t: found codec lz4, not none as in a.arrs"),
            (&["a.arrs", "--complete"], "no part has element [10, 0]; 300 of 600 elements are missing"),
            (&["a.arrs", "nowhere.arrs"], "nowhere.arrs"),
            (&["a.arrs", "x.npy"], "x.npy: merge takes whole .arrs files"),
            (&["a.arrs:/g/t"], "merge takes whole .arrs files"),
            (&[], "required"),
        ] {
            let args = [&["merge", out][..], parts].concat();
            folder.refuses(&args, says);
        }
    }
    folder.refuses(
        &["merge", "new.arrs", "a.arrs", "out.arrs"],
        "out.arrs: expected a file that write_part wrote",
    );
    for (out, parts) in [
        ("a.arrs", ["a.arrs", "b.arrs"]),
        ("again.arrs", ["a.arrs", "b.arrs"]),
        ("link.arrs", ["b.arrs", "a.arrs"]),
    ] {
        folder.refuses(&["merge", out, parts[0], parts[1]], "the output is also given as a part");
    }
    folder.refuses(&["merge", "out.npy", "a.arrs"], "merge takes whole .arrs files");
    folder.refuses(&["merge", "out.arrs:/t", "a.arrs"], "merge takes whole .arrs files");
    // an array in the way of the group
    folder.run(&["convert", "x.npy", "way.arrs:/g"]).ok();
    folder.refuses(&["merge", "way.arrs", "a.arrs", "b.arrs"], "/g");
}

#[test]
fn a_flipped_bit_in_a_part_is_damage() {
    let folder = Folder::new();
    for codec in ["none", "zstd:1"] {
        part(&folder, "a.arrs", 0..10, codec);
        part(&folder, "b.arrs", 10..20, codec);
        let mut bytes = folder.read("b.arrs");
        // the first payload lies behind the five pages that every file has
        bytes[5 * 4096 + 20] ^= 16;
        folder.write("b.arrs", &bytes);
        let before = folder.tree();
        let err = folder.run(&["merge", "out.arrs", "a.arrs", "b.arrs"]).fails(1);
        assert!(err.contains("b.arrs") && err.contains("/g/t") && err.contains("CRC-32"), "{err}");
        assert!(folder.tree() == before);
    }
}

#[test]
fn signals_leave_everything_as_it_was() {
    let folder = Folder::new();
    folder.ramp("large.npy", &[8000, 1000]);
    for row in 0..4u64 {
        let layout = Layout::new().chunk([100, 1000]).part([row * 8000, 0], [32_000, 1000]);
        let elements = arrstore::open(folder.path("large.npy").display().to_string()).unwrap();
        Store::create(folder.path(&format!("p{row}.arrs")))
            .unwrap()
            .write_with("/t", elements, &layout)
            .unwrap();
    }
    folder.ramp("x.npy", &[3]);
    folder.run(&["convert", "x.npy", "old.arrs:/x"]).ok();
    for out in ["old.arrs", "new.arrs"] {
        for signals in [&["-INT"][..], &["-INT", "-INT"], &["-TERM"], &["-KILL"]] {
            let (names, before) = (folder.names(), folder.run(&["ls", "old.arrs"]).ok());
            let mut command =
                folder.command(&["merge", out, "p0.arrs", "p1.arrs", "p2.arrs", "p3.arrs", "--quiet"]);
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(40));
            for signal in signals {
                Command::new("kill").args([*signal, &child.id().to_string()]).status().unwrap();
            }
            let code = child.wait().unwrap().code();
            if code == Some(0) {
                break; // it ended before the signal
            }
            assert!(matches!(code, Some(130) | None), "{code:?}");
            assert!(signals == ["-KILL"] || folder.names() == names, "{:?}", folder.names());
            assert_eq!(folder.run(&["ls", "old.arrs"]).ok(), before);
            folder.run(&["verify", "old.arrs"]).ok();
        }
    }
    folder.run(&["merge", "old.arrs", "p0.arrs", "p1.arrs", "p2.arrs", "p3.arrs", "--complete"]).ok();
    folder.run(&["verify", "old.arrs"]).ok();
}

/// Writers of one file wait for each other, also where the file is new.
#[test]
fn merges_wait_for_other_writers() {
    let folder = Folder::new();
    part(&folder, "a.arrs", 0..20, "none");
    folder.ramp("x.npy", &[3]);
    let running = (0..3)
        .map(|_| folder.command(&["merge", "out.arrs", "a.arrs", "--wait", "60s", "-q"]).spawn().unwrap());
    let running: Vec<_> = running.collect();
    folder.run(&["convert", "x.npy", "out.arrs:/x", "--wait", "60s"]).ok();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(folder.run(&["ls", "out.arrs"]).ok().lines().count(), 2);
    let store = Store::open(folder.path("out.arrs")).unwrap();
    let _held = store.begin().unwrap();
    let err = folder.run(&["merge", "out.arrs", "a.arrs"]).fails(1);
    assert!(err.contains("--wait"), "{err}");
}
