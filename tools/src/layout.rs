//! The layout of an array that is written, and its defaults.

use anyhow::Result;
use arrstore::formats::{Known, Location};
use arrstore::{DType, Layout};
use arrstore_format::Meta;

use crate::cli::{ChunkShape, Coding, Order, Shuffle, Storing};
use crate::misuse::misuse;

impl Storing {
    /// The layout of an array of `shape`: from the flags, else from `known`, else the defaults.
    pub(crate) fn choose(&self, known: &Known, dtype: DType, shape: &[u64]) -> Result<Meta> {
        let (mut layout, mut known) = (Layout::new(), known.clone());
        if let Some(ChunkShape(lengths)) = &self.chunk {
            layout = layout.chunk(spread(lengths, shape)?);
        }
        match self.codec {
            Some(Coding::Is(codec)) => layout = layout.codec(codec),
            Some(Coding::Auto) => {
                return Err(misuse(
                    "--codec auto tries codecs on a sample, and a result cannot be sampled before it is computed: name a codec",
                ));
            }
            None => {}
        }
        match self.shuffle {
            Some(Shuffle::Auto) => known.shuffle = None,
            Some(asked) => layout = layout.shuffle(asked == Shuffle::On),
            None => {}
        }
        let axes = || (0..shape.len() as u8).collect::<Vec<u8>>();
        match self.order {
            Some(Order::C) => layout = layout.order(axes()),
            Some(Order::F) => layout = layout.order(axes().into_iter().rev().collect::<Vec<u8>>()),
            None => {}
        }
        // nothing but the shuffle can be wrong
        layout.meta(dtype, shape, &known).map_err(|error| misuse(format!("--shuffle on: {error}")))
    }

    /// Refuses flags that have no effect for these outputs.
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
                "{flag} is for stored results, and this one is printed: choose a place with -o"
            )));
        }
        for location in locations {
            if let (Some(flag), true) = (any, location.is_part()) {
                return Err(misuse(format!(
                    "{location}: a region keeps the layout of its array; {flag} is for whole arrays"
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

/// The chunk from the flag, with 0 replaced by the whole axis, and no axis longer than the array.
fn spread(lengths: &[u64], shape: &[u64]) -> Result<Vec<u64>> {
    if lengths.len() != shape.len() {
        return Err(misuse(format!(
            "--chunk {} has {} axes, but the array of shape {} has {}",
            crate::report::shape(lengths),
            lengths.len(),
            crate::report::shape(shape),
            shape.len()
        )));
    }
    let one = |(&chunk, &len): (&u64, &u64)| if chunk == 0 { len.max(1) } else { chunk.min(len.max(1)) };
    Ok(lengths.iter().zip(shape).map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrstore_format::Codec;

    #[test]
    fn asked_comes_before_known_comes_before_default() {
        let mut known = Known::default();
        known.chunk = Some(vec![5, 5]);
        (known.codec, known.shuffle) = (Some(Codec::Zstd { level: 3 }), Some(true));
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
