//! Results that are folded box by box as they are computed, and are stored nowhere.
//!
//! A pass that reads one result alone, and folds it, need not wait until that result is complete. Boxes that consist of
//! whole tiles of the pass are folded one by one, in any order: as in any pass, the tiles alone decide the bits.

use std::sync::Arc;

use arrstore_format::Grid;

use super::folding::Folding;
use super::input::InputCache;
use super::pass::{Output, Pass, one_tile};
use super::stage::{Fit, Room, Run, Stage, Told};
use super::worker::Worker;
use crate::program::Program;
use crate::program::written::Written;
use crate::sink::{Assembled, Sink};
use crate::source::{Data, Located, Source, c_strides};
use crate::{Buffer, Context, DType, Error, Result};

/// A stage, one output of which is folded by a pass. Its outputs are the other outputs of the stage, then those of the
/// pass.
#[derive(Debug)]
pub(crate) struct Folded {
    stage: Box<dyn Stage>,
    /// The output that is folded.
    number: usize,
    /// All outputs of the stage.
    count: usize,
    pass: Pass,
}

impl Folded {
    /// How a result of type `dtype` is written that `pass` folds.
    pub(crate) fn written(pass: &Pass, dtype: DType) -> Written {
        let chunk = pass.tiles.extents();
        let scratch = pass.beside() + Worker::bytes(&pass.program, true);
        Written { chunk: Some(chunk), scratch, ..Written::to_memory(dtype, &pass.program.domain) }
    }

    /// A `stage` of `count` outputs, whose output `number` is written as [`Folded::written`] says.
    pub(crate) fn new(stage: Box<dyn Stage>, count: usize, number: usize, pass: Pass) -> Folded {
        Folded { stage, number, count, pass }
    }

    /// The stage's number of output `number`, or the number of an output of the pass.
    fn output(&self, number: usize) -> std::result::Result<usize, usize> {
        match number + usize::from(number >= self.number) {
            of_stage if of_stage < self.count => Ok(of_stage),
            _ => Err(number + 1 - self.count),
        }
    }

    /// Bytes of boxes that wait until they make up whole tiles.
    fn assembling(&self, threads: u64) -> u64 {
        let (domain, tile) = (&self.pass.program.domain, self.pass.tiles.extents());
        let item = self.pass.program.loads.first().map_or(0, |load| load.dtype.size());
        self.stage.open(self.number, threads).map_or(0, |open| Assembled::bytes(domain, &tile, item, &open))
    }
}

impl Stage for Folded {
    fn feeds(&self) -> Vec<&Program> {
        self.stage.feeds()
    }

    fn fit(&mut self, room: Room) -> Fit {
        let shared = self.pass.waiting().saturating_add(self.assembling(room.threads));
        match self.stage.fit(Room { free: room.free.saturating_sub(shared), ..room }) {
            Fit::Takes(bytes) => Fit::Takes(bytes.saturating_add(shared)),
            Fit::Needs(bytes) => Fit::Needs(bytes.saturating_add(shared)),
        }
    }

    fn work(&self) -> u64 {
        self.stage.work()
    }

    fn open(&self, number: usize, threads: u64) -> Option<Vec<u64>> {
        match self.output(number) {
            Ok(of_stage) => self.stage.open(of_stage, threads),
            // boxes may come in any order
            Err(of_pass) => match self.pass.outputs.get(of_pass)? {
                Output::Fold(reduced) => Some(reduced.kept(&self.pass.program.domain)),
                Output::Write(_) => None,
            },
        }
    }

    fn keeps(&self) -> bool {
        self.stage.keeps()
    }

    fn explain(&self) -> Told {
        let mut told = self.stage.explain();
        told.steps.extend(self.pass.explain().steps);
        told
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let (of_stage, of_pass) = run.sinks.split_at(run.sinks.len().min(self.count - 1));
        let folds: Arc<dyn Sink + '_> = Arc::new(Folds::new(&self.pass, of_pass, run.context)?);
        let folds = match self.stage.open(self.number, 1) {
            Some(_) => Arc::new(Assembled::new(folds, &self.pass.tiles.extents())),
            None => folds,
        };
        let mut sinks: Vec<Arc<dyn Sink + '_>> = of_stage.to_vec();
        sinks.insert(self.number, folds);
        self.stage.run(&Run { sources: run.sources, sinks: &sinks, context: run.context, done: run.done })
    }
}

