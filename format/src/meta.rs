//! What an array is: element type, shape, chunks, codec, names of its axes, attributes.

use crate::attributes::{self, Attributes, AttributesError};
use crate::bytes::{Reader, Short, Writer};
use crate::grid::{Grid, Numbering};
use crate::name::{self, NameError};
use crate::{Codec, DType, strided};

/// The most axes.
pub const NDIM_MAX: usize = 32;
/// The most chunks of an array.
pub const CHUNKS_MAX: u64 = 1 << 48;
/// The most bytes of a metadata block.
pub(crate) const META_MAX: usize = 16 << 20;
const MAGIC: u32 = u32::from_le_bytes(*b"META");
/// Payloads begin at multiples of 2^6; raw ones of a page or more at pages.
const ALIGNMENT: u8 = 6;
const NO_NAME: u16 = u16::MAX;

/// What an array is.
#[derive(Clone, Debug, PartialEq)]
pub struct Meta {
    /// Its path in the file, set by [`crate::Transaction::create_array`].
    pub name: String,
    /// Type of the elements.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// Elements of one chunk along each axis, each at least 1. A chunk may be larger than the array.
    pub chunk_shape: Vec<u64>,
    /// The axes in the order in which the elements of a chunk lie, outermost first: `[0, 1]` is C order,
    /// `[1, 0]` Fortran order.
    pub order: Vec<u8>,
    /// Compression.
    pub codec: Codec,
    /// Whether the bytes of the elements are grouped by their place in the element before compression.
    pub shuffle: bool,
    /// The bytes of the element that chunks hold which were never written.
    pub fill: Vec<u8>,
    /// Names of the axes.
    pub dims: Vec<Option<String>>,
    /// Attributes.
    pub attributes: Attributes,
}

