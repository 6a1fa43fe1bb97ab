//! Tests of sorting in little memory: by parts, through a file, and with cells that are divided again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sink::NpySink;
use crate::{Context, DType, Error, Expr, Plan, Result, Target, Value};

const LENGTH: usize = 700_000;

fn random(n: usize) -> Vec<u64> {
    let mut x = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    (0..n).map(|_| next()).collect()
}

/// Elements of many kinds, by name.
fn lines() -> Vec<(&'static str, Vec<f64>)> {
    let even = random(LENGTH);
    let unit = |x: &u64| *x as f64 / u64::MAX as f64;
    let signed = |x: &u64| match x % 5 {
        0 => 0.0,
        1 | 2 => -0.0,
        3 => unit(x) - 0.5,
        _ => f64::from_bits(*x),
    };
    vec![
        ("even", even.iter().map(unit).collect()),
        ("bits", even.iter().map(|x| f64::from_bits(*x)).collect()),
        ("signed zeros", even.iter().map(signed).collect()),
        ("few", even.iter().map(|x| (x % 7) as f64).collect()),
        ("one", vec![3.25; LENGTH]),
        ("negative zeros", vec![-0.0; LENGTH]),
        ("narrow", even.iter().map(|x| f64::from_bits((1 << 62) | (x % 1000))).collect()),
        ("ascending", (0..LENGTH).map(|k| k as f64).collect()),
        (
            "a sample that misleads",
            (0..LENGTH).map(|k| if k % 10_000 < 1100 { 1.0 } else { unit(&even[k]) }).collect(),
        ),
    ]
}

/// NumPy's order, for floats.
fn compare(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The result by way of a file, so that it takes no memory.
fn through_file(expr: &Expr, context: &Context) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sorted.npy");
    let context = context.beside(&path);
    let sink = Arc::new(NpySink::create(&path, expr.dtype(), expr.shape(), false)?);
    Plan::new(&[(expr.clone(), Target::Sink(sink.clone()))], &context)?.run(&context)?;
    Arc::into_inner(sink).unwrap().commit(false)?;
    let bytes = std::fs::read(&path).unwrap();
    let len: u64 = expr.shape().iter().product::<u64>() * expr.dtype().size() as u64;
    Ok(bytes[bytes.len() - len as usize..].to_vec())
}

fn source(dtype: DType, shape: &[u64], bytes: &[u8]) -> Expr {
    Expr::source(Arc::new(Value::copied_from(dtype, shape, bytes).unwrap())).unwrap()
}

#[test]
fn long_lines_are_sorted_in_any_memory() {
    for (name, values) in lines() {
        let a = source(DType::F64, &[LENGTH as u64], bytemuck::cast_slice(&values));
        let mut order: Vec<i64> = (0..LENGTH as i64).collect();
        order.sort_by(|&i, &j| compare(values[i as usize], values[j as usize]));
        let sorted: Vec<f64> = order.iter().map(|&k| values[k as usize]).collect();
        let bits = |x: &f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
        for (bytes, threads) in [(3 << 20, 1), (8 << 20, 3), (256 << 20, 2)] {
            let context = Context::new(bytes, threads);
            let found = through_file(&a.sort(None).unwrap(), &context).unwrap();
            let found: Vec<u64> = bytemuck::pod_collect_to_vec(&found);
            let wrong = (0..LENGTH).find(|&k| found[k] != bits(&sorted[k]));
            assert_eq!(wrong, None, "sort of {name} in {bytes} bytes");
        }
        for (bytes, threads) in [(5 << 20, 1), (12 << 20, 3), (256 << 20, 2)] {
            let context = Context::new(bytes, threads);
            let found = through_file(&a.argsort(Some(0)).unwrap(), &context).unwrap();
            let found: Vec<i64> = bytemuck::pod_collect_to_vec(&found);
            let wrong = (0..LENGTH).find(|&k| found[k] != order[k]);
            assert_eq!(wrong, None, "argsort of {name} in {bytes} bytes");
        }
    }
}

