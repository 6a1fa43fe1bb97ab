//! Text to tokens, by the rules of Python's tokenizer for expressions.

use std::ops::Range;

use num_bigint::BigInt;

use super::error::{Fault, Result};
use super::number::MAX_BITS;

/// One token of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A decimal, hexadecimal, octal or binary integer.
    Int(BigInt),
    /// A number with a point or an exponent.
    Float(f64),
    /// A number followed by `j`.
    Imaginary(f64),
    /// A quoted text.
    Str(String),
    /// A quoted text after a `b`.
    Bytes(Vec<u8>),
    /// A name or a keyword.
    Name(String),
    /// An operator or a bracket.
    Sign(&'static str),
    /// After the last token.
    End,
}

impl Token {
    /// The token's description in an error.
    pub(crate) fn describe(&self) -> String {
        match self {
            Token::Int(n) => format!("the number {n}"),
            Token::Float(x) => format!("the number {x}"),
            Token::Imaginary(x) => format!("the number {x}j"),
            Token::Str(s) => format!("the text '{s}'"),
            Token::Bytes(s) => format!("the text b'{}'", s.escape_ascii()),
            Token::Name(n) => format!("'{n}'"),
            Token::Sign(s) => format!("'{s}'"),
            Token::End => "the end of the expression".to_owned(),
        }
    }
}

/// All signs, the longest first, so that the first match is the right one.
const SIGNS: [&str; 35] = [
    "...", "**=", "//=", ">>=", "<<=", "**", "//", ">>", "<<", "<=", ">=", "==", "!=", ":=", "->", "+", "-",
    "*", "/", "%", "@", "&", "|", "^", "~", "<", ">", "(", ")", "[", "]", ",", ":", ".", "=",
];

