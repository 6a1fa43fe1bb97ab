//! Kills processes at random moments with SIGKILL: the file opens, verifies, and holds exactly one committed state.
//!
//! `ARRSTORE_KILLS=200 cargo test -p arrstore-tests --release --test crash` is the long campaign.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use arrstore_format::{Array, File};
use arrstore_tests::command::{arrstore, rounds};
use arrstore_tests::data::Words;

const ROWS: u64 = 2000;
const COLUMNS: u64 = 1000;
const KILLS: usize = 10;

/// An `.npy` file of float32, row by row.
fn npy(path: &Path, elements: &[f32]) {
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({ROWS}, {COLUMNS}), }}");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let header = format!("{text:<117}\n");
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(elements.iter().flat_map(|x| x.to_le_bytes()));
    std::fs::write(path, bytes).unwrap();
}

/// Numbers that differ between elements and between versions.
fn pattern(version: u64) -> Vec<f32> {
    Words(version).take((ROWS * COLUMNS) as usize).map(|w| (w >> 44) as f32).collect()
}

/// The content of the array `name`, after a check of every byte; `None` if there is no file.
fn proven(path: &Path, name: &str) -> Option<Vec<f32>> {
    if !path.exists() {
        return None;
    }
    let snapshot = File::open(path).unwrap().snapshot().unwrap();
    let report = snapshot.verify(&|_, _| true).unwrap();
    assert!(report.is_sound(), "{}: {report:?}", path.display());
    Some(elements(&snapshot.array(name).unwrap()))
}

fn elements(array: &Array) -> Vec<f32> {
    let mut bytes = vec![0; (ROWS * COLUMNS) as usize * 4];
    array.read(&[0, 0], &[ROWS, COLUMNS], &mut bytes).unwrap();
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// Runs a command to its end, and returns the time.
fn run(command: &mut Command) -> Duration {
    let start = Instant::now();
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    start.elapsed()
}

/// Runs a command and kills it after `time`. Returns whether it had already succeeded.
fn run_and_kill(command: &mut Command, time: Duration) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(time);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(status.success() || status.code().is_none(), "{command:?} failed by itself: {status}");
    status.success()
}

/// Moments of a run: half of them anywhere, half near its end, during the commit.
fn moments(whole: Duration, seed: u64) -> impl Iterator<Item = Duration> {
    Words(seed).map(move |w| {
        let at = (w >> 40) as f64 / f64::from(1 << 24);
        whole.mul_f64(if w & 1 == 0 { at } else { 0.7 + 0.4 * at })
    })
}

fn remove_temporaries(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with('.') {
            std::fs::remove_file(path).unwrap();
        }
    }
}

fn convert(source: &Path, target: &str, codec: &str) -> Command {
    let mut command = arrstore();
    command.arg("convert").arg(source).arg(target);
    command.args(["--chunk", "250x250", "--quiet", "--codec", codec]);
    command
}

#[test]
fn a_killed_conversion_leaves_the_whole_file_or_none() {
    for (codec, seed) in [("none", 1), ("zstd:1", 2)] {
        let folder = tempfile::tempdir().unwrap();
        let (source, path) = (folder.path().join("a.npy"), folder.path().join("a.arrs"));
        let elements = pattern(seed);
        npy(&source, &elements);
        let target = path.display().to_string();
        let whole = run(&mut convert(&source, &target, codec));
        let (mut there, mut missing) = (0, 0);
        for moment in moments(whole, seed).take(rounds("ARRSTORE_KILLS", KILLS)) {
            std::fs::remove_file(&path).ok();
            let ended = run_and_kill(&mut convert(&source, &target, codec), moment);
            match proven(&path, "/a") {
                Some(found) => {
                    assert!(found == elements, "a conversion killed after {moment:?} left other elements");
                    there += 1;
                }
                None => {
                    assert!(!ended, "a conversion ended well and left no file");
                    missing += 1;
                }
            }
            remove_temporaries(folder.path());
        }
        eprintln!("{codec}: {there} whole, {missing} none");
    }
}

