//! The element types for which an elementwise operation has loops.

use arrstore_format::DType;

use super::types::{BITS, FLOATS, INEXACT, INTEGERS, NUMBERS, ORDER, PARTS, REAL_NUMBERS, REALS};
use crate::op::Op;

/// The type of a result, from the type of the operands.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Gives {
    Same,
    Truth,
    /// For complex numbers, the type of their components.
    Part,
    /// The complex type whose components are of the operands' type.
    Whole,
    /// `int32`.
    Int,
    /// `uint8`.
    Byte,
}

/// The element types for which an operation has loops, and the type of the results.
pub(super) fn loops(op: Op) -> (&'static [DType], Gives) {
    use Gives::{Byte, Int, Part, Same, Truth, Whole};
    match op {
        Op::Add | Op::Multiply | Op::Maximum | Op::Minimum | Op::Fmax | Op::Fmin | Op::Clip => (ORDER, Same),
        Op::Where => (ORDER, Same),
        // these set their own types
        Op::Map | Op::Field | Op::Unless | Op::Weighed | Op::Shared => (&[], Same),
        // for times only
        Op::Isnat => (&[], Truth),
        // for texts only
        Op::Capitalize | Op::Lower | Op::Swapcase | Op::Title | Op::Upper => (&[], Same),
        Op::Strip | Op::Lstrip | Op::Rstrip => (&[], Same),
        Op::StripChars | Op::LstripChars | Op::RstripChars => (&[], Same),
        Op::Find | Op::Rfind | Op::StrCount | Op::StrLen => (&[], Same),
        Op::Center | Op::Ljust | Op::Rjust | Op::Zfill | Op::Replace => (&[], Same),
        Op::StrRepeat | Op::StrSlice | Op::Expandtabs | Op::ExpandedLen => (&[], Same),
        Op::Encode | Op::Decode | Op::Translate => (&[], Same),
        Op::Startswith | Op::Endswith | Op::Isalnum | Op::Isalpha | Op::Isdecimal => (&[], Truth),
        Op::Isdigit | Op::Islower | Op::Isnumeric | Op::Isspace | Op::Istitle | Op::Isupper => (&[], Truth),
        Op::Subtract | Op::Negative | Op::Positive | Op::Sign | Op::Pow => (NUMBERS, Same),
        Op::Square | Op::Conj | Op::Reciprocal => (NUMBERS, Same),
        Op::FloorDivide | Op::Remainder | Op::Fmod => (REAL_NUMBERS, Same),
        Op::Round => (NUMBERS, Same),
        Op::Floor | Op::Ceil | Op::Trunc => (REALS, Same),
        Op::BitwiseAnd | Op::BitwiseOr | Op::BitwiseXor | Op::BitwiseInvert => (BITS, Same),
        Op::BitwiseLeftShift | Op::BitwiseRightShift | Op::Gcd | Op::Lcm => (INTEGERS, Same),
        Op::Divide | Op::Sqrt | Op::Rint => (INEXACT, Same),
        Op::Exp | Op::Exp2 | Op::Expm1 | Op::Log | Op::Log1p | Op::Log2 | Op::Log10 => (INEXACT, Same),
        Op::Sin | Op::Cos | Op::Tan | Op::Asin | Op::Acos | Op::Atan => (INEXACT, Same),
        Op::Sinh | Op::Cosh | Op::Tanh | Op::Asinh | Op::Acosh | Op::Atanh => (INEXACT, Same),
        Op::Atan2 | Op::Hypot | Op::Copysign | Op::Nextafter | Op::Heaviside => (FLOATS, Same),
        Op::Logaddexp | Op::Logaddexp2 | Op::Cbrt | Op::Deg2rad | Op::Rad2deg => (FLOATS, Same),
        Op::Spacing | Op::I0 | Op::Ldexp | Op::Significand | Op::Fraction => (FLOATS, Same),
        Op::Exponent => (FLOATS, Int),
        Op::BitwiseCount => (INTEGERS, Byte),
        Op::Complex => (PARTS, Whole),
        Op::Abs | Op::Real | Op::Imag => (ORDER, Part),
        Op::Signbit => (FLOATS, Truth),
        Op::Isfinite | Op::Isinf | Op::Isnan => (ORDER, Truth),
        Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => {
            (ORDER, Truth)
        }
        Op::LogicalAnd | Op::LogicalOr | Op::LogicalXor | Op::LogicalNot => (ORDER, Truth),
    }
}

/// Whether the results are booleans for all operands.
pub(crate) fn gives_truth(op: Op) -> bool {
    loops(op).1 == Gives::Truth
}
