//! Elements of several keys as words. Each key is an integer, and a word holds as many bits of it as its range takes, so
//! that most elements fit in a small word: of a text of digits, each character is four bits.

use std::sync::Arc;

use bytemuck::{Pod, pod_read_unaligned};

use super::code::{Coder, Positions, Wanted, decoder, encoder, pair_positions, rest};
use super::real::{BF16, F16, F32, F64, Flag, Instant, Real};
use super::scale::Scale;
use super::word::{Wide, Word};
use crate::DType;
use crate::kernels::Physical;

/// Elements whose keys are made at a time.
const BLOCK: usize = 256;

/// A part of an element that is ordered by one integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unit {
    /// Where it begins in the element, in bytes.
    pub(crate) offset: u32,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Byte,
    /// Four bytes of a text.
    Character,
    Real(Physical),
    /// The first or the second key of a complex number.
    Complex(Physical, usize),
}

/// The units of a number or a text that begins at `offset`, the most significant one first.
pub(crate) fn units(dtype: DType, offset: u32) -> Vec<Unit> {
    let unit = |offset, kind| Unit { offset, kind };
    match (dtype, Physical::from(dtype)) {
        (DType::Bytes(width), _) => (0..width).map(|k| unit(offset + k, Kind::Byte)).collect(),
        (DType::Str(width), _) => (0..width).map(|k| unit(offset + 4 * k, Kind::Character)).collect(),
        (_, physical @ (Physical::C64 | Physical::C128)) => {
            vec![unit(offset, Kind::Complex(physical, 0)), unit(offset, Kind::Complex(physical, 1))]
        }
        (_, physical) => vec![unit(offset, Kind::Real(physical))],
    }
}

impl Unit {
    /// The bits of its keys, at most.
    pub(crate) fn bits(self) -> u32 {
        match self.kind {
            Kind::Byte => 8,
            Kind::Character => 32,
            Kind::Real(physical) => 8 * physical.size() as u32,
            Kind::Complex(physical, _) => 4 * physical.size() as u32,
        }
    }

    /// The unit as bytes that tell it from others.
    pub(crate) fn name(self) -> Vec<u8> {
        format!("{self:?}").into_bytes()
    }

    /// Its keys in elements of `item` bytes.
    fn keys(self, elements: &[u8], item: usize, keys: &mut [u64]) {
        match self.kind {
            Kind::Byte => self.each(elements, item, keys, |byte: u8| byte.into()),
            Kind::Character => self.each(elements, item, keys, |unit: u32| unit.into()),
            Kind::Complex(Physical::C64, k) => self.each(elements, item, keys, |z| F32::pair(z)[k & 1]),
            Kind::Complex(_, k) => self.each(elements, item, keys, |z| F64::pair(z)[k & 1]),
            Kind::Real(physical) => match physical {
                Physical::Bool => self.each(elements, item, keys, Flag::key),
                Physical::I8 => self.each(elements, item, keys, <i8 as Real>::key),
                Physical::U8 => self.each(elements, item, keys, <u8 as Real>::key),
                Physical::I16 => self.each(elements, item, keys, <i16 as Real>::key),
                Physical::U16 => self.each(elements, item, keys, <u16 as Real>::key),
                Physical::I32 => self.each(elements, item, keys, <i32 as Real>::key),
                Physical::U32 => self.each(elements, item, keys, <u32 as Real>::key),
                Physical::I64 => self.each(elements, item, keys, <i64 as Real>::key),
                Physical::U64 => self.each(elements, item, keys, <u64 as Real>::key),
                Physical::F16 => self.each(elements, item, keys, F16::key),
                Physical::BF16 => self.each(elements, item, keys, BF16::key),
                Physical::F32 => self.each(elements, item, keys, F32::key),
                Physical::F64 => self.each(elements, item, keys, F64::key),
                Physical::Time => self.each(elements, item, keys, Instant::key),
                Physical::C64
                | Physical::C128
                | Physical::Bytes(_)
                | Physical::Str(_)
                | Physical::Opaque(_) => keys.fill(0),
            },
        }
    }

    #[inline(always)]
    fn each<T: Pod>(self, elements: &[u8], item: usize, keys: &mut [u64], key: impl Fn(T) -> u64) {
        let begin = self.offset as usize;
        let parts = elements.chunks_exact(item).map(|element| element.get(begin..begin + size_of::<T>()));
        for (to, part) in keys.iter_mut().zip(parts) {
            *to = part.map_or(0, |part| key(pod_read_unaligned(part)));
        }
    }
}

