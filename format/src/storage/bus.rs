//! Maps whose pages vanish. When another program cuts the file short, or the disk cannot read it, touching a page
//! raises SIGBUS, and SIGBUS kills the process.
//!
//! So the first map installs a handler. For an address inside one of our maps, it puts zeros from the faulty page to
//! the end of the map, and notes that the map is lost. The instruction then runs again and reads zeros. After reading
//! a map in place, a caller asks whether it is lost, and then discards its result. Any other SIGBUS goes to the
//! handler that was there before.
//!
//! The alternative is to read into a buffer with `pread`. It costs a copy of every byte; this costs a look at a flag.

use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use nix::libc;

/// The addresses of one map. Watched maps are reused and never freed, so that the handler can walk them at any
/// moment.
#[derive(Debug)]
struct WatchedMap {
    taken: AtomicBool,
    lost: AtomicBool,
    start: AtomicUsize,
    end: AtomicUsize,
    next: AtomicPtr<WatchedMap>,
}

static FIRST: AtomicPtr<WatchedMap> = AtomicPtr::new(ptr::null_mut());
static PAGE: AtomicUsize = AtomicUsize::new(crate::PAGE);
/// The handler of SIGBUS that was there before.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

/// Watches the addresses of a map until it is dropped, which must be before they are unmapped.
#[derive(Debug)]
pub(super) struct Watch {
    map: &'static WatchedMap,
}

impl Watch {
    pub(super) fn new(addresses: Range<usize>) -> Watch {
        BEFORE.get_or_init(install);
        let free = |e: &&WatchedMap| {
            e.taken.compare_exchange(false, true, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        let map = watched_maps().find(free).unwrap_or_else(add);
        map.lost.store(false, Ordering::Relaxed);
        map.start.store(addresses.start, Ordering::Relaxed);
        // Without an end, no address is inside.
        map.end.store(addresses.end, Ordering::Release);
        Watch { map }
    }

    /// Whether a page could not be read, so that zeros have replaced it.
    pub(super) fn is_lost(&self) -> bool {
        self.map.lost.load(Ordering::Acquire)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.map.end.store(0, Ordering::Release);
        self.map.taken.store(false, Ordering::Release);
    }
}

/// All watched maps.
#[expect(unsafe_code, reason = "a list that a signal handler walks cannot have a lock")]
fn watched_maps() -> impl Iterator<Item = &'static WatchedMap> {
    let mut at = FIRST.load(Ordering::Acquire);
    std::iter::from_fn(move || {
        // SAFETY: FIRST and `next` hold null or a pointer from `add`, which leaks its value. So the value is never
        // freed or moved. It is only shared, and its fields are atomic.
        let map = unsafe { at.as_ref() }?;
        at = map.next.load(Ordering::Acquire);
        Some(map)
    })
}

/// Adds another watched map, taken.
fn add() -> &'static WatchedMap {
    let map: &'static mut WatchedMap = Box::leak(Box::new(WatchedMap {
        taken: AtomicBool::new(true),
        lost: AtomicBool::new(false),
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        next: AtomicPtr::new(ptr::null_mut()),
    }));
    let new: *mut WatchedMap = map;
    let mut first = FIRST.load(Ordering::Acquire);
    loop {
        map.next.store(first, Ordering::Relaxed);
        match FIRST.compare_exchange(first, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return map,
            Err(now) => first = now,
        }
    }
}

/// Installs the handler, and gives the one that was there before.
#[expect(unsafe_code, reason = "signals have no safe interface")]
fn install() -> libc::sigaction {
    // SAFETY: sysconf takes a number and gives one.
    if let Ok(page) = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }) {
        PAGE.store(page, Ordering::Relaxed);
    }
    // SAFETY: `sigaction` is plain numbers, for which zeros are valid. The handler is a function of the signature that
    // SA_SIGINFO asks for, and it calls only what may be called in a signal handler. It runs on the alternate stack
    // that Rust gives each thread.
    unsafe {
        let mut before: libc::sigaction = std::mem::zeroed();
        let mut ours = before;
        ours.sa_sigaction = on_bus as *const () as usize;
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGBUS, &ours, &mut before);
        before
    }
}

/// The handler.
#[expect(unsafe_code, reason = "signals have no safe interface")]
extern "C" fn on_bus(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid `siginfo_t` to a handler with SA_SIGINFO, and errno is this thread's own.
    let (code, address, errno) =
        unsafe { ((*info).si_code, (*info).si_addr() as usize, *libc::__errno_location()) };
    // Positive codes come from the kernel. Unaligned access has nothing to do with the page.
    let about_pages = code > 0 && code != libc::BUS_ADRALN;
    if about_pages && watched_maps().any(|map| map.blank(address)) {
        // SAFETY: as above.
        unsafe { *libc::__errno_location() = errno };
        return;
    }
    pass_on(signal, info, context);
}

impl WatchedMap {
    /// Puts zeros in place of the page at an address and all pages behind it, if the address is in this map.
    #[expect(unsafe_code, reason = "a page can only be replaced by its address")]
    fn blank(&self, address: usize) -> bool {
        let end = self.end.load(Ordering::Acquire);
        let start = self.start.load(Ordering::Relaxed);
        if !(start..end).contains(&address) {
            return false;
        }
        self.lost.store(true, Ordering::Release);
        let page = PAGE.load(Ordering::Relaxed);
        let from = address / page * page;
        // SAFETY: the range lies in a watched map, so it is mapped and ours. The map begins at a page, and its last
        // page is wholly ours. The memory that replaces it can be read as before. mmap is a system call without
        // locks.
        let placed = unsafe {
            libc::mmap(
                from as *mut libc::c_void,
                end.next_multiple_of(page) - from,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        placed != libc::MAP_FAILED
    }
}

/// Passes a signal on to the handler that was there before.
#[expect(unsafe_code, reason = "signals have no safe interface")]
fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let before = BEFORE.get().filter(|b| ![libc::SIG_DFL, libc::SIG_IGN].contains(&b.sa_sigaction));
    // SAFETY: the earlier handler has the signature that its flags tell, and gets the arguments of the kernel.
    // Without an earlier handler, the default is restored: the instruction runs again, and the process dies as it
    // would have.
    unsafe {
        match before {
            Some(before) if before.sa_flags & libc::SA_SIGINFO != 0 => {
                let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                    std::mem::transmute(before.sa_sigaction);
                handler(signal, info, context);
            }
            Some(before) => {
                let handler: extern "C" fn(libc::c_int) = std::mem::transmute(before.sa_sigaction);
                handler(signal);
            }
            None => {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
    }
}
