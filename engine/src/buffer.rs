//! Working memory: aligned buffers. Large buffers go back to the system when they are dropped.

use std::cell::RefCell;

use memmap2::MmapMut;

use crate::{Error, Result};

/// A buffer below this size comes from the allocator, so that its memory is warm the next time. The allocator keeps
/// about twice this size for each thread (the 2 MiB that a thread may use beside the budget). A buffer from this size
/// on comes from `mmap` and goes back to the system.
const MAP_FROM: usize = (1 << 20) + 1;

/// Bytes of dropped buffers that a thread keeps for its next buffers. Fresh memory has to be cleared, which takes as
/// long as computing its contents.
const KEPT: usize = MAP_FROM + (128 << 10);
/// Smaller buffers are not kept.
const KEPT_FROM: usize = 4 << 10;

thread_local! {
    /// The kept buffers, the most recently dropped one last.
    static SPARE: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Bytes of a huge page.
#[cfg(target_os = "linux")]
const HUGE: usize = 2 << 20;

/// Bytes aligned to at least 64. Take their number from the budget first.
#[derive(Debug, Default)]
pub struct Buffer {
    store: Store,
    len: usize,
}

#[derive(Debug, Default)]
enum Store {
    #[default]
    Empty,
    Heap(Vec<Line>),
    Map(MmapMut),
}

#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

impl Buffer {
    /// A buffer of `len` zero bytes.
    ///
    /// # Errors
    /// When the system has too little memory.
    pub fn new(len: usize) -> Result<Buffer> {
        let store = match len {
            0 => Store::Empty,
            1..MAP_FROM => Store::Heap(
                bytemuck::try_zeroed_vec(len.div_ceil(64))
                    .map_err(|()| Error::io("(memory)", std::io::ErrorKind::OutOfMemory.into()))?,
            ),
            _ => Store::Map(anonymous(len).map_err(|e| Error::io("(anonymous memory)", e))?),
        };
        Ok(Buffer { store, len })
    }

    /// A buffer of `len` bytes with arbitrary contents, to be written before it is read.
    ///
    /// # Errors
    /// As [`Buffer::new`].
    pub(crate) fn unfilled(len: usize) -> Result<Buffer> {
        let lines = len.div_ceil(64);
        let fits = |kept: &Vec<Line>| (lines..=2 * lines).contains(&kept.len());
        let spare = with_spare(|spare| spare.iter().position(fits).map(|at| spare.remove(at)));
        match spare.flatten() {
            Some(lines) => Ok(Buffer { store: Store::Heap(lines), len }),
            None => Buffer::new(len),
        }
    }

    /// Makes the buffer at least `len` bytes long. If it has to grow, its contents are lost and its bytes are
    /// arbitrary.
    ///
    /// # Errors
    /// As [`Buffer::new`].
    pub fn reserve(&mut self, len: usize) -> Result<&mut [u8]> {
        if self.len < len {
            *self = Buffer::default();
            *self = Buffer::unfilled(len)?;
        }
        Ok(self.get_mut(len))
    }

    /// Bytes held.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        let none: &[Line] = &[];
        let all = match &self.store {
            // aligned like any other buffer, so that it can be cast to elements
            Store::Empty => bytemuck::cast_slice(none),
            Store::Heap(lines) => bytemuck::cast_slice(lines),
            Store::Map(map) => &map[..],
        };
        all.get(..self.len).unwrap_or(all)
    }

    /// All bytes, mutable.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.len;
        let none: &mut [Line] = &mut [];
        let all: &mut [u8] = match &mut self.store {
            Store::Empty => bytemuck::cast_slice_mut(none),
            Store::Heap(lines) => bytemuck::cast_slice_mut(lines),
            Store::Map(map) => &mut map[..],
        };
        let len = len.min(all.len());
        &mut all[..len]
    }

    fn get_mut(&mut self, len: usize) -> &mut [u8] {
        let all = self.bytes_mut();
        let len = len.min(all.len());
        &mut all[..len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let Store::Heap(lines) = std::mem::take(&mut self.store) else { return };
        let size = |lines: &Vec<Line>| lines.len() * size_of::<Line>();
        if size(&lines) < KEPT_FROM {
            return;
        }
        with_spare(|spare| {
            spare.push(lines);
            while spare.iter().map(size).sum::<usize>() > KEPT {
                spare.remove(0);
            }
        });
    }
}

/// Calls `f` with the buffers that this thread keeps, unless the thread is ending.
fn with_spare<T>(f: impl FnOnce(&mut Vec<Vec<Line>>) -> T) -> Option<T> {
    SPARE.try_with(|spare| spare.try_borrow_mut().ok().map(|mut spare| f(&mut spare))).ok().flatten()
}

/// Fresh memory, in huge pages if the system has them: a page fault for each small page takes longer than filling the
/// page.
fn anonymous(len: usize) -> std::io::Result<MmapMut> {
    let map = MmapMut::map_anon(len)?;
    #[cfg(target_os = "linux")]
    if len >= HUGE {
        // a system without huge pages gives small ones
        let _ = map.advise(memmap2::Advice::HugePage);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned_zeroed_and_grow() {
        for len in [0, 1, 63, 64, 65, MAP_FROM - 1, MAP_FROM, MAP_FROM + 1] {
            let mut b = Buffer::new(len).unwrap();
            assert!(b.bytes_mut().as_ptr().addr().is_multiple_of(64));
            assert_eq!(b.bytes().len(), len);
            assert!(b.bytes().iter().all(|&x| x == 0));
            assert!(b.bytes().as_ptr().addr().is_multiple_of(64));
            assert_eq!(b.reserve(len + 10).unwrap().len(), len + 10);
        }
    }
}
