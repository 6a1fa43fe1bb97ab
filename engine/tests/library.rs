//! The library as a program meets it: everything through `arrstore::prelude`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use arrstore::prelude::*;
use arrstore::{IntoAxes, Op, Transaction};
use ndarray::{Array1, Array2, Array3, ArrayD, Axis, array};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for a test")
}

fn text(array: &Array) -> String {
    array.compute().expect("an array that can be computed").to_string()
}

const fn crosses_threads<T: Send + Sync>() {}
const _: () = {
    crosses_threads::<Array>();
    crosses_threads::<Value>();
    crosses_threads::<Store>();
    crosses_threads::<Transaction>();
    crosses_threads::<Context>();
    crosses_threads::<Error>();
    crosses_threads::<Layout>();
    crosses_threads::<arrstore::Budget>();
    crosses_threads::<arrstore::Explain>();
    crosses_threads::<arrstore::Plan>();
    crosses_threads::<arrstore::text::Formula>();
};

#[test]
fn operators_take_arrays_and_numbers_on_either_side() -> Outcome {
    let a = Array::from(&array![1, 2, 4]);
    let b = Array::from(&array![0.5, 1.0, 2.0]);
    for (found, wanted) in [
        (&a + &b, "[1.5 3.  6. ]"),
        (&a + b.clone(), "[1.5 3.  6. ]"),
        (a.clone() + &b, "[1.5 3.  6. ]"),
        (2 * &a, "[2 4 8]"),
        (2.0 * &a, "[2. 4. 8.]"),
        (&a / 2, "[0.5 1.  2. ]"),
        (1 - &a, "[ 0 -1 -3]"),
        (-&a, "[-1 -2 -4]"),
        (&a % 3, "[1 2 1]"),
        (-7 % &a, "[0 1 1]"),
        (&a & 6, "[0 2 4]"),
        (1 | &a, "[1 3 5]"),
        (&a ^ 1, "[0 3 5]"),
        (!&a, "[-2 -3 -5]"),
        (&a << 2, "[ 4  8 16]"),
        (64 >> &a, "[32 16  4]"),
        (&a + array![10, 20, 30].view(), "[11 22 34]"),
        (!(a.gt(1) & a.lt(3)), "[ True False  True]"),
        (a.eq(2), "[False  True False]"),
        (a.neq(2), "[ True False  True]"),
        (a.gt_eq(&b), "[ True  True  True]"),
        (a.lt_eq(&b), "[False False False]"),
        (a.gt(1).where_(&a, -1), "[-1  2  4]"),
        (a.clip(2, 3), "[2 2 3]"),
        (a.pow(2), "[ 1  4 16]"),
    ] {
        assert_eq!(text(&found), wanted, "{found:?}");
    }
    assert_eq!(text(&(Array::from(vec![1, 2, 3]) * [1.5, 2.0, 3.0])), "[1.5 4.  9. ]");
    let n = 3usize;
    assert_eq!(text(&(n * &a - n)), "[0 3 9]");
    // a number takes the type of the array that it meets
    let small = Array::from(&array![1u8, 2]);
    assert_eq!((&small + 1).dtype()?, DType::U8);
    assert_eq!((&small * 1.0).dtype()?, DType::F64);
    assert_eq!((Array::from(&array![1.0f32]) * 2.0).dtype()?, DType::F32);
    assert_eq!((&small + 300).compute().unwrap_err().kind(), ErrorKind::DType);
    Ok(())
}

#[test]
fn functions_of_the_tables_are_methods() -> Outcome {
    let x = Array::from(&array![0.25, 0.5]);
    let by_text = |text: &str| Array::formula(text, &[("x", &x)]);
    for (text, array) in [
        ("sqrt(x)", x.sqrt()),
        ("atan2(x, 0.3)", x.atan2(0.3)),
        ("clip(x, 0.3, 0.4)", x.clip(0.3, 0.4)),
        ("logical_xor(x, 0)", x.logical_xor(0)),
        ("nextafter(x, 1)", x.nextafter(1)),
        ("floor_divide(x, 0.2)", x.floor_divide(0.2)),
        ("nanvar(x)", x.nanvar(..)),
        ("argmin(x, axis=0)", x.argmin(0)),
        ("count_nonzero(x)", x.count_nonzero(..)),
    ] {
        let (found, wanted) = (array.compute()?, by_text(text)?.compute()?);
        assert_eq!((found.dtype(), found.bytes()), (wanted.dtype(), wanted.bytes()), "{text}");
    }
    // what the library has for itself is no function of the text, and has no name
    assert!(Op::from_name("map").is_none() && Op::ALL.iter().all(|op| op.name() != "map"));
    Ok(())
}

