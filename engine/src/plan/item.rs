//! The outputs of passes, before they are grouped into passes.

use super::needed::Part;
use super::target::Dest;
use crate::program::tiles::{Tiles, loop_order};
use crate::program::{Blocking, Id, Program};

/// One output of a pass.
pub(super) struct Item {
    pub(super) level: usize,
    pub(super) work: ItemWork,
    pub(super) dest: Dest,
    pub(super) program: Program,
    pub(super) tiles: Tiles,
    /// Axes in the order of the loops within a tile.
    pub(super) order: Vec<usize>,
    pub(super) blocking: Blocking,
    /// The axis of the rows, for a fold that goes column by column.
    pub(super) rows: Option<usize>,
    /// The part of the program's domain that a fold needs; `None`: all of it.
    pub(super) part: Option<Part>,
}

/// The use of a node's elements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemWork {
    /// The node is written.
    Write(Id),
    /// A source is decoded or copied into a spill file.
    Turn(Id),
    /// The node is folded into another, the result of an operator.
    Fold { input: Id, result: Id },
}

impl ItemWork {
    /// The node whose elements a pass evaluates.
    fn node(self) -> Id {
        match self {
            ItemWork::Write(id) | ItemWork::Turn(id) | ItemWork::Fold { input: id, .. } => id,
        }
    }
}

impl Item {
    pub(super) fn new(work: ItemWork, dest: Dest, level: usize, program: Program, tiles: Tiles) -> Item {
        let (order, blocking) = (loop_order(&program), program.blocking());
        Item { level, work, dest, program, tiles, order, blocking, rows: None, part: None }
    }

    pub(super) fn is_fold(&self) -> bool {
        matches!(self.work, ItemWork::Fold { .. })
    }

    /// Whether it folds all elements.
    pub(super) fn folds_all(&self) -> bool {
        self.is_fold() && self.part.is_none()
    }

    /// Whether it and another fold can be computed in one pass.
    pub(super) fn shares_pass(&self, first: &Item) -> bool {
        self.runs_along(first) && self.shares_blocks(first, Some(first.rows))
    }

    /// The node whose elements it takes.
    pub(super) fn node(&self) -> Id {
        self.work.node()
    }

    /// The result of a fold.
    pub(super) fn result(&self) -> Option<Id> {
        match self.work {
            ItemWork::Fold { result, .. } => Some(result),
            ItemWork::Write(_) | ItemWork::Turn(_) => None,
        }
    }

    pub(super) fn is_turn(&self) -> bool {
        matches!(self.work, ItemWork::Turn(_))
    }

    /// Whether both run over the same tiles in the same order, and neither spills a source.
    pub(super) fn runs_along(&self, other: &Item) -> bool {
        let alone = self.is_turn() || other.is_turn();
        let same = self.program.domain == other.program.domain;
        !alone && same && self.part == other.part && self.tiles == other.tiles && self.order == other.order
    }

    /// Whether a pass cuts both into the same blocks, so that a shared pass changes no bit of a fold. `rows` is the
    /// axis of the rows of the pass' folds, if it has folds.
    pub(super) fn shares_blocks(&self, first: &Item, rows: Option<Option<usize>>) -> bool {
        let alike = !self.is_fold() || Some(self.rows) == rows;
        alike && (rows.is_none() || self.blocking == first.blocking)
    }
}
