//! An array of a snapshot.

use std::ops::Range;
use std::sync::Arc;

use ndarray::ArrayViewD;

use crate::chunk::{Chunk, ChunkState, Reading};
use crate::grid::{Grid, Numbering};
use crate::meta::META_MAX;
use crate::node::{Entry, NodeError};
use crate::payload::with_scratch;
use crate::record::Record;
use crate::snapshot::{Commit, Snapshot, read_block};
use crate::storage::FileMap;
use crate::transaction::ArrayId;
use crate::tree::Tree;
use crate::view::{self, ViewError};
use crate::{Element, EntryError, Error, Meta, MetaError, Result, strided};

/// An array, as one commit has it. Clones share everything and keep the snapshot.
#[derive(Clone, Debug)]
pub struct Array {
    snapshot: Snapshot,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: u64,
    described: Described,
    record: Record,
    strides: Vec<usize>,
}

/// Metadata, and what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) meta: Meta,
    pub(crate) numbering: Numbering,
    pub(crate) grid: Grid,
}

impl Described {
    pub(crate) fn new(meta: Meta, numbering: Numbering) -> Described {
        Described { grid: meta.grid(), meta, numbering }
    }

    /// Reads the metadata that a record refers to.
    pub(crate) fn read(commit: Commit<'_>, id: u64, name: &str, record: &Record) -> Result<Described> {
        let refuse = |problem| Error::Meta { array: name.to_owned(), problem };
        if record.meta.len as usize > META_MAX {
            return Err(refuse(MetaError::TooLong { found: u64::from(record.meta.len) }));
        }
        let what = "the metadata of an array";
        let block = read_block(commit.storage(), what, record.meta, META_MAX as u64, commit.slot.length)?;
        let (meta, numbering) = Meta::decode(&block, id).map_err(refuse)?;
        if meta.name != name {
            return Err(refuse(MetaError::OtherName { found: meta.name }));
        }
        Ok(Described::new(meta, numbering))
    }

    /// Whether an entry suits the array's codec and element type.
    pub(crate) fn check_entry(&self, entry: &Entry) -> std::result::Result<(), EntryError> {
        let meta = &self.meta;
        match entry {
            Entry::Raw(..) if !meta.is_raw() => Err(EntryError::StateHere { found: entry.state() }),
            Entry::Encoded(..) if meta.is_raw() => Err(EntryError::StateHere { found: entry.state() }),
            Entry::Constant(value, _) => {
                let (value, rest) = value.split_at(meta.dtype.size().min(value.len()));
                let bool_ok = crate::payload::check_bools(meta.dtype, value).is_ok();
                if crate::bytes::is_zero(rest) && bool_ok { Ok(()) } else { Err(EntryError::Reserved) }
            }
            _ => Ok(()),
        }
    }
}

/// Checks that a box lies inside an array.
pub(crate) fn check_region(meta: &Meta, start: &[u64], shape: &[u64]) -> Result<()> {
    let whole = &meta.shape;
    let fits = start.len() == whole.len()
        && shape.len() == whole.len()
        && start
            .iter()
            .zip(shape)
            .zip(whole)
            .all(|((&s, &n), &w)| s.checked_add(n).is_some_and(|end| end <= w));
    if fits {
        return Ok(());
    }
    Err(Error::Region {
        array: meta.name.clone(),
        start: start.to_vec(),
        shape: shape.to_vec(),
        whole: whole.clone(),
    })
}

/// Checks that a buffer holds the elements of `shape`.
pub(crate) fn check_data(meta: &Meta, shape: &[u64], found: usize) -> Result<()> {
    let item = meta.dtype.size() as u64;
    let expected = match shape.contains(&0) {
        true => 0,
        false => shape.iter().fold(item, |n, &d| n.saturating_mul(d)),
    };
    if found as u64 == expected {
        return Ok(());
    }
    Err(Error::DataLength { array: meta.name.clone(), expected, found })
}

/// The part of one chunk that a box covers: where it begins in the chunk and in the box, and its shape.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) in_chunk: Vec<u64>,
    pub(crate) in_box: Vec<u64>,
    pub(crate) shape: Vec<usize>,
}

