//! The layout of a stored array, and the default chunks.

use arrstore_format::{Attributes, Codec, Meta};

use crate::formats::Known;
use crate::{DType, Error, Result, Scalar};

/// The layout of a stored array. Chunk, codec, shuffle and order that are not set come from the replaced array, if it
/// has the same shape; else the default is raw chunks of about 4 MiB that are near squares and cubes, in C order. Fill
/// value, names of axes and attributes are not taken from the replaced array.
///
/// ```
/// use arrstore::prelude::*;
/// let layout = Layout::new().chunk([100, 100]).codec(Codec::Zstd { level: 1 }).dims(["time", "place"]);
/// # let folder = tempfile::tempdir()?;
/// # let store = Store::create(folder.path().join("x.arrs"))?;
/// store.write_with("/t", &ndarray::Array2::<f32>::zeros((200, 300)), &layout)?;
/// assert_eq!(store.meta("/t")?.chunk_shape, [100, 100]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Layout {
    chunk: Option<Vec<u64>>,
    codec: Option<Codec>,
    shuffle: Option<bool>,
    order: Option<Vec<u8>>,
    fill: Option<Fill>,
    dims: Option<Vec<Option<String>>>,
    attributes: Attributes,
    /// The shape of the whole array, for a part.
    whole: Option<Vec<u64>>,
}

/// A fill value: a number, or the bytes of an element.
#[derive(Clone, Debug)]
enum Fill {
    Number(Scalar),
    Element(Vec<u8>),
}

impl Layout {
    /// A layout with nothing set.
    pub fn new() -> Layout {
        Layout::default()
    }

    /// Elements of a chunk along each axis, each at least 1.
    #[must_use]
    pub fn chunk(self, shape: impl AsRef<[u64]>) -> Layout {
        Layout { chunk: Some(shape.as_ref().to_vec()), ..self }
    }

    /// The compression of chunks. [`Codec::None`] leaves chunks raw, so that they are used in place.
    #[must_use]
    pub fn codec(self, codec: Codec) -> Layout {
        Layout { codec: Some(codec), ..self }
    }

    /// Whether to group the bytes of elements by their position before compression. This suits most numbers, and is the
    /// default for zstd and LZ4.
    #[must_use]
    pub fn shuffle(self, shuffle: bool) -> Layout {
        Layout { shuffle: Some(shuffle), ..self }
    }

    /// The axes in the order in which the elements of a chunk lie, outermost first: `[1, 0]` is Fortran order.
    #[must_use]
    pub fn order(self, axes: impl AsRef<[u8]>) -> Layout {
        Layout { order: Some(axes.as_ref().to_vec()), ..self }
    }

    /// The fill value: the element of every place that was never written. The default is 0.
    #[must_use]
    pub fn fill(self, value: impl Into<Scalar>) -> Layout {
        Layout { fill: Some(Fill::Number(value.into())), ..self }
    }

    /// The fill value as the bytes of an element, for texts, times and records.
    #[must_use]
    pub fn fill_element(self, bytes: impl Into<Vec<u8>>) -> Layout {
        Layout { fill: Some(Fill::Element(bytes.into())), ..self }
    }

    /// The names of the axes. An empty text leaves an axis without a name.
    #[must_use]
    pub fn dims<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Layout {
        let name = |name: S| Some(name.into()).filter(|name| !name.is_empty());
        Layout { dims: Some(names.into_iter().map(name).collect()), ..self }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<serde_json::Value>) -> Layout {
        self.attributes.insert(key.into(), value.into());
        self
    }

    /// Makes the array a part, for [`Transaction::merge`](crate::Transaction::merge): it begins at element `start` of an
    /// array of `shape`. Its chunks are those of the whole array. All parts of an array have the same name and layout.
    #[must_use]
    pub fn part(mut self, start: impl AsRef<[u64]>, shape: impl AsRef<[u64]>) -> Layout {
        let (key, value) = super::parts::attribute(start.as_ref(), shape.as_ref());
        self.attributes.insert(key, value);
        Layout { whole: Some(shape.as_ref().to_vec()), ..self }
    }

