//! `--profile`: the run as a Chrome trace, and the limit that bound it.
//!
//! The run is compared with four limits. The bytes that the kernel read from and wrote to disks for this process are
//! compared with the disk's bandwidth. The bytes that certainly passed through memory are compared with memory's
//! bandwidth (the bytes that stayed in caches are unknown). The multiplications are compared with the rate of the block
//! product. The time in codecs is compared with the time of all threads. The rates are measured after the run, on the
//! machine in its state then.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use arrstore::Context;
use arrstore::formats::Location;
use arrstore::profile::{Event, Recorder, Work};
use arrstore_format::replace::{NewName, new_file};
use serde_json::{Value, json};

use crate::misuse::misuse;
use crate::{probe, report};

/// Bytes for measuring memory (but at most half of the budget) and disk.
const MEMORY_BYTES: u64 = 96 << 20;
const DISK_BYTES: u64 = 16 << 20;
/// Rows and columns of the matrices for measuring the block product.
const PRODUCT_SIDE: u64 = 768;
/// With fewer bytes to and from the disk, the disk is not among the limits.
const LEAST_DISK: u64 = 1 << 20;

/// The profile of a running command.
pub(crate) struct Profile {
    file: File,
    /// `None` if the trace goes to a pipe or a device.
    name: Option<NewName>,
    recorder: Arc<Recorder>,
    io: [u64; 2],
    began: Instant,
}

impl Profile {
    /// Makes `context` record its work for the trace at `path`.
    pub(crate) fn begin(path: &Path, context: &mut Context) -> Result<Profile> {
        if Location::of_output(&path.to_string_lossy()).is_ok() {
            return Err(misuse(format!(
                "--profile {}: a trace cannot go to a file of arrays; choose a name such as trace.json",
                path.display()
            )));
        }
        let at = || path.display().to_string();
        let (file, name) = match fs::metadata(path) {
            Ok(there) if !there.is_file() && !there.is_dir() => {
                (File::options().write(true).open(path).with_context(at)?, None)
            }
            _ => new_file(path).map(|(file, name)| (file, Some(name))).with_context(at)?,
        };
        let recorder = Arc::new(Recorder::default());
        context.profile = Some(recorder.clone());
        Ok(Profile { file, name, recorder, io: disk_bytes(), began: Instant::now() })
    }

    /// Writes the trace and returns the summary. `synced` says whether the run waited for the disk.
    pub(crate) fn end(self, context: &Context, synced: bool, folder: &Path) -> Result<String> {
        let wall = self.began.elapsed();
        let [read, written] = disk_bytes();
        let [read, written] = [read.saturating_sub(self.io[0]), written.saturating_sub(self.io[1])];
        write_trace(&mut BufWriter::new(&self.file), &self.recorder.events(), self.recorder.dropped())?;
        let limits = self.limits(context, wall, [read, if synced { written } else { 0 }], folder);
        let computing = self.share(context, wall, self.computing());
        if let Some(name) = self.name {
            name.publish(&self.file, true, false)?;
        }
        Ok(summary(wall, &limits, computing))
    }

    /// The share of all threads' time that `work` took.
    fn share(&self, context: &Context, wall: Duration, work: Duration) -> f64 {
        work.as_secs_f64() / (context.threads as f64 * wall.as_secs_f64()).max(1e-9)
    }

    /// The time in loops over elements.
    fn computing(&self) -> Duration {
        let total = |work| self.recorder.total(work);
        (total(Work::Tile) + total(Work::Panel)).saturating_sub(total(Work::Decode))
    }

