//! Python's numbers.

use arrstore_format::{DType, Kind};

use num_complex::{Complex32, Complex64};

use super::nearest::{nearest_bf16, nearest_f16};
use crate::promote::PromoteError;

/// A Python number. It has no element type of its own: it takes its type from the arrays beside it (NEP 50).
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Scalar {
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// An integer that does not fit in an `i128`, as the nearest float, which may be infinite. No integer type can hold
    /// it. Beside floats it counts as that float.
    Large(f64),
    /// A float.
    Float(f64),
    /// A complex number.
    Complex(Complex64),
}

impl Scalar {
    /// The type that NumPy gives the number when it stands alone.
    pub fn default_dtype(self) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::Int(n) if n > i64::MAX.into() => DType::U64,
            Scalar::Large(x) if x > 0.0 => DType::U64,
            Scalar::Int(_) | Scalar::Large(_) => DType::I64,
            Scalar::Float(_) => DType::F64,
            Scalar::Complex(_) => DType::C128,
        }
    }

    /// Whether Python counts it as true.
    pub fn truth(self) -> bool {
        match self {
            Scalar::Bool(b) => b,
            Scalar::Int(n) => n != 0,
            Scalar::Float(x) | Scalar::Large(x) => x != 0.0,
            Scalar::Complex(z) => z != Complex64::ZERO,
        }
    }

    fn complex(self) -> Complex64 {
        match self {
            Scalar::Complex(z) => z,
            Scalar::Float(x) | Scalar::Large(x) => x.into(),
            Scalar::Int(n) => (n as f64).into(),
            Scalar::Bool(b) => f64::from(u8::from(b)).into(),
        }
    }

    /// One element of type `dtype` with this value, by NumPy's rules for assigning a Python number to an element. A
    /// float loses its fraction in an integer type.
    ///
    /// # Errors
    /// When the number does not fit in an integer type or is NaN; when it is complex and the type is neither complex
    /// nor boolean; when it is an integer larger than any float and the type is a float.
    pub fn to_bytes(self, dtype: DType) -> Result<Vec<u8>, PromoteError> {
        let wide = self.complex();
        match (self, dtype.kind()) {
            (_, Kind::Bool) | (Scalar::Complex(_), Kind::Complex) => {}
            (Scalar::Complex(value), _) => return Err(PromoteError::NotReal { value, dtype }),
            (Scalar::Large(value), Kind::Signed | Kind::Unsigned) => {
                return Err(PromoteError::TooLarge { value, dtype });
            }
            (Scalar::Large(value), _) if value.is_infinite() => {
                return Err(PromoteError::TooLarge { value, dtype });
            }
            _ => {}
        }
        let whole = match self {
            Scalar::Bool(b) => Some(b.into()),
            Scalar::Int(n) => Some(n),
            _ => (!wide.re.is_nan()).then_some(wide.re as i128),
        };
        let bounds = || match self {
            Scalar::Int(value) => PromoteError::OutOfBounds { value, dtype },
            _ => PromoteError::Unrepresentable { value: wide.re, dtype },
        };
        macro_rules! int {
            ($t:ty) => {
                whole.and_then(|n| <$t>::try_from(n).ok()).ok_or_else(bounds)?.to_le_bytes().to_vec()
            };
        }
        Ok(match dtype {
            DType::Bool => vec![self.truth().into()],
            DType::I8 => int!(i8),
            DType::I16 => int!(i16),
            DType::I32 => int!(i32),
            DType::I64 => int!(i64),
            // a count of the unit
            DType::DateTime(_) | DType::TimeDelta(_) if matches!(self, Scalar::Bool(_) | Scalar::Int(_)) => {
                int!(i64)
            }
            DType::U8 => int!(u8),
            DType::U16 => int!(u16),
            DType::U32 => int!(u32),
            DType::U64 => int!(u64),
            DType::F16 => nearest_f16(wide.re).to_le_bytes().to_vec(),
            DType::BF16 => nearest_bf16(wide.re).to_le_bytes().to_vec(),
            DType::F32 => (wide.re as f32).to_le_bytes().to_vec(),
            DType::F64 => wide.re.to_le_bytes().to_vec(),
            DType::C64 => bytemuck::bytes_of(&Complex32::new(wide.re as f32, wide.im as f32)).to_vec(),
            DType::C128 => bytemuck::bytes_of(&wide).to_vec(),
            _ => return Err(PromoteError::NoCast { from: self.default_dtype(), to: dtype, hint: "" }),
        })
    }

    /// The range of an integer type.
    pub(crate) fn range(dtype: DType) -> Option<std::ops::RangeInclusive<i128>> {
        let bits = || 8 * dtype.size() as u32;
        match dtype.kind() {
            Kind::Signed => Some(-(1 << (bits() - 1))..=(1 << (bits() - 1)) - 1),
            Kind::Unsigned => Some(0..=(1 << bits()) - 1),
            _ => None,
        }
    }
}

impl From<bool> for Scalar {
    fn from(b: bool) -> Scalar {
        Scalar::Bool(b)
    }
}

macro_rules! from {
    ($($t:ty)+ => $variant:ident) => {
        $(impl From<$t> for Scalar {
            fn from(x: $t) -> Scalar {
                Scalar::$variant(x.into())
            }
        })+
    };
}
from!(i8 i16 i32 i64 i128 u8 u16 u32 u64 => Int);
from!(f32 f64 => Float);
from!(Complex64 => Complex);

macro_rules! from_index {
    ($($t:ty)+) => {
        $(impl From<$t> for Scalar {
            fn from(x: $t) -> Scalar {
                Scalar::Int(x as i128)
            }
        })+
    };
}
from_index!(isize usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_every_type() {
        for dtype in DType::ALL {
            assert_eq!(Scalar::Int(1).to_bytes(dtype).map(|b| b.len()), Ok(dtype.size()));
        }
        assert_eq!(Scalar::Int(-1).to_bytes(DType::I16), Ok(vec![255, 255]));
        assert_eq!(Scalar::Float(-1.5).to_bytes(DType::I8), Ok(vec![255]));
        let message = Scalar::Int(300).to_bytes(DType::U8).map_err(|e| e.to_string());
        assert_eq!(message, Err("Python integer 300 out of bounds for uint8".to_owned()));
        assert!(Scalar::Int(1 << 70).to_bytes(DType::F16).is_ok());
        for dtype in [DType::I8, DType::I64, DType::U8, DType::U64] {
            for x in [f64::NAN, f64::INFINITY, -1e300, 1e20] {
                assert!(Scalar::Float(x).to_bytes(dtype).is_err(), "{x} as {dtype}");
            }
            assert!(Scalar::Large(1e60).to_bytes(dtype).is_err());
        }
        let z = Scalar::Complex(Complex64::new(2.0, 0.0));
        assert!(z.to_bytes(DType::F64).is_err() && z.to_bytes(DType::I8).is_err());
        assert_eq!(z.to_bytes(DType::Bool), Ok(vec![1]));
        assert!(Scalar::Large(1e60).to_bytes(DType::F32).is_ok());
        assert!(Scalar::Large(f64::INFINITY).to_bytes(DType::F64).is_err());
    }
}
