//! The library reads and writes like the command: every format in both directions, all results of a run or none, and
//! errors that name no flag.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::path::Path;

use arrstore::formats::{Choice, Elements, Error, Location, Outputs, Writing, list, open, open_at};
use arrstore::{Context, DType, Expr, Plan, evaluate};
use arrstore_format::Meta;

const PATHS: [&str; 4] = ["x.npy", "x.npz:/a", "x.zarr:/g/a", "x.arrs:/g/a"];

fn place(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

fn outputs(folder: &Path, names: &[&str]) -> Result<Outputs, Error> {
    let locations = names.iter().map(|name| Location::of_output(&place(folder, name)));
    Outputs::open(&locations.collect::<Result<Vec<_>, _>>()?, Writing::default())
}

fn matrix() -> Expr {
    Expr::from_ndarray(&ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).unwrap()
}

fn meta(order: [u8; 2]) -> Meta {
    let mut meta = Meta::new(DType::F64, &[2, 3], &[2, 2]);
    meta.order = order.to_vec();
    meta
}

/// Writes the matrix to each output, up to the commit.
fn written(folder: &Path, names: &[&str], order: [u8; 2]) -> Outputs {
    let mut outputs = outputs(folder, names).unwrap();
    let context = Context::new(16 << 20, 2);
    let roots: Vec<_> =
        (0..names.len()).map(|k| outputs.add(k, &matrix(), "", &meta(order)).unwrap()).collect();
    let plan = Plan::new(&roots, &context).unwrap();
    drop(roots);
    plan.run(&context).unwrap();
    outputs
}

#[test]
fn every_format_there_and_back() {
    for order in [[0, 1], [1, 0]] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let outputs = written(folder, &PATHS, order);
        assert!(PATHS.iter().all(|path| open(&place(folder, path)).is_err()), "seen before the commit");
        outputs.commit().unwrap();
        for path in PATHS {
            let column = open(&place(folder, &format!("{path}[:, 1]"))).unwrap();
            assert_eq!(
                evaluate(&column.expr).unwrap().view::<f64>().unwrap().as_slice(),
                Some(&[2.0, 5.0][..])
            );
        }
        for (file, name) in [("x.npz", "/a"), ("x.zarr", "/g/a"), ("x.arrs", "/g/a")] {
            let listed = list(&Location::of_input(&place(folder, file)).unwrap()).unwrap();
            let found: Vec<_> = listed.into_iter().map(|one| (one.name, one.found.unwrap())).collect();
            assert_eq!(found, [(name.to_owned(), (DType::F64, vec![2, 3]))]);
        }
    }
}

#[test]
fn a_region_is_assigned_and_an_array_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, &["x.arrs:/a"], [1, 0]).commit().unwrap();
    let mut outputs = outputs(folder, &["x.arrs:/a[0, ::2]", "x.arrs:/b"]).unwrap();
    assert_eq!(outputs.replaced(1, ""), None);
    let context = Context::new(16 << 20, 1);
    let ten = Expr::from_ndarray(&ndarray::arr0(10.0)).unwrap();
    let roots = [
        outputs.add(0, &ten, "", &Meta::new(DType::F64, &[], &[])).unwrap(),
        outputs.add(1, &matrix(), "", &meta([0, 1])).unwrap(),
    ];
    let plan = Plan::new(&roots, &context).unwrap();
    drop(roots);
    plan.run(&context).unwrap();
    outputs.commit().unwrap();
    let row = evaluate(&open(&place(folder, "x.arrs:/a[0]")).unwrap().expr).unwrap();
    assert_eq!(row.view::<f64>().unwrap().as_slice(), Some(&[10.0, 2.0, 10.0][..]));
    let again = self::outputs(folder, &["x.arrs:/a"]).unwrap();
    assert_eq!(again.replaced(0, "").unwrap().order, [1, 0]);
}

