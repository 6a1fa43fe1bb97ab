//! Other shapes of the same elements.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Expr, Kind, Node};
use crate::source::{Reshaped, Source, Value, elements};
use crate::view::{View, show};
use crate::{Buffer, Error, Result};

impl Expr {
    /// The same elements in C order under another shape. It is a view where no element has to move, as
    /// [`Expr::reshape_view`] says; otherwise elements move when they are read. One length may be -1.
    ///
    /// # Errors
    /// When the number of elements differs.
    pub fn reshape(&self, shape: &[i64]) -> Result<Expr> {
        self.reshaped_to(&self.resolve_shape(shape)?)
    }

    /// The same for known lengths.
    pub(crate) fn reshaped_to(&self, shape: &[u64]) -> Result<Expr> {
        match self.reshaped(shape) {
            Err(Error::NeedsCopy(_)) => self.moved(shape),
            other => other,
        }
    }

    /// Another shape of the same elements in C order, if no element has to move. Axes of length 1 can be added and
    /// removed. A contiguous array in C order takes any shape. An elementwise operation is reshaped by reshaping its
    /// inputs. One length may be -1.
    ///
    /// # Errors
    /// When the number of elements differs, or the shape needs a copy.
    pub fn reshape_view(&self, shape: &[i64]) -> Result<Expr> {
        self.reshaped(&self.resolve_shape(shape)?)
    }

    fn resolve_shape(&self, wanted: &[i64]) -> Result<Vec<u64>> {
        let total = elements(self.shape())?;
        let fail = || {
            let list = wanted.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            Error::Shape(format!("cannot reshape an array of shape {} into ({list})", show(self.shape())))
        };
        let holes = wanted.iter().filter(|&&n| n == -1).count();
        if holes > 1 || wanted.iter().any(|&n| n < -1) {
            return Err(fail());
        }
        let known: Vec<u64> = wanted.iter().filter(|&&n| n >= 0).map(|&n| n as u64).collect();
        let known = elements(&known)?;
        let rest = if holes == 1 { total.checked_div(known).ok_or_else(fail)? } else { 1 };
        if known.checked_mul(rest) != Some(total) {
            return Err(fail());
        }
        Ok(wanted.iter().map(|&n| if n == -1 { rest } else { n as u64 }).collect())
    }

    fn reshaped(&self, shape: &[u64]) -> Result<Expr> {
        let long = |s: &[u64]| s.iter().copied().filter(|&n| n != 1).collect::<Vec<u64>>();
        if long(shape) == long(self.shape()) {
            let squeezed = self.squeeze(None)?;
            let ones: Vec<i64> = (0..shape.len()).filter(|&k| shape[k] == 1).map(|k| k as i64).collect();
            return squeezed.expand_dims(&ones);
        }
        if shape.contains(&0) {
            let nothing = Value::new(self.dtype(), shape, Buffer::new(0)?)?;
            return Expr::source(Arc::new(nothing));
        }
        // Elementwise operations are reshaped by their inputs: each node once, after its inputs, and without recursion.
        let looks_through = |x: &Expr| matches!(x.0.kind, Kind::Cast(_) | Kind::Apply { .. });
        let mut done: HashMap<*const Node, Expr> = HashMap::new();
        let mut path = vec![self];
        while let Some(&top) = path.last() {
            let waits = path.len();
            if looks_through(top) {
                let missing = |x: &&Expr| x.shape() == self.shape() && !done.contains_key(&Arc::as_ptr(&x.0));
                path.extend(top.0.kind.inputs().iter().filter(missing));
            }
            if path.len() == waits {
                path.pop();
                let reshaped = top.reshaped_over(shape, &done)?;
                done.insert(Arc::as_ptr(&top.0), reshaped);
            }
        }
        done.remove(&Arc::as_ptr(&self.0)).ok_or_else(|| self.no_reshape(shape, "it has no elements"))
    }

    /// This node under another shape. `done` has the reshaped forms of the inputs that have this node's shape.
    fn reshaped_over(&self, shape: &[u64], done: &HashMap<*const Node, Expr>) -> Result<Expr> {
        let input = |x: &Expr| match done.get(&Arc::as_ptr(&x.0)) {
            Some(reshaped) => Ok(reshaped.clone()),
            None if x.ndim() == 0 => Ok(x.clone()),
            None => Err(self.no_reshape(shape, "an operand is broadcast")),
        };
        match &self.0.kind {
            Kind::Source(source) => self.reshaped_source(source, &View::identity(self.ndim()), shape),
            Kind::Cast(x) => input(x)?.cast(self.dtype()),
            Kind::Apply { op, inputs } => {
                let inputs = inputs.iter().map(input).collect::<Result<Vec<_>>>()?;
                Ok(Expr::new(Kind::Apply { op: *op, inputs }, self.dtype(), shape.to_vec()))
            }
            Kind::View { input, view } => match &input.0.kind {
                Kind::Source(source) => self.reshaped_source(source, view, shape),
                _ if input.ndim() == 0 => input.broadcast_to(shape),
                _ => Err(self.no_reshape(shape, "it is a slice, permutation or broadcast")),
            },
            Kind::Output { .. } => Err(self.no_reshape(shape, "it is a result that has no place yet")),
            Kind::Weak(_) | Kind::Constant(_) => self.broadcast_to(shape),
        }
    }

    /// The elements of a view of a source, under another shape.
    fn reshaped_source(&self, source: &Arc<dyn Source>, view: &View, shape: &[u64]) -> Result<Expr> {
        match Reshaped::new(source, view, self.shape(), shape) {
            Some(source) => Expr::source(Arc::new(source)),
            None => Err(self.no_reshape(shape, "its elements would have to move")),
        }
    }

    fn no_reshape(&self, shape: &[u64], why: &str) -> Error {
        Error::NeedsCopy(format!(
            "an array of shape {} cannot be seen as {} in place: {why}",
            show(self.shape()),
            show(shape)
        ))
    }
}
