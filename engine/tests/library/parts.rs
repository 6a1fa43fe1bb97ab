//! Parts of arrays in files of their own, and their merge.

use std::path::{Path, PathBuf};

use arrstore::prelude::*;
use arrstore::{Error, Merged, Merging, PartsError};
use ndarray::{Array2, s as nd};
use serde_json::json;

use crate::{Outcome, folder};

/// Elements of an array of 20 x 15.
fn whole() -> Array2<f64> {
    Array2::from_shape_fn((20, 15), |(i, j)| ((i * 7919 + j * 104_729) % 1000) as f64 / 8.0)
}

fn layout() -> Layout {
    Layout::new().chunk([4, 5]).dims(["y", "x"]).attribute("units", "K").fill(-1)
}

/// Writes the elements `[start, end)` of the whole array as a part.
fn part(path: &Path, start: [usize; 2], end: [usize; 2], layout: Layout) -> arrstore::Result<PathBuf> {
    let elements = whole().slice(nd![start[0]..end[0], start[1]..end[1]]).to_owned();
    let layout = layout.part(start.map(|n| n as u64), [20, 15]);
    Store::create_over(path)?.write_with("/g/t", elements, &layout)?;
    Ok(path.to_owned())
}

fn complete() -> Merging {
    let mut merging = Merging::default();
    merging.complete = true;
    merging
}

fn merged(path: &Path, parts: &[PathBuf], merging: &Merging) -> arrstore::Result<Merged> {
    Store::open_or_create(path)?.transaction(|tx| tx.merge(parts, merging))
}

/// The error of a merge that must be refused without a change.
#[track_caller]
fn refused(path: &Path, parts: &[PathBuf], merging: &Merging) -> PartsError {
    let before = std::fs::read(path).ok();
    let error = merged(path, parts, merging).expect_err("a merge that is refused");
    assert_eq!((error.kind(), std::fs::read(path).ok()), (ErrorKind::Invalid, before));
    match error {
        Error::Parts(error) => *error,
        other => unreachable!("{other}"),
    }
}

/// Parts of every kind of grid, in every codec: the same array as if it were written at once.
#[test]
fn parts_make_up_the_array_in_every_codec() -> Outcome {
    let folder = folder();
    let at = |name: String| folder.path().join(name);
    for codec in ["none", "lz4", "zstd:1", "pco:2"] {
        for order in [[0, 1], [1, 0]] {
            // parts that end with chunks; that end within chunks; one part; single rows
            for (step, moves) in
                [([8, 5], true), ([7, 5], false), ([20, 15], true), ([4, 15], true), ([1, 15], false)]
            {
                let layout = layout().codec(codec.parse()?).order(order);
                let mut parts = Vec::new();
                for i in (0..20).step_by(step[0]) {
                    for j in (0..15).step_by(step[1]) {
                        let end = [(i + step[0]).min(20), (j + step[1]).min(15)];
                        parts.push(part(&at(format!("{i}.{j}")), [i, j], end, layout.clone())?);
                    }
                }
                parts.reverse();
                let out = at("out.arrs".into());
                let done = merged(&out, &parts, &complete())?;
                assert_eq!((done.arrays, done.moved + done.decoded), (1, parts.len() as u64));
                assert_eq!(done.decoded == 0, moves, "{step:?}: {done:?}");
                let store = Store::open(&out)?;
                assert_eq!(store.array("/g/t")?.to_ndarray::<f64>()?, whole().into_dyn(), "{codec} {step:?}");
                let plain = Store::create_over(at("plain.arrs".into()))?;
                plain.write_with("/g/t", whole(), &layout)?;
                assert_eq!(store.meta("/g/t")?, plain.meta("/g/t")?);
                let report = store.file().snapshot()?.verify(&|_, _| true)?;
                assert!(report.is_sound(), "{report}");
            }
        }
    }
    Ok(())
}

