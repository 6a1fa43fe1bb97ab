//! Turns flags into a run: memory, threads, progress, Ctrl-C.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use arrstore::formats::Writing;
use arrstore::{Budget, Context};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{Memory, Running, Waiting};
use crate::print::remark;

/// The stop flag of this process. The first Ctrl-C sets it; a second Ctrl-C ends the process at once.
pub(crate) fn stop_flag() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let mine = flag.clone();
        let handler = move || {
            if mine.swap(true, Ordering::SeqCst) {
                arrstore_format::replace::abandon();
                std::process::exit(crate::misuse::INTERRUPTED.into());
            }
        };
        if let Err(error) = ctrlc::set_handler(handler) {
            remark(&format!("warning: Ctrl-C will not stop cleanly: {error}"));
        }
        flag
    })
    .clone()
}

/// Runs `work` while helper threads run `help`: in all as many threads as given, or as there are cores.
pub(crate) fn together<T>(threads: Option<u64>, help: impl Fn() + Sync, work: impl FnOnce() -> T) -> T {
    let threads = threads.map_or_else(arrstore::default_threads, |n| n as usize);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(&help);
        }
        work()
    })
}

/// The engine's context for these flags. `beside` is the default folder for temporary files.
pub(crate) fn context(running: &Running, beside: Option<PathBuf>) -> Context {
    let mut context = limited(running.memory, running.threads);
    context.tmp = running.tmp.clone().or(beside);
    context.check = !running.no_check;
    context
}

/// A context with this much of the machine, which Ctrl-C stops.
pub(crate) fn limited(memory: Option<Memory>, threads: Option<u64>) -> Context {
    let mut context = Context::default();
    if let Some(memory) = memory {
        context.budget = Budget::new(memory.bytes());
    }
    if let Some(threads) = threads {
        context.threads = threads as usize;
    }
    context.cancel = stop_flag();
    context
}

/// The options for writing: warnings go to stderr, and Ctrl-C stops the run.
pub(crate) fn writing(durable: bool, dry: bool, waiting: Waiting) -> Writing {
    let warn = |words: &str| remark(&format!("warning: {words}"));
    let mut writing = Writing::default();
    (writing.durable, writing.dry, writing.wait) = (durable, dry, waiting.wait);
    (writing.cancel, writing.warn) = (stop_flag(), warn);
    writing
}

/// A progress bar on stderr: bytes done, rate and time left. It is hidden with `quiet` or if stderr is no terminal.
pub(crate) fn bar(quiet: bool, what: &str) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::no_length().with_message(what.to_owned());
    let template = "{msg} {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  ETA {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Makes `context` report to a bar. The caller finishes the bar after the run.
pub(crate) fn watch(context: &mut Context, quiet: bool, what: &str) -> ProgressBar {
    let bar = bar(quiet, what);
    if !bar.is_hidden() {
        let mine = bar.clone();
        context.progress = Some(Arc::new(move |done, all| {
            mine.set_length(all);
            mine.set_position(done);
        }));
    }
    bar
}

/// Refuses a temporary folder that does not exist, before anything is computed.
pub(crate) fn check_tmp(running: &Running) -> Result<()> {
    if let Some(folder) = &running.tmp {
        std::fs::read_dir(folder).with_context(|| format!("--tmp {}", folder.display()))?;
    }
    Ok(())
}
