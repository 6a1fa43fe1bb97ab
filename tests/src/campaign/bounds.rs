//! The bounds of a job: memory by the promise, time by a plain copy of as many bytes.

use std::fs;
use std::path::Path;
use std::time::Instant;

use arrstore_format::Codec;

use super::data::Data;
use super::expr::Expr;
use super::job::Job;
use super::place::{Cut, Place};

/// The speed of this machine, and the strictness of the bounds.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes a second of a plain copy from file to file, both in the page cache.
    pub copy: f64,
    /// Allowed times are multiplied by this; 1 is strict.
    pub patience: f64,
}

/// The work of a job.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Bytes of the inputs.
    pub read: u64,
    /// Bytes of the results.
    pub written: u64,
    moves: bool,
    chunks: u64,
    flops: u64,
    /// Seconds that the codecs need.
    coding: f64,
    threads: u64,
}

/// Seconds that any program needs to start and to end on a busy machine.
const START: f64 = 0.15;
/// Bytes a second of a copy or a transpose between any two layouts; a third of the rate of a plain copy if that is
/// less.
const MOVE: f64 = 0.5e9;
/// The factor on the time of a plain copy for all other jobs.
const TIMES: f64 = 6.0;

impl Bounds {
    /// Measures a plain copy in `folder`.
    ///
    /// # Panics
    /// When the folder cannot be written.
    pub fn measure(folder: &Path, patience: f64) -> Bounds {
        const BYTES: usize = 96 << 20;
        let (from, to) = (folder.join("plain"), folder.join("copy"));
        fs::write(&from, vec![1; BYTES]).expect("a file can be written");
        let copy = || {
            let begun = Instant::now();
            let bytes = fs::read(&from).expect("a file can be read");
            fs::write(&to, bytes).expect("a file can be written");
            BYTES as f64 / begun.elapsed().as_secs_f64()
        };
        let best = (0..4).map(|_| copy()).fold(0.0, f64::max);
        fs::remove_file(from).and_then(|()| fs::remove_file(to)).expect("a file can be removed");
        Bounds { copy: best, patience }
    }

    /// The allowed peak of resident memory of a job.
    pub fn peak(&self, job: &Job) -> u64 {
        job.memory + (64 << 20) + job.threads * (2 << 20)
    }

    /// The allowed time of a job.
    pub fn seconds(&self, work: &Work) -> f64 {
        let rate = if work.moves { MOVE.min(self.copy / 3.0) } else { self.copy / TIMES };
        let alone = if work.threads == 1 { 1.6 } else { 1.0 };
        let work =
            work.moved() as f64 / rate + work.flops as f64 / 4e9 + work.chunks as f64 * 20e-6 + work.coding;
        self.patience * (START + alone * work)
    }
}

impl Work {
    /// The work of a job.
    pub fn of(job: &Job, data: &[Data]) -> Work {
        let mut work =
            Work { moves: job.roots.iter().all(Expr::is_move), threads: job.threads, ..Work::default() };
        let mut used = [false; 2];
        job.roots.iter().for_each(|root| root.for_inputs(&mut |number| used[number] = true));
        for ((data, place), _) in job.inputs.iter().zip(used).filter(|(_, used)| *used) {
            work.read += data.bytes();
            work.chunks += place.count(&data.shape);
            work.coding += data.bytes() as f64 / rates(place).1;
        }
        for root in &job.roots {
            let (shape, bytes) = (root.shape(data), root.bytes(data));
            work.written += bytes;
            work.chunks += job.target.count(&shape);
            work.coding += bytes as f64 / rates(&job.target).0;
            if let Expr::Product(of) = root {
                work.flops += 2 * shape.iter().product::<u64>() * of[0].shape(data)[1];
            }
        }
        work
    }

    /// Bytes that a plain copy would have to move.
    pub fn moved(&self) -> u64 {
        self.read.max(self.written)
    }
}

/// The least bytes a second at which a codec packs and unpacks.
fn rates(place: &Place) -> (f64, f64) {
    match place {
        Place::Arrs(Cut { codec: Codec::Zstd { .. }, .. }) => (0.1e9, 0.3e9),
        Place::Arrs(Cut { codec: Codec::Lz4, .. }) => (0.2e9, 0.5e9),
        Place::Arrs(Cut { codec: Codec::Pco { .. }, .. }) => (0.03e9, 0.2e9),
        _ => (f64::INFINITY, f64::INFINITY),
    }
}
