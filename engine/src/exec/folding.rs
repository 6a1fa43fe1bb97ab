//! The states of tiles on their way to a result.
//!
//! The tiles that reduce into the same elements (a *group*) are the leaves of a binary tree. Any number of threads may
//! evaluate tiles in any order: two neighbours are merged as soon as both are there.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use arrstore_format::strided;

use super::delivery::give_alike;
use super::fold::{Reduced, States};
use super::pass::Pass;
use crate::sink::Sink;
use crate::{Buffer, Result};

/// The states of tiles on their way to a result.
pub(super) struct Folding<'p> {
    pub(super) reduced: &'p Reduced,
    pass: &'p Pass,
    sink: &'p dyn Sink,
    /// States that wait for their neighbour, by group, level of the tree and place in the level.
    waiting: Mutex<HashMap<(u64, u32, u64), Buffer>>,
}

impl<'p> Folding<'p> {
    pub(super) fn new(reduced: &'p Reduced, pass: &'p Pass, sink: &'p dyn Sink) -> Folding<'p> {
        Folding { reduced, pass, sink, waiting: Mutex::default() }
    }

    /// Fresh states for a tile of `shape`.
    pub(super) fn states(&self, shape: &[u64]) -> Result<States> {
        States::new(self.reduced, shape)
    }

    /// Takes the states of the tile at `index`, merges them with those of finished neighbours, and writes the result of
    /// the group once it is complete.
    pub(super) fn deliver(&self, index: &[u64], mut states: Buffer) -> Result<()> {
        let counts = self.pass.tiles.counts();
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
        let (start, shape) = self.pass.tiles.tile(index);
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
        for &k in self.pass.order.iter().rev().filter(|&&k| !self.reduced.over[k]) {
            strides[k] = step;
            step *= shape[k] as isize;
        }
        let within: Vec<u64> = start.iter().zip(&self.pass.part).map(|(at, part)| at - part.start).collect();
        let (start, shape, from) =
            (self.reduced.kept(&within), self.reduced.kept(shape), self.reduced.kept(&strides));
        let boxed: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let to = strided::c_strides(&boxed, item);
        if from == to {
            return self.sink.write(&start, &shape, looped.bytes());
        }
        let mut ordered = Buffer::unfilled(n * item)?;
        strided::copy(item, &boxed, looped.bytes(), 0, &from, ordered.bytes_mut(), 0, &to);
        self.sink.write(&start, &shape, ordered.bytes())
    }

    /// Writes a result that has elements, each of which is a reduction of no elements.
    pub(super) fn identity(&self, shape: &[u64]) -> Result<()> {
        let mut state = Buffer::new(self.reduced.reducer.state_size())?;
        self.reduced.reducer.init(state.bytes_mut());
        let mut one = vec![0; self.reduced.item];
        self.reduced.reducer.finish(state.bytes(), &mut one);
        give_alike(&one, shape, |start, shape, bytes| self.sink.write(start, shape, bytes))
    }
}
