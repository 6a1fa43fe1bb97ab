//! Outputs replace nothing foreign: tests replacements, refusals, and several results in one place.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use common::Folder;

/// Everything below a folder, with the bytes of its files.
fn tree(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap();
            let bytes = if kind.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            found.push((path.display().to_string(), bytes));
            if kind.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.ramp("x.npy", &[4, 6]);
    folder
}

/// Runs a command that must be refused as misuse, without changing anything.
#[track_caller]
fn refused(folder: &Folder, args: &[&str], says: &str) {
    let before = tree(folder.root());
    let err = folder.run(args).fails(2);
    assert!(err.contains(says), "{args:?}: {err}");
    assert!(tree(folder.root()) == before, "{args:?} changed something: {:?}", folder.names());
}

#[test]
fn a_folder_that_is_no_zarr_store_stays() {
    let folder = folder();
    let mine = folder.path("mine.zarr");
    fs::create_dir_all(mine.join("photos")).unwrap();
    fs::write(mine.join("photos/1.jpg"), "jpg").unwrap();
    folder.write("file.zarr", b"a plain file");
    // Folders with names of chunks or of metadata that are no stores, and a folder of empty folders.
    fs::create_dir_all(folder.path("digits.zarr/0")).unwrap();
    fs::write(folder.path("digits.zarr/0/1"), "1").unwrap();
    fs::create_dir(folder.path("json.zarr")).unwrap();
    folder.write("json.zarr/zarr.json", b"{\"my\": \"settings\"}");
    fs::create_dir_all(folder.path("hollow.zarr/a/b")).unwrap();
    // Stores that contain a file of the user.
    for (name, inside) in
        [("array.zarr", "notes.txt"), ("group.zarr", "a/c/notes"), ("group2.zarr", "data/x.csv")]
    {
        let path = if name == "array.zarr" { name.to_owned() } else { format!("{name}:/a") };
        folder.run(&["convert", "x.npy", &path]).ok();
        let file = folder.path(name).join(inside);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "mine").unwrap();
    }
    for name in ["mine", "file", "digits", "json", "hollow", "array", "group", "group2"] {
        refused(
            &folder,
            &["convert", "x.npy", &format!("{name}.zarr")],
            "only a Zarr store or an empty folder",
        );
        if name != "file" {
            let slash = format!("./{name}.zarr/");
            refused(&folder, &["eval", "x", "x.npy", "-o", &slash], "only a Zarr store");
        }
    }
    for name in ["mine", "file", "digits", "json", "hollow"] {
        refused(&folder, &["convert", "x.npy", &format!("{name}.zarr:/b")], &format!("{name}.zarr "));
        refused(
            &folder,
            &["convert", "x.npy", &format!("{name}.zarr"), "--name", "b"],
            &format!("{name}.zarr "),
        );
    }
    refused(&folder, &["convert", "x.npy", "group.zarr:/a"], "notes");
    refused(&folder, &["convert", "x.npy", "group2.zarr:/data/b"], "x.csv");
    // A group takes another member beside the user's own files.
    folder.run(&["convert", "x.npy", "group2.zarr:/b"]).ok();
    assert_eq!(fs::read(folder.path("group2.zarr/data/x.csv")).unwrap(), b"mine");
}