#[test]
fn reductions_take_axes_and_options() -> Outcome {
    let a = Array::from(&Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (i * 12 + j * 4 + k) as f64));
    fn sum(a: &Array, axes: impl IntoAxes) -> Vec<u64> {
        a.sum(axes).shape().unwrap().to_vec()
    }
    assert_eq!(sum(&a, 0), [3, 4]);
    assert_eq!(sum(&a, -1), [2, 3]);
    assert_eq!(sum(&a, [0, 2]), [3]);
    assert_eq!(sum(&a, &[0usize, 1][..]), [4]);
    assert_eq!(sum(&a, vec![1i64]), [2, 4]);
    assert!(sum(&a, ..).is_empty());
    assert_eq!(a.mean([1, 2]).keepdims().shape()?, [2, 1, 1]);
    assert_eq!(a.sum(..).compute()?.item::<f64>()?, 276.0);
    assert_eq!(a.argmax(..).compute()?.item::<i64>()?, 23);
    assert_eq!(a.var(2).ddof(1).slice(s![0, 0]).compute()?.item::<f64>()?, 5.0 / 3.0);
    assert_eq!(a.std(0).ddof(1).keepdims().shape()?, [1, 3, 4]);
    assert_eq!(a.astype(DType::I8).sum(..).in_dtype(DType::F32).dtype()?, DType::F32);
    let late = (a.mean(0) + 1).keepdims().check().unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Invalid);
    // an option can mend what the reduction alone could not be
    let wrong = a.sum([0, 0]).keepdims().check().unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Shape);
    Ok(())
}

