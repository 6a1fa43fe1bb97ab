//! Inputs that were changed at random, tried in a process of its own: a failed allocation ends a process, and a memory
//! limit holds for all of it. No input may cause a panic, exceed 512 MB, or need more than a second of work.

use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use arrstore::DType;
use arrstore::npy::Header;
use nix::sys::resource::{Resource, UsageWho, getrusage, setrlimit};
use nix::sys::time::TimeValLike;

use crate::command::rounds;
use crate::data::Words;

const MEMORY: u64 = 512 << 20;
/// Seconds of a default run.
const QUICK: usize = 2;
const CHILD: &str = "ARRSTORE_FUZZ_CHILD";
/// The variable with the first of the seeds to try once more.
const AGAIN: &str = "ARRSTORE_FUZZ_AGAIN";
/// The number of inputs for each printed seed, which is that of the first of them.
const EACH: u64 = 100;

/// Starts a process of this program that tries inputs of a kind, for as many seconds as `ARRSTORE_FUZZ` gives. The
/// process runs only the test with the full name `child`.
///
/// # Panics
/// When an input causes harm.
pub fn campaign(child: &str, kind: &str) {
    let (count, first, status) = process(child, kind, None);
    if !status.success() {
        let (_, seed, again) = process(child, kind, Some(first));
        assert!(again.success(), "{kind}: {again} with seed {seed}");
    }
    assert!(status.success(), "{kind}: {status} after seed {first}, and not when {EACH} ran once more");
    let count = count * EACH;
    eprintln!("{kind}: {count} inputs");
    assert!(count > 20, "{kind}: {count} inputs");
}

/// Runs the child to its end. Returns the number of seeds that it printed, the last seed, and its exit status.
fn process(child: &str, kind: &str, again: Option<u64>) -> (u64, u64, ExitStatus) {
    let mut command = Command::new(std::env::current_exe().expect("the running test has a path"));
    command.args([child, "--exact", "--nocapture"]).env(CHILD, kind).stdout(Stdio::piped());
    if let Some(first) = again {
        command.env(AGAIN, first.to_string());
    }
    let mut child = command.spawn().expect("the running test can be run");
    let (mut count, mut last) = (0, 0);
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok) {
        if let Some(seed) = line.strip_prefix("seed ") {
            (count, last) = (count + 1, seed.parse().expect("a seed"));
        }
    }
    (count, last, child.wait().expect("a child"))
}

/// The body of the test that [`campaign`] names. It does nothing, except in the process that tries the inputs. For a
/// kind, `taker` gives a function that makes the input of a seed and tries it.
///
/// # Panics
/// When an input causes harm.
pub fn child(taker: impl FnOnce(&str) -> Box<dyn FnMut(u64)>) {
    let Ok(kind) = std::env::var(CHILD) else { return };
    let mut input = taker(&kind);
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY).expect("memory can be limited");
    if let Ok(first) = std::env::var(AGAIN) {
        let first: u64 = first.parse().expect("a seed");
        for seed in first..first + EACH {
            println!("seed {seed}");
            input(seed);
        }
        return;
    }
    let time = rounds("ARRSTORE_FUZZ", QUICK);
    let first = if time > QUICK { u64::from(std::process::id()) << 32 } else { 0 };
    let began = Instant::now();
    for seed in (first..).step_by(EACH as usize).take_while(|_| began.elapsed().as_secs() < time as u64) {
        println!("seed {seed}");
        (seed..seed + EACH).for_each(&mut input);
    }
}

/// Does the work of one input.
///
/// # Panics
/// When it needs more than a second of work.
pub fn within_a_second<T>(seed: u64, work: impl FnOnce() -> T) -> T {
    let before = worked();
    let result = work();
    let took = worked().saturating_sub(before);
    assert!(took < Duration::from_secs(1), "{took:?} of work with seed {seed}");
    result
}

/// The time that this process has worked.
fn worked() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("a process knows what it took");
    Duration::from_micros((usage.user_time() + usage.system_time()).num_microseconds() as u64)
}

/// A folder for inputs, in memory if the system has one there.
///
/// # Panics
/// When no folder can be made.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

/// A number below `n`, or 0.
pub fn below(words: &mut Words, n: usize) -> usize {
    (words.next().unwrap_or_default() % n.max(1) as u64) as usize
}

/// Changes some bytes of a file within the range `among`, and sometimes cuts the file.
pub fn mutate(bytes: &mut Vec<u8>, words: &mut Words, among: Range<usize>) {
    for _ in 0..1 + below(words, 4) {
        let at = among.start + below(words, among.end.min(bytes.len()).saturating_sub(among.start));
        let n = 1 << below(words, 4);
        let new = match below(words, 6) {
            0 => [bytes.get(at).copied().unwrap_or_default() ^ 1 << below(words, 8)].to_vec(),
            1 => [b"0123456789'(),<>|fiuObcTL {}"[below(words, 28)]].to_vec(),
            2 => [[0, 0xFF, 0x7F, b'9'][below(words, 4)]].to_vec(),
            3 => vec![b"9\xFF\0"[below(words, 3)]; n],
            4 => (1u64 << below(words, 64)).to_le_bytes()[..n].to_vec(),
            _ => (below(words, bytes.len() + 16) as u64).to_le_bytes()[..n].to_vec(),
        };
        for (old, new) in bytes.iter_mut().skip(at).zip(new) {
            *old = new;
        }
    }
    if below(words, 12) == 0 {
        bytes.truncate(below(words, bytes.len()));
    }
}

/// A `.npy` file of float64.
///
/// # Panics
/// Never.
pub fn npy(shape: &[u64]) -> Vec<u8> {
    let mut bytes = Header::write(DType::F64, shape, false).expect("a type that NumPy has");
    bytes.extend((0..shape.iter().product()).flat_map(|i| (i as f64).to_le_bytes()));
    bytes
}
