//! Reductions: blocks folded into states, states of tiles merged by a fixed tree.
//!
//! Which numbers are added to which is decided by the tiles alone: within a tile blocks come in the order of
//! the loops, and the tiles that reduce into the same elements (a *group*) are the leaves of a binary tree.
//! Tiles may be evaluated in any order and by any number of threads: two neighbours are merged as soon as both
//! are there.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use arrstore_format::strided;

use crate::kernels::{Arg, At, Reducer};
use crate::plan::tiles::Tiles;
use crate::sink::Sink;
use crate::{Buffer, Result};

/// A reduction over some axes of a domain.
#[derive(Debug)]
pub(crate) struct Reduced {
    pub(crate) reducer: Reducer,
    /// For each axis of the domain, whether it is reduced.
    pub(crate) over: Vec<bool>,
    /// For each axis, how far one step moves in the C order of the reduced axes; 0 where it is kept, or the reduction does
    /// not ask where elements are: then it takes all that lie in a row as one.
    pub(crate) index: Vec<u64>,
    /// Bytes of one element of the result.
    pub(crate) item: usize,
}

impl Reduced {
    pub(crate) fn new(reducer: Reducer, domain: &[u64], axes: &[usize], item: usize) -> Reduced {
        let over: Vec<bool> = (0..domain.len()).map(|k| axes.contains(&k)).collect();
        let mut index = vec![0; domain.len()];
        if reducer.is_arg() {
            let mut step = 1;
            for &k in axes.iter().rev() {
                index[k] = step;
                step *= domain[k];
            }
        }
        Reduced { reducer, over, index, item }
    }

    /// Those of `all` that belong to kept axes.
    pub(crate) fn kept<T: Copy>(&self, all: &[T]) -> Vec<T> {
        all.iter().zip(&self.over).filter(|(_, over)| !**over).map(|(x, _)| *x).collect()
    }

    /// States of a tile.
    pub(crate) fn states(&self, shape: &[u64]) -> usize {
        self.kept(shape).iter().product::<u64>() as usize
    }
}

/// A reduction over one tile: its states lie in the order of the loops.
pub(super) struct Fold<'p> {
    reduced: &'p Reduced,
    /// For each axis of the domain, the states from one element to the next; 0 where it is reduced.
    strides: Vec<usize>,
}

/// How a fold moves along one loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    over: bool,
    state: usize,
    index: u64,
}

impl Step {
    /// Whether this loop and the next inner one, of `n` elements, are as one.
    pub(super) fn joins(&self, inner: &Step, n: usize) -> bool {
        self.over == inner.over && self.state == inner.state * n && self.index == inner.index * n as u64
    }
}

impl<'p> Fold<'p> {
    pub(super) fn new(reduced: &'p Reduced, order: &[usize], shape: &[u64]) -> Fold<'p> {
        let mut strides = vec![0; shape.len()];
        let mut step = 1;
        for &k in order.iter().rev().filter(|&&k| !reduced.over[k]) {
            strides[k] = step;
            step *= shape[k] as usize;
        }
        Fold { reduced, strides }
    }

    pub(super) fn step(&self, axis: usize) -> Step {
        Step { over: self.reduced.over[axis], state: self.strides[axis], index: self.reduced.index[axis] }
    }

    /// The state of the first element of a piece.
    pub(super) fn origin(&self, tile: &[u64], start: &[u64]) -> usize {
        start.iter().zip(tile).zip(&self.strides).map(|((s, t), k)| (s - t) as usize * k).sum()
    }

    /// The index, among the reduced elements, of an element of the domain.
    pub(super) fn index(&self, at: &[u64]) -> u64 {
        at.iter().zip(&self.reduced.index).map(|(i, s)| i * s).sum()
    }

    /// Folds a block: the box of `shape` at `at` of the loops.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn block(
        &self,
        value: Arg<'_>,
        at: &[usize],
        shape: &[usize],
        steps: &[Step],
        origin: usize,
        index: u64,
        states: &mut [u8],
    ) {
        let state = origin + at.iter().zip(steps).map(|(i, s)| i * s.state).sum::<usize>();
        let index = index + at.iter().zip(steps).map(|(&i, s)| i as u64 * s.index).sum::<u64>();
        let mut loops: Vec<(usize, Step)> = Vec::with_capacity(shape.len());
        for (&n, &step) in shape.iter().zip(steps).filter(|(n, _)| **n > 1) {
            match loops.last_mut() {
                Some((m, outer)) if outer.joins(&step, n) => (*m, *outer) = (*m * n, step),
                _ => loops.push((n, step)),
            }
        }
        self.run(value, &loops, state, index, states);
    }

    fn run(&self, value: Arg<'_>, loops: &[(usize, Step)], state: usize, index: u64, states: &mut [u8]) {
        let reducer = &self.reduced.reducer;
        let size = reducer.state_size();
        match loops {
            [] => {
                let at = At { base: index, row_step: 0, col_step: 0 };
                reducer.fold_rows(&mut states[state * size..(state + 1) * size], value, [1, 1], at);
            }
            [(cols, inner)] if inner.over => {
                let at = At { base: index, row_step: 0, col_step: inner.index };
                reducer.fold_rows(&mut states[state * size..(state + 1) * size], value, [1, *cols], at);
            }
            [(rows, outer), (cols, inner)] if inner.over && !outer.over && outer.state == 1 => {
                let at = At { base: index, row_step: 0, col_step: inner.index };
                reducer.fold_rows(
                    &mut states[state * size..(state + rows) * size],
                    value,
                    [*rows, *cols],
                    at,
                );
            }
            [(cols, inner)] if inner.state == 1 => {
                let at = At { base: index, row_step: 0, col_step: 0 };
                reducer.fold_cols(&mut states[state * size..(state + cols) * size], value, [1, *cols], at);
            }
            [(rows, outer), (cols, inner)] if !inner.over && outer.over && inner.state == 1 => {
                let at = At { base: index, row_step: outer.index, col_step: 0 };
                reducer.fold_cols(
                    &mut states[state * size..(state + cols) * size],
                    value,
                    [*rows, *cols],
                    at,
                );
            }
            [(n, outer), rest @ ..] => {
                for k in 0..*n {
                    let index = index + k as u64 * outer.index;
                    self.run(row_of(value, k, *n), rest, state + k * outer.state, index, states);
                }
            }
        }
    }
}

