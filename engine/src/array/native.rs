//! The Rust types of elements.

use num_complex::Complex;

use crate::{DType, Element};

/// A Rust type of elements: the integers and floats, `f16` and `bf16` of the crate `half`, complex numbers of
/// `num-complex`, and `bool`.
pub trait Native: bytemuck::NoUninit + std::fmt::Debug + Send + Sync {
    /// The element type.
    const DTYPE: DType;

    /// The type as stored: any bytes are valid. A `bool` is stored as a byte.
    #[doc(hidden)]
    type Stored: Element;

    /// Converts from the stored type.
    #[doc(hidden)]
    fn of(stored: Self::Stored) -> Self;

    /// Converts to the stored type.
    #[doc(hidden)]
    fn stored(self) -> Self::Stored;
}

macro_rules! native {
    ($($t:ty)*) => { $(
        impl Native for $t {
            const DTYPE: DType = <$t as Element>::DTYPE;
            type Stored = $t;
            fn of(stored: $t) -> $t {
                stored
            }
            fn stored(self) -> $t {
                self
            }
        }
    )* };
}
native!(u8 u16 u32 u64 i8 i16 i32 i64 half::f16 half::bf16 f32 f64 Complex<f32> Complex<f64>);

impl Native for bool {
    const DTYPE: DType = DType::Bool;
    type Stored = u8;
    fn of(stored: u8) -> bool {
        stored != 0
    }
    fn stored(self) -> u8 {
        self.into()
    }
}
