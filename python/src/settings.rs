//! Memory, threads and other settings of all computations in this process.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use arrstore::{Budget, Context};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The settings, and what follows from them in the process of this number. A forked process makes its own budget: the
/// parent's computations do not go on in it, so what they took would never come back.
struct Settings {
    memory: Option<u64>,
    threads: Option<usize>,
    tmp: Option<PathBuf>,
    check: bool,
    budget: Option<(u32, Budget)>,
}

static SETTINGS: Mutex<Settings> =
    Mutex::new(Settings { memory: None, threads: None, tmp: None, check: true, budget: None });

thread_local! {
    /// Whether this thread runs a function of Python for a block of a computation.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs a function of Python for a block of a computation. That computation holds its memory until the function returns, so
/// computations of the function must not wait for it.
pub(crate) fn inside<T>(function: impl FnOnce() -> T) -> T {
    struct Restored(bool);
    impl Drop for Restored {
        fn drop(&mut self) {
            INSIDE.set(self.0);
        }
    }
    let _restored = Restored(INSIDE.replace(true));
    function()
}

/// The context of the next computation. Each has a flag of its own that stops it. Inside of a function for a block, its budget
/// is this thread's share of what the computation around it has left.
pub(crate) fn context() -> Context {
    let mut settings = SETTINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    let budget = match &settings.budget {
        Some((of, budget)) if *of == process => budget.clone(),
        _ => {
            let bytes = settings.memory.unwrap_or_else(|| Budget::of_machine().total());
            settings.budget.insert((process, Budget::new(bytes))).1.clone()
        }
    };
    let mut context = Context::default();
    context.budget = budget;
    context.threads = settings.threads.unwrap_or(context.threads);
    if INSIDE.get() {
        context.budget = Budget::new(context.budget.available() / context.threads.max(1) as u64);
    }
    context.tmp.clone_from(&settings.tmp);
    context.check = settings.check;
    context
}

/// The settings in force: bytes of memory, threads, the folder of temporary files, and whether checksums are checked.
#[pyfunction]
pub(crate) fn settings() -> (u64, usize, Option<PathBuf>, bool) {
    let context = context();
    (context.budget.total(), context.threads, context.tmp, context.check)
}

/// Sets bytes of memory and threads (`None`: what the machine has), the folder of temporary files (`None`: beside the
/// output) and whether checksums are checked.
#[pyfunction]
pub(crate) fn set_settings(
    memory: Option<u64>,
    threads: Option<usize>,
    tmp: Option<PathBuf>,
    check: bool,
) -> PyResult<()> {
    if threads == Some(0) {
        return Err(PyValueError::new_err("threads: expected at least 1, found 0"));
    }
    let mut settings = SETTINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let budget = settings.budget.take().filter(|_| settings.memory == memory);
    *settings = Settings { memory, threads, tmp, check, budget };
    Ok(())
}