#[test]
fn complex_lines_are_sorted_in_little_memory() {
    let even = random(2 * LENGTH);
    let part = |x: &u64| match x % 11 {
        0 => f64::NAN,
        1 => -0.0,
        2 => 0.0,
        _ => (x % 100) as f64,
    };
    let parts: Vec<f64> = even.iter().map(part).collect();
    let a = source(DType::C128, &[LENGTH as u64], bytemuck::cast_slice(&parts));
    let context = Context::new(16 << 20, 2);
    let order: Vec<i64> =
        bytemuck::pod_collect_to_vec(&through_file(&a.argsort(Some(0)).unwrap(), &context).unwrap());
    let sorted: Vec<u64> =
        bytemuck::pod_collect_to_vec(&through_file(&a.sort(Some(0)).unwrap(), &context).unwrap());
    let class = |k: i64| {
        let [re, im] = [parts[2 * k as usize], parts[2 * k as usize + 1]];
        let rank = (u8::from(re.is_nan()) << 1) | u8::from(im.is_nan());
        let number = |x: f64| if x.is_nan() { 0.0 } else { x + 0.0 };
        (rank, number(re), number(im))
    };
    for (k, pair) in order.windows(2).enumerate() {
        let (one, other) = (class(pair[0]), class(pair[1]));
        assert!(one < other || one == other && pair[0] < pair[1], "{k}: {one:?} and {other:?}");
    }
    for (k, &at) in order.iter().enumerate() {
        let (found, from) = (&sorted[2 * k..2 * k + 2], &parts[2 * at as usize..2 * at as usize + 2]);
        let same = |found: u64, from: f64| {
            found == from.to_bits() || f64::from_bits(found).is_nan() && from.is_nan()
        };
        assert!(same(found[0], from[0]) && same(found[1], from[1]));
    }
}

#[test]
fn long_lines_across_an_array_are_sorted() {
    let (rows, columns) = (150_000, 3);
    let values: Vec<f64> = random(rows * columns).iter().map(|x| (x % 1000) as f64).collect();
    let a = source(DType::F64, &[rows as u64, columns as u64], bytemuck::cast_slice(&values));
    let context = Context::new(8 << 20, 2);
    let found: Vec<f64> =
        bytemuck::pod_collect_to_vec(&through_file(&a.sort(Some(0)).unwrap(), &context).unwrap());
    let order: Vec<i64> =
        bytemuck::pod_collect_to_vec(&through_file(&a.argsort(Some(0)).unwrap(), &context).unwrap());
    for column in 0..columns {
        let mut line: Vec<(u64, i64)> =
            (0..rows).map(|k| (values[k * columns + column] as u64, k as i64)).collect();
        line.sort_unstable();
        assert!((0..rows).all(|k| found[k * columns + column] as u64 == line[k].0));
        assert!((0..rows).all(|k| order[k * columns + column] == line[k].1));
    }
}

