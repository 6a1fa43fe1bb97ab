//! One writer and many readers in several processes, which may be killed at any moment.
//!
//! `ARRSTORE_SECONDS=180 ARRSTORE_KILLS=1000 cargo test -p arrstore-format --release --test processes` runs eight
//! readers for that long, and kills a writer that often.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use arrstore_format::{
    Codec, CreateOptions, DType, Durability, Error, File, Meta, Result, Snapshot, compact,
};

const ROLE: &str = "ARRSTORE_TEST_ROLE";
const PATH: &str = "ARRSTORE_TEST_PATH";

fn pattern(round: u64) -> Vec<u8> {
    (0..60_000u64).map(|i| (i / 5 + round * 3) as u8).collect()
}

/// The round whose pattern the arrays hold now.
fn round_of(file: &File) -> Result<u64> {
    round_in(&file.snapshot()?)
}

/// The round whose pattern the arrays hold. Every element has to agree.
fn round_in(snapshot: &Snapshot) -> Result<u64> {
    let mut rounds = Vec::new();
    for name in ["/raw", "/packed"] {
        let mut out = vec![0; 60_000];
        let array = snapshot.array(name)?;
        array.read(&[0], &[60_000], &mut out)?;
        let round = array.meta().attributes.get("round").and_then(|r| r.as_u64()).unwrap_or_default();
        assert!(out == pattern(round), "{name} does not hold round {round}");
        rounds.push(round);
    }
    assert_eq!(rounds[0], rounds[1]);
    Ok(rounds[0])
}

fn write_round(file: &File, round: u64, durability: Durability) -> Result<()> {
    let transaction = file.begin()?;
    for name in ["/raw", "/packed"] {
        let id = transaction.find(name)?;
        let mut attributes = arrstore_format::Attributes::new();
        attributes.insert("round".into(), round.into());
        transaction.set_attributes(id, attributes)?;
        transaction.write(id, &[0], &[60_000], &pattern(round))?;
    }
    transaction.commit_with(durability)?;
    Ok(())
}

fn new_file(path: &Path) -> Result<File> {
    let file = File::create(path, &CreateOptions::default())?;
    let transaction = file.begin()?;
    transaction.create_array("/raw", Meta::new(DType::U8, &[60_000], &[20_000]))?;
    let packed = Meta::new(DType::U8, &[60_000], &[7000]).encoded(Codec::Zstd { level: 1 }, false);
    transaction.create_array("/packed", packed)?;
    transaction.commit()?;
    write_round(&file, 0, Durability::Full)?;
    Ok(file)
}

/// Not a test of its own: this runs in the other process, when the environment asks for it.
#[test]
fn other_process() -> Result<()> {
    let (Ok(role), Ok(path)) = (std::env::var(ROLE), std::env::var(PATH)) else { return Ok(()) };
    let file = File::open(&path)?;
    let ready = || {
        println!("\nready");
        std::io::stdout().flush().expect("a pipe");
    };
    let mut line = String::new();
    match role.as_str() {
        "lock" => {
            let _transaction = file.begin()?;
            ready();
            std::io::stdin().read_line(&mut line).expect("a pipe");
        }
        "pin" => {
            let snapshot = file.snapshot()?;
            ready();
            std::io::stdin().read_line(&mut line).expect("a pipe");
            let report = snapshot.verify(&|_, _| true)?;
            assert!(report.is_sound(), "{report}");
            println!("\nsound");
            std::io::stdout().flush().expect("a pipe");
            std::io::stdin().read_line(&mut line).expect("a pipe");
        }
        "write" => {
            let first = round_of(&file)? + 1;
            ready();
            for round in first.. {
                write_round(&file, round, Durability::None)?;
            }
        }
        "read" => {
            ready();
            let began = Instant::now();
            for k in 0.. {
                let snapshot = file.snapshot()?;
                let round = round_in(&snapshot)?;
                std::thread::sleep(Duration::from_micros(k * 977 % 4000));
                assert_eq!(round_in(&snapshot)?, round, "a snapshot changed");
                if began.elapsed() >= seconds() {
                    break;
                }
            }
        }
        other => panic!("no role '{other}'"),
    }
    Ok(())
}

