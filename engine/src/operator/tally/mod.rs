//! Tallies: how often each number occurs, or the sum of the weights that belong to it.
//!
//! Counts are integers, so each thread has a table of its own. Weights are added in the order of the elements, as in
//! NumPy: threads read and compute tiles side by side, and add them one after the other. If the tables do not fit in
//! memory, ranges of numbers are tallied one after the other, each in a pass.

mod sums;

use std::sync::{Mutex, PoisonError};

use super::{Operator, Output};
use crate::exec::{Feed, Fit, InOrder, Reader, Room, Run, Stage, Told, Turns, deliver, tile_index};
use crate::expr::Expr;
use crate::kernels::Counts;
use crate::profile::Work;
use crate::program::Program;
use crate::program::tiles::{Tiles, rows};
use crate::source::bytes;
use crate::{Buffer, DType, Error, Result};
use sums::Sums;

/// Elements that are read at a time. They stay in the second cache.
const BOX: u64 = 1 << 16;

/// Elements whose weights a histogram of NumPy adds by themselves, before it adds their sums.
const BLOCK: u64 = 1 << 16;

/// The things that are tallied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tally {
    /// The number of elements, as `int64`.
    Counts,
    /// The sum of the weights, in `float64`.
    Weights,
    /// The sum of the weights of each block of elements, as NumPy's `histogram` has it. The sum of a block is added to
    /// the result in the type of the result, or else, if it is `wide`, in `float64`.
    Blocks { wide: bool },
}

impl Expr {
    /// How often each number from 0 on occurs in this array of `int64`: as many numbers as an array of `shape` has
    /// elements, in C order. Other numbers count nowhere.
    pub(crate) fn tally(&self, shape: &[u64]) -> Result<Expr> {
        bytes(8, shape)?;
        Ok(Expr::output(Tally::Counts, vec![self.cast(DType::I64)?], DType::I64, shape.to_vec()))
    }

    /// As [`Expr::tally`], but the sum of the weights at the places where a number occurs. The result has the type
    /// `dtype`.
    pub(crate) fn tally_weights(
        &self,
        weights: &Expr,
        shape: &[u64],
        tally: Tally,
        dtype: DType,
    ) -> Result<Expr> {
        bytes(8, shape)?;
        let inputs = vec![self.cast(DType::I64)?, weights.cast(DType::F64)?.broadcast_to(self.shape())?];
        Ok(Expr::output(tally, inputs, dtype, shape.to_vec()))
    }
}

impl Operator for Tally {
    fn name(&self) -> &'static str {
        "tally"
    }

    fn key(&self) -> Vec<u8> {
        vec![match self {
            Tally::Counts => 0,
            Tally::Weights => 1,
            Tally::Blocks { wide: false } => 2,
            Tally::Blocks { wide: true } => 3,
        }]
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let wrong = || Error::Other("a tally has numbers, perhaps weights, and one output".into());
        let [output] = outputs else { return Err(wrong()) };
        let mut feeds = feeds.into_iter();
        let (numbers, weights) = (feeds.next().ok_or_else(wrong)?, feeds.next());
        let domain = &numbers.domain;
        let tiles = match weights {
            None => Tiles::of_program(&numbers),
            Some(_) => Tiles::regular(domain, &rows(domain, BOX)),
        };
        Ok(Box::new(Tallying {
            tally: *self,
            numbers,
            weights,
            length: output.shape.first().copied().unwrap_or(1),
            row: output.shape.iter().skip(1).product(),
            output: output.clone(),
            tiles,
            threads: 1,
        }))
    }
}

/// A tally that is planned.
#[derive(Debug)]
struct Tallying {
    tally: Tally,
    numbers: Program,
    weights: Option<Program>,
    output: Output,
    tiles: Tiles,
    threads: u64,
    /// Rows of the result that are tallied in one pass.
    length: u64,
    /// Numbers of a row of the result: all axes but the first.
    row: u64,
}

impl Stage for Tallying {
    fn feeds(&self) -> Vec<&Program> {
        std::iter::once(&self.numbers).chain(&self.weights).collect()
    }

    fn fit(&mut self, room: Room) -> Fit {
        loop {
            let (each, once) = self.bytes();
            self.threads = room.free.saturating_sub(once) / each.max(1);
            self.threads = self.threads.min(room.threads).min(self.tiles.len().max(1));
            if self.threads > 0 {
                return Fit::Takes(once + self.threads * each);
            }
            if self.length <= 1 {
                return Fit::Needs(once + each);
            }
            self.length = self.length.div_ceil(2);
        }
    }

    fn work(&self) -> u64 {
        self.numbers.elements()
    }

