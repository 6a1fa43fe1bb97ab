//! Tests of the executor against a definition that loops over elements: every layout, grid, budget and thread count.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::op::{Op, Reduction};
use crate::sink::{MemorySink, Sink};
use crate::source::{Data, Located, Source, c_strides};
use crate::view::Index;
use crate::{Context, DType, Expr, Plan, ReduceOptions, Result, Target, Value};

/// An array of `f64` in chunks: some in place, some encoded, some constant.
#[derive(Debug)]
struct Chunked {
    shape: Vec<u64>,
    chunk: Vec<u64>,
    strides: Vec<isize>,
    in_place: bool,
    chunks: Vec<Vec<u8>>,
}

impl Chunked {
    /// Element `i` (in C order) is `value(i)`; `fortran` is the order within a chunk.
    fn new(
        shape: &[u64],
        chunk: &[u64],
        fortran: bool,
        in_place: bool,
        value: impl Fn(u64) -> f64,
    ) -> Chunked {
        let counts: Vec<u64> = shape.iter().zip(chunk).map(|(n, c)| n.div_ceil(*c)).collect();
        let mut strides = c_strides(chunk, 8);
        if fortran {
            let reversed: Vec<u64> = chunk.iter().rev().copied().collect();
            strides = c_strides(&reversed, 8);
            strides.reverse();
        }
        let bytes = chunk.iter().product::<u64>() as usize * 8;
        let mut chunks = vec![vec![0u8; bytes]; counts.iter().product::<u64>() as usize];
        let total: u64 = shape.iter().product();
        for i in 0..total {
            let (mut rest, mut number, mut at, mut scale) = (i, 0, 0isize, 1);
            for k in (0..shape.len()).rev() {
                let x = rest % shape[k];
                rest /= shape[k];
                number += (x / chunk[k]) * scale;
                scale *= counts[k];
                at += (x % chunk[k]) as isize * strides[k];
            }
            chunks[number as usize][at as usize..at as usize + 8].copy_from_slice(&value(i).to_le_bytes());
        }
        Chunked { shape: shape.to_vec(), chunk: chunk.to_vec(), strides, in_place, chunks }
    }

    fn number(&self, index: &[u64]) -> usize {
        let counts = self.shape.iter().zip(&self.chunk).map(|(n, c)| n.div_ceil(*c));
        index.iter().zip(counts).fold(0, |at, (i, n)| at * n + i) as usize
    }
}

impl Source for Chunked {
    fn dtype(&self) -> DType {
        DType::F64
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
        "chunked".into()
    }
    fn in_place(&self) -> bool {
        self.in_place
    }
    fn is_mapped(&self) -> bool {
        self.in_place
    }
    fn chunk_bytes(&self) -> usize {
        self.chunks[0].len()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        let bytes = &self.chunks[self.number(index)];
        let data = match bytes.chunks_exact(8).all(|x| x == &bytes[..8]) {
            true => Data::Constant(bytes[..8].to_vec()),
            false if self.in_place => Data::InPlace(bytes),
            false => Data::Encoded,
        };
        Ok(Located::new(index, data))
    }
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> Result<()> {
        out.copy_from_slice(&self.chunks[self.number(&chunk.index)]);
        Ok(())
    }
}

fn run(expr: &Expr, context: &Context) -> Value {
    let plan = Plan::new(&[(expr.clone(), Target::Memory)], context).unwrap();
    plan.run(context).unwrap().remove(0).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.bytes().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
}

fn contexts() -> Vec<Context> {
    [(64 << 20, 1), (64 << 20, 3), (1 << 30, 2)].iter().map(|&(b, t)| Context::new(b, t)).collect()
}

/// Whole numbers, so that sums have one right answer.
fn whole(i: u64) -> f64 {
    ((i * 2_654_435_761) % 1000) as f64 - 300.0
}

/// The same array in many layouts.
fn layouts(shape: &[u64]) -> Vec<Expr> {
    let half: Vec<u64> = shape.iter().map(|n| n.div_ceil(2).max(1)).collect();
    let odd: Vec<u64> = shape.iter().enumerate().map(|(k, n)| (3 + 67 * k as u64).min(*n).max(1)).collect();
    let long: Vec<u64> = shape.iter().map(|n| (*n).clamp(1, 70)).collect();
    let mut out = Vec::new();
    for chunk in [shape.to_vec(), half, odd, long] {
        for fortran in [false, true] {
            for in_place in [false, true] {
                let source = Chunked::new(shape, &chunk, fortran, in_place, whole);
                out.push(Expr::source(Arc::new(source)).unwrap());
            }
        }
    }
    out
}

fn slice(start: Option<i64>, stop: Option<i64>, step: i64) -> Index {
    Index::Slice { start, stop, step: Some(step) }
}

