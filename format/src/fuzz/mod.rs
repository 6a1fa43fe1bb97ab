//! Fuzzing. Files are changed at random, and all their checksums count as right. Each file is read, verified, copied
//! and written to, without a panic, within 512 MB and a second of work. Parts of files are changed in the same way,
//! and given to their own parsers.
//!
//! The inputs run in a process of their own, because a process dies when it gets no memory. `ARRSTORE_FUZZ=600 cargo
//! test -p arrstore-format --release fuzz` runs for ten minutes per target, with other inputs.

mod parts;

use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, UsageWho, getrusage, setrlimit};
use nix::sys::time::TimeValLike;

use crate::*;

thread_local! {
    /// Whether every checksum counts as right, as in a file that was forged.
    pub(crate) static FORGED: Cell<bool> = const { Cell::new(false) };
}

const MEMORY: u64 = 512 << 20;
const QUICK: Duration = Duration::from_secs(1);
/// The most time that an input may take.
const SECOND: Duration = Duration::from_secs(1);
const CHILD: &str = "ARRSTORE_FUZZ_CHILD";
/// The variable with the first of the seeds to be run again.
const AGAIN: &str = "ARRSTORE_FUZZ_AGAIN";
/// The number of inputs for which one seed is printed.
const EACH: u64 = 100;

/// Random numbers (SplitMix64).
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Files with every kind of node, block and payload.
fn bases() -> Vec<Vec<u8>> {
    let file = |commits, build: &dyn Fn(&Transaction) -> Result<()>| {
        let storage = Arc::new(MemoryStorage::new());
        let file = File::create_on(storage.clone(), &CreateOptions::default()).unwrap();
        for _ in 0..commits {
            let transaction = file.begin().unwrap();
            build(&transaction).unwrap();
            transaction.commit().unwrap();
        }
        (file, storage)
    };
    let data: Vec<u8> = (0..9600u32).map(|i| ((i * i) >> 7) as u8 & 15).collect();
    let small = file(2, &|t| {
        let a = t.replace("/a", Meta::new(DType::U8, &[20], &[8]))?;
        t.write(a, &[0], &[20], &data[..20])
    });
    let kinds = file(2, &|t| {
        let raw = t.replace("/g/raw", Meta::new(DType::F32, &[60, 40], &[40, 40]))?;
        t.write(raw, &[0, 0], &[60, 40], &data[..9600])?;
        let zstd = Meta::new(DType::U16, &[40, 40], &[16, 16]).encoded(Codec::Zstd { level: 1 }, true);
        let zstd = t.replace("/packed", Meta { dims: vec![Some("y".into()), None], ..zstd })?;
        t.write(zstd, &[0, 0], &[40, 20], &data[..1600])?;
        let shuffled = t.replace("/s", Meta::new(DType::I64, &[300], &[100]).encoded(Codec::None, true))?;
        t.write(shuffled, &[0], &[200], &data[..1600])?;
        for (name, codec) in [("/lz4", Codec::Lz4), ("/pco", Codec::Pco { level: 4 })] {
            let packed = t.replace(name, Meta::new(DType::U32, &[600], &[200]).encoded(codec, false))?;
            t.write(packed, &[0], &[600], &data[..2400])?;
        }
        t.replace("/b", Meta::new(DType::Bool, &[], &[]))?;
        let attributes: Attributes =
            [("a".to_owned(), 1.into()), ("b".to_owned(), "x".into())].into_iter().collect();
        t.set_attributes(shuffled, attributes.clone())?;
        t.set_file_attributes(attributes)
    });
    // A full leaf and another one below a node; a sparse tree of three levels; and space that can be reused.
    let deep = file(3, &|t| {
        let a = t.replace("/deep", Meta::new(DType::U8, &[2800], &[20]))?;
        t.write(a, &[0], &[2800], &data[..2800])?;
        let far = t.replace("/far", Meta::new(DType::U8, &[660_000], &[20]))?;
        let parts = [0, 20 * 127 * 254 - 20, 660_000 - 40];
        parts.iter().try_for_each(|&start| t.write(far, &[start], &[40], &data[100..140]))
    });
    let sealed = MemoryStorage::new();
    let sealed = Arc::new(sealed);
    let copy = File::create_on(sealed.clone(), &CreateOptions::default()).unwrap();
    kinds.0.snapshot().unwrap().copy_sealed(&copy, &|_, _| true).unwrap();
    vec![small.1.bytes(), kinds.1.bytes(), deep.1.bytes(), sealed.bytes()]
}

