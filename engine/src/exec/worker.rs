//! Evaluating a program over a tile, block by block.
//!
//! A tile is cut into *pieces*, within which every input lies in one chunk. A piece is cut into *blocks*, so small that
//! all registers of the program stay in cache. A block is a box of the piece whose elements are contiguous in every
//! register: a contiguous input is read in place, any other is packed first.

use std::sync::Arc;

use arrstore_format::strided;

use super::fold::{Fold, Place, States, has_rows};
use super::input::InputCache;
use super::input::{Input, Window};
use super::loops::{Layout, Loops, Steps, layout};
use super::pieces::{each_block, each_piece};
use super::registers::{Values, prepare, shifted};
use crate::kernels::Arg;
use crate::program::{Load, Program, Reg};
use crate::source::Source;
use crate::{Buffer, Context, Result};

/// Elements of a block, and of a block of an input that is folded as it is.
const BLOCKS: [usize; 2] = [4096, 32_768];
/// Blocks of elements with more bytes than any number has fewer of them.
const WIDEST: usize = 16;
/// The most operands of an operation.
const OPERANDS: usize = 4;

/// Elements of a program's blocks; no more than it has in all.
fn blocks(program: &Program) -> [usize; 2] {
    let item = program.widest().max(WIDEST);
    let all = program.domain.iter().copied().fold(1, u64::saturating_mul);
    let most = usize::try_from(all).unwrap_or(usize::MAX);
    BLOCKS.map(|elements| (elements * WIDEST / item).min(most).max(1))
}

/// The destination of an output of a program over a tile.
pub(super) enum Out<'a> {
    /// Its elements go to a box in memory; one byte stride for each axis of the domain.
    Fill { bytes: &'a mut [u8], strides: Vec<isize>, item: usize },
    /// It is folded into states.
    Fold { fold: Fold<'a>, states: &'a mut States },
}

/// One thread's means to evaluate a program.
pub(super) struct Worker<'p> {
    program: &'p Program,
    /// Axes of the domain in the order of the loops.
    order: &'p [usize],
    /// The greatest length of a piece along each axis; axes past the end of the slice have no limit.
    longest: &'p [u64],
    inputs: Vec<Input<'p>>,
    packs: Vec<Buffer>,
    slots: Vec<Buffer>,
    /// For each step, whether its result was one element for the whole block.
    scalar: Vec<bool>,
    /// For each step, the output that only this step makes and that nothing else reads: the step may write it in place.
    direct: Vec<Option<usize>>,
}

/// A box of the domain.
struct Piece {
    start: Vec<u64>,
    shape: Vec<u64>,
}