#[test]
fn what_is_empty_or_a_store_is_replaced() {
    let folder = folder();
    fs::create_dir(folder.path("empty.zarr")).unwrap();
    fs::create_dir(folder.path("group.zarr")).unwrap();
    folder.write("old.zarr", b"");
    for name in
        ["empty.zarr", "group.zarr:/deep/a", "old.zarr", "old.zarr", "group.zarr:/deep/a", "group.zarr"]
    {
        folder.run(&["convert", "x.npy", name]).ok();
        folder.run(&["convert", name, "back.npy"]).ok();
        assert_eq!(folder.read("back.npy"), folder.read("x.npy"), "{name}");
    }
    // A store of version 2 is replaced whole, like any store.
    old_store(&folder, "v2.zarr");
    folder.run(&["convert", "x.npy", "v2.zarr"]).ok();
    assert!(!folder.path("v2.zarr/.zgroup").exists());
    // A group without metadata of its own, recognised by its members.
    folder.run(&["convert", "x.npy", "implicit.zarr:/a/b"]).ok();
    fs::remove_file(folder.path("implicit.zarr/zarr.json")).unwrap();
    fs::remove_file(folder.path("implicit.zarr/a/zarr.json")).unwrap();
    folder.run(&["convert", "x.npy", "implicit.zarr:/a/c"]).ok();
    assert_eq!(folder.run(&["ls", "implicit.zarr"]).ok().lines().count(), 2);
    assert!(folder.names().iter().all(|n| !n.starts_with('.')), "{:?}", folder.names());
}

/// A Zarr store of version 2 with an array.
fn old_store(folder: &Folder, name: &str) {
    fs::create_dir_all(folder.path(name).join("a")).unwrap();
    folder.write(&format!("{name}/.zgroup"), br#"{"zarr_format": 2}"#);
    folder.write(
        &format!("{name}/a/.zarray"),
        br#"{"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "<f8", "compressor": null, "fill_value": 0,
        "filters": null, "order": "C"}"#,
    );
    folder.write(&format!("{name}/a/0"), &[0; 16]);
}

#[test]
fn no_array_hides_another() {
    let folder = folder();
    old_store(&folder, "v2.zarr");
    refused(&folder, &["convert", "x.npy", "v2.zarr:/b"], "is of Zarr version 2");
    refused(&folder, &["convert", "x.npy", "v2.zarr:/a"], "is of Zarr version 2");
    refused(&folder, &["convert", "x.npy", "v2.zarr:/a/b"], "is of Zarr version 2");
    fs::create_dir(folder.path("mixed.zarr")).unwrap();
    folder.write("mixed.zarr/zarr.json", br#"{"zarr_format": 3, "node_type": "group"}"#);
    old_store(&folder, "mixed.zarr/old");
    refused(&folder, &["convert", "x.npy", "mixed.zarr:/old/b"], "is of Zarr version 2");

    for store in ["g.zarr", "s.arrs"] {
        folder.run(&["convert", "x.npy", &format!("{store}:/a")]).ok();
        folder.run(&["convert", "x.npy", &format!("{store}:/deep/b")]).ok();
        for name in ["/a/c", "/a/c/d", "/deep", "/deep/b/c"] {
            refused(&folder, &["convert", "x.npy", &format!("{store}:{name}")], store);
        }
        assert_eq!(folder.run(&["ls", store]).ok().lines().count(), 2);
    }
    folder.run(&["convert", "x.npy", "root.zarr"]).ok();
    refused(&folder, &["convert", "x.npy", "root.zarr:/a"], "is an array");
    for name in ["/zarr.json", "/a/zarr.json", "/.zgroup", "/__x"] {
        refused(&folder, &["convert", "x.npy", &format!("g.zarr:{name}")], "cannot be a name");
        refused(&folder, &["convert", "x.npy", &format!("new.zarr:{name}")], "cannot be a name");
    }
    // An archive has no folders: a name below another name is an ordinary name.
    folder.run(&["convert", "x.npy", "n.npz:/a"]).ok();
    folder.run(&["convert", "x.npy", "n.npz:/a/c"]).ok();
    assert_eq!(folder.run(&["ls", "n.npz"]).ok().lines().count(), 2);
}

#[test]
fn a_list_of_members_that_is_out_of_date_goes() {
    let folder = folder();
    folder.run(&["convert", "x.npy", "g.zarr:/a"]).ok();
    let member = fs::read_to_string(folder.path("g.zarr/a/zarr.json")).unwrap();
    let group = format!(
        r#"{{"zarr_format": 3, "node_type": "group", "attributes": {{"kept": 1}}, "consolidated_metadata":
        {{"kind": "inline", "must_understand": false, "metadata": {{"a": {member}}}}}}}"#
    );
    folder.write("g.zarr/zarr.json", group.as_bytes());
    folder.run(&["convert", "x.npy", "g.zarr:/b"]).ok();
    let group: serde_json::Value = serde_json::from_slice(&folder.read("g.zarr/zarr.json")).unwrap();
    assert_eq!((&group["attributes"]["kept"], group.get("consolidated_metadata")), (&1.into(), None));
}

