//! `info`, `ls`, `show`, `verify`, `compact`, `demo`.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::Folder;
use serde_json::{Value, json};

fn json_of(folder: &Folder, args: &[&str]) -> Value {
    serde_json::from_str(&folder.run(args).out).unwrap()
}

#[test]
fn info_and_ls_tell_what_is_there() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[30, 20]);
    folder.ramp("b.npy", &[5]);
    folder
        .run(&["convert", "a.npy", "s.arrs", "--chunk", "10x20", "--codec", "zstd:2", "--shuffle", "on"])
        .ok();
    let one = json_of(&folder, &["info", "s.arrs", "--json"]);
    for (key, expected) in [
        ("dtype", json!("float64")),
        ("shape", json!([30, 20])),
        ("bytes", json!(4800)),
        ("chunk_shape", json!([10, 20])),
        ("codec", json!("zstd:2")),
        ("shuffle", json!(true)),
        ("chunks", json!(3)),
        ("chunks_present", json!(3)),
        ("fill", json!(0.0)),
        ("commit", json!(1)),
        ("name", json!("/a")),
    ] {
        assert_eq!(one[key], expected, "{key}: {one}");
    }
    folder.run(&["convert", "b.npy", "s.arrs:/g/b"]).ok();
    let both = json_of(&folder, &["info", "s.arrs", "--json"]);
    assert_eq!((&both["names"], &both["commit"]), (&json!(["/a", "/g/b"]), &json!(2)));
    let text = folder.run(&["info", "s.arrs:/a"]).ok();
    assert!(text.contains("codec") && text.contains("zstd:2") && text.contains("30x20"), "{text}");
    assert_eq!(
        folder.run(&["ls", "s.arrs"]).ok(),
        "/a    float64  30x20  4.7 KiB\n/g/b  float64      5     40 B\n"
    );
    assert_eq!(json_of(&folder, &["ls", "s.arrs", "--json"])["arrays"][1]["name"], "/g/b");
    assert_eq!(json_of(&folder, &["info", "b.npy", "--json"])["order"], "C");
    let err = folder.run(&["show", "s.arrs"]).fails(2);
    assert!(err.contains("/a, /g/b"), "{err}");
    let err = folder.run(&["show", "s.arrs:/nosuch"]).fails(2);
    assert!(err.contains("there is no array /nosuch"), "{err}");
    folder.run(&["ls", "a.npy"]).fails(2);
    folder.run(&["info", "nosuch.arrs"]).fails(2);
    assert_eq!(json_of(&folder, &["show", "s.arrs:/g/b[1:3]", "--json"])["value"], json!([1.0, 2.0]));
}

/// The producer text of this file contains a sequence that clears a screen; every command escapes it.
#[test]
fn what_a_file_says_is_printed_so_that_no_terminal_obeys() {
    let folder = Folder::new();
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    folder.write("strange.arrs", &std::fs::read(golden.join("files/strange-1.0.arrs")).unwrap());
    for command in ["info", "history", "ls", "verify"] {
        for form in [&[][..], &["--json"]] {
            let text = folder.run(&[&[command, "strange.arrs"], form].concat()).ok();
            let obeyed = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(obeyed, None, "{command} {form:?}: {text:?}");
        }
    }
    let text = folder.run(&["info", "strange.arrs"]).ok();
    assert!(text.contains("\\u001b[2J\\u009b31m\\u007f other 9.9\\u000a"), "{text}");
    let written_by = json_of(&folder, &["info", "strange.arrs", "--json"])["written_by"].clone();
    assert_eq!(written_by, "\u{1b}[2J\u{9b}31m\u{7f} other 9.9\n");
}

