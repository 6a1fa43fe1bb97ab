//! A loop that calls a function of the user's program.
//!
//! A kernel is found by its operation and the types of its operands, and holds no data, while a function holds the
//! variables that it captured. So the operation has a second operand: one number for the whole array, which identifies
//! the function. The source of that number owns the [`Function`], so that the function lives as long as a kernel can
//! call it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock, Weak};

use bytemuck::Pod;

use super::Kernel;
use super::block::{Arg, Values, fill, values};
use crate::Error;

/// A loop over a block of elements.
type Loop = dyn Fn(&Arg<'_>, &mut [u8]) + Send + Sync;

/// The callable functions, by their numbers.
static FUNCTIONS: LazyLock<RwLock<HashMap<[u8; 8], Weak<Loop>>>> = LazyLock::new(RwLock::default);

/// A function of one element, callable by its number.
pub(crate) struct Function {
    number: [u8; 8],
    call: Arc<Loop>,
}

impl Function {
    pub(crate) fn new<A: Pod, R: Pod>(function: impl Fn(A) -> R + Send + Sync + 'static) -> Function {
        Function::over_blocks(move |elements: &[A], out: &mut [R]| {
            out.iter_mut().zip(elements).for_each(|(o, &a)| *o = function(a));
        })
    }

    /// A function that fills a result from elements, as many as it has. An element of the result depends on the element
    /// at its place and on nothing else.
    pub(crate) fn over_blocks<A: Pod, R: Pod>(
        function: impl Fn(&[A], &mut [R]) + Send + Sync + 'static,
    ) -> Function {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let call: Arc<Loop> = Arc::new(move |elements: &Arg<'_>, out: &mut [u8]| {
            fill(out, |out: &mut [R]| match values::<A>(std::slice::from_ref(elements), 0) {
                Values::One(a) => {
                    let mut one = [R::zeroed()];
                    function(&[a], &mut one);
                    out.fill(one[0]);
                }
                Values::Many(a) => function(&a, out),
            });
        });
        let number = NEXT.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        let mut functions = FUNCTIONS.write().unwrap_or_else(PoisonError::into_inner);
        functions.insert(number, Arc::downgrade(&call));
        Function { number, call }
    }

    /// The number, as an element of type `u64`.
    pub(crate) fn number(&self) -> &[u8] {
        &self.number
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        FUNCTIONS.write().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function").field("users", &Arc::strong_count(&self.call)).finish_non_exhaustive()
    }
}

/// The kernel that calls the function whose number is its second operand.
pub(super) fn kernel() -> Kernel {
    Kernel::new(|args: &[Arg<'_>], out: &mut [u8]| {
        let [elements, Arg::Scalar(number) | Arg::Block(number)] = args else {
            return Err(Error::internal("a function without its operands"));
        };
        let number = number.first_chunk().copied().unwrap_or_default();
        let functions = FUNCTIONS.read().unwrap_or_else(PoisonError::into_inner);
        let call = functions.get(&number).and_then(Weak::upgrade);
        drop(functions);
        call.ok_or_else(|| Error::internal("a function that is gone was called"))?(elements, out);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_called_until_it_is_let_go() {
        let held = [1u8; 100];
        let function = Function::new(move |x: i32| i64::from(x) + held.len() as i64);
        let number = function.number().to_vec();
        let call = |out: &mut [u8]| {
            kernel().run(&[Arg::Block(bytemuck::bytes_of(&[1i32, -2])), Arg::Scalar(&number)], out)
        };
        let mut out = [0; 16];
        call(&mut out).unwrap();
        assert_eq!(bytemuck::pod_read_unaligned::<[i64; 2]>(&out), [101, 98]);
        drop(function);
        assert!(call(&mut out).is_err());
    }
}
