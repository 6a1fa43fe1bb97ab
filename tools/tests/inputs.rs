//! The content decides the format of an input, the path gives its name, and the command line describes plain elements.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use arrstore::DType;
use common::Folder;
use serde_json::{Value, json};

/// A `.npy` file of this version with this header.
fn npy(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut file = vec![0x93, b'N', b'U', b'M', b'P', b'Y', version, 0];
    let length = header.len() as u32 + 1;
    file.extend(&length.to_le_bytes()[..if version == 1 { 2 } else { 4 }]);
    file.extend(header.bytes());
    file.push(b'\n');
    file.extend(data);
    file
}

fn simple(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    npy(1, &format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"), data)
}

#[test]
fn a_file_is_known_by_its_content() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[2, 3]);
    for (from, names) in [
        ("a.arrs", ["w.bak", "M.ARRS", "noending", "lie.npy"]),
        ("a.npz", ["two.zip", "L.NPZ", "12:30", "lie.arrs"]),
        ("a.zarr", ["folder", "Z.Zarr", "a.b[1]", "lie.npz"]),
    ] {
        folder.run(&["convert", "a.npy", &format!("{from}:/g/a")]).ok();
        for name in names {
            std::fs::rename(folder.path(from), folder.path(name)).unwrap();
            std::os::unix::fs::symlink(name, folder.path("link")).unwrap();
            for path in [name, "link"] {
                let whole = format!("{path}:/g/a");
                assert_eq!(folder.run(&["show", &whole]).ok(), "[[0. 1. 2.]\n [3. 4. 5.]]\n", "{name}");
                assert_eq!(folder.run(&["show", &format!("{whole}[1, ::2]")]).ok(), "[3. 5.]\n", "{name}");
                assert_eq!(folder.run(&["show", &format!("{path}[1, ::2]")]).ok(), "[3. 5.]\n", "{name}");
                assert_eq!(folder.run(&["eval", "x.sum()", &format!("x={whole}")]).ok(), "15.0\n", "{name}");
                assert!(folder.run(&["ls", path]).ok().starts_with("/g/a"), "{name}");
                assert!(folder.run(&["info", &whole]).ok().contains("2x3"), "{name}");
            }
            std::fs::remove_file(folder.path("link")).unwrap();
            std::fs::rename(folder.path(name), folder.path(from)).unwrap();
        }
    }
    for name in ["a:b.npy", "run[1].npy", "run[1]", "x.arrs:", "lie.raw", "b.zarr", "é[0]"] {
        std::fs::copy(folder.path("a.npy"), folder.path(name)).unwrap();
        assert_eq!(folder.run(&["show", name]).ok(), "[[0. 1. 2.]\n [3. 4. 5.]]\n", "{name}");
        assert_eq!(folder.run(&["show", &format!("{name}[1]")]).ok(), "[3. 4. 5.]\n", "{name}");
    }
    // The content also decides the format of an existing store that is written to.
    std::fs::copy(folder.path("a.arrs"), folder.path("w.bak")).unwrap();
    folder.run(&["convert", "a.npy", "w.bak:/new"]).ok();
    assert!(folder.run(&["ls", "w.bak"]).ok().contains("/new"));
}

#[test]
fn paths_that_lead_nowhere_say_why() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[2, 3]);
    folder.write("notes.txt", b"some words");
    std::fs::create_dir(folder.path("folder")).unwrap();
    for (path, says) in [
        ("a.npy:/x", "holds a single array without a name: leave out ':/x'"),
        ("nosuch", "does not exist"),
        ("nosuch:/x", "does not exist"),
        ("nosuch.npy", "nosuch.npy"),
        ("nosuch.arrs:/x", "nosuch.arrs"),
        ("folder", "is a folder without a zarr.json"),
        ("notes.txt", "--dtype"),
        ("notes.txt[0]", "--dtype"),
        ("", "the path is empty"),
    ] {
        let err = folder.run(&["show", path]).fails(2);
        assert!(err.contains(says), "{path}: {err}");
    }
    let err = folder.run(&["convert", "a.npy", "notes.txt"]).fails(2);
    assert!(err.contains("known endings"), "{err}");
    assert_eq!(folder.read("notes.txt"), b"some words");
}