#[test]
fn verify_names_array_chunk_and_region() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[400, 500]);
    for flags in [&["--chunk", "100x500"][..], &["--chunk", "100x500", "--codec", "zstd:1"]] {
        folder.run(&[&["convert", "a.npy", "s.arrs:/x"], flags].concat()).ok();
        let sound = folder.run(&["verify", "s.arrs"]).ok();
        assert!(sound.contains("/x") && sound.contains("sound"), "{sound}");
        folder.run(&["compact", "s.arrs"]).ok();
        let bytes = folder.read("s.arrs");
        let (mut found, mut step) = (0, bytes.len() / 97);
        step |= 1;
        for at in (0..bytes.len()).step_by(step) {
            let mut broken = bytes.clone();
            broken[at] ^= 1 << (at % 8);
            folder.write("broken.arrs", &broken);
            let ran = folder.run(&["verify", "broken.arrs", "--json"]);
            assert_eq!(ran.code, 1, "byte {at}: {}{}", ran.out, ran.err);
            if let Ok(json) = serde_json::from_str::<Value>(&ran.out)
                && json["damage"][0]["region"].is_object()
            {
                assert_eq!(json["damage"][0]["array"], "/x");
                assert_eq!(json["damage"][0]["region"]["shape"], json!([100, 500]));
                assert!(folder.run(&["verify", "broken.arrs"]).out.contains("damaged: /x: chunk ["));
                found += 1;
            }
        }
        assert!(found > 10, "only {found} of the flips were in chunks");
        std::fs::remove_file(folder.path("s.arrs")).unwrap();
    }
    folder.run(&["verify", "nosuch.arrs"]).fails(2);
    folder.run(&["verify", "a.npy"]).fails(2);
    folder.write("junk.arrs", b"this is no store at all");
    folder.run(&["verify", "junk.arrs"]).fails(1);
    folder.write("empty.arrs", b"");
    folder.run(&["show", "empty.arrs"]).fails(1);
}

#[test]
fn a_damaged_chunk_is_an_error_when_it_is_used() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[400, 500]);
    folder.run(&["convert", "a.npy", "s.arrs", "--chunk", "100x500"]).ok();
    let mut bytes = folder.read("s.arrs");
    let needle = 150_000f64.to_le_bytes();
    let at = bytes.windows(8).position(|w| w == needle).unwrap();
    bytes[at] ^= 1;
    folder.write("s.arrs", &bytes);
    let err = folder.run(&["eval", "sum(a)", "s.arrs"]).fails(1);
    assert!(err.contains("/a") && err.contains("chunk [3, 0]"), "{err}");
    assert_eq!(folder.run(&["eval", "a[:100].max()", "s.arrs"]).ok(), "49999.0\n");
    folder.run(&["convert", "s.arrs", "b.npy"]).fails(1);
    assert!(!folder.path("b.npy").exists());
    // the same for any size of the parts that are read
    let narrow =
        ["eval", "a", "s.arrs", "-o", "c.arrs", "--chunk", "400x1", "--memory", "2MiB", "--threads", "1"];
    let err = folder.run(&narrow).fails(1);
    assert!(err.contains("chunk [3, 0]"), "{err}");
    folder.run(&["eval", "sum(a)", "s.arrs", "--no-check"]).ok();
}

#[test]
fn compact_gives_space_back() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[300, 300]);
    folder.ramp("b.npy", &[3]);
    folder.run(&["convert", "a.npy", "s.arrs"]).ok();
    folder.run(&["convert", "a.npy", "s.arrs"]).ok();
    folder.run(&["convert", "b.npy", "s.arrs:/a"]).ok();
    let json = json_of(&folder, &["compact", "s.arrs", "--json"]);
    assert!(json["bytes_before"].as_u64() > json["bytes_after"].as_u64(), "{json}");
    assert_eq!(folder.run(&["show", "s.arrs"]).ok(), "[0. 1. 2.]\n");
    let verified = json_of(&folder, &["verify", "s.arrs", "--json"]);
    assert_eq!((&verified["sound"], &verified["sealed"]), (&json!(true), &json!(true)));
    folder.run(&["compact", "b.npy"]).fails(2);
}

#[test]
fn the_demo_checks_itself_and_cleans_up() {
    let folder = Folder::new();
    let out = folder.run(&["demo", "--size", "8MiB", "--memory", "64MiB", "--json"]).ok();
    let json: Value = serde_json::from_str(&out).unwrap();
    assert!(json["steps"].as_array().unwrap().len() > 6 && json["peak_resident"].is_number(), "{json}");
    let out = folder.run(&["demo", "--size", "4MiB", "--memory", "64MiB"]).ok();
    assert!(out.contains("every answer was right"), "{out}");
    assert!(folder.run(&["demo", "--size", "1000000TiB"]).fails(1).contains("of disk"));
    assert_eq!(folder.names(), Vec::<String>::new());
}
