//! Elements that a function of the program computes from their indices.

use std::fmt;
use std::sync::Arc;

use super::Operator;
use crate::Result;
use crate::exec::{Derive, Reader};
use crate::program::Program;

/// Writes the element at an index.
type Call = dyn Fn(&[u64], &mut [u8]) + Send + Sync;

/// Elements computed from their indices. Two of them are equal if they have the same function object.
#[derive(Clone)]
pub(crate) struct Generated(Arc<Call>);

impl Generated {
    pub(crate) fn new(call: impl Fn(&[u64], &mut [u8]) + Send + Sync + 'static) -> Generated {
        Generated(Arc::new(call))
    }
}

impl fmt::Debug for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Generated")
    }
}

impl Operator for Generated {
    fn name(&self) -> &'static str {
        "fromfunction"
    }

    fn key(&self) -> Vec<u8> {
        Arc::as_ptr(&self.0).addr().to_le_bytes().to_vec()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Derive for Generated {
    fn reads(&self, _: &[Program], _: &[u64]) -> Vec<Vec<u64>> {
        Vec::new()
    }

    fn fill(&self, _: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let item = out.len() / shape.iter().product::<u64>().max(1) as usize;
        let mut index = start.to_vec();
        for place in out.chunks_exact_mut(item.max(1)) {
            (self.0)(&index, place);
            for k in (0..index.len()).rev() {
                index[k] += 1;
                if index[k] < start[k] + shape[k] {
                    break;
                }
                index[k] = start[k];
            }
        }
        Ok(())
    }
}
