//! Inputs that were changed at random, in a process of their own: memory that is not given ends a process, and a limit
//! of memory is one of all of it. Each does no harm: no panic, and within 512 MB a second of work.

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
/// Seconds of an ordinary run.
const QUICK: usize = 2;
const CHILD: &str = "ARRSTORE_FUZZ_CHILD";
/// The first of the seeds that are to be taken once more.
const AGAIN: &str = "ARRSTORE_FUZZ_AGAIN";
/// Inputs of which the first one's seed is said.
const EACH: u64 = 100;

/// Has a process of this program take inputs of a kind, for as many seconds as `ARRSTORE_FUZZ` says. It runs the test
/// of the full name `child` and nothing else.
///
/// # Panics
/// When an input does harm.
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

/// Runs the child to its end: how many seeds it said, the last of them, and how it ended.
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

/// What the test does that [`campaign`] names: nothing, but in the process that takes the inputs. `taker` gives for a kind
/// what makes an input of a seed and takes it.
///
/// # Panics
/// When an input does harm.
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

/// Does what an input asks for.
///
/// # Panics
/// When that is more than a second of work.
pub fn within_a_second<T>(seed: u64, work: impl FnOnce() -> T) -> T {
    let before = worked();
    let result = work();
    let took = worked().saturating_sub(before);
    assert!(took < Duration::from_secs(1), "{took:?} of work with seed {seed}");
    result
}

/// Time this process has worked.
fn worked() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("a process knows what it took");
    Duration::from_micros((usage.user_time() + usage.system_time()).num_microseconds() as u64)
}

/// A folder for inputs, in memory where the system has one there.
///
/// # Panics
/// When there is none.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

/// A number below `n`, or 0.
pub fn below(words: &mut Words, n: usize) -> usize {
    (words.next().unwrap_or_default() % n.max(1) as u64) as usize
}

/// Changes some bytes `among` those of a file, and cuts it now and then.
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