/// The least and the greatest keys of units.
#[derive(Clone, Debug)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Ranges of so many units, which have no keys yet.
    pub(crate) fn new(units: usize) -> Ranges {
        Ranges(vec![(u64::MAX, 0); units])
    }

    /// Ranges that hold every key.
    pub(crate) fn widest(units: &[Unit]) -> Ranges {
        Ranges(units.iter().map(|unit| (0, u64::MAX >> (64 - unit.bits()))).collect())
    }

    /// Widens the ranges to hold the keys of elements of `item` bytes.
    pub(crate) fn widen(&mut self, units: &[Unit], elements: &[u8], item: usize) {
        let mut keys = [0; BLOCK];
        for block in elements.chunks(BLOCK * item.max(1)) {
            let keys = &mut keys[..block.len() / item.max(1)];
            for (unit, (low, high)) in units.iter().zip(&mut self.0) {
                unit.keys(block, item, keys);
                let ends = keys.iter().fold((*low, *high), |(low, high), &key| (low.min(key), high.max(key)));
                (*low, *high) = ends;
            }
        }
    }

    /// Widens the ranges to hold others.
    pub(crate) fn join(&mut self, other: &Ranges) {
        for ((low, high), (l, h)) in self.0.iter_mut().zip(&other.0) {
            (*low, *high) = ((*low).min(*l), (*high).max(*h));
        }
    }
}

/// The places of the keys of units in words.
#[derive(Clone, Debug)]
pub(crate) struct Packing {
    parts: Vec<Part>,
    bits: u32,
}

/// The place of a key.
#[derive(Clone, Copy, Debug)]
struct Part {
    unit: Unit,
    /// The least key, which is subtracted from all.
    low: u64,
    /// The number of its bits.
    width: u32,
    /// The number of bits of a word up to its last one, counted from the most significant one.
    end: u32,
}

impl Packing {
    pub(crate) fn new(units: &[Unit], ranges: &Ranges) -> Packing {
        let mut bits = 0;
        let part = |(&unit, &(low, high)): (&Unit, &(u64, u64))| {
            let width = 64 - high.saturating_sub(low).leading_zeros();
            bits += width;
            Part { unit, low, width, end: bits }
        };
        let parts = units.iter().zip(&ranges.0).map(part).collect();
        Packing { parts, bits }
    }

    /// The bits of a word.
    pub(crate) fn bits(&self) -> u32 {
        self.bits
    }

    /// A coder for elements of these keys, which words of this type must have room for. Values are decoded from texts
    /// alone.
    pub(crate) fn coder<W: Pack>(self, wanted: Wanted) -> Coder<W> {
        let packing = Arc::new(self);
        let own = packing.clone();
        let encode = encoder(move |from, at, to: &mut [W]| own.encode(from, at, to));
        Coder {
            scale: Scale::Whole,
            encode_signed: encode.clone(),
            encode,
            decode: match wanted {
                Wanted::Values => decoder(move |words: &[W], to| packing.decode(words, to)),
                Wanted::Positions => decoder(|words: &[W], to| {
                    pair_positions(words, to, |word| word.rest().unwrap_or(0));
                }),
            },
            nan: None,
            zeros: None,
        }
    }

    fn encode<W: Pack>(&self, from: &[u8], at: Positions, to: &mut [W]) {
        let item = from.len() / to.len().max(1);
        to.iter_mut().zip(at.each()).for_each(|(to, at)| *to = W::zeroed().with_rest(rest(at, 0)));
        let mut keys = [0; BLOCK];
        for (block, to) in from.chunks(BLOCK * item.max(1)).zip(to.chunks_mut(BLOCK)) {
            let keys = &mut keys[..to.len()];
            for part in self.parts.iter().filter(|part| part.width > 0) {
                part.unit.keys(block, item, keys);
                let all = u64::MAX >> (64 - part.width);
                for (word, key) in to.iter_mut().zip(keys.iter()) {
                    word.put(part.end, part.width, key.wrapping_sub(part.low) & all);
                }
            }
        }
    }

    fn decode<W: Pack>(&self, words: &[W], to: &mut [u8]) {
        let item = to.len() / words.len().max(1);
        for part in &self.parts {
            let (begin, all) = (part.unit.offset as usize, u64::MAX.unbounded_shr(64 - part.width));
            for (word, element) in words.iter().zip(to.chunks_exact_mut(item.max(1))) {
                let key = part.low.wrapping_add(word.bits(part.end) & all);
                let bytes = match part.unit.kind {
                    Kind::Character => &(key as u32).to_ne_bytes()[..],
                    _ => &[key as u8][..],
                };
                if let Some(to) = element.get_mut(begin..begin + bytes.len()) {
                    to.copy_from_slice(bytes);
                }
            }
        }
    }
}

