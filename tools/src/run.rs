//! From flags to a running plan: memory, threads, progress, Ctrl-C.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use arrstore::{Budget, Context};
use bytesize::ByteSize;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Running;

/// A size of memory as given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Memory {
    Bytes(u64),
    /// Of the container's limit.
    Percent(f64),
}

/// The least memory that is accepted: below it nothing useful fits.
const LEAST_MEMORY: u64 = 1 << 20;

/// Reads `512MiB`, `2GB`, `70%`, or a number of bytes.
pub(crate) fn parse_memory(text: &str) -> Result<Memory, String> {
    if let Some(percent) = text.trim().strip_suffix('%') {
        return match percent.trim().parse::<f64>() {
            Ok(p) if p > 0.0 && p <= 100.0 => Ok(Memory::Percent(p)),
            _ => Err(format!("'{text}' is not a share between 0% and 100%")),
        };
    }
    match parse_bytes(text)? {
        n if n < LEAST_MEMORY => Err(format!("{n} bytes are too few to work in: give at least 1MiB")),
        n => Ok(Memory::Bytes(n)),
    }
}

/// Reads a size in bytes.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    text.parse::<ByteSize>()
        .map(|b| b.as_u64())
        .map_err(|_| format!("'{text}' is no size; write 512MiB or 2GB"))
}

impl Memory {
    /// In bytes.
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Memory::Bytes(n) => n,
            Memory::Percent(p) => (arrstore::machine_limit() as f64 / 100.0 * p) as u64,
        }
    }
}

/// The stop flag of this process, set by Ctrl-C; a second Ctrl-C ends the process at once.
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
            crate::print::remark(&format!("warning: Ctrl-C will not stop cleanly: {error}"));
        }
        flag
    })
    .clone()
}

/// Runs `work` while other threads help, so that there are as many as were asked for, or as there are cores.
pub(crate) fn together<T>(threads: Option<u64>, help: impl Fn() + Sync, work: impl FnOnce() -> T) -> T {
    let threads = threads.map_or_else(arrstore::default_threads, |n| n as usize);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(&help);
        }
        work()
    })
}

/// What the flags say, as the engine takes it. `beside` is where temporary files go when no flag says.
pub(crate) fn context(running: &Running, beside: Option<PathBuf>) -> Context {
    let mut context = Context::default();
    if let Some(memory) = running.memory {
        context.budget = Budget::new(memory.bytes());
    }
    if let Some(threads) = running.threads {
        context.threads = threads as usize;
    }
    context.tmp = running.tmp.clone().or(beside);
    context.check = !running.no_check;
    context.cancel = stop_flag();
    context
}

/// A bar on stderr: bytes done, rate and time left. Nothing when told to be quiet or when nobody watches.
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

/// Lets `context` report to a bar; finish the bar when the run has ended.
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

/// Refuses a temporary folder that is not there, before anything is computed.
pub(crate) fn check_tmp(running: &Running) -> Result<()> {
    if let Some(folder) = &running.tmp {
        std::fs::read_dir(folder).with_context(|| format!("--tmp {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_memory() {
        assert_eq!(parse_memory("512MiB"), Ok(Memory::Bytes(512 << 20)));
        assert_eq!(parse_memory("1GB"), Ok(Memory::Bytes(1_000_000_000)));
        assert_eq!(parse_memory("70%"), Ok(Memory::Percent(70.0)));
        for bad in ["", "x", "0%", "101%", "-1", "12", "1KiB", "nan%", "1e99999GB"] {
            assert!(parse_memory(bad).is_err(), "{bad}");
        }
    }
}
