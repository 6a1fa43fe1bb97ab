//! Expressions, `.npy` and `.npz` files that were changed at random. Each gives an answer or an error, without a panic,
//! within 512 MB and a second of work.
//!
//! `ARRSTORE_FUZZ=600 cargo test -p arrstore-tests --release --test fuzz` runs for ten minutes with other inputs.
//! `archives.rs` tests the reader of archives with many more.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use arrstore::text::Formula;
use arrstore::{Context, Expr, Plan, Target, Value};
use arrstore_format::DType;
use arrstore_tests::command::arrstore;
use arrstore_tests::data::Words;
use arrstore_tests::fuzz::{self, below, mutate, npy};
use arrstore_tests::harness::{Stop, evaluate};

const TEXTS: [&str; 14] = [
    "(a - mean(a, axis=0)) / std(a, axis=0)",
    "where(c, a, b) ** 2 % 3 // 1",
    "a[1:, ::-1] @ a[:1, None, :][0].T",
    "sum(a * b, axis=(0, 1), keepdims=True)",
    "flip(a, axis=-1), argmax(a), nansum(b, dtype=int8)",
    "a.reshape(4, 3).astype(float32) + 1e300j",
    "~c & (b > 2) | (a != a) ^ True",
    "ptp(a, axis=0), nanmean(b), count_nonzero(a)",
    "sin(cos(tan(exp(log(abs(a)))))) # a comment\n",
    "moveaxis(a, 0, -1), outer(b, b), a.T",
    "-b ** 2 << 2 >> 1",
    "clip(a, 0x10, 1_000), (1+2j) ** 3 - 7 // -2 % 5",
    "a[(0, 1)], a[..., None], a[-1], a[0:9:2]",
    "min(a), max(a), all(c), any(c), prod(b), var(a, ddof=1)",
];

const PIECES: [&str; 40] = [
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    "::-1",
    "None",
    "...",
    "-",
    "**",
    "@",
    "%",
    "//",
    "<<",
    "~",
    "1e400",
    "0",
    "18446744073709551616",
    "-9223372036854775808",
    "nan",
    "inf",
    "1j",
    "'x'",
    "a",
    "b",
    "c",
    "axis=",
    "axis=-9",
    "int8",
    "uint64(",
    "bool",
    "sum(",
    "reshape(",
    "astype(",
    "ptp(",
    "[[0, 2]]",
    "\u{0}",
    "ß",
    "((((((((",
];

