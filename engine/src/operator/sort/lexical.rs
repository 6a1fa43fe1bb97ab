//! Sorting by several keys.

use super::lines::{give_lines, strides, turns, whole_lines};
use crate::exec::{Feed, Fit, Room, Run, Stage, Told, Turns, deliver, tile_index};
use crate::expr::Expr;
use crate::kernels::order::{Code, Coder, Desk, Triple, Wanted, Word, code};
use crate::operator::{Operator, Output};
use crate::profile::Work;
use crate::program::Program;
use crate::program::tiles::{Tiles, loop_order};
use crate::view::{resolve_axes, show};
use crate::{Buffer, DType, Error, Result};

/// The positions of elements in the order of several keys along an axis.
#[derive(Clone, Debug)]
struct Lexical {
    axis: usize,
    types: Vec<DType>,
}

impl Expr {
    /// The positions of the elements along an axis, in the order of several keys of one shape, as NumPy's `lexsort`:
    /// the last key decides, and the key before it decides between equal elements.
    ///
    /// A line of all keys is held in memory.
    ///
    /// # Errors
    /// When there are no keys, their shapes differ, or the axis is not there.
    pub fn lexsort(keys: &[Expr], axis: i64) -> Result<Expr> {
        let lines = |key: &Expr| {
            let key = key.typed()?;
            let key = if key.ndim() == 0 { key.expand_dims(&[0])? } else { key };
            // texts and records are several keys, of which the first decides
            Ok::<_, Error>(key.order_keys(&[])?.into_iter().rev())
        };
        let lone = keys.first().is_some_and(|key| key.ndim() == 0);
        let keys =
            keys.iter().map(lines).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect::<Vec<_>>();
        let Some(first) = keys.first() else {
            return Err(Error::Value("need sequence of keys with len > 0 in lexsort".into()));
        };
        if let Some(other) = keys.iter().find(|key| key.shape() != first.shape()) {
            let (one, other) = (show(first.shape()), show(other.shape()));
            return Err(Error::Shape(format!("all keys need to be of one shape, found {one} and {other}")));
        }
        let axis = resolve_axes(&[axis], first.ndim())?[0];
        let (shape, types) = (first.shape().to_vec(), keys.iter().map(Expr::dtype).collect());
        let order = Expr::output(Lexical { axis, types }, keys, DType::I64, shape);
        if lone { order.squeeze(None) } else { Ok(order) }
    }
}

impl Operator for Lexical {
    fn name(&self) -> &'static str {
        "lexsort"
    }

    fn key(&self) -> Vec<u8> {
        (self.axis as u64).to_le_bytes().to_vec()
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let (Some(first), [output]) = (feeds.first(), outputs) else {
            return Err(Error::internal("a sort by keys has keys and one output"));
        };
        let (tiles, whole) = whole_lines(first, self.axis, output, true);
        let walk = loop_order(first);
        Ok(Box::new(Keys {
            lexical: self.clone(),
            feeds,
            output: output.clone(),
            tiles,
            walk,
            whole,
            threads: 1,
        }))
    }
}

/// A sort by keys that is planned.
#[derive(Debug)]
struct Keys {
    lexical: Lexical,
    feeds: Vec<Program>,
    output: Output,
    tiles: Tiles,
    walk: Vec<usize>,
    /// Whether tiles consist of whole chunks of the result.
    whole: bool,
    threads: u64,
}

/// Sorts a line of one key, and gives the positions.
type Sorter = Box<dyn FnMut(&mut [u8], &mut [u8]) -> Result<()>>;

fn sorter(dtype: DType, length: usize) -> Result<Sorter> {
    fn of<W: Word>(coder: Coder<W>, length: usize) -> Result<Sorter> {
        let mut desk = Desk::new(length)?;
        Ok(Box::new(move |line, out| coder.sort_line(line, Some(out), &mut desk)))
    }
    match code(dtype.into(), Wanted::Positions, length as u64)? {
        Code::Small(coder) => of(coder, length),
        Code::Middle(coder) => of(coder, length),
        Code::Large(coder) => of(coder, length),
        Code::Triple(coder) => of(coder, length),
    }
}

impl Keys {
    /// Bytes of a thread.
    fn bytes(&self) -> u64 {
        let (written, extents) = (&self.output.written, self.tiles.extents());
        let (elements, length) = (extents.iter().product::<u64>(), extents[self.lexical.axis]);
        let items: u64 = self.feeds.iter().map(|feed| feed.output_size() as u64).sum();
        let turned = if turns(&extents, self.lexical.axis) { written.item } else { 0 };
        let copies = if written.copies { written.item } else { 0 };
        let readers: u64 = self.feeds.iter().map(|feed| Feed::bytes(feed, &extents)).sum();
        let desks = self.lexical.types.iter().map(|dtype| Desk::<Triple>::bytes(length, dtype.size() as u64));
        // one more line of elements and two of positions
        elements.saturating_mul(items + written.item + turned + copies)
            + desks.sum::<u64>()
            + length * 32
            + written.scratch
            + readers
    }
}

