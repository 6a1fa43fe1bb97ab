//! `convert` between all formats, and its refusals.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::io::Write;

use arrstore::DType;
use common::Folder;

#[test]
fn there_and_back_is_the_same_file() {
    let folder = Folder::new();
    let wanted = folder.ramp("a.npy", &[37, 50]);
    for (k, flags) in [
        &[][..],
        &["--codec", "zstd:1"],
        &["--codec", "lz4"],
        &["--codec", "lz4", "--shuffle", "on", "--chunk", "7x11"],
        &["--codec", "pco"],
        &["--codec", "pco:2", "--chunk", "13x0", "--order", "F"],
        &["--codec", "auto"],
        &["--codec", "zstd:5", "--shuffle", "on", "--chunk", "10x20"],
        &["--codec", "zstd:1", "--shuffle", "off", "--chunk", "0x7", "--order", "F"],
        &["--chunk", "5x-", "--order", "F"],
        &["--chunk", "100x100"],
    ]
    .into_iter()
    .enumerate()
    {
        let store = format!("s{k}.arrs");
        folder.run(&[&["convert", "a.npy", &store], flags].concat()).ok();
        folder.run(&["verify", &store]).ok();
        folder.run(&["convert", &store, "back.npy"]).ok();
        assert_eq!(folder.read("back.npy"), wanted, "{flags:?}");
        // Change chunks and codec, within one file and into another.
        folder.run(&["convert", &store, &store, "--chunk", "9x9", "--codec", "none"]).ok();
        folder.run(&["convert", &store, "other.arrs:/x/y", "--codec", "zstd:1"]).ok();
        folder.run(&["convert", "other.arrs:/x/y", "back.npy"]).ok();
        assert_eq!(folder.read("back.npy"), wanted, "{flags:?}");
    }
}

#[test]
fn every_type_and_odd_shapes_survive() {
    let folder = Folder::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(16 * 60).collect();
    for dtype in DType::ALL.into_iter().filter(|&d| d != DType::BF16) {
        for shape in [&[][..], &[60], &[0], &[3, 0, 2], &[3, 4, 5], &[1, 1]] {
            let count = shape.iter().product::<u64>() as usize;
            let mut data = bytes[..count * dtype.size()].to_vec();
            if dtype == DType::Bool {
                data.iter_mut().for_each(|b| *b &= 1);
            }
            let wanted = folder.npy("x.npy", dtype, shape, &data);
            for kind in ["arrs", "zarr"] {
                let store = format!("x.{kind}");
                folder.run(&["convert", "x.npy", &store]).ok();
                folder.run(&["convert", &store, "back.npy"]).ok();
                assert_eq!(folder.read("back.npy"), wanted, "{dtype} {shape:?} through {kind}");
            }
            std::fs::remove_file(folder.path("x.arrs")).unwrap();
        }
    }
}

#[test]
fn raw_files_need_to_be_told() {
    let folder = Folder::new();
    let data: Vec<u8> = (0..12u32).flat_map(u32::to_be_bytes).collect();
    folder.write("x.bin", &data);
    folder.run(&["convert", "x.bin", "x.npy"]).fails(2);
    folder.run(&["convert", "x.bin", "x.npy", "--dtype", "uint32", "--shape", "5x5"]).fails(2);
    folder.run(&["convert", "x.bin", "x.npy", "--dtype", "uint32", "--shape", "3x4", "--endian", "big"]).ok();
    assert_eq!(folder.run(&["show", "x.npy[2]"]).ok(), "[ 8  9 10 11]\n");
    assert_eq!(folder.run(&["show", "x.bin[3]", "--dtype", ">u4"]).ok(), "3\n");
    folder.run(&["convert", "x.npy", "y.raw"]).ok();
    let little: Vec<u8> = (0..12u32).flat_map(u32::to_le_bytes).collect();
    assert_eq!(folder.read("y.raw"), little);
    folder.run(&["convert", "x.npy", "z.npy", "--dtype", "uint32"]).fails(2);
}

#[test]
fn fortran_order_and_big_endian_npy_files() {
    let folder = Folder::new();
    // a[i, j] = 10 i + j of shape (2, 3), stored column by column
    let columns = [0u16, 10, 1, 11, 2, 12];
    for (endian, bytes) in [
        ('<', columns.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()),
        ('>', columns.iter().flat_map(|x| x.to_be_bytes()).collect()),
    ] {
        let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        let text = format!("{{'descr': '{endian}u2', 'fortran_order': True, 'shape': (2, 3), }}");
        writeln!(file, "{text:<117}").unwrap();
        file.extend(&bytes);
        folder.write("f.npy", &file);
        assert_eq!(folder.run(&["show", "f.npy"]).ok(), "[[ 0  1  2]\n [10 11 12]]\n", "{endian}");
        folder.run(&["convert", "f.npy", "f.arrs"]).ok();
        assert_eq!(folder.run(&["show", "f.arrs[:, 1]"]).ok(), "[ 1 11]\n");
    }
}

