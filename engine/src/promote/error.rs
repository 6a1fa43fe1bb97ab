//! Errors of type promotion.

use arrstore_format::DType;

/// Element types that do not fit together, or a Python number that does not fit a type.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromoteError {
    /// No loop takes these operands.
    #[error("{op} is not defined for {operands}{hint}")]
    NoLoop {
        /// The operation or reduction.
        op: &'static str,
        /// Types of the operands, as text.
        operands: String,
        /// A remedy, or empty.
        hint: &'static str,
    },
    /// The wrong number of operands.
    #[error("{op} takes {expected} operand(s), found {found}")]
    Arity {
        /// The operation.
        op: &'static str,
        /// Operands it takes.
        expected: usize,
        /// Operands given.
        found: usize,
    },
    /// A Python integer that does not fit in the array's type.
    #[error("Python integer {value} out of bounds for {dtype}")]
    OutOfBounds {
        /// The integer.
        value: i128,
        /// The type it was to take.
        dtype: DType,
    },
    /// A Python integer beyond `i128`, which does not fit in the type.
    #[error("Python integer of {} out of bounds for {dtype}", about(*value))]
    TooLarge {
        /// The float nearest to the integer.
        value: f64,
        /// The type it was to take.
        dtype: DType,
    },
    /// A Python complex number for a real type.
    #[error(
        "Python complex number {value} does not fit in {dtype}; take its real part or its absolute value"
    )]
    NotReal {
        /// The number.
        value: num_complex::Complex64,
        /// The type it was to take.
        dtype: DType,
    },
    /// A Python float that an integer type cannot represent.
    #[error("Python float {value} out of bounds for {dtype}")]
    Unrepresentable {
        /// The float.
        value: f64,
        /// The type it was to take.
        dtype: DType,
    },
    /// A negative exponent for integers.
    #[error("Integers to negative integer powers are not allowed.")]
    NegativePower,
}

fn about(value: f64) -> String {
    if value.is_finite() { format!("about {value:e}") } else { "more than 1024 bits".to_owned() }
}
