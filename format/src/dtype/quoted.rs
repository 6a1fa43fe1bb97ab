//! Texts in quotes.

/// A text in quotes, as Python's `repr` writes it: in single quotes, unless it holds those and no double ones. Characters
/// that cannot be printed are escaped.
pub fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&match u32::from(c) {
                n @ 0..=0xff => format!("\\x{n:02x}"),
                n @ 0x100..=0xffff => format!("\\u{n:04x}"),
                n => format!("\\U{n:08x}"),
            }),
        }
    }
    out.push(quote);
    out
}

/// Whether Python prints the character as it is.
fn is_printable(c: char) -> bool {
    // The escape of a text's first character differs: a mark that combines with a letter is not escaped behind one.
    matches!(c, '"' | '\'') || ['a', c].iter().collect::<String>().escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quoted_as_python_does() {
        // repr(text), of Python 3.13
        for (text, wanted) in [
            ("abc", "'abc'"),
            ("it's", "\"it's\""),
            ("it's \"so\"", "'it\\'s \"so\"'"),
            ("a\\b\n\t\r", "'a\\\\b\\n\\t\\r'"),
            ("\0\x1b\x7f\u{a0}", "'\\x00\\x1b\\x7f\\xa0'"),
            ("\u{202e}\u{e000}\u{10ffff}", "'\\u202e\\ue000\\U0010ffff'"),
            ("e\u{301} \u{e9} \u{65e5} \u{1f980}", "'e\u{301} \u{e9} \u{65e5} \u{1f980}'"),
        ] {
            assert_eq!(quoted(text), wanted);
        }
    }
}
