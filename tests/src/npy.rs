//! `.npy` files written by hand, so that the engine's writer is not the only witness of its reader.

use std::path::Path;

use arrstore::{Error, Expr, Result};

use crate::arranged::{Arranged, Arrangement};
use crate::golden::Array;

/// Writes each array to a file in `folder` and opens it; `None` for a type that `.npy` does not support.
///
/// # Errors
/// When a file cannot be written or read.
pub fn lay(arrays: &[&Array], folder: &Path, fortran: bool) -> Result<Vec<Option<Expr>>> {
    let one = |(i, array): (usize, &&Array)| {
        let Some(bytes) = file(array, fortran)? else { return Ok(None) };
        let path = folder.join(format!("{i}-{fortran}.npy"));
        std::fs::write(&path, bytes).map_err(|e| Error::io(&path, e))?;
        Expr::npy(&path).map(Some)
    };
    arrays.iter().enumerate().map(one).collect()
}

fn file(array: &Array, fortran: bool) -> Result<Option<Vec<u8>>> {
    let Some(short) = array.dtype.short_name() else { return Ok(None) };
    let order = if array.dtype.size() == 1 { '|' } else { '<' };
    let shape: String = array.shape.iter().map(|n| format!("{n}, ")).collect();
    let flag = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{order}{short}', 'fortran_order': {flag}, 'shape': ({shape}), }}");
    let length = (10 + header.len() + 1).next_multiple_of(64);
    header.push_str(&" ".repeat(length - 11 - header.len()));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    if fortran && !array.bytes.is_empty() {
        bytes.extend(
            Arranged::new(array, &array.shape, Arrangement { fortran, ..Default::default() })?.bytes(),
        );
    } else {
        bytes.extend(&array.bytes);
    }
    Ok(Some(bytes))
}
