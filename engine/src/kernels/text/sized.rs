//! Functions of texts and whole numbers. Their results are as wide as the first operand.

use super::functions::places_apart;
use super::{Unit, read, write};
use crate::kernels::block::Arg;
use crate::kernels::kernel::Kernel;
use crate::kernels::moves::element;
use crate::kernels::physical::Physical;
use crate::op::Op;
use crate::{Error, Result};

/// The operands of one element.
pub(super) struct Operands<'a> {
    args: &'a [Arg<'a>],
    items: &'a [usize],
    k: usize,
}

impl Operands<'_> {
    pub(super) fn bytes(&self, operand: usize) -> &[u8] {
        element(self.args, operand, self.k, self.items.get(operand).copied().unwrap_or(0))
    }

    pub(super) fn text<U: Unit>(&self, operand: usize) -> Vec<U> {
        read(self.bytes(operand))
    }

    pub(super) fn number(&self, operand: usize) -> i64 {
        self.bytes(operand).first_chunk().copied().map_or(0, i64::from_le_bytes)
    }
}

/// The kernel of a function of texts and numbers, if `op` is one.
pub(super) fn bind<U: Unit>(op: Op, inputs: &[Physical]) -> Option<Kernel> {
    if op == Op::ExpandedLen {
        return Some(each(inputs, size_of::<i64>(), |of, out| {
            out.copy_from_slice(&expanded_len(&of.text::<U>(0), of.number(1)).to_le_bytes());
            Ok(())
        }));
    }
    let make: fn(&Operands<'_>) -> Result<Vec<U>> = match op {
        Op::Center => |of| {
            padded(of, |width, room| {
                // as CPython: an odd space is on the left if the width is odd
                room / 2 + (room & width & 1)
            })
        },
        Op::Expandtabs => |of| {
            let width = of.bytes(0).len() / U::SIZE;
            Ok(expanded(&of.text(0), of.number(1)).take(width).collect())
        },
        Op::Ljust => |of| padded(of, |_, _| 0),
        Op::Rjust => |of| padded(of, |_, room| room),
        Op::Zfill => |of| Ok(zero_filled(of)),
        Op::Replace => |of| Ok(replaced(&of.text(0), &of.text(1), &of.text(2), of.number(3))),
        Op::StrRepeat => |of| Ok(of.text(0).repeat(of.number(1).max(0) as usize)),
        Op::StrSlice => |of| sliced(&of.text(0), [of.number(1), of.number(2), of.number(3)]),
        _ => return None,
    };
    Some(each(inputs, inputs.first()?.size(), move |of, out| {
        write(make(of)?, out);
        Ok(())
    }))
}

/// A kernel that makes one element of `size` bytes after the other.
pub(super) fn each(
    inputs: &[Physical],
    size: usize,
    make: impl Fn(&Operands<'_>, &mut [u8]) -> Result<()> + Send + Sync + 'static,
) -> Kernel {
    let items: Vec<usize> = inputs.iter().map(|input| input.size()).collect();
    Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        let mut elements = out.chunks_exact_mut(size).enumerate();
        elements.try_for_each(|(k, out)| make(&Operands { args, items: &items, k }, out))
    })
}

/// The units of a text, with spaces for tabs up to the next of every `size` columns. Without columns, tabs are left out.
fn expanded<U: Unit>(text: &[U], size: i64) -> impl Iterator<Item = U> {
    let mut column = 0u64;
    let size = u64::try_from(size).unwrap_or(0);
    text.iter().flat_map(move |&unit| {
        let (unit, times) = match unit.char() {
            '\t' => {
                (U::of(' ').unwrap_or_default(), size.saturating_sub(column.checked_rem(size).unwrap_or(0)))
            }
            _ => (unit, 1),
        };
        column = if matches!(unit.char(), '\n' | '\r') { 0 } else { column.saturating_add(times) };
        (0..times).map(move |_| unit)
    })
}

