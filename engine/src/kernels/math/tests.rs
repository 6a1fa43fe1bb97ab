//! Compares the vectorised functions with those of `pxfm`, which round correctly or nearly so, and compares instruction
//! sets with each other.

use arrstore_format::DType;

use super::lane::Lane;
use super::{exp, hyperbolic, inverse, log, logaddexp, pow, trig};
use crate::kernels::Arg;
use crate::kernels::dispatch::dispatch;
use crate::kernels::tests::bind;
use crate::op::Op;

/// A float with its bits.
trait Float: Lane {
    const DTYPE: DType;
    fn of_bits(bits: u64) -> Self;
    fn exact_exp2(self) -> Self;
    /// The rank among the floats. The two zeros have different ranks.
    fn place(self) -> i64;
}

impl Float for f32 {
    const DTYPE: DType = DType::F32;
    fn exact_exp2(self) -> f32 {
        pxfm::f_exp2f(self)
    }
    fn of_bits(bits: u64) -> f32 {
        f32::from_bits(bits as u32)
    }
    fn place(self) -> i64 {
        let bits = self.to_bits() as i32;
        i64::from(if bits < 0 { !(bits & i32::MAX) } else { bits })
    }
}

impl Float for f64 {
    const DTYPE: DType = DType::F64;
    fn exact_exp2(self) -> f64 {
        pxfm::f_exp2(self)
    }
    fn of_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
    fn place(self) -> i64 {
        let bits = self.to_bits() as i64;
        if bits < 0 { !(bits & i64::MAX) } else { bits }
    }
}

/// The number of floats between `a` and `b`, with both zeros as one. A NaN is far from every number.
fn ulps<T: Float>(a: T, b: T) -> u64 {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => 0,
        (false, false) => a.place().abs_diff(b.place()) - u64::from(a.signbit() != b.signbit() && a != b),
        _ => u64::MAX,
    }
}

/// A function of the loops.
#[derive(Clone, Copy)]
enum Function<T> {
    One(fn(T) -> T, fn(T) -> T, [f64; 2]),
    Two(fn(T, T) -> T, fn(T, T) -> T, [f64; 2]),
}

/// Every operation with the loop's function, the reference and the usual range of arguments.
fn functions<T: Float>() -> Vec<(Op, Function<T>)> {
    use Function::{One, Two};
    vec![
        (Op::Exp, One(exp::exp, T::exp, [-100.0, 100.0])),
        (Op::Exp2, One(exp::exp2, T::exact_exp2, [-150.0, 150.0])),
        (Op::Expm1, One(exp::expm1, T::expm1, [-5.0, 5.0])),
        (Op::Tanh, One(exp::tanh, T::tanh, [-10.0, 10.0])),
        (Op::Log, One(log::ln, T::ln, [0.0, 10.0])),
        (Op::Log2, One(log::log2, T::log2, [0.0, 10.0])),
        (Op::Log10, One(log::log10, T::log10, [0.0, 10.0])),
        (Op::Log1p, One(log::ln_1p, T::ln_1p, [-1.0, 10.0])),
        (Op::Sin, One(trig::sin, T::sin, [-100.0, 100.0])),
        (Op::Cos, One(trig::cos, T::cos, [-100.0, 100.0])),
        (Op::Tan, One(trig::tan, T::tan, [-100.0, 100.0])),
        (Op::Sinh, One(hyperbolic::sinh, T::sinh, [-10.0, 10.0])),
        (Op::Cosh, One(hyperbolic::cosh, T::cosh, [-10.0, 10.0])),
        (Op::Asinh, One(hyperbolic::asinh, T::asinh, [-10.0, 10.0])),
        (Op::Acosh, One(hyperbolic::acosh, T::acosh, [1.0, 10.0])),
        (Op::Atanh, One(hyperbolic::atanh, T::atanh, [-1.0, 1.0])),
        (Op::Asin, One(inverse::asin, T::asin, [-1.0, 1.0])),
        (Op::Acos, One(inverse::acos, T::acos, [-1.0, 1.0])),
        (Op::Atan, One(inverse::atan, T::atan, [-10.0, 10.0])),
        (Op::Cbrt, One(inverse::cbrt, T::cbrt, [-100.0, 100.0])),
        (Op::Atan2, Two(inverse::atan2, |y, x| T::from_f64(y.to_f64().atan2(x.to_f64())), [-10.0, 10.0])),
        (Op::Hypot, Two(inverse::hypot, T::hypot, [-10.0, 10.0])),
        (Op::Pow, Two(|x, y| pow::of_any(x, y, pow::exponent(x, y)), pow::slow, [-10.0, 10.0])),
        (Op::Logaddexp, Two(logaddexp::logaddexp, exact_logaddexp, [-10.0, 10.0])),
    ]
}

