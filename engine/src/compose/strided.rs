//! Views that overlap.

use crate::view::{Index, resolve_axes};
use crate::{Error, Expr, Result};

impl Expr {
    /// Windows of `size` elements along one axis, `step` apart; the elements of a window are the last axis.
    ///
    /// # Errors
    /// When the axis is not there, a window is longer than it, or the step is 0.
    pub fn unfold(&self, axis: i64, size: u64, step: u64) -> Result<Expr> {
        let at = resolve_axes(&[axis], self.ndim())?[0];
        let step = i64::try_from(step).ok().filter(|&step| step > 0);
        let step = step.ok_or_else(|| Error::Value("unfold: expected a positive step".into()))?;
        let mut index = vec![Index::ALL; at];
        index.push(Index::Slice { start: None, stop: None, step: Some(step) });
        self.sliding_windows(&[size], Some(&[axis]))?.index(&index)
    }
}
