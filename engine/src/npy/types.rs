//! NumPy's names for element types.

use super::literal::Literal;
use super::order::ByteOrder;
use super::record::described;
use crate::DType;

/// NumPy's names for element types, in addition to [`DType::name`].
const NAMES: [(&str, DType); 23] = [
    ("bool_", DType::Bool),
    ("byte", DType::I8),
    ("short", DType::I16),
    ("intc", DType::I32),
    ("int", DType::I64),
    ("int_", DType::I64),
    ("intp", DType::I64),
    ("long", DType::I64),
    ("longlong", DType::I64),
    ("ubyte", DType::U8),
    ("ushort", DType::U16),
    ("uintc", DType::U32),
    ("uint", DType::U64),
    ("uintp", DType::U64),
    ("ulong", DType::U64),
    ("ulonglong", DType::U64),
    ("half", DType::F16),
    ("single", DType::F32),
    ("double", DType::F64),
    ("float", DType::F64),
    ("csingle", DType::C64),
    ("cdouble", DType::C128),
    ("complex", DType::C128),
];

/// The element type that a text names, and its byte order. It reads `float64`, `<f8`, `>d`, `<M8[ns]`, `U10`, lists of
/// fields, and all other names that NumPy's `dtype` accepts for these types.
pub fn element_type(text: &str) -> Option<(DType, ByteOrder)> {
    let named = || NAMES.into_iter().find(|(name, _)| *name == text).map(|(_, dtype)| dtype);
    if let Some(dtype) = DType::ALL.into_iter().find(|d| d.name() == text).or_else(named) {
        return Some((dtype, ByteOrder::Little));
    }
    if text.starts_with(['[', '{']) {
        return described(&Literal::parse(text).ok()?).ok();
    }
    let code = text.strip_prefix(['<', '>', '|', '=']).unwrap_or(text);
    let dtype = code.parse().ok().filter(|_| !DType::ALL.into_iter().any(|d| d.name() == code))?;
    Some((dtype, ByteOrder::of(dtype, text.starts_with('>'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_every_name_of_numpy() {
        // numpy.dtype(name).str, of NumPy 2.4
        for (names, wanted) in [
            ("? |? >? b1 |b1 bool bool_", (DType::Bool, false)),
            ("b >b |b i1 int8 byte", (DType::I8, false)),
            ("h =h <i2 short", (DType::I16, false)),
            ("l q p n i8 int int_ intp long longlong int64", (DType::I64, false)),
            ("L Q P N u8 uint uintp ulong ulonglong uint64", (DType::U64, false)),
            ("e f2 half float16", (DType::F16, false)),
            ("d =d |d <f8 double float float64", (DType::F64, false)),
            (">d >f8", (DType::F64, true)),
            (">F >c8", (DType::C64, true)),
            ("D c16 cdouble complex complex128", (DType::C128, false)),
            ("bfloat16", (DType::BF16, false)),
        ] {
            for name in names.split(' ') {
                let (dtype, big) = wanted;
                assert_eq!(element_type(name), Some((dtype, ByteOrder::of(dtype, big))), "{name}");
            }
        }
        for name in
            " |<|u|B1|I4|d8|2f8|f8,f8|>float64|<bool|g|f16|O|S0|U|V2|M8[x]|float_|Float64| f8|f8 ".split('|')
        {
            assert_eq!(element_type(name), None, "{name}");
        }
    }
}
