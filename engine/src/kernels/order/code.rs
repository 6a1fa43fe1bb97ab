//! Elements as words, and words as elements.

use std::sync::Arc;

use super::real::{BF16, F16, F32, F64, Flag, Instant, Real};
use super::scale::Scale;
use super::texts;
use super::word::{Triple, Wide, Word};
use crate::kernels::Physical;
use crate::kernels::block::{elements, fill};
use crate::{Error, Result};

/// What is wanted of the sorted words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// The elements. All NaN of a type become one and the same.
    Values,
    /// The positions at which they were, as `i64`.
    Positions,
}

/// Makes the words of elements at some positions.
pub(crate) type Encode<W> = dyn Fn(&[u8], Positions, &mut [W]) + Send + Sync;
/// Makes elements, or positions, of words.
pub(crate) type Decode<W> = dyn Fn(&[W], &mut [u8]) + Send + Sync;

/// How elements of a type become words, and back.
#[derive(Clone)]
pub(crate) struct Coder<W> {
    pub(crate) scale: Scale,
    /// The words of elements at these positions. Both zeros of a float have the same word.
    pub(crate) encode: Arc<Encode<W>>,
    /// The same, but a negative zero has a word of its own, before that of a positive one.
    pub(crate) encode_signed: Arc<Encode<W>>,
    /// The elements, or the positions, of words.
    pub(crate) decode: Arc<Decode<W>>,
    /// The first word of a NaN, if the type has NaN.
    pub(crate) nan: Option<W>,
    /// For a type with two zeros whose signs the words do not keep.
    pub(crate) zeros: Option<Zeros<W>>,
}

pub(super) fn encoder<W>(
    encode: impl Fn(&[u8], Positions, &mut [W]) + Send + Sync + 'static,
) -> Arc<Encode<W>> {
    Arc::new(encode)
}

pub(super) fn decoder<W>(decode: impl Fn(&[W], &mut [u8]) + Send + Sync + 'static) -> Arc<Decode<W>> {
    Arc::new(decode)
}

impl<W> std::fmt::Debug for Coder<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Coder")
    }
}

/// Positions at equal distances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Positions {
    pub(crate) first: u64,
    pub(crate) step: u64,
}

impl Positions {
    /// Consecutive positions from 0 on.
    pub(crate) const ALL: Positions = Positions { first: 0, step: 1 };

    /// The positions after so many of these.
    pub(crate) fn after(self, count: usize) -> Positions {
        Positions { first: self.first + count as u64 * self.step, ..self }
    }

    #[inline(always)]
    pub(super) fn each(self) -> impl Iterator<Item = u64> {
        (0u64..).map(move |k| self.first.wrapping_add(k.wrapping_mul(self.step)))
    }
}

/// The zeros of a type.
#[derive(Clone, Copy)]
pub(crate) struct Zeros<W> {
    /// The word of both zeros.
    pub(crate) word: W,
    /// Counts the negative zeros, and all zeros.
    pub(crate) count: fn(&[u8]) -> (u64, u64),
    /// Copies all zeros in order.
    pub(crate) copy: fn(&[u8], &mut [u8]),
}

/// A coder, by the size of its words.
pub(crate) enum Code {
    Small(Coder<u32>),
    Middle(Coder<u64>),
    Large(Coder<u128>),
    Triple(Coder<Triple>),
}

