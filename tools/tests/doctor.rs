//! `doctor`.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::Folder;
use serde_json::Value;

#[test]
fn doctor_measures_and_warns() {
    let folder = Folder::new();
    let output = folder
        .command(&["doctor", "--json"])
        .env("OPENBLAS_CORETYPE", "Haswell")
        .env("RAYON_NUM_THREADS", "1")
        .env_remove("OMP_NUM_THREADS")
        .env_remove("OPENBLAS_NUM_THREADS")
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    for speed in ["memory_bytes_per_second", "disk_write_bytes_per_second", "disk_read_bytes_per_second"] {
        assert!(found[speed].as_f64().unwrap() > 1e5, "{speed}: {found}");
    }
    assert_eq!(found["threads"]["count"], 1);
    assert_eq!(found["threads"]["decided_by"], "RAYON_NUM_THREADS");
    assert_eq!(found["products"]["backend"], arrstore::BACKEND);
    assert_eq!(found["loops"], arrstore::instruction_set());
    assert_eq!(found["default_budget"], arrstore::Budget::of_machine().total());
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("OPENBLAS_CORETYPE is set to Haswell"), "{warnings}");
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn doctor_speaks_to_people_and_needs_a_folder() {
    let folder = Folder::new();
    let out = folder.run(&["doctor"]).ok();
    for word in ["processor", "threads", "default budget", "huge pages", "/s"] {
        assert!(out.contains(word), "{word}: {out}");
    }
    folder.ramp("a.npy", &[2]);
    assert!(folder.run(&["doctor", "a.npy"]).fails(2).contains("is not a folder"));
    folder.run(&["doctor", "nosuch"]).fails(2);
}
