//! Radix trees of nodes: looking numbers up, and walking over all that a tree holds.

pub(crate) mod nodes;
pub(crate) mod update;

use crate::entry::{Entry, TreeKind, check_entry};
use crate::node::{Child, FANOUT, LEAF, MAX_HEIGHT, Node, NodeError, Place, span};
use crate::reference::Root;
use crate::{Error, Result};

use nodes::Nodes;

/// One tree of a commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) nodes: &'a Nodes,
    pub(crate) root: Root,
    pub(crate) kind: TreeKind,
    pub(crate) owner: u64,
    /// Where the commit ends.
    pub(crate) end: u64,
}

/// A thing that a walk over a tree meets.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A node, by offset and birth.
    Node(u64, u64),
    Entry(u64, Entry),
    /// A node or an entry that cannot be read, so that the entries of these numbers are unknown.
    Broken {
        first: u64,
        count: u64,
        error: Error,
    },
}

impl Tree<'_> {
    fn place(&self, level: u32, first: u64) -> Place {
        Place { kind: self.kind, owner: self.owner, level, first }
    }

    fn refuse(&self, offset: u64, problem: NodeError) -> Error {
        Error::Node { owner: self.owner, offset, problem }
    }

    pub(crate) fn check_root(&self) -> Result<()> {
        let Root { offset, crc, height } = self.root;
        if height > MAX_HEIGHT {
            return Err(self.refuse(offset, NodeError::Height { found: height }));
        }
        if (height == 0 && (offset, crc) != (0, 0)) || (height != 0 && offset == 0) {
            return Err(self.refuse(offset, NodeError::Null));
        }
        Ok(())
    }

    /// The entry of a number.
    pub(crate) fn get(&self, number: u64) -> Result<Entry> {
        self.check_root()?;
        if self.root.height == 0 || number >= span(self.root.height - 1) {
            return Ok(Entry::Missing);
        }
        let mut child = Child { offset: self.root.offset, crc: self.root.crc };
        let mut level = self.root.height - 1;
        loop {
            let first = number - number % span(level);
            let node = self.nodes.read(child, self.place(level, first), self.end)?;
            if level == 0 {
                return self.entry(&node, child.offset, number);
            }
            let i = (number - first) / span(level - 1);
            child = node.child(i as usize).map_err(|e| self.refuse(child.offset, e))?;
            if child.is_none() {
                return Ok(Entry::Missing);
            }
            level -= 1;
        }
    }

    fn entry(&self, leaf: &Node, offset: u64, number: u64) -> Result<Entry> {
        let refuse = |problem| self.refuse(offset, NodeError::Entry { number, problem });
        let entry = leaf.entry((number % LEAF) as usize).map_err(refuse)?;
        check_entry(&entry, self.kind, self.nodes.seq, self.end).map_err(refuse)?;
        Ok(entry)
    }

    /// Shows every node, every entry, and every part that cannot be read, in the order of the numbers.
    pub(crate) fn walk(&self, see: &mut dyn FnMut(Seen) -> Result<()>) -> Result<()> {
        self.walk_from(0, &mut |seen| see(seen).map(|()| true)).map(|_| ())
    }

    /// Shows up to `most` entries from number `start` on. Gives the number to go on from, if entries are left.
    pub(crate) fn from(
        &self,
        start: u64,
        most: usize,
        see: &mut dyn FnMut(u64, Entry),
    ) -> Result<Option<u64>> {
        let (mut seen, mut next) = (0, None);
        self.walk_from(start, &mut |what| {
            match what {
                Seen::Node(..) => {}
                Seen::Entry(number, _) if seen == most => next = Some(number),
                Seen::Entry(number, entry) => {
                    seen += 1;
                    see(number, entry);
                }
                Seen::Broken { error, .. } => return Err(error),
            }
            Ok(next.is_none())
        })?;
        Ok(next)
    }

    /// As [`Tree::walk`] from number `start` on, until `see` says no.
    fn walk_from(&self, start: u64, see: &mut dyn FnMut(Seen) -> Result<bool>) -> Result<bool> {
        if let Err(error) = self.check_root() {
            return see(Seen::Broken { first: 0, count: u64::MAX, error });
        }
        match self.root {
            Root { height: 0, .. } => Ok(true),
            Root { offset, crc, height } => self.walk_node(Child { offset, crc }, height - 1, 0, start, see),
        }
    }

    /// Walks over one node. Each call is one level deeper, so there are at most [`MAX_HEIGHT`], whatever the file
    /// says.
    fn walk_node(
        &self,
        at: Child,
        level: u32,
        first: u64,
        start: u64,
        see: &mut dyn FnMut(Seen) -> Result<bool>,
    ) -> Result<bool> {
        let node = match self.nodes.read(at, self.place(level, first), self.end) {
            Ok(node) => node,
            Err(error) => return see(Seen::Broken { first, count: span(level), error }),
        };
        if !see(Seen::Node(at.offset, node.birth()))? {
            return Ok(false);
        }
        if level == 0 {
            for number in first.max(start)..first + LEAF {
                let more = match self.entry(&node, at.offset, number) {
                    Ok(Entry::Missing) => true,
                    Ok(entry) => see(Seen::Entry(number, entry))?,
                    Err(error) => see(Seen::Broken { first: number, count: 1, error })?,
                };
                if !more {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let below = span(level - 1);
        for i in start.saturating_sub(first) / below..FANOUT {
            let under = first.saturating_add(i.saturating_mul(below));
            let more = match node.child(i as usize) {
                Ok(child) if child.is_none() => true,
                Ok(child) => self.walk_node(child, level - 1, under, start, see)?,
                Err(e) => {
                    let error = self.refuse(at.offset, e);
                    see(Seen::Broken { first: under, count: below, error })?
                }
            };
            if !more {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
