//! Element types, their names and their codes on disk.

use std::fmt;
use std::str::FromStr;

/// The type of one element.
///
/// Elements are little-endian. A `Bool` is one byte, 0 or 1. A complex number is two floats, the real part first:
/// `C64` is two `f32`, `C128` two `f64`. The names count bits, as NumPy's do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u16)]
pub enum DType {
    /// Boolean, one byte.
    Bool = 1,
    /// Signed 8-bit integer.
    I8 = 2,
    /// Signed 16-bit integer.
    I16 = 3,
    /// Signed 32-bit integer.
    I32 = 4,
    /// Signed 64-bit integer.
    I64 = 5,
    /// Unsigned 8-bit integer.
    U8 = 6,
    /// Unsigned 16-bit integer.
    U16 = 7,
    /// Unsigned 32-bit integer.
    U32 = 8,
    /// Unsigned 64-bit integer.
    U64 = 9,
    /// IEEE 754 binary16.
    F16 = 10,
    /// The upper half of an IEEE 754 binary32 (as in `ml_dtypes`).
    BF16 = 11,
    /// IEEE 754 binary32.
    F32 = 12,
    /// IEEE 754 binary64.
    F64 = 13,
    /// Two binary32: NumPy's `complex64`.
    C64 = 14,
    /// Two binary64: NumPy's `complex128`.
    C128 = 15,
}

/// The kind of an element type, as in NumPy's `dtype.kind`, in the order of promotion.
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
}

impl DType {
    /// Every element type, in the order of the codes.
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

    /// The code on disk.
    pub fn code(self) -> u16 {
        self as u16
    }

    /// The element type of a code on disk; `None` when this version does not know the code.
    pub fn from_code(code: u16) -> Option<DType> {
        DType::ALL.into_iter().find(|d| d.code() == code)
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            DType::Bool | DType::I8 | DType::U8 => 1,
            DType::I16 | DType::U16 | DType::F16 | DType::BF16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 | DType::F64 | DType::C64 => 8,
            DType::C128 => 16,
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
        }
    }

    /// NumPy's name (`bfloat16` as in `ml_dtypes`).
    pub fn name(self) -> &'static str {
        match self {
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
        }
    }

    /// NumPy's short code without a byte order, such as `f8`; `None` for `BF16`, which NumPy does not know.
    pub fn short_name(self) -> Option<&'static str> {
        Some(match self {
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
        })
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that does not name an element type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown dtype '{0}': expected a NumPy name such as float64, f8, int32, u1, bool or complex128")]
pub struct UnknownDType(pub String);

impl FromStr for DType {
    type Err = UnknownDType;

    /// Reads NumPy's names (`float64`) and short codes (`f8`, `<f8`). The caller handles byte orders other than
    /// little.
    fn from_str(text: &str) -> Result<DType, UnknownDType> {
        let short = text.strip_prefix(['<', '|', '=']).unwrap_or(text);
        DType::ALL
            .into_iter()
            .find(|d| d.name() == text || d.short_name() == Some(short))
            .ok_or_else(|| UnknownDType(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_round_trip() {
        for d in DType::ALL {
            assert_eq!(DType::from_code(d.code()), Some(d));
            assert_eq!(d.name().parse(), Ok(d));
            if let Some(short) = d.short_name() {
                assert_eq!(format!("<{short}").parse(), Ok(d));
            }
        }
        assert_eq!(DType::from_code(0), None);
        assert!("object".parse::<DType>().is_err());
    }
}
