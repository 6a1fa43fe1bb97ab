//! The differential test against NumPy: every golden case in every layout.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use arrstore_tests::golden::{Expect, Golden};
use arrstore_tests::harness::{Report, run};
use arrstore_tests::layout::Layout;

fn report(family: &str, layouts: &[Layout]) -> Report {
    run(&Golden::read(family), layouts).unwrap()
}

fn hold(family: &str) {
    hold_in(family, &Layout::ALL);
}

/// Fails with all findings, not only with the first.
fn hold_in(family: &str, layouts: &[Layout]) {
    let report = report(family, layouts);
    println!("{family}: {} evaluations compared", report.runs);
    if !report.failures.is_empty() {
        let texts: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
        panic!("{} finding(s) in {family}:\n{}", texts.len(), texts.join("\n"));
    }
}

#[test]
fn unary_functions() {
    hold("unary");
}

#[test]
fn binary_functions_and_operators() {
    hold("binary");
}

#[test]
fn clip_and_where() {
    hold("ternary");
}

#[test]
fn promotion_of_pairs() {
    hold("promotion");
}

#[test]
fn weak_scalars() {
    hold("scalars");
}

#[test]
fn casts() {
    hold("casts");
}

#[test]
fn reductions() {
    hold("reductions");
}

#[test]
fn views() {
    hold("views");
}

#[test]
fn refusals() {
    hold("refusals");
}

#[test]
fn products() {
    hold("products");
}

#[test]
fn methods_of_ufuncs_and_compositions() {
    hold("vocabulary");
}

#[test]
fn scans() {
    hold("scans");
}

#[test]
fn order() {
    hold("order");
}

#[test]
fn statistics() {
    hold("statistics");
}

#[test]
fn arithmetic_of_several_steps() {
    hold("arithmetic");
}

#[test]
fn reductions_of_chosen_elements() {
    hold("chosen");
}

#[test]
fn differences_and_sliding_products() {
    hold("differences");
}

#[test]
fn contractions() {
    hold("contractions");
}

#[test]
fn indexing_by_arrays_and_masks() {
    hold("indexing");
}

#[test]
fn shapes() {
    hold("shapes");
}

#[test]
fn creation() {
    // nothing is laid out: the arrays have no inputs
    hold_in("creation", &[Layout::C]);
}

#[test]
fn times_texts_and_records() {
    hold("types");
}

#[test]
fn times_texts_and_records_in_order() {
    hold("ordered");
}

#[test]
fn random_compositions() {
    hold("mixed");
}

#[test]
fn rules_at_the_edges() {
    // these cases test types, shapes and numbers, not the layout of elements
    hold_in("rules", &[Layout::C, Layout::Tiny]);
}

#[test]
fn chains() {
    hold("chains");
}

/// The harness finds one wrong bit in an expectation, a wrong shape, and an expected refusal that does not come.
#[test]
fn wrong_expectations_are_found() {
    let mut golden = Golden::read("ternary");
    golden.cases.retain(|c| matches!(c.expect, Expect::Answer { .. }));
    golden.cases.truncate(3);
    let sound = run(&golden, &Layout::ALL).unwrap();
    assert_eq!(sound.failures.len(), 0, "{:?}", sound.failures);
    assert!(sound.runs >= 3 * Layout::ALL.len());

    for (n, spoil) in [0, 1, 2].into_iter().enumerate() {
        let mut spoiled = Golden {
            family: golden.family.clone(),
            arrays: golden.arrays.clone(),
            cases: golden.cases.clone(),
        };
        let Expect::Answer { want, .. } = spoiled.cases[n].expect.clone() else { unreachable!() };
        let mut array = spoiled.arrays[want].clone();
        match spoil {
            0 => *array.bytes.last_mut().unwrap() ^= 1,
            1 => array.shape.push(1),
            _ => spoiled.cases[n].expect = Expect::Refusal("value".into()),
        }
        if spoil < 2 {
            spoiled.cases[n].expect = Expect::Answer { want: spoiled.arrays.len(), also: None, tol: None };
            spoiled.arrays.push(array);
        }
        let found = run(&spoiled, &Layout::ALL).unwrap();
        assert_eq!(found.failures.len(), 1, "{:?}", found.failures);
        assert_eq!(found.failures[0].expr, golden.cases[n].expr);
        assert_eq!(found.failures[0].layouts.len(), Layout::ALL.len());
    }
}