/// Row `k` of a block of `rows` rows.
fn row_of(value: Arg<'_>, k: usize, rows: usize) -> Arg<'_> {
    match value {
        Arg::Scalar(one) => Arg::Scalar(one),
        Arg::Block(block) => {
            let row = block.len() / rows;
            Arg::Block(block.get(k * row..(k + 1) * row).unwrap_or(&[]))
        }
    }
}

/// The states of tiles on their way to a result.
pub(super) struct Folding<'p> {
    pub(super) reduced: &'p Reduced,
    order: &'p [usize],
    tiles: &'p Tiles,
    sink: &'p dyn Sink,
    /// By group, level of the tree and place in the level.
    waiting: Mutex<HashMap<(u64, u32, u64), Buffer>>,
}

impl<'p> Folding<'p> {
    pub(super) fn new(
        reduced: &'p Reduced,
        order: &'p [usize],
        tiles: &'p Tiles,
        sink: &'p dyn Sink,
    ) -> Folding<'p> {
        Folding { reduced, order, tiles, sink, waiting: Mutex::default() }
    }

    /// Fresh states for a tile of `shape`.
    pub(super) fn states(&self, shape: &[u64]) -> Result<Buffer> {
        let mut states = Buffer::unfilled(self.reduced.states(shape) * self.reduced.reducer.state_size())?;
        self.reduced.reducer.init(states.bytes_mut());
        Ok(states)
    }

    /// Takes the states of the tile at `index`; merges what can be merged, and writes the result of a group
    /// that is complete.
    pub(super) fn deliver(&self, index: &[u64], mut states: Buffer) -> Result<()> {
        let counts = self.tiles.counts();
        let place = |over: bool| {
            let axes = index.iter().zip(&counts).zip(&self.reduced.over).filter(|(_, o)| **o == over);
            axes.fold((0, 1), |(at, n), ((i, c), _)| (at * c + i, n * c))
        };
        let (group, _) = place(false);
        let (mut at, mut count) = place(true);
        let mut level = 0;
        while count > 1 {
            let sibling = at ^ 1;
            if sibling < count {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(mut other) = waiting.remove(&(group, level, sibling)) else {
                    waiting.insert((group, level, at), states);
                    return Ok(());
                };
                drop(waiting);
                if sibling < at {
                    std::mem::swap(&mut states, &mut other);
                }
                self.reduced.reducer.merge(states.bytes_mut(), other.bytes());
            }
            at /= 2;
            count = count.div_ceil(2);
            level += 1;
        }
        let (start, shape) = self.tiles.tile(index);
        self.finish(&start, &shape, states.bytes())
    }

    /// Writes the result of a group.
    fn finish(&self, start: &[u64], shape: &[u64], states: &[u8]) -> Result<()> {
        let item = self.reduced.item;
        let n = self.reduced.states(shape);
        let mut looped = Buffer::unfilled(n * item)?;
        self.reduced.reducer.finish(states, looped.bytes_mut());
        let mut strides = vec![0isize; shape.len()];
        let mut step = item as isize;
        for &k in self.order.iter().rev().filter(|&&k| !self.reduced.over[k]) {
            strides[k] = step;
            step *= shape[k] as isize;
        }
        let (start, shape, from) =
            (self.reduced.kept(start), self.reduced.kept(shape), self.reduced.kept(&strides));
        let boxed: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let to = strided::c_strides(&boxed, item);
        if from == to {
            return self.sink.write(&start, &shape, looped.bytes());
        }
        let mut ordered = Buffer::unfilled(n * item)?;
        strided::copy(item, &boxed, looped.bytes(), 0, &from, ordered.bytes_mut(), 0, &to);
        self.sink.write(&start, &shape, ordered.bytes())
    }

    /// The result of reducing no elements at all, for a result that has some.
    pub(super) fn identity(&self, shape: &[u64]) -> Result<()> {
        let mut state = Buffer::new(self.reduced.reducer.state_size())?;
        self.reduced.reducer.init(state.bytes_mut());
        let mut one = vec![0; self.reduced.item];
        self.reduced.reducer.finish(state.bytes(), &mut one);
        let tiles = Tiles::unled(shape);
        let extents = tiles.extents();
        let n: u64 = extents.iter().product();
        let mut all = Buffer::new(n as usize * one.len())?;
        all.bytes_mut().chunks_exact_mut(one.len()).for_each(|to| to.copy_from_slice(&one));
        super::each_tile(&tiles, &(0..shape.len()).collect::<Vec<_>>(), |index| {
            let (start, shape) = tiles.tile(index);
            let n: u64 = shape.iter().product();
            self.sink.write(&start, &shape, &all.bytes()[..n as usize * one.len()])
        })
    }
}
