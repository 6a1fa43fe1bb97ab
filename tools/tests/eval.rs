//! `eval`: answers printed as NumPy prints them, places of results, errors that point at the text.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use arrstore::DType;
use common::Folder;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.ramp("a.npy", &[3, 4]);
    folder.ramp("b.npy", &[4]);
    folder
}

/// Written by `data/answers.py`.
const ANSWERS: &str = include_str!("data/answers.txt");

#[test]
fn answers_as_numpy_prints_them() {
    let folder = folder();
    folder.npy("n.npy", DType::I8, &[5], &[-7i8, -1, 0, 3, 120].map(|x| x as u8));
    let f = [-1.5f32, -0.0, f32::NAN, f32::INFINITY, 2.25].map(f32::to_le_bytes).concat();
    folder.npy("f.npy", DType::F32, &[5], &f);
    folder.npy("t.npy", DType::Bool, &[2, 2], &[1, 0, 1, 1]);
    let records: Vec<&str> = ANSWERS.split_terminator("\n---\n").collect();
    assert!(records.len() > 40);
    let mut wrong = Vec::new();
    for record in records {
        let (expr, expected) = record.split_once('\n').unwrap();
        let ran = folder.run(&["eval", expr, "a.npy", "b=b.npy", "n.npy", "f.npy", "t.npy", "--quiet"]);
        if ran.out.trim_end_matches('\n') != expected {
            wrong.push(format!("{expr}\n{expected}\n  but printed\n{}{}", ran.out, ran.err));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    // NumPy has no chained comparison.
    assert_eq!(folder.run(&["eval", "1 < b < 3", "b.npy"]).ok(), "[False False  True False]\n");
}

#[test]
fn a_large_result_is_summarised() {
    let folder = Folder::new();
    folder.ramp("x.npy", &[2000]);
    let found = folder.run(&["eval", "x + 0.5", "x.npy"]).ok();
    assert_eq!(found, "[5.0000e-01 1.5000e+00 2.5000e+00 ... 1.9975e+03 1.9985e+03 1.9995e+03]\n");
    folder.run(&["eval", "x", "x.npy", "-o", "y.arrs"]).ok();
    assert_eq!(folder.run(&["show", "y.arrs[:3]"]).ok(), "[0. 1. 2.]\n");
}

#[test]
fn json_tells_values_and_traffic() {
    let folder = folder();
    let out = folder.run(&["eval", "b, b[0] / 0 * 0, b[1] + 1j, b > 1", "b.npy", "--json"]).ok();
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let value = |k: usize| &json["results"][k]["value"];
    assert_eq!(*value(0), serde_json::json!([0.0, 1.0, 2.0, 3.0]));
    assert_eq!(*value(1), serde_json::json!("nan"));
    assert_eq!(*value(2), serde_json::json!([1.0, 1.0]));
    assert_eq!(*value(3), serde_json::json!([false, false, true, true]));
    assert!(json["seconds"].is_number() && json["metrics"]["bytes_mapped"].is_number());
}

#[test]
fn results_go_where_they_are_told() {
    let folder = folder();
    let args = ["eval", "a * 2, a.sum(axis=0), a.max()", "a.npy", "-o", "d.npy", "-o", "s.arrs:/g/sum"];
    assert_eq!(folder.run(&args).ok(), "11.0\n");
    assert_eq!(folder.run(&["show", "d.npy[2]"]).ok(), "[16. 18. 20. 22.]\n");
    assert_eq!(folder.run(&["show", "s.arrs"]).ok(), "[12. 15. 18. 21.]\n");
    // Another array joins the file; an old one is replaced, even by a result that reads it.
    folder.run(&["eval", "a", "a.npy", "-o", "s.arrs:/a", "--codec", "zstd:3", "--chunk", "2x3"]).ok();
    folder
        .run(&[
            "eval",
            "x + 1, y * 10",
            "x=s.arrs:/g/sum",
            "y=s.arrs:/a",
            "-o",
            "s.arrs:/g/sum",
            "-o",
            "s.arrs:/a",
        ])
        .ok();
    assert_eq!(folder.run(&["show", "s.arrs:/g/sum"]).ok(), "[13. 16. 19. 22.]\n");
    assert_eq!(folder.run(&["show", "s.arrs:/a[1]"]).ok(), "[40. 50. 60. 70.]\n");
    folder.run(&["verify", "s.arrs"]).ok();
    folder.run(&["eval", "a", "a.npy", "-o", "new.arrs"]).ok();
    assert_eq!(folder.run(&["ls", "new.arrs"]).ok(), "/result  float64  3x4  96 B\n");
    assert_eq!(folder.names(), ["a.npy", "b.npy", "d.npy", "new.arrs", "s.arrs"]);
}

#[test]
fn a_region_of_a_stored_array_is_assigned() {
    for (codec, chunk) in [("none", "12x10"), ("zstd:1", "5x3"), ("none", "1x4")] {
        let folder = Folder::new();
        folder.ramp("a.npy", &[12, 10]);
        folder.run(&["convert", "a.npy", "f.arrs", "--codec", codec, "--chunk", chunk]).ok();
        let mut expected: Vec<Vec<f64>> =
            (0..12).map(|i| (0..10).map(|j| f64::from(i * 10 + j)).collect()).collect();

        folder.run(&["eval", "a[:4, :5] + 1000", "a.npy", "-o", "f.arrs:/a[3:10:2, ::2]"]).ok();
        for (i, row) in (3..10).step_by(2).enumerate() {
            for (j, column) in (0..10).step_by(2).enumerate() {
                expected[row][column] = (i * 10 + j) as f64 + 1000.0;
            }
        }
        folder.run(&["eval", "a[0, :3]", "a.npy", "-o", "f.arrs:/a[::-1, -1:-8:-3]"]).ok();
        for row in &mut expected {
            for (j, column) in [9usize, 6, 3].into_iter().enumerate() {
                row[column] = j as f64;
            }
        }
        folder.run(&["eval", "7", "-o", "f.arrs[5]"]).ok();
        expected[5].fill(7.0);

        let data: Vec<u8> = expected.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
        let wanted = folder.npy("wanted.npy", DType::F64, &[12, 10], &data);
        folder.run(&["convert", "f.arrs:/a", "found.npy"]).ok();
        assert_eq!(folder.read("found.npy"), wanted, "{codec} {chunk}");
        folder.run(&["verify", "f.arrs"]).ok();

        let err = folder.run(&["eval", "a[:, :3]", "a.npy", "-o", "f.arrs:/a[0:2]"]).fails(1);
        assert!(err.contains("broadcast"), "{err}");
        folder.run(&["eval", "a", "a.npy", "-o", "f.arrs:/nosuch[0:2]"]).fails(2);
    }
}

#[test]
fn elements_are_assigned_through_lists_masks_and_indices() {
    for (codec, chunk) in [("none", "12x10"), ("zstd:1", "5x3")] {
        let folder = Folder::new();
        folder.ramp("a.npy", &[12, 10]);
        let rows: Vec<u8> = [7i64, 0, 7, -1].into_iter().flat_map(i64::to_le_bytes).collect();
        folder.npy("rows.npy", DType::I64, &[4], &rows);
        folder.run(&["convert", "a.npy", "f.arrs", "--codec", codec, "--chunk", chunk]).ok();
        let mut expected: Vec<Vec<f64>> =
            (0..12).map(|i| (0..10).map(|j| f64::from(i * 10 + j)).collect()).collect();

        // a list of rows, with a slice
        folder.run(&["eval", "a[:2, 0] - 5", "a.npy", "-o", "f.arrs:/a[[3, 1], 2]"]).ok();
        (expected[3][2], expected[1][2]) = (-5.0, 5.0);
        // an array of rows from a file: of several values for one element the last stays
        folder.run(&["eval", "[[1], [2], [3], [4]]", "rows.npy", "-o", "f.arrs:/a[rows, 8:]"]).ok();
        for (row, value) in [(7, 3.0), (0, 2.0), (11, 4.0)] {
            expected[row][8..].fill(value);
        }
        // a mask of what the file holds, which is read as it was; and a region beside it, in one commit
        let both = ["eval", "0 - 1, 100", "x=f.arrs:/a", "-o", "f.arrs:/a[x > 50]", "-o", "f.arrs:/a[:, 0]"];
        folder.run(&both).ok();
        for row in &mut expected {
            let old = row.clone();
            row[0] = 100.0;
            row.iter_mut().zip(old).filter(|(_, old)| *old > 50.0).for_each(|(x, _)| *x = -1.0);
        }

        let data: Vec<u8> = expected.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
        let wanted = folder.npy("wanted.npy", DType::F64, &[12, 10], &data);
        folder.run(&["convert", "f.arrs:/a", "found.npy"]).ok();
        assert_eq!(folder.read("found.npy"), wanted, "{codec} {chunk}");
        folder.run(&["verify", "f.arrs"]).ok();

        // nothing is assigned if one place is refused
        for (value, place, words) in [
            ("1", "f.arrs:/a[[0, 12]]", "out of bounds"),
            ("[1, 2, 3]", "f.arrs:/a[[0, 1], 0]", "broadcast"),
            ("1", "f.arrs:/a[[1.5]]", "integers"),
            ("1", "f.arrs:/a[[0], [1], [2]]", "too many"),
            ("1", "f.arrs:/nosuch[[0]]", "nosuch"),
            ("1", "f.arrs:/a[m]", "'m'"),
            ("1", "a.npy[[0]]", "a.npy"),
        ] {
            // the plan is refused before it runs, and so is its explanation
            for explain in [&[][..], &["--explain"]] {
                let ran = folder.run(&[&["eval", value, "-o", place][..], explain].concat());
                assert!(ran.code != 0 && ran.err.contains(words), "{place}: {}", ran.err);
            }
        }
        // indices of a file are checked before the plan, too
        let far: Vec<u8> = [3i64, -13].into_iter().flat_map(i64::to_le_bytes).collect();
        folder.npy("far.npy", DType::I64, &[2], &far);
        for rows in ["far", "0 - far - 1", "far[:, None] * [1, 1]"] {
            let place = format!("f.arrs:/a[{rows}, 0]");
            let ran = folder.run(&["eval", "--explain", "1", "far.npy", "-o", &place]);
            assert!(ran.code != 0 && ran.err.contains("out of bounds"), "{place}: {}", ran.err);
        }
        // an explanation shows the assignment, and writes nothing
        let explain =
            ["eval", "--explain", "x[:, :5] + 7", "x=f.arrs:/a", "-o", "f.arrs:/a[:, [0, 1, 2, 3, 4]]"];
        let explained = folder.run(&explain).ok();
        for words in ["stage 2: assign over (12, 5)", "480 B  the values (held)", "480 B  f.arrs:/a["] {
            assert!(explained.contains(words), "{explained}");
        }
        folder.run(&["convert", "f.arrs:/a", "again.npy"]).ok();
        assert_eq!(folder.read("again.npy"), wanted, "{codec} {chunk}");
    }
}

/// A number must fit the type of the region, as in NumPy; a refused assignment changes nothing.
#[test]
fn a_number_that_does_not_fit_a_region_is_refused() {
    let folder = folder();
    let types = ["int8", "uint8", "int32", "uint64", "float32", "float64", "complex64", "bool"];
    for dtype in types {
        folder
            .run(&["eval", &format!("astype(a, {dtype})"), "a.npy", "-o", &format!("{dtype}.arrs:/x")])
            .ok();
    }
    let integers = ["int8", "uint8", "int32", "uint64"];
    let reals = ["int8", "uint8", "int32", "uint64", "float32", "float64"];
    let refused: [(&[&str], &str, &str); 14] = [
        (&integers, "nan", "Python float NaN"),
        (&integers, "-nan", "Python float NaN"),
        (&integers, "inf", "Python float inf"),
        (&integers, "-inf", "Python float -inf"),
        (&integers, "1e300", "out of bounds"),
        (&integers, "2**64", "out of bounds"),
        (&integers, "2**200", "out of bounds"),
        (&["int8", "uint8"], "300", "Python integer 300 out of bounds"),
        (&["int8", "uint8"], "256.0", "out of bounds"),
        (&["uint8", "uint64"], "-1", "out of bounds"),
        (&["uint8", "uint64"], "-1.5", "out of bounds"),
        (&reals, "1 + 2j", "complex"),
        (&reals, "2 + 0j", "complex"),
        (&["float32", "float64", "complex64"], "10**400", "out of bounds"),
    ];
    for (dtypes, value, says) in refused {
        for dtype in dtypes {
            let file = format!("{dtype}.arrs");
            let before = folder.read(&file);
            let err = folder.run(&["eval", value, "-o", &format!("{file}:/x[1, ::2]")]).fails(1);
            assert!(err.contains(says) && err.contains(&format!("{file}:/x")), "{value} to {dtype}: {err}");
            assert_eq!(folder.read(&file), before, "{value} to {dtype}");
        }
    }
    for (dtype, value, shown) in [
        ("int8", "-1.9", "[-1  1 -1  3]"),
        ("uint8", "255.5", "[255   1 255   3]"),
        (
            "uint64",
            "2**64 - 1",
            "[18446744073709551615                    1 18446744073709551615\n                    3]",
        ),
        ("float32", "nan", "[nan  1. nan  3.]"),
        ("float32", "2**200", "[inf  1. inf  3.]"),
        ("float64", "2**200", "[1.60693804e+60 1.00000000e+00 1.60693804e+60 3.00000000e+00]"),
        ("complex64", "1 + 2j", "[1.+2.j 1.+0.j 1.+2.j 3.+0.j]"),
        ("bool", "nan", "[ True  True  True  True]"),
        ("bool", "0j", "[False  True False  True]"),
        ("bool", "2**200", "[ True  True  True  True]"),
    ] {
        folder.run(&["eval", value, "-o", &format!("{dtype}.arrs:/x[0, ::2]")]).ok();
        assert_eq!(
            folder.run(&["show", &format!("{dtype}.arrs:/x[0]")]).ok(),
            format!("{shown}\n"),
            "{value}"
        );
    }
}

/// Arrays are cast and broadcast as in NumPy's `a[...] = b`: leading axes of length 1 are dropped, and imaginary parts
/// are dropped with a warning.
#[test]
fn an_array_is_cast_and_broadcast_to_a_region() {
    let folder = folder();
    folder.run(&["eval", "b", "b.npy", "-o", "f.arrs:/x"]).ok();
    for value in ["b[None] * 10", "b[None, None] * 10", "b[None, :1] * 10", "b[:1][None, None]", "sum(b)"] {
        folder.run(&["eval", value, "b.npy", "-o", "f.arrs:/x[:]"]).ok();
    }
    folder.run(&["eval", "b[None] * 10", "b.npy", "-o", "f.arrs:/x[::-1]"]).ok();
    assert_eq!(folder.run(&["show", "f.arrs"]).ok(), "[30. 20. 10.  0.]\n");
    folder.run(&["eval", "b[None, 3:]", "b.npy", "-o", "f.arrs:/x[0, ...]"]).ok();
    let ran = folder.run(&["eval", "b * (1 + 1j) + 5", "b.npy", "-o", "f.arrs:/x[2:]", "--quiet"]);
    assert_ne!(ran.code, 0, "four to two: {}", ran.err);
    let ran = folder.run(&["eval", "b[:2] * (1 + 1j) + 5", "b.npy", "-o", "f.arrs:/x[2:]"]);
    assert!(ran.code == 0 && ran.err.contains("imaginary parts"), "{}", ran.err);
    assert_eq!(folder.run(&["show", "f.arrs"]).ok(), "[ 3. 20.  5.  6.]\n");
    for (value, region) in [
        ("b[:, None]", "[:]"),
        ("a[:2]", "[:]"),
        ("a[:, :1][None]", "[:]"),
        ("b[:0][None]", "[:]"),
        ("b[:1]", "[0]"),
        ("b[:2]", "[0, ...]"),
    ] {
        let out = format!("f.arrs:/x{region}");
        let err = folder.run(&["eval", value, "a.npy", "b.npy", "-o", &out, "--quiet"]).fails(1);
        assert!(err.contains("broadcast") && err.contains("region"), "{value} to {region}: {err}");
    }
    assert_eq!(folder.run(&["show", "f.arrs"]).ok(), "[ 3. 20.  5.  6.]\n");
    folder.run(&["eval", "1", "-o", "f.arrs:/x[0]]"]).fails(2);
}

#[test]
fn errors_point_at_the_text_and_exit_with_2() {
    let folder = folder();
    for (expr, says) in [
        ("a +", "the expression ends too early: expected an operand\n  a +\n     ^"),
        ("a + c", "unknown name 'c'\n  a + c\n      ^"),
        ("smu(a)", "unknown function 'smu'\n  smu(a)\n  ^^^\n  help: did you mean 'sum'?"),
        ("a + a[:, :3]", "\n  a + a[:, :3]\n    ^"),
        ("sum(a, axis=2)", "\n  sum(a, axis=2)\n              ^"),
        ("a[5]", "\n  a[5]\n    ^"),
        ("a[0, 9]", "\n  a[0, 9]\n       ^"),
        ("a[0, 0, 0]", "\n  a[0, 0, 0]\n    ^^^^^^^"),
        ("a & 1", "\n  a & 1\n    ^"),
        ("a and b", "use a & b"),
        ("a @ a", "\n  a @ a\n    ^"),
        ("astype(a, 'f9')", "\n  astype(a, 'f9')\n            ^^^^"),
        ("a.reshape(5, 5)", "\n  a.reshape(5, 5)\n    ^^^^^^^"),
        ("uint8(a) + 300", "\n  uint8(a) + 300\n           ^"),
    ] {
        let err = folder.run(&["eval", expr, "a.npy", "b.npy", "--quiet"]).fails(2);
        assert!(err.contains(says), "{expr}:\n{err}");
    }
}

#[test]
fn misuse_is_refused_before_anything_is_written() {
    let folder = folder();
    for args in [
        &["eval", "a", "a.npy", "-o", "x.npy", "-o", "y.npy"][..],
        &["eval", "a", "nosuch.npy"],
        &["eval", "a", "a.npy", "a.npy"],
        &["eval", "a", "a.npy", "-o", "x.txt"],
        &["eval", "a", "a.npy", "-o", "nosuch/x.npy"],
        &["eval", "a", "a.npy", "-o", "x.npy[1:2]"],
        &["eval", "a", "a.npy", "-o", "x.arrs:/a/../b"],
        &["eval", "a", "a.npy", "-o", "x.arrs", "--chunk", "5"],
        &["eval", "a", "a.npy", "--tmp", "nosuch"],
        &["eval", "a", "3=a.npy"],
        &["eval"],
        &["nosuch"],
        &["eval", "a", "a.npy", "--memory", "lots"],
        &["eval", "a", "a.npy", "-o", "x.arrs", "--codec", "gzip"],
    ] {
        folder.run(args).fails_with_2(args);
    }
    assert_eq!(folder.names(), ["a.npy", "b.npy"]);
}

trait Fails {
    fn fails_with_2(self, args: &[&str]);
}

impl Fails for common::Ran {
    fn fails_with_2(self, args: &[&str]) {
        assert_eq!(self.code, 2, "{args:?}: {}{}", self.out, self.err);
    }
}

#[test]
fn explain_runs_nothing() {
    let folder = folder();
    let out = folder.run(&["eval", "sum((a - b)**2)", "a.npy", "b.npy", "--explain"]).ok();
    assert!(out.contains("mapped, all at once") && out.contains("peak memory"), "{out}");
    let out = folder.run(&["eval", "sum(a)", "a.npy", "--explain", "--memory", "1MiB"]).ok();
    assert!(out.contains("peak memory"), "{out}");
    folder.run(&["eval", "a * 2, a @ a.T", "a.npy", "-o", "x.npy", "-o", "y.arrs", "--explain"]).ok();
    let json = folder.run(&["eval", "a * 2", "a.npy", "--explain", "--json"]).ok();
    assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["stages"].is_array());
    assert_eq!(folder.names(), ["a.npy", "b.npy"]);
}

/// A chunk larger than the budget is written in parts, and the plan knows it.
#[test]
fn a_plan_that_is_explained_is_the_one_that_runs() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[2500, 1200]);
    let args = ["eval", "a + 1", "a.npy", "-o", "x.arrs", "--chunk", "2500x1200", "--memory", "16MiB"];
    let out = folder.run(&[&args[..], &["--explain"]].concat()).ok();
    assert!(out.contains("x.arrs") && out.contains("of 16 MiB"), "{out}");
    folder.run(&args).ok();
    assert_eq!(folder.run(&["eval", "sum(x)", "x=x.arrs"]).ok(), "4500001500000.0\n");
}

#[test]
fn a_budget_too_small_says_what_would_do() {
    let folder = Folder::new();
    folder.ramp("a.npy", &[600, 600]);
    folder.run(&["convert", "a.npy", "a.arrs", "--chunk", "600x600", "--codec", "zstd:1"]).ok();
    let err = folder.run(&["eval", "a.sum()", "a.arrs", "--memory", "1MiB"]).fails(1);
    assert!(err.contains("--memory") && err.contains("MiB"), "{err}");
}