/// The coder for elements of a type in lines of `length`.
///
/// # Errors
/// For records and for long texts, which are ordered by several keys.
pub(crate) fn code(physical: Physical, wanted: Wanted, length: u64) -> Result<Code> {
    let values = wanted == Wanted::Values;
    let short = length <= 1 << 32;
    macro_rules! real {
        ($t:ty, $values:ident, $positions:expr) => {
            if values { Code::$values(values_of::<$t, _>()) } else { $positions }
        };
    }
    Ok(match physical {
        Physical::Time => real!(Instant, Middle, Code::Large(positions_of::<Instant, u128>())),
        Physical::Bytes(_) if physical.size() <= texts::WIDEST => texts::bytes(physical.size(), wanted),
        Physical::Str(_) if physical.size() <= texts::WIDEST => texts::characters(physical.size(), wanted),
        Physical::Bytes(_) | Physical::Str(_) | Physical::Opaque(_) => {
            return Err(Error::internal("records and long texts are not ordered by one key"));
        }
        Physical::Bool => real!(Flag, Small, Code::Middle(positions_of::<Flag, u64>())),
        Physical::I8 => real!(i8, Small, Code::Middle(positions_of::<i8, u64>())),
        Physical::U8 => real!(u8, Small, Code::Middle(positions_of::<u8, u64>())),
        Physical::I16 => real!(i16, Small, Code::Middle(positions_of::<i16, u64>())),
        Physical::U16 => real!(u16, Small, Code::Middle(positions_of::<u16, u64>())),
        Physical::F16 => real!(F16, Small, Code::Middle(positions_of::<F16, u64>())),
        Physical::BF16 => real!(BF16, Small, Code::Middle(positions_of::<BF16, u64>())),
        Physical::I32 => real!(i32, Small, short_or_long::<i32>(short)),
        Physical::U32 => real!(u32, Small, short_or_long::<u32>(short)),
        Physical::F32 => real!(F32, Small, short_or_long::<F32>(short)),
        Physical::I64 => real!(i64, Middle, Code::Large(positions_of::<i64, u128>())),
        Physical::U64 => real!(u64, Middle, Code::Large(positions_of::<u64, u128>())),
        Physical::F64 => real!(F64, Middle, Code::Large(positions_of::<F64, u128>())),
        Physical::C64 => {
            let encode = encoder(|from, at, to| {
                pairs::<F32, _>(from, at, to, |upper, lower, rest| {
                    u128::from(upper << 32 | lower) << 64 | u128::from(rest)
                });
            });
            Code::Large(Coder {
                scale: Scale::Single,
                encode_signed: encode.clone(),
                encode,
                decode: match wanted {
                    Wanted::Positions => decoder(|words, to| pair_positions(words, to, |word| word as u64)),
                    Wanted::Values => decoder(|words, to| {
                        unpaired::<F32, _>(words, to, |word| {
                            ((word >> 96) as u64, (word >> 64) as u64 & 0xffff_ffff, word as u64)
                        });
                    }),
                },
                nan: Some(u128::from((u64::from(u32::MAX) - 2) << 32) << 64),
                zeros: None,
            })
        }
        Physical::C128 => {
            let encode = encoder(|from, at, to| {
                pairs::<F64, _>(from, at, to, |upper, lower, rest| Wide([upper, lower, rest]));
            });
            Code::Triple(Coder {
                scale: Scale::Double,
                encode_signed: encode.clone(),
                encode,
                decode: match wanted {
                    Wanted::Positions => {
                        decoder(|words, to| pair_positions(words, to, |word: Triple| word.0[2]))
                    }
                    Wanted::Values => {
                        decoder(|words, to| unpaired::<F64, _>(words, to, |Wide(word)| word.into()))
                    }
                },
                nan: Some(Wide([u64::MAX - 2, 0, 0])),
                zeros: None,
            })
        }
    })
}

fn short_or_long<T: Real>(short: bool) -> Code {
    if short { Code::Middle(positions_of::<T, u64>()) } else { Code::Large(positions_of::<T, u128>()) }
}

/// A word that may hold a key of 64 bits.
trait Narrow: Word {
    fn of(key: u64) -> Self;
    fn key(self) -> u64;
    /// A word with a key of so many bits above a position.
    fn at(key: u64, bits: u32, position: u64) -> Self;
    fn position(self, bits: u32) -> u64;
}

macro_rules! narrow {
    ($($t:ident)+) => { $(
        impl Narrow for $t {
            #[inline(always)]
            fn of(key: u64) -> $t {
                key as $t
            }
            #[inline(always)]
            fn key(self) -> u64 {
                self as u64
            }
            #[inline(always)]
            fn at(key: u64, bits: u32, position: u64) -> $t {
                (key as $t) << (Self::BITS - bits) | position as $t
            }
            #[inline(always)]
            fn position(self, bits: u32) -> u64 {
                (self << bits >> bits) as u64
            }
        }
    )+ };
}
narrow!(u32 u64 u128);