#[test]
fn a_store_may_be_named_from_inside() {
    let folder = folder();
    folder.run(&["convert", "x.npy", "par.zarr"]).ok();
    let inside = |args: &[&str]| {
        let mut command = folder.command(args);
        assert!(command.current_dir(folder.path("par.zarr")).status().unwrap().success(), "{args:?}");
    };
    inside(&["convert", "../x.npy", "../par.zarr", "--chunk", "2x2", "--quiet"]);
    assert!(folder.run(&["info", "par.zarr"]).ok().contains("2x2"));
    inside(&["convert", "../x.npy", ".//../par.zarr", "--chunk", "3x3", "--quiet"]);
    inside(&["eval", "x", "../x.npy", "-o", "../par.zarr", "--chunk", "1x1", "--quiet"]);
    assert_eq!(folder.names(), ["par.zarr", "x.npy"]);
    // A link to a store stays a link.
    symlink("par.zarr", folder.path("link.zarr")).unwrap();
    symlink("new.zarr", folder.path("dangling.zarr")).unwrap();
    folder.run(&["convert", "x.npy", "link.zarr", "--chunk", "4x4"]).ok();
    folder.run(&["convert", "x.npy", "dangling.zarr:/a"]).ok();
    assert!(folder.run(&["info", "par.zarr"]).ok().contains("4x4"));
    folder.run(&["show", "new.zarr:/a"]).ok();
    assert_eq!(folder.names(), ["dangling.zarr", "link.zarr", "new.zarr", "par.zarr", "x.npy"]);
}

#[test]
fn results_of_one_run_are_one_commit() {
    let folder = folder();
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
    let folder = folder();
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
        let before = tree(folder.root());
        // The results also fit into regions.
        let err = folder.run(&["eval", "x[0, 0], x[1, 1]", "x.npy", "-o", a, "-o", b]).fails(2);
        assert!(err.contains(".arrs") || err.contains(".n") || err.contains(".zarr"), "{err}");
        assert!(tree(folder.root()) == before, "{a} {b}: {:?}", folder.names());
    }
    // Separate regions of an array are as good as separate places.
    let args =
        ["eval", "x[::2] * 0, x[1::2] * 0 + 1", "x.npy", "-o", "s.arrs:/a[::2]", "-o", "s.arrs:/a[1::2]"];
    folder.run(&args).ok();
    assert_eq!(folder.run(&["show", "s.arrs:/a[:, 0]"]).ok(), "[0. 1. 0. 1.]\n");
    // The place of a trace is no place for an array.
    refused(&folder, &["eval", "x", "x.npy", "--profile", "x.npy"], "cannot hold a trace");
    symlink("o.npy", folder.path("o.json")).unwrap();
    refused(&folder, &["eval", "x", "x.npy", "-o", "o.npy", "--profile", "o.json"], "one place");
}