/// `logaddexp` in pairs of doubles, where the functions for pairs are accurate.
fn exact_logaddexp<T: Float>(a: T, b: T) -> T {
    let gap = (a - b).to_f64().abs();
    if a.is_infinite() || gap.is_nan() || gap >= 14.0 {
        logaddexp::logaddexp(a, b)
    } else {
        logaddexp::slow(a, b)
    }
}

/// Pseudo-random numbers, the same on every machine: half of them in a range, half with any exponent.
fn numbers<T: Float>(seed: u64, n: usize, [low, high]: [f64; 2]) -> Vec<T> {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    let element = |k: usize| match (k % 2, random()) {
        (0, bits) => T::from_f64(low + (high - low) * (bits >> 11) as f64 / (1u64 << 53) as f64),
        (_, bits) => T::of_bits(bits),
    };
    (0..n).map(element).collect()
}

/// Numbers at which functions switch between methods, and their neighbours.
fn turns<T: Float>() -> Vec<T> {
    const TURNS: [f64; 40] = [
        0.0,
        0.5,
        0.9999999,
        1.0,
        1.5,
        2.0,
        3.0,
        10.0,
        22.0,
        88.72284,
        89.415985,
        103.97208,
        127.0,
        128.0,
        149.0,
        150.0,
        708.3964185322641,
        709.782712893384,
        710.4758600739439,
        744.4400719213812,
        745.1332191019411,
        1022.0,
        1023.0,
        1024.0,
        1074.0,
        1075.0,
        32768.0,
        16777216.0,
        1e9,
        1e22,
        1e38,
        3.4e38,
        1e300,
        1.7e308,
        1e-5,
        1e-9,
        1e-38,
        1e-45,
        1e-308,
        f64::INFINITY,
    ];
    let quarters = (1..200).map(|n| f64::from(n) * std::f64::consts::FRAC_PI_4);
    let mut turns = vec![T::NAN];
    for x in TURNS.into_iter().chain(quarters).map(T::from_f64) {
        for x in [x, x.nextafter(T::INFINITY), x.nextafter(T::ZERO)] {
            turns.extend([x, -x]);
        }
    }
    turns
}

/// The worst error so far in units in the last place, and the number of values compared.
#[derive(Default)]
struct Worst {
    ulps: u64,
    at: String,
    count: u64,
}

/// The results of the bound kernel for columns of arguments.
fn run<T: Float>(op: Op, args: &[&[T]]) -> Vec<T> {
    let kernel = bind(op, &vec![T::DTYPE; args.len()]).unwrap();
    let blocks: Vec<Arg<'_>> = args.iter().map(|a| Arg::Block(bytemuck::cast_slice(a))).collect();
    let mut out = vec![T::ZERO; args[0].len()];
    kernel.run(&blocks, bytemuck::cast_slice_mut(&mut out)).unwrap();
    out
}

impl Worst {
    fn see<T: Float>(&mut self, op: Op, function: Function<T>, a: &[T], b: &[T]) {
        let out = match function {
            Function::One(..) => run(op, &[a]),
            Function::Two(..) => run(op, &[a, b]),
        };
        for ((&x, &y), &got) in a.iter().zip(b).zip(&out) {
            let want = match function {
                Function::One(_, f, _) => f(x),
                Function::Two(_, f, _) => f(x, y),
            };
            let ulps = ulps(got, want);
            if ulps > self.ulps {
                let (x, y) = (x.to_f64(), y.to_f64());
                *self = Worst { ulps, at: format!("{x:e}, {y:e}: {got:?}, not {want:?}"), ..*self };
            }
        }
        self.count += out.len() as u64;
    }

    fn report<T: Float>(&self, op: Op) {
        println!("{op:?} of {}: {} ulp of {} arguments, at {}", T::DTYPE, self.ulps, self.count, self.at);
        assert!(self.ulps <= 1, "{op:?} of {}: {} ulp at {}", T::DTYPE, self.ulps, self.at);
    }
}

fn range<T>(function: &Function<T>) -> [f64; 2] {
    match function {
        Function::One(_, _, range) | Function::Two(_, _, range) => *range,
    }
}

