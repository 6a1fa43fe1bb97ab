//! The Rust types of elements.

use half::{bf16, f16};
use num_complex::Complex;

use crate::DType;

/// A Rust type whose bytes are those of an element on disk (on a little-endian machine).
///
/// Booleans have no such type, because a byte other than 0 and 1 would be undefined behaviour as a `bool`. They
/// appear as `u8`.
pub trait Element: bytemuck::Pod + Send + Sync {
    /// The element type.
    const DTYPE: DType;

    /// Whether elements of `dtype` can be viewed as this type.
    fn can_view(dtype: DType) -> bool {
        dtype == Self::DTYPE || (Self::DTYPE == DType::U8 && dtype == DType::Bool)
    }
}

macro_rules! elements {
    ($($t:ty => $d:ident),* $(,)?) => { $(impl Element for $t { const DTYPE: DType = DType::$d; })* };
}

elements! {
    u8 => U8, u16 => U16, u32 => U32, u64 => U64, i8 => I8, i16 => I16, i32 => I32, i64 => I64,
    f16 => F16, bf16 => BF16, f32 => F32, f64 => F64, Complex<f32> => C64, Complex<f64> => C128,
}
