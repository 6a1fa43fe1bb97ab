//! Arrays of `ndarray`: used in place, copied, or written box by box.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrstore_format::Grid;
use ndarray::{ArrayD, ArrayViewD, Axis};

use super::Native;
use crate::context::Metrics;
use crate::sink::Sink;
use crate::source::{Data, Located, Source};
use crate::{Context, DType, Expr, Result, Value};

/// An `ndarray` that the library owns and reads in place.
#[derive(Debug)]
struct Owned<T: Native> {
    array: ArrayD<T>,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    strides: Vec<isize>,
}

/// The expression of an `ndarray` passed by value: without a copy if its elements are contiguous.
pub(super) fn owned<T: Native>(array: ArrayD<T>) -> Result<Expr> {
    let ascending = array.shape().iter().zip(array.strides()).all(|(&n, &stride)| n == 1 || stride > 0);
    if !ascending || array.is_empty() || array.as_slice_memory_order().is_none() {
        return copied(&array.view());
    }
    let shape = lengths(array.shape());
    let item = size_of::<T>() as isize;
    // an axis of length 1 may have any stride
    let stride = |(&n, &stride): (&usize, &isize)| if n == 1 { item } else { stride * item };
    let strides = array.shape().iter().zip(array.strides()).map(stride).collect();
    Expr::source(Arc::new(Owned { chunk: shape.clone(), shape, strides, array }))
}

/// The expression of a copy of an `ndarray`.
pub(super) fn copied<T: Native>(array: &ArrayViewD<'_, T>) -> Result<Expr> {
    let shape = lengths(array.shape());
    let standard = array.as_standard_layout();
    let bytes = bytemuck::cast_slice(standard.as_slice().unwrap_or(&[]));
    Expr::source(Arc::new(Value::copied_from(T::DTYPE, &shape, bytes)?))
}

/// Lengths as `u64`.
pub(super) fn lengths(shape: &[usize]) -> Vec<u64> {
    shape.iter().map(|&n| n as u64).collect()
}

impl<T: Native> Owned<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self.array.as_slice_memory_order().unwrap_or(&[]))
    }
}

impl<T: Native> Source for Owned<T> {
    fn dtype(&self) -> DType {
        T::DTYPE
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> &[u64] {
        &self.chunk
    }
    fn strides(&self) -> &[isize] {
        &self.strides
    }
    fn label(&self) -> String {
        "an array in memory".into()
    }
    fn in_place(&self) -> bool {
        true
    }
    fn chunk_bytes(&self) -> usize {
        self.bytes().len()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        Ok(Located::new(index, Data::InPlace(self.bytes())))
    }
}

/// Writes all elements to `sink`, chunk by chunk, in as many threads as the budget allows.
pub(super) fn write<T: Native>(array: &ArrayViewD<'_, T>, sink: &dyn Sink, context: &Context) -> Result<()> {
    let shape = lengths(array.shape());
    let chunk = match sink.chunk_shape() {
        Some(chunk) => chunk.to_vec(),
        None => crate::default_chunk(T::DTYPE, &shape),
    };
    let grid = Grid::new(&shape, &chunk);
    let bytes = chunk.iter().fold(size_of::<T>() as u64, |bytes, &n| bytes.saturating_mul(n));
    let copies = 1 + u64::from(sink.copies_boxes());
    let each = bytes.saturating_mul(copies).saturating_add(sink.scratch_bytes() as u64).max(1);
    let threads =
        (context.budget.total() / each).clamp(1, context.threads.max(1) as u64).min(grid.len().max(1));
    let _permit = context.budget.take(each.saturating_mul(threads), "writing an array from memory")?;

    let zeros = vec![0; shape.len()];
    let indices = Mutex::new(Some(grid.touching(&zeros, &shape)));
    let next = || indices.lock().unwrap_or_else(PoisonError::into_inner).as_mut().and_then(Iterator::next);
    let (all, so_far) = (array.len() * size_of::<T>(), AtomicU64::new(0));
    let chunk = |index: &[u64]| -> Result<()> {
        context.go_on()?;
        let (start, extent) = (grid.start(index), grid.extent(index));
        let mut part = array.view();
        for (axis, (&from, &len)) in start.iter().zip(&extent).enumerate() {
            part.slice_axis_inplace(Axis(axis), (from as usize..(from + len) as usize).into());
        }
        let part = part.as_standard_layout();
        let elements: &[u8] = bytemuck::cast_slice(part.as_slice().unwrap_or(&[]));
        sink.write(&start, &extent, elements)?;
        Metrics::add(&context.metrics.written, elements.len());
        let done = so_far.fetch_add(elements.len() as u64, Ordering::Relaxed) + elements.len() as u64;
        if let Some(progress) = &context.progress {
            progress(done, all as u64);
        }
        Ok(())
    };
    let work = || -> Result<()> {
        while let Some(index) = next() {
            // after an error no thread begins another chunk
            chunk(&index).inspect_err(|_| *indices.lock().unwrap_or_else(PoisonError::into_inner) = None)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mine = work();
        let ended = |other: std::thread::ScopedJoinHandle<'_, Result<()>>| match other.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        // wait for every thread, even after an error
        others.into_iter().map(ended).fold(mine, Result::and)
    })
}