impl<'p> Worker<'p> {
    pub(super) fn new(
        program: &'p Program,
        order: &'p [usize],
        longest: &'p [u64],
        sources: &'p [Arc<dyn Source + 'p>],
        context: &'p Context,
        shared: &'p InputCache,
    ) -> Result<Worker<'p>> {
        let input =
            |(k, s): (usize, &'p Arc<dyn Source + 'p>)| Input::new(k, program, s.as_ref(), context, shared);
        let inputs = sources.iter().enumerate().map(input).collect();
        let [block, _] = blocks(program);
        let mut slots = Vec::new();
        for _ in 0..program.slots {
            slots.push(Buffer::unfilled(block * program.widest())?);
        }
        let packs = sources.iter().map(|_| Buffer::default()).collect();
        let (scalar, direct) = (vec![false; program.steps.len()], direct_outputs(program));
        Ok(Worker { program, order, longest, inputs, packs, slots, scalar, direct })
    }

    /// Bytes that [`Worker::new`] and packed blocks take, without chunks. `folds_inputs` says whether an input is folded
    /// as it is: its blocks are larger.
    pub(super) fn bytes(program: &Program, folds_inputs: bool) -> u64 {
        let [block, fold_block] = blocks(program);
        let pack = if folds_inputs { fold_block } else { block };
        let slots = program.slots * block * program.widest();
        let packs: usize = program.loads.iter().map(|l| l.dtype.size() * pack).sum();
        (slots + packs) as u64
    }

    /// An input.
    pub(super) fn input(&mut self, number: usize) -> Option<&mut Input<'p>> {
        self.inputs.get_mut(number)
    }

    /// Reads few elements of the inputs: see [`Input::sparing`].
    pub(super) fn sparing(&mut self) {
        self.inputs.iter_mut().for_each(Input::sparing);
    }

    /// Has the disk bring the stored bytes of boxes of the inputs, all at once, unless the first box is in memory.
    pub(super) fn bring(
        &mut self,
        boxes: &(impl Iterator<Item = (Vec<u64>, Vec<u64>)> + Clone),
    ) -> Result<()> {
        let Worker { program, order, longest, inputs, .. } = self;
        for input in inputs {
            if !boxes.clone().next().map_or(Ok(false), |(start, _)| input.misses(&start))? {
                continue;
            }
            for (start, shape) in boxes.clone() {
                each_piece(program, order, longest, &start, &shape, |start, shape| {
                    input.bring(start, shape)
                })?;
            }
        }
        Ok(())
    }

    /// Evaluates the program over the box of `shape` at `start`; `outs` are its outputs, in order.
    pub(super) fn tile(&mut self, start: &[u64], shape: &[u64], outs: &mut [Out<'_>]) -> Result<()> {
        if shape.contains(&0) {
            return Ok(());
        }
        let (program, order, longest) = (self.program, self.order, self.longest);
        each_piece(program, order, longest, start, shape, |from, piece| {
            self.piece(start, &Piece { start: from.to_vec(), shape: piece.to_vec() }, outs)
        })
    }

    fn piece(&mut self, tile: &[u64], piece: &Piece, outs: &mut [Out<'_>]) -> Result<()> {
        for input in &mut self.inputs {
            input.seek(&piece.start, &piece.shape)?;
        }
        if self.is_copy(outs) {
            self.copy(tile, piece, outs)?;
        } else {
            let loops = self.loops(piece, outs);
            self.blocks(tile, piece, &loops, outs)?;
        }
        self.inputs.iter_mut().for_each(Input::pass);
        Ok(())
    }

    /// Whether the program moves elements and computes nothing.
    fn is_copy(&self, outs: &[Out<'_>]) -> bool {
        self.program.steps.is_empty()
            && outs.iter().all(|o| matches!(o, Out::Fill { .. }))
            && self.program.outputs.iter().all(|r| matches!(r, Reg::Load(_)))
    }

    /// Moves a piece from inputs to outputs.
    fn copy(&self, tile: &[u64], piece: &Piece, outs: &mut [Out<'_>]) -> Result<()> {
        let shape: Vec<usize> = piece.shape.iter().map(|&n| n as usize).collect();
        for (reg, out) in self.program.outputs.iter().zip(outs) {
            let (Reg::Load(k), Out::Fill { bytes, strides, item }) = (reg, out) else { continue };
            let input = &self.inputs[*k];
            input.check_all()?;
            let to = origin(tile, &piece.start, strides);
            match input.window() {
                Window::Constant(value) => {
                    let none = vec![0; shape.len()];
                    strided::copy(*item, &shape, value, 0, &none, bytes, to, strides);
                }
                Window::Strided { bytes: from, offset, strides: steps } => {
                    strided::copy(*item, &shape, from, offset, steps, bytes, to, strides);
                }
            }
        }
        Ok(())
    }

    /// The loops over a piece. A pass that reduces joins no loops, and treats a chunk of one value as any other. So the
    /// blocks that reach a reduction depend neither on the pass' other outputs nor on the data.
    fn loops(&self, piece: &Piece, outs: &[Out<'_>]) -> Loops {
        let axes: Vec<usize> = self.order.iter().copied().filter(|&k| piece.shape[k] > 1).collect();
        let pick = |s: &[isize]| axes.iter().map(|&k| s[k]).collect::<Vec<_>>();
        let in_chunk = |load: &Load| -> Vec<isize> {
            axes.iter().map(|&k| load.stride[k] * load.dtype.size() as isize).collect()
        };
        let of_input = |(input, load): (&Input<'_>, &Load)| match input.window() {
            Window::Constant(_) => in_chunk(load),
            Window::Strided { strides, .. } => pick(strides),
        };
        let folds = outs.iter().any(|out| matches!(out, Out::Fold { .. }));
        let of_out = |out: &Out<'_>| match out {
            Out::Fill { strides, .. } => Steps::Fill(pick(strides)),
            Out::Fold { fold, .. } => Steps::Fold(axes.iter().map(|&k| fold.step(k)).collect()),
        };
        let columns = outs.iter().find_map(|out| match out {
            Out::Fill { .. } => None,
            Out::Fold { fold, .. } => fold.by_column(),
        });
        let mut loops = Loops {
            columns: columns.map(|(rows, n)| (axes.iter().position(|&k| k == rows), n)),
            extent: axes.iter().map(|&k| piece.shape[k] as usize).collect(),
            inputs: self.inputs.iter().zip(&self.program.loads).map(of_input).collect(),
            stored: folds.then(|| self.program.loads.iter().map(in_chunk).collect()),
            outs: outs.iter().map(of_out).collect(),
        };
        if folds {
            return loops;
        }
        for k in (0..axes.len().saturating_sub(1)).rev() {
            if loops.can_join(k) {
                loops.join(k);
            }
        }
        loops
    }

    /// Evaluates a piece block by block. Inputs that are folded as they are come in large blocks. Computed values come
    /// in small blocks, many to a large one. The cut of either kind does not depend on the presence of the other.
    fn blocks(&mut self, tile: &[u64], piece: &Piece, loops: &Loops, outs: &mut [Out<'_>]) -> Result<()> {
        let [small, large] = loops.blocks(blocks(self.program), &self.item_sizes());
        let places: Vec<Spot> = outs
            .iter()
            .map(|out| match out {
                Out::Fill { strides, .. } => Spot::Fill(origin(tile, &piece.start, strides)),
                Out::Fold { fold, .. } => Spot::Fold(fold.place(tile, &piece.start, &piece.shape)),
            })
            .collect();
        let plain = |(out, reg): (&Out<'_>, &Reg)| matches!((out, reg), (Out::Fold { .. }, Reg::Load(_)));
        let plain: Vec<bool> = outs.iter().zip(&self.program.outputs).map(plain).collect();
        let start = vec![0; loops.extent.len()];
        if !plain.contains(&true) {
            return each_block(&start, &loops.extent, &small, |at, shape| {
                self.block(at, shape, loops, outs, &places, |_| true)
            });
        }
        each_block(&start, &loops.extent, &large, |at, shape| {
            if plain.contains(&false) {
                let end: Vec<usize> = at.iter().zip(shape).map(|(a, n)| a + n).collect();
                each_block(at, &end, &small, |at, shape| {
                    self.block(at, shape, loops, outs, &places, |o| !plain[o])
                })?;
            }
            self.block(at, shape, loops, outs, &places, |o| plain[o])
        })
    }

    fn item_sizes(&self) -> Vec<usize> {
        self.program.loads.iter().map(|l| l.dtype.size()).collect()
    }

    /// Evaluates one block for the outputs that `takes` selects.
    #[allow(clippy::too_many_arguments)]
    fn block(
        &mut self,
        at: &[usize],
        shape: &[usize],
        loops: &Loops,
        outs: &mut [Out<'_>],
        places: &[Spot],
        takes: impl Fn(usize) -> bool,
    ) -> Result<()> {
        let n: usize = shape.iter().product();
        let Worker { program, inputs, packs, slots, scalar, direct, .. } = self;
        let takes_rows = |o: usize| match (&loops.outs[o], program.outputs[o]) {
            (Steps::Fold(steps), Reg::Load(_)) => has_rows(steps, shape),
            _ => false,
        };
        let rows = loops.stored.is_some() && (0..outs.len()).filter(|&o| takes(o)).all(takes_rows);
        let computes = (0..outs.len()).any(|o| takes(o) && matches!(program.outputs[o], Reg::Step(_)));
        let items = program.loads.iter().map(|l| l.dtype.size());
        for (((input, pack), strides), item) in
            inputs.iter().zip(packs.iter_mut()).zip(&loops.inputs).zip(items)
        {
            prepare(input, pack, strides, item, at, shape, rows)?;
        }
        let values = Values { program, inputs, packs, loops, at, shape, n, apart: rows };
        for (k, step) in program.steps.iter().enumerate().filter(|_| computes) {
            let mut slot = std::mem::take(&mut slots[step.slot]);
            let mut args = [Arg::Scalar(&[]); OPERANDS];
            let args = &mut args[..step.args.len().min(OPERANDS)];
            for (arg, &reg) in args.iter_mut().zip(&step.args) {
                *arg = values.get(reg, slots, scalar);
            }
            scalar[k] = args.iter().all(|a| matches!(a, Arg::Scalar(_)));
            let size = step.dtype.size();
            let target = direct[k].and_then(|o| match (&mut outs[o], &loops.outs[o], places[o]) {
                (Out::Fill { bytes, .. }, Steps::Fill(strides), Spot::Fill(origin))
                    if !scalar[k] && layout(strides, shape, size) == Layout::Contiguous =>
                {
                    let to = shifted(origin, at, strides);
                    bytes.get_mut(to..to + n * size)
                }
                _ => None,
            });
            let done = match target {
                Some(out) => step.kernel.run(args, out),
                None => {
                    let count = if scalar[k] { 1 } else { n };
                    step.kernel.run(args, &mut slot.bytes_mut()[..count * size])
                }
            };
            slots[step.slot] = slot;
            done?;
        }
        for (o, (out, steps)) in outs.iter_mut().zip(&loops.outs).enumerate().filter(|(o, _)| takes(*o)) {
            match (out, steps, places[o]) {
                (Out::Fill { bytes, item, .. }, Steps::Fill(strides), Spot::Fill(origin)) => {
                    if let Reg::Step(k) = program.outputs[o]
                        && direct[k].is_some()
                        && !scalar[k]
                        && layout(strides, shape, *item) == Layout::Contiguous
                    {
                        continue;
                    }
                    let to = shifted(origin, at, strides);
                    match values.get(program.outputs[o], slots, scalar) {
                        Arg::Scalar(one) => {
                            let none = vec![0; shape.len()];
                            strided::copy(*item, shape, one, 0, &none, bytes, to, strides);
                        }
                        Arg::Block(block) => {
                            let from = strided::c_strides(shape, *item);
                            strided::copy(*item, shape, block, 0, &from, bytes, to, strides);
                        }
                    }
                }
                (Out::Fold { fold, states }, Steps::Fold(steps), Spot::Fold(place)) => {
                    let block = values.rows(program.outputs[o], slots, scalar);
                    fold.block(block, at, shape, steps, place, states);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// For each step of a program, the output that only this step makes and that nothing else reads.
fn direct_outputs(program: &Program) -> Vec<Option<usize>> {
    let mut uses = vec![0usize; program.steps.len()];
    let mut direct = vec![None; program.steps.len()];
    let mut count = |reg: &Reg, by: usize| {
        if let Reg::Step(step) = *reg {
            uses[step] += by;
        }
    };
    // a read counts as two outputs do
    program.steps.iter().flat_map(|step| &step.args).for_each(|reg| count(reg, 2));
    program.outputs.iter().for_each(|reg| count(reg, 1));
    for (number, reg) in program.outputs.iter().enumerate() {
        if let Reg::Step(step) = *reg
            && uses.get(step) == Some(&1)
        {
            direct[step] = Some(number);
        }
    }
    direct
}

/// The start of an output of a piece.
#[derive(Clone, Copy)]
enum Spot {
    /// At this byte of a box in memory.
    Fill(usize),
    Fold(Place),
}

/// The byte in an output of the first element of a piece.
fn origin(tile: &[u64], start: &[u64], strides: &[isize]) -> usize {
    let ahead = start.iter().zip(tile).zip(strides).map(|((s, t), stride)| (s - t) as isize * stride);
    ahead.sum::<isize>() as usize
}