fn values_of<T: Real, W: Narrow>() -> Coder<W> {
    Coder {
        scale: T::SCALE,
        encode: encoder(|from, _, to: &mut [W]| {
            let from = elements::<T>(from);
            from.iter().zip(to).for_each(|(x, word)| *word = W::of(x.key()));
        }),
        encode_signed: encoder(|from, _, to: &mut [W]| {
            let from = elements::<T>(from);
            from.iter().zip(to).for_each(|(x, word)| *word = W::of(x.key() - u64::from(x.zero().1)));
        }),
        decode: decoder(|words: &[W], to| {
            fill(to, |to: &mut [T]| {
                to.iter_mut().zip(words).for_each(|(x, word)| *x = T::of_key(word.key()));
            });
        }),
        nan: T::NAN.then(|| W::of(u64::MAX >> (64 - T::BITS))),
        zeros: T::ZERO.map(|zero| Zeros {
            word: W::of(zero),
            count: |from| {
                elements::<T>(from).iter().fold((0, 0), |(negative, all), x| {
                    let (zero, minus) = x.zero();
                    (negative + u64::from(minus), all + u64::from(zero))
                })
            },
            copy: |from, to| {
                let from = elements::<T>(from);
                let zeros = from.iter().filter(|x| x.zero().0);
                fill(to, |to: &mut [T]| to.iter_mut().zip(zeros).for_each(|(to, x)| *to = *x));
            },
        }),
    }
}

fn positions_of<T: Real, W: Narrow>() -> Coder<W> {
    let encode = encoder(|from, at: Positions, to: &mut [W]| {
        let from = elements::<T>(from);
        let words = from.iter().zip(to).zip(at.each());
        words.for_each(|((x, word), position)| *word = W::at(x.key(), T::BITS, position));
    });
    Coder {
        scale: T::SCALE,
        encode_signed: encode.clone(),
        encode,
        decode: decoder(|words: &[W], to| {
            fill(to, |to: &mut [u64]| {
                to.iter_mut().zip(words).for_each(|(to, word)| *to = word.position(T::BITS));
            });
        }),
        nan: T::NAN.then(|| W::at(u64::MAX >> (64 - T::BITS), T::BITS, 0)),
        zeros: None,
    }
}

/// Words of complex elements: their two keys, then the position and the signs of zero parts.
fn pairs<T: Real, W: Word>(from: &[u8], at: Positions, to: &mut [W], word: impl Fn(u64, u64, u64) -> W) {
    let from = elements::<[T; 2]>(from);
    for ((parts, to), position) in from.iter().zip(to).zip(at.each()) {
        let [upper, lower] = T::pair(*parts);
        let signs = u64::from(parts[0].zero().1) << 1 | u64::from(parts[1].zero().1);
        *to = word(upper, lower, rest(position, signs));
    }
}

/// The inverse of [`pairs`]; `parts` gives the two keys and the rest of a word.
fn unpaired<T: Real, W: Word>(words: &[W], to: &mut [u8], parts: impl Fn(W) -> (u64, u64, u64)) {
    let nan = u64::MAX >> (64 - T::BITS);
    let signed = |key: u64, negative: bool| T::of_key(if negative { key - 1 } else { key });
    fill(to, |to: &mut [[T; 2]]| {
        for (to, &word) in to.iter_mut().zip(words) {
            let (upper, lower, rest) = parts(word);
            let (re, im) = match upper {
                _ if upper == nan => (nan, nan),
                _ if upper == nan - 1 => (nan, lower),
                _ if upper == nan - 2 => (lower, nan),
                _ => (upper, lower),
            };
            *to = [signed(re, rest & 2 != 0), signed(im, rest & 1 != 0)];
        }
    });
}

/// The lower bits of a word that are beside a key: the position, and the signs of zero parts.
pub(super) fn rest(position: u64, signs: u64) -> u64 {
    position << 2 | signs
}

/// The position in lower bits of [`rest`].
pub(crate) fn position(rest: u64) -> u64 {
    rest >> 2
}

/// The positions of words; `rest` gives the lower bits of one.
pub(super) fn pair_positions<W: Word>(words: &[W], to: &mut [u8], rest: impl Fn(W) -> u64) {
    fill(to, |to: &mut [u64]| to.iter_mut().zip(words).for_each(|(to, &word)| *to = position(rest(word))));
}