/// The destination of a result that a pass folds.
struct Folds<'r> {
    pass: &'r Pass,
    dtype: DType,
    tiles: Grid,
    foldings: Vec<Option<Folding<'r>>>,
    sinks: &'r [Arc<dyn Sink + 'r>],
    /// The greatest length of a piece along each axis.
    longest: Vec<u64>,
    context: &'r Context,
}

impl<'r> Folds<'r> {
    fn new(pass: &'r Pass, sinks: &'r [Arc<dyn Sink + 'r>], context: &'r Context) -> Result<Folds<'r>> {
        let [load] = &pass.program.loads[..] else {
            return Err(Error::internal("a result is folded together with another"));
        };
        Ok(Folds {
            dtype: load.dtype,
            tiles: Grid::new(&pass.program.domain, &pass.tiles.extents()),
            foldings: pass.foldings(sinks),
            longest: pass.longest(true),
            pass,
            sinks,
            context,
        })
    }
}

impl Sink for Folds<'_> {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        self.tiles.shape()
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        Some(self.tiles.chunk_shape())
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        let ends = start.iter().zip(shape).zip(self.tiles.shape());
        let whole = ends.zip(self.tiles.chunk_shape()).all(|(((&at, &n), &all), &tile)| {
            at.is_multiple_of(tile) && (n.is_multiple_of(tile) || at + n == all)
        });
        if !whole {
            return Err(Error::internal("a box that is folded does not consist of whole tiles"));
        }
        let boxed = Boxed::new(self.dtype, self.shape(), (start, shape), data);
        let (sources, shared) = ([Arc::new(boxed) as Arc<dyn Source + '_>], InputCache::new(0, true));
        let Folds { pass, context, .. } = *self;
        let mut worker = Worker::new(&pass.program, &pass.order, &self.longest, &sources, context, &shared)?;
        let mut fills: Vec<Buffer> = pass.outputs.iter().map(|_| Buffer::default()).collect();
        self.tiles.touching(start, shape).try_for_each(|index| {
            one_tile(pass, &mut worker, &index, &mut fills, &self.foldings, self.sinks, context)
        })
    }
    fn label(&self) -> String {
        "a result that is folded".to_owned()
    }
}

/// A box of a larger array, as the part of its only chunk that is read.
#[derive(Debug)]
struct Boxed<'d> {
    dtype: DType,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    strides: Vec<isize>,
    /// The place of the array's first element, which lies before the box.
    offset: usize,
    data: &'d [u8],
}

impl<'d> Boxed<'d> {
    /// The box of the given start and shape of an array of `shape`.
    fn new(dtype: DType, shape: &[u64], (start, boxed): (&[u64], &[u64]), data: &'d [u8]) -> Boxed<'d> {
        let strides = c_strides(boxed, dtype.size());
        let ahead: isize = start.iter().zip(&strides).map(|(&at, s)| at as isize * s).sum();
        let chunk = shape.iter().map(|&n| n.max(1)).collect();
        Boxed {
            dtype,
            shape: shape.to_vec(),
            chunk,
            strides,
            offset: 0_usize.wrapping_add_signed(-ahead),
            data,
        }
    }
}

impl Source for Boxed<'_> {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> &[u64] {
        &self.chunk
    }
    fn strides(&self) -> &[isize] {
        &self.strides
    }
    fn offset(&self) -> usize {
        self.offset
    }
    fn label(&self) -> String {
        "a result that is folded".to_owned()
    }
    fn in_place(&self) -> bool {
        true
    }
    fn has_values(&self) -> bool {
        false
    }
    fn chunk_bytes(&self) -> usize {
        self.data.len()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        Ok(Located::new(index, Data::InPlace(self.data)))
    }
}
