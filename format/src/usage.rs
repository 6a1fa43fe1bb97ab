//! The bytes of the file that a commit uses.

use crate::commit::Commit;
use crate::entry::Entry;
use crate::payload::crc_table::{table_len, table_start};
use crate::reference::BlockRef;
use crate::tree::Seen;
use crate::{Error, PAGE, Result};

/// Bytes in use: a node, a block, a payload or a table of CRCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) is_node: bool,
}

impl Used {
    fn node(offset: u64) -> Used {
        Used { offset, len: PAGE as u64, is_node: true }
    }

    fn bytes(offset: u64, len: u64) -> Used {
        Used { offset, len, is_node: false }
    }
}

/// Receives each piece in use, and an error for each part of a tree that cannot be read.
pub(crate) type See<'a> = &'a mut dyn FnMut(Result<Used>) -> Result<()>;

/// Shows every node, block and payload of a commit, and stops when `see` fails.
pub(crate) fn each(commit: Commit<'_>, see: See<'_>) -> Result<()> {
    block(commit.slot.names, see)?;
    block(commit.slot.attributes, see)?;
    let mut ids = Vec::new();
    commit.table().walk(&mut |seen| {
        if let Seen::Entry(id, _) = &seen {
            ids.push(*id);
        }
        part(seen, see)
    })?;
    for id in ids {
        match commit.record(id) {
            Ok((record, _)) => {
                block(record.meta, see)?;
                commit.index(id, record.index).walk(&mut |seen| part(seen, see))?;
            }
            Err(error) => see(Err(error))?,
        }
    }
    Ok(())
}

/// The totals that a slot records, counted again: bytes in use beyond the fixed part, and nodes.
pub(crate) fn totals(commit: Commit<'_>) -> Result<(u64, u64)> {
    let (mut bytes, mut nodes) = (0u64, 0);
    each(commit, &mut |used| {
        let Used { len, is_node, .. } = used?;
        bytes = bytes.saturating_add(len.next_multiple_of(64));
        nodes += u64::from(is_node);
        Ok(())
    })?;
    Ok((bytes, nodes))
}

fn block(at: BlockRef, see: See<'_>) -> Result<()> {
    if at.is_none() { Ok(()) } else { see(Ok(Used::bytes(at.offset, u64::from(at.len)))) }
}

fn part(seen: Seen, see: See<'_>) -> Result<()> {
    match seen {
        Seen::Node(offset, _) => see(Ok(Used::node(offset))),
        Seen::Broken { error, .. } => see(Err::<Used, Error>(error)),
        Seen::Entry(_, Entry::Missing | Entry::Constant(..)) => Ok(()),
        Seen::Entry(_, Entry::Encoded(e, _) | Entry::Record(e, _)) => see(Ok(Used::bytes(e.offset, e.len))),
        Seen::Entry(_, Entry::Raw(e, _)) => {
            see(Ok(Used::bytes(e.offset, e.len)))?;
            match table_len(e.len) {
                0 => Ok(()),
                len => see(Ok(Used::bytes(e.offset + table_start(e.len), len))),
            }
        }
    }
}
