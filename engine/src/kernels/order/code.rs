//! Elements as words, and words as elements.

use bytemuck::Pod;

use super::scale::Scale;
use super::word::{Triple, Word};
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

/// How elements of a type become words, and back.
#[derive(Clone, Copy)]
pub(crate) struct Coder<W> {
    pub(crate) scale: Scale,
    /// The words of elements at these positions. Both zeros of a float have the same word.
    pub(crate) encode: fn(&[u8], Positions, &mut [W]),
    /// The same, but a negative zero has a word of its own, before that of a positive one.
    pub(crate) encode_signed: fn(&[u8], Positions, &mut [W]),
    /// The elements, or the positions, of words.
    pub(crate) decode: fn(&[W], &mut [u8]),
    /// The first word of a NaN, if the type has NaN.
    pub(crate) nan: Option<W>,
    /// For a type with two zeros whose signs the words do not keep.
    pub(crate) zeros: Option<Zeros<W>>,
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
/// For texts and records, which are ordered by keys of several numbers.
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
        Physical::Bytes(_) | Physical::Str(_) | Physical::Opaque(_) => {
            return Err(Error::internal("texts and records have no order of words"));
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
            let encode = |from: &[u8], at: Positions, to: &mut [u128]| {
                pairs::<F32, _>(from, at, to, |upper, lower, rest| {
                    u128::from(upper << 32 | lower) << 64 | u128::from(rest)
                });
            };
            Code::Large(Coder {
                scale: Scale::Single,
                encode,
                encode_signed: encode,
                decode: match wanted {
                    Wanted::Positions => |words, to| pair_positions(words, to, |word| word as u64),
                    Wanted::Values => |words, to| {
                        unpaired::<F32, _>(words, to, |word| {
                            ((word >> 96) as u64, (word >> 64) as u64 & 0xffff_ffff, word as u64)
                        });
                    },
                },
                nan: Some(u128::from((u64::from(u32::MAX) - 2) << 32) << 64),
                zeros: None,
            })
        }
        Physical::C128 => {
            let encode = |from: &[u8], at: Positions, to: &mut [Triple]| {
                pairs::<F64, _>(from, at, to, |upper, lower, rest| Triple([upper, lower, rest]));
            };
            Code::Triple(Coder {
                scale: Scale::Double,
                encode,
                encode_signed: encode,
                decode: match wanted {
                    Wanted::Positions => |words, to| pair_positions(words, to, |word: Triple| word.0[2]),
                    Wanted::Values => |words, to| unpaired::<F64, _>(words, to, |Triple(word)| word.into()),
                },
                nan: Some(Triple([u64::MAX - 2, 0, 0])),
                zeros: None,
            })
        }
    })
}

fn short_or_long<T: Real>(short: bool) -> Code {
    if short { Code::Middle(positions_of::<T, u64>()) } else { Code::Large(positions_of::<T, u128>()) }
}

/// The bits of a real element, or of a part of a complex one, with its order.
trait Real: Pod {
    /// The number of bits.
    const BITS: u32 = 8 * size_of::<Self>() as u32;
    const SCALE: Scale = Scale::Whole;
    /// The key of both zeros, if there are two.
    const ZERO: Option<u64> = None;
    /// Whether the greatest key is that of NaN, or of "not a time".
    const NAN: bool = Self::ZERO.is_some();
    /// An integer of `BITS` bits, in the order of the elements.
    fn key(self) -> u64;
    fn of_key(key: u64) -> Self;
    /// Whether it is a zero, and whether it is a negative one.
    fn zero(self) -> (bool, bool) {
        (false, false)
    }
}

/// A boolean as a byte.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
struct Flag(u8);

impl Real for Flag {
    #[inline(always)]
    fn key(self) -> u64 {
        u64::from(self.0 != 0)
    }
    #[inline(always)]
    fn of_key(key: u64) -> Flag {
        Flag(key as u8)
    }
}

/// A time. "Not a time" comes last.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
struct Instant(u64);

impl Real for Instant {
    const NAN: bool = true;
    #[inline(always)]
    fn key(self) -> u64 {
        (self.0 ^ 1 << 63).wrapping_sub(1)
    }
    #[inline(always)]
    fn of_key(key: u64) -> Instant {
        Instant(key.wrapping_add(1) ^ 1 << 63)
    }
}

