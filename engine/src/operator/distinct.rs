//! The distinct elements of an array that has few of them, in one pass.
//!
//! Each thread counts words in a table. If a table grows too large, the pass ends, and the result says so: the array is
//! then sorted instead.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::sort::line::{BLOCK, Cut, Line};
use super::{Operator, Output};
use crate::exec::{Feed, Fit, Room, Run, Stage, Told, Turns};
use crate::expr::Expr;
use crate::kernels::order::{Code, Coder, Tally, Wanted, Word, code, position};
use crate::program::Program;
use crate::sink::Sink;
use crate::{Buffer, DType, Error, Result};

/// The outputs are vectors of `most` elements: the distinct elements in ascending order, their counts, and the place of
/// the first of each in C order. A vector of one element has the number of distinct elements, or -1 if there are more
/// than `most`.
#[derive(Clone, Debug)]
struct Distinct {
    dtype: DType,
    most: u64,
}

impl Expr {
    /// Up to `most` distinct elements: vectors of that length of the elements, their counts and their first places, and
    /// a vector of their number, which is -1 if there are more. All NaN count as one element.
    ///
    /// # Errors
    /// When a scalar has no type.
    pub(crate) fn distinct(&self, most: u64) -> Result<Vec<Expr>> {
        let typed = self.typed()?;
        let input = if typed.ndim() == 0 { typed.expand_dims(&[0])? } else { typed };
        let dtype = input.dtype();
        let outputs = vec![
            (dtype, vec![most]),
            (DType::I64, vec![most]),
            (DType::I64, vec![most]),
            (DType::I64, vec![1]),
        ];
        Ok(Expr::outputs(Distinct { dtype, most }, vec![input], outputs))
    }
}

impl Operator for Distinct {
    fn name(&self) -> &'static str {
        "distinct"
    }

    fn key(&self) -> Vec<u8> {
        self.most.to_le_bytes().to_vec()
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let (Ok([feed]), [_, _, _, _]) = (<[Program; 1]>::try_from(feeds), outputs) else {
            return Err(Error::internal("distinct has one input and four outputs"));
        };
        let (distinct, scratch) = (self.clone(), outputs.iter().map(|output| output.written.scratch).sum());
        Ok(match code(self.dtype.into(), Wanted::Values, 0)? {
            Code::Small(coder) => Box::new(Counting::new(distinct, coder, feed, scratch)),
            Code::Middle(coder) => Box::new(Counting::new(distinct, coder, feed, scratch)),
            Code::Large(coder) => Box::new(Counting::new(distinct, coder, feed, scratch)),
            Code::Triple(coder) => Box::new(Counting::new(distinct, coder, feed, scratch)),
        })
    }
}

/// A count that is planned.
#[derive(Debug)]
struct Counting<W> {
    distinct: Distinct,
    coder: Coder<W>,
    feed: Program,
    /// Bytes that writing takes beside the elements.
    scratch: u64,
    cut: Cut,
    threads: u64,
}

impl<W: Word> Counting<W> {
    fn new(distinct: Distinct, coder: Coder<W>, feed: Program, scratch: u64) -> Counting<W> {
        let cut = Cut::of(&feed, None);
        Counting { distinct, coder, feed, scratch, cut, threads: 1 }
    }

    fn extent(&self) -> Vec<u64> {
        self.cut.extent(&self.feed.domain, None)
    }

    /// Bytes of each of so many threads, and bytes that all share.
    fn bytes(&self, cut: &Cut, threads: u64) -> (u64, u64) {
        let (extent, item) = (cut.extent(&self.feed.domain, None), self.feed.output_size() as u64);
        let piece = extent.iter().product::<u64>() * item + Feed::bytes(&self.feed, &extent);
        let tally = Tally::<W>::bytes(self.distinct.most);
        let results = self.distinct.most * (item + 32 + size_of::<W>() as u64);
        (piece + tally + (BLOCK * size_of::<W>()) as u64, threads * tally + 2 * results + self.scratch)
    }

