//! Tests of the promises of plans: the number of stages, the memory that they hold, and the text of `explain`.

use std::sync::Arc;

use super::{Explain, Plan, Target};
use crate::exec::{Feed, Fit, Room, Run, Stage, Told};
use crate::op::{Op, Reduction};
use crate::operator::{Operator, Output};
use crate::program::Program;
use crate::sink::NpySink;
use crate::{Buffer, Context, DType, Error, Expr, ReduceOptions, Result, ScanOptions, Value};

fn array(shape: &[u64]) -> Expr {
    let values: Vec<f64> = (0..shape.iter().product::<u64>()).map(|k| (k % 97) as f64 * 0.37).collect();
    Expr::source(Arc::new(Value::copied_from(DType::F64, shape, bytemuck::cast_slice(&values)).unwrap()))
        .unwrap()
}

fn over(x: &Expr, reduction: Reduction, axis: i64) -> Expr {
    x.reduce(reduction, &ReduceOptions { axes: Some(vec![axis]), ..ReduceOptions::default() }).unwrap()
}

fn explained(roots: &[(Expr, Target)], context: &Context) -> Explain {
    Plan::new(roots, context).unwrap().explain(context.budget.total())
}

fn bytes(roots: &[(Expr, Target)], context: &Context) -> Vec<Vec<u8>> {
    let values = Plan::new(roots, context).unwrap().run(context).unwrap();
    values.into_iter().flatten().map(|value| value.bytes().to_vec()).collect()
}

#[test]
fn a_reduction_goes_where_it_belongs_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let context = Context::new(64 << 20, 2);
    let a = array(&[300, 400]);
    for (result, name) in [(over(&a, Reduction::Mean, 0), "x.npy"), (over(&a, Reduction::Max, 1), "y.npy")] {
        let path = folder.path().join(name);
        let sink = Arc::new(NpySink::create(&path, result.dtype(), result.shape(), false).unwrap());
        let explain = explained(&[(result.clone(), Target::Sink(sink.clone()))], &context);
        assert_eq!(explain.stages.len(), 1, "{explain}");
        assert_eq!(explain.stages[0].reads[0].bytes, 300 * 400 * 8);
        assert_eq!(explain.stages[0].writes[0].bytes, result.shape()[0] * 8);
        assert_eq!(explained(&[(result, Target::Memory)], &context).stages.len(), 1);
    }
    // a result that another result needs, too, is held once
    let mean = over(&a, Reduction::Mean, 0);
    let gap = Expr::apply(Op::Subtract, &[a, mean.clone()]).unwrap();
    let roots = [(mean, Target::Memory), (gap, Target::Memory)];
    assert_eq!(explained(&roots, &context).stages.len(), 2);
    let found = bytes(&roots, &context);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [400 * 8, 300 * 400 * 8]);
}

#[test]
fn results_live_until_their_last_reader() {
    let side = 600;
    let one = side * side * 8;
    let a = array(&[side, side]);
    let mut product = a.clone();
    for _ in 0..10 {
        product = product.matmul(&a).unwrap();
    }
    let context = Context::new(40 * one, 2);
    let explain = explained(&[(product, Target::Memory)], &context);
    assert_eq!(explain.stages.len(), 10);
    let needed = explain.stages[0].peak - one;
    for stage in &explain.stages {
        // the product that is read and the product that is made
        assert!(stage.peak <= needed + 2 * one, "{explain}");
    }
    assert_eq!(explain.peak, explain.stages.iter().map(|stage| stage.peak).max().unwrap());
}

#[test]
fn short_windows_of_a_derived_result_read_it_once() {
    let context = Context::new(64 << 20, 2);
    let a = array(&[1200, 1000]);
    let joined = Expr::concatenate(&[a.clone(), a], Some(0), None).unwrap();
    let windows = joined.sliding_windows(&[7, 7], None).unwrap();
    let options = ReduceOptions { axes: Some(vec![2, 3]), ..ReduceOptions::default() };
    let sum = windows.reduce(Reduction::Sum, &options).unwrap();
    let explain = explained(&[(sum, Target::Memory)], &context);
    assert_eq!((explain.stages.len(), explain.stages[0].reads.len()), (1, 1), "{explain}");
}

