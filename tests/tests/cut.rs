//! Files that another program cuts while they are mapped, and disks that fail under a map: both give an error, and do
//! not kill the process.
//!
//! A failing disk is a file system in a file, which the test cuts. That needs root and loop devices; without them the
//! test is skipped and says so.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrstore::text::Formula;
use arrstore::{Context, Error, Expr, Plan, Result, Stored, Target};
use arrstore_format::{CreateOptions, DType, Meta};
use arrstore_tests::skip::skip;
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use tempfile::TempDir;

const ROWS: u64 = 1000;
const COLUMNS: u64 = 1000;
const KIND: &str = "ARRSTORE_TEST_CUT";

fn bytes() -> Vec<u8> {
    (0..ROWS * COLUMNS).flat_map(|i| (i as f64).to_le_bytes()).collect()
}

/// Writes an array of 8 MB to a file of this kind.
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
    let mut context = Context::new(64 << 20, 2);
    context.check = check;
    let sum = Formula::parse("sum(a)").unwrap().lower(&[("a".to_owned(), expr.clone())].into()).unwrap();
    let plan = Plan::new(&[(sum[0].clone(), Target::Memory)], &context)?;
    let value = plan.run(&context)?.remove(0).unwrap();
    Ok(f64::from_le_bytes(value.bytes().try_into().unwrap()))
}

/// The work of the child: it computes, waits until the file is cut, and computes again.
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

/// The output of a child that maps a file in `folder` while `act` disturbs the file.
fn disturb(kind: &str, folder: &Path, act: impl FnOnce(&Path)) -> String {
    let path = write(kind, folder);
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
    act(&path);
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let mut said = String::new();
    out.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{kind}: {said}");
    assert_eq!(said.matches("error: ").count(), 2, "{kind}: {said}");
    said
}

fn set_len(path: &Path, len: impl Fn(u64) -> u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_len(len(file.metadata().unwrap().len())).unwrap();
}

#[test]
fn a_file_cut_under_its_map_is_an_error() {
    let cuts: [fn(u64) -> u64; 3] = [|len| len / 2, |_| 0, |len| len - 100];
    for kind in ["npy", "100", "1000"] {
        for cut in cuts {
            let folder = tempfile::tempdir().unwrap();
            let said = disturb(kind, folder.path(), |path| set_len(path, cut));
            assert!(said.contains("cut short"), "{kind}: {said}");
        }
    }
}

/// A file system in a file.
struct Disk {
    image: PathBuf,
    at: PathBuf,
    _folder: TempDir,
}

impl Disk {
    const LEN: u64 = 64 << 20;

    fn new() -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap();
        let (image, at) = (folder.path().join("image"), folder.path().join("at"));
        File::create(&image).unwrap().set_len(Disk::LEN).unwrap();
        std::fs::create_dir(&at).unwrap();
        let run = |command: &mut Command| command.output().is_ok_and(|done| done.status.success());
        let made = run(Command::new("mkfs.ext4").args(["-q", "-O", "^has_journal"]).arg(&image))
            && run(Command::new("mount").args(["-o", "loop"]).args([&image, &at]));
        made.then_some(Disk { image, at, _folder: folder })
    }

    /// Makes the disk fail: from now on, bytes that are not in memory cannot be read.
    fn fail(&self, path: &Path) {
        let file = File::open(path).unwrap();
        file.sync_all().unwrap();
        posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
        set_len(&self.image, |_| Disk::LEN / 16);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        set_len(&self.image, |_| Disk::LEN);
        let _ = Command::new("umount").arg(&self.at).output();
    }
}

#[test]
fn a_disk_that_fails_under_a_map_is_an_error() {
    for kind in ["npy", "100", "1000"] {
        let Some(disk) = Disk::new() else {
            return skip(
                "no file system can be made in a file here (this needs root, a loop device and mkfs.ext4)",
            );
        };
        let said = disturb(kind, &disk.at, |path| disk.fail(path));
        assert!(said.contains("the disk failed") || said.contains("os error 5"), "{kind}: {said}");
    }
}
