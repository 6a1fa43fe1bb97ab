//! Memory that the system refuses. Every large allocation fails once; that is an error, and does no harm.
//!
//! A small allocation that fails ends the process, as in any program with Rust's standard library. Large allocations
//! are those whose length a file decides.

#![expect(unsafe_code, reason = "implementing an allocator is unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use arrstore_format::{Codec, CreateOptions, DType, File, Meta, Result, Snapshot, compact, salvage};

/// Allocations of at least this many bytes are large.
const LARGE: usize = 64 << 10;

/// Large allocations until one fails; below zero, none fails.
static LEFT: AtomicI64 = AtomicI64::new(-1);

struct Scarce;

fn refuses(size: usize) -> bool {
    size >= LARGE && LEFT.load(Ordering::Relaxed) >= 0 && LEFT.fetch_sub(1, Ordering::Relaxed) == 0
}

// SAFETY: every call goes to the system's allocator, or returns null, as an allocator does when it has no memory.
unsafe impl GlobalAlloc for Scarce {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of the method, which is that of the system's allocator.
        if refuses(layout.size()) { std::ptr::null_mut() } else { unsafe { System.alloc(layout) } }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of the method, which is that of the system's allocator.
        if refuses(layout.size()) { std::ptr::null_mut() } else { unsafe { System.alloc_zeroed(layout) } }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract of the method, which is that of the system's allocator.
        if refuses(size) { std::ptr::null_mut() } else { unsafe { System.realloc(at, layout, size) } }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of the method, which is that of the system's allocator.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Scarce = Scarce;

const SIDE: u64 = 200;

fn metas() -> [(&'static str, Meta); 4] {
    let meta = || Meta::new(DType::F64, &[2 * SIDE, SIDE], &[SIDE, SIDE]);
    let mut turned = meta();
    turned.order = vec![1, 0];
    [
        ("/raw", meta()),
        ("/turned", turned),
        ("/zstd", meta().encoded(Codec::Zstd { level: 1 }, true)),
        ("/lz4", meta().encoded(Codec::Lz4, true)),
    ]
}

/// The whole life of a file, from its creation to its salvage.
fn life(folder: &Path, data: &[u8], out: &mut [u8]) -> Result<()> {
    let path = folder.join("x.arrs");
    let file = File::create(&path, &CreateOptions::default().overwrite(true))?;
    let transaction = file.begin()?;
    for (name, meta) in metas() {
        let id = transaction.create_array(name, meta)?;
        transaction.write(id, &[0, 0], &[2 * SIDE, SIDE], data)?;
        transaction.write(id, &[3, 5], &[SIDE, 2], &data[..SIDE as usize * 2 * 8])?;
    }
    transaction.commit()?;
    let snapshot = file.snapshot()?;
    afresh(|| {
        let arrays = snapshot.arrays()?;
        arrays.iter().try_for_each(|name| snapshot.array(name)?.read(&[0, 0], &[2 * SIDE, SIDE], out))
    })?;
    afresh(|| snapshot.verify(&|_, _| true))?;
    afresh(|| merge(&snapshot, folder))?;
    afresh(|| compact(&path, &|_, _| true))?;
    let saved = afresh(|| salvage(&path, folder.join("saved.arrs"), &|_, _| true))?;
    saved.lost.into_iter().next().map_or(Ok(()), |damage| Err(damage.error))
}

/// Runs work in a new thread, which has no buffers yet.
fn afresh<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| scope.spawn(work).join()).expect("no panic")
}

/// Copies all arrays into another file, without decoding them.
fn merge(snapshot: &Snapshot, folder: &Path) -> Result<()> {
    let merged = File::create(folder.join("merged.arrs"), &CreateOptions::default().overwrite(true))?;
    let transaction = merged.begin()?;
    for (name, meta) in metas() {
        let id = transaction.create_array(name, meta)?;
        transaction.copy_part(id, &[0, 0], &snapshot.array(name)?, &mut |_| Ok(()))?;
    }
    transaction.commit().map(drop)
}

#[test]
fn every_large_allocation_may_fail() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data: Vec<u8> = (0..2 * SIDE * SIDE * 8).map(|i| (i ^ i >> 7 ^ i >> 15) as u8).collect();
    let mut out = vec![0; data.len()];
    life(folder.path(), &data, &mut out).expect("with memory enough, all is well");
    let (mut failed, mut nth) = (0, 0);
    loop {
        std::fs::remove_file(folder.path().join("saved.arrs")).ok();
        LEFT.store(nth, Ordering::Relaxed);
        // A new thread has no buffers of earlier lives.
        let ended = std::thread::scope(|scope| scope.spawn(|| life(folder.path(), &data, &mut out)).join());
        let left = LEFT.swap(-1, Ordering::Relaxed);
        if left >= 0 {
            break;
        }
        failed += usize::from(ended.expect("no panic").is_err());
        // Whatever happened, the file is at a commit.
        let file = File::open(folder.path().join("x.arrs")).expect("it opens");
        let report = file.snapshot().and_then(|s| s.verify(&|_, _| true)).expect("it can be verified");
        assert!(report.is_sound(), "after large allocation {nth}: {report}");
        nth += 1;
    }
    println!("{nth} large allocations failed; {failed} of these were errors");
    assert!(failed >= 10, "only {failed} of {nth} failed allocations were errors");
}