/// The number in an environment variable, or `otherwise`.
fn asked(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|s| s.parse().ok()).unwrap_or(otherwise)
}

/// How long readers read.
fn seconds() -> Duration {
    Duration::from_secs(asked("ARRSTORE_SECONDS", 2))
}

fn start(role: &str, path: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "other_process", "--nocapture"])
        .env(ROLE, role)
        .env(PATH, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    wait_for("ready", &mut out);
    (child, out)
}

fn wait_for(word: &str, out: &mut impl BufRead) {
    let mut line = String::new();
    while line.trim() != word {
        line.clear();
        assert!(
            out.read_line(&mut line).expect("a pipe") > 0,
            "the other process ended before it was {word}"
        );
    }
}

/// Waits for the end of a process, which has to succeed.
fn end((mut child, mut out): (Child, BufReader<std::process::ChildStdout>)) {
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).expect("a pipe");
    assert!(child.wait().expect("a process").success(), "another process failed: {rest}");
}

fn kill(mut child: Child) {
    child.kill().expect("a process");
    child.wait().expect("a process");
}

#[test]
fn a_killed_writer_leaves_no_lock() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.arrs");
    let file = new_file(&path)?;
    let (child, _out) = start("lock", &path);
    assert!(matches!(file.begin(), Err(Error::Locked)));
    assert_eq!(round_of(&file)?, 0, "reading goes on");
    kill(child);
    write_round(&file, 1, Durability::Full)?;
    assert_eq!(round_of(&file)?, 1);
    Ok(())
}

#[test]
fn a_reader_in_another_process_pins_only_its_commit() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.arrs");
    let file = new_file(&path)?;
    let (mut child, mut out) = start("pin", &path);
    for round in 1..12 {
        write_round(&file, round, Durability::None)?;
    }
    let pinned = std::fs::metadata(&path).expect("a file").len();
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"\n").expect("a pipe");
    wait_for("sound", &mut out);
    kill(child);
    for round in 12..60 {
        write_round(&file, round, Durability::None)?;
    }
    let after = std::fs::metadata(&path).expect("a file").len();
    assert!(after < pinned + 300_000, "space is reused once the reader is gone: {pinned} {after}");
    assert_eq!(round_of(&file)?, 59);
    Ok(())
}

#[test]
fn a_writer_may_be_killed_at_any_moment() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.arrs");
    new_file(&path)?;
    let readers: Vec<_> = (0..2).map(|_| start("read", &path)).collect();
    let mut last = 0;
    for kills in 0..asked("ARRSTORE_KILLS", 40) {
        let (child, _out) = start("write", &path);
        std::thread::sleep(Duration::from_micros(500 + kills * 1777 % 20_000));
        kill(child);
        let file = File::open(&path)?;
        let report = file.snapshot()?.verify(&|_, _| true)?;
        assert!(report.is_sound(), "{report}");
        let round = round_of(&file)?;
        assert!(round >= last, "{round} after {last}");
        last = round;
    }
    assert!(last > 0, "something was committed");
    readers.into_iter().for_each(end);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
    Ok(())
}

#[test]
fn one_writer_and_eight_readers() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.arrs");
    let file = new_file(&path)?;
    let mut readers: Vec<_> = (0..8).map(|_| start("read", &path)).collect();
    let (began, mut killed) = (Instant::now(), 0u32);
    let mut round = 0;
    while began.elapsed() < seconds() {
        round += 1;
        write_round(&file, round, Durability::None)?;
        if round % 300 == 0 {
            compact(&path, &|_, _| true)?;
        }
        if round % 500 == 0 {
            killed += 1;
            let number = killed as usize % readers.len();
            let (reader, _) = std::mem::replace(&mut readers[number], start("read", &path));
            kill(reader);
        }
    }
    readers.into_iter().for_each(end);
    println!("{round} commits, {killed} readers killed");
    assert_eq!(round_of(&file)?, round);
    let report = File::open(&path)?.snapshot()?.verify(&|_, _| true)?;
    assert!(report.is_sound(), "{report}");
    let used = std::fs::metadata(&path).expect("a file").len();
    assert!(used < 20_000_000, "space is reused: {used} bytes after {round} commits");
    Ok(())
}
