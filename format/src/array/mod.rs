//! An array of a snapshot.

mod in_place;

use std::sync::Arc;

use crate::chunk::{Chunk, ChunkState, Reading};
use crate::entry::{Entry, EntryError};
use crate::grid::Grid;
use crate::layout::Layout;
use crate::name::ArrayId;
use crate::node::NodeError;
use crate::record::Record;
use crate::region::{Intersection, check_data, check_region, offset_of};
use crate::scratch::with_scratch;
use crate::snapshot::Snapshot;
use crate::tree::{Seen, Tree};
use crate::{Error, Meta, Result, strided};

/// An array of one commit. Clones share everything and keep the snapshot.
#[derive(Clone, Debug)]
pub struct Array {
    snapshot: Snapshot,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: u64,
    layout: Layout,
    record: Record,
    strides: Vec<usize>,
}
impl Array {
    pub(crate) fn open(snapshot: Snapshot, name: &str, id: u64) -> Result<Array> {
        let (record, _) = snapshot.commit().record(id)?;
        let layout = Layout::read(snapshot.commit(), id, name, &record)?;
        let strides = layout.meta.chunk_strides().iter().map(|&s| s as usize).collect();
        Ok(Array { snapshot, shared: Arc::new(Shared { id, layout, record, strides }) })
    }

