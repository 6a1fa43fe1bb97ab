//! The budget: the limit of the process's working memory.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use crate::{Error, Result};

/// A budget of bytes, shared by all computations under it. A clone is the same budget.
///
/// A computation takes all its memory at once, and waits until there is enough. So two computations never wait for each
/// other.
#[derive(Clone, Debug)]
pub struct Budget(Arc<State>);

#[derive(Debug)]
struct State {
    total: u64,
    /// Bytes of a computation that runs now.
    used: Mutex<u64>,
    /// Bytes that expressions hold between computations.
    held: Arc<AtomicU64>,
    freed: Condvar,
    peak: AtomicU64,
}

/// Bytes taken from a [`Budget`]. Dropping the permit gives them back.
#[derive(Debug)]
pub struct Permit {
    budget: Budget,
    bytes: u64,
}

/// Elements that an expression holds in memory until it is dropped. Computations then have less room.
#[doc(hidden)]
#[derive(Debug)]
pub struct Hold {
    held: Arc<AtomicU64>,
    bytes: u64,
}

impl Budget {
    /// A budget of `total` bytes.
    pub fn new(total: u64) -> Budget {
        Budget::with(total, Arc::default())
    }

    fn with(total: u64, held: Arc<AtomicU64>) -> Budget {
        let (used, freed, peak) = (Mutex::new(0), Condvar::new(), AtomicU64::new(0));
        Budget(Arc::new(State { total, used, held, freed, peak }))
    }

    /// Another budget of `total` bytes, in which the same elements are held.
    pub(crate) fn resized(&self, total: u64) -> Budget {
        Budget::with(total, self.0.held.clone())
    }

    /// Bytes that a computation may take: the budget without what expressions hold.
    pub(crate) fn room(&self) -> u64 {
        self.0.total.saturating_sub(self.0.held.load(Ordering::Relaxed))
    }

    /// Holds `bytes` until the result is dropped. `None`: expressions would hold more than an eighth of the budget.
    pub(crate) fn hold(&self, bytes: u64) -> Option<Hold> {
        let more = |held: u64| held.checked_add(bytes).filter(|&held| held <= self.0.total / 8);
        let held = &self.0.held;
        held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Hold { held: held.clone(), bytes })
    }

    /// The process's own budget: 70 % of the memory of the container (cgroup) or of the machine. All callers share it.
    pub fn of_machine() -> Budget {
        static SHARED: OnceLock<Budget> = OnceLock::new();
        SHARED.get_or_init(|| Budget::new(machine_limit() / 10 * 7)).clone()
    }

    /// The size of the budget, in bytes.
    pub fn total(&self) -> u64 {
        self.0.total
    }

    /// Bytes not taken at this moment.
    pub fn available(&self) -> u64 {
        let used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.total.saturating_sub(*used)
    }

    /// The most that was taken at one time.
    pub fn peak(&self) -> u64 {
        self.0.peak.load(Ordering::Relaxed)
    }

    /// Takes `bytes`. If too few are available beside what expressions hold, it waits until other permits are dropped.
    ///
    /// # Errors
    /// [`Error::Budget`] when the whole budget is smaller than `bytes`. `what` names the caller in the message.
    #[doc(hidden)]
    pub fn take(&self, bytes: u64, what: &str) -> Result<Permit> {
        if bytes > self.0.total {
            return Err(self.refusal(bytes, what));
        }
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        // one computation may always run: what is held may have become more since it was planned
        while *used > 0 && *used + bytes > self.room() {
            used = self.0.freed.wait(used).unwrap_or_else(PoisonError::into_inner);
        }
        *used += bytes;
        self.0.peak.fetch_max(*used, Ordering::Relaxed);
        Ok(Permit { budget: self.clone(), bytes })
    }

    /// The error that states how large a budget would be enough.
    #[doc(hidden)]
    pub fn refusal(&self, needed: u64, what: &str) -> Error {
        Error::Budget { what: what.to_owned(), needed, budget: self.0.total, result: false }
    }
}

impl Hold {
    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes held beside what `budget` knows.
    pub(crate) fn beside(&self, budget: &Budget) -> u64 {
        if Arc::ptr_eq(&self.held, &budget.0.held) { 0 } else { self.bytes }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Permit {
    /// Bytes taken.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut used = self.budget.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(self.bytes);
        self.budget.0.freed.notify_all();
    }
}

/// The machine's memory.
pub fn machine_memory() -> u64 {
    fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|t| {
            let line = t.lines().find(|l| l.starts_with("MemTotal:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .map_or(4 << 30, |kib| kib * 1024)
}

/// The smallest memory limit of this process: the limits of its cgroup (v1 or v2) and its parents, and the machine's
/// memory.
pub fn machine_limit() -> u64 {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    groups.lines().flat_map(group_limits).fold(machine_memory(), u64::min)
}

/// The limits of one line of `/proc/self/cgroup` (`id:controllers:path`), from the group up to the root.
fn group_limits(line: &str) -> Vec<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (root, file) = match controllers {
        "" => ("/sys/fs/cgroup", "memory.max"),
        c if c.split(',').any(|c| c == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut group = path.trim_end_matches('/');
    loop {
        let limit = fs::read_to_string(format!("{root}{group}/{file}"));
        found.extend(limit.ok().and_then(|t| t.trim().parse::<u64>().ok()));
        match group.rfind('/') {
            Some(at) => group = &group[..at],
            None => return found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_come_back_and_too_much_is_refused() {
        let budget = Budget::new(100);
        let first = budget.take(60, "first").unwrap();
        assert_eq!(budget.available(), 40);
        drop(first);
        assert_eq!((budget.available(), budget.peak()), (100, 60));
        let refused = budget.take(101, "a sum").unwrap_err();
        assert!(matches!(refused, Error::Budget { needed: 101, budget: 100, .. }), "{refused}");
    }

    #[test]
    fn what_is_held_leaves_less_room() {
        let budget = Budget::new(100);
        let first = budget.hold(8).unwrap();
        assert!(budget.hold(8).is_none());
        let second = budget.resized(80).hold(2).unwrap();
        assert_eq!((budget.room(), budget.resized(80).room(), budget.total()), (90, 70, 100));
        assert_eq!((first.beside(&budget), second.beside(&Budget::new(9))), (0, 2));
        drop((first, second));
        assert_eq!(budget.room(), 100);
    }

    #[test]
    fn the_machine_has_some_memory() {
        assert!(machine_limit() > 1 << 20);
    }
}