fn near_references<T: Float>(n: usize) {
    for (op, function) in functions::<T>() {
        let mut worst = Worst::default();
        let turns = turns::<T>();
        for &x in turns.iter().take(if matches!(function, Function::One(..)) { 1 } else { 250 }) {
            worst.see(op, function, &turns, &vec![x; turns.len()]);
        }
        for seed in 0..n.div_ceil(1 << 16) as u64 {
            let n = n.min(1 << 16);
            let (a, b) = (numbers(seed, n, range(&function)), numbers(!seed, n, range(&function)));
            worst.see(op, function, &a, &b);
        }
        worst.report::<T>(op);
    }
}

#[test]
fn singles_are_near_references() {
    near_references::<f32>(300_000);
}

#[test]
fn doubles_are_near_references() {
    near_references::<f64>(300_000);
}

#[test]
#[ignore = "minutes"]
fn many_numbers_are_near_references() {
    near_references::<f32>(10_000_000);
    near_references::<f64>(10_000_000);
}

/// Checks the functions of one number on every single. `ARRSTORE_FUNCTION` selects one function.
#[test]
#[ignore = "an hour"]
fn all_singles_are_near_references() {
    let only = std::env::var("ARRSTORE_FUNCTION").ok();
    for (op, function) in functions::<f32>() {
        if matches!(function, Function::Two(..))
            || only.as_ref().is_some_and(|name| *name != format!("{op:?}"))
        {
            continue;
        }
        let mut worst = Worst::default();
        for high in 0..1 << 16 {
            let block: Vec<f32> = (0..1 << 16).map(|low| f32::from_bits(high << 16 | low)).collect();
            worst.see(op, function, &block, &block);
        }
        worst.report::<f32>(op);
    }
}

/// A kernel's known results equal those of its function compiled for the baseline, at every place in a block.
fn instruction_sets_agree_on<T: Float>() {
    for (op, function) in functions::<T>() {
        let a = [turns::<T>(), numbers(1, 5003, range(&function))].concat();
        let b: Vec<T> = numbers(2, a.len(), range(&function));
        let (out, plain): (Vec<T>, Vec<T>) = match function {
            Function::One(f, ..) => (run(op, &[&a]), a.iter().map(|&a| f(a)).collect()),
            Function::Two(f, ..) => (run(op, &[&a, &b]), a.iter().zip(&b).map(|(&a, &b)| f(a, b)).collect()),
        };
        for (k, (got, want)) in out.iter().zip(&plain).enumerate().filter(|(_, (_, want))| !want.is_nan()) {
            assert_eq!(ulps(*got, *want), 0, "{op:?} of {} at {:?}, {:?}", T::DTYPE, a[k], b[k]);
            assert_eq!(got.signbit(), want.signbit(), "{op:?} of {} at {:?}", T::DTYPE, a[k]);
        }
    }
}

#[test]
fn instruction_sets_agree() {
    instruction_sets_agree_on::<f32>();
    instruction_sets_agree_on::<f64>();
}

/// Checks the instruction set between the baseline and the widest, for one function of each kind.
#[test]
fn the_middle_instruction_set_agrees() {
    fn agrees<T: Float>(f: impl Fn(T) -> T + Copy, g: fn(T) -> T) {
        let a = [turns::<T>(), numbers(3, 5003, [-10.0, 10.0])].concat();
        let mut out = vec![T::ZERO; a.len()];
        dispatch(
            #[inline(always)]
            || {
                // not `for_each`: with a long closure, it would be compiled as a separate function
                for (o, &a) in out.iter_mut().zip(&a) {
                    *o = f(a);
                }
            },
        );
        for (&x, got) in a.iter().zip(out) {
            assert_eq!(ulps(got, g(x)), 0, "{x:?}");
        }
    }
    fn of_each_kind<T: Float>() {
        agrees::<T>(exp::exp, exp::exp);
        agrees::<T>(log::ln_1p, log::ln_1p);
        agrees::<T>(trig::tan, trig::tan);
        agrees::<T>(hyperbolic::atanh, hyperbolic::atanh);
        agrees::<T>(inverse::acos, inverse::acos);
        let power = |x, y| pow::of_any(x, y, pow::exponent(x, y));
        agrees::<T>(
            |x| power(x, T::from_f64(2.7)),
            |x| {
                let y = T::from_f64(2.7);
                pow::of_any(x, y, pow::exponent(x, y))
            },
        );
    }
    of_each_kind::<f32>();
    of_each_kind::<f64>();
}
