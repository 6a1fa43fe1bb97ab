//! `eval --profile`.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::collections::BTreeMap;

use common::Folder;
use serde_json::Value;

/// The events of a trace: thread, start and end in nanoseconds, name.
fn events(folder: &Folder, name: &str) -> Vec<(u64, u64, u64, String)> {
    let trace: Value = serde_json::from_slice(&folder.read(name)).unwrap();
    let nanos = |v: &Value| (v.as_f64().unwrap() * 1e3).round() as u64;
    let one = |e: &Value| {
        assert_eq!(e["ph"], "X");
        assert!(e["pid"].is_u64() && e["args"].is_object(), "{e}");
        let start = nanos(&e["ts"]);
        (e["tid"].as_u64().unwrap(), start, start + nanos(&e["dur"]), e["name"].as_str().unwrap().to_owned())
    };
    trace.as_array().unwrap().iter().map(one).collect()
}

/// Panics if two events of a thread overlap without one being inside the other.
fn assert_nested(events: &[(u64, u64, u64, String)]) {
    let mut threads: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
    for (thread, start, end, _) in events {
        threads.entry(*thread).or_default().push((*start, *end));
    }
    for spans in threads.values_mut() {
        spans.sort_by_key(|&(start, end)| (start, u64::MAX - end));
        let mut open: Vec<u64> = Vec::new();
        for &(start, end) in spans.iter() {
            while open.last().is_some_and(|&o| o <= start) {
                open.pop();
            }
            assert!(open.last().is_none_or(|&o| end <= o), "{start}..{end} ends after {open:?}");
            open.push(end);
        }
    }
}

#[test]
fn a_trace_has_every_kind_of_work_and_nests() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[600, 600]);
    folder.run(&["convert", "a.npy", "z.arrs:/a", "--chunk", "100x600", "--codec", "zstd:1"]).ok();
    for (expr, more, kinds) in [
        ("sum(a)", &[][..], &["stage", "tile", "decode"][..]),
        ("a + 1", &["-o", "out.npy"], &["stage", "tile", "decode", "write"]),
        ("a + 1", &["-o", "out.arrs", "--codec", "zstd:1"], &["stage", "tile", "decode", "encode"]),
        ("a + 1", &["-o", "raw.arrs", "--codec", "none"], &["stage", "tile", "decode", "write"]),
        ("a @ a.T - 1", &["-o", "p.npy"], &["stage", "panel", "decode", "product", "tile", "write"]),
    ] {
        let args = [&["eval", expr, "z.arrs:/a", "--profile", "t.json", "--threads", "2"], more].concat();
        let ran = folder.run(&args);
        assert!(ran.err.contains("profile: ") && ran.err.contains("loops"), "{}", ran.err);
        ran.ok();
        let events = events(&folder, "t.json");
        assert_nested(&events);
        for kind in kinds {
            assert!(events.iter().any(|e| e.3 == *kind), "{expr}: no {kind} in {events:?}");
        }
    }
    folder.run(&["eval", "sum(a)", "z.arrs:/a", "--profile", "nosuch/t.json"]).fails(2);
}
