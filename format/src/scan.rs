//! Finding free space: the pages that neither of the last two commits reaches.
//!
//! The file stores nothing about free space, so no crash can lose space for good. A scan walks the trees of the last
//! two commits and marks the pages in use in a bitmap. One bit stands for 4 KiB, so a TiB takes 32 MiB of memory. The
//! scan looks at the first 2 TiB of a file.

use std::sync::Arc;

use crate::commit::Commit;
use crate::runs::Runs;
use crate::slot::pages::Slots;
use crate::storage::Storage;
use crate::tree::nodes::Nodes;
use crate::usage::{self, Used};
use crate::{Error, FIXED, PAGE, Result};

const PAGE_BYTES: u64 = PAGE as u64;
/// The most pages that a scan looks at.
const PAGES_MAX: u64 = (2 << 40) / PAGE_BYTES;
/// The pages that nobody needs. `None` when any page may still be needed: by a reader, by a commit that is not
/// understood, or below a node that cannot be read.
pub(crate) fn free_pages(storage: &Arc<dyn Storage>, slots: &Slots) -> Result<Option<Runs>> {
    if slots.opaque {
        return Ok(None);
    }
    let mut commits = vec![&slots.newest];
    commits.extend(&slots.previous);
    let oldest = commits.iter().map(|s| s.seq).min().unwrap_or_default();
    let asking = Error::io(|| "asking for readers' locks".into());
    if storage.is_pinned_below(oldest).map_err(asking)? {
        return Ok(None);
    }
    let pages = (slots.newest.length / PAGE_BYTES).min(PAGES_MAX);
    let mut used = vec![0u64; pages.div_ceil(64) as usize];
    let mut mark = |offset: u64, len: u64| {
        let range = offset / PAGE_BYTES..offset.saturating_add(len).div_ceil(PAGE_BYTES).min(pages);
        for page in range {
            if let Some(word) = used.get_mut((page / 64) as usize) {
                *word |= 1 << (page % 64);
            }
        }
    };
    mark(0, FIXED);
    for slot in commits {
        let nodes = Nodes::new(storage.clone(), slot.seq);
        let commit = Commit { nodes: &nodes, slot };
        let walked = usage::each(commit, &mut |used| {
            let Used { offset, len, .. } = used?;
            mark(offset, len);
            Ok(())
        });
        if walked.is_err() {
            return Ok(None);
        }
    }
    let mut runs = Runs::default();
    let mut start = None;
    for page in 0..=pages {
        let free =
            page < pages && used.get((page / 64) as usize).is_some_and(|word| word >> (page % 64) & 1 == 0);
        match (free, start) {
            (true, None) => start = Some(page),
            (false, Some(first)) => {
                runs.add(first..page);
                start = None;
            }
            _ => {}
        }
    }
    Ok(Some(runs))
}
