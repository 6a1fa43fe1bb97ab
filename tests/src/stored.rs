//! Inputs in `.arrs` files.

use std::path::Path;

use arrstore::{Expr, Result};
use arrstore_format::{Codec, CreateOptions, Durability, File, Meta};

use crate::golden::Array;

/// The way in which a file stores arrays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stored {
    /// Raw chunks, read in place if the file can be mapped.
    Raw,
    /// Fortran order, shuffled and compressed.
    Packed,
    /// Raw chunks. The first element is the fill value, and chunks that hold nothing else are not written.
    Sparse,
}

impl Stored {
    /// Writes the arrays to one file in `folder`, in chunks of the shape that `chunks` gives, and opens them.
    ///
    /// # Errors
    /// When the file cannot be written or read.
    pub fn lay(
        self,
        arrays: &[&Array],
        folder: &Path,
        chunks: &dyn Fn(&Array) -> Vec<u64>,
    ) -> Result<Vec<Option<Expr>>> {
        let path = folder.join(format!("{self:?}.arrs"));
        let file =
            File::create(&path, &CreateOptions::default().overwrite(true).durability(Durability::None))?;
        let transaction = file.begin()?;
        for (i, array) in arrays.iter().enumerate() {
            let mut meta = Meta::new(array.dtype, &array.shape, &chunks(array));
            match self {
                Stored::Raw => meta.codec = Codec::None,
                Stored::Packed => {
                    meta = meta.encoded(Codec::Zstd { level: 1 }, true);
                    meta.order.reverse();
                }
                Stored::Sparse => {
                    meta.codec = Codec::None;
                    if let Some(first) = array.bytes.get(..array.dtype.size()) {
                        meta.fill = first.to_vec();
                    }
                }
            }
            let id = transaction.create_array(&format!("/{i}"), meta)?;
            if !array.bytes.is_empty() {
                transaction.write(id, &vec![0; array.shape.len()], &array.shape, &array.bytes)?;
            }
        }
        transaction.commit()?;
        let snapshot = file.snapshot()?;
        (0..arrays.len()).map(|i| Expr::stored(snapshot.array(&format!("/{i}"))?).map(Some)).collect()
    }
}
