//! The greatest or the smallest elements of long lines, in one pass: each thread keeps its best words so far, and passes
//! over all words that are worse than these.

use std::cmp::Ordering;
use std::sync::{Mutex, PoisonError};

use super::SHORT;
use super::line::{BLOCK, Cut, Line};
use crate::exec::{Feed, Fit, Room, Run, Stage, Told, Turns, deliver};
use crate::expr::Expr;
use crate::kernels::order::{Code, Coder, Wanted, Word, code};
use crate::operator::{Operator, Output};
use crate::program::Program;
use crate::program::tiles::Tiles;
use crate::{Buffer, DType, Error, Result};

/// More elements than this are taken from the sorted line.
const MOST: u64 = 1 << 16;

/// The `count` greatest or smallest elements of lines.
#[derive(Clone, Debug)]
struct Top {
    dtype: DType,
    /// The axis of the lines. `None`: all elements are one line.
    axis: Option<usize>,
    count: u64,
    greatest: bool,
}

impl Expr {
    /// The greatest or smallest elements of lines, the most extreme first, if one pass for each line gives them faster
    /// than sorting. `count` is at most the length of a line.
    pub(crate) fn top(&self, count: u64, greatest: bool, axis: Option<usize>) -> Option<Expr> {
        let axis = axis.or((self.ndim() == 1).then_some(0));
        let length = match axis {
            Some(axis) => self.shape()[axis],
            None => self.shape().iter().product(),
        };
        let long = length.saturating_mul(self.dtype().size() as u64) > SHORT;
        if !long || self.has_order_units() || count == 0 || count > MOST.min(length / 4) {
            return None;
        }
        let mut shape = self.shape().to_vec();
        match axis {
            Some(axis) => shape[axis] = count,
            None => shape = vec![count],
        }
        let dtype = self.dtype();
        Some(Expr::output(Top { dtype, axis, count, greatest }, vec![self.clone()], dtype, shape))
    }
}

impl Operator for Top {
    fn name(&self) -> &'static str {
        "topk"
    }

    fn key(&self) -> Vec<u8> {
        let axis = self.axis.map_or(u64::MAX, |axis| axis as u64);
        [&axis.to_le_bytes()[..], &self.count.to_le_bytes(), &[u8::from(self.greatest)]].concat()
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let (Ok([feed]), [output]) = (<[Program; 1]>::try_from(feeds), outputs) else {
            return Err(Error::internal("topk has one input and one output"));
        };
        let (top, output) = (self.clone(), output.clone());
        Ok(match code(self.dtype.into(), Wanted::Values, 0)? {
            Code::Small(coder) => Box::new(Choosing::new(top, coder, feed, output)),
            Code::Middle(coder) => Box::new(Choosing::new(top, coder, feed, output)),
            Code::Large(coder) => Box::new(Choosing::new(top, coder, feed, output)),
            Code::Triple(coder) => Box::new(Choosing::new(top, coder, feed, output)),
        })
    }
}

/// A choice that is planned.
#[derive(Debug)]
struct Choosing<W> {
    top: Top,
    coder: Coder<W>,
    feed: Program,
    output: Output,
    cut: Cut,
    threads: u64,
}

impl<W: Word> Choosing<W> {
    fn new(top: Top, coder: Coder<W>, feed: Program, output: Output) -> Choosing<W> {
        let cut = Cut::of(&feed, top.axis);
        Choosing { top, coder, feed, output, cut, threads: 1 }
    }

    fn extent(&self) -> Vec<u64> {
        self.cut.extent(&self.feed.domain, self.top.axis)
    }

    /// Bytes of each of so many threads, and bytes that all share.
    fn bytes(&self, cut: &Cut, threads: u64) -> (u64, u64) {
        let (extent, written) = (cut.extent(&self.feed.domain, self.top.axis), &self.output.written);
        let piece = extent.iter().product::<u64>() * self.feed.output_size() as u64;
        let words = (2 * self.top.count + 2 * BLOCK as u64) * size_of::<W>() as u64;
        let out = self.top.count * written.item * if written.copies { 2 } else { 1 } + written.scratch;
        // the words of all threads are joined at the end
        let joined = 2 * threads * self.top.count * size_of::<W>() as u64;
        (piece + Feed::bytes(&self.feed, &extent) + words, joined + out)
    }