#[test]
fn a_malformed_region_is_refused_with_its_place() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[2, 3]);
    folder.run(&["convert", "a.npy", "a.arrs:/a"]).ok();
    for path in ["a.npy", "a.arrs", "a.arrs:/a"] {
        for region in [
            "[0]]",
            "[[0]",
            "[0",
            "[0]x",
            "[0][1]",
            "[]",
            "[0,,1]",
            "[x]",
            "[1:2:3:4]",
            "[0] [1]",
            "[0:1",
            "][",
        ] {
            let text = format!("{path}{region}");
            let ran = folder.run(&["show", &text]);
            assert!(ran.out.is_empty(), "{text}: {}", ran.out);
            let err = ran.fails(2);
            assert!(region == "][" || err.contains('^'), "{text}: {err}");
            folder.run(&["eval", "x.sum()", &format!("x={text}")]).fails(2);
            folder.run(&["convert", &text, "b.npy"]).fails(2);
        }
    }
    assert_eq!(folder.run(&["show", "a.npy[ -1 , ... ]"]).ok(), "[3. 4. 5.]\n");
}

#[test]
fn every_name_of_a_type_that_numpy_takes() {
    let folder = Folder::new();
    for (dtype, names) in [
        (DType::Bool, &["?", "b1", "|b1", "bool", "bool_", "|?", ">?"][..]),
        (DType::I8, &["b", "i1", "|b", "int8", "byte"]),
        (DType::U8, &["B", "u1", "|u1", "uint8", "ubyte"]),
        (DType::I16, &["h", "<h", "<i2", "int16", "short"]),
        (DType::U16, &["H", "=H", "u2", "uint16", "ushort"]),
        (DType::I32, &["<i", "i", "=i4", "int32", "intc"]),
        (DType::U32, &["<I", "|u4", "uint32", "uintc"]),
        (DType::I64, &["l", "<q", "i8", "int64", "int", "int_", "long", "longlong", "p", "n", "intp"]),
        (DType::U64, &["L", "<Q", "u8", "uint64", "uint", "ulong", "P", "N", "uintp"]),
        (DType::F16, &["e", "<e", "f2", "float16", "half"]),
        (DType::F32, &["f", "<f", "f4", "float32", "single"]),
        (DType::F64, &["d", "<d", "f8", "float64", "double", "float", "|d"]),
        (DType::C64, &["F", "<F", "c8", "complex64", "csingle"]),
        (DType::C128, &["D", "<D", "c16", "complex128", "complex", "cdouble"]),
    ] {
        let data = vec![1; 3 * dtype.size()];
        for name in names {
            folder.write("x.npy", &simple(&format!("'{name}'"), "(3,)", &data));
            let json: Value = serde_json::from_str(&folder.run(&["info", "x.npy", "--json"]).ok()).unwrap();
            assert_eq!((&json["dtype"], &json["endian"]), (&json!(dtype.name()), &json!("little")), "{name}");
            folder.write("x.raw", &data);
            let json = folder.run(&["info", "x.raw", "--json", "--dtype", name]).ok();
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["dtype"], dtype.name(), "{name}");
        }
    }
    let data = [0, 0, 0, 1, 0, 0, 0, 2];
    for name in [">i", ">i4"] {
        folder.write("x.npy", &simple(&format!("'{name}'"), "(2,)", &data));
        assert_eq!(folder.run(&["show", "x.npy"]).ok(), "[1 2]\n");
    }
    for name in
        ["", "O", "S2", "U1", "M8[s]", "g", "f16", ">float64", "B1", "V", "str", "float_", "<", ">>i4", "c"]
    {
        folder.write("x.npy", &simple(&format!("'{name}'"), "(2,)", &[0; 64]));
        assert!(folder.run(&["show", "x.npy"]).fails(1).contains("x.npy"), "{name}");
        assert_eq!(folder.run(&["show", "x.raw", "--dtype", name]).code, 2, "{name}");
    }
}

