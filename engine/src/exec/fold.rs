//! Reductions: the blocks of a tile folded into states.
//!
//! The tiles alone decide which numbers are added to which. Within a tile, blocks come in the order of the loops. The
//! states of tiles are then merged by a fixed tree (see [`super::folding`]).

use crate::kernels::{Arg, At, Block, Columns, Reducer, Rows};
use crate::program::tiles::row_axis;
use crate::{Buffer, Result};

/// A reduction over some axes of a domain.
#[derive(Debug)]
pub(crate) struct Reduced {
    pub(crate) reducer: Reducer,
    /// For each axis of the domain, whether it is reduced.
    pub(crate) over: Vec<bool>,
    /// For each axis, the distance of one step in the C order of the reduced axes. 0 for a kept axis, and for every
    /// axis if the reduction ignores positions: more loops can then be joined.
    pub(crate) index: Vec<u64>,
    /// Bytes of one element of the result.
    pub(crate) item: usize,
    /// The axis of the rows, if elements are folded column by column.
    pub(crate) rows: Option<usize>,
    /// Columns of the domain: elements in one row.
    pub(crate) columns: u64,
    /// For each axis, the number of kept axes that come before it in the order of the loops.
    runs: Vec<usize>,
    /// Whether a piece has only one element along each reduced axis that is slower than the rows. All rows of a tile
    /// then come one after the other, whatever chunks they lie in.
    pub(crate) one_by_one: bool,
}

/// Elements that make a piece of its own worthwhile.
const WORTH: u64 = 4096;

impl Reduced {
    /// The reduction of `axes` of a domain; `order` is the order of its loops.
    pub(crate) fn new(
        reducer: Reducer,
        domain: &[u64],
        order: &[usize],
        axes: &[usize],
        item: usize,
    ) -> Reduced {
        let over: Vec<bool> = (0..domain.len()).map(|k| axes.contains(&k)).collect();
        let mut index = vec![0; domain.len()];
        if reducer.is_arg() {
            let mut step = 1;
            for &k in axes.iter().rev() {
                index[k] = step;
                step *= domain[k];
            }
        }
        let rows = row_axis(domain, order, &over);
        let behind = order.iter().rev().take_while(|&&k| Some(k) != rows);
        let columns = behind.fold(1u64, |n, &k| n.saturating_mul(domain[k].max(1)));
        let mut runs = vec![0; domain.len()];
        let mut before = 0;
        for &k in order {
            runs[k] = before;
            before += usize::from(!over[k] && domain[k] > 1);
        }
        let one_by_one = rows.is_some_and(|k| domain[k].saturating_mul(columns) >= WORTH);
        Reduced { reducer, over, index, item, rows, columns, runs, one_by_one }
    }

    /// Bytes of the states of a tile of `shape`, and of its lanes.
    pub(crate) fn bytes(&self, shape: &[u64]) -> [u64; 2] {
        let states = self.states(shape) as u64;
        [self.reducer.state_size(), self.reducer.lane_size()].map(|size| states * size as u64)
    }

    /// The entries of `all` for kept axes.
    pub(crate) fn kept<T: Copy>(&self, all: &[T]) -> Vec<T> {
        all.iter().zip(&self.over).filter(|(_, over)| !**over).map(|(x, _)| *x).collect()
    }

    /// States of a tile.
    pub(crate) fn states(&self, shape: &[u64]) -> usize {
        self.kept(shape).iter().product::<u64>() as usize
    }
}

/// A reduction over one tile: its states lie in the order of the loops.
///
/// If the axis with the closest elements is kept, elements are folded column by column, and the last reduced axis makes
/// the rows. The place of a row in the tile along that axis alone decides to which leaf it belongs. So tiles may be as
/// wide as memory allows: the bits of a result are the same.
pub(super) struct Fold<'p> {
    reduced: &'p Reduced,
    /// For each axis of the domain, the number of states from one element to the next; 0 for a reduced axis.
    strides: Vec<usize>,
    /// Elements of the tile along each axis.
    shape: Vec<u64>,
}

/// How a fold moves along one loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    over: bool,
    /// Whether this loop goes from row to row of columns.
    rows: bool,
    /// Loops over reduced axes belong to one run if no kept axis lies between them. Only such loops are joined, so that
    /// the length of a piece along other axes has no influence.
    run: usize,
    state: usize,
    index: u64,
}