/// Why metadata was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetaError {
    /// Some other block.
    #[error("magic {found:#010x} is not a metadata block's")]
    Magic {
        /// Its first word.
        found: u32,
    },
    /// Parts that do not add up.
    #[error("its parts do not add up to its {len} bytes")]
    Length {
        /// Bytes of the block.
        len: usize,
    },
    /// Longer than any may be.
    #[error("{found} bytes; the most are {META_MAX}")]
    TooLong {
        /// Its length.
        found: u64,
    },
    /// The metadata of another array.
    #[error("expected array {expected}, found array {found}")]
    Id {
        /// As the referrer says.
        expected: u64,
        /// As it says.
        found: u64,
    },
    /// Too many axes.
    #[error("{found} axes; the most are {NDIM_MAX}")]
    Ndim {
        /// Axes.
        found: usize,
    },
    /// Not one value per axis.
    #[error("{what}: expected {expected} values, one per axis, found {found}")]
    Axes {
        /// Which list.
        what: &'static str,
        /// Axes.
        expected: usize,
        /// Values.
        found: usize,
    },
    /// An element type this version does not know.
    #[error("unknown element type {code}: use a newer program")]
    DType {
        /// Its code.
        code: u16,
    },
    /// Elements of another size than their type's.
    #[error("elements of {found} bytes; {dtype} has {expected}")]
    ItemSize {
        /// The type.
        dtype: DType,
        /// Its size.
        expected: usize,
        /// The size given.
        found: usize,
    },
    /// A chunk without elements.
    #[error("chunks of length 0 along axis {axis}: expected at least 1")]
    ChunkZero {
        /// The axis.
        axis: usize,
    },
    /// No such axis.
    #[error("axis {axis} of {ndim}")]
    NoAxis {
        /// The axis.
        axis: usize,
        /// Axes there are.
        ndim: usize,
    },
    /// More bytes than can be counted.
    #[error("{what} of shape {shape:?} has too many bytes to count")]
    Overflow {
        /// The array or a chunk.
        what: &'static str,
        /// Its shape.
        shape: Vec<u64>,
    },
    /// Too many chunks.
    #[error("a grid of {counts:?} chunks; the most are 2^48: choose larger chunks")]
    GridTooLarge {
        /// Chunks along each axis.
        counts: Vec<u64>,
    },
    /// Fewer numbers than chunks.
    #[error("room for {found} chunks along axis {axis}, which has {needed}")]
    Capacity {
        /// The axis.
        axis: usize,
        /// Chunks.
        needed: u64,
        /// Room.
        found: u64,
    },
    /// Not every axis once.
    #[error("element order {found:?}: expected each axis from 0 to {ndim} (exclusive) once")]
    Order {
        /// The order.
        found: Vec<u8>,
        /// Axes.
        ndim: usize,
    },
    /// Payloads aligned in a way this version does not know.
    #[error("alignment 2^{found}; version 1 has 2^{ALIGNMENT}")]
    Alignment {
        /// Its logarithm.
        found: u8,
    },
    /// A codec this version does not know.
    #[error("unknown codec {found}: use a newer program")]
    Codec {
        /// Its code.
        found: u8,
    },
    /// A filter this version does not know.
    #[error("unknown filter {found}: use a newer program")]
    Filter {
        /// Its code.
        found: u8,
    },
    /// A level the codec does not have.
    #[error("level {found} of the codec: expected {low} to {high}")]
    Level {
        /// The level.
        found: i32,
        /// The lowest.
        low: i32,
        /// The highest.
        high: i32,
    },
    /// A chunk that the codec cannot pack.
    #[error("chunks of {found} bytes; LZ4 packs at most {most}: choose smaller ones")]
    ChunkTooLong {
        /// Bytes of a chunk.
        found: u64,
        /// The most.
        most: u64,
    },
    /// Shuffled bytes given to a codec of numbers.
    #[error("the codec pco packs numbers: shuffled bytes are none")]
    Shuffled,
    /// A fill value that is no element.
    #[error("a fill value of {found} bytes; {dtype} has {expected}")]
    Fill {
        /// The type.
        dtype: DType,
        /// Its size.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A boolean that is neither.
    #[error("a boolean fill value of {found}: expected 0 or 1")]
    FillBool {
        /// The byte.
        found: u8,
    },
    /// A wrong name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The metadata of an array of another name.
    #[error("it says that the array is '{found}'")]
    OtherName {
        /// As it says.
        found: String,
    },
    /// A wrong axis name.
    #[error("the name of axis {axis} is {problem}")]
    Dim {
        /// The axis.
        axis: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// One name for two axes.
    #[error("two axes have the name '{0}'")]
    DimTwice(String),
    /// Records, which this version reserves.
    #[error("the array has record fields: use a newer program")]
    Fields,
    /// Wrong attributes.
    #[error(transparent)]
    Attributes(#[from] AttributesError),
    /// Reserved bytes.
    #[error("reserved bytes are not zero")]
    Reserved,
}

impl Meta {
    /// An array of `shape` in raw chunks of `chunk_shape`, in C order, filled with zeros.
    pub fn new(dtype: DType, shape: &[u64], chunk_shape: &[u64]) -> Meta {
        Meta {
            name: String::new(),
            dtype,
            shape: shape.to_vec(),
            chunk_shape: chunk_shape.to_vec(),
            order: (0..shape.len() as u8).collect(),
            codec: Codec::None,
            shuffle: false,
            fill: vec![0; dtype.size()],
            dims: vec![None; shape.len()],
            attributes: Attributes::new(),
        }
    }

    /// The same with another codec, with or without shuffle.
    #[must_use]
    pub fn encoded(mut self, codec: Codec, shuffle: bool) -> Meta {
        (self.codec, self.shuffle) = (codec, shuffle);
        self
    }

    /// Axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The grid of its chunks.
    pub fn grid(&self) -> Grid {
        Grid::new(&self.shape, &self.chunk_shape)
    }

    /// Bytes of a decoded chunk. [`Meta::check`] makes sure that they can be counted.
    pub fn chunk_bytes(&self) -> usize {
        let bytes = self.chunk_shape.iter().fold(self.dtype.size() as u64, |n, &c| n.saturating_mul(c));
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    /// Bytes from one element of a decoded chunk to the next along each axis.
    pub fn chunk_strides(&self) -> Vec<isize> {
        let shape: Vec<usize> = self.chunk_shape.iter().map(|&n| n as usize).collect();
        strided::strides(&shape, self.dtype.size(), self.order.iter().map(|&axis| usize::from(axis)))
    }

    /// Whether chunks lie in the file as they are, so that they can be used in place.
    pub fn is_raw(&self) -> bool {
        self.codec == Codec::None && !self.shuffle
    }

    /// Whether elements of a chunk lie in C order.
    pub fn is_c_order(&self) -> bool {
        self.order.iter().enumerate().all(|(k, &axis)| usize::from(axis) == k)
    }

    /// Whether chunks are so large, and raw, that parts of them are stored where they belong, without reading the rest.
    pub fn takes_parts(&self) -> bool {
        crate::transaction::parts::takes_parts(self)
    }

    /// The most bytes that storing one chunk takes beside its elements, in each thread that stores.
    pub fn encode_scratch(&self) -> usize {
        let chunk = self.chunk_bytes();
        let assembled = chunk; // partial chunks are read, changed and written
        let ordered = if self.is_c_order() { 0 } else { chunk };
        let shuffled = if self.shuffle { chunk } else { 0 };
        let packed = match self.codec {
            Codec::None => 0,
            codec => codec.most_stored(self.dtype, chunk).saturating_add(codec.encoder_bytes()),
        };
        assembled.saturating_add(ordered).saturating_add(shuffled).saturating_add(packed)
    }

    /// Checks everything that a reader would refuse, before any of it is used in arithmetic.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), MetaError> {
        let ndim = self.ndim();
        name::check(&self.name)?;
        if ndim > NDIM_MAX {
            return Err(MetaError::Ndim { found: ndim });
        }
        for (what, found) in [("chunk shape", self.chunk_shape.len()), ("dimension names", self.dims.len())] {
            if found != ndim {
                return Err(MetaError::Axes { what, expected: ndim, found });
            }
        }
        if let Some(axis) = self.chunk_shape.iter().position(|&c| c == 0) {
            return Err(MetaError::ChunkZero { axis });
        }
        let item = self.dtype.size();
        for (what, shape) in [("an array", &self.shape), ("a chunk", &self.chunk_shape)] {
            // An axis of length 0 must not hide that the others overflow.
            let bytes = shape.iter().try_fold(item as u64, |n, &d| n.checked_mul(d.max(1)));
            if bytes.is_none_or(|n| n >= 1 << 62 || usize::try_from(n).is_err()) {
                return Err(MetaError::Overflow { what, shape: shape.clone() });
            }
        }
        self.check_grid(&Numbering::default())?;
        let mut seen: Vec<u8> = self.order.clone();
        seen.sort_unstable();
        if seen.len() != ndim || seen.iter().enumerate().any(|(k, &axis)| usize::from(axis) != k) {
            return Err(MetaError::Order { found: self.order.clone(), ndim });
        }
        self.codec.check(self.chunk_bytes() as u64, self.shuffle)?;
        if self.fill.len() != item {
            return Err(MetaError::Fill { dtype: self.dtype, expected: item, found: self.fill.len() });
        }
        if self.dtype == DType::Bool
            && let Some(&found) = self.fill.iter().find(|&&b| b > 1)
        {
            return Err(MetaError::FillBool { found });
        }
        for (axis, dim) in self.dims.iter().enumerate() {
            let Some(dim) = dim else { continue };
            let problem = match dim {
                d if d.is_empty() => Some("empty"),
                d if d.len() > name::NAME_MAX => Some("too long"),
                d if d.chars().any(char::is_control) => Some("made of control characters"),
                _ => None,
            };
            if let Some(problem) = problem {
                return Err(MetaError::Dim { axis, problem });
            }
            if self.dims.iter().take(axis).flatten().any(|other| other == dim) {
                return Err(MetaError::DimTwice(dim.clone()));
            }
        }
        Ok(())
    }

    /// Checks that the chunks can be numbered.
    pub(crate) fn check_grid(&self, numbering: &Numbering) -> Result<(), MetaError> {
        let counts = self.grid().counts().to_vec();
        let mut numbers = 1u64;
        for (axis, &count) in counts.iter().enumerate() {
            let room = match numbering.room(axis) {
                Some(found) if found < count || found == 0 => {
                    return Err(MetaError::Capacity { axis, needed: count.max(1), found });
                }
                Some(found) => found,
                None => count.max(1),
            };
            numbers = numbers.saturating_mul(room);
        }
        if numbers > CHUNKS_MAX { Err(MetaError::GridTooLarge { counts }) } else { Ok(()) }
    }

    pub(crate) fn encode(&self, id: u64, numbering: &Numbering) -> Result<Vec<u8>, MetaError> {
        let attributes = attributes::encode(&self.attributes)?;
        let mut dims = Writer::default();
        for dim in &self.dims {
            match dim {
                None => dims.u16(NO_NAME),
                Some(dim) => dims.u16(dim.len() as u16).bytes(dim.as_bytes()),
            };
        }
        let (codec, level) = self.codec.code();
        let mut w = Writer::default();
        w.u32(MAGIC).u32(self.dtype.size() as u32).u64(id);
        w.u16(self.dtype.code()).u16(0).u8(self.ndim() as u8);
        w.u8(codec).u8(u8::from(self.shuffle)).u8(ALIGNMENT).i32(level);
        w.u32(self.fill.len() as u32).u32(self.name.len() as u32).u32(dims.0.len() as u32);
        w.u32(0).u32(attributes.len() as u32).u64(0);
        for (axis, (&shape, &chunk)) in self.shape.iter().zip(&self.chunk_shape).enumerate() {
            let room = numbering.room(axis).unwrap_or_default();
            let order = self.order.get(axis).copied().unwrap_or_default();
            w.u64(shape).u64(chunk).u64(room).u64(u64::from(order));
        }
        w.bytes(&self.fill).bytes(self.name.as_bytes()).bytes(&dims.0).bytes(&attributes);
        match w.0.len() {
            found if found > META_MAX => Err(MetaError::TooLong { found: found as u64 }),
            _ => Ok(w.0),
        }
    }

    pub(crate) fn decode(block: &[u8], id: u64) -> Result<(Meta, Numbering), MetaError> {
        let wrong = |_: Short| MetaError::Length { len: block.len() };
        let mut r = Reader::new(block);
        let magic = r.u32().map_err(wrong)?;
        if magic != MAGIC {
            return Err(MetaError::Magic { found: magic });
        }
        let item = r.u32().map_err(wrong)? as usize;
        let found = r.u64().map_err(wrong)?;
        if found != id {
            return Err(MetaError::Id { expected: id, found });
        }
        let mut fixed =
            || -> Result<_, Short> { Ok((r.u16()?, r.u16()?, r.u8()?, r.u8()?, r.u8()?, r.u8()?, r.i32()?)) };
        let (code, reserved, ndim, codec, filter, alignment, level) = fixed().map_err(wrong)?;
        let mut lengths = [0usize; 5];
        for length in &mut lengths {
            *length = r.u32().map_err(wrong)? as usize;
        }
        let [fill_len, name_len, dims_len, fields_len, attributes_len] = lengths;
        if r.u64().map_err(wrong)? != 0 || reserved != 0 {
            return Err(MetaError::Reserved);
        }
        let ndim = usize::from(ndim);
        if ndim > NDIM_MAX {
            return Err(MetaError::Ndim { found: ndim });
        }
        let parts = lengths.iter().fold(32 * ndim, |n, &part| n.saturating_add(part));
        if parts != r.rest().len() {
            return Err(MetaError::Length { len: block.len() });
        }
        let dtype = DType::from_code(code).ok_or(MetaError::DType { code })?;
        if item != dtype.size() {
            return Err(MetaError::ItemSize { dtype, expected: dtype.size(), found: item });
        }
        let codec = Codec::from_code(codec, level)?;
        if filter > 1 {
            return Err(MetaError::Filter { found: filter });
        }
        if alignment != ALIGNMENT {
            return Err(MetaError::Alignment { found: alignment });
        }
        if fields_len != 0 {
            return Err(MetaError::Fields);
        }
        let mut meta = Meta { codec, shuffle: filter == 1, ..Meta::new(dtype, &[], &[]) };
        let mut rooms = Vec::with_capacity(ndim);
        for axis in 0..ndim {
            let mut axis_fields = || -> Result<_, Short> { Ok((r.u64()?, r.u64()?, r.u64()?, r.u64()?)) };
            let (shape, chunk, room, order) = axis_fields().map_err(wrong)?;
            if axis == 0 && room != 0 {
                return Err(MetaError::Reserved);
            }
            meta.shape.push(shape);
            meta.chunk_shape.push(chunk);
            rooms.push(room);
            meta.order.push(u8::try_from(order).unwrap_or(u8::MAX));
        }
        meta.fill = r.bytes(fill_len).map_err(wrong)?.to_vec();
        let name = r.bytes(name_len).map_err(wrong)?;
        meta.name = std::str::from_utf8(name).map_err(|_| NameError::Utf8(name.to_vec()))?.to_owned();
        let mut dims = Reader::new(r.bytes(dims_len).map_err(wrong)?);
        for axis in 0..ndim {
            let n = dims.u16().map_err(wrong)?;
            meta.dims.push(match n {
                NO_NAME => None,
                n => {
                    let bytes = dims.bytes(usize::from(n)).map_err(wrong)?;
                    let not_utf8 = |_| MetaError::Dim { axis, problem: "not UTF-8" };
                    Some(std::str::from_utf8(bytes).map_err(not_utf8)?.to_owned())
                }
            });
        }
        if !dims.rest().is_empty() {
            return Err(MetaError::Length { len: block.len() });
        }
        meta.attributes = attributes::decode(r.bytes(attributes_len).map_err(wrong)?)?;
        meta.check()?;
        let numbering = Numbering::of(rooms);
        meta.check_grid(&numbering)?;
        Ok((meta, numbering))
    }
}
