//! Read-only maps of files: the one place where file bytes are used without a copy.

use std::fs::File;
use std::io;
use std::ops::Range;

use memmap2::{Advice, Mmap, MmapOptions, UncheckedAdvice};

/// A file, or its beginning, mapped read-only and shared.
///
/// The bytes are handed out as `&[u8]`, which promises that nobody changes them. This crate keeps the promise
/// for `.arrs` files by protocol: no write ever touches a page that a commit reaches, space is reused only
/// after no reader pins it, and files are never cut below a commit. Another program that writes into the file,
/// or cuts it, breaks the promise as it would break any file; a cut file raises SIGBUS when touched.
#[derive(Debug)]
pub struct FileMap {
    map: Mmap,
}

const PAGE: usize = crate::PAGE;

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
        Ok(FileMap { map })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Lets go the pages that lie wholly inside the range. Their bytes stay readable: they come from the page
    /// cache again.
    #[expect(unsafe_code, reason = "advice that drops pages is unsafe for private maps, which this is not")]
    pub fn release(&self, bytes: Range<usize>) {
        let start = bytes.start.next_multiple_of(PAGE);
        let end = bytes.end.min(self.map.len()) / PAGE * PAGE;
        if start < end {
            // SAFETY: the map is shared and read-only, so pages that are dropped are read back from the file.
            let advice =
                unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start) };
            // Advice that is not taken costs memory, not correctness.
            let _ = advice;
        }
    }

    /// Asks the system to read the range ahead.
    pub fn prefetch(&self, bytes: Range<usize>) {
        let start = bytes.start / PAGE * PAGE;
        let end = bytes.end.min(self.map.len());
        if start < end {
            // As above.
            let _ = self.map.advise_range(Advice::WillNeed, start, end - start);
        }
    }
}
