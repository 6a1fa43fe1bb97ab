//! Physical types: how a loop reads the bytes of an element.
//!
//! A [`DType`] is the logical type of an element. Promotion, printing and files use it; a loop needs only the physical
//! type. Several logical types may share one physical type. A new logical type with a known physical type has all of
//! its loops at once.

use arrstore_format::{DType, Kind};

/// The physical type of an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Physical {
    /// A byte; 0 is false.
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    BF16,
    F32,
    F64,
    C64,
    C128,
    /// An `i64` whose least value is "not a time".
    Time,
    /// So many bytes, padded with zeros.
    Bytes(usize),
    /// So many code points of 32 bits, padded with zeros.
    Str(usize),
    /// So many bytes without a meaning of their own.
    Opaque(usize),
}

impl From<DType> for Physical {
    fn from(dtype: DType) -> Physical {
        match dtype {
            DType::Bool => Physical::Bool,
            DType::I8 => Physical::I8,
            DType::I16 => Physical::I16,
            DType::I32 => Physical::I32,
            DType::I64 => Physical::I64,
            DType::U8 => Physical::U8,
            DType::U16 => Physical::U16,
            DType::U32 => Physical::U32,
            DType::U64 => Physical::U64,
            DType::F16 => Physical::F16,
            DType::BF16 => Physical::BF16,
            DType::F32 => Physical::F32,
            DType::F64 => Physical::F64,
            DType::C64 => Physical::C64,
            DType::C128 => Physical::C128,
            DType::DateTime(_) | DType::TimeDelta(_) => Physical::Time,
            DType::Bytes(width) => Physical::Bytes(width as usize),
            DType::Str(width) => Physical::Str(width as usize),
            DType::Record(record) => Physical::Opaque(record.size()),
        }
    }
}

impl Physical {
    /// Bytes of an element.
    pub(crate) fn size(self) -> usize {
        match self {
            Physical::Bool | Physical::I8 | Physical::U8 => 1,
            Physical::I16 | Physical::U16 | Physical::F16 | Physical::BF16 => 2,
            Physical::I32 | Physical::U32 | Physical::F32 => 4,
            Physical::I64 | Physical::U64 | Physical::F64 | Physical::C64 => 8,
            Physical::C128 => 16,
            Physical::Time => 8,
            Physical::Bytes(width) | Physical::Opaque(width) => width,
            Physical::Str(width) => 4 * width,
        }
    }

    /// The family of numbers; `None` for all other elements.
    pub(crate) fn kind(self) -> Option<Kind> {
        Some(match self {
            Physical::Bool => Kind::Bool,
            Physical::I8 | Physical::I16 | Physical::I32 | Physical::I64 => Kind::Signed,
            Physical::U8 | Physical::U16 | Physical::U32 | Physical::U64 => Kind::Unsigned,
            Physical::F16 | Physical::BF16 | Physical::F32 | Physical::F64 => Kind::Float,
            Physical::C64 | Physical::C128 => Kind::Complex,
            Physical::Time | Physical::Bytes(_) | Physical::Str(_) | Physical::Opaque(_) => return None,
        })
    }
}

/// Evaluates the arm of a physical type's class. In the arm, the given name stands for the type of the elements. With
/// `bits` instead of `whole`, signed integers are read as unsigned, for loops in which the sign does not matter. Without
/// an arm for `time`, and for texts and records, the result is `None`.
macro_rules! by_class {
    ($physical:expr, $T:ident {
        truth => $truth:expr, whole => $whole:expr, float => $float:expr, complex => $complex:expr, $(time => $time:expr,)? half => $half:expr $(,)?
    }) => {
        match $physical {
            $crate::kernels::Physical::Bool => {
                type $T = $crate::kernels::block::Truth;
                $truth
            }
            $crate::kernels::Physical::I8 => {
                type $T = i8;
                $whole
            }
            $crate::kernels::Physical::I16 => {
                type $T = i16;
                $whole
            }
            $crate::kernels::Physical::I32 => {
                type $T = i32;
                $whole
            }
            $crate::kernels::Physical::I64 => {
                type $T = i64;
                $whole
            }
            $crate::kernels::Physical::U8 => {
                type $T = u8;
                $whole
            }
            $crate::kernels::Physical::U16 => {
                type $T = u16;
                $whole
            }
            $crate::kernels::Physical::U32 => {
                type $T = u32;
                $whole
            }
            $crate::kernels::Physical::U64 => {
                type $T = u64;
                $whole
            }
            $crate::kernels::Physical::F32 => {
                type $T = f32;
                $float
            }
            $crate::kernels::Physical::F64 => {
                type $T = f64;
                $float
            }
            $crate::kernels::Physical::C64 => {
                type $T = num_complex::Complex32;
                $complex
            }
            $crate::kernels::Physical::C128 => {
                type $T = num_complex::Complex64;
                $complex
            }
            $crate::kernels::Physical::F16 | $crate::kernels::Physical::BF16 => $half,
            $($crate::kernels::Physical::Time => {
                type $T = $crate::kernels::time::Time;
                $time
            })?
            _ => None,
        }
    };
    ($physical:expr, $T:ident {
        truth => $truth:expr, bits => $bits:expr, float => $float:expr, complex => $complex:expr, $(time => $time:expr,)? half => $half:expr $(,)?
    }) => {
        match $physical {
            $crate::kernels::Physical::Bool => {
                type $T = $crate::kernels::block::Truth;
                $truth
            }
            $crate::kernels::Physical::I8 | $crate::kernels::Physical::U8 => {
                type $T = u8;
                $bits
            }
            $crate::kernels::Physical::I16 | $crate::kernels::Physical::U16 => {
                type $T = u16;
                $bits
            }
            $crate::kernels::Physical::I32 | $crate::kernels::Physical::U32 => {
                type $T = u32;
                $bits
            }
            $crate::kernels::Physical::I64 | $crate::kernels::Physical::U64 => {
                type $T = u64;
                $bits
            }
            $crate::kernels::Physical::F32 => {
                type $T = f32;
                $float
            }
            $crate::kernels::Physical::F64 => {
                type $T = f64;
                $float
            }
            $crate::kernels::Physical::C64 => {
                type $T = num_complex::Complex32;
                $complex
            }
            $crate::kernels::Physical::C128 => {
                type $T = num_complex::Complex64;
                $complex
            }
            $crate::kernels::Physical::F16 | $crate::kernels::Physical::BF16 => $half,
            $($crate::kernels::Physical::Time => {
                type $T = $crate::kernels::time::Time;
                $time
            })?
            _ => None,
        }
    };
}
pub(super) use by_class;
