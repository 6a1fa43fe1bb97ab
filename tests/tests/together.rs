//! Several plans run at the same time under one budget. Each answer is the same as alone, together the plans take no
//! more than the budget, none waits for ever, and all memory is given back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use arrstore::text::Formula;
use arrstore::{Budget, Context, DType, Error, Expr, Plan, Target, Value};
use arrstore_tests::data::array;
use arrstore_tests::layout::Layout;

/// Different work: passes, products, scans in both directions, results that stay in memory.
const TEXTS: [&str; 6] = [
    "sum(a), std(a, axis=0), argmax(b, axis=1)",
    "a @ b.T",
    "(a - mean(a, axis=0)) / std(a, axis=0)",
    "sum(a.T - b.T), max(a[::-1, ::3], axis=0)",
    "sqrt(abs(a * b)) + a",
    "mean(a @ b.T, axis=0), sum(b)",
];
const BUDGET: u64 = 64 << 20;
const ROUNDS: usize = 3;

fn names(folder: &std::path::Path) -> BTreeMap<String, Expr> {
    let arrays = [array(DType::F64, &[400, 1500], 1), array(DType::F64, &[400, 1500], 2)];
    let mut laid = Layout::Npy.lay(&[&arrays[0]], folder).unwrap();
    laid.extend(Layout::Packed.lay(&[&arrays[1]], folder).unwrap());
    ["a", "b"].iter().zip(laid).map(|(name, expr)| ((*name).to_owned(), expr.unwrap())).collect()
}

fn run(text: &str, names: &BTreeMap<String, Expr>, context: &Context) -> Result<Vec<Value>, Error> {
    let roots = Formula::parse(text).unwrap().lower(names).unwrap();
    let roots: Vec<_> = roots.into_iter().map(|root| (root, Target::Memory)).collect();
    Ok(Plan::new(&roots, context)?.run(context)?.into_iter().flatten().collect())
}

fn bits(values: &[Value]) -> Vec<Vec<u8>> {
    values.iter().map(|value| value.bytes().to_vec()).collect()
}

#[test]
fn plans_share_one_budget() {
    let folder = tempfile::tempdir().unwrap();
    let names = names(folder.path());
    let alone: Vec<_> =
        TEXTS.iter().map(|text| bits(&run(text, &names, &Context::new(BUDGET, 2)).unwrap())).collect();

    let budget = Budget::new(BUDGET);
    let (sender, ended) = mpsc::channel();
    for (k, want) in alone.into_iter().enumerate() {
        // each plan has a context and threads of its own, and shares the budget
        let mut context = Context::new(0, 1 + k % 3);
        (context.budget, context.tmp) = (budget.clone(), Some(folder.path().into()));
        let (names, sender) = (names.clone(), sender.clone());
        std::thread::spawn(move || {
            for _ in 0..ROUNDS {
                let same = run(TEXTS[k], &names, &context).map(|values| bits(&values) == want);
                sender.send((k, same)).unwrap();
            }
        });
    }
    for _ in 0..TEXTS.len() * ROUNDS {
        let (k, same) =
            ended.recv_timeout(Duration::from_secs(300)).expect("plans wait for each other for ever");
        assert!(matches!(same, Ok(true)), "{}: {same:?}", TEXTS[k]);
    }
    assert!(budget.peak() > 0 && budget.peak() <= BUDGET, "{} of {BUDGET} bytes taken", budget.peak());
    assert_eq!(budget.available(), BUDGET, "not all was given back");
}

/// A plan that fails gives back its memory, and does not affect the others.
#[test]
fn a_plan_that_fails_gives_its_share_back() {
    let folder = tempfile::tempdir().unwrap();
    let names = names(folder.path());
    let budget = Budget::new(BUDGET);
    let context = |threads| {
        let mut context = Context::new(0, threads);
        context.budget = budget.clone();
        context
    };
    let want = bits(&run(TEXTS[0], &names, &Context::new(BUDGET, 1)).unwrap());
    std::thread::scope(|scope| {
        let stopped = scope.spawn(|| {
            let context = context(2);
            context.cancel.store(true, std::sync::atomic::Ordering::SeqCst);
            (0..20).all(|_| matches!(run("a @ b.T", &names, &context), Err(Error::Cancelled)))
        });
        let refused = scope.spawn(|| {
            // 7.2 GB, about a hundred times the budget
            let large = "a[:, None, :, None] + b[None, :1, None, :]";
            (0..20).all(|_| matches!(run(large, &names, &context(2)), Err(Error::Budget { needed, .. }) if needed > BUDGET))
        });
        let goes_on =
            scope.spawn(|| (0..5).all(|_| bits(&run(TEXTS[0], &names, &context(1)).unwrap()) == want));
        assert!(stopped.join().unwrap(), "what was stopped did not say so");
        assert!(refused.join().unwrap(), "what is too large was not refused");
        assert!(goes_on.join().unwrap(), "another plan's failure changed an answer");
    });
    assert_eq!(budget.available(), BUDGET);
}