macro_rules! whole {
    ($($t:ident $unsigned:ident $flip:expr;)+) => { $(
        impl Real for $t {
            #[inline(always)]
            fn key(self) -> u64 {
                u64::from(self as $unsigned ^ $flip)
            }
            #[inline(always)]
            fn of_key(key: u64) -> $t {
                (key as $unsigned ^ $flip) as $t
            }
        }
    )+ };
}
whole! {
    i8 u8 1 << 7; i16 u16 1 << 15; i32 u32 1 << 31; i64 u64 1 << 63;
    u8 u8 0; u16 u16 0; u32 u32 0; u64 u64 0;
}

macro_rules! floats {
    ($($t:ident $bits:ident $infinity:literal $nan:literal $scale:ident;)+) => { $(
        /// The bits of a float.
        #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
        #[repr(transparent)]
        struct $t($bits);

        impl $t {
            const SIGN: $bits = 1 << ($bits::BITS - 1);
        }

        impl Real for $t {
            const SCALE: Scale = Scale::$scale;
            const ZERO: Option<u64> = Some($t::SIGN as u64);
            #[inline(always)]
            fn key(self) -> u64 {
                let size = self.0 & !$t::SIGN;
                let key = if self.0 == size || size == 0 { size | $t::SIGN } else { !self.0 };
                u64::from(if size > $infinity { $bits::MAX } else { key })
            }
            #[inline(always)]
            fn of_key(key: u64) -> $t {
                let key = key as $bits;
                $t(match key {
                    $bits::MAX => $nan,
                    _ if key & $t::SIGN == 0 => !key,
                    _ => key & !$t::SIGN,
                })
            }
            #[inline(always)]
            fn zero(self) -> (bool, bool) {
                (self.0 & !$t::SIGN == 0, self.0 == $t::SIGN)
            }
        }
    )+ };
}
floats! {
    F16 u16 0x7c00 0x7e00 Whole;
    BF16 u16 0x7f80 0x7fc0 Whole;
    F32 u32 0x7f80_0000 0x7fc0_0000 Single;
    F64 u64 0x7ff0_0000_0000_0000 0x7ff8_0000_0000_0000 Double;
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
        encode: |from, _, to| {
            let from = elements::<T>(from);
            from.iter().zip(to).for_each(|(x, word)| *word = W::of(x.key()));
        },
        encode_signed: |from, _, to| {
            let from = elements::<T>(from);
            from.iter().zip(to).for_each(|(x, word)| *word = W::of(x.key() - u64::from(x.zero().1)));
        },
        decode: |words, to| {
            fill(to, |to: &mut [T]| {
                to.iter_mut().zip(words).for_each(|(x, word)| *x = T::of_key(word.key()));
            });
        },
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
    let encode = |from: &[u8], at: Positions, to: &mut [W]| {
        let from = elements::<T>(from);
        let words = from.iter().zip(to).zip(at.each());
        words.for_each(|((x, word), position)| *word = W::at(x.key(), T::BITS, position));
    };
    Coder {
        scale: T::SCALE,
        encode,
        encode_signed: encode,
        decode: |words, to| {
            fill(to, |to: &mut [u64]| {
                to.iter_mut().zip(words).for_each(|(to, word)| *to = word.position(T::BITS));
            });
        },
        nan: T::NAN.then(|| W::at(u64::MAX >> (64 - T::BITS), T::BITS, 0)),
        zeros: None,
    }
}

/// Words of complex elements: the keys of the parts, in NumPy's order; then the position and the signs of zero parts.
///
/// Elements without a NaN come first, ordered by the real part, then by the imaginary part. Then come those with an
/// imaginary NaN, ordered by the real part; those with a real NaN, ordered by the imaginary part; and those with two.
fn pairs<T: Real, W: Word>(from: &[u8], at: Positions, to: &mut [W], word: impl Fn(u64, u64, u64) -> W) {
    let nan = u64::MAX >> (64 - T::BITS);
    let from = elements::<[T; 2]>(from);
    for (([re, im], to), position) in from.iter().zip(to).zip(at.each()) {
        let (upper, lower) = match (re.key(), im.key()) {
            (re, im) if re != nan && im != nan => (re, im),
            (re, _) if re != nan => (nan - 2, re),
            (_, im) if im != nan => (nan - 1, im),
            _ => (nan, 0),
        };
        let signs = u64::from(re.zero().1) << 1 | u64::from(im.zero().1);
        *to = word(upper, lower, position << 2 | signs);
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

/// The position in the lower bits of a word of [`pairs`].
pub(crate) fn position(rest: u64) -> u64 {
    rest >> 2
}

fn pair_positions<W: Word>(words: &[W], to: &mut [u8], rest: impl Fn(W) -> u64) {
    fill(to, |to: &mut [u64]| to.iter_mut().zip(words).for_each(|(to, &word)| *to = position(rest(word))));
}
