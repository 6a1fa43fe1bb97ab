//! Arrays that come, go, and change what they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ArrayId, Draft, Transaction};
use crate::array::Described;
use crate::attributes::{self, Attributes};
use crate::grid::Numbering;
use crate::node::Entry;
use crate::record::Record;
use crate::{Error, Meta, Result};

impl Transaction {
    /// Adds an array. Its chunks are missing, and read as the fill value.
    ///
    /// # Errors
    /// When the name is taken or none, or the metadata is impossible.
    pub fn create_array(&self, name: &str, mut meta: Meta) -> Result<ArrayId> {
        name.clone_into(&mut meta.name);
        meta.check().map_err(|problem| Error::Meta { array: name.to_owned(), problem })?;
        attributes::encode(&meta.attributes)?;
        let mut state = self.state();
        Transaction::check_free(&state.names, name)?;
        let id = state.next_id;
        state.next_id += 1;
        state.names.insert(name.to_owned(), id);
        state.names_changed = true;
        let numbering = Numbering::fitting(&meta.grid());
        let draft = Draft {
            described: Arc::new(Described::new(meta, numbering)),
            described_changed: true,
            record: Record::default(),
            old: Entry::Missing,
            changes: BTreeMap::new(),
            changed: true,
        };
        state.arrays.insert(id, draft);
        Ok(ArrayId(id))
    }

    /// Takes an array out, and adds one of the same name.
    ///
    /// # Errors
    /// As [`Transaction::create_array`].
    pub fn replace(&self, name: &str, meta: Meta) -> Result<ArrayId> {
        if let Ok(old) = self.find(name) {
            self.delete(old)?;
        }
        self.create_array(name, meta)
    }

    /// Takes an array out, be it sound or damaged.
    ///
    /// # Errors
    /// When there is no such array, or the table of arrays is damaged.
    pub fn delete(&self, id: ArrayId) -> Result<()> {
        if let Ok(described) = self.described(id) {
            self.drop_chunks(id, described.meta.chunk_bytes() as u64);
        }
        let mut state = self.state();
        let (record, old) = match state.arrays.remove(&id.0) {
            Some(draft) => {
                state.pending = state.pending.saturating_sub(draft.changes.len());
                draft.changes.values().for_each(|entry| self.space().drop_entry(entry));
                (Ok(draft.record), draft.old)
            }
            None if state.names.values().any(|other| *other == id.0) => {
                let old = self.last().table().get(id.0)?;
                (self.last().record_at(id.0, &old), old)
            }
            None => return Err(Error::NoArrayId { id: id.0 }),
        };
        // What cannot be read stays out of use; a later scan finds what lay below it.
        let whole = match record {
            Ok(record) => {
                self.drop_block(record.meta);
                self.index(id.0, record.index).clear(&mut self.tree_space())?
            }
            Err(_) => false,
        };
        state.uncounted |= !whole;
        if !old.is_missing() {
            state.removed.push(id.0);
        }
        state.names.retain(|_, other| *other != id.0);
        state.names_changed = true;
        Ok(())
    }

    /// Gives an array another name.
    ///
    /// # Errors
    /// When there is no such array, or the name is taken or none.
    pub fn rename(&self, id: ArrayId, name: &str) -> Result<()> {
        let mut state = self.state();
        let mut described = self.draft(&mut state, id.0)?.described.as_ref().clone();
        let mut names = state.names.clone();
        names.remove(&described.meta.name);
        Transaction::check_free(&names, name)?;
        names.insert(name.to_owned(), id.0);
        state.names = names;
        state.names_changed = true;
        name.clone_into(&mut described.meta.name);
        self.redescribe(&mut state, id, described)
    }

    /// Replaces an array's attributes.
    ///
    /// # Errors
    /// When there is no such array, or they are too long.
    pub fn set_attributes(&self, id: ArrayId, attributes: Attributes) -> Result<()> {
        attributes::encode(&attributes)?;
        let mut state = self.state();
        let mut described = self.draft(&mut state, id.0)?.described.as_ref().clone();
        described.meta.attributes = attributes;
        self.redescribe(&mut state, id, described)
    }

    /// Replaces the file's attributes.
    ///
    /// # Errors
    /// When they are too long.
    pub fn set_file_attributes(&self, attributes: Attributes) -> Result<()> {
        attributes::encode(&attributes)?;
        self.state().attributes = Some(attributes);
        Ok(())
    }

    /// Changes the lengths of an array's axes. Elements beyond a shorter length are gone: if the array grows again,
    /// the fill value stands in their place.
    ///
    /// Growing along the first axis costs nothing; along others, the index is written anew whenever the number of
    /// chunks along that axis has doubled.
    ///
    /// # Errors
    /// When there is no such array, the number of axes differs, the grid would be too large, or a chunk that has
    /// to be changed is damaged: then the transaction cannot be committed.
    pub fn resize(&self, id: ArrayId, shape: &[u64]) -> Result<()> {
        self.close_chunks()?;
        let old = self.described(id)?;
        let refuse = |problem| Error::Meta { array: old.meta.name.clone(), problem };
        let mut meta = Meta { shape: shape.to_vec(), ..old.meta.clone() };
        meta.check().map_err(refuse)?;
        let grid = meta.grid();
        let numbering = old.numbering.grown(&grid, crate::CHUNKS_MAX);
        meta.check_grid(&numbering).map_err(refuse)?;
        if shape.iter().zip(&old.meta.shape).any(|(new, old)| new < old) {
            let cut = self.cut(id, &old, &meta);
            // what was cut before is gone
            self.state().failed |= cut.is_err();
            cut?;
        }
        meta.name.clone_from(&old.meta.name);
        let mut state = self.state();
        if numbering != old.numbering {
            self.renumber(&mut state, id, &old.numbering, &numbering)?;
        }
        self.redescribe(&mut state, id, Described::new(meta, numbering))
    }

