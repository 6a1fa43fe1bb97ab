//! Types of reductions.

use arrstore_format::DType::{self, Bool, F64, I64, U64};
use arrstore_format::Kind;

use super::{Operand, PromoteError, is_exact, no_loop, part};
use crate::op::Reduction;

/// The type to cast the input of a reduction to, and the type of its result. `dtype` is the type of computation that
/// the user asked for. Means and deviations in integers, and sums in booleans, are composed of other operations.
///
/// Small integers are not widened if the reduction reads them directly, because its accumulator is wide.
///
/// # Errors
/// When the reduction takes no `dtype`, or is not defined for it.
pub(crate) fn reduction(
    reduction: Reduction,
    input: DType,
    dtype: Option<DType>,
) -> Result<(DType, DType), PromoteError> {
    use Reduction::{All, Any, Argmax, Argmin, CountNonzero, Max, Mean, Min, Prod, Std, Sum, Var};
    let refuse = |hint| Err(no_loop(reduction.name(), &[Operand::Typed(dtype.unwrap_or(input))], hint));
    let plain = reduction.plain();
    if dtype.is_some() && !matches!(plain, Sum | Prod | Mean | Std | Var) {
        return refuse("; leave out dtype");
    }
    if input.kind().is_time() && dtype.is_none() {
        return match (plain, input) {
            (Sum, DType::TimeDelta(_)) | (Max | Min, _) => Ok((input, input)),
            (Any | All, _) => Ok((input, Bool)),
            (CountNonzero | Argmax | Argmin, _) => Ok((input, I64)),
            (Sum | Mean, DType::DateTime(_)) => refuse("; subtract a point in time first, and sum the spans"),
            _ => refuse(""),
        };
    }
    if input.kind().is_text() && matches!(plain, Argmax | Argmin) {
        return Ok((input, I64));
    }
    if !input.kind().is_number() || dtype.is_some_and(|dtype| !dtype.kind().is_number()) {
        return refuse("");
    }
    Ok(match plain {
        Sum | Prod => {
            let wide = match input.kind() {
                Kind::Bool | Kind::Signed => I64,
                Kind::Unsigned => U64,
                Kind::Float | Kind::Complex => input,
                _ => return refuse(""),
            };
            match dtype {
                Some(to) if to != wide => (to, to),
                _ => (input, wide),
            }
        }
        Mean => match dtype {
            Some(to) => (to, to),
            None if is_exact(input) => (input, F64),
            None => (input, input),
        },
        Var | Std => match dtype {
            Some(to) => (to, part(to)),
            None if is_exact(input) => (input, F64),
            None => (input, part(input)),
        },
        Any | All => (input, Bool),
        CountNonzero | Argmax | Argmin => (input, I64),
        Max | Min => (input, input),
        _ => return refuse(""),
    })
}
