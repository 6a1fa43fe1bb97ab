//! Stores: commits, transactions, layouts, places and formats.

use arrstore::Transaction;
use arrstore::prelude::*;
use ndarray::{Array2, Array3, array};

use crate::{Outcome, folder, text};

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
