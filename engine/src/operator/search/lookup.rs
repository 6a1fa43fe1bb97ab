//! The keys of elements, and their places in a list of keys in memory.

use std::cmp::Ordering;
use std::fmt::Debug;

use super::Question;
use crate::kernels::order::{Code, Coder, Positions, Wanted, Word, code};
use crate::{Buffer, DType, Error, Result};

/// A list in memory: its keys in ascending order, or a table of them.
pub(super) struct List {
    pub(super) keys: Buffer,
    /// Whether `keys` holds the least and the greatest key, and then a bit for each key between them.
    pub(super) as_bits: bool,
    /// Keys that count.
    pub(super) len: usize,
    /// Whether the elements descend and their keys were reversed.
    pub(super) descends: bool,
}

/// Keys of some elements, each of so many bytes.
pub(super) trait Lookup: Debug + Send + Sync {
    /// Bytes of a key.
    fn item(&self) -> usize;

    /// Bytes of memory that [`Lookup::arrange`] takes for `count` keys.
    fn room(&self, question: Question, count: u64) -> u64;

    /// The keys of elements.
    fn encode(&self, elements: &[u8], keys: &mut [u8]);

    /// A list of keys as a question needs it.
    ///
    /// # Errors
    /// When edges of bins neither ascend nor descend.
    fn arrange(&self, question: Question, keys: Buffer) -> Result<List>;

    /// The answers for the keys of some elements.
    fn answer(&self, question: Question, list: &List, keys: &[u8], out: &mut [u8]);
}

/// The keys of elements of a type.
///
/// # Errors
/// For records, which have no keys of one piece.
pub(super) fn lookup(dtype: DType) -> Result<Box<dyn Lookup>> {
    Ok(match dtype {
        DType::Bytes(_) => Box::new(Texts { item: dtype.size(), unit: 1 }),
        DType::Str(_) => Box::new(Texts { item: dtype.size(), unit: 4 }),
        _ => match code(dtype.into(), Wanted::Values, 0)? {
            Code::Small(coder) => Box::new(Words(coder)),
            Code::Middle(coder) => Box::new(Words(coder)),
            Code::Large(coder) => Box::new(Words(coder)),
            Code::Triple(coder) => Box::new(Words(coder)),
        },
    })
}

/// Writes the answers to a question, from the first key of `len` that a condition holds for, and from whether the list
/// has an equal key.
fn answers<'a, K: 'a>(
    question: Question,
    list: &List,
    keys: impl Iterator<Item = K>,
    out: &mut [u8],
    place: impl Fn(&K, bool) -> usize,
    has: impl Fn(&K) -> bool,
) {
    match question {
        Question::Member { invert } => {
            keys.zip(out).for_each(|(key, out)| *out = u8::from(has(&key) != invert));
        }
        Question::Place { after } | Question::Bin { after } => {
            let out: &mut [i64] = bytemuck::cast_slice_mut(out);
            for (key, out) in keys.zip(out) {
                let place = place(&key, after);
                *out = if list.descends { list.len - place } else { place } as i64;
            }
        }
    }
}

/// Numbers and times, as words.
#[derive(Debug)]
struct Words<W>(Coder<W>);

impl<W: Word> Lookup for Words<W> {
    fn item(&self) -> usize {
        size_of::<W>()
    }

    fn room(&self, question: Question, count: u64) -> u64 {
        match question {
            Question::Member { .. } => table_room::<W>(count),
            _ => 0,
        }
    }

    fn encode(&self, elements: &[u8], keys: &mut [u8]) {
        let words: &mut [W] = bytemuck::cast_slice_mut(keys);
        (self.0.encode)(elements, Positions::ALL, words);
        words.iter_mut().for_each(|word| *word = word.bare());
    }

    fn arrange(&self, question: Question, mut keys: Buffer) -> Result<List> {
        let words: &mut [W] = bytemuck::cast_slice_mut(keys.bytes_mut());
        let (mut len, mut descends) = (words.len(), false);
        match question {
            Question::Place { .. } => {}
            Question::Bin { .. } => {
                if !words.is_sorted() {
                    words.reverse();
                    descends = true;
                    if !words.is_sorted() {
                        return Err(Error::Value(
                            "bins must be monotonically increasing or decreasing".into(),
                        ));
                    }
                }
            }
            Question::Member { .. } => {
                if let Some(keys) = table(words, self.0.nan)? {
                    return Ok(List { keys, as_bits: true, len, descends });
                }
                words.sort_unstable();
                if let Some(nan) = self.0.nan {
                    len = words.partition_point(|word| *word < nan);
                }
            }
        }
        Ok(List { keys, as_bits: false, len, descends })
    }

