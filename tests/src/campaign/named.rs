//! Jobs that once were performance cliffs, at their real sizes.

use arrstore::DType::{F32, F64, U8, U16};

use super::data::Data;
use super::expr::{Expr, Fold, Fun, Op};
use super::job::Job;
use super::place::Place;
use super::view::{Part, Step};

/// One job over one input.
fn job(name: &str, data: &Data, place: Place, roots: Vec<Expr>, target: Place, mib: u64) -> Job {
    let inputs = vec![(data.clone(), place)];
    Job { name: name.to_owned(), inputs, roots, target, memory: mib << 20, threads: 2, timed: true }
}

fn over(fun: Fun, axis: usize) -> Expr {
    Expr::reduce(fun, Expr::input(0), Some(axis))
}

fn slice(low: u64, high: u64, step: i64) -> Part {
    Part::Slice { low, high, step }
}

/// All of them. Jobs over the same file are neighbours.
pub fn all() -> Vec<Job> {
    [squares(), cubes(), tall(), wide(), climate(), images()].concat()
}

fn squares() -> Vec<Job> {
    let data = Data::new(F64, &[10_000, 10_000], 1);
    let rows = Place::chunks(&[52, 10_000]);
    let turned = || Expr::transposed(0, &[1, 0]);
    let twisted = Expr::reduce(Fun::Sum, Expr::binary(Op::Subtract, turned(), Expr::input(0)), None);
    let mut jobs = Vec::new();
    for (kind, place) in [
        ("rows", rows),
        (".npy", Place::NPY),
        ("Fortran .npy", Place::FORTRAN),
        ("squares", Place::chunks(&[1000, 1000])),
        ("columns", Place::chunks(&[10_000, 52])),
    ] {
        let mut add = |name: &str, root: Expr, target: Place| {
            jobs.push(job(&format!("{name}, {kind}"), &data, place.clone(), vec![root], target, 128));
        };
        for (to, target) in [
            ("default", Place::DEFAULT),
            (".npy", Place::NPY),
            ("rows", Place::chunks(&[52, 10_000])),
            ("columns", Place::chunks(&[10_000, 52])),
            ("squares", Place::chunks(&[1000, 1000])),
        ] {
            add(&format!("a.T to {to}"), turned(), target.clone());
            add(&format!("copy to {to}"), Expr::input(0), target);
        }
        add("sum(a.T - a)", twisted.clone(), Place::NPY);
        for axis in [0, 1] {
            add(&format!("mean over {axis}"), over(Fun::Mean, axis), Place::NPY);
            add(&format!("max over {axis}"), over(Fun::Max, axis), Place::NPY);
        }
    }
    jobs
}

fn cubes() -> Vec<Job> {
    let data = Data::new(F32, &[300, 500, 700], 2);
    let back = Expr::Input(0, vec![Step::Index(vec![slice(0, 300, 1), slice(0, 500, 1), slice(0, 700, -1)])]);
    let thin = Place::chunks(&[300, 500, 1]);
    let plates = Place::fortran_chunks(&[1, 500, 700]);
    let turned = Expr::transposed(0, &[2, 1, 0]);
    let swapped = Expr::transposed(0, &[1, 0, 2]);
    vec![
        job("copy of chunks of one column to .npy", &data, thin, vec![Expr::input(0)], Place::NPY, 128),
        job("plates in order F turned", &data, plates, vec![turned], Place::NPY, 128),
        job("a[..., ::-1] of Fortran .npy", &data, Place::FORTRAN, vec![back.clone()], Place::NPY, 128),
        job("a[..., ::-1] of .npy", &data, Place::NPY, vec![back], Place::NPY, 128),
        job(
            "copy of one chunk in order F",
            &data,
            Place::fortran_chunks(&data.shape),
            vec![Expr::input(0)],
            Place::NPY,
            128,
        ),
        job("transpose((1, 0, 2)) of .npy", &data, Place::NPY, vec![swapped.clone()], Place::DEFAULT, 128),
        job("the same in 64 MiB", &data, Place::NPY, vec![swapped], Place::DEFAULT, 64),
    ]
}

fn tall() -> Vec<Job> {
    let data = Data::new(F32, &[3_000_000, 40], 3);
    let turned = Expr::transposed(0, &[1, 0]);
    let mean = Expr::Reduce(Fold {
        fun: Fun::Mean,
        of: Box::new(turned.clone()),
        axes: Some(vec![0]),
        keepdims: false,
    });
    let centred = Expr::binary(Op::Subtract, turned.clone(), mean);
    let columns = Place::chunks(&[3_000_000, 1]);
    let thin = Data::new(F64, &[5_000_000, 10], 3);
    vec![
        job("a.T of tall .npy", &data, Place::NPY, vec![turned.clone()], Place::DEFAULT, 192),
        job(
            "mean over -1 of tall Fortran .npy",
            &data,
            Place::FORTRAN,
            vec![over(Fun::Mean, 1)],
            Place::NPY,
            128,
        ),
        job("a.T - mean(a.T) of columns", &data, columns.clone(), vec![centred.clone()], Place::NPY, 256),
        job("the same to columns in 64 MiB", &data, columns, vec![centred], Place::DEFAULT, 64),
        job("argmax over 1 of tall .npy", &thin, Place::NPY, vec![over(Fun::Argmax, 1)], Place::NPY, 128),
        job("sum over 1 of tall .npy", &thin, Place::NPY, vec![over(Fun::Sum, 1)], Place::NPY, 128),
    ]
}

