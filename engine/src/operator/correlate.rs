//! Sums of products of a long vector with a short one that slides along it: `correlate` and `convolve`.
//!
//! Each element of the result is added up in the order of the short vector, a piece of it at a time, so that neither
//! tiles nor memory change a bit.

use std::sync::Arc;

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::kernels::{self, Arg, Kernel};
use crate::op::Op;
use crate::program::Program;
use crate::promote;
use crate::source::elements;
use crate::view::show;
use crate::{Buffer, DType, Error, Result};

/// Elements of the short vector that are held at a time.
const PIECE: u64 = 4096;
/// Elements of the result that are added up at a time: few enough for the nearest cache.
const BLOCK: usize = 1024;

/// The places that a sliding vector takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Overlap {
    /// All places where the vectors overlap in an element or more.
    Full,
    /// As many places as the longer vector has elements, from the middle of `Full`.
    Same,
    /// The places where the shorter vector lies within the longer one.
    Valid,
}

impl std::str::FromStr for Overlap {
    type Err = Error;

    fn from_str(mode: &str) -> Result<Overlap> {
        match mode {
            "full" => Ok(Overlap::Full),
            "same" => Ok(Overlap::Same),
            "valid" => Ok(Overlap::Valid),
            _ => Err(Error::Value(format!("expected the mode 'full', 'same' or 'valid', found '{mode}'"))),
        }
    }
}

/// Element `i` of the result is the sum over `k` of `a[i + k - before] * v[k]`, where `a` has that element.
#[derive(Clone, Debug)]
struct Correlate {
    before: u64,
    /// Lengths of `a` and `v`.
    lengths: [u64; 2],
    /// The types of sums and of the result.
    sums: DType,
    dtype: DType,
}

impl Expr {
    /// The discrete convolution of two vectors, as NumPy's `convolve`.
    ///
    /// # Errors
    /// When an array is empty or has not one axis.
    pub fn convolve(&self, other: &Expr, mode: Overlap) -> Result<Expr> {
        let [a, v] = [vector(self, true)?, vector(other, true)?];
        let (a, v) = if v.shape()[0] > a.shape()[0] { (v, a) } else { (a, v) };
        slide(&a, &v.flip(None)?, mode)
    }

    /// The cross-correlation of two vectors, as NumPy's `correlate`: the sum over n of a[n + k] conj(v[n]).
    ///
    /// # Errors
    /// When an array is empty or has not one axis.
    pub fn correlate(&self, other: &Expr, mode: Overlap) -> Result<Expr> {
        let [a, v] = [vector(self, false)?, vector(other, false)?];
        let v = v.conjugated()?;
        match v.shape()[0] > a.shape()[0] {
            true => slide(&v, &a, mode)?.flip(None),
            false => slide(&a, &v, mode),
        }
    }
}

/// An array of one axis. NumPy's `convolve` counts a number as one, and its `correlate` does not.
fn vector(x: &Expr, numbers: bool) -> Result<Expr> {
    let x = x.typed()?;
    match x.shape() {
        [] if numbers => x.expand_dims(&[0]),
        [0] => Err(Error::Shape("a vector that slides along another cannot be empty".into())),
        [_] => Ok(x),
        shape => Err(Error::Shape(format!("expected an array of one axis, found shape {}", show(shape)))),
    }
}

/// The sums of products of `a` with `v`, which is not longer.
fn slide(a: &Expr, v: &Expr, mode: Overlap) -> Result<Expr> {
    let dtype = promote::result_type(&[a.operand(), v.operand()])?;
    if !dtype.kind().is_number() {
        return Err(promote::no_loop("correlate", &[a.operand(), v.operand()], "").into());
    }
    let (n, m) = (a.shape()[0], v.shape()[0]);
    let (before, length) = match mode {
        Overlap::Full => (m - 1, n.saturating_add(m - 1)),
        Overlap::Same => (m / 2, n),
        Overlap::Valid => (0, n - m + 1),
    };
    elements(&[length])?;
    let sums = summed_in(dtype);
    let correlate = Correlate { before, lengths: [n, m], sums, dtype };
    Ok(Expr::output(correlate, vec![a.cast(dtype)?, v.cast(dtype)?], dtype, vec![length]))
}

