//! System calls without a safe wrapper: read-only maps of files, the only place where file bytes are used without a
//! copy, and the start of writing back.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::TryLockError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use memmap2::{Mmap, MmapOptions, UncheckedAdvice};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

use super::bus::Watch;
use crate::sync::Mutex;

/// A file, or its beginning, mapped read-only and shared.
///
/// The bytes are handed out as `&[u8]`, which promises that nobody changes them. For `.arrs` files the protocol keeps
/// this promise: no write touches a page that a commit uses, space is reused only when no reader pins it, and a file
/// is never cut below a commit. Another program that writes into the file, or cuts it, breaks the promise, as it
/// would break any file. A page that was cut off, or that the disk cannot read, reads as zeros; [`FileMap::intact`]
/// tells.
#[derive(Debug)]
pub struct FileMap {
    // Fields are dropped in this order: addresses have to be watched for as long as they are mapped.
    watch: Watch,
    map: Mmap,
    file: File,
    /// Held by the thread that loads a range, so that the disk reads ranges in order.
    turn: Mutex<()>,
    /// The end of the range that was loaded last; the greatest number before any was.
    front: AtomicU64,
    /// The end of the last loaded range that was not in memory; 0 before any was.
    missing: AtomicU64,
}

const PAGE: usize = crate::PAGE;

/// Bytes that are read at a time to load them into memory.
const PIECE: usize = 64 << 10;

/// The most bytes between consecutive payloads: a table of checksums, and the rest of a page.
const GAP: u64 = 64 << 10;

/// A range of fewer bytes, which follows no other, is read without what comes after it.
const SHORT: usize = 1 << 20;

/// More bytes than the system reads ahead of a range.
const FOLLOWED: u64 = 32 << 20;

/// How long a thread sleeps before it tries again to load a range.
const PAUSE: Duration = Duration::from_micros(100);

/// Asks the system to begin writing dirty pages of a range to the disk, without waiting for it.
#[expect(unsafe_code, reason = "there is no safe wrapper of sync_file_range")]
pub(super) fn start_writeback(file: &File, range: &Range<u64>) {
    let len = range.end.saturating_sub(range.start);
    // SAFETY: the call takes a descriptor, which the borrow keeps open, and three numbers; it touches no memory. A
    // hint that fails costs time at the next sync, not correctness, so its result is ignored.
    let _ = unsafe {
        nix::libc::sync_file_range(
            file.as_raw_fd(),
            range.start as i64,
            len as i64,
            nix::libc::SYNC_FILE_RANGE_WRITE,
        )
    };
}