#[test]
fn slices_are_those_of_ndarray() -> Outcome {
    let whole = Array3::from_shape_fn((5, 6, 7), |(i, j, k)| (i * 100 + j * 10 + k) as i32);
    let a = Array::from(&whole);
    macro_rules! same {
        ($([$($part:tt)*];)*) => { $(
            let found = a.slice(s![$($part)*]).to_ndarray::<i32>()?;
            assert_eq!(found, whole.slice(ndarray::s![$($part)*]).into_dyn(), stringify!($($part)*));
            let seen = a.slice(s![$($part)*]);
            assert_eq!(seen.view::<i32>()?, Some(whole.slice(ndarray::s![$($part)*]).into_dyn()));
        )* };
    }
    same! {
        [.., .., ..];
        [1, .., ..];
        [-1, 2, 3];
        [1..3, ..;2, ..];
        [..;-1, ..;-2, 2..6;-3];
        [.., -4..-1, -1];
        [1..=3, ..=4, 6..];
        [2.., ..;7, ..;-7];
        [.., 1..5;-1, ..3;2];
        [3..3, .., ..];
    }
    assert_eq!(a.slice(s![Ellipsis, 0]).shape()?, [5, 6]);
    assert_eq!(a.slice(s![0, Ellipsis, ..;-1]).shape()?, [6, 7]);
    assert_eq!(a.slice(s![NewAxis, 0, Ellipsis, NewAxis]).shape()?, [1, 6, 7, 1]);
    assert_eq!(a.slice(s![..;-1, NewAxis, 1]).to_ndarray::<i32>()?[[0, 0, 0]], 410);
    assert_eq!(a.slice(s![]).shape()?, [5, 6, 7]);
    // beyond the end a range is cut, as in Python, and an integer is an error
    assert_eq!(a.slice(s![3..100]).shape()?, [2, 6, 7]);
    assert_eq!(a.slice(s![..100;-1]).shape()?, [5, 6, 7]);
    assert_eq!(a.slice(s![..=-1]).shape()?, [5, 6, 7]);
    assert_eq!(a.slice(s![5]).check().unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(a.slice(s![u64::MAX]).check().unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(a.slice(s![..;0]).check().unwrap_err().kind(), ErrorKind::Shape);
    assert!(a.slice(s![.., .., .., ..]).check().is_err());
    let n = 2usize;
    assert_eq!(a.slice(s![n - 1..n + 1]).shape()?, [2, 6, 7]);
    Ok(())
}

#[test]
fn views_say_their_shapes_and_refuse_copies() -> Outcome {
    let a = Array::from(&Array2::from_shape_fn((3, 4), |(i, j)| (i * 4 + j) as f32));
    assert_eq!(a.t().shape()?, [4, 3]);
    assert_eq!(a.permute([1, 0]).to_ndarray::<f32>()?, a.t().to_ndarray::<f32>()?);
    assert_eq!(a.swap_axes(0, -1).shape()?, [4, 3]);
    assert_eq!(a.reshape([2, -1]).shape()?, [2, 6]);
    assert_eq!(a.reshape(-1).shape()?, [12]);
    assert_eq!(a.reshape(a.t().shape()?).shape()?, [4, 3]);
    assert_eq!(a.expand_dims([0, -1]).squeeze(..).shape()?, [3, 4]);
    assert_eq!(a.broadcast_to([2, 3, 4]).shape()?, [2, 3, 4]);
    assert_eq!(text(&a.flip(1).slice(s![0])), "[3. 2. 1. 0.]");
    assert_eq!(text(&a.flip(..).slice(s![0])), "[11. 10.  9.  8.]");
    assert_eq!(a.astype(DType::I64).dtype()?, DType::I64);
    assert_eq!(a.matmul(a.t()).shape()?, [3, 3]);
    assert_eq!(a.dot(2).shape()?, [3, 4]);
    assert_eq!(a.dot(a.slice(s![0])).shape()?, [3]);
    assert_eq!(a.t().reshape(12).check().unwrap_err().kind(), ErrorKind::NeedsCopy);
    assert_eq!(a.broadcast_to(-1).check().unwrap_err().kind(), ErrorKind::Shape);
    Ok(())
}

#[test]
fn an_error_says_where_the_program_made_it() {
    let a = Array::from(&array![1.0, 2.0, 3.0]);
    let b = Array::from(&array![1.0, 2.0]);
    let line = line!() + 1;
    let wrong = (&a - &b) / a.std(0);
    let error = (wrong.sqrt() * 2 + &a).sum(..).compute().unwrap_err();
    let place = format!(", at {}:{line}:17", file!());
    assert!(error.to_string().ends_with(&place), "{error}");
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(matches!(&error, Error::At { error, .. } if matches!(**error, Error::Shape(_))));
    assert!(format!("{wrong:?}").contains("at ") && format!("{wrong}").starts_with('<'));
    // a number on the left, a method, an option: each names its own line
    let line = line!() + 1;
    let made: [Array; 5] = [1 + &wrong, a.sum(3), a.slice(s![7]), a.mean(0).slice(s![0]), a.matmul(&b)];
    let lines: Vec<bool> = made
        .iter()
        .map(|a| a.shape().unwrap_err().to_string().contains(&format!("{}:{line}:", file!())))
        .collect();
    assert_eq!(lines, [false, true, true, true, true]);
    for report in [
        wrong.shape().map(|_| ()),
        wrong.dtype().map(|_| ()),
        wrong.to_ndarray::<f64>().map(|_| ()),
        wrong.view::<f64>().map(|_| ()),
        wrong.save("never.npy"),
        wrong.explain(&Context::default()).map(|_| ()),
    ] {
        assert!(report.unwrap_err().to_string().ends_with(&place));
    }
    assert!(!std::path::Path::new("never.npy").exists());
}

#[test]
fn every_rust_type_of_elements_goes_in_and_comes_out() -> Outcome {
    fn there_and_back<T: arrstore::Native + PartialEq>(elements: [T; 3]) -> Outcome {
        let whole: ArrayD<T> = Array1::from(elements.to_vec()).into_dyn();
        for array in [Array::from(&whole), Array::from(whole.view()), Array::from(whole.clone())] {
            assert_eq!(array.dtype()?, T::DTYPE);
            assert_eq!(array.to_ndarray::<T>()?, whole);
        }
        let folder = folder();
        let store = Store::create(folder.path().join("x.arrs"))?;
        store.write("/x", &whole)?;
        store.write("/y", whole.clone())?;
        assert_eq!(store.array("/x")?.to_ndarray::<T>()?, whole);
        assert_eq!(store.array("/y")?.to_ndarray::<T>()?, whole);
        Ok(())
    }
    there_and_back([true, false, true])?;
    there_and_back([1u8, 2, 255])?;
    there_and_back([-1i16, 2, 3])?;
    there_and_back([1u64, 2, u64::MAX])?;
    there_and_back([half::f16::from_f32(1.5), half::f16::ZERO, half::f16::ONE])?;
    there_and_back([half::bf16::from_f32(1.5), half::bf16::ZERO, half::bf16::ONE])?;
    there_and_back([1.5f32, -0.0, 3.0])?;
    there_and_back([1.5f64, 2.0, 3.0])?;
    there_and_back([num_complex::Complex64::new(1.0, 2.0); 3])?;
    let a = Array::from(&array![1.0]);
    let refused = a.to_ndarray::<f32>().unwrap_err();
    assert!(matches!(refused, Error::DType { expected: DType::F64, found: DType::F32, .. }), "{refused}");
    assert_eq!(refused.kind(), ErrorKind::DType);
    assert_eq!(a.view::<i64>().unwrap_err().kind(), ErrorKind::DType);
    assert_eq!(Array::from(array![1, 2]).compute()?.item::<i32>().unwrap_err().kind(), ErrorKind::Shape);
    Ok(())
}

#[test]
fn arrays_given_away_are_used_as_they_lie() -> Outcome {
    let whole = Array3::from_shape_fn((4, 5, 6), |(i, j, k)| (i * 30 + j * 6 + k) as u16);
    let layouts = [
        whole.clone(),
        whole.clone().reversed_axes(),
        whole.clone().permuted_axes([1, 0, 2]),
        whole.slice(ndarray::s![..;-1, .., ..;2]).to_owned(),
        {
            let mut back = whole.clone();
            back.invert_axis(Axis(0));
            back
        },
        {
            let mut part = whole.clone();
            part.slice_collapse(ndarray::s![1..3, ..;2, 1..]);
            part
        },
        Array3::zeros((0, 3, 2)),
        Array3::from_elem((1, 1, 1), 7),
    ];
    for layout in layouts {
        let array = Array::from(layout.clone());
        assert_eq!((&array + 0).to_ndarray::<u16>()?, layout.clone().into_dyn());
        assert_eq!(
            array.sum(..).compute()?.item::<u64>()?,
            layout.iter().map(|&x| u64::from(x)).sum::<u64>()
        );
        assert_eq!(array.view::<u16>()?, Some(layout.view().into_dyn()));
    }
    Ok(())
}

#[test]
fn elements_are_seen_in_place_where_they_lie_so() -> Outcome {
    let folder = folder();
    let store = Store::create(folder.path().join("x.arrs"))?;
    let whole = Array2::from_shape_fn((30, 40), |(i, j)| (i * 40 + j) as f64);
    store.write("/raw", &whole)?;
    store.write_with("/fortran", &whole, &Layout::new().order([1, 0]))?;
    store.write_with("/pieces", &whole, &Layout::new().chunk([10, 10]))?;
    store.write_with("/packed", &whole, &Layout::new().codec(Codec::Zstd { level: 1 }))?;
    store.write("/one", Array::from(1.0).broadcast_to([3, 3]))?;
    store.write("/truth", &array![true, false])?;
    for name in ["/raw", "/fortran"] {
        let array = store.array(name)?;
        assert_eq!(array.view::<f64>()?, Some(whole.view().into_dyn()));
        let part = array.slice(s![..;-3, NewAxis, 7]);
        let wanted = whole.slice(ndarray::s![..;-3, ndarray::NewAxis, 7]);
        assert_eq!(part.view::<f64>()?, Some(wanted.into_dyn()));
        assert_eq!(array.t().view::<f64>()?, Some(whole.t().into_dyn()));
    }
    for name in ["/pieces", "/packed", "/one"] {
        assert_eq!(store.array(name)?.view::<f64>()?, None, "{name}");
    }
    assert_eq!(store.array("/truth")?.view::<u8>()?, Some(array![1, 0].view().into_dyn()));
    let path = folder.path().join("x.npy");
    store.array("/pieces")?.save(&path)?;
    let opened = arrstore::open(&path)?;
    assert_eq!(opened.view::<f64>()?, Some(whole.view().into_dyn()));
    assert_eq!(opened.broadcast_to([2, 30, 40]).view::<f64>()?, None);
    assert_eq!((opened.slice(s![0]) + 1).view::<f64>()?, None);
    Ok(())
}

#[test]
fn damage_is_found_before_elements_are_seen_in_place() -> Outcome {
    let folder = folder();
    let path = folder.path().join("x.arrs");
    Store::create(&path)?.write("/x", Array1::from_iter((0..5000).map(f64::from)))?;
    let mut bytes = std::fs::read(&path)?;
    let at = bytes.windows(8).position(|w| w == 4321f64.to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes)?;
    let x = Store::open(&path)?.array("/x")?;
    assert_eq!(x.view::<f64>().unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(x.compute().unwrap_err().kind(), ErrorKind::Damaged);
    Ok(())
}

#[test]
fn a_store_is_written_in_commits() -> Outcome {
    let folder = folder();
    let path = folder.path().join("x.arrs");
    let store = Store::create(&path)?;
    assert!(store.names()?.is_empty() && store.groups()?.is_empty() && store.history()?.is_empty());
    assert_eq!(store.array("/t").unwrap_err().kind(), ErrorKind::NotFound);
    let first = array![[1.0, 2.0], [3.0, 4.0]];
    let layout = Layout::new().dims(["time", "x"]).attribute("units", "K").fill(-1);
    store.write_with("/a/b/t", &first, &layout)?;
    store.write("u", 7)?; // a name without its slash
    assert_eq!(store.names()?, ["/a/b/t", "/u"]);
    assert_eq!(store.groups()?, ["/a", "/a/b"]);
    let meta = store.meta("/a/b/t")?;
    assert_eq!(meta.dims, [Some("time".to_owned()), Some("x".to_owned())]);
    assert_eq!(meta.attributes["units"], "K");
    let old = store.array("/a/b/t")?;
    let before = store.history()?[0].seq;

    store.transaction(|tx| {
        tx.append("/a/b/t", 0, &array![[5.0, 6.0], [7.0, 8.0], [9.0, 10.0]])?;
        tx.append("/a/b/t", -1, Array::from(&array![[0.5]]).broadcast_to([5, 1]))?;
        tx.set("/a/b/t[0]", 0.0)?;
        tx.set("/a/b/t[1:, ::2]", Array::from(&array![100, 200]))?;
        tx.set_slice("/a/b/t", s![-1, -1], 42)?;
        tx.set_attribute("/a/b/t", "units", "C")?;
        tx.rename("/u", "/v")?;
        assert_eq!(tx.names(), ["/a/b/t", "/v"]);
        assert_eq!(tx.meta("/a/b/t")?.shape, [5, 3]);
        Ok(())
    })?;
    let wanted = array![[0., 0., 0.], [100., 4., 200.], [100., 6., 200.], [100., 8., 200.], [100., 10., 42.]];
    assert_eq!(store.array("/a/b/t")?.to_ndarray::<f64>()?, wanted.into_dyn());
    assert_eq!(store.meta("/a/b/t")?.attributes["units"], "C");
    // what was taken before keeps its commit
    assert_eq!(old.to_ndarray::<f64>()?, first.clone().into_dyn());
    assert_eq!(store.array_at("/a/b/t", before)?.to_ndarray::<f64>()?, first.into_dyn());
    assert_eq!(store.array_at("/a/b/t", 99).unwrap_err().kind(), ErrorKind::NotFound);

    store.transaction(|tx| tx.resize("/a/b/t", [6, 2]).and_then(|()| tx.delete("/v")))?;
    assert_eq!(store.array("/a/b/t")?.slice(s![5]).to_ndarray::<f64>()?, array![-1., -1.].into_dyn());
    assert_eq!(store.names()?, ["/a/b/t"]);

    assert_eq!(Store::create(&path).unwrap_err().kind(), ErrorKind::Exists);
    assert_eq!(Store::open_or_create(&path)?.names()?, ["/a/b/t"]);
    let over = Store::create_over(&path)?;
    assert_eq!(Store::open(&path)?.names()?, ["/a/b/t"]);
    over.write("/new", 1)?;
    assert_eq!(Store::open(&path)?.names()?, ["/new"]);
    Ok(())
}

#[test]
fn a_transaction_is_done_whole_or_not_at_all() -> Outcome {
    let folder = folder();
    let store = Store::create(folder.path().join("x.arrs"))?;
    store.write("/t", &array![1, 2, 3])?;
    let refused = |change: &dyn Fn(&Transaction) -> arrstore::Result<()>, kind: ErrorKind| {
        let error = store.transaction(change).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(text(&store.array("/t").unwrap()), "[1 2 3]");
        assert_eq!(store.names().unwrap(), ["/t"]);
    };
    let after = |tx: &Transaction| tx.set("/t", 0).and_then(|()| tx.write("/u", 1));
    refused(&|tx| after(tx).and_then(|()| tx.append("/t", 0, &array![1.0])), ErrorKind::DType);
    refused(&|tx| after(tx).and_then(|()| tx.append("/t", 0, &array![[1]])), ErrorKind::Shape);
    refused(&|tx| after(tx).and_then(|()| tx.append("/t", 1, &array![1])), ErrorKind::Shape);
    refused(&|tx| after(tx).and_then(|()| tx.set("/t[7]", 0)), ErrorKind::Index);
    refused(&|tx| after(tx).and_then(|()| tx.set("/t[0", 0)), ErrorKind::Invalid);
    refused(&|tx| after(tx).and_then(|()| tx.set("/no[0]", 0)), ErrorKind::NotFound);
    refused(&|tx| after(tx).and_then(|()| tx.set("/t", &array![1, 2])), ErrorKind::Shape);
    refused(&|tx| after(tx).and_then(|()| tx.set("/t", f64::NAN)), ErrorKind::DType);
    refused(
        &|tx| after(tx).and_then(|()| tx.set("/t", num_complex::Complex64::new(1., 2.))),
        ErrorKind::DType,
    );
    refused(&|tx| after(tx).and_then(|()| tx.set_slice("/t", s![..;-1], 0)), ErrorKind::Invalid);
    refused(&|tx| after(tx).and_then(|()| tx.rename("/t", "/u")), ErrorKind::Exists);
    refused(&|tx| after(tx).and_then(|()| tx.delete("/no")), ErrorKind::NotFound);
    let integers = Array::from(&array![2, 2, 2]);
    // a step that breaks off is not forgotten, though the caller goes on
    let broken = |tx: &Transaction| {
        let _ = tx.set("/t", integers.pow(Array::from(&array![-1, -1, -1])));
        Ok(())
    };
    refused(&broken, ErrorKind::Invalid);
    // a request that changed nothing may be
    store.transaction(|tx| {
        assert!(tx.append("/t", 0, &array![0.5]).is_err());
        tx.append("/t", 0, &array![4])
    })?;
    assert_eq!(text(&store.array("/t")?), "[1 2 3 4]");
    store.transaction(|_| {
        assert_eq!(store.write("/v", 1).unwrap_err().kind(), ErrorKind::Locked);
        Ok(())
    })?;
    Ok(())
}

#[test]
fn what_replaces_an_array_keeps_its_layout() -> Outcome {
    let folder = folder();
    let store = Store::create(folder.path().join("x.arrs"))?;
    let whole = Array2::<f32>::from_elem((50, 60), 1.5);
    let layout = Layout::new().chunk([10, 20]).codec(Codec::Zstd { level: 3 }).shuffle(false);
    store.write_with("/t", &whole, &layout)?;
    store.write("/t", store.array("/t")? * 2)?;
    let meta = store.meta("/t")?;
    assert_eq!(
        (&meta.chunk_shape[..], meta.codec, meta.shuffle),
        (&[10, 20][..], Codec::Zstd { level: 3 }, false)
    );
    store.write("/t", &array![1.0])?;
    assert_eq!(store.meta("/t")?.codec, Codec::None);
    assert!(store.write_with("/t", &whole, &Layout::new().shuffle(true)).is_err());
    assert!(store.write_with("/t", &whole, &Layout::new().chunk([0, 1])).is_err());
    assert!(store.write_with("/t", &whole, &Layout::new().chunk([1])).is_err());
    assert_eq!(text(&store.array("/t")?), "[1.]");
    Ok(())
}

#[test]
fn appended_chunks_are_encoded_once() -> Outcome {
    let folder = folder();
    let store = Store::create(folder.path().join("x.arrs"))?.with_context(&Context::new(64 << 20, 2));
    let day = Array2::from_shape_fn((4, 300), |(i, j)| (i * j) as f32);
    let layout = Layout::new().chunk([4, 100]).codec(Codec::Zstd { level: 1 });
    store.write_with("/t", &day, &layout)?;
    for k in 1..5 {
        store.transaction(|tx| tx.append("/t", 0, Array::from(&day) + k))?;
    }
    let whole = store.array("/t")?;
    assert_eq!(whole.shape()?, [20, 300]);
    for k in 0..5 {
        let part = whole.slice(s![4 * k..4 * k + 4]).to_ndarray::<f32>()?;
        assert_eq!(part, (&day + k as f32).into_dyn());
    }
    // begun and ended within chunks
    store.transaction(|tx| {
        tx.append("/t", 0, Array::from(&day).slice(s![..3])).and_then(|()| tx.append("/t", 0, &day))
    })?;
    let tail = store.array("/t")?.slice(s![20..]).to_ndarray::<f32>()?;
    assert_eq!(tail.shape(), [7, 300]);
    assert_eq!(tail.slice(ndarray::s![3.., ..]), day.view());
    assert_eq!(tail.slice(ndarray::s![..3, ..]), day.slice(ndarray::s![..3, ..]));
    Ok(())
}

#[test]
fn borrowed_arrays_of_any_layout_are_written_as_they_are() -> Outcome {
    let folder = folder();
    let store = Store::create(folder.path().join("x.arrs"))?.with_context(&Context::new(64 << 20, 3));
    let whole = Array3::from_shape_fn((70, 80, 90), |(i, j, k)| (i * 7200 + j * 90 + k) as i32);
    let layout = Layout::new().chunk([16, 32, 50]);
    let codecs = [Codec::None, Codec::Lz4, Codec::Zstd { level: 1 }, Codec::Pco { level: 1 }];
    for (k, codec) in codecs.into_iter().enumerate() {
        let name = format!("/c{k}");
        let view = whole.slice(ndarray::s![..;-1, 3.., ..;2]);
        store.write_with(&name, view, &Layout::new().codec(codec))?;
        assert_eq!(store.array(&name)?.to_ndarray::<i32>()?, view.into_dyn());
        let turned = whole.view().reversed_axes();
        store.write_with(&name, turned, &layout.clone().codec(codec))?;
        assert_eq!(store.array(&name)?.to_ndarray::<i32>()?, turned.into_dyn());
        store.transaction(|tx| tx.append(&name, 1, whole.slice(ndarray::s![.., ..9, ..]).reversed_axes()))?;
        assert_eq!(store.array(&name)?.shape()?, [90, 89, 70]);
    }
    store.write("/none", Array2::<u8>::zeros((0, 5)))?;
    assert_eq!(store.array("/none")?.shape()?, [0, 5]);
    store.transaction(|tx| tx.append("/none", 0, Array2::<u8>::ones((2, 5))))?;
    assert_eq!(text(&store.array("/none")?.sum(..)), "10");
    store.write("/scalar", ndarray::arr0(2.5))?;
    assert_eq!(text(&store.array("/scalar")?), "2.5");
    Ok(())
}

#[test]
fn places_name_files_and_arrays() -> Outcome {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let a = Array::from(&array![[1, 2], [3, 4]]);
    a.save(at("a.npy"))?;
    a.save(at("b.arrs:/g/a"))?;
    a.t().save(at("b.arrs:t"))?;
    assert_eq!(text(&arrstore::open(at("a.npy"))?), text(&a));
    assert_eq!(text(&arrstore::open(at("b.arrs:/g/a"))?), text(&a));
    assert_eq!(text(&arrstore::open(at("b.arrs:t"))?), text(&a.t()));
    let several = arrstore::open(at("b.arrs")).unwrap_err();
    assert!(several.to_string().contains("holds /g/a, /t"), "{several}");
    a.save(at("one.arrs:/a"))?;
    assert_eq!(text(&arrstore::open(at("one.arrs"))?), text(&a));
    // what a file holds counts, not its name, and a colon may be part of it
    std::fs::copy(at("a.npy"), at("12:30"))?;
    assert_eq!(text(&arrstore::open(at("12:30"))?), text(&a));
    a.save(at("a.npy"))?;
    arrstore::open(at("a.npy")).and_then(|old| (old + 1).save(at("a.npy")))?;
    assert_eq!(text(&arrstore::open(at("a.npy"))?), text(&(&a + 1)));
    for (place, kind) in [
        ("no.npy", ErrorKind::NotFound),
        ("no.arrs:/a", ErrorKind::NotFound),
        ("b.arrs:/no", ErrorKind::NotFound),
        ("a.npy:/a", ErrorKind::Invalid),
    ] {
        assert_eq!(arrstore::open(at(place)).unwrap_err().kind(), kind, "{place}");
    }
    std::fs::write(at("junk"), b"nothing that is known")?;
    assert_eq!(arrstore::open(at("junk")).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(arrstore::open(folder.path()).is_err());
    let half = Array::from(&array![half::bf16::ONE]);
    assert_eq!(half.save(at("half.npy")).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(!at("half.npy").exists());
    assert_eq!(a.save(at("a.txt")).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(!at("a.txt").exists());
    Ok(())
}

#[test]
fn every_format_that_is_written_is_read() -> Outcome {
    let folder = folder();
    let a = Array::from(&ndarray::Array2::from_shape_fn((30, 40), |(i, j)| (40 * i + j) as f64));
    for place in ["a.npy", "a.npz:/x", "a.arrs:/deep/x", "a.zarr:/x"] {
        let path = folder.path().join(place);
        (&a + 1).save(&path)?;
        let back = arrstore::open(&path)?;
        assert_eq!((back.shape()?, back.dtype()?), (&[30, 40][..], DType::F64), "{place}");
        assert_eq!(text(&back.sum(..)), text(&(&a + 1).sum(..)), "{place}");
    }
    let missing = arrstore::open(folder.path().join("a.npz:/y")).unwrap_err();
    assert!(missing.to_string().contains("a.npz"), "{missing}");
    assert_eq!(arrstore::open(folder.path().join("b.npy")).unwrap_err().kind(), ErrorKind::NotFound);
    let scanned = a.cumsum(1).slice(s![.., -1]);
    assert_eq!(text(&scanned), text(&a.sum(1)));
    Ok(())
}

#[test]
fn functions_of_the_program_are_fused() -> Outcome {
    let whole = Array2::from_shape_fn((500, 600), |(i, j)| (i * 600 + j) as f64);
    let calls = Arc::new(AtomicUsize::new(0));
    let (counter, offset) = (calls.clone(), 0.5);
    let a = Array::from(&whole);
    let mapped = (&a * 2).map(move |x: f64| {
        counter.fetch_add(1, Ordering::Relaxed);
        x + offset
    });
    for context in [Context::new(1 << 30, 1), Context::new(4 << 20, 3)] {
        let found = (&mapped - 0.5).sum(1).compute_in(&context)?;
        assert_eq!(found.to_ndarray::<f64>()?, (&whole * 2.0).sum_axis(Axis(1)).into_dyn());
    }
    assert_eq!(calls.load(Ordering::Relaxed), 2 * whole.len());
    // other types, slices and shapes of it, and two functions that are not mistaken for each other
    let signs = a.map(|x: f64| x > 10.0).slice(s![0, 9..12]);
    assert_eq!(text(&signs), "[False False  True]");
    let (one, two) = (a.map(|x: f64| x + 1.0), a.map(|x: f64| x + 2.0));
    assert_eq!(text(&(&two - &one).sum(..)), "300000.0");
    assert_eq!(text(&one.reshape([600, 500]).t().slice(s![..2, 0])), "[1. 2.]");
    assert_eq!(text(&Array::from(2.0).map(|x: f64| x * x)), "4.0");
    assert_eq!(a.map(|x: f32| x).check().unwrap_err().kind(), ErrorKind::DType);
    // a function that panics ends its own run and no other
    let panics = a.map(|x: f64| if x == 77.0 { panic!("no 77") } else { x });
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| panics.sum(..).compute()));
    assert!(caught.is_err());
    assert_eq!(a.sum(..).compute()?.item::<f64>()?, whole.sum());
    // an array that outlives nothing: the function is let go with the last array that has it
    drop((mapped, one));
    assert_eq!(Arc::strong_count(&calls), 1);
    Ok(())
}

#[test]
fn functions_of_blocks_run_inside_the_budget() -> Outcome {
    let folder = folder();
    let store = Store::create(folder.path().join("x.arrs"))?;
    let a = ndarray::Array2::from_shape_fn((1200, 1100), |(i, j)| (i * 1100 + j) as f64);
    store.write("/a", &a)?;
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counts = seen.clone();
    let number = move |start: &[u64], block: ndarray::ArrayViewD<'_, f64>| {
        counts.fetch_add(block.len(), std::sync::atomic::Ordering::Relaxed);
        assert_eq!(block.first(), Some(&((start[0] * 1100 + start[1]) as f64)));
        block.mapv(|x| x as i64)
    };
    let blocks = store.array("/a")?.map_blocks(number);
    for budget in [24 << 20, 256 << 20] {
        let context = Context::new(budget, 2);
        seen.store(0, std::sync::atomic::Ordering::Relaxed);
        blocks.save_in(folder.path().join("b.arrs:/b"), &context)?;
        assert_eq!(seen.load(std::sync::atomic::Ordering::Relaxed), a.len());
        let found: ndarray::ArrayD<i64> = arrstore::open(folder.path().join("b.arrs:/b"))?.to_ndarray()?;
        assert!(found.iter().zip(a.iter()).all(|(&found, &wanted)| found as f64 == wanted));
    }
    let wrong = Array::from(&a)
        .map_blocks(|_: &[u64], _: ndarray::ArrayViewD<'_, f64>| ndarray::arr1(&[1.0]).into_dyn());
    assert_eq!(wrong.compute().unwrap_err().kind(), ErrorKind::Shape);
    let other = Array::from(&a).map_blocks(|_: &[u64], block: ndarray::ArrayViewD<'_, f32>| block.to_owned());
    assert_eq!(other.check().unwrap_err().kind(), ErrorKind::DType);
    Ok(())
}

#[test]
fn plans_share_one_budget() {
    let context = Context::new(64 << 20, 2);
    let whole = Arc::new(Array2::from_shape_fn((1000, 2000), |(i, j)| ((i * 31 + j * 17) % 1000) as f64));
    let wanted: Vec<f64> = (0..6).map(|k| whole.iter().map(|x| (x + f64::from(k)) * 2.0).sum()).collect();
    let a = Array::from(whole.as_ref());
    std::thread::scope(|scope| {
        for (k, wanted) in wanted.iter().enumerate() {
            let (context, a) = (context.clone(), a.clone());
            scope.spawn(move || {
                for _ in 0..3 {
                    let sum = ((&a + k as f64) * 2).sum(..).compute_in(&context).unwrap();
                    assert_eq!(sum.item::<f64>().unwrap(), *wanted);
                    let large = (&a + k as f64).compute_in(&context).unwrap();
                    assert_eq!(large.view::<f64>().unwrap()[[0, 1]], 17.0 + k as f64);
                }
            });
        }
    });
    assert!(context.budget.peak() > 16 << 20, "the results count");
    assert!(context.budget.peak() <= context.budget.total());
    assert_eq!(context.budget.available(), context.budget.total());
}

#[test]
fn a_budget_too_small_is_refused_with_the_number_that_would_do() -> Outcome {
    let a = Array::from(&Array2::<f64>::zeros((300, 300)));
    let error = (&a + 1).compute_in(&Context::new(1 << 20, 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Budget);
    let Error::Budget { needed, .. } = error else { panic!("{error}") };
    assert!(error.to_string().contains("MiB") && !error.to_string().contains('`'), "{error}");
    assert_eq!((&a + 1).compute_in(&Context::new(needed, 1))?.shape(), [300, 300]);
    Ok(())
}

#[test]
fn a_run_can_be_watched_and_stopped() -> Outcome {
    let folder = folder();
    let store = Store::create(folder.path().join("x.arrs"))?;
    let (done, all) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (told, of) = (done.clone(), all.clone());
    let context = Context::new(64 << 20, 2).on_progress(move |n, total| {
        told.fetch_max(n, Ordering::Relaxed);
        of.store(total, Ordering::Relaxed);
    });
    let whole = Array2::<f64>::ones((2000, 500));
    let a = Array::from(&whole);
    store.clone().with_context(&context).write("/a", &a + 1)?;
    assert!(all.load(Ordering::Relaxed) > 0);
    assert_eq!(done.load(Ordering::Relaxed), all.load(Ordering::Relaxed));

    let context = Context::new(64 << 20, 2);
    let stop = context.clone();
    let stopping = store.clone().with_context(&context);
    let stopped = stopping.write(
        "/a",
        a.map(move |x: f64| {
            stop.stop();
            x
        }),
    );
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(stopping.write("/b", &whole).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(store.names()?, ["/a"]);
    assert_eq!(store.array("/a")?.mean(..).compute()?.item::<f64>()?, 2.0);
    Ok(())
}

#[test]
fn arrays_print_as_numpy_prints() -> Outcome {
    let a = Array::from(&Array2::from_shape_fn((2000, 2000), |(i, j)| (i + j) as f64));
    let wanted = "[[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]";
    assert!(a.to_string().starts_with(wanted), "{a}");
    assert_eq!(a.to_string(), a.compute()?.to_string());
    assert_eq!(format!("{a:?}"), "Array<float64>(2000, 2000)");
    let edges = a.map(|x: f64| x).slice(s![.., 0]);
    assert_eq!(edges.to_string(), "[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]");
    assert_eq!(Array::from(&Array2::<f32>::zeros((0, 3))).to_string(), "[]");
    assert_eq!(format!("{:>6}", Array::from(2.5)), "   2.5");
    let plan = a.sum(0).explain(&Context::default())?;
    assert_eq!(plan.stages[0].reads[0].bytes, 2000 * 2000 * 8);
    Ok(())
}

#[test]
fn text_and_methods_give_the_same() -> Outcome {
    let t = Array::from(&Array2::from_shape_fn((40, 30), |(i, j)| ((i * 7 + j * 3) % 11) as f64));
    let by_text = Array::formula("(t - mean(t, axis=0)) / std(t, axis=0, ddof=1)", &[("t", &t)])?;
    let by_method = (&t - t.mean(0)) / t.std(0).ddof(1);
    assert_eq!(by_text.to_ndarray::<f64>()?, by_method.to_ndarray::<f64>()?);
    let wrong = Array::formula("sum(t, axis=7)", &[("t", &t)]).unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Shape);
    assert_eq!(Array::formula("t + ", &[("t", &t)]).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(Array::formula("t, t", &[("t", &t)]).is_err());
    assert!(Array::formula("map(t, 0)", &[("t", &t)]).is_err());
    Ok(())
}

/// Records, texts and times through the library: stored, asked, changed in one field.
#[test]
fn records_are_stored_asked_and_changed() -> Outcome {
    use arrstore::{DType, RecordType, TimeBase, TimeUnit, Value};
    let day = DType::DateTime(TimeUnit::of(TimeBase::Day));
    let fields = [("name", DType::Str(3)), ("age", DType::I32), ("born", day)];
    let record = RecordType::packed(fields.map(|(name, dtype)| (name.to_owned(), dtype, vec![])))?;
    let element = |name: &str, age: i32, born: i64| {
        let mut bytes: Vec<u8> = name.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        bytes.resize(12, 0);
        [&bytes[..], &age.to_le_bytes(), &born.to_le_bytes()].concat()
    };
    let people = [element("Ann", 31, 8000), element("Bob", 25, i64::MIN), element("Zoe", 44, -3)].concat();
    let folder = folder();
    let store = Store::create(folder.path().join("p.arrs"))?;
    store.write("/p", Value::copied_from(DType::Record(record), &[3], &people)?)?;
    let p = store.array("/p")?;
    assert_eq!(
        p.to_string(),
        "[('Ann', 31, '1991-11-27') ('Bob', 25,        'NaT') ('Zoe', 44, '1969-12-29')]"
    );
    assert_eq!(p.field("name").eq("Bob").compute()?.to_string(), "[False  True False]");
    assert_eq!(p.field("born").lt("1970-01-01").compute()?.to_string(), "[False False  True]");
    let later = p.field("born") + Array::timedelta64(2, TimeUnit::of(TimeBase::Week));
    assert_eq!(later.compute()?.to_string(), "['1991-12-11'        'NaT' '1970-01-12']");
    assert!(p.field("none").compute().is_err() && p.sqrt().compute().is_err());
    store.transaction(|tx| {
        tx.set_field("/p", "age", p.field("age") + 1)?;
        tx.set_field("/p[::2]", "name", "Eve")?;
        tx.set_field("/p[1]", "born", "2000-01-01")
    })?;
    assert_eq!(
        store.array("/p")?.to_string(),
        "[('Eve', 32, '1991-11-27') ('Bob', 26, '2000-01-01') ('Eve', 45, '1969-12-29')]"
    );
    Ok(())
}