    fn open(&self, _: usize, _: u64) -> Option<Vec<u64>> {
        Some(self.boxed(self.length))
    }

    fn explain(&self) -> Told {
        Told {
            kind: "tally",
            steps: vec![format!(
                "{} of {} number(s)",
                if self.weights.is_some() { "the weights" } else { "how often each" },
                self.output.shape.iter().product::<u64>()
            )],
            domain: self.numbers.domain.clone(),
            tiles: self.tiles.len(),
            tile: self.tiles.extents(),
            threads: self.threads,
            reads: self.feeds().into_iter().map(Program::bytes_read).collect(),
            passes: self.output.shape.first().map_or(1, |n| n.div_ceil(self.length.max(1))),
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let ([numbers, ..], [sink]) = (run.sources, run.sinks) else {
            return Err(Error::Other("a tally has numbers, perhaps weights, and one output".into()));
        };
        let numbers = Feed::new(&self.numbers, numbers, run.context, false);
        let weights = self.weights.as_ref().zip(run.sources.get(1));
        let weights = weights.map(|(program, sources)| Feed::new(program, sources, run.context, false));
        let ranges = Tiles::regular(&self.output.shape, &self.boxed(self.length.max(1)));
        let order: Vec<usize> = (0..self.output.shape.len()).collect();
        deliver(sink.as_ref(), &ranges, run.context, |give| {
            (0..ranges.len()).try_for_each(|number| {
                let (start, shape) = ranges.tile(&tile_index(&ranges, &order, number));
                let range = (start.first().map_or(0, |row| row * self.row), shape.iter().product());
                let done = |elements| {
                    if number == 0 {
                        (run.done)(elements);
                    }
                };
                let found = match &weights {
                    None => self.counted(&numbers, range, run, &done),
                    Some(weights) => self.weighed(&numbers, weights, range, run, &done),
                };
                give(&start, &shape, &found?)
            })
        })
    }
}

impl Tallying {
    /// The box that is read at a time.
    fn part(&self) -> Vec<u64> {
        rows(&self.tiles.extents(), BOX)
    }

    /// The shape of some rows of the result.
    fn boxed(&self, rows: u64) -> Vec<u64> {
        let inner = self.output.shape.iter().skip(1).copied();
        self.output.shape.first().map(|_| rows).into_iter().chain(inner).collect()
    }

    /// Bytes of each thread, and bytes taken once.
    fn bytes(&self) -> (u64, u64) {
        let part = self.part();
        let feeds: u64 = self.feeds().into_iter().map(|feed| Feed::bytes(feed, &part)).sum();
        let boxed = part.iter().product::<u64>() * 8;
        let written = &self.output.written;
        let length = self.length.saturating_mul(self.row);
        let copies = if written.copies { 3 } else { 2 };
        let result = length.saturating_mul(copies * written.item.max(8)) + written.scratch;
        match self.tally {
            Tally::Counts => (feeds + boxed + Counts::bytes(length), result),
            // sums, and those of a block and of the blocks before in the type that they are added in
            _ => (feeds + 2 * boxed, result + length.saturating_mul(40)),
        }
    }

