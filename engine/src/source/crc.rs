//! One checksum over all bytes of a part of a file, computed while a run reads the bytes.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crc32fast::Hasher;

use crate::{Error, Result};

/// Least bytes of a block: callers hand over bytes in units of this size.
const BLOCK: u64 = 64 << 10;

/// The most blocks, whose checksums take 16 MiB. A part of more than 128 GiB has larger blocks.
const MOST_BLOCKS: u64 = 2 << 20;

/// Marks a block whose checksum is known.
const SEEN: u64 = 1 << 32;

/// The CRC-32 of a part of a file, for example of a member of a zip archive.
///
/// It can be compared only after all bytes have been read. So each reader records the checksums of the blocks that it
/// reads, in any order and in any thread ([`FileCrc::saw`]). At the end, [`FileCrc::check`] reads the remaining blocks
/// and combines all checksums.
#[derive(Debug)]
pub struct FileCrc {
    file: File,
    label: PathBuf,
    /// The range of bytes that the checksum covers.
    part: Range<u64>,
    /// The byte at which the first block starts. Bytes before it are read at the end.
    body: u64,
    expected: u32,
    block: u64,
    blocks: Vec<AtomicU64>,
    threads: usize,
    cancel: Arc<AtomicBool>,
    found: OnceLock<u32>,
}

impl FileCrc {
    /// The checksum `expected` of the bytes `part` of `file`. A run is going to read bytes from `body` on. At the end,
    /// `threads` threads read the remaining bytes, unless `cancel` is set. Errors name `label`.
    ///
    /// # Errors
    /// When the file cannot be opened again, or memory is short.
    pub fn new(
        (label, file): (&Path, &File),
        (part, body): (Range<u64>, u64),
        expected: u32,
        threads: usize,
        cancel: Arc<AtomicBool>,
    ) -> Result<FileCrc> {
        let len = part.end.saturating_sub(body);
        let block = len.div_ceil(MOST_BLOCKS).next_power_of_two().max(BLOCK);
        let count = len.div_ceil(block) as usize;
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(count).map_err(|e| Error::Other(format!("{}: {e}", label.display())))?;
        blocks.resize_with(count, AtomicU64::default);
        Ok(FileCrc {
            file: file.try_clone().map_err(|e| Error::io(label, e))?,
            label: label.to_owned(),
            part,
            body,
            expected,
            block,
            blocks,
            threads: threads.max(1),
            cancel,
            found: OnceLock::new(),
        })
    }

    /// Records the checksums of the blocks that lie wholly in `bytes`, which start at byte `at` of the body.
    pub fn saw(&self, at: u64, bytes: &[u8]) {
        let end = at + bytes.len() as u64;
        let first = at.div_ceil(self.block);
        for (number, block) in self.blocks.iter().enumerate().skip(first as usize) {
            let range = self.range(number);
            if range.end > end {
                return;
            }
            if block.load(Ordering::Relaxed) == 0
                && let Some(bytes) = bytes.get((range.start - at) as usize..(range.end - at) as usize)
            {
                block.store(SEEN | u64::from(crc32fast::hash(bytes)), Ordering::Relaxed);
            }
        }
    }

    /// Reads the remaining blocks, and compares the checksum of all bytes with the expected one.
    ///
    /// # Errors
    /// When the checksums differ, when the file cannot be read, or when the run was cancelled.
    pub fn check(&self) -> Result<()> {
        let found = match self.found.get() {
            Some(found) => *found,
            None => {
                let found = self.whole()?;
                *self.found.get_or_init(|| found)
            }
        };
        if found == self.expected {
            return Ok(());
        }
        let reason = format!(
            "is damaged: expected CRC-32 {:08x} over its {} bytes, found {found:08x}",
            self.expected,
            self.part.end - self.part.start,
        );
        Err(Error::Npy { path: self.label.clone(), reason })
    }

