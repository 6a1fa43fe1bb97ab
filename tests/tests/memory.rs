//! The promise on memory: a command's peak resident memory is at most its budget plus 64 MiB plus 2 MiB a thread. The
//! command runs with a cold page cache, in a memory cgroup that would kill it for more.
//!
//! The test needs root and a writable memory cgroup (version 1 or 2); without them it is skipped and says so.
//! `ARRSTORE_SIDE` sets the side of the square arrays (default 3000; 10000 is the full size), `ARRSTORE_CGROUP_MIB` the
//! limit (default 160).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrstore_tests::campaign::child;
use arrstore_tests::skip::skip;

/// A memory cgroup of the test.
struct Cgroup(PathBuf);

impl Cgroup {
    fn new(bytes: u64) -> Option<Cgroup> {
        let name = format!("arrstore-{}", std::process::id());
        let one = (PathBuf::from("/sys/fs/cgroup/memory"), "memory.limit_in_bytes");
        let two = (PathBuf::from("/sys/fs/cgroup"), "memory.max");
        for (root, file) in [one, two] {
            let folder = root.join(&name);
            if fs::create_dir(&folder).is_err() {
                continue;
            }
            let group = Cgroup(folder);
            if fs::write(group.0.join(file), bytes.to_string()).is_ok() {
                return Some(group);
            }
        }
        None
    }

