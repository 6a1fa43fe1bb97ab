//! What a program needs: `use arrstore::prelude::*;`

pub use crate::{
    Array, Codec, Context, DType, Ellipsis, Error, ErrorKind, IntoArray, Layout, NewAxis, Store, Value,
    compute_all, s,
};