    /// Makes an array `len` longer along `axis` and writes `data` there, in C order.
    ///
    /// # Errors
    /// As [`Transaction::resize`] and [`Transaction::write`], and when there is no such axis.
    pub fn append(&self, id: ArrayId, axis: usize, len: u64, data: &[u8]) -> Result<()> {
        let meta = self.meta(id)?;
        let (mut shape, mut start, mut part) = (meta.shape.clone(), vec![0; meta.ndim()], meta.shape.clone());
        let refuse = |array: String, problem| Error::Meta { array, problem };
        let (Some(length), Some(first), Some(added)) =
            (shape.get_mut(axis), start.get_mut(axis), part.get_mut(axis))
        else {
            let problem = crate::MetaError::NoAxis { axis, ndim: meta.ndim() };
            return Err(refuse(meta.name, problem));
        };
        let overflow = crate::MetaError::Overflow { what: "an array", shape: meta.shape.clone() };
        *first = *length;
        *added = len;
        *length = length.checked_add(len).ok_or_else(|| refuse(meta.name.clone(), overflow))?;
        crate::array::check_data(&meta, &part, data.len())?;
        self.resize(id, &shape)?;
        self.write(id, &start, &part, data)
    }

    fn redescribe(&self, state: &mut super::State, id: ArrayId, described: Described) -> Result<()> {
        let draft = self.draft(state, id.0)?;
        draft.described = Arc::new(described);
        draft.described_changed = true;
        draft.changed = true;
        Ok(())
    }

    /// Takes away what a smaller shape no longer has: whole chunks from the index, and the elements beyond the
    /// edge from the chunks that now hang over it.
    fn cut(&self, id: ArrayId, old: &Described, new: &Meta) -> Result<()> {
        let grid = new.grid();
        let mut from = 0;
        loop {
            // Changes go to the tree that is walked, so they are collected first, some at a time.
            let root = {
                let mut state = self.state();
                self.merge(&mut state)?;
                self.draft(&mut state, id.0)?.record.index
            };
            let (mut gone, mut hanging) = (Vec::new(), Vec::new());
            let next = self.index(id.0, root).from(from, 4096, &mut |number, entry| {
                let index = old.numbering.index(number);
                if !grid.contains(&index) {
                    gone.push(number);
                } else if grid.extent(&index) != old.grid.extent(&index) && !is_fill(&entry, &old.meta.fill) {
                    hanging.push(index);
                }
            })?;
            for number in gone {
                self.note(id, number, Entry::Missing)?;
            }
            for index in hanging {
                self.cut_chunk(id, old, &index, &grid.extent(&index))?;
            }
            match next {
                Some(number) => from = number,
                None => return Ok(()),
            }
        }
    }

    /// Keeps only the elements of a chunk inside `extent`.
    fn cut_chunk(&self, id: ArrayId, described: &Described, index: &[u64], extent: &[u64]) -> Result<()> {
        let meta = &described.meta;
        let shape: Vec<usize> = extent.iter().map(|&n| n as usize).collect();
        let strides = meta.chunk_strides();
        crate::payload::with_scratch(meta.chunk_bytes(), |old| {
            self.load(id, described, index, old)?;
            crate::payload::with_scratch(meta.chunk_bytes(), |new| {
                crate::chunk::fill(new, &meta.fill);
                crate::strided::copy(meta.dtype.size(), &shape, old, 0, &strides, new, 0, &strides);
                self.store(id, described, index, new)
            })
        })
    }

    /// Writes the index anew with other numbers.
    fn renumber(
        &self,
        state: &mut super::State,
        id: ArrayId,
        from: &Numbering,
        to: &Numbering,
    ) -> Result<()> {
        self.merge(state)?;
        let root = self.draft(state, id.0)?.record.index;
        let (mut start, mut new) = (0, crate::slot::Root::default());
        loop {
            // More room along an axis keeps the order of the numbers.
            let mut moved = Vec::new();
            let next = self.index(id.0, root).from(start, super::PENDING_MAX, &mut |number, entry| {
                moved.push((to.number(&from.index(number)), entry));
            })?;
            new = self.index(id.0, new).update(&moved, &mut self.tree_space())?;
            match next {
                Some(number) => start = number,
                None => break,
            }
        }
        state.uncounted |= !self.index(id.0, root).clear_nodes(&mut self.tree_space())?;
        self.draft(state, id.0)?.record.index = new;
        Ok(())
    }
}

/// Whether a chunk holds the fill value throughout.
fn is_fill(entry: &Entry, fill: &[u8]) -> bool {
    matches!(entry, Entry::Constant(value, _) if value.starts_with(fill))
}