#[test]
fn views_and_sums_of_every_layout_agree_with_the_definition() {
    let shape = [150u64, 210];
    let at = |r: u64, c: u64| whole(r * 210 + c);
    for context in contexts() {
        for a in layouts(&shape) {
            let plain = floats(&run(&a, &context));
            assert!(plain.iter().enumerate().all(|(i, x)| *x == whole(i as u64)));
            let turned = floats(&run(&a.transpose(), &context));
            assert!((0..210).all(|c| (0..150).all(|r| turned[(c * 150 + r) as usize] == at(r, c))));
            let cut = a.index(&[slice(Some(-1), None, -7), slice(Some(3), Some(200), 5)]).unwrap();
            let doubled = Expr::apply(Op::Add, &[cut.clone(), cut.clone()]).unwrap();
            let expected: Vec<f64> =
                (0..22).flat_map(|r| (0..40).map(move |c| 2.0 * at(149 - 7 * r, 3 + 5 * c))).collect();
            assert_eq!(floats(&run(&doubled, &context)), expected);
            for axis in [0i64, 1] {
                let options = ReduceOptions { axes: Some(vec![axis]), ..Default::default() };
                let sums = floats(&run(&a.reduce(Reduction::Sum, &options).unwrap(), &context));
                let expected: Vec<f64> = match axis {
                    0 => (0..210).map(|c| (0..150).map(|r| at(r, c)).sum()).collect(),
                    _ => (0..150).map(|r| (0..210).map(|c| at(r, c)).sum()).collect(),
                };
                assert_eq!(sums, expected, "axis {axis}");
            }
        }
    }
}

#[test]
fn broadcasts_mix_grids() {
    let shape = [90u64, 130];
    let row = Expr::source(Arc::new(Chunked::new(&[130], &[37], false, false, |i| i as f64))).unwrap();
    let column =
        Expr::source(Arc::new(Chunked::new(&[90, 1], &[20, 1], false, true, |i| 1000.0 * i as f64))).unwrap();
    let expected: Vec<f64> = (0..90)
        .flat_map(|r| (0..130).map(move |c| whole(r * 130 + c) + c as f64 + 1000.0 * r as f64))
        .collect();
    for context in contexts() {
        for a in layouts(&shape) {
            let sum = Expr::apply(Op::Add, &[a, row.clone()]).unwrap();
            let sum = Expr::apply(Op::Add, &[sum, column.clone()]).unwrap();
            assert_eq!(floats(&run(&sum, &context)), expected);
        }
    }
}

#[test]
fn reductions_over_middle_axes_and_of_results() {
    let shape = [6u64, 70, 5, 9];
    for context in contexts() {
        for a in layouts(&shape) {
            let options = ReduceOptions { axes: Some(vec![1, 3]), ..Default::default() };
            let sums = a.reduce(Reduction::Sum, &options).unwrap();
            let mut expected = vec![0.0; 30];
            for i in 0..6 * 70 * 5 * 9u64 {
                expected[(i / (70 * 45) * 5 + i / 9 % 5) as usize] += whole(i);
            }
            assert_eq!(floats(&run(&sums, &context)), expected);
            let spread = sums.expand_dims(&[1, 3]).unwrap();
            let all = Expr::apply(Op::Subtract, &[a.clone(), spread]).unwrap();
            let found = floats(&run(&all, &context));
            assert!((0..found.len() as u64).all(|i| {
                found[i as usize] == whole(i) - expected[(i / (70 * 45) * 5 + i / 9 % 5) as usize]
            }));
        }
    }
}

#[test]
fn argmax_gives_the_first_in_c_order() {
    for context in contexts() {
        for a in layouts(&[40, 333]) {
            let all = a.reduce(Reduction::Argmax, &ReduceOptions::default()).unwrap();
            let top = (0..40 * 333).map(whole).fold(f64::MIN, f64::max);
            let first = (0..40 * 333u64).find(|&i| whole(i) == top).unwrap();
            assert_eq!(run(&all, &context).bytes(), (first as i64).to_le_bytes());
        }
    }
}

#[test]
fn nothing_to_reduce_gives_the_identity() {
    let a = Expr::source(Arc::new(Value::copied_from(DType::F64, &[0, 3], &[]).unwrap())).unwrap();
    let sums =
        a.reduce(Reduction::Sum, &ReduceOptions { axes: Some(vec![0]), ..Default::default() }).unwrap();
    assert_eq!(floats(&run(&sums, &Context::new(1 << 20, 2))), [0.0; 3]);
    assert!(a.reduce(Reduction::Max, &ReduceOptions::default()).is_err());
}

#[test]
fn products_of_every_layout_in_little_memory() {
    let (m, k, n) = (130u64, 90, 75);
    let mut expected = vec![0.0; (m * n) as usize];
    for i in 0..m {
        for j in 0..n {
            expected[(i * n + j) as usize] = (0..k).map(|l| whole(i * k + l) * whole(l * n + j)).sum();
        }
    }
    let tight = Context::new(24 << 20, 2);
    for context in contexts().iter().chain([&tight]) {
        for (a, b) in layouts(&[m, k]).into_iter().zip(layouts(&[k, n])) {
            let product = a.matmul(&b).unwrap();
            assert_eq!(floats(&run(&product, context)), expected);
            let turned = b.transpose().matmul(&a.transpose()).unwrap().transpose();
            assert_eq!(floats(&run(&turned, context)), expected);
        }
    }
}

