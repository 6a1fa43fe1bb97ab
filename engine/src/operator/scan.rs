//! Scans along an axis, or over all elements: cumulative sums and products, and any other operation whose result is its
//! next left operand. A *left fold* is a scan of which the last elements alone are kept.
//!
//! A tile needs the last elements of the tile before it, its *carry*. Elements are combined one after the other in
//! NumPy's order, so neither tiles nor threads change a bit.

use std::ops::Range;

use super::{Operator, Output, only};
use crate::exec::{
    ALIKE, Bytes, Carries, Feed, Fit, Room, Run, Stage, Tile, Told, Walk, carries, deliver, give_alike,
};
use crate::expr::Expr;
use crate::kernels::{Lines, Scanner, Steps, scanner};
use crate::op::{Op, Reduction};
use crate::program::Program;
use crate::program::tiles::Tiles;
use crate::program::written::{self, Written};
use crate::view::resolve_axes;
use crate::{DType, Error, Result, Scalar, promote};

/// Bytes of a tile, unless chunks that are written whole are larger.
const TILE: u64 = 8 << 20;

/// Options of a scan.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// The axis, negative ones counted from the end; `None`: all elements in C order, as one line.
    pub axis: Option<i64>,
    /// The type to compute in; `None`: NumPy's choice, as for a sum.
    pub dtype: Option<DType>,
    /// Whether the result begins with the scan of no elements: 0 for a sum, 1 for a product.
    pub include_initial: bool,
}

#[derive(Clone, Debug)]
struct Scan {
    op: Op,
    /// `None`: all elements are one line.
    axis: Option<usize>,
    initial: bool,
    /// Whether the result has the last element of each line alone. There may be a second input then: truth values that
    /// choose the elements that take part.
    last: bool,
}

impl Expr {
    /// The cumulative sum, as NumPy's `cumsum` and `cumulative_sum`. Its shape is the input's; without an axis, the
    /// result has one dimension.
    ///
    /// # Errors
    /// When the axis is not there, or NumPy does not add elements of this type.
    pub fn cumsum(&self, options: &ScanOptions) -> Result<Expr> {
        self.scan(Op::Add, Reduction::Sum, options)
    }

    /// The cumulative product, as NumPy's `cumprod` and `cumulative_prod`.
    ///
    /// # Errors
    /// As [`Expr::cumsum`].
    pub fn cumprod(&self, options: &ScanOptions) -> Result<Expr> {
        self.scan(Op::Multiply, Reduction::Prod, options)
    }

    /// The scan along an axis by `op`, in the elements' type.
    ///
    /// # Errors
    /// When the axis is not there, or `op` has no results of this type.
    pub(crate) fn running(&self, op: Op, axis: i64) -> Result<Expr> {
        let input = self.typed()?;
        let axis = resolve_axes(&[axis], input.ndim())?.first().copied();
        let (dtype, shape) = (input.dtype(), input.shape().to_vec());
        input.check_scan(op)?;
        Ok(Expr::output(Scan { op, axis, initial: false, last: false }, vec![input], dtype, shape))
    }

    /// The result of `op` on the elements of each line along `axis`, from the first to the last, each time as its left
    /// operand. The axis stays, with length 1. With `only`, truth values of the same shape, the elements that are not
    /// chosen take no part, but for the first.
    ///
    /// # Errors
    /// When `op` has no results of the elements' type.
    pub(crate) fn folded(&self, op: Op, axis: usize, only: Option<&Expr>) -> Result<Expr> {
        let input = self.typed()?;
        let (dtype, mut shape) = (input.dtype(), input.shape().to_vec());
        input.check_scan(op)?;
        shape[axis] = 1;
        let inputs = std::iter::once(input).chain(only.cloned()).collect();
        Ok(Expr::output(Scan { op, axis: Some(axis), initial: false, last: true }, inputs, dtype, shape))
    }

    fn check_scan(&self, op: Op) -> Result<()> {
        match scanner(op, self.dtype().into()) {
            Some(_) => Ok(()),
            None => Err(promote::no_loop(op.name(), &[self.operand()], "").into()),
        }
    }

    fn scan(&self, op: Op, total: Reduction, options: &ScanOptions) -> Result<Expr> {
        let typed = self.typed()?;
        let (_, dtype) = promote::reduction(total, typed.dtype(), options.dtype)?;
        let input = match (typed.ndim(), options.axis) {
            (0, None | Some(0 | -1)) => typed.expand_dims(&[0])?,
            _ => typed,
        };
        let axis = match options.axis {
            None if input.ndim() == 1 => Some(0),
            Some(axis) => resolve_axes(&[axis], input.ndim())?.first().copied(),
            None => None,
        };
        let mut shape = input.shape().to_vec();
        let more = u64::from(options.include_initial);
        match axis {
            Some(axis) => shape[axis] += more,
            None => shape = vec![shape.iter().product::<u64>() + more],
        }
        let scan = Scan { op, axis, initial: options.include_initial, last: false };
        Ok(Expr::output(scan, vec![input.cast(dtype)?], dtype, shape))
    }
}

