//! Tests of selections in little memory: lines that are read in passes, compared with sorting.

use std::sync::Arc;

use crate::{Context, DType, Expr, Plan, Target, Value};

/// Numbers without a pattern.
fn mixed(k: u64) -> u64 {
    let x = k.wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ 0x9E37_79B9_7F4A_7C15;
    let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ x >> 31
}

fn array<T: bytemuck::NoUninit>(dtype: DType, shape: &[u64], elements: &[T]) -> Expr {
    Expr::source(Arc::new(Value::copied_from(dtype, shape, bytemuck::cast_slice(elements)).unwrap())).unwrap()
}

fn compute<T: bytemuck::AnyBitPattern>(expr: &Expr, context: &Context) -> Vec<T> {
    let plan = Plan::new(&[(expr.clone(), Target::Memory)], context).unwrap();
    let peak = plan.peak();
    assert!(peak <= context.budget.total());
    let value = plan.run(context).unwrap().pop().flatten().unwrap();
    value.bytes().chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()
}

/// Contexts from one in which lines fit whole to one that has hardly any memory.
fn contexts() -> impl Iterator<Item = Context> {
    [(512 << 20, 2), (64 << 20, 3), (12 << 20, 1)]
        .into_iter()
        .map(|(bytes, threads)| Context::new(bytes, threads))
}

#[test]
fn long_lines_are_selected_from_in_any_memory() {
    let n = 1_500_000_u64;
    let kinds: [&dyn Fn(u64) -> f32; 5] = [
        &|k| (mixed(k) >> 40) as f32,
        &|k| k as f32,
        &|k| if k % 3 == 0 { -1.0 } else { (mixed(k) % 4) as f32 },
        &|_| 7.5,
        &|k| if k % 7 == 0 { f32::INFINITY } else { -((mixed(k) >> 50) as f32) },
    ];
    let ranks: Vec<i64> = vec![0, n as i64 / 2, 10, -1, n as i64 / 3, n as i64 - 7];
    for kind in kinds {
        let elements: Vec<f32> = (0..n).map(kind).collect();
        let mut sorted = elements.clone();
        sorted.sort_by(f32::total_cmp);
        let wanted: Vec<f32> = ranks.iter().map(|&r| sorted[r.rem_euclid(n as i64) as usize]).collect();
        for shape in [vec![n], vec![1000, 1500]] {
            let expr = array(DType::F32, &shape, &elements);
            let found = expr.select(&array(DType::I64, &[6], &ranks), shape.len(), true).unwrap();
            for context in contexts() {
                assert_eq!(compute::<f32>(&found, &context), wanted, "{shape:?}");
            }
        }
    }
}

#[test]
fn lines_beside_each_other_are_selected_from_in_passes() {
    let (n, lines) = (1_100_000_u64, 5_u64);
    let elements: Vec<u16> = (0..n * lines).map(|k| (mixed(k) >> (40 + 2 * (k % lines))) as u16).collect();
    let wanted = |line: u64, rank: usize| {
        let mut sorted: Vec<u16> =
            elements.iter().skip(line as usize).step_by(lines as usize).copied().collect();
        sorted.sort_unstable();
        sorted[rank]
    };
    let expr = array(DType::U16, &[n, lines], &elements).transpose();
    let ranks = [0, 550_000, 550_001, -2];
    let found = expr.select(&array(DType::I64, &[4, 1], &ranks), 1, false).unwrap();
    let all: Vec<u16> = [0, 550_000, 550_001, n as usize - 2]
        .into_iter()
        .flat_map(|rank| (0..lines).map(move |line| (line, rank)))
        .map(|(line, rank)| wanted(line, rank))
        .collect();
    for context in contexts() {
        assert_eq!(compute::<u16>(&found, &context), all);
    }
}

#[test]
fn a_nan_in_a_long_line_is_its_answer() {
    let n = 1_200_000_u64;
    let mut elements: Vec<f64> = (0..2 * n).map(|k| mixed(k) as f64).collect();
    elements[n as usize + 77] = -f64::NAN;
    let expr = array(DType::F64, &[2, n], &elements);
    let ranks = array(DType::I64, &[3, 1], &[0_i64, 600_000, -2]);
    for (nan, context) in [true, false].into_iter().flat_map(|nan| contexts().map(move |c| (nan, c))) {
        let found: Vec<f64> = compute(&expr.select(&ranks, 1, nan).unwrap(), &context);
        for line in 0..2 {
            let mut sorted = elements[line * n as usize..][..n as usize].to_vec();
            sorted.sort_by(|a, b| a.is_nan().cmp(&b.is_nan()).then(a.total_cmp(b)));
            for (k, rank) in [0, 600_000, n as usize - 2].into_iter().enumerate() {
                let found = found[2 * k + line];
                match nan && line == 1 {
                    true => assert!(found.is_nan()),
                    false => assert_eq!(found, sorted[rank]),
                }
            }
        }
    }
}

#[test]
fn too_little_memory_is_refused_with_the_memory_that_suffices() {
    let expr = array(DType::F64, &[1 << 21], &vec![1.0; 1 << 21]);
    let found = expr.select(&array(DType::I64, &[1], &[5_i64]), 1, true).unwrap();
    let roots = [(found, Target::Memory)];
    let Err(crate::Error::Budget { needed, .. }) = Plan::new(&roots, &Context::new(1 << 20, 2)) else {
        panic!("a budget of 1 MiB is too small");
    };
    assert!(needed < 32 << 20, "{needed}");
    Plan::new(&roots, &Context::new(needed, 2)).unwrap();
}