#[test]
fn members_of_an_archive_stay() {
    let folder = folder();
    folder.run(&["convert", "x.npy", "o.npz:/a"]).ok();
    folder.run(&["eval", "x * 2, x * 3", "x.npy", "-o", "o.npz:/b", "-o", "o.npz:/c"]).ok();
    folder.run(&["eval", "x * 5", "x.npy", "-o", "o.npz:/b"]).ok();
    let first = |name: &str| folder.run(&["show", &format!("o.npz:/{name}[0, :2]")]).ok();
    assert_eq!([first("a"), first("b"), first("c")], ["[0. 1.]\n", "[0. 5.]\n", "[0. 3.]\n"]);
    // Without a name, the whole archive is replaced, as in NumPy.
    folder.run(&["convert", "x.npy", "o.npz"]).ok();
    assert_eq!(folder.run(&["ls", "o.npz"]).ok().lines().count(), 1);
    folder.run(&["convert", "x.npy", "o.npz", "--name", "named"]).ok();
    assert_eq!(folder.run(&["ls", "o.npz"]).ok().lines().count(), 2);
    folder.write("text.npz", b"no archive");
    refused(&folder, &["convert", "x.npy", "text.npz:/a"], "is not a .npz archive");
    refused(&folder, &["convert", "x.npy", "o.npy", "--name", "a"], "--name is for");
}

#[test]
fn flags_that_would_change_nothing_are_refused() {
    let folder = folder();
    folder.run(&["convert", "x.npy", "s.arrs:/a"]).ok();
    for target in ["o.npy", "o.raw", "o.bin", "o.npz", "o.npz:/a"] {
        for flag in
            [&["--codec", "zstd"][..], &["--chunk", "2x2"], &["--shuffle", "on"], &["--codec", "auto"]]
        {
            refused(&folder, &[&["convert", "x.npy", target], flag].concat(), "is for .arrs and .zarr");
            refused(
                &folder,
                &[&["eval", "x", "x.npy", "-o", target], flag].concat(),
                "is for .arrs and .zarr",
            );
        }
    }
    let both = ["eval", "x, x", "x.npy", "-o", "o.arrs", "-o", "o.npy", "--codec", "zstd"];
    refused(&folder, &both, "o.npy: --codec is for .arrs and .zarr");
    refused(&folder, &["eval", "x", "x.npy", "--order", "F"], "give it a place");
    refused(
        &folder,
        &["eval", "1", "-o", "s.arrs:/a[0]", "--codec", "zstd"],
        "a region is stored as its array",
    );
    refused(&folder, &["convert", "x.npy", "o.arrs", "--shuffle", "on"], "--shuffle on");
    refused(&folder, &["convert", "x.npy", "o.arrs", "--shuffle", "on", "--codec", "pco"], "--shuffle on");
}

#[test]
fn order_f_is_fortran_order() {
    let folder = folder();
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
fn an_empty_file_is_a_place_like_any() {
    let folder = folder();
    for (k, name) in ["e.npy", "e.raw", "e.npz", "n.npz:/a", "e.arrs", "n.arrs:/a", "e.zarr", "n.zarr:/a"]
        .into_iter()
        .enumerate()
    {
        let path = folder.path(name.split(':').next().unwrap());
        fs::write(&path, "").unwrap();
        folder.run(&["eval", "x * 2", "x.npy", "-o", name]).ok();
        assert!(k == 1 || folder.run(&["show", &format!("{name}[0, :2]")]).ok() == "[0. 2.]\n", "{name}");
    }
    folder.write("saved.arrs", b"");
    folder.run(&["salvage", "n.arrs", "saved.arrs"]).ok();
    folder.run(&["verify", "saved.arrs"]).ok();
    // A file that is not empty is no new file.
    folder.write("text.arrs", b"text");
    folder.run(&["convert", "x.npy", "text.arrs"]).fails(1);
    folder.run(&["salvage", "n.arrs", "text.arrs"]).fails(1);
    assert_eq!(folder.read("text.arrs"), b"text");
}

#[test]
fn when_one_result_fails_none_is_there() {
    let folder = folder();
    folder.run(&["convert", "x.npy", "s.arrs"]).ok();
    folder.ramp("old.npy", &[3]);
    fs::create_dir(folder.path("dir.npy")).unwrap();
    let before = tree(folder.root());
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
        assert!(tree(folder.root()) == before, "{outputs:?}: {:?}", folder.names());
    }
}
