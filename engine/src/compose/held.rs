//! Results that are computed at once and kept.

use std::path::Path;
use std::sync::Arc;

use crate::budget::Hold;
use crate::plan::{Plan, Target};
use crate::sink::Spill;
use crate::source::Value;
use crate::{Context, Error, Expr, Result};

/// Computes arrays at once: into memory if each takes its share of a quarter of the budget, and the budget can hold it;
/// otherwise into nameless temporary files.
///
/// # Errors
/// Errors of the computation, and a full disk.
pub(super) fn held(exprs: &[Expr], context: &Context) -> Result<Vec<Expr>> {
    let share = context.budget.room() / 4 / exprs.len().max(1) as u64;
    let folder = context.tmp.as_deref().unwrap_or(Path::new("."));
    let (mut roots, mut spills, mut holds) = (Vec::new(), Vec::new(), Vec::new());
    for expr in exprs {
        let bytes = crate::source::bytes(expr.dtype().size(), expr.shape())?;
        let hold = if bytes <= share { context.budget.hold(bytes) } else { None };
        let spill = match &hold {
            Some(_) => None,
            None => {
                let chunk: Vec<u64> = expr.shape().iter().map(|&n| n.max(1)).collect();
                Some(Arc::new(Spill::create(folder, expr.dtype(), expr.shape(), &chunk)?))
            }
        };
        roots.push((expr.clone(), spill.clone().map_or(Target::Memory, |spill| Target::Sink(spill))));
        spills.push(spill);
        holds.push(hold);
    }
    // the plan counts its results itself
    let more = holds.iter().flatten().map(Hold::bytes).sum::<u64>();
    let budget = context.budget.resized(context.budget.total() + more);
    let plan = Plan::new(&roots, &Context { budget, ..context.clone() }).map_err(|error| match error {
        Error::Budget { what, needed, budget, result } => {
            Error::Budget { what, needed: needed.saturating_sub(more), budget: budget - more, result }
        }
        other => other,
    })?;
    drop(roots);
    let values = plan.run(context)?;
    let one = |((value, spill), hold): ((Option<Value>, _), Option<Hold>)| match (value, spill) {
        (Some(value), _) => Expr::source(Arc::new(match hold {
            Some(hold) => value.holding(hold),
            None => value,
        })),
        (None, Some(spill)) => {
            let spill: Spill = Arc::into_inner(spill)
                .ok_or_else(|| Error::internal("a finished plan still holds its output"))?;
            Expr::source(Arc::new(spill.into_source()?))
        }
        (None, None) => Err(Error::internal("the plan gave no value")),
    };
    values.into_iter().zip(spills).zip(holds).map(one).collect()
}
