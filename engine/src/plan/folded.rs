//! Results of operators that folds alone read: they are folded as they are computed.

use super::Plan;
use super::item::Item;
use super::target::Dest;
use crate::exec::{Folded, Pass};
use crate::program::tiles::Tiles;
use crate::program::{Id, Leaf};
use crate::view::View;
use crate::{Context, Error, Result};

/// A result of at most this many bytes is computed whole first.
const SMALL: u64 = 1 << 20;

impl Plan {
    /// Adds the stage that computes an operator's only output that is needed, if folds in one pass are all that read it
    /// and there is memory to fold it box by box. These folds are taken from `items`. Says whether it was added.
    pub(super) fn add_folded(
        &mut self,
        siblings: &[Option<Id>],
        items: &mut Vec<Item>,
        context: &Context,
    ) -> Result<bool> {
        let mut needed = siblings.iter().enumerate().filter_map(|(number, id)| Some((number, (*id)?)));
        let (Some((number, id)), None) = (needed.next(), needed.next()) else { return Ok(false) };
        let turned = self.schedule.turned();
        let node = self.graph.node(id);
        let is_flexible = node.operator().is_some_and(|(operator, _)| operator.writes_any_chunks());
        if !is_flexible || node.bytes()? <= SMALL || self.roots.contains(&id) {
            return Ok(false);
        }
        let reads = |nodes: &[Id]| self.graph.read_by(nodes, turned).contains(&id);
        let operators = self.graph.cuts(&self.roots).into_iter().filter(|&cut| !self.is_fold(cut));
        let mut inputs = operators.filter_map(|cut| self.graph.node(cut).operator());
        if inputs.any(|(_, inputs)| reads(inputs)) {
            return Ok(false);
        }
        let (folds, mut rest): (Vec<Item>, Vec<Item>) =
            std::mem::take(items).into_iter().partition(|item| reads(&[item.node()]));
        let added = self.fold_with(siblings, (number, id), &folds, context);
        match &added {
            Ok(true) => {}
            _ => rest.extend(folds),
        }
        *items = rest;
        added
    }