#[test]
fn gaps_hold_the_fill_value_and_are_refused_where_asked() -> Outcome {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let parts = [
        part(&at("a"), [0, 0], [8, 15], layout())?,
        part(&at("b"), [8, 0], [20, 5], layout())?,
        part(&at("c"), [13, 7], [20, 15], layout())?,
    ];
    let out = at("out.arrs");
    merged(&out, &parts, &Merging::default())?;
    let mut expected = whole();
    expected.slice_mut(nd![8..13, 5..]).fill(-1.0);
    expected.slice_mut(nd![8.., 5..7]).fill(-1.0);
    let store = Store::open(&out)?;
    assert_eq!(store.array("/g/t")?.to_ndarray::<f64>()?, expected.into_dyn());
    let gap = refused(&out, &parts, &complete());
    let wanted = PartsError::Gap { array: "/g/t".into(), first: vec![8, 5], missing: 50 + 14, elements: 300 };
    assert_eq!(gap, wanted);
    // a missing chunk of a part stays missing, and a constant one constant
    let sparse = Store::create(at("sparse"))?;
    let tx = sparse.begin()?;
    tx.write_with("/t", Array2::<u8>::zeros((0, 6)), &Layout::new().chunk([2, 3]).part([4, 0], [10, 6]))?;
    tx.resize("/t", [6, 6])?;
    tx.set("/t[2:4]", 7)?;
    tx.commit()?;
    merged(&out, &[at("sparse")], &complete()).unwrap_err();
    merged(&out, &[at("sparse")], &Merging::default())?;
    let array = store.file().snapshot()?.array("/t")?;
    assert_eq!((array.present(), array.stored_bytes()), (2, 0));
    assert_eq!(store.array("/t")?.sum(..).to_string(), (7 * 12).to_string());
    assert_eq!(store.names()?, ["/g/t", "/t"]);
    Ok(())
}

#[test]
fn arrays_without_axes_or_elements() -> Outcome {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let one = Store::create(at("one"))?;
    one.transaction(|tx| {
        tx.write_with("/n", 4.5, &Layout::new().part([], []))?;
        tx.write_with("/e", Array2::<f32>::zeros((0, 3)), &Layout::new().part([0, 0], [0, 3]))?;
        tx.write_with("/f", Array2::<f32>::zeros((2, 0)), &Layout::new().part([1, 3], [4, 3]))?;
        tx.write("/no/part", 1)
    })?;
    let out = at("out.arrs");
    let done = merged(&out, &[at("one")], &Merging::default())?;
    assert_eq!((done.arrays, done.moved, done.decoded), (3, 1, 0));
    let store = Store::open(&out)?;
    assert_eq!(store.names()?, ["/e", "/f", "/n"]);
    assert_eq!(store.array("/n")?.to_string(), "4.5");
    assert_eq!((store.meta("/e")?.shape, store.meta("/f")?.shape), (vec![0, 3], vec![4, 3]));
    let gap = refused(&out, &[at("one")], &complete());
    assert!(matches!(gap, PartsError::Gap { array, .. } if array == "/f"));
    std::fs::copy(at("one"), at("two"))?;
    let both = refused(&out, &[at("one"), at("two")], &Merging::default());
    assert!(matches!(both, PartsError::Overlap { array, .. } if array == "/n"));
    Ok(())
}