impl FileMap {
    /// Maps the first `len` bytes of `file`.
    ///
    /// # Errors
    /// When the file is shorter, `len` does not fit the address space, or the system refuses.
    #[expect(unsafe_code, reason = "mapping a file is unsafe: others may change it")]
    pub fn new(file: &File, len: u64) -> io::Result<FileMap> {
        let found = file.metadata()?.len();
        if found < len {
            let message = format!("cannot map {len} bytes of a file that has {found}");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
        let len = usize::try_from(len).map_err(|e| io::Error::new(io::ErrorKind::FileTooLarge, e))?;
        // SAFETY: the map is private to this type, read-only, and covers bytes that exist. That nobody changes
        // them while it lives is the protocol's promise, argued at the type; the bytes are only ever read as
        // integers and floats, for which every bit pattern is valid.
        let map = unsafe { MmapOptions::new().len(len).map(file)? };
        let start = map.as_ptr() as usize;
        Ok(FileMap {
            watch: Watch::new(start..start + map.len()),
            map,
            file: file.try_clone()?,
            turn: Mutex::new(()),
            front: AtomicU64::new(u64::MAX),
            missing: AtomicU64::new(0),
        })
    }

    /// Whether zeros have replaced bytes that could not be read. They stay zeros.
    pub fn is_lost(&self) -> bool {
        self.watch.is_lost()
    }

    /// Checks that all bytes read so far were those of the file. Call it after reading.
    ///
    /// # Errors
    /// When the file is now shorter than the map, or a page of it could not be read.
    pub fn intact(&self) -> io::Result<()> {
        let (len, found) = (self.map.len() as u64, self.file.metadata()?.len());
        if found < len {
            let message =
                format!("{len} bytes were in use, and {found} are left: the file was cut short meanwhile");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
        if self.is_lost() {
            let message = "a page could not be read: the disk failed, or the file was cut short for a while";
            return Err(io::Error::other(message));
        }
        Ok(())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Copies bytes of the file from byte `start` on, without touching the map.
    ///
    /// # Errors
    /// When they lie beyond the map, or cannot be read.
    pub fn read(&self, start: usize, out: &mut [u8]) -> io::Result<()> {
        if start.checked_add(out.len()).is_none_or(|end| end > self.map.len()) {
            let message =
                format!("{} bytes at byte {start} are beyond the {} mapped", out.len(), self.map.len());
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
        self.file.read_exact_at(out, start as u64)
    }

    /// Loads a range into memory by reading it from first to last, if it is not there yet. A disk does this faster
    /// than it answers page faults, and the pages are then in larger pieces. The map is not touched.
    pub fn bring(&self, bytes: Range<usize>) {
        let (_turn, holds) = loop {
            let (holds, follows) = (self.holds(bytes.clone()), self.follows(bytes.start as u64));
            // A range that follows the last one is read even if it is in memory: so the system goes on reading ahead.
            if holds && !follows {
                return;
            }
            if !follows && bytes.end.min(self.map.len()).saturating_sub(bytes.start) < SHORT {
                self.expect(bytes.clone());
                for end in [&self.front, &self.missing] {
                    end.store(bytes.end as u64, Ordering::Relaxed);
                }
                return;
            }
            match self.turn.try_lock() {
                // Another thread may be loading the range.
                Err(TryLockError::WouldBlock) if holds => return,
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                turn => break (turn, holds),
            }
        };
        let (mut at, end) = (bytes.start as u64, bytes.end.min(self.map.len()) as u64);
        let mut piece = [0; PIECE];
        // Bytes that cannot be read are noticed when they are used.
        while at < end
            && let Ok(n @ 1..) = self.file.read_at(&mut piece, at)
        {
            at += n as u64;
        }
        self.front.store(end, Ordering::Relaxed);
        if !holds {
            self.missing.store(end, Ordering::Relaxed);
        }
    }

    /// Has the system begin to read what is not in memory of a range, and no more than that, without waiting for it. Where
    /// many short ranges are read, the disk is so given many at a time.
    pub fn expect(&self, bytes: Range<usize>) {
        let len = bytes.end.min(self.map.len()).saturating_sub(bytes.start);
        let advice = PosixFadviseAdvice::POSIX_FADV_WILLNEED;
        // advice that is not taken costs time, not correctness
        let _ = posix_fadvise(&self.file, bytes.start as i64, len as i64, advice);
    }

    /// Whether a range that starts here follows the last one, and a range not long before was not in memory.
    fn follows(&self, start: u64) -> bool {
        let [front, missing] = [&self.front, &self.missing].map(|end| end.load(Ordering::Relaxed));
        (front..=front.saturating_add(GAP)).contains(&start) && start < missing.saturating_add(FOLLOWED)
    }

    /// Whether a range is in memory, judged by its first and its last byte.
    pub fn holds(&self, bytes: Range<usize>) -> bool {
        let end = bytes.end.min(self.map.len());
        bytes.start >= end || (self.is_resident(bytes.start) && self.is_resident(end - 1))
    }

    /// Whether the page of a byte is in memory. The answer is yes when the system does not tell, as for files of
    /// others: page faults then load the pages. Reading the byte to find out would start reading ahead there.
    #[expect(unsafe_code, reason = "there is no safe wrapper of mincore")]
    fn is_resident(&self, at: usize) -> bool {
        let page = self.map[at / PAGE * PAGE..].as_ptr().cast_mut();
        let mut resident = [1u8];
        // SAFETY: the address is that of a page of the map, which the borrow keeps alive; the page is not changed.
        // The system writes one byte for the one page asked for.
        let asked = unsafe { nix::libc::mincore(page.cast(), 1, resident.as_mut_ptr()) };
        asked != 0 || resident[0] & 1 != 0
    }

    /// Releases the pages that lie wholly inside the range. Their bytes stay readable: they come from the page cache
    /// again.
    #[expect(unsafe_code, reason = "advice that drops pages is unsafe for private maps, which this is not")]
    pub fn release(&self, bytes: Range<usize>) {
        let start = bytes.start.next_multiple_of(PAGE);
        let end = bytes.end.min(self.map.len()) / PAGE * PAGE;
        if start < end {
            // SAFETY: the map is shared and read-only, so pages that are dropped are read back from the file.
            let advice =
                unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start) };
            // Ignored advice costs memory, not correctness.
            let _ = advice;
        }
    }
}
