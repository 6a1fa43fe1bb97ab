//! Elements that are texts.

use arrstore_format::{DType, quoted as quoted_str};

/// The bytes of a fixed-width text, without the zeros that pad it.
pub fn bytes_text(element: &[u8]) -> &[u8] {
    let end = element.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
    element.get(..end).unwrap_or(&[])
}

/// The text of code points of 32 bits, without the zeros that pad it. A number that is no code point is shown as
/// U+FFFD.
pub fn str_text(element: &[u8]) -> String {
    let (units, _) = element.as_chunks::<4>();
    let codes: Vec<u32> = units.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
    let end = codes.iter().rposition(|&c| c != 0).map_or(0, |last| last + 1);
    let char_of = |&code: &u32| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    codes.iter().take(end).map(char_of).collect()
}

/// An element in quotes, as Python's `repr` writes it.
pub(super) fn quoted(dtype: DType, element: &[u8]) -> String {
    match dtype {
        DType::Bytes(_) => quoted_bytes(bytes_text(element)),
        _ => quoted_str(&str_text(element)),
    }
}

fn quoted_bytes(text: &[u8]) -> String {
    let quote = if text.contains(&b'\'') && !text.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for &byte in text {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b if char::from(b) == quote => out.extend(['\\', quote]),
            b' '..=b'~' => out.push(byte.into()),
            b => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out.push(quote);
    out
}

/// A text as it is printed on its own. Characters that would steer a terminal are escaped.
pub(super) fn shown(text: &str) -> String {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match steers(c) {
            true => out.push_str(quoted_str(&c.to_string()).trim_matches('\'')),
            false => out.push(c),
        }
    }
    out
}
