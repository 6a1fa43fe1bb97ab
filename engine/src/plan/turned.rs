//! Tests of arrays that are copied once into a file whose chunks suit their readers.

use std::sync::Arc;

use super::{Plan, Target};
use crate::sink::{NpySink, Sink};
use crate::source::{Mapped, Source};
use crate::{Context, DType, Expr, Result};

/// Element `k` of a test array in C order.
fn value(k: u64) -> [u8; 8] {
    (k as f64).to_le_bytes()
}

/// Writes an array to a `.npy` file.
fn write(path: &std::path::Path, shape: &[u64]) -> Result<()> {
    let sink = NpySink::create(path, DType::F64, shape, false)?;
    let bytes: Vec<u8> = (0..shape.iter().product()).flat_map(value).collect();
    sink.write(&vec![0; shape.len()], shape, &bytes)?;
    sink.commit(false)
}

/// A file that is written in whole chunks.
struct InChunks(NpySink, Vec<u64>);

impl Sink for InChunks {
    fn dtype(&self) -> DType {
        self.0.dtype()
    }
    fn shape(&self) -> &[u64] {
        self.0.shape()
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        (!self.1.is_empty()).then_some(&self.1)
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        self.0.write(start, shape, data)
    }
    fn label(&self) -> String {
        self.0.label()
    }
}

/// Transposes an array of `shape` on a machine of `memory` bytes. The result is written in whole chunks of `chunk`,
/// unless this is empty. Checks the answer and returns the number of stages.
fn stages(shape: [u64; 2], chunk: &[u64], budget: u64, memory: u64) -> Result<usize> {
    let folder = tempfile::tempdir().map_err(|e| crate::Error::io("a folder", e))?;
    let [from, to] = ["a.npy", "t.npy"].map(|name| folder.path().join(name));
    write(&from, &shape)?;
    let [rows, columns] = shape;
    let sink = NpySink::create(&to, DType::F64, &[columns, rows], false)?;
    let sink = Arc::new(InChunks(sink, chunk.to_vec()));
    let context = Context { tmp: Some(folder.path().to_owned()), ..Context::new(budget, 2) };
    let roots = [(Expr::npy(&from)?.transpose(), Target::Sink(sink.clone()))];
    let plan = Plan::on(&roots, &context, Some(memory))?;
    let stages = plan.explain(budget).stages.len();
    plan.run(&context)?;
    drop(roots);
    let sink = Arc::into_inner(sink).ok_or_else(|| crate::Error::Other("the sink is held".into()))?;
    sink.0.commit(false)?;
    let found = Mapped::npy(&to)?;
    let chunk = found.locate(&[0, 0])?;
    let mut bytes = vec![0; found.chunk_bytes()];
    found.read(&chunk, 0, &mut bytes)?;
    let expected = (0..columns).flat_map(|i| (0..rows).map(move |j| value(j * columns + i)));
    assert!(expected.flatten().eq(bytes), "{shape:?} in {budget} of {memory} bytes");
    Ok(stages)
}

#[test]
fn what_is_larger_than_memory_is_turned_in_two_passes() {
    let (small, large, budget) = (1 << 20, 1 << 40, 16 << 20);
    assert_eq!(stages([1001, 1100], &[], budget, small).unwrap(), 2);
    assert_eq!(stages([1001, 1100], &[7, 1001], budget, small).unwrap(), 2);
    // a file that stays in memory is not turned
    assert_eq!(stages([1001, 1100], &[], budget, large).unwrap(), 1);
    // nor is a file that lies as the result is written
    assert_eq!(stages([1001, 1100], &[1100, 7], budget, small).unwrap(), 1);
}

#[test]
fn short_runs_are_turned_where_pages_cannot_stay() {
    let rows = [1, 50_000];
    assert_eq!(stages([50_000, 64], &rows, 12 << 20, 1 << 40).unwrap(), 2);
    assert_eq!(stages([50_000, 64], &rows, 1 << 30, 1 << 40).unwrap(), 1);
}