#[test]
fn headers_of_every_version_and_of_python_2() {
    let folder = Folder::new();
    let data: Vec<u8> = (0..6u8).flat_map(|k| f64::from(k).to_le_bytes()).collect();
    for header in [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
        "{'descr': u'<f8', 'fortran_order': False, 'shape': (2L, 3L)}",
        "{u'shape': (2L, 3L), u'descr': u'<f8', u'fortran_order': False}",
        "{\"descr\": \"<f8\", \"fortran_order\": False, \"shape\": (2, 3,)}",
        "  {'descr':'float64','fortran_order':False,'shape':(2,3)}   ",
    ] {
        for version in 1..=3 {
            folder.write("x.npy", &npy(version, header, &data));
            assert_eq!(
                folder.run(&["show", "x.npy"]).ok(),
                "[[0. 1. 2.]\n [3. 4. 5.]]\n",
                "{version} {header}"
            );
        }
        folder.write("x.npy", &npy(4, header, &data));
        assert!(folder.run(&["show", "x.npy"]).fails(1).contains("version 4.0"));
        let mut file = npy(1, header, &data);
        file[7] = 1;
        folder.write("x.npy", &file);
        assert!(folder.run(&["show", "x.npy"]).fails(1).contains("version 1.1"));
    }
}

#[test]
fn elements_whose_type_has_no_name_in_the_file() {
    let folder = Folder::new();
    // bfloat16 1, 2, 3, as ml_dtypes saves it
    let data = [0x80, 0x3f, 0x00, 0x40, 0x40, 0x40];
    folder.write("b.npy", &simple("'|V2'", "(3,)", &data));
    folder.ramp("a.npy", &[3]);
    assert!(folder.run(&["show", "b.npy"]).fails(1).contains("--dtype bfloat16"));
    assert_eq!(folder.run(&["show", "b.npy", "--dtype", "bfloat16"]).ok(), "[1 2 3]\n");
    assert!(folder.run(&["show", "b.npy", "--dtype", "f8"]).fails(1).contains("float64 has 8"));
    assert!(
        folder.run(&["show", "b.npy", "--dtype", "bfloat16", "--shape", "3"]).fails(2).contains("--shape")
    );
    assert!(folder.run(&["info", "b.npy", "--dtype", "bfloat16"]).ok().contains("bfloat16"));
    folder.run(&["convert", "b.npy", "b.arrs", "--dtype", "bfloat16"]).ok();
    assert_eq!(folder.run(&["show", "b.arrs"]).ok(), "[1 2 3]\n");
    let job = ["eval", "b + a", "b.npy", "a.npy", "--dtype"];
    for dtype in ["bfloat16", "b=bfloat16"] {
        assert_eq!(folder.run(&[&job[..], &[dtype]].concat()).ok(), "[1. 3. 5.]\n");
    }
    assert!(folder.run(&[&job[..], &["a=f8"]].concat()).fails(1).contains("--dtype bfloat16"));
}

