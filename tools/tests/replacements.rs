//! Outputs replace nothing foreign.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;

use common::Folder;

#[test]
fn a_folder_that_is_no_zarr_store_stays() {
    let folder = Folder::with_x();
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
        folder
            .refuses(&["convert", "x.npy", &format!("{name}.zarr")], "only a Zarr store or an empty folder");
        if name != "file" {
            let slash = format!("./{name}.zarr/");
            folder.refuses(&["eval", "x", "x.npy", "-o", &slash], "only a Zarr store");
        }
    }
    for name in ["mine", "file", "digits", "json", "hollow"] {
        folder.refuses(&["convert", "x.npy", &format!("{name}.zarr:/b")], &format!("{name}.zarr "));
        folder
            .refuses(&["convert", "x.npy", &format!("{name}.zarr"), "--name", "b"], &format!("{name}.zarr "));
    }
    folder.refuses(&["convert", "x.npy", "group.zarr:/a"], "notes");
    folder.refuses(&["convert", "x.npy", "group2.zarr:/data/b"], "x.csv");
    // A group takes another member beside the user's own files.
    folder.run(&["convert", "x.npy", "group2.zarr:/b"]).ok();
    assert_eq!(fs::read(folder.path("group2.zarr/data/x.csv")).unwrap(), b"mine");
}

#[test]
fn what_is_empty_or_a_store_is_replaced() {
    let folder = Folder::with_x();
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
    let folder = Folder::with_x();
    old_store(&folder, "v2.zarr");
    folder.refuses(&["convert", "x.npy", "v2.zarr:/b"], "is of Zarr version 2");
    folder.refuses(&["convert", "x.npy", "v2.zarr:/a"], "is of Zarr version 2");
    folder.refuses(&["convert", "x.npy", "v2.zarr:/a/b"], "is of Zarr version 2");
    fs::create_dir(folder.path("mixed.zarr")).unwrap();
    folder.write("mixed.zarr/zarr.json", br#"{"zarr_format": 3, "node_type": "group"}"#);
    old_store(&folder, "mixed.zarr/old");
    folder.refuses(&["convert", "x.npy", "mixed.zarr:/old/b"], "is of Zarr version 2");

    for store in ["g.zarr", "s.arrs"] {
        folder.run(&["convert", "x.npy", &format!("{store}:/a")]).ok();
        folder.run(&["convert", "x.npy", &format!("{store}:/deep/b")]).ok();
        for name in ["/a/c", "/a/c/d", "/deep", "/deep/b/c"] {
            folder.refuses(&["convert", "x.npy", &format!("{store}:{name}")], store);
        }
        assert_eq!(folder.run(&["ls", store]).ok().lines().count(), 2);
    }
    folder.run(&["convert", "x.npy", "root.zarr"]).ok();
    folder.refuses(&["convert", "x.npy", "root.zarr:/a"], "is an array");
    for name in ["/zarr.json", "/a/zarr.json", "/.zgroup", "/__x"] {
        folder.refuses(&["convert", "x.npy", &format!("g.zarr:{name}")], "cannot be a name");
        folder.refuses(&["convert", "x.npy", &format!("new.zarr:{name}")], "cannot be a name");
    }
    // An archive has no folders: a name below another name is an ordinary name.
    folder.run(&["convert", "x.npy", "n.npz:/a"]).ok();
    folder.run(&["convert", "x.npy", "n.npz:/a/c"]).ok();
    assert_eq!(folder.run(&["ls", "n.npz"]).ok().lines().count(), 2);
}

#[test]
fn a_list_of_members_that_is_out_of_date_goes() {
    let folder = Folder::with_x();
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
    let folder = Folder::with_x();
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
fn members_of_an_archive_stay() {
    let folder = Folder::with_x();
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
    folder.refuses(&["convert", "x.npy", "text.npz:/a"], "is not a .npz archive");
    folder.refuses(&["convert", "x.npy", "o.npy", "--name", "a"], "--name is for");
}

#[test]
fn an_empty_file_is_a_place_like_any() {
    let folder = Folder::with_x();
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
