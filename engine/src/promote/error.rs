//! Errors of type promotion.

use arrstore_format::{DType, DTypeError};

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
    /// Types that no type holds both of.
    #[error("{a} and {b} have no common type: cast one of them first, as in astype(x, '{a}')")]
    NoCommonType {
        /// One type.
        a: DType,
        /// The other.
        b: DType,
    },
    /// Times without a common unit.
    #[error("{a} and {b} have no common unit: {reason}")]
    NoCommonUnit {
        /// One type.
        a: DType,
        /// The other.
        b: DType,
        /// The reason.
        reason: &'static str,
    },
    /// A type that no element can have.
    #[error(transparent)]
    Type(#[from] DTypeError),
    /// No conversion from a type to another.
    #[error("elements of {from} cannot be cast to {to}{hint}")]
    NoCast {
        /// The type of the elements.
        from: DType,
        /// The type that was asked for.
        to: DType,
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
    /// A cast that changes the kind of the elements, where NumPy allows none.
    #[error(
        "elements of {from} cannot become {to} here: that may lose their kind; cast them with astype first"
    )]
    Kind {
        /// The type of the elements.
        from: DType,
        /// The type asked for.
        to: DType,
    },
    /// A negative exponent for integers.
    #[error("Integers to negative integer powers are not allowed.")]
    NegativePower,
}

fn about(value: f64) -> String {
    if value.is_finite() { format!("about {value:e}") } else { "more than 1024 bits".to_owned() }
}
