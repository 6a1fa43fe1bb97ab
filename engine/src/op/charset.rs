//! Encodings of texts.

/// The encoding of texts as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// One to four bytes for each character of Unicode.
    Utf8,
    /// One byte for each of 128 characters.
    Ascii,
    /// One byte for each of the first 256 characters of Unicode.
    Latin1,
}

/// The treatment of a character without bytes, or of bytes without a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFault {
    /// An error.
    Strict,
    /// It is left out.
    Ignore,
    /// A question mark stands for the character, and U+FFFD for the bytes.
    Replace,
}

const CHARSETS: [Charset; 3] = [Charset::Utf8, Charset::Ascii, Charset::Latin1];
const FAULTS: [OnFault; 3] = [OnFault::Strict, OnFault::Ignore, OnFault::Replace];

impl Charset {
    /// The encoding of one of Python's names, such as `UTF-8`, `utf8`, `ascii`, `latin-1` or `iso8859_1`.
    pub fn from_name(name: &str) -> Option<Charset> {
        let plain = name.to_ascii_lowercase().replace(['_', ' '], "-");
        Some(match plain.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" => Charset::Utf8,
            "ascii" | "us-ascii" | "646" => Charset::Ascii,
            "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" => {
                Charset::Latin1
            }
            _ => return None,
        })
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "utf-8",
            Charset::Ascii => "ascii",
            Charset::Latin1 => "latin-1",
        }
    }

    /// The number that stands for an encoding, and a treatment of faults, among the operands of an operation.
    pub(crate) fn number(self, fault: OnFault) -> i64 {
        let place = CHARSETS.iter().position(|&c| c == self).unwrap_or(0) * FAULTS.len();
        (place + FAULTS.iter().position(|&f| f == fault).unwrap_or(0)) as i64
    }

    /// The encoding and the treatment of this number.
    pub(crate) fn numbered(number: i64) -> Option<(Charset, OnFault)> {
        let number = usize::try_from(number).ok()?;
        Some((*CHARSETS.get(number / FAULTS.len())?, *FAULTS.get(number % FAULTS.len())?))
    }
}

impl OnFault {
    /// The treatment of Python's name: `strict`, `ignore` or `replace`.
    pub fn from_name(name: &str) -> Option<OnFault> {
        Some(match name {
            "strict" => OnFault::Strict,
            "ignore" => OnFault::Ignore,
            "replace" => OnFault::Replace,
            _ => return None,
        })
    }
}