/// The length of an expanded text as NumPy counts it: a character of four bytes counts as four, and a space for a tab as
/// one.
fn expanded_len<U: Unit>(text: &[U], size: i64) -> i64 {
    let (mut column, mut length) = (0i64, 0i64);
    for unit in text {
        match unit.char() {
            '\t' if size > 0 => {
                let spaces = size - column % size;
                (column, length) = (column.saturating_add(spaces), length.saturating_add(spaces));
            }
            '\t' => {}
            c => {
                column = if matches!(c, '\n' | '\r') { 0 } else { column.saturating_add(1) };
                length = length.saturating_add(U::SIZE as i64);
            }
        }
    }
    length
}

/// A text between units that fill it to a width; `left` says how many of them come before the text.
fn padded<U: Unit>(of: &Operands<'_>, left: fn(usize, usize) -> usize) -> Result<Vec<U>> {
    let (text, width, fill) = (of.text::<U>(0), of.number(1).max(0) as usize, of.text::<U>(2));
    let [fill] = fill[..] else {
        return Err(Error::Value("The fill character must be exactly one character long".into()));
    };
    let room = width.saturating_sub(text.len());
    let before = left(width, room);
    Ok([vec![fill; before], text, vec![fill; room - before]].concat())
}

fn zero_filled<U: Unit>(of: &Operands<'_>) -> Vec<U> {
    let (text, width) = (of.text::<U>(0), of.number(1).max(0) as usize);
    let signed = text.first().is_some_and(|unit| matches!(unit.char(), '+' | '-'));
    let (sign, digits) = text.split_at(usize::from(signed));
    let zeros = U::of('0').map_or_else(Vec::new, |zero| vec![zero; width.saturating_sub(text.len())]);
    [sign, &zeros, digits].concat()
}

/// A text with `new` in the place of `old`: at the first `count` places, or all of them if `count` is negative.
fn replaced<U: Unit>(text: &[U], old: &[U], new: &[U], count: i64) -> Vec<U> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let (mut out, mut from) = (Vec::new(), 0);
    for at in places_apart(text, old).take(most) {
        out.extend_from_slice(text.get(from..at).unwrap_or_default());
        out.extend_from_slice(new);
        from = at + old.len();
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    out
}

/// The part of a text that Python's `text[start:stop:step]` names.
fn sliced<U: Unit>(text: &[U], [start, stop, step]: [i64; 3]) -> Result<Vec<U>> {
    let length = text.len() as i64;
    if step == 0 {
        return Err(Error::Value("slice step cannot be zero".into()));
    }
    let (least, most) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let place = |at: i64| if at < 0 { at.saturating_add(length) } else { at }.clamp(least, most);
    let (mut at, stop) = (place(start), place(stop));
    let mut out = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        out.extend(usize::try_from(at).ok().and_then(|at| text.get(at)));
        at = at.saturating_add(step);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_texts_are_those_of_python() {
        let text: Vec<u8> = b"abcdef".to_vec();
        let cut = |start, stop, step| sliced(&text, [start, stop, step]).unwrap();
        assert_eq!(cut(1, 4, 1), b"bcd");
        assert_eq!(cut(-2, i64::MAX, 1), b"ef");
        assert_eq!(cut(i64::MAX, i64::MIN, -2), b"fdb");
        assert_eq!(cut(4, 1, 1), b"");
        assert!(sliced(&text, [0, 1, 0]).is_err());
    }

    #[test]
    fn tabs_reach_to_the_next_column_of_their_line() {
        let all = |text: &[u8], size| expanded(text, size).collect::<Vec<u8>>();
        assert_eq!(all(b"a\tb\n\tc", 4), b"a   b\n    c");
        assert_eq!(all(b"a\r\tb", 2), b"a\r  b");
        assert_eq!(all(b"a\tb", 0), b"ab");
        assert_eq!(all(b"a\tb", -3), b"ab");
        assert_eq!(expanded_len(b"a\tb\n\tc", 4), 11);
        assert_eq!(expanded_len(b"\t\t", i64::MAX), i64::MAX);
        assert_eq!(expanded(b"\t\t", i64::MAX).take(3).count(), 3);
    }

    #[test]
    fn replacing_nothing_puts_the_new_text_between_all_units() {
        assert_eq!(replaced(b"ab", b"", b"-", -1), b"-a-b-");
        assert_eq!(replaced(b"aaaa", b"aa", b"b", -1), b"bb");
        assert_eq!(replaced(b"aaaa", b"a", b"", 3), b"a");
    }
}
