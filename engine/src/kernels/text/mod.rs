//! Loops over texts of a fixed width: bytes or code points, padded with zeros.

mod cast;
mod classes;
mod codes;
mod functions;
mod sized;

use std::cmp::Ordering;

use super::block::Arg;
use super::kernel::Kernel;
use super::moves::element;
use super::physical::Physical;
use crate::op::Op;

pub(super) use cast::cast;

/// A unit of a text: a byte or a code point.
trait Unit: Copy + Ord + Default + Send + Sync + 'static {
    const SIZE: usize;
    fn read(bytes: &[u8]) -> Self;
    fn write(self, bytes: &mut [u8]);
    fn char(self) -> char;
    /// The unit of a character; `None` if it has none.
    fn of(c: char) -> Option<Self>;
    /// Whether Python takes it for white space.
    fn is_space(self) -> bool;
}

impl Unit for u8 {
    const SIZE: usize = 1;
    fn read(bytes: &[u8]) -> u8 {
        bytes.first().copied().unwrap_or(0)
    }
    fn write(self, bytes: &mut [u8]) {
        bytes.fill(self);
    }
    fn char(self) -> char {
        self.into()
    }
    fn of(c: char) -> Option<u8> {
        u8::try_from(u32::from(c)).ok().filter(u8::is_ascii)
    }
    fn is_space(self) -> bool {
        matches!(self, b' ' | b'\t'..=b'\r')
    }
}

impl Unit for u32 {
    const SIZE: usize = 4;
    fn read(bytes: &[u8]) -> u32 {
        bytes.first_chunk().copied().map_or(0, u32::from_le_bytes)
    }
    fn write(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.to_le_bytes());
    }
    fn char(self) -> char {
        char::from_u32(self).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
    fn of(c: char) -> Option<u32> {
        Some(c.into())
    }
    fn is_space(self) -> bool {
        char::from_u32(self).is_some_and(|c| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
    }
}

/// The text of an element, without the zeros that pad it.
fn read<U: Unit>(element: &[u8]) -> Vec<U> {
    let mut units: Vec<U> = element.chunks_exact(U::SIZE).map(U::read).collect();
    let end = units.iter().rposition(|&unit| unit != U::default()).map_or(0, |last| last + 1);
    units.truncate(end);
    units
}

/// Writes a text to an element. Zeros pad a shorter text, and a longer one is cut.
fn write<U: Unit>(text: impl IntoIterator<Item = U>, element: &mut [u8]) {
    let mut text = text.into_iter();
    for place in element.chunks_exact_mut(U::SIZE) {
        text.next().unwrap_or_default().write(place);
    }
}

/// The kernel of an operation on texts.
pub(super) fn bind(op: Op, inputs: &[Physical]) -> Option<Kernel> {
    let sized = match inputs.first() {
        Some(Physical::Bytes(_)) => sized::bind::<u8>(op, inputs),
        _ => sized::bind::<u32>(op, inputs),
    };
    sized.or_else(|| codes::bind(op, inputs)).or_else(|| match *inputs {
        [Physical::Bytes(n)] => functions::one::<u8>(op, n),
        [Physical::Str(n)] => functions::one::<u32>(op, n),
        [Physical::Bytes(n), Physical::Bytes(m)] => {
            compare::<u8>(op, n, m).or_else(|| functions::two::<u8>(op, n, m))
        }
        [Physical::Str(n), Physical::Str(m)] => {
            compare::<u32>(op, n, m).or_else(|| functions::two::<u32>(op, n, m))
        }
        _ => None,
    })
}

/// Comparisons of texts of `n` units with texts of `m`. A text is before another that it begins.
fn compare<U: Unit>(op: Op, n: usize, m: usize) -> Option<Kernel> {
    let holds: fn(Ordering) -> bool = match op {
        Op::Equal => Ordering::is_eq,
        Op::NotEqual => Ordering::is_ne,
        Op::Less => Ordering::is_lt,
        Op::LessEqual => Ordering::is_le,
        _ => return None,
    };
    let (a_bytes, b_bytes) = (n * U::SIZE, m * U::SIZE);
    Some(Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        for (k, out) in out.iter_mut().enumerate() {
            let (a, b) = (element(args, 0, k, a_bytes), element(args, 1, k, b_bytes));
            *out = holds(order::<U>(a, b)).into();
        }
        Ok(())
    }))
}

/// The order of two elements.
pub(super) type Order = fn(&[u8], &[u8]) -> Ordering;

/// The order of texts of this type; `None` for other types.
pub(super) fn order_of(physical: Physical) -> Option<Order> {
    match physical {
        Physical::Bytes(_) => Some(order::<u8>),
        Physical::Str(_) => Some(order::<u32>),
        _ => None,
    }
}

/// The order of two elements, of which the shorter goes on with zeros.
fn order<U: Unit>(a: &[u8], b: &[u8]) -> Ordering {
    let shared = a.len().min(b.len());
    let (Some((a, a_rest)), Some((b, b_rest))) = (a.split_at_checked(shared), b.split_at_checked(shared))
    else {
        return Ordering::Equal;
    };
    let first = match a == b {
        true => Ordering::Equal,
        false => a.chunks_exact(U::SIZE).map(U::read).cmp(b.chunks_exact(U::SIZE).map(U::read)),
    };
    let more = |rest: &[u8]| rest.iter().any(|&byte| byte != 0);
    first.then_with(|| more(a_rest).cmp(&more(b_rest)))
}
