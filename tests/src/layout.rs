//! The layouts of a case's inputs.

use std::path::Path;
use std::sync::Arc;

use arrstore::{Expr, Result, Value};

use crate::arranged::{Arranged, Arrangement};
use crate::golden::Array;
use crate::stored::Stored;

/// A layout of an array.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Layout {
    /// In memory, in C order.
    C,
    /// In memory, in Fortran order.
    Fortran,
    /// In memory, all strides negative, rubbish between the elements.
    Reversed,
    /// In memory, in odd chunks.
    Chunks,
    /// In memory, in odd chunks in Fortran order that must be decoded; chunks of one value are constants.
    Decoded,
    /// In memory, in tiny chunks, many of one value.
    Tiny,
    /// An `.arrs` file: odd raw chunks.
    Raw,
    /// An `.arrs` file: odd chunks, shuffled and compressed, in Fortran order.
    Packed,
    /// An `.arrs` file: tiny chunks, many constant or missing.
    Sparse,
    /// A `.npy` file.
    Npy,
    /// A `.npy` file in Fortran order.
    NpyFortran,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Layout; 11] = [
        Layout::C,
        Layout::Fortran,
        Layout::Reversed,
        Layout::Chunks,
        Layout::Decoded,
        Layout::Tiny,
        Layout::Raw,
        Layout::Packed,
        Layout::Sparse,
        Layout::Npy,
        Layout::NpyFortran,
    ];

    /// The cut into chunks: 0 for one chunk, 1 for odd chunks, 2 for tiny chunks.
    fn cut(self) -> usize {
        match self {
            Layout::C | Layout::Fortran | Layout::Reversed | Layout::Npy | Layout::NpyFortran => 0,
            Layout::Chunks | Layout::Decoded | Layout::Raw | Layout::Packed => 1,
            Layout::Tiny | Layout::Sparse => 2,
        }
    }

    /// Layouts with equal results here have equal grids, so they must answer with the same bits. The order of elements
    /// in a chunk belongs to the grid: numbers are added in storage order.
    pub fn grid(self) -> (usize, bool) {
        let fortran = [Layout::Fortran, Layout::NpyFortran, Layout::Decoded, Layout::Packed];
        (self.cut(), fortran.contains(&self))
    }

    /// The chunk shape for an array of `shape`.
    pub fn chunk_shape(self, shape: &[u64]) -> Vec<u64> {
        let odd = [5, 3, 7, 2, 3];
        let rank = shape.len();
        let cut = |(k, &n): (usize, &u64)| {
            let wish = match self.cut() {
                0 => n,
                // A vector is cut into longer chunks.
                1 if rank == 1 => 67,
                1 => odd[k % odd.len()] + n / 4,
                _ if k + 1 == rank => 3.max(n / 16),
                _ => 1.max(n / 16),
            };
            wish.clamp(1, n.max(1))
        };
        shape.iter().enumerate().map(cut).collect()
    }

    /// Lays out arrays; `None` stands for an array that the layout does not support (bfloat16 in `.npy`).
    ///
    /// `folder` is for files.
    ///
    /// # Errors
    /// When a file cannot be written or read.
    pub fn lay(self, arrays: &[&Array], folder: &Path) -> Result<Vec<Option<Expr>>> {
        let chunks = |array: &Array| self.chunk_shape(&array.shape);
        let memory = |how: Arrangement| {
            let one = |&a: &&Array| Expr::source(Arc::new(Arranged::new(a, &chunks(a), how)?)).map(Some);
            arrays.iter().map(one).collect()
        };
        let plain = Arrangement::default();
        match self {
            Layout::C => {
                let one =
                    |a: &&Array| Expr::source(Arc::new(Value::copied_from(a.dtype, &a.shape, &a.bytes)?));
                arrays.iter().map(|a| one(a).map(Some)).collect()
            }
            Layout::Fortran => memory(Arrangement { fortran: true, ..plain }),
            Layout::Reversed => memory(Arrangement { reversed: true, gap: 2, ..plain }),
            Layout::Chunks => memory(plain),
            Layout::Decoded => memory(Arrangement { fortran: true, encoded: true, constants: true, ..plain }),
            Layout::Tiny => memory(Arrangement { constants: true, ..plain }),
            Layout::Raw => Stored::Raw.lay(arrays, folder, &chunks),
            Layout::Packed => Stored::Packed.lay(arrays, folder, &chunks),
            Layout::Sparse => Stored::Sparse.lay(arrays, folder, &chunks),
            Layout::Npy => crate::npy::lay(arrays, folder, false),
            Layout::NpyFortran => crate::npy::lay(arrays, folder, true),
        }
    }
}
