//! Operations on texts.

use arrstore_format::DType::{self, Bool, Bytes, I64, Str};

use super::error::PromoteError;
use super::{Operand, Signature, is_comparison, no_loop};
use crate::op::Op;

/// Whether an operand is a text.
pub(super) fn is_text(operand: &Operand) -> bool {
    matches!(operand, Operand::Typed(dtype) if dtype.kind().is_text())
}

/// The loop for an operation of which an operand is a text.
pub(super) fn signature(op: Op, operands: &[Operand]) -> Result<Signature, PromoteError> {
    let text = |operand: &Operand| match *operand {
        Operand::Typed(dtype) if dtype.kind().is_text() => Some(dtype),
        _ => None,
    };
    let Some(mut inputs) = operands.iter().map(text).collect::<Option<Vec<DType>>>() else {
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
        | (Op::StripChars | Op::LstripChars | Op::RstripChars, &[text, _]) => text,
        _ => return Err(no_loop(op.name(), operands, "")),
    };
    Ok(Signature { stand_ins: vec![None; inputs.len()], inputs, output })
}
