//! Mending: writing damaged header and slot pages again from their copies in the file.

use std::path::Path;
use std::sync::Arc;

use crate::head::read_mendable_head;
use crate::header::Header;
use crate::storage::Storage;
use crate::{Error, File, PAGE, Result};

impl File {
    /// Writes pages again that are damaged, or that a crash has left behind, and gives their numbers. Two kinds of page
    /// can be mended: the header (0), because the slots say the same, and slot pages (1 to 4), which have copies. A file
    /// has no other redundancy.
    ///
    /// # Errors
    /// As [`File::open`] and [`File::begin`]; when the system refuses, the commits stand as before.
    pub fn mend(path: impl AsRef<Path>) -> Result<Vec<usize>> {
        File::at(path.as_ref()).mend_pages()
    }

    /// As [`File::mend`], for the file that a storage holds.
    ///
    /// # Errors
    /// As [`File::mend`].
    pub fn mend_on(storage: Arc<dyn Storage>) -> Result<Vec<usize>> {
        File::in_storage(storage).mend_pages()
    }

    fn mend_pages(&self) -> Result<Vec<usize>> {
        let (lock, _) = self.shared.lock()?;
        let storage = &lock.0;
        let (slots, headless) = read_mendable_head(storage.as_ref())?;
        slots.newest.accept_for_writing()?;
        if slots.mendable.is_empty() && !headless {
            return Ok(Vec::new());
        }
        let failed = |source| Error::SyncFailed { source };
        // The page that is copied may be in memory only. It has to be on the disk before its copy is written.
        storage.sync_data().and_then(|()| storage.sync_name()).map_err(failed)?;
        let write = |page: usize, bytes: &[u8]| {
            let doing = Error::io(|| format!("writing page {page} again"));
            storage.write_all_at(bytes, (page * PAGE) as u64).map_err(doing)
        };
        let mut mended = Vec::new();
        if headless {
            write(0, &Header { uuid: slots.newest.uuid }.encode())?;
            mended.push(0);
        }
        for &(page, copy) in &slots.mendable {
            let mut bytes = [0; PAGE];
            let doing = Error::io(|| format!("reading page {copy}"));
            storage.read_exact_at(&mut bytes, (copy * PAGE) as u64).map_err(doing)?;
            write(page, &bytes)?;
            mended.push(page);
        }
        storage.sync_data().map_err(failed)?;
        Ok(mended)
    }
}