/// Large enough to be read in several pieces.
#[test]
fn a_large_big_endian_array_has_its_elements_in_place() {
    let folder = Folder::new();
    for shape in [&[900_000][..], &[1300, 701], &[3, 700_000], &[700_000, 2], &[61, 130, 120]] {
        let axes = shape.iter().map(u64::to_string).collect::<Vec<_>>();
        let count = shape.iter().product::<u64>();
        let bytes: Vec<u8> = (0..count).flat_map(|k| (k as f64).to_be_bytes()).collect();
        folder.write("b.raw", &bytes);
        for fortran in ["False", "True"] {
            let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
            let text =
                format!("{{'descr': '>f8', 'fortran_order': {fortran}, 'shape': ({},), }}", axes.join(","));
            writeln!(file, "{text:<117}").unwrap();
            file.extend(&bytes);
            folder.write("b.npy", &file);
            npz(&folder, "b.npz", &[("b.npy", &file)], false);
            let order = if fortran == "True" { "F" } else { "C" };
            let raw = ["--dtype", ">f8", "--shape", &axes.join("x"), "--raw-order", order];
            for (source, more) in [("b.npy", &[][..]), ("b.npz", &[][..]), ("b.raw", &raw[..])] {
                let args = [&["convert", source, "l.raw", "--order", order], more].concat();
                folder.run(&args).ok();
                let same = folder
                    .read("l.raw")
                    .chunks_exact(8)
                    .enumerate()
                    .all(|(k, element)| element == (k as f64).to_le_bytes());
                assert!(same, "{source} of shape {shape:?}, order {order}");
            }
        }
    }
}

fn npz(folder: &Folder, name: &str, members: &[(&str, &[u8])], deflate: bool) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(folder.path(name)).unwrap());
    let method = if deflate { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (member, bytes) in members {
        zip.start_file(*member, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn members_of_archives() {
    let folder = Folder::new();
    let (a, b) = (folder.ramp("a.npy", &[300, 40]), folder.ramp("b.npy", &[5]));
    for deflate in [false, true] {
        npz(&folder, "x.npz", &[("a.npy", &a), ("dir/b.npy", &b), ("note.txt", b"hello")], deflate);
        assert_eq!(
            folder.run(&["ls", "x.npz"]).ok(),
            "/a      float64  300x40  93.8 KiB\n/dir/b  float64       5      40 B\n"
        );
        folder.run(&["convert", "x.npz:/a", "back.npy"]).ok();
        assert_eq!(folder.read("back.npy"), a, "{deflate}");
        folder.run(&["convert", "x.npz:dir/b", "b.arrs"]).ok();
        assert_eq!(folder.run(&["show", "b.arrs:/b"]).ok(), "[0. 1. 2. 3. 4.]\n");
        let err = folder.run(&["convert", "x.npz", "y.npy"]).fails(2);
        assert!(err.contains("/a, /dir/b"), "{err}");
        assert!(folder.run(&["show", "x.npz:/nosuch"]).fails(2).contains("/dir/b"));
    }
    folder.run(&["convert", "a.npy", "made.npz:/deep/a"]).ok();
    folder.run(&["convert", "made.npz", "back.npy"]).ok();
    assert_eq!(folder.read("back.npy"), a);
    assert_eq!(folder.run(&["ls", "made.npz"]).ok(), "/deep/a  float64  300x40  93.8 KiB\n");
    // Damage, wrong sizes and hostile headers are errors.
    npz(&folder, "x.npz", &[("a.npy", &a)], true);
    let mut bytes = folder.read("x.npz");
    bytes[200] ^= 0x10;
    folder.write("bad.npz", &bytes);
    folder.run(&["convert", "bad.npz", "y.npy"]).fails(1);
    npz(&folder, "short.npz", &[("a.npy", &a[..a.len() - 8])], true);
    folder.run(&["convert", "short.npz", "y.npy"]).fails(1);
    npz(&folder, "short.npz", &[("a.npy", &a[..a.len() - 8])], false);
    folder.run(&["convert", "short.npz", "y.npy"]).fails(1);
    folder.write("junk.npz", b"PK\x03\x04 junk");
    folder.run(&["ls", "junk.npz"]).fails(1);
    assert!(!folder.path("y.npy").exists());
    assert!(folder.names().iter().all(|n| !n.starts_with(".arrstore")), "{:?}", folder.names());
}

#[test]
fn zarr_folders_keep_what_they_know() {
    let folder = Folder::new();
    let wanted = folder.ramp("a.npy", &[25, 13]);
    for (k, flags) in [
        &[][..],
        &["--codec", "zstd:3", "--shuffle", "on", "--chunk", "10x10"],
        &["--codec", "zstd:1", "--shuffle", "off", "--order", "F", "--chunk", "4x0"],
    ]
    .into_iter()
    .enumerate()
    {
        let zarr = format!("z{k}.zarr");
        folder.run(&[&["convert", "a.npy", &zarr], flags].concat()).ok();
        folder.run(&["convert", &zarr, "back.npy"]).ok();
        assert_eq!(folder.read("back.npy"), wanted, "{flags:?}");
        let store = format!("z{k}.arrs");
        folder.run(&["convert", &zarr, &store]).ok();
        folder.run(&["convert", &store, "back.npy"]).ok();
        assert_eq!(folder.read("back.npy"), wanted, "{flags:?}");
    }
    // Groups, names, and names that would lead out of the folder.
    folder.run(&["convert", "a.npy", "g.zarr:/deep/a"]).ok();
    folder.run(&["convert", "a.npy", "g.zarr:/b"]).ok();
    assert_eq!(
        folder.run(&["ls", "g.zarr"]).ok(),
        "/b       float64  25x13  2.5 KiB\n/deep/a  float64  25x13  2.5 KiB\n"
    );
    folder.run(&["convert", "a.npy", "g.zarr:/../escaped"]).fails(2);
    folder.run(&["show", "g.zarr:/../a"]).fails(2);
    assert!(!folder.path("escaped").exists());
    // A store in a folder is replaced whole.
    folder.run(&["convert", "a.npy", "z0.zarr", "--chunk", "5x5"]).ok();
    assert!(folder.names().iter().all(|n| !n.starts_with(".arrstore")), "{:?}", folder.names());
}

#[test]
fn codecs_that_are_not_read_are_named() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("x.zarr")).unwrap();
    let json = |codec: &str, dtype: &str, chunk: &str| {
        format!(
            r#"{{"zarr_format": 3, "node_type": "array", "shape": [4], "data_type": "{dtype}",
            "chunk_grid": {{"name": "regular", "configuration": {{"chunk_shape": [{chunk}]}}}},
            "chunk_key_encoding": {{"name": "default"}}, "fill_value": 0,
            "codecs": [{{"name": "bytes", "configuration": {{"endian": "little"}}}}, {{"name": "{codec}"}}]}}"#
        )
    };
    for (text, says) in [
        (json("blosc", "int32", "2"), "'blosc' is not supported"),
        (json("gzip", "int32", "2"), "'gzip' is not supported"),
        (json("crc32c", "string", "2"), "'string' is not supported"),
        (json("crc32c", "int32", "0"), "error"),
        (json("crc32c", "int32", "9223372036854775807"), "error"),
        ("{".to_owned(), "zarr.json"),
        (r#"{"zarr_format": 2}"#.to_owned(), "expected zarr_format 3"),
        ("[".repeat(100_000), "zarr.json"),
    ] {
        folder.write("x.zarr/zarr.json", text.as_bytes());
        let err = folder.run(&["convert", "x.zarr", "x.npy"]).fails(1);
        assert!(err.contains(says), "{err}");
    }
}