/// A random expression, made from pieces of others.
fn text(words: &mut Words) -> String {
    let mut text = TEXTS[below(words, TEXTS.len())].to_owned();
    for _ in 0..1 + below(words, 5) {
        let place = |words: &mut Words, text: &str| {
            let mut at = below(words, text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (at, to) = (place(words, &text), place(words, &text));
        match below(words, 5) {
            0 => text.insert_str(at, PIECES[below(words, PIECES.len())]),
            1 => text.replace_range(at.min(to)..at.max(to), PIECES[below(words, PIECES.len())]),
            2 => text.replace_range(at.min(to)..at.max(to), ""),
            3 => {
                let (sign, other) = (PIECES[9 + below(words, 7)], TEXTS[below(words, TEXTS.len())]);
                text = format!("({text}){sign}({other})");
            }
            _ => text.insert_str(at, &PIECES[below(words, 16)].repeat(1 << below(words, 9))),
        }
    }
    text
}

fn variables() -> BTreeMap<String, Expr> {
    let value = |dtype, shape: &[u64], bytes: Vec<u8>| {
        Expr::source(std::sync::Arc::new(Value::copied_from(dtype, shape, &bytes).unwrap())).unwrap()
    };
    let a = (0..12).flat_map(|i| f64::from(i - 3).to_le_bytes()).collect();
    let b = (0..4).flat_map(|i: i32| i.to_le_bytes()).collect();
    [
        ("a".to_owned(), value(DType::F64, &[3, 4], a)),
        ("b".to_owned(), value(DType::I32, &[4], b)),
        ("c".to_owned(), value(DType::Bool, &[3, 4], vec![1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1])),
    ]
    .into()
}

/// An archive of one stored member, as `numpy.savez` writes it.
fn npz() -> Vec<u8> {
    let data = npy(&[30, 40]);
    let mut crc = !0u32;
    for &byte in &data {
        crc ^= u32::from(byte);
        (0..8).for_each(|_| crc = crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 });
    }
    let (crc, len) = ((!crc).to_le_bytes(), (data.len() as u32).to_le_bytes());
    let name = b"x.npy";
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    common.extend([crc, len, len].concat());
    common.extend([name.len() as u8, 0, 0, 0]);
    let mut file = b"PK\x03\x04".to_vec();
    file.extend([&common[..], name, &data].concat());
    let start = (file.len() as u32).to_le_bytes();
    let mut end = b"PK\x01\x02\x14\x00".to_vec();
    end.extend(&common);
    end.extend([0; 14]);
    end.extend(name);
    let size = (end.len() as u32).to_le_bytes();
    file.extend(end);
    file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    file.extend([size, start].concat());
    file.extend([0, 0]);
    file
}

fn input(kind: &str, seed: u64, variables: &BTreeMap<String, Expr>, folder: &Path) {
    let mut words = Words(seed);
    let context = Context::new(32 << 20, 1);
    let (text, variables) = match kind {
        "text" => (text(&mut words), variables.clone()),
        _ => {
            let (mut bytes, path) = (npy(&[30, 40]), folder.join("x.npy"));
            mutate(&mut bytes, &mut words, 0..140);
            std::fs::write(&path, bytes).unwrap();
            let Ok(x) = Expr::npy(&path) else { return };
            ("sum(x), x[-1:] + 1".to_owned(), [("x".to_owned(), x)].into())
        }
    };
    let outcome = fuzz::within_a_second(seed, || evaluate(&text, &variables, &context));
    assert!(!matches!(outcome, Err(Stop::Panicked(_))), "{outcome:?} of {text:?} with seed {seed}");
}

/// The expressions are valid before they are changed at random: so they reach every step, and changes test its edges.
#[test]
fn unchanged_expressions_have_answers() {
    let (variables, context) = (variables(), Context::new(32 << 20, 1));
    for text in TEXTS {
        let formula = Formula::parse(text).unwrap();
        let roots = formula.lower(&variables).unwrap_or_else(|error| panic!("{text}: {error}"));
        let roots: Vec<(Expr, Target)> = roots.into_iter().map(|root| (root, Target::Memory)).collect();
        Plan::new(&roots, &context)
            .and_then(|plan| plan.run(&context))
            .unwrap_or_else(|e| panic!("{text}: {e}"));
    }
}

/// The process that tries the inputs.
#[test]
fn child() {
    fuzz::child(|kind| {
        let (kind, variables, folder) = (kind.to_owned(), variables(), fuzz::folder());
        Box::new(move |seed| input(&kind, seed, &variables, folder.path()))
    });
}

#[test]
fn changed_expressions_do_no_harm() {
    fuzz::campaign("child", "text");
}

#[test]
fn changed_npy_files_do_no_harm() {
    fuzz::campaign("child", "npy");
}

/// The whole command, under limits of memory and time that the system enforces.
#[test]
fn changed_npz_files_do_no_harm_to_the_command() {
    let folder = fuzz::folder();
    let run = |bytes: &[u8]| {
        std::fs::write(folder.path().join("x.npz"), bytes).unwrap();
        std::fs::remove_file(folder.path().join("x.arrs")).ok();
        let mut limited = Command::new("bash");
        limited
            .args(["-c", "ulimit -v 1048576; ulimit -t 2; exec \"$0\" \"$@\""])
            .arg(arrstore().get_program());
        limited.args(["convert", "x.npz", "x.arrs", "--quiet", "--memory", "64MiB", "--threads", "1"]);
        let output = limited.current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&npz());
    assert_eq!(code, Some(0), "{said}");
    for seed in 0..60 {
        let (mut words, mut bytes) = (Words(seed), npz());
        // Change the archive's own fields, at the beginning or at the end.
        let len = bytes.len();
        mutate(&mut bytes, &mut words, if seed % 2 == 0 { 0..180 } else { len - 80..len });
        let (code, said) = run(&bytes);
        assert!(matches!(code, Some(0..=2)) && !said.contains("panicked"), "seed {seed}: {code:?}, {said}");
    }
}
