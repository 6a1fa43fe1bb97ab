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
struct Operands<'a> {
    args: &'a [Arg<'a>],
    items: &'a [usize],
    k: usize,
}

impl Operands<'_> {
    fn bytes(&self, operand: usize) -> &[u8] {
        element(self.args, operand, self.k, self.items.get(operand).copied().unwrap_or(0))
    }

    fn text<U: Unit>(&self, operand: usize) -> Vec<U> {
        read(self.bytes(operand))
    }

    fn number(&self, operand: usize) -> i64 {
        self.bytes(operand).first_chunk().copied().map_or(0, i64::from_le_bytes)
    }
}

/// The kernel of a function of texts and numbers, if `op` is one.
pub(super) fn bind<U: Unit>(op: Op, inputs: &[Physical]) -> Option<Kernel> {
    let make: fn(&Operands<'_>) -> Result<Vec<U>> = match op {
        Op::Center => |of| {
            padded(of, |width, room| {
                // as CPython: an odd space is on the left if the width is odd
                room / 2 + (room & width & 1)
            })
        },
        Op::Ljust => |of| padded(of, |_, _| 0),
        Op::Rjust => |of| padded(of, |_, room| room),
        Op::Zfill => |of| Ok(zero_filled(of)),
        Op::Replace => |of| Ok(replaced(&of.text(0), &of.text(1), &of.text(2), of.number(3))),
        Op::StrRepeat => |of| Ok(of.text(0).repeat(of.number(1).max(0) as usize)),
        Op::StrSlice => |of| sliced(&of.text(0), [of.number(1), of.number(2), of.number(3)]),
        _ => return None,
    };
    let items: Vec<usize> = inputs.iter().map(|input| input.size()).collect();
    let size = items.first().copied()?;
    Some(Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        let mut elements = out.chunks_exact_mut(size).enumerate();
        elements.try_for_each(|(k, out)| {
            write(make(&Operands { args, items: &items, k })?, out);
            Ok(())
        })
    }))
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
    fn replacing_nothing_puts_the_new_text_between_all_units() {
        assert_eq!(replaced(b"ab", b"", b"-", -1), b"-a-b-");
        assert_eq!(replaced(b"aaaa", b"aa", b"b", -1), b"bb");
        assert_eq!(replaced(b"aaaa", b"a", b"", 3), b"a");
    }
}
