//! What a program needs: `use arrstore::prelude::*;`
//!
//! `ndarray::prelude` has an `Array` and an `s!` of its own: a program that needs both crates names one by its path, as in
//! `ndarray::array![1, 2]`.

pub use crate::{
    Array, Codec, Context, DType, Ellipsis, Error, ErrorKind, IntoArray, Layout, NewAxis, Store, Value,
    compute_all, s,
};
