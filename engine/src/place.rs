//! Arrays by the paths of their files: `climate.arrs:/ocean/sst`, `x.npy`, `x.npz:/a`, `cube.zarr:/t`.

use std::path::Path;

use crate::formats::{self, Location, Outputs, Writing};
use crate::plan::Plan;
use crate::store::default_chunk;
use crate::{Array, Context, Error, Result};

/// Opens an array of a file in any format that the library reads: `.arrs`, `.npy`, `.npz` and Zarr. The first bytes of
/// a file tell its format. A name after a colon picks one of several arrays, and a subscript picks a part of it, as in
/// `climate.arrs:/ocean/sst[0]`. Without a name, the file has to hold exactly one array.
///
/// [`formats`] has more: files of plain elements, other properties of an array in a file, and a listing of a file.
///
/// ```
/// use arrstore::prelude::*;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("x.npy");
/// Array::from(&ndarray::array![1, 2, 3]).save(&path)?;
/// let x = arrstore::open(&path)?;
/// assert_eq!((&x + 1).compute()?.to_string(), "[2 3 4]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When there is no such file or array, or the file cannot be read.
pub fn open(path: impl AsRef<Path>) -> Result<Array> {
    Ok(formats::open(text(path.as_ref())?)?.expr.into())
}

/// Computes an array into a file. The ending of the path chooses the format.
pub(crate) fn save(array: &Array, path: &Path, context: &Context) -> Result<()> {
    let location = Location::of_output(text(path)?)?;
    let expr = array.expr()?;
    let mut outputs =
        Outputs::open(&[location], Writing { cancel: context.cancel.clone(), ..Writing::default() })?;
    let meta =
        arrstore_format::Meta::new(expr.dtype(), expr.shape(), &default_chunk(expr.dtype(), expr.shape()));
    let root = outputs.add(0, expr, "data", &meta)?;
    Plan::new(&[root], &context.beside(path))?.run(context)?;
    Ok(outputs.commit()?)
}

fn text(path: &Path) -> Result<&str> {
    let unread = || Error::Value(format!("{}: expected a path in UTF-8", path.display()));
    path.to_str().ok_or_else(unread)
}