/// Changes some bytes, mostly near bytes that are not zero.
fn change_bytes(bytes: &mut [u8], used: &[usize], words: &mut Words) {
    for _ in 0..1 + words.below(4) {
        let near = used[words.below(used.len())].saturating_add(words.below(24)).saturating_sub(8);
        let at = if words.below(8) == 0 {
            words.below(bytes.len())
        } else {
            near.min(bytes.len().saturating_sub(8))
        };
        let width = 1 << words.below(4);
        let old = bytes[at..].iter().take(8).rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
        let new = match words.below(8) {
            0 => old ^ 1 << words.below(64),
            1 => old.wrapping_add(words.below(64) as u64).wrapping_sub(32),
            2 => [0, 1, 127, 254, 255, 4096, u64::MAX][words.below(7)],
            3 => 1 << words.below(64),
            4 => (1 << words.below(64)) - 1,
            5 => bytes.len() as u64 & !63,
            6 => used[words.below(used.len())] as u64 & !4095,
            _ => words.next(),
        };
        let n = width.min(bytes.len() - at);
        bytes[at..at + n].copy_from_slice(&new.to_le_bytes()[..n]);
    }
}

/// The places of bytes that are not zero, from byte `first` on.
fn used(bytes: &[u8], first: usize) -> Vec<usize> {
    (first..bytes.len()).filter(|&at| bytes[at] != 0).collect()
}

/// Changes a file whose bytes at `places` are not zero.
fn mutate(bytes: &mut Vec<u8>, places: &[usize], words: &mut Words) {
    change_bytes(bytes, places, words);
    match words.below(24) {
        0 => bytes.truncate(words.below(bytes.len())),
        1 => bytes.resize(bytes.len() + words.below(1 << 16), 0),
        2 => {
            // Copy a page to the place of another.
            let pages = bytes.len() / PAGE;
            let (from, to) = (words.below(pages) * PAGE, words.below(pages) * PAGE);
            bytes.copy_within(from..from + PAGE, to);
        }
        _ => {}
    }
    if bytes.len() >= FIXED as usize && words.below(8) != 0 {
        // Copies of a slot that differ would be refused before anything else.
        bytes.copy_within(PAGE..3 * PAGE, 3 * PAGE);
    }
}

/// Does everything that can be done with a file.
fn exercise(bytes: Vec<u8>, words: &mut Words) -> Result<()> {
    let file = File::on(Arc::new(MemoryStorage::of(bytes)))?;
    let snapshot = file.snapshot()?;
    let _ = snapshot.verify(&|_, _| true)?;
    let _ = snapshot.attributes();
    for array in snapshot.arrays()?.iter().filter_map(|name| snapshot.array(name).ok()) {
        let meta = array.meta();
        let _ = array.view::<u8>().err();
        let start: Vec<u64> = meta.shape.iter().map(|&n| words.next() % (n + 1)).collect();
        let shape: Vec<u64> = meta.shape.iter().zip(&start).map(|(n, s)| (n - s).min(9)).collect();
        let len = shape.iter().product::<u64>().saturating_mul(meta.dtype.size() as u64);
        if len <= 1 << 20 {
            let mut out = vec![0; len as usize];
            let _ = array.read(&start, &shape, &mut out);
        }
    }
    let copy = File::create_on(Arc::new(MemoryStorage::new()), &CreateOptions::default())?;
    let _ = snapshot.copy_sealed(&copy, &|_, _| true);
    let transaction = file.begin()?;
    for name in transaction.arrays() {
        let _ = change(&transaction, &name, words);
    }
    transaction.commit()?;
    let report = file.snapshot()?.verify(&|_, _| true)?;
    let _ = report.to_string();
    Ok(())
}

fn change(transaction: &Transaction, name: &str, words: &mut Words) -> Result<()> {
    let id = transaction.find(name)?;
    let meta = transaction.meta(id)?;
    let part: Vec<u64> = meta.shape.iter().map(|&n| n.min(5)).collect();
    let len = part.iter().product::<u64>() as usize * meta.dtype.size();
    match words.below(6) {
        0 => transaction.delete(id),
        1 => transaction.rename(id, "/renamed"),
        2 => transaction.resize(id, &meta.shape.iter().map(|&n| n / 2).collect::<Vec<_>>()),
        3 => transaction.resize(id, &meta.shape.iter().map(|&n| n.saturating_add(70)).collect::<Vec<_>>()),
        _ if len <= 1 << 20 => transaction.write(id, &vec![0; part.len()], &part, &vec![1; len]),
        _ => Ok(()),
    }
}

