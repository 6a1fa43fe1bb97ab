//! NumPy's type promotion (NEP 50).
//!
//! All rules follow from a list and a relation. The list holds the element types in the order in which NumPy searches
//! them. The relation tells whether a type can be cast to another *safely*. The common type of two types is the first
//! of the list to which both can be cast. An operation has a list of types with loops, usually a contiguous part of the
//! whole list. Its loop is the first one to whose type all operands can be cast.
//!
//! A Python number takes part only with its kind. An integer beside integers or floats takes their type, and beside
//! booleans `int64`. A float beside floats takes their type, and beside other types `float64`. bfloat16 behaves as if
//! NumPy knew it: Python's floats are weak beside it too, and its common type with float16 and with 16-bit integers is
//! float32.

mod error;
mod loops;
mod reduction;
mod texts;
pub(crate) use texts::text_of;
mod times;
mod types;

use arrstore_format::DType::{self, Bool, C64, C128, F16, F64, I32, I64, U8, U64};
use arrstore_format::Kind;

use crate::op::{Op, Scalar};
pub use error::PromoteError;
pub(crate) use loops::gives_truth;
use loops::{Gives, loops};
pub(crate) use reduction::reduction;
use types::first;
use types::promote_numbers;
pub(crate) use types::{is_exact, part, promote_types};

/// An operand of an operation.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Operand {
    /// An array.
    Typed(DType),
    /// A Python number.
    Weak(Scalar),
}

/// The chosen loop: operands are cast to `inputs`, and the result has the type `output`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Signature {
    /// One type per operand.
    pub(crate) inputs: Vec<DType>,
    /// Type of the result.
    pub(crate) output: DType,
    /// For each operand, a replacement for a Python number that does not fit its type in `inputs`. NumPy accepts such
    /// numbers in comparisons (the replacement is an infinity) and in clip (the end of the type's range). A logical
    /// operation takes the truth of any Python number.
    pub(crate) stand_ins: Vec<Option<Scalar>>,
}

