//! Characters as bytes in an encoding, bytes as characters, and texts through a table.

use super::sized::{Operands, each};
use super::{Unit, read, write};
use crate::kernels::kernel::Kernel;
use crate::kernels::physical::Physical;
use crate::op::{Charset, OnFault, Op};
use crate::{Error, Result};

/// The kernel of an encoding or a table, if `op` is one.
pub(super) fn bind(op: Op, inputs: &[Physical]) -> Option<Kernel> {
    Some(match (op, inputs) {
        (Op::Encode, [Physical::Str(n), _]) => each(inputs, 4 * n, |of, out| {
            write(encoded(&of.text(0), coding(of)?)?, out);
            Ok(())
        }),
        (Op::Decode, [Physical::Bytes(n), _]) => each(inputs, 4 * n, |of, out| {
            write(decoded(&of.text(0), coding(of)?)?.into_iter().map(u32::from), out);
            Ok(())
        }),
        (Op::Translate, [Physical::Bytes(n), ..]) => each(inputs, *n, |of, out| {
            // the table has a place for each byte, those that are zero at its end included
            let (table, without) = (of.bytes(1), of.text::<u8>(2));
            let kept = of.text::<u8>(0).into_iter().filter(|byte| !without.contains(byte));
            write(kept.map(|byte| table.get(usize::from(byte)).copied().unwrap_or(byte)), out);
            Ok(())
        }),
        (Op::Translate, [Physical::Str(n), ..]) => each(inputs, 4 * n, |of, out| {
            let table: Vec<u32> = read(of.bytes(1));
            let place = |unit: u32| table.get(unit as usize).copied().unwrap_or(unit);
            write(of.text::<u32>(0).into_iter().map(place), out);
            Ok(())
        }),
        _ => return None,
    })
}

fn coding(of: &Operands<'_>) -> Result<(Charset, OnFault)> {
    Charset::numbered(of.number(1)).ok_or_else(|| Error::internal("an encoding without a name"))
}

/// The bytes of characters.
fn encoded(text: &[u32], (charset, fault): (Charset, OnFault)) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for (at, &unit) in text.iter().enumerate() {
        match (charset, char::from_u32(unit)) {
            (Charset::Utf8, Some(c)) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            (Charset::Ascii, Some(_)) if unit < 0x80 => out.push(unit as u8),
            (Charset::Latin1, Some(_)) if unit < 0x100 => out.push(unit as u8),
            _ => match fault {
                OnFault::Ignore => {}
                OnFault::Replace => out.push(b'?'),
                OnFault::Strict => {
                    return Err(Error::Value(format!(
                        "character {:?} (U+{unit:04X}) at place {at} of a text has no bytes in {}; try another encoding, or \
                         errors='ignore' or 'replace'",
                        unit.char(),
                        charset.name()
                    )));
                }
            },
        }
    }
    Ok(out)
}

/// The characters of bytes.
fn decoded(text: &[u8], (charset, fault): (Charset, OnFault)) -> Result<Vec<char>> {
    let wrong = |at: usize, out: &mut Vec<char>| match fault {
        OnFault::Ignore => Ok(()),
        OnFault::Replace => {
            out.push(char::REPLACEMENT_CHARACTER);
            Ok(())
        }
        OnFault::Strict => Err(Error::Value(format!(
            "byte {:#04x} at place {at} of a text is not {}; try another encoding, or errors='ignore' or 'replace'",
            text.get(at).copied().unwrap_or(0),
            charset.name()
        ))),
    };
    let mut out = Vec::with_capacity(text.len());
    match charset {
        Charset::Utf8 => {
            let mut at = 0;
            for chunk in text.utf8_chunks() {
                out.extend(chunk.valid().chars());
                at += chunk.valid().len();
                if !chunk.invalid().is_empty() {
                    wrong(at, &mut out)?;
                    at += chunk.invalid().len();
                }
            }
        }
        Charset::Ascii | Charset::Latin1 => {
            for (at, &byte) in text.iter().enumerate() {
                match charset == Charset::Ascii && !byte.is_ascii() {
                    true => wrong(at, &mut out)?,
                    false => out.push(byte.into()),
                }
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_errors_left_out_or_replaced() {
        let text: Vec<u32> = "a\u{e9}\u{20ac}b".chars().map(u32::from).chain([0xd800]).collect();
        let utf8 = |fault| encoded(&text, (Charset::Utf8, fault));
        assert_eq!(utf8(OnFault::Replace).unwrap(), "a\u{e9}\u{20ac}b?".as_bytes());
        assert!(utf8(OnFault::Strict).unwrap_err().to_string().contains("U+D800"));
        assert_eq!(encoded(&text, (Charset::Latin1, OnFault::Replace)).unwrap(), b"a\xe9?b?");
        assert_eq!(encoded(&text, (Charset::Ascii, OnFault::Ignore)).unwrap(), b"ab");
        let bytes = b"a\xe2\x82b\xff\xe2\x82\xac";
        let back = |charset, fault| decoded(bytes, (charset, fault)).map(String::from_iter);
        assert_eq!(back(Charset::Utf8, OnFault::Replace).unwrap(), "a\u{fffd}b\u{fffd}\u{20ac}");
        assert_eq!(back(Charset::Utf8, OnFault::Ignore).unwrap(), "ab\u{20ac}");
        assert!(
            back(Charset::Utf8, OnFault::Strict).unwrap_err().to_string().contains("byte 0xe2 at place 1")
        );
        assert_eq!(back(Charset::Ascii, OnFault::Ignore).unwrap(), "ab");
        assert_eq!(back(Charset::Latin1, OnFault::Strict).unwrap().chars().count(), bytes.len());
    }
}