    /// The array's path in the file.
    pub fn name(&self) -> &str {
        &self.meta().name
    }
    /// The array's id, which stays the same when it is renamed.
    pub fn id(&self) -> ArrayId {
        ArrayId(self.shared.id)
    }
    /// The metadata: element type, shape, chunks and more.
    pub fn meta(&self) -> &Meta {
        &self.shared.layout.meta
    }
    /// The grid of its chunks.
    pub fn grid(&self) -> &Grid {
        &self.shared.layout.grid
    }
    /// The snapshot that the array belongs to.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
    /// The number of chunks that are not missing.
    pub fn present(&self) -> u64 {
        self.shared.record.present
    }
    /// Bytes of all payloads.
    pub fn stored_bytes(&self) -> u64 {
        self.shared.record.stored
    }
    /// Bytes of one decoded chunk.
    pub fn chunk_bytes(&self) -> usize {
        self.meta().chunk_bytes()
    }
    /// Bytes from one element of a decoded or raw chunk to the next along each axis.
    pub fn chunk_strides(&self) -> &[usize] {
        &self.shared.strides
    }
    /// The most bytes that [`Array::decode`] needs beside its output. The thread keeps them for its next call, and
    /// about 160 KiB for zstd.
    pub fn decode_scratch(&self) -> usize {
        crate::chunk::decode_scratch(self.meta())
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.shared.layout
    }

    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading { storage: self.snapshot.storage(), meta: self.meta() }
    }

    /// Shows every chunk that is not missing, in the order of the grid.
    ///
    /// # Errors
    /// When the index is damaged, or `see` fails.
    pub fn each_chunk(&self, see: &mut dyn FnMut(&Chunk) -> Result<()>) -> Result<()> {
        self.index().walk(&mut |seen| match seen {
            Seen::Node(..) => Ok(()),
            Seen::Entry(number, entry) => see(&self.chunk_of(number, &entry)?),
            Seen::Broken { error, .. } => Err(error),
        })
    }

    /// Looks a chunk up. This reads index nodes only.
    ///
    /// # Errors
    /// When the grid has no such chunk, or the index is damaged.
    pub fn chunk(&self, index: &[u64]) -> Result<Chunk> {
        let layout = &self.shared.layout;
        layout.check_index(index)?;
        let number = layout.numbering.number(index);
        self.chunk_of(number, &self.index().get(number)?)
    }

    pub(crate) fn index(&self) -> Tree<'_> {
        self.snapshot.commit().index(self.shared.id, self.shared.record.index)
    }

    /// The chunk of an entry of the index.
    pub(crate) fn chunk_of(&self, number: u64, entry: &Entry) -> Result<Chunk> {
        let Shared { id, layout, record, .. } = self.shared.as_ref();
        let refuse = |problem| Error::Node {
            owner: *id,
            offset: record.index.offset,
            problem: NodeError::Entry { number, problem },
        };
        layout.check_entry(entry).map_err(refuse)?;
        let index = layout.numbering.index(number);
        if !layout.grid.contains(&index) {
            return Err(refuse(EntryError::OutsideGrid));
        }
        Ok(Chunk::new(&index, entry, self.meta().dtype.size()))
    }

    /// Decodes a chunk of any state to `out`, which has [`Array::chunk_bytes`] bytes, and checks it. The elements are
    /// in the chunk's own order ([`Array::chunk_strides`]).
    ///
    /// # Errors
    /// When they cannot be read or are damaged, or `out` has another length.
    pub fn decode(&self, chunk: &Chunk, out: &mut [u8]) -> Result<()> {
        check_data(self.meta(), &self.meta().chunk_shape, out.len())?;
        self.reading().decode(chunk, out)
    }

    /// The payload of a chunk as it is stored, checked; empty when it has none.
    ///
    /// # Errors
    /// When they cannot be read or are damaged.
    pub fn payload(&self, chunk: &Chunk) -> Result<Vec<u8>> {
        self.reading().payload(chunk)
    }

    /// Copies the elements of a region to `out`, in C order, and checks every chunk that it reads. Of a large raw
    /// chunk, it checks the blocks between the first and the last byte that it needs.
    ///
    /// # Errors
    /// When the region is not inside the array, `out` has another length, or the file is damaged.
    pub fn read(&self, start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        check_region(self.meta(), start, shape)?;
        check_data(self.meta(), shape, out.len())?;
        for index in self.grid().touching(start, shape) {
            let chunk = self.chunk(&index)?;
            let part = Intersection::new(self.grid(), &index, start, shape);
            self.read_part(&chunk, &part, shape, out)?;
        }
        Ok(())
    }

    fn read_part(&self, chunk: &Chunk, part: &Intersection, shape: &[u64], out: &mut [u8]) -> Result<()> {
        let meta = self.meta();
        let item = meta.dtype.size();
        let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let to = strided::c_strides(&shape, item);
        let to_offset = offset_of(&part.in_region, &to);
        let from = meta.chunk_strides();
        let from_offset = offset_of(&part.in_chunk, &from);
        let mut copy = |bytes: &[u8], offset: usize, strides: &[isize]| {
            strided::copy(item, &part.shape, bytes, offset, strides, out, to_offset, &to);
        };
        let repeated = vec![0; shape.len()];
        match (&chunk.state, self.raw(chunk)?) {
            (ChunkState::Missing, _) => copy(&meta.fill, 0, &repeated),
            (ChunkState::Constant(value), _) => copy(value, 0, &repeated),
            (_, Some(bytes)) => {
                let span: usize =
                    part.shape.iter().zip(&from).map(|(&n, &s)| n.saturating_sub(1) * s as usize).sum();
                let range = from_offset..from_offset + span + item;
                let checked = self.reading().check_in_place(chunk, bytes, range);
                copy(bytes, from_offset, &from);
                self.intact().and(checked)?;
            }
            _ => with_scratch(self.chunk_bytes(), |elements| {
                self.reading().decode(chunk, elements)?;
                copy(elements, from_offset, &from);
                Ok::<_, Error>(())
            })?,
        }
        Ok(())
    }
}

impl Snapshot {
    /// An array by its name.
    ///
    /// # Errors
    /// When there is no such array, or its metadata is damaged.
    pub fn array(&self, name: &str) -> Result<Array> {
        match self.names()?.get(name) {
            Some(&id) => Array::open(self.clone(), name, id),
            None => {
                let mut names: Vec<String> = self.names()?.keys().take(9).cloned().collect();
                if names.len() == 9 {
                    names.truncate(8);
                    names.push("others".into());
                }
                Err(Error::NoArray { name: name.to_owned(), names })
            }
        }
    }
}