#[test]
fn explain_says_what_each_input_and_output_moves() {
    let context = Context::new(64 << 20, 2);
    let (a, row) = (array(&[500, 80]), array(&[80]));
    let small = Expr::apply(Op::Less, &[a.clone(), row.clone()]).unwrap();
    let roots = [(small, Target::Memory), (Expr::apply(Op::Add, &[a, row]).unwrap(), Target::Memory)];
    let explain = explained(&roots, &context);
    let [stage] = &explain.stages[..] else { panic!("{explain}") };
    assert_eq!(stage.reads.iter().map(|read| read.bytes).collect::<Vec<_>>(), [500 * 80 * 8, 80 * 8]);
    assert_eq!(stage.writes.iter().map(|write| write.bytes).collect::<Vec<_>>(), [500 * 80, 500 * 80 * 8]);
}

/// The elements of an array twice: as they are, and with the first axis reversed.
#[derive(Debug)]
struct Mirror;

impl Operator for Mirror {
    fn name(&self) -> &'static str {
        "mirror"
    }
    fn key(&self) -> Vec<u8> {
        Vec::new()
    }
    fn stage(&self, mut feeds: Vec<Program>, _: &[Output]) -> Result<Box<dyn Stage>> {
        let feed = feeds.pop().ok_or_else(|| Error::Other("no input".into()))?;
        Ok(Box::new(Mirroring { feed }))
    }
}

#[derive(Debug)]
struct Mirroring {
    feed: Program,
}

impl Stage for Mirroring {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.feed]
    }
    fn fit(&mut self, _: Room) -> Fit {
        Fit::Takes(self.feed.elements() * 8)
    }
    fn work(&self) -> u64 {
        1
    }
    fn explain(&self) -> Told {
        Told { kind: "mirror", reads: vec![self.feed.bytes_read()], ..Told::default() }
    }
    fn run(&self, run: &Run<'_>) -> Result<()> {
        let shape = &self.feed.domain;
        let mut all = Buffer::new(self.feed.elements() as usize * 8)?;
        let feed = Feed::new(&self.feed, &run.sources[0], run.context, false);
        feed.reader().fill(&vec![0; shape.len()], shape, all.bytes_mut())?;
        run.sinks[0].write(&vec![0; shape.len()], shape, all.bytes())?;
        let (mut start, mut row) = (vec![0; shape.len()], shape.clone());
        row[0] = 1;
        for (k, bytes) in all.bytes().chunks(all.len() / shape[0] as usize).enumerate() {
            start[0] = shape[0] - 1 - k as u64;
            run.sinks[1].write(&start, &row, bytes)?;
        }
        Ok(())
    }
}

#[test]
fn an_operator_may_have_several_outputs() {
    let a = array(&[6, 5]);
    let outputs =
        || Expr::outputs(Mirror, vec![a.clone()], vec![(DType::F64, vec![6, 5]), (DType::F64, vec![6, 5])]);
    let [same, mirrored] = &outputs()[..] else { panic!("two outputs") };
    let context = Context::new(1 << 20, 2);
    let flipped = bytes(&[(a.flip(Some(&[0])).unwrap(), Target::Memory)], &context).remove(0);
    let difference = Expr::apply(Op::Subtract, &[mirrored.clone(), outputs()[0].clone()]).unwrap();
    let roots =
        [(same.clone(), Target::Memory), (mirrored.clone(), Target::Memory), (difference, Target::Memory)];
    // equal operators are one: it runs once, for both outputs and for all their readers
    assert_eq!(explained(&roots, &context).stages.len(), 2);
    let found = bytes(&roots, &context);
    assert_eq!((&found[0], &found[1]), (&bytes(&[(a.clone(), Target::Memory)], &context)[0], &flipped));
    // an output that nothing needs goes nowhere
    assert_eq!(bytes(&[(mirrored.clone(), Target::Memory)], &context), [flipped]);
}

#[test]
fn scans_have_the_same_bits_for_any_budget_and_threads() {
    let a = array(&[700, 900]);
    let noise = Expr::apply(Op::Sin, &[a]).unwrap();
    for axis in [Some(0), Some(1), None] {
        let scanned =
            noise.cumsum(&ScanOptions { axis, include_initial: true, ..ScanOptions::default() }).unwrap();
        let roots = [(scanned.clone(), Target::Memory)];
        let expected = bytes(&roots, &Context::new(1 << 30, 1));
        for (budget, threads) in [(12 << 20, 1), (20 << 20, 3), (1 << 30, 4)] {
            assert!(bytes(&roots, &Context::new(budget, threads)) == expected, "{axis:?} {budget} {threads}");
        }
    }
}

