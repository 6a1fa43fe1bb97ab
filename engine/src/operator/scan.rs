//! Scans: cumulative sums and products along an axis, or over all elements.
//!
//! A tile needs the last elements of the tile before it, its *carry*. All threads compute tiles, and wait for a carry
//! only when they scan a tile. In a scan along an axis, tiles beside each other need nothing from each other. Elements
//! are combined one after the other in NumPy's order, so neither tiles nor threads change a bit.

use super::{Operator, Output};
use crate::exec::{Carries, Feed, Fit, Give, Room, Run, Stage, Told, Turns, deliver, rows, tile_index};
use crate::expr::Expr;
use crate::kernels::{Arg, Lines, Scanner, bind, scanner};
use crate::op::{Op, Reduction};
use crate::profile::Work;
use crate::program::Program;
use crate::program::tiles::{Tiles, loop_order};
use crate::program::written::{self, Written};
use crate::view::resolve_axes;
use crate::{Buffer, DType, Error, Result, Scalar, promote};

/// Bytes of a tile, unless chunks that are written whole are larger.
const TILE: u64 = 8 << 20;
/// The most bytes of carries that are kept so that tiles beside each other can go first.
const CARRIES: u64 = 16 << 20;

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
        let scan = Scan { op, axis, initial: options.include_initial };
        Ok(Expr::output(scan, vec![input.cast(dtype)?], dtype, shape))
    }
}

impl Operator for Scan {
    fn name(&self) -> &'static str {
        if self.op == Op::Add { "cumulative_sum" } else { "cumulative_prod" }
    }

    fn key(&self) -> Vec<u8> {
        let axis = self.axis.map_or(u64::MAX, |axis| axis as u64);
        [&axis.to_le_bytes()[..], &[u8::from(self.initial)]].concat()
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let (Ok([feed]), [output]) = (<[Program; 1]>::try_from(feeds), outputs) else {
            return Err(Error::Other("a scan has one input and one output".into()));
        };
        let kernel = scanner(self.op, output.dtype.into());
        let kernel = kernel.ok_or_else(|| Error::Other(format!("there is no scan of {}", output.dtype)))?;
        let whole = Written {
            chunk: output.written.chunk.clone().filter(|_| !self.shifts()),
            ..output.written.clone()
        };
        let tiles = match self.axis {
            Some(_) => written::tiles(&feed, &whole, TILE),
            None => Tiles::regular(&feed.domain, &rows(&feed.domain, TILE / output.written.item)),
        };
        let walk = self.walk(&feed, &tiles, output.written.item);
        Ok(Box::new(Scanning {
            scan: self.clone(),
            kernel,
            feed,
            output: output.clone(),
            tiles,
            walk,
            threads: 1,
        }))
    }
}

impl Scan {
    /// Whether elements have another place in the result than in the input.
    fn shifts(&self) -> bool {
        self.initial || self.axis.is_none()
    }

    /// The order in which tiles are taken up. The scanned axis comes as early as the carries of the faster axes allow.
    fn walk(&self, feed: &Program, tiles: &Tiles, item: u64) -> Vec<usize> {
        let Some(axis) = self.axis else { return (0..feed.domain.len()).collect() };
        let mut walk: Vec<usize> = loop_order(feed).into_iter().filter(|&k| k != axis).collect();
        let extents = tiles.extents();
        let carries = |place: usize| {
            let (slow, fast) = walk.split_at(place);
            let slow = slow.iter().fold(item, |bytes, &k| bytes.saturating_mul(extents[k]));
            fast.iter().fold(slow, |bytes, &k| bytes.saturating_mul(feed.domain[k]))
        };
        let place = (0..walk.len()).find(|&place| carries(place) <= CARRIES).unwrap_or(walk.len());
        walk.insert(place, axis);
        walk
    }
}

/// A scan that is planned.
#[derive(Debug)]
struct Scanning {
    scan: Scan,
    kernel: Scanner,
    feed: Program,
    output: Output,
    tiles: Tiles,
    walk: Vec<usize>,
    threads: u64,
}

