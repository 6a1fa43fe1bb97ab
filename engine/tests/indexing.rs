//! Indexing by arrays and masks, read and assigned, against loops over arrays in memory.

use arrstore::prelude::*;
use arrstore::{Mode, Op};
use ndarray::{Array2, ArrayD, array};

type Outcome = std::result::Result<(), Box<dyn std::error::Error>>;

/// Numbers that look random: a linear congruence.
fn numbers(count: usize, below: u64) -> Vec<i64> {
    let step = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some(((*state >> 33) % below) as i64)
    };
    std::iter::repeat_n((), count).scan(below, |state, ()| step(state)).collect()
}

fn field(rows: usize, columns: usize) -> Array2<f64> {
    let all = numbers(rows * columns, 1000).into_iter().map(|n| n as f64 / 8.0).collect();
    Array2::from_shape_vec((rows, columns), all).expect("as many numbers as elements")
}

fn layouts() -> Vec<Layout> {
    vec![
        Layout::new().chunk([7, 5]),
        Layout::new().chunk([100, 100]),
        Layout::new().chunk([16, 9]).order([1, 0]),
        Layout::new().chunk([13, 30]).codec(arrstore::Codec::Zstd { level: 1 }),
        Layout::new().chunk([30, 4]).order([1, 0]).codec(arrstore::Codec::Lz4),
    ]
}

#[test]
fn assignments_follow_numpy_in_every_layout() -> Outcome {
    let folder = tempfile::tempdir()?;
    let start = field(41, 37);
    for (number, layout) in layouts().into_iter().enumerate() {
        let store = Store::create(folder.path().join(format!("{number}.arrs")))?;
        store.write_with("/a", &start, &layout)?;
        let mut wanted = start.clone();
        let (i, j) = (numbers(300, 41), numbers(300, 37));
        let (rows, columns) = (Array::from(i.clone()), Array::from(j.clone()));
        let values: Vec<f64> = (0..300).map(f64::from).collect();
        let check = |wanted: &Array2<f64>, what: &str| {
            let found = store.array("/a").and_then(|a| a.to_ndarray::<f64>()).expect("an array");
            assert_eq!(found, wanted.clone().into_dyn(), "{what} in layout {number}");
        };

        // of several values for one element the last one stays
        store.transaction(|tx| tx.set_at("/a", (&rows, &columns), values.clone()))?;
        for ((&i, &j), &value) in i.iter().zip(&j).zip(&values) {
            wanted[[i as usize, j as usize]] = value;
        }
        check(&wanted, "a[i, j] = v");

        // sums are added one after the other
        store.transaction(|tx| tx.add_at("/a", (&rows, &columns), values.clone()))?;
        for ((&i, &j), &value) in i.iter().zip(&j).zip(&values) {
            wanted[[i as usize, j as usize]] += value;
        }
        check(&wanted, "add.at(a, (i, j), v)");

        let large = store.array("/a")?.gt(90);
        store.transaction(|tx| tx.set_at("/a", (&large,), -1))?;
        wanted.mapv_inplace(|x| if x > 90.0 { -1.0 } else { x });
        check(&wanted, "a[a > 90] = -1");

        let some = Array::from([40i64, -1, 3, 3]);
        store.transaction(|tx| tx.set_at("/a", (&some, 5..9), array![[1.0], [2.0], [3.0], [4.0]]))?;
        for (row, value) in [(40, 1.0), (40, 2.0), (3, 3.0), (3, 4.0)] {
            wanted.slice_mut(ndarray::s![row, 5..9]).fill(value);
        }
        check(&wanted, "a[[40, -1, 3, 3], 5:9] = v");

        let even = Array::from((0..37).map(|k| k % 2 == 0).collect::<Vec<bool>>());
        store.transaction(|tx| tx.combine_at(Op::Multiply, "/a", (.., &even), 2))?;
        wanted.slice_mut(ndarray::s![.., ..;2]).mapv_inplace(|x| 2.0 * x);
        check(&wanted, "multiply.at(a, (:, even), 2)");

        store.transaction(|tx| tx.put("/a", [0i64, -1, 40, 0], [7.0, 8.0, 9.0]))?;
        for (at, value) in [(0, 7.0), (41 * 37 - 1, 8.0), (40, 9.0), (0, 7.0)] {
            wanted[[at / 37, at % 37]] = value;
        }
        check(&wanted, "put(a, ...)");

        let negative = store.array("/a")?.lt(0);
        store.transaction(|tx| tx.put_mask("/a", &negative, [1.0, 2.0, 3.0]))?;
        let mut at = 0..;
        wanted.mapv_inplace(|x| {
            let k: i32 = at.next().unwrap_or(0);
            if x < 0.0 { f64::from(k % 3 + 1) } else { x }
        });
        check(&wanted, "putmask(a, a < 0, [1, 2, 3])");

        let small = store.array("/a")?.lt(4);
        store.transaction(|tx| tx.place("/a", &small, [-5.0, -6.0]))?;
        let mut turn = 0;
        wanted.mapv_inplace(|x| {
            if x >= 4.0 {
                return x;
            }
            turn += 1;
            if turn % 2 == 1 { -5.0 } else { -6.0 }
        });
        check(&wanted, "place(a, a < 4, [-5, -6])");
        assert_eq!(store.history()?.first().map(|stat| stat.seq), Some(9), "one commit each");
    }
    Ok(())
}

