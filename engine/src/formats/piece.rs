//! Contiguous arrays in a file: mapped if their byte order is the machine's, swapped while read if it is not.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{self, Placed};
use crate::npy::{ByteOrder, Header, Opened};
use crate::{DType, Data, Error, Expr, FileCrc, Located, Mapped, Result, Source};

/// Opens a regular file; a folder, device or FIFO is refused.
pub(super) fn regular(path: &Path) -> error::Result<File> {
    let found = std::fs::metadata(path).place(|| path.display())?;
    if !found.is_file() {
        return Err(error::Error::request(format!("{}: is not a regular file", path.display())));
    }
    File::open(path).place(|| path.display())
}

/// The most bytes of a piece: the size of a default chunk.
const PIECE_BYTES: u64 = 4 << 20;

/// Bytes of a cache line.
const LINE: u64 = 64;

/// What tells that the elements in a file are still those of the array that was opened.
pub(super) enum Seal {
    /// Nothing does.
    None,
    /// The checksum of the bytes.
    Crc(FileCrc),
    /// The header, which lies at the start of the file.
    Header,
}

/// The lazy array that `header` describes in `file`.
pub(super) fn expr(path: &Path, file: &File, header: &Header, seal: Seal) -> Result<Expr> {
    if header.order == ByteOrder::Little {
        let source = Mapped::of_file(path, file, header.start, header.dtype, &header.shape, header.fortran)?;
        return Expr::source(Arc::new(match seal {
            Seal::None => source,
            Seal::Crc(crc) => source.checked_by(crc),
            Seal::Header => source.headed_by(header),
        }));
    }
    // In Fortran order the same bytes are a C-ordered array of the reversed shape.
    let mut shape = header.shape.clone();
    if header.fortran {
        shape.reverse();
    }
    let file = file.try_clone().map_err(|e| Error::io(path, e))?;
    let (crc, opened) = match seal {
        Seal::None => (None, None),
        Seal::Crc(crc) => (Some(crc), None),
        Seal::Header => (None, Some(Opened::new(header))),
    };
    let source = Swapped {
        crc,
        opened,
        order: header.order.clone(),
        ..Swapped::new(path, file, header.start, header.dtype, &shape)?
    };
    let expr = Expr::source(Arc::new(source))?;
    Ok(if header.fortran { expr.transpose() } else { expr })
}

/// The chunk shape of a contiguous array in C order. Each chunk is one run of bytes: one axis is cut, the axes before
/// it have length 1 in the chunk, and the axes after it stay whole. The axis is cut evenly, so that its last chunk is
/// not mostly padding.
fn pieces(dtype: DType, shape: &[u64]) -> Vec<u64> {
    let item = dtype.size() as u64;
    let (mut room, mut chunk) = ((PIECE_BYTES / item).max(1), vec![1; shape.len()]);
    for (axis, (chunk, &len)) in chunk.iter_mut().zip(shape).enumerate().rev() {
        *chunk = len.max(1);
        if len > room {
            let even = len.div_ceil(len.div_ceil(room));
            let line = if axis + 1 == shape.len() { (LINE / item).max(1) } else { 1 };
            *chunk = even.next_multiple_of(line).min(len);
            break;
        }
        room = (room / *chunk).max(1);
    }
    chunk
}

/// An array in C order that is not little-endian. Its chunks are contiguous parts of it, read and swapped one by one.
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
    order: ByteOrder,
    crc: Option<FileCrc>,
    opened: Option<Opened>,
}

impl Swapped {
    fn new(path: &Path, file: File, start: u64, dtype: DType, shape: &[u64]) -> Result<Swapped> {
        let length = file.metadata().map_err(|e| Error::io(path, e))?.len();
        let end = crate::elements(shape)?
            .checked_mul(dtype.size() as u64)
            .and_then(|bytes| bytes.checked_add(start));
        if end.is_none_or(|end| end > length) {
            let reason =
                format!("the file has {length} bytes, fewer than its header promises: it was cut short");
            return Err(Error::Npy { path: path.to_owned(), reason });
        }
        let chunk = pieces(dtype, shape);
        let strides = crate::c_strides(&chunk, dtype.size());
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
            order: ByteOrder::Big,
            crc: None,
            opened: None,
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
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        Ok(Located::new(index, Data::Encoded))
    }
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> Result<()> {
        let item = self.dtype.size();
        let (mut first, mut count) = (0u64, 1u64);
        for ((&i, &c), &n) in chunk.index.iter().zip(&self.chunk).zip(&self.shape) {
            first = first * n + i * c;
            count *= c.min(n.saturating_sub(i * c));
        }
        let bytes = count as usize * item;
        let Some(out) = out.get_mut(..bytes) else {
            return Err(Error::Other(format!("{}: a chunk outside the array was asked for", self.label())));
        };
        let at = first * item as u64;
        self.file.read_exact_at(out, self.start + at).map_err(|e| Error::io(&self.path, e))?;
        if let Some(crc) = &self.crc {
            crc.saw(at, out);
        }
        self.order.swap(self.dtype, out);
        Ok(())
    }
    fn intact(&self) -> Result<()> {
        if let Some(opened) = &self.opened {
            opened.check(&self.path, |bytes| self.file.read_exact_at(bytes, 0))?;
        }
        self.crc.as_ref().map_or(Ok(()), FileCrc::check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_one_run_of_bytes() {
        assert_eq!(pieces(DType::F64, &[10_000_000]), [500_000]);
        assert_eq!(pieces(DType::F64, &[2000, 1500]), [334, 1500]);
        assert_eq!(pieces(DType::U16, &[3, 3, 1 << 20]), [1, 2, 1 << 20]);
        assert_eq!(pieces(DType::F32, &[5, 1 << 22]), [1, 1 << 20]);
        assert_eq!(pieces(DType::F64, &[0, 5]), [1, 5]);
        assert_eq!(pieces(DType::F64, &[]), Vec::<u64>::new());
        for dtype in [DType::I16, DType::C128] {
            for shape in
                [&[7, 9, 100_000][..], &[100, 100, 100, 100], &[5000, 1, 5000], &[3, 1 << 40], &[1 << 40, 3]]
            {
                let chunk = pieces(dtype, shape);
                let bytes = chunk.iter().product::<u64>() * dtype.size() as u64;
                assert!((PIECE_BYTES / 4..=PIECE_BYTES).contains(&bytes), "{shape:?}: {chunk:?}");
                let cut = chunk.iter().zip(shape).rposition(|(c, n)| c < n).unwrap();
                assert!(chunk[..cut].iter().all(|&c| c == 1), "{shape:?}: {chunk:?}");
            }
        }
    }
}