#[test]
fn a_sort_stops_when_it_is_told_to_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let a = source(DType::F64, &[LENGTH as u64], bytemuck::cast_slice(&lines()[0].1));
    let sorted = a.sort(None).unwrap();
    // the number of reports of a whole run, then a stop at many places of another one
    let reports = Arc::new(AtomicU64::new(0));
    let counted = reports.clone();
    let context = Context::new(3 << 20, 2).on_progress(move |done, total| {
        assert!(done <= total);
        counted.fetch_add(1, Ordering::Relaxed);
    });
    through_file(&sorted, &context).unwrap();
    let all = reports.load(Ordering::Relaxed);
    for stop in [1, all / 4, all / 2, all * 3 / 4] {
        let mut context = Context::new(3 << 20, 2);
        let (cancel, seen) = (context.cancel.clone(), AtomicU64::new(0));
        context.tmp = Some(folder.path().to_owned());
        let context = context.on_progress(move |_, _| {
            if seen.fetch_add(1, Ordering::Relaxed) == stop {
                cancel.store(true, Ordering::Relaxed);
            }
        });
        assert!(matches!(through_file(&sorted, &context), Err(Error::Cancelled)), "{stop} of {all}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_folder_for_temporary_files_that_is_not_there_is_an_error() {
    let a = source(DType::F64, &[LENGTH as u64], bytemuck::cast_slice(&lines()[0].1));
    let mut context = Context::new(2 << 20, 2);
    context.tmp = Some("/no/such/folder".into());
    let error = through_file(&a.sort(None).unwrap(), &context).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

#[test]
fn the_greatest_elements_of_a_long_line_are_chosen() {
    for (name, values) in lines() {
        let a = source(DType::F64, &[LENGTH as u64], bytemuck::cast_slice(&values));
        let mut sorted = values.clone();
        sorted.sort_by(|&x, &y| compare(x, y));
        for (k, threads) in [(1, 1), (100, 3), (-100, 2), (60_000, 2)] {
            let context = Context::new(32 << 20, threads);
            let found = through_file(&a.topk(k, None).unwrap(), &context).unwrap();
            let found: Vec<f64> = bytemuck::pod_collect_to_vec(&found);
            assert_eq!(found.len(), k.unsigned_abs() as usize);
            let place = |at: usize| if k < 0 { at } else { LENGTH - 1 - at };
            let same = |x: f64, y: f64| x == y || x.is_nan() && y.is_nan();
            assert!(found.iter().enumerate().all(|(at, &x)| same(x, sorted[place(at)])), "{k} of {name}");
        }
    }
}

/// Texts of 40 characters with a long common start.
fn paths(numbers: &[u64]) -> Vec<u8> {
    let character = |text: String| {
        let all: Vec<u32> = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(40).collect();
        bytemuck::pod_collect_to_vec::<u32, u8>(&all)
    };
    numbers.iter().flat_map(|x| character(format!("/data/images/run-{}.tiff", x % 300_000))).collect()
}

#[test]
fn texts_and_records_of_any_width_are_sorted_in_little_memory() {
    const MANY: usize = 60_000;
    let numbers = &random(MANY)[..];
    let floats: Vec<f32> =
        numbers.iter().map(|x| if x % 9 == 0 { f32::NAN } else { (x % 50) as f32 }).collect();
    let wide: Vec<u8> =
        numbers.iter().flat_map(|x| (0..300).map(move |k| (x >> (k % 61)) as u8 | 1)).collect();
    let zip = |parts: &[Expr]| Expr::zipped(parts).unwrap();
    let [paths, wide, floats, whole] = [
        source(DType::Str(40), &[MANY as u64], &paths(numbers)),
        source(DType::Bytes(300), &[MANY as u64], &wide),
        source(DType::F32, &[MANY as u64], bytemuck::cast_slice(&floats)),
        source(DType::U64, &[MANY as u64], bytemuck::cast_slice(numbers)),
    ];
    let few = whole.cast(DType::U8).unwrap();
    for (name, elements) in [
        ("paths", paths.clone()),
        ("long texts", wide),
        ("records", zip(&[few.clone(), floats, paths])),
        ("a record of a record", zip(&[few.clone(), zip(&[few, whole])])),
    ] {
        let much = Context::new(1 << 30, 2);
        let order = through_file(&elements.argsort(Some(0)).unwrap(), &much).unwrap();
        let sorted = through_file(&elements.sort(None).unwrap(), &much).unwrap();
        let places: Vec<i64> = bytemuck::pod_collect_to_vec(&order);
        let value = crate::evaluate(&elements).unwrap();
        let item = elements.dtype().size();
        let at = |k: i64| &value.bytes()[k as usize * item..][..item];
        let wrong = places.iter().zip(sorted.chunks(item)).position(|(&k, found)| at(k) != found);
        assert_eq!(wrong, None, "{name}");
        let groups = Expr::lexsort(&[elements.groups().unwrap()], 0).unwrap();
        assert_eq!(through_file(&groups, &much).unwrap(), order, "{name}");
        let context = Context::new(20 << 20, 2);
        assert!(through_file(&elements.argsort(Some(0)).unwrap(), &context).unwrap() == order, "{name}");
        assert!(through_file(&elements.sort(None).unwrap(), &context).unwrap() == sorted, "{name}");
    }
}
