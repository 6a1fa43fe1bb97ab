//! Random jobs: the same seed and number give the same job.

use arrstore::{DType, Kind};
use arrstore_format::Codec;

use super::data::Data;
use super::expr::{Expr, Fold, Fun, Op};
use super::job::Job;
use super::place::{Cut, Place};
use super::view::{Part, Step, Strided};
use crate::data::Words;

/// The number of jobs in a row with the same inputs, so that fewer files are written.
pub const GROUP: u64 = 5;
/// One group in this number has large arrays.
const LARGE: u64 = 6;
/// The most chunks of an array.
const CHUNKS: u64 = 4000;
/// The most bytes of a packed chunk.
const PACKED: u64 = 24 << 20;

struct Draw(Words);

impl Draw {
    fn new(seed: u64, number: u64) -> Draw {
        let mut words =
            Words(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ number.wrapping_mul(0x9E6C_63D0_876A_68DE));
        words.next();
        Draw(words)
    }

    fn word(&mut self) -> u64 {
        self.0.next().unwrap_or_default()
    }

    /// A number below `n`.
    fn below(&mut self, n: u64) -> u64 {
        self.word() % n.max(1)
    }

    /// True with a chance of `often` in a hundred.
    fn percent(&mut self, often: u64) -> bool {
        self.below(100) < often
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize].clone()
    }

    fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number between the two; all magnitudes are equally likely.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }

    fn order(&mut self, n: usize) -> Vec<usize> {
        let mut axes: Vec<usize> = (0..n).collect();
        for k in (1..n).rev() {
            axes.swap(k, self.below(k as u64 + 1) as usize);
        }
        axes
    }

    fn data(&mut self, large: bool) -> Data {
        use DType::{C128, F16, F32, F64, I16, I32, I64, U8};
        let dtype = self.of(&[F64, F64, F64, F64, F32, F32, F32, F32, U8, I16, I32, I64, F16, C128]);
        let bytes = if large { self.between(90e6, 260e6) } else { self.between(2e3, 3e6) };
        let elements = bytes / dtype.size() as f64;
        let ndim = self.of(&[1, 2, 2, 2, 2, 3, 3, 3, 4, 4]);
        let shape = if ndim == 2 && self.percent(30) {
            vec![elements.sqrt() as u64; 2]
        } else {
            // unequal shares give short-wide, tall and flat arrays
            let shares: Vec<f64> =
                (0..ndim).map(|_| self.of(&[0.02, 0.3, 1.0, 1.0, 2.0]) + 0.1 * self.unit()).collect();
            let all: f64 = shares.iter().sum();
            shares.iter().map(|share| elements.powf(share / all).round().max(1.0) as u64).collect()
        };
        Data {
            nans: dtype.kind() == Kind::Float && self.percent(15),
            ..Data::new(dtype, &shape, self.below(1000))
        }
    }

    fn codec(&mut self, dtype: DType) -> (Codec, bool) {
        let numbers = [DType::F32, DType::F64, DType::I32, DType::I64].contains(&dtype);
        match self.below(10) {
            0 | 1 => (Codec::Zstd { level: 1 }, self.percent(50)),
            2 => (Codec::Lz4, self.percent(50)),
            3 if numbers => (Codec::Pco { level: 1 }, false),
            _ => (Codec::None, false),
        }
    }

    fn chunk(&mut self, dtype: DType, shape: &[u64]) -> Vec<u64> {
        let item = dtype.size() as f64;
        let axis = self.below(shape.len() as u64) as usize;
        let mut chunk = shape.to_vec();
        match self.below(6) {
            // slabs along an axis, one element thick or more
            0 | 1 => chunk[axis] = 1,
            2 if self.percent(50) => chunk[axis] = self.between(1.0, shape[axis] as f64) as u64,
            // slabs of about 4 MiB
            2 => {
                let slice = shape.iter().product::<u64>() / shape[axis] * dtype.size() as u64;
                chunk[axis] = (4 << 20) / slice.max(1);
            }
            // squares
            3 | 4 => {
                let side = (self.between(32e3, 4e6) / item).powf(1.0 / shape.len() as f64) as u64;
                chunk.fill(side.max(1));
            }
            // odd sizes
            _ => chunk.iter_mut().for_each(|n| *n = self.between(1.0, *n as f64 + 1.0) as u64),
        }
        for (c, &n) in chunk.iter_mut().zip(shape) {
            *c = (*c).clamp(1, n.max(1));
        }
        let count = |chunk: &[u64]| shape.iter().zip(chunk).map(|(n, c)| n.div_ceil(*c)).product::<u64>();
        while count(&chunk) > CHUNKS {
            let widest = (0..shape.len()).max_by_key(|&k| shape[k].div_ceil(chunk[k])).unwrap_or(0);
            chunk[widest] = (chunk[widest] * 2).min(shape[widest]);
        }
        chunk
    }

    fn cut(&mut self, dtype: DType, shape: &[u64]) -> Cut {
        let (codec, shuffle) = self.codec(dtype);
        let mut chunk = if self.percent(5) { shape.to_vec() } else { self.chunk(dtype, shape) };
        chunk.iter_mut().for_each(|n| *n = (*n).max(1));
        let order = match self.below(4) {
            0 | 1 => Vec::new(),
            2 => (0..shape.len() as u8).rev().collect(),
            _ => self.order(shape.len()).into_iter().map(|axis| axis as u8).collect(),
        };
        let packed = chunk.iter().product::<u64>() * dtype.size() as u64;
        let codec = if packed > PACKED { Codec::None } else { codec };
        Cut { chunk: Some(chunk), order, codec, shuffle: shuffle && codec != Codec::None }
    }

    fn place(&mut self, data: &Data) -> Place {
        match self.below(10) {
            0 | 1 => Place::NPY,
            2 | 3 => Place::FORTRAN,
            _ => Place::Arrs(self.cut(data.dtype, &data.shape)),
        }
    }

    fn target(&mut self, dtype: DType, shape: &[u64], bytes: u64, memory: u64) -> Place {
        match self.below(10) {
            0..=3 => Place::NPY,
            4 if bytes <= memory / 4 => Place::Memory,
            n if n == 5 || shape.is_empty() => Place::DEFAULT,
            _ => {
                let mut cut = self.cut(dtype, shape);
                // the command knows two orders
                if !cut.order.is_sorted() {
                    cut.order.sort_unstable_by(|a, b| b.cmp(a));
                }
                Place::Arrs(cut)
            }
        }
    }

    /// A chain of steps over an array of `shape`.
    fn view(&mut self, shape: &[u64], small: bool) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.percent(50) {
            steps.push(Step::Transpose(match self.percent(60) {
                true => (0..shape.len()).rev().collect(),
                false => self.order(shape.len()),
            }));
        }
        if self.percent(40) {
            let shape = Strided::whole(shape).through(&steps).shape;
            let mut parts = Vec::new();
            for &n in &shape {
                if self.percent(8) {
                    parts.push(Part::New);
                }
                let step = self.of(&[1, 1, 1, 1, -1, -1, 2, -2, 3, -5]);
                parts.push(match self.below(10) {
                    0 if shape.len() > 1 => Part::At(self.below(n)),
                    1..=3 => {
                        let low = self.below(n);
                        Part::Slice { low, high: low + 1 + self.below(n - low), step }
                    }
                    _ => Part::Slice { low: 0, high: n, step },
                });
            }
            steps.push(Step::Index(parts));
        }
        if small && self.percent(8) {
            let mut shape = Strided::whole(shape).through(&steps).shape;
            shape.insert(0, 1 + self.below(4));
            steps.push(Step::Broadcast(shape));
        }
        steps
    }

    fn fold(&mut self, of: Expr, ndim: usize, number: bool) -> Expr {
        let fun = self.of(if number { &Fun::ALL } else { &[Fun::Max, Fun::Sum, Fun::Any][..] });
        let some = self.order(ndim);
        let many = 1 + self.below(ndim.max(1) as u64) as usize;
        let mut axes: Option<Vec<usize>> =
            (ndim > 0 && !self.percent(15)).then(|| some[..many.min(ndim)].to_vec());
        if fun == Fun::Argmax {
            axes.iter_mut().for_each(|axes| axes.truncate(1));
        }
        Expr::Reduce(Fold { fun, of: Box::new(of), axes, keepdims: self.percent(20) })
    }

    fn roots(&mut self, inputs: &[(Data, Place)], small: bool) -> Vec<Expr> {
        let data: Vec<Data> = inputs.iter().map(|(data, _)| data.clone()).collect();
        let shape = &data[0].shape;
        let number = self.of(&[0, 0, 0, 1]);
        let view = Expr::Input(number, self.view(shape, small));
        let (dtype, ndim) = (data[0].dtype, view.shape(&data).len());
        let float = [DType::F32, DType::F64].contains(&dtype);
        let plain = dtype != DType::F16 && dtype != DType::C128;
        let square = shape.len() == 2 && shape[0] == shape[1];
        let turned = || Expr::transposed(number, &[1, 0]);
        let smallest = shape.iter().min().copied().unwrap_or(0);
        match self.below(14) {
            0..=4 => vec![view],
            5 | 6 if square && dtype != DType::F16 => {
                let difference = Expr::binary(Op::Subtract, turned(), Expr::input(self.below(2) as usize));
                vec![if plain && self.percent(40) { self.fold(difference, 2, false) } else { difference }]
            }
            5 | 6 if plain => {
                let op = self.of(&[Op::Add, Op::Subtract, Op::Multiply, Op::Greater]);
                let steps = self.view(shape, small);
                vec![Expr::binary(op, Expr::Input(0, steps.clone()), Expr::Input(1, steps))]
            }
            7 if float && ndim > 0 => {
                let axis = self.below(ndim as u64) as usize;
                let of = Box::new(view.clone());
                let mean = Expr::Reduce(Fold { fun: Fun::Mean, of, axes: Some(vec![axis]), keepdims: true });
                vec![Expr::binary(Op::Subtract, view, mean)]
            }
            8 if float && !data[0].nans && shape.len() == 2 && smallest <= 300 => {
                let pair = if shape[0] <= shape[1] {
                    [Expr::input(0), turned()]
                } else {
                    [turned(), Expr::input(0)]
                };
                let pair = if number == 0 { pair } else { [pair[0].clone(), pair[1].clone()] };
                vec![Expr::Product(Box::new(pair))]
            }
            9 if plain => {
                let mut parts: Vec<Part> =
                    shape.iter().map(|&high| Part::Slice { low: 0, high, step: 1 }).collect();
                let axis = self.below(shape.len() as u64) as usize;
                parts[axis] = Part::Slice { low: 0, high: shape[axis], step: self.of(&[7, 100, 1000]) };
                let thin = Expr::Input(number, vec![Step::Index(parts)]);
                vec![Expr::reduce(Fun::Sum, thin, None)]
            }
            10 if plain => {
                let first = self.fold(Expr::input(number), shape.len(), true);
                vec![first, self.fold(Expr::input(number), shape.len(), true)]
            }
            _ if plain => vec![self.fold(view, ndim, true)],
            _ => vec![view],
        }
    }
}

