//! A reader that pins a commit beside a writer that reuses space. Their storage calls are interleaved at random. A
//! snapshot always shows the commit that it names, whatever the writer does meanwhile.

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::choose::Words;
use super::crashes::told;
use super::life::pattern;
use crate::{CreateOptions, DType, Error, FIXED, File, Lock, MemoryStorage, Meta, Result, Storage};

const WRITER: usize = 0;
const READER: usize = 1;
const BYTES: u64 = 40_000;
const COMMITS: u64 = 9;

thread_local! {
    /// Which of the two this thread is; `None` before they begin.
    static ME: Cell<Option<usize>> = const { Cell::new(None) };
    /// Header and slots as this thread read them last.
    static HEAD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// The rule that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// The writer does not see pins.
    Pins,
    /// The reader does not see how the slots changed while it pinned.
    SecondLook,
}

/// A storage that lets one thread make calls at a time, in an order that the seed decides.
#[derive(Debug)]
struct Turns {
    inner: MemoryStorage,
    turn: Mutex<Turn>,
    changed: Condvar,
    broken: Broken,
}

#[derive(Debug)]
struct Turn {
    words: Words,
    /// One call of this many gives the turn to the other thread.
    odds: [usize; 2],
    whose: usize,
    here: [bool; 2],
}

impl Turns {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<T>(&self, call: impl FnOnce() -> T) -> T {
        let Some(me) = ME.get() else { return call() };
        let mut turn = self.turn();
        while turn.whose != me && turn.here[1 - me] {
            turn = self.changed.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        let answer = call();
        let odds = turn.odds[me];
        turn.whose = if turn.words.below(odds) == 0 { 1 - me } else { me };
        self.changed.notify_all();
        answer
    }

    /// Runs one of the two.
    fn play<T>(&self, me: usize, part: impl FnOnce() -> T) -> T {
        ME.set(Some(me));
        let result = part();
        self.turn().here[me] = false;
        self.changed.notify_all();
        result
    }
}

impl Storage for Turns {
    fn len(&self) -> io::Result<u64> {
        self.call(|| self.inner.len())
    }
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        self.call(|| self.inner.read_exact_at(out, offset))?;
        if self.broken == Broken::SecondLook && ME.get() == Some(READER) && out.len() as u64 == FIXED {
            // Every second read gives the same as the one before.
            match HEAD.take() {
                Some(head) => out.copy_from_slice(&head),
                None => HEAD.set(Some(out.to_vec())),
            }
        }
        Ok(())
    }
    fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        self.call(|| self.inner.write_all_at(data, offset))
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.call(|| self.inner.set_len(len))
    }
    fn sync_data(&self) -> io::Result<()> {
        self.call(|| self.inner.sync_data())
    }
    fn lock_writer(&self) -> io::Result<Lock> {
        self.call(|| self.inner.lock_writer())
    }
    fn unlock_writer(&self) {
        self.call(|| self.inner.unlock_writer());
    }
    fn pin(&self, seq: u64) -> io::Result<Lock> {
        self.call(|| self.inner.pin(seq))
    }
    fn unpin(&self, seq: u64) {
        self.call(|| self.inner.unpin(seq));
    }
    fn is_pinned_below(&self, seq: u64) -> io::Result<bool> {
        let pinned = self.call(|| self.inner.is_pinned_below(seq))?;
        Ok(pinned && self.broken != Broken::Pins)
    }
}

/// Overwrites the array again and again: commit `n` holds pattern `n`. Some transactions are dropped, and some begin
/// with a new handle, which remembers nothing.
fn write(mut file: File, storage: &Arc<Turns>, words: &mut Words) -> Result<()> {
    while file.snapshot()?.seq() < COMMITS {
        if words.below(4) == 0 {
            file = File::on(storage.clone())?;
        }
        let transaction = file.begin()?;
        transaction.write(transaction.find("/a")?, &[0], &[BYTES], &pattern(BYTES, transaction.seq()))?;
        if words.below(4) > 0 {
            transaction.commit()?;
        }
    }
    Ok(())
}

/// Reads some snapshots. Each has to hold the pattern of its commit.
fn read(file: &File) -> std::result::Result<(), String> {
    let text = |e: Error| e.to_string();
    for _ in 0..4 {
        let snapshot = file.snapshot().map_err(text)?;
        let mut out = vec![0; BYTES as usize];
        let array = snapshot.array("/a").map_err(text)?;
        array.read(&[0], &[BYTES], &mut out).map_err(text)?;
        if out != pattern(BYTES, snapshot.seq()) {
            return Err(format!("commit {} holds another pattern", snapshot.seq()));
        }
        let report = snapshot.verify(&|_, _| true).map_err(text)?;
        if !report.is_sound() {
            return Err(report.to_string());
        }
    }
    Ok(())
}

/// Runs a reader and a writer side by side. The error is that of the reader.
fn side_by_side(seed: u64, broken: Broken) -> std::result::Result<(), String> {
    let mut words = Words::new(seed);
    let odds = [0; 2].map(|_| [2, 5, 20, 100][words.below(4)]);
    let mut choices = Words::new(words.next());
    let turn = Turn { words, odds, whose: WRITER, here: [true; 2] };
    let inner = MemoryStorage::new();
    let storage = Arc::new(Turns { inner, turn: Mutex::new(turn), changed: Condvar::new(), broken });
    let file = File::create_on(storage.clone(), &CreateOptions::default()).expect("a file");
    let first = || -> Result<()> {
        let transaction = file.begin()?;
        let id = transaction.create_array("/a", Meta::new(DType::U8, &[BYTES], &[10_000]))?;
        transaction.write(id, &[0], &[BYTES], &pattern(BYTES, 1))?;
        transaction.commit().map(drop)
    };
    first().expect("a commit");
    let reader = File::on(storage.clone()).expect("a file");
    let (written, seen) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| storage.play(WRITER, || write(file, &storage, &mut choices)));
        let reader = scope.spawn(|| storage.play(READER, || read(&reader)));
        (writer.join(), reader.join())
    });
    assert!(matches!(written, Ok(Ok(()))), "{written:?}");
    seen.expect("no panic")
}

#[test]
fn snapshots_stay_the_same_while_space_is_reused() {
    let schedules = told("ARRSTORE_CRASHES").map_or(1000, |n| n / 20) as u64;
    for seed in 0..schedules {
        side_by_side(seed, Broken::Nothing).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    }
    eprintln!("{schedules} schedules");
}

#[test]
fn a_broken_handshake_is_caught() {
    for broken in [Broken::Pins, Broken::SecondLook] {
        assert!(
            (0..2000).any(|seed| side_by_side(seed, broken).is_err()),
            "{broken:?}, but nothing shows it"
        );
    }
}