    /// Adds the stage that computes output `number` of an operator, the result `id`, and does these folds, if they can
    /// take its boxes and there is memory. Says whether it was added.
    fn fold_with(
        &mut self,
        siblings: &[Option<Id>],
        (number, id): (usize, Id),
        folds: &[Item],
        context: &Context,
    ) -> Result<bool> {
        let level = self.schedule.level(id);
        let Some((pass, dests)) = self.pass_of_folds(id, folds, context.budget.total())? else {
            return Ok(false);
        };
        let before = self.schedule.clone();
        self.schedule.skip(id, self.bytes_of(id)?);
        for result in folds.iter().filter_map(Item::result) {
            self.schedule.hold_at(level, self.bytes_of(result)?);
        }
        let (mut to, mut outputs) = self.outputs_of(siblings)?;
        let count = outputs.len();
        outputs[number].written = Folded::written(&pass, outputs[number].dtype);
        to.remove(number);
        to.extend(dests);
        let stage = self.operator_stage(id, &outputs, context)?;
        let stage = Box::new(Folded::new(stage, count, number, pass));
        match self.add_stage(stage, to, level, context) {
            // no result of a fold waits for a later pass: `pass_of_folds` has seen to it
            Ok(_) => Ok(true),
            Err(Error::Budget { .. }) => {
                self.schedule = before;
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }

    /// The pass that folds the result `id` in these folds, and where their results go; `None` if it cannot take boxes as
    /// they come, or has results that would wait for whole chunks in more than a quarter of all memory.
    fn pass_of_folds(&self, id: Id, folds: &[Item], total: u64) -> Result<Option<(Pass, Vec<Dest>)>> {
        let Some(first) = folds.first() else { return Ok(None) };
        if !folds.iter().all(|fold| fold.folds_all() && fold.shares_pass(first)) {
            return Ok(None);
        }
        for fold in folds {
            if let (Dest::Root(root), Some(result)) = (fold.dest, fold.result())
                && self.targets[root].sink().is_some_and(|sink| sink.chunk_shape().is_some())
                && self.bytes_of(result)? > total / 4
            {
                return Ok(None);
            }
        }
        let (pass, dests) = self.pass_of(folds)?;
        let domain = &pass.program.domain;
        let [load] = &pass.program.loads[..] else { return Ok(None) };
        let is_whole = matches!(load.leaf, Leaf::Cut(cut) if cut == id)
            && load.view == View::identity(domain.len())
            && self.graph.node(id).shape == *domain;
        let are_even = pass.tiles == Tiles::regular(domain, &pass.tiles.extents());
        Ok((is_whole && are_even).then_some((pass, dests)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Plan, Target};
    use crate::op::{Op, Reduction};
    use crate::{Context, DType, Expr, ReduceOptions, Result, ScanOptions, Value};

    fn array(shape: &[u64]) -> Expr {
        let n = shape.iter().product::<u64>();
        let values: Vec<f64> = (0..n).map(|k| ((k * 7919) % 9973) as f64 * 0.37 - 1100.0).collect();
        Expr::source(Arc::new(Value::copied_from(DType::F64, shape, bytemuck::cast_slice(&values)).unwrap()))
            .unwrap()
    }

    fn run(roots: &[Expr], bytes: u64, threads: usize) -> Result<(usize, Vec<Value>)> {
        let context = Context::new(bytes, threads);
        let roots: Vec<_> = roots.iter().map(|root| (root.clone(), Target::Memory)).collect();
        let plan = Plan::new(&roots, &context)?;
        let stages = plan.explain(context.budget.total()).stages.len();
        Ok((stages, plan.run(&context)?.into_iter().flatten().collect()))
    }

    fn scans(x: &Expr) -> Vec<Expr> {
        let along = |axis: Option<i64>| x.cumsum(&ScanOptions { axis, ..ScanOptions::default() }).unwrap();
        let mut scans = vec![along(None)];
        scans.extend((0..x.ndim() as i64).map(|axis| along(Some(axis))));
        scans.push(
            x.cumsum(&ScanOptions { axis: Some(0), include_initial: true, ..ScanOptions::default() })
                .unwrap(),
        );
        scans
    }

    #[test]
    fn a_fold_has_the_same_bits_whether_its_input_is_stored_or_not() {
        let (mut together, mut all) = (0, 0);
        for shape in [&[700, 400][..], &[60, 5000], &[5000, 60], &[20, 90, 130], &[300_000], &[2, 150_000]] {
            let x = array(shape);
            for scan in scans(&x) {
                let twice = Expr::apply(Op::Multiply, &[scan.clone(), scan.clone()]).unwrap();
                for input in [&scan, &twice] {
                    let axes = (0..input.ndim() as i64).map(|axis| Some(vec![axis]));
                    for axes in std::iter::once(None).chain(axes) {
                        let fold = |reduction| {
                            let options = ReduceOptions { axes: axes.clone(), ..ReduceOptions::default() };
                            input.reduce(reduction, &options).unwrap()
                        };
                        let folds = [Reduction::Sum, Reduction::Std, Reduction::Argmax].map(fold);
                        let (stages, mut stored) =
                            run(&[std::slice::from_ref(&scan), &folds[..]].concat(), 1 << 30, 2).unwrap();
                        assert!(stages > 1);
                        stored.remove(0);
                        for (bytes, threads) in [(1 << 30, 2), (1 << 30, 1), (1 << 24, 2), (6 << 20, 1)] {
                            let Ok((stages, found)) = run(&folds, bytes, threads) else { continue };
                            for (found, stored) in found.iter().zip(&stored) {
                                assert_eq!(found.bytes(), stored.bytes(), "{shape:?} {axes:?} in {bytes}");
                            }
                            all += 1;
                            together += usize::from(stages == 1);
                        }
                    }
                }
            }
        }
        assert!(together * 2 > all, "{together} of {all} were folded as they were computed");
    }
}
