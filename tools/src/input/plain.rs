//! Arrays in one piece in a file: mapped when their bytes are the machine's, swapped on the way when big-endian.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use arrstore::{DType, Error, Expr, FileCrc, Kind, npy};
use arrstore::{Data, Located, Source};

use crate::layout::default_chunk;

/// The lazy array that `header` describes in `file`, and `crc` is the checksum of.
pub(super) fn expr(path: &Path, file: &File, header: &npy::Header, crc: Option<FileCrc>) -> Result<Expr> {
    if !header.big_endian {
        return super::mapped(path, file, header, crc);
    }
    // In Fortran order the same bytes are a C-ordered array of the reversed shape.
    let mut shape = header.shape.clone();
    if header.fortran {
        shape.reverse();
    }
    let file = file.try_clone().map_err(|e| Error::io(path, e))?;
    let source = Swapped { crc, ..Swapped::new(path, file, header.start, header.dtype, &shape)? };
    let expr = Expr::source(Arc::new(source))?;
    Ok(if header.fortran { expr.transpose() } else { expr })
}

/// A big-endian array in C order. Its chunks are contiguous pieces of it, read and swapped one by one.
#[derive(Debug)]
struct Swapped {
    path: PathBuf,
    file: File,
    start: u64,
    dtype: DType,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    strides: Vec<isize>,
    chunk_bytes: usize,
    crc: Option<FileCrc>,
}

impl Swapped {
    fn new(path: &Path, file: File, start: u64, dtype: DType, shape: &[u64]) -> Result<Swapped> {
        let length = file.metadata().map_err(|e| Error::io(path, e))?.len();
        let end = arrstore::elements(shape)?
            .checked_mul(dtype.size() as u64)
            .and_then(|bytes| bytes.checked_add(start));
        if end.is_none_or(|end| end > length) {
            let reason =
                format!("its header promises more elements than its {length} bytes hold: it was cut short");
            return Err(Error::Npy { path: path.to_owned(), reason }.into());
        }
        let chunk = default_chunk(dtype, shape);
        let strides = arrstore::c_strides(&chunk, dtype.size());
        let chunk_bytes = chunk.iter().product::<u64>() as usize * dtype.size();
        Ok(Swapped {
            path: path.to_owned(),
            file,
            start,
            dtype,
            shape: shape.to_vec(),
            chunk,
            strides,
            chunk_bytes,
            crc: None,
        })
    }
}

impl Source for Swapped {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> &[u64] {
        &self.chunk
    }
    fn strides(&self) -> &[isize] {
        &self.strides
    }
    fn label(&self) -> String {
        self.path.display().to_string()
    }
    fn in_place(&self) -> bool {
        false
    }
    fn chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }
    fn locate(&self, index: &[u64]) -> arrstore::Result<Located<'_>> {
        Ok(Located::new(index, Data::Encoded))
    }
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> arrstore::Result<()> {
        // A chunk is contiguous: axes before the one that is cut have length 1 in it, those after are whole.
        let item = self.dtype.size();
        let (mut first, mut count) = (0u64, 1u64);
        for ((&i, &c), &n) in chunk.index.iter().zip(&self.chunk).zip(&self.shape) {
            first = first * n + i * c;
            count *= c.min(n.saturating_sub(i * c));
        }
        let bytes = count as usize * item;
        let Some(out) = out.get_mut(..bytes) else {
            return Err(Error::Other(format!("{}: a chunk outside the array", self.label())));
        };
        let at = first * item as u64;
        self.file.read_exact_at(out, self.start + at).map_err(|e| Error::io(&self.path, e))?;
        if let Some(crc) = &self.crc {
            crc.saw(at, out);
        }
        let part = if self.dtype.kind() == Kind::Complex { item / 2 } else { item };
        out.chunks_exact_mut(part).for_each(<[u8]>::reverse);
        Ok(())
    }
    fn intact(&self) -> arrstore::Result<()> {
        self.crc.as_ref().map_or(Ok(()), FileCrc::check)
    }
}