    /// The metadata of an array of this type and shape. Settings that this layout lacks come from `known`, such as the
    /// layout of a replaced array, and then from the defaults. A known chunk or order for another number of axes is left
    /// out, and so is a known shuffle if this layout names a codec.
    ///
    /// # Errors
    /// When the layout asks for a shuffle that its codec does not have, or the fill value does not fit the type.
    pub fn meta(&self, dtype: DType, shape: &[u64], known: &Known) -> Result<Meta> {
        let chunk = self.chunk.clone().or_else(|| known.chunk.clone().filter(|c| c.len() == shape.len()));
        let chunk = chunk.unwrap_or_else(|| default_chunk(dtype, self.whole.as_deref().unwrap_or(shape)));
        let codec = self.codec.or(known.codec).unwrap_or_default();
        if self.shuffle == Some(true) && !packs_bytes(codec) {
            return Err(Error::Value(format!(
                "shuffle works with codecs that pack bytes (zstd, lz4), not with {codec}: leave it out"
            )));
        }
        let grouped = self.shuffle.or(known.shuffle.filter(|_| self.codec.is_none())).unwrap_or(true);
        let shuffle = grouped && packs_bytes(codec) && dtype.size() > 1;
        let mut meta = Meta::new(dtype, shape, &chunk).encoded(codec, shuffle);
        let known = || known.order.clone().filter(|order| order.len() == shape.len());
        if let Some(order) = self.order.clone().or_else(known) {
            meta.order = order;
        }
        match &self.fill {
            Some(Fill::Number(value)) => meta.fill = value.to_bytes(dtype)?,
            Some(Fill::Element(bytes)) => meta.fill = bytes.clone(),
            None => {}
        }
        if let Some(dims) = &self.dims {
            meta.dims.clone_from(dims);
        }
        meta.attributes = self.attributes.clone();
        Ok(meta)
    }
}

/// Whether a codec packs bytes, so that grouping bytes of equal weight may help.
pub fn packs_bytes(codec: Codec) -> bool {
    matches!(codec, Codec::Zstd { .. } | Codec::Lz4)
}

/// Bytes of a default chunk.
///
/// Raw chunks of 4 MiB are whole pages, a disk reads them at full speed, and a tile covers each in one or a few pieces.
/// Smaller chunks cost index entries and seeks; larger chunks make a small budget touch too much at once.
const CHUNK_BYTES: u64 = 4 << 20;

/// The length for which chunks are chosen along an axis without elements. Such an axis will be longer.
const GROWING: u64 = 1 << 40;

/// Bytes of a cache line.
const LINE: u64 = 64;

/// Chunks of about 4 MiB that are as near to squares, cubes and so on as the axes allow. An axis shorter than the side
/// of such a cube stays whole, and the other axes get longer chunks in return. An axis without elements counts as a long
/// one. docs/chunks.md gives the reasons.
pub fn default_chunk(dtype: DType, shape: &[u64]) -> Vec<u64> {
    let item = dtype.size() as u64;
    let mut chunk: Vec<u64> = shape.iter().map(|&n| if n == 0 { GROWING } else { n }).collect();
    let mut axes: Vec<usize> = (0..shape.len()).collect();
    axes.sort_by_key(|&k| chunk[k]);
    let mut room = CHUNK_BYTES / item;
    for (done, &axis) in axes.iter().enumerate() {
        let side = (room as f64).powf(1.0 / (axes.len() - done) as f64).round().max(1.0) as u64;
        let len = chunk[axis];
        if len > side {
            // nearly equal lengths, so that the last chunk of an axis is not mostly padding
            let even = len.div_ceil(len.div_ceil(side));
            // rows of whole cache lines, if that adds little
            let line = (LINE / item).max(1);
            let last = axis + 1 == shape.len() && even >= 4 * line;
            chunk[axis] = if last { even.next_multiple_of(line).min(len) } else { even };
        }
        room = (room / chunk[axis]).max(1);
    }
    chunk
}

/// Bytes of a page: a disk reads no fewer, however small a chunk is.
const PAGE: u64 = 4 << 10;

/// Bytes below which a chunk costs more to find than to read.
const SMALL: u64 = 64 << 10;

/// How many chunks below these sizes an array may have before it gets larger ones.
const SMALL_MAX: u64 = 1024;

/// For how many times its new length an axis that grows gets its chunks.
const GROWTH: u64 = 16;

