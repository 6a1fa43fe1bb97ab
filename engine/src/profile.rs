//! A record of the work of a run, by time and thread, for [`Context::profile`](crate::Context::profile).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::DType;
use crate::sink::Sink;

/// The most events that are kept. Later events are only counted and added to the totals.
const LIMIT: usize = 200_000;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A stage of the plan, from its start to its end.
    Stage,
    /// The evaluation of a tile of a pass, with the folds of its blocks.
    Tile,
    /// A panel of an operand of a product, or a thread's part of it.
    Panel,
    /// The decoding of a chunk, within a tile or a panel.
    Decode,
    /// A box given to a sink.
    Write,
    /// A box given to a sink that encodes it.
    Encode,
    /// The product of two panels.
    Product,
}

impl Work {
    const ALL: usize = 7;

    /// The kind of work that a sink does with a box.
    pub(crate) fn of_sink(sink: &dyn Sink) -> Work {
        if sink.encodes() { Work::Encode } else { Work::Write }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Work::Stage => "stage",
            Work::Tile => "tile",
            Work::Panel => "panel",
            Work::Decode => "decode",
            Work::Write => "write",
            Work::Encode => "encode",
            Work::Product => "product",
        }
    }
}

/// A span of work. Two events of a thread are either disjoint in time or nested.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The kind of work.
    pub work: Work,
    /// The thread's number. Threads are numbered in the order of their first events.
    pub thread: u64,
    /// The start, relative to the creation of the recorder.
    pub start: Duration,
    /// The duration.
    pub length: Duration,
    /// The number of threads that the work kept busy.
    pub threads: usize,
    /// Elements (of a stage, a tile, a panel), bytes (decoded, written, encoded) or multiplications (of a product).
    pub amount: u64,
}

/// Records the work of the threads of a run.
#[derive(Debug)]
pub struct Recorder {
    began: Instant,
    events: Mutex<Vec<Event>>,
    dropped: AtomicU64,
    totals: [AtomicU64; Work::ALL],
    product_dtype: Mutex<Option<DType>>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder {
            began: Instant::now(),
            events: Mutex::default(),
            dropped: AtomicU64::new(0),
            totals: Default::default(),
            product_dtype: Mutex::default(),
        }
    }
}

impl Recorder {
    /// The events so far. An event comes after the events nested in it.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of events beyond the limit, which were not kept.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// The total time that threads have spent on a kind of work.
    pub fn total(&self, work: Work) -> Duration {
        Duration::from_nanos(self.totals[work as usize].load(Ordering::Relaxed))
    }

    /// The type of computation of the last matrix product.
    pub fn product_dtype(&self) -> Option<DType> {
        *self.product_dtype.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_product(&self, dtype: DType) {
        *self.product_dtype.lock().unwrap_or_else(PoisonError::into_inner) = Some(dtype);
    }

    fn add(&self, work: Work, threads: usize, amount: u64, began: Instant) {
        let (start, length) = (began.duration_since(self.began), began.elapsed());
        let busy = length.as_nanos() as u64 * threads as u64;
        self.totals[work as usize].fetch_add(busy, Ordering::Relaxed);
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() < LIMIT {
            events.push(Event { work, thread: this_thread(), start, length, threads, amount });
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Runs `f`, and records it if there is a recorder.
pub(crate) fn record<T>(
    recorder: Option<&Recorder>,
    work: Work,
    threads: usize,
    amount: u64,
    f: impl FnOnce() -> T,
) -> T {
    let Some(recorder) = recorder else { return f() };
    let began = Instant::now();
    let result = f();
    recorder.add(work, threads, amount, began);
    result
}

/// The number of the calling thread.
fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    thread_local!(static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    NUMBER.with(|n| *n)
}
