//! The usual imports of a program: `use arrstore::prelude::*;`
//!
//! `ndarray::prelude` also has an `Array` and an `s!`. A program that needs both crates names the items of one by their
//! paths, as in `ndarray::array![1, 2]`.

pub use crate::{
    Array, Codec, Context, DType, Ellipsis, Error, ErrorKind, IntoArray, Layout, NewAxis, Store, Value,
    compute_all, s,
};