#[test]
fn products_of_large_operands_in_place_and_in_panels() {
    let shape = [12, 400, 400];
    let (roomy, tight) = (Context::new(1 << 30, 1), Context::new(30 << 20, 1));
    let lying = |chunk: [u64; 3], fortran: bool| {
        Expr::source(Arc::new(Chunked::new(&shape, &chunk, fortran, true, whole))).unwrap()
    };
    let cases = [
        (lying(shape, false), lying([1, 200, 400], true)),
        (lying([5, 400, 250], true), lying(shape, false)),
    ];
    let mut all = Vec::new();
    for (a, b) in cases {
        for product in [a.matmul(&b).unwrap(), b.matmul(&a).unwrap()] {
            let sum =
                product.reduce(Reduction::Sum, &ReduceOptions { axes: Some(vec![2]), ..Default::default() });
            let roots = [(sum.unwrap(), Target::Memory)];
            let plan = Plan::new(&roots, &roomy).unwrap();
            assert!(plan.peak() > 2 * 12 * 400 * 400 * 8, "operands in place count as memory");
            let found = [plan.run(&roomy).unwrap(), Plan::new(&roots, &tight).unwrap().run(&tight).unwrap()];
            let [roomy, tight] = found.map(|v| floats(v[0].as_ref().unwrap()));
            assert_eq!(roomy, tight);
            all.push(roomy);
        }
    }
    let element = |i: u64, j: u64| (0..400).map(|l| whole(i * 400 + l) * whole(l * 400 + j)).sum::<f64>();
    let row: f64 = (0..400).map(|j| element(7, j)).sum();
    assert!(all.iter().all(|sums| sums[7] == row));
}

/// A result in memory that is written in chunks, and the number of writes.
struct Counted {
    memory: MemorySink,
    chunk: Vec<u64>,
    writes: AtomicU64,
}

impl Sink for Counted {
    fn dtype(&self) -> DType {
        self.memory.dtype()
    }
    fn shape(&self) -> &[u64] {
        self.memory.shape()
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        Some(&self.chunk)
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.memory.write(start, shape, data)
    }
    fn label(&self) -> String {
        self.memory.label()
    }
}

#[test]
fn many_small_products_write_each_chunk_once() {
    let source = |chunk: &[u64]| {
        Expr::source(Arc::new(Chunked::new(&[50, 7, 20, 20], chunk, false, true, whole))).unwrap()
    };
    let product = source(&[8, 7, 20, 20]).matmul(&source(&[50, 2, 7, 20])).unwrap();
    let expected = floats(&run(&product, &Context::new(64 << 20, 1)));
    let (roomy, tight) = (64 << 20, 3_300_000);
    let cases = [
        ([1, 1, 20, 20], roomy, 350),
        ([50, 7, 20, 20], roomy, 1),
        ([6, 3, 20, 20], roomy, 9 * 3),
        ([9, 7, 8, 11], roomy, 6 * 3 * 2),
        ([50, 7, 20, 20], tight, 350),
    ];
    for (chunk, budget, most) in cases {
        for threads in [1, 3] {
            let sink = Arc::new(Counted {
                memory: MemorySink::new(DType::F64, &[50, 7, 20, 20]).unwrap(),
                chunk: chunk.to_vec(),
                writes: AtomicU64::new(0),
            });
            let context = Context::new(budget * threads, threads as usize);
            let plan = Plan::new(&[(product.clone(), Target::Sink(sink.clone()))], &context).unwrap();
            plan.run(&context).unwrap();
            let Counted { memory, writes, .. } = Arc::into_inner(sink).unwrap();
            let writes = writes.into_inner();
            assert!(if budget == tight { writes < most } else { writes == most }, "{chunk:?}: {writes}");
            assert_eq!(floats(&memory.into_value().unwrap()), expected);
        }
    }
}

#[test]
fn too_small_a_budget_says_what_would_do() {
    let a = layouts(&[150, 210]).remove(0);
    let refused = Plan::new(&[(a.clone(), Target::Memory)], &Context::new(1000, 1)).err().unwrap();
    assert!(matches!(refused, crate::Error::Budget { .. }), "{refused}");
    let sum = a.reduce(Reduction::Sum, &ReduceOptions::default()).unwrap();
    let Err(crate::Error::Budget { needed, .. }) =
        Plan::new(&[(sum.clone(), Target::Memory)], &Context::new(1000, 1))
    else {
        panic!("not refused")
    };
    let context = Context::new(needed, 1);
    assert_eq!(floats(&run(&sum, &context)), [(0..150 * 210).map(whole).sum::<f64>()]);
}

#[test]
fn a_cancelled_run_stops() {
    let a = layouts(&[150, 210]).remove(0);
    let context = Context::new(64 << 20, 2);
    context.cancel.store(true, std::sync::atomic::Ordering::Relaxed);
    let plan = Plan::new(&[(a, Target::Memory)], &context).unwrap();
    assert!(matches!(plan.run(&context), Err(crate::Error::Cancelled)));
}