/// The processor time of this thread.
fn worked() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
    Duration::from_micros((usage.user_time() + usage.system_time()).num_microseconds() as u64)
}

/// A function that makes a file from a seed and does everything with it.
fn files() -> Box<dyn FnMut(u64)> {
    let bases = bases();
    let places: Vec<Vec<usize>> = bases.iter().map(|bytes| used(bytes, PAGE)).collect();
    Box::new(move |seed| {
        let mut words = Words(seed);
        let k = words.below(bases.len());
        let mut bytes = bases[k].clone();
        mutate(&mut bytes, &places[k], &mut words);
        let once = || {
            let before = worked();
            let _ = exercise(bytes.clone(), &mut Words(words.0));
            worked() - before
        };
        // A system that is short of memory may be slow once, so the input is run again.
        let took = Some(once()).filter(|took| *took < SECOND).unwrap_or_else(once);
        assert!(took < SECOND, "{took:?} of work with seed {seed}");
    })
}

/// The process that runs the inputs. It prints the first seed of each hundred before it runs them. When it runs
/// inputs again, it prints every seed.
#[test]
fn child() {
    let Ok(target) = std::env::var(CHILD) else { return };
    let mut input = if target == "files" { files() } else { parts::target(&target).unwrap() };
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY).unwrap();
    FORGED.set(true);
    if let Ok(first) = std::env::var(AGAIN) {
        let first: u64 = first.parse().unwrap();
        for seed in first..first + EACH {
            println!("seed {seed}");
            input(seed);
        }
        return;
    }
    let time = time();
    let first = if time > QUICK { u64::from(std::process::id()) << 32 } else { 0 };
    let began = Instant::now();
    for seed in (first..).step_by(EACH as usize).take_while(|_| began.elapsed() < time) {
        println!("seed {seed}");
        (seed..seed + EACH).for_each(&mut input);
    }
}

/// How long each target runs.
fn time() -> Duration {
    let asked = std::env::var("ARRSTORE_FUZZ").ok().and_then(|s| s.parse().ok());
    asked.map_or(QUICK, Duration::from_secs)
}

/// Runs the child to its end. Gives the number of seeds that it printed, the last one, and its exit status.
fn process(target: &str, again: Option<u64>) -> (u64, u64, ExitStatus) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["fuzz::child", "--exact", "--nocapture"]).env(CHILD, target).stdout(Stdio::piped());
    if let Some(first) = again {
        command.env(AGAIN, first.to_string());
    }
    let mut child = command.spawn().unwrap();
    let (mut count, mut last) = (0, 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(|line| line.ok()) {
        if let Some(seed) = line.strip_prefix("seed ") {
            (count, last) = (count + 1, seed.parse().unwrap());
        }
    }
    (count, last, child.wait().unwrap())
}

fn campaign(target: &str) {
    let (count, first, status) = process(target, None);
    if !status.success() {
        let (_, seed, again) = process(target, Some(first));
        assert!(again.success(), "{target}: {again} with seed {seed}");
    }
    assert!(status.success(), "{target}: {status} after seed {first}, but not when {EACH} inputs ran again");
    let count = count * EACH;
    eprintln!("{target}: {count} inputs");
    assert!(count > 20, "{target}: {count} inputs");
}

#[test]
fn the_deep_file_has_three_levels_and_free_space() {
    let deep = bases().swap_remove(2);
    let pages = deep.as_chunks::<PAGE>().0;
    assert!(pages.iter().any(|page| page.starts_with(b"NODE\x02")), "no node above two others");
    let storage = Arc::new(MemoryStorage::of(deep.clone()));
    let transaction = File::on(storage.clone()).unwrap().begin().unwrap();
    let data: Vec<u8> = (0..40).collect();
    transaction.write(transaction.find("/deep").unwrap(), &[0], &[40], &data).unwrap();
    transaction.commit().unwrap();
    assert_eq!(storage.bytes().len(), deep.len());
}

#[test]
fn changed_files_do_no_harm() {
    campaign("files");
}

#[test]
fn changed_parts_do_no_harm() {
    parts::TARGETS.into_iter().for_each(campaign);
}