#[test]
fn hostile_npy_headers_are_refused() {
    let folder = Folder::new();
    let header = |text: &str| {
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend(((text.len() + 1) as u16).to_le_bytes());
        file.extend(text.bytes());
        file.push(b'\n');
        file.extend([0; 64]);
        file
    };
    for text in [
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': [('a', '<f8'), ('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<M8[nss]', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<U0', 'fortran_order': False, 'shape': (1,), }",
        "import os",
        "",
        &"(".repeat(60_000),
        &"{'descr':".repeat(6_000),
    ] {
        folder.write("x.npy", &header(text));
        let ran = folder.run(&["convert", "x.npy", "x.arrs"]);
        assert!(ran.err.contains("x.npy"), "{text:.60}: {}", ran.err);
        ran.fails(1);
    }
    folder.write("x.npy", b"");
    folder.run(&["show", "x.npy"]).fails(1);
    folder.write("x.npy", b"\x93NUMPY");
    folder.run(&["show", "x.npy"]).fails(1);
    std::fs::create_dir(folder.path("d.npy")).unwrap();
    folder.run(&["show", "d.npy"]).fails(2);
    std::process::Command::new("mkfifo").arg(folder.path("fifo.npy")).status().unwrap();
    folder.run(&["show", "fifo.npy"]).fails(2);
    assert!(!folder.path("x.arrs").exists());
}

#[test]
fn attributes_and_dimension_names_go_along() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("x.zarr")).unwrap();
    folder.write(
        "x.zarr/zarr.json",
        br#"{"zarr_format": 3, "node_type": "array", "shape": [4, 2], "data_type": "float32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": 1.5, "dimension_names": ["y", null],
        "attributes": {"units": "K"}, "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}"#,
    );
    folder.run(&["convert", "x.zarr", "x.arrs"]).ok();
    let info = |path: &str| -> serde_json::Value {
        serde_json::from_str(&folder.run(&["info", path, "--json"]).ok()).unwrap()
    };
    for path in ["x.arrs", "y.zarr"] {
        let json = info(path);
        assert_eq!(json["attributes"]["units"], "K", "{json}");
        assert_eq!(json["dims"], serde_json::json!(["y", null]));
        assert_eq!(json["fill"], 1.5);
        assert_eq!(json["chunk_shape"], serde_json::json!([2, 2]));
        folder.run(&["convert", "x.arrs", "y.zarr"]).ok();
    }
    assert_eq!(folder.run(&["show", "y.zarr[3]"]).ok(), "[1.5 1.5]\n");
}