impl Stage for Keys {
    fn feeds(&self) -> Vec<&Program> {
        self.feeds.iter().collect()
    }

    fn fit(&mut self, room: Room) -> Fit {
        loop {
            let each = self.bytes();
            self.threads = (room.free / each.max(1)).min(room.threads).min(self.tiles.len().max(1));
            let (whole, axis) = (self.whole, self.lexical.axis);
            match self.tiles.halved(|k| !whole && k != axis) {
                _ if self.threads > 0 => return Fit::Takes(self.threads * each),
                Some(tiles) => self.tiles = tiles,
                None => return Fit::Needs(each),
            }
        }
    }

    fn work(&self) -> u64 {
        self.output.shape.iter().product()
    }

    fn open(&self, _: usize, _: u64) -> Option<Vec<u64>> {
        (self.output.written.chunk.is_some() && !self.whole).then(|| self.output.shape.clone())
    }

    fn explain(&self) -> Told {
        let (keys, axis) = (self.feeds.len(), self.lexical.axis);
        Told {
            kind: "lexsort",
            steps: vec![format!("lexsort by {keys} keys along axis {axis}")],
            domain: self.output.shape.clone(),
            tiles: self.tiles.len(),
            tile: self.tiles.extents(),
            threads: self.threads,
            reads: self.feeds.iter().map(Program::bytes_read).collect(),
            passes: 1,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let [sink] = run.sinks else {
            return Err(Error::internal("a sort by keys has one output"));
        };
        let axis = self.lexical.axis;
        let length = self.output.shape[axis] as usize;
        let feeds: Vec<Feed<'_>> = self
            .feeds
            .iter()
            .zip(run.sources)
            .map(|(feed, sources)| Feed::new(feed, sources, run.context, false))
            .collect();
        deliver(sink.as_ref(), &self.tiles, run.context, |give| {
            let turns = Turns::new(self.tiles.len());
            turns.run(self.threads, run.context, || {
                let mut readers: Vec<_> = feeds.iter().map(Feed::reader).collect();
                let sorters = self.lexical.types.iter().map(|&dtype| sorter(dtype, length));
                let mut sorters = sorters.collect::<Result<Vec<Sorter>>>()?;
                let mut keys: Vec<Buffer> = readers.iter().map(|_| Buffer::default()).collect();
                let [mut orders, mut boxed, mut line, mut found] = [(); 4].map(|()| Buffer::default());
                while let Some(number) = turns.take(run.context)? {
                    let (start, shape) = self.tiles.tile(&tile_index(&self.tiles, &self.walk, number));
                    let lengths: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
                    let count: usize = lengths.iter().product();
                    for ((reader, key), dtype) in readers.iter_mut().zip(&mut keys).zip(&self.lexical.types) {
                        let bytes = key.reserve(count * dtype.size())?;
                        reader.fill_strided(&start, &shape, bytes, strides(&lengths, axis, dtype.size()))?;
                    }
                    let orders = orders.reserve(count * 8)?;
                    run.context.record(Work::Tile, 1, count as u64, || -> Result<()> {
                        for (row, order) in orders.chunks_exact_mut(length * 8).enumerate() {
                            let order: &mut [u64] = bytemuck::cast_slice_mut(order);
                            order.iter_mut().zip(0..).for_each(|(place, k)| *place = k);
                            for ((key, sort), dtype) in keys.iter().zip(&mut sorters).zip(&self.lexical.types)
                            {
                                let item = dtype.size();
                                let all = &key.bytes()[row * length * item..(row + 1) * length * item];
                                let line = line.reserve(length * item)?;
                                for (to, &place) in line.chunks_exact_mut(item).zip(order.iter()) {
                                    let from = place as usize * item;
                                    to.copy_from_slice(&all[from..from + item]);
                                }
                                let found = found.reserve(2 * length * 8)?;
                                let (places, before) = found.split_at_mut(length * 8);
                                sort(line, places)?;
                                let (places, before): (&[u64], &mut [u64]) =
                                    (bytemuck::cast_slice(places), bytemuck::cast_slice_mut(before));
                                before.copy_from_slice(order);
                                order.iter_mut().zip(places).for_each(|(to, &at)| *to = before[at as usize]);
                            }
                        }
                        Ok(())
                    })?;
                    give_lines(give, (&start, &shape), axis, orders, &mut boxed)?;
                    (run.done)(count as u64);
                }
                Ok(())
            })
        })
    }
}
