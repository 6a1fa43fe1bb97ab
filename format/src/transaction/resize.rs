//! Growing and shrinking arrays.

use super::target::Target;
use super::{PENDING_MAX, State, Transaction};
use crate::chunk;
use crate::entry::Entry;
use crate::grid::Numbering;
use crate::layout::Layout;
use crate::meta::error::MetaError;
use crate::meta::limits::CHUNKS_MAX;
use crate::name::ArrayId;
use crate::reference::Root;
use crate::region::check_data;
use crate::scratch::with_scratch;
use crate::{Error, Meta, Result, strided};

impl Transaction {
    /// Changes the lengths of an array's axes. Elements beyond a shorter length are gone: if the array grows
    /// again, they have the fill value.
    ///
    /// Growing along the first axis costs nothing. Along other axes, the index is rewritten each time the number of
    /// chunks along the axis has doubled.
    ///
    /// # Errors
    /// When there is no such array, the number of axes differs, or the grid would be too large; when a chunk that has
    /// to be changed is damaged, and then the transaction cannot be committed.
    pub fn resize(&self, id: ArrayId, shape: &[u64]) -> Result<()> {
        self.close_chunks()?;
        let old = self.layout(id)?;
        let refuse = |problem| Error::Meta { array: old.meta.name.clone(), problem };
        let mut meta = Meta { shape: shape.to_vec(), ..old.meta.clone() };
        meta.check().map_err(refuse)?;
        let grid = meta.grid();
        let numbering = old.numbering.grown(&grid, CHUNKS_MAX);
        meta.check_grid(&numbering).map_err(refuse)?;
        if shape.iter().zip(&old.meta.shape).any(|(new, old)| new < old) {
            let cut = self.cut(id, &old, &meta);
            // Chunks that were cut before the failure are gone.
            self.state().failed |= cut.is_err();
            cut?;
        }
        meta.name.clone_from(&old.meta.name);
        let mut state = self.state();
        if numbering != old.numbering {
            self.renumber(&mut state, id, &old.numbering, &numbering)?;
        }
        self.relayout(&mut state, id, Layout::new(meta, numbering))
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
            let problem = MetaError::NoAxis { axis, ndim: meta.ndim() };
            return Err(refuse(meta.name, problem));
        };
        let overflow = MetaError::Overflow { what: "an array", shape: meta.shape.clone() };
        *first = *length;
        *added = len;
        *length = length.checked_add(len).ok_or_else(|| refuse(meta.name.clone(), overflow))?;
        check_data(&meta, &part, data.len())?;
        self.resize(id, &shape)?;
        self.write(id, &start, &part, data)
    }

    /// Removes the elements outside a smaller shape: whole chunks from the index, and the elements beyond the edge
    /// from the chunks that now hang over it.
    fn cut(&self, id: ArrayId, old: &Layout, new: &Meta) -> Result<()> {
        let grid = new.grid();
        let mut from = 0;
        loop {
            // Changes go to the tree that is walked. So they are collected first, some at a time.
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
                self.cut_chunk(&Target { id, layout: old, index: &index }, &grid.extent(&index))?;
            }
            match next {
                Some(number) => from = number,
                None => return Ok(()),
            }
        }
    }

    /// Keeps only the elements of a chunk inside `extent`.
    fn cut_chunk(&self, target: &Target<'_>, extent: &[u64]) -> Result<()> {
        let meta = &target.layout.meta;
        let shape: Vec<usize> = extent.iter().map(|&n| n as usize).collect();
        let strides = meta.chunk_strides();
        with_scratch(meta.chunk_bytes(), |old| {
            self.load(target, old)?;
            with_scratch(meta.chunk_bytes(), |new| {
                chunk::fill(new, &meta.fill);
                strided::copy(meta.dtype.size(), &shape, old, 0, &strides, new, 0, &strides);
                self.store(target, new)
            })
        })
    }

    /// Rewrites the index with other chunk numbers.
    fn renumber(&self, state: &mut State, id: ArrayId, from: &Numbering, to: &Numbering) -> Result<()> {
        self.merge(state)?;
        let root = self.draft(state, id.0)?.record.index;
        let (mut start, mut new) = (0, Root::default());
        loop {
            // More room along an axis keeps the order of the numbers.
            let mut moved = Vec::new();
            let next = self.index(id.0, root).from(start, PENDING_MAX, &mut |number, entry| {
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
