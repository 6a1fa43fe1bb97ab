//! The nodes of one commit: reading, checking and caching them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bytes::check;
use crate::node::{Child, Node, NodeError, Place};
use crate::storage::Storage;
use crate::sync::{Mutex, lock};
use crate::{Error, FIXED, PAGE, Result};

/// Nodes in one generation of the cache of a snapshot or a transaction. Two generations have 2 · 512 pages of 4 KiB.
const CACHED: usize = 512;

/// The nodes of one commit. Those used last are in memory.
#[derive(Debug)]
pub(crate) struct Nodes {
    pub(crate) storage: Arc<dyn Storage>,
    /// The commit that may refer to them.
    pub(crate) seq: u64,
    cache: Mutex<Cache>,
}

/// Two generations of nodes. When the young one is full it becomes the old one, and the old one is dropped.
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
        let cached = lock(&self.cache).get(child.offset);
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

    /// Puts a node into the cache, in place of an older version.
    pub(crate) fn keep(&self, offset: u64, node: Arc<Node>) {
        lock(&self.cache).put(offset, node);
    }
}

fn check_node_offset(offset: u64, end: u64) -> std::result::Result<(), NodeError> {
    let page = PAGE as u64;
    let fits =
        offset >= FIXED && offset.is_multiple_of(page) && offset.checked_add(page).is_some_and(|e| e <= end);
    if fits { Ok(()) } else { Err(NodeError::Offset { offset, end }) }
}
