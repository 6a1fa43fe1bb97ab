//! `--profile`: a run as a Chrome trace, and what bound it.
//!
//! Four limits are held against what was done: the disk's bandwidth against the bytes that the kernel fetched for this
//! process and took from it; the bandwidth of memory against the bytes that passed it for certain (what stays in
//! caches cannot be told); the block product's rate against the multiplications made; the codecs against all the time
//! that the threads had. The rates are measured after the run, on the machine as it is then.

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

/// Bytes that memory (of at most half of the budget) and disk are measured with.
const MEMORY_BYTES: u64 = 96 << 20;
const DISK_BYTES: u64 = 16 << 20;
/// Rows and columns of the matrices that the block product is measured with.
const PRODUCT_SIDE: u64 = 768;
/// Below this, moving bytes from and to the disk is no part of a run.
const LEAST_DISK: u64 = 1 << 20;

/// A run under way.
pub(crate) struct Profile {
    file: File,
    /// None where the trace goes to a pipe or a device.
    name: Option<NewName>,
    recorder: Arc<Recorder>,
    io: [u64; 2],
    began: Instant,
}

impl Profile {
    /// Lets `context` take down what it does, for the trace at `path`.
    pub(crate) fn begin(path: &Path, context: &mut Context) -> Result<Profile> {
        if Location::of_output(&path.to_string_lossy()).is_ok() {
            return Err(misuse(format!(
                "--profile {}: a file of arrays cannot hold a trace; name it trace.json",
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

    /// Writes the trace, and says what bound the run. `synced`: whether the run waited for what it wrote.
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

    /// The part of the threads' time that some work took.
    fn share(&self, context: &Context, wall: Duration, work: Duration) -> f64 {
        work.as_secs_f64() / (context.threads as f64 * wall.as_secs_f64()).max(1e-9)
    }

    /// Time in loops over elements.
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
        // what is decoded or copied or written is read, too
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

/// What a run can be bound by.
struct Limit {
    name: &'static str,
    /// How much of it was used, of 1.
    used: f64,
    /// The whole of it.
    rate: String,
}

fn rate(bytes: f64) -> String {
    format!("{}/s", report::bytes(bytes as u64))
}

/// `profile: 1.2 s, bound by ...`; `computing` is the part of the threads' time in loops over elements.
fn summary(wall: Duration, limits: &[Limit], computing: f64) -> String {
    let mut text = format!("profile: {:.3} s, ", wall.as_secs_f64());
    let highest = limits.iter().max_by(|a, b| a.used.total_cmp(&b.used));
    // half of a limit that is measured anew, and partly hidden by caches, is near it
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

/// Bytes that the kernel has fetched from disks for this process, and taken from it for them.
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