fn is_comparison(op: Op) -> bool {
    use Op::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(op, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}

fn is_logical(op: Op) -> bool {
    matches!(op, Op::LogicalAnd | Op::LogicalOr | Op::LogicalXor | Op::LogicalNot)
}

/// The type a Python number takes beside arrays whose common type is `beside`.
fn weak_type(scalar: Scalar, beside: Option<DType>) -> DType {
    let Some(beside) = beside else { return scalar.default_dtype() };
    match (scalar, beside.kind()) {
        (Scalar::Bool(_), _) => beside,
        (Scalar::Int(_), Kind::TimeDelta) => beside,
        (Scalar::Int(_) | Scalar::Large(_), Kind::Bool) => I64,
        (Scalar::Int(_) | Scalar::Large(_), _) => beside,
        (Scalar::Float(_), Kind::Float | Kind::Complex) => beside,
        (Scalar::Float(_), _) => F64,
        (Scalar::Complex(_), Kind::Complex) => beside,
        (Scalar::Complex(_), Kind::Float) if beside != F64 => C64,
        (Scalar::Complex(_), _) => C128,
    }
}

/// The operands' types. A Python number gets its type from the arrays beside it.
fn resolve(operands: &[Operand]) -> Vec<DType> {
    let typed = operands.iter().filter_map(|o| match *o {
        Operand::Typed(dtype) => Some(dtype),
        Operand::Weak(_) => None,
    });
    let mut beside = typed.clone().filter(|dtype| dtype.kind().is_number()).reduce(promote_numbers);
    // an integer is a span of the unit beside it
    beside = beside.or_else(|| typed.clone().find(|dtype| dtype.kind() == Kind::TimeDelta));
    if beside.is_none() {
        let weak = operands.iter().filter_map(|o| match *o {
            Operand::Weak(scalar) => Some(scalar.default_dtype()),
            Operand::Typed(_) => None,
        });
        beside = weak.reduce(promote_numbers);
    }
    let one = |o: &Operand| match *o {
        Operand::Typed(dtype) => dtype,
        Operand::Weak(scalar) => weak_type(scalar, beside),
    };
    operands.iter().map(one).collect()
}

/// The common type of the operands.
///
/// # Errors
/// When they have none.
pub(crate) fn result_type(operands: &[Operand]) -> Result<DType, PromoteError> {
    let types = resolve(operands);
    let first = types.first().copied().unwrap_or(F64);
    types.into_iter().try_fold(first, promote_types)
}

/// The type that elements of type `from` take when they are cast to `to`: `to` itself, or for a time without a unit the
/// unit that they have.
///
/// # Errors
/// When such elements cannot be cast.
pub(crate) fn cast_type(from: DType, to: DType) -> Result<DType, PromoteError> {
    let to = match (from.time_unit(), to) {
        (Some(unit), DType::DateTime(wanted)) if wanted.is_generic() => DType::DateTime(unit),
        (Some(unit), DType::TimeDelta(wanted)) if wanted.is_generic() => DType::TimeDelta(unit),
        _ => to,
    };
    let counts = |dtype: DType| dtype.kind().is_number() || dtype.kind().is_time();
    match (from, to) {
        _ if from == to => Ok(to),
        _ if from.kind().is_time() && to.kind().is_time() => crate::time::rescale(from, to).map(|_| to),
        _ if counts(from) && counts(to) => Ok(to),
        _ if from.kind().is_text() && to.kind() == Kind::Complex => {
            Err(PromoteError::NoCast { from, to, hint: ": cast to float64 first" })
        }
        _ if from.kind() != Kind::Record && to.kind() != Kind::Record => Ok(to.checked()?),
        _ => Err(PromoteError::NoCast { from, to, hint: "" }),
    }
}

/// Checks that NumPy casts `from` to `to` where it casts within a kind.
///
/// # Errors
/// When it does not, as for a float that would become an integer.
pub(crate) fn same_kind(from: DType, to: DType) -> Result<(), PromoteError> {
    if types::is_same_kind(from, to) { Ok(()) } else { Err(PromoteError::Kind { from, to }) }
}

/// The common type of elements that stand in one array, or are compared as if they did. A span of time is no point in
/// time there.
pub(crate) fn common_type(operands: &[Operand]) -> Result<DType, PromoteError> {
    let dtype = result_type(operands)?;
    for operand in operands {
        if let (Operand::Typed(from), true) = (operand, dtype.kind().is_time()) {
            same_kind(*from, dtype)?;
        }
    }
    Ok(dtype)
}

/// The operation that NumPy's `**` uses in place of `pow` for some Python exponents. It can be exact where `pow`
/// rounds, and treats some zeros and infinities differently.
pub(crate) fn power_shortcut(base: DType, exponent: Scalar) -> Option<Op> {
    let value = match exponent {
        Scalar::Int(n) => n as f64,
        Scalar::Float(x) | Scalar::Large(x) => x,
        Scalar::Bool(_) | Scalar::Complex(_) => return None,
    };
    let inexact = matches!(base.kind(), Kind::Float | Kind::Complex);
    match value {
        2.0 if inexact || exponent == Scalar::Int(2) => Some(Op::Square),
        1.0 if inexact => Some(Op::Positive),
        0.5 if inexact => Some(Op::Sqrt),
        -1.0 if inexact => Some(Op::Reciprocal),
        _ => None,
    }
}

pub(crate) fn no_loop(op: &'static str, operands: &[Operand], hint: &'static str) -> PromoteError {
    let names = operands.iter().map(|o| match o {
        Operand::Typed(dtype) => dtype.name(),
        Operand::Weak(Scalar::Bool(_)) => "a Python bool".into(),
        Operand::Weak(Scalar::Int(_) | Scalar::Large(_)) => "a Python int".into(),
        Operand::Weak(Scalar::Float(_)) => "a Python float".into(),
        Operand::Weak(Scalar::Complex(_)) => "a Python complex".into(),
    });
    PromoteError::NoLoop { op, operands: names.collect::<Vec<_>>().join(" and "), hint }
}

/// The loop for an operation on these operands.
///
/// # Errors
/// When NumPy has no such loop, or a Python integer does not fit its type.
pub(crate) fn signature(op: Op, operands: &[Operand]) -> Result<Signature, PromoteError> {
    if operands.len() != op.arity() {
        return Err(PromoteError::Arity { op: op.name(), expected: op.arity(), found: operands.len() });
    }
    let mut operands = operands.to_vec();
    if is_logical(op) {
        // the truth of an integer counts, but NumPy reads it as an int64 first
        check(&operands, &vec![I64; operands.len()])?;
        for operand in &mut operands {
            if let Operand::Weak(scalar) = *operand {
                *operand = Operand::Weak(Scalar::Bool(scalar.truth()));
            }
        }
    }
    if op == Op::Where {
        let dtype = result_type(&operands[1..])?;
        let inputs = vec![Bool, dtype, dtype];
        check(&operands, &inputs)?;
        return Ok(Signature { inputs, output: dtype, stand_ins: vec![None; 3] });
    }
    if matches!(op, Op::Unless | Op::Weighed | Op::Shared) {
        let dtype = result_type(&operands[..1])?;
        return Ok(Signature { inputs: vec![dtype, Bool], output: dtype, stand_ins: vec![None; 2] });
    }
    if operands.iter().any(times::is_time) {
        return times::signature(op, &operands);
    }
    if operands.iter().any(texts::is_text) {
        return texts::signature(op, &operands);
    }
    if operands.iter().any(|o| matches!(o, Operand::Typed(dtype) if !dtype.kind().is_number())) {
        return Err(no_loop(op.name(), &operands, "; take a field, as in r['name']"));
    }
    let types = resolve(&operands);
    if operands.iter().all(|o| matches!(o, Operand::Weak(_))) {
        // without an array beside them, Python numbers take their default types
        let own = operands.iter().map(|o| match *o {
            Operand::Weak(scalar) => scalar.default_dtype(),
            Operand::Typed(dtype) => dtype,
        });
        check(&operands, &own.collect::<Vec<_>>())?;
    }
    let mut stand_ins = vec![None; operands.len()];
    if is_logical(op) {
        // the truth of a Python number counts, not the number that its type would hold
        for (operand, stand_in) in operands.iter().zip(&mut stand_ins) {
            *stand_in = match *operand {
                Operand::Weak(truth) => Some(truth),
                Operand::Typed(_) => None,
            };
        }
    }
    let inputs = inputs(op, &operands, &types, &mut stand_ins)?;
    let operands: Vec<Operand> =
        operands.iter().zip(&stand_ins).map(|(&o, s)| s.map_or(o, Operand::Weak)).collect();
    check(&operands, &inputs)?;
    if let (Op::Pow, Operand::Weak(Scalar::Int(n))) = (op, operands[operands.len() - 1])
        && n < 0
        && inputs[0].kind() == Kind::Signed
    {
        return Err(PromoteError::NegativePower);
    }
    let output = match loops(op).1 {
        Gives::Same => inputs[0],
        Gives::Truth => Bool,
        Gives::Part => part(inputs[0]),
        Gives::Whole => types::whole(inputs[0]),
        Gives::Int => I32,
        Gives::Byte => U8,
    };
    Ok(Signature { inputs, output, stand_ins })
}

fn inputs(
    op: Op,
    operands: &[Operand],
    types: &[DType],
    stand_ins: &mut [Option<Scalar>],
) -> Result<Vec<DType>, PromoteError> {
    let all = |dtype: DType| Ok(vec![dtype; types.len()]);
    let bools = types.iter().all(|&t| t == Bool);
    let hint = match op {
        Op::Subtract if bools => "; use ^ or logical_xor",
        Op::Negative if bools => "; use ~ or logical_not",
        Op::Positive | Op::Sign | Op::Gcd | Op::Lcm if bools => "; cast it first",
        _ => "",
    };
    if !hint.is_empty() {
        return Err(no_loop(op.name(), operands, hint));
    }
    match op {
        Op::Divide if types.iter().all(|&t| is_exact(t)) => return all(F64),
        Op::I0 if types.iter().all(|&t| is_exact(t)) => return all(F64),
        Op::Round if bools => return all(F16),
        Op::Ldexp => return scaled(operands, types),
        _ => {}
    }
    // the end of the range that a Python integer exceeds, and whether it is the lower end
    let outside = |k: usize| {
        let range = Scalar::range(types[k])?;
        let below = match operands[k] {
            Operand::Weak(Scalar::Int(n)) if !range.contains(&n) => n < *range.start(),
            Operand::Weak(Scalar::Large(x)) => x < 0.0,
            _ => return None,
        };
        Some((if below { *range.start() } else { *range.end() }, below))
    };
    if op == Op::Clip {
        for (k, stand_in) in stand_ins.iter_mut().enumerate() {
            *stand_in = outside(k).map(|(end, _)| Scalar::Int(end));
        }
    }
    if is_comparison(op) {
        for k in 0..2 {
            // NumPy refuses such a number beside booleans
            if let (Some((_, below)), true) = (outside(k), operands[1 - k] != Operand::Typed(Bool)) {
                stand_ins[k] = Some(Scalar::Float(if below { f64::NEG_INFINITY } else { f64::INFINITY }));
                return all(F64);
            }
        }
        // signed and unsigned 64-bit integers have no common integer type, but can be compared exactly
        if let [a, b] = *types
            && (a == U64 && b.kind() == Kind::Signed || b == U64 && a.kind() == Kind::Signed)
        {
            return Ok(if a == U64 { vec![U64, I64] } else { vec![I64, U64] });
        }
    }
    let found = first(loops(op).0, types);
    found.map_or_else(|| Err(no_loop(op.name(), operands, "")), all)
}

/// The types of `ldexp`: a float and a whole number. A Python integer is a whole number whatever stands before it, and
/// counts as the shortest float.
fn scaled(operands: &[Operand], types: &[DType]) -> Result<Vec<DType>, PromoteError> {
    let (float, exponent) = match (operands, types) {
        (&[Operand::Weak(Scalar::Int(_) | Scalar::Bool(_)), Operand::Typed(t)], _) if t != Bool => (F16, t),
        (&[_, Operand::Weak(Scalar::Int(_) | Scalar::Large(_) | Scalar::Bool(_))], &[x, _]) => (x, I64),
        (_, &[x, t]) => (x, t),
        _ => return Err(no_loop(Op::Ldexp.name(), operands, "")),
    };
    let (Some(float), Some(exponent)) = (first(loops(Op::Ldexp).0, &[float]), first(&[I64], &[exponent]))
    else {
        return Err(no_loop(Op::Ldexp.name(), operands, "; the exponent is a whole number that int64 holds"));
    };
    match operands {
        // beside an array of numbers, NumPy takes an integer of Python as an int32
        [Operand::Typed(t), Operand::Weak(Scalar::Int(value))]
            if *t != Bool && i32::try_from(*value).is_err() =>
        {
            Err(PromoteError::OutOfBounds { value: *value, dtype: I32 })
        }
        _ => Ok(vec![float, exponent]),
    }
}

/// Fails if a Python integer does not fit its type.
fn check(operands: &[Operand], inputs: &[DType]) -> Result<(), PromoteError> {
    for (operand, &dtype) in operands.iter().zip(inputs) {
        if let (Operand::Weak(Scalar::Large(value)), Some(_)) = (operand, Scalar::range(dtype)) {
            return Err(PromoteError::TooLarge { value: *value, dtype });
        }
        if let (Operand::Weak(Scalar::Int(value)), Some(range)) = (operand, Scalar::range(dtype))
            && !range.contains(value)
        {
            return Err(PromoteError::OutOfBounds { value: *value, dtype });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use arrstore_format::DType::{BF16, C64, F32, I8, I16, U8};

    use super::*;
    use crate::op::Reduction;

    fn typed(op: Op, a: DType, b: DType) -> Option<DType> {
        signature(op, &[Operand::Typed(a), Operand::Typed(b)]).ok().map(|s| s.inputs[0])
    }

    fn weak(op: Op, a: DType, b: impl Into<Scalar>) -> Result<Signature, PromoteError> {
        signature(op, &[Operand::Typed(a), Operand::Weak(b.into())])
    }

    #[test]
    fn common_types() {
        assert_eq!(promote_types(I8, U8), Ok(I16));
        assert_eq!(promote_types(I64, U64), Ok(F64));
        assert_eq!(promote_types(I16, F16), Ok(F32));
        assert_eq!(promote_types(BF16, F16), Ok(F32));
        assert_eq!(promote_types(BF16, U8), Ok(BF16));
        assert_eq!(promote_types(I32, C64), Ok(C128));
        for a in DType::ALL {
            for b in DType::ALL {
                let c = promote_numbers(a, b);
                assert!(types::can_cast(a, c) && types::can_cast(b, c));
                assert_eq!(c, promote_numbers(b, a));
            }
        }
    }

    #[test]
    fn loops_as_in_numpy() {
        assert_eq!(typed(Op::Add, Bool, Bool), Some(Bool));
        assert_eq!(typed(Op::Subtract, Bool, Bool), None);
        assert_eq!(typed(Op::Subtract, Bool, I8), Some(I8));
        assert_eq!(typed(Op::Pow, Bool, Bool), Some(I8));
        assert_eq!(typed(Op::Atan2, I8, U8), Some(F16));
        assert_eq!(typed(Op::Atan2, Bool, U64), Some(F64));
        assert_eq!(typed(Op::Divide, I8, I8), Some(F64));
        assert_eq!(typed(Op::Divide, I8, F16), Some(F16));
        assert_eq!(typed(Op::BitwiseOr, I64, U64), None);
        assert_eq!(typed(Op::FloorDivide, C64, F64), None);
        assert_eq!(typed(Op::Less, U64, I8), Some(U64));
        assert_eq!(typed(Op::Less, BF16, BF16), Some(BF16));
    }

    #[test]
    fn python_numbers() {
        assert_eq!(weak(Op::Add, U8, 255).map(|s| s.output), Ok(U8));
        assert_eq!(weak(Op::Add, U8, 300), Err(PromoteError::OutOfBounds { value: 300, dtype: U8 }));
        assert_eq!(weak(Op::Add, Bool, 1).map(|s| s.output), Ok(I64));
        assert_eq!(weak(Op::Add, F16, 1.5).map(|s| s.output), Ok(F16));
        assert_eq!(weak(Op::Add, BF16, 1.5).map(|s| s.output), Ok(BF16));
        assert_eq!(weak(Op::Divide, I8, 300).map(|s| s.output), Ok(F64));
        assert_eq!(weak(Op::Atan2, I8, 300).map(|s| s.output), Ok(F16));
        assert_eq!(weak(Op::Pow, I8, -1), Err(PromoteError::NegativePower));
        assert_eq!(weak(Op::Pow, U8, -1), Err(PromoteError::OutOfBounds { value: -1, dtype: U8 }));
        let large = Scalar::Large(1e60);
        assert_eq!(weak(Op::Add, I64, large), Err(PromoteError::TooLarge { value: 1e60, dtype: I64 }));
        assert_eq!(weak(Op::Add, F16, large).map(|s| s.output), Ok(F16));
        assert_eq!(weak(Op::Divide, I64, large).map(|s| s.output), Ok(F64));
        assert!(weak(Op::Less, I64, large).is_ok() && weak(Op::Less, Bool, large).is_err());
        assert!(signature(Op::Maximum, &[Operand::Weak(large), Operand::Weak(Scalar::Int(1))]).is_err());
        let below = weak(Op::Greater, U8, -1).map(|s| (s.inputs, s.stand_ins));
        assert_eq!(below, Ok((vec![F64, F64], vec![None, Some(Scalar::Float(f64::NEG_INFINITY))])));
        let truth = weak(Op::LogicalOr, U8, 0.5).map(|s| (s.inputs, s.stand_ins));
        assert_eq!(truth, Ok((vec![U8, U8], vec![None, Some(Scalar::Bool(true))])));
        assert!(weak(Op::LogicalOr, U8, 300).is_ok() && weak(Op::LogicalOr, U8, 1i128 << 63).is_err());
        assert!(weak(Op::Ldexp, Bool, 1i128 << 40).is_ok() && weak(Op::Ldexp, I8, 1i128 << 40).is_err());
    }

    #[test]
    fn reductions() {
        assert_eq!(reduction(Reduction::Sum, U8, None), Ok((U8, U64)));
        assert_eq!(reduction(Reduction::Sum, U8, Some(I8)), Ok((I8, I8)));
        assert_eq!(reduction(Reduction::Std, C64, None), Ok((C64, F32)));
        assert_eq!(reduction(Reduction::Mean, I64, None), Ok((I64, F64)));
        assert!(reduction(Reduction::Max, F32, Some(F64)).is_err());
    }
}
