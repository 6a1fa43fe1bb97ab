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
    pub(crate) is_node: bool,
}

impl Piece {
    fn node(offset: u64) -> Piece {
        Piece { offset, len: PAGE as u64, is_node: true }
    }

    fn bytes(offset: u64, len: u64) -> Piece {
        Piece { offset, len, is_node: false }
    }
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

/// What a slot says of its commit, counted anew: bytes in use beyond the fixed part, and nodes.
pub(crate) fn occupied(commit: Commit<'_>) -> Result<(u64, u64)> {
    let (mut bytes, mut nodes) = (0u64, 0);
    reach(commit, &mut |piece| {
        let Piece { len, is_node, .. } = piece?;
        bytes = bytes.saturating_add(len.next_multiple_of(64));
        nodes += u64::from(is_node);
        Ok(())
    })?;
    Ok((bytes, nodes))
}

fn block(at: BlockRef, see: See<'_>) -> Result<()> {
    if at.is_none() { Ok(()) } else { see(Ok(Piece::bytes(at.offset, u64::from(at.len)))) }
}

fn part(seen: Seen, see: See<'_>) -> Result<()> {
    match seen {
        Seen::Node(offset, _) => see(Ok(Piece::node(offset))),
        Seen::Broken { error, .. } => see(Err::<Piece, Error>(error)),
        Seen::Entry(_, Entry::Missing | Entry::Constant(..)) => Ok(()),
        Seen::Entry(_, Entry::Encoded(e, _) | Entry::Record(e, _)) => see(Ok(Piece::bytes(e.offset, e.len))),
        Seen::Entry(_, Entry::Raw(e, _)) => {
            see(Ok(Piece::bytes(e.offset, e.len)))?;
            match table_len(e.len) {
                0 => Ok(()),
                len => see(Ok(Piece::bytes(e.offset + table_start(e.len), len))),
            }
        }
    }
}
