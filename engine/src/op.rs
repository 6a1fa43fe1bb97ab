//! The table of operations, with their names and their help texts.
//!
//! The expression language, its help, promotion and the kernels all use this table. A new operation needs one row here,
//! its element types in [`crate::promote`], and one line per class of element types in [`crate::kernels`].

mod charset;
mod nearest;
mod scalar;

pub use charset::{Charset, OnFault};
pub(crate) use nearest::{nearest_bf16, nearest_f16};
pub use scalar::Scalar;

/// The enum of a table. Rows under `hidden` are not in `ALL` and cannot be found by name: only the library itself uses
/// them.
macro_rules! table {
    (
        $(#[$meta:meta])*
        $name:ident { $($variant:ident $arity:tt $doc:literal : $first:ident $($alias:literal)*;)+ }
        hidden { $($inner:ident $inner_arity:tt $inner_doc:literal : $inner_name:ident;)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[non_exhaustive]
        pub enum $name { $(#[doc = $doc] $variant,)+ $(#[doc(hidden)] $inner,)* }

        impl $name {
            /// Every row of the table, sorted by name.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// All names: first the array API's, then NumPy's others.
            pub fn names(self) -> &'static [&'static str] {
                match self {
                    $($name::$variant => &[stringify!($first) $(, $alias)*],)+
                    $($name::$inner => &[stringify!($inner_name)],)*
                }
            }

            /// The name in the array API standard, or NumPy's name if the standard has none.
            pub fn name(self) -> &'static str {
                self.names()[0]
            }

            /// Number of operands.
            pub fn arity(self) -> usize {
                match self {
                    $($name::$variant => $arity,)+
                    $($name::$inner => $inner_arity,)*
                }
            }

            /// One line of help.
            pub fn doc(self) -> &'static str {
                match self {
                    $($name::$variant => $doc,)+
                    $($name::$inner => $inner_doc,)*
                }
            }

            /// The row that has this name.
            pub fn from_name(name: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|row| row.names().contains(&name))
            }
        }
    };
}

