//! Running plans: functions of the program, budgets, progress and cancellation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use arrstore::prelude::*;
use ndarray::{Array2, Axis};

use crate::{Outcome, folder, text};

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
