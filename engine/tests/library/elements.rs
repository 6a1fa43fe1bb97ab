//! Elements on their way in and out: Rust types, borrowed and given memory, elements in place.

use arrstore::prelude::*;
use ndarray::{Array1, Array2, Array3, ArrayD, Axis, array};

use crate::{Outcome, folder};

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
