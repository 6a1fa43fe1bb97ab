//! Codecs pack the bytes of a chunk into fewer bytes, and unpack them.

mod lz4;
mod pco;
mod zstd;

pub use self::zstd::check_zstd;
pub(crate) use self::zstd::trim;
use crate::{DType, PayloadError};

/// The codec that packs the chunks of an array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// Chunks are stored as they are, and can be used in place.
    #[default]
    None,
    /// Each chunk is one zstd frame.
    Zstd {
        /// The level for writing: -7 (fast) to 22 (small).
        level: i32,
    },
    /// Each chunk is one LZ4 block: fast, but larger.
    Lz4,
    /// Each chunk is one Pcodec file: small for numbers that are smooth or have few digits.
    Pco {
        /// The level for writing: 0 (fast) to 12 (small).
        level: i32,
    },
}

impl Codec {
    /// The level of Pcodec where none is given.
    pub const PCO_LEVEL: i32 = 8;

    /// The code and the level in the metadata of an array.
    pub(crate) fn code(self) -> (u8, i32) {
        match self {
            Codec::None => (0, 0),
            Codec::Zstd { level } => (1, level),
            Codec::Lz4 => (2, 0),
            Codec::Pco { level } => (3, level),
        }
    }

    /// The codec of a code; `None` for a code that this version does not know. Codecs without levels ignore the level.
    pub(crate) fn from_code(code: u8, level: i32) -> Option<Codec> {
        match code {
            0 => Some(Codec::None),
            1 => Some(Codec::Zstd { level }),
            2 => Some(Codec::Lz4),
            3 => Some(Codec::Pco { level }),
            _ => None,
        }
    }

    /// Whether payloads of one are payloads of the other. The level matters to the writer alone.
    pub(crate) fn is_like(self, other: Codec) -> bool {
        self.code().0 == other.code().0
    }

    /// The lowest and the highest level; both 0 for a codec without levels.
    pub(crate) fn levels(self) -> (i32, i32) {
        match self {
            Codec::None | Codec::Lz4 => (0, 0),
            Codec::Zstd { .. } => (-7, 22),
            Codec::Pco { .. } => (0, 12),
        }
    }

    /// The most bytes of a chunk that it can pack.
    pub(crate) fn decoded_max(self) -> u64 {
        if self == Codec::Lz4 { lz4::DECODED_MAX } else { u64::MAX }
    }

    /// Whether it packs numbers, and so neither shuffled bytes nor texts and records.
    pub(crate) fn packs_numbers(self) -> bool {
        matches!(self, Codec::Pco { .. })
    }

    /// The most bytes that a chunk of `decoded` bytes is packed into.
    pub(crate) fn most_stored(self, dtype: DType, decoded: usize) -> usize {
        match self {
            Codec::None => decoded,
            Codec::Zstd { .. } => zstd::most_stored(decoded).saturating_add(64),
            Codec::Lz4 => lz4::most_stored(decoded),
            Codec::Pco { .. } => pco::most_stored(dtype, decoded),
        }
    }

    /// Bytes that a thread needs for packing, beside the chunk and the packed bytes.
    pub(crate) fn encoder_bytes(self) -> usize {
        match self {
            Codec::None => 0,
            Codec::Zstd { level } => zstd::encoder_bytes(level),
            Codec::Lz4 => 1 << 20,
            Codec::Pco { .. } => pco::ENCODER,
        }
    }

    /// Packs a chunk into `out`, which has room for [`Codec::most_stored`] bytes, and gives the packed length.
    pub(crate) fn pack(self, dtype: DType, elements: &[u8], out: &mut [u8]) -> Result<usize, PayloadError> {
        match self {
            Codec::None => {
                let n = elements.len().min(out.len());
                out[..n].copy_from_slice(&elements[..n]);
                Ok(n)
            }
            Codec::Zstd { level } => zstd::pack(level, elements, out),
            Codec::Lz4 => lz4::pack(elements, out),
            Codec::Pco { level } => pco::pack(dtype, level, elements, out),
        }
    }

