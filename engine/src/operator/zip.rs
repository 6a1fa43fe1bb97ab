//! Arrays of one shape as one array of records.

use std::sync::Arc;

use arrstore_format::RecordType;

use super::Operator;
use crate::exec::{Derive, Reader, like};
use crate::expr::Expr;
use crate::program::Program;
use crate::source::c_strides;
use crate::view::show;
use crate::{DType, Error, Result};

/// Each input is a field of the result.
#[derive(Clone, Debug)]
struct Zip {
    /// Where each field begins, in bytes.
    offsets: Arc<[usize]>,
}

impl Expr {
    /// Records of which each field is an element of one of some arrays of the same shape. The fields are named by their
    /// numbers.
    ///
    /// # Errors
    /// When shapes differ, or records would be too large.
    pub(crate) fn zipped(arrays: &[Expr]) -> Result<Expr> {
        let arrays = arrays.iter().map(Expr::typed).collect::<Result<Vec<_>>>()?;
        let shape = arrays.first().map_or(&[][..], |first| first.shape()).to_vec();
        if let Some(other) = arrays.iter().find(|array| array.shape() != shape) {
            let (one, other) = (show(&shape), show(other.shape()));
            return Err(Error::Shape(format!("all keys need to be of one shape, found {one} and {other}")));
        }
        let fields = arrays.iter().enumerate().map(|(k, array)| (k.to_string(), array.dtype(), Vec::new()));
        let record = RecordType::packed(fields).map_err(|e| Error::Value(e.to_string()))?;
        let offsets = record.fields().iter().map(|field| field.offset as usize).collect();
        Ok(Expr::output(Zip { offsets }, arrays, DType::Record(record), shape))
    }
}

impl Operator for Zip {
    fn name(&self) -> &'static str {
        "zip"
    }

    fn key(&self) -> Vec<u8> {
        Vec::new()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Derive for Zip {
    fn chunk(&self, feeds: &[Program], shape: &[u64], item: u64) -> Vec<u64> {
        like(feeds.first(), shape, item)
    }

    fn reads(&self, feeds: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        vec![of.to_vec(); feeds.len()]
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let item = out.len() / shape.iter().product::<u64>().max(1) as usize;
        for (feed, &offset) in feeds.iter_mut().zip(self.offsets.iter()) {
            let room = out.get_mut(offset..).unwrap_or_default();
            feed.fill_strided(start, shape, room, c_strides(shape, item))?;
        }
        Ok(())
    }
}