    /// Counts the numbers of a range.
    fn counted(
        &self,
        numbers: &Feed<'_>,
        (first, length): (u64, u64),
        run: &Run<'_>,
        done: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<u8>> {
        let total = Mutex::new(vec![0_i64; length as usize]);
        let (turns, order) =
            (Turns::new(self.tiles.len()), (0..self.tiles.borders.len()).collect::<Vec<_>>());
        let part = self.part();
        turns.run(self.threads, run.context, || {
            let (mut reader, mut buffer) = (numbers.reader(), Buffer::default());
            let mut counts = Counts::new(first, length);
            while let Some(number) = turns.take(run.context)? {
                let (start, shape) = self.tiles.tile(&tile_index(&self.tiles, &order, number));
                let elements = shape.iter().product::<u64>();
                let parts = Tiles::regular(&shape, &part);
                run.context.record(Work::Tile, 1, elements, || {
                    (0..parts.len()).try_for_each(|number| {
                        let (from, shape) = parts.tile(&tile_index(&parts, &order, number));
                        let from: Vec<u64> = from.iter().zip(&start).map(|(f, s)| f + s).collect();
                        let bytes = read(&mut reader, &from, &shape, &mut buffer)?;
                        counts.count(bytemuck::cast_slice(bytes));
                        Ok::<(), Error>(())
                    })
                })?;
                done(elements);
            }
            counts.add_to(&mut total.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(())
        })?;
        let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(bytemuck::cast_slice(&total).to_vec())
    }

    /// Adds the weights of the numbers of a range.
    fn weighed(
        &self,
        numbers: &Feed<'_>,
        weights: &Feed<'_>,
        (first, length): (u64, u64),
        run: &Run<'_>,
        done: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<u8>> {
        let sums = InOrder::new(Sums::new(self.tally, self.output.dtype, first, length)?);
        let turns = Turns::new(self.tiles.len());
        let order: Vec<usize> = (0..self.tiles.borders.len()).collect();
        turns.run(self.threads, run.context, || {
            let mut readers = (numbers.reader(), weights.reader());
            let [mut number_buffer, mut weight_buffer] = std::array::from_fn(|_| Buffer::default());
            while let Some(number) = turns.take(run.context)? {
                let (start, shape) = self.tiles.tile(&tile_index(&self.tiles, &order, number));
                let elements = shape.iter().product::<u64>();
                let (numbers, weights) = run.context.record(Work::Tile, 1, elements, || {
                    let numbers = read(&mut readers.0, &start, &shape, &mut number_buffer)?;
                    let weights = read(&mut readers.1, &start, &shape, &mut weight_buffer)?;
                    Ok::<_, Error>((numbers, weights))
                })?;
                let add =
                    |sums: &mut Sums| sums.add(bytemuck::cast_slice(numbers), bytemuck::cast_slice(weights));
                if !sums.change(number, &turns, add)? {
                    return Ok(());
                }
                done(elements);
            }
            Ok(())
        })?;
        sums.into_inner().result()
    }
}

/// Computes a box into a buffer.
fn read<'b>(
    reader: &mut Reader<'_>,
    start: &[u64],
    shape: &[u64],
    buffer: &'b mut Buffer,
) -> Result<&'b [u8]> {
    let bytes = buffer.reserve(shape.iter().product::<u64>() as usize * 8)?;
    reader.fill(start, shape, bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Context, Plan, Target, Value};

    fn array<T: bytemuck::NoUninit>(dtype: DType, shape: &[u64], elements: &[T]) -> Expr {
        let value = Value::copied_from(dtype, shape, bytemuck::cast_slice(elements)).unwrap();
        Expr::source(Arc::new(value)).unwrap()
    }

    fn compute(expr: &Expr, context: &Context) -> Vec<u8> {
        let plan = Plan::new(&[(expr.clone(), Target::Memory)], context).unwrap();
        assert!(plan.peak() <= context.budget.total());
        plan.run(context).unwrap().pop().flatten().unwrap().bytes().to_vec()
    }

    /// Tables that do not fit are tallied a range at a time. Weights are added in the order of the elements, whatever
    /// the threads and the memory.
    #[test]
    fn memory_and_threads_change_no_bit() {
        let n = 400_000_u64;
        let numbers: Vec<i64> = (0..n as i64).map(|k| k * k % 300_007 - 3).collect();
        let weights: Vec<f64> = (0..n).map(|k| 1.0 / (k + 1) as f64).collect();
        let shape = [400, 1000];
        let (numbers_of, weights_of) =
            (array(DType::I64, &shape, &numbers), array(DType::F64, &shape, &weights));
        for (rows, row) in [(300_000, 1), (600, 500), (7, 3)] {
            let out: &[u64] = if row == 1 { &[rows] } else { &[rows, row] };
            let size = (rows * row) as usize;
            let (mut counts, mut sums) = (vec![0_i64; size], vec![0.0_f64; size]);
            let (mut blocks, mut block) = (vec![0.0_f32; size], vec![0.0_f64; size]);
            for (k, (number, weight)) in numbers.iter().zip(&weights).enumerate() {
                if let Ok(at) = usize::try_from(*number)
                    && at < size
                {
                    counts[at] += 1;
                    sums[at] += weight;
                    block[at] += weight;
                }
                if (k + 1) % BLOCK as usize == 0 || k + 1 == numbers.len() {
                    blocks
                        .iter_mut()
                        .zip(&mut block)
                        .for_each(|(all, one)| *all += std::mem::take(one) as f32);
                }
            }
            let by = |tally, dtype| numbers_of.tally_weights(&weights_of, out, tally, dtype).unwrap();
            for (budget, threads) in [(256 << 20, 2), (64 << 20, 3), (20 << 20, 1)] {
                let context = Context::new(budget, threads);
                let check =
                    |expr: &Expr, wanted: &[u8]| assert!(compute(expr, &context) == wanted, "{out:?}");
                check(&numbers_of.tally(out).unwrap(), bytemuck::cast_slice(&counts));
                check(&by(Tally::Weights, DType::F64), bytemuck::cast_slice(&sums));
                check(&by(Tally::Blocks { wide: false }, DType::F32), bytemuck::cast_slice(&blocks));
            }
        }
    }
}