/// A word that keys are packed in.
pub(crate) trait Pack: Word {
    /// The bits that it has for keys.
    const ROOM: u32;
    /// Puts `bits` into zeros, the last one at bit `end`, counted from 1 at the most significant one.
    fn put(&mut self, end: u32, width: u32, bits: u64);
    /// The 64 bits up to bit `end`; zeros before the first one.
    fn bits(&self, end: u32) -> u64;
}

impl Pack for u128 {
    const ROOM: u32 = 64;
    #[inline(always)]
    fn put(&mut self, end: u32, _: u32, bits: u64) {
        *self |= u128::from(bits) << (128 - end);
    }
    #[inline(always)]
    fn bits(&self, end: u32) -> u64 {
        self.unbounded_shr(128 - end) as u64
    }
}

impl<const N: usize> Pack for Wide<N> {
    const ROOM: u32 = 64 * (N as u32 - 1);
    #[inline(always)]
    fn put(&mut self, end: u32, width: u32, bits: u64) {
        let last = (end as usize - 1) / 64;
        let shift = 64 * (last as u32 + 1) - end;
        self.0[last] |= bits << shift;
        if width + shift > 64 {
            self.0[last - 1] |= bits >> (64 - shift);
        }
    }
    #[inline(always)]
    fn bits(&self, end: u32) -> u64 {
        let last = (end as usize).saturating_sub(1) / 64;
        let shift = 64 * (last as u32 + 1) - end;
        let before = if last > 0 { self.0[last - 1] } else { 0 };
        self.0[last].unbounded_shr(shift) | before.unbounded_shl(64 - shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_texts_keep_their_order_and_lead_back() {
        let texts =
            ["", "run-7", "run-10", "run-9999", "Zebra", "zebra", "\u{e9}t\u{e9}", "\u{10ffff}!", "run-1"];
        let dtype = DType::Str(12);
        let mut elements = Vec::new();
        for text in texts {
            let characters = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(12);
            elements.extend(characters.flat_map(u32::to_ne_bytes));
        }
        fn check<W: Pack>(packing: Packing, elements: &[u8], texts: &[&str]) {
            let coder = packing.coder::<W>(Wanted::Values);
            let mut words = vec![W::zeroed(); texts.len()];
            (coder.encode)(elements, Positions::ALL, &mut words);
            let mut order: Vec<usize> = (0..texts.len()).collect();
            order.sort_by_key(|&k| words[k]);
            let mut expected: Vec<usize> = (0..texts.len()).collect();
            expected.sort_by_key(|&k| texts[k]);
            assert_eq!(order, expected);
            let mut back = vec![1; elements.len()];
            (coder.decode)(&words, &mut back);
            assert_eq!(back, elements);
        }
        let units = units(dtype, 0);
        let mut ranges = Ranges::new(units.len());
        ranges.widen(&units, &elements, 48);
        let packing = Packing::new(&units, &ranges);
        assert!(packing.bits() <= 128, "{}", packing.bits());
        check::<Wide<3>>(packing.clone(), &elements, &texts);
        check::<Wide<9>>(packing, &elements, &texts);
        check::<Wide<9>>(Packing::new(&units, &Ranges::widest(&units)), &elements, &texts);
    }

    #[test]
    fn keys_of_several_types_decide_one_after_the_other() {
        let rows: Vec<(i16, f64, u8)> = vec![
            (3, -0.0, 1),
            (3, 0.0, 0),
            (-3, f64::NAN, 0),
            (-3, f64::INFINITY, 9),
            (3, -1.5, 200),
            (-3, f64::NAN, 0),
        ];
        let elements: Vec<u8> = rows
            .iter()
            .flat_map(|(a, b, c)| [&a.to_ne_bytes()[..], &b.to_ne_bytes(), &[*c]].concat())
            .collect();
        let all = [units(DType::I16, 0), units(DType::F64, 2), units(DType::U8, 10)].concat();
        let mut ranges = Ranges::new(all.len());
        ranges.widen(&all, &elements[..33], 11);
        let mut others = Ranges::new(all.len());
        others.widen(&all, &elements[33..], 11);
        ranges.join(&others);
        let coder = Packing::new(&all, &ranges).coder::<Wide<3>>(Wanted::Positions);
        let mut words = vec![Wide([0; 3]); rows.len()];
        (coder.encode)(&elements, Positions::ALL, &mut words);
        words.sort_unstable();
        let mut order = vec![0u64; rows.len()];
        (coder.decode)(&words, bytemuck::cast_slice_mut(&mut order));
        assert_eq!(order, [3, 2, 5, 4, 1, 0]);
    }
}
