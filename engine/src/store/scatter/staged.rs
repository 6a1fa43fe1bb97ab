//! The two halves of an assignment to scattered elements: a plan that computes indices and values, which others may
//! share, and the assignment itself.

use std::path::Path;
use std::sync::Arc;

use arrstore_format::{ArrayId, Grid, Meta, Transaction};

use super::{How, PART, Scatter, parts};
use crate::plan::Target;
use crate::program::tiles::rows;
use crate::sink::{Sink, Spill};
use crate::source::{bytes, elements};
use crate::store::finished;
use crate::{Budget, Context, Error, ExplainStage, Expr, Read, Result, Value, Write};

/// An assignment whose arrays of indices and values are to be computed: those that are not, are roots of a plan.
pub(crate) struct Staged {
    scatter: Scatter,
    /// The arrays of indices, then the values.
    inputs: Vec<Expr>,
    /// The inputs to compute, each with its file if it is large.
    computed: Vec<(usize, Option<Arc<Spill>>)>,
    /// The bytes of the computed inputs in memory.
    held: u64,
}

/// An assignment whose inputs are computed: a part of them costs no more than its elements.
pub(crate) struct Settled {
    scatter: Scatter,
    indices: Vec<Expr>,
    values: Expr,
    held: u64,
}

impl Scatter {
    /// Divides the assignment of `values`, which have the shape of the region and the type of the array, in two: a plan
    /// that computes the inputs, and the assignment itself. The inputs stay in memory if they take at most `room` bytes.
    /// Otherwise, they are written to temporary files. Views of stored arrays stay as they are.
    ///
    /// # Errors
    /// When a temporary file cannot be made.
    pub(crate) fn staged(self, values: &Expr, room: u64, context: &Context) -> Result<Staged> {
        let inputs: Vec<Expr> = self.indexed.indices.iter().chain([values]).cloned().collect();
        let lazy: Vec<usize> = (0..inputs.len()).filter(|&k| !inputs[k].is_stored()).collect();
        let mut all = 0u64;
        for &k in &lazy {
            all = all.saturating_add(bytes(inputs[k].dtype().size(), inputs[k].shape())?);
        }
        let fits = all <= room;
        let folder = context.tmp.clone().unwrap_or_else(|| ".".into());
        let mut computed = Vec::new();
        for k in lazy {
            let spill = if fits { None } else { Some(spill(&folder, &inputs[k])?) };
            computed.push((k, spill));
        }
        Ok(Staged { scatter: self, inputs, computed, held: if fits { all } else { 0 } })
    }
}

impl Staged {
    /// The plan's roots.
    pub(crate) fn roots(&self) -> Vec<(Expr, Target)> {
        let root = |(k, spill): &(usize, Option<Arc<Spill>>)| {
            let target = spill.clone().map_or(Target::Memory, |spill| Target::Sink(spill as Arc<dyn Sink>));
            (self.inputs[*k].clone(), target)
        };
        self.computed.iter().map(root).collect()
    }

    /// The bytes of the inputs that the plan holds in memory.
    pub(crate) fn held(&self) -> u64 {
        self.held
    }

    /// The last stage of the plan: the assignment to an array of `meta` that is called `label`.
    pub(crate) fn explain(&self, meta: &Meta, label: &str, context: &Context) -> ExplainStage {
        let shape = &self.scatter.shape;
        let sizes = self.scatter.sizes(meta, self.inputs.len(), self.held, context);
        let batches = Grid::new(shape, &rows(shape, sizes.batch));
        let read = |(k, input): (usize, &Expr)| {
            let how = match self.computed.iter().find(|(of, _)| *of == k) {
                Some((_, Some(_))) => "spilled",
                Some((_, None)) => "held",
                None => "read in batches",
            };
            let label = if k + 1 == self.inputs.len() { "the values" } else { "indices" };
            let bytes = bytes(input.dtype().size(), input.shape()).unwrap_or(u64::MAX);
            Read { label: label.to_owned(), how, bytes }
        };
        let written = bytes(meta.dtype.size(), shape).unwrap_or(u64::MAX);
        ExplainStage {
            kind: "assign",
            steps: Vec::new(),
            domain: shape.clone(),
            tiles: batches.len(),
            tile: batches.chunk_shape().to_vec(),
            threads: 1,
            passes: 1,
            reads: self.inputs.iter().enumerate().map(read).collect(),
            writes: vec![Write { label: label.to_owned(), bytes: written }],
            peak: sizes.total,
            flops: 0,
        }
    }

    /// The assignment, once the plan has run. `found` are the values of its roots.
    pub(crate) fn settled(self, found: Vec<Option<Value>>) -> Result<Settled> {
        let Staged { scatter, inputs: mut indices, computed, held } = self;
        for ((k, spill), value) in computed.into_iter().zip(found) {
            indices[k] = match (spill, value) {
                (Some(spill), _) => Expr::source(Arc::new(finished(spill)?.into_source()?))?,
                (None, Some(value)) => Expr::source(Arc::new(value))?,
                (None, None) => return Err(Error::internal("the plan gave no value")),
            };
        }
        let values = indices.pop().ok_or_else(|| Error::internal("no values"))?;
        Ok(Settled { scatter, indices, values, held })
    }
}

impl Settled {
    /// Assigns the values.
    ///
    /// # Errors
    /// When an index is out of bounds; errors of the computation and of the file.
    pub(crate) fn write(
        &self,
        (transaction, id): (&Transaction, ArrayId),
        how: How,
        context: &Context,
    ) -> Result<()> {
        let shape = &self.scatter.shape;
        if elements(shape)? == 0 {
            return Ok(());
        }
        let meta = transaction.meta(id)?;
        let sizes = self.scatter.sizes(&meta, self.indices.len() + 1, self.held, context);
        let _permit = context.budget.take(sizes.total, "an assignment to scattered elements")?;
        let within = Context { budget: Budget::new(sizes.planned), progress: None, ..context.clone() };

        let parts = parts(&meta);
        let batches = Grid::new(shape, &rows(shape, sizes.batch));
        let mut done = 0;
        for number in 0..batches.len() {
            context.go_on()?;
            let index = batches.index(number);
            let (start, extent) = (batches.start(&index), batches.extent(&index));
            let read = self.scatter.read(&self.indices, &self.values, (&start, &extent), &within)?;
            self.scatter.change((transaction, id, &meta), &parts, (&start, &extent), &read, how)?;
            done += extent.iter().product::<u64>();
            if let Some(progress) = &context.progress {
                progress(done, shape.iter().product());
            }
        }
        Ok(())
    }
}

fn spill(folder: &Path, expr: &Expr) -> Result<Arc<Spill>> {
    let chunk = rows(expr.shape(), PART / expr.dtype().size() as u64);
    Ok(Arc::new(Spill::create(folder, expr.dtype(), expr.shape(), &chunk)?))
}
