//! Records, texts and times through the command.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::Folder;

/// `numpy.save` of people, of NumPy 2.4: `[('name','U10'),('age','i4'),('weight','f4')]`. With `big`, the names and ages
/// are big-endian.
fn people(big: bool, rows: usize) -> Vec<u8> {
    let (text, number) = if big { ('>', '>') } else { ('<', '<') };
    let descr = format!("[('name', '{text}U10'), ('age', '{number}i4'), ('weight', '<f4')]");
    let dict = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ({rows},), }}");
    let mut file = b"\x93NUMPY\x01\x00\xb6\x00".to_vec();
    file.extend(format!("{dict:<181}\n").bytes());
    assert_eq!(file.len() % 64, 0);
    for k in 0..rows {
        let (name, age, weight) = [("Ann", 31i32, 55.5f32), ("Bob", 25, 80.25), ("Zoé", 44, 61.0)][k % 3];
        let mut units: Vec<u32> = name.chars().map(u32::from).collect();
        units.resize(10, 0);
        for unit in units {
            file.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        }
        file.extend(if big { age.to_be_bytes() } else { age.to_le_bytes() });
        file.extend(weight.to_le_bytes());
    }
    file
}

#[test]
fn a_table_is_stored_asked_and_given_back() {
    let folder = Folder::new();
    let wanted = people(false, 3);
    for (name, bytes) in [("p.npy", &wanted), ("big.npy", &people(true, 3))] {
        folder.write(name, bytes);
        let store = name.replace("npy", "arrs");
        for flags in [&[][..], &["--codec", "zstd"], &["--codec", "lz4", "--chunk", "2"]] {
            folder.run(&[&["convert", name, &store], flags].concat()).ok();
            folder.run(&["verify", &store]).ok();
            folder.run(&["convert", &store, "back.npy"]).ok();
            assert_eq!(folder.read("back.npy"), wanted, "{name} {flags:?}");
        }
    }
    let ask = |expr: &str| folder.run(&["eval", expr, "r=p.arrs"]).ok();
    assert_eq!(ask("r"), "[('Ann', 31, 55.5 ) ('Bob', 25, 80.25) ('Zoé', 44, 61.  )]\n");
    assert_eq!(ask("r['age'] > 30"), "[ True False  True]\n");
    assert_eq!(ask("where(r['age'] > 30, r['weight'], 0).sum() / sum(r['age'] > 30)"), "58.25\n");
    assert_eq!(ask("r['weight'].mean()"), "65.583336\n");
    assert_eq!(ask("np.strings.upper(r['name'])"), "['ANN' 'BOB' 'ZOÉ']\n");
    assert_eq!(ask("r['name'] == 'Bob'"), "[False  True False]\n");
    assert_eq!(ask("r[1]"), "('Bob', 25, 80.25)\n");
    assert_eq!(ask("r[['age', 'weight']]['age'][::-1]"), "[44 25 31]\n");
    let json = folder.run(&["eval", "r[:1]", "r=p.arrs", "--json"]).ok();
    assert!(json.contains(r#""age":31"#) || json.contains(r#""age": 31"#), "{json}");
    let refused = folder.run(&["eval", "r['none']", "r=p.arrs"]).fails(2);
    assert!(refused.contains("no field is named 'none': there are 'name', 'age', 'weight'"), "{refused}");
    let refused = folder.run(&["convert", "p.arrs", "p.zarr"]).fails(2);
    assert!(refused.contains("Zarr"), "{refused}");
}

/// The file is far larger than the memory that its field needs.
#[test]
fn a_field_takes_a_small_part_of_the_memory() {
    let folder = Folder::new();
    let wanted = people(false, 300_000);
    folder.write("p.npy", &wanted);
    folder.run(&["convert", "p.npy", "p.arrs", "--chunk", "50000"]).ok();
    folder.run(&["convert", "p.npy", "q.arrs", "--chunk", "300000", "--codec", "none"]).ok();
    for file in ["p.npy", "p.arrs", "q.arrs"] {
        let sum = folder.run(&[
            "eval",
            "r['age'].sum(), r['age'].max()",
            &format!("r={file}"),
            "--memory",
            "48MiB",
        ]);
        assert_eq!(sum.ok(), "10000000\n44\n", "{file}");
    }
    folder.run(&["convert", "q.arrs", "back.npy"]).ok();
    assert!(folder.read("back.npy") == wanted);
}

#[test]
fn times_are_printed_and_compared() {
    let folder = Folder::new();
    let days: Vec<u8> = [19723i64, i64::MIN, -171_602].iter().flat_map(|n| n.to_le_bytes()).collect();
    let day = "M8[D]".parse().unwrap();
    let wanted = folder.npy("d.npy", day, &[3], &days);
    folder.run(&["convert", "d.npy", "d.arrs", "--codec", "pco"]).ok();
    folder.run(&["convert", "d.arrs", "back.npy"]).ok();
    assert_eq!(folder.read("back.npy"), wanted);
    let ask = |expr: &str| folder.run(&["eval", expr, "d=d.arrs"]).ok();
    assert_eq!(ask("d"), "['2024-01-01'        'NaT' '1500-03-04']\n");
    assert_eq!(ask("d > '2000-01-01'"), "[ True False False]\n");
    assert_eq!(ask("d + timedelta64(36, 'h')"), "['2024-01-02T12'           'NaT' '1500-03-05T12']\n");
    assert_eq!(ask("d - d[0]"), "[      0   'NaT' -191325]\n");
    assert_eq!(ask("isnat(d)"), "[False  True False]\n");
    assert_eq!(ask("nanmax(d), d.min()"), "2024-01-01\nNaT\n");
    let refused = folder.run(&["eval", "d + d", "d=d.arrs"]).fails(2);
    assert!(refused.contains("subtract them for the time between"), "{refused}");
}

#[test]
fn headers_that_are_no_types_are_refused() {
    let folder = Folder::new();
    for (descr, says) in [
        ("'|S0'", "expected texts of 1 to"),
        ("'<U536870912'", "expected texts of 1 to"),
        ("[('a', '<i4'), ('a', '<i4')]", "two fields named 'a'"),
        ("[('a', '|O')]", "Python objects are never read"),
        ("[('a', '|V4')]", "they have no type"),
        ("[]", "no fields"),
        ("[('a', '<i4', (0,))]", "0 bytes"),
        ("[('a', '<i4', (4294967295, 4294967295))]", "bytes"),
        ("'<M8[x]'", "'<M8[x]'"),
        ("'<M8[0s]'", "'<M8[0s]'"),
        ("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "deep"),
    ] {
        let dict = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}");
        let mut file = b"\x93NUMPY\x01\x00\xb6\x00".to_vec();
        file.extend(format!("{dict:<181}\n").bytes());
        file.extend([0; 64]);
        folder.write("x.npy", &file);
        let refused = folder.run(&["show", "x.npy"]);
        assert_ne!(refused.code, 0, "{descr}");
        assert!(refused.err.contains(says), "{descr}: {}", refused.err);
    }
}