/// Stored indices, computed ones, and those in memory.
#[test]
fn indices_of_every_integer_type_name_the_same_elements() -> Outcome {
    let folder = tempfile::tempdir()?;
    let store = Store::create(folder.path().join("a.arrs"))?;
    let (given, values) = (Array::from([1i64, 0, 2, 299]), [1.0, 2.0, 3.0, 4.0]);
    for dtype in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"] {
        // the last index needs more than a byte
        let wide = !dtype.ends_with("int8");
        let (given, values) =
            if wide { (given.clone(), &values[..]) } else { (given.slice(s![..3]), &values[..3]) };
        let mut wanted = vec![0.0; 300];
        [1, 0, 2, 299].iter().zip(values).for_each(|(&at, &value)| wanted[at] = value);
        let wanted = ndarray::Array1::from(wanted).into_dyn();
        let computed = given.astype(dtype.parse()?);
        store.write("/i", &computed)?;
        for index in [computed.clone(), Array::from(computed.compute()?), store.array("/i")?] {
            store.write("/a", Array::zeros([300], DType::F64))?;
            store.transaction(|tx| tx.set_at("/a", (&index,), values.to_vec()))?;
            assert_eq!(store.array("/a")?.to_ndarray::<f64>()?, wanted, "{dtype}");
            store.write("/a", Array::zeros([300], DType::F64))?;
            store.transaction(|tx| tx.put("/a", &index, values.to_vec()))?;
            assert_eq!(store.array("/a")?.to_ndarray::<f64>()?, wanted, "put, {dtype}");
        }
    }
    Ok(())
}