    /// The order of words, the wanted ones first.
    fn order(&self, a: &W, b: &W) -> Ordering {
        if self.top.greatest { b.cmp(a) } else { a.cmp(b) }
    }

    /// Keeps the best words only, and returns the worst of these.
    fn best(&self, words: &mut Vec<W>) -> Option<W> {
        let count = self.top.count as usize;
        if words.len() < count {
            return None;
        }
        let (_, worst, _) = words.select_nth_unstable_by(count - 1, |a, b| self.order(a, b));
        let worst = *worst;
        words.truncate(count);
        Some(worst)
    }

    /// The best words of a line, in order.
    fn of_line(&self, line: &Line<'_>, feed: &Feed<'_>, run: &Run<'_>) -> Result<Vec<W>> {
        let pieces = line.pieces(&self.cut, &self.feed);
        let (item, greatest) = (self.feed.output_size(), self.top.greatest);
        let all = Mutex::new(Vec::new());
        let turns = Turns::new(pieces.len());
        turns.run(self.threads, run.context, || {
            let (mut reader, mut bytes, mut block) =
                (feed.reader(), Buffer::default(), vec![W::zeroed(); BLOCK]);
            let (mut kept, mut worst) = (Vec::with_capacity(2 * self.top.count as usize + BLOCK), None::<W>);
            while let Some(number) = turns.take(run.context)? {
                let piece = pieces.piece(number);
                piece.read((&mut reader, item), &mut bytes, run, |elements| {
                    piece.words(elements, &*self.coder.encode_signed, &mut block, |words, _| {
                        match worst {
                            Some(worst) if greatest => {
                                kept.extend(words.iter().filter(|word| **word > worst));
                            }
                            Some(worst) => kept.extend(words.iter().filter(|word| **word < worst)),
                            None => kept.extend_from_slice(words),
                        }
                        if kept.len() >= 2 * self.top.count as usize {
                            worst = self.best(&mut kept);
                        }
                        Ok(())
                    })
                })?;
            }
            self.best(&mut kept);
            all.lock().unwrap_or_else(PoisonError::into_inner).append(&mut kept);
            Ok(())
        })?;
        let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.best(&mut all);
        all.sort_unstable_by(|a, b| self.order(a, b));
        Ok(all)
    }
}

impl<W: Word> Stage for Choosing<W> {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.feed]
    }

    fn fit(&mut self, room: Room) -> Fit {
        let (cut, threads, fit) = self.cut.fitted(room, |cut, threads| self.bytes(cut, threads));
        (self.cut, self.threads) = (cut, threads);
        fit
    }

    fn work(&self) -> u64 {
        self.feed.elements()
    }

    fn open(&self, _: usize, _: u64) -> Option<Vec<u64>> {
        self.output.written.chunk.is_some().then(|| self.output.shape.clone())
    }

    fn explain(&self) -> Told {
        let over = self.top.axis.map_or("over all axes".to_owned(), |axis| format!("along axis {axis}"));
        let which = if self.top.greatest { "greatest" } else { "smallest" };
        Told {
            kind: "topk",
            steps: vec![format!("the {} {which} {over}", self.top.count)],
            domain: self.feed.domain.clone(),
            tiles: self.feed.elements().div_ceil(self.extent().iter().product()),
            tile: self.extent(),
            threads: self.threads,
            reads: vec![self.feed.bytes_read()],
            passes: 1,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let ([sources], [sink]) = (run.sources, run.sinks) else {
            return Err(Error::internal("topk has one input and one output"));
        };
        let feed = Feed::new(&self.feed, sources, run.context, false);
        let boxes = Cut::InOrder(MOST).extent(&self.output.shape, self.top.axis);
        let tiles = Tiles::regular(&self.output.shape, &boxes);
        deliver(sink.as_ref(), &tiles, run.context, |give| {
            let mut out = Buffer::default();
            for line in Line::all(&self.feed.domain, self.top.axis) {
                let words = self.of_line(&line, &feed, run)?;
                let out = out.reserve(words.len() * self.output.written.item as usize)?;
                (self.coder.decode)(&words, out);
                let (start, shape) = line.place(0, words.len() as u64);
                give(&start, &shape, out)?;
            }
            Ok(())
        })
    }
}
