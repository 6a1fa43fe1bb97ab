//! Element types, their names and their codes on disk.

mod disk;
mod error;
mod quoted;
mod record;
mod time;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

pub use error::{DTypeError, UnknownDType};
pub use quoted::quoted;
pub use record::{Field, RecordType};
pub use time::{TimeBase, TimeUnit};

/// The type of one element.
///
/// Elements are little-endian. A `Bool` is one byte, 0 or 1. A complex number is two floats, the real part first:
/// `C64` is two `f32`, `C128` two `f64`. The names count bits, as NumPy's do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum DType {
    /// Boolean, one byte.
    Bool,
    /// Signed 8-bit integer.
    I8,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer.
    U32,
    /// Unsigned 64-bit integer.
    U64,
    /// IEEE 754 binary16.
    F16,
    /// The upper half of an IEEE 754 binary32 (as in `ml_dtypes`).
    BF16,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// Two binary32: NumPy's `complex64`.
    C64,
    /// Two binary64: NumPy's `complex128`.
    C128,
    /// A point in time, as an `i64` count of units since 1970-01-01T00:00:00: NumPy's `datetime64`. The least count is
    /// [`TimeUnit::NAT`].
    DateTime(TimeUnit),
    /// A span of time, as an `i64` count of units: NumPy's `timedelta64`. The least count is [`TimeUnit::NAT`].
    TimeDelta(TimeUnit),
    /// A text of this many bytes, padded with zeros on the right: NumPy's `S`.
    Bytes(u32),
    /// A text of this many code points, each a `u32`, padded with zeros on the right: NumPy's `U`.
    Str(u32),
    /// Named fields of other types: NumPy's structured type.
    Record(RecordType),
}

/// The kind of an element type, as in NumPy's `dtype.kind`. The numbers come first, in the order of promotion.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// `Bool`.
    Bool,
    /// `U8` to `U64`.
    Unsigned,
    /// `I8` to `I64`.
    Signed,
    /// `F16`, `BF16`, `F32`, `F64`.
    Float,
    /// `C64`, `C128`.
    Complex,
    /// `DateTime`.
    DateTime,
    /// `TimeDelta`.
    TimeDelta,
    /// `Bytes`.
    Bytes,
    /// `Str`.
    Str,
    /// `Record`.
    Record,
}

impl Kind {
    /// Whether elements are booleans or numbers.
    pub fn is_number(self) -> bool {
        self <= Kind::Complex
    }

    /// Whether elements are points or spans of time.
    pub fn is_time(self) -> bool {
        matches!(self, Kind::DateTime | Kind::TimeDelta)
    }

    /// Whether elements are texts of a fixed width.
    pub fn is_text(self) -> bool {
        matches!(self, Kind::Bytes | Kind::Str)
    }
}

impl DType {
    /// The most bytes of an element.
    pub const SIZE_MAX: u32 = i32::MAX as u32;

