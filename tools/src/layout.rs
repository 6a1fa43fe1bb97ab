//! How an array is laid out where it is written, and what is chosen when nobody says.

use arrstore::DType;
pub(crate) use arrstore::default_chunk;
use arrstore_format::Codec;

use crate::cli::{Order, Shuffle, Storing};
use crate::location::Location;
use crate::misuse::misuse;

/// `--shape`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape(pub(crate) Vec<u64>);

/// `--chunk`: elements along each axis, 0 for the whole axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChunkShape(pub(crate) Vec<u64>);

/// `--codec`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Whatever packs a sample best.
    Auto,
    Is(Codec),
}

/// The level of pco that nobody chose: its own default.
pub(crate) const PCO_LEVEL: i32 = 8;

/// Reads `10x20`, `10,20` or `10`.
fn lengths(text: &str, whole: bool) -> Result<Vec<u64>, String> {
    let length = |part: &str| match part.trim() {
        "-" if whole => Ok(0),
        digits => digits.parse::<u64>().map_err(|_| format!("'{digits}' is not a length; write 1000x1000")),
    };
    match text.trim().trim_start_matches('(').trim_end_matches(')') {
        "" => Ok(Vec::new()),
        inside => inside.trim_end_matches(',').split(['x', ',']).map(length).collect(),
    }
}

/// The value of `--shape`.
pub(crate) fn parse_shape(text: &str) -> Result<Shape, String> {
    lengths(text, false).map(Shape)
}

/// The value of `--chunk`.
pub(crate) fn parse_chunk(text: &str) -> Result<ChunkShape, String> {
    lengths(text, true).map(ChunkShape)
}

/// The value of `--codec`.
pub(crate) fn parse_codec(text: &str) -> Result<Coding, String> {
    let levelled = |name: &str, level: &str, high: i32| match level.parse::<i32>() {
        Ok(level) if (1..=high).contains(&level) => Ok(level),
        _ => Err(format!("{name} has the levels 1 to {high}, not '{level}'")),
    };
    Ok(Coding::Is(match text.split_once(':').unwrap_or((text, "")) {
        ("auto", "") => return Ok(Coding::Auto),
        ("none", "") => Codec::None,
        ("lz4", "") => Codec::Lz4,
        ("zstd", "") => Codec::Zstd { level: 1 },
        ("zstd", level) => Codec::Zstd { level: levelled("zstd", level, 22)? },
        ("pco", "") => Codec::Pco { level: PCO_LEVEL },
        ("pco", level) => Codec::Pco { level: levelled("pco", level, 12)? },
        _ => {
            return Err(format!("unknown codec '{text}': expected none, lz4, zstd:LEVEL, pco:LEVEL or auto"));
        }
    }))
}

/// A layout, decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) chunk: Vec<u64>,
    pub(crate) codec: Codec,
    pub(crate) shuffle: Shuffle,
    /// Axes, outermost first.
    pub(crate) order: Vec<u8>,
}

/// What is known of the layout of the array that is read, or that will be replaced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) chunk: Option<Vec<u64>>,
    pub(crate) codec: Option<Codec>,
    pub(crate) shuffle: Option<bool>,
    pub(crate) order: Option<Vec<u8>>,
}

