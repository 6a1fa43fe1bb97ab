//! Reading and rewriting radix trees of nodes.
//!
//! Readers walk down by number. The writer copies on write: a changed node goes to a new page unless this same
//! transaction wrote it, in which case nobody else can know it and it is rewritten in place.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use crate::bytes::check;
use crate::node::Kind;
use crate::node::{Child, Entry, EntryError, FANOUT, LEAF, MAX_HEIGHT, Node, NodeError, Place, span};
use crate::payload::{table_len, table_start};
use crate::slot::Root;
use crate::storage::Storage;
use crate::sync::Mutex;
use crate::{Error, FIXED, PAGE, Result};

/// Nodes kept of one snapshot or transaction: 2 · 512 pages of 4 KiB.
const CACHED: usize = 512;

/// The nodes of one commit, read and checked, the ones used last at hand.
#[derive(Debug)]
pub(crate) struct Nodes {
    pub(crate) storage: Arc<dyn Storage>,
    /// The commit that may refer to them.
    pub(crate) seq: u64,
    cache: Mutex<Cache>,
}

/// Two generations: when the young one is full it becomes the old one, and the old one is forgotten.
#[derive(Debug, Default)]
struct Cache {
    young: HashMap<u64, Arc<Node>>,
    old: HashMap<u64, Arc<Node>>,
}

impl Cache {
    fn get(&mut self, offset: u64) -> Option<Arc<Node>> {
        if let Some(node) = self.young.get(&offset) {
            return Some(node.clone());
        }
        let node = self.old.remove(&offset)?;
        self.put(offset, node.clone());
        Some(node)
    }
    fn put(&mut self, offset: u64, node: Arc<Node>) {
        if self.young.len() >= CACHED {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&offset);
        self.young.insert(offset, node);
    }
}

impl Nodes {
    pub(crate) fn new(storage: Arc<dyn Storage>, seq: u64) -> Nodes {
        Nodes { storage, seq, cache: Mutex::default() }
    }

    /// The node that `child` refers to; `end` is where its commit ends.
    pub(crate) fn read(&self, child: Child, place: Place, end: u64) -> Result<Arc<Node>> {
        let refuse = |problem| Error::Node { owner: place.owner, offset: child.offset, problem };
        check_node_offset(child.offset, end).map_err(refuse)?;
        let cached = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(child.offset);
        if let Some(node) = cached {
            node.check(place, self.seq).map_err(refuse)?;
            return Ok(node);
        }
        let mut page = Box::new([0; PAGE]);
        self.storage
            .read_exact_at(page.as_mut_slice(), child.offset)
            .map_err(Error::io(|| format!("reading the node at byte {}", child.offset)))?;
        check(page.as_slice(), child.crc).map_err(|e| refuse(e.into()))?;
        let node = Arc::new(Node::of(page));
        node.check(place, self.seq).map_err(refuse)?;
        self.keep(child.offset, node.clone());
        Ok(node)
    }

    /// Puts a node written just now in place of what the cache has.
    pub(crate) fn keep(&self, offset: u64, node: Arc<Node>) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(offset, node);
    }
}

fn check_node_offset(offset: u64, end: u64) -> std::result::Result<(), NodeError> {
    let page = PAGE as u64;
    let fits =
        offset >= FIXED && offset.is_multiple_of(page) && offset.checked_add(page).is_some_and(|e| e <= end);
    if fits { Ok(()) } else { Err(NodeError::Offset { offset, end }) }
}

/// Checks what can be known of an entry without reading what it points to.
pub(crate) fn check_entry(
    entry: &Entry,
    kind: Kind,
    seq: u64,
    end: u64,
) -> std::result::Result<(), EntryError> {
    let alignment = match (entry, kind) {
        (Entry::Missing, _) => return Ok(()),
        (Entry::Constant(..), Kind::Chunks) => 0,
        (Entry::Raw(e, _), Kind::Chunks) if e.len >= PAGE as u64 => PAGE as u64,
        (Entry::Raw(..) | Entry::Encoded(..), Kind::Chunks) | (Entry::Record(..), Kind::Table) => 64,
        _ => return Err(EntryError::StateHere { found: entry.state() }),
    };
    if entry.birth() > seq || entry.birth() == 0 {
        return Err(EntryError::Birth { birth: entry.birth(), seq });
    }
    if let Entry::Raw(e, _) | Entry::Encoded(e, _) | Entry::Record(e, _) = entry {
        check_extent(e.offset, e.len, end)?;
        let table = if matches!(entry, Entry::Raw(..)) { table_len(e.len) } else { 0 };
        if table > 0 {
            check_extent(e.offset, table_start(e.len) + table, end)?;
        }
        if !e.offset.is_multiple_of(alignment) {
            return Err(EntryError::Alignment { offset: e.offset, alignment });
        }
    }
    Ok(())
}

/// Whether an extent lies between the slots and the end of a commit.
pub(crate) fn check_extent(offset: u64, len: u64, end: u64) -> std::result::Result<(), EntryError> {
    let fits = offset >= FIXED && len > 0 && offset.checked_add(len).is_some_and(|e| e <= end);
    if fits { Ok(()) } else { Err(EntryError::Extent { offset, len, end }) }
}

