//! Elements where a mask is true, and their places.
//!
//! The length of such a result depends on data, so it is counted when the expression is built: a pass over the mask
//! counts the true elements of each *band*, a part of the mask that is one piece in C order. The counts say in which
//! bands the elements of any part of the result lie, so that it is computed where it is read. If all elements take
//! little memory, the counting pass keeps them, and the mask is read once. Both ways give the same chunks.

mod band;
mod counting;

use std::sync::Arc;

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::plan::{Plan, Target};
use crate::program::Program;
use crate::program::tiles::lead;
use crate::source::{Kept, elements};
use crate::view::{Index, show};
use crate::{Context, DType, Error, Result};
use band::{Band, Bands};
use counting::{Counting, Keep};

/// The part of the budget that elements may take in memory.
const SHARE: u64 = 8;

/// The elements that a mask selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    /// The elements of an array of the mask's shape: the second input.
    Values,
    /// The index of each along every axis.
    Places,
}

impl Expr {
    /// The elements where `mask`, a boolean array of the same shape, is true, in C order.
    ///
    /// # Errors
    /// When the shapes differ, the mask is not boolean, or it cannot be counted.
    pub fn masked(&self, mask: &Expr, context: &Context) -> Result<Expr> {
        if mask.shape() != self.shape() {
            return Err(Error::Shape(format!(
                "a mask of shape {} selects from an array of shape {}",
                show(mask.shape()),
                show(self.shape())
            )));
        }
        selected(Selected::Values, vec![truth(mask)?, self.typed()?], context)
    }

    /// The index of each element that is not zero, in C order: one row for each, as NumPy's `argwhere`.
    ///
    /// # Errors
    /// When the elements cannot be counted.
    pub fn argwhere(&self, context: &Context) -> Result<Expr> {
        if self.ndim() == 0 {
            return self.expand_dims(&[0])?.argwhere(context)?.index(&[Index::ALL, (0..0).into()]);
        }
        selected(Selected::Places, vec![self.truths()?], context)
    }
}

/// A mask as it is.
fn truth(mask: &Expr) -> Result<Expr> {
    match mask.dtype() {
        DType::Bool => mask.typed(),
        found => Err(Error::dtype("a mask", DType::Bool, found)),
    }
}

/// Counts the elements that the mask, the first input, selects.
fn selected(what: Selected, inputs: Vec<Expr>, context: &Context) -> Result<Expr> {
    let (Some(mask), Some(last)) = (inputs.first(), inputs.last()) else {
        return Err(Error::internal("no mask"));
    };
    let shape = mask.shape().to_vec();
    let bands = Bands::new(&shape);
    let count = if elements(&shape)? == 0 { 0 } else { bands.grid.len() };
    let dtype = if what == Selected::Values { last.dtype() } else { DType::I64 };
    let keep = Arc::new(Keep::new(context.budget.room() / SHARE));
    let mut before = vec![0];
    let mut permit = None;
    if count > 0 {
        let counting = Counting { what, shape: shape.clone(), keep: keep.clone() };
        let counts = Expr::output(counting, inputs.clone(), DType::I64, vec![count]);
        // what is kept is taken from the budget beside the memory of the plan
        let budget = context.budget.resized(context.budget.total() - keep.room);
        let within = Context { budget, ..context.clone() };
        let plan = Plan::new(&[(counts, Target::Memory)], &within)?;
        let bytes = plan.peak() + keep.room;
        permit = Some(context.budget.take(bytes, "counting the elements of a mask")?);
        let values = plan.run(&within)?.into_iter().flatten().next();
        let counts = values.ok_or_else(|| Error::internal("the plan gave no value"))?;
        for count in counts.bytes().as_chunks::<8>().0 {
            before.push(before.last().copied().unwrap_or(0) + u64::from_le_bytes(*count));
        }
    }
    let total = before.last().copied().unwrap_or(0);
    let result = match what {
        Selected::Values => vec![total],
        Selected::Places => vec![total, shape.len() as u64],
    };
    let masked = Masked { what, shape, before };
    let chunk = masked.chunk(&[], &result, dtype.size() as u64);
    let kept = match keep.parts() {
        Some(parts) if total > 0 => match context.budget.hold(Kept::size(dtype, &result, &chunk)) {
            Some(hold) => Some(Kept::new(dtype, &result, &chunk, parts, hold)?),
            None => None,
        },
        _ => None,
    };
    // the parts are gone
    drop(permit);
    match kept {
        Some(kept) => Expr::source(Arc::new(kept)),
        None => Ok(Expr::output(Arc::new(masked), inputs, dtype, result)),
    }
}

/// The elements that a counted mask selects.
#[derive(Debug)]
struct Masked {
    what: Selected,
    /// The shape of the mask.
    shape: Vec<u64>,
    /// Selected elements before each band, and in all.
    before: Vec<u64>,
}

impl Operator for Arc<Masked> {
    fn name(&self) -> &'static str {
        match self.what {
            Selected::Values => "mask",
            Selected::Places => "argwhere",
        }
    }

    fn key(&self) -> Vec<u8> {
        Vec::new()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(self.clone())
    }
}

impl Derive for Masked {
    fn reads(&self, feeds: &[Program], _: &[u64]) -> Vec<Vec<u64>> {
        vec![Bands::new(&self.shape).longest().to_vec(); feeds.len()]
    }

    fn scratch(&self, feeds: &[Program], _: &[u64]) -> u64 {
        let item = feeds.last().map_or(1, Program::output_size) as u64;
        Band::bytes(Bands::new(&self.shape).longest().iter().product(), item, feeds.get(1))
    }

    fn visits(&self, feeds: &[Program], _: &[u64], _: &[u64]) -> Vec<f64> {
        let bands = Bands::new(&self.shape);
        let visits = |feed: &Program| {
            let Some(load) = lead(feed) else { return 1.0 };
            let lengths = self.shape.iter().zip(bands.longest()).zip(&load.access);
            let times = lengths.map(|((&n, &band), access)| {
                access.map_or(1.0, |access| access.span().min(n).div_ceil(band.max(1)).max(1) as f64)
            });
            times.product()
        };
        feeds.iter().map(visits).collect()
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let total = shape.iter().product::<u64>().max(1) as usize;
        let item =
            out.len() / total * if self.what == Selected::Places { self.shape.len().max(1) } else { 1 };
        let (Some(&first), Some(&count)) = (start.first(), shape.first()) else { return Ok(()) };
        let Some((mask, values)) = feeds.split_first_mut() else { return Ok(()) };
        let bands = Bands::new(&self.shape);
        let (mut band, mut at, mut room) = (Band::new(), first, out);
        let mut number = self.before.partition_point(|&before| before <= first).saturating_sub(1);
        while at < first + count {
            let (Some(&low), Some(&high)) = (self.before.get(number), self.before.get(number + 1)) else {
                break;
            };
            if high > at {
                let (from, lengths) = bands.band(number as u64);
                let n = band.read(mask, &from, &lengths)?.len();
                if band.find(n)? as u64 != high - low {
                    return Err(Error::Other(
                        "the elements of a mask have changed since they were counted".into(),
                    ));
                }
                let here = (high.min(first + count) - at) as usize;
                let (part, rest) = std::mem::take(&mut room).split_at_mut(here * item);
                band.pack(values.first_mut(), (&from, &lengths), (at - low) as usize, part, item)?;
                (room, at) = (rest, at + here as u64);
            }
            number += 1;
        }
        Ok(())
    }
}