#[test]
fn without_a_commit_nothing_is_there() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path(), &PATHS, [0, 1]));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn errors_name_choices_and_no_flags() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let here = |name| place(folder, name);
    written(folder, &["x.npy", "x.arrs:/a"], [0, 1]).commit().unwrap();
    std::fs::write(folder.join("plain"), [1, 2, 3, 4]).unwrap();
    let mut untyped = b"\x93NUMPY\x01\x00\x46\x00".to_vec();
    untyped.extend(format!("{:<70}", "{'descr': '|V2', 'fortran_order': False, 'shape': (1,), }").bytes());
    untyped.extend([0, 0]);
    std::fs::write(folder.join("v.npy"), untyped).unwrap();

    let plain = open(&here("plain")).unwrap_err();
    assert_eq!(plain.choice(), Some(Choice::PlainElements));
    let mut typed = Elements::default();
    typed.dtype = Some(DType::U16);
    let read = |name, elements| {
        open_at(&Location::of_input(&here(name)).unwrap(), elements, &Context::new(16 << 20, 1))
    };
    assert_eq!(read("plain", &typed).unwrap().expr.shape(), [2]);
    let untyped = open(&here("v.npy")).unwrap_err();
    assert_eq!(untyped.choice(), Some(Choice::ElementType));
    assert!(read("v.npy", &typed).unwrap().untyped);

    let mut zarr = outputs(folder, &["y.zarr"]).unwrap();
    let packed = meta([0, 1]).encoded(arrstore_format::Codec::Lz4, false);
    let codec = zarr.add(0, &matrix(), "", &packed).map(drop).unwrap_err();
    assert_eq!(codec.choice(), Some(Choice::Codec));
    let mut other = outputs(folder, &["y.npy"]).unwrap();
    let wrong = other.add(0, &matrix(), "", &Meta::new(DType::F32, &[2, 3], &[2, 3])).map(drop).unwrap_err();
    let writer = outputs(folder, &["x.arrs:/b"]).unwrap();
    let locked = outputs(folder, &["x.arrs:/c"]).map(drop).unwrap_err();
    assert_eq!(locked.choice(), Some(Choice::Wait { waited: false }));
    drop(writer);

    let requests = [
        open(&here("nosuch.npy")).unwrap_err(),
        open(&here("x.arrs:/b")).unwrap_err(),
        outputs(folder, &["z.npy", "z.npy"]).map(drop).unwrap_err(),
        outputs(folder, &["x.npy[0]"]).map(drop).unwrap_err(),
        wrong,
    ];
    for error in requests.iter().chain([&plain, &untyped, &codec, &locked]) {
        let words = error.to_string();
        assert!(words.contains('.') && !words.contains("--") && !words.contains(" -o"), "{words}");
    }
    for error in &requests {
        let missing = matches!(error.root(), Error::Io(why) if why.kind() == std::io::ErrorKind::NotFound);
        assert!(missing || matches!(error.root(), Error::Request(_) | Error::Missing(_)), "{error}");
    }
}

/// Files of chunks that claim to hold more than a chunk: they take no memory.
#[test]
fn chunks_of_zarr_that_claim_too_much_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut outputs = outputs(folder, &["x.zarr"]).unwrap();
    let mut packed = meta([0, 1]);
    packed.codec = arrstore_format::Codec::Zstd { level: 1 };
    let root = outputs.add(0, &matrix(), "", &packed).unwrap();
    let context = Context::new(16 << 20, 2);
    Plan::new(&[root], &context).unwrap().run(&context).unwrap();
    outputs.commit().unwrap();
    let path = place(folder, "x.zarr");
    let chunk = folder.join("x.zarr/c/0/0");
    let stored = std::fs::read(&chunk).unwrap();
    let sum = || open(&path).map(|input| evaluate(&input.expr).map(|value| value.bytes().len()));
    assert_eq!(sum().unwrap().unwrap(), 48);
    // 2^62 bytes, says the header of the frame
    let bomb = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &(1u64 << 62).to_le_bytes(), &[1, 0, 0]].concat();
    let twice = [&stored[..], &stored[..]].concat();
    for bytes in [bomb, twice, vec![0; 1 << 20], stored[..stored.len() - 1].to_vec(), Vec::new()] {
        std::fs::write(&chunk, &bytes).unwrap();
        let refused = sum().unwrap().unwrap_err().to_string();
        assert!(refused.contains("x.zarr") && refused.contains("chunk"), "{refused}");
    }
    std::fs::write(&chunk, &stored).unwrap();
    assert_eq!(sum().unwrap().unwrap(), 48);
}
