//! The table of functions as the command prints it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::Folder;
use serde_json::{Value, json};

#[test]
fn functions_are_listed_by_family_with_their_parameters() {
    let folder = Folder::new();
    let table = folder.run(&["functions"]).ok();
    let lines: Vec<&str> = table.lines().collect();
    let at = |family: &str| lines.iter().position(|line| *line == family).unwrap();
    assert!(at("elementwise") < at("reductions") && at("reductions") < at("shape"), "{table}");
    let line = |start: &str| *lines.iter().find(|line| line.starts_with(start)).unwrap();
    assert!(
        line("  add(").starts_with("  add(x1, x2)  ") && line("  matmul(").starts_with("  matmul(a, b)  ")
    );
    // the help begins in one column, and no line is without it
    let column = line("  cumsum(").rfind("sum of the elements").unwrap();
    for line in lines.iter().filter(|line| line.starts_with("  ")) {
        let (usage, help) = line.split_at(column);
        assert!(usage.ends_with("  ") && !help.starts_with(' ') && !help.is_empty(), "{line:?}");
        assert!(!usage.contains("(...)"), "a function without parameters: {line:?}");
    }

    let all: Value = serde_json::from_str(&folder.run(&["functions", "--json"]).ok()).unwrap();
    let count = lines.iter().filter(|line| line.starts_with("  ")).count();
    assert_eq!(all["functions"].as_array().unwrap().len(), count);
}

#[test]
fn one_function_is_described() {
    let folder = Folder::new();
    let mean = folder.run(&["functions", "mean"]).ok();
    assert!(mean.starts_with("mean(a, [axis], [dtype], *, [keepdims])\n  "), "{mean}");
    assert!(mean.contains("also a method of arrays: a.mean(...)"), "{mean}");
    // another name finds the same function
    let arctan2 = folder.run(&["functions", "arctan2"]).ok();
    assert!(arctan2.starts_with("atan2(x1, x2)\n") && arctan2.contains("other names: arctan2"), "{arctan2}");
    let found: Value = serde_json::from_str(&folder.run(&["functions", "amax", "--json"]).ok()).unwrap();
    assert_eq!((&found["name"], &found["family"]), (&json!("max"), &json!("reductions")));
    assert_eq!(found["usage"], "max(a, [axis], *, [keepdims])");
    let error = folder.run(&["functions", "meen"]).fails(2);
    assert!(error.contains("unknown function 'meen'") && error.contains("did you mean 'mean'?"), "{error}");
}
