//! The `arrstore` command, as a program of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The program: `ARRSTORE_BIN`, or one built now, with the profile and in the folder of the running test.
///
/// # Panics
/// When it cannot be built.
pub fn arrstore() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    // Builds a test of the program, as `cargo test --workspace` has done already. A build of the program alone would
    // enable other features in its dependencies, and build nearly all of them once more.
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

/// Builds a target of the workspace with cargo, with the profile and in the folder of the running test. Returns the
/// path of one of its programs.
fn built(what: &[&str], program: &str) -> PathBuf {
    // The test's program lies in TARGET/PROFILE/deps.
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

/// The number of tries of a campaign: from an environment variable, or `few` by default.
pub fn rounds(variable: &str, few: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}