impl Stage for Scanning {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.feed]
    }

    fn fit(&mut self, room: Room) -> Fit {
        let whole = self.output.written.chunk.is_some() && !self.scan.shifts();
        loop {
            let (worker, once) = self.bytes();
            let fitting = room.free.saturating_sub(once) / worker.max(1);
            self.threads = fitting.min(room.threads).min(self.tiles.len().max(1));
            if self.threads > 0 {
                return Fit::Takes(once + self.threads * worker);
            }
            match self.tiles.halved(|axis| !whole && (self.scan.axis.is_some() || self.may_halve(axis))) {
                Some(tiles) => self.tiles = tiles,
                None => return Fit::Needs(once + worker),
            }
        }
    }

    fn work(&self) -> u64 {
        self.feed.elements()
    }

    fn open(&self, _: usize, threads: u64) -> Option<Vec<u64>> {
        self.scan.shifts().then(|| {
            let (extents, domain) = (self.tiles.extents(), &self.feed.domain);
            match self.scan.axis {
                None => vec![extents.iter().product::<u64>().saturating_mul(threads + 1)],
                Some(axis) => {
                    let slowest = self.walk.first().copied();
                    let open =
                        |k: usize| if Some(k) == slowest { extents[k] * (threads + 1) } else { domain[k] };
                    (0..domain.len()).map(|k| open(k) + u64::from(k == axis)).collect()
                }
            }
        })
    }

    fn explain(&self) -> Told {
        let over = self.scan.axis.map_or("all axes".to_owned(), |axis| format!("axis {axis}"));
        Told {
            kind: self.scan.name(),
            steps: vec![format!("{} over {over}", self.scan.name())],
            domain: self.feed.domain.clone(),
            tiles: self.tiles.len(),
            tile: self.tiles.extents(),
            threads: self.threads,
            reads: vec![self.feed.bytes_read()],
            passes: 1,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let ([sources], [sink]) = (run.sources, run.sinks) else {
            return Err(Error::Other("a scan has one input and one output".into()));
        };
        let feed = Feed::new(&self.feed, sources, run.context, false);
        let written = self.written_tiles();
        deliver(sink.as_ref(), &written, run.context, |give| {
            self.initial(give)?;
            let (turns, carries) = (Turns::new(self.tiles.len()), Carries::default());
            turns.run(self.threads, run.context, || {
                let (mut reader, mut elements) = (feed.reader(), Buffer::default());
                while let Some(number) = turns.take(run.context)? {
                    let index = tile_index(&self.tiles, &self.walk, number);
                    let (start, shape) = self.tiles.tile(&index);
                    let len = shape.iter().product::<u64>();
                    let bytes = elements.reserve((len * self.output.written.item) as usize)?;
                    run.context.record(Work::Tile, 1, len, || reader.fill(&start, &shape, bytes))?;
                    if !self.scanned(&index, &shape, bytes, &carries, &turns) {
                        return Ok(());
                    }
                    let (start, shape) = self.place(start, shape);
                    give(&start, &shape, bytes)?;
                    (run.done)(len);
                }
                Ok(())
            })
        })
    }
}

impl Scanning {
    /// Bytes of a thread, and bytes taken once.
    fn bytes(&self) -> (u64, u64) {
        let written = &self.output.written;
        let extents = self.tiles.extents();
        let boxed = extents.iter().product::<u64>().saturating_mul(written.item);
        let copies = if written.copies { 2 } else { 1 };
        let worker = copies * boxed + written.scratch + Feed::bytes(&self.feed, &extents);
        let place = self.walk.iter().position(|&k| Some(k) == self.scan.axis).unwrap_or(0);
        let carried = |(at, &k): (usize, &usize)| match Some(k) == self.scan.axis || self.scan.axis.is_none()
        {
            true => 1,
            false if at < place => extents[k],
            false => self.feed.domain[k],
        };
        let carries = self.walk.iter().enumerate().map(carried).fold(written.item, u64::saturating_mul);
        (worker, 2 * carries)
    }

