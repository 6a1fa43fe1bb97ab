//! What a run did, when, and in which thread: for [`Context::profile`](crate::Context::profile).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::DType;
use crate::sink::Sink;

/// The most events that are kept; what comes later is counted, and adds to the totals.
const LIMIT: usize = 200_000;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A stage of the plan, from its start to its end.
    Stage,
    /// A tile of a pass evaluated, and its blocks folded.
    Tile,
    /// A panel of an operand of a product, or a thread's part of it.
    Panel,
    /// A chunk decoded, within a tile or a panel.
    Decode,
    /// A box given to a sink.
    Write,
    /// A box given to a sink that encodes it.
    Encode,
    /// Two panels multiplied.
    Product,
}

impl Work {
    const ALL: usize = 7;

    /// What a sink does with a box.
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

/// Something that took time. Events of a thread lie apart or within each other.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// What was done.
    pub work: Work,
    /// The thread, numbered in the order in which threads first did something.
    pub thread: u64,
    /// Since the recorder was made.
    pub start: Duration,
    /// How long it took.
    pub length: Duration,
    /// Threads that it kept busy.
    pub threads: usize,
    /// Elements (of a stage, a tile, a panel), bytes (decoded, written, encoded) or multiplications (of a product).
    pub amount: u64,
}

/// Takes down what the threads of a run do.
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
    /// The events so far, each after those within it.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Events that found no room.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// The time that threads have spent on a kind of work, added up.
    pub fn total(&self, work: Work) -> Duration {
        Duration::from_nanos(self.totals[work as usize].load(Ordering::Relaxed))
    }

    /// The type that the last product of matrices was computed in.
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

/// Does `f`, and takes it down where there is a recorder.
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