    /// Unpacks a payload into exactly `out`.
    pub(crate) fn unpack(self, dtype: DType, payload: &[u8], out: &mut [u8]) -> Result<(), PayloadError> {
        match self {
            Codec::None => match payload.len() == out.len() {
                true => {
                    out.copy_from_slice(payload);
                    Ok(())
                }
                false => {
                    let (expected, found) = (out.len() as u64, payload.len() as u64);
                    Err(PayloadError::StoredLength { expected, found })
                }
            },
            Codec::Zstd { .. } => zstd::unpack(payload, out),
            Codec::Lz4 => lz4::unpack(payload, out),
            Codec::Pco { .. } => pco::unpack(dtype, payload, out),
        }
    }
}

impl std::fmt::Display for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Codec::None => f.write_str("none"),
            Codec::Zstd { level } => write!(f, "zstd:{level}"),
            Codec::Lz4 => f.write_str("lz4"),
            Codec::Pco { level } => write!(f, "pco:{level}"),
        }
    }
}

/// Reads `none`, `lz4`, `zstd:LEVEL` or `pco:LEVEL`; the level may be left out.
impl std::str::FromStr for Codec {
    type Err = String;

    fn from_str(text: &str) -> Result<Codec, String> {
        let levelled = |name: &str, level: &str, high: i32| match level.parse::<i32>() {
            Ok(level) if (1..=high).contains(&level) => Ok(level),
            _ => Err(format!("'{level}' is not a level of {name}; expected 1 to {high}")),
        };
        Ok(match text.split_once(':').unwrap_or((text, "")) {
            ("none", "") => Codec::None,
            ("lz4", "") => Codec::Lz4,
            ("zstd", "") => Codec::Zstd { level: 1 },
            ("zstd", level) => Codec::Zstd { level: levelled("zstd", level, 22)? },
            ("pco", "") => Codec::Pco { level: Codec::PCO_LEVEL },
            ("pco", level) => Codec::Pco { level: levelled("pco", level, 12)? },
            _ => return Err(format!("unknown codec '{text}': expected none, lz4, zstd:LEVEL or pco:LEVEL")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODECS: [Codec; 3] = [Codec::Zstd { level: 1 }, Codec::Lz4, Codec::Pco { level: 4 }];

    /// A hostile file may describe any length. A bound takes no memory and no time for it.
    #[test]
    fn bounds_hold_for_any_length() {
        for codec in CODECS {
            for dtype in DType::ALL {
                for len in (0..usize::BITS).map(|k| 1usize << k).chain([usize::MAX]) {
                    assert!(codec.most_stored(dtype, len) >= len, "{codec:?} {dtype} {len}");
                }
            }
        }
    }

    #[test]
    fn unpacking_undoes_packing() {
        for dtype in DType::ALL {
            for n in [1usize, 7, 1000, 70_000] {
                let mut state = 1u64;
                let mut random = || {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) as u8
                };
                let noise: Vec<u8> = (0..n * dtype.size()).map(|_| random()).collect();
                let smooth: Vec<u8> = (0..n * dtype.size()).map(|k| (k / 256) as u8).collect();
                for data in [noise, smooth] {
                    for codec in CODECS {
                        let mut packed = vec![0; codec.most_stored(dtype, data.len())];
                        let len = codec.pack(dtype, &data, &mut packed).unwrap();
                        let mut back = vec![1; data.len()];
                        codec.unpack(dtype, &packed[..len], &mut back).unwrap();
                        assert_eq!(back, data, "{codec:?} {dtype} {n}");
                        let mut longer = vec![0; data.len() + dtype.size()];
                        assert!(codec.unpack(dtype, &packed[..len], &mut longer).is_err());
                        let mut shorter = vec![0; data.len() - dtype.size()];
                        assert!(
                            codec.unpack(dtype, &packed[..len], &mut shorter).is_err(),
                            "{codec:?} {dtype} {n}"
                        );
                    }
                }
            }
        }
    }
}
