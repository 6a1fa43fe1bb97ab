//! Texts cast to other types, and other types to texts, by the rules of NumPy's `astype`.

use arrstore_format::{DType, Kind, TimeUnit};

use super::{Unit, read, write};
use crate::display::display;
use crate::kernels::block::Arg;
use crate::kernels::kernel::Kernel;
use crate::kernels::moves::element;
use crate::op::Scalar;
use crate::{Error, Result, time};

/// The kernel that converts texts or makes them, if there is one.
pub(in crate::kernels) fn cast(from: DType, to: DType) -> Option<Kernel> {
    if to.kind() == Kind::Record || from.kind() == Kind::Record {
        return None;
    }
    let (item, size) = (from.size(), to.size());
    let convert: fn(DType, DType, &[u8], &mut [u8]) -> Result<()> = match (from.kind(), to.kind()) {
        (Kind::Bytes, Kind::Str) => |_, _, from, to| widen(from, to),
        (Kind::Str, Kind::Bytes) => |_, _, from, to| narrow(from, to),
        (Kind::Bytes | Kind::Str, Kind::Bytes | Kind::Str) => |_, _, from, to| resize(from, to),
        (Kind::Bytes | Kind::Str, _) => |from, to, element, out| parse(&text(from, element), to, out),
        (_, Kind::Bytes | Kind::Str) => print,
        _ => return None,
    };
    Some(Kernel::new(move |args: &[Arg<'_>], out: &mut [u8]| {
        let mut elements = out.chunks_exact_mut(size).enumerate();
        elements.try_for_each(|(k, out)| convert(from, to, element(args, 0, k, item), out))
    }))
}

/// Copies a text to an element of another width.
fn resize(from: &[u8], to: &mut [u8]) -> Result<()> {
    let shared = from.len().min(to.len());
    let (head, tail) = to.split_at_mut(shared);
    head.copy_from_slice(from.get(..shared).unwrap_or_default());
    tail.fill(0);
    Ok(())
}

fn widen(from: &[u8], to: &mut [u8]) -> Result<()> {
    match from.iter().position(|byte| !byte.is_ascii()) {
        Some(at) => Err(Error::Value(format!(
            "byte {:#04x} at place {at} of a text is not ASCII, and has no character",
            from.get(at).copied().unwrap_or(0)
        ))),
        None => {
            write(from.iter().map(|&byte| u32::from(byte)), to);
            Ok(())
        }
    }
}

fn narrow(from: &[u8], to: &mut [u8]) -> Result<()> {
    let text = read::<u32>(from);
    if let Some((at, unit)) = text.iter().enumerate().find(|(_, unit)| **unit > 127) {
        return Err(Error::Value(format!(
            "character {:?} at place {at} of a text is not ASCII, and has no byte",
            unit.char()
        )));
    }
    write(text.into_iter().map(|unit| unit as u8), to);
    Ok(())
}

/// The characters of an element.
fn text(dtype: DType, element: &[u8]) -> String {
    match dtype {
        DType::Bytes(_) => read::<u8>(element).into_iter().map(Unit::char).collect(),
        _ => read::<u32>(element).into_iter().map(Unit::char).collect(),
    }
}

/// Writes an element as NumPy prints it on its own.
fn print(from: DType, to: DType, element: &[u8], out: &mut [u8]) -> Result<()> {
    let text = display(from, &[], element);
    let width = match to {
        DType::Bytes(width) | DType::Str(width) => width as usize,
        _ => 0,
    };
    if from.kind() == Kind::DateTime && text.len() > width {
        return Err(Error::Value(format!(
            "the time {text} has {} characters, and {to} holds {width}",
            text.len()
        )));
    }
    match to {
        DType::Bytes(_) => write(text.bytes(), out),
        _ => write(text.chars().map(u32::from), out),
    }
    Ok(())
}

/// Reads an element from a text.
fn parse(text: &str, to: DType, out: &mut [u8]) -> Result<()> {
    let invalid = |what: &str| Error::Value(format!("{} is not {what}", arrstore_format::quoted(text)));
    let bytes = match (to, to.kind()) {
        (_, Kind::Bool) => vec![u8::from(!text.is_empty())],
        (DType::DateTime(unit), _) => {
            let (moment, _) = time::parse(text).map_err(Error::Value)?;
            moment.map_or(TimeUnit::NAT, |moment| moment.count(unit)).to_le_bytes().to_vec()
        }
        (DType::TimeDelta(_), _) if text.is_empty() || text.eq_ignore_ascii_case("nat") => {
            TimeUnit::NAT.to_le_bytes().to_vec()
        }
        (_, Kind::Signed | Kind::Unsigned | Kind::TimeDelta) => {
            let n = integer(text).ok_or_else(|| invalid("an integer"))?;
            Scalar::Int(n).to_bytes(to)?
        }
        (_, Kind::Float) => {
            let x = real(text).ok_or_else(|| invalid("a number"))?;
            Scalar::Float(x).to_bytes(to)?
        }
        _ => return Err(Error::Value(format!("texts are not read as {to}"))),
    };
    out.copy_from_slice(&bytes);
    Ok(())
}

/// A number's text without white space around it and single underscores between digits.
fn digits(text: &str) -> Option<String> {
    let text = text.trim();
    let between = |k: usize| {
        let digit = |k: Option<usize>| k.and_then(|k| text.as_bytes().get(k)).is_some_and(u8::is_ascii_digit);
        digit(k.checked_sub(1)) && digit(Some(k + 1))
    };
    let sound = text.match_indices('_').all(|(k, _)| between(k));
    sound.then(|| text.replace('_', ""))
}

/// An integer by the rules of Python's `int`.
fn integer(text: &str) -> Option<i128> {
    digits(text)?.parse().ok()
}

/// A number by the rules of Python's `float`.
fn real(text: &str) -> Option<f64> {
    digits(text)?.parse().ok()
}