    /// Whether tiles that are scanned as one line stay in one piece when an axis is halved.
    fn may_halve(&self, axis: usize) -> bool {
        self.tiles.extents()[..axis].iter().all(|&n| n == 1)
    }

    /// The start and the shape of a tile's elements in the result.
    fn place(&self, mut start: Vec<u64>, shape: Vec<u64>) -> (Vec<u64>, Vec<u64>) {
        let first = u64::from(self.scan.initial);
        match self.scan.axis {
            Some(axis) => {
                start[axis] += first;
                (start, shape)
            }
            None => {
                let at = start.iter().zip(&self.feed.domain).fold(0, |at, (i, n)| at * n + i);
                (vec![at + first], vec![shape.iter().product()])
            }
        }
    }

    /// The tiles of the result.
    fn written_tiles(&self) -> Tiles {
        let (extents, shape) = (self.tiles.extents(), &self.output.shape);
        match self.scan.axis {
            Some(_) => Tiles::regular(shape, &extents),
            None => Tiles::regular(shape, &[extents.iter().product()]),
        }
    }

    /// Gives the initial elements, if the result has them.
    fn initial(&self, give: &Give<'_>) -> Result<()> {
        let mut shape = self.output.shape.clone();
        if !self.scan.initial || shape.contains(&0) {
            return Ok(());
        }
        shape[self.scan.axis.unwrap_or(0)] = 1;
        let value = if self.scan.op == Op::Add { Scalar::Int(0) } else { Scalar::Int(1) };
        let (one, dtype) = (value.to_bytes(self.output.dtype)?, self.output.dtype);
        let tiles = Tiles::regular(&shape, &rows(&shape, TILE / dtype.size() as u64));
        let order: Vec<usize> = (0..shape.len()).collect();
        let copy =
            bind(Op::Positive, &[dtype.into()]).ok_or_else(|| Error::Other("nothing copies".into()))?;
        (0..tiles.len()).try_for_each(|number| {
            let (start, shape) = tiles.tile(&tile_index(&tiles, &order, number));
            let mut all = Buffer::unfilled(shape.iter().product::<u64>() as usize * dtype.size())?;
            copy.run(&[Arg::Scalar(&one)], all.bytes_mut())?;
            give(&start, &shape, all.bytes())
        })
    }

    /// Scans the elements of a tile once its carry is there. Returns `false` if another thread has failed.
    fn scanned(
        &self,
        index: &[u64],
        shape: &[u64],
        elements: &mut [u8],
        carries: &Carries,
        turns: &Turns,
    ) -> bool {
        let axis = self.scan.axis;
        let counts = self.tiles.counts();
        // the line that a tile belongs to, and its place there
        let beside = |k: usize| axis.is_some_and(|axis| axis != k);
        let fold = |wanted: bool| {
            (0..index.len()).filter(|&k| beside(k) == wanted).fold(0, |at, k| at * counts[k] + index[k])
        };
        let (line, place) = (fold(true), fold(false));
        let lines = match axis {
            Some(axis) => Lines {
                outer: shape[..axis].iter().product::<u64>() as usize,
                length: shape[axis] as usize,
                inner: shape[axis + 1..].iter().product::<u64>() as usize,
            },
            None => Lines { outer: 1, length: shape.iter().product::<u64>() as usize, inner: 1 },
        };
        let mut carry = match place {
            0 => vec![0; lines.outer * lines.inner * self.output.dtype.size()],
            _ => match carries.wait(line, place, turns) {
                Some(carry) => carry,
                None => return false,
            },
        };
        self.kernel.run(elements, lines, &mut carry, place == 0);
        let last: u64 = (0..counts.len()).filter(|&k| !beside(k)).map(|k| counts[k]).product();
        if place + 1 < last {
            carries.put(line, place + 1, carry);
        }
        true
    }
}
