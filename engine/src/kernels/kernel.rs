//! Kernels: loops bound to an operation and its types.

use std::sync::Arc;

use super::block::Arg;
use super::widen::{Loop, Widened};
use crate::Result;

/// A loop over blocks, bound to an operation and its types.
#[derive(Clone)]
pub(crate) struct Kernel {
    pub(super) run: Arc<Loop>,
    /// The actual types, if the loop itself is one over `f32`.
    pub(super) widened: Option<Widened>,
    /// Whether the loop takes its two operands in reverse order.
    pub(super) swapped: bool,
}

impl Kernel {
    /// A kernel of a closure.
    pub(super) fn new<F>(run: F) -> Kernel
    where
        F: Fn(&[Arg<'_>], &mut [u8]) -> Result<()> + Send + Sync + 'static,
    {
        Kernel { run: Arc::new(run), widened: None, swapped: false }
    }

    /// Computes a block. The length of `out` sets the number of elements.
    ///
    /// # Errors
    /// When the operation has no result for these values (integers to negative powers).
    pub(crate) fn run(&self, args: &[Arg<'_>], out: &mut [u8]) -> Result<()> {
        let exchanged;
        let args = match *args {
            [a, b] if self.swapped => {
                exchanged = [b, a];
                &exchanged
            }
            _ => args,
        };
        match self.widened {
            None => (self.run)(args, out),
            Some(widened) => widened.run(&*self.run, args, out),
        }
    }
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel").field("widened", &self.widened).finish_non_exhaustive()
    }
}