#[test]
fn plain_elements_are_told_by_options() {
    let folder = Folder::new();
    let numbers = |count: u16| (0..count).flat_map(|k| f32::from(k).to_le_bytes()).collect::<Vec<u8>>();
    folder.write("r.raw", &numbers(6));
    folder.write("s.f32", &(0..6u16).flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
    folder.write("o.bin", &[b"head", &numbers(6)[..], b"tail!"].concat());
    folder.ramp("a.npy", &[2, 3]);
    let ok = |args: &[&str]| folder.run(args).ok();
    let rows = "[[0. 1. 2.]\n [3. 4. 5.]]\n";
    for command in [&["show", "r.raw"][..], &["eval", "r", "r.raw"], &["eval", "r", "r=r.raw"]] {
        let told = |more: &[&str]| ok(&[command, more].concat());
        assert_eq!(told(&["--dtype", "f4", "--shape", "2x3"]), rows);
        assert_eq!(told(&["--dtype", "f4"]), "[0. 1. 2. 3. 4. 5.]\n");
        assert_eq!(
            told(&["--dtype", "f4", "--shape", "2x3", "--raw-order", "F"]),
            "[[0. 2. 4.]\n [1. 3. 5.]]\n"
        );
        assert_eq!(told(&["--dtype", "f4", "--offset", "8"]), "[2. 3. 4. 5.]\n");
        let refused = |more: &[&str]| folder.run(&[command, more].concat()).fails(2);
        assert!(refused(&[]).contains("--dtype"));
        assert!(refused(&["--dtype", "f4", "--shape", "2x2"]).contains("16 bytes"));
        assert!(refused(&["--dtype", "f4", "--shape", "4x4"]).contains("64 bytes"));
        assert!(refused(&["--dtype", "f8", "--offset", "12"]).contains("after the first 12"));
        assert!(refused(&["--dtype", "f4", "--offset", "25"]).contains("beyond the end"));
        assert!(refused(&["--dtype", "f4", "--dtype", "f8"]).contains("given twice"));
        assert!(refused(&["--dtype", ">f4", "--endian", "little"]).contains("different byte orders"));
        assert!(refused(&["--dtype", "f4", "--shape", "4294967296x4294967296"]).contains("more than 2^64"));
    }
    let part = ["--dtype", "f4", "--shape", "2x3", "--offset", "4"];
    assert_eq!(ok(&[&["show", "o.bin"][..], &part].concat()), rows);
    ok(&[&["convert", "o.bin", "o.npy", "--raw-order", "F"][..], &part].concat());
    assert_eq!(ok(&["show", "o.npy"]), "[[0. 2. 4.]\n [1. 3. 5.]]\n");
    let info: Value = serde_json::from_str(&ok(&[&["info", "o.bin", "--json"][..], &part].concat())).unwrap();
    assert_eq!((&info["shape"], &info["order"]), (&json!([2, 3]), &json!("C")));
    // Several options at once: an option with a name is for that input, one without a name for the others.
    let both = [
        "eval",
        "a + r + s",
        "a.npy",
        "r.raw",
        "s=s.f32",
        "--shape",
        "2x3",
        "--dtype",
        "f4",
        "--dtype",
        "s=>u2",
    ];
    assert_eq!(ok(&both), "[[ 0.  3.  6.]\n [ 9. 12. 15.]]\n");
    let named =
        ["eval", "r + s", "r.raw", "s=s.f32", "--dtype", "r=f4", "--dtype", "s=u2", "--endian", "s=big"];
    assert_eq!(ok(&named), "[ 0.  2.  4.  6.  8. 10.]\n");
    assert!(folder.run(&[&named[..], &["--shape", "t=6"]].concat()).fails(2).contains("'t'"));
    for args in [
        &["eval", "a", "a.npy", "--dtype", "f4"][..],
        &["eval", "a", "a.npy", "--offset", "a=4"],
        &["show", "a.npy", "--raw-order", "F"],
    ] {
        assert!(folder.run(args).fails(2).contains("names its own element type"), "{args:?}");
    }
    assert!(folder.run(&["show", "r.raw", "--dtype", "r=f4"]).fails(2).contains("for eval"));
}

#[test]
fn arrays_without_elements_are_shown_in_no_memory() {
    let folder = Folder::new();
    for n in [1u64 << 44, 1 << 50, 1 << 55, 1 << 57] {
        for (shape, list) in
            [(vec![0, n], Some("[]")), (vec![3, 0, n], Some("[[],[],[]]")), (vec![n, 0], None)]
        {
            let text: Vec<String> = shape.iter().map(u64::to_string).collect();
            folder.write("x.npy", &simple("'<f8'", &format!("({},)", text.join(", ")), b""));
            folder.write("x.raw", b"");
            let raw = ["x.raw", "--dtype", "f8", "--shape", &text.join("x")];
            for path in [&["x.npy"][..], &raw] {
                assert_eq!(folder.run(&[&["show"], path].concat()).ok(), "[]\n", "{shape:?}");
                assert!(folder.run(&[&["info"], path].concat()).ok().contains("0 (0 B)"), "{shape:?}");
                let json = folder.run(&[&["show", "--json"], path].concat());
                match list {
                    Some(list) => assert!(json.ok().contains(&format!("\"value\":{list}")), "{shape:?}"),
                    None => assert!(json.fails(2).contains("too many"), "{shape:?}"),
                }
                let part = format!("{}[...,:0]", path[0]);
                assert_eq!(folder.run(&[&["show", &part], &path[1..]].concat()).ok(), "[]\n", "{shape:?}");
            }
        }
    }
    // NumPy counts the elements of the other axes, too
    for shape in
        ["(0, 1152921504606846976)", "(1099511627776, 1099511627776, 0)", "(18446744073709551615, 0)"]
    {
        folder.write("x.npy", &simple("'<f8'", shape, b""));
        folder.write("x.raw", b"");
        assert!(
            folder.run(&["show", "x.npy"]).fails(1).contains("number of elements exceeds 64 bits"),
            "{shape}"
        );
        let raw = ["show", "x.raw", "--dtype", "f8", "--shape", shape];
        assert_eq!(folder.run(&raw).code & !3, 0, "{shape}");
    }
}
