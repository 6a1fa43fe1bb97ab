//! How an array is laid out where it is written, and what is chosen when nobody says.

use anyhow::Result;
use arrstore::DType;
use arrstore::formats::{Known, Location};
use arrstore_format::{Codec, Meta};

use crate::cli::{ChunkShape, Coding, Order, Shuffle, Storing};
use crate::misuse::misuse;

/// Bytes of a chunk that nobody chose.
///
/// Raw chunks of 4 MiB are whole pages that a disk reads at full speed and a tile of the engine covers in one or a
/// few pieces; smaller ones cost index entries and seeks, larger ones make a small budget touch too much at once.
const CHUNK_BYTES: u64 = 4 << 20;

/// Bytes of a cache line.
const LINE: u64 = 64;

impl Storing {
    /// How an array of `shape` is stored: what was asked for, else what is known, else the defaults.
    pub(crate) fn choose(&self, known: &Known, dtype: DType, shape: &[u64]) -> Result<Meta> {
        let fits = |chunk: &Vec<u64>| chunk.len() == shape.len();
        let chunk = match (&self.chunk, known.chunk.clone().filter(fits)) {
            (Some(ChunkShape(lengths)), _) => spread(lengths, shape)?,
            (None, Some(chunk)) => chunk,
            (None, None) => default_chunk(dtype, shape),
        };
        // Without a word on it, bytes are grouped.
        let shuffle = match (self.shuffle, self.codec, known.shuffle) {
            (Some(asked), _, _) => asked != Shuffle::Off,
            (None, None, Some(known)) => known,
            _ => true,
        };
        let c_order = || (0..shape.len() as u8).collect::<Vec<u8>>();
        let order = match self.order {
            Some(Order::C) => c_order(),
            Some(Order::F) => c_order().into_iter().rev().collect(),
            None => known.order.clone().filter(|o| o.len() == shape.len()).unwrap_or_else(c_order),
        };
        let codec = match self.codec {
            Some(Coding::Is(codec)) => codec,
            Some(Coding::Auto) => {
                return Err(misuse(
                    "--codec auto tries codecs on a sample of what is converted; a result is not there to be sampled: name a codec",
                ));
            }
            None => known.codec.unwrap_or_default(),
        };
        if self.shuffle == Some(Shuffle::On) && !packs_bytes(codec) {
            return Err(misuse(format!(
                "--shuffle on is for codecs that pack bytes, zstd and lz4: there is none in {codec}"
            )));
        }
        let shuffle = shuffle && packs_bytes(codec) && dtype.size() > 1;
        Ok(Meta { order, ..Meta::new(dtype, shape, &chunk).encoded(codec, shuffle) })
    }

    /// Refuses flags that would change nothing where results go.
    pub(crate) fn check(&self, locations: &[Location]) -> Result<()> {
        let chunked = [
            ("--chunk", self.chunk.is_some()),
            ("--codec", self.codec.is_some()),
            ("--shuffle", self.shuffle.is_some()),
        ];
        let chunked = chunked.into_iter().find_map(|(flag, asked)| asked.then_some(flag));
        let any = chunked.or(self.order.map(|_| "--order"));
        if let (Some(flag), []) = (any, locations) {
            return Err(misuse(format!(
                "{flag} says how a result is stored, and none is: give it a place with -o"
            )));
        }
        for location in locations {
            if let (Some(flag), true) = (any, location.subscript.is_some()) {
                return Err(misuse(format!(
                    "{location}: a region is stored as its array is; {flag} is for whole arrays"
                )));
            }
            if let (Some(flag), false) = (chunked, location.format.has_chunks()) {
                return Err(misuse(format!(
                    "{location}: {flag} is for .arrs and .zarr; .npy, .npz and raw files have no chunks and no codec"
                )));
            }
        }
        Ok(())
    }
}

/// Whether a codec packs bytes, so that it may help to group those of equal weight.
pub(crate) fn packs_bytes(codec: Codec) -> bool {
    matches!(codec, Codec::Zstd { .. } | Codec::Lz4)
}

/// The asked chunk with whole axes filled in and no axis longer than the array.
fn spread(lengths: &[u64], shape: &[u64]) -> Result<Vec<u64>> {
    if lengths.len() != shape.len() {
        return Err(misuse(format!(
            "--chunk {} names {} axes, and the array of shape {} has {}",
            crate::report::shape(lengths),
            lengths.len(),
            crate::report::shape(shape),
            shape.len()
        )));
    }
    let one = |(&chunk, &len): (&u64, &u64)| if chunk == 0 { len.max(1) } else { chunk.min(len.max(1)) };
    Ok(lengths.iter().zip(shape).map(one).collect())
}

/// Chunks of about [`CHUNK_BYTES`] that are as near to squares, cubes and so on as the axes allow: an axis that is
/// shorter than the side of such a cube is kept whole, and the others are longer for it. docs/chunks.md says why.
pub(crate) fn default_chunk(dtype: DType, shape: &[u64]) -> Vec<u64> {
    let item = dtype.size() as u64;
    let mut chunk: Vec<u64> = shape.iter().map(|&n| n.max(1)).collect();
    let mut axes: Vec<usize> = (0..shape.len()).collect();
    axes.sort_by_key(|&k| chunk[k]);
    let mut room = CHUNK_BYTES / item;
    for (done, &axis) in axes.iter().enumerate() {
        let side = (room as f64).powf(1.0 / (axes.len() - done) as f64).round().max(1.0) as u64;
        let len = chunk[axis];
        if len > side {
            // nearly equal pieces, so that the last chunk of an axis is not mostly padding
            let even = len.div_ceil(len.div_ceil(side));
            // rows of whole cache lines, where that adds little
            let line = (LINE / item).max(1);
            let last = axis + 1 == shape.len() && even >= 4 * line;
            chunk[axis] = if last { even.next_multiple_of(line).min(len) } else { even };
        }
        room = (room / chunk[axis]).max(1);
    }
    chunk
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
        assert_eq!(default_chunk(DType::F64, &[0, 5]), [1, 5]);
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
    fn asked_comes_before_known_comes_before_default() {
        let known = Known {
            chunk: Some(vec![5, 5]),
            codec: Some(Codec::Zstd { level: 3 }),
            shuffle: Some(true),
            order: None,
        };
        let none = Storing::default();
        let layout = none.choose(&known, DType::F32, &[100, 10]).unwrap();
        assert_eq!(layout.chunk_shape, [5, 5]);
        assert_eq!((layout.codec, layout.shuffle), (Codec::Zstd { level: 3 }, true));
        let asked = Storing {
            chunk: Some(ChunkShape(vec![7, 0])),
            codec: Some(Coding::Is(Codec::None)),
            ..none.clone()
        };
        let layout = asked.choose(&known, DType::F32, &[100, 10]).unwrap();
        assert_eq!((layout.chunk_shape, layout.codec), (vec![7, 10], Codec::None));
        let layout = none.choose(&Known::default(), DType::F32, &[100, 10]).unwrap();
        assert_eq!((layout.codec, layout.order), (Codec::None, vec![0, 1]));
        assert!(!layout.shuffle, "chunks without a codec lie as they are");
        assert!(asked.choose(&known, DType::F32, &[100]).is_err());
    }
}
