//! Operators: computations that need an input whole, or in another order than it is tiled.
//!
//! Elementwise operations, casts and views are fused into the programs that read them. Everything else is an operator,
//! one file each. The planner knows operators by this trait alone. It gives an operator programs that compute its
//! inputs, and gets a [`Stage`] in return, which the executor runs. A reduction is an operator that needs less: it is
//! folded in a pass that it may share with others.

pub(crate) mod along;
pub(crate) mod blocks;
pub(crate) mod compress;
pub(crate) mod correlate;
mod diagonal;
mod differences;
pub(crate) mod distinct;
pub(crate) mod gather;
pub(crate) mod generated;
pub(crate) mod interp;
mod join;
pub(crate) mod masked;
pub(crate) mod matmul;
mod moved;
mod ramp;
pub(crate) mod reduce;
pub(crate) mod repeat;
pub(crate) mod scan;
pub(crate) mod search;
pub(crate) mod select;
pub(crate) mod sort;
mod strided;
pub(crate) mod tally;
mod windows;
mod zip;

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use crate::exec::{Derive, Stage};
use crate::kernels::Reducer;
use crate::program::Program;
use crate::program::written::Written;
use crate::{DType, Error, Expr, ReduceOptions, Reduction, Result};

/// A computation over whole arrays. Types and shapes of inputs and outputs are settled when the expression is built, so
/// an operator holds its parameters only.
pub(crate) trait Operator: Debug + Send + Sync {
    /// The name for people: in plans and errors.
    fn name(&self) -> &'static str;

    /// The parameters as bytes. Two operators of one name are equal if their bytes are equal.
    fn key(&self) -> Vec<u8>;

    /// The type in which an input of type `input` is computed. By default its own.
    fn feed_type(&self, input: DType) -> DType {
        input
    }

    /// How elements of type `from` are folded into a result of type `to`, for an operator of one input and one output
    /// whose work is a fold. It may then share a pass with other folds, and [`Operator::stage`] is not called.
    fn fold(&self, from: DType, to: DType) -> Option<Fold<'_>> {
        let _ = (from, to);
        None
    }

    /// The input that holds `part` of the only output, and for each axis how much larger its indices are there, if these
    /// are elements of one input as they are.
    fn holder(&self, part: &[Range<u64>]) -> Option<(usize, Vec<i64>)> {
        let _ = part;
        None
    }

    /// Widens `part` of the only output to the least part that the operator can compute alone, and gives the part of
    /// each input that this takes: the operator on these parts gives this part. `shapes` are those of the inputs.
    /// `None`: it computes all or nothing. A fold need not say anything.
    fn needs(&self, part: &mut [Range<u64>], shapes: &[&[u64]]) -> Option<Vec<Vec<Range<u64>>>> {
        let _ = (part, shapes);
        None
    }

    /// Whether it can write any chunks as well as it writes none, so that folds may take its results box by box. Products
    /// of matrices are fastest in blocks of their own.
    fn writes_any_chunks(&self) -> bool {
        true
    }

    /// The rule of an operator of one output whose boxes are computed where they are read. [`Operator::stage`] is then
    /// not called.
    fn derive(&self) -> Option<Arc<dyn Derive>> {
        None
    }

    /// A reduction of the output over `axes`, ascending, as another expression over the inputs, if that takes less time.
    ///
    /// # Errors
    /// Errors of building it.
    fn reduced(
        &self,
        inputs: &[Expr],
        reduction: Reduction,
        axes: &[usize],
        options: &ReduceOptions,
    ) -> Result<Option<Expr>> {
        let _ = (inputs, reduction, axes, options);
        Ok(None)
    }

    /// The stage that computes the outputs, given a program for each input and the way each output is written.
    ///
    /// # Errors
    /// When there is no kernel for these types.
    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let _ = (feeds, outputs);
        Err(Error::Other(format!("{} has no stage of its own", self.name())))
    }
}

/// A fold: its kernel and the axes that it reduces, ascending.
pub(crate) struct Fold<'a> {
    pub(crate) reducer: Reducer,
    pub(crate) axes: &'a [usize],
}

/// One output of an operator.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) dtype: DType,
    pub(crate) shape: Vec<u64>,
    pub(crate) written: Written,
}

/// The single element of `items`: the input or the output of an operator that has one.
fn only<T>(operator: &dyn Operator, items: impl IntoIterator<Item = T>) -> Result<T> {
    let mut items = items.into_iter();
    let (one, more) = (items.next(), items.next());
    let alone = one.filter(|_| more.is_none());
    alone.ok_or_else(|| Error::Other(format!("{} has one input and one output", operator.name())))
}
