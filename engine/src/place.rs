//! Places of arrays: `climate.arrs:/ocean/sst`, `x.npy`. The one list of the kinds of files that the library opens and
//! writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::npy::Header;
use crate::plan::{Plan, Target};
use crate::sink::NpySink;
use crate::{Array, Context, Error, Expr, Result, Store};

/// Opens an array: of a `.npy` file, or of an `.arrs` file (`climate.arrs:/ocean/sst`; without a name, the only array
/// that the file holds). What kind a file is of is seen from its first bytes.
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
/// When there is no such file or array, or it cannot be read.
pub fn open(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let (file, name) = match split(path) {
        Some((file, name)) if !path.exists() && file.exists() => (file, Some(name)),
        _ => (path.to_owned(), None),
    };
    if name.is_none() && is_npy(&file)? {
        return Ok(Expr::npy(&file)?.into());
    }
    let store = Store::open(&file)?;
    match name {
        Some(name) => store.array(&name),
        None => match &store.names()?[..] {
            [only] => store.array(only),
            names => Err(Error::Value(format!(
                "{file}: holds {}: name one, as in {file}:/name",
                if names.is_empty() { "no array".to_owned() } else { names.join(", ") },
                file = file.display(),
            ))),
        },
    }
}

/// Computes an array into a file, as the ending of its path says.
pub(crate) fn save(array: &Array, path: &Path, context: &Context) -> Result<()> {
    if let Some((file, name)) = split(path).filter(|(file, _)| has_ending(file, "arrs")) {
        return Store::open_or_create(file)?.with_context(context).write(&name, array);
    }
    if has_ending(path, "npy") {
        return save_npy(array, path, context);
    }
    Err(Error::Value(format!(
        "{}: its ending does not say how to write it; expected x.npy or x.arrs:/name",
        path.display()
    )))
}

fn save_npy(array: &Array, path: &Path, context: &Context) -> Result<()> {
    let expr = array.expr()?;
    let impossible = |reason| Error::Value(format!("{}: {reason}", path.display()));
    Header::write(expr.dtype(), expr.shape(), false).map_err(impossible)?;
    let sink = Arc::new(NpySink::create(path, expr.dtype(), expr.shape(), false)?);
    Plan::new(&[(expr.clone(), Target::Sink(sink.clone()))], &context.beside(path))?.run(context)?;
    let sink = Arc::into_inner(sink).ok_or_else(|| Error::Other("a file is still being written".into()))?;
    sink.commit(true)
}

/// A path and the name of an array after its last colon.
fn split(path: &Path) -> Option<(PathBuf, String)> {
    let (file, name) = path.to_str()?.rsplit_once(':')?;
    (!file.is_empty() && !name.is_empty()).then(|| (PathBuf::from(file), name.to_owned()))
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

/// Whether a file begins as `.npy` files do.
fn is_npy(path: &Path) -> Result<bool> {
    use std::io::Read;
    let kind = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
    if !kind.is_file() {
        // opening a pipe would wait for a writer
        return Err(Error::Value(format!(
            "{}: expected a file, found a folder, pipe or device",
            path.display()
        )));
    }
    let file = std::fs::File::open(path).map_err(|e| Error::io(path, e))?;
    let mut magic = Vec::new();
    file.take(6).read_to_end(&mut magic).map_err(|e| Error::io(path, e))?;
    Ok(magic == *b"\x93NUMPY")
}
