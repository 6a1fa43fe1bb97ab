//! The outputs of a run: several results in one place, refused flags, and failures that leave nothing behind.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;

use common::Folder;

#[test]
fn results_of_one_run_are_one_commit() {
    let folder = Folder::with_x();
    symlink(".", folder.path("here")).unwrap();
    let here = format!("{}/o", folder.root().display());
    let eval = |a: &str, b: &str| folder.run(&["eval", "x, x * 2", "x.npy", "-o", a, "-o", b]).ok();
    for kind in ["arrs", "npz", "zarr"] {
        for (k, other) in ["o", "./o", "here/o", &here].into_iter().enumerate() {
            eval(&format!("o.{kind}:/a{k}"), &format!("{other}.{kind}:/g/b{k}"));
            assert_eq!(
                folder.run(&["show", &format!("o.{kind}:/g/b{k}[0]")]).ok(),
                "[ 0.  2.  4.  6.  8. 10.]\n"
            );
        }
        let names = folder.run(&["ls", &format!("o.{kind}")]).ok();
        assert_eq!(names.lines().count(), 8, "{kind}: {names}");
    }
    let history = folder.run(&["history", "o.arrs", "--json"]).ok();
    let history: serde_json::Value = serde_json::from_str(&history).unwrap();
    assert_eq!(history["commits"][0]["commit"], 4, "{history}");
    // Without names, the results get default names.
    for kind in ["arrs", "npz"] {
        eval(&format!("two.{kind}"), &format!("./two.{kind}"));
        let names = folder.run(&["ls", &format!("two.{kind}")]).ok();
        assert!(names.contains("/result0") && names.contains("/result1"), "{names}");
    }
    // A link to a file that does not exist yet, and hard links.
    symlink("late.arrs", folder.path("link.arrs")).unwrap();
    eval("late.arrs:/a", "link.arrs:/b");
    fs::hard_link(folder.path("late.arrs"), folder.path("hard.arrs")).unwrap();
    eval("late.arrs:/c", "hard.arrs:/d");
    assert_eq!(folder.run(&["ls", "late.arrs"]).ok().lines().count(), 4);
    assert!(folder.names().iter().all(|n| !n.starts_with('.')), "{:?}", folder.names());
}

#[test]
fn two_results_in_one_place_are_refused() {
    let folder = Folder::with_x();
    folder.run(&["convert", "x.npy", "s.arrs:/a"]).ok();
    folder.run(&["convert", "x.npy", "g.zarr:/a"]).ok();
    folder.ramp("old.npy", &[3]);
    fs::hard_link(folder.path("old.npy"), folder.path("hard.npy")).unwrap();
    symlink("old.npy", folder.path("link.npy")).unwrap();
    symlink("new.npy", folder.path("late.npy")).unwrap();
    symlink("o.npy", folder.path("o.raw")).unwrap();
    symlink("s.arrs", folder.path("s.npz")).unwrap();
    symlink("g.zarr", folder.path("link.zarr")).unwrap();
    folder.run(&["convert", "x.npy", "old.npz:/a"]).ok();
    fs::hard_link(folder.path("old.npz"), folder.path("hard.npz")).unwrap();
    folder.write("empty.arrs", b"");
    fs::hard_link(folder.path("empty.arrs"), folder.path("hard.arrs")).unwrap();
    let here = folder.path("o.npy").display().to_string();
    for (a, b) in [
        ("old.npz:/a", "hard.npz:/b"),
        ("empty.arrs:/a", "hard.arrs:/b"),
        ("o.npy", "o.npy"),
        ("o.npy", "./o.npy"),
        ("o.npy", &here),
        ("o.npy", "o.raw"),
        ("old.npy", "link.npy"),
        ("old.npy", "hard.npy"),
        ("new.npy", "late.npy"),
        ("o.npz:/a", "o.npz:a"),
        ("o.npz:/result1", "./o.npz"),
        ("s.arrs:/a", "s.npz:/b"),
        ("s.arrs:/a", "./s.arrs:/a"),
        ("n.arrs:/a", "n.arrs:/a"),
        ("s.arrs:/b", "s.arrs:/b/c"),
        ("s.arrs:/a", "s.arrs:/a[0:4]"),
        ("s.arrs:/a[0:4]", "s.arrs:/a"),
        ("s.arrs:/a[0:4]", "s.arrs[3:7]"),
        ("s.arrs:/a[::2, 3]", "s.arrs:/a[::3, 1:5:2]"),
        ("o.zarr", "./o.zarr"),
        ("o.zarr", "o.zarr:/a"),
        ("g.zarr:/b", "g.zarr:/b/c"),
        ("g.zarr:/b", "link.zarr:/b"),
        ("g.zarr:/b", "g.zarr/b/x.npy"),
        ("g.zarr", "g.zarr/x.npy"),
        ("g.zarr:/a/y", "g.zarr:/b"),
    ] {
        let before = folder.tree();
        // The results also fit into regions.
        let err = folder.run(&["eval", "x[0, 0], x[1, 1]", "x.npy", "-o", a, "-o", b]).fails(2);
        assert!(err.contains(".arrs") || err.contains(".n") || err.contains(".zarr"), "{err}");
        assert!(folder.tree() == before, "{a} {b}: {:?}", folder.names());
    }
    // Separate regions of an array are as good as separate places.
    let args =
        ["eval", "x[::2] * 0, x[1::2] * 0 + 1", "x.npy", "-o", "s.arrs:/a[::2]", "-o", "s.arrs:/a[1::2]"];
    folder.run(&args).ok();
    assert_eq!(folder.run(&["show", "s.arrs:/a[:, 0]"]).ok(), "[0. 1. 0. 1.]\n");
    // The place of a trace is no place for an array.
    folder.refuses(&["eval", "x", "x.npy", "--profile", "x.npy"], "a trace cannot go to a file of arrays");
    symlink("o.npy", folder.path("o.json")).unwrap();
    folder.refuses(&["eval", "x", "x.npy", "-o", "o.npy", "--profile", "o.json"], "the same place");
}