#[test]
fn a_killed_conversion_into_a_file_leaves_the_old_or_the_new_array() {
    let folder = tempfile::tempdir().unwrap();
    let (source, path) = (folder.path().join("b.npy"), folder.path().join("a.arrs"));
    let stays = pattern(3);
    npy(&source, &stays);
    let (keep, target) = (format!("{}:/keep", path.display()), format!("{}:/a", path.display()));
    run(&mut convert(&source, &keep, "none"));
    let mut held = pattern(4);
    npy(&source, &held);
    let whole = run(&mut convert(&source, &target, "zstd:1"));
    let (mut old, mut new) = (0, 0);
    for (version, moment) in (5..).zip(moments(whole, 3).take(rounds("ARRSTORE_KILLS", KILLS))) {
        let next = pattern(version);
        npy(&source, &next);
        let ended = run_and_kill(&mut convert(&source, &target, "zstd:1"), moment);
        let found = proven(&path, "/a").expect("the file was there before");
        if found == next {
            held = next;
            new += 1;
        } else {
            assert!(!ended, "a conversion ended well and left the old array");
            assert!(found == held, "killed after {moment:?}: neither the old nor the new array");
            old += 1;
        }
    }
    assert!(proven(&path, "/keep").unwrap() == stays, "another array changed");
    eprintln!("{old} old, {new} new; {} bytes", std::fs::metadata(&path).unwrap().len());
}

#[test]
fn a_killed_assignment_leaves_all_of_it_or_none() {
    for (codec, seed) in [("none", 5), ("zstd:1", 6)] {
        let folder = tempfile::tempdir().unwrap();
        let (source, path) = (folder.path().join("a.npy"), folder.path().join("a.arrs"));
        let mut held = pattern(seed);
        npy(&source, &held);
        run(&mut convert(&source, &path.display().to_string(), codec));
        let assign = |from: u64, to: u64| {
            let mut command = arrstore();
            let region = format!("{}:/a[{from}:{to}, 100:900]", path.display());
            command.args(["eval", "a + 1", "--quiet"]).arg(format!("a={region}")).arg("-o").arg(region);
            command
        };
        let raise = |elements: &mut [f32], from: u64, to: u64| {
            for row in from..to {
                let start = (row * COLUMNS) as usize;
                elements[start + 100..start + 900].iter_mut().for_each(|x| *x += 1.0);
            }
        };
        let whole = run(&mut assign(0, ROWS));
        raise(&mut held, 0, ROWS);
        assert!(proven(&path, "/a").unwrap() == held, "an assignment that was not killed");
        let (mut old, mut new) = (0, 0);
        // A reader in this process keeps its snapshot over several of the writers' commits.
        let open = || File::open(&path).unwrap().snapshot().unwrap().array("/a").unwrap();
        let mut reader = (open(), held.clone());
        for (moment, word) in moments(whole, seed).zip(Words(seed + 10)).take(rounds("ARRSTORE_KILLS", KILLS))
        {
            let (from, to) = (word % (ROWS / 2), ROWS / 2 + (word >> 32) % (ROWS / 2));
            let mut next = held.clone();
            raise(&mut next, from, to);
            let ended = run_and_kill(&mut assign(from, to), moment);
            let found = proven(&path, "/a").expect("the file was there before");
            if found == next {
                held = next;
                new += 1;
            } else {
                assert!(!ended, "an assignment ended well and changed nothing");
                assert!(found == held, "killed after {moment:?}: part of rows {from} to {to} was assigned");
                old += 1;
            }
            assert!(elements(&reader.0) == reader.1, "a snapshot changed while it was held");
            if word % 4 == 0 {
                reader = (open(), held.clone());
            }
        }
        eprintln!("{codec}: {old} old, {new} new; {} bytes", std::fs::metadata(&path).unwrap().len());
    }
}
