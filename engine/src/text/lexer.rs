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
        if first.is_alphabetic() || first == '_' {
            return Ok(Token::Name(self.take_while(|c| c.is_alphanumeric() || c == '_').to_owned()));
        }
        if first == '\'' || first == '"' {
            return self.string(first);
        }
        if let Some(sign) = SIGNS.iter().find(|s| self.rest().starts_with(**s)) {
            self.at += sign.len();
            return Ok(Token::Sign(sign));
        }
        let span = start..start + first.len_utf8();
        Err(Fault::new(&span, format!("unexpected character {first:?}")))
    }

    fn string(&mut self, quote: char) -> Result<Token> {
        let start = self.at;
        self.at += 1;
        let body = self.take_while(|c| c != quote && c != '\\' && c != '\n').to_owned();
        match self.peek() {
            Some(c) if c == quote => {
                self.at += 1;
                Ok(Token::Str(body))
            }
            Some('\\') => {
                Err(Fault::new(&(self.at..self.at + 1), "escapes such as \\n are not supported in strings"))
            }
            _ => Err(Fault::new(&(start..self.at), format!("this string is never closed: expected {quote}"))),
        }
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
