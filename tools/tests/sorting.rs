//! Sorting more elements than fit in memory, by the command: the answer, a stop, and a full disk for temporary files.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::process::{Command, Stdio};

use arrstore_tests::skip::skip;
use common::{Folder, SmallDisk};

const SIDE: u64 = 2500;
/// A sort of 50 MB in a budget of 16 MiB. The elements ascend, and the expression turns them around.
const SORT: &[&str] = &["eval", "sort(-a, axis=None)", "a=a.npy", "--memory", "16MiB", "--tmp", "tmp"];

fn folder() -> Folder {
    let folder = Folder::new();
    folder.ramp("a.npy", &[SIDE, SIDE]);
    folder.ramp("small.npy", &[10]);
    std::fs::create_dir(folder.path("tmp")).unwrap();
    folder.run(&["convert", "small.npy", "s.arrs:/a"]).ok();
    folder
}

fn to<'a>(output: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [SORT, &["-o", output], more].concat()
}

fn is_empty(folder: &Folder, name: &str) -> bool {
    std::fs::read_dir(folder.path(name)).unwrap().next().is_none()
}

#[test]
fn a_large_array_is_sorted_in_little_memory() {
    let folder = folder();
    let plan = folder.run(&to("x.npy", &["--explain"])).ok();
    assert!(plan.contains("sort over all axes, in ") && plan.contains("through a file"), "{plan}");
    for output in ["x.npy", "s.arrs:/b"] {
        folder.run(&to(output, &[])).ok();
        let last = (SIDE * SIDE - 1) as f64;
        // from the least to 0, in steps of 1
        let check = format!("(x[0] == {}) & (x[-1] == 0) & all(x[1:] - x[:-1] == 1)", -last);
        assert_eq!(folder.run(&["eval", &check, &format!("x={output}")]).ok().trim(), "True");
        assert!(is_empty(&folder, "tmp"));
    }
}

#[test]
fn a_stopped_sort_leaves_nothing() {
    let folder = folder();
    let names = folder.names();
    for delay in [20, 150, 400] {
        for output in ["x.npy", "s.arrs:/b"] {
            let mut child =
                folder.command(&to(output, &["--threads", "1"])).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(delay));
            Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            let code = child.wait().unwrap().code();
            assert!(is_empty(&folder, "tmp"));
            if code == Some(130) {
                assert_eq!(folder.names(), names);
                assert_eq!(folder.run(&["ls", "s.arrs"]).ok().lines().count(), 1);
                folder.run(&["verify", "s.arrs"]).ok();
            } else {
                assert_eq!(code, Some(0), "the sort ended before the signal");
                folder.run(&["verify", "s.arrs"]).ok();
                return;
            }
        }
    }
}

#[test]
fn a_full_disk_for_temporary_files_leaves_the_store_intact() {
    let folder = folder();
    let Some(_disk) = SmallDisk::mount(&folder, "disk") else {
        return skip("a small disk cannot be mounted here (this needs root)");
    };
    for output in ["x.npy", "s.arrs:/b"] {
        let args: Vec<&str> =
            to(output, &[]).into_iter().map(|a| if a == "tmp" { "disk" } else { a }).collect();
        let error = folder.run(&args).fails(1);
        assert!(error.contains("disk") && error.contains("No space left on device"), "{error}");
        assert!(is_empty(&folder, "disk"));
        assert_eq!(folder.run(&["ls", "s.arrs"]).ok().lines().count(), 1);
        folder.run(&["verify", "s.arrs"]).ok();
    }
}
