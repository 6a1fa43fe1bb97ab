//! The `arrstore` command, as a program of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The program: `ARRSTORE_BIN`, or else built now, with the profile and in the folder of the running test.
///
/// # Panics
/// When it cannot be built.
pub fn arrstore() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    // With a test of it, as `cargo test --workspace` has built it already: on its own, what it depends on has other
    // features, and nearly all of that would be built once more.
    let build = || built(&["test", "--no-run", "--test", "convert"], "arrstore");
    Command::new(PROGRAM.get_or_init(|| std::env::var_os("ARRSTORE_BIN").map_or_else(build, PathBuf::from)))
}

/// An example, built like the program.
///
/// # Panics
/// When it cannot be built.
pub fn example(name: &str) -> Command {
    Command::new(built(&["build", "--example", name], &format!("examples/{name}")))
}

/// Has cargo build a target of the workspace, with the profile and in the folder of the running test, and gives the path of a
/// program that comes of it.
fn built(what: &[&str], program: &str) -> PathBuf {
    // The test lies in TARGET/PROFILE/deps.
    let test = std::env::current_exe().expect("the running test has a path");
    let profile = test.ancestors().nth(2).expect("a test lies in target/profile/deps");
    let target = profile.parent().expect("a profile lies in a target folder");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(what).args(["--quiet", "--workspace", "--target-dir"]).arg(target).stdout(Stdio::null());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo can be run");
    assert!(status.success(), "building {program} failed: {status}");
    profile.join(program)
}

/// How often a campaign tries: the number in an environment variable, or a few for an ordinary run.
pub fn rounds(variable: &str, few: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}
