//! Tests of the kernels as a whole. The crate of tests compares the values themselves with NumPy's.

use arrstore_format::DType;

use super::{Arg, At, Block, Columns, Kernel, Physical, Reducer, Rows};
use crate::op::{Op, Reduction, Scalar};
use crate::promote::{self, Operand};

const NUMBERS: [f64; 12] =
    [0.0, -0.0, 1.0, -1.0, 2.5, -7.0, 100.0, 0.1, 3e9, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

/// The kernels of logical types.
pub(super) fn bind(op: Op, types: &[DType]) -> Option<Kernel> {
    super::bind(op, &types.iter().map(|&dtype| Physical::from(dtype)).collect::<Vec<_>>())
}

fn cast(from: DType, to: DType) -> Kernel {
    super::cast(from, to).unwrap()
}

fn reducer(reduction: Reduction, from: DType, to: DType, ddof: f64) -> Option<Reducer> {
    super::reducer(reduction, from.into(), to.into(), ddof)
}

/// Sizes and families are those of the logical types.
#[test]
fn physical_types_fit_the_logical_ones() {
    for dtype in DType::ALL {
        let physical = Physical::from(dtype);
        assert_eq!((physical.size(), physical.kind()), (dtype.size(), Some(dtype.kind())));
    }
}

/// The numbers as elements of any type.
fn block(dtype: DType, n: usize) -> Vec<u8> {
    let wide: Vec<f64> = (0..n).map(|k| NUMBERS[k % NUMBERS.len()]).collect();
    run(&cast(DType::F64, dtype), &[Arg::Block(bytemuck::cast_slice(&wide))], n * dtype.size())
}

fn run(kernel: &Kernel, args: &[Arg<'_>], len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    kernel.run(args, &mut out).unwrap();
    out
}

fn signatures() -> impl Iterator<Item = (Op, promote::Signature)> {
    Op::ALL.iter().flat_map(|&op| {
        DType::ALL.into_iter().filter_map(move |dtype| {
            let operands = vec![Operand::Typed(dtype); op.arity()];
            Some((op, promote::signature(op, &operands).ok()?))
        })
    })
}

#[test]
fn every_signature_has_a_kernel() {
    for (op, signature) in signatures() {
        assert!(bind(op, &signature.inputs).is_some(), "{op:?} {signature:?}");
    }
    for op in Op::ALL {
        for inputs in [[DType::I64, DType::U64], [DType::U64, DType::I64]] {
            let operands = inputs.map(Operand::Typed);
            if op.arity() == 2 && promote::signature(*op, &operands).is_ok_and(|s| s.inputs == inputs) {
                assert!(bind(*op, &inputs).is_some(), "{op:?}");
            }
        }
    }
}

/// A scalar gives the same result as a block of copies of it, and a block the same as its elements one by one.
#[test]
fn scalars_and_pieces_agree_with_blocks() {
    let n = 2100;
    for (op, signature) in signatures() {
        if op == Op::Pow && matches!(signature.output.kind(), arrstore_format::Kind::Signed) {
            continue;
        }
        let kernel = bind(op, &signature.inputs).unwrap();
        let item = signature.output.size();
        let blocks: Vec<Vec<u8>> = signature.inputs.iter().map(|&d| block(d, n)).collect();
        let args: Vec<Arg<'_>> = blocks.iter().map(|b| Arg::Block(b)).collect();
        let whole = run(&kernel, &args, n * item);
        for k in 0..NUMBERS.len() {
            let ones: Vec<&[u8]> =
                blocks.iter().zip(&signature.inputs).map(|(b, d)| &b[k * d.size()..][..d.size()]).collect();
            let scalars: Vec<Arg<'_>> = ones.iter().map(|one| Arg::Scalar(one)).collect();
            let spread = run(&kernel, &scalars, 3 * item);
            let at = n - n % NUMBERS.len() - NUMBERS.len() + k;
            for result in spread.chunks(item).chain([&whole[at * item..][..item]]) {
                let same = result == &whole[k * item..][..item];
                assert!(same, "{op:?} {:?} of {:?}", signature.inputs, NUMBERS[k]);
            }
        }
    }
}

#[test]
fn integers_refuse_negative_powers() {
    let kernel = bind(Op::Pow, &[DType::I16; 2]).unwrap();
    let (a, b) = ([3i16, 3], [2i16, -1]);
    let args = [Arg::Block(bytemuck::cast_slice(&a)), Arg::Block(bytemuck::cast_slice(&b))];
    assert!(kernel.run(&args, &mut [0; 4]).is_err());
    assert_eq!(run(&kernel, &[args[0], Arg::Scalar(&[2, 0])], 4), [9, 0, 9, 0]);
}

#[test]
fn bytes_need_no_alignment() {
    let values = [1.5f64, -2.0, 4.0];
    let mut bytes = vec![0];
    bytes.extend(bytemuck::cast_slice::<f64, u8>(&values));
    let mut out = [0; 25];
    let args = [Arg::Block(&bytes[1..]), Arg::Block(&bytes[1..])];
    bind(Op::Add, &[DType::F64; 2]).unwrap().run(&args, &mut out[1..]).unwrap();
    assert_eq!(out[1..9], 3f64.to_le_bytes());
}

#[test]
fn any_byte_but_zero_is_true() {
    let args = [Arg::Block(&[0, 1, 2, 255]), Arg::Block(&[1, 1, 1, 0])];
    assert_eq!(run(&bind(Op::Add, &[DType::Bool; 2]).unwrap(), &args, 4), [1, 1, 1, 1]);
    assert_eq!(run(&bind(Op::Equal, &[DType::Bool; 2]).unwrap(), &args, 4), [0, 1, 1, 0]);
    assert_eq!(run(&cast(DType::Bool, DType::I16), &args[..1], 8), [0, 0, 1, 0, 1, 0, 1, 0]);
}

/// Folds a block row by row, or column by column.
fn fold(reducer: &Reducer, states: &mut [u8], values: Arg<'_>, shape: [usize; 2], rows: bool, at: At) {
    let block = Block { values, stride: None };
    if rows {
        return reducer.fold_rows(states, block, shape, at);
    }
    let mut lanes = vec![0; shape[1] * reducer.lane_size()];
    let rows = Rows { start: 0, at: 0, end: shape[0] };
    reducer.fold_cols(Columns { states, lanes: &mut lanes }, block, shape, rows, at);
}

fn reduce(reduction: Reduction, input: DType, block: &[u8], shape: [usize; 2], rows: bool) -> Vec<u8> {
    let (_, output) = promote::reduction(reduction, input, None).unwrap();
    let reducer = reducer(reduction, input, output, 0.0).unwrap();
    let n = if rows { shape[0] } else { shape[1] };
    let mut states = vec![0; n * reducer.state_size()];
    reducer.init(&mut states);
    let at = At { base: 0, row_step: shape[1] as u64, col_step: 1 };
    fold(&reducer, &mut states, Arg::Block(block), shape, rows, at);
    let mut out = vec![0; n * output.size()];
    reducer.finish(&states, &mut out);
    out
}

#[test]
fn every_reduction_takes_every_type() {
    for &reduction in Reduction::ALL {
        for dtype in DType::ALL {
            let (input, output) = promote::reduction(reduction, dtype, None).unwrap();
            assert!(reducer(reduction, input, output, 1.0).is_some(), "{reduction:?} {dtype}");
        }
    }
}

/// A scalar block counts once for each element for which it stands.
#[test]
fn scalar_blocks_reduce_as_blocks() {
    for &reduction in Reduction::ALL {
        for dtype in DType::ALL {
            let one = Scalar::Float(3.0).to_bytes(dtype).unwrap();
            let output = promote::reduction(reduction, dtype, None).unwrap().1;
            let reducer = reducer(reduction, dtype, output, 0.0).unwrap();
            let at = At { base: 5, row_step: 700, col_step: 1 };
            let folded = |block: Arg<'_>, rows: bool| {
                let mut states = vec![0; if rows { 3 } else { 700 } * reducer.state_size()];
                reducer.init(&mut states);
                fold(&reducer, &mut states, block, [3, 700], rows, at);
                states
            };
            let spread = one.repeat(3 * 700);
            for rows in [true, false] {
                assert_eq!(
                    folded(Arg::Scalar(&one), rows),
                    folded(Arg::Block(&spread), rows),
                    "{reduction:?} {dtype}"
                );
            }
        }
    }
}

#[test]
fn sums_keep_what_rounding_loses() {
    let tenth = vec![0.1f32; 100_000];
    let sum = reduce(Reduction::Sum, DType::F32, bytemuck::cast_slice(&tenth), [1, tenth.len()], true);
    assert_eq!(sum, ((0.1f32 as f64 * 1e5) as f32).to_le_bytes());
}

#[test]
fn variance_survives_a_large_mean() {
    let values: Vec<f64> = (0..5000).map(|k| 1e9 + f64::from(k % 10)).collect();
    for (shape, rows) in [([1, 5000], true), ([5000, 1], false)] {
        let variance = reduce(Reduction::Var, DType::F64, bytemuck::cast_slice(&values), shape, rows);
        let variance = f64::from_le_bytes(variance.try_into().unwrap());
        assert!((variance - 8.25).abs() < 1e-8, "{variance}");
    }
}

#[test]
fn the_first_of_equals_and_the_first_nan_win() {
    let values = [1.0, 5.0, 5.0, f64::NAN, 9.0, f64::NAN];
    let arg =
        |n: usize, reduction| reduce(reduction, DType::F64, bytemuck::cast_slice(&values[..n]), [1, n], true);
    assert_eq!(arg(3, Reduction::Argmax), 1i64.to_le_bytes());
    assert_eq!(arg(6, Reduction::Argmax), 3i64.to_le_bytes());
    assert_eq!(arg(6, Reduction::Argmin), 3i64.to_le_bytes());
    // states may be merged in any order of their indices
    let reducer = reducer(Reduction::Argmax, DType::F64, DType::I64, 0.0).unwrap();
    let state = |value: f64, base: u64| {
        let mut state = vec![0; reducer.state_size()];
        reducer.init(&mut state);
        reducer.fold_rows(
            &mut state,
            Block { values: Arg::Scalar(&value.to_le_bytes()), stride: None },
            [1, 1],
            At { base, ..At::default() },
        );
        state
    };
    let (mut late, early) = (state(5.0, 7), state(5.0, 2));
    reducer.merge(&mut late, &early);
    let mut out = [0; 8];
    reducer.finish(&late, &mut out);
    assert_eq!(out, 2i64.to_le_bytes());
}
