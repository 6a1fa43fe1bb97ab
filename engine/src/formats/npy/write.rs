//! A contiguous result in a file of its own: `.npy`, or plain elements.

use std::sync::Arc;

use arrstore_format::Meta;
use arrstore_format::replace::Published;

use crate::formats::container::{Container, Dry, Writing, finished};
use crate::formats::error::{Error, Placed, Result};
use crate::formats::format::Format;
use crate::formats::location::Location;
use crate::{Expr, NpySink, Target};

/// A file with one array.
pub(in crate::formats) struct OneFile {
    writing: Writing,
    sink: Option<Arc<NpySink>>,
}

impl OneFile {
    pub(in crate::formats) fn new(writing: &Writing) -> OneFile {
        OneFile { writing: writing.clone(), sink: None }
    }
}

impl Container for OneFile {
    fn add(&mut self, expr: &Expr, location: &Location, _: &str, meta: &Meta) -> Result<(Expr, Target)> {
        if self.writing.dry {
            return Ok(Dry::root(expr, location, None));
        }
        let (expr, sink) = sink(expr, location, meta)?;
        self.sink = Some(sink.clone());
        Ok((expr, Target::Sink(sink)))
    }

    fn prepare(&mut self) -> Result<()> {
        match &self.sink {
            Some(sink) if self.writing.durable => Ok(sink.sync()?),
            _ => Ok(()),
        }
    }

    fn publish(self: Box<Self>, undoable: bool, published: &mut Vec<Published>) -> Result<()> {
        if let Some(sink) = self.sink {
            published.push(finished(sink)?.publish(undoable)?);
        }
        Ok(())
    }
}

/// The sink for a new file with the output's name, and the expression to write to it: the transpose for Fortran order.
pub(in crate::formats) fn sink(
    expr: &Expr,
    location: &Location,
    meta: &Meta,
) -> Result<(Expr, Arc<NpySink>)> {
    let is_fortran = meta.order.iter().rev().enumerate().all(|(k, &axis)| k == usize::from(axis));
    let fortran = match (meta.is_c_order(), is_fortran) {
        (true, _) => false,
        (false, true) => orders_differ(expr.shape()),
        (false, false) => {
            let words = format!("{location}: elements in one piece are in C or in Fortran order");
            return Err(Error::request(words));
        }
    };
    let expr = if fortran { expr.transpose() } else { expr.clone() };
    let (path, dtype, shape) = (&location.path, expr.dtype(), expr.shape());
    let sink = match location.format {
        Format::Raw => NpySink::raw(path, dtype, shape),
        _ => NpySink::create(path, dtype, shape, fortran),
    };
    let sink = sink.place(|| location)?;
    Ok((expr, Arc::new(sink)))
}

/// Whether C and Fortran order differ for this shape. If they do not, the file says C, as in NumPy.
fn orders_differ(shape: &[u64]) -> bool {
    !shape.contains(&0) && shape.iter().filter(|&&len| len > 1).count() > 1
}