/// Passes the table of elementwise operations to a macro. One such macro makes the enum below, another the methods of
/// [`crate::Array`].
macro_rules! operations {
    ($with:ident) => {
        $with! {
            /// An elementwise operation: those of the array API standard 2024.12, and a few more of NumPy's.
            Op {
                Abs 1 "absolute value; modulus of a complex number": abs "absolute";
                Acos 1 "inverse cosine": acos "arccos";
                Acosh 1 "inverse hyperbolic cosine": acosh "arccosh";
                Add 2 "sum": add;
                Asin 1 "inverse sine": asin "arcsin";
                Asinh 1 "inverse hyperbolic sine": asinh "arcsinh";
                Atan 1 "inverse tangent": atan "arctan";
                Atan2 2 "angle of the point (x2, x1)": atan2 "arctan2";
                Atanh 1 "inverse hyperbolic tangent": atanh "arctanh";
                BitwiseAnd 2 "bits set in both": bitwise_and;
                BitwiseCount 1 "bits set in the magnitude": bitwise_count;
                BitwiseInvert 1 "every bit flipped; not, of a bool": bitwise_invert "invert" "bitwise_not";
                BitwiseLeftShift 2 "bits moved up; 0 once all are out": bitwise_left_shift "left_shift";
                BitwiseOr 2 "bits set in either": bitwise_or;
                BitwiseRightShift 2 "bits moved down, the sign repeated": bitwise_right_shift "right_shift";
                BitwiseXor 2 "bits set in one of the two": bitwise_xor;
                Cbrt 1 "cube root": cbrt;
                Ceil 1 "least whole number not below": ceil;
                Clip 3 "x1 held between x2 and x3": clip;
                Conj 1 "complex conjugate": conj "conjugate";
                Copysign 2 "x1 with the sign of x2": copysign;
                Cos 1 "cosine": cos;
                Cosh 1 "hyperbolic cosine": cosh;
                Deg2rad 1 "degrees to radians": deg2rad "radians";
                Divide 2 "quotient; of integers as float64": divide "true_divide";
                Equal 2 "x1 == x2": equal;
                Exp 1 "e to the power x": exp;
                Exp2 1 "2 to the power x": exp2;
                Expm1 1 "exp(x) - 1, exact near 0": expm1;
                Floor 1 "greatest whole number not above": floor;
                FloorDivide 2 "floor of the quotient": floor_divide;
                Fmax 2 "the greater; a number before NaN": fmax;
                Fmin 2 "the smaller; a number before NaN": fmin;
                Fmod 2 "remainder with the sign of x1": fmod;
                Gcd 2 "greatest common divisor": gcd;
                Greater 2 "x1 > x2": greater;
                GreaterEqual 2 "x1 >= x2": greater_equal;
                Heaviside 2 "0 below 0, x2 at 0, 1 above": heaviside;
                Hypot 2 "sqrt(x1**2 + x2**2) without overflow": hypot;
                I0 1 "modified Bessel function of the first kind, order 0": i0;
                Imag 1 "imaginary part": imag;
                Isfinite 1 "neither infinite nor NaN": isfinite;
                Isinf 1 "infinite": isinf;
                Isnan 1 "not a number": isnan;
                Isnat 1 "not a time": isnat;
                Lcm 2 "least common multiple": lcm;
                Ldexp 2 "x1 times 2 to the power x2, a whole number": ldexp;
                Less 2 "x1 < x2": less;
                LessEqual 2 "x1 <= x2": less_equal;
                Log 1 "natural logarithm": log;
                Log10 1 "logarithm to base 10": log10;
                Log1p 1 "log(1 + x), exact near 0": log1p;
                Log2 1 "logarithm to base 2": log2;
                Logaddexp 2 "log(exp(x1) + exp(x2)) without overflow": logaddexp;
                Logaddexp2 2 "log2(2**x1 + 2**x2) without overflow": logaddexp2;
                LogicalAnd 2 "both are nonzero": logical_and;
                LogicalNot 1 "is zero": logical_not;
                LogicalOr 2 "one or both are nonzero": logical_or;
                LogicalXor 2 "exactly one is nonzero": logical_xor;
                Maximum 2 "the greater; NaN before numbers": maximum;
                Minimum 2 "the smaller; NaN before numbers": minimum;
                Multiply 2 "product": multiply;
                Negative 1 "-x": negative;
                Nextafter 2 "the next float after x1 on the way to x2": nextafter;
                NotEqual 2 "x1 != x2": not_equal;
                Positive 1 "x": positive;
                Pow 2 "x1 to the power x2": pow "power";
                Rad2deg 1 "radians to degrees": rad2deg "degrees";
                Real 1 "real part": real;
                Reciprocal 1 "1 / x": reciprocal;
                Remainder 2 "remainder with the sign of x2": remainder "mod";
                Rint 1 "nearest whole number as a float, ties to even": rint;
                Round 1 "nearest whole number, ties to even": round;
                Sign 1 "-1, 0 or 1; x/|x| of a complex number": sign;
                Signbit 1 "the sign bit is set": signbit;
                Sin 1 "sine": sin;
                Sinh 1 "hyperbolic sine": sinh;
                Spacing 1 "distance to the next float away from 0": spacing;
                Sqrt 1 "square root": sqrt;
                Square 1 "x * x": square;
                Subtract 2 "difference": subtract;
                Tan 1 "tangent": tan;
                Tanh 1 "hyperbolic tangent": tanh;
                Trunc 1 "whole part": trunc "fix";
                Where 3 "x2 where x1 is true, else x3": where;
            }
            hidden {
                Capitalize 1 "the first letter large, all others small": capitalize;
                Center 3 "a text in the middle of x2 characters, with x3 around it": center;
                Complex 2 "x1 + x2 * 1j, each part kept as it is": complex;
                Decode 2 "the characters of bytes; x2 is the encoding": decode;
                Encode 2 "the bytes of characters; x2 is the encoding": encode;
                Endswith 2 "x1 ends with x2": endswith;
                ExpandedLen 2 "characters of a text with spaces for tabs, as NumPy counts them": expandtabs;
                Expandtabs 2 "a text with spaces for tabs, up to the next of every x2 columns": expandtabs;
                Exponent 1 "exponent of two of a float, as frexp": exponent;
                Field 2 "a field of a record; x2 is its byte": field;
                Find 2 "the first place of x2 in x1, or -1": find;
                Fraction 1 "part of a float after the point, as modf": fraction;
                Isalnum 1 "all characters are letters or numbers": isalnum;
                Isalpha 1 "all characters are letters": isalpha;
                Isdecimal 1 "all characters are decimal digits": isdecimal;
                Isdigit 1 "all characters are digits": isdigit;
                Islower 1 "all letters are small, and there is one": islower;
                Isnumeric 1 "all characters stand for numbers": isnumeric;
                Isspace 1 "all characters are white space": isspace;
                Istitle 1 "each word has its first letter alone large": istitle;
                Isupper 1 "all letters are large, and there is one": isupper;
                Ljust 3 "a text at the left of x2 characters, with x3 after it": ljust;
                Lower 1 "letters small": lower;
                Lstrip 1 "without white space at the start": lstrip;
                LstripChars 2 "without the characters of x2 at the start": lstrip;
                Map 2 "a function of the caller's; x2 says which": map;
                Replace 4 "x3 in the place of x2 in x1, x4 times at most": replace;
                Rfind 2 "the last place of x2 in x1, or -1": rfind;
                Rjust 3 "a text at the right of x2 characters, with x3 before it": rjust;
                Rstrip 1 "without white space at the end": rstrip;
                RstripChars 2 "without the characters of x2 at the end": rstrip;
                Shared 2 "x1; an error where x2 is true, for weights of quantiles": shared;
                Significand 1 "digits of a float, between 1/2 and 1, as frexp": significand;
                Startswith 2 "x1 begins with x2": startswith;
                StrCount 2 "how often x2 stands in x1": count;
                StrLen 1 "characters of a text": str_len;
                StrRepeat 2 "a text x2 times": multiply;
                StrSlice 4 "the characters from x2 to x3 in steps of x4": slice;
                Strip 1 "without white space at both ends": strip;
                StripChars 2 "without the characters of x2 at both ends": strip;
                Swapcase 1 "large letters small, small ones large": swapcase;
                Title 1 "each word with its first letter large": title;
                Translate 3 "x1 through the table x2, without the bytes of x3": translate;
                Unless 2 "x1; an error where x2 is true, for slices of NaN alone": unless;
                Upper 1 "letters large": upper;
                Weighed 2 "x1; an error where x2 is true, for weights of the sum 0": weighed;
                Zfill 2 "digits of x2 characters, with zeros before them": zfill;
            }
        }
    };
}
pub(crate) use operations;
operations!(table);