    /// The distinct words, with counts and first places; `None` if there are too many.
    fn count(&self, feed: &Feed<'_>, line: &Line<'_>, run: &Run<'_>) -> Result<Option<Vec<(W, u64, u64)>>> {
        let (pieces, crowded) = (line.pieces(&self.cut, &self.feed), AtomicBool::new(false));
        let all = Mutex::new(Vec::new());
        let item = self.feed.output_size();
        let turns = Turns::new(pieces.len());
        turns.run(self.threads, run.context, || {
            let mut tally = Tally::new(self.distinct.most as usize)?;
            let (mut reader, mut bytes, mut words) =
                (feed.reader(), Buffer::default(), vec![W::zeroed(); BLOCK]);
            while let Some(number) = turns.take(run.context)? {
                let piece = pieces.piece(number);
                piece.read((&mut reader, item), &mut bytes, run, |elements| {
                    piece.words(elements, &*self.coder.encode, &mut words, |words, positions| {
                        if !crowded.load(Ordering::Relaxed) && !tally.count(words, positions)? {
                            crowded.store(true, Ordering::Relaxed);
                        }
                        Ok(())
                    })
                })?;
                if crowded.load(Ordering::Relaxed) {
                    return Ok(());
                }
            }
            all.lock().unwrap_or_else(PoisonError::into_inner).extend(tally.entries());
            Ok(())
        })?;
        if crowded.into_inner() {
            return Ok(None);
        }
        let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.sort_unstable();
        all.dedup_by(|(word, count, first), (known, sum, least)| {
            let same = word == known;
            if same {
                (*sum, *least) = (*sum + *count, (*least).min(*first));
            }
            same
        });
        // all NaN are one element: the first in order stands for them
        let numbers = self.coder.nan.map_or(all.len(), |nan| all.partition_point(|(word, ..)| *word < nan));
        if let Some(((_, count, _), others)) = all.get_mut(numbers..).and_then(<[_]>::split_first_mut) {
            *count += others.iter().map(|(_, count, _)| *count).sum::<u64>();
            all.truncate(numbers + 1);
        }
        Ok(Some(all).filter(|all| all.len() as u64 <= self.distinct.most))
    }

    /// The element at a position in C order.
    fn element(&self, feed: &Feed<'_>, line: &Line<'_>, position: u64) -> Result<Vec<u8>> {
        let mut rest = position;
        let mut start = vec![0; self.feed.domain.len()];
        for (start, &n) in start.iter_mut().zip(&self.feed.domain).rev() {
            (*start, rest) = (rest % n.max(1), rest / n.max(1));
        }
        let mut element = vec![0; self.feed.output_size()];
        debug_assert!(position < line.length());
        feed.reader().fill(&start, &vec![1; start.len()], &mut element)?;
        Ok(element)
    }
}

impl<W: Word> Stage for Counting<W> {
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

    fn explain(&self) -> Told {
        Told {
            kind: "distinct",
            steps: vec![format!("distinct: up to {} elements are counted", self.distinct.most)],
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
        let ([sources], [values, counts, places, number]) = (run.sources, run.sinks) else {
            return Err(Error::internal("distinct has one input and four outputs"));
        };
        let feed = Feed::new(&self.feed, sources, run.context, false);
        let Some(line) = Line::all(&self.feed.domain, None).next() else {
            return put(number.as_ref(), bytemuck::cast_slice(&[0i64]));
        };
        let found = self.count(&feed, &line, run)?;
        let counted = found.as_ref().map_or(-1, |found| found.len() as i64);
        put(number.as_ref(), bytemuck::cast_slice(&[counted]))?;
        let Some(found) = found else { return Ok(()) };
        let (mut words, mut counted, mut firsts) = (Vec::new(), Vec::new(), Vec::new());
        for (word, count, first) in found {
            words.push(word.with_rest(first));
            counted.push(count);
            firsts.push(word.rest().map_or(first, |_| position(first)));
        }
        let item = self.feed.output_size();
        let mut elements = Buffer::new(words.len() * item)?;
        (self.coder.decode)(&words, elements.bytes_mut());
        if let Some(zeros) = &self.coder.zeros
            && let Ok(at) = words.binary_search(&zeros.word)
            && let Some(room) = elements.bytes_mut().get_mut(at * item..(at + 1) * item)
        {
            // the sign of the first zero
            room.copy_from_slice(&self.element(&feed, &line, firsts[at])?);
        }
        put(values.as_ref(), elements.bytes())?;
        put(counts.as_ref(), bytemuck::cast_slice(&counted))?;
        put(places.as_ref(), bytemuck::cast_slice(&firsts))
    }
}

/// Writes the first elements of a vector.
fn put(sink: &dyn Sink, bytes: &[u8]) -> Result<()> {
    let count = bytes.len() / sink.dtype().size();
    if count == 0 { Ok(()) } else { sink.write(&[0], &[count as u64], bytes) }
}
