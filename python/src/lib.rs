//! The extension module of the Python package: arrays, stores and calls, as thin layers over the library.
//!
//! The functions of the module are those of the library's tables: nothing here knows a function by name. The Python
//! files beside it add NumPy's protocols.

mod array;
mod buffer;
mod call;
mod dtype;
mod errors;
mod object;
#[expect(unsafe_op_in_unsafe_fn, reason = "code of PyO3, where a macro of ours names the methods")]
mod operators;
mod run;
mod settings;
mod store;
mod transaction;

use pyo3::prelude::*;

#[pymodule]
mod _arrstore {
    #[pymodule_export]
    use super::array::{Array, Plan};
    #[pymodule_export]
    use super::buffer::Elements;
    #[pymodule_export]
    use super::call::{
        call, compute_all, default_chunks, dtypes, eval, functions, lazy, list_arrays, locate, map_blocks,
        open_array, open_raw,
    };
    #[pymodule_export]
    use super::settings::{set_settings, settings};
    #[pymodule_export]
    use super::store::File;
    #[pymodule_export]
    use super::transaction::Transaction;
}
