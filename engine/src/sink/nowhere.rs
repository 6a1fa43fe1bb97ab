//! A sink for unused outputs.

use super::Sink;
use crate::{DType, Result};

/// A sink for the unused outputs of an operator: it discards all elements.
#[derive(Debug)]
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    fn dtype(&self) -> DType {
        DType::U8
    }
    fn shape(&self) -> &[u64] {
        &[]
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        None
    }
    fn write(&self, _: &[u64], _: &[u64], _: &[u8]) -> Result<()> {
        Ok(())
    }
    fn label(&self) -> String {
        "nowhere".into()
    }
}
