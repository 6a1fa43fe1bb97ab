//! Functions of texts, by the rules of Python's `str` and `bytes`.

use super::classes::holds;
use super::{Unit, read, write};
use crate::kernels::block::Arg;
use crate::kernels::kernel::Kernel;
use crate::kernels::moves::element;
use crate::op::Op;

/// The kernel of a function of texts of `n` units.
pub(super) fn one<U: Unit>(op: Op, n: usize) -> Option<Kernel> {
    let item = n * U::SIZE;
    if op == Op::StrLen {
        return Some(counts(move |args, k| read::<U>(element(args, 0, k, item)).len() as i64));
    }
    if let Some(holds) = holds::<U>(op) {
        return Some(Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
            out.iter_mut()
                .enumerate()
                .for_each(|(k, out)| *out = holds(&read(element(args, 0, k, item))).into());
            Ok(())
        }));
    }
    let change: fn(Vec<U>) -> Vec<U> = match op {
        Op::Upper => |text| cased(&text, str::to_uppercase),
        Op::Lower => |text| cased(&text, str::to_lowercase),
        Op::Swapcase => |text| cased(&text, |text| text.chars().flat_map(swapped).collect()),
        Op::Capitalize => |text| cased(&text, capitalized),
        Op::Title => |text| cased(&text, titled),
        Op::Strip => |text| stripped(&text, [true, true], U::is_space),
        Op::Lstrip => |text| stripped(&text, [true, false], U::is_space),
        Op::Rstrip => |text| stripped(&text, [false, true], U::is_space),
        _ => return None,
    };
    Some(Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        for (k, out) in out.chunks_exact_mut(item).enumerate() {
            write(change(read(element(args, 0, k, item))), out);
        }
        Ok(())
    }))
}

/// The kernel of a function of texts of `n` and of `m` units.
pub(super) fn two<U: Unit>(op: Op, n: usize, m: usize) -> Option<Kernel> {
    let items = [n * U::SIZE, m * U::SIZE];
    let texts = move |args: &[Arg<'_>], k: usize| {
        let [a, b] = [0, 1].map(|operand| read::<U>(element(args, operand, k, items[operand])));
        (a, b)
    };
    let truth = |holds: fn(&[U], &[U]) -> bool| {
        Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
            for (k, out) in out.iter_mut().enumerate() {
                let (a, b) = texts(args, k);
                *out = holds(&a, &b).into();
            }
            Ok(())
        })
    };
    let count = |f: fn(&[U], &[U]) -> i64| {
        counts(move |args, k| {
            let (a, b) = texts(args, k);
            f(&a, &b)
        })
    };
    let made = |size: usize, f: fn(Vec<U>, Vec<U>) -> Vec<U>| {
        Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
            for (k, out) in out.chunks_exact_mut(size).enumerate() {
                let (a, b) = texts(args, k);
                write(f(a, b), out);
            }
            Ok(())
        })
    };
    Some(match op {
        Op::Add => made(items[0] + items[1], |a, b| [a, b].concat()),
        Op::StripChars => made(items[0], |a, set| stripped(&a, [true, true], |unit| set.contains(&unit))),
        Op::LstripChars => made(items[0], |a, set| stripped(&a, [true, false], |unit| set.contains(&unit))),
        Op::RstripChars => made(items[0], |a, set| stripped(&a, [false, true], |unit| set.contains(&unit))),
        Op::Startswith => truth(|a, b| a.starts_with(b)),
        Op::Endswith => truth(|a, b| a.ends_with(b)),
        Op::Find => count(|a, b| places(a, b).next().map_or(-1, |at| at as i64)),
        Op::Rfind => count(|a, b| places(a, b).next_back().map_or(-1, |at| at as i64)),
        Op::StrCount => count(|a, b| places_apart(a, b).count() as i64),
        _ => return None,
    })
}

/// A kernel whose results are 64-bit integers.
fn counts(f: impl Fn(&[Arg<'_>], usize) -> i64 + Send + Sync + 'static) -> Kernel {
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        for (k, out) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            *out = f(args, k).to_le_bytes();
        }
        Ok(())
    })
}

/// The places at which `part` stands in `text`.
fn places<'a, U: Unit>(text: &'a [U], part: &'a [U]) -> impl DoubleEndedIterator<Item = usize> + 'a {
    let last = text.len().checked_sub(part.len());
    let places = last.map_or(0..0, |last| 0..last + 1);
    places.filter(move |&at| text.get(at..at + part.len()) == Some(part))
}

/// The places at which `part` stands in `text`, from the left, without overlaps.
pub(super) fn places_apart<'a, U: Unit>(text: &'a [U], part: &'a [U]) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    places(text, part).filter(move |&at| {
        let apart = at >= from;
        if apart {
            from = at + part.len();
        }
        apart
    })
}

fn stripped<U: Unit>(text: &[U], [left, right]: [bool; 2], cuts: impl Fn(U) -> bool) -> Vec<U> {
    let keeps = |unit: &U| !cuts(*unit);
    let first = if left { text.iter().position(keeps).unwrap_or(text.len()) } else { 0 };
    let end = if right { text.iter().rposition(keeps).map_or(0, |last| last + 1) } else { text.len() };
    text.get(first..end).map_or_else(Vec::new, <[U]>::to_vec)
}

/// A text with its letters changed. Bytes change if they are ASCII.
fn cased<U: Unit>(text: &[U], change: impl Fn(&str) -> String) -> Vec<U> {
    if U::SIZE == 1 {
        let ascii = |unit: &U| unit.char().is_ascii();
        let one = |unit: &U| match ascii(unit) {
            true => unit.char(),
            false => '\u{80}',
        };
        let changed = change(&text.iter().map(one).collect::<String>());
        let keep = |(old, new): (&U, char)| if ascii(old) { U::of(new).unwrap_or(*old) } else { *old };
        return text.iter().zip(changed.chars()).map(keep).collect();
    }
    change(&text.iter().map(|unit| unit.char()).collect::<String>()).chars().filter_map(U::of).collect()
}

fn swapped(c: char) -> Vec<char> {
    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
}

/// The first letter of a word, large.
fn initial(c: char) -> String {
    let upper: String = c.to_uppercase().collect();
    let mut letters = upper.chars();
    let first: String = letters.next().into_iter().collect();
    first + &letters.as_str().to_lowercase()
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| initial(first) + &chars.as_str().to_lowercase())
}

fn titled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = false;
    for c in text.chars() {
        let cased = c.is_lowercase() || c.is_uppercase();
        match (cased, within) {
            (true, true) => out.extend(c.to_lowercase()),
            (true, false) => out += &initial(c),
            (false, _) => out.push(c),
        }
        within = cased;
    }
    out
}
