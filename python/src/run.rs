//! Work without Python's lock, that Ctrl-C stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use arrstore::Context;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::errors::Failed;
use crate::settings::context;

/// Work of more than this many bytes runs in a thread of its own, so that this one can listen for signals.
const LONG: u64 = 8 << 20;

/// Between two looks for signals.
const PAUSE: Duration = Duration::from_millis(50);

/// A context, and the progress of the work done with it.
pub(crate) struct Running {
    pub(crate) context: Context,
    done: Arc<(AtomicU64, AtomicU64)>,
}

/// Runs `work` as [`Running::run`] does, with the settings of now.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    bytes: u64,
    work: impl FnOnce(&Context) -> Result<T, Failed> + Send,
) -> PyResult<T> {
    Running::new().run(py, bytes, work)
}

impl Running {
    /// The settings of now.
    pub(crate) fn new() -> Running {
        let done = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let shared = done.clone();
        let context = context().on_progress(move |now, all| {
            shared.0.store(now, Ordering::Relaxed);
            shared.1.store(all, Ordering::Relaxed);
        });
        Running { context, done }
    }

    /// Runs `work` without Python's lock. `bytes` says how much work it is, about.
    ///
    /// Python handles signals in its main thread alone, between two steps of Python. So in that thread long work goes
    /// to another thread, and this one looks for signals until the work is done. A signal whose handler raises, as
    /// Ctrl-C does, stops the work at the next tile.
    pub(crate) fn run<T: Send>(
        &self,
        py: Python<'_>,
        bytes: u64,
        work: impl FnOnce(&Context) -> Result<T, Failed> + Send,
    ) -> PyResult<T> {
        let context = &self.context;
        if bytes <= LONG || !is_main_thread(py)? {
            return Ok(py.detach(|| work(context))?);
        }
        let observer = observer(py)?;
        let observer = &observer;
        let ended = py.detach(|| {
            std::thread::scope(|scope| {
                let (ends, ended) = channel::<()>();
                let worker = scope.spawn(move || {
                    let _ends = ends;
                    work(context)
                });
                let mut raised = None;
                while ended.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                    let look = Python::attach(|py| {
                        py.check_signals()?;
                        observer.call1(py, self.numbers()).map(drop)
                    });
                    if let Err(error) = look {
                        context.stop();
                        raised.get_or_insert(error);
                    }
                }
                let result = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                raised.map_or_else(|| Ok(result?), Err)
            })
        });
        // the end is shown, too
        observer.call1(py, (u64::MAX, u64::MAX))?;
        ended
    }

    fn numbers(&self) -> (u64, u64) {
        (self.done.0.load(Ordering::Relaxed), self.done.1.load(Ordering::Relaxed))
    }
}

/// The function that shows the progress, if the user wants it shown.
fn observer(py: Python<'_>) -> PyResult<Py<PyAny>> {
    static OBSERVER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = || Ok::<_, PyErr>(py.import("arrstore._progress")?.getattr("observe")?.unbind());
    OBSERVER.get_or_try_init(py, found).map(|observer| observer.clone_ref(py))
}

fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import("threading")?;
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    main.eq(threading.call_method0("get_ident")?)
}
