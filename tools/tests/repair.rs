//! `history`, `--commit`, `verify --repair`, `salvage`, and writing to a damaged file.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::Folder;
use serde_json::{Value, json};

const PAGE: usize = 4096;

fn json_of(folder: &Folder, args: &[&str]) -> Value {
    serde_json::from_str(&folder.run(args).out).unwrap()
}

/// The offset of two neighbouring numbers of a ramp in a file of raw chunks.
fn place_of(bytes: &[u8], number: f64) -> usize {
    let needle = [number.to_le_bytes(), (number + 1.0).to_le_bytes()].concat();
    bytes.windows(16).position(|w| w == needle).unwrap()
}

#[test]
fn the_commit_before_can_be_listed_and_read() {
    let folder = Folder::new();
    let before = folder.ramp("a.npy", &[30, 20]);
    folder.ramp("b.npy", &[3]);
    folder.run(&["convert", "a.npy", "s.arrs"]).ok();
    folder.run(&["convert", "b.npy", "s.arrs:/a"]).ok();
    folder.run(&["convert", "b.npy", "s.arrs:/b"]).ok();
    let history = json_of(&folder, &["history", "s.arrs", "--json"]);
    let commits = history["commits"].as_array().unwrap();
    assert_eq!(commits.iter().map(|c| &c["commit"]).collect::<Vec<_>>(), [&json!(3), &json!(2)]);
    assert_eq!((&commits[0]["arrays"], &commits[1]["arrays"]), (&json!(["/a", "/b"]), &json!(["/a"])));
    let text = folder.run(&["history", "s.arrs"]).ok();
    assert!(text.lines().count() == 2 && text.contains("/a, /b"), "{text}");
    assert_eq!(folder.run(&["ls", "s.arrs", "--commit", "2"]).ok().lines().count(), 1);
    assert_eq!(json_of(&folder, &["info", "s.arrs", "--commit", "2", "--json"])["commit"], 2);
    // Undo a mistake.
    folder.run(&["convert", "a.npy", "t.arrs"]).ok();
    folder.run(&["convert", "b.npy", "t.arrs:/a"]).ok();
    assert_eq!(folder.run(&["show", "t.arrs:/a"]).ok(), "[0. 1. 2.]\n");
    folder.run(&["show", "t.arrs:/a", "--commit", "1"]).ok();
    folder.run(&["convert", "t.arrs:/a", "old.npy", "--commit", "1"]).ok();
    assert_eq!(folder.read("old.npy"), before);
    folder.run(&["convert", "t.arrs:/a", "t.arrs:/a", "--commit", "1"]).ok();
    folder.run(&["convert", "t.arrs:/a", "back.npy"]).ok();
    assert_eq!(folder.read("back.npy"), before);
    let err = folder.run(&["ls", "t.arrs", "--commit", "1"]).fails(2);
    assert!(err.contains("commit 1") && err.contains("3"), "{err}");
    folder.run(&["info", "b.npy", "--commit", "1"]).fails(2);
    folder.run(&["history", "b.npy"]).fails(2);
}

#[test]
fn repair_mends_header_and_slots_and_nothing_else() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[100, 100]);
    folder.run(&["convert", "a.npy", "s.arrs", "--chunk", "10x100"]).ok();
    folder.run(&["compact", "s.arrs"]).ok();
    let sound = folder.read("s.arrs");
    let mut broken = sound.clone();
    broken[2 * PAGE + 9] ^= 1;
    folder.write("s.arrs", &broken);
    assert_eq!(folder.run(&["verify", "s.arrs"]).code, 1);
    assert_eq!(folder.read("s.arrs"), broken);
    let mended = json_of(&folder, &["verify", "s.arrs", "--repair", "--json"]);
    assert_eq!((&mended["sound"], &mended["mended"]), (&json!(true), &json!([2])));
    assert_eq!(folder.read("s.arrs"), sound);
    assert!(!folder.run(&["verify", "s.arrs", "--repair"]).ok().contains("mended"));
    for (lost, said) in [(20..21, "--repair"), (0..PAGE, "not an .arrs file")] {
        let mut headless = sound.clone();
        headless[lost].fill(0xFF);
        folder.write("s.arrs", &headless);
        assert!(folder.run(&["verify", "s.arrs"]).fails(1).contains(said));
        assert!(folder.run(&["verify", "s.arrs", "--repair"]).ok().contains("mended: the header"));
        assert_eq!(folder.read("s.arrs"), sound);
    }
    folder.run(&["verify", "nothing.arrs", "--repair"]).fails(2);
    let mut broken = sound.clone();
    let at = place_of(&sound, 1234.0);
    broken[at] ^= 1;
    broken[4 * PAGE + 9] ^= 1;
    folder.write("s.arrs", &broken);
    let ran = folder.run(&["verify", "s.arrs", "--repair", "--threads", "1"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("mended: slot page 4") && ran.out.contains("not mendable"), "{}", ran.out);
    assert!(ran.out.contains("damaged: /a: chunk [1, 0]"), "{}", ran.out);
    broken[4 * PAGE + 9] ^= 1;
    assert_eq!(folder.read("s.arrs"), broken);
}