/// Job number `n` of a campaign.
pub fn job(seed: u64, n: u64) -> Job {
    let group = n / GROUP;
    let large = group % LARGE == LARGE / 2;
    let mut draw = Draw::new(seed, group.wrapping_mul(2).wrapping_add(1));
    let data = draw.data(large);
    let other = Data { seed: data.seed + 1, nans: false, ..data.clone() };
    let inputs = [data, other].map(|data| {
        let place = draw.place(&data);
        (data, place)
    });
    let mut draw = Draw::new(seed, n.wrapping_mul(2));
    let data: Vec<Data> = inputs.iter().map(|(data, _)| data.clone()).collect();
    let roots = draw.roots(&inputs, !large);
    let memory = draw.of(&[64, 64, 64, 64, 96, 128, 192, 256]) << 20;
    let largest = roots.iter().max_by_key(|root| root.bytes(&data)).cloned().unwrap_or(Expr::Number(0));
    let bytes = largest.bytes(&data);
    // several results share the flags of their chunks
    let target = match roots.len() {
        1 => draw.target(largest.dtype(&data), &largest.shape(&data), bytes, memory),
        _ => draw.of(&[Place::NPY, Place::DEFAULT]),
    };
    let threads = draw.of(&[1, 2, 2]);
    Job { name: n.to_string(), inputs: inputs.to_vec(), roots, target, memory, threads, timed: large }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_is_the_same_job_and_no_kind_is_missing() {
        let mut text = String::new();
        for n in 0..1000 {
            let job = job(7, n);
            let told = job.describe(std::path::Path::new(""));
            assert_eq!(told, super::job(7, n).describe(std::path::Path::new("")));
            assert!(job.inputs.iter().all(|(data, place)| place.count(&data.shape) <= CHUNKS));
            text.push_str(&told);
        }
        for part in [
            "convert ",
            ".T",
            "::-1",
            "None",
            "transpose(",
            "broadcast_to(",
            ".T - b",
            "sum(a.T - a",
            " @ ",
            "argmax(",
            "keepdims=True",
            "nanmean(",
            "::1000",
            "to memory",
            "Fortran .npy",
            "order [",
            "--order F",
            "lz4",
            "zstd",
            "pco",
            "complex128",
            "float16",
            "axis=(0, 1)",
            "* b",
            "1 thread(s)",
        ] {
            assert!(text.contains(part), "no job of 1000 has {part:?}");
        }
    }
}
