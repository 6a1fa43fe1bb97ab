//! The registers of a program at a block: inputs in place or packed, constants, and the results of steps.

use arrstore_format::strided;

use super::input::{Input, Window};
use super::loops::{Layout, Loops, is_aligned, layout};
use crate::kernels::{Arg, Block};
use crate::program::{Program, Reg};
use crate::{Buffer, Result};

/// The registers at a block.
pub(super) struct Values<'a> {
    pub(super) program: &'a Program,
    pub(super) inputs: &'a [Input<'a>],
    pub(super) packs: &'a [Buffer],
    pub(super) loops: &'a Loops,
    pub(super) at: &'a [usize],
    pub(super) shape: &'a [usize],
    /// Elements of the block.
    pub(super) n: usize,
    /// Whether the block is for folds of inputs alone, which take rows that lie apart.
    pub(super) apart: bool,
}

impl<'a> Values<'a> {
    /// A register; `slots` hold the results of steps, `scalar` says which are one element.
    pub(super) fn get<'b>(&self, reg: Reg, slots: &'b [Buffer], scalar: &[bool]) -> Arg<'b>
    where
        'a: 'b,
    {
        match reg {
            Reg::Load(k) => self.load(k),
            Reg::Const(c) => Arg::Scalar(&self.program.consts[c]),
            Reg::Step(s) => {
                let from = &self.program.steps[s];
                let (item, bytes) = (from.dtype.size(), slots[from.slot].bytes());
                match scalar[s] {
                    true => Arg::Scalar(part(bytes, 0, item)),
                    false => Arg::Block(part(bytes, 0, self.n * item)),
                }
            }
        }
    }

    /// A register as rows for a fold.
    pub(super) fn rows<'b>(&self, reg: Reg, slots: &'b [Buffer], scalar: &[bool]) -> Block<'b>
    where
        'a: 'b,
    {
        if let (true, Reg::Load(k)) = (self.apart, reg)
            && let Window::Strided { bytes, offset, .. } = self.inputs[k].window()
        {
            let (strides, item) = (&self.loops.inputs[k], self.program.loads[k].dtype.size());
            let first = shifted(offset, self.at, strides);
            if let Some(stride) = row_stride(strides, self.shape, item, is_aligned(bytes, first, item)) {
                let cols = self.shape.iter().rev().find(|n| **n > 1).copied().unwrap_or(1);
                let len = ((self.n / cols - 1) * stride + cols) * item;
                return Block { values: Arg::Block(part(bytes, first, len)), stride: Some(stride) };
            }
        }
        Block { values: self.get(reg, slots, scalar), stride: None }
    }

    fn load(&self, k: usize) -> Arg<'a> {
        let item = self.program.loads[k].dtype.size();
        match self.inputs[k].window() {
            Window::Constant(value) => Arg::Scalar(value),
            Window::Strided { bytes, offset, .. } => {
                let strides = &self.loops.inputs[k];
                let first = shifted(offset, self.at, strides);
                match layout(strides, self.shape, item) {
                    Layout::Scalar => Arg::Scalar(part(bytes, first, item)),
                    Layout::Contiguous if is_aligned(bytes, first, item) => {
                        Arg::Block(part(bytes, first, self.n * item))
                    }
                    _ => Arg::Block(part(self.packs[k].bytes(), 0, self.n * item)),
                }
            }
        }
    }
}

/// Checks a block of an input, and packs it if it cannot be read as it lies.
pub(super) fn prepare(
    input: &Input<'_>,
    pack: &mut Buffer,
    strides: &[isize],
    item: usize,
    at: &[usize],
    shape: &[usize],
    apart: bool,
) -> Result<()> {
    let Window::Strided { bytes, offset, .. } = input.window() else { return Ok(()) };
    let first = shifted(offset, at, strides);
    let reach = |s: &isize, n: &usize| s.unsigned_abs() * (n - 1);
    let (mut before, mut after) = (0, 0);
    for (s, n) in strides.iter().zip(shape) {
        if *s < 0 { before += reach(s, n) } else { after += reach(s, n) }
    }
    input.check_read(first.saturating_sub(before)..first + after + item)?;
    if apart && row_stride(strides, shape, item, is_aligned(bytes, first, item)).is_some() {
        return Ok(());
    }
    let layout = layout(strides, shape, item);
    if layout == Layout::Scattered || (layout == Layout::Contiguous && !is_aligned(bytes, first, item)) {
        let n: usize = shape.iter().product();
        let to = strided::c_strides(shape, item);
        strided::copy(item, shape, bytes, first, strides, pack.reserve(n * item)?, 0, &to);
    }
    Ok(())
}

/// The number of elements from row to row, for a block of two axes whose rows are contiguous and lie apart.
fn row_stride(strides: &[isize], shape: &[usize], item: usize, aligned: bool) -> Option<usize> {
    let mut axes = strides.iter().zip(shape).filter(|(_, n)| **n > 1);
    let (&(outer, _), &(inner, &cols)) = (&axes.next()?, &axes.next()?);
    let stride = usize::try_from(*outer).ok()? / item;
    let two = axes.next().is_none() && *inner == item as isize && *outer as usize == stride * item;
    (two && aligned && stride > cols).then_some(stride)
}

/// The byte of an element.
pub(super) fn shifted(offset: usize, at: &[usize], strides: &[isize]) -> usize {
    let ahead: isize = at.iter().zip(strides).map(|(&i, s)| i as isize * s).sum();
    offset.wrapping_add_signed(ahead)
}

fn part(bytes: &[u8], from: usize, len: usize) -> &[u8] {
    bytes.get(from..from + len).unwrap_or(&[])
}
