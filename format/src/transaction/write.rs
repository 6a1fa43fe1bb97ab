//! Writing and reading elements. Whole chunks are stored at once; a part of a chunk is laid over the rest of it.

use std::sync::Arc;

use super::target::{Source, Target};
use super::{STRIPES, Transaction};
use crate::chunk;
use crate::layout::Layout;
use crate::name::ArrayId;
use crate::region::{Intersection, check_data, check_region, offset_of};
use crate::scratch::with_scratch;
use crate::sync::lock;
use crate::{Error, Result, strided};

impl Transaction {
    /// Stores one chunk. `data` holds all its elements in C order of the chunk shape; the fill value replaces those
    /// beyond the array's edge. Threads that store different chunks do not wait for each other.
    ///
    /// # Errors
    /// When there is no such chunk, `data` has another length or holds booleans other than 0 and 1, or the disk
    /// is full.
    pub fn put_chunk(&self, id: ArrayId, index: &[u64], data: &[u8]) -> Result<()> {
        let layout = self.layout_of_chunk(id, index)?;
        let (meta, grid) = (&layout.meta, &layout.grid);
        check_data(meta, &meta.chunk_shape, data.len())?;
        let target = Target { id, layout: &layout, index };
        if meta.is_c_order() && !grid.hangs_over(index) {
            return self.store(&target, data);
        }
        let zeros = vec![0; index.len()];
        let shape = grid.extent(index).iter().map(|&n| n as usize).collect();
        let part = Intersection { in_chunk: zeros.clone(), in_region: zeros, shape };
        self.lay_over(&target, Source { part: &part, shape: &meta.chunk_shape, data })
    }

    /// The layout of an array that has a chunk at `index`.
    pub(super) fn layout_of_chunk(&self, id: ArrayId, index: &[u64]) -> Result<Arc<Layout>> {
        let layout = self.layout(id)?;
        layout.check_index(index)?;
        Ok(layout)
    }

    /// Writes a region of elements in C order. Chunks that it covers are replaced; the others keep the rest of their
    /// elements. Threads must not write regions that overlap, but these may share chunks.
    ///
    /// # Errors
    /// When the region is not inside the array, `data` has another length, the disk is full, or a chunk to be changed
    /// is damaged.
    pub fn write(&self, id: ArrayId, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        let layout = self.layout(id)?;
        let (meta, grid) = (&layout.meta, &layout.grid);
        check_region(meta, start, shape)?;
        check_data(meta, shape, data.len())?;
        for index in grid.touching(start, shape) {
            let target = Target { id, layout: &layout, index: &index };
            let first = grid.start(&index);
            if first == start && meta.chunk_shape == shape && meta.is_c_order() && !grid.hangs_over(&index) {
                self.store(&target, data)?;
                continue;
            }
            let part = Intersection::new(grid, &index, start, shape);
            let source = Source { part: &part, shape, data };
            let covered = part.shape.iter().zip(&meta.chunk_shape).all(|(&n, &c)| n as u64 == c);
            if !covered && meta.takes_parts() {
                self.write_part(&target, source)?;
            } else {
                self.lay_over(&target, source)?;
            }
        }
        Ok(())
    }

    /// Reads a region, with the changes made so far, in C order.
    ///
    /// # Errors
    /// When the region is not inside the array, `out` has another length, or a chunk is damaged.
    pub fn read(&self, id: ArrayId, start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let layout = self.layout(id)?;
        let meta = &layout.meta;
        check_region(meta, start, shape)?;
        check_data(meta, shape, out.len())?;
        let whole: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let item = meta.dtype.size();
        let (from, to) = (meta.chunk_strides(), strided::c_strides(&whole, item));
        for index in layout.grid.touching(start, shape) {
            let part = Intersection::new(&layout.grid, &index, start, shape);
            with_scratch(meta.chunk_bytes(), |elements| {
                self.load(&Target { id, layout: &layout, index: &index }, elements)?;
                let (a, b) = (offset_of(&part.in_chunk, &from), offset_of(&part.in_region, &to));
                strided::copy(item, &part.shape, elements, a, &from, out, b, &to);
                Ok::<_, Error>(())
            })?;
        }
        Ok(())
    }

    /// Stores a chunk with a part replaced. The rest keeps its elements.
    fn lay_over(&self, target: &Target<'_>, source: Source<'_>) -> Result<()> {
        let (meta, grid, index) = (&target.layout.meta, &target.layout.grid, target.index);
        let part = source.part;
        let covered = part.shape.iter().zip(grid.extent(index)).all(|(&n, e)| n as u64 == e);
        let _guard =
            if covered { None } else { self.stripes.get(target.number() as usize % STRIPES).map(lock) };
        let item = meta.dtype.size();
        let (from, to) = (strided::c_strides(&source.whole(), item), meta.chunk_strides());
        with_scratch(meta.chunk_bytes(), |elements| {
            match (covered, grid.hangs_over(index)) {
                (true, true) => chunk::fill(elements, &meta.fill),
                (true, false) => {}
                (false, _) => self.load(target, elements)?,
            }
            let (a, b) = (offset_of(&part.in_region, &from), offset_of(&part.in_chunk, &to));
            strided::copy(item, &part.shape, source.data, a, &from, elements, b, &to);
            self.store(target, elements)
        })
    }
}