/// The type of the sums: small floats are added up in single precision.
fn summed_in(dtype: DType) -> DType {
    if matches!(dtype, DType::F16 | DType::BF16) { DType::F32 } else { dtype }
}

impl Operator for Correlate {
    fn name(&self) -> &'static str {
        "correlate"
    }

    fn key(&self) -> Vec<u8> {
        self.before.to_le_bytes().to_vec()
    }

    fn feed_type(&self, input: DType) -> DType {
        summed_in(input)
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Derive for Correlate {
    fn reads(&self, _: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        let [n, m] = self.lengths;
        let piece = PIECE.min(m);
        let of = of.iter().product::<u64>();
        vec![vec![of.saturating_add(piece - 1).min(n)], vec![piece]]
    }

    fn scratch(&self, feeds: &[Program], of: &[u64]) -> u64 {
        let boxes = self.reads(feeds, of).concat().iter().sum::<u64>() + of.iter().product::<u64>();
        (boxes + 2 * BLOCK as u64).saturating_mul(self.sums.size() as u64)
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let ([a, v], &[start], &[count]) = (feeds, start, shape) else {
            return Err(Error::Other("a correlation has two inputs of one axis".into()));
        };
        let item = self.sums.size();
        let [n, m] = self.lengths;
        let mut room = Buffer::default();
        let wide = self.sums != self.dtype;
        let sums = if wide { room.reserve(count as usize * item)? } else { &mut *out };
        sums.fill(0);
        let mut window = Buffer::default();
        let mut piece = Buffer::default();
        let mut add = Adder::new(self.sums)?;
        for first in (0..m).step_by(PIECE as usize) {
            let terms = PIECE.min(m - first);
            let piece = piece.reserve(terms as usize * item)?;
            v.fill(&[first], &[terms], piece)?;
            // element i of this box meets a[i + k + shift] in term k of the piece
            let shift = (start + first) as i64 - self.before as i64;
            let low = shift.clamp(0, n as i64) as u64;
            let high = (shift + (count + terms - 1) as i64).clamp(0, n as i64) as u64;
            if low >= high {
                continue;
            }
            let window = window.reserve((high - low) as usize * item)?;
            a.fill(&[low], &[high - low], window)?;
            for block in (0..count as usize).step_by(BLOCK) {
                let end = (block + BLOCK).min(count as usize);
                for (k, term) in piece.chunks_exact(item).enumerate() {
                    // the elements of the block that meet one
                    let meets = |i: i64| (i - shift - k as i64).clamp(block as i64, end as i64) as usize;
                    let (from, to) = (meets(low as i64), meets(high as i64));
                    if from < to {
                        let at = (from as i64 + k as i64 + shift - low as i64) as usize * item;
                        let elements = window.get(at..at + (to - from) * item).unwrap_or_default();
                        let sums = sums.get_mut(from * item..to * item).unwrap_or_default();
                        add.product(elements, term, sums)?;
                    }
                }
            }
        }
        match wide {
            true => kernels::cast(self.sums, self.dtype)
                .ok_or_else(|| Error::internal("no cast of sums"))?
                .run(&[Arg::Block(room.bytes())], out),
            false => Ok(()),
        }
    }
}

/// Adds products to sums.
struct Adder {
    multiply: Kernel,
    add: Kernel,
    products: Buffer,
    before: Buffer,
}

impl Adder {
    fn new(dtype: DType) -> Result<Adder> {
        let kernel = |op| {
            let kernel = kernels::bind(op, &[dtype.into(); 2]);
            kernel.ok_or_else(|| Error::Other(format!("{dtype} has no sums of products")))
        };
        let (multiply, add) = (kernel(Op::Multiply)?, kernel(Op::Add)?);
        Ok(Adder { multiply, add, products: Buffer::default(), before: Buffer::default() })
    }

    fn product(&mut self, elements: &[u8], factor: &[u8], sums: &mut [u8]) -> Result<()> {
        let products = self.products.reserve(sums.len())?;
        self.multiply.run(&[Arg::Block(elements), Arg::Scalar(factor)], products)?;
        let before = self.before.reserve(sums.len())?;
        before.copy_from_slice(sums);
        self.add.run(&[Arg::Block(before), Arg::Block(products)], sums)
    }
}
