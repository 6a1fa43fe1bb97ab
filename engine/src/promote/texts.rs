//! Operations on texts.

use arrstore_format::DType::{self, Bool, Bytes, I64, Str};

use super::error::PromoteError;
use super::{Operand, Signature, is_comparison, is_exact, no_loop};
use crate::op::{Op, Scalar};
use crate::{Kind, TimeBase, TimeUnit};

/// Whether an operand is a text.
pub(super) fn is_text(operand: &Operand) -> bool {
    matches!(operand, Operand::Typed(dtype) if dtype.kind().is_text())
}

/// Whether operand `at` of an operation on texts is a whole number.
fn takes_number(op: Op, at: usize) -> bool {
    match op {
        Op::Center | Op::Ljust | Op::Rjust | Op::StrRepeat | Op::Zfill => at == 1,
        Op::Encode | Op::Decode | Op::Expandtabs | Op::ExpandedLen => at == 1,
        Op::Replace => at == 3,
        Op::StrSlice => at > 0,
        _ => false,
    }
}

/// Texts that hold any element of a type, as NumPy's `astype(str)`: characters or, without `characters`, bytes.
/// `None` for records.
pub(crate) fn text_of(dtype: DType, characters: bool) -> Option<DType> {
    let width = match dtype {
        Bytes(width) | Str(width) => width.max(1),
        DType::Record(_) => return None,
        DType::TimeDelta(_) => 21,
        DType::DateTime(unit) => date_width(unit),
        _ => match (dtype.kind(), dtype.size()) {
            (Kind::Bool, _) => 5,
            (Kind::Signed, 1) => 4,
            (Kind::Signed, 2) => 6,
            (Kind::Signed, 4) => 11,
            (Kind::Signed, _) => 21,
            (Kind::Unsigned, 1) => 3,
            (Kind::Unsigned, 2) => 5,
            (Kind::Unsigned, 4) => 10,
            (Kind::Unsigned, _) => 20,
            (Kind::Complex, _) => 64,
            _ => 32,
        },
    };
    Some(if characters { Str(width) } else { Bytes(width) })
}

/// The width of the text of a point in time.
fn date_width(unit: TimeUnit) -> u32 {
    use TimeBase::{
        Attosecond, Day, Femtosecond, Hour, Microsecond, Millisecond, Minute, Month, Nanosecond, Picosecond,
        Second, Week, Year,
    };
    match unit.base {
        _ if unit.is_generic() => 4,
        Year => 22,
        Month => 25,
        Week | Day => 28,
        Hour => 32,
        Minute => 35,
        Second => 38,
        Millisecond => 42,
        Microsecond => 45,
        Nanosecond => 48,
        Picosecond => 51,
        Femtosecond => 54,
        Attosecond => 57,
        TimeBase::Generic => 4,
    }
}

/// The loop for an operation of which an operand is a text.
pub(super) fn signature(op: Op, operands: &[Operand]) -> Result<Signature, PromoteError> {
    let input = |(at, operand): (usize, &Operand)| match *operand {
        Operand::Typed(dtype) if dtype.kind().is_text() => (!takes_number(op, at)).then_some(dtype),
        Operand::Typed(dtype) if takes_number(op, at) && is_exact(dtype) => Some(I64),
        Operand::Weak(Scalar::Int(_) | Scalar::Bool(_)) if takes_number(op, at) => Some(I64),
        _ => None,
    };
    let Some(mut inputs) = operands.iter().enumerate().map(input).collect::<Option<Vec<DType>>>() else {
        return Err(no_loop(op.name(), operands, "; cast one of them first, as in astype(x, 'f8')"));
    };
    // bytes beside characters become characters
    if inputs.iter().any(|dtype| matches!(dtype, Str(_))) {
        for input in &mut inputs {
            if let Bytes(width) = *input {
                *input = Str(width).checked()?;
            }
        }
    }
    let output = match (op, &inputs[..]) {
        _ if is_comparison(op) => Bool,
        (Op::Startswith | Op::Endswith, _) => Bool,
        (Op::Find | Op::Rfind | Op::StrCount | Op::StrLen | Op::ExpandedLen, _) => I64,
        (Op::Add, &[Bytes(n), Bytes(m)]) => Bytes(n.saturating_add(m)).checked()?,
        (Op::Add, &[Str(n), Str(m)]) => Str(n.saturating_add(m)).checked()?,
        (Op::Capitalize | Op::Lower | Op::Swapcase | Op::Title | Op::Upper, &[text])
        | (Op::Strip | Op::Lstrip | Op::Rstrip, &[text])
        | (Op::StripChars | Op::LstripChars | Op::RstripChars, &[text, _])
        | (Op::Center | Op::Ljust | Op::Rjust, &[text, _, _])
        | (Op::StrRepeat | Op::Zfill | Op::Expandtabs, &[text, _])
        | (Op::Translate, &[text @ Str(_), _, _] | &[text @ Bytes(_), Bytes(256), _])
        | (Op::Replace | Op::StrSlice, &[text, _, _, _]) => text,
        // a character takes four bytes at most
        (Op::Encode, &[Str(n), _]) => Bytes(n.saturating_mul(4)).checked()?,
        (Op::Decode, &[Bytes(n), _]) => Str(n).checked()?,
        (Op::Isdecimal | Op::Isnumeric, [Str(_)]) => Bool,
        (
            Op::Isalnum | Op::Isalpha | Op::Isdigit | Op::Islower | Op::Isspace | Op::Istitle | Op::Isupper,
            [_],
        ) => Bool,
        _ => return Err(no_loop(op.name(), operands, "")),
    };
    Ok(Signature { stand_ins: vec![None; inputs.len()], inputs, output })
}