    /// The checksum of all bytes.
    fn whole(&self) -> Result<u32> {
        let unseen = self.blocks.iter().filter(|block| block.load(Ordering::Relaxed) == 0).count();
        let next = AtomicUsize::new(0);
        let read = || self.read_unseen(&next);
        std::thread::scope(|scope| {
            let helpers: Vec<_> = (1..self.threads.min(unseen)).map(|_| scope.spawn(read)).collect();
            helpers.into_iter().fold(read(), |done, helper| {
                let gone = || {
                    Error::Other(format!(
                        "{}: a thread that was checking the file ended early",
                        self.label.display()
                    ))
                };
                done.and(helper.join().map_err(|_| gone()).flatten())
            })
        })?;
        let mut all =
            Hasher::new_with_initial_len(self.hash(self.part.start..self.body)?, self.body - self.part.start);
        for (number, block) in self.blocks.iter().enumerate() {
            let range = self.range(number);
            all.combine(&Hasher::new_with_initial_len(
                block.load(Ordering::Relaxed) as u32,
                range.end - range.start,
            ));
        }
        Ok(all.finalize())
    }

    /// Reads blocks without a recorded checksum, until `next` has passed the last block.
    fn read_unseen(&self, next: &AtomicUsize) -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(block) = self.blocks.get(number) else { return Ok(()) };
            if block.load(Ordering::Relaxed) == 0 {
                let range = self.range(number);
                let crc = self.hash(self.body + range.start..self.body + range.end)?;
                block.store(SEEN | u64::from(crc), Ordering::Relaxed);
            }
        }
    }

    /// The range of a block's bytes, relative to the body.
    fn range(&self, number: usize) -> Range<u64> {
        let start = number as u64 * self.block;
        start..(start + self.block).min(self.part.end - self.body)
    }

    /// The checksum of some bytes of the file.
    fn hash(&self, bytes: Range<u64>) -> Result<u32> {
        let mut piece = [0; BLOCK as usize];
        let (mut hasher, mut at) = (Hasher::new(), bytes.start);
        while at < bytes.end {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            let n = (bytes.end - at).min(BLOCK);
            let Some(piece) = piece.get_mut(..n as usize) else { break };
            self.file.read_exact_at(piece, at).map_err(|e| Error::io(&self.label, e))?;
            hasher.update(piece);
            at += n;
        }
        Ok(hasher.finalize())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const HEAD: u64 = 100;

    fn crc(bytes: &[u8], expected: u32, threads: usize) -> FileCrc {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let part = 10..bytes.len() as u64 - 10;
        FileCrc::new((Path::new("x"), &file), (part, HEAD), expected, threads, Arc::default()).unwrap()
    }

    #[test]
    fn whatever_was_seen_and_in_whatever_order() {
        for len in [HEAD + 10, HEAD + 11, HEAD + 10 + BLOCK, HEAD + 5 * BLOCK + 777] {
            let bytes: Vec<u8> = (0..len).map(|k| ((k * k) >> 5) as u8).collect();
            let expected = crc32fast::hash(&bytes[10..bytes.len() - 10]);
            let body = &bytes[HEAD as usize..bytes.len() - 10];
            for (threads, pieces) in [
                (1, vec![]),
                (3, vec![]),
                (1, vec![0..100_000, 0..1 << 30]),
                (2, vec![200_000..1 << 30, 70_000..300_000]),
            ] {
                let one = crc(&bytes, expected, threads);
                for piece in pieces {
                    let piece = piece.start.min(body.len())..piece.end.min(body.len());
                    one.saw(piece.start as u64, &body[piece]);
                }
                one.check().unwrap();
                one.check().unwrap();
            }
        }
    }

    #[test]
    fn a_flipped_bit_is_found_wherever_it_is_and_whoever_reads_it() {
        let bytes = vec![7; (HEAD + 3 * BLOCK) as usize];
        let expected = crc32fast::hash(&bytes[10..bytes.len() - 10]);
        for at in [10, HEAD as usize, 99_999, bytes.len() - 11] {
            for sees in [false, true] {
                let mut bytes = bytes.clone();
                bytes[at] ^= 4;
                let one = crc(&bytes, expected, 2);
                if sees {
                    one.saw(0, &bytes[HEAD as usize..bytes.len() - 10]);
                }
                let error = one.check().unwrap_err().to_string();
                assert!(error.contains("x: is damaged") && one.check().is_err(), "{error}");
            }
        }
        // bytes outside the part do not matter
        let mut bytes = bytes;
        bytes[9] ^= 1;
        crc(&bytes, expected, 1).check().unwrap();
    }

    #[test]
    fn a_cancelled_run_reads_no_more() {
        let one = crc(&vec![0; 1 << 20], 0, 1);
        one.cancel.store(true, Ordering::Relaxed);
        assert!(matches!(one.check(), Err(Error::Cancelled)));
    }
}