/// Larger chunks for an array that grows to `shape`, if it would have too many small ones. An array keeps its chunks if
/// they are no smaller than a page, unless the only one is the whole of it, as a default chunk of a small array is. It also
/// keeps them if it is empty, as then nobody but the user chose small ones, or if it is larger than a default chunk, so
/// that little has to be written anew. docs/chunks.md gives the reasons.
pub(super) fn grown_chunk(meta: &Meta, shape: &[u64]) -> Option<Vec<u64>> {
    let bytes = |lengths: &[u64]| {
        let item = meta.dtype.size() as u64;
        lengths.iter().fold(item, |all, &n| all.saturating_mul(n))
    };
    let counts = shape.iter().zip(&meta.chunk_shape).map(|(&n, &chunk)| n.div_ceil(chunk));
    let (chunk, old) = (bytes(&meta.chunk_shape), bytes(&meta.shape));
    let is_small = chunk < PAGE || (chunk < SMALL && meta.chunk_shape == meta.shape);
    let grows = shape.iter().zip(&meta.shape).all(|(new, old)| new >= old);
    if !is_small
        || !grows
        || old == 0
        || old >= CHUNK_BYTES
        || counts.fold(1, u64::saturating_mul) <= SMALL_MAX
    {
        return None;
    }
    let later = |(&new, &old): (&u64, &u64)| if new > old { new.saturating_mul(GROWTH) } else { new };
    let later: Vec<u64> = shape.iter().zip(&meta.shape).map(later).collect();
    Some(default_chunk(meta.dtype, &later))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_nobody_chose_are_near_cubes_of_a_few_mebibytes() {
        assert_eq!(default_chunk(DType::F64, &[1000]), [1000]);
        assert_eq!(default_chunk(DType::F64, &[10_000_000]), [500_000]);
        assert_eq!(default_chunk(DType::F64, &[10_000, 10_000]), [715, 720]);
        assert_eq!(default_chunk(DType::F64, &[600, 600]), [600, 600]);
        assert_eq!(default_chunk(DType::F64, &[10, 10_000_000]), [10, 52_360]);
        assert_eq!(default_chunk(DType::F32, &[3_000_000, 40]), [26_087, 40]);
        assert_eq!(default_chunk(DType::F32, &[365, 721, 1440]), [92, 103, 112]);
        assert_eq!(default_chunk(DType::U8, &[2000, 64, 64, 3]), [334, 64, 64, 3]);
        assert_eq!(default_chunk(DType::F64, &[0, 5]), [104_857, 5]);
        assert_eq!(default_chunk(DType::F64, &[0]), [524_288]);
        assert_eq!(default_chunk(DType::F64, &[]), Vec::<u64>::new());
        assert_eq!(default_chunk(DType::C128, &[3, 1 << 40]), [3, 87_384]);
        for dtype in [DType::U8, DType::F32, DType::C128] {
            for shape in
                [&[1 << 20][..], &[50_000, 3], &[7, 9, 100_000], &[100, 100, 100, 100], &[5000, 1, 5000]]
            {
                let chunk = default_chunk(dtype, shape);
                let bytes = chunk.iter().product::<u64>() * dtype.size() as u64;
                let all = shape.iter().product::<u64>() * dtype.size() as u64;
                assert!(
                    (all.min(CHUNK_BYTES / 2)..=CHUNK_BYTES * 5 / 4).contains(&bytes),
                    "{shape:?}: {chunk:?}"
                );
            }
        }
    }

    #[test]
    fn chunks_of_a_small_array_that_grows_become_larger_once_there_are_many() {
        let grown =
            |shape: &[u64], chunk: &[u64], to: &[u64]| grown_chunk(&Meta::new(DType::F64, shape, chunk), to);
        // three rows and then a million
        assert_eq!(grown(&[3], &[3], &[1_000_003]), Some(vec![516_136]));
        assert_eq!(grown(&[3, 1000], &[3, 1000], &[1_000_000, 1000]), Some(vec![1040, 504]));
        // one row after the other
        assert_eq!(grown(&[1024], &[1], &[1025]), Some(vec![16_400]));
        // few, empty before, chosen and not tiny, or large
        assert_eq!(grown(&[3], &[3], &[3000]), None);
        assert_eq!(grown(&[0], &[1], &[1_000_000]), None);
        assert_eq!(grown(&[10, 600], &[1, 600], &[1_000_000, 600]), None);
        assert_eq!(grown(&[600_000], &[100], &[600_001]), None);
        assert_eq!(grown(&[3000], &[1], &[2000]), None);
    }
}