/// One tree of a commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) nodes: &'a Nodes,
    pub(crate) root: Root,
    pub(crate) kind: Kind,
    pub(crate) owner: u64,
    /// Where the commit ends.
    pub(crate) end: u64,
}

/// What a walk over a tree meets.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A node, by offset and birth.
    Node(u64, u64),
    Entry(u64, Entry),
    /// A node that cannot be read: its numbers are unknown.
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

    /// Shows every node, every entry that is there, and every part that cannot be read, in order of number.
    pub(crate) fn walk(&self, see: &mut dyn FnMut(Seen) -> Result<()>) -> Result<()> {
        self.walk_from(0, &mut |seen| see(seen).map(|()| true)).map(|_| ())
    }

    /// Shows up to `most` entries from number `start` on, and gives the number to go on from, if any are left.
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

    /// Deeper by one level per call, so at most [`MAX_HEIGHT`] deep whatever the file says.
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

/// What the writer of a tree needs: pages to write to, and to be told what it no longer refers to.
pub(crate) trait Space {
    /// A page nobody uses.
    fn take_page(&mut self) -> Result<u64>;
    /// A node page is no longer part of the tree.
    fn drop_page(&mut self, offset: u64, birth: u64);
    /// An entry was replaced or removed.
    fn replaced(&mut self, old: &Entry);
}

impl Tree<'_> {
    /// Sets the entries of some numbers, in ascending order, and gives the new root.
    pub(crate) fn update(&self, changes: &[(u64, Entry)], space: &mut dyn Space) -> Result<Root> {
        self.check_root()?;
        let mut root = self.root;
        let Some(&(last, _)) = changes.last() else { return Ok(root) };
        if root.height == 0 {
            root.height = 1;
        }
        while last >= span(root.height - 1) {
            if root.offset != 0 {
                let mut node = Node::new(self.place(root.height, 0), self.nodes.seq);
                node.set_child(0, Child { offset: root.offset, crc: root.crc });
                let child = self.write(node, None, space)?;
                (root.offset, root.crc) = (child.offset, child.crc);
            }
            root.height += 1;
        }
        let at = Child { offset: root.offset, crc: root.crc };
        let child = self.update_node(at, root.height - 1, 0, changes, space)?;
        if child.is_none() {
            return Ok(Root::default());
        }
        Ok(Root { offset: child.offset, crc: child.crc, height: root.height })
    }

    fn update_node(
        &self,
        at: Child,
        level: u32,
        first: u64,
        changes: &[(u64, Entry)],
        space: &mut dyn Space,
    ) -> Result<Child> {
        let place = self.place(level, first);
        let mut node = match at.is_none() {
            true => Node::new(place, self.nodes.seq),
            false => self.nodes.read(at, place, self.end)?.as_ref().clone(),
        };
        if level == 0 {
            for (number, entry) in changes {
                let old = self.entry(&node, at.offset, *number)?;
                if !old.is_missing() {
                    space.replaced(&old);
                }
                node.set_entry((number - first) as usize, entry);
            }
        } else {
            let below = span(level - 1);
            for group in changes.chunk_by(|a, b| a.0 / below == b.0 / below) {
                let Some(&(number, _)) = group.first() else { continue };
                let i = (number - first) / below;
                let child = node.child(i as usize).map_err(|e| self.refuse(at.offset, e))?;
                let new = self.update_node(child, level - 1, first + i * below, group, space)?;
                node.set_child(i as usize, new);
            }
        }
        self.write(node, (!at.is_none()).then_some(at.offset), space)
    }

    /// Writes a node, in place where this transaction wrote it before; an empty one vanishes.
    fn write(&self, mut node: Node, old: Option<u64>, space: &mut dyn Space) -> Result<Child> {
        let seq = self.nodes.seq;
        let empty = node.is_empty();
        let offset = match old {
            Some(offset) if node.birth() == seq && !empty => offset,
            _ => {
                if let Some(offset) = old {
                    space.drop_page(offset, node.birth());
                }
                if empty {
                    return Ok(Child::default());
                }
                space.take_page()?
            }
        };
        node.set_birth(seq);
        self.nodes
            .storage
            .write_all_at(node.page(), offset)
            .map_err(Error::io(|| format!("writing a node at byte {offset}")))?;
        let crc = crc32fast::hash(node.page());
        self.nodes.keep(offset, Arc::new(node));
        Ok(Child { offset, crc })
    }

    /// Drops every node and entry that can be read, and says whether that is all of them.
    pub(crate) fn clear(&self, space: &mut dyn Space) -> Result<bool> {
        self.drop_all(space, true)
    }

    /// As [`Tree::clear`], and keeps what the entries point to.
    pub(crate) fn clear_nodes(&self, space: &mut dyn Space) -> Result<bool> {
        self.drop_all(space, false)
    }

    fn drop_all(&self, space: &mut dyn Space, entries: bool) -> Result<bool> {
        let mut whole = true;
        self.walk(&mut |seen| {
            match seen {
                Seen::Node(offset, birth) => space.drop_page(offset, birth),
                Seen::Entry(_, entry) if entries => space.replaced(&entry),
                Seen::Entry(..) => {}
                Seen::Broken { .. } => whole = false,
            }
            Ok(())
        })?;
        Ok(whole)
    }
}
