//! Panels of operands in memory, or pieces of operands in place.

use arrstore_format::strided;
use rayon::prelude::*;

use crate::exec::feed::{Feed, Reader};
use crate::exec::gemm::Matrix;
use crate::exec::input::{Input, Window};
use crate::profile::Work;
use crate::program::Program;
use crate::{Buffer, Error, Result};

/// One operand while the product runs.
pub(super) struct Operand<'p> {
    pub(super) feed: Feed<'p>,
    /// Whether it is multiplied in place.
    pub(super) in_place: bool,
}

impl<'p> Operand<'p> {
    pub(super) fn input(&'p self) -> Input<'p> {
        let Feed { program, sources, context, shared, .. } = &self.feed;
        Input::new(0, program, sources[0].as_ref(), context, shared).lending()
    }

    /// Bytes of the operand's mapped chunks, if it is multiplied in place.
    pub(super) fn stored_bytes(&self) -> u64 {
        let program = self.feed.program;
        let loads = if self.in_place { &program.loads[..] } else { &[] };
        loads.iter().map(|load| load.mapped_bytes(&program.domain)).sum()
    }

    /// The elements `[rows, columns]` at `first` of one batch: in place and checked, or copied to `buffer` if a backend
    /// cannot take them as they lie.
    fn piece<'a>(
        &self,
        input: &'a mut Input<'p>,
        buffer: &'a mut Buffer,
        batch: &[u64],
        first: [u64; 2],
        shape: [u64; 2],
        item: usize,
    ) -> Result<Matrix<'a>> {
        input.seek(&[batch, &first].concat(), &[&vec![1; batch.len()][..], &shape].concat())?;
        input.check_unseen()?;
        let lies = match input.window() {
            Window::Strided { bytes, offset, strides } => {
                Matrix { bytes, offset, strides: [strides[batch.len()], strides[batch.len() + 1]] }
            }
            Window::Constant(bytes) => Matrix { bytes, offset: 0, strides: [0, 0] },
        };
        if lies.is_plain(shape, item) {
            return Ok(lies);
        }
        let shape = shape.map(|n| n as usize);
        let strides = [(shape[1] * item) as isize, item as isize];
        let out = buffer.reserve(shape[0] * shape[1] * item)?;
        strided::copy(item, &shape, lies.bytes, lies.offset, &lies.strides, out, 0, &strides);
        Ok(Matrix { bytes: out, offset: 0, strides })
    }
}

/// A panel of an operand: in a buffer, or in place.
pub(super) struct Panel<'p> {
    operand: &'p Operand<'p>,
    filler: Filler<'p>,
    buffer: Buffer,
    /// The box that the buffer holds: start and shape.
    at: Option<[Vec<u64>; 2]>,
}

/// The way in which a panel is filled.
enum Filler<'p> {
    Pool(&'p rayon::ThreadPool),
    One(Box<Reader<'p>>),
    /// Not at all: pieces are taken in place.
    InPlace(Box<Input<'p>>),
}

impl<'p> Panel<'p> {
    /// An empty panel, to be filled by the threads of a pool, or by one.
    pub(super) fn new(operand: &'p Operand<'p>, pool: Option<&'p rayon::ThreadPool>) -> Result<Panel<'p>> {
        let filler = match pool {
            _ if operand.in_place => Filler::InPlace(Box::new(operand.input())),
            Some(pool) => Filler::Pool(pool),
            None => Filler::One(Box::new(operand.feed.reader())),
        };
        Ok(Panel { operand, filler, buffer: Buffer::default(), at: None })
    }

    /// Whether pieces are taken in place.
    pub(super) fn is_in_place(&self) -> bool {
        self.operand.in_place
    }

    /// Whether a piece is taken in place and must first be brought from a disk.
    pub(super) fn lacks(&mut self, start: &[u64], shape: &[u64]) -> bool {
        match &mut self.filler {
            Filler::InPlace(input) => input.holds(start, shape).is_ok_and(|holds| !holds),
            _ => false,
        }
    }

    /// The first element after `at`, along axis 0 or 1 of the matrices, that lies in another chunk. A panel has no such
    /// border.
    pub(super) fn border(&self, axis: usize, at: u64) -> u64 {
        let Program { loads, domain, .. } = self.operand.feed.program;
        match (&self.filler, &loads[..]) {
            (Filler::InPlace(_), [load]) => {
                load.access[domain.len() - 2 + axis].map_or(u64::MAX, |a| a.next_border(at))
            }
            _ => u64::MAX,
        }
    }

    /// The elements `[rows, columns]` at `first` of one batch: from the panel, or in place within one chunk.
    pub(super) fn piece(
        &mut self,
        batch: &[u64],
        first: [u64; 2],
        shape: [u64; 2],
        item: usize,
    ) -> Result<Matrix<'_>> {
        let Panel { operand, filler, buffer, at } = self;
        if let Filler::InPlace(input) = filler {
            return operand.piece(input, buffer, batch, first, shape, item);
        }
        let Some([from, held]) = at else { return Err(Error::internal("no panel was brought")) };
        let [down, along] = [0, 1].map(|k| (first[k] - from[batch.len() + k]) as usize);
        let row = held[batch.len() + 1] as usize * item;
        let offset = down * row + along * item;
        Ok(Matrix { bytes: buffer.bytes(), offset, strides: [row as isize, item as isize] })
    }

    /// Tells the panel that the piece at hand has been read: its pages are let go, unless they are to stay.
    pub(super) fn pass(&mut self) {
        if let Filler::InPlace(input) = &mut self.filler {
            input.pass();
        }
    }

    /// Evaluates the operand over `[rows, columns]` at `first` of one batch, unless the panel holds these elements
    /// already.
    pub(super) fn bring(
        &mut self,
        batch: &[u64],
        first: [u64; 2],
        [rows, columns]: [u64; 2],
        item: usize,
    ) -> Result<()> {
        let start = [batch, &first].concat();
        let shape = [&vec![1; batch.len()][..], &[rows, columns]].concat();
        let row = columns as usize * item;
        let nothing = row == 0 || rows == 0 || matches!(self.filler, Filler::InPlace(_));
        if nothing || self.at.as_ref().is_some_and(|[s, n]| *s == start && *n == shape) {
            return Ok(());
        }
        self.at = None;
        let out = self.buffer.reserve(rows as usize * row)?;
        let context = self.operand.feed.context;
        let fill = |reader: &mut Reader<'_>, k: usize, out: &mut [u8]| {
            let (mut start, mut shape) = (start.clone(), shape.clone());
            start[batch.len()] += k as u64;
            shape[batch.len()] = (out.len() / row) as u64;
            let elements = shape.iter().product();
            context.record(Work::Panel, 1, elements, || reader.fill(&start, &shape, out))
        };
        match &mut self.filler {
            Filler::InPlace(_) => {}
            Filler::One(reader) => fill(reader, 0, out)?,
            Filler::Pool(pool) => {
                let step = (rows as usize).div_ceil(4 * pool.current_num_threads()).max(1);
                let part = |(k, out)| fill(&mut self.operand.feed.reader(), k * step, out);
                pool.install(|| out.par_chunks_mut(step * row).enumerate().try_for_each(part))?;
            }
        }
        self.at = Some([start, shape]);
        Ok(())
    }
}