#[test]
fn parts_that_do_not_fit_are_refused() -> Outcome {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let out = at("out.arrs");
    let plain = Merging::default();
    let a = part(&at("a"), [0, 0], [8, 15], layout())?;
    merged(&out, std::slice::from_ref(&a), &plain)?;
    // the same part twice: by its name, by a second name, as a copy; parts with common elements
    std::fs::hard_link(&a, at("link"))?;
    std::os::unix::fs::symlink(&a, at("symlink"))?;
    std::fs::copy(&a, at("copy"))?;
    let inside = part(&at("inside"), [7, 14], [8, 15], layout())?;
    for other in [a.clone(), at("link"), at("symlink"), at("copy"), inside] {
        let found = refused(&out, &[a.clone(), other.clone()], &plain);
        assert!(matches!(&found, PartsError::Overlap { one, .. } if one.0 == a), "{found}");
        assert!(found.to_string().contains("two parts overlap") && found.to_string().contains("[0, 0]"));
    }
    // another layout
    let layouts = [
        ("chunks", layout().chunk([4, 4])),
        ("codec", layout().codec(Codec::Lz4)),
        ("order", layout().order([1, 0])),
        ("fill", layout().fill(0)),
        ("dims", layout().dims(["a", "b"])),
    ];
    for (word, other) in layouts {
        let other = part(&at("other"), [8, 0], [20, 15], other)?;
        let found = refused(&out, &[a.clone(), other], &plain);
        assert!(matches!(found, PartsError::Differs { what, .. } if what == word));
    }
    let write = |name: &str, layout: Layout| -> arrstore::Result<PathBuf> {
        Store::create_over(at(name))?.write_with("/g/t", Array2::<f32>::zeros((8, 15)), &layout)?;
        Ok(at(name))
    };
    let types = refused(&out, &[a.clone(), write("other", layout().part([8, 0], [20, 15]))?], &plain);
    assert!(matches!(types, PartsError::Differs { what: "dtype", .. }), "{types}");
    let shapes = refused(&out, &[a.clone(), write("other", layout().part([8, 0], [20, 16]))?], &plain);
    assert!(shapes.to_string().contains("a shape of the whole array of [20, 16], not [20, 15]"), "{shapes}");
    let outside = refused(&out, &[write("other", layout().part([13, 0], [20, 15]))?], &plain);
    assert!(matches!(outside, PartsError::Outside { axis: 0, end: 21, .. }), "{outside}");
    let outside = refused(&out, &[write("other", layout().part([u64::MAX, 0], [20, 15]))?], &plain);
    assert!(matches!(outside, PartsError::Outside { axis: 0, .. }), "{outside}");
    // a file without parts, none at all, and attributes that mean nothing
    assert_eq!(refused(&out, &[], &plain), PartsError::None);
    let none = refused(&at("new.arrs"), std::slice::from_ref(&out), &plain);
    assert_eq!(none, PartsError::NotPart { path: out.clone() });
    for value in [
        json!(1),
        json!({ "start": [0, 0] }),
        json!({ "start": [0], "shape": [8] }),
        json!({ "start": [0, -1], "shape": [20, 15] }),
    ] {
        let found = refused(&out, &[write("other", layout().attribute("_part", value))?], &plain);
        assert!(matches!(found, PartsError::Place { ndim: 2, .. }), "{found}");
    }
    // a whole array that no file can hold
    let huge = write("other", layout().part([0, 0], [u64::MAX, u64::MAX]))?;
    for merging in [&plain, &complete()] {
        let before = std::fs::read(&out)?;
        assert_eq!(
            merged(&out, std::slice::from_ref(&huge), merging).unwrap_err().kind(),
            ErrorKind::Invalid
        );
        assert_eq!(std::fs::read(&out)?, before);
    }
    // the output as a part, by each of its names
    for (output, given) in [(&a, at("a")), (&a, at("link")), (&a, at("symlink")), (&at("link"), at("a"))] {
        let found = refused(output, std::slice::from_ref(&given), &plain);
        assert_eq!(found, PartsError::Output { path: given });
    }
    let over = Store::create_over(&a)?;
    over.transaction(|tx| tx.merge(&[at("link")], &plain)).unwrap_err();
    assert_eq!(merged(&out, &[at("nowhere")], &plain).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[test]
fn a_damaged_part_is_refused() -> Outcome {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let out = at("out.arrs");
    for (codec, end) in [("none", [8, 15]), ("zstd:1", [8, 15]), ("none", [7, 15]), ("pco:1", [7, 15])] {
        let path = part(&at("a"), [0, 0], end, layout().codec(codec.parse()?))?;
        let sound = std::fs::read(&path)?;
        let array = Store::open(&path)?.file().snapshot()?.array("/g/t")?;
        let chunk = array.chunk(&[1, 1])?;
        let (place, len) = (chunk.offset() as usize, chunk.stored_bytes() as usize);
        for byte in place..place + len {
            let mut flipped = sound.clone();
            flipped[byte] ^= 1 << (byte % 8);
            std::fs::write(&path, &flipped)?;
            let error = merged(&out, std::slice::from_ref(&path), &Merging::default()).unwrap_err();
            assert!(error.to_string().contains("expected CRC-32"), "{error}");
            assert!(!out.exists());
        }
    }
    Ok(())
}

/// Parts change elements of an array that exists: moved where chunks are replaced whole, else laid over.
#[test]
fn parts_change_existing_arrays() -> Outcome {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let store = Store::create(at("out.arrs"))?;
    store.write_with("/g/t", Array2::<f64>::ones((20, 15)), &layout())?;
    let mut merging = Merging::default();
    merging.existing = vec!["g/t".into()];
    let parts = [part(&at("a"), [4, 5], [12, 15], layout())?, part(&at("b"), [13, 1], [17, 9], layout())?];
    let done = store.transaction(|tx| tx.merge(&parts, &merging))?;
    assert_eq!((done.moved, done.decoded), (1, 1));
    let mut expected = Array2::ones((20, 15));
    for region in [nd![4..12, 5..15], nd![13..17, 1..9]] {
        expected.slice_mut(region).assign(&whole().slice(region));
    }
    assert_eq!(store.array("/g/t")?.to_ndarray::<f64>()?, expected.clone().into_dyn());
    // a part with missing chunks, which hide what was there
    let tx = Store::create(at("c"))?.begin()?;
    tx.write_with("/g/t", Array2::<f64>::zeros((0, 15)), &layout().part([4, 0], [20, 15]))?;
    tx.resize("/g/t", [8, 15])?;
    tx.commit()?;
    store.transaction(|tx| tx.merge(&[at("c")], &merging))?;
    expected.slice_mut(nd![4..12, ..]).fill(-1.0);
    assert_eq!(store.array("/g/t")?.to_ndarray::<f64>()?, expected.clone().into_dyn());
    // other types are cast, and another shape is refused
    let d = Store::create(at("d"))?;
    d.write_with("/g/t", Array2::<u8>::from_elem((4, 5), 200), &layout().fill(1).part([0, 0], [20, 15]))?;
    store.transaction(|tx| tx.merge(&[at("d")], &merging))?;
    expected.slice_mut(nd![..4, ..5]).fill(200.0);
    assert_eq!(store.array("/g/t")?.to_ndarray::<f64>()?, expected.into_dyn());
    store.transaction(|tx| tx.resize("/g/t", [19, 15]))?;
    assert_eq!(store.transaction(|tx| tx.merge(&[at("d")], &merging)).unwrap_err().kind(), ErrorKind::Shape);
    Ok(())
}

#[test]
fn a_merge_can_be_stopped_and_keeps_to_its_budget() -> Outcome {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let rows = |n: usize| Array2::from_shape_fn((n, 1000), |(i, j)| (i * 1000 + j) as f64);
    for row in [0, 1000] {
        let layout = Layout::new().chunk([500, 1000]).part([row, 0], [2000, 1000]);
        Store::create(at(&format!("{row}")))?.write_with("/t", rows(1000), &layout)?;
    }
    let parts = [at("0"), at("1000")];
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mine = seen.clone();
    // far less than a chunk of 4 MB
    let context = Context::new(2 << 20, 1).on_progress(move |done, all| {
        mine.lock().unwrap().push((done, all));
    });
    let store = Store::create(at("out.arrs"))?.with_context(&context);
    let done = store.transaction(|tx| tx.merge(&parts, &complete()))?;
    assert_eq!((done.moved, done.bytes), (2, 16_000_000));
    assert!((1 << 20..2 << 20).contains(&context.budget.peak()), "{}", context.budget.peak());
    assert_eq!(seen.lock().unwrap().last(), Some(&(16_000_000, 16_000_000)));
    let last = store.array("/t")?.slice(s![-1, -1]);
    assert_eq!(last.to_string(), "999999.0");
    let small = Store::open(at("out.arrs"))?.with_context(&Context::new(1000, 1));
    assert_eq!(small.transaction(|tx| tx.merge(&parts, &complete())).unwrap_err().kind(), ErrorKind::Budget);
    // stopped in the middle of a chunk
    let context = Context::new(1 << 30, 1);
    let stop = context.clone();
    let context = context.on_progress(move |done, _| {
        if done > 5_000_000 {
            stop.stop();
        }
    });
    let store = Store::create(at("stopped.arrs"))?.with_context(&context);
    assert_eq!(
        store.transaction(|tx| tx.merge(&parts, &complete())).unwrap_err().kind(),
        ErrorKind::Cancelled
    );
    assert!(!at("stopped.arrs").exists());
    Ok(())
}