/// Cuts `text` into tokens with their byte spans; the last is [`Token::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>> {
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    loop {
        lexer.skip();
        let start = lexer.at;
        let token = lexer.token()?;
        let end = token == Token::End;
        out.push((token, start..lexer.at));
        if end {
            return Ok(out);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take_while(&mut self, mut accept: impl FnMut(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or("")
    }

    /// Skips space, line breaks and comments. A line break does not end an expression.
    fn skip(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if self.peek() == Some('#') {
                self.take_while(|c| c != '\n');
            } else if self.rest().starts_with("\\\n") || self.rest().starts_with("\\\r\n") {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    fn token(&mut self) -> Result<Token> {
        let start = self.at;
        let mut ahead = self.rest().chars();
        let Some(first) = ahead.next() else { return Ok(Token::End) };
        let second = ahead.next().unwrap_or(' ');
        if first.is_ascii_digit() || (first == '.' && second.is_ascii_digit()) {
            return self.number();
        }
        if matches!((first, second), ('b' | 'B', '\'' | '"')) {
            self.at += 1;
            let written = self.at;
            let text = self.string(second, true)?;
            // a byte of 128 or more comes from an escape
            let bytes = text.chars().map(u8::try_from).collect::<std::result::Result<Vec<_>, _>>();
            return match (bytes, self.text.get(written..self.at)) {
                (Ok(bytes), Some(source)) if source.is_ascii() => Ok(Token::Bytes(bytes)),
                _ => Err(Fault::new(&(start..self.at), "a text of bytes holds ASCII characters only")),
            };
        }
        if first.is_alphabetic() || first == '_' {
            return Ok(Token::Name(self.take_while(|c| c.is_alphanumeric() || c == '_').to_owned()));
        }
        if first == '\'' || first == '"' {
            return self.string(first, false).map(Token::Str);
        }
        if let Some(sign) = SIGNS.iter().find(|s| self.rest().starts_with(**s)) {
            self.at += sign.len();
            return Ok(Token::Sign(sign));
        }
        let span = start..start + first.len_utf8();
        Err(Fault::new(&span, format!("unexpected character {first:?}")))
    }

    /// The characters of a string in quotes; of `bytes`, a character for each byte.
    fn string(&mut self, quote: char, bytes: bool) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut body = String::new();
        loop {
            body.push_str(self.take_while(|c| c != quote && c != '\\' && c != '\n'));
            match self.peek() {
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(body);
                }
                Some('\\') => self.escape(&mut body, bytes)?,
                _ => {
                    let message = format!("this string is never closed: expected {quote}");
                    return Err(Fault::new(&(start..self.at), message));
                }
            }
        }
    }

    /// Appends the character of an escape by Python's rules, such as `\n`, `\x41` or `\u00e9`.
    fn escape(&mut self, body: &mut String, bytes: bool) -> Result<()> {
        let start = self.at;
        let mut ahead = self.rest().chars().skip(1);
        let Some(letter) = ahead.next() else {
            self.at += 1;
            return Ok(());
        };
        self.at += 1 + letter.len_utf8();
        let digits = match letter {
            'x' => 2,
            'u' if !bytes => 4,
            'U' if !bytes => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = self.rest().get(..digits).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
            let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
            let Some(character) = character else {
                let message = format!("expected a character as {digits} hexadecimal digits after \\{letter}");
                return Err(Fault::new(&(start..self.at), message));
            };
            self.at += digits;
            body.push(character);
            return Ok(());
        }
        if letter.is_digit(8) {
            self.at -= 1;
            let octal = self.rest().bytes().take(3).take_while(|b| (b'0'..b'8').contains(b));
            let (length, code) = octal.fold((0, 0), |(n, code), b| (n + 1, code * 8 + u32::from(b - b'0')));
            self.at += length;
            // as in Python, a byte has eight bits
            body.extend(char::from_u32(if bytes { code & 0xff } else { code }));
            return Ok(());
        }
        match letter {
            'n' => body.push('\n'),
            't' => body.push('\t'),
            'r' => body.push('\r'),
            'a' => body.push('\x07'),
            'b' => body.push('\x08'),
            'f' => body.push('\x0c'),
            'v' => body.push('\x0b'),
            '\\' | '\'' | '"' => body.push(letter),
            '\n' => {}
            _ => {
                let help = "write \\\\ for a backslash";
                let message = format!("\\{letter} is not an escape");
                return Err(Fault::new(&(start..self.at), message).help(help));
            }
        }
        Ok(())
    }

    /// A number by Python's rules: `1_000`, `0xff`, `1.`, `.5`, `1e-3`, `2j`, but neither `1__0` nor `017`.
    fn number(&mut self) -> Result<Token> {
        let start = self.at;
        let lower = self.rest().get(..2).map(str::to_ascii_lowercase);
        let radix = match lower.as_deref() {
            Some("0x") => 16,
            Some("0o") => 8,
            Some("0b") => 2,
            _ => 10,
        };
        let token = if radix == 10 { self.decimal()? } else { self.radix(radix)? };
        if self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.take_while(|c| c.is_alphanumeric() || c == '_');
            return Err(self.bad_number(start));
        }
        Ok(token)
    }

    fn bad_number(&self, start: usize) -> Fault {
        let span = start..self.at;
        let text = self.text.get(span.clone()).unwrap_or("");
        Fault::new(&span, format!("'{text}' is not a number"))
    }

    fn radix(&mut self, radix: u32) -> Result<Token> {
        let start = self.at;
        self.at += 2;
        if self.peek() == Some('_') {
            self.at += 1;
        }
        let digits = self.digits(radix).ok_or_else(|| self.bad_number(start))?;
        self.integer(&digits, radix, start)
    }

    fn integer(&self, digits: &str, radix: u32, start: usize) -> Result<Token> {
        BigInt::parse_bytes(digits.as_bytes(), radix)
            .filter(|n| n.bits() <= MAX_BITS)
            .map(Token::Int)
            .ok_or_else(|| {
                let message = format!("integer too large: it has more than {MAX_BITS} bits");
                Fault::new(&(start..self.at), message).help("write it as a float, such as 1e40")
            })
    }

    /// Digits with single underscores between them; the result has no underscores.
    fn digits(&mut self, radix: u32) -> Option<String> {
        let run = self.take_while(|c| c.is_digit(radix) || c == '_');
        let sound = !run.is_empty() && !run.starts_with('_') && !run.ends_with('_') && !run.contains("__");
        sound.then(|| run.replace('_', ""))
    }

    fn decimal(&mut self) -> Result<Token> {
        let start = self.at;
        let mut number = String::new();
        let mut float = false;
        if self.peek() != Some('.') {
            number += &self.digits(10).ok_or_else(|| self.bad_number(start))?;
        }
        if self.peek() == Some('.') && !self.rest().starts_with("...") {
            float = true;
            self.at += 1;
            number.push('.');
            if self.peek().is_some_and(|c| c.is_ascii_digit()) {
                number += &self.digits(10).ok_or_else(|| self.bad_number(start))?;
            }
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let mut ahead = self.rest().chars().skip(1);
            let (sign, next) = match ahead.next() {
                Some(c @ ('+' | '-')) => (Some(c), ahead.next()),
                other => (None, other),
            };
            if next.is_some_and(|c| c.is_ascii_digit()) {
                float = true;
                self.at += 1 + sign.map_or(0, char::len_utf8);
                number.push('e');
                number.extend(sign);
                number += &self.digits(10).ok_or_else(|| self.bad_number(start))?;
            }
        }
        let value = || number.parse::<f64>().map_err(|_| self.bad_number(start));
        if matches!(self.peek(), Some('j' | 'J')) {
            let value = value()?;
            self.at += 1;
            return Ok(Token::Imaginary(value));
        }
        if float {
            return Ok(Token::Float(value()?));
        }
        if number.len() > 1 && number.starts_with('0') && number.bytes().any(|b| b != b'0') {
            return Err(self
                .bad_number(start)
                .help("leave out leading zeros; an octal number is written 0o17"));
        }
        self.integer(&number, 10, start)
    }
}