    fn answer(&self, question: Question, list: &List, keys: &[u8], out: &mut [u8]) {
        let words: &[W] = bytemuck::cast_slice(keys);
        if list.as_bits {
            let (ends, bits) = list.keys.bytes().split_at(2 * size_of::<W>());
            let ends: &[W] = bytemuck::cast_slice(ends);
            let &[low, high] = ends else { return };
            let place = |word: W| place_between(word, low, high);
            let has = |word: &&W| {
                (low..=high).contains(*word) && {
                    let place = place(**word);
                    bits.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
                }
            };
            return answers(question, list, words.iter(), out, |_, _| 0, has);
        }
        let all: &[W] = &bytemuck::cast_slice(list.keys.bytes())[..list.len];
        let place = |word: &&W, after: bool| match after {
            true => all.partition_point(|other| other <= word),
            false => all.partition_point(|other| other < word),
        };
        answers(question, list, words.iter(), out, place, |word| all.binary_search(word).is_ok());
    }
}

/// A table takes at most one of this many bytes of the keys.
const SHARE: usize = 4;

/// The most bytes of a table of `count` keys, with its ends.
fn table_room<W>(count: u64) -> u64 {
    count.saturating_mul(size_of::<W>() as u64) / SHARE as u64 + 2 * size_of::<W>() as u64
}

/// The place of a key among all from the least to the greatest.
fn place_between<W: Word>(word: W, low: W, high: W) -> usize {
    let bits = 8 * size_of::<W>() as u32 - W::spare(low, high);
    word.lifted(low, W::spare(low, high)).checked_shr(64 - bits.min(64)).unwrap_or(0) as usize
}

/// The least and the greatest key and a bit for each key between them, if that takes little memory. Keys from `nan` on
/// are left out.
fn table<W: Word>(words: &[W], nan: Option<W>) -> Result<Option<Buffer>> {
    let known = || words.iter().copied().filter(|word| nan.is_none_or(|nan| *word < nan));
    let (Some(low), Some(high)) = (known().min(), known().max()) else { return Ok(None) };
    if low == high {
        return Ok(None);
    }
    let bits = 8 * size_of::<W>() as u32 - W::spare(low, high);
    let bytes = 1usize.checked_shl(bits).map_or(usize::MAX, |bits| bits.div_ceil(8));
    let ends = 2 * size_of::<W>();
    if bytes > size_of_val(words) / SHARE {
        return Ok(None);
    }
    let mut table = Buffer::new(ends + bytes)?;
    let (to, bits) = table.bytes_mut().split_at_mut(ends);
    to.copy_from_slice(bytemuck::cast_slice(&[low, high]));
    for word in known() {
        let place = place_between(word, low, high);
        if let Some(byte) = bits.get_mut(place / 8) {
            *byte |= 1 << (place % 8);
        }
    }
    Ok(Some(table))
}

/// Texts, as bytes in their order.
#[derive(Debug)]
struct Texts {
    item: usize,
    /// Bytes of a unit.
    unit: usize,
}

impl Texts {
    /// How many of the first keys come before the first one of which `before` is not true.
    fn partition(&self, all: &[u8], before: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (0, all.len() / self.item);
        while low < high {
            let middle = low.midpoint(high);
            match before(&all[middle * self.item..][..self.item]) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }
}

impl Lookup for Texts {
    fn item(&self) -> usize {
        self.item
    }

    fn room(&self, question: Question, count: u64) -> u64 {
        match question {
            Question::Member { .. } => count.saturating_mul(self.item as u64 + 8),
            _ => 0,
        }
    }

    fn encode(&self, elements: &[u8], keys: &mut [u8]) {
        keys.copy_from_slice(elements);
        if self.unit > 1 {
            // the most significant byte of a unit decides first
            keys.chunks_exact_mut(self.unit).for_each(<[u8]>::reverse);
        }
    }

    fn arrange(&self, question: Question, keys: Buffer) -> Result<List> {
        let len = keys.bytes().len() / self.item;
        let list = |keys| List { keys, as_bits: false, len, descends: false };
        let Question::Member { .. } = question else { return Ok(list(keys)) };
        let key = |number: usize| &keys.bytes()[number * self.item..][..self.item];
        let mut order: Vec<usize> = (0..len).collect();
        order.sort_unstable_by(|&a, &b| key(a).cmp(key(b)));
        let mut sorted = Buffer::unfilled(keys.bytes().len())?;
        for (to, &number) in sorted.bytes_mut().chunks_exact_mut(self.item).zip(&order) {
            to.copy_from_slice(key(number));
        }
        Ok(list(sorted))
    }