impl Operator for Scan {
    fn name(&self) -> &'static str {
        match self.op {
            _ if self.last => "left fold",
            Op::Add => "cumulative_sum",
            Op::Multiply => "cumulative_prod",
            Op::Maximum => "cumulative maximum",
            Op::Minimum => "cumulative minimum",
            _ => "scan",
        }
    }

    fn key(&self) -> Vec<u8> {
        let axis = self.axis.map_or(u64::MAX, |axis| axis as u64);
        [&axis.to_le_bytes()[..], &[u8::from(self.initial)], self.op.name().as_bytes()].concat()
    }

    /// A line is computed from its first element on.
    fn needs(&self, part: &mut [Range<u64>], shapes: &[&[u64]]) -> Option<Vec<Vec<Range<u64>>>> {
        let axis = self.axis.filter(|_| !self.initial)?;
        part.get_mut(axis)?.start = 0;
        let mut read = part.to_vec();
        if self.last {
            read.get_mut(axis)?.end = *shapes.first()?.get(axis)?;
        }
        Some(vec![read; shapes.len()])
    }

    fn stage(&self, mut feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let chosen = if feeds.len() > 1 { feeds.pop() } else { None };
        let (feed, output) = (only(self, feeds)?, only(self, outputs)?.clone());
        let physical = output.dtype.into();
        let kernel = match self.last {
            true => Steps::new(self.op, physical).map(Scanner::Steps),
            false => scanner(self.op, physical),
        }
        .ok_or_else(|| Error::Other(format!("there is no scan of {}", output.dtype)))?;
        let chunk = output.written.chunk.clone().filter(|_| !self.shifts());
        let item = output.written.item;
        let tiles = match self.axis {
            Some(_) => written::tiles(&feed, &Written { chunk, ..output.written.clone() }, TILE),
            None => Tiles::in_one_piece(&feed.domain, TILE / item),
        };
        let order = carries::order(&feed, &tiles, self.axis, item);
        let walk = Walk::new(tiles, order);
        Ok(Box::new(Scanning { scan: self.clone(), kernel, feed, chosen, output, walk }))
    }
}

impl Scan {
    /// Whether elements have another place in the result than in the input.
    fn shifts(&self) -> bool {
        self.initial || self.last || self.axis.is_none()
    }
}

/// A scan that is planned.
#[derive(Debug)]
struct Scanning {
    scan: Scan,
    kernel: Scanner,
    feed: Program,
    /// The elements that take part, if not all do.
    chosen: Option<Program>,
    output: Output,
    walk: Walk,
}

impl Stage for Scanning {
    fn feeds(&self) -> Vec<&Program> {
        std::iter::once(&self.feed).chain(&self.chosen).collect()
    }

    fn fit(&mut self, room: Room) -> Fit {
        let whole = self.output.written.chunk.is_some() && !self.scan.shifts();
        let may = |tiles: &Tiles, axis| !whole && (self.scan.axis.is_some() || tiles.stay_in_one_piece(axis));
        let (walk, fit) = self.walk.fitted(room, |walk| self.bytes(walk), may);
        self.walk = walk;
        fit
    }

    fn work(&self) -> u64 {
        self.feed.elements()
    }

    fn open(&self, _: usize, threads: u64) -> Option<Vec<u64>> {
        self.scan.shifts().then(|| {
            let (extents, domain) = (self.walk.tiles.extents(), &self.feed.domain);
            let Some(axis) = self.scan.axis else {
                return vec![extents.iter().product::<u64>().saturating_mul(threads + 1)];
            };
            let slowest = self.walk.order.first().copied();
            let open = |k: usize| if Some(k) == slowest { extents[k] * (threads + 1) } else { domain[k] };
            let open = |k: usize| (open(k) + u64::from(k == axis)).min(self.output.shape[k].max(1));
            (0..domain.len()).map(open).collect()
        })
    }