impl Layout {
    /// The layout for an array of `shape`: what was asked for, else what is known, else the defaults.
    pub(crate) fn choose(
        asked: &Storing,
        known: &Known,
        dtype: DType,
        shape: &[u64],
    ) -> anyhow::Result<Layout> {
        let fits = |chunk: &Vec<u64>| chunk.len() == shape.len();
        let chunk = match (&asked.chunk, known.chunk.clone().filter(fits)) {
            (Some(ChunkShape(lengths)), _) => spread(lengths, shape)?,
            (None, Some(chunk)) => chunk,
            (None, None) => default_chunk(dtype, shape),
        };
        let shuffle = asked.shuffle.unwrap_or(match (asked.codec, known.shuffle) {
            (None, Some(true)) => Shuffle::On,
            (None, Some(false)) => Shuffle::Off,
            _ => Shuffle::Auto,
        });
        let c_order = || (0..shape.len() as u8).collect::<Vec<u8>>();
        let order = match asked.order {
            Some(Order::C) => c_order(),
            Some(Order::F) => c_order().into_iter().rev().collect(),
            None => known.order.clone().filter(|o| o.len() == shape.len()).unwrap_or_else(c_order),
        };
        let codec = match asked.codec {
            Some(Coding::Is(codec)) => codec,
            Some(Coding::Auto) => {
                return Err(misuse(
                    "--codec auto tries codecs on a sample of what is converted; a result is not there to be sampled: name a codec",
                ));
            }
            None => known.codec.unwrap_or_default(),
        };
        if asked.shuffle == Some(Shuffle::On) && !matches!(codec, Codec::Zstd { .. } | Codec::Lz4) {
            return Err(misuse(format!(
                "--shuffle on is for codecs that pack bytes, zstd and lz4: there is none in {codec}"
            )));
        }
        Ok(Layout { chunk, codec, shuffle, order })
    }
}

impl Storing {
    /// Refuses flags that would change nothing where results go.
    pub(crate) fn check(&self, locations: &[Location]) -> anyhow::Result<()> {
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
            if let (Some(flag), false) = (chunked, location.kind.has_chunks()) {
                return Err(misuse(format!(
                    "{location}: {flag} is for .arrs and .zarr; .npy, .npz and raw files have no chunks and no codec"
                )));
            }
        }
        Ok(())
    }
}

/// The asked chunk with whole axes filled in and no axis longer than the array.
fn spread(lengths: &[u64], shape: &[u64]) -> anyhow::Result<Vec<u64>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_flags() {
        assert_eq!(parse_shape("10x20"), Ok(Shape(vec![10, 20])));
        assert_eq!(parse_shape("(10, 20,)"), Ok(Shape(vec![10, 20])));
        assert_eq!(parse_shape("()"), Ok(Shape(vec![])));
        assert_eq!(parse_chunk("0x-x5"), Ok(ChunkShape(vec![0, 0, 5])));
        assert_eq!(parse_codec("zstd:3"), Ok(Coding::Is(Codec::Zstd { level: 3 })));
        assert_eq!(parse_codec("lz4"), Ok(Coding::Is(Codec::Lz4)));
        assert_eq!(parse_codec("pco"), Ok(Coding::Is(Codec::Pco { level: 8 })));
        assert_eq!(parse_codec("auto"), Ok(Coding::Auto));
        assert_eq!(parse_codec("none"), Ok(Coding::Is(Codec::None)));
        for bad in ["zstd:0", "zstd:x", "lz4:1", "pco:13", "gzip", ""] {
            assert!(parse_codec(bad).is_err(), "{bad}");
        }
        assert!(parse_shape("10x-").is_err() && parse_shape("axb").is_err() && parse_shape("-1").is_err());
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
        let layout = Layout::choose(&none, &known, DType::F32, &[100, 10]).unwrap();
        assert_eq!(layout.chunk, [5, 5]);
        assert_eq!((layout.codec, layout.shuffle), (Codec::Zstd { level: 3 }, Shuffle::On));
        let asked = Storing {
            chunk: Some(ChunkShape(vec![7, 0])),
            codec: Some(Coding::Is(Codec::None)),
            ..none.clone()
        };
        let layout = Layout::choose(&asked, &known, DType::F32, &[100, 10]).unwrap();
        assert_eq!((layout.chunk, layout.codec), (vec![7, 10], Codec::None));
        let layout = Layout::choose(&none, &Known::default(), DType::F32, &[100, 10]).unwrap();
        assert_eq!((layout.codec, layout.order), (Codec::None, vec![0, 1]));
        assert!(Layout::choose(&asked, &known, DType::F32, &[100]).is_err());
    }
}