#[test]
fn flags_that_would_change_nothing_are_refused() {
    let folder = Folder::with_x();
    folder.run(&["convert", "x.npy", "s.arrs:/a"]).ok();
    for target in ["o.npy", "o.raw", "o.bin", "o.npz", "o.npz:/a"] {
        for flag in
            [&["--codec", "zstd"][..], &["--chunk", "2x2"], &["--shuffle", "on"], &["--codec", "auto"]]
        {
            folder.refuses(&[&["convert", "x.npy", target], flag].concat(), "is for .arrs and .zarr");
            folder.refuses(&[&["eval", "x", "x.npy", "-o", target], flag].concat(), "is for .arrs and .zarr");
        }
    }
    let both = ["eval", "x, x", "x.npy", "-o", "o.arrs", "-o", "o.npy", "--codec", "zstd"];
    folder.refuses(&both, "o.npy: --codec is for .arrs and .zarr");
    folder.refuses(&["eval", "x", "x.npy", "--order", "F"], "choose a place");
    folder.refuses(
        &["eval", "1", "-o", "s.arrs:/a[0]", "--codec", "zstd"],
        "a region keeps the layout of its array",
    );
    folder.refuses(&["convert", "x.npy", "o.arrs", "--shuffle", "on"], "--shuffle on");
    folder.refuses(&["convert", "x.npy", "o.arrs", "--shuffle", "on", "--codec", "pco"], "--shuffle on");
}

#[test]
fn order_f_is_fortran_order() {
    let folder = Folder::with_x();
    let (c, columns): (Vec<f64>, Vec<f64>) =
        (0..24).map(|k| (f64::from(k), f64::from(k % 4 * 6 + k / 4))).unzip();
    let bytes = |x: &[f64]| x.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    folder.run(&["convert", "x.npy", "f.npy", "--order", "F"]).ok();
    let npy = folder.read("f.npy");
    assert!(String::from_utf8_lossy(&npy).contains("'fortran_order': True, 'shape': (4, 6)"));
    assert!(npy.ends_with(&bytes(&columns)));
    folder.run(&["convert", "x.npy", "f.raw", "--order", "F"]).ok();
    assert_eq!(folder.read("f.raw"), bytes(&columns));
    folder.run(&["eval", "x + 0", "x.npy", "-o", "f.npz:/a", "--order", "F"]).ok();
    folder.run(&["convert", "f.npy", "c.npy", "--order", "C"]).ok();
    assert_eq!(folder.read("c.npy"), folder.read("x.npy"));
    folder.run(&["convert", "f.npy", "c.raw"]).ok();
    assert_eq!(folder.read("c.raw"), bytes(&c));
    for path in ["f.npy", "f.npz:/a"] {
        assert!(folder.run(&["info", path]).ok().contains("Fortran"), "{path}");
        assert_eq!(folder.run(&["show", path]).ok(), folder.run(&["show", "x.npy"]).ok());
    }
    // If both orders are the same, NumPy says C.
    for (k, shape) in [&[][..], &[5], &[1, 5, 1], &[3, 0, 2]].into_iter().enumerate() {
        let wanted = folder.ramp("y.npy", shape);
        let name = format!("y{k}.npy");
        folder.run(&["convert", "y.npy", &name, "--order", "F"]).ok();
        assert_eq!(folder.read(&name), wanted, "{shape:?}");
    }
    let wanted = folder.ramp("y.npy", &[2, 3, 4]);
    folder.run(&["convert", "y.npy", "yf.npy", "--order", "F"]).ok();
    folder.run(&["convert", "yf.npy", "yc.npy"]).ok();
    assert_eq!(folder.read("yc.npy"), wanted);
}

#[test]
fn when_one_result_fails_none_is_there() {
    let folder = Folder::with_x();
    folder.run(&["convert", "x.npy", "s.arrs"]).ok();
    folder.ramp("old.npy", &[3]);
    fs::create_dir(folder.path("dir.npy")).unwrap();
    let before = folder.tree();
    for outputs in [
        ["old.npy", "s.arrs:/b", "dir.npy"],
        ["new.arrs", "old.npy", "dir.npy"],
        ["new.zarr", "new.npz", "nosuch/x.npy"],
        ["new.npy", "s.arrs:/x/y", "s.arrs:/x"],
        ["new.arrs:/a", "./new.arrs:/b", "new.arrs:/a"],
    ] {
        let [a, b, c] = outputs;
        assert_ne!(
            folder.run(&["eval", "x, x, x", "x.npy", "-o", a, "-o", b, "-o", c]).code,
            0,
            "{outputs:?}"
        );
        assert!(folder.tree() == before, "{outputs:?}: {:?}", folder.names());
    }
}
