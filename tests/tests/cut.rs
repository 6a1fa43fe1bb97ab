//! Files that another program cuts short while they are mapped: an error, and no killed process.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrstore::text::Formula;
use arrstore::{Context, Error, Expr, Plan, Result, Stored, Target};
use arrstore_format::{CreateOptions, DType, Meta};

const ROWS: u64 = 1000;
const COLUMNS: u64 = 1000;
const KIND: &str = "ARRSTORE_TEST_CUT";

fn bytes() -> Vec<u8> {
    (0..ROWS * COLUMNS).flat_map(|i| (i as f64).to_le_bytes()).collect()
}

/// An array of 8 MB, as a file of one kind or another.
fn write(kind: &str, folder: &Path) -> PathBuf {
    let path = folder.join("a");
    match kind {
        "npy" => {
            let mut file = arrstore::npy::Header::write(DType::F64, &[ROWS, COLUMNS], false).unwrap();
            file.extend(bytes());
            std::fs::write(&path, file).unwrap();
        }
        chunk => {
            let chunk: u64 = chunk.parse().unwrap();
            let file = arrstore_format::File::create(&path, &CreateOptions::default()).unwrap();
            let transaction = file.begin().unwrap();
            let meta = Meta::new(DType::F64, &[ROWS, COLUMNS], &[chunk, COLUMNS]);
            let id = transaction.create_array("/a", meta).unwrap();
            transaction.write(id, &[0, 0], &[ROWS, COLUMNS], &bytes()).unwrap();
            transaction.commit().unwrap();
        }
    }
    path
}

fn open(kind: &str, path: &Path) -> Result<Expr> {
    match kind {
        "npy" => Expr::npy(path),
        _ => {
            let array = arrstore_format::File::open(path)?.snapshot()?.array("/a")?;
            Expr::source(Arc::new(Stored::new(array)))
        }
    }
}

fn sum(expr: &Expr, check: bool) -> Result<f64> {
    let context = Context { check, ..Context::new(64 << 20, 2) };
    let sum = Formula::parse("sum(a)").unwrap().lower(&[("a".to_owned(), expr.clone())].into()).unwrap();
    let plan = Plan::new(&[(sum[0].clone(), Target::Memory)], &context)?;
    let value = plan.run(&context)?.remove(0).unwrap();
    Ok(f64::from_le_bytes(value.bytes().try_into().unwrap()))
}

/// What the child does: computes, waits until the file was cut, and computes again.
#[test]
fn child() {
    let Ok(kind) = std::env::var(KIND) else { return };
    let path = PathBuf::from(std::env::var_os("ARRSTORE_TEST_PATH").unwrap());
    let expr = open(&kind, &path).unwrap();
    let count = (ROWS * COLUMNS) as f64;
    assert_eq!(sum(&expr, true).unwrap(), count * (count - 1.0) / 2.0);
    println!("computed");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    for check in [true, false] {
        let error = sum(&expr, check).unwrap_err();
        let typed = matches!(&error, Error::Io { .. } | Error::Format(arrstore_format::Error::Io { .. }));
        assert!(typed, "{error:?}");
        println!("error: {error}");
    }
    std::process::exit(1);
}

/// Cuts the file under a child to `len` bytes; what the child says.
fn cut(kind: &str, len: impl Fn(u64) -> u64) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = write(kind, folder.path());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(KIND, kind)
        .env("ARRSTORE_TEST_PATH", &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("computed") {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0, "the child has ended");
    }
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len(len(file.metadata().unwrap().len())).unwrap();
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let mut said = String::new();
    out.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{kind}: {said}");
    assert_eq!(said.matches("error: ").count(), 2, "{kind}: {said}");
    said
}

#[test]
fn a_file_cut_under_its_map_is_an_error() {
    for kind in ["npy", "100", "1000"] {
        for said in [cut(kind, |len| len / 2), cut(kind, |_| 0), cut(kind, |len| len - 100)] {
            assert!(said.contains("cut short"), "{kind}: {said}");
        }
    }
}