impl Part {
    pub(crate) fn new(grid: &Grid, index: &[u64], start: &[u64], shape: &[u64]) -> Part {
        let mut part = Part { in_chunk: Vec::new(), in_box: Vec::new(), shape: Vec::new() };
        let (first, extent) = (grid.start(index), grid.extent(index));
        for (((&c, &e), &s), &n) in first.iter().zip(&extent).zip(start).zip(shape) {
            let (low, high) = (c.max(s), (c + e).min(s + n));
            part.in_chunk.push(low - c);
            part.in_box.push(low - s);
            part.shape.push(high.saturating_sub(low) as usize);
        }
        part
    }
}

/// The byte at which the element `at` lies.
pub(crate) fn offset_of(at: &[u64], strides: &[isize]) -> usize {
    at.iter().zip(strides).map(|(&i, &s)| i as usize * s as usize).sum()
}

impl Array {
    pub(crate) fn open(snapshot: Snapshot, name: &str, id: u64) -> Result<Array> {
        let (record, _) = snapshot.commit().record(id)?;
        let described = Described::read(snapshot.commit(), id, name, &record)?;
        let strides = described.meta.chunk_strides().iter().map(|&s| s as usize).collect();
        Ok(Array { snapshot, shared: Arc::new(Shared { id, described, record, strides }) })
    }

    /// Its path in the file.
    pub fn name(&self) -> &str {
        &self.meta().name
    }
    /// Its id, which it keeps when it is renamed.
    pub fn id(&self) -> ArrayId {
        ArrayId(self.shared.id)
    }
    /// What it is.
    pub fn meta(&self) -> &Meta {
        &self.shared.described.meta
    }
    /// The grid of its chunks.
    pub fn grid(&self) -> &Grid {
        &self.shared.described.grid
    }
    /// The snapshot it belongs to.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
    /// Chunks that are not missing.
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
    /// The most bytes that [`Array::decode`] takes beside its output. They are kept for the next call by the
    /// same thread, as are about 160 KiB of zstd.
    pub fn decode_scratch(&self) -> usize {
        crate::chunk::decode_scratch(self.meta())
    }

