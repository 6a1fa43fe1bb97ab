//! Relations between element types: NumPy's order, safe casts, and the common type of two types.

use arrstore_format::DType::{
    self, BF16, Bool, C64, C128, F16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64,
};
use arrstore_format::Kind;

use super::error::PromoteError;

/// The order in which NumPy looks for a type.
pub(super) const ORDER: &[DType] =
    &[Bool, I8, U8, I16, U16, I32, U32, I64, U64, F16, BF16, F32, F64, C64, C128];
pub(super) const INTEGERS: &[DType] = &[I8, U8, I16, U16, I32, U32, I64, U64];
/// Booleans and integers.
pub(super) const BITS: &[DType] = &[Bool, I8, U8, I16, U16, I32, U32, I64, U64];
pub(super) const FLOATS: &[DType] = &[F16, BF16, F32, F64];
/// The types of the components of complex numbers.
pub(super) const PARTS: &[DType] = &[F32, F64];
/// Floats and complex numbers.
pub(super) const INEXACT: &[DType] = &[F16, BF16, F32, F64, C64, C128];
/// Integers and floats.
pub(super) const REAL_NUMBERS: &[DType] = &[I8, U8, I16, U16, I32, U32, I64, U64, F16, BF16, F32, F64];
/// Booleans, integers and floats.
pub(super) const REALS: &[DType] = &[Bool, I8, U8, I16, U16, I32, U32, I64, U64, F16, BF16, F32, F64];
/// Integers, floats and complex numbers.
pub(super) const NUMBERS: &[DType] = &[I8, U8, I16, U16, I32, U32, I64, U64, F16, BF16, F32, F64, C64, C128];

/// Whether the elements are booleans or numbers.
pub(crate) fn is_number(dtype: DType) -> bool {
    dtype.kind().is_number()
}

/// Whether the type is one of integers or booleans.
pub(crate) fn is_exact(dtype: DType) -> bool {
    matches!(dtype.kind(), Kind::Bool | Kind::Signed | Kind::Unsigned)
}

/// Whether a cast keeps every value. As in NumPy, this includes casts of 64-bit integers to float64, although they
/// round.
pub(super) fn can_cast(from: DType, to: DType) -> bool {
    let (a, b) = (from.size(), to.size());
    match (from.kind(), to.kind()) {
        _ if from == to => true,
        (Kind::Bool, to) => to.is_number(),
        (_, Kind::Bool) => false,
        (Kind::Unsigned, Kind::Unsigned) | (Kind::Signed, Kind::Signed) => a <= b,
        (Kind::Unsigned, Kind::Signed) => a < b,
        (Kind::Signed, Kind::Unsigned) => false,
        (Kind::Unsigned | Kind::Signed, Kind::Float) => a < b || to == F64,
        (Kind::Unsigned | Kind::Signed, Kind::Complex) => a < b / 2 || to == C128,
        (Kind::Float, Kind::Float) => a < b,
        (Kind::Float, Kind::Complex) => a <= b / 2,
        (Kind::Complex, Kind::Complex) => a <= b,
        _ => false,
    }
}

/// The first of `types` to which all of `operands` can be cast.
pub(super) fn first(types: &[DType], operands: &[DType]) -> Option<DType> {
    types.iter().copied().find(|&to| operands.iter().all(|&from| can_cast(from, to)))
}

/// Whether NumPy casts one type to another "within its kind": a float to a smaller float, but not to an integer.
pub(super) fn is_same_kind(from: DType, to: DType) -> bool {
    let rank = |dtype: DType| match dtype.kind() {
        Kind::Bool => 0,
        Kind::Unsigned => 1,
        Kind::Signed => 2,
        Kind::Float => 3,
        Kind::Complex => 4,
        Kind::TimeDelta => 5,
        Kind::DateTime => 6,
        Kind::Bytes => 7,
        Kind::Str => 8,
        Kind::Record => 9,
    };
    let (low, high) = (rank(from), rank(to));
    // numbers become spans of time, but no other kind of element
    if low.max(high) > 5 || low == 5 { low == high } else { low <= high }
}

/// The common type of arrays of numbers of types `a` and `b`.
pub(super) fn promote_numbers(a: DType, b: DType) -> DType {
    // complex128 takes every type
    first(ORDER, &[a, b]).unwrap_or(C128)
}

/// The common type of arrays of types `a` and `b`.
///
/// # Errors
/// When they have none, as texts and numbers.
pub(crate) fn promote_types(a: DType, b: DType) -> Result<DType, PromoteError> {
    let none = || PromoteError::NoCommonType { a, b };
    Ok(match (a, b) {
        _ if is_number(a) && is_number(b) => promote_numbers(a, b),
        _ if a == b => a,
        (DType::Bytes(n), DType::Bytes(m)) => DType::Bytes(n.max(m)),
        (DType::Bytes(n) | DType::Str(n), DType::Bytes(m) | DType::Str(m)) => {
            DType::Str(n.max(m)).checked().map_err(|_| none())?
        }
        (DType::DateTime(_), DType::DateTime(_) | DType::TimeDelta(_))
        | (DType::TimeDelta(_), DType::DateTime(_)) => DType::DateTime(crate::time::common(a, b)?),
        (DType::TimeDelta(_), DType::TimeDelta(_)) => DType::TimeDelta(crate::time::common(a, b)?),
        (span @ DType::TimeDelta(_), other) | (other, span @ DType::TimeDelta(_))
            if is_exact(other) && other != U64 =>
        {
            span
        }
        _ => return Err(none()),
    })
}

/// The type of a component of a complex type; any other type itself.
pub(crate) fn part(dtype: DType) -> DType {
    match dtype {
        C64 => F32,
        C128 => F64,
        real => real,
    }
}

/// The complex type whose components are of type `part`; `complex128` for any type but `float32`.
pub(super) fn whole(part: DType) -> DType {
    if part == F32 { C64 } else { C128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order_and_complete() {
        let of = |kinds: &[Kind]| -> Vec<DType> {
            ORDER.iter().copied().filter(|dtype| kinds.contains(&dtype.kind())).collect()
        };
        use Kind::{Complex, Float, Signed, Unsigned};
        assert_eq!(of(&[Kind::Bool, Signed, Unsigned, Float, Complex]).len(), DType::ALL.len());
        assert_eq!(INTEGERS, of(&[Signed, Unsigned]));
        assert_eq!(BITS, of(&[Kind::Bool, Signed, Unsigned]));
        assert_eq!(FLOATS, of(&[Float]));
        assert_eq!(INEXACT, of(&[Float, Complex]));
        assert_eq!(REAL_NUMBERS, of(&[Signed, Unsigned, Float]));
        assert_eq!(REALS, of(&[Kind::Bool, Signed, Unsigned, Float]));
        assert_eq!(NUMBERS, of(&[Signed, Unsigned, Float, Complex]));
    }
}
