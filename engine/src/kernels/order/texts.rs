//! Short texts as words: their bytes are one large integer, whose first byte is the most significant one. A text is read
//! at once, which takes less time than unit by unit, as in `packed`.

use std::sync::Arc;

use super::code::{Code, Coder, Decode, Positions, Wanted, decoder, encoder, pair_positions, rest};
use super::scale::Scale;
use super::word::{Wide, Word};

/// The most bytes of a text that one word holds.
pub(crate) const WIDEST: usize = 16;

/// What texts consist of.
trait Unit {
    /// The upper bits are the units of a text, the first unit first.
    fn key(text: &[u8]) -> u128;
    fn write(key: u128, text: &mut [u8]);
}

struct Byte;
struct Character;

impl Unit for Byte {
    #[inline(always)]
    fn key(text: &[u8]) -> u128 {
        let mut key = [0; WIDEST];
        key.iter_mut().zip(text).for_each(|(to, byte)| *to = *byte);
        u128::from_be_bytes(key)
    }
    #[inline(always)]
    fn write(key: u128, text: &mut [u8]) {
        text.iter_mut().zip(key.to_be_bytes()).for_each(|(to, byte)| *to = byte);
    }
}

impl Unit for Character {
    #[inline(always)]
    fn key(text: &[u8]) -> u128 {
        let units = text.as_chunks().0.iter().map(|unit| u128::from(u32::from_ne_bytes(*unit)));
        units.zip((0..4).rev()).fold(0, |key, (unit, at)| key | unit << (32 * at))
    }
    #[inline(always)]
    fn write(key: u128, text: &mut [u8]) {
        let units = text.as_chunks_mut().0.iter_mut().zip((0..4).rev());
        units.for_each(|(unit, at)| *unit = ((key >> (32 * at)) as u32).to_ne_bytes());
    }
}

/// The coder for bytes, in texts of `size` bytes; [`WIDEST`] at most.
pub(super) fn bytes(size: usize, wanted: Wanted) -> Code {
    coder::<Byte>(size, wanted)
}

/// The coder for characters of four bytes, in texts of `size` bytes; [`WIDEST`] at most.
pub(super) fn characters(size: usize, wanted: Wanted) -> Code {
    coder::<Character>(size, wanted)
}

fn coder<T: Unit>(size: usize, wanted: Wanted) -> Code {
    if size <= 8 {
        return Code::Large(with(
            |from, at, to| encode::<T, _>(from, at, to, |key, rest| key | u128::from(rest)),
            match wanted {
                Wanted::Values => decoder(|words, to| decode::<T, _>(words, to, |word| word)),
                Wanted::Positions => decoder(|words, to| pair_positions(words, to, |word| word as u64)),
            },
        ));
    }
    Code::Triple(with(
        |from, at, to| {
            encode::<T, _>(from, at, to, |key, rest| Wide([(key >> 64) as u64, key as u64, rest]));
        },
        match wanted {
            Wanted::Values => decoder(|words, to| {
                decode::<T, _>(words, to, |Wide([a, b, _])| u128::from(a) << 64 | u128::from(b));
            }),
            Wanted::Positions => decoder(|words, to| pair_positions(words, to, |Wide([_, _, rest])| rest)),
        },
    ))
}

fn with<W: Word>(
    encode: impl Fn(&[u8], Positions, &mut [W]) + Send + Sync + 'static,
    decode: Arc<Decode<W>>,
) -> Coder<W> {
    let encode = encoder(encode);
    Coder { scale: Scale::Whole, encode_signed: encode.clone(), encode, decode, nan: None, zeros: None }
}

fn encode<T: Unit, W: Word>(from: &[u8], at: Positions, to: &mut [W], word: impl Fn(u128, u64) -> W) {
    let size = from.len() / to.len().max(1);
    let texts = from.chunks_exact(size.max(1)).zip(to).zip(at.each());
    texts.for_each(|((text, to), at)| *to = word(T::key(text), rest(at, 0)));
}

fn decode<T: Unit, W: Word>(words: &[W], to: &mut [u8], key: impl Fn(W) -> u128) {
    let size = to.len() / words.len().max(1);
    to.chunks_exact_mut(size.max(1)).zip(words).for_each(|(text, &word)| T::write(key(word), text));
}