/// Passes the table of reductions to a macro.
macro_rules! reductions {
    ($with:ident) => {
        $with! {
            /// A reduction over axes.
            Reduction {
                All 1 "whether every element is nonzero": all;
                Any 1 "whether an element is nonzero": any;
                Argmax 1 "index of the first greatest element; NaN counts as greatest": argmax;
                Argmin 1 "index of the first smallest element; NaN counts as smallest": argmin;
                CountNonzero 1 "number of nonzero elements": count_nonzero;
                Max 1 "greatest element; NaN if there is one": max;
                Mean 1 "arithmetic mean": mean;
                Min 1 "smallest element; NaN if there is one": min;
                Nanmax 1 "greatest element that is not NaN": nanmax;
                Nanmean 1 "mean of the elements that are not NaN": nanmean;
                Nanmin 1 "smallest element that is not NaN": nanmin;
                Nanprod 1 "product of the elements that are not NaN": nanprod;
                Nanstd 1 "standard deviation of the elements that are not NaN": nanstd;
                Nansum 1 "sum of the elements that are not NaN": nansum;
                Nanvar 1 "variance of the elements that are not NaN": nanvar;
                Prod 1 "product": prod;
                Std 1 "standard deviation": std;
                Sum 1 "sum": sum;
                Var 1 "variance": var;
            }
            hidden {}
        }
    };
}
pub(crate) use reductions;
reductions!(table);

impl Reduction {
    /// Whether its result is an index.
    pub fn is_arg(self) -> bool {
        matches!(self, Reduction::Argmax | Reduction::Argmin)
    }

    /// Whether it has a result for an empty array (NaN, for means and variances).
    pub fn has_identity(self) -> bool {
        use Reduction::{Max, Min, Nanmax, Nanmin};
        !self.is_arg() && !matches!(self, Max | Min | Nanmax | Nanmin)
    }

    /// Whether it skips NaN.
    pub fn skips_nan(self) -> bool {
        self.plain() != self
    }

    /// The form of the reduction that does not skip NaN.
    pub fn plain(self) -> Reduction {
        match self {
            Reduction::Nanmax => Reduction::Max,
            Reduction::Nanmean => Reduction::Mean,
            Reduction::Nanmin => Reduction::Min,
            Reduction::Nanprod => Reduction::Prod,
            Reduction::Nanstd => Reduction::Std,
            Reduction::Nansum => Reduction::Sum,
            Reduction::Nanvar => Reduction::Var,
            plain => plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        let names: Vec<&str> = Op::ALL.iter().map(|op| op.name()).collect();
        assert!(names.is_sorted());
        let mut every: Vec<&str> = Op::ALL.iter().flat_map(|op| op.names()).copied().collect();
        every.extend(Reduction::ALL.iter().flat_map(|r| r.names()));
        let count = every.len();
        every.sort_unstable();
        every.dedup();
        assert_eq!(every.len(), count);
        assert_eq!(Op::from_name("arctan2"), Some(Op::Atan2));
        assert_eq!(Op::from_name("Add"), None);
    }
}
