//! Operations on texts.

use arrstore_format::DType::{self, Bool, Bytes, I64, Str};

use super::error::PromoteError;
use super::{Operand, Signature, is_comparison, is_exact, no_loop};
use crate::op::{Op, Scalar};

/// Whether an operand is a text.
pub(super) fn is_text(operand: &Operand) -> bool {
    matches!(operand, Operand::Typed(dtype) if dtype.kind().is_text())
}

/// Whether operand `at` of an operation on texts is a whole number.
fn takes_number(op: Op, at: usize) -> bool {
    match op {
        Op::Center | Op::Ljust | Op::Rjust | Op::StrRepeat | Op::Zfill => at == 1,
        Op::Replace => at == 3,
        Op::StrSlice => at > 0,
        _ => false,
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
        (Op::Find | Op::Rfind | Op::StrCount | Op::StrLen, _) => I64,
        (Op::Add, &[Bytes(n), Bytes(m)]) => Bytes(n.saturating_add(m)).checked()?,
        (Op::Add, &[Str(n), Str(m)]) => Str(n.saturating_add(m)).checked()?,
        (Op::Capitalize | Op::Lower | Op::Swapcase | Op::Title | Op::Upper, &[text])
        | (Op::Strip | Op::Lstrip | Op::Rstrip, &[text])
        | (Op::StripChars | Op::LstripChars | Op::RstripChars, &[text, _])
        | (Op::Center | Op::Ljust | Op::Rjust, &[text, _, _])
        | (Op::StrRepeat | Op::Zfill, &[text, _])
        | (Op::Replace | Op::StrSlice, &[text, _, _, _]) => text,
        (Op::Isdecimal | Op::Isnumeric, [Str(_)]) => Bool,
        (
            Op::Isalnum | Op::Isalpha | Op::Isdigit | Op::Islower | Op::Isspace | Op::Istitle | Op::Isupper,
            [_],
        ) => Bool,
        _ => return Err(no_loop(op.name(), operands, "")),
    };
    Ok(Signature { stand_ins: vec![None; inputs.len()], inputs, output })
}
