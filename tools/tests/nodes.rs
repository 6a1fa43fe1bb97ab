//! Zarr stores as other programs write them: numbers that JSON lacks, groups without metadata, nodes that are
//! unreadable.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::Folder;
use serde_json::{Value, json};

/// The metadata of an array, with some attributes.
fn array(shape: &str, dtype: &str, fill: &str, attributes: &str) -> String {
    let chunk = shape.split(',').map(|_| "2").collect::<Vec<_>>().join(",");
    format!(
        r#"{{"zarr_format": 3, "node_type": "array", "shape": [{shape}], "data_type": "{dtype}",
        "chunk_grid": {{"name": "regular", "configuration": {{"chunk_shape": [{chunk}]}}}},
        "chunk_key_encoding": {{"name": "default"}}, "fill_value": {fill}, "attributes": {attributes},
        "codecs": [{{"name": "bytes", "configuration": {{"endian": "little"}}}}]}}"#
    )
}

fn group(attributes: &str) -> String {
    format!(r#"{{"zarr_format": 3, "node_type": "group", "attributes": {attributes}}}"#)
}

fn node(folder: &Folder, path: &str, description: &str) {
    std::fs::create_dir_all(folder.path(path)).unwrap();
    folder.write(&format!("{path}/zarr.json"), description.as_bytes());
}

fn json_of(folder: &Folder, args: &[&str]) -> Value {
    serde_json::from_str(&folder.run(args).ok()).unwrap()
}

fn names(listed: &Value) -> Vec<&str> {
    listed["arrays"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn numbers_that_json_has_not_are_kept_as_texts() {
    let folder = Folder::new();
    let attributes = r#"{"missing": NaN, "range": [-Infinity, Infinity, 1.5], "deep": {"NaN": [NaN]},
        "text": "NaN, \"Infinity\" \\", "digits": 2.2250738585072011e-308}"#;
    node(&folder, "x.zarr", &group(r#"{"top": NaN}"#));
    node(&folder, "x.zarr/g", &group("{\"low\": -Infinity}"));
    node(&folder, "x.zarr/g/a", &array("3", "float64", "NaN", attributes));
    node(&folder, "x.zarr/b", &array("2", "float32", "\"-Infinity\"", "{}"));
    assert_eq!(names(&json_of(&folder, &["ls", "x.zarr", "--json"])), ["/b", "/g/a"]);
    assert_eq!(folder.run(&["show", "x.zarr:/b"]).ok(), "[-inf -inf]\n");
    let wanted = json!({
        "missing": "NaN", "range": ["-Infinity", "Infinity", 1.5], "deep": { "NaN": ["NaN"] },
        "text": "NaN, \"Infinity\" \\", "digits": "2.2250738585072011e-308".parse::<f64>().unwrap(),
    });
    for (from, to) in [("x.zarr:/g/a", "x.arrs"), ("x.arrs", "y.zarr"), ("y.zarr", "z.arrs")] {
        assert_eq!(folder.run(&["show", from]).ok(), "[nan nan nan]\n");
        let info = json_of(&folder, &["info", from, "--json"]);
        assert_eq!((&info["attributes"], &info["fill"]), (&wanted, &json!("nan")), "{from}");
        folder.run(&["convert", from, to]).ok();
    }
    folder.run(&["verify", "z.arrs"]).ok();
}

#[test]
fn groups_without_a_description_are_found() {
    let folder = Folder::new();
    let two = array("2", "int32", "7", "{}");
    node(&folder, "root/g/h/a", &two);
    node(&folder, "root/b", &two);
    node(&folder, "root/.hidden/c", &two);
    std::fs::create_dir(folder.path("root/empty")).unwrap();
    folder.write("root/README", b"words");
    std::os::unix::fs::symlink("..", folder.path("root/g/again")).unwrap();
    std::os::unix::fs::symlink(".", folder.path("root/itself")).unwrap();
    // once without metadata in the root, then with it
    for described in [false, true] {
        if described {
            node(&folder, "root", &group("{}"));
        }
        assert_eq!(names(&json_of(&folder, &["ls", "root", "--json"])), ["/b", "/g/h/a"]);
        assert_eq!(json_of(&folder, &["info", "root", "--json"])["names"], json!(["/b", "/g/h/a"]));
        assert_eq!(folder.run(&["show", "root:/g/h/a"]).ok(), "[7 7]\n");
        assert_eq!(folder.run(&["show", "root:/g/h/a[0]"]).ok(), "7\n");
        assert_eq!(folder.run(&["show", "root/g/h"]).ok(), "[7 7]\n");
        assert_eq!(folder.run(&["show", "root/g/h/a"]).ok(), "[7 7]\n");
        assert!(folder.run(&["show", "root"]).fails(2).contains("/b, /g/h/a"));
    }
    // A folder of other files is no store, and no command writes into it as one.
    folder.ramp("a.npy", &[2]);
    std::fs::create_dir_all(folder.path("mine/deep")).unwrap();
    std::fs::rename(folder.path("root"), folder.path("mine/deep/root")).unwrap();
    folder.write("mine/letter", b"dear");
    assert!(folder.run(&["convert", "a.npy", "mine"]).fails(2).contains("mine"));
    folder.run(&["convert", "a.npy", "mine:/a"]).fails(2);
    assert_eq!(folder.read("mine/letter"), b"dear");
}

#[test]
fn what_cannot_be_read_hides_nothing() {
    let folder = Folder::new();
    let two = array("2", "int32", "7", "{}");
    node(&folder, "x.zarr", &group("{}"));
    node(&folder, "x.zarr/good", &two);
    node(&folder, "x.zarr/words", &array("2", "string", "\"\"", "{}"));
    node(
        &folder,
        "x.zarr/time",
        &two.replace("\"int32\"", r#"{"name": "numpy.datetime64", "configuration": {}}"#),
    );
    node(&folder, "x.zarr/torn", "{\"zarr_format\": 3, ");
    node(&folder, "x.zarr/later", r#"{"zarr_format": 4, "node_type": "array"}"#);
    node(&folder, "x.zarr/packed", &two.replace(r#""bytes""#, r#""blosc""#));
    node(&folder, "x.zarr/odd", &two.replace("[2]}}", "[0]}}"));
    std::fs::create_dir(folder.path("x.zarr/old")).unwrap();
    folder.write("x.zarr/old/.zarray", b"{}");
    let wanted = [
        ("/good", ""),
        ("/later", "expected zarr_format 3, found 4"),
        ("/odd", "x.zarr"),
        ("/old", "Zarr version 2"),
        ("/packed", "'blosc'"),
        ("/time", "'numpy.datetime64'"),
        ("/torn", "zarr.json"),
        ("/words", "'string'"),
    ];
    let listed = json_of(&folder, &["ls", "x.zarr", "--json"]);
    assert_eq!(names(&listed), wanted.map(|(name, _)| name));
    let info = json_of(&folder, &["info", "x.zarr", "--json"]);
    for ((name, why), one) in wanted.into_iter().zip(listed["arrays"].as_array().unwrap()) {
        match why {
            "" => assert_eq!((&one["shape"], &one["error"]), (&json!([2]), &Value::Null)),
            why => {
                assert!(one["error"].as_str().unwrap().contains(why), "{one}");
                assert_eq!(info["not_read"][name], one["error"]);
                let err = folder.run(&["convert", &format!("x.zarr:{name}"), "y.npy"]).fails(1);
                assert!(err.contains(why), "{name}: {err}");
            }
        }
    }
    assert!(folder.run(&["ls", "x.zarr"]).ok().contains("/good    int32  2  8 B"));
    assert_eq!(folder.run(&["show", "x.zarr:/good"]).ok(), "[7 7]\n");
    // Damage the metadata of a group, then that of the root.
    node(&folder, "x.zarr/torn/within", &two);
    assert_eq!(names(&json_of(&folder, &["ls", "x.zarr", "--json"])).len(), 9);
    assert_eq!(folder.run(&["show", "x.zarr:/torn/within"]).ok(), "[7 7]\n");
    node(&folder, "x.zarr", "{");
    assert_eq!(names(&json_of(&folder, &["ls", "x.zarr", "--json"])).len(), 10);
    assert_eq!(folder.run(&["show", "x.zarr:/good"]).ok(), "[7 7]\n");
}

#[test]
fn stores_of_version_2_are_named() {
    let folder = Folder::new();
    for (store, file) in
        [("g.zarr", ".zgroup"), ("a.zarr", ".zarray"), ("noending", ".zgroup"), ("m", ".zmetadata")]
    {
        std::fs::create_dir(folder.path(store)).unwrap();
        folder.write(&format!("{store}/{file}"), br#"{"zarr_format": 2}"#);
        for args in
            [&["ls", store][..], &["info", store], &["show", store], &["show", &format!("{store}:/a")]]
        {
            let err = folder.run(args).fails(1);
            assert!(err.contains("Zarr version 2, and only version 3"), "{args:?}: {err}");
        }
    }
    std::fs::create_dir(folder.path("empty.zarr")).unwrap();
    assert!(folder.run(&["ls", "empty.zarr"]).fails(2).contains("zarr.json"));
}

#[test]
fn arrays_without_elements_are_shown_in_no_memory() {
    let folder = Folder::new();
    for shape in ["0, 36028797018963968", "3, 0, 144115188075855872", "1125899906842624, 0"] {
        node(&folder, "x.zarr", &array(shape, "float64", "0", "{}"));
        assert_eq!(folder.run(&["show", "x.zarr"]).ok(), "[]\n", "{shape}");
        assert!(folder.run(&["info", "x.zarr"]).ok().contains("0 (0 B)"), "{shape}");
        assert!(folder.run(&["ls", "x.zarr"]).ok().contains("0 B"), "{shape}");
    }
}