    fn limits(
        &self,
        context: &Context,
        wall: Duration,
        [read, written]: [u64; 2],
        folder: &Path,
    ) -> Vec<Limit> {
        let (metrics, threads) = (&context.metrics, context.threads);
        let seconds = wall.as_secs_f64().max(1e-9);
        let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed) as f64;
        let short = Duration::from_millis(40);
        let mut limits = Vec::new();
        if read + written >= LEAST_DISK
            && let Ok(disk) = probe::disk(folder, DISK_BYTES, short)
        {
            limits.push(Limit {
                name: "the disk",
                used: (read as f64 / disk.read + written as f64 / disk.write) / seconds,
                rate: format!("{} read, {} written", rate(disk.read), rate(disk.write)),
            });
        }
        // bytes that are decoded, copied or written are also read
        let moved =
            of(&metrics.mapped) + 2.0 * (of(&metrics.decoded) + of(&metrics.copied) + of(&metrics.written));
        let bytes = MEMORY_BYTES.min(context.budget.total() / 2);
        if let Ok(bus) = probe::memory(bytes, threads, short) {
            limits.push(Limit { name: "the memory bus", used: moved / seconds / bus, rate: rate(bus) });
        }
        if let Some(dtype) = self.recorder.product_dtype()
            && let Ok(fpu) = probe::product(PRODUCT_SIDE, dtype, threads, short)
        {
            let rate = format!("{:.1} GFLOP/s in {dtype}", fpu / 1e9);
            limits.push(Limit { name: "the FPU", used: of(&metrics.flops) / seconds / fpu, rate });
        }
        let codec = self.recorder.total(Work::Decode) + self.recorder.total(Work::Encode);
        if !codec.is_zero() {
            let used = self.share(context, wall, codec);
            limits.push(Limit { name: "the codec", used, rate: "all threads' time".to_owned() });
        }
        limits
    }
}

/// A limit that may bind a run.
struct Limit {
    name: &'static str,
    /// The part of it that was used, from 0 to 1.
    used: f64,
    /// The limit itself, in words.
    rate: String,
}

fn rate(bytes: f64) -> String {
    format!("{}/s", report::bytes(bytes as u64))
}

/// `profile: 1.2 s, bound by ...`; `computing` is the share of all threads' time in loops over elements.
fn summary(wall: Duration, limits: &[Limit], computing: f64) -> String {
    let mut text = format!("profile: {:.3} s, ", wall.as_secs_f64());
    let highest = limits.iter().max_by(|a, b| a.used.total_cmp(&b.used));
    // caches hide some of the use and the limit is measured anew, so half of it counts as near it
    text += &match highest.filter(|l| l.used >= 0.5) {
        Some(l) => format!("bound by {} at {:.0} % of {}", l.name, l.used * 100.0, l.rate),
        None if computing >= 0.5 => {
            format!("bound by the loops, {:.0} % of all threads' time", computing * 100.0)
        }
        None => "near no limit: starting, waiting and writing took the time".to_owned(),
    };
    text += "; used:";
    for l in limits {
        let _ = write!(text, " {} {:.0} %,", l.name.trim_start_matches("the "), l.used * 100.0);
    }
    let _ = write!(text, " loops {:.0} %", computing * 100.0);
    text
}

/// Bytes that the kernel has read from disks, and written to them, for this process.
fn disk_bytes() -> [u64; 2] {
    let text = fs::read_to_string("/proc/self/io").unwrap_or_default();
    ["read_bytes: ", "write_bytes: "]
        .map(|key| text.lines().find_map(|l| l.strip_prefix(key)?.parse().ok()).unwrap_or(0))
}

/// A JSON array of complete events, in microseconds.
fn write_trace(file: &mut impl std::io::Write, events: &[Event], dropped: u64) -> Result<()> {
    let pid = std::process::id();
    let micros = |d: Duration| d.as_nanos() as f64 / 1e3;
    let one = |e: &Event| {
        json!({
            "name": e.work.name(), "ph": "X", "ts": micros(e.start), "dur": micros(e.length), "pid": pid,
            "tid": e.thread, "args": { "amount": e.amount, "unit": unit(e.work), "threads": e.threads },
        })
    };
    file.write_all(b"[\n")?;
    for (k, event) in events.iter().enumerate() {
        writeln!(file, "{}{}", if k > 0 { "," } else { "" }, one(event))?;
    }
    if dropped > 0 {
        let last: Value = json!({
            "name": "dropped", "ph": "X", "ts": 0, "dur": 0, "pid": pid, "tid": 0, "args": { "events": dropped },
        });
        writeln!(file, ",{last}")?;
    }
    file.write_all(b"]\n")?;
    Ok(file.flush()?)
}

fn unit(work: Work) -> &'static str {
    match work {
        Work::Stage | Work::Tile | Work::Panel => "elements",
        Work::Decode | Work::Write | Work::Encode => "bytes",
        Work::Product => "multiplications",
    }
}