    /// Every type of booleans and numbers, in the order of the codes: all types without a parameter.
    pub const ALL: [DType; 15] = [
        DType::Bool,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::F16,
        DType::BF16,
        DType::F32,
        DType::F64,
        DType::C64,
        DType::C128,
    ];

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            DType::Bool | DType::I8 | DType::U8 => 1,
            DType::I16 | DType::U16 | DType::F16 | DType::BF16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 | DType::F64 | DType::C64 => 8,
            DType::C128 => 16,
            DType::DateTime(_) | DType::TimeDelta(_) => 8,
            DType::Bytes(width) => width as usize,
            DType::Str(width) => 4 * width as usize,
            DType::Record(record) => record.size(),
        }
    }

    /// The kind, such as signed integer or float.
    pub fn kind(self) -> Kind {
        match self {
            DType::Bool => Kind::Bool,
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => Kind::Signed,
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => Kind::Unsigned,
            DType::F16 | DType::BF16 | DType::F32 | DType::F64 => Kind::Float,
            DType::C64 | DType::C128 => Kind::Complex,
            DType::DateTime(_) => Kind::DateTime,
            DType::TimeDelta(_) => Kind::TimeDelta,
            DType::Bytes(_) => Kind::Bytes,
            DType::Str(_) => Kind::Str,
            DType::Record(_) => Kind::Record,
        }
    }

    /// The type, if its elements have a size that a file can hold: from 1 byte to [`DType::SIZE_MAX`], and a time unit
    /// with a count of at least 1.
    ///
    /// # Errors
    /// When the size or the count is out of range.
    pub fn checked(self) -> Result<DType, DTypeError> {
        let bytes = match self {
            DType::Str(width) => 4 * u64::from(width),
            other => other.size() as u64,
        };
        if bytes == 0 || bytes > u64::from(DType::SIZE_MAX) {
            return Err(DTypeError::Size { bytes });
        }
        match self {
            DType::DateTime(unit) | DType::TimeDelta(unit) => unit.checked()?,
            _ => {}
        }
        Ok(self)
    }

    /// The record, if the elements are records.
    pub fn record(self) -> Option<RecordType> {
        match self {
            DType::Record(record) => Some(record),
            _ => None,
        }
    }

    /// The unit of points and spans of time.
    pub fn time_unit(self) -> Option<TimeUnit> {
        match self {
            DType::DateTime(unit) | DType::TimeDelta(unit) => Some(unit),
            _ => None,
        }
    }

    /// NumPy's name, `str(dtype)`: such as `float64`, `datetime64[ns]`, `|S5`, `<U10`, or a list of fields (`bfloat16`
    /// as in `ml_dtypes`).
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            DType::Bool => "bool",
            DType::I8 => "int8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::U32 => "uint32",
            DType::U64 => "uint64",
            DType::F16 => "float16",
            DType::BF16 => "bfloat16",
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::C64 => "complex64",
            DType::C128 => "complex128",
            DType::DateTime(unit) => return Cow::Owned(format!("datetime64{unit}")),
            DType::TimeDelta(unit) => return Cow::Owned(format!("timedelta64{unit}")),
            DType::Bytes(width) => return Cow::Owned(format!("|S{width}")),
            DType::Str(width) => return Cow::Owned(format!("<U{width}")),
            DType::Record(record) => return Cow::Owned(record.to_string()),
        })
    }

    /// NumPy's short code without a byte order, such as `f8`, `M8[ns]` or `U10`; `None` for `BF16`, which NumPy does
    /// not know, and for records, which have a list of fields.
    pub fn short_name(self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self {
            DType::Bool => "b1",
            DType::I8 => "i1",
            DType::I16 => "i2",
            DType::I32 => "i4",
            DType::I64 => "i8",
            DType::U8 => "u1",
            DType::U16 => "u2",
            DType::U32 => "u4",
            DType::U64 => "u8",
            DType::F16 => "f2",
            DType::BF16 => return None,
            DType::F32 => "f4",
            DType::F64 => "f8",
            DType::C64 => "c8",
            DType::C128 => "c16",
            DType::DateTime(unit) => return Some(Cow::Owned(format!("M8{unit}"))),
            DType::TimeDelta(unit) => return Some(Cow::Owned(format!("m8{unit}"))),
            DType::Bytes(width) => return Some(Cow::Owned(format!("S{width}"))),
            DType::Str(width) => return Some(Cow::Owned(format!("U{width}"))),
            DType::Record(_) => return None,
        }))
    }

    /// NumPy's short code with its byte order, such as `<f8`, `|S5` or `|b1`; `None` as for [`DType::short_name`].
    pub fn short_code(self) -> Option<String> {
        let order = match self {
            DType::Bytes(_) => '|',
            other if other.size() == 1 => '|',
            _ => '<',
        };
        self.short_name().map(|name| format!("{order}{name}"))
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

/// NumPy's characters of types, as on 64-bit Linux.
const CHARACTERS: [(&str, DType); 20] = [
    ("?", DType::Bool),
    ("b", DType::I8),
    ("h", DType::I16),
    ("i", DType::I32),
    ("l", DType::I64),
    ("q", DType::I64),
    ("n", DType::I64),
    ("p", DType::I64),
    ("B", DType::U8),
    ("H", DType::U16),
    ("I", DType::U32),
    ("L", DType::U64),
    ("Q", DType::U64),
    ("N", DType::U64),
    ("P", DType::U64),
    ("e", DType::F16),
    ("f", DType::F32),
    ("d", DType::F64),
    ("F", DType::C64),
    ("D", DType::C128),
];

impl FromStr for DType {
    type Err = UnknownDType;

    /// Reads NumPy's names (`float64`, `datetime64[ns]`), short codes (`f8`, `<f8`, `M8[ns]`, `S5`, `U10`) and
    /// characters (`?`, `d`). The caller handles records, and byte orders other than little.
    fn from_str(text: &str) -> Result<DType, UnknownDType> {
        let unknown = || UnknownDType(text.to_owned());
        let short = text.strip_prefix(['<', '|', '=']).unwrap_or(text);
        let plain = DType::ALL
            .into_iter()
            .find(|d| d.name() == text || d.short_name().is_some_and(|name| name == short));
        let character = || CHARACTERS.into_iter().find(|(name, _)| *name == short).map(|(_, dtype)| dtype);
        if let Some(dtype) = plain.or_else(character) {
            return Ok(dtype);
        }
        let unit = |text: &str| text.parse::<TimeUnit>().map_err(|_| unknown());
        let width = |text: &str| -> Result<u32, UnknownDType> {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| digits).ok_or_else(unknown)
        };
        let dtype = if let Some(rest) = short.strip_prefix("datetime64").or(short.strip_prefix("M8")) {
            DType::DateTime(unit(rest)?)
        } else if let Some(rest) = short.strip_prefix("timedelta64").or(short.strip_prefix("m8")) {
            DType::TimeDelta(unit(rest)?)
        } else if let Some(rest) = short.strip_prefix(['S', 'a']) {
            DType::Bytes(width(rest)?)
        } else if let Some(rest) = short.strip_prefix('U') {
            DType::Str(width(rest)?)
        } else {
            return Err(unknown());
        };
        dtype.checked().map_err(|_| unknown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_round_trip() {
        let unit = TimeUnit { base: TimeBase::Second, count: 25 };
        let wide =
            [DType::DateTime(unit), DType::TimeDelta(TimeUnit::GENERIC), DType::Bytes(5), DType::Str(10)];
        for d in DType::ALL.into_iter().chain(wide) {
            assert_eq!(DType::from_disk(d.code(), d.size(), &d.details()), Ok(d));
            assert_eq!(d.name().parse(), Ok(d));
            if let Some(short) = d.short_name() {
                assert_eq!(format!("<{short}").parse(), Ok(d));
            }
        }
        for (name, d) in CHARACTERS {
            assert_eq!(name.parse(), Ok(d));
        }
        assert_eq!(DType::from_disk(0, 1, &[]), Err(DTypeError::Code(0)));
        for wrong in ["object", "S", "U-1", "S0", "U+3", "M8[xs]", "M8[0s]", "U536870912", "S4294967296"] {
            assert!(wrong.parse::<DType>().is_err(), "{wrong}");
        }
    }
}
