//! Outputs that nobody needs.

use super::Sink;
use crate::{DType, Result};

/// Takes everything and keeps nothing: for the outputs of an operator that are not used.
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