/// An array of 3000 x 30 x 24 elements in 108 packed chunks of 250 x 10 x 8.
fn packed(folder: &std::path::Path) -> Expr {
    let store = crate::Store::create(folder.join("a.arrs")).unwrap();
    let shape = [3000, 30, 24];
    let values: Vec<f32> = (0..shape.iter().product::<usize>()).map(|k| (k % 1013) as f32).collect();
    let layout = crate::Layout::new().chunk([250, 10, 8]).codec(crate::Codec::Zstd { level: 1 });
    let elements = ndarray::ArrayD::from_shape_vec(shape.to_vec(), values).unwrap();
    store.write_with("/a", &elements, &layout).unwrap();
    let stored = store.array("/a").unwrap();
    stored.expr().unwrap().clone()
}

/// Computes a result in one stage, and gives the number of chunks that were decoded.
fn decoded(result: Expr) -> u64 {
    let context = Context::new(8 << 20, 2);
    let plan = Plan::new(&[(result, Target::Memory)], &context).unwrap();
    let explain = plan.explain(context.budget.total());
    assert_eq!(explain.stages.len(), 1, "{explain}");
    plan.run(&context).unwrap();
    context.metrics.chunks_decoded.load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn a_fold_decodes_each_chunk_once_and_copies_none() {
    let folder = tempfile::tempdir().unwrap();
    let a = packed(folder.path());
    for axis in 0..3 {
        assert_eq!(decoded(over(&a, Reduction::Mean, axis)), 108, "axis {axis}");
    }
}

#[test]
fn a_group_of_rows_decodes_each_chunk_that_it_touches_once() {
    let folder = tempfile::tempdir().unwrap();
    let a = packed(folder.path());
    // of every year, the third month: chunks of 250 rows hold parts of it
    let days: Vec<i64> = (0..5).flat_map(|year| 365 * year + 59..365 * year + 90).collect();
    let touched: std::collections::HashSet<i64> = days.iter().map(|day| day / 250).collect();
    let count = days.len() as u64;
    let index = Value::copied_from(DType::I64, &[count], bytemuck::cast_slice(&days)).unwrap();
    let index = Expr::source(Arc::new(index)).unwrap();
    let month = a.gather(&[0], &[0], &[index], 0).unwrap();
    // a short gap between two months is read, too
    let found = decoded(over(&month, Reduction::Mean, 0));
    assert!(found <= (touched.len() as u64 + 1) * 9, "{found} of {} chunks in depth", touched.len());
}

/// An array of a `.npy` file of zeros that takes no room on the disk.
fn sparse(folder: &std::path::Path, descr: &str, length: u64, item: u64) -> Expr {
    let path = folder.join(format!("{descr}.npy").replace('<', ""));
    let words = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({length},), }}");
    let header = [b"\x93NUMPY\x01\x00\x76\x00".to_vec(), format!("{words:<117}\n").into_bytes()].concat();
    std::fs::write(&path, &header).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(header.len() as u64 + length * item).unwrap();
    crate::open(path.to_str().unwrap()).unwrap().expr().unwrap().clone()
}

#[test]
fn wide_elements_and_long_rows_need_no_more_memory() {
    let folder = tempfile::tempdir().unwrap();
    let context = Context::new(48 << 20, 2);
    let texts = sparse(folder.path(), "<U400", 200_000, 1600);
    let lengths = Expr::apply(Op::StrLen, &[texts]).unwrap();
    let longest = lengths.reduce(Reduction::Max, &ReduceOptions::default()).unwrap();
    explained(&[(longest, Target::Memory)], &context);
    let numbers = sparse(folder.path(), "<f8", 20_000_000, 8);
    let rows = numbers.reshape(&[4, -1]).unwrap();
    let every = crate::Index::Slice { start: Some(1), stop: None, step: None };
    let parts = rows.index(&[crate::Index::ALL, every]).unwrap().reshape(&[-1]).unwrap();
    for (number, result) in [numbers.tile(&[3]).unwrap(), parts].into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.out.npy"));
        let sink = Arc::new(NpySink::create(&path, result.dtype(), result.shape(), false).unwrap());
        explained(&[(result, Target::Sink(sink))], &context);
    }
}