    fn explain(&self) -> Told {
        let over = self.scan.axis.map_or("all axes".to_owned(), |axis| format!("axis {axis}"));
        let name = self.scan.name();
        let step = match self.kernel {
            Scanner::Loop(_) => format!("{name} over {over}"),
            Scanner::Steps(_) => format!("{name} of {} over {over}", self.scan.op.name()),
        };
        let told = self.walk.explain(name, step, &self.feed);
        Told { reads: self.feeds().iter().map(|feed| feed.bytes_read()).collect(), ..told }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let (extents, shape) = (self.walk.tiles.extents(), &self.output.shape);
        let written = match self.scan.axis {
            Some(_) => {
                let extents = extents.iter().zip(shape).map(|(&extent, &n)| extent.min(n.max(1)));
                Tiles::regular(shape, &extents.collect::<Vec<_>>())
            }
            None => Tiles::regular(shape, &[extents.iter().product()]),
        };
        self.initial(run)?;
        let carries = Carries::new(&self.walk, self.scan.axis);
        let length = self.scan.axis.map_or(0, |axis| self.feed.domain[axis]);
        let sources = |k: usize| run.sources.get(k..=k).unwrap_or_default();
        let chosen = match (&self.chosen, sources(1)) {
            (Some(program), [sources]) => Some(Feed::new(program, sources, run.context, false)),
            _ => None,
        };
        let walked = Run { sources: sources(0), ..*run };
        self.walk.run(&self.feed, &walked, &written, |tile| {
            let lines = self.lines(&tile.shape);
            if let Some(chosen) = &chosen {
                let only = tile.spare.reserve(lines.outer * lines.length * lines.inner)?;
                chosen.reader().fill(&tile.start, &tile.shape, only)?;
            }
            let carried = lines.outer * lines.inner * self.output.dtype.size();
            let (mut last, mut outcome) = (Vec::new(), Ok(()));
            let ends = self.scan.axis.is_some_and(|axis| tile.start[axis] + tile.shape[axis] == length);
            let scan = |tile: &mut Tile<'_>, carry: &mut [u8], first| {
                outcome = tile.record(|tile| match &self.kernel {
                    Scanner::Steps(steps) if self.scan.last => {
                        let only = chosen.is_some().then(|| tile.spare.bytes());
                        steps.fold(tile.elements, lines, carry, first, only)
                    }
                    kernel => kernel.run(tile.elements, lines, carry, first),
                });
                if self.scan.last && ends {
                    last.extend_from_slice(carry);
                }
            };
            if !carries.pass(tile, carried, scan) {
                return Ok(());
            }
            outcome?;
            let (start, shape) = self.place(tile);
            match self.scan.last {
                false => (tile.give)(&start, &shape, tile.elements),
                true if ends => (tile.give)(&start, &shape, &last),
                true => Ok(()),
            }
        })
    }
}

impl Scanning {
    fn bytes(&self, walk: &Walk) -> Bytes {
        let written = &self.output.written;
        let extents = walk.tiles.extents();
        let boxed = extents.iter().product::<u64>().saturating_mul(written.item);
        let copies = if written.copies { 2 } else { 1 };
        let mut each = copies * boxed + written.scratch + Feed::bytes(&self.feed, &extents);
        if let Some(chosen) = &self.chosen {
            each += boxed / written.item + Feed::bytes(chosen, &extents);
        }
        if let (true, Some(axis)) = (self.scan.last, self.scan.axis) {
            each += boxed / extents[axis].max(1);
        }
        if let Scanner::Steps(_) = self.kernel {
            each += Steps::bytes(written.item);
        }
        let initial = if self.scan.initial { copies * ALIKE } else { 0 };
        Bytes { each, once: initial + carries::bytes(&self.feed, walk, self.scan.axis, written.item) }
    }

    /// The lines of a tile of `shape`.
    fn lines(&self, shape: &[u64]) -> Lines {
        let count = |axes: &[u64]| axes.iter().product::<u64>() as usize;
        match self.scan.axis {
            Some(axis) => Lines {
                outer: count(&shape[..axis]),
                length: shape[axis] as usize,
                inner: count(&shape[axis + 1..]),
            },
            None => Lines { outer: 1, length: count(shape), inner: 1 },
        }
    }

    /// The start and the shape of a tile's elements in the result.
    fn place(&self, tile: &Tile<'_>) -> (Vec<u64>, Vec<u64>) {
        let (mut start, first) = (tile.start.clone(), u64::from(self.scan.initial));
        match self.scan.axis {
            Some(axis) if self.scan.last => {
                let mut shape = tile.shape.clone();
                (start[axis], shape[axis]) = (0, 1);
                (start, shape)
            }
            Some(axis) => {
                start[axis] += first;
                (start, tile.shape.clone())
            }
            None => {
                let at = start.iter().zip(&self.feed.domain).fold(0, |at, (i, n)| at * n + i);
                (vec![at + first], vec![tile.len()])
            }
        }
    }

    /// Writes the initial elements, if the result has them.
    fn initial(&self, run: &Run<'_>) -> Result<()> {
        let mut shape = self.output.shape.clone();
        let [sink] = run.sinks else { return Ok(()) };
        if !self.scan.initial || shape.contains(&0) {
            return Ok(());
        }
        shape[self.scan.axis.unwrap_or(0)] = 1;
        let value = if self.scan.op == Op::Add { Scalar::Int(0) } else { Scalar::Int(1) };
        let one = value.to_bytes(self.output.dtype)?;
        let tiles = Tiles::in_one_piece(&shape, ALIKE / one.len() as u64);
        deliver(sink.as_ref(), &tiles, run.context, |give| give_alike(&one, &shape, give))
    }
}