#[test]
fn salvage_saves_what_is_sound() {
    let folder = Folder::new();
    let ramp = folder.ramp("a.npy", &[100, 100]);
    folder.ramp("b.npy", &[1000]);
    folder.run(&["convert", "a.npy", "s.arrs", "--chunk", "10x100"]).ok();
    folder.run(&["convert", "b.npy", "s.arrs:/g/b", "--codec", "zstd:1"]).ok();
    let sound = folder.read("s.arrs");
    let whole = json_of(&folder, &["salvage", "s.arrs", "whole.arrs", "--json"]);
    assert_eq!((&whole["whole"], &whole["arrays"], &whole["lost"]), (&json!(true), &json!(2), &json!([])));
    folder.run(&["salvage", "s.arrs", "whole.arrs"]).fails(1);
    folder.run(&["verify", "whole.arrs"]).ok();
    folder.run(&["convert", "whole.arrs:/a", "same.npy"]).ok();
    assert_eq!(folder.read("same.npy"), ramp);

    // One damaged chunk: salvage reports its elements, and they read as the fill value.
    let mut broken = sound.clone();
    broken[place_of(&sound, 1234.0)] ^= 1;
    folder.write("broken.arrs", &broken);
    let lost = folder.run(&["salvage", "broken.arrs", "one.arrs", "--threads", "1"]);
    assert_eq!(lost.code, 1);
    assert_eq!(folder.run(&["salvage", "broken.arrs", "more.arrs", "--threads", "3"]).out, lost.out);
    assert!(lost.out.starts_with("lost: /a[10:20, 0:100]: "), "{}", lost.out);
    folder.run(&["verify", "one.arrs"]).ok();
    let value = |path: &str| json_of(&folder, &["show", path, "--json"])["value"].clone();
    assert_eq!(value("one.arrs:/a[12, 34]"), json!(0.0));
    assert_eq!(value("one.arrs:/a[50, 0]"), json!(5000.0));
    assert_eq!(folder.read("broken.arrs"), broken);

    // A file without its header, and one without its end.
    let mut headless = sound.clone();
    headless[..PAGE].fill(7);
    folder.write("headless.arrs", &headless);
    folder.run(&["verify", "headless.arrs"]).fails(1);
    folder.run(&["salvage", "headless.arrs", "head.arrs"]).ok();
    folder.run(&["verify", "head.arrs"]).ok();
    folder.run(&["convert", "a.npy", "u.arrs"]).ok();
    let bytes = folder.read("u.arrs");
    folder.write("cut.arrs", &bytes[..bytes.len() - PAGE]);
    folder.run(&["verify", "cut.arrs"]).fails(1);
    let cut = folder.run(&["salvage", "cut.arrs", "end.arrs", "--json"]);
    assert_eq!(cut.code, 1, "{}{}", cut.out, cut.err);

    // Lose any one page: everything not reported as lost is right, and the new file is sound.
    for page in 5..sound.len() / PAGE {
        let mut broken = sound.clone();
        broken[page * PAGE..(page + 1) * PAGE].fill(0xa5);
        folder.write("broken.arrs", &broken);
        let ran = folder.run(&["salvage", "broken.arrs", "out.arrs", "--json"]);
        let told: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(ran.code == 0, told["whole"] == json!(true), "page {page}: {}", ran.err);
        folder.run(&["verify", "out.arrs"]).ok();
        let arrays = json_of(&folder, &["ls", "out.arrs", "--json"]);
        let names: Vec<&str> =
            arrays["arrays"].as_array().unwrap().iter().filter_map(|a| a["name"].as_str()).collect();
        let lost: Vec<&str> =
            told["lost"].as_array().unwrap().iter().filter_map(|l| l["array"].as_str()).collect();
        for name in ["/a", "/g/b"] {
            let nameless = told["lost"].as_array().unwrap().iter().any(|l| l["array"].is_null());
            assert!(names.contains(&name) || lost.contains(&name) || nameless, "page {page}: {told}");
            if names.contains(&name) && !lost.contains(&name) {
                folder.run(&["convert", &format!("out.arrs:{name}"), "out.npy"]).ok();
                let source = if name == "/a" { "a.npy" } else { "b.npy" };
                assert_eq!(folder.read("out.npy"), folder.read(source), "page {page}");
            }
        }
        std::fs::remove_file(folder.path("out.arrs")).unwrap();
    }
    folder.run(&["salvage", "a.npy", "x.arrs"]).fails(2);
    folder.run(&["salvage", "nosuch.arrs", "x.arrs"]).fails(2);
    folder.write("junk.arrs", b"this is no store at all");
    folder.run(&["salvage", "junk.arrs", "x.arrs"]).fails(1);
    assert!(!folder.path("x.arrs").exists());
}

#[test]
fn beside_a_damaged_array_others_are_written_and_it_is_replaced() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[100, 100]);
    folder.run(&["convert", "a.npy", "s.arrs"]).ok();
    folder.run(&["convert", "a.npy", "s.arrs:/b"]).ok();
    let mut bytes = folder.read("s.arrs");
    // Damage the chunk index of array 1, then its metadata.
    for head in [b"NODE\0\x02\0\0\x01\0".as_slice(), b"META\x08\0\0\0\x01\0"] {
        let at = bytes.windows(head.len()).position(|at| at == head).unwrap();
        bytes[at + 40] ^= 1;
        folder.write("s.arrs", &bytes);
        folder.run(&["show", "s.arrs:/a"]).fails(1);
        folder.run(&["convert", "a.npy", "s.arrs:/b"]).ok();
        assert_eq!(folder.run(&["verify", "s.arrs"]).code, 1);
    }
    folder.run(&["convert", "a.npy", "s.arrs:/a"]).ok();
    folder.run(&["verify", "s.arrs"]).ok();
    folder.run(&["convert", "s.arrs:/a", "back.npy"]).ok();
    assert_eq!(folder.read("back.npy"), folder.read("a.npy"));
}
