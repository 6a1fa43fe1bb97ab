//! The operators, between arrays and numbers on either side.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Shl, Shr, Sub};

use num_complex::Complex64;

use super::{Array, IntoArray};
use crate::Op;

macro_rules! binary {
    ($($trait:ident $method:ident $op:ident;)*) => { $(
        impl<R: IntoArray> $trait<R> for &Array {
            type Output = Array;
            #[track_caller]
            fn $method(self, right: R) -> Array {
                self.apply2(Op::$op, right)
            }
        }
        impl<R: IntoArray> $trait<R> for Array {
            type Output = Array;
            #[track_caller]
            fn $method(self, right: R) -> Array {
                self.apply2(Op::$op, right)
            }
        }
        binary!(@numbers $trait $method $op: bool i8 i16 i32 i64 i128 isize u8 u16 u32 u64 usize f32 f64 Complex64);
    )* };
    (@numbers $trait:ident $method:ident $op:ident: $($number:ty)*) => { $(
        impl $trait<&Array> for $number {
            type Output = Array;
            #[track_caller]
            fn $method(self, right: &Array) -> Array {
                self.into_array().apply2(Op::$op, right)
            }
        }
        impl $trait<Array> for $number {
            type Output = Array;
            #[track_caller]
            fn $method(self, right: Array) -> Array {
                self.into_array().apply2(Op::$op, right)
            }
        }
    )* };
}
binary! {
    Add add Add;
    Sub sub Subtract;
    Mul mul Multiply;
    Div div Divide;
    Rem rem Remainder;
    BitAnd bitand BitwiseAnd;
    BitOr bitor BitwiseOr;
    BitXor bitxor BitwiseXor;
    Shl shl BitwiseLeftShift;
    Shr shr BitwiseRightShift;
}

macro_rules! unary {
    ($($trait:ident $method:ident $op:ident;)*) => { $(
        impl $trait for &Array {
            type Output = Array;
            #[track_caller]
            fn $method(self) -> Array {
                self.apply1(Op::$op)
            }
        }
        impl $trait for Array {
            type Output = Array;
            #[track_caller]
            fn $method(self) -> Array {
                self.apply1(Op::$op)
            }
        }
    )* };
}
unary! {
    Neg neg Negative;
    Not not BitwiseInvert;
}
