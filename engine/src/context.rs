//! Settings of a run: memory, threads, a way to watch it and a way to stop it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::profile::{Recorder, Work, record};
use crate::{Budget, Error, Result};

/// A function called from time to time with the bytes done and the total bytes to do.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// Settings of a run. Clones share the budget, the counters and the stop flag.
#[derive(Clone)]
#[non_exhaustive]
pub struct Context {
    /// Working memory, mapped pages included.
    pub budget: Budget,
    /// Threads that compute.
    pub threads: usize,
    /// Folder for spill files; `None`: the folder of the output, or the working directory.
    pub tmp: Option<PathBuf>,
    /// Whether raw chunks are checked against their checksums while they are consumed.
    pub check: bool,
    /// Receives the progress.
    pub progress: Option<Progress>,
    /// Set it to stop the run at the next tile.
    pub cancel: Arc<AtomicBool>,
    /// Counters of the work so far.
    pub metrics: Arc<Metrics>,
    /// Records the work of each thread, with its times.
    pub profile: Option<Arc<Recorder>>,
}

impl Default for Context {
    fn default() -> Context {
        Context {
            budget: Budget::of_machine(),
            threads: default_threads(),
            tmp: None,
            check: true,
            progress: None,
            cancel: Arc::default(),
            metrics: Arc::default(),
            profile: None,
        }
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("budget", &self.budget.total())
            .field("threads", &self.threads)
            .field("tmp", &self.tmp)
            .field("check", &self.check)
            .finish_non_exhaustive()
    }
}

impl Context {
    /// A context with `bytes` of memory and `threads` threads. Other settings have their default.
    pub fn new(bytes: u64, threads: usize) -> Context {
        Context { budget: Budget::new(bytes), threads: threads.max(1), ..Context::default() }
    }

    /// The same context with `progress` as the function that receives the bytes done and the total bytes to do. The
    /// threads that compute call it, so it should be quick.
    #[must_use]
    pub fn on_progress(self, progress: impl Fn(u64, u64) + Send + Sync + 'static) -> Context {
        Context { progress: Some(Arc::new(progress)), ..self }
    }

    /// Stops all runs with this context or a clone of it, in any thread, at their next tile. These runs end with
    /// [`Error::Cancelled`] and commit nothing. The context cannot be used for further runs.
    pub fn stop(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// The same context, with spill files beside `path` unless [`Context::tmp`] names a folder.
    pub(crate) fn beside(&self, path: &Path) -> Context {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        Context { tmp: self.tmp.clone().or(folder.map(Path::to_owned)), ..self.clone() }
    }

    /// Runs `f`, which uses `threads` threads, and records it if the context has a recorder.
    pub(crate) fn record<T>(&self, work: Work, threads: usize, amount: u64, f: impl FnOnce() -> T) -> T {
        record(self.profile.as_deref(), work, threads, amount, f)
    }

    /// Fails if the run has been cancelled.
    pub(crate) fn go_on(&self) -> Result<()> {
        if self.cancel.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// The default number of threads: the smallest of those of `RAYON_NUM_THREADS`, `OMP_NUM_THREADS` and
/// `OPENBLAS_NUM_THREADS` that are set, otherwise the number that the machine and the container's quota allow.
pub fn default_threads() -> usize {
    threads_and_why().0
}

/// [`default_threads`], and the variable that set it, if any.
pub fn threads_and_why() -> (usize, Option<&'static str>) {
    ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
        .into_iter()
        .filter_map(|name| Some((std::env::var(name).ok()?.parse::<usize>().ok()?, Some(name))))
        .filter(|&(n, _)| n > 0)
        .min_by_key(|&(n, _)| n)
        .unwrap_or_else(|| {
            // this call reads the files of the container's quota, so it is made once
            static ALL: OnceLock<usize> = OnceLock::new();
            (*ALL.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from)), None)
        })
}

/// Counters of a run, in bytes unless stated otherwise.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Read in place from maps and memory.
    pub mapped: AtomicU64,
    /// Produced by decoding chunks.
    pub decoded: AtomicU64,
    /// Moved to make them contiguous or to gather several chunks.
    pub copied: AtomicU64,
    /// Handed to sinks.
    pub written: AtomicU64,
    /// Chunks never touched because one value stands for them (a count).
    pub chunks_constant: AtomicU64,
    /// Chunks decoded (a count).
    pub chunks_decoded: AtomicU64,
    /// Floating-point operations of matrix products (a count).
    pub flops: AtomicU64,
    /// Nanoseconds in passes over elements, wall time.
    pub pass_ns: AtomicU64,
    /// Nanoseconds in matrix products, wall time.
    pub matmul_ns: AtomicU64,
}

impl Metrics {
    pub(crate) fn add(counter: &AtomicU64, n: usize) {
        counter.fetch_add(n as u64, Ordering::Relaxed);
    }

    /// Every counter with its name.
    pub fn snapshot(&self) -> [(&'static str, u64); 9] {
        let of = |c: &AtomicU64| c.load(Ordering::Relaxed);
        [
            ("bytes_mapped", of(&self.mapped)),
            ("bytes_decoded", of(&self.decoded)),
            ("bytes_copied", of(&self.copied)),
            ("bytes_written", of(&self.written)),
            ("chunks_constant", of(&self.chunks_constant)),
            ("chunks_decoded", of(&self.chunks_decoded)),
            ("matmul_flops", of(&self.flops)),
            ("pass_ns", of(&self.pass_ns)),
            ("matmul_ns", of(&self.matmul_ns)),
        ]
    }
}
