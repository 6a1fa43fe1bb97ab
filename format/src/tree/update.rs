//! Rewriting trees. The writer copies on write: a changed node goes to a new page. A node that this same transaction
//! wrote is rewritten in place, because nobody else can know it yet.

use std::sync::Arc;

use super::{Seen, Tree};
use crate::entry::Entry;
use crate::node::{Child, Node, span};
use crate::reference::Root;
use crate::{Error, Result};

/// The space for a tree's writer. It gives out pages, and learns of nodes and entries that the tree drops.
pub(crate) trait Space {
    /// Gives out an unused page.
    fn take_page(&mut self) -> Result<u64>;
    /// Learns that a node is no longer part of the tree.
    fn drop_page(&mut self, offset: u64, birth: u64);
    /// Learns that an entry was replaced or removed.
    fn replaced(&mut self, old: &Entry);
}

impl Tree<'_> {
    /// Sets the entries of numbers in ascending order, and gives the new root.
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

    /// Writes a node: in place, if this transaction wrote it before. An empty node is dropped.
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

    /// Drops every node and entry that can be read. Answers whether these are all.
    pub(crate) fn clear(&self, space: &mut dyn Space) -> Result<bool> {
        self.drop_all(space, true)
    }

    /// As [`Tree::clear`], but keeps the bytes that the entries point to.
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
