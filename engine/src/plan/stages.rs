//! Adding stages: their memory, and the destinations of their outputs.

use super::Plan;
use super::item::Item;
use super::lower::Builder;
use super::target::{Dest, Goes, Planned};
use crate::exec::{self, Fit, Room, Stage};
use crate::operator::Output;
use crate::program::Id;
use crate::program::tiles::loop_order;
use crate::program::written::{self, Written};
use crate::sink::Assembled;
use crate::{Context, Error, Result};

impl Plan {
    /// Adds the stage that computes these outputs of an operator; some of them may not be needed. Returns the items of
    /// later levels that became necessary.
    pub(super) fn add_operator(&mut self, siblings: &[Option<Id>], context: &Context) -> Result<Vec<Item>> {
        let first = siblings.iter().flatten().next().copied().ok_or_else(nothing)?;
        let (dests, outputs) = self.outputs_of(siblings)?;
        let stage = self.operator_stage(first, &outputs, context)?;
        self.add_stage(stage, dests, self.schedule.level(first), context)
    }

    /// The outputs of an operator, and the destination of each.
    pub(super) fn outputs_of(&self, siblings: &[Option<Id>]) -> Result<(Vec<Dest>, Vec<Output>)> {
        let first = siblings.iter().flatten().next().copied().ok_or_else(nothing)?;
        let (mut dests, mut outputs) = (Vec::new(), Vec::new());
        for (sibling, (dtype, shape)) in siblings.iter().zip(self.graph.outputs(first)) {
            let dest =
                sibling.map_or(Dest::Nowhere, |id| self.direct_root(id).map_or(Dest::Cut(id), Dest::Root));
            let written = match dest {
                Dest::Root(root) => {
                    self.targets[root].sink().map(|sink| Written::to_sink(sink.as_ref(), self.files))
                }
                Dest::Cut(id) if self.schedule.is_spilled(id) => {
                    Some(Written::to_spill(*dtype, shape, self.files))
                }
                _ => None,
            };
            let written = written.unwrap_or_else(|| Written::to_memory(*dtype, shape));
            outputs.push(Output { dtype: *dtype, shape: shape.clone(), written });
            dests.push(dest);
        }
        Ok((dests, outputs))
    }

    /// The stage of the operator that `id` is an output of.
    pub(super) fn operator_stage(
        &self,
        id: Id,
        outputs: &[Output],
        context: &Context,
    ) -> Result<Box<dyn Stage>> {
        let (operator, inputs) = self.graph.node(id).operator().ok_or_else(nothing)?;
        if operator.derive().is_some() {
            return self.derived_stage(id, outputs, context);
        }
        let mut feeds = Vec::new();
        for &input in inputs {
            let from = self.graph.node(input);
            let mut builder = Builder::new(&self.graph, &self.chunks, &from.shape);
            builder.output_as(input, operator.feed_type(from.dtype))?;
            feeds.push(builder.finish());
        }
        operator.stage(feeds, outputs)
    }

    /// A pass that writes the result of an operator that is computed where it is read. Such results become stages when
    /// too many of them read each other.
    fn derived_stage(&self, id: Id, outputs: &[Output], context: &Context) -> Result<Box<dyn Stage>> {
        let [output] = outputs else { return Err(Error::Other("a derived result has one output".into())) };
        let mut builder = Builder::new(&self.graph, &self.chunks, &output.shape);
        builder.derived_output(id)?;
        let program = builder.finish();
        let level = self.schedule.level(id);
        let tiles = written::tiles(&program, &output.written, self.tile_limit(level, context));
        let order = loop_order(&program);
        let outputs = vec![exec::Output::Write(output.written.clone())];
        Ok(Box::new(exec::Pass::new(program, tiles, order, outputs, None)))
    }

    /// Fits a stage into the memory that there is at its level.
    ///
    /// If a sink takes only whole chunks and the stage does not write these, chunks are assembled in memory. If that
    /// takes too much memory, the output waits in a file for a pass, which is returned.
    pub(super) fn add_stage(
        &mut self,
        mut stage: Box<dyn Stage>,
        dests: Vec<Dest>,
        level: usize,
        context: &Context,
    ) -> Result<Vec<Item>> {
        let (total, threads) = (context.budget.total(), context.threads as u64);
        let (mut to, mut assembling, mut parked) = (Vec::new(), 0, Vec::new());
        for (number, mut dest) in dests.into_iter().enumerate() {
            let mut assembled = false;
            if let Dest::Root(root) = dest
                && let Some(sink) = self.targets[root].sink()
                && let Some(chunk) = sink.chunk_shape()
                && let Some(open) = stage.open(number, threads)
            {
                let bytes = Assembled::bytes(sink.shape(), chunk, sink.dtype().size(), &open);
                if bytes <= total / 4 {
                    assembling += bytes;
                    assembled = true;
                } else {
                    let id = self.roots[root];
                    self.schedule.park(id, root);
                    dest = Dest::Cut(id);
                    parked.push(root);
                }
            }
            to.push(Goes { dest, assembled });
        }
        let held = self.schedule.held(level).saturating_add(assembling);
        let room = Room { free: total.saturating_sub(held), total, threads };
        match stage.fit(room) {
            Fit::Takes(bytes) => self.stages.push(Planned { stage, level, to, peak: held + bytes }),
            Fit::Needs(bytes) => {
                let told = stage.explain();
                let article = if told.kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
                let what = format!("{article} {} over {}", told.kind, crate::view::show(&told.domain));
                return Err(context.budget.refusal(held.saturating_add(bytes), &what));
            }
        }
        parked.into_iter().map(|root| self.written_root(root, context)).collect()
    }
}

fn nothing() -> Error {
    Error::Other("an operator without outputs".into())
}
