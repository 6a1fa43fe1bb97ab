//! A disk that the storages of its files share. It logs what they do, and fails on demand.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use nix::libc;

use super::FaultyStorage;
use super::image::{Image, Op};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// With an error of the system, before anything was done.
    Error(i32),
    /// After half of a read or write. Other calls fail with `EIO`.
    Half,
}

impl Failure {
    pub(crate) const ALL: [Failure; 4] =
        [Failure::Error(libc::EIO), Failure::Error(libc::ENOSPC), Failure::Error(libc::EINTR), Failure::Half];

    pub(super) fn error(self) -> io::Error {
        match self {
            Failure::Error(number) => io::Error::from_raw_os_error(number),
            Failure::Half => io::Error::from_raw_os_error(libc::EIO),
        }
    }
}

/// Which calls of a storage fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The number of the first call that fails, counted from 0.
    pub(crate) at: u64,
    /// Whether later calls fail, too.
    pub(crate) for_good: bool,
    pub(crate) failure: Failure,
}

/// The state of a disk.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) image: Image,
    pub(super) log: Vec<Op>,
    /// The storages of each file that are in use. Their locks go with them.
    storages: Vec<Weak<FaultyStorage>>,
    calls: u64,
    fault: Option<Fault>,
    /// Whether readers of the slots see the newest commit alone.
    pub(super) hides_older: bool,
}

impl State {
    pub(super) fn apply(&mut self, op: Op) {
        self.image.apply(&op);
        self.log.push(op);
    }

    /// Counts a call, and tells how it fails, if it does.
    pub(super) fn call(&mut self) -> Option<Failure> {
        let call = self.calls;
        self.calls += 1;
        let fault = self.fault?;
        (call == fault.at || (call > fault.at && fault.for_good)).then_some(fault.failure)
    }

    /// A number that is different for each fault and each call.
    pub(super) fn seed(&self) -> u64 {
        let kind = self.fault.map_or(0, |fault| match fault.failure {
            Failure::Error(number) => number as u64 * 2 + u64::from(fault.for_good),
            Failure::Half => u64::from(fault.for_good),
        });
        kind << 32 | self.calls
    }
}

/// A disk in memory: some files, one name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    state: Arc<Mutex<State>>,
}

impl Disk {
    /// An empty disk.
    pub(crate) fn new() -> Disk {
        Disk::default()
    }

    /// A disk with one file, which has the name.
    pub(crate) fn of(bytes: Vec<u8>) -> Disk {
        let disk = Disk::new();
        disk.state().image = Image::of(bytes);
        disk.state().storages.push(Weak::new());
        disk
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new file, which has no name yet.
    pub(crate) fn create(&self) -> Arc<FaultyStorage> {
        let file = self.state().image.count();
        let storage = Arc::new(FaultyStorage::new(self.clone(), file));
        let mut state = self.state();
        state.apply(Op::Create);
        state.storages.push(Arc::downgrade(&storage));
        storage
    }

    /// The file that has the name.
    pub(crate) fn open(&self) -> Option<Arc<FaultyStorage>> {
        let mut state = self.state();
        let file = state.image.named()?;
        let storage = state.storages[file]
            .upgrade()
            .unwrap_or_else(|| Arc::new(FaultyStorage::new(self.clone(), file)));
        state.storages[file] = Arc::downgrade(&storage);
        Some(storage)
    }

    /// The number of calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Lets calls fail; `None` lets all succeed.
    pub(crate) fn fail(&self, fault: Option<Fault>) {
        self.state().fault = fault;
    }

    /// Notes that a commit was acknowledged.
    pub(crate) fn acknowledged(&self) {
        self.state().apply(Op::Acknowledged);
    }
}
