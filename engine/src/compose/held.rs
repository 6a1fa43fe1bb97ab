//! Results that are computed at once and kept.

use std::path::Path;
use std::sync::Arc;

use crate::plan::{Plan, Target};
use crate::sink::Spill;
use crate::{Context, Error, Expr, Result};

/// Computes arrays at once: into memory if each takes its share of a quarter of the budget, otherwise into nameless
/// temporary files.
///
/// # Errors
/// Errors of the computation, and a full disk.
pub(super) fn held(exprs: &[Expr], context: &Context) -> Result<Vec<Expr>> {
    let share = context.budget.total() / 4 / exprs.len().max(1) as u64;
    let folder = context.tmp.as_deref().unwrap_or(Path::new("."));
    let (mut roots, mut spills) = (Vec::new(), Vec::new());
    for expr in exprs {
        let bytes = crate::source::bytes(expr.dtype().size(), expr.shape())?;
        let spill = match bytes <= share {
            true => None,
            false => {
                let chunk: Vec<u64> = expr.shape().iter().map(|&n| n.max(1)).collect();
                Some(Arc::new(Spill::create(folder, expr.dtype(), expr.shape(), &chunk)?))
            }
        };
        roots.push((expr.clone(), spill.clone().map_or(Target::Memory, |spill| Target::Sink(spill))));
        spills.push(spill);
    }
    let plan = Plan::new(&roots, context)?;
    drop(roots);
    let values = plan.run(context)?;
    let one = |(value, spill)| match (value, spill) {
        (Some(value), _) => Expr::source(Arc::new(value)),
        (None, Some(spill)) => {
            let spill: Spill = Arc::into_inner(spill)
                .ok_or_else(|| Error::internal("a finished plan still holds its output"))?;
            Expr::source(Arc::new(spill.into_source()?))
        }
        (None, None) => Err(Error::internal("the plan gave no value")),
    };
    values.into_iter().zip(spills).map(one).collect()
}
