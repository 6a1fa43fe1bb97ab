//! Members of archives: every byte behind a result is checked, and members of every compression are read.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::io::Write;

use arrstore::DType;
use arrstore::npy::Header;
use common::Folder;
use serde_json::{Value, json};
use zip::CompressionMethod::{self, Bzip2, Deflated, Stored, Zstd};

/// An archive of `a.npy` that Python's `zipfile` packed with LZMA: 0, 1, 2, ... of shape (6, 20).
const LZMA: &[u8] = include_bytes!("data/lzma.npz");

fn npz(folder: &Folder, name: &str, members: &[(&str, &[u8], CompressionMethod)]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(folder.path(name)).unwrap());
    for (member, bytes, method) in members {
        let options = zip::write::SimpleFileOptions::default().compression_method(*method);
        zip.start_file(*member, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// A `.npy` file of another order or byte order, with a header so short that its length fits in one byte.
fn npy(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let text = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
    writeln!(file, "{text:<117}").unwrap();
    file.extend(data);
    file
}

fn floats(count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(|k| k as f64)
}

#[test]
fn a_flipped_bit_of_a_stored_member_is_found_by_whatever_reads_it() {
    let folder = Folder::new();
    let little: Vec<u8> = floats(300 * 200).flat_map(f64::to_le_bytes).collect();
    let big: Vec<u8> = floats(300 * 200).flat_map(f64::to_be_bytes).collect();
    for (kind, member) in [
        ("C", npy("<f8", "False", "(300, 200)", &little)),
        ("Fortran", npy("<f8", "True", "(300, 200)", &little)),
        ("big-endian", npy(">f8", "False", "(300, 200)", &big)),
        ("big-endian Fortran", npy(">f8", "True", "(300, 200)", &big)),
    ] {
        npz(
            &folder,
            "x.npz",
            &[("a.npy", &member, Stored), ("b.npy", &npy("<f8", "False", "(0,)", b""), Stored)],
        );
        let sound = folder.read("x.npz");
        let begin = sound.windows(6).position(|w| w == b"\x93NUMPY").unwrap();
        folder.run(&["verify", "x.npz"]).ok();
        folder.run(&["eval", "sum(x)", "x=x.npz:/a"]).ok();
        // in the header's padding, at both ends of the data, and inside it
        for at in [begin + 110, begin + 128, begin + 128 + 239_999, begin + 128 + 479_999] {
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            folder.write("x.npz", &bytes);
            for args in [
                &["eval", "sum(x)", "x=x.npz:/a"][..],
                &["eval", "sum(x.T - x.T)", "x=x.npz:/a", "--threads", "3"],
                &["eval", "sum(x, axis=0)", "x=x.npz:/a", "--memory", "2MiB", "--threads", "1"],
                &["eval", "x[7, 9], x[::50, 3]", "x=x.npz:/a"],
                &["eval", "x @ x.T", "x=x.npz:/a", "-o", "y.npy"],
                &["eval", "x[100:102, ::-1]", "x=x.npz:/a", "-o", "y.arrs"],
                &["convert", "x.npz:/a", "y.arrs"],
                &["convert", "x.npz:/a", "y.npz"],
                &["convert", "x.npz:/a", "y.zarr", "--codec", "auto"],
                &["convert", "x.npz:/a[5:7]", "y.npy"],
                &["show", "x.npz:/a"],
                &["show", "x.npz:/a[0, 0]"],
            ] {
                let err = folder.run(args).fails(1);
                assert!(err.contains("x.npz:/a") && err.contains("damaged"), "{kind} {at} {args:?}: {err}");
            }
            assert!(folder.names().iter().all(|name| !name.starts_with('y')), "{:?}", folder.names());
            // other members are not affected
            assert_eq!(folder.run(&["show", "x.npz:/b"]).ok(), "[]\n");
            folder.run(&["ls", "x.npz"]).ok();
            if at >= begin + 128 {
                folder.run(&["eval", "sum(x)", "x=x.npz:/a", "--no-check"]).ok();
            }
            let ran = folder.run(&["verify", "x.npz"]);
            assert_eq!(ran.code, 1, "{}", ran.err);
            assert!(ran.out.contains("damaged: /a: "), "{}", ran.out);
        }
    }
}

#[test]
fn verify_reads_every_member() {
    let folder = Folder::new();
    let a = folder.ramp("a.npy", &[30, 40]);
    let methods = [Stored, Deflated, Bzip2, Zstd];
    let names = ["s.npy", "d.npy", "b.npy", "z.npy"];
    let members: Vec<_> = names.iter().zip(methods).map(|(name, method)| (*name, &a[..], method)).collect();
    npz(&folder, "x.npz", &[&members[..], &[("note.txt", b"hello", Stored)]].concat());
    let told = |folder: &Folder| -> Value {
        let told = ["1", "3"].map(|n| folder.run(&["verify", "x.npz", "--json", "--threads", n]).out);
        assert_eq!(told[0], told[1]);
        serde_json::from_str(&told[0]).unwrap()
    };
    let sound = told(&folder);
    assert_eq!((&sound["sound"], &sound["damage"]), (&json!(true), &json!([])));
    assert_eq!(sound["arrays"].as_array().unwrap().len(), 5);
    assert!(folder.run(&["verify", "x.npz"]).ok().contains("sound"));
    let bytes = folder.read("x.npz");
    let data: Vec<usize> =
        names.iter().map(|name| bytes.windows(5).position(|w| w == name.as_bytes()).unwrap() + 100).collect();
    for (at, name) in data.into_iter().zip(["/s", "/d", "/b", "/z"]) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x10;
        folder.write("x.npz", &bytes);
        let ran = folder.run(&["verify", "x.npz"]);
        assert_eq!(ran.code, 1, "{name}: {}{}", ran.out, ran.err);
        let json = told(&folder);
        assert_eq!((&json["sound"], &json["damage"][0]["array"]), (&json!(false), &json!(name)));
        assert_eq!(json["damage"].as_array().unwrap().len(), 1, "{json}");
    }
    folder.write("x.npz", &bytes);
    folder.run(&["verify", "x.npz", "--repair"]).fails(2);
    folder.run(&["verify", "x.npz:/s"]).fails(2);
    folder.run(&["verify", "a.npy"]).fails(2);
}

#[test]
fn however_a_member_is_packed() {
    let folder = Folder::new();
    let a = folder.ramp("a.npy", &[300, 40]);
    for method in [Stored, Deflated, Bzip2, Zstd] {
        npz(&folder, "x.npz", &[("a.npy", &a, method), ("short.npy", &a[..a.len() - 8], method)]);
        folder.run(&["convert", "x.npz:/a", "back.npy"]).ok();
        assert_eq!(folder.read("back.npy"), a, "{method}");
        let err = folder.run(&["show", "x.npz:/short"]).fails(1);
        assert!(err.contains("x.npz:/short") && err.contains("does not fit its header"), "{method}: {err}");
        // cut short, then with a flipped bit
        let bytes = folder.read("x.npz");
        let mut flipped = bytes.clone();
        flipped[200] ^= 0x10;
        folder.write("x.npz", &flipped);
        folder.run(&["convert", "x.npz:/a", "y.npy"]).fails(1);
        folder.write("x.npz", &bytes[..bytes.len() / 2]);
        folder.run(&["ls", "x.npz"]).fails(1);
    }
    let a = folder.ramp("a.npy", &[6, 20]);
    folder.write("x.npz", LZMA);
    folder.run(&["convert", "x.npz:/a", "back.npy"]).ok();
    assert_eq!(folder.read("back.npy"), a);
    assert!(folder.run(&["info", "x.npz"]).ok().contains("lzma"));
    folder.run(&["verify", "x.npz"]).ok();
    let mut bytes = LZMA.to_vec();
    bytes[200] ^= 0x10;
    folder.write("x.npz", &bytes);
    folder.run(&["convert", "x.npz", "y.npy"]).fails(1);
    assert_eq!(folder.run(&["verify", "x.npz"]).code, 1);
    // The member asks for a dictionary of 4 GiB, and is refused before any memory is allocated.
    let mut bytes = LZMA.to_vec();
    let props = bytes.windows(5).position(|w| w == b"a.npy").unwrap() + 5 + 4;
    assert_eq!(bytes[props - 2..props], [5, 0]);
    bytes[props + 1..props + 5].fill(0xff);
    folder.write("x.npz", &bytes);
    assert!(folder.run(&["show", "x.npz"]).fails(1).contains("dictionary"));
    assert!(folder.names().iter().all(|n| n != "y.npy" && !n.starts_with(".arrstore")));
}

#[test]
fn what_cannot_be_read_is_listed_with_the_reason() {
    let folder = Folder::new();
    let data = folder.ramp("data.npy", &[3]);
    let format = npy("|O", "False", "()", b"csr");
    let words = npy("<f16", "False", "(1,)", &[0; 16]);
    npz(
        &folder,
        "m.npz",
        &[
            ("format.npy", &format, Stored),
            ("data.npy", &data, Deflated),
            ("w.npy", &words, Deflated),
            ("junk.npy", b"junk", Stored),
        ],
    );
    let out = folder.run(&["ls", "m.npz"]).ok();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 4, "{out}");
    assert!(lines[0].starts_with("/format") && lines[0].contains("'|O'"), "{out}");
    assert!(lines[1].starts_with("/data") && lines[1].ends_with("float64  3  24 B"), "{out}");
    assert!(lines[2].contains("'<f16'") && lines[3].starts_with("/junk"), "{out}");
    let json: Value = serde_json::from_str(&folder.run(&["ls", "m.npz", "--json"]).ok()).unwrap();
    assert_eq!(
        json["arrays"][1],
        json!({ "name": "/data", "dtype": "float64", "shape": [3], "error": null })
    );
    assert_eq!(json["arrays"][0]["dtype"], Value::Null);
    assert!(json["arrays"][0]["error"].as_str().unwrap().contains("'|O'"));
    let json: Value = serde_json::from_str(&folder.run(&["info", "m.npz", "--json"]).ok()).unwrap();
    assert_eq!(json["names"], json!(["/format", "/data", "/w", "/junk"]));
    assert!(json["not_read"]["/w"].as_str().unwrap().contains("'<f16'"));
    assert_eq!(json["not_read"].as_object().unwrap().len(), 3);
    assert!(folder.run(&["info", "m.npz"]).ok().contains("not read"));
    assert_eq!(folder.run(&["show", "m.npz:/data"]).ok(), "[0. 1. 2.]\n");
    // A member whose file has no type for it is listed so, and read with the type of `--dtype`.
    for method in [Stored, Deflated] {
        npz(&folder, "h.npz", &[("h.npy", &npy("|V2", "False", "(2,)", &[0x80, 0x3f, 0, 0x40]), method)]);
        assert!(folder.run(&["ls", "h.npz"]).ok().contains("--dtype bfloat16"));
        assert_eq!(folder.run(&["show", "h.npz:/h", "--dtype", "bfloat16"]).ok(), "[1 2]\n");
        assert_eq!(folder.run(&["eval", "h + 1", "h.npz:/h", "--dtype", "h=bfloat16"]).ok(), "[2 3]\n");
    }
    let err = folder.run(&["info", "m.npz:/format"]).fails(1);
    assert!(err.contains("m.npz:/format") && err.contains("'|O'"), "{err}");
    assert!(folder.run(&["convert", "m.npz", "y.npy"]).fails(2).contains("/format, /data"));
}

#[test]
fn a_stored_member_is_read_in_the_budget() {
    let folder = Folder::new();
    let rows = 4000u64;
    let data: Vec<u8> = floats(4_000_000).flat_map(f64::to_le_bytes).collect();
    let mut member = Header::write(DType::F64, &[rows, 1000], false).unwrap();
    member.extend(data);
    npz(&folder, "x.npz", &[("a.npy", &member, Stored)]);
    drop(member);
    let sum = (0..4_000_000u64).sum::<u64>() as f64;
    for (job, wanted) in [("sum(x)", format!("{sum}")), ("x[17, 500]", "17500".to_owned())] {
        let args = ["eval", job, "x=x.npz:/a", "--memory", "64MiB", "--threads", "2", "--json"];
        let json: Value = serde_json::from_str(&folder.run(&args).ok()).unwrap();
        assert_eq!(json["results"][0]["value"].as_f64().unwrap().to_string(), wanted);
        assert!(json["budget_peak"].as_u64().unwrap() <= 64 << 20, "{json}");
    }
}