impl Step {
    /// Whether this loop and the next inner one, of `n` elements, can be joined.
    pub(super) fn joins(&self, inner: &Step, n: usize) -> bool {
        let alike = self.over == inner.over && !inner.rows && (!self.over || self.run == inner.run);
        alike && self.state == inner.state * n && self.index == inner.index * n as u64
    }
}

/// Whether the loops of a block of `shape` are two that cannot be joined, so that its rows may lie apart.
pub(super) fn has_rows(steps: &[Step], shape: &[usize]) -> bool {
    let mut loops = steps.iter().zip(shape).filter(|(_, n)| **n > 1);
    match [loops.next(), loops.next(), loops.next()] {
        [Some((outer, _)), Some((inner, &n)), None] => !outer.joins(inner, n),
        _ => false,
    }
}

/// A piece of a tile as a fold sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The state of its first element.
    state: usize,
    /// The index, among the reduced elements, of its first element.
    index: u64,
    /// Its rows in the tile.
    rows: Rows,
}

impl<'p> Fold<'p> {
    pub(super) fn new(reduced: &'p Reduced, order: &[usize], shape: &[u64]) -> Fold<'p> {
        let mut strides = vec![0; shape.len()];
        let mut step = 1;
        for &k in order.iter().rev().filter(|&&k| !reduced.over[k]) {
            strides[k] = step;
            step *= shape[k] as usize;
        }
        Fold { reduced, strides, shape: shape.to_vec() }
    }

    /// The axis of the rows and the number of columns, if elements are folded column by column.
    pub(super) fn by_column(&self) -> Option<(usize, u64)> {
        self.reduced.rows.map(|axis| (axis, self.reduced.columns))
    }

    pub(super) fn step(&self, axis: usize) -> Step {
        Step {
            over: self.reduced.over[axis],
            rows: self.reduced.rows == Some(axis),
            run: self.reduced.runs[axis],
            state: self.strides[axis],
            index: self.reduced.index[axis],
        }
    }

    /// The place of the piece of `shape` at `start` in the tile that starts at `tile`.
    pub(super) fn place(&self, tile: &[u64], start: &[u64], shape: &[u64]) -> Place {
        let within = |k: usize| (start[k] - tile[k]) as usize;
        let state = (0..start.len()).map(|k| within(k) * self.strides[k]).sum();
        let index = start.iter().zip(&self.reduced.index).map(|(i, s)| i * s).sum();
        let rows = self.reduced.rows.map_or(Rows { start: 0, at: 0, end: 1 }, |axis| {
            // a fold over a second axis returns to the same columns before it has seen all rows of the tile
            let again = |k: usize| k != axis && self.reduced.over[k] && self.shape[k] > 1;
            let (first, end) = (within(axis), within(axis) + shape[axis] as usize);
            match !self.reduced.one_by_one && (0..start.len()).any(again) {
                true => Rows { start: first, at: first, end },
                false => Rows { start: 0, at: first, end: self.shape[axis] as usize },
            }
        });
        Place { state, index, rows }
    }

    /// Folds a block: the box of `shape` at position `at` in the loops of a piece.
    pub(super) fn block(
        &self,
        block: Block<'_>,
        at: &[usize],
        shape: &[usize],
        steps: &[Step],
        mut place: Place,
        states: &mut States,
    ) {
        for (&i, step) in at.iter().zip(steps) {
            place.state += i * step.state;
            place.index += i as u64 * step.index;
            place.rows.at += if step.rows { i } else { 0 };
        }
        let mut loops: Vec<(usize, Step)> = Vec::with_capacity(shape.len());
        for (&n, &step) in shape.iter().zip(steps).filter(|(n, _)| **n > 1) {
            match loops.last_mut() {
                Some((m, outer)) if outer.joins(&step, n) => (*m, *outer) = (*m * n, step),
                _ => loops.push((n, step)),
            }
        }
        self.run(block, &loops, place, states);
    }

    fn run(&self, block: Block<'_>, loops: &[(usize, Step)], place: Place, states: &mut States) {
        let Reduced { reducer, rows, .. } = self.reduced;
        let (base, row_step, col_step) = (place.index, 0, 0);
        let by_column = rows.is_some();
        match loops {
            [] if !by_column => {
                let at = At { base, row_step, col_step };
                reducer.fold_rows(states.part(place.state, 1), block, [1, 1], at);
            }
            [(cols, inner)] if inner.over && !by_column => {
                let at = At { base, row_step, col_step: inner.index };
                reducer.fold_rows(states.part(place.state, 1), block, [1, *cols], at);
            }
            [(rows, outer), (cols, inner)] if inner.over && !outer.over && outer.state == 1 && !by_column => {
                let at = At { base, row_step, col_step: inner.index };
                reducer.fold_rows(states.part(place.state, *rows), block, [*rows, *cols], at);
            }
            [] => self.columns(block, [1, 1], At { base, row_step, col_step }, place, states),
            [(rows, outer)] if outer.rows => {
                self.columns(block, [*rows, 1], At { base, row_step: outer.index, col_step }, place, states);
            }
            [(cols, inner)] if inner.state == 1 => {
                self.columns(block, [1, *cols], At { base, row_step, col_step }, place, states);
            }
            [(rows, outer), (cols, inner)] if outer.rows && inner.state == 1 => {
                let at = At { base, row_step: outer.index, col_step };
                self.columns(block, [*rows, *cols], at, place, states);
            }
            [(n, outer), rest @ ..] => {
                for k in 0..*n {
                    let mut place = place;
                    place.state += k * outer.state;
                    place.index += k as u64 * outer.index;
                    place.rows.at += if outer.rows { k } else { 0 };
                    let cols = rest.iter().map(|(n, _)| n).product();
                    self.run(row_of(block, k, *n, cols), rest, place, states);
                }
            }
        }
    }

    fn columns(&self, block: Block<'_>, shape: [usize; 2], at: At, place: Place, states: &mut States) {
        // without an axis of rows, the single row of a block is a leaf of its own
        let alone = Rows { start: 0, at: 0, end: shape[0] };
        let rows = if self.reduced.rows.is_some() { place.rows } else { alone };
        self.reduced.reducer.fold_cols(states.columns(place.state, shape[1]), block, shape, rows, at);
    }
}

/// Row `k` of a block of `rows` rows of `cols` elements.
fn row_of(block: Block<'_>, k: usize, rows: usize, cols: usize) -> Block<'_> {
    let values = match (block.values, block.stride) {
        (Arg::Scalar(one), _) => Arg::Scalar(one),
        (Arg::Block(bytes), None) => {
            let row = bytes.len() / rows;
            Arg::Block(bytes.get(k * row..(k + 1) * row).unwrap_or(&[]))
        }
        (Arg::Block(bytes), Some(stride)) => {
            let item = bytes.len() / ((rows - 1) * stride + cols);
            Arg::Block(bytes.get(k * stride * item..(k * stride + cols) * item).unwrap_or(&[]))
        }
    };
    Block { values, stride: None }
}

/// The states of a tile, and the lanes of its columns.
pub(super) struct States {
    states: Buffer,
    lanes: Buffer,
    size: usize,
    lane: usize,
}

impl States {
    /// Fresh states for a tile of `shape`.
    pub(super) fn new(reduced: &Reduced, shape: &[u64]) -> Result<States> {
        let [states, lanes] = reduced.bytes(shape).map(|bytes| Buffer::unfilled(bytes as usize));
        let (mut states, lanes, reducer) = (states?, lanes?, &reduced.reducer);
        reducer.init(states.bytes_mut());
        Ok(States { size: reducer.state_size(), lane: reducer.lane_size(), states, lanes })
    }

    fn part(&mut self, first: usize, n: usize) -> &mut [u8] {
        self.states.bytes_mut().get_mut(first * self.size..(first + n) * self.size).unwrap_or_default()
    }

    fn columns(&mut self, first: usize, n: usize) -> Columns<'_> {
        Columns {
            states: self
                .states
                .bytes_mut()
                .get_mut(first * self.size..(first + n) * self.size)
                .unwrap_or_default(),
            lanes: self
                .lanes
                .bytes_mut()
                .get_mut(first * self.lane..(first + n) * self.lane)
                .unwrap_or_default(),
        }
    }

    /// The states, when the tile is done.
    pub(super) fn into_buffer(self) -> Buffer {
        self.states
    }
}