    pub(crate) fn described(&self) -> &Described {
        &self.shared.described
    }

    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading { storage: self.snapshot.storage(), meta: self.meta() }
    }

    /// Looks a chunk up; reads index nodes only.
    ///
    /// # Errors
    /// When the grid has no such chunk, or the index is damaged.
    pub fn chunk(&self, index: &[u64]) -> Result<Chunk> {
        let described = &self.shared.described;
        if !described.grid.contains(index) {
            return Err(Error::Index {
                array: self.name().to_owned(),
                index: index.to_vec(),
                counts: described.grid.counts().to_vec(),
            });
        }
        let number = described.numbering.number(index);
        self.chunk_of(number, &self.index().get(number)?)
    }

    pub(crate) fn index(&self) -> Tree<'_> {
        self.snapshot.commit().index(self.shared.id, self.shared.record.index)
    }

    /// The chunk of an entry of the index.
    pub(crate) fn chunk_of(&self, number: u64, entry: &Entry) -> Result<Chunk> {
        let Shared { id, described, record, .. } = self.shared.as_ref();
        let refuse = |problem| Error::Node {
            owner: *id,
            offset: record.index.offset,
            problem: NodeError::Entry { number, problem },
        };
        described.check_entry(entry).map_err(refuse)?;
        let index = described.numbering.index(number);
        if !described.grid.contains(&index) {
            return Err(refuse(EntryError::OutsideGrid));
        }
        Ok(Chunk::new(&index, entry, self.meta().dtype.size()))
    }

    /// The elements of a raw chunk where they lie in the file: no byte is read, copied or checked.
    ///
    /// `None` for chunks that are not raw, and where the storage cannot be mapped.
    ///
    /// # Errors
    /// When the system refuses the map, or the payload has a wrong length.
    pub fn raw(&self, chunk: &Chunk) -> Result<Option<&[u8]>> {
        if chunk.state != ChunkState::Raw {
            return Ok(None);
        }
        self.reading().check_len(chunk)?;
        let Some(map) = self.snapshot.map()? else { return Ok(None) };
        let start = chunk.extent.offset as usize;
        Ok(map.bytes().get(start..start + chunk.extent.len as usize))
    }

    /// Copies the bytes of a raw chunk from byte `start` on, without mapping or checking them.
    ///
    /// # Errors
    /// When the chunk is not raw or has no such bytes, or they cannot be read.
    pub fn read_raw(&self, chunk: &Chunk, start: usize, out: &mut [u8]) -> Result<()> {
        let doing = Error::io(|| format!("reading '{}'", self.name()));
        let mapped = self.mapped_part(chunk, start..start.saturating_add(out.len()));
        match mapped.filter(|(_, bytes)| chunk.state == ChunkState::Raw && bytes.len() == out.len()) {
            Some((map, bytes)) => map.read(bytes.start, out).map_err(doing),
            None => {
                let what = format!("{} bytes at byte {start} of a chunk", out.len());
                Err(doing(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, what)))
            }
        }
    }

    /// Checks the bytes of a raw chunk in place that lie in a range, and the blocks of 64 KiB around them. A
    /// chunk of up to 1 MiB has one checksum: it is checked whole, the first time. Booleans in the range must be 0 or 1.
    ///
    /// # Errors
    /// When they are damaged.
    pub fn check_raw(&self, chunk: &Chunk, bytes: Range<usize>) -> Result<()> {
        let Some(payload) = self.raw(chunk)? else { return Ok(()) };
        let checked = self.reading().check_in_place(chunk, payload, bytes);
        let lost = self.snapshot.mapped().is_some_and(FileMap::is_lost);
        if checked.is_err() || lost { self.intact().and(checked) } else { checked }
    }

    /// Checks bytes of a raw chunk that [`Array::read_raw`] has copied from byte `start` of it on: some blocks of 64 KiB, of
    /// which the last may end with the chunk. Of a chunk of up to 1 MiB, which has one checksum, they are all. Booleans must
    /// be 0 or 1.
    ///
    /// # Errors
    /// When they are damaged.
    pub fn check_read(&self, chunk: &Chunk, start: usize, bytes: &[u8]) -> Result<()> {
        self.reading().check_read(chunk, start, bytes)
    }

    /// Asks whether all that was read in place so far was really in the file, which has to be asked after reading: when
    /// another program has cut the file short, or the disk has failed, zeros were read instead.
    ///
    /// # Errors
    /// When it was not.
    pub fn intact(&self) -> Result<()> {
        let doing = Error::io(|| format!("reading '{}' in place", self.name()));
        self.snapshot.mapped().map_or(Ok(()), FileMap::intact).map_err(doing)
    }

    /// Has the system read what is not in memory of a range of the bytes that are stored for a chunk, from first to last.
    pub fn bring(&self, chunk: &Chunk, bytes: Range<usize>) {
        if let Some((map, bytes)) = self.mapped_part(chunk, bytes) {
            map.bring(bytes);
        }
    }

    /// Has the system begin to read such a range, and no more than that, without waiting for it.
    pub fn expect(&self, chunk: &Chunk, bytes: Range<usize>) {
        if let Some((map, bytes)) = self.mapped_part(chunk, bytes) {
            map.expect(bytes);
        }
    }

    /// Whether a range of the bytes that are stored for a chunk is in memory, by its first and its last byte.
    pub fn holds(&self, chunk: &Chunk, bytes: Range<usize>) -> bool {
        self.mapped_part(chunk, bytes).is_none_or(|(map, bytes)| map.holds(bytes))
    }

    /// The map, and where in it a range of a chunk's stored bytes lies.
    fn mapped_part(&self, chunk: &Chunk, bytes: Range<usize>) -> Option<(&FileMap, Range<usize>)> {
        let (start, end) = (chunk.extent.offset as usize, bytes.end.min(chunk.extent.len as usize));
        let map = self.snapshot.map().ok().flatten().filter(|_| bytes.start < end)?;
        Some((map, start + bytes.start..start + end))
    }

    /// Lets go the memory of the whole pages of a raw chunk that lie inside a range of its bytes.
    pub fn release(&self, chunk: &Chunk, bytes: Range<usize>) {
        if let (ChunkState::Raw, Ok(Some(map))) = (&chunk.state, self.snapshot.map()) {
            let start = chunk.extent.offset as usize;
            let end = bytes.end.min(chunk.extent.len as usize);
            map.release(start + bytes.start..start + end);
        }
    }

    /// Lets go the memory of all pages of the file, as one call that all processors hear of once.
    pub fn release_all(&self) {
        if let Ok(Some(map)) = self.snapshot.map() {
            map.release(0..usize::MAX);
        }
    }

    /// Writes the elements of a chunk of any state to `out`, [`Array::chunk_bytes`] long, in the chunk's own
    /// order ([`Array::chunk_strides`]), and checks them.
    ///
    /// # Errors
    /// When they cannot be read or are damaged, or `out` has another length.
    pub fn decode(&self, chunk: &Chunk, out: &mut [u8]) -> Result<()> {
        check_data(self.meta(), &self.meta().chunk_shape, out.len())?;
        self.reading().decode(chunk, out)
    }

    /// The payload bytes of a chunk as they are stored, checked; empty when it has none.
    ///
    /// # Errors
    /// When they cannot be read or are damaged.
    pub fn payload(&self, chunk: &Chunk) -> Result<Vec<u8>> {
        self.reading().payload(chunk)
    }

    /// Copies the elements of a box to `out`, in C order, and checks every chunk it reads (of a large raw chunk,
    /// the blocks between the first and the last byte it needs).
    ///
    /// # Errors
    /// When the box is not inside the array, `out` has another length, or the file is damaged.
    pub fn read(&self, start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        check_region(self.meta(), start, shape)?;
        check_data(self.meta(), shape, out.len())?;
        for index in self.grid().touching(start, shape) {
            let chunk = self.chunk(&index)?;
            let part = Part::new(self.grid(), &index, start, shape);
            self.read_part(&chunk, &part, shape, out)?;
        }
        Ok(())
    }

    fn read_part(&self, chunk: &Chunk, part: &Part, shape: &[u64], out: &mut [u8]) -> Result<()> {
        let meta = self.meta();
        let item = meta.dtype.size();
        let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let to = strided::c_strides(&shape, item);
        let to_offset = offset_of(&part.in_box, &to);
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

    fn refuse_view(&self, problem: ViewError) -> Error {
        Error::View { array: self.name().to_owned(), problem }
    }

    /// The whole array in place, with its strides: no byte is copied, read or checked. It must lie in one raw
    /// chunk. Booleans are seen as `u8`. [`Array::intact`] tells, after it was used, whether it was really there.
    ///
    /// # Errors
    /// When it would need a copy; the error says why.
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        let grid = self.grid();
        match grid.len() {
            0 => view::elements(&[], self.meta().dtype, &self.meta().shape, self.chunk_strides())
                .map_err(|e| self.refuse_view(e)),
            1 => self.chunk_view(&vec![0; self.meta().ndim()]),
            count => Err(self.refuse_view(ViewError::SeveralChunks { count })),
        }
    }

    /// The elements of one raw chunk in place, up to the array's edge. As [`Array::view`].
    ///
    /// # Errors
    /// As [`Array::view`], and when there is no such chunk.
    pub fn chunk_view<T: Element>(&self, index: &[u64]) -> Result<ArrayViewD<'_, T>> {
        let refuse = |e| self.refuse_view(e);
        if !T::can_view(self.meta().dtype) {
            return Err(refuse(ViewError::DType { expected: self.meta().dtype, found: T::DTYPE }));
        }
        let chunk = self.chunk(index)?;
        let bytes = match chunk.state {
            ChunkState::Raw => self.raw(&chunk)?.ok_or_else(|| refuse(ViewError::Unmappable))?,
            ChunkState::Encoded => return Err(refuse(ViewError::Encoded)),
            ChunkState::Missing | ChunkState::Constant(_) => return Err(refuse(ViewError::NoPayload)),
        };
        let extent = self.grid().extent(index);
        view::elements(bytes, self.meta().dtype, &extent, self.chunk_strides()).map_err(refuse)
    }
}
