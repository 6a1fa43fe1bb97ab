//! Operations on points and spans of time, by NumPy's rules.
//!
//! Units are brought to the coarsest unit of which both are multiples. A number is a span of the unit beside it.

use arrstore_format::DType::{self, Bool, DateTime, F64, I64, TimeDelta};
use arrstore_format::{Kind, TimeUnit};

use super::error::PromoteError;
use super::{Operand, Signature, is_comparison, is_logical, no_loop};
use crate::op::{Op, Scalar};
use crate::time;

/// An operand by its role.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Point(TimeUnit),
    Span(TimeUnit),
    Truth,
    /// An integer. With `true`, one of 64 bits without a sign, which is not a span.
    Whole(bool),
    Float,
    Other,
}

fn role(operand: &Operand) -> Role {
    match *operand {
        Operand::Typed(DateTime(unit)) => Role::Point(unit),
        Operand::Typed(TimeDelta(unit)) => Role::Span(unit),
        Operand::Typed(dtype) => match dtype.kind() {
            Kind::Bool => Role::Truth,
            Kind::Signed | Kind::Unsigned => Role::Whole(dtype == DType::U64),
            Kind::Float => Role::Float,
            _ => Role::Other,
        },
        Operand::Weak(Scalar::Bool(_)) => Role::Truth,
        Operand::Weak(Scalar::Int(_)) => Role::Whole(false),
        Operand::Weak(Scalar::Float(_)) => Role::Float,
        Operand::Weak(_) => Role::Other,
    }
}

/// Whether an operand is a time.
pub(super) fn is_time(operand: &Operand) -> bool {
    matches!(operand, Operand::Typed(dtype) if dtype.kind().is_time())
}

/// The loop for an operation of which an operand is a time.
pub(super) fn signature(op: Op, operands: &[Operand]) -> Result<Signature, PromoteError> {
    use Role::{Float, Point, Span, Truth, Whole};
    let refuse = |hint| Err(no_loop(op.name(), operands, hint));
    let roles: Vec<Role> = operands.iter().map(role).collect();
    let (inputs, output) = match (op, &roles[..]) {
        _ if is_logical(op) && op != Op::LogicalNot => (vec![Bool; roles.len()], Bool),
        (Op::Isnat | Op::Isnan | Op::Isfinite | Op::Isinf, &[Point(unit)]) => (vec![DateTime(unit)], Bool),
        (Op::Isnat | Op::Isnan | Op::Isfinite | Op::Isinf, &[Span(unit)]) => (vec![TimeDelta(unit)], Bool),
        (Op::Negative | Op::Abs | Op::Sign | Op::Positive, &[Span(unit)]) => {
            (vec![TimeDelta(unit)], TimeDelta(unit))
        }
        (Op::Add | Op::Subtract, &[Point(a), Span(b)]) => {
            let unit = moved(a, b)?;
            (vec![DateTime(unit), TimeDelta(unit)], DateTime(unit))
        }
        (Op::Add, &[Span(a), Point(b)]) => {
            let unit = moved(b, a)?;
            (vec![TimeDelta(unit), DateTime(unit)], DateTime(unit))
        }
        (Op::Subtract, &[Point(a), Point(b)]) => {
            let unit = time::common(DateTime(a), DateTime(b))?;
            (vec![DateTime(unit); 2], TimeDelta(unit))
        }
        (Op::Add | Op::Subtract, &[Span(a), Span(b)]) => {
            let unit = time::common(TimeDelta(a), TimeDelta(b))?;
            (vec![TimeDelta(unit); 2], TimeDelta(unit))
        }
        (Op::Add | Op::Subtract, &[Point(unit), Truth | Whole(_)]) => {
            (vec![DateTime(unit), TimeDelta(unit)], DateTime(unit))
        }
        (Op::Add, &[Truth | Whole(_), Point(unit)]) => {
            (vec![TimeDelta(unit), DateTime(unit)], DateTime(unit))
        }
        (Op::Add | Op::Subtract, &[Span(unit), Truth | Whole(_)] | &[Truth | Whole(_), Span(unit)]) => {
            (vec![TimeDelta(unit); 2], TimeDelta(unit))
        }
        (Op::Multiply, &[Span(unit), Truth | Whole(_)])
        | (Op::Divide | Op::FloorDivide, &[Span(unit), Whole(_)]) => {
            (vec![TimeDelta(unit), I64], TimeDelta(unit))
        }
        (Op::Multiply | Op::Divide | Op::FloorDivide, &[Span(unit), Float]) => {
            (vec![TimeDelta(unit), F64], TimeDelta(unit))
        }
        (Op::Multiply, &[Truth | Whole(_), Span(unit)]) => (vec![I64, TimeDelta(unit)], TimeDelta(unit)),
        (Op::Multiply, &[Float, Span(unit)]) => (vec![F64, TimeDelta(unit)], TimeDelta(unit)),
        (Op::Divide | Op::FloorDivide | Op::Remainder, &[Span(a), Span(b)]) => {
            let unit = time::common(TimeDelta(a), TimeDelta(b))?;
            let output = match op {
                Op::Divide => F64,
                Op::FloorDivide => I64,
                _ => TimeDelta(unit),
            };
            (vec![TimeDelta(unit); 2], output)
        }
        (Op::Maximum | Op::Minimum | Op::Fmax | Op::Fmin | Op::Clip, _) => {
            let dtype = one_role(op, operands)?;
            (vec![dtype; roles.len()], dtype)
        }
        _ if is_comparison(op) => (vec![one_role(op, operands)?; 2], Bool),
        (Op::Add, &[Point(_), Point(_)]) => return refuse("; subtract them for the time between"),
        (Op::Multiply | Op::Divide | Op::FloorDivide, &[Point(_), _]) => {
            return refuse("; a point in time can be moved by a span, and subtracted from another");
        }
        _ => return refuse(""),
    };
    Ok(Signature { stand_ins: vec![None; inputs.len()], inputs, output })
}

/// The unit in which a point moves by a span.
fn moved(point: TimeUnit, span: TimeUnit) -> Result<TimeUnit, PromoteError> {
    let (a, b) = (DateTime(point), TimeDelta(span));
    if time::is_long(span) && !time::is_long(point) && !point.is_generic() {
        let reason = "years and months have no fixed length; cast the point to months first";
        return Err(PromoteError::NoCommonUnit { a, b, reason });
    }
    time::common(a, b)
}

/// The common type of operands that are all points, or all spans and integers.
fn one_role(op: Op, operands: &[Operand]) -> Result<DType, PromoteError> {
    let point = |operand: &Operand| matches!(role(operand), Role::Point(_));
    if operands.iter().any(point) && !operands.iter().all(point) {
        return Err(no_loop(op.name(), operands, "; give both as times, as in datetime64('2024-01-31')"));
    }
    super::result_type(operands)
}
