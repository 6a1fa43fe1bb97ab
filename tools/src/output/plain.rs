//! A result in one piece in a file of its own: `.npy`, or plain elements.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrstore::{Expr, NpySink, Target};
use arrstore_format::replace::Published;

use super::{Dry, Order, finished};
use crate::cli;
use crate::location::Kind;

/// One file.
pub(super) struct PlainFile {
    dry: bool,
    sink: Option<Arc<NpySink>>,
}

impl PlainFile {
    pub(super) fn new(dry: bool) -> PlainFile {
        PlainFile { dry, sink: None }
    }

    pub(super) fn add(&mut self, expr: &Expr, order: &Order<'_>) -> Result<(Expr, Target)> {
        if self.dry {
            return Ok((expr.clone(), Dry::target(order.location, expr.dtype(), expr.shape(), None)));
        }
        let (expr, sink) = sink(expr, order)?;
        self.sink = Some(sink.clone());
        Ok((expr, Target::Sink(sink)))
    }

    /// Everything but the name.
    pub(super) fn prepare(&self, durable: bool) -> Result<()> {
        match &self.sink {
            Some(sink) if durable => Ok(sink.sync()?),
            _ => Ok(()),
        }
    }

    pub(super) fn publish(self, undoable: bool) -> Result<Vec<Published>> {
        let sink = self.sink.map(finished).transpose()?;
        Ok(sink.map(|sink| sink.publish(undoable)).transpose()?.into_iter().collect())
    }
}

/// A file that may take the output's name, and what is written to it: in Fortran order, the transposed array.
pub(super) fn sink(expr: &Expr, order: &Order<'_>) -> Result<(Expr, Arc<NpySink>)> {
    let fortran = order.storing.order == Some(cli::Order::F) && orders_differ(expr.shape());
    let expr = if fortran { expr.transpose() } else { expr.clone() };
    let (path, dtype, shape) = (&order.location.path, expr.dtype(), expr.shape());
    let sink = match order.location.kind {
        Kind::Raw => NpySink::raw(path, dtype, shape),
        _ => NpySink::create(path, dtype, shape, fortran),
    };
    let sink = sink.with_context(|| order.location.to_string())?;
    Ok((expr, Arc::new(sink)))
}

/// Whether the two orders are not the same order: as NumPy, which then says C.
fn orders_differ(shape: &[u64]) -> bool {
    !shape.contains(&0) && shape.iter().filter(|&&len| len > 1).count() > 1
}