    /// Runs a program in the group.
    fn run(&self, binary: &Path, args: &[String], folder: &Path) -> child::Ran {
        // the shell joins the group and becomes the program
        let join = "echo $$ > \"$0\" && unset OPENBLAS_CORETYPE && exec \"$@\"".to_owned();
        let [procs, binary] =
            [self.0.join("cgroup.procs"), binary.to_owned()].map(|p| p.display().to_string());
        let args = [&["-c".to_owned(), join, procs, binary], args].concat();
        child::run(Path::new("/bin/sh"), &args, folder, Duration::from_secs(600))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn every_job_stays_within_its_budget() {
    let (side, limit) = (setting("ARRSTORE_SIDE", 3000), setting("ARRSTORE_CGROUP_MIB", 160) << 20);
    let (threads, budget) = (2u64, limit - (96 << 20));
    let Some(group) = Cgroup::new(limit) else {
        return skip("no memory cgroup can be made here (this needs root)");
    };
    let binary = PathBuf::from(arrstore_tests::command::arrstore().get_program());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let at = |name: &str| folder.path().join(name);
    for (seed, name) in ["a", "b", "c"].iter().enumerate() {
        write_npy(&at(&format!("{name}.npy")), side, seed as u64);
    }
    let size = side * side * 8;
    let chunk = format!("{0}x{0}", (side / 10).max(1));
    let within = |budget: u64, args: &[&str]| {
        let _ = fs::write("/proc/sys/vm/drop_caches", "3");
        let more = ["--quiet", "--threads", "2", "--memory", &budget.to_string()].map(str::to_owned);
        let all: Vec<String> = args.iter().map(|&arg| arg.to_owned()).chain(more).collect();
        let child::Ran { ended, peak, said, .. } = group.run(&binary, &all, folder.path());
        assert!(ended == Ok(0), "{args:?} in {budget} bytes: {ended:?} {said}");
        let allowed = budget + (64 << 20) + threads * (2 << 20);
        assert!(peak <= allowed, "{args:?}: peak {peak} bytes, allowed {allowed}, budget {budget}");
        println!("{args:?}: peak {} MiB of {} MiB", peak >> 20, allowed >> 20);
    };
    let run = |args: &[&str]| within(budget, args);
    for name in ["a", "b", "c"] {
        run(&["convert", &format!("{name}.npy"), &format!("{name}.arrs"), "--chunk", &chunk]);
    }
    assert!(size > budget / 2, "the arrays are meant to be large beside the budget");
    run(&["eval", "sum(a)", "a=a.arrs"]);
    run(&["eval", "std(a, axis=1)", "a=a.arrs", "-o", "std.npy"]);
    run(&["eval", "mean(a, axis=0)", "a=a.npy", "-o", "mean.npy"]);
    run(&["eval", "a*b+c", "a=a.arrs", "b=b.arrs", "c=c.arrs", "-o", "abc.arrs"]);
    run(&["eval", "sum((a-b)**2)", "a=a.arrs", "b=b.npy"]);
    run(&["eval", "a.T", "a=a.arrs", "-o", "t.arrs"]);
    run(&["eval", "a.T", "a=a.npy", "-o", "t.npy"]);
    run(&["eval", "a @ b", "a=a.arrs", "b=b.arrs", "-o", "ab.arrs"]);
    run(&["convert", "abc.arrs", "z.arrs", "--codec", "zstd:1"]);
    run(&["eval", "sum(z)", "z=z.arrs"]);
    run(&["eval", "sort(a, axis=None)", "a=a.npy", "-o", "sorted.npy"]);
    run(&["eval", "sort(z, axis=None)", "z=z.arrs", "-o", "sorted.arrs"]);
    run(&["eval", "argsort(a, axis=None)", "a=a.arrs", "-o", "order.npy"]);
    run(&["eval", "sort(a, axis=1)", "a=a.arrs", "-o", "rows.arrs"]);
    run(&["eval", "argsort(a, axis=0)", "a=a.npy", "-o", "columns.npy"]);
    run(&["eval", "sum(topk(a, 100, axis=None))", "a=a.arrs"]);
    run(&["eval", "sum(unique(a))", "a=a.npy"]);
    run(&["eval", "sum(unique(floor(a)))", "a=a.arrs"]);
    // in so little memory, pages of all of the file would be too many
    for from in ["a=a.npy", "a=a.arrs"] {
        for text in [
            "mean(a[a > 0.9])",
            "sum(nonzero(a > 0.9)[1])",
            "std(cumsum(a, axis=1), axis=0)",
            "sum(cumsum(a))",
        ] {
            within(20 << 20, &["eval", text, from]);
        }
    }
    // elements wider than any number
    run(&["eval", "a[:300].astype('U40')", "a=a.npy", "-o", "t.npy"]);
    run(&["eval", "max(str_len(t)), sum(isin(t, t[0, :99]))", "t=t.npy"]);
    run(&["eval", "sort(t, axis=None)", "t=t.npy", "-o", "texts.npy"]);
    run(&["eval", "unique(t, return_counts=True)[1]", "t=t.npy", "-o", "counts.npy"]);
    run(&["eval", "lexsort([a.reshape(-1), floor(a.reshape(-1) * 9)])", "a=a.npy", "-o", "keys.npy"]);
    run(&["eval", "repeat(a, floor(a.reshape(-1) * 3).astype(int64))", "a=a.npy", "-o", "repeated.npy"]);
    run(&["eval", "delete(a, flatnonzero(a > 0.5))", "a=a.npy", "-o", "fewer.npy"]);
    run(&["eval", "insert(a, flatnonzero(a > 0.5), 7)", "a=a.npy", "-o", "more.npy"]);
    run(&["eval", "sum(interp(a.reshape(-1) * 9e6, arange(1e6) * 9, a.reshape(-1)[:1000000]))", "a=a.npy"]);
    run(&["eval", "quantile(a, linspace(0, 1, 500))", "a=a.arrs", "-o", "quantiles.npy"]);
    let rolled: Vec<String> = (1..9).map(|k| format!("roll(a, {k}, axis=0)")).collect();
    let chosen: Vec<String> = (0..24).map(|k| format!("a[a > 0.{}]", 70 + k)).collect();
    for file in ["a=a.npy", "a=a.arrs"] {
        within(24 << 20, &["eval", &format!("sum({})", rolled.join(" + ")), file]);
        run(&["eval", &format!("sum(concatenate([{}]))", chosen.join(", ")), file]);
    }
    run(&["eval", "tile(a.reshape(-1), 2)", "a=a.npy", "-o", "tiled.npy"]);
    // views of one file: neighbours share pages, and those far apart do not
    let views = |step: u64| {
        let rows = (0..12).map(|k| format!("a[{}:{}]", k * step, k * step + side / 3));
        rows.collect::<Vec<_>>().join(" + ")
    };
    run(&["eval", &format!("max({})", views(1)), "a=a.npy"]);
    run(&["eval", &views(side / 18), "a=a.npy", "-o", "views.npy"]);
    run(&["eval", &views(side / 18), "a=a.arrs", "-o", "views.arrs"]);
}

/// The process between this test and the programs whose peak it measures.
#[test]
fn child() {
    child::child();
}

/// A `.npy` file of `side` x `side` pseudo-random `f64`, written in pieces.
fn write_npy(path: &Path, side: u64, seed: u64) {
    use std::io::Write;
    let mut file = std::io::BufWriter::new(fs::File::create(path).unwrap());
    file.write_all(&arrstore::npy::Header::write(arrstore::DType::F64, &[side, side], false).unwrap())
        .unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ (seed << 32);
    for _ in 0..side * side {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&((state >> 11) as f64 / (1u64 << 53) as f64).to_le_bytes()).unwrap();
    }
}