fn wide() -> Vec<Job> {
    let data = Data::new(F64, &[10, 10_000_000], 4);
    let inner = |fun, outer| Expr::reduce(outer, over(fun, 0), None);
    let product = Expr::Product(Box::new([Expr::input(0), Expr::transposed(0, &[1, 0])]));
    let steps = Expr::Input(0, vec![Step::Index(vec![slice(0, 10, 1), slice(0, 10_000_000, 1000)])]);
    let mut jobs = Vec::new();
    for (kind, place) in [("rows", Place::chunks(&[1, 500_000])), (".npy", Place::NPY)] {
        for (name, root) in [
            ("mean(x, axis=0).max()", inner(Fun::Mean, Fun::Max)),
            ("max(x, axis=0).sum()", inner(Fun::Max, Fun::Sum)),
            ("x @ x.T", product.clone()),
            ("x[:, ::1000].sum()", Expr::reduce(Fun::Sum, steps.clone(), None)),
            ("x.T", Expr::transposed(0, &[1, 0])),
        ] {
            jobs.push(job(
                &format!("{name} of wide {kind}"),
                &data,
                place.clone(),
                vec![root],
                Place::NPY,
                128,
            ));
        }
    }
    jobs
}

fn climate() -> Vec<Job> {
    let data = Data::new(F32, &[365, 721, 1440], 5);
    let month = |low: u64, high: u64| {
        let days = Expr::Input(0, vec![Step::Index(vec![slice(low, high, 1)])]);
        Expr::reduce(Fun::Mean, days, Some(0))
    };
    let ends = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    let months = ends.windows(2).map(|ends| month(ends[0], ends[1])).collect();
    let hot = Expr::binary(Op::Greater, Expr::input(0), Expr::Number(30));
    let small = Data::new(F32, &[365, 181, 360], 6);
    let mean = Box::new(Expr::input(0));
    let mean = Expr::Reduce(Fold { fun: Fun::Mean, of: mean, axes: Some(vec![0]), keepdims: false });
    let mut jobs = Vec::new();
    for (kind, place) in [("days", Place::chunks(&[1, 721, 1440])), (".npy", Place::NPY)] {
        for fun in [Fun::Mean, Fun::Std, Fun::Max, Fun::Argmax, Fun::Nanmean] {
            jobs.push(job(
                &format!("{fun:?} over time, {kind}"),
                &data,
                place.clone(),
                vec![over(fun, 0)],
                Place::NPY,
                128,
            ));
        }
        jobs.push(job(
            &format!("twelve months, {kind}"),
            &data,
            place.clone(),
            Vec::clone(&months),
            Place::NPY,
            128,
        ));
        let count = Expr::reduce(Fun::Sum, hot.clone(), Some(0));
        jobs.push(job(&format!("sum(c > 30), {kind}"), &data, place, vec![count], Place::NPY, 128));
    }
    for (kind, place) in [("days", Place::chunks(&[16, 181, 360])), (".npy", Place::NPY)] {
        let anomaly = Expr::binary(Op::Subtract, Expr::input(0), mean.clone());
        for (name, root) in [
            ("mean over time", mean.clone()),
            ("anomaly", anomaly),
            ("std over time", over(Fun::Std, 0)),
            ("transpose((1, 2, 0))", Expr::transposed(0, &[1, 2, 0])),
        ] {
            jobs.push(job(
                &format!("{name}, small, {kind}"),
                &small,
                place.clone(),
                vec![root],
                Place::NPY,
                128,
            ));
        }
    }
    jobs
}

fn images() -> Vec<Job> {
    let stack = Data::new(U16, &[20, 10, 256, 256], 7);
    let batch = Data::new(U8, &[2000, 64, 64, 3], 8);
    let first = Expr::transposed(0, &[0, 3, 1, 2]);
    let mut jobs = Vec::new();
    for (kind, one, many) in [
        (".npy", Place::NPY, Place::NPY),
        ("rows", Place::chunks(&[3, 10, 256, 256]), Place::chunks(&[333, 64, 64, 3])),
    ] {
        jobs.push(job(
            &format!("mean of a stack, {kind}"),
            &stack,
            one,
            vec![over(Fun::Mean, 0)],
            Place::NPY,
            128,
        ));
        jobs.push(job(
            &format!("channels first, {kind}"),
            &batch,
            many,
            vec![first.clone()],
            Place::NPY,
            128,
        ));
    }
    jobs
}
