//! Arrays with any arrangement in memory, as a source of the engine.

use arrstore::{Buffer, DType, Data, Located, Result, Source};

use crate::golden::Array;

/// The order of elements in a chunk, and the way in which chunks are handed out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arrangement {
    /// The first axis varies fastest, instead of the last.
    pub fortran: bool,
    /// Every axis runs backwards: all strides are negative.
    pub reversed: bool,
    /// Elements of rubbish between any two elements, as in a slice of a wider array.
    pub gap: usize,
    /// Chunks must be decoded (here: copied), instead of being read in place.
    pub encoded: bool,
    /// Chunks of one value are handed out as that value.
    pub constants: bool,
}

/// An array cut into chunks that are arranged in memory.
#[derive(Debug)]
pub struct Arranged {
    dtype: DType,
    shape: Vec<u64>,
    chunk_shape: Vec<u64>,
    strides: Vec<isize>,
    offset: usize,
    span: usize,
    counts: Vec<u64>,
    chunks: Vec<Chunk>,
    encoded: bool,
}

#[derive(Debug)]
enum Chunk {
    Constant(Vec<u8>),
    Elements(Buffer),
}

/// The filler between and beyond the elements. No number in a test consists of this byte.
const RUBBISH: u8 = 0xA5;

impl Arranged {
    /// Arranges a copy of `array` in chunks of `chunk_shape`.
    ///
    /// # Errors
    /// When memory is short.
    pub fn new(array: &Array, chunk_shape: &[u64], how: Arrangement) -> Result<Arranged> {
        let ndim = array.shape.len();
        let item = array.dtype.size();
        let mut strides = vec![0isize; ndim];
        let mut step = (item * (1 + how.gap)) as isize;
        let inner_first: Vec<usize> =
            if how.fortran { (0..ndim).collect() } else { (0..ndim).rev().collect() };
        for k in inner_first {
            strides[k] = step;
            step *= chunk_shape[k] as isize;
        }
        let span = step as usize;
        let mut offset = 0;
        if how.reversed {
            for (stride, &n) in strides.iter_mut().zip(chunk_shape) {
                offset += *stride as usize * (n as usize - 1);
                *stride = -*stride;
            }
        }
        let counts: Vec<u64> = array.shape.iter().zip(chunk_shape).map(|(&n, &c)| n.div_ceil(c)).collect();
        let mut arranged = Arranged {
            dtype: array.dtype,
            shape: array.shape.clone(),
            chunk_shape: chunk_shape.to_vec(),
            strides,
            offset,
            span,
            counts,
            chunks: Vec::new(),
            encoded: how.encoded,
        };
        for n in 0..arranged.counts.iter().product() {
            let chunk = arranged.cut(array, n)?;
            arranged.chunks.push(if how.constants { fold(chunk, item, &arranged) } else { chunk });
        }
        Ok(arranged)
    }

    /// The chunk of number `n`, in C order of the grid.
    fn cut(&self, array: &Array, n: u64) -> Result<Chunk> {
        let item = self.dtype.size();
        let mut bytes = Buffer::new(self.span)?;
        bytes.bytes_mut().fill(RUBBISH);
        let corner: Vec<u64> =
            coordinates(n, &self.counts).iter().zip(&self.chunk_shape).map(|(i, c)| i * c).collect();
        for i in 0..self.chunk_shape.iter().product() {
            let within = coordinates(i, &self.chunk_shape);
            let index: Vec<u64> = corner.iter().zip(&within).map(|(a, b)| a + b).collect();
            if index.iter().zip(&self.shape).any(|(i, n)| i >= n) {
                continue;
            }
            let from = item * position(&index, &self.shape);
            let to = self.place(&within);
            bytes.bytes_mut()[to..to + item].copy_from_slice(&array.bytes[from..from + item]);
        }
        Ok(Chunk::Elements(bytes))
    }

    /// The bytes of the first chunk.
    pub fn bytes(&self) -> &[u8] {
        match self.chunks.first() {
            Some(Chunk::Elements(bytes)) => bytes.bytes(),
            Some(Chunk::Constant(value)) => value,
            None => &[],
        }
    }

    fn place(&self, within: &[u64]) -> usize {
        let moved: isize = within.iter().zip(&self.strides).map(|(&i, s)| i as isize * s).sum();
        (self.offset as isize + moved) as usize
    }
}

/// Turns a chunk of equal elements into a constant. Padding counts too, so that edge chunks stay as they are.
fn fold(chunk: Chunk, item: usize, of: &Arranged) -> Chunk {
    let Chunk::Elements(bytes) = &chunk else { return chunk };
    let at = |i| {
        let place = of.place(&coordinates(i, &of.chunk_shape));
        &bytes.bytes()[place..place + item]
    };
    let first = at(0).to_vec();
    if (0..of.chunk_shape.iter().product()).all(|i| at(i) == first) { Chunk::Constant(first) } else { chunk }
}

/// The coordinates of position `n` in C order.
pub fn coordinates(mut n: u64, shape: &[u64]) -> Vec<u64> {
    let mut index = vec![0; shape.len()];
    for (i, &len) in index.iter_mut().zip(shape).rev() {
        *i = n % len;
        n /= len;
    }
    index
}

/// The position of coordinates in C order.
pub fn position(index: &[u64], shape: &[u64]) -> usize {
    index.iter().zip(shape).fold(0, |n, (&i, &len)| n * len as usize + i as usize)
}

impl Source for Arranged {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> &[u64] {
        &self.chunk_shape
    }
    fn strides(&self) -> &[isize] {
        &self.strides
    }
    fn offset(&self) -> usize {
        self.offset
    }
    fn label(&self) -> String {
        "arranged".into()
    }
    fn in_place(&self) -> bool {
        !self.encoded
    }
    fn chunk_bytes(&self) -> usize {
        self.span
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        let data = match &self.chunks[position(index, &self.counts)] {
            Chunk::Constant(value) => Data::Constant(value.clone()),
            Chunk::Elements(_) if self.encoded => Data::Encoded,
            Chunk::Elements(bytes) => Data::InPlace(bytes.bytes()),
        };
        Ok(Located::new(index, data))
    }
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> Result<()> {
        if let Chunk::Elements(bytes) = &self.chunks[position(&chunk.index, &self.counts)] {
            out.copy_from_slice(bytes.bytes());
        }
        Ok(())
    }
}