    fn answer(&self, question: Question, list: &List, keys: &[u8], out: &mut [u8]) {
        let all = list.keys.bytes();
        let place = |key: &&[u8], after: bool| {
            let most = if after { Ordering::Equal } else { Ordering::Less };
            self.partition(all, |other| other.cmp(key) <= most)
        };
        let has =
            |key: &&[u8]| all.get(place(key, false) * self.item..).is_some_and(|rest| rest.starts_with(key));
        answers(question, list, keys.chunks_exact(self.item), out, place, has);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::plan::evaluate_in;
    use crate::source::Value;
    use crate::{Context, Expr};

    const LENGTH: u64 = 150_000;

    fn texts(dtype: DType, all: &[String]) -> Expr {
        let mut bytes = Vec::new();
        for text in all {
            let begin = bytes.len();
            match dtype {
                DType::Bytes(_) => bytes.extend_from_slice(text.as_bytes()),
                _ => text.chars().for_each(|c| bytes.extend_from_slice(&u32::from(c).to_le_bytes())),
            }
            bytes.resize(begin + dtype.size(), 0);
        }
        Expr::source(Arc::new(Value::copied_from(dtype, &[all.len() as u64], &bytes).unwrap())).unwrap()
    }

    fn found(expr: &Expr, context: &Context) -> Vec<u8> {
        evaluate_in(expr, context).unwrap().bytes().to_vec()
    }

    /// Lists of neighbours become tables, others are sorted: the answers are the same.
    #[test]
    fn numbers_are_looked_up_in_tables() {
        fn check<T: arrstore_format::Element + Ord + std::hash::Hash>(list: &[T], elements: &[T]) {
            let [few, all] =
                [list, elements].map(|of| Expr::from_ndarray(&ndarray::ArrayView1::from(of)).unwrap());
            let known: std::collections::HashSet<T> = list.iter().copied().collect();
            for invert in [false, true] {
                let member = all.isin(&few, invert).unwrap();
                for context in [Context::new(2 << 20, 2), Context::new(64 << 20, 2)] {
                    let expected: Vec<u8> =
                        elements.iter().map(|x| u8::from(known.contains(x) != invert)).collect();
                    assert_eq!(found(&member, &context), expected);
                }
            }
        }
        let spread = |k: i64, by: i64| k.wrapping_mul(7919).rem_euclid(100_003) * by - 50_000 * by;
        for by in [1, 3, 1 << 40] {
            let list: Vec<i64> = (0..20_000).map(|k| spread(k, by)).collect();
            let elements: Vec<i64> = (0..60_000).map(|k| spread(k * 3, by) + k % 2).collect();
            check(&list, &elements);
            check(&list[..1], &elements);
            check(&[i64::MIN, i64::MAX, 0], &elements);
        }
        let list: Vec<u8> = (0..9999u32).map(|k| (k % 200) as u8).collect();
        check(&list, &(0..5000u32).map(|k| (k % 256) as u8).collect::<Vec<_>>());
        let wide: Vec<u64> = (0..20_000).map(|k| u64::MAX - k * 3).collect();
        check(&wide, &(0..60_000).map(|k| u64::MAX - k).collect::<Vec<_>>());
    }

    /// The elements are many times larger than the memory; the list alone is held.
    #[test]
    fn texts_are_looked_up_as_they_stream() {
        let word = |k: u64| format!("{}{}", ["a", "Z", "\u{100}b", "", "zz"][k as usize % 5], k % 977);
        let list: BTreeSet<String> = (0..700).map(|k| word(k * 7)).collect();
        let list: Vec<String> = list.into_iter().collect();
        let elements: Vec<String> = (0..LENGTH).map(word).collect();
        let ascii = |all: &[String]| all.iter().map(|t| t.replace('\u{100}', "q")).collect::<Vec<_>>();
        for (dtype, list, elements) in [
            (DType::Str(40), list.clone(), elements.clone()),
            (DType::Bytes(30), ascii(&list), ascii(&elements)),
        ] {
            let list: Vec<String> = list.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
            let mut shuffled = list.clone();
            shuffled.reverse();
            shuffled.push(list[0].clone());
            let (a, sorted) = (texts(dtype, &elements), texts(dtype, &list));
            for (memory, threads) in [(3 << 20, 1), (3 << 20, 2), (1 << 30, 2)] {
                let context = Context::new(memory, threads);
                let member = a.isin(&texts(dtype, &shuffled), false).unwrap();
                let expected: Vec<u8> =
                    elements.iter().map(|text| u8::from(list.binary_search(text).is_ok())).collect();
                assert_eq!(found(&member, &context), expected);
                for after in [false, true] {
                    let places = sorted.searchsorted(&a, after, None).unwrap();
                    let place = |text: &String| {
                        list.partition_point(|other| if after { other <= text } else { other < text }) as i64
                    };
                    let expected: Vec<i64> = elements.iter().map(place).collect();
                    assert_eq!(bytemuck::pod_collect_to_vec::<u8, i64>(&found(&places, &context)), expected);
                }
            }
        }
    }
}
