//! Everything that a commit reaches, as pieces of the file.

use crate::node::Entry;
use crate::payload::{table_len, table_start};
use crate::slot::BlockRef;
use crate::snapshot::Commit;
use crate::tree::Seen;
use crate::{Error, PAGE, Result};

/// Bytes that something in use lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// What is told of each piece, and of each part of the trees that cannot be read.
pub(crate) type See<'a> = &'a mut dyn FnMut(Result<Piece>) -> Result<()>;

/// Shows every node, block and payload of a commit, and stops when `see` fails.
pub(crate) fn reach(commit: Commit<'_>, see: See<'_>) -> Result<()> {
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

fn block(at: BlockRef, see: See<'_>) -> Result<()> {
    if at.is_none() { Ok(()) } else { see(Ok(Piece { offset: at.offset, len: u64::from(at.len) })) }
}

fn part(seen: Seen, see: See<'_>) -> Result<()> {
    match seen {
        Seen::Node(offset, _) => see(Ok(Piece { offset, len: PAGE as u64 })),
        Seen::Broken { error, .. } => see(Err::<Piece, Error>(error)),
        Seen::Entry(_, Entry::Missing | Entry::Constant(..)) => Ok(()),
        Seen::Entry(_, Entry::Encoded(e, _) | Entry::Record(e, _)) => {
            see(Ok(Piece { offset: e.offset, len: e.len }))
        }
        Seen::Entry(_, Entry::Raw(e, _)) => {
            see(Ok(Piece { offset: e.offset, len: e.len }))?;
            match table_len(e.len) {
                0 => Ok(()),
                len => see(Ok(Piece { offset: e.offset + table_start(e.len), len })),
            }
        }
    }
}