#[test]
fn a_failed_assignment_leaves_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let store = Store::create(folder.path().join("a.arrs"))?;
    let start = field(20, 20);
    store.write_with("/a", &start, &Layout::new().chunk([4, 4]))?;
    // computed indices are found to be out of bounds only when the chunks before them have changed
    let far = Array::from((0..20i64).collect::<Vec<i64>>()) + 1;
    let error = store.transaction(|tx| tx.set_at("/a", (&far,), 0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Index);
    assert_eq!(error.to_string(), "index 20 is out of bounds for axis 0 with size 20");
    for (error, says) in [
        (store.transaction(|tx| tx.set_at("/a", (Array::from([20i64]),), 0)), "index 20 is out of bounds"),
        (store.transaction(|tx| tx.set_at("/a", (Array::from([0.5]),), 0)), "must be of integer"),
        (store.transaction(|tx| tx.set_at("/a", (Array::from([true]),), 0)), "boolean index did not match"),
        (store.transaction(|tx| tx.set_at("/a", (Array::from([1i64]),), [1.0, 2.0])), "cannot broadcast"),
        (store.transaction(|tx| tx.put("/a", [400i64], [1.0])), "index 400 is out of bounds"),
        (store.transaction(|tx| tx.put_mask("/a", [true], [1.0])), "a mask for /a has the shape (20, 20)"),
        (
            store.transaction(|tx| tx.add_at("/a", (0,), num_complex::Complex64::new(0.0, 1.0))),
            "expected elements",
        ),
        (store.transaction(|tx| tx.combine_at(Op::Less, "/a", (0,), 1)), "expected elements of float64"),
        (store.transaction(|tx| tx.set_at("/b", (0,), 0)), "/b"),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(store.array("/a")?.to_ndarray::<f64>()?, start.into_dyn());
    Ok(())
}

/// Small budgets, and sources that are decoded: the same elements and the same bits.
#[test]
fn results_do_not_depend_on_memory() -> Outcome {
    let folder = tempfile::tempdir()?;
    let store = Store::create(folder.path().join("a.arrs"))?;
    let start = field(700, 900);
    store.write_with("/raw", &start, &Layout::new().chunk([90, 130]))?;
    let packed = Layout::new().chunk([90, 130]).codec(arrstore::Codec::Zstd { level: 1 });
    store.write_with("/packed", &start, &packed)?;
    let rows = Array::from(numbers(500, 700));
    let columns = Array::from(numbers(500, 900));
    let selected: Vec<f64> = start.iter().copied().filter(|&x| x > 20.0).collect();
    for name in ["/raw", "/packed"] {
        let mut bits: Vec<Vec<u8>> = Vec::new();
        for (memory, threads) in [(512 << 20, 1), (512 << 20, 3), (32 << 20, 1), (24 << 20, 2)] {
            let context = Context::new(memory, threads);
            let x = store.array(name)?;
            let masked = x.mask_in(x.gt(20), &context);
            let value = masked.compute_in(&context)?;
            assert_eq!(
                value.to_ndarray::<f64>()?,
                ArrayD::from_shape_vec(vec![selected.len()], selected.clone())?
            );
            let mut found = value.bytes().to_vec();
            for array in [
                masked.sum(..),
                x.take(&rows, 0).sum(..),
                x.take(&columns, 1).mean(0),
                x.at((&rows, &columns)).std(..),
                x.mask_in(x.slice(s![.., 0]).gt(50), &context).sum(0),
                x.at((.., &columns)).slice(s![..;-1, 3..7]),
                (&x * 2).at((&rows, ..50)),
            ] {
                found.extend_from_slice(array.compute_in(&context)?.bytes());
            }
            assert!(context.budget.peak() <= memory, "{} of {memory}", context.budget.peak());
            bits.push(found);
        }
        assert!(bits.windows(2).all(|pair| pair[0] == pair[1]), "{name}");
    }
    Ok(())
}

#[test]
fn arrays_have_the_methods() -> Outcome {
    let a = Array::from(&array![[0, 5, 2], [7, 0, 1]]);
    let text = |a: &Array| a.compute().map(|value| value.to_string());
    let places = a.nonzero(&Context::default())?;
    assert_eq!(text(&places[0])?, "[0 0 1 1]");
    assert_eq!(text(&places[1])?, "[1 2 0 2]");
    assert_eq!(text(&a.at((&places[0], &places[1])))?, "[5 2 7 1]");
    assert_eq!(text(&a.flatnonzero())?, "[1 2 3 5]");
    assert_eq!(text(&a.take_flat([5i64, 0]))?, "[1 0]");
    assert_eq!(text(&a.take_along_axis(array![[1i64], [0]], 1))?, "[[5]\n [7]]");
    assert_eq!(text(&a.compress([false, true], 0))?, "[[7 0 1]]");
    assert_eq!(text(&a.at((NewAxis, Array::from([1i64]), 0)))?, "[[7]]");
    assert_eq!(
        text(&Array::select(&[a.gt(4), a.lt(1)], &[a.clone(), Array::from(-1)], 0))?,
        "[[-1  5  0]\n [ 7 -1  0]]"
    );
    assert_eq!(
        text(&Array::from([1i64, 0]).choose(&[Array::from([1i64, 2]), Array::from([3i64, 4])], Mode::Raise))?,
        "[3 2]"
    );
    let error = a.take(Array::from([1i64]) + 1, 0).compute().unwrap_err();
    assert_eq!(error.to_string(), "index 2 is out of bounds for axis 0 with size 2");
    let error = a.take([2i64], 0).compute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Index);
    assert!(a.mask([1i64, 0]).compute().is_err());
    Ok(())
}
